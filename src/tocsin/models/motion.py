"""How missiles and aircraft move, as numbers for ``kernels.imm``: how often a motion changes, how much it wanders.

Simplifications: point masses; thrust along the velocity and nearly constant; aircraft nearly level. The numbers are priors
of a notional world (docs/measurements.md); none describes a real system.
"""

from math import exp, log, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import altitude_and_up
from tocsin.kernels.imm import (
    AIR,
    BOOST,
    COAST,
    FALL,
    LN_BETA,
    MODELS,
    PAR_AIR_ERROR_TOP,
    PAR_AIR_SPEED,
    PAR_AIR_TOP,
    PAR_FALL_TOP,
    PAR_INFRARED_OTHER,
    PAR_LEVEL_TIME,
    PAR_Q,
    PAR_Q_AIR_UP,
    PAR_Q_LN_BETA,
    PAR_Q_THRUST,
    PAR_RATE,
    PARAMETERS,
    THRUST,
    N,
)
from tocsin.kernels.linalg import scalar_update

Array = NDArray[np.float64]

LN_BETA_MEAN: Final = log(5_000.0)  # ln(kg/m2) after burnout: the published prior of the reference coalition
LN_BETA_SIGMA: Final = 0.30
THRUST_MEAN_MPS2: Final = 30.0  # thrust acceleration late in a burn of 40-120 s to 1-3 km/s
THRUST_SIGMA_MPS2: Final = 12.0

# Changes of motion, 1/s. Reasons: burns last 40-120 s and are seen for their last part; thrust returns only between
# stages (10 s); FALL is rare, as drag itself is in COAST; missiles do not turn
# into aircraft, but a pulling fighter may look like FALL for a while.
RATES_PER_S: Final = {
    (BOOST, COAST): 1.0 / 40.0,
    (BOOST, FALL): 1.0 / 800.0,
    (COAST, BOOST): 1.0 / 3_000.0,
    (COAST, FALL): 1.0 / 2_000.0,
    (FALL, COAST): 1.0 / 10.0,
    (FALL, BOOST): 1.0 / 400.0,
    (FALL, AIR): 1.0 / 200.0,
    (AIR, BOOST): 1.0 / 4_000.0,
    (AIR, COAST): 1.0 / 4_000.0,
    (AIR, FALL): 1.0 / 1_000.0,
}

# White acceleration, m2/s3.
Q_BOOST: Final = 2.0  # steering about the gravity turn: 2 m/s in 2 s
Q_COAST: Final = 1e-4  # gravity beyond J2, atmosphere differing by a few per cent where drag is weak
Q_FALL: Final = 100.0  # 10 m/s in a second: lift of a pull-up, tumbling
Q_AIR: Final = 1_000.0  # fighters turning at 3-5 g and changing direction every few seconds
Q_AIR_UP: Final = 20.0
Q_THRUST: Final = 0.4  # (m/s2)2/s: follows growth of 0.1-1 m/s3, and still cannot follow thrust to its end
Q_LN_BETA: Final = 2.5e-7  # 1/m of height: real air is 5 % off the standard, another 5 % every 10 km
AIR_ERROR_TOP_M: Final = 60_000.0  # above, drag is too weak for its error to matter
LEVEL_TIME_S: Final = 40.0  # a climbing aircraft levels off within a minute or two
LEVEL_SIGMA_MPS: Final = 60.0  # climb of aircraft, 1 sigma: airliners 15, fighters at times 200

FALL_TOP_M: Final = 100_000.0  # no lift worth the name above
AIR_TOP_M: Final = 25_000.0  # ceiling of air-breathing flight
AIR_SPEED_MPS: Final = 900.0  # beyond sustained air-breathing flight (about Mach 3)
INFRARED_OTHER: Final = 0.02  # a hot body without thrust is seen 50 times less often

# First guess of the motion of an unknown object. Burns last 40 s at least, so whatever climbs steeply at low altitude still
# burns (or is an aircraft); what is high up and level, or comes down, does not.
RISING_WEIGHTS: Final = {BOOST: 0.60, COAST: 0.08, FALL: 0.02, AIR: 0.30}
HIGH_RISING_WEIGHTS: Final = {BOOST: 0.35, COAST: 0.60, FALL: 0.05, AIR: 0.0}
OTHER_WEIGHTS: Final = {BOOST: 0.02, COAST: 0.50, FALL: 0.08, AIR: 0.40}
RISING_SINE: Final = 0.15  # climb over speed; gravity turns burn out steeper than 20 degrees (sine 0.34)
RISING_TOP_M: Final = 45_000.0  # most burns of 40-120 s end above


