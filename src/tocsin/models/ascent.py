"""The fit of a powered ascent to plots: where and when a burning missile left WGS-84 height 0.

Gauss-Newton with Levenberg damping over the parameters of ``ascent_kernels``, from a coarse guess or an earlier fit. The
work per step is compiled; what decides the next step is here.
"""

from math import atan2, exp, log, sqrt
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import enu_axes
from tocsin.kernels.linalg import cholesky, solve_lower, solve_upper
from tocsin.models.ascent_kernels import (
    BURN,
    EAST,
    NORTH,
    REFUSED,
    TIME,
    ascend_to_speed,
    cost_of,
    guess_steepness,
    normal_matrix,
)

Array = NDArray[np.float64]

SETTLED: Final = 0.15  # the fit ends when a step lowers the cost by less; a chi-square of 1 is one sigma
ROUGHLY_SETTLED: Final = 1.0  # ... of one that is only to be a start
DAMPINGS: Final = 8
STEP_SIGMAS: Final = 0.3
FIRST_DAMPING: Final = 1e-3
LEAST_DAMPING: Final = 1e-9
MOST_DAMPING: Final = 1e6
# Steps of the differences, in the order of the parameters: far below a sigma, far above rounding.
STEPS: Final = np.array([20.0, 20.0, 0.05, 1e-3, 1e-3, 0.1, 2e-3, 0.01, 0.02, 0.05, 0.02, 0.1, 0.05, 5e-3, 0.01])
GUESS_THRUSTS_MPS2: Final = np.array([14.0, 18.0, 23.0, 29.0, 37.0, 48.0, 64.0, 90.0])
GUESS_KICKS_RAD: Final = np.array([0.01 * exp(0.33 * step) for step in range(13)])  # 0.01 to 0.53
GUESS_S: Final = 150.0  # no burn is longer


class Sight(NamedTuple):
    """What a fit looks at: reference point (latitude, longitude), plots[n, columns] at times_s[n], told burnout and its sigma."""

    origin: Array
    plots: Array
    times_s: Array
    cue: Array


class Fitted(NamedTuple):
    """A settled fit: cost (chi-square with priors), covariance[p, p], ln of the determinant of its inverse."""

    cost: float
    cov: Array
    ln_det: float


def fit_ascent(theta: Array, prior: Array, sight: Sight, iterations: int, settled: float = SETTLED) -> Fitted | None:
    """Fit theta[p] in place; None if it is nothing a missile can do. prior[2, p]: mean and sigma.

    The covariance is the inverse of the last normal matrix, at most a settled step (a quarter of a sigma) behind.
    """
    parts = len(theta)
    A = np.empty((parts, parts))
    gradient = np.empty(parts)
    damping = FIRST_DAMPING
    cost = cost_of(theta, prior, *sight)
    if cost >= REFUSED:
        return None
    steps = STEPS[:parts].copy()
    for _ in range(iterations):
        normal_matrix(theta, prior, *sight, steps, A, gradient)
        for part in range(parts):
            steps[part] = min(float(STEPS[part]), STEP_SIGMAS / sqrt(float(A[part, part])))
        before = cost
        cost, damping = _damped_step(theta, prior, sight, cost, damping, A, gradient)
        if before - cost < settled:
            break
    return _settled(A, cost)


def _settled(A: Array, cost: float) -> Fitted | None:
    """Return the fit whose normal matrix is A."""
    parts = len(A)
    L = np.zeros((parts, parts))
    if not cholesky(A, parts, L):
        return None
    cov = np.empty((parts, parts))
    ln_det = 0.0
    for part in range(parts):
        column = np.zeros(parts)
        column[part] = 1.0
        solve_lower(L, parts, column, column)
        solve_upper(L, parts, column, column)
        cov[:, part] = column
        ln_det += 2.0 * log(float(L[part, part]))
    return Fitted(cost, cov, ln_det)


def _damped_step(theta: Array, prior: Array, sight: Sight, cost: float, damping: float, A: Array, gradient: Array) -> tuple[float, float]:
    """Move theta[p] downhill in place, damping more until the cost falls; return cost and damping."""
    parts = len(theta)
    L = np.zeros((parts, parts))
    step = np.empty(parts)
    for _ in range(DAMPINGS):
        damped = A.copy()
        for part in range(parts):
            damped[part, part] *= 1.0 + damping
        if cholesky(damped, parts, L):
            solve_lower(L, parts, gradient, step)
            solve_upper(L, parts, step, step)
            trial = theta + step
            trial_cost = cost_of(trial, prior, *sight)
            if trial_cost < cost:
                theta[:] = trial
                return trial_cost, max(damping * 0.1, LEAST_DAMPING)
        damping = min(damping * 10.0, MOST_DAMPING)
    return cost, damping


def guess_ascent(x: Array, origin: Array, mean: Array, theta: Array) -> float:
    """Fill theta[p] with an ascent that reaches about the state x[6] at the reference time; return when, s after lift-off.

    Coarse search over kick angle and thrust (others at ``mean``), then launch point and time are shifted.
    """
    axes, end = np.empty((3, 3)), np.zeros(6)
    enu_axes(float(origin[0]), float(origin[1]), axes)
    level_east, level_north, _ = _local(axes, x[3:6].tolist())
    trial = mean.copy()
    trial[EAST] = trial[NORTH] = trial[TIME] = 0.0
    trial[BURN] = GUESS_S
    theta[:] = trial
    bearing = atan2(level_east, level_north)
    flown_s = guess_steepness(x, trial, origin, GUESS_THRUSTS_MPS2, GUESS_KICKS_RAD, bearing, GUESS_S, theta, end)
    if flown_s < 0.0:
        flown_s = ascend_to_speed(theta, origin, 0.0, GUESS_S, end)  # nothing flies so fast: begin near the launch point
    theta[EAST], theta[NORTH], _ = _local(axes, (x[:3] - end[:3]).tolist())
    theta[TIME] = -flown_s
    return flown_s


def _local(axes: Array, vector: list[float]) -> tuple[float, float, float]:
    """Return east, north, up components of an ECEF vector."""
    rows = axes.tolist()
    east, north, up = (row[0] * vector[0] + row[1] * vector[1] + row[2] * vector[2] for row in rows)
    return east, north, up
