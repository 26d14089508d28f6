"""Slow, obvious twin of the refraction table: the ray equation in Cartesian coordinates, d/ds (n dr/ds) = grad n, by DOP853.

Takes nothing from the project. n = 1 + 315e-6 exp(-h / 7350 m) (Recommendation ITU-R P.453) about a sphere of 6 371 km. With
the radio path L = integral of n as variable: dr/dL = p / n^2, dp/dL = (grad n) / n, where p = n dr/ds.
"""

from math import atan2, cos, exp, hypot, sin

import numpy as np
from scipy.integrate import solve_ivp

RADIUS_M = 6_371_000.0


def trace(sensor_alt_m: float, elevation_rad: float, radio_path_m: float, surface_n: float = 315.0) -> tuple[float, float]:
    """Return (true elevation, true distance) of what is seen at an elevation and range."""

    def rates(_: float, y: np.ndarray) -> list[float]:
        x, z, px, pz = y
        r = hypot(x, z)
        n = 1.0 + 1e-6 * surface_n * exp(-(r - RADIUS_M) / 7_350.0)
        down = -(n - 1.0) / 7_350.0 / r / n
        return [px / n**2, pz / n**2, down * x, down * z]

    start = RADIUS_M + sensor_alt_m
    n = 1.0 + 1e-6 * surface_n * exp(-sensor_alt_m / 7_350.0)
    first = [0.0, start, n * cos(elevation_rad), n * sin(elevation_rad)]
    end = solve_ivp(rates, (0.0, radio_path_m), first, method="DOP853", rtol=1e-12, atol=1e-6, max_step=5_000.0).y[:, -1]
    across, up = float(end[0]), float(end[1]) - start
    return atan2(up, across), hypot(across, up)
