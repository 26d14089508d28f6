"""The way down: step rule against very small steps, crossing, apogee, and the three ways a flight can end."""

from itertools import product
from math import nan, sqrt

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.kernels.flights import ICBM, SRBM, flight
from tocsin import units
from tocsin.kernels.geodesy import altitude_and_up, altitude_m
from tocsin.kernels.trajectory import ESCAPES, HIT, TIME_RAN_OUT, coast_propagate, propagate_to_altitude

Array = NDArray[np.float64]
# altitude m, speed m/s, climb deg: boost ends of short and long flights, flat and steep, and states on the way down.
STARTS = (
    (20e3, 1_200.0, 60.0),
    (45e3, 1_800.0, 42.0),
    (40e3, 1_500.0, 15.0),
    (30e3, 1_200.0, -5.0),
    (60e3, 3_000.0, 45.0),
    (60e3, 2_800.0, 88.0),
    (100e3, 4_500.0, 38.0),
    (150e3, 7_000.0, 23.0),
    (150e3, 6_500.0, 60.0),
    (100e3, 7_200.0, 3.0),
    (25e3, 800.0, 0.0),
)
WORST_M = {100.0: 1.5, 500.0: 1.0, 1_500.0: 1.0, 5_000.0: 0.2, 15_000.0: 1.0}  # kg/m2: metres; beta 100 is debris


def fine(state: Array, time_s: float) -> Array:
    out = np.empty(7)
    coast_propagate(state, time_s, 0.02, out)
    return out


def impact_shift_m(got: Array, exact: Array) -> float:
    """Return how far apart two paths come down: their difference, slid along the velocity onto the ground."""
    up = np.array(altitude_and_up(*exact[:3])[1:])
    difference, velocity = got[:3] - exact[:3], exact[3:6]
    return float(np.linalg.norm(difference - velocity * (difference @ up) / (velocity @ up)))


@pytest.mark.slow
@pytest.mark.parametrize("beta", WORST_M)
def test_the_impact_is_within_a_metre_of_one_found_with_steps_of_a_fiftieth_second(beta: float) -> None:
    out = np.empty(7)
    for alt, speed, climb in STARTS:
        start = flight(alt_m=alt, speed_mps=speed, climb_deg=climb, beta_kgpm2=beta)
        status, time_s, _, _ = propagate_to_altitude(start, 0.0, 20_000.0, out)
        assert status == HIT
        assert impact_shift_m(out, fine(start, time_s)) < WORST_M[beta], (alt, speed, climb)


@pytest.mark.parametrize(("stop_m", "start"), list(product((0.0, 2_500.0, 30e3, 100e3), (SRBM, ICBM))))
def test_the_crossing_is_on_the_altitude_and_on_the_way_down(stop_m: float, start: Array) -> None:
    out = np.empty(7)
    status, time_s, _, _ = propagate_to_altitude(start, stop_m, 5_000.0, out)
    assert status == HIT
    assert altitude_m(*out[:3]) == pytest.approx(stop_m, abs=1e-3)
    assert sum(u * v for u, v in zip(altitude_and_up(*out[:3])[1:], out[3:6], strict=True)) < 0.0
    assert altitude_m(*fine(start, time_s)[:3]) == pytest.approx(stop_m, abs=1.0)
    assert out[6] == start[6]


@pytest.mark.parametrize("start", [SRBM, ICBM, flight(alt_m=25e3, speed_mps=900.0, climb_deg=20.0)])
def test_the_apogee_is_the_highest_point_of_the_path(start: Array) -> None:
    out = np.empty(7)
    _, _, apogee_m, apogee_time_s = propagate_to_altitude(start, 0.0, 5_000.0, out)
    around = [altitude_m(*fine(start, apogee_time_s + dt)[:3]) for dt in (-2.0, -1.0, 0.0, 1.0, 2.0)]
    assert apogee_m == pytest.approx(max(around), abs=1.0)
    assert around[1] < around[2] > around[3]


