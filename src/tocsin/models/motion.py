"""How missiles and aircraft move, as numbers for ``kernels.phases`` and ``kernels.imm``: how often a motion changes, how much it wanders.

Simplifications: point masses; thrust along the velocity and nearly constant; aircraft nearly level. The numbers are priors
of a notional world (docs/measurements.md); none describes a real system.
"""

from math import exp, log, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import altitude_and_up
from tocsin.kernels.linalg import scalar_update
from tocsin.kernels.phases import (
    AIR,
    BOOST,
    COAST,
    GROWTH,
    LN_BETA,
    MANOEUVRE,
    MODELS,
    PAR_AIR_ERROR_TOP,
    PAR_AIR_SPEED,
    PAR_AIR_TOP,
    PAR_GROWTH_MEAN,
    PAR_GROWTH_VAR,
    PAR_INFRARED_OTHER,
    PAR_LEVEL_TIME,
    PAR_LIFT_ASIDE_VAR,
    PAR_LIFT_MEAN,
    PAR_LIFT_RATE,
    PAR_LIFT_TOP,
    PAR_LIFT_VAR,
    PAR_PUSH_ASIDE_VAR,
    PAR_PUSH_LEAST_VAR,
    PAR_PUSH_TIME,
    PAR_PUSH_VAR,
    PAR_Q,
    PAR_Q_AIR_UP,
    PAR_Q_GROWTH,
    PAR_Q_LIFT,
    PAR_Q_LN_BETA,
    PAR_Q_PUSH,
    PAR_Q_THRUST,
    PAR_RATE,
    PAR_THRUST_MEAN,
    PAR_THRUST_VAR,
    PARAMETERS,
    THRUST,
    N,
)

Array = NDArray[np.float64]

LN_BETA_MEAN: Final = log(5_000.0)  # ln(kg/m2) after burnout: the published prior of the reference coalition
LN_BETA_SIGMA: Final = 0.30
THRUST_MEAN_MPS2: Final = 35.0  # thrust acceleration late in a burn of 40-120 s to 1-5 km/s: 20-85
THRUST_SIGMA_MPS2: Final = 13.0

# Changes of motion, 1/s. Reasons: burns last 40-120 s and are seen for their last 10-80 s; thrust returns between stages (a
# share of all flights, within 10 s; after that BOOST is ruled out) or as a boost-back; a pull-up, a boost-back or an entry
# burn lasts 10 s and more; missiles do not turn into aircraft, but a pulling fighter may look like a manoeuvre for a while.
RATES_PER_S: Final = {
    (BOOST, COAST): 1.0 / 30.0,
    (BOOST, MANOEUVRE): 1.0 / 800.0,
    (COAST, BOOST): 1.0 / 500.0,
    (COAST, MANOEUVRE): 1.0 / 2_000.0,
    (MANOEUVRE, COAST): 1.0 / 15.0,
    (MANOEUVRE, BOOST): 1.0 / 400.0,
    (MANOEUVRE, AIR): 1.0 / 200.0,
    (AIR, BOOST): 1.0 / 4_000.0,
    (AIR, COAST): 1.0 / 4_000.0,
    (AIR, MANOEUVRE): 1.0 / 1_000.0,
}

