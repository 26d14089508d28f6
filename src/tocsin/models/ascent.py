"""Powered ascent from the ground, and its fit to plots: where and when a burning missile left WGS-84 height 0.

Simplifications: one stage; vertical rise to the kick, an instant turn there, then a gravity turn; thrust acceleration
changes linearly with time; drag with one ln_beta; no lift, no wind. The part below the horizon is not seen, so the kick's
time, the thrust's slope and ln_beta stay near their priors and their uncertainty is carried into the answer.

Parameters theta[9]: east, north (m from a reference point on the ground), lift-off time (s from the reference time),
bearing (rad), kick angle (rad), thrust acceleration at lift-off (m/s2), its relative growth over SLOPE_TIME_S, ln_beta, kick time (s).
"""

from math import acos, atan2, cos, exp, log, sin, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import altitude_and_up, ecef2geodetic, enu_axes, geodetic2ecef
from tocsin.kernels.jit import kernel
from tocsin.kernels.linalg import cholesky, solve_lower, solve_upper
from tocsin.kernels.measure import MAX_ROWS, measure
from tocsin.kernels.trajectory import boost_acceleration
from tocsin.units import WGS84_A_M, WGS84_E2

Array = NDArray[np.float64]

EAST: Final = 0
NORTH: Final = 1
TIME: Final = 2
BEARING: Final = 3
KICK: Final = 4
THRUST_0: Final = 5
SLOPE: Final = 6
ASCENT_LN_BETA: Final = 7
KICK_TIME: Final = 8
PARTS: Final = 9

SLOPE_TIME_S: Final = 75.0  # a typical burn: the slope is the growth of thrust acceleration over it
STEP_S: Final = 1.0
ITERATIONS: Final = 10
SETTLED: Final = 1e-3  # the fit ends when a step lowers the cost by less
REFUSED: Final = 1e30  # cost of a fit that did not work
KICK_GRID: Final = 16
THRUST_GRID: Final = 5


@kernel
def ascend(theta: Array, lat_rad: float, lon_rad: float, times_s: Array, out: Array) -> None:
    """Fill out[n, 6] with ECEF position and velocity at times_s[n] (ascending, s from the reference time).

    lat_rad, lon_rad: the reference point. Before lift-off the missile stands on the ground. Method: RK4, steps of at most
    STEP_S that end at the kick and at each time.
    """
    meridian = 1.0 - WGS84_E2 * sin(lat_rad) * sin(lat_rad)
    normal_m = WGS84_A_M / sqrt(meridian)
    lat = lat_rad + theta[NORTH] / (normal_m * (1.0 - WGS84_E2) / meridian)
    lon = lon_rad + theta[EAST] / (normal_m * cos(lat_rad))
    axes = np.empty((3, 3))
    enu_axes(lat, lon, axes)
    s = np.empty(6)
    s[0], s[1], s[2] = geodetic2ecef(lat, lon, 0.0)
    s[3] = s[4] = s[5] = 0.0
    now_s = 0.0
    kicked = False
    for index in range(times_s.shape[0]):
        until_s = times_s[index] - theta[TIME]
        while now_s < until_s - 1e-9:
            h = min(STEP_S, until_s - now_s)
            if not kicked and now_s + h >= theta[KICK_TIME]:
                h = max(theta[KICK_TIME] - now_s, 0.0)
                _powered_step(s, now_s, h, theta)
                _turn(s, axes, theta[BEARING], theta[KICK])
                kicked = True
            else:
                _powered_step(s, now_s, h, theta)
            now_s += h
        for a in range(6):
            out[index, a] = s[a]


@kernel
def _powered_step(s: Array, now_s: float, h: float, theta: Array) -> None:
    """Carry s[6] through one Runge-Kutta step under thrust in place."""
    base = np.empty(6)
    point = np.empty(6)
    total = np.zeros(6)
    rate = np.empty(6)
    for a in range(6):
        base[a] = s[a]
        point[a] = s[a]
    for stage in range(4):
        at_s = now_s + (0.0 if stage == 0 else (h if stage == 3 else 0.5 * h))
        thrust = theta[THRUST_0] * (1.0 + theta[SLOPE] * at_s / SLOPE_TIME_S)
        ax, ay, az = boost_acceleration(point[0], point[1], point[2], point[3], point[4], point[5], theta[ASCENT_LN_BETA], thrust)
        rate[0], rate[1], rate[2], rate[3], rate[4], rate[5] = point[3], point[4], point[5], ax, ay, az
        weight = 1.0 if stage == 0 or stage == 3 else 2.0
        ahead = h if stage == 2 else 0.5 * h
        for a in range(6):
            total[a] += weight * rate[a]
            point[a] = base[a] + ahead * rate[a]
    for a in range(6):
        s[a] = base[a] + h / 6.0 * total[a]


