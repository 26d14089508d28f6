"""Rings for ships and aircraft: the 99 % ellipse of an impact, and the corridor below a path to it. Closed, (lat_rad, lon_rad).

A ring is drawn with room, and its ``Shape`` is kept: whether a later impact still fits into it is then a matter of two
ellipses and needs no polygon. All geometry is done in the plane of distance and bearing from the impact (azimuthal
equidistant), which has no pole and no date line. When a ring is redrawn is decided in ``areas``. Approximate, no legal value.
"""

from dataclasses import dataclass
from math import atan2, cos, hypot, pi, sin, sqrt
from typing import Final

from tocsin.kernels.geodesy import ground_destination, ground_inverse
from tocsin.messages.basics import Vec3
from tocsin.messages.event import ImpactEstimate, PathPoint
from tocsin.units import KM, NAUTICAL_MILE_M

Ring = tuple[tuple[float, float], ...]
Plane = list[tuple[float, float]]  # (east_m, north_m) from the impact

CHI_99: Final = 3.0349  # sqrt of the 99 % point of chi-square with 2 degrees of freedom, 9.2103
CORNERS: Final = 36  # a corner every 10 degrees; the polygon is drawn around the ellipse, not inside it
OUTSIDE: Final = 1.0 / cos(pi / CORNERS)  # so its sides touch the ellipse
ROOM: Final = 1.25  # of the half axes: for the breathing of a covariance between two scans before a ring must be redrawn
SEA_FLOOR_M: Final = 2.0 * NAUTICAL_MILE_M  # a chart in a wheelhouse shows no less
AIR_FLOOR_M: Final = 6.0 * NAUTICAL_MILE_M  # separation from such areas above flight level 600 (FAA JO 7110.65, 9-3-2)
STEP_M: Final = 200.0 * KM  # longer edges get corners between, so that charts that join corners by other lines agree within 1 km
MOST_STEPS: Final = 40  # per edge
MOST_PATH_POINTS: Final = 12  # circles below a path; great circles through the impact are straight in the plane
EIGHTHS: Final = tuple((cos(k * pi / 4.0), sin(k * pi / 4.0)) for k in range(8))
ROUND_OUT: Final = 1.0 / cos(pi / 8.0)  # eight corners drawn around their circle
SAME_M: Final = 1.0  # corners nearer than this are one


@dataclass(frozen=True, slots=True)
class Shape:
    """What rings were drawn for: the ellipse with its room (matrix of its contour, m2, east and north), and how long the path was."""

    lat_rad: float
    lon_rad: float
    contour_m2: Vec3
    path_ns: int


def shape_of(impact: ImpactEstimate, path: tuple[PathPoint, ...]) -> Shape:
    """Return the shape of rings drawn now: the 99 % ellipse with room, no half axis below the floor for ships."""
    larger_m, smaller_m, angle = _half_axes(impact.cov_en_m2, CHI_99)
    a, b = max(ROOM * larger_m, SEA_FLOOR_M), max(ROOM * smaller_m, SEA_FLOOR_M)
    c, s = cos(angle), sin(angle)
    contour = (a * a * c * c + b * b * s * s, (a * a - b * b) * c * s, a * a * s * s + b * b * c * c)
    return Shape(impact.lat_rad, impact.lon_rad, contour, impact.time_ns - path[0].time_ns if path else 0)


def fits(impact: ImpactEstimate, shape: Shape) -> bool:
    """Return whether the impact's 99 % ellipse (without room) lies inside the shape.

    Sufficient, by support functions: the shift measured in the shape plus the largest ratio of widths is at most 1.
    """
    away_m, bearing = ground_inverse(shape.lat_rad, shape.lon_rad, impact.lat_rad, impact.lon_rad)
    _, back = ground_inverse(impact.lat_rad, impact.lon_rad, shape.lat_rad, shape.lon_rad)
    turn = (back + pi - bearing) if away_m > 0.0 else 0.0  # north there against north here: near a pole they differ
    ee, en, nn = _turned(impact.cov_en_m2, turn)
    a, b, d = shape.contour_m2
    det = a * d - b * b
    east_m, north_m = away_m * sin(bearing), away_m * cos(bearing)
    shift = sqrt(max(0.0, (d * east_m * east_m - 2.0 * b * east_m * north_m + a * north_m * north_m) / det))
    half_trace = 0.5 * (d * ee - 2.0 * b * en + a * nn) / det
    widest = half_trace + sqrt(max(0.0, half_trace * half_trace - (ee * nn - en * en) / det))
    return bool(shift + CHI_99 * sqrt(max(0.0, widest)) <= 1.0)


