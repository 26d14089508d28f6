"""Kernels of track initiation: which three plots belong together, how surely, and the state they give.

A seed is a plot that no track took, as one row of numbers (columns below). No filter is run on single seeds.
"""

from math import cos, log, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import altitude_and_up
from tocsin.kernels.jit import kernel
from tocsin.kernels.linalg import propagate_covariance, scalar_update
from tocsin.kernels.measure import (
    COL_KIND,
    COL_LN_CLUTTER,
    COL_PD,
    COL_POS,
    COL_REACH,
    COL_SENSOR_POS,
    COL_Z,
    INFRARED,
    SEN_KIND,
    SEN_PD,
    position_rows,
    sees,
)

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

SEED_TIME: Final = 0  # s since the memory's epoch
SEED_POS: Final = 1  # 1..3 ECEF m
SEED_AXES: Final = 4  # 4..12 three unit rows of the position error
SEED_SIGMA: Final = 13  # 13..15 m along them; the third of an infrared seed is its altitude prior
SEED_ROWS: Final = 16  # 3.0 radar, 2.0 infrared: rows that are measured
SEED_LN_CLUTTER: Final = 17  # ln of false alarms per scan and m3 (infrared: m2) at this place
SEED_LN_PD: Final = 18
SEED_SENSOR: Final = 19
SEED_REACH: Final = 20  # m, largest sigma
SEED_LOOK: Final = 21  # number of the look it came from, ascending in the table
SEED_PERIOD: Final = 22  # s, the sensor's scan period
SEED_ALT: Final = 23  # m
SEED_COLUMNS: Final = 24

LOOK_ID: Final = 0
LOOK_TIME: Final = 1  # s since the memory's epoch
LOOK_SENSOR: Final = 2
LOOK_COLUMNS: Final = 3
MOST_MEMBERS: Final = 16  # seeds of one hypothesis: five seconds of three fast radars

K: Final = 9  # x[9]: position, velocity, acceleration at the newest seed

MAX_SPEED_MPS: Final = 8_500.0  # orbits to 2,000 km, long-range missiles
METEOR_SPEED_MPS: Final = 73_000.0  # meteoroids bound to the sun meet the earth at 11-72 km/s
METEOR_LOW_M: Final = 55_000.0  # they shine and ionise between 70 and 120 km
METEOR_TOP_M: Final = 140_000.0
METEOR_S: Final = 6.0  # and live 1-5 s
SPEED_SCALE: Final = 1.5  # prior velocity sigma per axis of a fast hypothesis: its speed over this
VELOCITY_SIGMA_MPS: Final = 2_000.0  # per axis: any direction, up to the speed of a medium-range missile
METEOR_SIGMA_MPS: Final = 7_000.0  # ... where meteors shine: their least speed of 11-12 km/s over the root of 3
ORBIT_SIGMA_MPS: Final = 4_500.0  # ... and above: what orbits at 7.8 km/s
INFRARED_SPEED_MPS: Final = 700.0  # upwards: a missile when a satellite first sees it, above 8 km
INFRARED_SPEED_SIGMA_MPS: Final = 500.0
FIT_LIMIT: Final = 17.0  # chi-square of the last seed, 3 degrees of freedom: a true one is beyond once in 1,400
ACCELERATION_SIGMA_MPS2: Final = 20.0  # per axis: burning, turning, falling
SAME_TURN: Final = 0.5  # of a scan period: two plots of one sensor within it are two objects
LEAST_BASELINE_S: Final = 0.9  # shorter, three plots give a place but no velocity
BASELINE_PERIODS: Final = 1.6  # ... but a sensor that looks ten times a second soon adds more
TRIPLE_LEAST: Final = 0.0  # a pair or triple below it is no better than false alarms
COARSE_SIGMAS: Final = 5.0  # coarse gate of further seeds, beyond FIT_LIMIT in every direction
EDGE_SIGMAS: Final = 2.0  # an object this near to the edge of coverage need not be seen
MOST_PD: Final = 0.98  # a look is never surer: merged plots, plots taken by a neighbour
REACH_SIGMAS: Final = 4.0
JERK_ALLOWANCE_MPS2: Final = 80.0  # four sigma of ACCELERATION_SIGMA_MPS2
LN_2PI: Final = log(2.0 * 3.141592653589793)
SLOWEST_INFRARED_MPS: Final = 150.0  # a missile above 8 km is faster, also as seen across the line of sight
NO_SEED: Final = -1
NO_START: Final = -1e9
LOWEST_M: Final = -1_000.0  # nothing flies below
ALTITUDE_SIGMAS: Final = 3.0


