"""How each model of the multiple-model filter moves: mean, flow, noise, and what a force that has just set in looks like.

State x[10], ECEF earth-fixed: x, y, z (m), vx, vy, vz (m/s), ln_beta (1), then what a model alone owns: BOOST its thrust
(m/s2, along the velocity) in place 7 and in place 8 the rate at which that grows (1/s, relative: mass flow over mass),
MANOEUVRE an acceleration beyond gravity and drag (m/s2, ECEF) in places 7 to 9.
Models: BOOST (gravity turn), COAST (drag always on), MANOEUVRE (coast plus an acceleration in any direction that wanders, as
Singer 1970: boost-back, entry burn, lift of a pull-up) and AIR (level, nearly constant velocity). Above PAR_LIFT_TOP only
thrust pushes, and stays about the same; below it is taken for lift, which grows with the air's pressure on the flight and
wanders as a share of the drag. A model uses the first DIMS numbers of x and P[10, 10] and leaves the others alone. How models
are weighed against each other is in ``imm``.

Numbers that describe missiles and aircraft come in ``params`` (tocsin.models.motion); none are here.
"""

from math import exp, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.atmosphere import density_and_decay
from tocsin.kernels.geodesy import altitude_and_up
from tocsin.kernels.jit import kernel
from tocsin.kernels.linalg import propagate_covariance
from tocsin.kernels.trajectory import boost_propagate, coast_propagate
from tocsin.units import EARTH_MU_M3PS2, EARTH_RATE_RADPS, STANDARD_GRAVITY_MPS2

Array = NDArray[np.float64]

N: Final = 10
MODELS: Final = 4
BOOST: Final = 0
COAST: Final = 1
MANOEUVRE: Final = 2
AIR: Final = 3
DIMS: Final = (9, 7, 10, 6)  # numbers that each model uses
LN_BETA: Final = 6
THRUST: Final = 7  # of BOOST, and of the combined state
GROWTH: Final = 8  # of BOOST
PUSH: Final = 7  # 7..9 of MANOEUVRE
WHOLE: Final = 8  # numbers of the combined state: position, velocity, ln_beta, thrust

# Columns of ``params``.
PAR_RATE: Final = 0  # 16 numbers: rate from model i to model j, 1/s, row by row
PAR_Q: Final = 16  # 4: white acceleration per model, m2/s3 (AIR: horizontal)
PAR_Q_AIR_UP: Final = 20  # m2/s3, vertical part of AIR
PAR_Q_THRUST: Final = 21  # (m/s2)2/s
PAR_Q_LN_BETA: Final = 22  # 1/m of height passed, below PAR_AIR_ERROR_TOP
PAR_LEVEL_TIME: Final = 23  # s, after which an aircraft has levelled off
PAR_PUSH_VAR: Final = 24  # (m/s2)2, variance of a thrust that has just begun, along the velocity
PAR_AIR_TOP: Final = 25  # m, AIR exists below
PAR_AIR_SPEED: Final = 26  # m/s, AIR exists below
PAR_INFRARED_OTHER: Final = 27  # chance of an infrared detection without thrust, over that with thrust
PAR_AIR_ERROR_TOP: Final = 28  # m
PAR_PUSH_TIME: Final = 29  # s, in which an acceleration fades
PAR_THRUST_MEAN: Final = 30  # m/s2
PAR_THRUST_VAR: Final = 31  # (m/s2)2
PAR_Q_PUSH: Final = 32  # (m/s2)2/s, how an acceleration wanders
PAR_LIFT_TOP: Final = 33  # m
PAR_LIFT_MEAN: Final = 34  # lift that has just begun, upwards: its mean in drags ...
PAR_LIFT_VAR: Final = 35  # ... and variance in squared drags, ...
PAR_LIFT_ASIDE_VAR: Final = 36  # ... that of any direction, ...
PAR_PUSH_LEAST_VAR: Final = 37  # (m/s2)2, ... and beside it what is no lift
PAR_PUSH_ASIDE_VAR: Final = 38  # (m/s2)2, variance all round of a thrust that has just begun
PAR_Q_LIFT: Final = 39  # 1/s, how lift wanders, in squared drags
PAR_LIFT_RATE: Final = 40  # 1/m, how often lift sets in on the way down below PAR_LIFT_TOP
PAR_GROWTH_MEAN: Final = 41  # 1/s
PAR_GROWTH_VAR: Final = 42  # 1/s2
PAR_Q_GROWTH: Final = 43  # 1/s3
PARAMETERS: Final = 44

