"""The fit of a powered ascent to plots: where and when a burning missile left WGS-84 height 0.

Gauss-Newton with Levenberg damping over the parameters of ``ascent_kernels``, from a coarse guess or an earlier fit. The
work per step is compiled; what decides the next step is here.
"""

from math import acos, atan2, exp, log, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import altitude_and_up, ecef2geodetic, enu_axes
from tocsin.kernels.linalg import cholesky, solve_lower, solve_upper
from tocsin.kernels.measure import MAX_ROWS
from tocsin.models.ascent_kernels import (
    BEARING,
    EAST,
    KICK,
    KICK_TIME,
    NORTH,
    PARTS,
    SLOPE,
    THRUST_0,
    TIME,
    ascend,
    normal_matrix,
    residuals,
)

Array = NDArray[np.float64]

ITERATIONS: Final = 10
SETTLED: Final = 0.03  # the fit ends when a step lowers the cost by less; a chi-square of 1 is one sigma
REFUSED: Final = 1e30  # cost of a fit that did not work
DAMPINGS: Final = 6
FIRST_DAMPING: Final = 1e-4
LEAST_DAMPING: Final = 1e-9
LEAST_THRUST_MPS2: Final = 11.0  # less does not lift off
LEAST_KICK_TIME_S: Final = 1.0
MOST_KICK_RAD: Final = 1.2
MOST_SLOPE: Final = 0.9  # thrust must not turn round within a burn
GUESS_THRUSTS_MPS2: Final = (16.0, 22.0, 28.0, 34.0, 40.0)
GUESS_KICKS_RAD: Final = tuple(0.01 * exp(0.25 * step) for step in range(16))  # 0.01 to 0.43
GUESS_S: Final = 150  # no burn is longer
ANGLE_SCALE_RAD: Final = 0.05  # mismatches that count alike in the guess
HEIGHT_SCALE: Final = 0.1


def fit_ascent(theta: Array, prior: Array, origin: Array, plots: Array, times_s: Array, cov: Array) -> float:
    """Fit theta[9] in place to plots[n, columns] at times_s[n]; fill cov[9, 9]; return the cost (chi-square with priors).

    prior[2, 9]: mean and sigma; origin[2]: latitude and longitude of the reference point. The covariance is the inverse of
    the last normal matrix, which is at most a settled step (a sixth of a sigma) behind. REFUSED, and cov untouched, if that
    is singular or theta is nothing a missile can do.
    """
    A = np.empty((PARTS, PARTS))
    L = np.zeros((PARTS, PARTS))
    gradient = np.empty(PARTS)
    damping = FIRST_DAMPING
    cost = _cost(theta, prior, origin, plots, times_s)
    for _ in range(ITERATIONS):
        normal_matrix(theta, prior, origin, plots, times_s, A, gradient)
        before = cost
        cost, damping = _damped_step(theta, cost, damping, (prior, origin, plots, times_s), A, gradient)
        if before - cost < SETTLED:
            break
    else:
        normal_matrix(theta, prior, origin, plots, times_s, A, gradient)
    if cost >= REFUSED or not cholesky(A, PARTS, L):
        return REFUSED
    for part in range(PARTS):
        column = np.zeros(PARTS)
        column[part] = 1.0
        solve_lower(L, PARTS, column, column)
        solve_upper(L, PARTS, column, column)
        cov[:, part] = column
    return cost


def _damped_step(
    theta: Array, cost: float, damping: float, problem: tuple[Array, Array, Array, Array], A: Array, gradient: Array
) -> tuple[float, float]:
    """Move theta[9] downhill in place, damping more until the cost falls; return cost and damping."""
    L = np.zeros((PARTS, PARTS))
    step = np.empty(PARTS)
    for _ in range(DAMPINGS):
        damped = A.copy()
        for part in range(PARTS):
            damped[part, part] *= 1.0 + damping
        if cholesky(damped, PARTS, L):
            solve_lower(L, PARTS, gradient, step)
            solve_upper(L, PARTS, step, step)
            trial = theta + step
            trial_cost = _cost(trial, *problem)
            if trial_cost < cost:
                theta[:] = trial
                return trial_cost, max(damping * 0.1, LEAST_DAMPING)
        damping *= 10.0
    return cost, damping


