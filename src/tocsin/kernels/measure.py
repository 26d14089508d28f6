"""What a radar or an infrared sensor measures of a state, with its gradient, and whether a sensor can see a place.

A plot is one row of numbers (columns below), so that a scan is one array. Sensors are rows too. Positions are ECEF metres.
Azimuth runs clockwise from true north in the sensor's WGS-84 tangent plane; infrared lines of sight are ECEF unit vectors.
"""

from math import asin, atan2, cos, pi, sin, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import altitude_m
from tocsin.kernels.jit import kernel

Array = NDArray[np.float64]

TWO_PI: Final = 2.0 * pi
RADAR: Final = 0.0  # value of COL_KIND
RADAR_DOPPLER: Final = 1.0
INFRARED: Final = 2.0

# Columns of a plot row.
COL_KIND: Final = 0
COL_Z: Final = 1  # 1..4: radar azimuth, elevation, range, range rate; infrared 1..3: unit line of sight
COL_SIGMA: Final = 5  # 5..8: 1 sigma of the same (infrared: 5 only, both directions)
COL_RANGE_DOPPLER: Final = 9  # s: measured range = range + value x range rate
COL_SENSOR_POS: Final = 10  # 10..12
COL_AXES: Final = 13  # 13..21: east, north, up unit vectors in ECEF
COL_POS: Final = 22  # 22..24: the plot's own ECEF position (infrared: a point on the line, by the altitude prior)
COL_REACH: Final = 25  # m: bound on the plot's 1-sigma position error, for coarse gates
COL_LN_CLUTTER: Final = 26  # ln of false alarms per scan and unit of measurement space (rad rad m, or rad rad)
COL_PD: Final = 27
COL_EXTRA: Final = 28  # 28..30: variance added for a plot shared by unresolved tracks (rad2, rad2, m2)
COL_OFFSET: Final = 31  # s: the plot's time minus the scan's reference time
PLOT_COLUMNS: Final = 32

# Columns of a sensor row.
SEN_KIND: Final = 0
SEN_POS: Final = 1  # 1..3
SEN_AXES: Final = 4  # 4..12
SEN_MIN_ELEVATION: Final = 13
SEN_MAX_RANGE: Final = 14
SEN_SECTOR_FROM: Final = 15
SEN_SECTOR_WIDTH: Final = 16
SEN_MIN_ALTITUDE: Final = 17
SEN_PD: Final = 18
SEN_RES_RANGE: Final = 19
SEN_RES_ANGLE: Final = 20
SENSOR_COLUMNS: Final = 21

MAX_ROWS: Final = 4  # scalar measurements of one plot
LIKELY_RATE_MPS: Final = 2_000.0  # of a missile's range, for bounds only
OVERHEAD_M2: Final = 1.0  # floor of the squared horizontal distance: azimuth has no gradient at the zenith
MIN_SATELLITE_ELEVATION: Final = 0.09  # sine of 5 degrees: lower, the line of sight grazes the atmosphere


@kernel
def wrap_pi(angle_rad: float) -> float:
    """Return the angle in (-pi, pi]."""
    while angle_rad > pi:
        angle_rad -= TWO_PI
    while angle_rad <= -pi:
        angle_rad += TWO_PI
    return angle_rad


@kernel
def measured_rows(plot: Array) -> int:
    """Return how many numbers a plot measures."""
    if plot[COL_KIND] == INFRARED:
        return 2
    return 4 if plot[COL_KIND] == RADAR_DOPPLER else 3