def test_an_apogee_in_the_equatorial_plane_is_the_root_of_energy_and_angular_momentum() -> None:
    mu, oblate = units.EARTH_MU_M3PS2, 0.5 * units.EARTH_MU_M3PS2 * units.EARTH_J2 * units.WGS84_A_M**2
    r0 = units.WGS84_A_M + 250e3
    start = np.array([r0, 0.0, 0.0, 3_000.0, 2_500.0, 0.0, 9.0])
    across = start[4] + units.EARTH_RATE_RADPS * r0
    energy = 0.5 * (start[3] ** 2 + across**2) - mu / r0 - oblate / r0**3
    r = r0 + 6e5
    for _ in range(50):  # Newton on energy - h2 / (2 r2) + mu / r + oblate / r3 = 0
        h2 = (r0 * across) ** 2
        r -= (energy - h2 / (2 * r * r) + mu / r + oblate / r**3) / (h2 / r**3 - mu / r**2 - 3 * oblate / r**4)
    apogee_m = propagate_to_altitude(start, 0.0, 5_000.0, np.empty(7))[2]
    assert r - r0 > 4e5
    assert apogee_m == pytest.approx(r - units.WGS84_A_M, abs=0.5)


def test_a_flight_that_outlasts_its_time_stops_there() -> None:
    out = np.empty(7)
    status, time_s, apogee_m, apogee_time_s = propagate_to_altitude(SRBM, 0.0, 77.0, out)
    assert (status, time_s) == (TIME_RAN_OUT, 77.0)
    assert out[:3] == pytest.approx(fine(SRBM, 77.0)[:3], abs=0.05)
    assert (apogee_m, apogee_time_s) == (pytest.approx(altitude_m(*out[:3]), abs=1e-6), 77.0)


def test_an_orbit_runs_out_of_time_and_is_no_escape() -> None:
    start = flight(alt_m=400e3, speed_mps=7_500.0, climb_deg=0.0, azimuth_deg=45.0)
    assert propagate_to_altitude(start, 0.0, 12_000.0, np.empty(7))[:2] == (TIME_RAN_OUT, 12_000.0)


@pytest.mark.parametrize(("factor", "expected"), [(1.001, ESCAPES), (0.999, TIME_RAN_OUT)])
def test_above_escape_speed_the_flight_escapes_and_below_it_does_not(factor: float, expected: int) -> None:
    r = units.WGS84_A_M + 300e3
    start = np.array([r, 0.0, 0.0, factor * sqrt(2 * units.EARTH_MU_M3PS2 / r - (units.EARTH_RATE_RADPS * r) ** 2), 0.0, 0.0, 9.0])
    assert propagate_to_altitude(start, 0.0, 3_600.0, np.empty(7))[0] == expected


def test_a_start_below_and_falling_is_already_there() -> None:
    start, out = flight(alt_m=1_000.0, speed_mps=300.0, climb_deg=-30.0), np.empty(7)
    assert propagate_to_altitude(start, 2_000.0, 100.0, out) == (HIT, 0.0, pytest.approx(1_000.0, abs=1e-6), 0.0)
    assert out.tolist() == start.tolist()


def test_a_climb_from_below_comes_down_through_the_altitude_even_within_one_step() -> None:
    out = np.empty(7)
    for speed in (8.0, 300.0):
        start = flight(alt_m=0.0, speed_mps=speed, climb_deg=90.0, beta_kgpm2=1e6)
        status, time_s, apogee_m, _ = propagate_to_altitude(start, 1.0, 1_000.0, out)
        assert status == HIT
        assert altitude_m(*out[:3]) == pytest.approx(1.0, abs=1e-3)
        assert time_s == pytest.approx((speed + sqrt(speed**2 - 19.6)) / 9.8, rel=0.02)
        assert apogee_m == pytest.approx(speed**2 / 19.6, rel=0.02)


def test_a_climb_that_never_reaches_the_altitude_ends_near_its_top() -> None:
    start, out = flight(alt_m=0.0, speed_mps=50.0, climb_deg=90.0), np.empty(7)
    status, time_s, apogee_m, apogee_time_s = propagate_to_altitude(start, 5_000.0, 1_000.0, out)
    assert status == HIT
    assert time_s == pytest.approx(apogee_time_s, abs=0.5)
    assert altitude_m(*out[:3]) == pytest.approx(apogee_m, abs=1.5)


@pytest.mark.parametrize("index", range(7))
def test_a_state_that_is_no_number_ends_at_once_or_at_its_time(index: int) -> None:
    start = SRBM.copy()
    start[index] = nan
    assert propagate_to_altitude(start, 0.0, 1_000.0, np.empty(7))[0] == TIME_RAN_OUT
