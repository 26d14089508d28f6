"""Kinds of objects, and parts that left a missile: what is said, and above all what is not."""

from math import cos, pi, sin, sqrt

import numpy as np
import pytest

from tests.stages.tracking_scene import Flight, Launch, fly
from tocsin.kernels.orbit import ABOVE, BELOW, perigee_m, perigee_side
from tocsin.kernels.trajectory import boost_propagate, coast_propagate
from tocsin.tracking.classify import classify, kinematics, needs_perigee, perigee_of
from tocsin.tracking.parts import Body, Moving, find_origin, leads, may_have_left, stays_behind
from tocsin.units import EARTH_MU_M3PS2, EARTH_RATE_RADPS, NS_PER_S, WGS84_A_M

BALLISTIC_MU = np.array([0.0, 1.0, 0.0, 0.0])


def state(alt_m: float, speed_mps: float, climb_rad: float, *, inertial: bool = False) -> np.ndarray:
    """Return x[8] above the equator at longitude 0, flying east and up; the earth's turning is taken off an inertial speed."""
    r = WGS84_A_M + alt_m
    east = speed_mps * cos(climb_rad) - (EARTH_RATE_RADPS * r if inertial else 0.0)
    return np.array([r, 0.0, 0.0, speed_mps * sin(climb_rad), east, 0.0, 8.5, 0.0])


def cov(sigma_m: float, sigma_mps: float) -> np.ndarray:
    return np.diag([sigma_m**2] * 3 + [sigma_mps**2] * 3 + [0.09, 1.0])


def kind_of(x: np.ndarray, P: np.ndarray, before: str = "unknown", burning: float = 0.0) -> str:  # noqa: N803 - covariance
    motion = kinematics(x, P)
    perigee = perigee_of(x, P) if needs_perigee(before, motion, burning) else None
    return classify(before, motion, BALLISTIC_MU, 20, 0, 20 * NS_PER_S, perigee=perigee)


@pytest.mark.parametrize(("perigee_km", "apogee_km"), [(150.0, 150.0), (300.0, 900.0), (120.0, 2_000.0)])
def test_the_perigee_of_a_two_body_orbit_comes_out_of_its_state(perigee_km: float, apogee_km: float) -> None:
    """Vis-viva at the apogee (Vallado, Fundamentals of Astrodynamics, 4th ed., eq. 1-31)."""
    rp, ra = WGS84_A_M + 1e3 * perigee_km, WGS84_A_M + 1e3 * apogee_km
    speed = sqrt(EARTH_MU_M3PS2 * (2.0 / ra - 2.0 / (ra + rp)))
    x, P = state(1e3 * apogee_km, speed, 0.0, inertial=True), cov(10.0, 0.1)  # noqa: N806 - covariance
    assert perigee_m(x) == pytest.approx(1e3 * perigee_km, abs=1.0)
    assert perigee_side(x, P, 4.0, 1e3 * (perigee_km - 5.0)) == ABOVE
    assert perigee_side(x, P, 4.0, 1e3 * (perigee_km + 5.0)) == BELOW


