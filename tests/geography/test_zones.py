"""Zone look-ups: towns and seas of the theatre and of the world, probabilities near limits, claims, refusals.

Outside numbers: town positions from public gazetteers, rounded to 0.01 degree; positions and countries of the world's cities from
the time zone database (``zone_cities.csv``). Published limits and landings are in ``test_limits``.
"""

import csv
import hashlib
import math
from pathlib import Path

import numpy as np
import pytest

from tocsin.errors import OurFault
from tocsin.geography import (
    NOTICE,
    Claim,
    Zones,
    eez_margin_m,
    load_zones,
    p_land,
    p_outside_eez,
    perspective,
    with_claims,
    zone_of,
    zone_probabilities,
)
from tocsin.units import DEG, KM, NAUTICAL_MILE_M

SPHERE_M = 6_371_008.8  # mean radius, IUGG; spherical offsets of a few hundred kilometres are good to 0.5 %


@pytest.fixture(scope="module")
def zones() -> Zones:
    return load_zones()


def offset(lat_deg: float, lon_deg: float, bearing_deg: float, distance_m: float) -> tuple[float, float]:
    """Point (rad) at a great-circle bearing and distance."""
    lat, bearing, arc = lat_deg * DEG, bearing_deg * DEG, distance_m / SPHERE_M
    end = math.asin(math.sin(lat) * math.cos(arc) + math.cos(lat) * math.sin(arc) * math.cos(bearing))
    turn = math.atan2(math.sin(bearing) * math.sin(arc) * math.cos(lat), math.cos(arc) - math.sin(lat) * math.sin(end))
    return end, lon_deg * DEG + turn


def sample(lat_deg: float, lon_deg: float, sigma_m: float, n: int) -> tuple[np.ndarray, np.ndarray]:
    """``n`` Gaussian positions (rad) around a point, from a fixed seed."""
    east, north = np.random.default_rng(20230830).normal(0.0, sigma_m, (2, n))
    lat = lat_deg * DEG + north / SPHERE_M
    return lat, lon_deg * DEG + east / (SPHERE_M * math.cos(lat_deg * DEG))


@pytest.mark.parametrize(
    ("label", "lat_deg", "lon_deg"),
    [
        ("land:JPN", 35.68, 139.77),  # Tokyo
        ("land:JPN", 43.06, 141.35),  # Sapporo
        ("land:JPN", 26.21, 127.68),  # Naha
        ("land:JPN", 24.41, 124.18),  # Ishigaki
        ("land:JPN", 40.82, 140.75),  # Aomori
        ("land:KOR", 37.57, 126.98),  # Seoul
        ("land:KOR", 35.18, 129.08),  # Busan
        ("land:KOR", 33.50, 126.53),  # Jeju
        ("land:KOR", 37.50, 130.87),  # Ulleung
        ("land:PRK", 39.03, 125.75),  # Pyongyang
        ("land:PRK", 39.20, 125.67),  # Sunan
        ("land:PRK", 37.97, 126.55),  # Kaesong
        ("land:CHN", 31.23, 121.47),  # Shanghai
        ("land:RUS", 43.12, 131.90),  # Vladivostok
        ("land:TWN", 25.04, 121.56),  # Taipei
        ("land:USA", 13.475, 144.75),  # Hagatna
        ("land:USA", 15.19, 145.745),  # Saipan
        ("land:PHL", 14.60, 121.00),  # Manila
        ("territorial:JPN", 37.88, 136.95),  # beside Hegurajima
        ("contiguous:JPN", 37.85, 137.30),  # between 12 and 24 nautical miles east of Hegurajima
        ("eez:JPN", 38.50, 136.50),  # Yamato Basin
        ("eez:JPN", 20.42, 137.50),  # east of Okinotorishima
        ("eez:JPN", 24.28, 156.00),  # east of Minamitorishima
        ("eez:KOR", 37.50, 132.30),  # Ulleung Basin
        ("eez:RUS", 43.00, 136.00),  # off Primorye
        ("eez:USA", 13.00, 147.50),  # east of Guam
        ("high-seas", 30.00, 160.00),  # north-west Pacific
        ("high-seas", 26.50, 136.20),  # enclave of high seas south of Shikoku
    ],
)
def test_towns_and_seas_get_the_expected_label(zones: Zones, label: str, lat_deg: float, lon_deg: float) -> None:
    answer = zone_of(zones, lat_deg * DEG, lon_deg * DEG)
    assert answer.label == label
    assert answer.nation == (None if label == "high-seas" else label.split(":")[1])
    assert answer.nearest_coast_m is not None
    assert (answer.nearest_coast_m < 0.0) == label.startswith("land:")


