"""Interacting multiple model over struct-of-arrays tracks: mix, predict, correct, combine.

State x[8], ECEF earth-fixed: x, y, z (m), vx, vy, vz (m/s), ln_beta (1), thrust (m/s2, along the velocity).
Models, each with its own x and P: BOOST (gravity turn), COAST (drag always on), FALL (coast dynamics with a large white
acceleration: re-entry, pull-up) and AIR (level, nearly constant velocity). A track's arrays are x[4, 8], P[4, 8, 8], mu[4].

States that a model does not own are carried as numbers that mean nothing to it: thrust belongs to BOOST alone, ln_beta to
the three ballistic models. Where a model takes over from one that does not own a state, the state's mean and variance
come from the owner, uncorrelated; never zeros. In BOOST ln_beta is only considered (kernels.linalg.scalar_update): drag and
thrust cannot be told apart there, so BOOST must not teach COAST a ballistic coefficient.

Numbers that describe missiles and aircraft come in ``params`` (tocsin.models.motion); none are here.
"""

from math import exp, log, pi, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.atmosphere import density_and_decay
from tocsin.kernels.geodesy import altitude_and_up
from tocsin.kernels.jit import kernel
from tocsin.kernels.linalg import propagate_covariance, scalar_update
from tocsin.kernels.measure import COL_KIND, COL_SENSOR_POS, COL_SIGMA, INFRARED, MAX_ROWS, measure
from tocsin.kernels.trajectory import boost_propagate, coast_propagate
from tocsin.units import EARTH_MU_M3PS2, EARTH_RATE_RADPS

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

N: Final = 8
MODELS: Final = 4
BOOST: Final = 0
COAST: Final = 1
FALL: Final = 2
AIR: Final = 3
LN_BETA: Final = 6
THRUST: Final = 7

# Columns of ``params``.
PAR_RATE: Final = 0  # 16 numbers: rate from model i to model j, 1/s, row by row
PAR_Q: Final = 16  # 4: white acceleration per model, m2/s3 (AIR: horizontal)
PAR_Q_AIR_UP: Final = 20  # m2/s3, vertical part of AIR
PAR_Q_THRUST: Final = 21  # (m/s2)2/s
PAR_Q_LN_BETA: Final = 22  # 1/m of height passed, below PAR_AIR_ERROR_TOP
PAR_LEVEL_TIME: Final = 23  # s, after which an aircraft has levelled off
PAR_FALL_TOP: Final = 24  # m, FALL exists below
PAR_AIR_TOP: Final = 25  # m, AIR exists below
PAR_AIR_SPEED: Final = 26  # m/s, AIR exists below
PAR_INFRARED_OTHER: Final = 27  # chance of an infrared detection without thrust, over that with thrust
PAR_AIR_ERROR_TOP: Final = 28  # m
PARAMETERS: Final = 29

# Columns of ``history`` (per track): what may still happen.
HIST_CAN_BOOST: Final = 0  # 1.0 or 0.0
HIST_CAN_AIR: Final = 1
HISTORY: Final = 2

STEP_S: Final = 2.0  # covariance step: the flow's second-order series is good to 1e-4 below it
RK4_STEP_S: Final = 1.0
LEAST_WEIGHT: Final = 1e-12  # a model below it does not exist
LEAST_SHARE: Final = 2e-3  # a part of a mixture below it is left out: mixed in at every look it would act as process noise
LN_2PI: Final = log(2.0 * pi)
CURVATURE: Final = 0.3  # iterate when the range surface bends by this many sigma within the position's error
MORE_ITERATIONS: Final = 4


@kernel
def allowed_models(x: Array, mu: Array, history: Array, params: Array, allowed: Array) -> None:
    """Fill allowed[4] with 1.0 or 0.0 by altitude, speed and history, at the likeliest model's state."""
    best = 0
    for j in range(1, MODELS):
        if mu[j] > mu[best]:
            best = j
    s = x[best]
    alt, _, _, _ = altitude_and_up(s[0], s[1], s[2])
    speed = sqrt(s[3] * s[3] + s[4] * s[4] + s[5] * s[5])
    allowed[BOOST] = history[HIST_CAN_BOOST]
    allowed[COAST] = 1.0
    allowed[FALL] = 1.0 if alt < params[PAR_FALL_TOP] else 0.0
    allowed[AIR] = 1.0 if history[HIST_CAN_AIR] > 0.0 and alt < params[PAR_AIR_TOP] and speed < params[PAR_AIR_SPEED] else 0.0


