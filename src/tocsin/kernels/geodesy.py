"""WGS-84 geometry: geodetic, ECEF, local east-north-up, azimuth-elevation-range, and distances on the ellipsoid.

Positions are ECEF metres, angles radians, altitudes metres above the ellipsoid, azimuths clockwise from true north.
Nothing about forces or time lives here.

>>> geodetic2ecef(0.0, 0.0, 1_000.0)
(6379137.0, 0.0, 0.0)
>>> round(ground_distance_m(0.0, 0.0, 0.5 * pi, 0.0), 3)  # a quarter of a meridian
10001965.729
"""

from math import asin, atan, atan2, cos, floor, pi, sin, sqrt, tan
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.jit import kernel
from tocsin.units import WGS84_A_M, WGS84_B_M, WGS84_E2, WGS84_F

AXIS_RATIO: Final = WGS84_B_M / WGS84_A_M  # b/a, no unit
AXIS_RATIO_2: Final = AXIS_RATIO * AXIS_RATIO
E2A_M: Final = WGS84_E2 * WGS84_A_M  # largest radius of the evolute, about 42.7 km
E2A_RATIO3_M: Final = E2A_M * AXIS_RATIO * AXIS_RATIO_2
CORE_M2: Final = 50_000.0 * 50_000.0  # nearer to the centre (the evolute reaches 43 km) the foot point is not unique
LATITUDE_ITERATIONS: Final = 2  # Newton: the start is off by <= 3.4e-3 rad, then <= 1e-8, then below double precision
SECOND_ECCENTRICITY_2: Final = (1.0 - AXIS_RATIO_2) / AXIS_RATIO_2
VINCENTY_ITERATIONS: Final = 50  # converges in <= 10 unless the points are within about 1 degree of antipodal
VINCENTY_TOLERANCE_RAD: Final = 1e-13  # 0.6 micrometres on the ground
RECTIFYING_RADIUS_M: Final = 6_367_449.145823  # pi times this is half a WGS-84 meridian, 20 003 931.459 m (Karney 2013)
TWO_PI: Final = 2.0 * pi


@kernel
def geodetic2ecef(lat_rad: float, lon_rad: float, alt_m: float) -> tuple[float, float, float]:
    """Return ECEF (x, y, z) in metres of a geodetic point; closed form, error a few nanometres."""
    sin_lat = sin(lat_rad)
    cos_lat = cos(lat_rad)
    normal_m = WGS84_A_M / sqrt(1.0 - WGS84_E2 * sin_lat * sin_lat)
    axis_m = (normal_m + alt_m) * cos_lat
    return axis_m * cos(lon_rad), axis_m * sin(lon_rad), (normal_m * AXIS_RATIO_2 + alt_m) * sin_lat


@kernel
def ecef2geodetic(x_m: float, y_m: float, z_m: float) -> tuple[float, float, float]:
    """Return (latitude_rad, longitude_rad, altitude_m) of an ECEF point.

    Method: Newton's iteration for the tangent of the reduced latitude, carried as an unnormalised (sine, cosine) pair, so
    that poles and equator are no special cases: T. Fukushima, J. Geodesy 79 (2006) 689, equations 18-21 without the
    Halley term. The altitude is the point's distance along the normal found, so a latitude error enters squared.
    Limits: round-trip error below 1e-8 m from -100 km to 50 000 km (the spacing of doubles at that radius);
    within 50 km of the centre the geocentric latitude and the distance above the polar radius are answered.
    """
    p_m = sqrt(x_m * x_m + y_m * y_m)
    s = z_m
    c = AXIS_RATIO * p_m
    if p_m * p_m + z_m * z_m < CORE_M2:
        return atan2(z_m, p_m), atan2(y_m, x_m), sqrt(p_m * p_m + z_m * z_m) - WGS84_B_M
    for _ in range(LATITUDE_ITERATIONS):
        norm = 1.0 / sqrt(s * s + c * c)
        s *= norm
        c *= norm
        s, c = AXIS_RATIO * z_m + E2A_M * s * s * s, p_m - E2A_M * c * c * c
    norm = 1.0 / sqrt(s * s + c * c)
    s *= norm  # sine and cosine of the reduced latitude of the foot point
    c *= norm
    norm = 1.0 / sqrt(s * s + AXIS_RATIO_2 * c * c)
    alt_m = ((p_m - WGS84_A_M * c) * AXIS_RATIO * c + (z_m - WGS84_B_M * s) * s) * norm
    return atan2(s, AXIS_RATIO * c), atan2(y_m, x_m), alt_m


