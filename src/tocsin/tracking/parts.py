"""Separated parts: whether a new object left a ballistic one that is already followed - a spent stage, debris, a warhead.

Nothing here changes a track. Both motions are flown back together, without thrust, over the time that the parent has been
seen; a part was where its parent was, with a small difference of velocity, at one of those times. A missile of one
salvo never was: it flies the same path a second or more later, a kilometre behind.
"""

from math import sqrt
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.trajectory import coast_propagate
from tocsin.units import NS_PER_S

Array = NDArray[np.float64]

POSITION_LIMIT: Final = 11.3  # chi-square, 3 degrees of freedom, 0.99: it was at its parent's place
SPEED_LIMIT: Final = 9.0  # squared 3 sigma beyond the fastest separation
SEPARATION_MPS: Final = 60.0  # springs and gas give 1-30 m/s; the rest is a stage's last thrust
SHARP_M: Final = 200.0  # 1 sigma of the new object's place at the best time: broader, a salvo neighbour would pass
BACK_MOST_S: Final = 60.0  # no farther back: a part is seen within a minute of its leaving
STEP_S: Final = 1.0
RK4_STEP_S: Final = 1.0
CLEAR_FACTOR: Final = 4.0  # a second candidate must be so much farther off, or nobody is named


class Moving(msgspec.Struct, frozen=True, kw_only=True):
    """A state of an object without thrust: x[>= 7] (ECEF position, velocity, ln beta), P[>= 6, >= 6], and when."""

    time_ns: int
    x: Array
    P: Array


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A track that the new object may have left: its number, past states (oldest first), and since when it has been seen.

    ``burnout_ns``: the first time without thrust (before it the coast kernel does not describe it); None if never seen burning.
    """

    number: int
    states: tuple[Moving, ...]
    first_plot_ns: int
    burnout_ns: int | None


def find_parent(new: Moving, first_plot_ns: int, launch_sigma_s: float | None, candidates: tuple[Candidate, ...]) -> int | None:
    """Return the number of the track that a new object left, or None if it left none of them or two are about as likely.

    new: its state; first_plot_ns: when it was first seen; launch_sigma_s: 1 sigma of its own launch time if it has a launch
    estimate, else None: an object that was seen to burn from the ground left nobody.
    """
    if launch_sigma_s is not None:
        return None
    fits: list[tuple[float, int]] = []
    for candidate in candidates:
        distance2 = _least_distance2(new, first_plot_ns, candidate)
        if distance2 is not None:
            fits.append((distance2, candidate.number))
    fits.sort()
    if not fits or (len(fits) > 1 and fits[1][0] < CLEAR_FACTOR * max(fits[0][0], 1.0)):
        return None
    return fits[0][1]


def _least_distance2(new: Moving, first_plot_ns: int, candidate: Candidate) -> float | None:
    """Return the least squared statistical distance of the two places while the parent was seen, None if no time will do."""
    earliest_ns = max(
        candidate.first_plot_ns if candidate.burnout_ns is None else candidate.burnout_ns, first_plot_ns - round(BACK_MOST_S * NS_PER_S)
    )
    if candidate.first_plot_ns >= first_plot_ns or earliest_ns > new.time_ns:
        return None
    best: float | None = None
    flown = np.empty(7)
    steps = int((new.time_ns - earliest_ns) / (STEP_S * NS_PER_S))
    for step in range(steps + 1):
        time_ns = new.time_ns - round(step * STEP_S * NS_PER_S)
        parent = _nearest_state(candidate.states, time_ns)
        if parent is None:
            continue
        place, velocity, variances = _flown(new, time_ns, flown)
        other, other_velocity, other_variances = _flown(parent, time_ns, flown)
        sigma_m = sqrt(sum(variances[k] for k in range(3)) / 3.0)
        if sigma_m > SHARP_M:
            continue
        distance2 = sum((place[k] - other[k]) * (place[k] - other[k]) / max(variances[k] + other_variances[k], 1.0) for k in range(3))
        if distance2 > POSITION_LIMIT or not _slow(velocity, other_velocity, variances, other_variances):
            continue
        best = distance2 if best is None else min(best, distance2)
    return best


def _slow(a: list[float], b: list[float], var_a: list[float], var_b: list[float]) -> bool:
    """True if two velocities differ by no more than a separation gives, within three sigma."""
    apart = sqrt(sum((a[k] - b[k]) * (a[k] - b[k]) for k in range(3)))
    variance = sum(var_a[3 + k] + var_b[3 + k] for k in range(3)) / 3.0
    beyond = max(apart - SEPARATION_MPS, 0.0)
    return beyond * beyond <= SPEED_LIMIT * variance


def _nearest_state(states: tuple[Moving, ...], time_ns: int) -> Moving | None:
    """Return the state nearest in time, the earlier of two."""
    return min(states, key=lambda state: (abs(state.time_ns - time_ns), state.time_ns), default=None)


def _flown(state: Moving, time_ns: int, work: Array) -> tuple[list[float], list[float], list[float]]:
    """Return place, velocity and variances[6] of a state flown to a time; the position's variance grows with the velocity's.

    The variances are the diagonal of straight flight, [1 dt] on position and velocity: over a minute gravity's gradient adds 0.2 %.
    """
    dt_s = (time_ns - state.time_ns) / NS_PER_S
    coast_propagate(state.x[:7], dt_s, RK4_STEP_S, work)
    values = work.tolist()
    variances = []
    for k in range(3):
        grown = float(state.P[k, k]) + 2.0 * dt_s * float(state.P[k, 3 + k]) + dt_s * dt_s * float(state.P[3 + k, 3 + k])
        variances.append(max(grown, 0.0))
    variances += [float(state.P[3 + k, 3 + k]) for k in range(3)]
    return values[0:3], values[3:6], variances
