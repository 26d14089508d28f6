"""The class by energy against independent closed forms and public flights; samples against the normal table."""

from math import atan2, cos, pi, sin, sqrt

import numpy as np
import pytest
from scipy.stats import norm

from tests.stages.flights import at, coasting, fall
from tocsin.assessment.energy import MEAN_RADIUS_M, class_probabilities, equivalent_range_m, kepler_extremes_m
from tocsin.assessment.samples import PAIRS, ellipse_samples, halton, inverse_normal
from tocsin.units import DEG, EARTH_MU_M3PS2, EARTH_RATE_RADPS, KM

POLE = (0.0, 0.0, MEAN_RADIUS_M)  # where the earth's rotation adds nothing: the inertial closed form applies as it stands


def kepler_range_m(speed: float, climb: float) -> float:
    """Range of a Kepler arc from surface to surface by its true anomaly (not the maximum-range formula)."""
    q = speed * speed * MEAN_RADIUS_M / EARTH_MU_M3PS2
    e_sin, e_cos = q * sin(climb) * cos(climb), q * cos(climb) ** 2 - 1.0
    return 2.0 * MEAN_RADIUS_M * (pi - atan2(e_sin, e_cos))


@pytest.mark.parametrize("speed", [1_500.0, 3_000.0, 5_000.0, 7_000.0])
def test_the_equivalent_range_is_the_longest_kepler_arc_over_all_launch_angles(speed: float) -> None:
    longest = max(kepler_range_m(speed, angle) for angle in np.linspace(0.5 * DEG, 89.5 * DEG, 8_901))
    assert equivalent_range_m(POLE, (speed, 0.0, 0.0)) == pytest.approx(longest, rel=1e-5)
    assert equivalent_range_m(POLE, (0.0, speed * 0.6, speed * 0.8)) == pytest.approx(longest, rel=1e-5)


def test_a_slow_shot_goes_as_far_as_on_flat_ground() -> None:
    assert equivalent_range_m(POLE, (1_000.0, 0.0, 0.0)) == pytest.approx(1_000.0**2 / 9.82, rel=0.01)  # v^2 / g


def test_energy_without_limit_reaches_half_the_circumference() -> None:
    assert equivalent_range_m(POLE, (8_500.0, 0.0, 0.0)) == pytest.approx(pi * MEAN_RADIUS_M)


def test_the_equivalent_range_does_not_change_along_a_vacuum_flight() -> None:
    state = coasting(0.7, 2.2, 100.0, alt_m=120.0 * KM, speed_mps=3_000.0, climb_deg=50.0)
    early, late = at(state, 10.0), at(state, 300.0)
    assert equivalent_range_m(tuple(late[:3]), tuple(late[3:6])) == pytest.approx(
        equivalent_range_m(tuple(early[:3]), tuple(early[3:6])), rel=2e-3
    )


def test_the_launch_direction_does_not_change_the_class() -> None:
    ranges = []
    for bearing in (90.0, 270.0):
        state = coasting(0.68, 2.2, bearing, speed_mps=2_500.0)
        ranges.append(equivalent_range_m(tuple(state[:3]), tuple(state[3:6])))
    assert ranges[0] == pytest.approx(ranges[1], rel=1e-9)


def test_orbit_extremes_are_those_of_a_known_orbit() -> None:
    radius = 6_771_000.0  # 400 km circular, speed sqrt(mu / r) less the rotation of the frame at the equator
    speed = sqrt(EARTH_MU_M3PS2 / radius) - EARTH_RATE_RADPS * radius
    perigee, apogee = kepler_extremes_m((radius, 0.0, 0.0), (0.0, speed, 0.0))
    assert (perigee, apogee) == (pytest.approx(radius), pytest.approx(radius))


@pytest.mark.parametrize(
    ("bearing", "alt_km", "speed", "climb", "expected"),
    [
        (61.0, 35.0, 1_300.0, 40.0, "CRBM"),  # (v^2 + 2 g h) / g = 242 km
        (61.0, 35.0, 1_900.0, 20.0, "SRBM"),  # depressed: its ground range is far below its energy's
        (90.0, 60.0, 4_000.0, 45.0, "MRBM"),
        (90.0, 100.0, 5_600.0, 38.0, "IRBM"),
        (60.0, 150.0, 6_900.0, 80.0, "ICBM"),  # lofted like the flights of 2022-2024: ground range about 1,000 km only
    ],
)
def test_classes_follow_energy_and_not_ground_range(bearing: float, alt_km: float, speed: float, climb: float, expected: str) -> None:
    state = coasting(0.68, 2.19, bearing, alt_m=alt_km * KM, speed_mps=speed, climb_deg=climb)
    found = class_probabilities(tuple(state[:3]), tuple(state[3:6]), 5.0)
    assert [name for name, _ in found] == sorted(name for name, _ in found)
    assert sum(p for _, p in found) == pytest.approx(1.0)
    assert max(found, key=lambda entry: entry[1])[0] == expected


def test_a_near_orbital_state_is_a_space_launch() -> None:
    state = coasting(0.68, 2.19, 180.0, alt_m=300.0 * KM, speed_mps=7_600.0, climb_deg=1.0)
    assert dict(class_probabilities(tuple(state[:3]), tuple(state[3:6]), 5.0))["SLV"] > 0.99


def test_a_lofted_intercontinental_flight_comes_down_near_and_is_still_an_icbm() -> None:
    state = coasting(0.68, 2.19, 60.0, alt_m=150.0 * KM, speed_mps=6_900.0, climb_deg=80.0)
    _, _, _, apogee_m = fall(state)
    assert apogee_m > 3_000.0 * KM
    assert dict(class_probabilities(tuple(state[:3]), tuple(state[3:6]), 5.0))["ICBM"] > 0.95


def test_an_uncertain_speed_near_a_limit_spreads_over_both_classes() -> None:
    speed = 1_000.0
    while equivalent_range_m(POLE, (speed, 0.0, 0.0)) < 1_000.0 * KM:
        speed += 1.0
    found = dict(class_probabilities(POLE, (speed, 0.0, 0.0), 50.0))
    assert found["SRBM"] == pytest.approx(0.5, abs=0.05)
    assert found["MRBM"] == pytest.approx(0.5, abs=0.05)


def test_inverse_normal_agrees_with_the_tables() -> None:
    for p in (1e-9, 0.001, 0.02424, 0.02426, 0.3, 0.5, 0.9, 0.97576, 0.999, 1 - 1e-9):
        assert inverse_normal(p) == pytest.approx(norm.ppf(p), rel=2e-9, abs=1e-9)


def test_halton_points_are_the_published_ones() -> None:
    assert [halton(i, 2) for i in range(1, 6)] == [0.5, 0.25, 0.75, 0.125, 0.625]
    assert [halton(i, 3) for i in range(1, 5)] == pytest.approx([1 / 3, 2 / 3, 1 / 9, 4 / 9])


def test_the_samples_reproduce_the_ellipse_that_was_asked_for() -> None:
    assert PAIRS.shape[1] >= 1_000
    lat, lon = ellipse_samples(0.7, 2.3, cos(0.7), (9e6, 3e6, 4e6))
    north = (lat - 0.7) * 6_361_000.0
    east = (lon - 2.3) * 6_387_000.0 * cos(0.7)
    cov = np.cov(np.stack([east, north]))
    assert cov == pytest.approx(np.array([[9e6, 3e6], [3e6, 4e6]]), rel=0.03)
    inside = np.array([v @ np.linalg.solve(cov, v) for v in np.stack([east, north]).T]) <= 5.991
    assert inside.mean() == pytest.approx(0.95, abs=0.01)
