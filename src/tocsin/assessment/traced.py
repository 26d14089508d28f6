"""A launch traced back: when and where a missile left that was first seen when it coasted already. For statements, never for alerts.

The vacuum arc through the path is run back to the ground, and the boost is taken off: an engine that works up from rest stays
behind the arc by half of its burn. Simplifications: a burn from the published range, one straight ascent, no manoeuvre, no drag
behind the first point. The launch fit of ``tracking.launch`` is better wherever the ascent was seen.
"""

from functools import lru_cache
from math import sqrt
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import altitude_m, ecef2geodetic, geodetic2ecef
from tocsin.kernels.trajectory import coast_propagate
from tocsin.messages.basics import Vec3
from tocsin.messages.event import PathPoint
from tocsin.units import KM, s2ns, seconds_between

Array = NDArray[np.float64]

HIGH_M: Final = 30.0 * KM  # from here down the air has bent the path too much to be run back without it
NO_AIR: Final = 40.0  # ln of a ballistic coefficient at which nothing slows
BURN_S: Final = (40.0, 120.0)  # the published range of short- and medium-range missiles
SLOW_MPS2: Final = 20.0  # faster missiles may burn for speed / 2 g: 289 s were published for 7 km/s
LAG: Final = 0.53  # of the burn: ballistic 0.53, lofted 0.55, depressed 0.50, all +- 0.03 (120 drawn flights, tests/stages)
BEHIND: Final = 0.017  # the arc leaves the ground behind the launch point, by this share of its ground range ...
BEHIND_SIGMA: Final = 0.013  # ... give or take (same flights)
STEP_S: Final = 1.0
STRIDE_S: Final = 5.0
LONGEST_S: Final = 3_000.0
REFINEMENTS: Final = 6  # of the velocity between two path points: each takes off all but some per cent of the error
BISECTIONS: Final = 30  # of a stride: far below the error of the idea


class Traced(msgspec.Struct, frozen=True, kw_only=True):
    """Where the arc leaves the ground, and when the missile is thought to have left."""

    lat_rad: float
    lon_rad: float
    time_ns: int
    time_sigma_s: float


@lru_cache(maxsize=64)  # a night's statements ask for the same few paths again and again
def trace_back(path: tuple[PathPoint, ...]) -> Traced | None:
    """Return the traced launch of a predicted path; None if it begins too low, is too short, or does not come from the ground."""
    if len(path) < 3 or path[0].alt_m < HIGH_M:
        return None
    start = _ecef(path[0])
    state, out = np.array([*start, *_velocity(start, path), NO_AIR]), np.empty(7)
    back_s = 0.0
    while altitude_m(*_place(state, -STRIDE_S, out)) > 0.0:
        state, back_s = out.copy(), back_s + STRIDE_S
        if back_s > LONGEST_S:
            return None
    low_s, high_s = 0.0, STRIDE_S
    for _ in range(BISECTIONS):
        middle_s = 0.5 * (low_s + high_s)
        if altitude_m(*_place(state, -middle_s, out)) > 0.0:
            low_s = middle_s
        else:
            high_s = middle_s
    lat, lon, _ = ecef2geodetic(*_place(state, -high_s, out))
    vx, vy, vz = out[3:6].tolist()
    shortest_s, longest_s = BURN_S[0], max(BURN_S[1], sqrt(vx * vx + vy * vy + vz * vz) / SLOW_MPS2)
    lag_s = LAG * 0.5 * (shortest_s + longest_s)
    return Traced(
        lat_rad=float(lat),
        lon_rad=float(lon),
        time_ns=path[0].time_ns - s2ns(back_s + high_s + lag_s),
        time_sigma_s=LAG * (longest_s - shortest_s) / sqrt(12.0),
    )


def _velocity(start: Vec3, path: tuple[PathPoint, ...]) -> Vec3:
    """Return the velocity with which the arc from the first path point meets the second."""
    end = _ecef(path[1])
    span_s = seconds_between(path[1].time_ns, path[0].time_ns)
    velocity = tuple((b - a) / span_s for a, b in zip(start, end, strict=True))
    out = np.empty(7)
    for _ in range(REFINEMENTS):
        reached = _place(np.array([*start, *velocity, NO_AIR]), span_s, out)
        velocity = tuple(v + (b - r) / span_s for v, b, r in zip(velocity, end, reached, strict=True))
    return (velocity[0], velocity[1], velocity[2])


def _place(state: Array, after_s: float, out: Array) -> Vec3:
    coast_propagate(state, after_s, STEP_S, out)
    x, y, z = out[:3].tolist()
    return (x, y, z)


def _ecef(point: PathPoint) -> Vec3:
    x, y, z = geodetic2ecef(point.lat_rad, point.lon_rad, point.alt_m)
    return (float(x), float(y), float(z))