@kernel
def fill_seeds(plots: Array, infrared_sigma_m: float, sensor: int, period_s: float, look: int, seeds: Array, kept: Ints) -> int:
    """Fill seeds[n, columns], times excepted, from plots[n, PLOT_COLUMNS] of one sensor, those surely below the ground left out.

    infrared_sigma_m: 1 sigma of the altitude prior of an infrared plot; sensor, period_s: the sensor's number and scan period; look:
    the look's number. kept[n]: the plots' row indices. Returns how many were kept.
    """
    axes = np.empty((3, 3))
    sigma_m = np.empty(3)
    count = 0
    for index in range(plots.shape[0]):
        plot = plots[index]
        alt_m, up_x, up_y, up_z = altitude_and_up(plot[COL_POS], plot[COL_POS + 1], plot[COL_POS + 2])
        if alt_m + ALTITUDE_SIGMAS * plot[COL_REACH] < LOWEST_M:
            continue
        position_rows(plot, axes, sigma_m)
        dx = plot[COL_POS] - plot[COL_SENSOR_POS]
        dy = plot[COL_POS + 1] - plot[COL_SENSOR_POS + 1]
        dz = plot[COL_POS + 2] - plot[COL_SENSOR_POS + 2]
        r = sqrt(dx * dx + dy * dy + dz * dz)
        seed = seeds[count]
        if plot[COL_KIND] == INFRARED:
            slope = abs(up_x * axes[2, 0] + up_y * axes[2, 1] + up_z * axes[2, 2])
            sigma_m[2] = infrared_sigma_m / max(slope, 0.1)
            cell = log(r * r)  # m2 per unit of measurement space
            seed[SEED_ROWS] = 2.0
        else:
            cell = log(r * r * max(cos(plot[COL_Z + 1]), 1e-3))  # m3: r cos(elevation) x r x 1
            seed[SEED_ROWS] = 3.0
        for a in range(3):
            seed[SEED_POS + a] = plot[COL_POS + a]
            seed[SEED_SIGMA + a] = sigma_m[a]
            for b in range(3):
                seed[SEED_AXES + 3 * a + b] = axes[a, b]
        seed[SEED_LN_CLUTTER] = plot[COL_LN_CLUTTER] - cell
        seed[SEED_LN_PD] = log(plot[COL_PD])
        seed[SEED_SENSOR] = sensor
        seed[SEED_LOOK] = look
        seed[SEED_PERIOD] = period_s
        seed[SEED_ALT] = alt_m
        seed[SEED_REACH] = max(sigma_m[0], sigma_m[1], sigma_m[2])
        kept[count] = index
        count += 1
    return count


