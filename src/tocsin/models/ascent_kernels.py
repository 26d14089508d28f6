"""Powered ascent from the ground as scalar kernels: the path, its residuals against plots, the normal matrix of a fit.

Simplifications: vertical rise to the kick, an instant turn there, then a gravity turn; one or two stages with a coast
between them and a coast after the last burnout; thrust acceleration is a line over each stage; drag with one ln_beta
until the last burnout and another after it; no lift, no wind. What lies below the horizon is not seen: there the
parameters stay near their priors, and their uncertainty is carried into the answer.

Parameters theta[ONE_STAGE or TWO_STAGES]: east, north (m from a reference point on the ground), lift-off time (s from the
reference time), kick towards east and north (rad), kick time (s after lift-off), ln of the last stage's thrust acceleration
in the middle of its burn (m/s2), its relative change over that burn, ln_beta under thrust, last burnout (s after lift-off),
ln_beta after it (the empty body is lighter, with the same cross-section); of a first stage: its burnout (s after
lift-off), the coast after it (s), ln of its thrust over the last stage's, its relative change.
"""

from math import acos, cos, exp, log, sin, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import altitude_and_up, enu_axes, geodetic2ecef
from tocsin.kernels.jit import kernel
from tocsin.kernels.measure import COL_KIND, INFRARED, MAX_ROWS, measure
from tocsin.kernels.trajectory import boost_acceleration
from tocsin.units import WGS84_A_M, WGS84_E2

Array = NDArray[np.float64]

EAST: Final = 0
NORTH: Final = 1
TIME: Final = 2
KICK_EAST: Final = 3
KICK_NORTH: Final = 4
KICK_TIME: Final = 5
LN_THRUST: Final = 6
SLOPE: Final = 7
ASCENT_LN_BETA: Final = 8
BURN: Final = 9
COAST_LN_BETA: Final = 10
ONE_STAGE: Final = 11  # number of parameters
STAGE: Final = 11
GAP: Final = 12
LN_RATIO: Final = 13
SLOPE_1: Final = 14
TWO_STAGES: Final = 15

STEP_S: Final = 4.0  # longest step of RK4; with the two below the path stays within 2 m (median) of one in steps of 0.1 s
FIRST_STEP_S: Final = 0.8
STEP_GROWTH: Final = 0.06  # steps grow with the time after lift-off: a slow missile turns fast
HOT_S: Final = 0.5  # an infrared plot outside the burn counts as one sigma for so many seconds
REFUSED: Final = 1e30  # cost of parameters that no missile has
LEAST_LIFT_MPS2: Final = 10.2  # less does not lift off
LEAST_KICK_TIME_S: Final = 1.0
MOST_KICK_RAD: Final = 1.3
MOST_SLOPE: Final = 0.9  # thrust must not turn round within a burn
MOST_LN_THRUST: Final = 6.0  # 400 m/s2; bounds that keep every path finite
MOST_LN_RATIO: Final = 3.0
MOST_LN_BETA: Final = 16.0
MOST_GAP_S: Final = 60.0
LONGEST_S: Final = 600.0  # from lift-off to the last plot
FARTHEST_M: Final = 3.0e6  # of the launch point from the reference point
LEAST_BURN_S: Final = 3.0  # of a stage
ANGLE_SCALE_RAD: Final = 0.05  # mismatches that count alike in a guess
HEIGHT_SCALE: Final = 0.1


