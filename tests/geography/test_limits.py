"""EEZ limits against outside truth: published limits, reported landings, an agreed line; and the limits' own error.

Outside numbers: the due-west limits and the shares of the landing sectors come from a comparison with the Marine Regions EEZ v12 (VLIZ,
marineregions.org), measured once; the landings and whether they were inside from statements of Japan's Ministry of Defense as reported
at the time; the line of 1974 from the treaty (``japan_korea_1974.toml``); landmark positions from public gazetteers to 0.01 degree.
"""

import math
import tomllib
from pathlib import Path

import numpy as np
import pytest

from tocsin.errors import OurFault
from tocsin.geography import (
    NEAR_LIMIT_SIGMAS,
    Zones,
    eez_margin_m,
    limit_answer,
    limit_sigma_m,
    load_zones,
    p_outside_eez,
    zone_of,
    zone_probabilities,
)
from tocsin.units import DEG, KM

SPHERE_M = 6_371_008.8  # mean radius, IUGG; spherical offsets of a few hundred kilometres are good to 0.5 %
OGA, OKUSHIRI, OSHIMA, TAPPI = (39.93, 139.70), (42.16, 139.44), (41.51, 139.36), (41.26, 140.34)
AOMORI, OKI, HEGURA = (40.82, 140.75), (36.23, 133.23), (37.85, 136.92)


@pytest.fixture(scope="module")
def zones() -> Zones:
    return load_zones()


def offset(lat_deg: float, lon_deg: float, bearing_deg: float, distance_m: float) -> tuple[float, float]:
    """Point (rad) at a great-circle bearing and distance."""
    lat, bearing, arc = lat_deg * DEG, bearing_deg * DEG, distance_m / SPHERE_M
    end = math.asin(math.sin(lat) * math.cos(arc) + math.cos(lat) * math.sin(arc) * math.cos(bearing))
    turn = math.atan2(math.sin(bearing) * math.sin(arc) * math.cos(lat), math.cos(arc) - math.sin(lat) * math.sin(end))
    return end, lon_deg * DEG + turn


def sector(place: tuple[float, float], bearing_deg: float, distance_km: float) -> tuple[np.ndarray, np.ndarray]:
    """Positions (rad) that a report such as "about 250 km west of" may mean: +-25 km and +-22.5 degrees, evenly."""
    points = [
        offset(*place, bearing_deg + 22.5 * turn, (distance_km + 25.0 * far) * KM)
        for turn in np.linspace(-1.0, 1.0, 41).tolist()
        for far in np.linspace(-1.0, 1.0, 21).tolist()
    ]
    lat, lon = np.array(points).T
    return lat, lon


@pytest.mark.parametrize(
    ("name", "lat_deg", "lon_deg", "limit_km"),
    [("Okushiri", *OKUSHIRI, 213.0), ("Oshima-Oshima", *OSHIMA, 249.0), ("Cape Tappi", *TAPPI, 349.0)],
)
def test_the_limit_due_west_agrees_with_the_reference(zones: Zones, name: str, lat_deg: float, lon_deg: float, limit_km: float) -> None:
    near_m, far_m = 50.0 * KM, 450.0 * KM
    while far_m - near_m > 10.0:
        middle_m = 0.5 * (near_m + far_m)
        margin_m = eez_margin_m(zones, "JPN", *offset(lat_deg, lon_deg, 270.0, middle_m))
        assert margin_m is not None
        near_m, far_m = (middle_m, far_m) if margin_m > 0.0 else (near_m, middle_m)
    assert near_m / KM == pytest.approx(limit_km, abs=6.0), name


# Date, report, label at the time, share of the sector inside by the reference; "near" where the report itself does not resolve it.
LANDINGS = [
    ("2016-08-03", OGA, 270.0, 250.0, "inside", 1.00),
    ("2016-09-05 first", OKUSHIRI, 270.0, 200.0, "inside", 0.72),
    ("2016-09-05 second and third", OKUSHIRI, 270.0, 250.0, "near", 0.23),
    ("2017-03-06", OGA, 270.0, 325.0, "inside", 0.92),
    ("2017-11-29", AOMORI, 270.0, 250.0, "inside", 1.00),
    ("2019-10-02", OKI, 0.0, 350.0, "near", 0.34),
    ("2022-03-24", TAPPI, 270.0, 150.0, "inside", 1.00),
    ("2022-11-18", OSHIMA, 270.0, 210.0, "inside", 0.92),
    ("2023-02-18", OSHIMA, 270.0, 200.0, "inside", 0.98),
    ("2023-06-15", HEGURA, 315.0, 250.0, "inside", 1.00),
    ("2023-03-16", OSHIMA, 270.0, 250.0, "near", 0.51),
    ("2023-07-12 and 2023-12-18", OKUSHIRI, 270.0, 250.0, "outside", 0.23),
]


@pytest.mark.parametrize(("date", "place", "bearing_deg", "distance_km", "label", "share"), LANDINGS)
def test_reported_landings_are_consistent_with_the_published_answer(
    zones: Zones, date: str, place: tuple[float, float], bearing_deg: float, distance_km: float, label: str, share: float
) -> None:
    outside = p_outside_eez(zones, "JPN", *sector(place, bearing_deg, distance_km))
    assert 1.0 - outside == pytest.approx(share, abs=0.05), date
    answer = limit_answer(outside)
    if label == "near":
        assert answer == "near the limit"
    else:
        assert (outside > 0.5) == (label == "outside")
        assert answer in {label, "near the limit"}


