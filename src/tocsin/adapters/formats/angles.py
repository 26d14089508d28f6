"""Degrees for files: the number that reads back to the very radians it came from, wherever a double can do that."""

from math import inf, nextafter
from typing import Final

from tocsin.units import DEG

NEIGHBOURS: Final = 2  # doubles tried on each side; rounding moves the quotient by one at most
FEW_DIGITS: Final = 12  # a person's entry has fewer decimals than that


def deg(angle_rad: float) -> float:
    """Return degrees d with d * DEG == angle_rad, or the nearest quotient where no double does it (1e-16 rad off)."""
    quotient = angle_rad / DEG
    low = high = quotient
    for _ in range(NEIGHBOURS):
        if low * DEG == angle_rad:
            return low
        if high * DEG == angle_rad:
            return high
        low, high = nextafter(low, -inf), nextafter(high, inf)
    return quotient


def short_deg(angle_rad: float) -> float:
    """Return the shortest such number of degrees: 36.9 where somebody wrote 36.9. Slower, for configuration files."""
    exact = deg(angle_rad)
    for digits in range(FEW_DIGITS + 1):
        short = round(exact, digits)
        if short * DEG == angle_rad:
            return short
    return exact