@kernel
def ascend(theta: Array, origin: Array, times_s: Array, out: Array) -> None:
    """Fill out[n, 6] with ECEF position and velocity at times_s[n] (ascending, s from the reference time).

    origin[2]: latitude and longitude of the reference point, rad. Before lift-off the missile stands on the ground.
    Method: RK4, steps growing to STEP_S that end at the kick and wherever thrust begins or ends; a cubic within steps.
    """
    axes, work, line = np.empty((3, 3)), np.empty((6, 6)), np.empty(2)
    s, before = work[4], work[5]
    _stand(theta, origin, axes, s)
    n = times_s.shape[0]
    index = 0
    while index < n and times_s[index] <= theta[TIME]:
        out[index] = s
        index += 1
    now_s = 0.0
    part = 0
    until_s = _next_part(theta, part, line)
    while index < n:
        part, until_s, h = _ahead(theta, axes, part, now_s, until_s, line, s)
        before[:] = s
        _powered_step(s, now_s, h, theta[ASCENT_LN_BETA if part < 4 else COAST_LN_BETA], line, work)
        while index < n and times_s[index] - theta[TIME] <= now_s + h:
            _between(before, s, h, (times_s[index] - theta[TIME] - now_s) / h, out[index])
            index += 1
        now_s += h


@kernel
def ascend_to_speed(theta: Array, origin: Array, speed_mps: float, most_s: float, out: Array) -> float:
    """Fill out[6] with the first state, step by step of ``ascend``, that flies so fast; return its time, s after lift-off.

    Negative if it is not so fast within most_s: ``out`` is then its last state.
    """
    axes, work, line = np.empty((3, 3)), np.empty((6, 6)), np.empty(2)
    _stand(theta, origin, axes, out)
    now_s = 0.0
    part = 0
    until_s = _next_part(theta, part, line)
    while now_s < most_s:
        part, until_s, h = _ahead(theta, axes, part, now_s, until_s, line, out)
        _powered_step(out, now_s, h, theta[ASCENT_LN_BETA], line, work)
        now_s += h
        if out[3] * out[3] + out[4] * out[4] + out[5] * out[5] >= speed_mps * speed_mps:
            return now_s
    return -1.0


@kernel
def _stand(theta: Array, origin: Array, axes: Array, s: Array) -> None:
    """Fill s[6] with the missile standing at its launch point, and axes[3, 3] with east, north, up there."""
    meridian = 1.0 - WGS84_E2 * sin(origin[0]) * sin(origin[0])
    normal_m = WGS84_A_M / sqrt(meridian)
    lat = origin[0] + theta[NORTH] / (normal_m * (1.0 - WGS84_E2) / meridian)
    lon = origin[1] + theta[EAST] / (normal_m * cos(origin[0]))
    enu_axes(lat, lon, axes)
    s[0], s[1], s[2] = geodetic2ecef(lat, lon, 0.0)
    s[3] = s[4] = s[5] = 0.0


@kernel
def _ahead(theta: Array, axes: Array, part: int, now_s: float, until_s: float, line: Array, s: Array) -> tuple[int, float, float]:
    """Enter the parts of the ascent that begin now (the kick turns s[6]); return part, its end and the next step, s.

    Parts: 0 before the kick, 1 first of two stages, 2 coast between, 3 last stage, 4 coast after. line[2]: thrust acceleration =
    line[0] + line[1] x seconds after lift-off.
    """
    while now_s >= until_s - 1e-9:
        if part == 0:
            _turn(s, axes, theta[KICK_EAST], theta[KICK_NORTH])
        part = part + 1 if part > 0 or theta.shape[0] == TWO_STAGES else 3
        until_s = _next_part(theta, part, line)
    return part, until_s, min(FIRST_STEP_S + STEP_GROWTH * now_s, STEP_S, until_s - now_s)


@kernel
def _next_part(theta: Array, part: int, line: Array) -> float:
    """Fill line[2] with the thrust of a part of the ascent; return when it ends, s after lift-off."""
    staged = theta.shape[0] == TWO_STAGES
    start_s = 0.0
    if staged:
        start_s = theta[STAGE] + max(theta[GAP], 0.0)
    thrust = exp(theta[LN_THRUST])
    slope = theta[SLOPE]
    end_s = theta[BURN]
    if staged and part <= 1:
        thrust *= exp(theta[LN_RATIO])
        slope = theta[SLOPE_1]
        start_s = 0.0
        end_s = theta[STAGE]
    line[1] = thrust * slope / (end_s - start_s)
    line[0] = thrust * (1.0 - 0.5 * slope) - line[1] * start_s
    if part == 0:
        return float(theta[KICK_TIME])
    if part == 2:
        line[0] = line[1] = 0.0
        return float(start_s)
    if part == 4:
        line[0] = line[1] = 0.0
        return 1e9
    return float(end_s)


