"""On which side of a height the lowest point of the two-body orbit through a state lies, as far as the state's spread allows.

A perigee is anything but linear in the velocity: where the speed is known to a third, its gradient says nothing about the
orbit that lies three sigmas off. But "the perigee is at least q" is a quadratic condition: energy and angular momentum, with
v split into a radial and a level part at radius r, give (r2 / q2 - 1) level2 - radial2 >= 2 mu (1 / q - 1 / r). The largest
value of the left side over an ellipsoid of velocities is a trust-region problem, solved exactly by its dual.
"""

from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import altitude_and_up
from tocsin.kernels.jit import kernel
from tocsin.kernels.linalg import cholesky, solve_lower, solve_upper
from tocsin.units import EARTH_MU_M3PS2, EARTH_RATE_RADPS, WGS84_A_M

Array = NDArray[np.float64]

ABOVE: Final = 1  # within so many sigmas the perigee is higher ...
EITHER: Final = 0
BELOW: Final = -1  # ... or lower
HALVINGS: Final = 24  # of the multiplier's interval; any multiplier gives a bound, and near the best one it hardly changes
WIDENINGS: Final = 60  # doublings until a multiplier is large enough
LEAST_GAP_M: Final = 1.0  # an object is taken to be at least so much higher than the height that is asked for


@kernel
def perigee_m(x: Array) -> float:
    """Return the perigee's altitude over a sphere of the equator's radius, for x[>= 6] (ECEF, earth-fixed velocity); J2 is left out.

    Of an unbound path: its nearest point.
    """
    vx, vy, vz = x[3] - EARTH_RATE_RADPS * x[1], x[4] + EARTH_RATE_RADPS * x[0], x[5]
    r = sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2])
    hx, hy, hz = x[1] * vz - x[2] * vy, x[2] * vx - x[0] * vz, x[0] * vy - x[1] * vx
    p = (hx * hx + hy * hy + hz * hz) / EARTH_MU_M3PS2
    energy = 0.5 * (vx * vx + vy * vy + vz * vz) - EARTH_MU_M3PS2 / r
    eccentricity = sqrt(max(1.0 + 2.0 * energy * p / EARTH_MU_M3PS2, 0.0))
    return float(p / (1.0 + eccentricity) - WGS84_A_M)


@kernel
def perigee_side(x: Array, P: Array, sigmas: float, height_m: float) -> int:
    """Return ABOVE, BELOW or EITHER: where the perigee of x[>= 6] lies against a height, for all velocities within sigmas.

    P[>= 6, >= 6]: covariance. The altitude's own spread moves the height by as many sigmas; that of the place on the earth and
    its correlation with the velocity are left out (1 km turns the vertical by as much as 1 m/s does).
    """
    _, up_x, up_y, up_z = altitude_and_up(x[0], x[1], x[2])
    up = (up_x, up_y, up_z)
    variance = 0.0
    for a in range(3):
        for b in range(3):
            variance += up[a] * P[a, b] * up[b]
    spread_m = sigmas * sqrt(max(variance, 0.0))
    if perigee_m(x) < height_m:
        if sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2]) - WGS84_A_M + spread_m < height_m:
            return BELOW  # no perigee is higher than the object
        return BELOW if _greatest(x, P, sigmas, height_m - spread_m, 1.0) < 0.0 else EITHER
    return ABOVE if _greatest(x, P, sigmas, height_m + spread_m, -1.0) < 0.0 else EITHER


@kernel
def _greatest(x: Array, P: Array, sigmas: float, height_m: float, sign: float) -> float:
    """Return sign x (left side - right side) of the module's condition at its greatest within sigmas, for q at height_m.

    Whitened, v = v0 + L u with |u| <= sigmas, it is u'Bu + 2 b'u + c; for any m above B's eigenvalues no value exceeds
    sigmas2 m + b'(m - B)^-1 b + c, and the least of these is the greatest value (Conn, Gould, Toint 2000, section 7.2).
    """
    size = sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2])
    q = WGS84_A_M + height_m
    r = max(size, q + LEAST_GAP_M)
    level = r * r / (q * q) - 1.0
    v = (x[3] - EARTH_RATE_RADPS * x[1], x[4] + EARTH_RATE_RADPS * x[0], x[5])
    n = (x[0] / size, x[1] / size, x[2] / size)
    A = np.empty((3, 3))
    spread = np.empty((3, 3))
    L = np.zeros((3, 3))
    for a in range(3):
        for c in range(3):
            A[a, c] = sign * ((level if a == c else 0.0) - (level + 1.0) * n[a] * n[c])
            spread[a, c] = P[3 + a, 3 + c]
    constant = -sign * 2.0 * EARTH_MU_M3PS2 * (1.0 / q - 1.0 / r)
    Av = np.zeros(3)
    for a in range(3):
        for c in range(3):
            Av[a] += A[a, c] * v[c]
        constant += v[a] * Av[a]
    if not cholesky(spread, 3, L):
        return constant
    B = np.zeros((3, 3))
    b = np.zeros(3)
    for i in range(3):
        for a in range(3):
            b[i] += L[a, i] * Av[a]
            for j in range(3):
                for c in range(3):
                    B[i, j] += L[a, i] * A[a, c] * L[c, j]
    return constant + _least_dual(B, b, sigmas)


@kernel
def _least_dual(B: Array, b: Array, sigmas: float) -> float:
    """Return the least of sigmas2 m + b'(m - B)^-1 b over m above B's eigenvalues, B[3, 3], b[3]."""
    work = np.empty((3, 3))
    L = np.zeros((3, 3))
    y = np.empty(3)
    high = 1.0
    for a in range(3):
        for c in range(3):
            high = max(high, abs(B[a, c]))
    for _ in range(WIDENINGS):
        if _slope(B, b, high, sigmas, work, L, y) > 0.0:
            break
        high *= 2.0
    low = 0.0
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if _slope(B, b, middle, sigmas, work, L, y) > 0.0:
            high = middle
        else:
            low = middle
    _slope(B, b, high, sigmas, work, L, y)
    value = sigmas * sigmas * high
    for a in range(3):
        value += y[a] * b[a]
    return value


@kernel
def _slope(B: Array, b: Array, m: float, sigmas: float, work: Array, L: Array, y: Array) -> float:
    """Return sigmas2 - |(m - B)^-1 b|2, and fill y[3] with that vector; -1 where m is not above B's eigenvalues."""
    for a in range(3):
        for c in range(3):
            work[a, c] = (m if a == c else 0.0) - B[a, c]
    if not cholesky(work, 3, L):
        return -1.0
    solve_lower(L, 3, b, y)
    solve_upper(L, 3, y, y)
    return float(sigmas * sigmas - (y[0] * y[0] + y[1] * y[1] + y[2] * y[2]))
