"""The class that published figures imply: the farthest an arc's energy could reach, from apogee and distance alone.

Independent of ``assessment.energy`` on purpose: geometry of the ellipse only, no speed, no gravity constant, no state. Nothing
of a track comes in here.
"""

import math
from typing import Final

from tocsin.units import KM

EARTH_RADIUS_M: Final = 6_371_000.0  # mean radius; an arc on a still sphere
LIMITS_M: Final = (("SRBM", 1_000.0 * KM), ("MRBM", 3_000.0 * KM), ("IRBM", 5_500.0 * KM))  # above the last: ICBM


def least_energy_range_m(apogee_m: float, distance_m: float) -> float:
    """Return the longest ground range of an ellipse with the energy of the one through an apogee and a ground distance.

    An ellipse with its focus in the earth's centre, r(theta) = p / (1 - e cos theta) with theta from the apogee, passes the
    apogee R + h at theta = 0 and the ground R at half the range angle phi, so e = h / (R + h - R cos phi), a = (R + h) / (1 + e).
    Energy depends on the major axis 2a only. The distances of a ground point to the two foci add up to 2a; for the farthest pair
    of ground points of that energy the second focus lies on their chord, in its middle (Lambert's ellipse of least energy), so
    2a = R + R sin(Psi / 2) with Psi the longest range angle. Half the circumference where a >= R.

    >>> round(least_energy_range_m(125_000.0, 500_000.0) / 1000)  # a quarter of the distance: already the best arc
    500
    """
    phi = 0.5 * distance_m / EARTH_RADIUS_M
    top_m = EARTH_RADIUS_M + apogee_m
    eccentricity = apogee_m / (top_m - EARTH_RADIUS_M * math.cos(phi))
    sine = 2.0 * top_m / (1.0 + eccentricity) / EARTH_RADIUS_M - 1.0
    return 2.0 * EARTH_RADIUS_M * math.asin(min(1.0, sine))


def class_of(range_m: float) -> str:
    """Return the class of a longest range."""
    return next((name for name, limit_m in LIMITS_M if range_m <= limit_m), "ICBM")
