"""Which land a flight may pass above on its way to the impact, when, and whether it was detected beyond it.

Only land ahead of the present state counts, and not the area where it comes down. "Passed" is said only from a detection beyond the
area, never because time went by. Probabilities are shares of 31 equally likely tracks, so they are known to about 3 %; land that is
crossed for less than 5 km counts in part.
Approximate, no legal value.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import cos, sin, sqrt
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.assessment.overflight_kernels import crossed, refined_nodes, shifted_tracks, track_nodes
from tocsin.assessment.samples import PAIRS, halton, inverse_normal
from tocsin.geography.areas import area_codes, area_indices, area_nation
from tocsin.geography.zones import Zones
from tocsin.kernels.geodesy import ecef2geodetic, ground_bearing_rad, ground_distance_m
from tocsin.messages.event import ImpactEstimate, Overflight, PathPoint
from tocsin.messages.track import FusedTrack
from tocsin.units import KM, NS_PER_S, s2ns, seconds_between

Array = NDArray[np.float64]
Int32s = NDArray[np.int32]

TRACKS: Final = 31  # base-2 Halton points 1 to 31 are the quantiles 1/32 to 31/32 across the track: as even as so many can be
SPACING_M: Final = 30.0 * KM  # tracks start at different places within a step, so that together they miss no island of 1 km ...
PARTS: Final = 6  # ... and where one finds land all look every 5 km, as wide as the land map is wrong at its worst
MOST_NODES: Final = 160  # flights beyond 4,800 km get wider steps
WAY_NS: Final = 5 * NS_PER_S  # a way stays right that long, and a third of a millisecond a second is what it may cost

_ACROSS: Final = PAIRS[0, :TRACKS]
_ALONG: Final = PAIRS[1, :TRACKS]
_START: Final = np.array([inverse_normal(halton(i, 5)) for i in range(1, TRACKS + 1)])


@dataclass(frozen=True, slots=True)
class Crossing:
    """An overflight, and between which ground distances from where the missile was first seen the area lies."""

    overflight: Overflight
    from_m: float
    beyond_m: float
    seen: bool = False  # it was detected above the area


@dataclass(frozen=True, slots=True)
class Way:
    """What lies below the way from now to the impact, and below the present position."""

    ahead: tuple[Crossing, ...]
    here: str | None = None


NOTHING: Final = Way(())
Place = tuple[float, float]  # (lat_rad, lon_rad)


def way_of(zones: Zones, path: tuple[PathPoint, ...], impact: ImpactEstimate, start_sigma_m: float, origin: Place) -> Way:
    """Return what the way from ``path[0]`` to the impact crosses. Whether that impact means anything is the caller's question.

    ``start_sigma_m``: 1-sigma of the present position across the track. ``origin``: of the first detection.
    Times hold within one step between nodes.
    """
    if len(path) < 2:
        return NOTHING
    start_ns = path[0].time_ns
    points = np.array([(point.lat_rad, point.lon_rad, seconds_between(point.time_ns, start_ns)) for point in path])
    nodes, index = _below(zones, points, start_sigma_m, impact)
    codes, here = area_codes(zones), index[-1]
    hits, first, last = (np.empty(len(codes), np.int32) for _ in range(3))
    crossed(index[:-1], TRACKS, hits, first, last)
    found = []
    for area in np.flatnonzero(hits).tolist():
        enter, leave = nodes[first[area]].tolist(), nodes[last[area] + 1].tolist()  # a track's point is up to one step beyond its node
        crossing = Overflight(
            area=codes[area],
            nation=area_nation(codes[area]),
            p=int(hits[area]) / TRACKS,
            from_ns=start_ns + s2ns(enter[2]),
            to_ns=start_ns + s2ns(leave[2]),
        )
        found.append(Crossing(crossing, _distance_m(origin, enter), _distance_m(origin, leave)))
    return Way(tuple(found), codes[int(here)] if here >= 0 else None)


def renewed(old: tuple[Crossing, ...], way: Way, fused: FusedTrack, origin: Place) -> tuple[Crossing, ...]:
    """Return the crossings ahead with those that have begun or are over, sorted by first time, then code.

    Once it was detected above an area, that is sure and its first time stays. What still lies ahead and is crossed by no
    track any more is dropped; what lies beside or behind keeps its last probability.
    """
    now_m = _distance_m(origin, ecef2geodetic(*fused.pos_ecef_m))
    before = {crossing.overflight.area: crossing for crossing in old}
    found = {crossing.overflight.area: crossing for crossing in way.ahead}
    for area, prior in before.items():
        new, begun = found.get(area), now_m > prior.from_m
        seen = prior.seen or (area == way.here and not fused.predicted)
        if new is None and not (begun or seen):
            continue
        flight = msgspec.structs.replace(prior.overflight, p=1.0) if seen else prior.overflight
        if new is None:
            found[area] = Crossing(flight, prior.from_m, prior.beyond_m, seen)
        elif seen:
            found[area] = Crossing(msgspec.structs.replace(flight, to_ns=new.overflight.to_ns), prior.from_m, new.beyond_m, seen)
    return passed(tuple(sorted(found.values(), key=lambda c: (c.overflight.from_ns, c.overflight.area))), fused, origin)


def passed(old: tuple[Crossing, ...], fused: FusedTrack, origin: Place) -> tuple[Crossing, ...]:
    """Return the crossings, those behind a detection marked with its time. A position without a plot is no detection."""
    if fused.predicted or all(crossing.overflight.passed_ns is not None for crossing in old):
        return old
    now_m = _distance_m(origin, ecef2geodetic(*fused.pos_ecef_m))
    return tuple(
        replace(c, overflight=msgspec.structs.replace(c.overflight, passed_ns=fused.last_plot_ns))
        if c.overflight.passed_ns is None and now_m > c.beyond_m
        else c
        for c in old
    )


def _distance_m(origin: Place, place: Sequence[float]) -> float:
    return float(ground_distance_m(*origin, float(place[0]), float(place[1])))


def _below(zones: Zones, points: Array, start_sigma_m: float, impact: ImpactEstimate) -> tuple[Array, Int32s]:
    """Return (nodes[n, 4], index[n * TRACKS + 1]): the areas below all tracks, node by node, and last below the first point.

    Looked up in two rounds, because most of a flight is above the sea: where some track finds land, all look again in small steps.
    """
    buffer = np.empty((MOST_NODES, 4))
    coarse = buffer[: track_nodes(points, SPACING_M, buffer)]
    along, cross = _offsets(coarse, impact)
    start = start_sigma_m * _START
    lat, lon = np.empty(len(coarse) * TRACKS), np.empty(len(coarse) * TRACKS)
    shifted_tracks(coarse, start, along, cross, lat, lon)
    near: Int32s = (area_indices(zones, lat, lon).reshape(-1, TRACKS).max(axis=1) >= 0).astype(np.int32)
    fine, again = np.empty((len(coarse) * PARTS, 4)), np.empty(len(coarse) * PARTS, np.int32)
    count = refined_nodes(coarse, near, PARTS, fine, again)
    nodes = fine[:count]
    lat, lon = np.empty(count * TRACKS), np.empty(count * TRACKS)
    shifted_tracks(nodes, start, along, cross, lat, lon)
    asked = np.append(np.flatnonzero(np.repeat(again[:count], TRACKS)), count * TRACKS)
    index = np.full(count * TRACKS + 1, -1, np.int32)
    index[asked] = area_indices(zones, np.append(lat, points[0, 0])[asked], np.append(lon, points[0, 1])[asked])
    return nodes, index


def _offsets(nodes: Array, impact: ImpactEstimate) -> tuple[Array, Array]:
    """Return how far beyond and to the right of the predicted impact the tracks come down, (m, m), each [TRACKS]."""
    ee, en, nn = impact.cov_en_m2
    (lat0, lon0), (lat1, lon1) = nodes[-2:, :2].tolist()
    bearing = ground_bearing_rad(lat0, lon0, lat1, lon1)
    ahead_e, ahead_n = sin(bearing), cos(bearing)
    across_var = ee * ahead_n * ahead_n - 2.0 * en * ahead_n * ahead_e + nn * ahead_e * ahead_e
    along_var = ee * ahead_e * ahead_e + 2.0 * en * ahead_e * ahead_n + nn * ahead_n * ahead_n
    both = (ee - nn) * ahead_e * ahead_n + en * (ahead_n * ahead_n - ahead_e * ahead_e)
    across_m = sqrt(max(1.0, across_var))
    slope = both / across_m
    rest_m = sqrt(max(0.0, along_var - slope * slope))
    return slope * _ACROSS + rest_m * _ALONG, across_m * _ACROSS