@kernel
def _turn(s: Array, axes: Array, bearing: float, angle: float) -> None:
    """Turn the velocity in s[6] by an angle towards a bearing; axes[3, 3]: east, north, up at the launch point."""
    speed = sqrt(s[3] * s[3] + s[4] * s[4] + s[5] * s[5])
    east = sin(bearing)
    north = cos(bearing)
    for a in range(3):
        level = east * axes[0, a] + north * axes[1, a]
        s[3 + a] = cos(angle) * s[3 + a] + sin(angle) * speed * level


@kernel
def residuals(theta: Array, lat_rad: float, lon_rad: float, plots: Array, times_s: Array, states: Array, out: Array) -> int:
    """Fill out[<= 4 n] with the plots' whitened residuals against an ascent; states[n, 6]: scratch; return their number."""
    ascend(theta, lat_rad, lon_rad, times_s, states)
    H = np.empty((MAX_ROWS, 6))
    nu = np.empty(MAX_ROWS)
    var = np.empty(MAX_ROWS)
    count = 0
    for index in range(times_s.shape[0]):
        m = measure(states[index], plots[index], H, nu, var)
        for row in range(m):
            out[count] = nu[row] / sqrt(var[row])
            count += 1
    return count


@kernel
def fit_ascent(
    theta: Array, mean: Array, sigma: Array, lat_rad: float, lon_rad: float, plots: Array, times_s: Array, cov: Array
) -> float:
    """Fit theta[9] in place to plots[n, columns] at times_s[n]; fill cov[9, 9]; return the cost (chi-square with priors).

    mean, sigma [9]: Gaussian priors. Method: Gauss-Newton with Levenberg damping, one-sided numeric gradients; the
    covariance is the inverse of the normal matrix at the end. Cost REFUSED and cov untouched if the normal matrix is singular.
    """
    n = times_s.shape[0]
    states = np.empty((n, 6))
    r = np.empty(MAX_ROWS * n)
    moved = np.empty(MAX_ROWS * n)
    J = np.empty((MAX_ROWS * n, PARTS))
    A = np.empty((PARTS, PARTS))
    L = np.zeros((PARTS, PARTS))
    gradient = np.empty(PARTS)
    trial = np.empty(PARTS)
    steps = np.array([20.0, 20.0, 0.05, 1e-3, 1e-3, 0.05, 0.01, 0.02, 0.1])
    damping = 1e-4
    cost = _cost(theta, mean, sigma, lat_rad, lon_rad, plots, times_s, states, r)
    for iteration in range(ITERATIONS + 1):
        count = residuals(theta, lat_rad, lon_rad, plots, times_s, states, r)
        for p in range(PARTS):
            for q in range(PARTS):
                trial[q] = theta[q]
            trial[p] += steps[p]
            residuals(trial, lat_rad, lon_rad, plots, times_s, states, moved)
            for k in range(count):
                J[k, p] = (moved[k] - r[k]) / steps[p]
        for p in range(PARTS):
            gradient[p] = -(theta[p] - mean[p]) / (sigma[p] * sigma[p])
            for k in range(count):
                gradient[p] -= J[k, p] * r[k]
            for q in range(p + 1):
                total = 0.0
                for k in range(count):
                    total += J[k, p] * J[k, q]
                A[p, q] = total
                A[q, p] = total
            A[p, p] += 1.0 / (sigma[p] * sigma[p])
        if iteration == ITERATIONS:
            break
        better = False
        drop = 0.0
        for _ in range(6):
            for p in range(PARTS):
                for q in range(PARTS):
                    cov[p, q] = A[p, q] * (1.0 + damping) if p == q else A[p, q]
            if not cholesky(cov, PARTS, L):
                return REFUSED
            solve_lower(L, PARTS, gradient, trial)
            solve_upper(L, PARTS, trial, trial)
            for p in range(PARTS):
                trial[p] += theta[p]
            trial_cost = _cost(trial, mean, sigma, lat_rad, lon_rad, plots, times_s, states, moved)
            if trial_cost < cost:
                drop = cost - trial_cost
                cost = trial_cost
                for p in range(PARTS):
                    theta[p] = trial[p]
                damping = max(damping * 0.1, 1e-9)
                better = True
                break
            damping *= 10.0
        if not better or drop < SETTLED:
            break
    if not cholesky(A, PARTS, L):
        return REFUSED
    for p in range(PARTS):
        for q in range(PARTS):
            trial[q] = 1.0 if q == p else 0.0
        solve_lower(L, PARTS, trial, trial)
        solve_upper(L, PARTS, trial, trial)
        for q in range(PARTS):
            cov[q, p] = trial[q]
    return cost


