"""How long a drag-free flight lasts that has a given apogee and ground range: a closed form, to judge reported figures with.

Simplifications: a spherical earth that does not turn, no air, no boost. Real flights of 2016-2024 lasted 4-6 % longer (boost
and re-entry).
"""

from math import acos, cos, pi, sin, sqrt
from typing import Final

from tocsin.assessment.energy import MEAN_RADIUS_M
from tocsin.units import EARTH_MU_M3PS2

LEAST_APOGEE_M: Final = 1.0  # a lower one is a wrong unit or nothing; far below it the ellipse cannot be told from a circle


def arc_flight_s(range_m: float, apogee_m: float) -> float | None:
    """Return the flight time (s) of the Kepler arc from surface to surface over range_m with its highest point at apogee_m.

    None where no such arc exists: apogee_m below a metre, range_m negative or half the circumference and more, an escape.
    Method: the apogee is at true anomaly pi and the surface at pi -+ psi / 2 with psi = range / R, so that the orbit equation
    at both gives e = h / (R + h - R cos(psi / 2)); then Kepler's equation (Bate, Mueller, White, 1971, sections 1.5 and 4.2).

    >>> round(arc_flight_s(0.0, 45_000.0))  # a throw straight up: 2 sqrt(2 h / g) is 191.6 s with g of the ground
    193
    """
    half = 0.5 * range_m / MEAN_RADIUS_M
    if not (apogee_m >= LEAST_APOGEE_M and 0.0 <= half < 0.5 * pi):
        return None
    top = MEAN_RADIUS_M + apogee_m
    e = apogee_m / (top - MEAN_RADIUS_M * cos(half))
    a = top / (1.0 + e)
    anomaly = acos(max(-1.0, min(1.0, (1.0 - MEAN_RADIUS_M / a) / e)))
    mean = anomaly - e * sin(anomaly)
    return 2.0 * (pi - mean) * sqrt(a * a * a / EARTH_MU_M3PS2)