@kernel
def transition(params: Array, allowed: Array, dt_s: float, T: Array) -> None:
    """Fill T[4, 4], row = from: probability of the model after dt_s, from rates per second; only to allowed models.

    Staying is exp(-total rate x dt); the rest is shared by the rates. A model that is no longer allowed hands all of its
    weight over, by its rates, or to COAST if it has none.
    """
    for i in range(MODELS):
        total = 0.0
        for j in range(MODELS):
            if j != i and allowed[j] > 0.0:
                total += params[PAR_RATE + i * MODELS + j]
        stay = exp(-total * dt_s) if allowed[i] > 0.0 else 0.0
        for j in range(MODELS):
            T[i, j] = 0.0
            if j != i and allowed[j] > 0.0 and total > 0.0:
                T[i, j] = (1.0 - stay) * params[PAR_RATE + i * MODELS + j] / total
        if total > 0.0 or allowed[i] > 0.0:
            T[i, i] = stay
        else:
            T[i, COAST] = 1.0


@kernel
def mix(x: Array, P: Array, mu: Array, T: Array, xo: Array, Po: Array, muo: Array) -> None:
    """Fill xo[4, 8], Po[4, 8, 8], muo[4] with the interacting-multiple-model mixture before prediction (Blom, Bar-Shalom 1988).

    Unlike states as the module says. A model that receives no weight keeps its own state, and
    weight 0; parts below LEAST_SHARE are left out of the mixture (their weight is not).
    """
    part = np.empty(N)
    for j in range(MODELS):
        total = 0.0
        for i in range(MODELS):
            total += mu[i] * T[i, j]
        muo[j] = total if total > LEAST_WEIGHT else 0.0
        for a in range(N):
            xo[j, a] = 0.0 if muo[j] > 0.0 else x[j, a]
            for b in range(N):
                Po[j, a, b] = 0.0 if muo[j] > 0.0 else P[j, a, b]
        if muo[j] == 0.0:
            continue
        used = 0.0
        for i in range(MODELS):
            if mu[i] * T[i, j] > LEAST_SHARE * total:
                used += mu[i] * T[i, j]
        for i in range(MODELS):
            if mu[i] * T[i, j] > LEAST_SHARE * total:
                w = mu[i] * T[i, j] / used
                for a in range(N):
                    xo[j, a] += w * x[_owner(i, j, a), a]
        for i in range(MODELS):
            if mu[i] * T[i, j] <= LEAST_SHARE * total:
                continue
            w = mu[i] * T[i, j] / used
            for a in range(N):
                part[a] = x[_owner(i, j, a), a] - xo[j, a]
            for a in range(N):
                k = _owner(i, j, a)
                for b in range(a + 1):
                    spread = part[a] * part[b]
                    if k == _owner(i, j, b):
                        spread += P[k, a, b]
                    Po[j, a, b] += w * spread
        for a in range(N):
            for b in range(a):
                Po[j, b, a] = Po[j, a, b]


@kernel
def _owner(source: int, target: int, index: int) -> int:
    """Return the model whose number stands for state ``index`` when ``source`` is mixed into ``target``."""
    if index == THRUST:
        return target
    if index == LN_BETA:
        if target == AIR:
            return AIR
        return COAST if source == AIR else source
    return source


@kernel
def predict_model(model: int, x: Array, P: Array, dt_s: float, params: Array, F: Array, work: Array) -> None:
    """Carry x[8], P[8, 8] of one model forward by dt_s > 0 in place. F, work [8, 8]: scratch.

    Mean: Runge-Kutta; covariance: F P F' + Q in steps of at most STEP_S, F by second-order series of the local gradient.
    """
    left = dt_s
    while left > 1e-9:
        h = min(left, STEP_S)
        left -= h
        flow_matrix(model, x, h, params, F)
        propagate_covariance(F, P, work, P)
        _add_noise(model, x, h, params, P)
        if model == BOOST:
            boost_propagate(x, h, RK4_STEP_S, x)
        elif model == AIR:
            air_propagate(x, h, params[PAR_LEVEL_TIME], x)
        else:
            coast_propagate(x, h, RK4_STEP_S, x)


