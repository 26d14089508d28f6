"""Real rocket stages as test flights: is the powered flight followed, are its burns seen as manoeuvres, is the impact right again?

    python bench/real.py --flights DIR [--lat 30 --lon -150 --azimuth 60] [--seed 1]

DIR holds one folder a flight with ``analysed.json`` (``time`` s, ``altitude`` and ``downrange_distance`` km, ``velocity_y`` and
``velocity_x`` m/s, each a list) and ``events.json`` (``meco``, ``boostback_start``/``_end``, ``entry_start``/``_end``, s or null),
as published for Falcon 9 first stages by shahar603/Telemetry-Data (public domain). The data have no place and no direction: the
flight is laid along the geodesic from the chosen site and azimuth. They were read from video (altitude to 0.1 km), so that
positions are integrated velocities, pulled slowly towards the recorded altitude and distance. Three notional radars beside the
path (0.8 mrad, 40 m, 1 Hz, Pd 0.9, 5 false alarms a scan) see it through the project's own sensor model. A record that ends in
the air is continued without thrust (beta 5,000 kg/m2), marked ~.

One block a flight. Exit code 1 if a row says "no".
"""

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.api.offline import OfflineStep, track_plots
from tocsin.kernels.geodesy import ecef2geodetic, enu_axes, geodetic2ecef, ground_destination, ground_inverse
from tocsin.kernels.trajectory import propagate_to_altitude
from tocsin.messages.event import ImpactEstimate, LaunchEvent
from tocsin.messages.plot import Plot
from tocsin.messages.sensor import Sensor
from tocsin.messages.track import Track
from tocsin.sim.ephemeris import Ephemeris
from tocsin.sim.night import Night
from tocsin.sim.observe import observe
from tocsin.sim.scenario import load_scenario
from tocsin.units import DEG, KM, NS_PER_S, s2ns

Array = NDArray[np.float64]

EPOCH_NS: Final = 1_700_000_000 * NS_PER_S
RADARS: Final = ((-80.0, 120.0), (300.0, -150.0), (600.0, 130.0))  # km along the azimuth and to its right
SMOOTH_V_S: Final = 1.0  # 1-sigma of the running mean of the recorded speeds
SMOOTH_P_S: Final = 10.0  # ... and of what integrating them leaves against the recorded places
LEAD_S: Final = 10.0
TAIL_S: Final = 100.0
AFTER_S: Final = 15.0  # within this time of a burn's end the impact must be right
LATE_S: Final = 5.0  # a burn may be flagged this long after its end: the last plots still tell
FLAG: Final = 0.5  # P(manoeuvre), or P(boost) after the ascent
CHI2_95: Final = 5.991
CHI2_99: Final = 9.210  # chi-square, 2 degrees of freedom (Abramowitz and Stegun, table 26.8)
FOLLOWED_SHARE: Final = 0.95  # of the seconds from confirmation to the end of the ascent
FOLLOWED_M: Final = 1.0 * KM
ON_GROUND_M: Final = 500.0