@kernel
def _powered_step(s: Array, now_s: float, h: float, ln_beta: float, line: Array, work: Array) -> None:
    """Carry s[6] through one Runge-Kutta step under thrust in place; work[>= 4, 6]: scratch."""
    base, point, total, rate = work[0], work[1], work[2], work[3]
    for a in range(6):
        base[a] = s[a]
        point[a] = s[a]
        total[a] = 0.0
    for stage in range(4):
        offset = (0.0, 0.5, 0.5, 1.0)[stage]
        thrust = line[0] + line[1] * (now_s + offset * h)
        ax, ay, az = boost_acceleration(point[0], point[1], point[2], point[3], point[4], point[5], ln_beta, thrust)
        rate[0], rate[1], rate[2], rate[3], rate[4], rate[5] = point[3], point[4], point[5], ax, ay, az
        weight = (1.0, 2.0, 2.0, 1.0)[stage]
        ahead = (0.5, 0.5, 1.0, 0.0)[stage] * h
        for a in range(6):
            total[a] += weight * rate[a]
            point[a] = base[a] + ahead * rate[a]
    for a in range(6):
        s[a] = base[a] + h / 6.0 * total[a]


@kernel
def _between(s: Array, later: Array, h: float, f: float, out: Array) -> None:
    """Fill out[6] with the cubic at the fraction f of a step of h seconds from s[6] to later[6], and its rate."""
    for a in range(3):
        rise = later[a] - s[a]
        bend = 3.0 * rise - h * (2.0 * s[3 + a] + later[3 + a])
        twist = h * (s[3 + a] + later[3 + a]) - 2.0 * rise
        out[a] = s[a] + f * (h * s[3 + a] + f * (bend + f * twist))
        out[3 + a] = s[3 + a] + f * (2.0 * bend + 3.0 * f * twist) / h


@kernel
def _turn(s: Array, axes: Array, kick_east: float, kick_north: float) -> None:
    """Turn the velocity in s[6] from the vertical by the angle, and towards the side, of a kick; axes[3, 3]: east, north, up at launch."""
    angle = max(sqrt(kick_east * kick_east + kick_north * kick_north), 1e-12)
    speed = sqrt(s[3] * s[3] + s[4] * s[4] + s[5] * s[5])
    for a in range(3):
        level = (kick_east * axes[0, a] + kick_north * axes[1, a]) / angle
        s[3 + a] = speed * (cos(angle) * axes[2, a] + sin(angle) * level)


@kernel
def guess_steepness(
    x: Array, mean: Array, origin: Array, thrusts_mps2: Array, kicks_rad: Array, bearing_rad: float, most_s: float, theta: Array, out: Array
) -> float:
    """Try all pairs of thrust and kick (towards bearing_rad) from ``mean``; fill theta[p] with the best and out[6] with its end.

    Each is flown until it has the speed of x[6]; the best agrees best with it in height and flight-path angle there. Returns
    when that is, s after lift-off; negative if none ever flies so fast within most_s.
    """
    trial, state = mean.copy(), np.empty(6)
    speed = sqrt(x[3] * x[3] + x[4] * x[4] + x[5] * x[5])
    slope, alt_m = _slope(x)
    best, flown_s = REFUSED, -1.0
    for thrust in thrusts_mps2:
        for kick in kicks_rad:
            trial[LN_THRUST], trial[KICK_EAST], trial[KICK_NORTH] = log(thrust), kick * sin(bearing_rad), kick * cos(bearing_rad)
            time_s = ascend_to_speed(trial, origin, speed, most_s, state)
            if time_s < 0.0:
                continue
            path_slope, height_m = _slope(state)
            off_angle = (path_slope - slope) / ANGLE_SCALE_RAD
            off_height = log(max(height_m, 100.0) / max(alt_m, 100.0)) / HEIGHT_SCALE
            value = off_angle * off_angle + off_height * off_height
            if value < best:
                best, flown_s = value, time_s
                theta[:] = trial
                out[:] = state
    return flown_s