@kernel
def _cost(
    theta: Array, mean: Array, sigma: Array, lat_rad: float, lon_rad: float, plots: Array, times_s: Array, states: Array, r: Array
) -> float:
    """Return chi-square of residuals and priors; REFUSED outside what a missile can be."""
    if theta[THRUST_0] < 11.0 or theta[KICK_TIME] < 1.0 or abs(theta[KICK]) > 1.2 or abs(theta[SLOPE]) > 0.9:
        return REFUSED
    count = residuals(theta, lat_rad, lon_rad, plots, times_s, states, r)
    total = 0.0
    for k in range(count):
        total += r[k] * r[k]
    for p in range(PARTS):
        off = (theta[p] - mean[p]) / sigma[p]
        total += off * off
    return total if total == total else REFUSED


@kernel
def guess_ascent(x: Array, mean: Array, theta: Array) -> tuple[float, float]:
    """Fill theta[9] with an ascent that reaches about the state x[6] at the reference time; return its reference point.

    Coarse search over kick angle and thrust (others at ``mean``): fly from below the state until its speed is reached,
    keep what agrees best in height and flight-path angle, then shift launch point and time. Returns latitude and longitude.
    """
    lat, lon, _ = ecef2geodetic(x[0], x[1], x[2])
    axes = np.empty((3, 3))
    enu_axes(lat, lon, axes)
    local = np.empty(3)
    for a in range(3):
        local[a] = axes[a, 0] * x[3] + axes[a, 1] * x[4] + axes[a, 2] * x[5]
    speed = max(sqrt(local[0] * local[0] + local[1] * local[1] + local[2] * local[2]), 1.0)
    slope = acos(max(-1.0, min(1.0, local[2] / speed)))  # from the vertical
    alt, _, _, _ = altitude_and_up(x[0], x[1], x[2])
    trial = np.empty(PARTS)
    for p in range(PARTS):
        trial[p] = mean[p]
        theta[p] = mean[p]
    trial[EAST] = trial[NORTH] = trial[TIME] = 0.0
    trial[BEARING] = atan2(local[0], local[1])
    times = np.empty(150)
    for k in range(150):
        times[k] = k + 1.0
    path = np.empty((150, 6))
    best = REFUSED
    flown_s = 0.0
    for thrust in range(THRUST_GRID):
        trial[THRUST_0] = 16.0 + 6.0 * thrust
        for kick in range(KICK_GRID):
            trial[KICK] = 0.01 * exp(0.25 * kick)
            ascend(trial, lat, lon, times, path)
            for k in range(150):
                size = sqrt(path[k, 3] * path[k, 3] + path[k, 4] * path[k, 4] + path[k, 5] * path[k, 5])
                if size >= speed:
                    height, up_x, up_y, up_z = altitude_and_up(path[k, 0], path[k, 1], path[k, 2])
                    climb = up_x * path[k, 3] + up_y * path[k, 4] + up_z * path[k, 5]
                    off_angle = (acos(max(-1.0, min(1.0, climb / size))) - slope) / 0.05
                    off_height = log(max(height, 100.0) / max(alt, 100.0)) / 0.1
                    value = off_angle * off_angle + off_height * off_height
                    if value < best:
                        best = value
                        flown_s = times[k]
                        for p in range(PARTS):
                            theta[p] = trial[p]
                    break
    ascend(theta, lat, lon, times, path)
    k = max(int(flown_s) - 1, 0)
    for a in range(3):
        local[a] = axes[a, 0] * (x[0] - path[k, 0]) + axes[a, 1] * (x[1] - path[k, 1]) + axes[a, 2] * (x[2] - path[k, 2])
    theta[EAST] = local[0]
    theta[NORTH] = local[1]
    theta[TIME] = -flown_s
    return lat, lon
