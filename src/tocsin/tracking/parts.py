"""Separated parts: whether a new object left a ballistic one that is already followed, and which of the two is the missile.

Nothing here changes a track. Both motions are flown back together; a part was where its missile was, with a small difference
of velocity, at some time. A missile of one salvo never was: it flies the same path a second or more later, a kilometre behind,
and a hundred metres a second slower while both burn. Which one is the missile is said by the motion alone: what is left
behind is the part. A stage that burns flies away from the spent one; a warhead is pushed forwards off its last stage; in the
air the empty stage, which tumbles, is slowed down more.

Simplifications: straight flight for covariances ([1 dt dt2/2]); thrust is constant along the velocity where it must be flown
back before it was seen; one axis at a time (the diagonal).
"""

from bisect import bisect_left
from math import sqrt
from typing import Final, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.trajectory import boost_propagate, coast_propagate
from tocsin.units import NS_PER_S, STANDARD_GRAVITY_MPS2, s2ns

Array = NDArray[np.float64]
Origin = Literal["left", "unsure", "own"]

POSITION_LIMIT: Final = 11.3  # chi-square, 3 degrees of freedom, 0.99: it was at its parent's place
SPEED_LIMIT: Final = 9.0  # squared 3 sigma beyond the fastest separation
SEPARATION_MPS: Final = 60.0  # springs and gas give 1-30 m/s; the rest is a stage's last thrust
SHARP_M: Final = 300.0  # 1 sigma of the two places' difference at the best time: broader, a salvo neighbour 1 km behind would pass
BROAD_M: Final = 500.0  # ... where parts are to be expected: about a burnout, or of what coasts behind a burning missile
SHARP_MPS: Final = 60.0  # 1 sigma of velocities that tell a neighbour, 100 m/s slower, where the place alone does not
PARTING_S: Final = 15.0  # without thrust at some time so lately, a stage may have left: up to 10 s between stages, and 5 s to see it
BACK_MOST_S: Final = 60.0  # no farther back: a part is seen within a minute of its leaving, or has left before either was seen
STEP_S: Final = 1.0
RK4_STEP_S: Final = 1.0
CLEAR_FACTOR: Final = 4.0  # a second family must be so much farther off, or nobody is named
BURNS: Final = 0.5  # probability of boost from which a state is flown under thrust
COASTS: Final = 0.2  # ... and below which it coasts, as far as a new track can tell
SURELY_BURNS: Final = 0.8
TOGETHER: Final = 3  # states at which two must burn together: a filter takes drag for thrust at times
COASTED: Final = 0.3  # mean probability of boost of what has only coasted
STACK_S: Final = 3.0  # so long the first plots of a new track may be older than the separation
THRUST_DRIFT: Final = 0.3  # (m/s2)2/s: how thrust wanders while it is not seen, as the filter has it (models.motion)
LATER_STATES: Final = (0, 4, 8, 16)  # states about a second apart: the first ones of a track are poor and may have a neighbour's plot
EARLY_STATE: Final = 6  # from here on the first guess of the motion no longer counts
LIGHT_LN_BETA: Final = 7.3  # ln(1,500 kg/m2): an empty stage, tumbling; tried beside the filter's own where the way back leads through air
FELT_RADIUS2_M2: Final = 6.468e6**2  # 90 km above the equator: what comes down from there has felt no drag
AIR_RADIUS2_M2: Final = 6.438e6**2  # 60 km above the equator: higher, drag moves nothing by more than metres
LEAD_SIGMAS: Final = 2.0  # of the velocity along the path (or of ln beta) from which the part is taken for the missile: 40 to 1
LEAD_S: Final = 600.0  # no farther is a separation flown back to: the longest climbs to the apogee that matter
BETA_SIGMA: Final = 0.2  # ln beta known so well has been observed in the air (its prior is 0.30)
MEET_M: Final = 15_000.0  # what that leaves of a meeting a minute ago
MEET_MPS: Final = 600.0  # ... and drag
UNSEEN_STEP_S: Final = 2.0  # what left at 20 m/s has moved by 40 m
SEEN_S: Final = 8.0  # both must have had a plot within it: three turns of a slow radar


class Moving(msgspec.Struct, frozen=True, kw_only=True):
    """A state: x[8] (ECEF position, velocity, ln beta, thrust), P[8, 8], when, and the probability that it burns."""

    time_ns: int
    x: Array
    P: Array
    burning: float = 0.0


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """A followed track: its number, the missile that it belongs to (itself, if no part), states oldest first, first plot."""

    number: int
    family: int
    states: tuple[Moving, ...]
    first_plot_ns: int