# White acceleration, m2/s3.
Q_BOOST: Final = 0.3  # steering about the gravity turn: 1 m/s in 3 s
Q_COAST: Final = 2e-6  # gravity beyond J2 is below 3e-4 m/s2 and changes over a minute: 2e-6 m2/s3 covers it
Q_MANOEUVRE: Final = 1.0  # what an acceleration that changes smoothly leaves
PUSH_SIGMA_MPS2: Final = 40.0  # boost-back and entry burns: 20-60 m/s2 against the velocity
PUSH_ASIDE_SIGMA_MPS2: Final = 12.0  # ... and up to some 20 across it, where the burn turns the flight
PUSH_TIME_S: Final = 60.0  # longer than such burns: a thrust that is on stays about the same
Q_PUSH: Final = 4.0  # (m/s2)2/s: its direction turns with the flight and its engines are throttled, some m/s2 in some seconds
LIFT_TOP_M: Final = 50_000.0  # lift acts below (published prior of the pull-up)
LIFT_MEAN: Final = 1.2  # lift over drag: published prior 0.5-2
LIFT_SIGMA: Final = 0.5
LIFT_ASIDE_SIGMA: Final = 0.4  # banked, and drag that is not well known
PUSH_LEAST_SIGMA_MPS2: Final = 4.0  # braking burns in air
Q_LIFT: Final = 0.09  # 1/s: lift over drag changes by 0.3 in a second, as when a pull-up comes level
LIFT_RATE_PM: Final = 2e-6  # one flight in twenty pulls up between 50 and 25 km; where it does not, the plots say so soon
Q_AIR: Final = 1_000.0  # fighters turning at 3-5 g and changing direction every few seconds
Q_AIR_UP: Final = 20.0
Q_THRUST: Final = 0.1  # (m/s2)2/s: what a steady growth leaves; still cannot follow thrust to its end
GROWTH_MEAN_PS: Final = 0.005  # constant mass flow makes thrust grow by thrust / (Isp g): 0.008-0.03 1/s at 20-70 m/s2; the published
GROWTH_SIGMA_PS: Final = 0.010  # prior has slopes of +-20 % over a stage of 20-120 s, +-0.01 1/s at most
Q_GROWTH: Final = 1e-6  # 1/s3: as it grows with the thrust itself, 0.01 1/s in a minute
Q_LN_BETA: Final = 1.3e-7  # 1/m of height: real air is some per cent off the standard, 3 % more every 10 km
AIR_ERROR_TOP_M: Final = 60_000.0  # above, drag is too weak for its error to matter
LEVEL_TIME_S: Final = 40.0  # a climbing aircraft levels off within a minute or two
LEVEL_SIGMA_MPS: Final = 60.0  # climb of aircraft, 1 sigma: airliners 15, fighters at times 200

AIR_TOP_M: Final = 25_000.0  # ceiling of air-breathing flight
AIR_SPEED_MPS: Final = 900.0  # beyond sustained air-breathing flight (about Mach 3)
INFRARED_OTHER: Final = 0.02  # a hot body without thrust is seen 50 times less often

# First guess of the motion of an unknown object. Burns last 40 s at least, so whatever climbs steeply at low altitude still
# burns (or is an aircraft); what is high up and level, or comes down, does not.
RISING_WEIGHTS: Final = {BOOST: 0.60, COAST: 0.08, MANOEUVRE: 0.02, AIR: 0.30}
HIGH_RISING_WEIGHTS: Final = {BOOST: 0.35, COAST: 0.60, MANOEUVRE: 0.05, AIR: 0.0}
OTHER_WEIGHTS: Final = {BOOST: 0.02, COAST: 0.50, MANOEUVRE: 0.08, AIR: 0.40}
RISING_SINE: Final = 0.15  # climb over speed; gravity turns burn out steeper than 20 degrees (sine 0.34)
RISING_TOP_M: Final = 45_000.0  # most burns of 40-120 s end above