@pytest.mark.parametrize(
    ("label", "nearest", "lat_deg", "lon_deg"),
    [
        ("land:ATA", "ATA", -90.0, 0.0),
        ("high-seas", "GRL", 90.0, 0.0),  # Kaffeklubben Island is the land nearest to the North Pole, 711 km
        ("high-seas", "ATA", -66.0, 0.0),  # off Queen Maud Land: no state's zone is recognised there
        ("high-seas", "ATA", -58.5, -42.0),  # off the South Orkney Islands
        ("high-seas", "PCN", -48.88, -123.39),  # Point Nemo, 2 688 km from Ducie Island
        ("land:RUS", "RUS", 67.8, 179.0),  # Chukotka, on both sides of the antimeridian
        ("land:RUS", "RUS", 67.8, -179.0),
        ("territorial:FJI", "FJI", -16.75, 180.0),
        ("land:USA", "USA", 21.45, -157.95),  # Oahu
        ("eez:USA", "USA", 23.0, -155.0),  # north of Hawaii
        ("high-seas", "USA", 27.0, -150.0),  # north-east of Hawaii
        ("land:USA", "USA", 61.2, -149.8),  # Anchorage
        ("eez:USA", "USA", 50.5, 178.0),  # Aleutian Islands, Rat Islands
        ("eez:RUS", "RUS", 54.0, 168.5),  # off the Commander Islands
        ("land:MNG", "MNG", 47.9, 106.9),  # Ulaanbaatar, a state without a coast
        ("land:CHE", "CHE", 46.95, 7.45),  # Bern
        ("eez:VNM", "VNM", 17.5, 107.9),  # nearer to Laos than 200 nautical miles, but Laos has no coast
        ("high-seas", "SHN", -35.0, -18.0),  # South Atlantic
        ("eez:IND", "IND", 15.0, 72.0),
    ],
)
def test_every_point_on_earth_has_an_answer(zones: Zones, label: str, nearest: str, lat_deg: float, lon_deg: float) -> None:
    answer = zone_of(zones, lat_deg * DEG, lon_deg * DEG)
    assert (answer.label, answer.nearest_nation) == (label, nearest)
    assert zone_probabilities(zones, np.array([lat_deg * DEG]), np.array([lon_deg * DEG]), 0.0) == ((label, 1.0),)
    assert answer.notice == "approximate, no legal value"


def test_the_most_remote_points_are_as_far_from_land_as_is_published(zones: Zones) -> None:
    """Point Nemo lies 2 688 km from three islands (H. Lukatela, 1992); the North Pole about 710 km from Kaffeklubben Island."""
    nemo = zone_of(zones, -48.8767 * DEG, -123.3933 * DEG)
    assert nemo.nearest_coast_m == pytest.approx(2_688.0 * KM, abs=10.0 * KM)
    pole = zone_of(zones, 0.5 * math.pi, 0.0)
    assert pole.nearest_coast_m == pytest.approx(710.0 * KM, abs=10.0 * KM)
    assert pole.nearest_coast_m == zone_of(zones, 0.5 * math.pi, 2.0).nearest_coast_m


# Enclaves and states smaller than the world's grid, and two places that the coast data draws as another state does.
BEYOND_THE_WORLDS_GRID = {
    "Europe/Busingen", "Europe/Gibraltar", "Europe/Monaco", "Europe/San_Marino", "Europe/Vatican", "Europe/Vaduz", "America/Lower_Princes",
    "Africa/El_Aaiun", "Asia/Jerusalem",
}  # fmt: skip