@pytest.mark.parametrize("distance_km", [350.0, 400.0])
@pytest.mark.parametrize("bearing_deg", [50.0, 60.0, 70.0, 80.0, 90.0])
def test_the_landings_of_30_august_2023_lie_outside_japans_eez_on_every_plausible_bearing(
    zones: Zones, distance_km: float, bearing_deg: float
) -> None:
    lat_rad, lon_rad = offset(39.200, 125.673, bearing_deg, distance_km * KM)
    margin_m = eez_margin_m(zones, "JPN", lat_rad, lon_rad)
    assert margin_m is not None
    assert -450.0 * KM < margin_m < -100.0 * KM  # an independent computation (GSHHG coast) gave 114 to 298 km outside
    east, north = np.random.default_rng(20230830).normal(0.0, 10.0 * KM / SPHERE_M, (2, 500))
    assert p_outside_eez(zones, "JPN", lat_rad + north, lon_rad + east / math.cos(lat_rad)) > 0.9999


def test_the_limit_between_japan_and_korea_runs_along_the_line_agreed_in_1974(zones: Zones) -> None:
    path = Path(__file__).resolve().parents[1] / "reference" / "japan_korea_1974.toml"
    points = tomllib.loads(path.read_text())["points"]
    assert len(points) == 35
    off_km = []
    for lat_d, lat_m, lon_d, lon_m in points:
        place = (lat_d + lat_m / 60.0) * DEG, (lon_d + lon_m / 60.0) * DEG
        margin_m = eez_margin_m(zones, "JPN", *place)
        assert margin_m is not None
        off_km.append(margin_m / KM)
        assert zone_of(zones, *place).near_limit
    assert max(abs(km) for km in off_km) < 6.0  # 95 % of the limit's own error
    assert math.sqrt(sum(km * km for km in off_km) / len(off_km)) < 3.0  # its sigma


@pytest.mark.parametrize(
    ("place", "lat_deg", "lon_deg", "sigma_km"),
    [
        ("Sea of Japan", 40.0, 135.0, 3.0),
        ("provisional measures zone of the Yellow Sea", 35.0, 123.2, 55.0),
        ("off the Tumen mouth", 41.5, 131.5, 26.0),
        ("south of Hawaii", 15.0, -158.0, 10.0),
        ("North Pole", 90.0, 0.0, 10.0),
    ],
)
def test_limits_are_known_less_well_where_nations_have_agreed_on_none(
    zones: Zones, place: str, lat_deg: float, lon_deg: float, sigma_km: float
) -> None:
    assert limit_sigma_m(zones, lat_deg * DEG, lon_deg * DEG) == sigma_km * KM, place
    assert zone_of(zones, lat_deg * DEG, lon_deg * DEG).limit_sigma_m == sigma_km * KM


def test_in_the_middle_of_the_yellow_sea_nobody_is_sure_whose_water_it_is(zones: Zones) -> None:
    """The provisional measures zone (agreement of 3 August 2000, article 7) leaves it open; off both coasts it is plain."""
    lon, lat = np.array([123.1 * DEG]), np.array([35.0 * DEG])
    shares = dict(zone_probabilities(zones, lat, lon))
    assert 0.2 < shares["eez:CHN"] < 0.8
    assert 0.2 < shares["eez:KOR"] < 0.8
    assert limit_answer(p_outside_eez(zones, "KOR", lat, lon)) == "near the limit"
    assert dict(zone_probabilities(zones, lat, np.array([124.6 * DEG]))) == pytest.approx({"eez:KOR": 1.0}, abs=1e-6)
    assert dict(zone_probabilities(zones, lat, np.array([121.0 * DEG]))) == pytest.approx({"eez:CHN": 1.0}, abs=1e-6)


@pytest.mark.parametrize(("steps", "near"), [(NEAR_LIMIT_SIGMAS - 0.2, True), (NEAR_LIMIT_SIGMAS + 0.2, False)])
def test_a_point_is_near_the_limit_within_two_sigmas_of_it(zones: Zones, steps: float, near: bool) -> None:  # noqa: FBT001 - a table
    inner, outer = 135.0, 138.0  # from Russia's side of the median line to Japan's, at 42 N
    for _ in range(40):
        middle = 0.5 * (inner + outer)
        margin_m = eez_margin_m(zones, "JPN", 42.0 * DEG, middle * DEG)
        assert margin_m is not None
        inner, outer = (middle, outer) if margin_m < steps * 3.0 * KM else (inner, middle)
    assert zone_of(zones, 42.0 * DEG, inner * DEG).near_limit is near


@pytest.mark.parametrize(
    ("p_outside", "words"),
    [(0.0, "inside"), (0.049, "inside"), (0.051, "near the limit"), (0.949, "near the limit"), (0.951, "outside"), (1.0, "outside")],
)
def test_inside_and_outside_are_said_only_when_sure(p_outside: float, words: str) -> None:
    assert limit_answer(p_outside) == words


def test_a_limit_error_that_is_no_number_is_refused(zones: Zones) -> None:
    with pytest.raises(OurFault, match="expected finite radians"):
        limit_sigma_m(zones, math.nan, 2.0)