@pytest.mark.parametrize("seed", range(8))
def test_a_perigee_is_told_only_where_every_velocity_within_the_ellipsoid_agrees(seed: int) -> None:
    """Against sampling; where the limit is moved to the samples' extremes the bound is tight to the spread of the samples."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(3, 3)) * rng.uniform(50.0, 800.0)
    x = state(float(rng.uniform(2e5, 1.5e6)), float(rng.uniform(5_000.0, 8_000.0)), float(rng.uniform(-0.3, 0.3)))
    P = np.diag([1.0] * 6)  # noqa: N806 - covariance
    P[3:, 3:] = root @ root.T
    u = rng.normal(size=(4_000, 3))
    u *= rng.uniform(size=(4_000, 1)) ** (1.0 / 3.0) / np.sqrt(np.sum(u * u, axis=1))[:, None]
    perigees = [perigee_m(np.concatenate([x[:3], x[3:6] + 4.0 * root @ one])) for one in u]
    assert perigee_side(x, P, 4.0, max(perigees)) != BELOW
    assert perigee_side(x, P, 4.0, min(perigees)) != ABOVE
    assert perigee_side(x, P, 3.0, x[0] - WGS84_A_M - 10.0) != ABOVE  # no perigee is higher than the object


def test_a_satellite_is_orbital_once_its_perigee_is_known_and_unknown_before() -> None:
    r = WGS84_A_M + 500_000.0
    x = state(500_000.0, sqrt(EARTH_MU_M3PS2 / r), 0.0, inertial=True)
    assert kind_of(x, cov(500.0, 200.0)) == "unknown"
    assert kind_of(x, cov(50.0, 5.0)) == "orbital"
    assert kind_of(x, cov(500.0, 200.0), before="orbital") == "orbital"


def test_a_satellite_whose_speed_is_known_to_a_third_is_not_told_to_come_down() -> None:
    """The perigee's gradient at 4.3 km/s says -5,743 km with a sigma of 600 km; the same state leaves room for an orbit."""
    x = state(1_285_000.0, 4_300.0, -0.7)
    assert kind_of(x, np.diag([400.0**2] * 3 + [1_000.0**2, 1_300.0**2, 1_300.0**2, 0.09, 1.0])) == "unknown"
    assert kind_of(x, cov(400.0, 300.0)) == "ballistic"


def test_a_satellite_that_seems_to_burn_at_first_is_asked_for_its_perigee() -> None:
    """Three plots cannot tell thrust from noise; only what is known to be a missile burns."""
    r = WGS84_A_M + 380_000.0
    x = state(380_000.0, sqrt(EARTH_MU_M3PS2 / r), 0.0, inertial=True)
    assert kind_of(x, cov(500.0, 200.0), burning=0.7) == "unknown"
    assert kind_of(x, cov(500.0, 200.0), before="orbital", burning=0.7) == "orbital"


def test_a_long_range_missile_in_mid_course_is_ballistic_not_orbital() -> None:
    x = state(900_000.0, 5_500.0, 0.3)
    assert kind_of(x, cov(500.0, 50.0)) == "ballistic"


def test_a_launch_vehicle_is_ballistic_while_it_burns_and_orbital_when_its_orbit_is_proven() -> None:
    r = WGS84_A_M + 300_000.0
    x = state(300_000.0, sqrt(EARTH_MU_M3PS2 / r), 0.0, inertial=True)
    assert kind_of(x, cov(50.0, 5.0), before="ballistic", burning=0.9) == "ballistic"
    assert kind_of(x, cov(50.0, 5.0), before="ballistic") == "orbital"
    assert kind_of(x, cov(500.0, 100.0), before="ballistic") == "ballistic"


@pytest.mark.parametrize("speed_mps", [12_000.0, 30_000.0, 70_000.0])
def test_a_meteor_is_a_meteor_and_never_ballistic(speed_mps: float) -> None:
    x = state(95_000.0, speed_mps, -0.6)
    assert kind_of(x, cov(300.0, 200.0)) == "meteor"
    assert kind_of(x, cov(300.0, 3_000.0)) in {"unknown", "meteor"}
    assert kind_of(x, cov(300.0, 3_000.0), before="meteor") == "meteor"


def test_a_slow_meteor_that_glows_far_down_may_still_be_one() -> None:
    """11.5 km/s, known to 150 m/s, at 53 km: not surely beyond escape speed, and nothing that was launched."""
    assert kind_of(state(53_000.0, 11_530.0, -0.8), cov(100.0, 150.0)) == "unknown"


def test_a_fighter_at_its_ceiling_is_not_ballistic() -> None:
    motion = kinematics(state(18_000.0, 600.0, 0.0), cov(100.0, 20.0))
    assert classify("unknown", motion, np.array([0.0, 0.0, 0.05, 0.95]), 20, 0, 20 * NS_PER_S) == "air-breathing"


@pytest.fixture(scope="module")
def flight() -> Flight:
    return fly(Launch(kick_rad=0.25))


def moving(
    x: np.ndarray, time_s: float, sigma_m: float = 30.0, sigma_mps: float = 3.0, *, burning: float = 0.0, thrust_mps2: float = 0.0
) -> Moving:
    whole = np.array([*x[:6], np.log(5_000.0), thrust_mps2])
    return Moving(time_ns=round(time_s * NS_PER_S), x=whole, P=cov(sigma_m, sigma_mps), burning=burning)