def test_the_cities_of_the_worlds_time_zones_lie_in_their_country_and_ashore(zones: Zones) -> None:
    """More than 400 cities to a minute of arc (1.9 km); the world's coast is good to some kilometres, so a harbour may lie off it."""
    with (Path(__file__).resolve().parents[1] / "reference" / "zone_cities.csv").open() as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    assert len(rows) > 400
    wrong, off_km = set(), []
    for row in rows:
        answer = zone_of(zones, float(row["lat_deg"]) * DEG, float(row["lon_deg"]) * DEG)
        assert answer.nearest_coast_m is not None
        off_km.append(answer.nearest_coast_m / KM)
        if answer.nearest_nation not in row["nation"].split("/"):
            wrong.add(row["city"])
    assert wrong <= BEYOND_THE_WORLDS_GRID
    assert np.percentile(off_km, 95) < 3.0
    assert np.percentile(off_km, 99) < 16.0
    assert max(off_km) < 40.0  # Kwajalein: the database names the middle of the lagoon


@pytest.mark.parametrize(
    ("lat_deg", "lon_deg"), [(66.0, 180.0), (-17.0, 180.0), (52.0, 180.0), (38.5, 136.5), (61.999, 164.999), (12.0, 118.0)]
)
def test_whole_turns_and_the_antimeridian_change_nothing(zones: Zones, lat_deg: float, lon_deg: float) -> None:
    here = zone_of(zones, lat_deg * DEG, lon_deg * DEG)
    for turns in (-2, -1, 1):
        there = zone_of(zones, lat_deg * DEG, (lon_deg + 360.0 * turns) * DEG)
        assert there.label == here.label
        assert there.nearest_coast_m == pytest.approx(here.nearest_coast_m, abs=1.0)


@pytest.mark.parametrize(("lat_deg", "lon_deg"), [(10.0, 140.0), (62.0, 150.0), (40.0, 115.0), (30.0, 165.0), (50.0, 165.0)])
def test_the_distance_to_the_coast_has_no_step_at_the_edge_of_the_theatre(zones: Zones, lat_deg: float, lon_deg: float) -> None:
    inside_m = zone_of(zones, lat_deg * DEG, lon_deg * DEG).nearest_coast_m
    for north, east in ((1e-6, 0.0), (-1e-6, 0.0), (0.0, 1e-6), (0.0, -1e-6)):
        outside_m = zone_of(zones, (lat_deg + north) * DEG, (lon_deg + east) * DEG).nearest_coast_m
        assert outside_m == pytest.approx(inside_m, abs=3.0 * KM)  # the world's grid is coarser


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_position_that_is_not_finite_is_refused_with_a_reason(zones: Zones, bad: float) -> None:
    with pytest.raises(OurFault, match="expected finite radians"):
        zone_of(zones, 0.7, bad)
    with pytest.raises(OurFault, match="expected finite radians"):
        eez_margin_m(zones, "JPN", bad, 2.3)
    with pytest.raises(OurFault, match="expected finite radians"):
        zone_probabilities(zones, np.array([0.7, bad]), np.array([2.3, 2.3]))


def test_wrong_arguments_are_refused_with_a_reason(zones: Zones) -> None:
    one = np.array([0.7])
    with pytest.raises(OurFault, match="latitude within"):
        zone_of(zones, 40.0, 135.0)  # degrees instead of radians
    with pytest.raises(OurFault, match="two arrays of one length"):
        zone_probabilities(zones, np.empty(0), np.empty(0))
    with pytest.raises(OurFault, match="two arrays of one length"):
        zone_probabilities(zones, one, np.array([2.3, 2.3]))
    with pytest.raises(OurFault, match="blur_m"):
        zone_probabilities(zones, one, np.array([2.3]), math.nan)
    with pytest.raises(OurFault, match="expected one of JPN"):
        p_outside_eez(zones, "XYZ", one, np.array([2.3]))


@pytest.mark.parametrize(
    ("lat_deg", "lon_deg"), [(40.0, 135.0), (39.85, 133.2), (42.3, 130.7), (35.0, 129.6), (61.9, 164.9), (36.0, 140.8)]
)
@pytest.mark.parametrize("blur_m", [0.0, 3_000.0, 50_000.0])
def test_the_probabilities_of_all_labels_add_up_to_one(zones: Zones, lat_deg: float, lon_deg: float, blur_m: float) -> None:
    answer = zone_probabilities(zones, *sample(lat_deg, lon_deg, 30.0 * KM, 2_000), blur_m)
    assert sum(p for _, p in answer) == pytest.approx(1.0, abs=1e-7)
    assert all(0.0 < p <= 1.0 + 1e-12 for _, p in answer)
    labels = [label for label, _ in answer]
    assert labels == sorted(labels)


