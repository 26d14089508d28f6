"""Joining estimates of one object: prediction with honest noise, chi-square of a difference, covariance intersection.

State x[7] = position (m), velocity (m/s) in ECEF, ln(beta / (kg/m2)); P[7, 7] its covariance. Arrays are C-contiguous
float64 and kernels fill ``out`` arguments. Which track belongs to which object is decided in ``tocsin.fusion``, not here.
"""

from math import exp, log, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.atmosphere import density_kgpm3
from tocsin.kernels.geodesy import altitude_m
from tocsin.kernels.jit import kernel
from tocsin.kernels.trajectory import boost_propagate, coast_flow

Array = NDArray[np.float64]

SEGMENT_S: Final = 10.0  # noise is chosen by altitude per segment: a 2 km/s descent crosses 20 km of air in it
STEP_S: Final = 2.0  # RK4 step; its error over 10 minutes is metres, far below the noise added
COAST_PSD_M2PS3: Final = 1e-4  # white acceleration noise in vacuum: 6 m after 100 s, covers the missing higher gravity terms
AIR_SHARE: Final = 0.03  # 1-sigma of drag from density and wind, relative (day-to-day spread of the real atmosphere below 80 km is
AIR_TIME_S: Final = 10.0  # larger high up, where drag is small), held for this long
MANOEUVRE_PSD_M2PS3: Final = 400.0  # times P(manoeuvre): a 20 m/s2 pull held 1 s
THRUST_HOLD_S: Final = 10.0  # thrust is carried on for so long without a plot, then assumed to have ended
BURNOUT_SCALE_S: Final = 20.0  # uncertainty of the mean thrust grows to all of it over this time without a plot
THRUST_ACROSS: Final = 0.1  # share of the thrust error that is not along the velocity (pitch programme)
CI_ITERATIONS: Final = 40  # bound on the weight iteration; any weights are consistent
CI_TOLERANCE: Final = 1e-3  # largest change of a weight that ends it: the determinant is then within 0.5 % of the best


@kernel
def cholesky_into(A: Array, n: int, L: Array) -> bool:
    """Fill L[n, n] (lower, rest zero) with L L' = A[n, n]; False if A is not positive definite or not finite."""
    for i in range(n):
        for j in range(n):
            L[i, j] = 0.0
    for j in range(n):
        s = A[j, j]
        for k in range(j):
            s -= L[j, k] * L[j, k]
        if not (0.0 < s < 1e300):
            return False
        d = sqrt(s)
        L[j, j] = d
        for i in range(j + 1, n):
            s = A[i, j]
            for k in range(j):
                s -= L[i, k] * L[j, k]
            L[i, j] = s / d
    return True


@kernel
def invert_into(A: Array, n: int, L: Array, out: Array) -> bool:
    """Fill out[n, n] with the inverse of symmetric A through its Cholesky factor L (scratch); False if not positive definite."""
    if not cholesky_into(A, n, L):
        return False
    for c in range(n):
        for i in range(n):
            s = 1.0 if i == c else 0.0
            for k in range(i):
                s -= L[i, k] * out[k, c]
            out[i, c] = s / L[i, i]
        for i in range(n - 1, -1, -1):
            s = out[i, c]
            for k in range(i + 1, n):
                s -= L[k, i] * out[k, c]
            out[i, c] = s / L[i, i]
    for i in range(n):
        for j in range(i):
            mean = 0.5 * (out[i, j] + out[j, i])
            out[i, j] = mean
            out[j, i] = mean
    return True


@kernel
def predict_with_noise(
    x: Array, P: Array, dt_s: float, thrust_mps2: float, thrust_sigma_mps2: float, p_manoeuvre: float, out_x: Array, out_P: Array
) -> None:
    """Carry x[7], P[7, 7] forward by dt_s >= 0 seconds with process noise; fill out_x[7], out_P[7, 7].

    dt_s = 0 copies. thrust_mps2, thrust_sigma_mps2: mean thrust acceleration along the velocity and its 1-sigma, 0 when
    coasting; p_manoeuvre: probability that it manoeuvres now.
    Method: segments of at most 10 s; mean by RK4 under the thrust (first 10 s) or in coast; F of coast by the variational
    equations; P = F P F' + Q with white acceleration noise, in air from an error of the drag. A thrust error is a
    constant acceleration error within a segment: sigma = hypot(thrust_sigma, thrust * min(1, elapsed / 20 s)).
    Limits: F ignores the turn of the thrust direction, which the transverse thrust error covers.
    """
    for i in range(7):
        out_x[i] = x[i]
        for j in range(7):
            out_P[i, j] = P[i, j]
    if dt_s <= 0.0:
        return
    segments = int(dt_s / SEGMENT_S) + 1
    h = dt_s / segments
    F = np.empty((7, 7))
    FP = np.empty((7, 7))
    x8 = np.empty(8)
    elapsed = 0.0
    for _ in range(segments):
        burning = thrust_mps2 > 0.0 and elapsed < THRUST_HOLD_S
        for i in range(7):
            x8[i] = out_x[i]
        coast_flow(out_x, h, STEP_S, out_x, F)
        if burning:
            x8[7] = thrust_mps2
            boost_propagate(x8, h, STEP_S, x8)
            for i in range(7):
                out_x[i] = x8[i]
        elapsed += h
        for i in range(7):
            for j in range(7):
                s = 0.0
                for k in range(7):
                    s += F[i, k] * out_P[k, j]
                FP[i, j] = s
        for i in range(7):
            for j in range(i, 7):
                s = 0.0
                for k in range(7):
                    s += FP[i, k] * F[j, k]
                out_P[i, j] = s
                out_P[j, i] = s
        _add_noise(out_x, h, elapsed, thrust_mps2, thrust_sigma_mps2, p_manoeuvre, burning, out_P)