@kernel
def measure(x: Array, plot: Array, H: Array, nu: Array, var: Array) -> int:
    """Compare a plot with the state x[>= 6] at the plot's time; return the number of scalar measurements m.

    H[4, 6]: gradient by position and velocity, nu[4]: innovation (measured - predicted, azimuth wrapped), var[4]: variance
    with COL_EXTRA. Radar: azimuth, elevation, range (with range-Doppler coupling), range rate if given. Infrared: two
    angles across the measured line of sight; they are 0 when measured, so a satellite has no azimuth singularity.
    """
    dx = x[0] - plot[COL_SENSOR_POS]
    dy = x[1] - plot[COL_SENSOR_POS + 1]
    dz = x[2] - plot[COL_SENSOR_POS + 2]
    r2 = dx * dx + dy * dy + dz * dz
    r = sqrt(r2)
    ux, uy, uz = dx / r, dy / r, dz / r
    for i in range(MAX_ROWS):
        for j in range(6):
            H[i, j] = 0.0
    if plot[COL_KIND] == INFRARED:
        _infrared_rows(plot, ux, uy, uz, r, H, nu, var)
        return 2
    A = plot[COL_AXES : COL_AXES + 9]
    e = A[0] * dx + A[1] * dy + A[2] * dz
    n = A[3] * dx + A[4] * dy + A[5] * dz
    u = A[6] * dx + A[7] * dy + A[8] * dz
    p2 = max(e * e + n * n, OVERHEAD_M2)
    p = sqrt(p2)
    rate = ux * x[3] + uy * x[4] + uz * x[5]
    coupling = plot[COL_RANGE_DOPPLER]
    nu[0] = wrap_pi(plot[COL_Z] - atan2(e, n))
    nu[1] = plot[COL_Z + 1] - asin(max(-1.0, min(1.0, u / r)))
    nu[2] = plot[COL_Z + 2] - (r + coupling * rate)
    unit = (ux, uy, uz)
    vel = (x[3], x[4], x[5])
    for j in range(3):
        H[0, j] = (n * A[j] - e * A[3 + j]) / p2
        H[1, j] = (r * A[6 + j] - u * unit[j]) / (r * p)
        across = (vel[j] - rate * unit[j]) / r
        H[2, j] = unit[j] + coupling * across
        H[2, 3 + j] = coupling * unit[j]
        H[3, j] = across
        H[3, 3 + j] = unit[j]
    for i in range(3):
        var[i] = plot[COL_SIGMA + i] * plot[COL_SIGMA + i] + plot[COL_EXTRA + i]
    if plot[COL_KIND] == RADAR_DOPPLER:
        nu[3] = plot[COL_Z + 3] - rate
        var[3] = plot[COL_SIGMA + 3] * plot[COL_SIGMA + 3]
        return 4
    return 3


@kernel
def across_axes(lx: float, ly: float, lz: float) -> tuple[float, float, float, float, float, float]:
    """Return two unit vectors that with the unit vector l make a right-angled frame."""
    if abs(lz) < 0.9:
        ax, ay, az = -ly, lx, 0.0  # z cross l
    else:
        ax, ay, az = 0.0, -lz, ly  # x cross l
    size = sqrt(ax * ax + ay * ay + az * az)
    ax, ay, az = ax / size, ay / size, az / size
    return ax, ay, az, ly * az - lz * ay, lz * ax - lx * az, lx * ay - ly * ax


@kernel
def _infrared_rows(plot: Array, ux: float, uy: float, uz: float, r: float, H: Array, nu: Array, var: Array) -> None:
    """Fill the two rows of an infrared plot; u: predicted unit line of sight, r: its length in m."""
    ax, ay, az, bx, by, bz = across_axes(plot[COL_Z], plot[COL_Z + 1], plot[COL_Z + 2])
    unit = (ux, uy, uz)
    side = (ax, ay, az)
    for row in range(2):
        dot = side[0] * ux + side[1] * uy + side[2] * uz
        nu[row] = -dot
        for j in range(3):
            H[row, j] = (side[j] - dot * unit[j]) / r
        var[row] = plot[COL_SIGMA] * plot[COL_SIGMA] + plot[COL_EXTRA + row]
        side = (bx, by, bz)


@kernel
def plot_position(plot: Array) -> None:
    """Fill a radar plot's ECEF position (COL_POS) and error bound (COL_REACH) from its angles and range.

    Range-Doppler coupling is taken off by the measured rate; where none is measured, the bound allows for LIKELY_RATE_MPS.
    """
    A = plot[COL_AXES : COL_AXES + 9]
    coupled = plot[COL_RANGE_DOPPLER]
    unsure_m = 0.0 if plot[COL_KIND] == RADAR_DOPPLER else abs(coupled) * LIKELY_RATE_MPS
    r = plot[COL_Z + 2] - (coupled * plot[COL_Z + 3] if plot[COL_KIND] == RADAR_DOPPLER else 0.0)
    level = r * cos(plot[COL_Z + 1])
    e = level * sin(plot[COL_Z])
    n = level * cos(plot[COL_Z])
    u = r * sin(plot[COL_Z + 1])
    for j in range(3):
        plot[COL_POS + j] = plot[COL_SENSOR_POS + j] + e * A[j] + n * A[3 + j] + u * A[6 + j]
    plot[COL_REACH] = max(plot[COL_SIGMA] * level, plot[COL_SIGMA + 1] * r, plot[COL_SIGMA + 2] + unsure_m)