MOST_DRAG_MPS2: Final = 60.0  # of what is tracked as a missile; a guess of beta that is far too low says more
STEEPEST: Final = 0.05  # cosine of a descent below which "upwards across the velocity" has no direction
FASTEST_CHANGE_PS: Final = 0.2  # of lift with height and speed: a fall at 1.5 km/s through 7 km; unseen it must not run away

STEP_S: Final = 2.0  # covariance step: the flow's second-order series is good to 1e-4 below it
RK4_STEP_S: Final = 1.0


@kernel
def predict_model(model: int, x: Array, P: Array, dt_s: float, params: Array) -> None:
    """Carry x[10], P[10, 10] of one model forward by dt_s > 0 in place.

    Mean: Runge-Kutta; covariance: F P F' + Q in steps of at most STEP_S, F by second-order series of the local gradient.
    """
    n = DIMS[model]
    F = np.empty((n, n))
    work = np.empty((n, n))
    left = dt_s
    while left > 1e-9:
        h = min(left, STEP_S)
        left -= h
        flow_matrix(model, x, h, params, F)
        propagate_covariance(F, P, work, P)
        _add_noise(model, x, h, params, P)
        if model == BOOST:
            _burn(x, h)
        elif model == AIR:
            air_propagate(x, h, params[PAR_LEVEL_TIME], x)
        else:
            rate_ps = push_rate(x, params) if model == MANOEUVRE else 0.0
            coast_propagate(x, h, RK4_STEP_S, x)
            if model == MANOEUVRE:
                _push(x, h, rate_ps)


@kernel
def _burn(x: Array, h: float) -> None:
    """Carry x[10] of BOOST by h seconds (either sign): the thrust of the middle all the way, then the thrust of the end."""
    thrust = x[THRUST]
    x[THRUST] = thrust * exp(0.5 * h * x[GROWTH])
    boost_propagate(x, h, RK4_STEP_S, x)
    x[THRUST] = thrust * exp(h * x[GROWTH])


@kernel
def _drag_mps2(x: Array, alt_m: float) -> float:
    """Return the acceleration by drag on x[>= 7]."""
    rho, _ = density_and_decay(alt_m)
    return float(0.5 * exp(-x[LN_BETA]) * rho * (x[3] * x[3] + x[4] * x[4] + x[5] * x[5]))


@kernel
def lifts(alt: float, climb: float, params: Array) -> bool:
    """Return whether an acceleration is taken for lift: in air, on the way down."""
    return bool(alt < params[PAR_LIFT_TOP] and climb < 0.0)


@kernel
def push_rate(x: Array, params: Array) -> float:
    """Return how fast MANOEUVRE's own acceleration grows (1/s): lift as rho v2 on the way, thrust fades."""
    alt, up_x, up_y, up_z = altitude_and_up(x[0], x[1], x[2])
    climb = up_x * x[3] + up_y * x[4] + up_z * x[5]
    if not lifts(alt, climb, params):
        return float(-1.0 / params[PAR_PUSH_TIME])
    speed = max(sqrt(x[3] * x[3] + x[4] * x[4] + x[5] * x[5]), 1.0)
    _, decay = density_and_decay(alt)
    slowing = 2.0 * (_drag_mps2(x, alt) + STANDARD_GRAVITY_MPS2 * climb / speed) / speed
    return float(min(max(-decay * climb - slowing, -FASTEST_CHANGE_PS), FASTEST_CHANGE_PS))