@kernel
def _add_noise(
    x: Array,
    h: float,
    elapsed: float,
    thrust_mps2: float,
    thrust_sigma_mps2: float,
    p_manoeuvre: float,
    burning: bool,  # noqa: FBT001 - kernels are called positionally
    P: Array,
) -> None:
    """Add the noise of one segment to P[7, 7] in place."""
    speed = sqrt(x[3] * x[3] + x[4] * x[4] + x[5] * x[5])
    drag = 0.5 * density_kgpm3(altitude_m(x[0], x[1], x[2])) * speed * speed * exp(-x[6])
    q = COAST_PSD_M2PS3 + p_manoeuvre * MANOEUVRE_PSD_M2PS3 + AIR_SHARE * AIR_SHARE * AIR_TIME_S * drag * drag
    along2 = 0.0
    across2 = 0.0
    if burning or thrust_sigma_mps2 > 0.0:
        grown = thrust_mps2 * min(1.0, elapsed / BURNOUT_SCALE_S)
        a2 = thrust_sigma_mps2 * thrust_sigma_mps2 + grown * grown
        across2 = THRUST_ACROSS * THRUST_ACROSS * a2
        along2 = (a2 - across2) / (speed * speed + 1.0)
    for i in range(3):
        for j in range(3):
            a2 = along2 * x[3 + i] * x[3 + j]
            white = 0.0
            if i == j:
                a2 += across2
                white = q
            P[i, j] += white * h * h * h / 3.0 + 0.25 * a2 * h * h * h * h
            P[i + 3, j + 3] += white * h + a2 * h * h
            cross = 0.5 * white * h * h + 0.5 * a2 * h * h * h
            P[i, j + 3] += cross
            P[j + 3, i] += cross


@kernel
def difference_chi2(x1: Array, P1: Array, x2: Array, P2: Array, pos_sigma_m: float, vel_sigma_mps: float) -> tuple[float, float]:
    """Return (chi-square, log determinant of S) of the 6-D difference of two states; S = P1 + P2 + slack.

    No cross-covariance is known. With the usual positive one (shared motion, shared priors) S is too large, so the test
    errs towards joining; ``pos_sigma_m`` and ``vel_sigma_mps`` per axis add sensor bias and gap slack. Returns
    (1e18, 0) if S is not positive definite. Y. Bar-Shalom, IEEE TAES 17 (1981) 571, without the cross term.
    """
    S = np.empty((6, 6))
    L = np.empty((6, 6))
    for i in range(6):
        for j in range(6):
            S[i, j] = P1[i, j] + P2[i, j]
        S[i, i] += pos_sigma_m * pos_sigma_m if i < 3 else vel_sigma_mps * vel_sigma_mps
    if not cholesky_into(S, 6, L):
        return 1e18, 0.0
    chi2 = 0.0
    log_det = 0.0
    w = np.empty(6)
    for i in range(6):
        s = x1[i] - x2[i]
        for k in range(i):
            s -= L[i, k] * w[k]
        w[i] = s / L[i, i]
        chi2 += w[i] * w[i]
        log_det += 2.0 * log(L[i, i])
    return chi2, log_det


@kernel
def covariance_intersection(xs: Array, Ps: Array, weights: Array, out_x: Array, out_P: Array) -> bool:
    """Join m estimates of one state whose correlation is unknown; fill weights[m], out_x[n], out_P[n, n].

    xs[m, n], Ps[m, n, n]: states and covariances, any m >= 1. Returns False if a covariance is not positive definite
    (the outputs are then undefined).
    Method: covariance intersection, P^-1 = sum w_i P_i^-1, P^-1 x = sum w_i P_i^-1 x_i, w_i >= 0, sum w_i = 1 (S. Julier,
    J. Uhlmann, ACC 1997): consistent for every cross-correlation if the inputs are. As the weights sum to one, a prior that
    all inputs contain (ln beta) is contained once in the result. The weights maximise the determinant of P^-1, which does
    not depend on units: w_i <- w_i tr(P P_i^-1) / n, monotone (S. Silvey, D. Titterington, B. Torsney 1978), from 1/m.
    Numerical form: means relative to the first state, Cholesky inverses.
    """
    m = xs.shape[0]
    n = xs.shape[1]
    info = np.empty((m, n, n))
    total = np.empty((n, n))
    L = np.empty((n, n))
    for a in range(m):
        if not invert_into(Ps[a], n, L, info[a]):
            return False
        weights[a] = 1.0 / m
    done = m == 1
    for step in range(CI_ITERATIONS + 1):
        for i in range(n):
            for j in range(n):
                s = 0.0
                for a in range(m):
                    s += weights[a] * info[a, i, j]
                total[i, j] = s
        if not invert_into(total, n, L, out_P):
            return False
        if done or step == CI_ITERATIONS:
            break
        done = True
        for a in range(m):
            trace = 0.0
            for i in range(n):
                for j in range(n):
                    trace += out_P[i, j] * info[a, i, j]
            change = weights[a] * (trace / n - 1.0)
            weights[a] += change
            done = done and abs(change) < CI_TOLERANCE
    pull = np.zeros(n)
    for a in range(1, m):
        for i in range(n):
            for j in range(n):
                pull[i] += weights[a] * info[a, i, j] * (xs[a, j] - xs[0, j])
    for i in range(n):
        out_x[i] = xs[0, i]
        for j in range(n):
            out_x[i] += out_P[i, j] * pull[j]
    return True