@kernel
def altitude_and_up(x_m: float, y_m: float, z_m: float) -> tuple[float, float, float, float]:
    """Return (altitude_m, up_x, up_y, up_z): altitude above the ellipsoid and the unit normal there (its gradient).

    One Newton iteration of ecef2geodetic, four square roots, no angle. Against the exact values, -10 km to 10 000 km:
    altitude within 1e-8 m, normal within 1e-8 rad. Within 50 km of the centre: the values of the centre itself.
    """
    p2 = x_m * x_m + y_m * y_m
    p_m = sqrt(p2)
    a2 = z_m * z_m + AXIS_RATIO_2 * p2
    if a2 < CORE_M2:
        return -WGS84_B_M, 0.0, 0.0, 1.0
    inv_a3 = 1.0 / (a2 * sqrt(a2))
    s = z_m * (AXIS_RATIO + E2A_M * z_m * z_m * inv_a3)
    c_over_p = 1.0 - E2A_RATIO3_M * p2 * inv_a3
    c = p_m * c_over_p
    inv_normal = 1.0 / sqrt(s * s + AXIS_RATIO_2 * c * c)
    alt_m = (AXIS_RATIO * p_m * c + z_m * s - WGS84_B_M * sqrt(s * s + c * c)) * inv_normal
    across = AXIS_RATIO * c_over_p * inv_normal
    return alt_m, across * x_m, across * y_m, s * inv_normal


@kernel
def altitude_m(x_m: float, y_m: float, z_m: float) -> float:
    """Return the altitude above the ellipsoid in metres; error below 1e-8 m up to 10 000 km (see altitude_and_up)."""
    return altitude_and_up(x_m, y_m, z_m)[0]


@kernel
def enu_axes(lat_rad: float, lon_rad: float, out: NDArray[np.float64]) -> None:
    """Fill out[3, 3] with the unit vectors east, north, up (rows) of a geodetic direction, in ECEF."""
    sin_lat = sin(lat_rad)
    cos_lat = cos(lat_rad)
    sin_lon = sin(lon_rad)
    cos_lon = cos(lon_rad)
    out[0, 0] = -sin_lon
    out[0, 1] = cos_lon
    out[0, 2] = 0.0
    out[1, 0] = -sin_lat * cos_lon
    out[1, 1] = -sin_lat * sin_lon
    out[1, 2] = cos_lat
    out[2, 0] = cos_lat * cos_lon
    out[2, 1] = cos_lat * sin_lon
    out[2, 2] = sin_lat


