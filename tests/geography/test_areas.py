"""Alert areas: towns and islands in the right prefecture or province, names, neighbours, shares of samples."""

import pytest

from tocsin.errors import OurFault
from tocsin.geography import Zones, area_names, area_nation, area_of, load_zones
from tocsin.units import DEG


@pytest.fixture(scope="module")
def zones() -> Zones:
    return load_zones()


@pytest.mark.parametrize(
    ("code", "lat_deg", "lon_deg"),
    [
        ("JP-13", 35.68, 139.77),  # Tokyo
        ("JP-01", 41.51, 139.36),  # Oshima-Oshima
        ("KR-11", 37.57, 126.98),  # Seoul
        ("KR-28", 37.97, 124.68),  # Baengnyeong, of Incheon although the province beside it is Gyeonggi
        ("KP-01", 39.03, 125.75),  # Pyongyang
        ("US-GU", 13.475, 144.75),  # Hagatna
        (None, 38.50, 134.00),  # middle of the Sea of Japan
    ],
)
def test_towns_and_islands_lie_in_their_prefecture_or_province(zones: Zones, code: str | None, lat_deg: float, lon_deg: float) -> None:
    assert area_of(zones, lat_deg * DEG, lon_deg * DEG) == code


def test_an_area_has_a_nation_and_names_and_an_unknown_one_is_refused() -> None:
    assert area_nation("JP-02") == "JPN"
    assert area_names("JP-02").ja == "青森県"
    with pytest.raises(OurFault, match="expected an ISO 3166-2 code"):
        area_nation("JP-99")
