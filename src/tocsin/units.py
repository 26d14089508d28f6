"""Physical constants and unit conversions, each with its source. No functions that compute anything else live here."""

from math import pi
from typing import Final

# WGS-84 ellipsoid and gravity: NGA.STND.0036_1.0.0_WGS84 (2014), tables 3.1 and 3.5.
WGS84_A_M: Final = 6_378_137.0
WGS84_F: Final = 1.0 / 298.257223563
WGS84_E2: Final = WGS84_F * (2.0 - WGS84_F)
WGS84_B_M: Final = WGS84_A_M * (1.0 - WGS84_F)
EARTH_MU_M3PS2: Final = 3.986004418e14
EARTH_RATE_RADPS: Final = 7.292115e-5
EARTH_J2: Final = 1.082629821e-3  # normal-gravity dynamic form factor of the WGS-84 ellipsoid (table 3.5), not the EGM2008 C20

STANDARD_GRAVITY_MPS2: Final = 9.80665  # BIPM, 3rd CGPM (1901)

DEG: Final = pi / 180.0  # radians in one degree
KM: Final = 1_000.0  # metres in one kilometre
NAUTICAL_MILE_M: Final = 1_852.0  # BIPM SI brochure, table 8

NS_PER_S: Final = 1_000_000_000


def seconds_between(later_ns: int, earlier_ns: int) -> float:
    """Return later - earlier in seconds; the integer difference is taken first, so no precision is lost."""
    return (later_ns - earlier_ns) / NS_PER_S


def s2ns(seconds: float) -> int:
    """Return whole nanoseconds nearest to seconds."""
    return round(seconds * NS_PER_S)
