"""WGS-84 geometry against pymap3d and pyproj, and against itself there and back."""

from math import asin, cos, degrees, hypot, pi, radians, sin

import numpy as np
import pymap3d
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.kernels.flights import reference
from tocsin.kernels import geodesy

GEOD = pyproj.Geod(ellps="WGS84")
NANOMETRES_M = 1e-8  # a few spacings of doubles at 6.4e6 m
latitudes = st.floats(-pi / 2, pi / 2)
longitudes = st.floats(-pi, pi)


def points(count: int, seed: int, low_m: float, high_m: float) -> list[tuple[float, float, float]]:
    """Points all over the globe, the poles, the equator and both sides of the antimeridian among them."""
    rng = np.random.default_rng(seed)
    special = [
        (lat, lon, high_m / 3) for lat in (-pi / 2, -1e-9, 0.0, 1e-12, pi / 2 - 1e-9, pi / 2) for lon in (-pi, -pi / 2, 0.0, pi - 1e-9, pi)
    ]
    return special + [(asin(rng.uniform(-1, 1)), rng.uniform(-pi, pi), rng.uniform(low_m, high_m)) for _ in range(count)]


def axes_at(lat_rad: float, lon_rad: float) -> NDArray[np.float64]:
    axes = np.empty((3, 3))
    geodesy.enu_axes(lat_rad, lon_rad, axes)
    return axes


def test_ecef_of_a_geodetic_point_agrees_with_pymap3d_everywhere() -> None:
    for lat, lon, alt in points(500, 1, -1e5, 5e7):
        expected = pymap3d.geodetic2ecef(lat, lon, alt, deg=False)
        assert geodesy.geodetic2ecef(lat, lon, alt) == pytest.approx(expected, rel=1e-15, abs=3 * NANOMETRES_M)


def test_geodetic_of_an_ecef_point_agrees_with_pymap3d_from_the_ground_to_1000_km() -> None:
    for lat, lon, alt in points(500, 2, -1e4, 1e6):
        point = geodesy.geodetic2ecef(lat, lon, alt)
        got_lat, got_lon, got_alt = geodesy.ecef2geodetic(*point)
        expected_lat, expected_lon, expected_alt = pymap3d.ecef2geodetic(*point, deg=False)
        assert got_lat == pytest.approx(float(expected_lat), abs=5e-9)  # the oracle is that good at 1000 km; the next test is strict
        assert cos(got_lat) * sin(got_lon - float(expected_lon)) == pytest.approx(0.0, abs=1e-12)
        assert got_alt == pytest.approx(float(expected_alt), abs=1e-6)  # the oracle's own iteration stops there


def test_there_and_back_is_exact_to_the_spacing_of_doubles_from_minus_100_km_to_50_000_km() -> None:
    for lat, lon, alt in points(3000, 3, -1e5, 5e7):
        point = geodesy.geodetic2ecef(lat, lon, alt)
        got_lat, got_lon, got_alt = geodesy.ecef2geodetic(*point)
        again = geodesy.geodetic2ecef(got_lat, got_lon, got_alt)
        assert max(abs(a - b) for a, b in zip(point, again, strict=True)) <= 3 * NANOMETRES_M
        assert got_lat == pytest.approx(lat, abs=1e-15)
        assert got_alt == pytest.approx(alt, abs=3 * NANOMETRES_M)


def test_the_poles_and_the_centre_have_answers() -> None:
    b = reference("wgs84.toml")["semi_minor_axis_m"]
    lat, lon, alt = geodesy.ecef2geodetic(0.0, 0.0, -b - 1_000.0)
    assert (lat, lon) == (-pi / 2, 0.0)
    assert alt == pytest.approx(1_000.0, abs=1e-4)
    for point in ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (42_697.6727, 0.0, 0.0), (1e4, -1e4, 1e4)):
        lat, lon, alt = geodesy.ecef2geodetic(*point)
        assert abs(lat) <= pi / 2
        assert abs(lon) <= pi
        assert -6.4e6 < alt < -6.2e6
        assert geodesy.altitude_m(*point) == pytest.approx(-b, abs=1e-4)


def test_the_cheap_altitude_is_exact_below_10_000_km() -> None:
    for lat, lon, alt in points(3000, 4, -1e4, 1e7):
        got, *up = geodesy.altitude_and_up(*geodesy.geodetic2ecef(lat, lon, alt))
        assert got == pytest.approx(alt, abs=1e-8)
        assert geodesy.altitude_m(*geodesy.geodetic2ecef(lat, lon, alt)) == got
        assert up == pytest.approx([cos(lat) * cos(lon), cos(lat) * sin(lon), sin(lat)], abs=2e-8)


@given(latitudes, longitudes)
def test_east_north_up_are_a_right_handed_orthonormal_triad(lat: float, lon: float) -> None:
    axes = axes_at(lat, lon)
    assert axes @ axes.T == pytest.approx(np.eye(3), abs=1e-15)
    assert np.cross(axes[0], axes[1]) == pytest.approx(axes[2], abs=1e-15)


def test_azimuth_elevation_range_agree_with_pymap3d() -> None:
    rng = np.random.default_rng(5)
    for lat, lon, alt in points(200, 5, 0.0, 3e3):
        sensor = geodesy.geodetic2ecef(lat, lon, alt)
        target = [s + d for s, d in zip(sensor, rng.normal(0.0, 4e5, 3), strict=True)]
        got = geodesy.ecef2aer(*target, *sensor, axes_at(lat, lon))
        azimuth, elevation, range_m = pymap3d.ecef2aer(*target, lat, lon, alt, deg=False)
        assert sin(got[0] - azimuth) * cos(elevation) == pytest.approx(0.0, abs=1e-12)
        assert got[1] == pytest.approx(float(elevation), abs=1e-12)
        assert got[2] == pytest.approx(float(range_m), abs=1e-6)