def motion_parameters() -> Array:
    """Return the parameter row of ``kernels.imm``."""
    par = np.zeros(PARAMETERS)
    for (source, target), rate in RATES_PER_S.items():
        par[PAR_RATE + source * MODELS + target] = rate
    for model, q in ((BOOST, Q_BOOST), (COAST, Q_COAST), (MANOEUVRE, Q_MANOEUVRE), (AIR, Q_AIR)):
        par[PAR_Q + model] = q
    par[PAR_Q_AIR_UP] = Q_AIR_UP
    par[PAR_Q_THRUST] = Q_THRUST
    par[PAR_Q_LN_BETA] = Q_LN_BETA
    par[PAR_LEVEL_TIME] = LEVEL_TIME_S
    par[PAR_PUSH_VAR] = PUSH_SIGMA_MPS2 * PUSH_SIGMA_MPS2
    par[PAR_PUSH_TIME] = PUSH_TIME_S
    par[PAR_Q_PUSH] = Q_PUSH
    par[PAR_LIFT_TOP] = LIFT_TOP_M
    par[PAR_LIFT_MEAN] = LIFT_MEAN
    par[PAR_LIFT_VAR] = LIFT_SIGMA * LIFT_SIGMA
    par[PAR_LIFT_ASIDE_VAR] = LIFT_ASIDE_SIGMA * LIFT_ASIDE_SIGMA
    par[PAR_PUSH_LEAST_VAR] = PUSH_LEAST_SIGMA_MPS2 * PUSH_LEAST_SIGMA_MPS2
    par[PAR_PUSH_ASIDE_VAR] = PUSH_ASIDE_SIGMA_MPS2 * PUSH_ASIDE_SIGMA_MPS2
    par[PAR_LIFT_RATE] = LIFT_RATE_PM
    par[PAR_Q_LIFT] = Q_LIFT
    par[PAR_THRUST_MEAN] = THRUST_MEAN_MPS2
    par[PAR_GROWTH_MEAN] = GROWTH_MEAN_PS
    par[PAR_GROWTH_VAR] = GROWTH_SIGMA_PS * GROWTH_SIGMA_PS
    par[PAR_Q_GROWTH] = Q_GROWTH
    par[PAR_THRUST_VAR] = THRUST_SIGMA_MPS2 * THRUST_SIGMA_MPS2
    par[PAR_AIR_TOP] = AIR_TOP_M
    par[PAR_AIR_SPEED] = AIR_SPEED_MPS
    par[PAR_INFRARED_OTHER] = INFRARED_OTHER
    par[PAR_AIR_ERROR_TOP] = AIR_ERROR_TOP_M
    return par


def start_models(pos_vel: Array, cov: Array, alt_m: float, speed_mps: float, x: Array, P: Array, mu: Array) -> None:
    """Fill x[4, 10], P[4, 10, 10], mu[4] for an object first known by pos_vel[6] with cov[6, 6]; the rest from the priors.

    AIR starts with the knowledge that aircraft fly nearly level (LEVEL_SIGMA_MPS), and is as probable as that lets it be.
    """
    x[:, :6] = pos_vel
    x[:, LN_BETA] = LN_BETA_MEAN
    x[:, THRUST:] = 0.0
    x[BOOST, THRUST], x[BOOST, GROWTH] = THRUST_MEAN_MPS2, GROWTH_MEAN_PS
    P[:] = 0.0
    P[:, :6, :6] = cov
    P[:, LN_BETA, LN_BETA] = LN_BETA_SIGMA * LN_BETA_SIGMA
    P[BOOST, THRUST, THRUST] = THRUST_SIGMA_MPS2 * THRUST_SIGMA_MPS2
    P[BOOST, GROWTH, GROWTH] = GROWTH_SIGMA_PS * GROWTH_SIGMA_PS
    for axis in range(THRUST, N):
        P[MANOEUVRE, axis, axis] = PUSH_SIGMA_MPS2 * PUSH_SIGMA_MPS2
    total = 0.0
    weights = _first_weights(pos_vel, cov, alt_m, speed_mps)
    for model in range(MODELS):
        possible = model != AIR or (alt_m < AIR_TOP_M and speed_mps < AIR_SPEED_MPS)
        mu[model] = weights[model] if possible else 0.0
    if mu[AIR] > 0.0:
        mu[AIR] *= _level_off(x[AIR], P[AIR])
    for model in range(MODELS):
        total += float(mu[model])
    for model in range(MODELS):
        mu[model] /= total


def _level_off(x: Array, P: Array) -> float:
    """Correct x[10], P[10, 10] in place by "the climb is 0 with LEVEL_SIGMA_MPS"; return how well that fits, 0 to 1."""
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