@kernel
def plot_positions(plots: Array) -> None:
    """plot_position for all radar plots[n, PLOT_COLUMNS] of a scan."""
    for index in range(plots.shape[0]):
        plot_position(plots[index])


@kernel
def position_rows(plot: Array, U: Array, sigma_m: Array) -> None:
    """Fill the position error's axes U[3, 3] (unit rows, ECEF) and 1 sigma along them, m, of a plot at COL_POS.

    Radar: along azimuth, elevation, range. Infrared: two across the line, the third along it with sigma 0 (unknown here).
    """
    dx = plot[COL_POS] - plot[COL_SENSOR_POS]
    dy = plot[COL_POS + 1] - plot[COL_SENSOR_POS + 1]
    dz = plot[COL_POS + 2] - plot[COL_SENSOR_POS + 2]
    r = sqrt(dx * dx + dy * dy + dz * dz)
    if plot[COL_KIND] == INFRARED:
        ax, ay, az, bx, by, bz = across_axes(plot[COL_Z], plot[COL_Z + 1], plot[COL_Z + 2])
        U[0, 0], U[0, 1], U[0, 2] = ax, ay, az
        U[1, 0], U[1, 1], U[1, 2] = bx, by, bz
        U[2, 0], U[2, 1], U[2, 2] = plot[COL_Z], plot[COL_Z + 1], plot[COL_Z + 2]
        sigma_m[0] = sigma_m[1] = plot[COL_SIGMA] * r
        sigma_m[2] = 0.0
        return
    A = plot[COL_AXES : COL_AXES + 9]
    sa, ca = sin(plot[COL_Z]), cos(plot[COL_Z])
    se, ce = sin(plot[COL_Z + 1]), cos(plot[COL_Z + 1])
    for j in range(3):
        U[0, j] = ca * A[j] - sa * A[3 + j]
        U[1, j] = -se * (sa * A[j] + ca * A[3 + j]) + ce * A[6 + j]
        U[2, j] = ce * (sa * A[j] + ca * A[3 + j]) + se * A[6 + j]
    sigma_m[0] = plot[COL_SIGMA] * r * max(ce, 1e-3)
    sigma_m[1] = plot[COL_SIGMA + 1] * r
    sigma_m[2] = plot[COL_SIGMA + 2]


@kernel
def sees(sensor: Array, x_m: float, y_m: float, z_m: float, margin_m: float) -> bool:
    """True if a place lies inside a sensor's coverage by more than margin_m on every side.

    Radar: elevation mask, range, azimuth sector. Infrared: above its least altitude and not grazing the earth. A negative
    margin asks "perhaps seen".
    """
    dx, dy, dz = x_m - sensor[SEN_POS], y_m - sensor[SEN_POS + 1], z_m - sensor[SEN_POS + 2]
    r = sqrt(dx * dx + dy * dy + dz * dz)
    if sensor[SEN_KIND] == INFRARED:
        if altitude_m(x_m, y_m, z_m) < sensor[SEN_MIN_ALTITUDE] + margin_m:
            return False
        size = sqrt(x_m * x_m + y_m * y_m + z_m * z_m)
        return bool(-(dx * x_m + dy * y_m + dz * z_m) > MIN_SATELLITE_ELEVATION * r * size)
    if r + margin_m > sensor[SEN_MAX_RANGE] or r < 1.0:
        return False
    A = sensor[SEN_AXES : SEN_AXES + 9]
    e = A[0] * dx + A[1] * dy + A[2] * dz
    n = A[3] * dx + A[4] * dy + A[5] * dz
    u = A[6] * dx + A[7] * dy + A[8] * dz
    angle = margin_m / r
    if asin(max(-1.0, min(1.0, u / r))) < sensor[SEN_MIN_ELEVATION] + angle:
        return False
    width = sensor[SEN_SECTOR_WIDTH]
    if width >= TWO_PI:
        return True
    turn = wrap_pi(atan2(e, n) - sensor[SEN_SECTOR_FROM] - 0.5 * width)
    return bool(abs(turn) + angle < 0.5 * width)