class Parting(msgspec.Struct, frozen=True, kw_only=True):
    """Where a new object comes from. ``left``: of the body ``number`` at ``left_ns``; ``unsure``: not known well enough yet, perhaps so.

    number 0: of nobody in particular.
    """

    origin: Origin
    number: int = 0
    left_ns: int = 0


OWN: Final = Parting(origin="own")


def find_origin(new: Body, others: tuple[Body, ...]) -> Parting:
    """Return whether a new object left one of the others, and which; nobody if two missiles are about as likely."""
    sure: list[tuple[float, int, int, int]] = []
    perhaps: list[tuple[float, int, int, int]] = []
    for other in others:
        for found, kept in zip(_meeting(new, other), (sure, perhaps), strict=True):
            if found is not None:
                kept.append((found[0], other.number, other.family, found[1]))
    fits = sorted(sure) or sorted(perhaps)
    if fits:
        distance2, number, family, left_ns = fits[0]
        rival = next((fit for fit in fits if fit[2] != family), None)
        if rival is not None and rival[0] < CLEAR_FACTOR * max(distance2, 1.0):
            return Parting(origin="unsure")
        return Parting(origin="left" if sure else "unsure", number=number, left_ns=left_ns)
    return OWN


def stays_behind(new: Body, other: Body) -> bool:
    """True if one of two coasts, and is slower than the other, which burns: in a salvo what burnt out first is ahead and faster.

    So the slower one is a spent stage, or a missile that failed.
    """
    burnt = [
        any(state.burning > BURNS for state in body.states[EARLY_STATE:] if state.time_ns >= new.first_plot_ns) for body in (new, other)
    ]
    speeds2 = [sum(v * v for v in body.states[-1].x[3:6].tolist()) for body in (new, other)]
    return burnt[0] != burnt[1] and (speeds2[0] > speeds2[1]) == burnt[0]


def may_have_left(new: Body, other: Body) -> bool:
    """True if a new object may have left another at all, under constant gravity and thrust: what is worth asking ``find_origin``."""
    times = _times(new, other)
    return any(_near(_known_at(new, time_ns), _known_at(other, time_ns), time_ns) for time_ns in (times[0], times[-1], *times[::4]))


def leads(part: Moving, missile: Moving, left_ns: int) -> bool:
    """True if what was taken for the part is the missile: surely faster along the path, or surely slowed less by the air."""
    falling = [_falls_below(one, FELT_RADIUS2_M2) for one in (part, missile)]
    if any(falling):  # flown back out of the air, a small error of beta is a large one of the velocity
        sigma2 = float(part.P[6, 6]), float(missile.P[6, 6])
        known = all(falling) and max(sigma2) < BETA_SIGMA * BETA_SIGMA
        return known and float(part.x[6] - missile.x[6]) > LEAD_SIGMAS * sqrt(sum(sigma2))
    now_ns = max(part.time_ns, missile.time_ns)
    if now_ns - left_ns > s2ns(LEAD_S) or abs(part.time_ns - missile.time_ns) > s2ns(SEEN_S):
        return False
    burns = max(part.burning, missile.burning) > BURNS
    ahead_mps, sigma_mps = _ahead(part, missile, now_ns if burns else left_ns)
    return ahead_mps > LEAD_SIGMAS * sigma_mps


def _falls_below(one: Moving, radius2_m2: float) -> bool:
    """True if an object comes down within a radius."""
    x, y, z, vx, vy, vz = one.x[:6].tolist()
    return bool(x * x + y * y + z * z < radius2_m2 and x * vx + y * vy + z * vz < 0.0)


def _ahead(one: Moving, other: Moving, time_ns: int) -> tuple[float, float]:
    """Return (how much faster one is than the other along their path at a time, 1 sigma), m/s.

    Two that coast are compared at the time of their separation: later, gravity alone makes the leading one slower on the
    way up and faster on the way down.
    """
    _, a, var_a = _flown(one, time_ns)
    _, b, var_b = _flown(other, time_ns)
    speed = max(sqrt(sum((a[k] + b[k]) * (a[k] + b[k]) for k in range(3))), 1.0)
    along = [(a[k] + b[k]) / speed for k in range(3)]
    ahead = sum((a[k] - b[k]) * along[k] for k in range(3))
    variance = sum((var_a[3 + k] + var_b[3 + k]) * along[k] * along[k] for k in range(3))
    return ahead, sqrt(max(variance, 0.0))