@given(latitudes, longitudes, st.floats(0.0, 2 * pi, exclude_max=True), st.floats(-1.5, 1.5), st.floats(1.0, 1e7))
def test_looking_along_an_azimuth_elevation_range_finds_the_same_point(
    lat: float, lon: float, azimuth: float, elevation: float, range_m: float
) -> None:
    sensor = geodesy.geodetic2ecef(lat, lon, 100.0)
    axes = axes_at(lat, lon)
    target = geodesy.aer2ecef(azimuth, elevation, range_m, *sensor, axes)
    got = geodesy.ecef2aer(*target, *sensor, axes)
    assert 0.0 <= got[0] < 2 * pi
    across_m = range_m * cos(elevation)
    assert across_m * hypot(sin(got[0] - azimuth), cos(got[0] - azimuth) - 1.0) == pytest.approx(0.0, abs=2e-8)
    assert range_m * (got[1] - elevation) == pytest.approx(0.0, abs=2e-8)
    assert got[2] == pytest.approx(range_m, abs=2e-8)


def test_azimuth_never_reaches_the_full_circle() -> None:
    axes = np.eye(3)
    assert geodesy.ecef2aer(-1e-30, 1.0, 0.0, 0.0, 0.0, 0.0, axes)[0] == 0.0
    assert geodesy.ecef2aer(-1.0, 0.0, 0.0, 0.0, 0.0, 0.0, axes)[0] == 1.5 * pi
    assert geodesy.ecef2aer(0.0, 0.0, 7.0, 0.0, 0.0, 0.0, axes) == (0.0, pi / 2, 7.0)


def pairs(count: int, seed: int) -> list[tuple[float, float, float, float]]:
    """Degrees: near, far, across the antimeridian, over the poles, along the equator."""
    rng = np.random.default_rng(seed)
    near = [
        (lat, lon, lat + rng.normal() * 0.05, lon + rng.normal() * 0.05)
        for lat, lon in zip(rng.uniform(-89, 89, count), rng.uniform(-180, 180, count), strict=True)
    ]
    far = [
        tuple(float(v) for v in row)
        for row in np.column_stack([rng.uniform(low, high, count) for low, high in ((-90, 90), (-180, 180)) * 2])
    ]
    special = [
        (10.0, 179.9, 12.0, -179.9),
        (80.0, 0.0, 80.0, 180.0),
        (0.0, 10.0, 0.0, 60.0),
        (90.0, 0.0, -89.0, 20.0),
        (35.0, 20.0, 35.0, 20.0),
    ]
    return [*near, *far, *special]  # type: ignore[list-item]


def test_ground_distance_and_bearing_agree_with_pyproj_to_a_millimetre_up_to_19_890_km() -> None:
    compared = 0
    for lat1, lon1, lat2, lon2 in pairs(600, 6):
        bearing, _, distance = GEOD.inv(lon1, lat1, lon2, lat2)
        if distance > 1.989e7:
            continue
        compared += 1
        radian = tuple(radians(v) for v in (lat1, lon1, lat2, lon2))
        assert geodesy.ground_distance_m(*radian) == pytest.approx(distance, abs=2e-4)
        got = geodesy.ground_bearing_rad(*radian)
        assert 0.0 <= got < 2 * pi
        assert min(distance, 1e6) * sin(got - radians(bearing)) == pytest.approx(0.0, abs=1e-3)
    assert compared > 1190


def test_nearly_antipodal_points_get_a_distance_within_40_km() -> None:
    rng = np.random.default_rng(7)
    for lat, lon, dlat, dlon in zip(
        rng.uniform(-89, 89, 500), rng.uniform(-180, 0, 500), rng.normal(0, 0.7, 500), rng.normal(0, 0.7, 500), strict=True
    ):
        other = float(np.clip(-lat + dlat, -90, 90))
        expected = GEOD.inv(lon, lat, lon + 180 + dlon, other)[2]
        assert geodesy.ground_distance_m(*(radians(v) for v in (lat, lon, other, lon + 180 + dlon))) == pytest.approx(expected, abs=40e3)


def test_from_pole_to_pole_is_twice_the_published_quarter_meridian() -> None:
    quarter = reference("wgs84.toml")["quarter_meridian_m"]
    assert geodesy.ground_distance_m(-pi / 2, 0.3, pi / 2, 0.3) == pytest.approx(2 * quarter, abs=2e-3)
    assert geodesy.ground_distance_m(0.0, 0.3, pi / 2, 0.3) == pytest.approx(quarter, abs=1e-3)


def test_equal_points_are_zero_apart() -> None:
    assert geodesy.ground_inverse(0.6, 2.2, 0.6, 2.2) == (0.0, 0.0)


def test_a_destination_along_a_geodesic_agrees_with_pyproj_to_a_millimetre() -> None:
    rng = np.random.default_rng(8)
    for lat, lon, bearing, distance in zip(
        rng.uniform(-90, 90, 500), rng.uniform(-180, 180, 500), rng.uniform(0, 360, 500), rng.uniform(0, 2e7, 500), strict=True
    ):
        got_lat, got_lon = geodesy.ground_destination(radians(lat), radians(lon), radians(bearing), distance)
        assert -pi <= got_lon < pi
        expected_lon, expected_lat, _ = GEOD.fwd(lon, lat, bearing, distance)
        assert GEOD.inv(expected_lon, expected_lat, degrees(got_lon), degrees(got_lat))[2] < 1e-3
