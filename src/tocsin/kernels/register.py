"""Sensor biases from common targets: one coasting track with its sensitivity to the biases, and what it says about them.

Separate-bias estimation, B. Friedland, IEEE Trans. Automatic Control 14 (1969) 359: a track's filter runs as if there were no
bias; beside it runs V = d(state) / d(biases). Given the biases b, the truth is N(x + V b, P), so each scalar innovation is
r = s b + noise of variance S with s = H V + C and S = H P H' + R: a measurement of b alone, independent of all others.
Here b is kept as information (``info``, ``vector``: b's likelihood without any prior), so priors can be put in, and exchanged, later.

b[4 k + c] is sensor k's bias in azimuth, elevation (rad), range (m) and clock (s): measured minus true, stamped minus true.
State x[7] as in kernels.trajectory. What sensors and missiles are like comes as arguments; no figures of either live here.
"""

from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import altitude_m
from tocsin.kernels.jit import kernel
from tocsin.kernels.linalg import cholesky, propagate_covariance, scalar_update, solve_lower, solve_upper
from tocsin.kernels.measure import MAX_ROWS, TWO_PI, measure
from tocsin.kernels.trajectory import coast_flow

Array = NDArray[np.float64]

STATES: Final = 7
BIASES: Final = 4  # per sensor: azimuth, elevation, range, clock
CLOCK: Final = 3  # place of the clock among them
JUDGED: Final = 3  # azimuth, elevation and range have their innovations judged
STEP_S: Final = 2.0  # RK4 in the air costs millimetres at this step (kernels.trajectory)

# Columns of ``seen`` (per judged measurement): sums since it was last emptied.
SEEN_COUNT: Final = 0
SEEN_NIS: Final = 1  # innovations squared over their variance, each at most the gate
SEEN_FACTOR: Final = 2  # what the measurement's own variance would have to be multiplied by, times the next
SEEN_WEIGHT: Final = 3  # (own variance over the innovation's)^2: the factor's relative variance is 2 over this sum
SEEN_COLUMNS: Final = 4

USED: Final = 0
OUTSIDE: Final = 1  # an innovation beyond the gate: judged, but not used


@kernel
def coast_with_bias(x: Array, P: Array, V: Array, dt_s: float, q_m2ps3: float, q_ln_beta_pm: float, air_top_m: float) -> None:
    """Carry x[7], P[7, 7], V[7, n] in place over dt_s of coast.

    q_m2ps3: white acceleration; q_ln_beta_pm: growth of the variance of ln_beta per metre of height passed below air_top_m.
    """
    F, work = np.empty((STATES, STATES)), np.empty((STATES, STATES))
    start_m = altitude_m(x[0], x[1], x[2])
    coast_flow(x, dt_s, STEP_S, x, F)
    end_m = altitude_m(x[0], x[1], x[2])
    propagate_covariance(F, P, work, P)
    dt = abs(dt_s)
    for a in range(3):
        P[a, a] += q_m2ps3 * dt * dt * dt / 3.0
        P[a, 3 + a] += q_m2ps3 * dt * dt / 2.0
        P[3 + a, a] += q_m2ps3 * dt * dt / 2.0
        P[3 + a, 3 + a] += q_m2ps3 * dt
    if min(start_m, end_m) < air_top_m:
        P[6, 6] += q_ln_beta_pm * abs(end_m - start_m)
    column = np.empty(STATES)
    for j in range(V.shape[1]):
        used = False
        for i in range(STATES):
            column[i] = V[i, j]
            used = used or column[i] != 0.0
        if used:
            for i in range(STATES):
                total = 0.0
                for k in range(STATES):
                    total += F[i, k] * column[k]
                V[i, j] = total


