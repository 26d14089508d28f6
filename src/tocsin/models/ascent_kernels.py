"""Powered ascent from the ground as scalar kernels: the path, its residuals against plots, the normal matrix of a fit.

Simplifications: one stage; vertical rise to the kick, an instant turn there, then a gravity turn; thrust acceleration
changes linearly with time; drag with one ln_beta; no lift, no wind. The part below the horizon is not seen, so the kick's
time, the thrust's slope and ln_beta stay near their priors and their uncertainty is carried into the answer.

Parameters theta[9]: east, north (m from a reference point on the ground), lift-off time (s from the reference time),
bearing (rad), kick angle (rad), thrust acceleration at lift-off (m/s2), its relative growth over SLOPE_TIME_S, ln_beta, kick time (s).
"""

from math import cos, sin, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import enu_axes, geodetic2ecef
from tocsin.kernels.jit import kernel
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


@kernel
def ascend(theta: Array, origin: Array, times_s: Array, out: Array) -> None:
    """Fill out[n, 6] with ECEF position and velocity at times_s[n] (ascending, s from the reference time).

    origin[2]: latitude and longitude of the reference point, rad. Before lift-off the missile stands on the ground.
    Method: RK4, steps of at most STEP_S that end at the kick and at each time.
    """
    lat_rad = origin[0]
    lon_rad = origin[1]
    meridian = 1.0 - WGS84_E2 * sin(lat_rad) * sin(lat_rad)
    normal_m = WGS84_A_M / sqrt(meridian)
    lat = lat_rad + theta[NORTH] / (normal_m * (1.0 - WGS84_E2) / meridian)
    lon = lon_rad + theta[EAST] / (normal_m * cos(lat_rad))
    axes = np.empty((3, 3))
    enu_axes(lat, lon, axes)
    work = np.empty((4, 6))
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
                _powered_step(s, now_s, h, theta, work)
                _turn(s, axes, theta[BEARING], theta[KICK])
                kicked = True
            else:
                _powered_step(s, now_s, h, theta, work)
            now_s += h
        for a in range(6):
            out[index, a] = s[a]


@kernel
def _powered_step(s: Array, now_s: float, h: float, theta: Array, work: Array) -> None:
    """Carry s[6] through one Runge-Kutta step under thrust in place; work[4, 6]: scratch."""
    base, point, total, rate = work[0], work[1], work[2], work[3]
    for a in range(6):
        base[a] = s[a]
        point[a] = s[a]
        total[a] = 0.0
    for stage in range(4):
        offset = (0.0, 0.5, 0.5, 1.0)[stage]
        at_s = now_s + offset * h
        thrust = theta[THRUST_0] * (1.0 + theta[SLOPE] * at_s / SLOPE_TIME_S)
        ax, ay, az = boost_acceleration(point[0], point[1], point[2], point[3], point[4], point[5], theta[ASCENT_LN_BETA], thrust)
        rate[0], rate[1], rate[2], rate[3], rate[4], rate[5] = point[3], point[4], point[5], ax, ay, az
        weight = (1.0, 2.0, 2.0, 1.0)[stage]
        ahead = (0.5, 0.5, 1.0, 0.0)[stage] * h
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
def residuals(theta: Array, origin: Array, plots: Array, times_s: Array, out: Array) -> int:
    """Fill out[<= 4 n] with the plots' whitened residuals against an ascent; return their number."""
    states = np.empty((times_s.shape[0], 6))
    ascend(theta, origin, times_s, states)
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
def normal_matrix(theta: Array, prior: Array, origin: Array, plots: Array, times_s: Array, A: Array, gradient: Array) -> None:
    """Fill A[9, 9] = J' J + priors and gradient[9] = downhill direction, J by one-sided differences of the residuals.

    prior[2, 9]: mean and sigma of Gaussian priors; plots[n, columns] at times_s[n], ascending.
    """
    n = times_s.shape[0]
    r = np.empty(MAX_ROWS * n)
    J = np.empty((PARTS, MAX_ROWS * n))
    steps = np.array([20.0, 20.0, 0.05, 1e-3, 1e-3, 0.05, 0.01, 0.02, 0.1])
    count = residuals(theta, origin, plots, times_s, r)
    trial = theta.copy()
    for p in range(PARTS):
        trial[p] = theta[p] + steps[p]
        residuals(trial, origin, plots, times_s, J[p])
        trial[p] = theta[p]
        for k in range(count):
            J[p, k] = (J[p, k] - r[k]) / steps[p]
    for p in range(PARTS):
        gradient[p] = -(theta[p] - prior[0, p]) / (prior[1, p] * prior[1, p])
        for k in range(count):
            gradient[p] -= J[p, k] * r[k]
        for q in range(p + 1):
            total = 0.0
            for k in range(count):
                total += J[p, k] * J[q, k]
            A[p, q] = total
            A[q, p] = total
        A[p, p] += 1.0 / (prior[1, p] * prior[1, p])