def _meeting(new: Body, other: Body) -> tuple[tuple[float, int] | None, tuple[float, int] | None]:
    """Return (least squared statistical distance, when) of a time at which they were at one place, surely and perhaps.

    While both seem to burn nothing is sure: a new track is given a burn at first, and one of a salvo has it.
    """
    latest = new.states[-1]
    if _burn_together(new, other):
        return None, None
    both_burn = latest.burning > BURNS and other.states[-1].burning > BURNS
    parting = any(state.burning < COASTS and latest.time_ns - state.time_ns <= s2ns(PARTING_S) for state in other.states)
    seen_ns, behind = max(new.first_plot_ns, other.first_plot_ns), stays_behind(new, other)
    sure: tuple[float, int] | None = None
    perhaps: tuple[float, int] | None = None
    for time_ns in _times(new, other):
        one, there = _known_at(new, time_ns), _known_at(other, time_ns)
        if not _near(one, there, time_ns):
            continue
        for light in _drags(one, there, time_ns):
            found = _agreement(one, there, time_ns, light=light)
            if found is None:
                continue
            distance2, sigma_m, sigma_mps, slow = found
            lenient = parting if time_ns >= seen_ns else behind and sigma_mps <= SHARP_MPS
            sharp = sigma_m <= (BROAD_M if lenient else SHARP_M)
            if slow and sharp and not both_burn:
                sure = min(sure or (distance2, time_ns), (distance2, time_ns))
            elif slow or both_burn or sigma_mps > SHARP_MPS:
                perhaps = min(perhaps or (distance2, time_ns), (distance2, time_ns))
    return sure, perhaps


def _drags(one: Moving, other: Moving, time_ns: int) -> tuple[bool, ...]:
    """Return whether the coasting one of two is flown back as the filter has it, and as an empty stage too: through air, if one burns."""
    coasting = one if one.burning <= BURNS else other
    if (one.burning > BURNS) == (other.burning > BURNS) or coasting.time_ns <= time_ns:
        return (False,)
    x, y, z = _straight(coasting, time_ns)[0]
    return (False, True) if x * x + y * y + z * z < AIR_RADIUS2_M2 else (False,)


def _agreement(one: Moving, other: Moving, time_ns: int, *, light: bool) -> tuple[float, float, float, bool] | None:
    """Return (squared distance in sigmas, sigma m, sigma m/s, slow enough for a separation) of two at a time; None if not at one place."""
    place, velocity, variances = _flown(one, time_ns, light=light)
    other_place, other_velocity, other_variances = _flown(other, time_ns, light=light)
    both = [variances[k] + other_variances[k] for k in range(6)]
    off = [place[k] - other_place[k] for k in range(3)]
    distance2 = sum(off[k] * off[k] / max(both[k], 1.0) for k in range(3))
    if distance2 > POSITION_LIMIT:
        return None
    return distance2, sqrt(sum(both[:3]) / 3.0), sqrt(sum(both[3:]) / 3.0), _slow(velocity, other_velocity, both)


def _times(new: Body, other: Body) -> list[int]:
    """Return the times at which two may have parted, latest first.

    That is when the new one was first seen (its first plots may be those of the two together), back to when the other was; and
    before both were seen, if one of them has only coasted since: of two that burn neither has left the other.
    """
    latest_ns = new.states[-1].time_ns
    seen_ns = max(new.first_plot_ns, other.first_plot_ns)
    last_ns = min(latest_ns, new.first_plot_ns + s2ns(STACK_S))
    seen = [last_ns - s2ns(step * STEP_S) for step in range(int(max(last_ns - seen_ns, 0) / (STEP_S * NS_PER_S)) + 1)]
    coasts = [_only_coasts(new), len(other.states) > EARLY_STATE and _only_coasts(other)]
    if not any(coasts) or not (all(coasts) or stays_behind(new, other)):
        return seen
    return seen + [seen_ns - s2ns(step * UNSEEN_STEP_S) for step in range(int(BACK_MOST_S / UNSEEN_STEP_S) + 1)]


def _near(one: Moving, other: Moving, time_ns: int) -> bool:
    """True if two objects may have been at one place at a time, under constant gravity and thrust."""
    (place, velocity), (there, speed) = _straight(one, time_ns), _straight(other, time_ns)
    far = max(abs(a - b) for a, b in zip(place, there, strict=True)) > MEET_M
    return not far and max(abs(a - b) for a, b in zip(velocity, speed, strict=True)) < MEET_MPS + 3.0 * sqrt(
        one.P[3, 3] + one.P[4, 4] + one.P[5, 5]
    )


