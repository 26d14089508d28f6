"""Rounding to a rule's grid, with the rounding's variance carried in the covariance. Arithmetic only; no messages.

A value rounded to a grid g errs uniformly by at most g/2, variance g*g/12 (Sheppard's term). That is added to the
variances. Covariance entries are then rounded themselves, since exact entries would tell the finer state behind the
coarse one; their rounding is paid for on the diagonal, so that the released matrix is never smaller than the true one.
"""

from math import ceil, pi, sqrt
from typing import Final

from tocsin.units import WGS84_A_M

LN_BETA_GRID: Final = 0.05  # 5 % of beta: a twentieth of the prior's spread, so hardly any loss; applies under any grid
PROBABILITY_GRID_PARTS: Final = 100  # probabilities go in whole hundredths under a grid
VARIANCE_PARTS: Final = 100.0  # covariance unit of axes i and j: grid_i * grid_j / 100, a tenth of a grid in 1-sigma terms
SIGMA_PARTS: Final = 10.0  # the same for a single standard deviation

# Longitude steps are whole multiples of the latitude step, so that no cell is narrower than the grid (1/cos(latitude)).
_BANDS: Final = ((pi / 3.0, 2.0), (pi * 80.0 / 180.0, 6.0))  # below 60 degrees twice, below 80 degrees six times
_POLAR_MULTIPLE: Final = 60.0


def to_grid(value: float, grid: float) -> float:
    """Return the multiple of grid nearest to value; the value itself if the grid is 0."""
    return value if grid <= 0.0 else round(value / grid) * grid


def sigma_on_grid(sigma: float, grid: float) -> float:
    """Return sigma with the rounding's variance added, rounded up to a tenth of the grid."""
    if grid <= 0.0:
        return sigma
    unit = grid / SIGMA_PARTS
    return ceil(sqrt(sigma * sigma + grid * grid / 12.0) / unit) * unit


def probability_on_grid(probability: float) -> float:
    """Return the nearest whole hundredth."""
    return round(probability * PROBABILITY_GRID_PARTS) / PROBABILITY_GRID_PARTS


def probabilities_on_grid(parts: tuple[float, ...]) -> tuple[float, ...]:
    """Return hundredths that still sum to 1: the largest takes what rounding left over."""
    hundredths = [round(part * PROBABILITY_GRID_PARTS) for part in parts]
    largest = max(range(len(parts)), key=lambda index: (parts[index], -index))
    hundredths[largest] += PROBABILITY_GRID_PARTS - sum(hundredths)
    return tuple(part / PROBABILITY_GRID_PARTS for part in hundredths)


def longitude_multiple(lat_rad: float) -> float:
    """Return how many latitude steps a longitude step has at this (already rounded) latitude."""
    for limit_rad, multiple in _BANDS:
        if abs(lat_rad) < limit_rad:
            return multiple
    return _POLAR_MULTIPLE


def place_on_grid(lat_rad: float, lon_rad: float, grid_m: float) -> tuple[float, float]:
    """Return latitude and longitude on the angular grid: steps of grid_m / equatorial radius, longitude by band."""
    if grid_m <= 0.0:
        return lat_rad, lon_rad
    step_rad = grid_m / WGS84_A_M
    lat_grid_rad = to_grid(lat_rad, step_rad)
    return lat_grid_rad, to_grid(lon_rad, step_rad * longitude_multiple(lat_grid_rad))


def covariance_on_grid(cov: tuple[float, ...], grids: tuple[float, ...]) -> tuple[float, ...]:
    """Return an upper triangle (row by row, n axes) that is at least cov + rounding variance, in units that hide the rest.

    Args:
        cov: n*(n+1)/2 entries, positive semi-definite.
        grids: n grids, one per axis, in that axis's unit; 0 leaves the axis alone.

    Off-diagonal entries are rounded to the nearest unit (error at most half a unit), diagonal entries up, plus
    (n - 1) / 2 units rounded up: by Gershgorin's circles the rounding can then only enlarge the matrix.
    """
    n = len(grids)
    reserve = n // 2  # (n - 1) / 2 rounded up
    out: list[float] = []
    k = 0
    for i in range(n):
        for j in range(i, n):
            value = cov[k]
            unit = grids[i] * grids[j] / VARIANCE_PARTS
            if unit > 0.0 and i == j:
                value = (ceil((value + grids[i] * grids[i] / 12.0) / unit) + reserve) * unit
            elif unit > 0.0:
                value = round(value / unit) * unit
            out.append(value)
            k += 1
    return tuple(out)


def added_position_sigma_m(grid_m: float) -> float:
    """Return the typical 1-sigma per axis that a position grid adds: rounding, reserve of 3 units, half a unit of rounding up."""
    return 0.0 if grid_m <= 0.0 else sqrt(grid_m * grid_m * (1.0 / 12.0 + 3.5 / VARIANCE_PARTS))