def _cost(theta: Array, prior: Array, origin: Array, plots: Array, times_s: Array) -> float:
    """Return chi-square of residuals and priors; REFUSED outside what a missile can be."""
    values = theta.tolist()
    if values[THRUST_0] < LEAST_THRUST_MPS2 or values[KICK_TIME] < LEAST_KICK_TIME_S:
        return REFUSED
    if abs(values[KICK]) > MOST_KICK_RAD or abs(values[SLOPE]) > MOST_SLOPE:
        return REFUSED
    r = np.empty(MAX_ROWS * len(times_s))
    count = residuals(theta, origin, plots, times_s, r)
    total = 0.0
    for value in r[:count].tolist():
        total += value * value
    for value, mean, sigma in zip(values, prior[0].tolist(), prior[1].tolist(), strict=True):
        total += (value - mean) / sigma * ((value - mean) / sigma)
    return min(total, REFUSED) if total >= 0.0 else REFUSED


def guess_ascent(x: Array, mean: Array, theta: Array) -> Array:
    """Fill theta[9] with an ascent that reaches about the state x[6] at the reference time; return its reference point.

    Coarse search over kick angle and thrust (others at ``mean``): fly from below the state until its speed is reached,
    keep what agrees best in height and flight-path angle, then shift launch point and time. Returns (latitude, longitude).
    """
    lat, lon, _ = ecef2geodetic(float(x[0]), float(x[1]), float(x[2]))
    origin = np.array([lat, lon])
    axes = np.empty((3, 3))
    enu_axes(lat, lon, axes)
    level_east, level_north, _ = _local(axes, x[3:6].tolist())
    times = np.arange(1.0, GUESS_S + 1.0)
    path = np.empty((GUESS_S, 6))
    trial = mean.copy()
    trial[EAST] = trial[NORTH] = trial[TIME] = 0.0
    trial[BEARING] = atan2(level_east, level_north)
    theta[:] = trial
    best, flown = REFUSED, 0
    for thrust in GUESS_THRUSTS_MPS2:
        for kick in GUESS_KICKS_RAD:
            trial[THRUST_0], trial[KICK] = thrust, kick
            ascend(trial, origin, times, path)
            value, place = _mismatch(path, x.tolist())
            if value < best:
                best, flown = value, place
                theta[:] = trial
    ascend(theta, origin, times, path)
    theta[EAST], theta[NORTH], _ = _local(axes, (x[:3] - path[flown, :3]).tolist())
    theta[TIME] = -times[flown]
    return origin


def _mismatch(path: Array, x: list[float]) -> tuple[float, int]:
    """Return how badly a path agrees with x[6] in height and flight-path angle where it first has its speed, and that row."""
    speed = sqrt(x[3] * x[3] + x[4] * x[4] + x[5] * x[5])
    fast = path[:, 3] * path[:, 3] + path[:, 4] * path[:, 4] + path[:, 5] * path[:, 5] >= speed * speed
    row = int(np.argmax(fast))
    if not fast[row]:
        return REFUSED, 0
    slope, alt_m = _slope(x)
    path_slope, height_m = _slope(path[row].tolist())
    off_angle = (path_slope - slope) / ANGLE_SCALE_RAD
    off_height = log(max(height_m, 100.0) / max(alt_m, 100.0)) / HEIGHT_SCALE
    return off_angle * off_angle + off_height * off_height, row


def _slope(x: list[float]) -> tuple[float, float]:
    """Return the angle of the velocity from the vertical (rad) and the altitude (m) of x[6]."""
    alt_m, up_x, up_y, up_z = altitude_and_up(x[0], x[1], x[2])
    speed = max(sqrt(x[3] * x[3] + x[4] * x[4] + x[5] * x[5]), 1.0)
    climb = up_x * x[3] + up_y * x[4] + up_z * x[5]
    return acos(max(-1.0, min(1.0, climb / speed))), alt_m


def _local(axes: Array, vector: list[float]) -> tuple[float, float, float]:
    """Return east, north, up components of an ECEF vector."""
    rows = axes.tolist()
    east, north, up = (row[0] * vector[0] + row[1] * vector[1] + row[2] * vector[2] for row in rows)
    return east, north, up