@kernel
def onset_rate(x: Array, params: Array) -> float:
    """Return how probably per second a coasting x[>= 7] begins to manoeuvre: thrust at any time, lift per height that it falls."""
    rate_ps = params[PAR_RATE + COAST * MODELS + MANOEUVRE]
    alt, up_x, up_y, up_z = altitude_and_up(x[0], x[1], x[2])
    climb = up_x * x[3] + up_y * x[4] + up_z * x[5]
    return float(rate_ps - params[PAR_LIFT_RATE] * climb if lifts(alt, climb, params) else rate_ps)


@kernel
def push_prior(x: Array, params: Array, axis: Array) -> tuple[float, float, float]:
    """Return (mean along axis[3], variance along it beyond, variance all round) of an acceleration that has just begun at x[>= 7].

    Fills axis: the velocity for thrust (either way), upwards across the velocity for lift, whose size is told by the drag.
    """
    alt, up_x, up_y, up_z = altitude_and_up(x[0], x[1], x[2])
    up = (up_x, up_y, up_z)
    climb = up_x * x[3] + up_y * x[4] + up_z * x[5]
    speed = max(sqrt(x[3] * x[3] + x[4] * x[4] + x[5] * x[5]), 1.0)
    sine = climb / speed
    level = sqrt(max(1.0 - sine * sine, STEEPEST * STEEPEST))
    lift = lifts(alt, climb, params)
    for a in range(3):
        axis[a] = (up[a] - sine * x[3 + a] / speed) / level if lift else x[3 + a] / speed
    if not lift:
        return 0.0, params[PAR_PUSH_VAR], params[PAR_PUSH_ASIDE_VAR]
    drag = min(_drag_mps2(x, alt), MOST_DRAG_MPS2)
    drag2 = drag * drag
    return params[PAR_LIFT_MEAN] * drag, params[PAR_LIFT_VAR] * drag2, params[PAR_PUSH_LEAST_VAR] + params[PAR_LIFT_ASIDE_VAR] * drag2


@kernel
def _levers(h: float, rate_ps: float) -> tuple[float, float, float]:
    """Return what is left of an acceleration after h seconds (either sign), and what it has done to velocity and place."""
    if abs(rate_ps * h) < 1e-4:
        return 1.0 + rate_ps * h, h, 0.5 * h * h
    keep = exp(rate_ps * h)
    to_velocity = (keep - 1.0) / rate_ps
    return keep, to_velocity, (to_velocity - h) / rate_ps


@kernel
def _push(x: Array, h: float, rate_ps: float) -> None:
    """Add what MANOEUVRE's own acceleration does in h seconds (either sign) to x[10], and let it change."""
    keep, to_velocity, to_place = _levers(h, rate_ps)
    for a in range(3):
        x[a] += to_place * x[PUSH + a]
        x[3 + a] += to_velocity * x[PUSH + a]
        x[PUSH + a] *= keep


@kernel
def air_propagate(x: Array, dt_s: float, level_time_s: float, out: Array) -> None:
    """Fill out[>= 6] with level flight after dt_s (either sign): the path bends with the earth, climb fades with level_time_s."""
    _, up_x, up_y, up_z = altitude_and_up(x[0], x[1], x[2])
    up = (up_x, up_y, up_z)
    climb = up_x * x[3] + up_y * x[4] + up_z * x[5]
    level2 = x[3] * x[3] + x[4] * x[4] + x[5] * x[5] - climb * climb
    radius = sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2])
    bend = -(level2 / radius + climb / level_time_s)
    for a in range(6):
        out[a] = x[a]
    for a in range(3):
        out[a] += (out[a + 3] + 0.5 * bend * up[a] * dt_s) * dt_s
        out[a + 3] += bend * up[a] * dt_s