@kernel
def air_propagate(x: Array, dt_s: float, level_time_s: float, out: Array) -> None:
    """Fill out[8] with level flight after dt_s (either sign): the path bends with the earth, climb fades with level_time_s."""
    _, up_x, up_y, up_z = altitude_and_up(x[0], x[1], x[2])
    up = (up_x, up_y, up_z)
    climb = up_x * x[3] + up_y * x[4] + up_z * x[5]
    level2 = x[3] * x[3] + x[4] * x[4] + x[5] * x[5] - climb * climb
    radius = sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2])
    bend = -(level2 / radius + climb / level_time_s)
    for a in range(N):
        out[a] = x[a]
    for a in range(3):
        out[a] += (out[a + 3] + 0.5 * bend * up[a] * dt_s) * dt_s
        out[a + 3] += bend * up[a] * dt_s


@kernel
def flow_matrix(model: int, x: Array, h: float, params: Array, F: Array) -> None:
    """Fill F[8, 8] with d state(h) / d state by I + A h + A A h2 / 2 of the model's gradient A at x."""
    G = np.zeros((3, N))  # d acceleration / d state
    _gradient(model, x, params, G)
    for a in range(N):
        for b in range(N):
            F[a, b] = 1.0 if a == b else 0.0
    half = 0.5 * h * h
    for a in range(3):
        for b in range(N):
            F[a, b] += half * G[a, b]
            second = 0.0
            for k in range(3):
                second += G[a, 3 + k] * G[k, b]
            if 3 <= b < 6:
                second += G[a, b - 3]
            F[a + 3, b] += h * G[a, b] + half * second
        F[a, a + 3] += h


@kernel
def _gradient(model: int, x: Array, params: Array, G: Array) -> None:
    """Fill G[3, 8]: central gravity, rotation, drag and thrust; J2's share (1e-3) is left to the mean."""
    alt, up_x, up_y, up_z = altitude_and_up(x[0], x[1], x[2])
    up = (up_x, up_y, up_z)
    if model == AIR:
        for a in range(3):
            for b in range(3):
                G[a, 3 + b] = -up[a] * up[b] / params[PAR_LEVEL_TIME]
        return
    r2 = x[0] * x[0] + x[1] * x[1] + x[2] * x[2]
    k = EARTH_MU_M3PS2 / (r2 * sqrt(r2))
    speed = max(sqrt(x[3] * x[3] + x[4] * x[4] + x[5] * x[5]), 1.0)
    rho, decay = density_and_decay(alt)
    drag = 0.5 * exp(-x[LN_BETA]) * rho
    thrust = x[THRUST] if model == BOOST else 0.0
    for a in range(3):
        va = x[3 + a] / speed
        for b in range(3):
            vb = x[3 + b] / speed
            G[a, b] = 3.0 * k * x[a] * x[b] / r2 + drag * speed * x[3 + a] * decay * up[b]
            G[a, 3 + b] = -(drag * speed + thrust / speed) * va * vb
        G[a, a] -= k
        G[a, 3 + a] += thrust / speed - drag * speed
        G[a, LN_BETA] = drag * speed * x[3 + a]
        G[a, THRUST] = va if model == BOOST else 0.0
    G[0, 0] += EARTH_RATE_RADPS * EARTH_RATE_RADPS
    G[1, 1] += EARTH_RATE_RADPS * EARTH_RATE_RADPS
    G[0, 4] += 2.0 * EARTH_RATE_RADPS
    G[1, 3] -= 2.0 * EARTH_RATE_RADPS


@kernel
def _add_noise(model: int, x: Array, h: float, params: Array, P: Array) -> None:
    """Add the model's process noise over h seconds to P[8, 8]."""
    q = params[PAR_Q + model]
    alt, up_x, up_y, up_z = altitude_and_up(x[0], x[1], x[2])
    if model == BOOST:
        speed = max(sqrt(x[3] * x[3] + x[4] * x[4] + x[5] * x[5]), 1.0)
        axis = (x[3] / speed, x[4] / speed, x[5] / speed)
    else:
        axis = (up_x, up_y, up_z)
    along = params[PAR_Q_AIR_UP] - q if model == AIR else 0.0
    qt = params[PAR_Q_THRUST] if model == BOOST else 0.0
    h2 = h * h
    h3 = h2 * h
    for a in range(3):
        for b in range(3):
            pair = axis[a] * axis[b]
            share = along * pair + (q if a == b else 0.0)
            P[a, b] += share * h3 / 3.0 + qt * pair * h2 * h3 / 20.0
            P[a, b + 3] += share * h2 / 2.0 + qt * pair * h2 * h2 / 8.0
            P[a + 3, b] += share * h2 / 2.0 + qt * pair * h2 * h2 / 8.0
            P[a + 3, b + 3] += share * h + qt * pair * h3 / 3.0
        if model == BOOST:
            P[a, THRUST] += qt * axis[a] * h3 / 6.0
            P[THRUST, a] += qt * axis[a] * h3 / 6.0
            P[a + 3, THRUST] += qt * axis[a] * h2 / 2.0
            P[THRUST, a + 3] += qt * axis[a] * h2 / 2.0
    if model == BOOST:
        P[THRUST, THRUST] += qt * h
    if model != BOOST and model != AIR and alt < params[PAR_AIR_ERROR_TOP]:
        climb = up_x * x[3] + up_y * x[4] + up_z * x[5]
        P[LN_BETA, LN_BETA] += params[PAR_Q_LN_BETA] * abs(climb) * h


