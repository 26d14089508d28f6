"""Interacting multiple model over struct-of-arrays tracks: mix, predict, correct, combine. How each model moves is in ``phases``.

A track's arrays are x[4, 10], P[4, 10, 10], mu[4]. States that a model does not own come from whoever does: where a model
takes over from one without its own states, those get their prior (thrust; no acceleration with its spread; the thrust as an
acceleration when MANOEUVRE follows BOOST), never zeros without spread. In BOOST and MANOEUVRE ln_beta is only considered
(kernels.linalg.scalar_update): drag cannot be told from a force there, so they must not teach COAST a ballistic coefficient.

A quiet track (HIST_QUIET) is known to coast: nothing is mixed into COAST, which makes it as sharp as the bound allows, and
COAST alone is shown (until SHOWN_ONSET). Beside it runs the hypothesis that an acceleration has begun: MANOEUVRE, into which
a share of COAST passes at each prediction (``spawn``), and whose weight gathers the evidence of all plots. It widens the gate,
and when it wins, or when COAST's own innovations stay too large for seconds (fading memory, Bar-Shalom, Li, Kirubarajan 2001,
section 11.2.2), the track is no longer quiet and the models compete again (variable dimension, Bar-Shalom, Birmingham 1982).
"""

from math import exp, log, pi, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import altitude_and_up
from tocsin.kernels.jit import kernel
from tocsin.kernels.linalg import scalar_update
from tocsin.kernels.measure import COL_KIND, COL_SENSOR_POS, COL_SIGMA, INFRARED, MAX_ROWS, measure, measured_rows
from tocsin.kernels.phases import (
    AIR,
    BOOST,
    COAST,
    DIMS,
    GROWTH,
    LN_BETA,
    MANOEUVRE,
    MODELS,
    PAR_AIR_SPEED,
    PAR_AIR_TOP,
    PAR_GROWTH_MEAN,
    PAR_GROWTH_VAR,
    PAR_INFRARED_OTHER,
    PAR_RATE,
    PAR_THRUST_MEAN,
    PAR_THRUST_VAR,
    PUSH,
    THRUST,
    WHOLE,
    N,
    back_state,
    onset_rate,
    predict_model,
    push_prior,
    spawn,
)

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

# Columns of ``history`` (per track): what may still happen, and the memory of a quiet track.
HIST_CAN_BOOST: Final = 0  # 1.0 or 0.0
HIST_CAN_AIR: Final = 1
HIST_QUIET: Final = 2
HIST_MISFIT: Final = 3  # fading sum of COAST's squared innovation distances minus their expectation
HIST_SPREAD: Final = 4  # fading sum of their variances
HIST_AGE: Final = 5  # s that the memory spans
HIST_ONSET: Final = 6  # probability that a quiet track has begun to manoeuvre
HISTORY: Final = 7