@kernel
def register_plot(
    x: Array,
    P: Array,
    V: Array,
    plot: Array,
    sensor: int,
    factor: Array,
    reference: Array,
    b: Array,
    M: Array,
    gate: float,
    info: Array,
    vector: Array,
    seen: Array,
) -> int:
    """Correct x[7], P[7, 7], V[7, n] in place by a raw radar plot at their time; add what it says about the biases.

    sensor: index of the plot's sensor; factor[3]: multiplies the variances of its azimuth, elevation, range; reference[n]:
    biases at which to linearise; b[n], M[n, n]: biases with their covariance, for judging only; gate: largest squared
    innovation over its variance that is used; info[n, n], vector[n]: b's information, added to; seen[3, SEEN_COLUMNS]:
    added to. Returns USED or OUTSIDE.
    """
    n = b.shape[0]
    H, nu, var = np.empty((MAX_ROWS, 6)), np.zeros(MAX_ROWS), np.zeros(MAX_ROWS)
    s, h, g, x0, near = np.zeros((MAX_ROWS, n)), np.zeros(STATES), np.empty(STATES), x.copy(), x.copy()
    for i in range(STATES):
        for j in range(n):
            near[i] += V[i, j] * reference[j]
    m = measure(near, plot, H, nu, var)  # nu: measured - h(x + V reference)
    inside = True
    for c in range(m):
        own = var[c]
        if c < JUDGED:
            var[c] = own * factor[c]
        _sensitivity(H[c], V, near, sensor, c, s[c])
        for i in range(6):
            nu[c] += H[c, i] * (near[i] - x[i])  # now the innovation of the filter without biases: s b + noise
        rest = nu[c]
        for j in range(n):
            rest -= s[c, j] * b[j]
        total = var[c] + _quadratic(P, H[c], 6) + _quadratic(M, s[c], n)
        ratio = rest * rest / total
        inside = inside and ratio <= gate
        if c < JUDGED:
            ratio = min(ratio, gate)
            seen[c, SEEN_COUNT] += 1.0
            seen[c, SEEN_NIS] += ratio
            weight = own * own / (total * total)
            seen[c, SEEN_FACTOR] += weight * (ratio * total - (total - var[c])) / own
            seen[c, SEEN_WEIGHT] += weight
    if not inside:
        return OUTSIDE
    for c in range(m):
        innovation = nu[c]
        for i in range(6):
            h[i] = H[c, i]
            innovation -= H[c, i] * (x[i] - x0[i])
        if c > 0:
            _sensitivity(H[c], V, near, sensor, c, s[c])  # V has moved
        S = scalar_update(x, P, h, innovation, var[c], STATES, g)
        for j in range(n):
            if s[c, j] != 0.0:
                gain = s[c, j] / S
                vector[j] += gain * innovation
                for k in range(n):
                    info[j, k] += gain * s[c, k]
                for i in range(STATES):
                    V[i, j] -= g[i] * gain
    return USED


@kernel
def _sensitivity(row: Array, V: Array, x: Array, sensor: int, c: int, s: Array) -> None:
    """Fill s[n] = H V + C of one scalar measurement with gradient row[6]; c: its place (azimuth, elevation, range, range rate)."""
    for j in range(V.shape[1]):
        total = 0.0
        for i in range(6):
            total += row[i] * V[i, j]
        s[j] = total
    if c < JUDGED:
        s[BIASES * sensor + c] += 1.0
    rate = 0.0
    for i in range(3):
        rate += row[i] * x[3 + i]
    s[BIASES * sensor + CLOCK] -= rate  # a plot stamped late shows where the target was before


@kernel
def _quadratic(A: Array, v: Array, n: int) -> float:
    """Return v' A v over the first n rows and columns."""
    total = 0.0
    for i in range(n):
        if v[i] != 0.0:
            part = 0.0
            for j in range(n):
                part += A[i, j] * v[j]
            total += v[i] * part
    return total