def body(states: list[Moving], number: int = 0, family: int | None = None) -> Body:
    """Return a body that was seen first when its first state was."""
    return Body(number=number, family=family or number, states=tuple(states), first_plot_ns=states[0].time_ns)


def new(x: np.ndarray, time_s: float, sigma_m: float = 30.0, sigma_mps: float = 3.0) -> Body:
    """Return an object that has been seen for 15 s and coasts."""
    return Body(number=0, family=0, states=(moving(x, time_s, sigma_m, sigma_mps),), first_plot_ns=round((time_s - 15.0) * NS_PER_S))


def missile(flight: Flight, number: int = 7, family: int | None = None) -> Body:
    """Return a followed missile that is seen from 50 s to 150 s after lift-off and burns until 75 s."""
    states = []
    for time_s in range(50, 151):
        x = flight.at(float(time_s))
        assert x is not None
        states.append(moving(x, time_s, burning=0.95 if time_s < 75 else 0.0, thrust_mps2=35.0))
    return body(states, number, family)


def separated(flight: Flight, at_s: float, until_s: float, kick_mps: float, bearing_rad: float) -> np.ndarray:
    """Return the state of a part that left a missile at a time with some speed, in a direction across the vertical."""
    x = flight.at(at_s)
    assert x is not None
    start = np.array([*x[:6], np.log(2_000.0)])
    start[3:6] += kick_mps * np.array([0.0, cos(bearing_rad), sin(bearing_rad)])
    out = np.empty(7)
    coast_propagate(start, until_s - at_s, 1.0, out)
    return out


@pytest.mark.parametrize("kick_mps", [1.0, 10.0, 30.0])
@pytest.mark.parametrize("bearing_rad", [0.0, 0.5 * pi, pi])
def test_a_part_that_left_at_a_few_metres_a_second_finds_its_parent(flight: Flight, kick_mps: float, bearing_rad: float) -> None:
    part = new(separated(flight, 90.0, 115.0, kick_mps, bearing_rad), 115.0)
    assert may_have_left(part, missile(flight))
    found = find_origin(part, (missile(flight),))
    assert (found.origin, found.number) == ("left", 7)


def test_a_salvo_neighbour_a_second_behind_is_nobodys_part(flight: Flight) -> None:
    for late_s in (1.1, 2.0, 5.0):
        x = flight.at(115.0 - late_s)
        assert x is not None
        assert find_origin(new(x, 115.0), (missile(flight),)).origin == "own"


def test_what_is_not_well_known_yet_is_unsure_and_names_whom_it_may_have_left(flight: Flight) -> None:
    part = new(separated(flight, 90.0, 115.0, 5.0, 0.0), 115.0, sigma_m=900.0, sigma_mps=100.0)
    found = find_origin(part, (missile(flight),))
    assert (found.origin, found.number) == ("unsure", 7)


def test_between_two_missiles_that_fit_alike_nobody_is_named_but_two_objects_of_one_missile_are_no_rivals(flight: Flight) -> None:
    part = new(separated(flight, 90.0, 115.0, 5.0, 0.0), 115.0)
    found = find_origin(part, (missile(flight, 7), missile(flight, 8)))
    assert (found.origin, found.number) == ("unsure", 0)
    assert find_origin(part, (missile(flight, 7), missile(flight, 8, family=7))).origin == "left"


def staging(gap_s: float, seen_after_s: float, seconds: int = 12) -> tuple[Body, Body]:
    """Return (spent stage, missile): parted at 0 s, ignition gap_s later, both first seen seen_after_s after that."""
    start = np.array([*state(60_000.0, 1_500.0, 0.7)[:7], 35.0])
    spent, upper = np.empty(7), np.empty(8)
    coast_propagate(start[:7], gap_s, 0.5, spent)
    ignited = np.array([*spent, 35.0])
    spent[4] -= 8.0
    stages, missiles = [], []
    for step in range(seconds):
        boost_propagate(ignited, seen_after_s + step, 0.5, upper)
        behind = np.empty(7)
        coast_propagate(spent, seen_after_s + step, 0.5, behind)
        time_s = gap_s + seen_after_s + step
        stages.append(moving(behind, time_s, 40.0, 8.0))
        missiles.append(moving(upper.copy(), time_s, 40.0, 8.0, burning=0.95, thrust_mps2=35.0))
    return body(stages, 2), body(missiles, 1)