LEAST_WEIGHT: Final = 1e-12  # a model below it does not exist
LEAST_SHARE: Final = 2e-3  # a part of a mixture below it is left out: mixed in at every look it would act as process noise
LN_2PI: Final = log(2.0 * pi)
PLACE_ROWS: Final = 3  # of a radar's plot: what it measures before the range rate
CURVATURE: Final = 0.3  # iterate when the range surface bends by this many sigma within the position's error
MORE_ITERATIONS: Final = 4
SHOWN_ONSET: Final = 0.1  # probability of a new acceleration from which it is in the shown state of a quiet track; below, noise
LEAVE_QUIET: Final = 0.5  # probability of a new acceleration from which a track is no longer quiet
MEMORY: Final = 0.85  # share of the misfit memory that one plot leaves: about seven plots
MISFIT_SIGMAS: Final = 5.0  # of the fading memory; a chi-square sum's tail: once in 20,000 plots
MEMORY_MOST_S: Final = 10.0  # an acceleration found by the memory began at most this long ago


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
    loud = 1.0 if history[HIST_QUIET] == 0.0 else 0.0
    allowed[BOOST] = loud * history[HIST_CAN_BOOST]
    allowed[COAST] = 1.0
    allowed[MANOEUVRE] = loud if mu[COAST] + mu[MANOEUVRE] > 0.5 else 0.0
    slow = alt < params[PAR_AIR_TOP] and speed < params[PAR_AIR_SPEED]
    allowed[AIR] = loud if slow and history[HIST_CAN_AIR] > 0.0 else 0.0


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
def mix(x: Array, P: Array, mu: Array, T: Array, params: Array, xo: Array, Po: Array, muo: Array) -> None:
    """Fill xo[4, 10], Po[4, 10, 10], muo[4] with the interacting-multiple-model mixture before prediction (Blom, Bar-Shalom 1988).

    Unlike states as the module says. A model that receives no weight keeps its own state, and
    weight 0; parts below LEAST_SHARE are left out of the mixture (their weight is not).
    """
    part = np.empty((MODELS, N))
    axis = np.empty(3)
    for j in range(MODELS):
        n = DIMS[j]
        own_var = params[PAR_THRUST_VAR]
        if j == MANOEUVRE:
            push, along, around = push_prior(x[COAST], params, axis)
            own_var = around + (along + push * push) / 3.0  # of any direction: here a force may have changed, not just begun
        total = 0.0
        for i in range(MODELS):
            total += mu[i] * T[i, j]
        muo[j] = total if total > LEAST_WEIGHT else 0.0
        fresh = muo[j] > 0.0
        for a in range(n):
            xo[j, a] = 0.0 if fresh else x[j, a]
            for b in range(n):
                Po[j, a, b] = 0.0 if fresh else P[j, a, b]
        if not fresh:
            continue
        used = 0.0
        for i in range(MODELS):
            if mu[i] * T[i, j] > LEAST_SHARE * total:
                used += mu[i] * T[i, j]
        for i in range(MODELS):
            if mu[i] * T[i, j] > LEAST_SHARE * total:
                _as_seen_by(j, i, x, params, part[i])
                for a in range(n):
                    xo[j, a] += mu[i] * T[i, j] / used * part[i, a]
        for i in range(MODELS):
            if mu[i] * T[i, j] <= LEAST_SHARE * total:
                continue
            w = mu[i] * T[i, j] / used
            for a in range(n):
                part[i, a] -= xo[j, a]
            for a in range(n):
                var = params[PAR_GROWTH_VAR] if j == BOOST and a == GROWTH else own_var
                for b in range(a + 1):
                    Po[j, a, b] += w * (part[i, a] * part[i, b] + _covariance_seen_by(j, i, P, var, a, b))
        for a in range(n):
            for b in range(a):
                Po[j, b, a] = Po[j, a, b]


@kernel
def _as_seen_by(target: int, source: int, x: Array, params: Array, out: Array) -> None:
    """Fill out[10] with the source model's state in the target's terms."""
    for a in range(LN_BETA):
        out[a] = x[source, a]
    out[LN_BETA] = x[COAST, LN_BETA] if source == AIR else x[source, LN_BETA]
    if target == source:
        for a in range(THRUST, N):
            out[a] = x[source, a]
    elif target == BOOST:
        out[THRUST], out[GROWTH] = params[PAR_THRUST_MEAN], params[PAR_GROWTH_MEAN]
    elif target == MANOEUVRE:
        speed = max(sqrt(x[source, 3] * x[source, 3] + x[source, 4] * x[source, 4] + x[source, 5] * x[source, 5]), 1.0)
        thrust = x[source, THRUST] if source == BOOST else 0.0
        for a in range(3):
            out[PUSH + a] = thrust * x[source, 3 + a] / speed


