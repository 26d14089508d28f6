"""Rings for ships and aircraft: the 99 % ellipse of an impact, and the corridor below a path to it. Closed, (lat_rad, lon_rad).

All geometry is done in the plane of distance and bearing from the impact (azimuthal equidistant), which has no pole and no
date line. When a ring is redrawn is decided in ``areas``. Approximate, no legal value.
"""

from itertools import pairwise
from math import atan2, cos, hypot, pi, sin, sqrt
from typing import Final

from tocsin.kernels.geodesy import ground_destination, ground_inverse
from tocsin.messages.event import ImpactEstimate, PathPoint
from tocsin.units import KM, NAUTICAL_MILE_M

Ring = tuple[tuple[float, float], ...]
Plane = list[tuple[float, float]]  # (east_m, north_m) from the impact

CHI_99: Final = 3.0349  # sqrt of the 99 % point of chi-square with 2 degrees of freedom, 9.2103
CORNERS: Final = 36  # a corner every 10 degrees; the polygon is drawn around the ellipse, not inside it
OUTSIDE: Final = 1.0 / cos(pi / CORNERS)  # so its sides touch the ellipse
SEA_MARGIN: Final = 1.25  # of the half axes: room for the breathing of a covariance between two scans before a ring must be redrawn
SEA_FLOOR_M: Final = 2.0 * NAUTICAL_MILE_M  # a chart in a wheelhouse shows no less
AIR_FLOOR_M: Final = 6.0 * NAUTICAL_MILE_M  # separation from such areas above flight level 600 (FAA JO 7110.65, 9-3-2)
STEP_M: Final = 200.0 * KM  # longer edges get corners between, so that charts that join corners by other lines agree within 1 km
MOST_STEPS: Final = 40  # per edge
MOST_PATH_POINTS: Final = 12  # a path below 12 circles is straight enough: great circles through the impact are straight in the plane
EIGHTHS: Final = tuple((cos(k * pi / 4.0), sin(k * pi / 4.0)) for k in range(8))
ROUND_OUT: Final = 1.0 / cos(pi / 8.0)  # eight corners drawn around their circle
SAME_M: Final = 1.0  # corners nearer than this are one


def sea_ring(impact: ImpactEstimate) -> Ring:
    """Return the ring for ships: around the 99 % ellipse, with room to breathe."""
    return _ring(impact, _ellipse(impact, SEA_MARGIN, SEA_FLOOR_M))


def air_ring(impact: ImpactEstimate, path: tuple[PathPoint, ...]) -> Ring:
    """Return the ring for aircraft: the hull of circles below the path that widen to the 99 % ellipse at the impact."""
    return _ring(impact, _divided(_hull(_corridor(impact, path, SEA_MARGIN, AIR_FLOOR_M))))


def sea_needs(impact: ImpactEstimate) -> Plane:
    """Return what a sea ring must hold: the 99 % ellipse without room."""
    return _ellipse(impact, 1.0, 0.0)


def air_needs(impact: ImpactEstimate, path: tuple[PathPoint, ...]) -> Plane:
    """Return what an air ring must hold: half the separation around the path, and the ellipse."""
    return _hull(_corridor(impact, path, 1.0, 0.5 * AIR_FLOOR_M))


def holds(ring: Ring, impact: ImpactEstimate, points: Plane) -> bool:
    """Return whether all points lie inside the ring (even-odd rule)."""
    corners = in_plane(impact, ring)
    return all(_inside(corners, east_m, north_m) for east_m, north_m in points)


def ring_area_m2(ring: Ring, impact: ImpactEstimate) -> float:
    """Return the ring's area in the plane (shoelace formula)."""
    corners = in_plane(impact, ring)
    return 0.5 * abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(corners)))


def in_plane(impact: ImpactEstimate, points: Ring) -> Plane:
    """Carry positions into the plane of distance and bearing from the impact."""
    out: Plane = []
    for lat_rad, lon_rad in points:
        distance_m, bearing_rad = ground_inverse(impact.lat_rad, impact.lon_rad, lat_rad, lon_rad)
        out.append((float(distance_m) * sin(bearing_rad), float(distance_m) * cos(bearing_rad)))
    return out


def half_axes_99_m(impact: ImpactEstimate) -> tuple[float, float, float]:
    """Return (larger, smaller) half axis of the 99 % ellipse and the mathematical angle of the larger one from east."""
    ee, en, nn = impact.cov_en_m2
    mean, half = 0.5 * (ee + nn), sqrt(max(0.0, 0.25 * (ee - nn) * (ee - nn) + en * en))
    return CHI_99 * sqrt(max(0.0, mean + half)), CHI_99 * sqrt(max(0.0, mean - half)), 0.5 * atan2(2.0 * en, ee - nn)


def _ellipse(impact: ImpactEstimate, share: float, floor_m: float) -> Plane:
    """Return corners around the 99 % ellipse, its half axes scaled and not below a floor, counter-clockwise."""
    larger_m, smaller_m, angle = half_axes_99_m(impact)
    outside = OUTSIDE if share > 1.0 else 1.0
    a, b = max(share * larger_m, floor_m) * outside, max(share * smaller_m, floor_m) * outside
    corners: Plane = []
    for k in range(CORNERS):
        along, across = a * cos(2.0 * pi * k / CORNERS), b * sin(2.0 * pi * k / CORNERS)
        corners.append((along * cos(angle) - across * sin(angle), along * sin(angle) + across * cos(angle)))
    return corners


def _corridor(impact: ImpactEstimate, path: tuple[PathPoint, ...], share: float, floor_m: float) -> Plane:
    """Return the points of circles along the path, from the floor at its start to the ellipse's smaller half axis at its end."""
    points = _ellipse(impact, share, floor_m)
    narrow_m = share * half_axes_99_m(impact)[1]
    used = path[:: 1 + len(path) // MOST_PATH_POINTS]
    for i, (east_m, north_m) in enumerate(in_plane(impact, tuple((point.lat_rad, point.lon_rad) for point in used))):
        radius_m = max(floor_m, narrow_m * i / max(1, len(used) - 1)) * ROUND_OUT
        points.extend((east_m + radius_m * c, north_m + radius_m * s) for c, s in EIGHTHS)
    return points


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


def _inside(corners: Plane, east_m: float, north_m: float) -> bool:
    """Even-odd rule along a line to the east."""
    inside = False
    for (x1, y1), (x2, y2) in pairwise(corners):
        if (y1 > north_m) != (y2 > north_m) and east_m < x1 + (north_m - y1) * (x2 - x1) / (y2 - y1):
            inside = not inside
    return inside


def _ring(impact: ImpactEstimate, corners: Plane) -> Ring:
    """Carry corners back to the ground and close the ring."""
    out: list[tuple[float, float]] = []
    for east_m, north_m in corners:
        lat_rad, lon_rad = ground_destination(impact.lat_rad, impact.lon_rad, atan2(east_m, north_m), hypot(east_m, north_m))
        out.append((float(lat_rad), float(lon_rad)))
    return (*out, out[0])