@kernel
def predict_tracks(
    rows: Ints,
    X: Array,
    P: Array,
    mu: Array,
    time_ns: Ints,
    history: Array,
    until_ns: int,
    params: Array,
    Xo: Array,
    Po: Array,
    muo: Array,
    Xw: Array,
    Pw: Array,
    next_ns: Ints,
) -> None:
    """Predict the tracks ``rows`` to until_ns: mixing, then every model; results in the same rows of Xo, Po, muo, combined in Xw, Pw.

    A track whose time is not before until_ns is copied unchanged (late plots are corrected for in update_track); one whose
    results are for until_ns already (next_ns, set here) is left alone.
    """
    allowed = np.empty(MODELS)
    T = np.empty((MODELS, MODELS))
    F = np.empty((N, N))
    work = np.empty((N, N))
    for index in range(rows.shape[0]):
        r = rows[index]
        if next_ns[r] == until_ns:
            continue
        next_ns[r] = until_ns
        dt_s = (until_ns - time_ns[r]) / 1e9
        if dt_s <= 0.0:
            for j in range(MODELS):
                muo[r, j] = mu[r, j]
                for a in range(N):
                    Xo[r, j, a] = X[r, j, a]
                    for b in range(N):
                        Po[r, j, a, b] = P[r, j, a, b]
        else:
            allowed_models(X[r], mu[r], history[r], params, allowed)
            transition(params, allowed, dt_s, T)
            mix(X[r], P[r], mu[r], T, Xo[r], Po[r], muo[r])
            for j in range(MODELS):
                if muo[r, j] > 0.0:
                    predict_model(j, Xo[r, j], Po[r, j], dt_s, params, F, work)
        combine(Xo[r], Po[r], muo[r], Xw[r], Pw[r])


@kernel
def back_state(model: int, x: Array, lag_s: float, params: Array, out: Array) -> None:
    """Fill out[8] with the state lag_s earlier (lag_s >= 0)."""
    if lag_s == 0.0:
        for a in range(N):
            out[a] = x[a]
    elif model == BOOST:
        boost_propagate(x, -lag_s, RK4_STEP_S, out)
    elif model == AIR:
        air_propagate(x, -lag_s, params[PAR_LEVEL_TIME], out)
    else:
        coast_propagate(x, -lag_s, RK4_STEP_S, out)
        out[THRUST] = x[THRUST]


@kernel
def linearise(model: int, x: Array, plot: Array, lag_s: float, params: Array, back: Array, H: Array, nu: Array, var: Array) -> int:
    """Compare a plot that is lag_s older than x[8] with x; fill H[4, 6], nu[4], var[4]; return the number of rows."""
    back_state(model, x, lag_s, params, back)
    m = measure(back, plot, H, nu, var)
    if lag_s > 0.0:
        for row in range(m):
            for a in range(3):
                H[row, 3 + a] -= lag_s * H[row, a]
    return m


