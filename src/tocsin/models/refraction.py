"""Bending of radar rays in a standard exponential atmosphere: what to add to raw elevation and range (``refraction = "none"``).

Simplifications: refractivity N = N0 exp(-h / h0) with the global mean of Recommendation ITU-R P.453 (N0 = 315, h0 = 7.35 km),
spherical symmetry about a sphere of mean radius, no weather, no ducts, no ionosphere (above about 1 GHz it matters little). Rays
are traced once per sensor height by Runge-Kutta steps along the path (no singularity where a ray is level) into a table of
elevation and range; between its nodes the table is interpolated. What the day's air differs from the mean stays as a sigma.

>>> table = refraction_table(0.0, 1.0e6)
>>> correction = table.correction(math.radians(3.0), 500e3)  # seen 3 degrees high: it is 3.9 mrad lower
>>> round(1e3 * correction.elevation_rad, 1), round(correction.range_m)
(-3.9, -36)
"""

import math
from functools import lru_cache
from typing import Final

import msgspec

from tocsin.units import DEG

SURFACE_N: Final = 315.0  # N units at sea level, ITU-R P.453, mean reference atmosphere
SCALE_HEIGHT_M: Final = 7_350.0  # same
N_SHARE_SIGMA: Final = 0.08  # surface refractivity over places and seasons, 1 sigma (ITU-R P.453 maps: about 290-390)
SPHERE_M: Final = 6_371_009.0  # mean radius; 0.3 % less or more changes the bending by as little
LOWEST_RAD: Final = -1.5 * DEG
HIGHEST_RAD: Final = 90.0 * DEG
ELEVATIONS: Final = 64  # nodes, dense about the horizon where the bending changes fastest
RANGES: Final = 40  # nodes, dense near the sensor
NODE_SCALE_RAD: Final = 1.2 * DEG  # nodes are even in asinh(elevation / this)
AIR_TOP_M: Final = 120_000.0  # above it N is below 1e-4 of the surface's: rays are straight
SHORTEST_STEP_M: Final = 100.0
STEP_SHARE: Final = 0.15  # of the scale height climbed per step: bending good to 1e-5 of itself
LONGEST_STEP_M: Final = 6_000.0
FLOOR_M: Final = -500.0  # rays that would pass below go on in the air of this height
HEIGHT_STEP_M: Final = 50.0  # sensors within half of this share a table: 0.35 % of the bending
BEYOND: Final = 1.1  # plots may lie a little beyond a sensor's stated range


class Correction(msgspec.Struct, frozen=True):
    """What to add to a raw plot, and what stays uncertain (1 sigma)."""

    elevation_rad: float
    range_m: float
    sigma_elevation_rad: float
    sigma_range_m: float


class RefractionTable(msgspec.Struct, frozen=True):
    """Corrections of one sensor height at the nodes; rows are elevations, columns ranges from 0 to max_range_m (even in root)."""

    first: float  # asinh coordinate of the lowest elevation
    step: float
    max_range_m: float
    elevation_rad: tuple[tuple[float, ...], ...]
    range_m: tuple[tuple[float, ...], ...]

    def correction(self, elevation_rad: float, range_m: float) -> Correction:
        """Return the correction of a raw elevation (-1.5 to 90 degrees; held beyond) and range (held beyond the table's)."""
        row = (math.asinh(max(elevation_rad, LOWEST_RAD) / NODE_SCALE_RAD) - self.first) / self.step
        column = (RANGES - 1) * math.sqrt(min(max(range_m / self.max_range_m, 0.0), 1.0))
        i, j = min(max(int(row), 0), ELEVATIONS - 2), min(int(column), RANGES - 2)
        u, v = min(max(row - i, 0.0), 1.0), column - j
        angle = _between(self.elevation_rad[i], self.elevation_rad[i + 1], j, u, v)
        along = _between(self.range_m[i], self.range_m[i + 1], j, u, v)
        return Correction(angle, along, N_SHARE_SIGMA * abs(angle), N_SHARE_SIGMA * abs(along))


def refraction_table(alt_m: float, max_range_m: float) -> RefractionTable:
    """Return the table of a sensor at alt_m; about 0.1 s."""
    first, last = math.asinh(LOWEST_RAD / NODE_SCALE_RAD), math.asinh(HIGHEST_RAD / NODE_SCALE_RAD)
    step = (last - first) / (ELEVATIONS - 1)
    marks = [max_range_m * (j / (RANGES - 1)) ** 2 for j in range(RANGES)]
    angles, lengths = [], []
    for i in range(ELEVATIONS):
        elevation = NODE_SCALE_RAD * math.sinh(first + i * step)
        rows = _trace(alt_m, elevation, marks)
        angles.append(tuple(row[0] for row in rows))
        lengths.append(tuple(row[1] for row in rows))
    return RefractionTable(first, step, max_range_m, tuple(angles), tuple(lengths))