@kernel
def _covariance_seen_by(target: int, source: int, P: Array, own_var: float, a: int, b: int) -> float:
    """Return the covariance of two states (a >= b) of the source model in the target's terms.

    What the source does not own is uncorrelated and has the target's prior variance own_var.
    """
    if a < LN_BETA or target == source:
        return float(P[source, a, b])
    if a == LN_BETA:
        if source == AIR:
            return float(P[COAST, a, a]) if b == LN_BETA else 0.0
        return float(P[source, a, b])
    if a != b:
        return 0.0
    return own_var


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
    results are for until_ns already (next_ns, set here) is left alone. A quiet track is combined by its shown weights mu.
    """
    allowed = np.empty(MODELS)
    T = np.empty((MODELS, MODELS))
    for index in range(rows.shape[0]):
        r = rows[index]
        if next_ns[r] == until_ns:
            continue
        next_ns[r] = until_ns
        dt_s = (until_ns - time_ns[r]) / 1e9
        if dt_s <= 0.0:
            for j in range(MODELS):
                muo[r, j] = mu[r, j]
                _copy(X[r, j], P[r, j], DIMS[j], Xo[r, j], Po[r, j])
            combine(Xo[r], Po[r], muo[r], Xw[r], Pw[r])
            if history[r, HIST_QUIET] > 0.0:
                muo[r, COAST], muo[r, MANOEUVRE] = 1.0 - history[r, HIST_ONSET], history[r, HIST_ONSET]
        elif history[r, HIST_QUIET] > 0.0:
            _copy(X[r, COAST], P[r, COAST], DIMS[COAST], Xo[r, COAST], Po[r, COAST])
            predict_model(COAST, Xo[r, COAST], Po[r, COAST], dt_s, params)
            muo[r, :] = 0.0
            _predict_onset(X[r, MANOEUVRE], P[r, MANOEUVRE], history[r, HIST_ONSET], dt_s, params, Xo[r], Po[r], muo[r])
            combine(Xo[r], Po[r], mu[r], Xw[r], Pw[r])
        else:
            allowed_models(X[r], mu[r], history[r], params, allowed)
            transition(params, allowed, dt_s, T)
            mix(X[r], P[r], mu[r], T, params, Xo[r], Po[r], muo[r])
            for j in range(MODELS):
                if muo[r, j] > 0.0:
                    predict_model(j, Xo[r, j], Po[r, j], dt_s, params)
            combine(Xo[r], Po[r], muo[r], Xw[r], Pw[r])


@kernel
def _predict_onset(x: Array, P: Array, old: float, dt_s: float, params: Array, xo: Array, Po: Array, muo: Array) -> None:
    """Predict a quiet track's MANOEUVRE x[10], P[10, 10] of probability ``old`` into its places of xo, Po; fill muo[4].

    It becomes the mixture (by moments) of what it was and of a force that has set in since; COAST, predicted in xo, Po
    already, gives weight and gets none.
    """
    new = (1.0 - old) * (1.0 - exp(-onset_rate(xo[COAST], params) * dt_s))
    muo[COAST], muo[MANOEUVRE] = 1.0 - old - new, old + new
    n = DIMS[MANOEUVRE]
    spawn(MANOEUVRE, xo[COAST], Po[COAST], dt_s, params, xo[MANOEUVRE], Po[MANOEUVRE])
    if not old > LEAST_SHARE * new:
        return
    x_old = np.zeros(N)
    P_old = np.empty((N, N))
    _copy(x, P, n, x_old, P_old)
    predict_model(MANOEUVRE, x_old, P_old, dt_s, params)
    w = old / (old + new)
    for a in range(n):
        x_old[a] -= xo[MANOEUVRE, a]  # from here on the difference of the two means
    for a in range(n):
        for b in range(n):
            spread = w * (1.0 - w) * x_old[a] * x_old[b]
            Po[MANOEUVRE, a, b] += w * (P_old[a, b] - Po[MANOEUVRE, a, b]) + spread
    for a in range(n):
        xo[MANOEUVRE, a] += w * x_old[a]


@kernel
def _copy(x: Array, P: Array, n: int, xo: Array, Po: Array) -> None:
    """Copy the first n numbers of a state and its covariance."""
    for a in range(n):
        xo[a] = x[a]
        for b in range(n):
            Po[a, b] = P[a, b]


@kernel
def linearise(model: int, x: Array, plot: Array, lag_s: float, params: Array, back: Array, H: Array, nu: Array, var: Array) -> int:
    """Compare a plot that is lag_s older than x[10] with x; fill H[4, 6], nu[4], var[4]; return the number of rows."""
    if lag_s > 0.0:
        back_state(model, x, lag_s, params, back)
        m = measure(back, plot, H, nu, var)
        for row in range(m):
            for a in range(3):
                H[row, 3 + a] -= lag_s * H[row, a]
        return m
    return measure(x, plot, H, nu, var)


@kernel
def update_model(
    model: int, x: Array, P: Array, plot: Array, lag_s: float, params: Array, judged: int, xo: Array, Po: Array, fit: Array
) -> None:
    """Correct one model's x[10], P[10, 10] by a plot into xo, Po; fill fit[2]: log-likelihood, squared distance of the plot.

    judged: how many of the plot's rows the fit counts; all of them correct.

    Extended Kalman filter with scalar updates in Joseph form, relinearised (iterated) while the range surface bends
    noticeably within the position's error: first hits, bearing-only starts.
    """
    n = DIMS[model]
    H = np.empty((MAX_ROWS, 6))
    nu = np.empty(MAX_ROWS)
    var = np.empty(MAX_ROWS)
    h = np.zeros(n)
    g = np.empty(n)
    back = np.empty(N)
    point = np.empty(N)
    for a in range(N):
        point[a] = x[a]
    frozen = LN_BETA if model in (BOOST, MANOEUVRE) else N
    rounds = 1 + (MORE_ITERATIONS if _bends(x, P, plot) else 0)
    for iteration in range(rounds):
        m = linearise(model, point, plot, lag_s, params, back, H, nu, var)
        _copy(x, P, n, xo, Po)
        total = 0.0
        distance = 0.0
        for row in range(m):
            innovation = nu[row]
            for a in range(6):
                h[a] = H[row, a]
                innovation += H[row, a] * (point[a] - xo[a])
            S = scalar_update(xo, Po, h, innovation, var[row], frozen, g)
            if row < judged:
                total -= 0.5 * (log(S) + LN_2PI)
                distance += innovation * innovation / S
        if iteration == 0:
            fit[0] = total - 0.5 * distance
            fit[1] = distance
        if iteration + 1 < rounds:
            for a in range(n):
                point[a] = xo[a]


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
def update_track(
    x: Array,
    P: Array,
    mu: Array,
    plot: Array,
    lag_s: float,
    ahead_s: float,
    params: Array,
    xo: Array,
    Po: Array,
    muo: Array,
    history: Array,
) -> float:
    """Correct all models of one predicted track by one plot into xo[4, 10], Po[4, 10, 10], muo[4]; history[7] in place.

    ahead_s: how far the prediction reached. Returns ln of the mixture's likelihood. An infrared plot also speaks for thrust
    (PAR_INFRARED_OTHER). While it may be an aircraft the range rate chooses no model: AIR's noise is that of the hardest turn, so of
    an aircraft that flies straight any model that flies quieter would foretell it better, whatever the model's path.
    """
    judged = MAX_ROWS if mu[AIR] <= LEAST_WEIGHT else PLACE_ROWS
    ln_model = np.empty(MODELS)
    fit = np.empty(2)
    distance = 0.0
    best = -1e300
    for j in range(MODELS):
        ln_model[j] = -1e300
        if mu[j] > LEAST_WEIGHT:
            update_model(j, x[j], P[j], plot, lag_s, params, judged, xo[j], Po[j], fit)
            ln_model[j] = fit[0] + log(mu[j])
            if j == COAST:
                distance = fit[1]
            if j != BOOST and plot[COL_KIND] == INFRARED:
                ln_model[j] += log(params[PAR_INFRARED_OTHER])
            best = max(best, ln_model[j])
        else:
            _copy(x[j], P[j], DIMS[j], xo[j], Po[j])
    total = 0.0
    for j in range(MODELS):
        weight = exp(ln_model[j] - best)
        muo[j] = weight
        total += weight
    for j in range(MODELS):
        muo[j] /= total
    if history[HIST_QUIET] > 0.0:
        _judge_quiet(distance, float(measured_rows(plot)), ahead_s, params, xo, Po, muo, history)
    return best + log(total)


@kernel
def _judge_quiet(distance: float, rows: float, ahead_s: float, params: Array, xo: Array, Po: Array, muo: Array, history: Array) -> None:
    """Keep a quiet track quiet, or let its models compete again: by this plot alone, or by the misfit of the last ones.

    A chi-square of ``rows`` degrees of freedom has variance 2 rows; the memory's excess over its expectation is judged in its own sigmas.
    """
    history[HIST_MISFIT] = MEMORY * history[HIST_MISFIT] + distance - rows
    history[HIST_SPREAD] = MEMORY * MEMORY * history[HIST_SPREAD] + 2.0 * rows
    history[HIST_AGE] = min(MEMORY * history[HIST_AGE] + max(ahead_s, 0.0), MEMORY_MOST_S)
    sudden = muo[MANOEUVRE] > LEAVE_QUIET
    slow = history[HIST_MISFIT] > MISFIT_SIGMAS * sqrt(history[HIST_SPREAD])
    history[HIST_ONSET] = muo[MANOEUVRE]
    if not (sudden or slow):
        if muo[MANOEUVRE] < SHOWN_ONSET:
            muo[COAST], muo[MANOEUVRE] = 1.0, 0.0
        return
    history[HIST_QUIET] = 0.0
    if slow and not sudden:
        spawn(MANOEUVRE, xo[COAST], Po[COAST], history[HIST_AGE], params, xo[MANOEUVRE], Po[MANOEUVRE])
        muo[COAST], muo[MANOEUVRE] = 1.0 - LEAVE_QUIET, LEAVE_QUIET
    if history[HIST_CAN_BOOST] > 0.0:
        spawn(BOOST, xo[COAST], Po[COAST], max(history[HIST_AGE], ahead_s), params, xo[BOOST], Po[BOOST])
        muo[BOOST] = 0.5 * muo[MANOEUVRE]
        muo[MANOEUVRE] *= 0.5
    total = muo[BOOST] + muo[COAST] + muo[MANOEUVRE]
    for j in range(MODELS):
        muo[j] /= total


@kernel
def fall_quiet(mu: Array, history: Array) -> None:
    """Make a track quiet: COAST alone from now on, with an empty misfit memory."""
    for j in range(MODELS):
        mu[j] = 1.0 if j == COAST else 0.0
    history[HIST_QUIET] = 1.0
    history[HIST_MISFIT] = history[HIST_SPREAD] = history[HIST_AGE] = history[HIST_ONSET] = 0.0


@kernel
def combine(x: Array, P: Array, mu: Array, xo: Array, Po: Array) -> None:
    """Fill xo[8], Po[8, 8] with the mixture's mean and covariance, the spread of means included.

    Models below LEAST_SHARE are left out; thrust counts as 0 in models that do not own it; ln_beta is COAST's where AIR has none.
    Weights that are no numbers give NaN, which the tracker ends the track for.
    """
    value = np.empty(WHOLE)
    for a in range(WHOLE):
        xo[a] = 0.0
        for b in range(WHOLE):
            Po[a, b] = 0.0
    used = 0.0
    for j in range(MODELS):
        if mu[j] > LEAST_SHARE:
            used += mu[j]
    if not used > 0.0:
        xo[:] = np.nan
        Po[:] = np.nan
        return
    for j in range(MODELS):
        if mu[j] > LEAST_SHARE:
            for a in range(WHOLE):
                xo[a] += mu[j] / used * _outside_value(x, j, a)
    for j in range(MODELS):
        if mu[j] <= LEAST_SHARE:
            continue
        for a in range(WHOLE):
            value[a] = _outside_value(x, j, a) - xo[a]
        for a in range(WHOLE):
            for b in range(a + 1):
                own = 0.0
                if j == AIR and a == LN_BETA:
                    own = P[COAST, a, a] if b == LN_BETA else 0.0
                elif a != THRUST or j == BOOST:
                    own = P[j, a, b]
                Po[a, b] += mu[j] / used * (own + value[a] * value[b])
    for a in range(WHOLE):
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
