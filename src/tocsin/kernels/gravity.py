"""Gravity and the apparent forces of the rotating frame. No air, no thrust here.

Model: WGS-84 central term and J2; higher harmonics (below 3e-4 m/s2), moon and sun (below 2e-6 m/s2) are left out.
"""

from math import sqrt
from typing import Final

from tocsin.kernels.jit import kernel
from tocsin.units import EARTH_J2, EARTH_MU_M3PS2, EARTH_RATE_RADPS, WGS84_A_M

J2_FACTOR_M2: Final = 1.5 * EARTH_J2 * WGS84_A_M * WGS84_A_M
CORIOLIS_RADPS: Final = 2.0 * EARTH_RATE_RADPS
RATE2_RAD2PS2: Final = EARTH_RATE_RADPS * EARTH_RATE_RADPS


@kernel
def gravity_rotating(
    x_m: float,
    y_m: float,
    z_m: float,
    vx_mps: float,
    vy_mps: float,
    vz_mps: float,  # noqa: ARG001 - no force depends on it; taken so that states pass through whole
) -> tuple[float, float, float]:
    """Return the acceleration (ax, ay, az) in m/s2 of a free body in the rotating frame (ECEF position and velocity).

    Central + J2 (Vallado, Fundamentals of Astrodynamics, equation 8-30), Coriolis and centrifugal. Not for the
    earth's centre, where it divides by zero.
    """
    inv_r2 = 1.0 / (x_m * x_m + y_m * y_m + z_m * z_m)
    central = EARTH_MU_M3PS2 * inv_r2 * sqrt(inv_r2)
    five_q = 5.0 * z_m * z_m * inv_r2
    k = J2_FACTOR_M2 * inv_r2
    across = RATE2_RAD2PS2 - central * (1.0 + k * (1.0 - five_q))
    along = -central * (1.0 + k * (3.0 - five_q))
    return across * x_m + CORIOLIS_RADPS * vy_mps, across * y_m - CORIOLIS_RADPS * vx_mps, along * z_m