@kernel
def _slope(x: Array) -> tuple[float, float]:
    """Return the angle of the velocity from the vertical (rad) and the altitude (m) of x[6]."""
    alt_m, up_x, up_y, up_z = altitude_and_up(x[0], x[1], x[2])
    speed = max(sqrt(x[3] * x[3] + x[4] * x[4] + x[5] * x[5]), 1.0)
    climb = up_x * x[3] + up_y * x[4] + up_z * x[5]
    return acos(max(-1.0, min(1.0, climb / speed))), alt_m


@kernel
def residuals(theta: Array, origin: Array, plots: Array, times_s: Array, cue: Array, out: Array) -> int:
    """Fill out[<= 4 n + 1] with whitened residuals of plots and cue against an ascent; return their number.

    cue[2]: when the last burnout was told, s from the reference time, and its sigma in s (0: not told). An infrared plot
    says besides that the missile burnt at its time.
    """
    n = times_s.shape[0]
    states = np.empty((n, 6))
    ascend(theta, origin, times_s, states)
    H = np.empty((MAX_ROWS, 6))
    nu = np.empty(MAX_ROWS)
    var = np.empty(MAX_ROWS)
    count = 0
    for index in range(n):
        m = measure(states[index], plots[index], H, nu, var)
        for row in range(m):
            out[count] = nu[row] / sqrt(var[row])
            count += 1
        if plots[index, COL_KIND] == INFRARED:
            out[count] = _cold_s(theta, times_s[index] - theta[TIME]) / HOT_S
            count += 1
    if cue[1] > 0.0:
        out[count] = (cue[0] - theta[TIME] - theta[BURN]) / cue[1]
        count += 1
    return count


@kernel
def _cold_s(theta: Array, time_s: float) -> float:
    """Return how far a time after lift-off lies outside the burn, s."""
    if time_s > theta[BURN]:
        return float(time_s - theta[BURN])
    if theta.shape[0] == TWO_STAGES:
        return float(max(0.0, min(time_s - theta[STAGE], theta[STAGE] + theta[GAP] - time_s)))
    return 0.0


@kernel
def _flyable(theta: Array, times_s: Array) -> bool:
    """True if the parameters are those of a missile that lifts off, kicks and burns in that order, near the plots in time."""
    lift = theta[LN_THRUST]
    slope = theta[SLOPE]
    lit_s = 0.0
    first_s = theta[BURN]
    if theta.shape[0] == TWO_STAGES:
        lift += theta[LN_RATIO]
        slope = theta[SLOPE_1]
        first_s = theta[STAGE]
        lit_s = theta[STAGE] + max(theta[GAP], 0.0)
        if not abs(theta[LN_RATIO]) < MOST_LN_RATIO or not abs(theta[GAP]) < MOST_GAP_S or not abs(slope) < MOST_SLOPE:
            return False
    if not abs(theta[LN_THRUST]) < MOST_LN_THRUST or not abs(theta[ASCENT_LN_BETA]) < MOST_LN_BETA or not abs(theta[SLOPE]) < MOST_SLOPE:
        return False
    if not exp(lift) * (1.0 - 0.5 * slope) > LEAST_LIFT_MPS2 or not theta[KICK_TIME] > LEAST_KICK_TIME_S:
        return False
    if not first_s > theta[KICK_TIME] + LEAST_BURN_S or not theta[BURN] > lit_s + LEAST_BURN_S or not theta[BURN] < LONGEST_S:
        return False
    if not abs(theta[COAST_LN_BETA]) < MOST_LN_BETA:
        return False
    if not abs(theta[EAST]) < FARTHEST_M or not abs(theta[NORTH]) < FARTHEST_M or not times_s[-1] - theta[TIME] < LONGEST_S:
        return False
    kick2 = theta[KICK_EAST] * theta[KICK_EAST] + theta[KICK_NORTH] * theta[KICK_NORTH]
    return bool(kick2 < MOST_KICK_RAD * MOST_KICK_RAD)