@kernel
def update_model(model: int, x: Array, P: Array, plot: Array, lag_s: float, params: Array, xo: Array, Po: Array) -> float:
    """Correct one model's x[8], P[8, 8] by a plot into xo, Po; return the log-likelihood of the plot.

    Extended Kalman filter with scalar updates in Joseph form, relinearised (iterated) while the range surface bends
    noticeably within the position's error: first hits, bearing-only starts.
    """
    H = np.empty((MAX_ROWS, 6))
    nu = np.empty(MAX_ROWS)
    var = np.empty(MAX_ROWS)
    h = np.zeros(N)
    g = np.empty(N)
    back = np.empty(N)
    point = np.empty(N)
    for a in range(N):
        point[a] = x[a]
    frozen = LN_BETA if model == BOOST else N
    ln_likelihood = 0.0
    rounds = 1 + (MORE_ITERATIONS if _bends(x, P, plot) else 0)
    for iteration in range(rounds):
        m = linearise(model, point, plot, lag_s, params, back, H, nu, var)
        for a in range(N):
            xo[a] = x[a]
            for b in range(N):
                Po[a, b] = P[a, b]
        total = 0.0
        for row in range(m):
            innovation = nu[row]
            for a in range(6):
                h[a] = H[row, a]
                innovation += H[row, a] * (point[a] - xo[a])
            S = scalar_update(xo, Po, h, innovation, var[row], frozen, g)
            total -= 0.5 * (innovation * innovation / S + log(S) + LN_2PI)
        if iteration == 0:
            ln_likelihood = total
        for a in range(N):
            point[a] = xo[a]
    return ln_likelihood


@kernel
def _bends(x: Array, P: Array, plot: Array) -> bool:
    """True if the measured surface bends by more than CURVATURE sigma within the position error."""
    dx, dy, dz = x[0] - plot[COL_SENSOR_POS], x[1] - plot[COL_SENSOR_POS + 1], x[2] - plot[COL_SENSOR_POS + 2]
    r = sqrt(dx * dx + dy * dy + dz * dz)
    spread = P[0, 0] + P[1, 1] + P[2, 2]
    if plot[COL_KIND] == INFRARED:
        return False
    return bool(spread > 2.0 * CURVATURE * r * plot[COL_SIGMA + 2])


@kernel
def update_track(x: Array, P: Array, mu: Array, plot: Array, lag_s: float, params: Array, xo: Array, Po: Array, muo: Array) -> float:
    """Correct all models of one predicted track by one plot into xo[4, 8], Po[4, 8, 8], muo[4].

    Returns ln of the mixture's likelihood. An infrared plot also speaks for thrust (PAR_INFRARED_OTHER).
    """
    ln_model = np.empty(MODELS)
    best = -1e300
    for j in range(MODELS):
        ln_model[j] = -1e300
        if mu[j] > LEAST_WEIGHT:
            ln_model[j] = update_model(j, x[j], P[j], plot, lag_s, params, xo[j], Po[j]) + log(mu[j])
            if j != BOOST and plot[COL_KIND] == INFRARED:
                ln_model[j] += log(params[PAR_INFRARED_OTHER])
            best = max(best, ln_model[j])
        else:
            for a in range(N):
                xo[j, a] = x[j, a]
                for b in range(N):
                    Po[j, a, b] = P[j, a, b]
    total = 0.0
    for j in range(MODELS):
        weight = exp(ln_model[j] - best)
        muo[j] = weight
        total += weight
    for j in range(MODELS):
        muo[j] /= total
    return best + log(total)


@kernel
def combine(x: Array, P: Array, mu: Array, xo: Array, Po: Array) -> None:
    """Fill xo[8], Po[8, 8] with the mixture's mean and covariance, the spread of means included.

    Models below LEAST_SHARE are left out; thrust counts as 0 in models that do not own it; ln_beta is COAST's where AIR has none.
    """
    value = np.empty(N)
    for a in range(N):
        xo[a] = 0.0
        for b in range(N):
            Po[a, b] = 0.0
    used = 0.0
    for j in range(MODELS):
        if mu[j] > LEAST_SHARE:
            used += mu[j]
    for j in range(MODELS):
        if mu[j] > LEAST_SHARE:
            for a in range(N):
                xo[a] += mu[j] / used * _outside_value(x, j, a)
    for j in range(MODELS):
        if mu[j] <= LEAST_SHARE:
            continue
        for a in range(N):
            value[a] = _outside_value(x, j, a) - xo[a]
        for a in range(N):
            for b in range(a + 1):
                own = P[j, a, b]
                if a == THRUST and j != BOOST:
                    own = 0.0
                elif j == AIR and a == LN_BETA:
                    own = P[COAST, a, a] if b == LN_BETA else 0.0
                Po[a, b] += mu[j] / used * (own + value[a] * value[b])
    for a in range(N):
        for b in range(a):
            Po[b, a] = Po[a, b]


@kernel
def _outside_value(x: Array, model: int, index: int) -> float:
    """Return what a model says of a state to the outside."""
    if index == THRUST and model != BOOST:
        return 0.0
    if index == LN_BETA and model == AIR:
        return float(x[COAST, index])
    return float(x[model, index])