@kernel
def posterior(info: Array, vector: Array, prior: Array, b: Array, M: Array) -> bool:
    """Fill b[n], M[n, n] with mean and covariance for information info, vector and prior[n] = 1 / variance (mean 0).

    False, with b and M unfinished, if the sum is not positive definite. Method: Cholesky, one column of the inverse at a time.
    """
    n = prior.shape[0]
    A, L, column = info.copy(), np.empty((n, n)), np.empty(n)
    for i in range(n):
        A[i, i] += prior[i]
    if not cholesky(A, n, L):
        return False
    solve_lower(L, n, vector, b)
    solve_upper(L, n, b, b)
    for j in range(n):
        for i in range(n):
            column[i] = 1.0 if i == j else 0.0
        solve_lower(L, n, column, column)
        solve_upper(L, n, column, column)
        for i in range(j + 1):
            M[i, j] = column[i]
            M[j, i] = column[i]
    return True


@kernel
def exchange_ln_evidence(b: Array, M: Array, sensor: int, before: Array, after: Array) -> float:
    """Return ln p(data | prior after) - ln p(data | prior before) for one sensor's own biases; the others keep their priors.

    b[n], M[n, n]: the posterior under ``before``; before[4], after[4]: 1 / variances of that sensor's priors (mean 0).
    With J the information of its marginal posterior and D = after - before on the diagonal, A = J + D, v = J b:
    0.5 (sum ln(after / before) - ln(|A| / |J|) + v' A^-1 v - b' v). Returns -1e300 where rounding has eaten A.
    """
    n = BIASES
    G, L, J = np.empty((n, n)), np.empty((n, n)), np.empty((n, n))
    v, column = np.empty(n), np.empty(n)
    first = n * sensor
    for i in range(n):
        for j in range(n):
            G[i, j] = M[first + i, first + j]
    if not cholesky(G, n, L):
        return -1e300
    result = 0.0
    for j in range(n):
        result += 0.5 * log(after[j] / before[j]) - log(L[j, j])  # ln|J| / 2 = -sum of ln L[j, j], as J = M^-1
        for i in range(n):
            column[i] = 1.0 if i == j else 0.0
        solve_lower(L, n, column, column)
        solve_upper(L, n, column, column)
        for i in range(n):
            J[i, j] = column[i]
    for i in range(n):
        total = 0.0
        for j in range(n):
            total += J[i, j] * b[first + j]
        v[i] = total
        result -= 0.5 * b[first + i] * total
        J[i, i] += after[i] - before[i]
    if not cholesky(J, n, L):
        return -1e300
    for i in range(n):
        result -= log(L[i, i])
    return result + 0.5 * solve_lower(L, n, v, column)


@kernel
def bias_covariance(V: Array, M: Array, out: Array) -> None:
    """Fill out[7, 7] with V M V', what uncertain biases M[n, n] add to the covariance of a state with sensitivity V[7, n]."""
    n = M.shape[0]
    W = np.zeros((STATES, n))
    for i in range(STATES):
        for k in range(n):
            if V[i, k] != 0.0:
                for j in range(n):
                    W[i, j] += V[i, k] * M[k, j]
    for i in range(STATES):
        for j in range(i, STATES):
            total = 0.0
            for k in range(n):
                total += W[i, k] * V[j, k]
            out[i, j] = total
            out[j, i] = total


@kernel
def take_off(rows: Array, first: int, sigma: int, extra: int, bias: Array, variance: Array, factor: Array) -> None:
    """Subtract bias[3] from azimuth, elevation, range of rows[m, :] in place; add to their variances.

    first, sigma, extra: columns of the three values, their sigmas and their extra variances. Added: variance[3], and the
    values' own variance times factor[3] - 1.
    """
    for r in range(rows.shape[0]):
        for c in range(JUDGED):
            own = rows[r, sigma + c] * rows[r, sigma + c]
            rows[r, first + c] -= bias[c]
            rows[r, extra + c] += variance[c] + (factor[c] - 1.0) * own
        if rows[r, first] < 0.0:
            rows[r, first] += TWO_PI
