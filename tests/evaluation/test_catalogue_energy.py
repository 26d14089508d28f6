"""The class that published figures imply, against limits of the closed form that books give, and against the tracker's own formula."""

import math

import pytest

from tocsin.assessment.energy import CLASS_LIMITS
from tocsin.evaluation.catalogue_energy import EARTH_RADIUS_M, LIMITS_M, class_of, least_energy_range_m
from tocsin.sim.flight import minimum_energy_apogee_m
from tocsin.units import KM


@pytest.mark.parametrize("range_km", [100.0, 500.0, 1_000.0, 3_000.0, 5_500.0, 10_000.0])
def test_an_arc_of_least_energy_cannot_go_farther_than_it_goes(range_km: float) -> None:
    """Apogees by Wheelon, ARS Journal 29 (1959) 915."""
    apogee_m = minimum_energy_apogee_m(range_km * KM)
    assert least_energy_range_m(apogee_m, range_km * KM) == pytest.approx(range_km * KM, rel=1e-9)


@pytest.mark.parametrize("height_km", [50.0, 1_000.0, 3_000.0])
def test_a_shot_straight_up_to_h_could_go_two_r_arcsin_h_over_r(height_km: float) -> None:
    """Energy of a vertical shot: v^2 R / mu = 2 h / (R + h); with sin(Psi / 2) = Q / (2 - Q) that is h / R."""
    expected_m = 2.0 * EARTH_RADIUS_M * math.asin(height_km * KM / EARTH_RADIUS_M)
    assert least_energy_range_m(height_km * KM, 1.0) == pytest.approx(expected_m, rel=1e-6)


def test_on_a_flat_earth_it_is_the_parabola_s_square_law() -> None:
    """Range v^2 / g at 45 degrees; a parabola with apogee h over a distance d has v^2 / g = 2 h + d^2 / (8 h)."""
    assert least_energy_range_m(3_000.0, 8_000.0) == pytest.approx(2.0 * 3_000.0 + 8_000.0**2 / (8.0 * 3_000.0), rel=2e-3)


def test_loft_and_depression_both_mean_more_energy_than_the_distance_says() -> None:
    assert least_energy_range_m(50.0 * KM, 800.0 * KM) > 1_400.0 * KM
    assert least_energy_range_m(4_475.0 * KM, 950.0 * KM) > 9_000.0 * KM
    assert least_energy_range_m(7_687.0 * KM, 1_001.0 * KM) == math.pi * EARTH_RADIUS_M


def test_the_limits_are_the_published_ones_and_stand_on_both_sides() -> None:
    assert [class_of(limit_km * KM) for limit_km in (999.0, 1_001.0, 2_999.0, 3_001.0, 5_499.0, 5_501.0)] == [
        "SRBM", "MRBM", "MRBM", "IRBM", "IRBM", "ICBM",
    ]  # fmt: skip
    assert dict(LIMITS_M) == {name: limit_m for name, limit_m in CLASS_LIMITS if name != "CRBM"}
