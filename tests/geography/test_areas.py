"""Alert areas: towns and islands in the right prefecture or province, names, neighbours, shares of samples.

Outside facts: town positions from public gazetteers, rounded to 0.01 degree; codes of prefectures from JIS X 0401 (01 to 47), which
ISO 3166-2 repeats; which prefectures border on Nagano from the prefecture's own description (eight of them).
"""

import numpy as np
import pytest

from tocsin.errors import OurFault
from tocsin.geography import (
    Zones,
    area_codes,
    area_indices,
    area_names,
    area_nation,
    area_neighbours,
    area_of,
    area_probabilities,
    load_zones,
    p_land,
)
from tocsin.units import DEG


@pytest.fixture(scope="module")
def zones() -> Zones:
    return load_zones()


@pytest.mark.parametrize(
    ("code", "lat_deg", "lon_deg"),
    [
        ("JP-13", 35.68, 139.77),  # Tokyo
        ("JP-01", 43.06, 141.35),  # Sapporo
        ("JP-02", 40.82, 140.75),  # Aomori
        ("JP-15", 38.02, 138.37),  # Sado
        ("JP-32", 36.21, 133.32),  # Oki
        ("JP-42", 34.20, 129.29),  # Tsushima
        ("JP-47", 24.41, 124.18),  # Ishigaki
        ("JP-01", 41.51, 139.36),  # Oshima-Oshima
        ("JP-17", 37.85, 136.92),  # Hegura-jima, which the coast data leaves out
        ("JP-13", 24.28, 153.99),  # Minamitorishima
        ("KR-11", 37.57, 126.98),  # Seoul
        ("KR-26", 35.18, 129.08),  # Busan
        ("KR-47", 37.50, 130.87),  # Ulleungdo
        ("KR-49", 33.50, 126.53),  # Jeju
        ("KR-28", 37.97, 124.68),  # Baengnyeongdo, of Incheon although the province beside it is Gyeonggi
        ("KP-01", 39.03, 125.75),  # Pyongyang
        ("KP-07", 39.15, 127.44),  # Wonsan
        ("KP-13", 42.25, 130.30),  # Rason
        ("TW-TPE", 25.04, 121.56),  # Taipei
        ("US-GU", 13.475, 144.75),  # Hagatna
        ("US-MP", 15.19, 145.75),  # Saipan
        ("US-HI", 21.31, -157.86),  # Honolulu
        ("US-HI", 23.06, -161.92),  # Nihoa, 400 km from Honolulu
        ("US-AK", 61.20, -149.90),  # Anchorage
        ("US-AK", 51.88, -176.65),  # Adak
        ("RU-PRI", 43.12, 131.90),  # Vladivostok
        ("RU-KAM", 53.02, 158.65),  # Petropavlovsk-Kamchatsky
        ("CN-JL", 42.90, 129.51),  # Yanji
        (None, 38.50, 134.00),  # middle of the Sea of Japan
        (None, 47.90, 106.90),  # Ulaanbaatar
        (None, 14.60, 121.00),  # Manila
        (None, 51.50, -0.10),  # London
    ],
)
def test_towns_and_islands_lie_in_their_prefecture_or_province(zones: Zones, code: str | None, lat_deg: float, lon_deg: float) -> None:
    assert area_of(zones, lat_deg * DEG, lon_deg * DEG) == code


@pytest.mark.parametrize(("km_west", "code"), [(5.0, "JP-05"), (20.0, "JP-05"), (32.0, None)])
def test_a_point_at_sea_belongs_to_an_area_up_to_25_km_off(zones: Zones, km_west: float, code: str | None) -> None:
    """West of Cape Nyudo, Akita (40.00 N, 139.70 E)."""
    assert area_of(zones, 40.0 * DEG, (139.70 - km_west / 85.4) * DEG) == code