@kernel
def flow_matrix(model: int, x: Array, h: float, params: Array, F: Array) -> None:
    """Fill F[n, n], n = DIMS[model], with d state(h) / d state by I + A h + A A h2 / 2 of the model's gradient A at x."""
    n = F.shape[0]
    G = np.zeros((3, N))  # d acceleration / d state
    _gradient(model, x, params, G)
    for a in range(n):
        for b in range(n):
            F[a, b] = 1.0 if a == b else 0.0
    half = 0.5 * h * h
    for a in range(3):
        for b in range(n):
            F[a, b] += half * G[a, b]
            second = 0.0
            for k in range(3):
                second += G[a, 3 + k] * G[k, b]
            if 3 <= b < 6:
                second += G[a, b - 3]
            F[a + 3, b] += h * G[a, b] + half * second
        F[a, a + 3] += h
    if model == BOOST:
        speed = max(sqrt(x[3] * x[3] + x[4] * x[4] + x[5] * x[5]), 1.0)
        grown = h * x[THRUST]
        for a in range(3):
            F[a, GROWTH] = half * grown * x[3 + a] / (3.0 * speed)
            F[3 + a, GROWTH] = 0.5 * h * grown * x[3 + a] / speed
        F[THRUST, GROWTH] = grown
        F[THRUST, THRUST] = exp(h * x[GROWTH])
    if model == MANOEUVRE:
        keep, to_velocity, to_place = _levers(h, push_rate(x, params))
        for a in range(3):
            F[a, PUSH + a] += to_place - half
            F[3 + a, PUSH + a] += to_velocity - h
            F[PUSH + a, PUSH + a] = keep


@kernel
def _gradient(model: int, x: Array, params: Array, G: Array) -> None:
    """Fill G[3, 10]: central gravity, rotation, drag and thrust or push; J2's share (1e-3) is left to the mean."""
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
        if model == BOOST:
            G[a, THRUST] = va
        elif model == MANOEUVRE:
            G[a, PUSH + a] = 1.0
    G[0, 0] += EARTH_RATE_RADPS * EARTH_RATE_RADPS
    G[1, 1] += EARTH_RATE_RADPS * EARTH_RATE_RADPS
    G[0, 4] += 2.0 * EARTH_RATE_RADPS
    G[1, 3] -= 2.0 * EARTH_RATE_RADPS


@kernel
def _add_noise(model: int, x: Array, h: float, params: Array, P: Array) -> None:
    """Add the model's process noise over h seconds to P[n, n]."""
    q = params[PAR_Q + model]
    alt, up_x, up_y, up_z = altitude_and_up(x[0], x[1], x[2])
    if model == BOOST:
        speed = max(sqrt(x[3] * x[3] + x[4] * x[4] + x[5] * x[5]), 1.0)
        axis = (x[3] / speed, x[4] / speed, x[5] / speed)
    else:
        axis = (up_x, up_y, up_z)
    along = params[PAR_Q_AIR_UP] - q if model == AIR else 0.0
    qt = params[PAR_Q_THRUST] if model == BOOST else 0.0
    wander = params[PAR_Q_PUSH]
    if model == MANOEUVRE and lifts(alt, up_x * x[3] + up_y * x[4] + up_z * x[5], params):
        drag = _drag_mps2(x, alt)
        wander += params[PAR_Q_LIFT] * drag * drag
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
        elif model == MANOEUVRE:
            _wander(P, a, h, wander)
    if model == BOOST:
        P[THRUST, THRUST] += qt * h
        P[GROWTH, GROWTH] += params[PAR_Q_GROWTH] * h
    if model in (COAST, MANOEUVRE) and alt < params[PAR_AIR_ERROR_TOP]:
        climb = up_x * x[3] + up_y * x[4] + up_z * x[5]
        P[LN_BETA, LN_BETA] += params[PAR_Q_LN_BETA] * abs(climb) * h