@kernel
def list_starts(
    seeds: Array, looks: Array, sensors: Array, since: int, least: float, X: Array, P: Array, members: Ints, counts: Ints, values: Array
) -> int:
    """List the hypotheses that one of the seeds[since:, columns] and two or more (infrared: one or more) others are one object.

    looks[m, LOOK_COLUMNS]: every look that the seeds come from, in order, also those that left no seed; sensors[k, columns]: the
    sensors' rows. Fills X[most, 9], P[most, 9, 9] (position, velocity, acceleration at the newest seed's time), members[most,
    MOST_MEMBERS] (rows, ascending; counts[most] of them) and values[most]: the log-likelihood ratio of each against false alarms,
    at least ``least``. Returns how many; beyond ``most`` the weakest go. A pair or triple whose speed and evidence are possible is
    carried to all other looks: the radar plot that fits best joins it (a line of sight fits too much); a look that should have seen
    it and did not counts against it. The first seed counts nothing: it starts the test. Two seeds alone only count if both are
    infrared, whose false alarms are rare.
    Method: linear-Gaussian model of constant acceleration with broad priors.
    """
    n = seeds.shape[0]
    found = 0
    x = np.empty(K)
    work_P = np.empty((K, K))
    rows = np.empty(MOST_MEMBERS, np.int64)
    for newest in range(since, n):
        c = seeds[newest]
        for j in range(n):
            b = seeds[j]
            if j == newest or not _may_follow(b, c):
                continue
            for i in range(NO_SEED, n):  # NO_SEED: the pair b, c alone
                a = seeds[max(i, 0)]
                count = 3
                if i == NO_SEED:
                    if b[SEED_ROWS] == 3.0 or c[SEED_ROWS] == 3.0 or c[SEED_TIME] - b[SEED_TIME] < LEAST_BASELINE_S:
                        continue
                    a = b
                    count = 2
                elif i == newest or not (_ordered(a, b, c, i, j) and _smooth(a, b, c)):
                    continue
                value = evidence(a, b, c, i, x, work_P)
                if value < TRIPLE_LEAST or (_hovers(x) and _any_infrared(a, b, c)) or not _possible_speed(x):
                    continue
                rows[0], rows[1], rows[2] = newest, j, i
                value, count = _extend(seeds, looks, sensors, c[SEED_TIME], value, rows, count, x, work_P)
                if value >= least:
                    found = _keep(rows, count, value, x, work_P, found, X, P, members, counts, values)
    return found


@kernel
def _keep(
    rows: Ints, count: int, value: float, x: Array, Px: Array, found: int, X: Array, P: Array, members: Ints, counts: Ints, values: Array
) -> int:
    """Enter a hypothesis into the list unless its seeds are there; in a full list it takes the weakest one's place."""
    rows[:count] = np.sort(rows[:count])
    place = found
    for k in range(found):
        if counts[k] == count:
            same = True
            for r in range(count):
                same = same and members[k, r] == rows[r]
            if same:
                return found
    if found == X.shape[0]:
        place = 0
        for k in range(1, found):
            if values[k] < values[place]:
                place = k
        if values[place] >= value:
            return found
    for r in range(count):
        members[place, r] = rows[r]
    counts[place] = count
    values[place] = value
    for r in range(K):
        X[place, r] = x[r]
        for s in range(K):
            P[place, r, s] = Px[r, s]
    return max(found, place + 1)


@kernel
def _extend(
    seeds: Array, looks: Array, sensors: Array, time_s: float, value: float, rows: Ints, count: int, x: Array, P: Array
) -> tuple[float, int]:
    """Carry a hypothesis x[9], P[9, 9] at time_s to every look that is not in it yet; return its evidence and count of seeds.

    Constant acceleration without noise is linear in the state at any lag, so the order of the looks does not matter.
    """
    trial_x, trial_P = np.empty(K), np.empty((K, K))
    best_x, best_P = np.empty(K), np.empty((K, K))
    chi2 = np.zeros(1)
    start = 0
    for m in range(looks.shape[0]):
        dt = looks[m, LOOK_TIME] - time_s
        while start < seeds.shape[0] and seeds[start, SEED_LOOK] < looks[m, LOOK_ID]:
            start += 1
        inside = False
        for k in range(count):
            inside = inside or seeds[rows[k], SEED_LOOK] == looks[m, LOOK_ID]
        if inside:
            continue
        best = NO_SEED
        gain = NO_START
        p = start
        while p < seeds.shape[0] and seeds[p, SEED_LOOK] == looks[m, LOOK_ID]:
            if count < MOST_MEMBERS and seeds[p, SEED_ROWS] == 3.0 and _within(seeds[p], seeds[p, SEED_TIME] - time_s, x, P):
                trial_x[:] = x
                trial_P[:] = P
                own = _add_lagged(seeds[p], seeds[p, SEED_TIME] - time_s, trial_x, trial_P, chi2)
                if chi2[0] < FIT_LIMIT and own > gain:
                    best, gain = p, own
                    best_x[:] = trial_x
                    best_P[:] = trial_P
            p += 1
        missed = 0.0
        if dt <= 0.0:  # also before its first plot: only at the edge of coverage do objects begin
            missed = _missed(sensors[int(looks[m, LOOK_SENSOR])], dt, x, P)
        if best != NO_SEED and gain > missed:
            rows[count] = best
            count += 1
            value += gain
            x[:] = best_x
            P[:] = best_P
        else:
            value += missed
    return value, count