@pytest.mark.parametrize("inside_km", [-40.0, -10.0, 0.0, 15.0, 26.0])
@pytest.mark.parametrize("blur_m", [0.0, 20.0 * KM])
def test_gaussian_samples_beside_a_straight_limit_follow_the_half_plane_formula(zones: Zones, inside_km: float, blur_m: float) -> None:
    """East of Minamitorishima the limit is a wide circle: P(inside) = Phi(margin / sqrt(sigma^2 + blur^2))."""
    sigma_m, n = 12.0 * KM, 20_000
    lat_rad, lon_rad = offset(24.283, 153.987, 90.0, 200.0 * NAUTICAL_MILE_M - inside_km * KM)
    margin_m = eez_margin_m(zones, "JPN", lat_rad, lon_rad)
    assert margin_m is not None
    assert margin_m == pytest.approx(inside_km * KM, abs=1_500.0)  # the sphere of this test against the ellipsoid: 0.3 %
    expected = 0.5 * (1.0 + math.erf(margin_m / math.hypot(sigma_m, blur_m) / math.sqrt(2.0)))
    inside = 1.0 - p_outside_eez(zones, "JPN", *sample(lat_rad / DEG, lon_rad / DEG, sigma_m, n), blur_m)
    curvature = 0.5 * sigma_m / (200.0 * NAUTICAL_MILE_M) * 0.4  # mean sagitta over the width: half-plane is that far off
    assert inside == pytest.approx(expected, abs=4.0 * 0.5 / math.sqrt(n) + curvature)


def test_one_sample_on_a_limit_between_two_nations_is_half_on_each_side(zones: Zones) -> None:
    west, east = 134.0, 137.0  # from Russia's side of the median line to Japan's, at 42 N
    for _ in range(40):
        middle = 0.5 * (west + east)
        margin_m = eez_margin_m(zones, "JPN", 42.0 * DEG, middle * DEG)
        assert margin_m is not None
        west, east = (middle, east) if margin_m < 0.0 else (west, middle)
    answer = dict(zone_probabilities(zones, np.array([42.0 * DEG]), np.array([west * DEG])))
    assert answer == pytest.approx({"eez:JPN": 0.5, "eez:RUS": 0.5}, abs=1e-6)


def test_inside_japans_eez_counts_its_land_and_territorial_sea(zones: Zones) -> None:
    for lat_deg, lon_deg in ((35.68, 139.77), (37.88, 136.95), (37.85, 137.30), (38.5, 136.5)):
        here = np.array([lat_deg * DEG]), np.array([lon_deg * DEG])
        assert p_outside_eez(zones, "JPN", *here) == 0.0
    assert p_outside_eez(zones, "JPN", np.array([37.57 * DEG]), np.array([126.98 * DEG])) == 1.0  # Seoul


def test_the_share_on_land_counts_samples(zones: Zones) -> None:
    lat, lon = np.array([35.68, 43.06, 37.57, 38.5]) * DEG, np.array([139.77, 141.35, 126.98, 136.5]) * DEG
    assert p_land(zones, "JPN", lat, lon) == 0.5
    assert p_land(zones, "KOR", lat, lon) == 0.25
    assert p_land(zones, "PRK", lat, lon) == 0.0


def test_a_claim_moves_the_limit_and_an_unknown_one_is_refused(zones: Zones) -> None:
    point = 37.4 * DEG, 133.15 * DEG  # Japan's side unless Dokdo / Takeshima counts as a base point of Korea
    assert zone_of(zones, *point).label == "eez:JPN"
    assert zone_of(load_zones((Claim("dokdo-takeshima", "KOR"),)), *point).label == "eez:KOR"
    kunashir = 44.10 * DEG, 145.90 * DEG
    assert zone_of(zones, *kunashir).label == "land:RUS"
    assert zone_of(load_zones((Claim("south-kurils", "JPN"),)), *kunashir).label == "land:JPN"
    with pytest.raises(OurFault, match="crimea, dokdo-takeshima, okinotorishima"):
        load_zones((Claim("atlantis", "JPN"),))
    with pytest.raises(OurFault, match="got 'okinotorishima' and 'XYZ'"):
        load_zones((Claim("okinotorishima", "XYZ"),))


