"""Normalised errors: NEES of states with their covariances, and of points with their ellipses. Arrays in, arrays out."""

from math import inf, log, nan, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import ground_distance_m

Array = NDArray[np.float64]

LEVELS: Final = (0.50, 0.90, 0.95)  # of the ellipses whose coverage is counted


def nees(errors: Array, covs: Array) -> Array:
    """Return e' P^-1 e for errors[N, n] and covariances[N, n, n]; NaN where a covariance is not positive definite.

    By Cholesky factor and substitution after scaling to unit variances, so that metres beside metres per second do no harm.

    >>> nees(np.array([[3.0, 4.0]]), np.array([[[9.0, 0.0], [0.0, 4.0]]]))
    array([5.])
    """
    variances = np.einsum("nii->ni", covs)
    good = np.isfinite(errors).all(axis=1) & np.isfinite(covs).all(axis=(1, 2)) & (variances > 0.0).all(axis=1)
    found = np.full(len(errors), nan)
    if not good.any():
        return found
    scale = np.sqrt(variances[good])
    matrices = covs[good] / (scale[:, :, None] * scale[:, None, :])
    values = (errors[good] / scale)[:, :, None]
    try:
        whitened = np.linalg.solve(np.linalg.cholesky(matrices), values)[:, :, 0]
        found[good] = (whitened * whitened).sum(axis=1)
    except np.linalg.LinAlgError:  # at least one is not positive: one by one
        found[good] = [_one_nees(matrix, value[:, 0]) for matrix, value in zip(matrices, values, strict=True)]
    return found


def point_nees(offset_en_m: tuple[float, float], cov_en_m2: tuple[tuple[float, float], tuple[float, float]]) -> float:
    """Return the squared distance of a point in 1-sigma radii of an ellipse; infinite where the ellipse has no area."""
    (ee, en), (ne, nn) = cov_en_m2
    cross = 0.5 * (en + ne)
    det = ee * nn - cross * cross
    if det <= 0.0:
        return inf
    east, north = offset_en_m
    return (nn * east * east - 2.0 * cross * east * north + ee * north * north) / det


def ellipse_limit(level: float) -> float:
    """Return the squared radius, in sigmas, of the ellipse of two dimensions that holds this share: -2 ln(1 - level)."""
    return -2.0 * log(1.0 - level)


def ellipse_area_m2(cov_en_m2: tuple[tuple[float, float], tuple[float, float]], level: float) -> float:
    """Return the area of the ellipse that holds this share."""
    (ee, en), (ne, nn) = cov_en_m2
    cross = 0.5 * (en + ne)
    return float(np.pi) * ellipse_limit(level) * sqrt(max(0.0, ee * nn - cross * cross))


def offset_en_m(lat_rad: float, lon_rad: float, to_lat_rad: float, to_lon_rad: float) -> tuple[float, float]:
    """Return (east, north) in metres from one point to another on the ellipsoid, some hundreds of kilometres away at most.

    Length and local scale from exact distances along the meridian and the parallel's chord; 0.1 % off at 100 km.
    """
    north = ground_distance_m(lat_rad, lon_rad, to_lat_rad, lon_rad) * (1.0 if to_lat_rad >= lat_rad else -1.0)
    turn = (to_lon_rad - lon_rad + np.pi) % (2.0 * np.pi) - np.pi
    east = ground_distance_m(to_lat_rad, lon_rad, to_lat_rad, to_lon_rad) * (1.0 if turn >= 0.0 else -1.0)
    return float(east), float(north)


def ring_holds(ring: tuple[tuple[float, float], ...], lat: float, lon: float) -> bool:
    """Return whether a ring of (latitude, longitude), closed or not, holds a point; all in one unit of angle, degrees.

    Crossings of the meridian through the point; longitudes are taken relative to the point, so the date line is no edge. Not
    for rings around a pole.

    >>> ring_holds(((0.0, 179.0), (0.0, -179.0), (2.0, -179.0), (2.0, 179.0)), 1.0, 180.0)
    True
    """
    inside = False
    for (lat1, lon1), (lat2, lon2) in zip(ring, (*ring[1:], ring[0]), strict=True) if ring else ():
        x1, x2 = (lon1 - lon + 180.0) % 360.0 - 180.0, (lon2 - lon + 180.0) % 360.0 - 180.0
        if abs(x1 - x2) > 180.0:  # an edge on the far side of the earth
            continue
        if (x1 > 0.0) != (x2 > 0.0) and lat < lat1 + (lat2 - lat1) * x1 / (x1 - x2):
            inside = not inside
    return inside


def _one_nees(matrix: Array, value: Array) -> float:
    """Return one normalised error, NaN if the matrix is not positive definite."""
    try:
        whitened = np.linalg.solve(np.linalg.cholesky(matrix), value)
    except np.linalg.LinAlgError:
        return nan
    return float((whitened * whitened).sum())