@kernel
def _missed(sensor: Array, dt: float, x: Array, P: Array) -> float:
    """Return ln of the probability that a look dt after the state found nothing although the object was there; 0 out of coverage."""
    if sensor[SEN_KIND] == INFRARED:
        return 0.0  # whether it burns is not known yet
    half = 0.5 * dt * dt
    margin = EDGE_SIGMAS * sqrt(max(_spread(dt, P), 0.0) / 3.0)
    if not sees(sensor, x[0] + dt * x[3] + half * x[6], x[1] + dt * x[4] + half * x[7], x[2] + dt * x[5] + half * x[8], margin):
        return 0.0
    return log(1.0 - min(sensor[SEN_PD], MOST_PD))


@kernel
def _within(seed: Array, dt: float, x: Array, P: Array) -> bool:
    """Coarse gate: True if a seed dt after the state x[9], P[9, 9] may be its object's."""
    half = 0.5 * dt * dt
    off2 = 0.0
    for k in range(3):
        off = seed[SEED_POS + k] - x[k] - dt * x[3 + k] - half * x[6 + k]
        off2 += off * off
    reach = COARSE_SIGMAS * (sqrt(max(_spread(dt, P), 0.0)) + seed[SEED_REACH])
    return bool(off2 < reach * reach)


@kernel
def _spread(dt: float, P: Array) -> float:
    """Return the trace of the position's covariance dt after the state, m2."""
    half = 0.5 * dt * dt
    total = 0.0
    for k in range(3):
        total += P[k, k] + dt * dt * P[3 + k, 3 + k] + half * half * P[6 + k, 6 + k]
        total += 2.0 * (dt * P[k, 3 + k] + half * P[k, 6 + k] + dt * half * P[3 + k, 6 + k])
    return total


@kernel
def _add_lagged(seed: Array, dt: float, x: Array, P: Array, chi2: Array) -> float:
    """Correct x[9], P[9, 9] by a seed dt after its time (dt of either sign); return ln(Pd x likelihood / clutter), set chi2[1]."""
    h = np.zeros(K)
    g = np.empty(K)
    chi2[0] = 0.0
    half = 0.5 * dt * dt
    value = float(seed[SEED_LN_PD] - seed[SEED_LN_CLUTTER])
    for row in range(int(seed[SEED_ROWS])):
        innovation = 0.0
        for r in range(3):
            axis = seed[SEED_AXES + 3 * row + r]
            h[r] = axis
            h[3 + r] = axis * dt
            h[6 + r] = axis * half
            innovation += axis * (seed[SEED_POS + r] - x[r] - dt * x[3 + r] - half * x[6 + r])
        sigma = seed[SEED_SIGMA + row]
        S = scalar_update(x, P, h, innovation, sigma * sigma, x.shape[0], g)
        chi2[0] += innovation * innovation / S
        value -= 0.5 * (innovation * innovation / S + log(S) + LN_2PI)
    return value


@kernel
def _possible_speed(x: Array) -> bool:
    """True unless a hypothesis is faster than anything at its altitude."""
    speed2 = x[3] * x[3] + x[4] * x[4] + x[5] * x[5]
    if speed2 < MAX_SPEED_MPS * MAX_SPEED_MPS:
        return True
    alt_m, _, _, _ = altitude_and_up(x[0], x[1], x[2])
    return bool(METEOR_LOW_M < alt_m < METEOR_TOP_M and speed2 < METEOR_SPEED_MPS * METEOR_SPEED_MPS)


@kernel
def _any_infrared(a: Array, b: Array, c: Array) -> bool:
    """True if one of the seeds is infrared."""
    return bool(a[SEED_ROWS] == 2.0 or b[SEED_ROWS] == 2.0 or c[SEED_ROWS] == 2.0)


@kernel
def _hovers(x: Array) -> bool:
    """True if a hypothesis is too slow for a missile above the clouds.

    Two missiles from one site, one satellite look apart, otherwise make a third that stands still.
    """
    return bool(x[3] * x[3] + x[4] * x[4] + x[5] * x[5] < SLOWEST_INFRARED_MPS * SLOWEST_INFRARED_MPS)


