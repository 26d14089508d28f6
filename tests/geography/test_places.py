"""Named places and launch sites: words of announcements, every point of the earth, reach of a hint.

Outside facts: reports of Japan's Ministry of Defense name the place and the distance ("about 250 km west of Oshima-Oshima"); a point
that pyproj's geodesic lays at that distance must be said in those words. Distances are checked against pyproj as well.
"""

import math

import numpy as np
import pytest
from pyproj import Geod

from tocsin.errors import OurFault
from tocsin.geography import compass_point, nearest_place, nearest_site, place_words
from tocsin.units import DEG, KM

GEOD = Geod(ellps="WGS84")


def at(lat_deg: float, lon_deg: float, bearing_deg: float, distance_km: float) -> tuple[float, float]:
    lon, lat, _ = GEOD.fwd(lon_deg, lat_deg, bearing_deg, distance_km * KM)
    return lat * DEG, lon * DEG


@pytest.mark.parametrize(
    ("words", "place", "bearing_deg", "distance_km"),
    [
        ("250 km west of Oshima-Oshima", (41.51, 139.36), 268.0, 250.0),
        ("210 km west of Oshima-Oshima", (41.51, 139.36), 265.0, 208.0),
        ("250 km northwest of Hegura Island", (37.85, 136.92), 318.0, 252.0),
        ("1,200 km east of Hilo", (19.73, -155.09), 90.0, 1_180.0),
        ("15 km east of Ulleungdo", (37.50, 130.86), 90.0, 15.2),
        ("at Seoul", (37.55, 126.97), 0.0, 0.5),
    ],
)
def test_a_point_is_said_as_announcements_say_it(words: str, place: tuple[float, float], bearing_deg: float, distance_km: float) -> None:
    assert place_words(*at(*place, bearing_deg, distance_km)) == words


def test_the_nearest_place_has_its_name_in_three_languages_and_a_geodesic_distance() -> None:
    lat_rad, lon_rad = at(41.51, 139.36, 270.0, 249.0)
    fix = nearest_place(lat_rad, lon_rad)
    assert (fix.name.en, fix.name.ko, fix.name.ja) == ("Oshima-Oshima", "오시마오시마", "渡島大島")
    assert fix.distance_m == pytest.approx(249.0 * KM, abs=1.0)
    assert fix.bearing_rad == pytest.approx(270.0 * DEG, abs=1e-6)


def test_every_point_on_earth_has_a_place_and_a_bearing() -> None:
    random = np.random.default_rng(4)
    for lat_rad, lon_rad in zip(np.arcsin(random.uniform(-1.0, 1.0, 300)).tolist(), random.uniform(-7.0, 7.0, 300).tolist(), strict=True):
        fix = nearest_place(lat_rad, lon_rad)
        assert 0.0 <= fix.distance_m < 3_100.0 * KM
        assert 0.0 <= fix.bearing_rad < 2.0 * math.pi
        assert fix.name.en
        assert fix.name.ko
        assert fix.name.ja
    assert place_words(0.5 * math.pi, 0.0) == "1,300 km north of Longyearbyen"
    assert place_words(-0.5 * math.pi, 1.0).endswith("south of Vostok Station")


@pytest.mark.parametrize(
    ("bearing_deg", "word"),
    [
        (0.0, "north"),
        (22.4, "north"),
        (22.6, "northeast"),
        (180.0, "south"),
        (247.0, "southwest"),
        (248.0, "west"),
        (338.0, "north"),
        (359.9, "north"),
    ],
)
def test_a_bearing_falls_to_the_nearest_of_eight_compass_points(bearing_deg: float, word: str) -> None:
    assert compass_point(bearing_deg * DEG) == word


@pytest.mark.parametrize(
    ("name", "lat_deg", "lon_deg"),
    [
        ("Sunan (Pyongyang International Airport)", 39.20, 125.66),
        ("Sohae Satellite Launching Station", 39.66, 124.70),
        ("Tonghae Satellite Launching Ground", 40.86, 129.67),
        ("Wonsan Kalma International Airport", 39.17, 127.49),
        ("Sinpo Shipyard", 40.02, 128.20),
        ("Naro Space Center", 34.43, 127.53),
    ],
)
def test_a_launch_near_a_known_site_gets_its_name_as_a_hint(name: str, lat_deg: float, lon_deg: float) -> None:
    fix = nearest_site(lat_deg * DEG, lon_deg * DEG)
    assert fix is not None
    assert fix.name == name
    assert fix.distance_m < 5.0 * KM


@pytest.mark.parametrize(("distance_km", "found"), [(99.0, True), (101.0, False)])
def test_no_site_is_named_beyond_100_km(distance_km: float, found: bool) -> None:  # noqa: FBT001 - a table
    tonghae = 40.85, 129.6667
    fix = nearest_site(*at(*tonghae, 90.0, distance_km))  # out to sea
    assert (fix is not None) is found


@pytest.mark.parametrize(("lat_rad", "lon_rad"), [(math.nan, 0.0), (2.0, 0.0), (0.5, math.inf)])
def test_what_is_no_position_is_refused(lat_rad: float, lon_rad: float) -> None:
    with pytest.raises(OurFault, match="expected finite radians"):
        nearest_place(lat_rad, lon_rad)
    with pytest.raises(OurFault, match="expected finite radians"):
        nearest_site(lat_rad, lon_rad)