def contour_area_m2(shape: Shape) -> float:
    """Return the area of a shape's ellipse."""
    a, b, d = shape.contour_m2
    return pi * sqrt(max(0.0, a * d - b * b))


def sea_ring(impact: ImpactEstimate, shape: Shape) -> Ring:
    """Return the ring for ships: around the shape, which is that of this impact."""
    return _ring(impact, _ellipse(shape.contour_m2, 0.0))


def air_ring(impact: ImpactEstimate, path: tuple[PathPoint, ...], shape: Shape) -> Ring:
    """Return the ring for aircraft: the hull of circles below the path that widen to the shape at the impact."""
    points = _ellipse(shape.contour_m2, AIR_FLOOR_M)
    narrow_m = _half_axes(shape.contour_m2, 1.0)[1]
    used = path[:: 1 + len(path) // MOST_PATH_POINTS]
    for i, point in enumerate(used):
        away_m, bearing = ground_inverse(impact.lat_rad, impact.lon_rad, point.lat_rad, point.lon_rad)
        radius_m = max(AIR_FLOOR_M, narrow_m * (i + 1) / len(used)) * ROUND_OUT
        points.extend((away_m * sin(bearing) + radius_m * c, away_m * cos(bearing) + radius_m * s) for c, s in EIGHTHS)
    return _ring(impact, _divided(_hull(points)))


def _half_axes(matrix: Vec3, chi: float) -> tuple[float, float, float]:
    """Return (larger, smaller) half axis of an ellipse and the mathematical angle of the larger one from east."""
    ee, en, nn = matrix
    mean, half = 0.5 * (ee + nn), sqrt(max(0.0, 0.25 * (ee - nn) * (ee - nn) + en * en))
    return chi * sqrt(max(0.0, mean + half)), chi * sqrt(max(0.0, mean - half)), 0.5 * atan2(2.0 * en, ee - nn)


def _turned(cov_en_m2: Vec3, turn_rad: float) -> Vec3:
    """Return a covariance in axes whose north lies ``turn_rad`` clockwise of its own."""
    ee, en, nn = cov_en_m2
    c, s = cos(turn_rad), sin(turn_rad)
    return c * c * ee - 2.0 * c * s * en + s * s * nn, c * s * (ee - nn) + (c * c - s * s) * en, s * s * ee + 2.0 * c * s * en + c * c * nn


def _ellipse(contour_m2: Vec3, floor_m: float) -> Plane:
    """Return corners around an ellipse whose half axes are not below a floor, counter-clockwise."""
    larger_m, smaller_m, angle = _half_axes(contour_m2, 1.0)
    a, b = max(larger_m, floor_m) * OUTSIDE, max(smaller_m, floor_m) * OUTSIDE
    corners: Plane = []
    for k in range(CORNERS):
        along, across = a * cos(2.0 * pi * k / CORNERS), b * sin(2.0 * pi * k / CORNERS)
        corners.append((along * cos(angle) - across * sin(angle), along * sin(angle) + across * cos(angle)))
    return corners


def _hull(points: Plane) -> Plane:
    """Return the convex hull, counter-clockwise (monotone chain, A. M. Andrew, 1979)."""
    ordered = sorted(points)
    hull: Plane = []
    for side in (ordered, ordered[::-1]):
        start = len(hull)
        for point in side:
            while len(hull) - start >= 2 and _turn(hull[-2], hull[-1], point) <= 0.0:
                hull.pop()
            if not hull or hypot(point[0] - hull[-1][0], point[1] - hull[-1][1]) > SAME_M:
                hull.append(point)
        hull.pop()
    return hull


def _divided(corners: Plane) -> Plane:
    """Return the corners with more of them on long edges."""
    out: Plane = []
    for i, (east, north) in enumerate(corners):
        east2, north2 = corners[(i + 1) % len(corners)]
        steps = min(MOST_STEPS, 1 + int(hypot(east2 - east, north2 - north) / STEP_M))
        out.extend((east + (east2 - east) * k / steps, north + (north2 - north) * k / steps) for k in range(steps))
    return out


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _ring(impact: ImpactEstimate, corners: Plane) -> Ring:
    """Carry corners back to the ground and close the ring."""
    out: list[tuple[float, float]] = []
    for east_m, north_m in corners:
        lat_rad, lon_rad = ground_destination(impact.lat_rad, impact.lon_rad, atan2(east_m, north_m), hypot(east_m, north_m))
        out.append((float(lat_rad), float(lon_rad)))
    return (*out, out[0])