def test_all_prefectures_and_provinces_are_there_with_names_in_three_languages(zones: Zones) -> None:
    codes = area_codes(zones)
    assert list(codes) == sorted(codes)
    assert [code for code in codes if code.startswith("JP-")] == [f"JP-{number:02d}" for number in range(1, 48)]
    assert len([code for code in codes if code.startswith("KR-")]) == 17
    assert len([code for code in codes if code.startswith("KP-")]) == 11  # Natural Earth draws neither Nampo nor Kaesong
    for code in codes:
        names = area_names(code)
        assert names.en.isascii() or names.en[0] in "HKŌ" or "ō" in names.en
        assert any("가" <= letter <= "힣" for letter in names.ko), code
        assert any("\u3040" <= letter <= "\u30ff" or "\u4e00" <= letter <= "\u9fff" for letter in names.ja), code
    for number in range(1, 48):
        assert area_names(f"JP-{number:02d}").ja[-1] in "都道府県"
    assert {area_nation(code) for code in codes} == {"JPN", "KOR", "PRK", "TWN", "USA", "RUS", "CHN"}


@pytest.mark.parametrize(
    ("code", "en", "ko", "ja"),
    [
        ("JP-02", "Aomori", "아오모리 현", "青森県"),
        ("JP-13", "Tokyo", "도쿄 도", "東京都"),
        ("KR-11", "Seoul", "서울특별시", "ソウル特別市"),
        ("KP-02", "South Pyongan", "평안남도", "平安南道"),
        ("US-GU", "Guam", "괌", "グアム"),
    ],
)
def test_names_are_those_people_use(code: str, en: str, ko: str, ja: str) -> None:
    names = area_names(code)
    assert (names.en, names.ko, names.ja) == (en, ko, ja)


def test_neighbours_are_mutual_and_cross_borders_and_straits(zones: Zones) -> None:
    for code in area_codes(zones):
        assert code not in area_neighbours(code)
        for other in area_neighbours(code):
            assert code in area_neighbours(other)
    assert set(area_neighbours("JP-20")) >= {"JP-10", "JP-11", "JP-15", "JP-16", "JP-19", "JP-21", "JP-22", "JP-23"}
    assert "JP-40" in area_neighbours("JP-35")  # across the Kanmon strait, 1 km
    assert "KP-06" in area_neighbours("KR-41")
    assert "JP-02" not in area_neighbours("JP-01")  # the Tsugaru strait is 19 km wide
    assert area_neighbours("US-GU") == ()


def test_shares_of_areas_count_samples_on_land(zones: Zones) -> None:
    lat, lon = np.array([35.68, 43.06, 37.57, 38.5]) * DEG, np.array([139.77, 141.35, 126.98, 134.0]) * DEG
    assert area_probabilities(zones, lat, lon) == (("JP-01", 0.25), ("JP-13", 0.25), ("KR-11", 0.25))
    codes = area_codes(zones)
    assert [codes[k] if k >= 0 else None for k in area_indices(zones, lat, lon).tolist()] == ["JP-13", "JP-01", "KR-11", None]


def test_the_shares_of_japans_areas_add_up_to_the_share_on_its_land(zones: Zones) -> None:
    random = np.random.default_rng(11)
    lat, lon = random.uniform(33.0, 42.0, 5_000) * DEG, random.uniform(134.0, 142.0, 5_000) * DEG
    shares = area_probabilities(zones, lat, lon)
    assert sum(share for _, share in shares) == pytest.approx(p_land(zones, "JPN", lat, lon), abs=1e-3)
    assert list(shares) == sorted(shares)
    assert area_probabilities(zones, np.array([38.5 * DEG]), np.array([134.0 * DEG])) == ()


@pytest.mark.parametrize("ask", [area_nation, area_names, area_neighbours])
def test_an_unknown_area_is_refused(ask: object) -> None:
    assert callable(ask)
    with pytest.raises(OurFault, match="expected an ISO 3166-2 code"):
        ask("JP-99")


def test_positions_that_are_none_are_refused(zones: Zones) -> None:
    with pytest.raises(OurFault, match="expected finite radians"):
        area_of(zones, 40.0, 135.0)
    with pytest.raises(OurFault, match="two arrays of one length"):
        area_probabilities(zones, np.empty(0), np.empty(0))