def _straight(state: Moving, time_ns: int) -> tuple[list[float], list[float]]:
    """Return place and velocity of a state at a time under constant gravity and thrust."""
    dt_s = (time_ns - state.time_ns) / NS_PER_S
    x = state.x.tolist()
    push = x[7] / max(sqrt(x[3] * x[3] + x[4] * x[4] + x[5] * x[5]), 1.0) if state.burning > BURNS else 0.0
    factor, gain = dt_s + 0.5 * dt_s * dt_s * push, 1.0 + dt_s * push
    fall = STANDARD_GRAVITY_MPS2 * dt_s / sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2])
    place = [x[k] + factor * x[3 + k] - 0.5 * dt_s * fall * x[k] for k in range(3)]
    return place, [gain * x[3 + k] - fall * x[k] for k in range(3)]


def _time(state: Moving) -> int:
    return state.time_ns


def _only_coasts(body: Body) -> bool:
    """True if an object surely coasts and has done so as long as it was followed."""
    told = body.states[EARLY_STATE:]
    return body.states[-1].burning < COASTS and sum(state.burning for state in told) <= COASTED * len(told)


def _burn_together(new: Body, other: Body) -> bool:
    """True if both have burnt at the same times: two missiles. Of a missile and its part only one burns."""
    times = 0
    for state in new.states[EARLY_STATE:]:
        there = _nearest(other, state.time_ns)
        times += state.burning > SURELY_BURNS and there.burning > SURELY_BURNS and abs(there.time_ns - state.time_ns) <= s2ns(STEP_S)
    return times >= TOGETHER


def _slow(a: list[float], b: list[float], variances: list[float]) -> bool:
    """True if two velocities differ by no more than a separation gives, within three sigma."""
    apart = sqrt(sum((a[k] - b[k]) * (a[k] - b[k]) for k in range(3)))
    beyond = max(apart - SEPARATION_MPS, 0.0)
    return beyond * beyond <= SPEED_LIMIT * sum(variances[3:]) / 3.0


def _nearest(body: Body, time_ns: int) -> Moving:
    """Return the state at or after a time, else the last."""
    return body.states[min(bisect_left(body.states, time_ns, key=_time), len(body.states) - 1)]


def _known_at(body: Body, time_ns: int) -> Moving:
    """Return the state that tells most about a time: of the next one and some later ones the sharpest carried back."""
    states = body.states
    after = bisect_left(states, time_ns, key=_time)
    if after == len(states):
        return states[-1]
    later = [states[min(after + step, len(states) - 1)] for step in LATER_STATES]
    return min(later, key=lambda state: sum(_variances(state, time_ns)[:3]))


def _flown(state: Moving, time_ns: int, *, light: bool = False) -> tuple[list[float], list[float], list[float]]:
    """Return place, velocity and variances[6] of a state flown to a time, under thrust if it burns, else perhaps as an empty stage."""
    dt_s = (time_ns - state.time_ns) / NS_PER_S
    work = state.x.copy()
    if state.burning > BURNS:
        boost_propagate(state.x, dt_s, RK4_STEP_S, work)
    else:
        work[6] = LIGHT_LN_BETA if light else work[6]
        coast_propagate(work[:7].copy(), dt_s, RK4_STEP_S, work)
    values = work.tolist()
    return values[0:3], values[3:6], _variances(state, time_ns)


def _variances(state: Moving, time_ns: int) -> list[float]:
    """Return the variances[6] of place and velocity at a time: straight flight; gravity's gradient adds 0.2 % over a minute."""
    dt = (time_ns - state.time_ns) / NS_PER_S
    P = state.P.tolist()
    out = [P[k][k] + 2.0 * dt * P[k][3 + k] + dt * dt * P[3 + k][3 + k] for k in range(3)] + [P[3 + k][3 + k] for k in range(3)]
    if state.burning > BURNS:
        x = state.x.tolist()
        speed2 = max(x[3] * x[3] + x[4] * x[4] + x[5] * x[5], 1.0)
        drift = P[7][7] + THRUST_DRIFT * abs(dt)
        for k in range(3):
            share = x[3 + k] / sqrt(speed2)
            lever = 0.5 * dt * dt * share
            out[k] += lever * lever * drift + 2.0 * lever * (P[k][7] + dt * P[3 + k][7])
            out[3 + k] += dt * dt * share * share * drift + 2.0 * dt * share * P[3 + k][7]
    return [max(value, 0.0) for value in out]
