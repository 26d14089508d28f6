"""Evenly spread normal samples of an impact ellipse: the same 1,024 points every time, no random numbers.

Used only to ask in which zones an impact may lie.
"""

from math import log, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.impact import spread_points
from tocsin.messages.basics import Vec3
from tocsin.units import WGS84_A_M, WGS84_E2

Array = NDArray[np.float64]

N_SAMPLES: Final = 1_024  # a probability of 1 % is known to about 0.1 %
PLANE_SIGMA_M: Final = 50_000.0  # three sigmas across then end 1.8 km off at 45 degrees of latitude
PLANE_COS_LAT: Final = 0.17  # nearer to a pole than 10 degrees the plane is bad sooner
LOW: Final = 0.02425  # where Acklam's approximation changes from the centre to the tails


def halton(index: int, base: int) -> float:
    """Return the radical inverse of index >= 1 in a prime base (J. Halton, Numerische Mathematik 2 (1960) 84)."""
    result, fraction = 0.0, 1.0
    while index > 0:
        fraction /= base
        index, digit = divmod(index, base)
        result += fraction * digit
    return result


def inverse_normal(p: float) -> float:
    """Return z with Phi(z) = p for 0 < p < 1; relative error below 1.15e-9 (P. Acklam's rational approximation, 2003)."""
    a = (-3.969683028665376e01, 2.209460984245205e02, -2.759285104469687e02, 1.383577518672690e02, -3.066479806614716e01, 2.506628277459239)
    b = (-5.447609879822406e01, 1.615858368580409e02, -1.556989798598866e02, 6.680131188771972e01, -1.328068155288572e01, 1.0)
    c = (-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783)
    d = (7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996, 3.754408661907416, 1.0)
    if p < LOW:
        q = sqrt(-2.0 * log(p))
        return _horner(c, q) / _horner(d, q)
    if p > 1.0 - LOW:
        q = sqrt(-2.0 * log(1.0 - p))
        return -_horner(c, q) / _horner(d, q)
    q = p - 0.5
    return _horner(a, q * q) * q / _horner(b, q * q)


def _horner(coefficients: tuple[float, ...], x: float) -> float:
    """Polynomial, highest power first."""
    value = 0.0
    for coefficient in coefficients:
        value = value * x + coefficient
    return value


def _normal_pairs() -> Array:
    """(2, N_SAMPLES) independent standard normal values, centred and of unit variance like a good sample should be."""
    pairs = np.array([[inverse_normal(halton(i, base)) for i in range(1, N_SAMPLES + 1)] for base in (2, 3)])
    pairs.flags.writeable = False
    return pairs


PAIRS: Final = _normal_pairs()


def ellipse_samples(lat_rad: float, lon_rad: float, cos_lat: float, cov_en_m2: Vec3) -> tuple[Array, Array]:
    """Return (latitudes, longitudes) in radians of equally likely points of a normal impact distribution.

    ``cov_en_m2``: (east-east, east-north, north-north). In the local plane where that is good, else along geodesics
    (20 times slower, for wide ellipses and near the poles).
    """
    ee, en, nn = cov_en_m2
    east_sigma = sqrt(max(ee, 1e-6))
    slope = en / east_sigma
    rest = sqrt(max(nn - slope * slope, 0.0))
    east_m, north_m = east_sigma * PAIRS[0], slope * PAIRS[0] + rest * PAIRS[1]
    if ee + nn > PLANE_SIGMA_M * PLANE_SIGMA_M or cos_lat < PLANE_COS_LAT:
        far_lat, far_lon = np.empty(N_SAMPLES), np.empty(N_SAMPLES)
        spread_points(lat_rad, lon_rad, east_m, north_m, far_lat, far_lon)
        return far_lat, far_lon
    w2 = 1.0 - WGS84_E2 * (1.0 - cos_lat * cos_lat)
    north_radius_m = WGS84_A_M * (1.0 - WGS84_E2) / (w2 * sqrt(w2))
    east_radius_m = WGS84_A_M / sqrt(w2) * cos_lat
    return lat_rad + north_m / north_radius_m, lon_rad + east_m / east_radius_m