@kernel
def _wander(P: Array, axis: int, h: float, q: float) -> None:
    """Add the noise of a push that wanders by q (m/s2)2/s for h seconds along one axis (white jerk; h is short against its change)."""
    p, v, a = axis, 3 + axis, PUSH + axis
    h2 = h * h
    P[p, p] += q * h2 * h2 * h / 20.0
    P[p, v] += q * h2 * h2 / 8.0
    P[v, p] += q * h2 * h2 / 8.0
    P[p, a] += q * h2 * h / 6.0
    P[a, p] += q * h2 * h / 6.0
    P[v, v] += q * h2 * h / 3.0
    P[v, a] += q * h2 / 2.0
    P[a, v] += q * h2 / 2.0
    P[a, a] += q * h


@kernel
def spawn(model: int, x: Array, P: Array, span_s: float, params: Array, xo: Array, Po: Array) -> None:
    """Fill xo[10], Po[10, 10] of BOOST or MANOEUVRE from COAST's x[>= 7], P for the case that a force set in up to span_s ago.

    The force is constant since then: MANOEUVRE's as ``push_prior`` says, BOOST's has its prior along the velocity. When it set
    in is as unsure as it can be: place and velocity keep their means, so that what half the mean would do is in the spread.
    """
    n = DIMS[model]
    speed = max(sqrt(x[3] * x[3] + x[4] * x[4] + x[5] * x[5]), 1.0)
    mean = params[PAR_THRUST_MEAN] if model == BOOST else 0.0
    lever = (0.5 * span_s * span_s, span_s, 1.0)
    for a in range(n):
        xo[a] = x[a] if a <= LN_BETA else 0.0
        for b in range(n):
            Po[a, b] = P[a, b] if a <= LN_BETA and b <= LN_BETA else 0.0
    if model == BOOST:
        xo[THRUST], xo[GROWTH] = mean, params[PAR_GROWTH_MEAN]
        Po[THRUST, THRUST], Po[GROWTH, GROWTH] = params[PAR_THRUST_VAR], params[PAR_GROWTH_VAR]
        spread = params[PAR_THRUST_VAR] + mean * mean  # it may have set in now or span_s ago
        for a in range(3):
            for b in range(3):
                pair = spread * x[3 + a] * x[3 + b] / (speed * speed)
                Po[a, b] += lever[0] * lever[0] * pair
                Po[a, 3 + b] += lever[0] * lever[1] * pair
                Po[3 + a, b] += lever[0] * lever[1] * pair
                Po[3 + a, 3 + b] += lever[1] * lever[1] * pair
        return
    axis = np.empty(3)
    push, along, around = push_prior(x, params, axis)
    for a in range(3):
        xo[PUSH + a] = push * axis[a]
        for b in range(3):
            own = (along + push * push) * axis[a] * axis[b] + (around if a == b else 0.0)
            late = own - push * push * axis[a] * axis[b]
            for i in range(3):
                for j in range(3):
                    r = PUSH + a if i == 2 else 3 * i + a
                    c = PUSH + b if j == 2 else 3 * j + b
                    Po[r, c] += lever[i] * lever[j] * (late if i == 2 or j == 2 else own)


@kernel
def back_state(model: int, x: Array, lag_s: float, params: Array, out: Array) -> None:
    """Fill out[10] with the state lag_s earlier (lag_s >= 0)."""
    for a in range(N):
        out[a] = x[a]
    if lag_s == 0.0:
        return
    if model == BOOST:
        _burn(out, -lag_s)
    elif model == AIR:
        air_propagate(x, -lag_s, params[PAR_LEVEL_TIME], out)
    else:
        if model == MANOEUVRE:
            _push(out, -lag_s, push_rate(x, params))
        coast_propagate(out, -lag_s, RK4_STEP_S, out)
