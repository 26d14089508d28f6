"""Which waters: points whose sea is beyond dispute, from the limits of IHO Special Publication 23 (1953)."""

from math import radians

import pytest

from tocsin.geography.waters import SEAS, waters_of


@pytest.mark.parametrize(
    ("lat_deg", "lon_deg", "key"),
    [
        (40.7, 129.3, "sea-of-japan"),  # off Kimchaek
        (41.0, 137.0, "sea-of-japan"),
        (36.5, 132.5, "sea-of-japan"),  # near Oki
        (37.0, 123.5, "yellow-sea"),
        (38.5, 119.5, "yellow-sea"),  # Bohai
        (29.0, 125.0, "east-china-sea"),
        (54.0, 148.0, "sea-of-okhotsk"),
        (42.0, 160.0, "north-pacific"),  # where the overflights of 2022 came down
        (30.0, 140.0, "north-pacific"),
        (20.0, -158.5, "north-pacific"),  # off Oahu
        (-10.0, 150.0, ""),
        (45.0, -30.0, ""),
    ],
)
def test_a_point_at_sea_belongs_to_its_waters(lat_deg: float, lon_deg: float, key: str) -> None:
    assert waters_of(radians(lat_deg), radians(lon_deg)) == key


def test_any_turn_of_longitude_is_the_same_point() -> None:
    assert waters_of(radians(41.0), radians(137.0 - 360.0)) == waters_of(radians(41.0), radians(137.0)) == "sea-of-japan"


def test_no_key_stands_twice() -> None:
    keys = [key for key, _ in SEAS]
    assert len(set(keys)) == len(keys)