@lru_cache(maxsize=64)
def table_near(steps_up: int, max_range_m: float) -> RefractionTable:
    """Return the table of the height steps_up times HEIGHT_STEP_M; kept, as moving platforms change height little."""
    return refraction_table(HEIGHT_STEP_M * steps_up, max_range_m)


def refraction_of(alt_m: float, max_range_m: float) -> RefractionTable:
    """Return the table that serves a sensor at alt_m: the nearest of those HEIGHT_STEP_M apart, reaching beyond max_range_m."""
    return table_near(round(alt_m / HEIGHT_STEP_M), BEYOND * max_range_m)


def _between(low: tuple[float, ...], high: tuple[float, ...], j: int, u: float, v: float) -> float:
    """Return the bilinear value at share u from row low to high and v from column j."""
    return (1.0 - u) * ((1.0 - v) * low[j] + v * low[j + 1]) + u * ((1.0 - v) * high[j] + v * high[j + 1])


def _trace(alt_m: float, elevation_rad: float, marks_m: list[float]) -> list[tuple[float, float]]:
    """Follow one ray; return (elevation, range correction) where its radio path, the integral of n, reaches each of marks_m.

    In the plane of the ray: height above the centre r, angle at the centre phi, local elevation e:
    dr/ds = sin e, dphi/ds = cos e / r, de/ds = cos e (1 / r + n' / n). Marks inside a step are reached by a shorter one.
    """
    start_m = SPHERE_M + alt_m
    r, phi, e, path_m = start_m, 0.0, elevation_rad, 0.0
    out: list[tuple[float, float]] = []
    for mark_m in marks_m:
        while path_m < mark_m - 1e-6:
            n = 1.0 + _excess(r)
            step_m = min(_step_m(r, e), (mark_m - path_m) / n)
            before = _excess(r)
            r1, phi1, e1 = _step(r, phi, e, step_m)
            path_m += step_m * (1.0 + 0.5 * (before + _excess(r1)))
            r, phi, e = r1, phi1, e1
            if step_m < 1e-3:
                break
        across, up = r * math.sin(phi), r * math.cos(phi) - start_m
        length_m = math.sqrt(across * across + up * up)
        out.append((math.atan2(up, across) - elevation_rad, length_m - mark_m) if mark_m > 0.0 else (0.0, 0.0))
    return out


def _excess(r: float) -> float:
    """Return n - 1 at a distance from the centre."""
    return 1e-6 * SURFACE_N * math.exp(-max(r - SPHERE_M, FLOOR_M) / SCALE_HEIGHT_M)


def _step_m(r: float, e: float) -> float:
    """Return a step that climbs a share of the scale height; long ones above the air, whose rays are straight."""
    above_m = r - SPHERE_M
    if above_m > AIR_TOP_M and e > 0.0:
        return 1e9  # straight from here to the mark
    return min(
        max(STEP_SHARE * SCALE_HEIGHT_M / (abs(math.sin(e)) + 1e-3), SHORTEST_STEP_M), LONGEST_STEP_M * (1.0 + max(above_m, 0.0) / 2e4)
    )


def _step(r: float, phi: float, e: float, step_m: float) -> tuple[float, float, float]:
    """Return (r, phi, e) after a straight line of step_m where there is no air, else after one Runge-Kutta step."""
    if r - SPHERE_M > AIR_TOP_M and e > 0.0:
        up, across = r + step_m * math.sin(e), step_m * math.cos(e)
        turn = math.atan2(across, up)
        return math.sqrt(up * up + across * across), phi + turn, e + turn
    k1 = _slope(r, e)
    k2 = _slope(r + 0.5 * step_m * k1[0], e + 0.5 * step_m * k1[2])
    k3 = _slope(r + 0.5 * step_m * k2[0], e + 0.5 * step_m * k2[2])
    k4 = _slope(r + step_m * k3[0], e + step_m * k3[2])
    sixth = step_m / 6.0
    dr, dphi, de = (k1[i] + 2.0 * (k2[i] + k3[i]) + k4[i] for i in range(3))
    return r + sixth * dr, phi + sixth * dphi, e + sixth * de


def _slope(r: float, e: float) -> tuple[float, float, float]:
    """Return d(r, phi, e) / d(path)."""
    excess = _excess(r)
    gradient = -excess / SCALE_HEIGHT_M / (1.0 + excess)
    cosine = math.cos(e)
    return math.sin(e), cosine / r, cosine * (1.0 / r + gradient)
