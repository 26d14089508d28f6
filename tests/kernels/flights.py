"""Start states for the flight tests, in the terms people use: place, altitude, speed, climb angle, azimuth, beta."""

import tomllib
from math import cos, log, radians, sin
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import enu_axes, geodetic2ecef

REFERENCE: Final = Path(__file__).parents[1] / "reference"
EPSILON: Final = 2.220446049250313e-16


def reference(name: str) -> dict[str, Any]:
    """Read one file of tests/reference."""
    return tomllib.loads((REFERENCE / name).read_text(encoding="utf-8"))


def flight(
    *,
    alt_m: float = 45_000.0,
    speed_mps: float = 1_800.0,
    climb_deg: float = 42.0,
    azimuth_deg: float = 60.0,
    beta_kgpm2: float = 5_000.0,
    lat_deg: float = 39.0,
    lon_deg: float = 125.5,
) -> NDArray[np.float64]:
    """Return state[7] in ECEF with the given earth-relative velocity."""
    lat, lon, climb, azimuth = radians(lat_deg), radians(lon_deg), radians(climb_deg), radians(azimuth_deg)
    axes = np.empty((3, 3))
    enu_axes(lat, lon, axes)
    enu = (speed_mps * cos(climb) * sin(azimuth), speed_mps * cos(climb) * cos(azimuth), speed_mps * sin(climb))
    velocity = [sum(axes[row, column] * enu[row] for row in range(3)) for column in range(3)]
    return np.array([*geodetic2ecef(lat, lon, alt_m), *velocity, log(beta_kgpm2)])


SRBM: Final = flight()
ICBM: Final = flight(alt_m=150_000.0, speed_mps=7_000.0, climb_deg=23.0, azimuth_deg=40.0, beta_kgpm2=8_000.0)