@kernel
def cost_of(theta: Array, prior: Array, origin: Array, plots: Array, times_s: Array, cue: Array) -> float:
    """Return chi-square of residuals and priors; REFUSED outside what a missile can be."""
    parts = theta.shape[0]
    if not _flyable(theta, times_s):
        return REFUSED
    r = np.empty(MAX_ROWS * times_s.shape[0] + 1)
    count = residuals(theta, origin, plots, times_s, cue, r)
    total = 0.0
    for k in range(count):
        total += r[k] * r[k]
    for p in range(parts):
        off = (theta[p] - prior[0, p]) / prior[1, p]
        total += off * off
    if total < REFUSED:
        return total
    return REFUSED


@kernel
def normal_matrix(
    theta: Array, prior: Array, origin: Array, plots: Array, times_s: Array, cue: Array, steps: Array, A: Array, gradient: Array
) -> None:
    """Fill A[p, p] = J' J + priors and gradient[p] = downhill direction.

    J: the measurements' own gradients times one-sided differences of the path.
    prior[2, p]: mean and sigma of Gaussian priors; steps[p]: the differences' steps; plots[n, columns] at times_s[n], ascending.
    """
    n = times_s.shape[0]
    parts = theta.shape[0]
    r = np.empty(MAX_ROWS * n + 1)
    J = np.zeros((MAX_ROWS * n + 1, parts))
    states = np.empty((n, 6))
    moved = np.empty((parts, n, 6))
    trial = theta.copy()
    ascend(theta, origin, times_s, states)
    burning = times_s[n - 1] <= theta[TIME] + theta[BURN]
    for p in range(parts):
        if p == COAST_LN_BETA and burning:
            moved[p] = states
            continue
        trial[p] = theta[p] + steps[p]
        ascend(trial, origin, times_s, moved[p])
        trial[p] = theta[p]
    H = np.empty((MAX_ROWS, 6))
    nu = np.empty(MAX_ROWS)
    var = np.empty(MAX_ROWS)
    count = 0
    for index in range(n):
        m = measure(states[index], plots[index], H, nu, var)
        for row in range(m):
            sigma = sqrt(var[row])
            r[count] = nu[row] / sigma
            for p in range(parts):
                total = 0.0
                for a in range(6):
                    total -= H[row, a] * (moved[p, index, a] - states[index, a])
                J[count, p] = total / (sigma * steps[p])
            count += 1
        if plots[index, COL_KIND] == INFRARED:
            count += _heat_row(theta, times_s[index], steps, trial, count, r, J)
    if cue[1] > 0.0:
        r[count] = (cue[0] - theta[TIME] - theta[BURN]) / cue[1]
        J[count, TIME] = -1.0 / cue[1]
        J[count, BURN] = -1.0 / cue[1]
        count += 1
    for p in range(parts):
        gradient[p] = -(theta[p] - prior[0, p]) / (prior[1, p] * prior[1, p])
        for q in range(parts):
            A[p, q] = 0.0
    for k in range(count):  # innermost over parameters: every sum keeps its order, and the processor takes several at once
        row_k = J[k]
        for p in range(parts):
            value = row_k[p]
            gradient[p] -= value * r[k]
            for q in range(parts):
                A[p, q] += value * row_k[q]
    for p in range(parts):
        A[p, p] += 1.0 / (prior[1, p] * prior[1, p])


@kernel
def _heat_row(theta: Array, time_s: float, steps: Array, trial: Array, row: int, r: Array, J: Array) -> int:
    """Fill the row that says that a missile seen in the infrared burnt at that time; return 1."""
    r[row] = _cold_s(theta, time_s - theta[TIME]) / HOT_S
    for p in range(theta.shape[0]):
        if p == TIME or p >= BURN:
            trial[p] = theta[p] + steps[p]
            J[row, p] = (_cold_s(trial, time_s - trial[TIME]) / HOT_S - r[row]) / steps[p]
            trial[p] = theta[p]
    return 1