def motion_parameters() -> Array:
    """Return the parameter row of ``kernels.imm``."""
    par = np.zeros(PARAMETERS)
    for (source, target), rate in RATES_PER_S.items():
        par[PAR_RATE + source * MODELS + target] = rate
    for model, q in ((BOOST, Q_BOOST), (COAST, Q_COAST), (FALL, Q_FALL), (AIR, Q_AIR)):
        par[PAR_Q + model] = q
    par[PAR_Q_AIR_UP] = Q_AIR_UP
    par[PAR_Q_THRUST] = Q_THRUST
    par[PAR_Q_LN_BETA] = Q_LN_BETA
    par[PAR_LEVEL_TIME] = LEVEL_TIME_S
    par[PAR_FALL_TOP] = FALL_TOP_M
    par[PAR_AIR_TOP] = AIR_TOP_M
    par[PAR_AIR_SPEED] = AIR_SPEED_MPS
    par[PAR_INFRARED_OTHER] = INFRARED_OTHER
    par[PAR_AIR_ERROR_TOP] = AIR_ERROR_TOP_M
    return par


def start_models(pos_vel: Array, cov: Array, alt_m: float, speed_mps: float, x: Array, P: Array, mu: Array) -> None:
    """Fill x[4, 8], P[4, 8, 8], mu[4] for an object first known by pos_vel[6] with cov[6, 6]; the rest from the priors.

    AIR starts with the knowledge that aircraft fly nearly level (LEVEL_SIGMA_MPS), and is as probable as that lets it be.
    """
    x[:, :6] = pos_vel
    x[:, LN_BETA] = LN_BETA_MEAN
    x[:, THRUST] = THRUST_MEAN_MPS2
    P[:] = 0.0
    P[:, :6, :6] = cov
    P[:, LN_BETA, LN_BETA] = LN_BETA_SIGMA * LN_BETA_SIGMA
    P[:, THRUST, THRUST] = THRUST_SIGMA_MPS2 * THRUST_SIGMA_MPS2
    total = 0.0
    weights = _first_weights(pos_vel, cov, alt_m, speed_mps)
    for model in range(MODELS):
        possible = alt_m < FALL_TOP_M if model == FALL else True
        if model == AIR:
            possible = alt_m < AIR_TOP_M and speed_mps < AIR_SPEED_MPS
        mu[model] = weights[model] if possible else 0.0
    if mu[AIR] > 0.0:
        mu[AIR] *= _level_off(x[AIR], P[AIR])
    for model in range(MODELS):
        total += float(mu[model])
    for model in range(MODELS):
        mu[model] /= total


def _level_off(x: Array, P: Array) -> float:
    """Correct x[8], P[8, 8] in place by "the climb is 0 with LEVEL_SIGMA_MPS"; return how well that fits, 0 to 1."""
    h, g = np.zeros(N), np.empty(N)
    _, h[3], h[4], h[5] = altitude_and_up(float(x[0]), float(x[1]), float(x[2]))
    climb = float(h[3]) * float(x[3]) + float(h[4]) * float(x[4]) + float(h[5]) * float(x[5])
    S = scalar_update(x, P, h, -climb, LEVEL_SIGMA_MPS * LEVEL_SIGMA_MPS, N, g)
    return exp(-0.5 * climb * climb / S)


def _first_weights(pos_vel: Array, cov: Array, alt_m: float, speed_mps: float) -> dict[int, float]:
    """Return the first guess of the motion by altitude and by whether it may be rising steeply (within one sigma)."""
    _, up_x, up_y, up_z = altitude_and_up(float(pos_vel[0]), float(pos_vel[1]), float(pos_vel[2]))
    up = (up_x, up_y, up_z)
    climb = sum(up[a] * float(pos_vel[3 + a]) for a in range(3))
    variance = sum(up[a] * float(cov[3 + a, 3 + b]) * up[b] for a in range(3) for b in range(3))
    if climb + sqrt(max(variance, 0.0)) < RISING_SINE * speed_mps:
        return OTHER_WEIGHTS
    return RISING_WEIGHTS if alt_m < RISING_TOP_M else HIGH_RISING_WEIGHTS