def test_a_stage_that_left_before_either_was_seen_is_found_by_flying_the_burning_one_back_under_its_thrust() -> None:
    spent, burning = staging(3.0, 12.0)
    found = find_origin(spent, (burning,))
    assert (found.origin, found.number) == ("left", 1)
    assert abs(found.left_ns / NS_PER_S - 3.0) < 3.0  # at its ignition


def test_two_that_burn_when_they_are_first_seen_have_not_left_each_other_before() -> None:
    spent, burning = staging(3.0, 12.0)
    other = body([moving(s.x, s.time_ns / NS_PER_S, burning=0.95, thrust_mps2=0.1) for s in spent.states], 2)
    assert find_origin(other, (burning,)).origin == "own"


def test_what_coasts_behind_a_missile_that_burns_is_a_stage_and_what_coasts_ahead_of_it_is_not() -> None:
    spent, burning = staging(3.0, 12.0)
    assert stays_behind(spent, burning)
    fast = body([moving(1.0 * s.x + np.array([0, 0, 0, 0, 2_000.0, 0, 0, 0]), s.time_ns / NS_PER_S) for s in spent.states], 2)
    assert not stays_behind(fast, burning)
    assert not stays_behind(spent, fast)


def test_the_one_that_burns_away_is_the_missile_whichever_track_it_is_in() -> None:
    spent, burning = staging(3.0, 1.0)
    left_ns = round(3.0 * NS_PER_S)
    assert leads(burning.states[-1], spent.states[-1], left_ns)
    assert not leads(spent.states[-1], burning.states[-1], left_ns)


@pytest.mark.parametrize("until_s", [100.0, 200.0, 300.0])
def test_of_two_that_coast_the_one_pushed_forwards_is_the_missile_before_and_after_the_apogee(flight: Flight, until_s: float) -> None:
    x = flight.at(90.0)
    assert x is not None
    stack, kick = np.array([*x[:6], np.log(5_000.0)]), 5.0 * x[3:6] / sqrt(float(np.sum(x[3:6] ** 2)))
    pushed, left = np.empty(7), np.empty(7)
    coast_propagate(stack + np.array([0, 0, 0, *kick, 0]), until_s - 90.0, 1.0, pushed)
    coast_propagate(stack - np.array([0, 0, 0, *kick, 0]), until_s - 90.0, 1.0, left)
    one, other = moving(pushed, until_s, sigma_mps=1.0), moving(left, until_s, sigma_mps=1.0)
    assert leads(one, other, 90 * NS_PER_S)
    assert not leads(other, one, 90 * NS_PER_S)
    assert not leads(moving(pushed, until_s, sigma_mps=20.0), moving(left, until_s, sigma_mps=20.0), 90 * NS_PER_S)


def falling(alt_m: float, ln_beta: float, sigma: float) -> Moving:
    """Return an object that comes down at 2 km/s, its beta known to sigma."""
    one = moving(state(alt_m, 2_000.0, -0.7), 300.0)
    one.x[6], one.P[6, 6] = ln_beta, sigma**2
    return one


def test_in_the_air_the_one_that_is_slowed_less_is_the_missile() -> None:
    heavy, light = falling(40_000.0, np.log(5_000.0), 0.1), falling(40_000.0, np.log(1_500.0), 0.1)
    assert leads(heavy, light, 90 * NS_PER_S)
    assert not leads(light, heavy, 90 * NS_PER_S)


def test_a_stage_that_comes_down_first_is_not_flown_back_through_the_air_to_become_the_missile(flight: Flight) -> None:
    """Six of sixty events went over to a stage that re-entered: a small error of its beta made it the faster one in the past."""
    x = flight.at(200.0)
    assert x is not None
    assert not leads(falling(40_000.0, np.log(5_000.0), 0.1), moving(x, 300.0), 90 * NS_PER_S)
    assert not leads(falling(40_000.0, np.log(5_000.0), 0.3), falling(40_000.0, np.log(1_500.0), 0.3), 90 * NS_PER_S)