@kernel
def ecef2aer(
    tx_m: float, ty_m: float, tz_m: float, sx_m: float, sy_m: float, sz_m: float, axes: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Return (azimuth_rad in [0, 2 pi), elevation_rad, range_m) of target t seen from sensor s.

    axes[3, 3]: the sensor's rows east, north, up (enu_axes). At the zenith, and at range zero, the azimuth is 0.
    """
    dx = tx_m - sx_m
    dy = ty_m - sy_m
    dz = tz_m - sz_m
    east = axes[0, 0] * dx + axes[0, 1] * dy + axes[0, 2] * dz
    north = axes[1, 0] * dx + axes[1, 1] * dy + axes[1, 2] * dz
    up = axes[2, 0] * dx + axes[2, 1] * dy + axes[2, 2] * dz
    horizontal2 = east * east + north * north
    return _circle(atan2(east, north)), atan2(up, sqrt(horizontal2)), sqrt(horizontal2 + up * up)


@kernel
def aer2ecef(
    azimuth_rad: float,
    elevation_rad: float,
    range_m: float,
    sx_m: float,
    sy_m: float,
    sz_m: float,
    axes: NDArray[np.float64],
) -> tuple[float, float, float]:
    """Return ECEF (x, y, z) in metres of what sensor s sees at azimuth, elevation, range; inverse of ecef2aer."""
    horizontal = range_m * cos(elevation_rad)
    east = horizontal * sin(azimuth_rad)
    north = horizontal * cos(azimuth_rad)
    up = range_m * sin(elevation_rad)
    return (
        sx_m + axes[0, 0] * east + axes[1, 0] * north + axes[2, 0] * up,
        sy_m + axes[0, 1] * east + axes[1, 1] * north + axes[2, 1] * up,
        sz_m + axes[0, 2] * east + axes[1, 2] * north + axes[2, 2] * up,
    )


@kernel
def ground_distance_m(lat1_rad: float, lon1_rad: float, lat2_rad: float, lon2_rad: float) -> float:
    """Return the length in metres of the shortest line on the ellipsoid (see ground_inverse for the limits)."""
    return ground_inverse(lat1_rad, lon1_rad, lat2_rad, lon2_rad)[0]


@kernel
def ground_bearing_rad(lat1_rad: float, lon1_rad: float, lat2_rad: float, lon2_rad: float) -> float:
    """Return the azimuth in [0, 2 pi) at point 1 of the shortest line to point 2 (see ground_inverse for the limits)."""
    return ground_inverse(lat1_rad, lon1_rad, lat2_rad, lon2_rad)[1]


@kernel
def ground_inverse(lat1_rad: float, lon1_rad: float, lat2_rad: float, lon2_rad: float) -> tuple[float, float]:
    """Return (distance_m, bearing_rad at point 1) of the geodesic on the ellipsoid.

    T. Vincenty, Survey Review 23 (1975) 88, inverse formulae: error below 0.2 mm to 19 890 km. Beyond, where the points are
    within about 1 degree of antipodal, it may not converge or find a longer line: a great circle on the sphere of equal
    meridian length is then the answer, the distance is off by up to 40 km (0.2 %) and the bearing is arbitrary, as the
    shortest line itself is not stable there. Equal points: (0, 0).
    """
    lon_rad = lon2_rad - lon1_rad
    lon_rad -= TWO_PI * floor((lon_rad + pi) / TWO_PI)
    u1 = atan(AXIS_RATIO * tan(lat1_rad))
    u2 = atan(AXIS_RATIO * tan(lat2_rad))
    sin_u1, cos_u1, sin_u2, cos_u2 = sin(u1), cos(u1), sin(u2), cos(u2)
    lam = lon_rad
    for _ in range(VINCENTY_ITERATIONS):
        cross = cos_u2 * sin(lam)
        along = cos_u1 * sin_u2 - sin_u1 * cos_u2 * cos(lam)
        sin_sigma = sqrt(cross * cross + along * along)
        if sin_sigma == 0.0:
            break
        cos_sigma = sin_u1 * sin_u2 + cos_u1 * cos_u2 * cos(lam)
        sigma = atan2(sin_sigma, cos_sigma)
        sin_alpha = cos_u1 * cross / sin_sigma
        cos2_alpha = 1.0 - sin_alpha * sin_alpha
        cos_2mid = 0.0
        if cos2_alpha > 0.0:
            cos_2mid = cos_sigma - 2.0 * sin_u1 * sin_u2 / cos2_alpha
        previous = lam
        lam = lon_rad + _longitude_excess(sigma, sin_sigma, cos_sigma, sin_alpha, cos2_alpha, cos_2mid)
        if abs(lam) > pi:
            break
        if abs(lam - previous) < VINCENTY_TOLERANCE_RAD:
            a, delta = _arc_terms(cos2_alpha, sin_sigma, cos_sigma, cos_2mid)
            return WGS84_B_M * a * (sigma - delta), _circle(atan2(cross, along))
    return _sphere_inverse(lat1_rad, lat2_rad, lon_rad)


@kernel
def ground_destination(lat_rad: float, lon_rad: float, bearing_rad: float, distance_m: float) -> tuple[float, float]:
    """Return (latitude_rad, longitude_rad in [-pi, pi)) reached along a geodesic; Vincenty 1975 direct, error < 0.1 mm."""
    sin_a1 = sin(bearing_rad)
    cos_a1 = cos(bearing_rad)
    u1 = atan(AXIS_RATIO * tan(lat_rad))
    sin_u1, cos_u1 = sin(u1), cos(u1)
    sigma1 = atan2(sin_u1, cos_u1 * cos_a1)
    sin_alpha = cos_u1 * sin_a1
    cos2_alpha = 1.0 - sin_alpha * sin_alpha
    arc_rad = distance_m / (WGS84_B_M * _arc_terms(cos2_alpha, 0.0, 1.0, 0.0)[0])
    sigma = arc_rad
    for _ in range(VINCENTY_ITERATIONS):
        cos_2mid = cos(2.0 * sigma1 + sigma)
        previous = sigma
        sigma = arc_rad + _arc_terms(cos2_alpha, sin(sigma), cos(sigma), cos_2mid)[1]
        if abs(sigma - previous) < VINCENTY_TOLERANCE_RAD:
            break
    sin_sigma, cos_sigma, cos_2mid = sin(sigma), cos(sigma), cos(2.0 * sigma1 + sigma)
    toward = sin_u1 * sin_sigma - cos_u1 * cos_sigma * cos_a1
    lat2_rad = atan2(
        sin_u1 * cos_sigma + cos_u1 * sin_sigma * cos_a1,
        AXIS_RATIO * sqrt(sin_alpha * sin_alpha + toward * toward),
    )
    lam = atan2(sin_sigma * sin_a1, cos_u1 * cos_sigma - sin_u1 * sin_sigma * cos_a1)
    lon2_rad = lon_rad + lam - _longitude_excess(sigma, sin_sigma, cos_sigma, sin_alpha, cos2_alpha, cos_2mid)
    return lat2_rad, lon2_rad - TWO_PI * floor((lon2_rad + pi) / TWO_PI)


@kernel
def _arc_terms(cos2_alpha: float, sin_sigma: float, cos_sigma: float, cos_2mid: float) -> tuple[float, float]:
    """Return Vincenty's A and delta sigma (equations 3, 4 and 6)."""
    u2 = cos2_alpha * SECOND_ECCENTRICITY_2
    a = 1.0 + u2 / 16384.0 * (4096.0 + u2 * (-768.0 + u2 * (320.0 - 175.0 * u2)))
    b = u2 / 1024.0 * (256.0 + u2 * (-128.0 + u2 * (74.0 - 47.0 * u2)))
    mid2 = cos_2mid * cos_2mid
    third = b / 6.0 * cos_2mid * (4.0 * sin_sigma * sin_sigma - 3.0) * (4.0 * mid2 - 3.0)
    return a, b * sin_sigma * (cos_2mid + b / 4.0 * (cos_sigma * (2.0 * mid2 - 1.0) - third))


@kernel
def _longitude_excess(sigma: float, sin_sigma: float, cos_sigma: float, sin_alpha: float, cos2_alpha: float, cos_2mid: float) -> float:
    """Return the longitude on the auxiliary sphere less that on the ellipsoid, rad (Vincenty equations 10, 11)."""
    c = WGS84_F / 16.0 * cos2_alpha * (4.0 + WGS84_F * (4.0 - 3.0 * cos2_alpha))
    inner = cos_2mid + c * cos_sigma * (2.0 * cos_2mid * cos_2mid - 1.0)
    return (1.0 - c) * WGS84_F * sin_alpha * (sigma + c * sin_sigma * inner)


@kernel
def _sphere_inverse(lat1_rad: float, lat2_rad: float, lon_rad: float) -> tuple[float, float]:
    """Return (distance_m, bearing_rad) by haversine on the sphere whose meridian is as long as the ellipsoid's."""
    half_lat = sin(0.5 * (lat2_rad - lat1_rad))
    half_lon = sin(0.5 * lon_rad)
    h = half_lat * half_lat + cos(lat1_rad) * cos(lat2_rad) * half_lon * half_lon
    cross = sin(lon_rad) * cos(lat2_rad)
    along = cos(lat1_rad) * sin(lat2_rad) - sin(lat1_rad) * cos(lat2_rad) * cos(lon_rad)
    return 2.0 * RECTIFYING_RADIUS_M * asin(sqrt(min(h, 1.0))), _circle(atan2(cross, along))


@kernel
def _circle(angle_rad: float) -> float:
    """Return an angle of atan2 moved into [0, 2 pi)."""
    if angle_rad >= 0.0:
        return angle_rad
    turned = angle_rad + TWO_PI
    if turned >= TWO_PI:  # a tiny negative angle rounds up to the full circle
        return 0.0
    return turned