@kernel
def _ordered(a: Array, b: Array, c: Array, i: int, j: int) -> bool:
    """True if a, b, c may be one object in this order, with a baseline that gives a velocity; equal times: by index."""
    baseline_s = min(LEAST_BASELINE_S, BASELINE_PERIODS * min(a[SEED_PERIOD], b[SEED_PERIOD], c[SEED_PERIOD]))
    if c[SEED_TIME] - a[SEED_TIME] < baseline_s or (a[SEED_TIME] == b[SEED_TIME] and i >= j):
        return False
    return _may_follow(a, b) and _may_follow(a, c)


@kernel
def _may_follow(earlier: Array, later: Array) -> bool:
    """True if one object can have caused both: later, within reach of MAX_SPEED_MPS, not one sensor's same look."""
    dt = later[SEED_TIME] - earlier[SEED_TIME]
    if dt < 0.0 or (earlier[SEED_SENSOR] == later[SEED_SENSOR] and dt < SAME_TURN * earlier[SEED_PERIOD]):
        return False
    errors = REACH_SIGMAS * (earlier[SEED_REACH] + later[SEED_REACH])
    speed = MAX_SPEED_MPS
    if dt < METEOR_S and _meteor_height(earlier) and _meteor_height(later):
        speed = METEOR_SPEED_MPS
    reach = speed * dt + errors
    dx = later[SEED_POS] - earlier[SEED_POS]
    dy = later[SEED_POS + 1] - earlier[SEED_POS + 1]
    dz = later[SEED_POS + 2] - earlier[SEED_POS + 2]
    return bool(dx * dx + dy * dy + dz * dz < reach * reach)


@kernel
def _meteor_height(seed: Array) -> bool:
    """True if a seed may lie where meteors do."""
    return bool(METEOR_LOW_M < seed[SEED_ALT] < METEOR_TOP_M)


@kernel
def _smooth(a: Array, b: Array, c: Array) -> bool:
    """Coarse test that b lies near the line from a to c in time: as far as errors and accelerations allow."""
    span = c[SEED_TIME] - a[SEED_TIME]
    w = (b[SEED_TIME] - a[SEED_TIME]) / span
    off2 = 0.0
    for k in range(3):
        off = b[SEED_POS + k] - (1.0 - w) * a[SEED_POS + k] - w * c[SEED_POS + k]
        off2 += off * off
    allowed = REACH_SIGMAS * (a[SEED_REACH] + b[SEED_REACH] + c[SEED_REACH]) + JERK_ALLOWANCE_MPS2 * 0.5 * w * (1.0 - w) * span * span
    return bool(off2 < allowed * allowed)


@kernel
def evidence(a: Array, b: Array, c: Array, first: int, x: Array, P: Array) -> float:
    """Fill x[9], P[9, 9] at the time of seed c from seeds a, b, c; return ln of their evidence over false alarms.

    first: row of a, or NO_SEED for the pair b, c alone (a must then be b).
    """
    for r in range(K):
        x[r] = 0.0
        for s in range(K):
            P[r, s] = 0.0
    infrared = a[SEED_ROWS] == 2.0
    speed_sigma = INFRARED_SPEED_SIGMA_MPS if infrared else _velocity_sigma(a, c)
    radius = sqrt(a[SEED_POS] * a[SEED_POS] + a[SEED_POS + 1] * a[SEED_POS + 1] + a[SEED_POS + 2] * a[SEED_POS + 2])
    for r in range(3):
        x[r] = a[SEED_POS + r]
        if infrared:
            x[3 + r] = INFRARED_SPEED_MPS * a[SEED_POS + r] / radius
        P[3 + r, 3 + r] = speed_sigma * speed_sigma
        P[6 + r, 6 + r] = ACCELERATION_SIGMA_MPS2 * ACCELERATION_SIGMA_MPS2
        for row in range(3):
            sigma = a[SEED_SIGMA + row]
            for s in range(3):
                P[r, s] += sigma * sigma * a[SEED_AXES + 3 * row + r] * a[SEED_AXES + 3 * row + s]
    chi2 = np.zeros(1)
    value = 0.0
    if first != NO_SEED:
        value = _add_seed(b, b[SEED_TIME] - a[SEED_TIME], x, P, chi2)
    value += _add_seed(c, c[SEED_TIME] - b[SEED_TIME], x, P, chi2)
    return value if chi2[0] < FIT_LIMIT else NO_START