def test_claims_share_the_grids_of_the_package(zones: Zones) -> None:
    other = with_claims(zones, perspective("JPN"))
    assert other.nodes is zones.nodes
    assert zone_of(other, 44.10 * DEG, 145.90 * DEG).label == "land:JPN"
    assert zone_of(zones, 44.10 * DEG, 145.90 * DEG).label == "land:RUS"
    with pytest.raises(ValueError, match="read-only"):
        other.owner[0] = 1


@pytest.mark.parametrize(
    ("nation", "label", "lat_deg", "lon_deg"),
    [
        ("JPN", "land:JPN", 44.10, 145.90),  # Kunashir
        ("RUS", "land:RUS", 44.10, 145.90),
        ("KOR", "eez:KOR", 37.40, 133.15),  # beyond the middle between Ulleungdo and Oki, with Dokdo as a base point
        ("KOR", "high-seas", 20.42, 137.50),  # Okinotorishima as a rock
        ("CHN", "high-seas", 20.42, 137.50),
        ("JPN", "eez:JPN", 20.42, 137.50),
        ("CHN", "territorial:CHN", 25.80, 123.50),  # beside Uotsuri / Diaoyu
        ("TWN", "territorial:TWN", 25.80, 123.50),
        ("JPN", "territorial:JPN", 25.80, 123.50),
        ("USA", "territorial:JPN", 25.80, 123.50),  # no view on record: administration decides
    ],
)
def test_a_nations_perspective_moves_disputed_features(nation: str, label: str, lat_deg: float, lon_deg: float) -> None:
    assert zone_of(load_zones(perspective(nation)), lat_deg * DEG, lon_deg * DEG).label == label


def test_crimea_is_ukrainian_unless_a_claim_says_otherwise(zones: Zones) -> None:
    """UN General Assembly resolution 68/262."""
    assert zone_of(zones, 44.95 * DEG, 34.10 * DEG).label == "land:UKR"
    assert zone_of(load_zones(perspective("RUS")), 44.95 * DEG, 34.10 * DEG).label == "land:RUS"


@pytest.mark.parametrize(
    ("nation", "south", "west", "north", "east"),
    [("JPN", 16.0, 120.0, 56.0, 160.0), ("USA", -30.0, -180.0, 70.0, 180.0), ("FRA", -60.0, -180.0, 60.0, 180.0)],
)
def test_the_margin_never_changes_faster_than_the_position(
    zones: Zones, nation: str, south: float, west: float, north: float, east: float
) -> None:
    """What makes it a safe lower bound of the distance to the limit; 2 % for the grid's interpolation, 3 km for the world's coast."""
    random = np.random.default_rng(5)
    for _ in range(300):
        lat_deg, lon_deg = random.uniform(south, north), random.uniform(west, east)
        there = offset(lat_deg, lon_deg, random.uniform(0.0, 360.0), 20.0 * KM)
        first = eez_margin_m(zones, nation, lat_deg * DEG, lon_deg * DEG)
        second = eez_margin_m(zones, nation, *there)
        assert first is not None
        assert second is not None
        assert abs(first - second) <= 20.0 * KM * 1.02 + (300.0 if nation == "JPN" else 3_000.0)


def test_the_packaged_file_states_its_source_its_credit_and_that_it_has_no_legal_value(zones: Zones) -> None:
    meta = zones.meta
    assert meta.source.startswith("world-atlas@2.0.2 countries-10m.json")
    assert meta.source_sha256 == "3bc6f1d367a9bcec479841bae0e76092f512838411d0cef124e92eec4db45f79"
    assert "Natural Earth" in meta.credit
    assert meta.notice == NOTICE == "approximate, no legal value"
    assert {"JPN", "KOR", "PRK", "CHN", "RUS", "TWN", "USA"} == set(meta.nations[:7])
    assert {"MNG", "CHE", "ATA"}.isdisjoint(meta.whole_eez)


def test_the_packaged_file_was_built_from_the_islet_table_in_the_repository(zones: Zones) -> None:
    table = Path(__file__).resolve().parents[2] / "tools" / "islets.toml"
    assert hashlib.sha256(table.read_bytes()).hexdigest() == zones.meta.islets_sha256, "run tools/build_zones.py again"