@dataclass(frozen=True, eq=False)
class Flown:
    """One real flight, laid on the earth."""

    name: str
    path: Ephemeris
    burns: tuple[tuple[str, float, float], ...]  # (name, from, until) seconds after lift-off; the ascent first
    landing: tuple[float, float]
    landing_s: float
    continued: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all flights of a folder and print what came."""
    parser = argparse.ArgumentParser(description="Real rocket stages through the tracker.")
    parser.add_argument("--flights", type=Path, required=True, help="folder of folders with analysed.json and events.json")
    parser.add_argument("--lat", type=float, default=30.0)
    parser.add_argument("--lon", type=float, default=-150.0)
    parser.add_argument("--azimuth", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    folders = sorted(path.parent for path in options.flights.glob("*/analysed.json"))
    if not folders:
        print(f"{options.flights}: expected folders with analysed.json, found none", file=sys.stderr)
        return 2
    site = (options.lat * DEG, options.lon * DEG, options.azimuth * DEG)
    radars = tuple(place_radar(site, i, *spot) for i, spot in enumerate(RADARS))
    wrong = 0
    for folder in folders:
        flown = load_flight(folder, site)
        rows = judge(flown, list(track_plots(see(flown, radars, options.seed), radars)))
        print(f"\n{flown.name}: lands {'~' if flown.continued else ''}{flown.landing_s:.0f} s after lift-off")
        for row, value, good in rows:
            print(f"  {row:<46} {value:<58} {'' if good is None else 'yes' if good else 'NO'}")
            wrong += good is False
    print(f"\n{wrong} rows say no")
    return 1 if wrong else 0


# --- a recorded flight on the earth -----------------------------------------------------------------------------------


def load_flight(folder: Path, site: tuple[float, float, float]) -> Flown:
    """Return the flight of one folder, laid from (latitude, longitude, azimuth) in radians."""
    table = json.loads((folder / "analysed.json").read_text(encoding="utf-8"))
    events = json.loads((folder / "events.json").read_text(encoding="utf-8"))
    times_s = np.array(table["time"], np.float64)
    up_m, climb_mps = join(times_s, np.array(table["altitude"], np.float64) * KM, np.array(table["velocity_y"], np.float64))
    along_m, level_mps = join(times_s, np.array(table["downrange_distance"], np.float64) * KM, np.array(table["velocity_x"], np.float64))
    pos, vel = np.empty((len(times_s), 3)), np.empty((len(times_s), 3))
    axes = np.empty((3, 3))
    for i in range(len(times_s)):
        lat, lon = ground_destination(site[0], site[1], site[2] + (math.pi if along_m[i] < 0.0 else 0.0), abs(float(along_m[i])))
        ahead = ground_destination(site[0], site[1], site[2], 3_000.0 * KM)
        bearing = ground_inverse(lat, lon, *ahead)[1]
        enu_axes(lat, lon, axes)
        pos[i] = geodetic2ecef(lat, lon, float(up_m[i]))
        vel[i] = level_mps[i] * (math.sin(bearing) * axes[0] + math.cos(bearing) * axes[1]) + climb_mps[i] * axes[2]
    burns = [("ascent", 0.0, float(events["meco"]))]
    named = [name for name in ("boostback", "entry") if events[f"{name}_end"]]
    burns.extend((name, float(events[f"{name}_start"]), float(events[f"{name}_end"])) for name in named)
    if events.get("landing_start"):
        burns.append(("landing", float(events["landing_start"]), float(times_s[-1])))
    end = np.array((*pos[-1], *vel[-1], math.log(5_000.0)))
    fallen = np.empty(7)
    _, more_s, _, _ = propagate_to_altitude(end, 0.0, 1_000.0, fallen)
    lat, lon, _ = ecef2geodetic(*fallen[:3])
    path = Ephemeris(EPOCH_NS, times_s, pos, vel)
    return Flown(folder.name, path, tuple(burns), (lat, lon), float(times_s[-1]) + more_s, bool(up_m[-1] > ON_GROUND_M))


def join(times_s: Array, place_m: Array, speed_mps: Array) -> tuple[Array, Array]:
    """Return smooth (places, speeds): integrated speeds, pulled slowly to the recorded places; the speed is the derivative."""
    speed = smooth(speed_mps, SMOOTH_V_S)
    way = np.concatenate([[0.0], np.cumsum(0.5 * (speed[1:] + speed[:-1]) * np.diff(times_s))])
    rest = smooth(place_m - way, SMOOTH_P_S)
    slope: Array = np.gradient(rest, times_s)
    return way + rest, speed + slope


def smooth(values: Array, sigma: float) -> Array:
    """Return a running mean with Gaussian weights (samples of 1 s), the ends mirrored."""
    half = math.ceil(4.0 * sigma)
    weights = np.exp(-0.5 * (np.arange(-half, half + 1) / sigma) ** 2)
    longer = np.concatenate([2.0 * values[0] - values[half:0:-1], values, 2.0 * values[-1] - values[-2 : -half - 2 : -1]])
    mean: Array = np.convolve(longer, weights / np.sum(weights), mode="valid")
    return mean


def place_radar(site: tuple[float, float, float], index: int, along_km: float, right_km: float) -> Sensor:
    """Return one of the notional radars."""
    lat, lon = ground_destination(site[0], site[1], site[2] + (math.pi if along_km < 0.0 else 0.0), abs(along_km) * KM)
    lat, lon = ground_destination(lat, lon, site[2] + (0.5 if right_km > 0.0 else -0.5) * math.pi, abs(right_km) * KM)
    return Sensor(
        sensor=f"radar-{index + 1}",
        nation="OWN",
        kind="radar",
        pos_ecef_m=geodetic2ecef(lat, lon, 0.0),
        lat_rad=lat,
        lon_rad=lon,
        alt_m=0.0,
        sigma_azimuth_rad=0.8e-3,
        sigma_elevation_rad=0.8e-3,
        sigma_range_m=40.0,
        detection_probability=0.9,
        false_alarms_per_scan=5.0,
        scan_period_s=1.0,
        max_range_m=1_000.0 * KM,
        min_elevation_rad=1.5 * DEG,
    )


def see(flown: Flown, radars: tuple[Sensor, ...], seed: int) -> list[Plot]:
    """Return all plots of the radars, false ones among them."""
    start_ns, end_ns = EPOCH_NS - s2ns(LEAD_S), EPOCH_NS + s2ns(flown.landing_s + TAIL_S)
    night = Night(load_scenario("2023-08-30"), (), (flown.path,), start_ns, end_ns, (), ())  # only its times are used
    return [plot for radar in radars for scan in observe(night, radar, seed) for plot in scan.scan.plots]


# --- what the tracker made of it --------------------------------------------------------------------------------------


def judge(flown: Flown, steps: list[OfflineStep]) -> list[tuple[str, str, bool | None]]:
    """Return (row, value, good) for one flight."""
    tracks = [track for step in steps for track in step.tracks if track.kind == "ballistic" and track.status == "confirmed"]
    events = [event for step in steps for event in step.events if event.status != "cancelled"]
    rows = [followed(flown, tracks)]
    for name, begin_s, until_s in flown.burns[1:]:
        if name != "landing":
            rows.append(flagged(tracks, name, begin_s, until_s))
    last_burn = flown.burns[-1][0]
    for name, _, until_s in flown.burns:
        if name != "landing":
            rows.append(right_again(flown, events, name, until_s, last=name == last_burn))
    rows += [*in_rings(flown, events), *excluded(flown, events)]
    names = sorted({event.event for event in events})
    rows.append(("events (one missile)", f"{len(names)}", len(names) == 1))
    return rows


def followed(flown: Flown, tracks: list[Track]) -> tuple[str, str, bool | None]:
    """Is there a track near the truth in every second of the ascent from confirmation on?"""
    until_s = flown.burns[0][2]
    near: dict[int, float] = {}
    for track in tracks:
        second = int(seconds(track.time_ns))
        pos, _, _ = flown.path.sample(np.array([track.time_ns], np.int64))
        error_m = math.dist(track.pos_ecef_m, pos[0].tolist())
        near[second] = min(error_m, near.get(second, math.inf))
    first = min(near, default=int(until_s))
    wanted = range(first, int(until_s))
    share = sum(near.get(second, math.inf) < FOLLOWED_M for second in wanted) / max(1, len(wanted))
    worst_m = max((near.get(second, math.inf) for second in wanted), default=math.inf)
    text = f"from {first} s, {share:.0%} of the seconds within 1 km, worst {worst_m / KM:.2f} km"
    return "ascent followed", text, share >= FOLLOWED_SHARE


def flagged(tracks: list[Track], name: str, begin_s: float, until_s: float) -> tuple[str, str, bool | None]:
    """Does a track near the truth say manoeuvre, or thrust, during the burn?"""
    inside = [t for t in tracks if begin_s <= seconds(t.time_ns) <= until_s + LATE_S]
    strong = [t for t in inside if max(t.models.manoeuvre, t.models.boost) >= FLAG]
    most = max((max(t.models.manoeuvre, t.models.boost) for t in inside), default=0.0)
    delay = f"{seconds(strong[0].time_ns) - begin_s:.1f} s after its begin" if strong else "never"
    return f"{name} burn flagged ({begin_s:.0f}-{until_s:.0f} s)", f"{delay}, highest probability {most:.2f}", bool(strong)


def right_again(flown: Flown, events: list[LaunchEvent], name: str, until_s: float, *, last: bool) -> tuple[str, str, bool | None]:
    """Where is the impact 15 s after a burn, against a coast from the true state and against the landing?"""
    at = [event for event in events if seconds(event.time_ns) <= until_s + AFTER_S and event.impact is not None]
    row = f"impact {AFTER_S:.0f} s after {name}"
    if not at or at[-1].impact is None:
        return row, "none", False
    impact = at[-1].impact
    time_ns = at[-1].time_ns
    pos, vel, _ = flown.path.sample(np.array([time_ns], np.int64))
    fallen = np.empty(7)
    propagate_to_altitude(np.array((*pos[0], *vel[0], math.log(5_000.0))), 0.0, 3_600.0, fallen)
    lat, lon, _ = ecef2geodetic(*fallen[:3])
    off_m, _ = offset(impact, (lat, lon))
    landing_m, chi2 = offset(impact, flown.landing)
    text = f"{off_m / KM:.1f} km off a coast, {landing_m / KM:.1f} km off the landing (chi2 {chi2:.1f}), {impact.basis}, {impact.assumes}"
    return row, text, (chi2 < CHI2_99) if last else None


def in_rings(flown: Flown, events: list[LaunchEvent]) -> list[tuple[str, str, bool | None]]:
    """Is the landing inside the footprint while one is given?"""
    given = [event for event in events if event.impact is not None and event.impact.manoeuvre_footprint is not None]
    misses = [event for event in given if event.impact is not None and not inside(event.impact, flown.landing)]
    times = ", ".join(f"{seconds(event.time_ns):.0f}" for event in misses[:6])
    text = f"{len(given) - len(misses)} of {len(given)}{f'; not at {times} s' if times else ''}"
    return [("landing inside the footprint", text, not misses)]


def excluded(flown: Flown, events: list[LaunchEvent]) -> list[tuple[str, str, bool | None]]:
    """Which ellipses exclude the landing at more than 99 %, by basis and assumption? Before a burn begins nothing can know of it."""
    rows: list[tuple[str, str, bool | None]] = []
    first_s = flown.burns[1][1] if len(flown.burns) > 1 else 0.0
    for basis, assumes, late in (
        ("thrust-ended-now", "no-manoeuvre", False),
        ("predicted", "no-manoeuvre", False),
        ("predicted", "no-manoeuvre", True),
        ("thrust-ended-now", "none", True),
        ("predicted", "none", True),
    ):
        found = [e for e in events if e.impact is not None and (e.impact.basis, e.impact.assumes) == (basis, assumes)]
        found = [e for e in found if (seconds(e.time_ns) > first_s + LATE_S) == late]
        bad = [e for e in found if e.impact is not None and offset(e.impact, flown.landing)[1] > CHI2_99]
        times = ", ".join(f"{seconds(event.time_ns):.0f}" for event in bad[:6])
        when = "after" if late else "before"
        if found:
            text = f"{len(bad)} of {len(found)}{f': {times} s' if times else ''}"
            rows.append((f"excluded: {basis}, {assumes}, {when} 1st manoeuvre", text, not bad if late else None))
    return rows


def offset(impact: ImpactEstimate, place: tuple[float, float]) -> tuple[float, float]:
    """Return (distance m, chi-square of two degrees of freedom) of a place against an impact estimate."""
    distance_m, bearing = ground_inverse(impact.lat_rad, impact.lon_rad, *place)
    east, north = distance_m * math.sin(bearing), distance_m * math.cos(bearing)
    ee, en, nn = impact.cov_en_m2
    return distance_m, (nn * east * east - 2.0 * en * east * north + ee * north * north) / (ee * nn - en * en)


def inside(impact: ImpactEstimate, place: tuple[float, float]) -> bool:
    """Return whether a place lies in the footprint, in the plane of true distance and bearing from the impact."""
    ring = [plane(impact, corner) for corner in impact.manoeuvre_footprint or ()]
    x, y = plane(impact, place)
    odd = False
    for (x0, y0), (x1, y1) in pairwise(ring):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            odd = not odd
    return odd


def plane(impact: ImpactEstimate, place: tuple[float, float]) -> tuple[float, float]:
    """Return a place as east and north of the impact."""
    distance_m, bearing = ground_inverse(impact.lat_rad, impact.lon_rad, *place)
    return distance_m * math.sin(bearing), distance_m * math.cos(bearing)


def seconds(time_ns: int) -> float:
    """Return seconds after lift-off."""
    return (time_ns - EPOCH_NS) / NS_PER_S


if __name__ == "__main__":
    sys.exit(main())