@kernel
def _velocity_sigma(a: Array, c: Array) -> float:
    """Return the prior velocity sigma per axis of an object seen at a, then c: by what flies there, for fast ones by their speed."""
    dt = max(c[SEED_TIME] - a[SEED_TIME], 1e-3)
    dx, dy, dz = c[SEED_POS] - a[SEED_POS], c[SEED_POS + 1] - a[SEED_POS + 1], c[SEED_POS + 2] - a[SEED_POS + 2]
    high = METEOR_SIGMA_MPS if c[SEED_ALT] < METEOR_TOP_M else ORBIT_SIGMA_MPS
    return float(max(high if c[SEED_ALT] > METEOR_LOW_M else VELOCITY_SIGMA_MPS, sqrt(dx * dx + dy * dy + dz * dz) / (dt * SPEED_SCALE)))


@kernel
def _add_seed(seed: Array, dt: float, x: Array, P: Array, chi2: Array) -> float:
    """Carry x, P on by dt under constant acceleration and correct them by a seed; return ln(Pd x likelihood / clutter).

    chi2[1]: set to the seed's own squared distance from what was expected.
    """
    if dt > 0.0:
        F = np.zeros((K, K))
        for r in range(K):
            F[r, r] = 1.0
        for r in range(3):
            F[r, 3 + r] = dt
            F[3 + r, 6 + r] = dt
            F[r, 6 + r] = 0.5 * dt * dt
            x[r] += dt * x[3 + r] + 0.5 * dt * dt * x[6 + r]
            x[3 + r] += dt * x[6 + r]
        propagate_covariance(F, P, np.empty((K, K)), P)
    h = np.zeros(K)
    g = np.empty(K)
    chi2[0] = 0.0
    value = float(seed[SEED_LN_PD] - seed[SEED_LN_CLUTTER])
    for row in range(int(seed[SEED_ROWS])):
        innovation = 0.0
        for r in range(3):
            h[r] = seed[SEED_AXES + 3 * row + r]
            innovation += h[r] * (seed[SEED_POS + r] - x[r])
        sigma = seed[SEED_SIGMA + row]
        S = scalar_update(x, P, h, innovation, sigma * sigma, x.shape[0], g)
        chi2[0] += innovation * innovation / S
        value -= 0.5 * (innovation * innovation / S + log(S) + LN_2PI)
    return value


@kernel
def agreeing_pairs(rows: Ints, X: Array, P: Array, reach_m: float, limit: float, pairs: Ints) -> int:
    """Fill pairs[most, 2] with places a < b in ``rows`` whose states X[rows, 8], P[rows, 8, 8] may be one object; return how many.

    They are nearer than reach_m in x (coarse) and distance2 is at most limit.
    """
    work = np.empty((7, 6))
    count = 0
    for a in range(rows.shape[0]):
        for b in range(a + 1, rows.shape[0]):
            r, s = rows[a], rows[b]
            if abs(X[r, 0] - X[s, 0]) <= reach_m and distance2(X[r], P[r], X[s], P[s], work) <= limit:
                pairs[count, 0] = a
                pairs[count, 1] = b
                count += 1
    return count


@kernel
def distance2(x: Array, P: Array, y: Array, Q: Array, work: Array) -> float:
    """Return the squared statistical distance (x - y)' (P + Q)^-1 (x - y) of two states by position and velocity.

    x, y[>= 6]; P, Q[>= 6, >= 6]; work[7, 6]: scratch. A sum that is not positive definite counts as far apart (1e300).
    """
    total = 0.0
    for i in range(6):
        for j in range(i + 1):
            value = P[i, j] + Q[i, j]
            for k in range(j):
                value -= work[i, k] * work[j, k]
            if i == j:
                if not value > 0.0:
                    return 1e300
                work[i, i] = sqrt(value)
            else:
                work[i, j] = value / work[j, j]
        residual = x[i] - y[i]
        for k in range(i):
            residual -= work[i, k] * work[6, k]
        work[6, i] = residual / work[i, i]
        total += work[6, i] * work[6, i]
    return total
