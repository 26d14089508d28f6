"""Flights through published facts: apogee, distance, bearing, and the physics on the way."""

import math

import msgspec
import numpy as np
import pymap3d
import pytest
from pyproj import Geod
from scipy.integrate import solve_ivp

from tests.scenarios.facts import LAUNCH_NS, missile, pull_up
from tocsin.errors import OperatorFault
from tocsin.kernels.atmosphere import density_kgpm3
from tocsin.sim.flight import Flight, fit_flight, minimum_energy_apogee_m
from tocsin.sim.scenario import Missile, Stage

WGS84 = Geod(ellps="WGS84")
SHARE = 0.002  # of apogee and distance; the promise to users is 2 %

# apogee km, distance km, kind: the ranges of the event catalogue by class, and the reference night
FACTS = [
    (50, 350, "depressed"),
    (50, 400, "depressed"),
    (20, 110, "depressed"),
    (37, 240, "depressed"),
    (25, 250, "depressed"),
    (97, 410, "minimum-energy"),
    (150, 110, "lofted"),
    (150, 800, "minimum-energy"),
    (100, 650, "depressed"),
    (560, 1_000, "lofted"),
    (2_000, 800, "lofted"),
    (4_000, 1_000, "lofted"),
    (1_000, 4_600, "minimum-energy"),
    (7_000, 1_000, "lofted"),
]


def highest_m(flight: Flight) -> float:
    """Return the greatest altitude in a fine sampling, by pymap3d."""
    times_ns = np.linspace(flight.launch_ns, flight.impact_ns - 1_000, 20_000).astype(np.int64)
    pos, _, _ = flight.path.sample(times_ns)
    return float(np.max(pymap3d.ecef2geodetic(*pos.T)[2]))


def ground(flight: Flight) -> tuple[float, float, float]:
    """Return (distance m, bearing deg, altitude m) of the last state, by PROJ and pymap3d."""
    state = flight.state_at(flight.impact_ns - 1_000)
    assert state is not None
    lat, lon, alt = (float(v) for v in pymap3d.ecef2geodetic(*state[0]))
    azimuth, _, distance = WGS84.inv(math.degrees(flight.launch_lon_rad), math.degrees(flight.launch_lat_rad), lon, lat)
    return distance, azimuth % 360.0, alt


@pytest.mark.slow
@pytest.mark.parametrize(("apogee_km", "distance_km", "kind"), FACTS)
def test_apogee_distance_and_bearing_come_out_as_published(apogee_km: float, distance_km: float, kind: str) -> None:
    flight = fit_flight(missile(apogee_km, distance_km))
    distance_m, bearing_deg, alt_m = ground(flight)
    assert flight.kind == kind
    assert highest_m(flight) == pytest.approx(apogee_km * 1e3, rel=SHARE)
    assert flight.apogee_m == pytest.approx(apogee_km * 1e3, rel=SHARE)
    assert distance_m == pytest.approx(distance_km * 1e3, rel=SHARE)
    assert distance_m == pytest.approx(flight.range_m, abs=1.0)
    assert bearing_deg == pytest.approx(61.0, abs=0.02)
    assert abs(alt_m) < 20.0  # a microsecond before the ground at up to 7 km/s


@pytest.mark.slow
@pytest.mark.parametrize("glide_km", [30.0, 60.0, 90.0])
def test_pull_up_reproduces_the_facts_and_glides_beyond_the_ballistic_point(glide_km: float) -> None:
    flight = fit_flight(pull_up(50.0, 400.0, glide_km))
    ballistic = fit_flight(missile(50.0, 400.0 - glide_km))
    assert flight.kind == "pull-up"
    assert 0.0 < flight.lift_to_drag <= 2.0
    assert highest_m(flight) == pytest.approx(50e3, rel=SHARE)
    assert ground(flight)[0] == pytest.approx(400e3, rel=SHARE)
    assert ground(flight)[1] == pytest.approx(61.0, abs=0.02)
    assert flight.range_m - ballistic.range_m == pytest.approx(glide_km * 1e3, rel=0.01)
    assert flight.impact_ns > ballistic.impact_ns


@pytest.mark.slow
@pytest.mark.parametrize("bearing_deg", [0.0, 90.0, 180.0, 270.0])
def test_every_direction_can_be_flown_against_the_turning_earth(bearing_deg: float) -> None:
    flight = fit_flight(missile(4_000.0, 1_000.0, bearing_deg=bearing_deg))
    distance_m, found_deg, _ = ground(flight)
    assert distance_m == pytest.approx(1_000e3, rel=SHARE)
    assert math.remainder(found_deg - bearing_deg, 360.0) == pytest.approx(0.0, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("burn_s", [40.0, 75.0, 120.0])
def test_thrust_lasts_as_long_as_the_burn(burn_s: float) -> None:
    flight = fit_flight(missile(50.0, 350.0, burn_s=burn_s))
    end_ns = LAUNCH_NS + int(burn_s * 1e9)
    assert flight.burnout_ns == end_ns
    assert not flight.thrusting(LAUNCH_NS - 1)
    assert flight.thrusting(LAUNCH_NS)
    assert flight.thrusting(end_ns - 1)
    assert not flight.thrusting(end_ns)


@pytest.mark.slow
def test_two_stages_with_a_coast_between_and_a_sloping_thrust_reach_the_facts() -> None:
    stages = (Stage(burn_s=60.0, coast_s=5.0), Stage(burn_s=55.0, thrust_ratio=1.5, slope=0.2))
    flight = fit_flight(msgspec.structs.replace(missile(7_000.0, 1_000.0), stages=stages))
    assert highest_m(flight) == pytest.approx(7_000e3, rel=SHARE)
    assert ground(flight)[0] == pytest.approx(1_000e3, rel=SHARE)
    seconds = [(int(t * 1e9) + LAUNCH_NS) for t in (59.9, 60.1, 64.9, 65.1, 119.9, 120.1)]
    assert [flight.thrusting(t) for t in seconds] == [True, False, False, True, True, False]
    assert flight.burnout_ns == LAUNCH_NS + 120_000_000_000


@pytest.mark.slow
def test_facts_that_no_missile_can_fly_give_one_clear_error() -> None:
    with pytest.raises(OperatorFault, match=r"apogee 30 km with distance 800 km cannot be flown with a burn of 75 s .*expected"):
        fit_flight(missile(30.0, 800.0))


@pytest.mark.slow
def test_a_glide_beyond_the_lift_of_any_missile_gives_one_clear_error() -> None:
    with pytest.raises(
        OperatorFault, match=r"glide_km = 200 cannot be flown with a lift-to-drag ratio up to 2 .*expected a shorter glide_km"
    ):
        fit_flight(pull_up(50.0, 400.0, 200.0))


def test_minimum_energy_apogee_of_a_short_range_is_a_quarter_of_it() -> None:
    assert minimum_energy_apogee_m(100e3) == pytest.approx(25e3, rel=0.01)


def test_no_state_before_lift_off_and_none_after_the_impact() -> None:
    flight = fit_flight(missile(50.0, 350.0))
    assert flight.state_at(flight.launch_ns - 1) is None
    assert flight.state_at(flight.impact_ns + 1_000) is None
    assert flight.state_at(flight.launch_ns) is not None


def test_velocity_is_the_derivative_of_position_all_the_way_but_at_the_kick() -> None:
    flight = fit_flight(missile(50.0, 350.0))
    times_ns = np.arange(flight.launch_ns + 10**9, flight.impact_ns - 10**9, 333_000_000)
    times_ns = times_ns[np.abs(times_ns - flight.launch_ns - 8 * 10**9) > 10**8]
    ahead, _, _ = flight.path.sample(times_ns + 10_000_000)
    behind, _, _ = flight.path.sample(times_ns - 10_000_000)
    _, velocity, inside = flight.path.sample(times_ns)
    assert np.all(inside)
    assert np.max(np.abs((ahead - behind) / 0.02 - velocity)) < 0.05


@pytest.mark.slow
def test_ballistic_flight_equals_an_adaptive_integration_of_plainly_written_physics() -> None:
    facts = missile(50.0, 350.0)
    flight = fit_flight(facts)
    end = twin_impact(facts, flight)
    state = flight.state_at(flight.impact_ns - 1_000)
    assert state is not None
    assert np.linalg.norm(np.array(state[0]) - end[1:4]) < 5.0  # of 350 km; the kick and RK4 steps of 0.25 s
    assert (flight.impact_ns - flight.launch_ns) / 1e9 == pytest.approx(float(end[0]), abs=0.01)


def twin_impact(facts: Missile, flight: Flight) -> np.ndarray:
    """Return [time, position] at the ground by scipy's DOP853 and textbook formulas; the air's density is the project's."""
    mu, j2, a, rate = 3.986004418e14, 1.082629821e-3, 6_378_137.0, np.array([0.0, 0.0, 7.292115e-5])

    def push(t: float, s: np.ndarray, thrust: float, along: np.ndarray | None) -> np.ndarray:
        r, v = s[:3], s[3:]
        d = float(np.linalg.norm(r))
        ratio = (r[2] / d) ** 2
        oblate = 1.5 * j2 * (a / d) ** 2
        gravity = -mu / d**3 * r * (1.0 + oblate * (np.array([1.0, 1.0, 3.0]) - 5.0 * ratio))
        turning = -2.0 * np.cross(rate, v) - np.cross(rate, np.cross(rate, r))
        speed = float(np.linalg.norm(v))
        height = float(pymap3d.ecef2geodetic(*r)[2])
        drag = -0.5 * density_kgpm3(height) / facts.beta_kgpm2 * speed * v
        line = along if along is not None else v / max(speed, 1e-9)
        return np.concatenate([v, gravity + turning + drag + thrust * line])

    start = np.array(pymap3d.geodetic2ecef(39.2, 125.673, 0.0))
    up = np.array(pymap3d.enu2uvw(0.0, 0.0, 1.0, 39.2, 125.673))
    tight = {"method": "DOP853", "rtol": 1e-10, "atol": 1e-6}
    rise = solve_ivp(push, (0.0, 8.0), np.concatenate([start, np.zeros(3)]), args=(flight.thrust_mps2, up), **tight).y[:, -1]
    after = flight.state_at(facts.launch_ns + 8_000_000_001)
    assert after is not None
    kicked = np.array(after[1]) / np.linalg.norm(after[1])
    assert math.acos(float(kicked @ up)) == pytest.approx(flight.kick_rad, abs=1e-3)
    rise[3:] = np.linalg.norm(rise[3:]) * kicked
    burn = solve_ivp(push, (8.0, 75.0), rise, args=(flight.thrust_mps2, None), **tight).y[:, -1]

    def landed(t: float, s: np.ndarray, thrust: float, along: np.ndarray | None) -> float:
        return float(pymap3d.ecef2geodetic(*s[:3])[2])

    landed.terminal = True  # type: ignore[attr-defined]
    fall = solve_ivp(push, (75.0, 600.0), burn, args=(0.0, None), events=landed, **tight)
    return np.concatenate([[fall.t[-1]], fall.y[:3, -1]])


@pytest.mark.slow
def test_lift_acts_only_on_the_way_down_below_50_km_and_never_exceeds_twice_the_drag() -> None:
    flight = fit_flight(pull_up(50.0, 400.0, 70.0))
    times_ns = np.arange(flight.burnout_ns + 2 * 10**9, flight.impact_ns - 2 * 10**9, 10**9)
    largest = 0.0
    for time_ns in times_ns.tolist():
        before, here, after = (flight.state_at(time_ns + d) for d in (-500_000_000, 0, 500_000_000))
        assert before is not None
        assert here is not None
        assert after is not None
        position, velocity = np.array(here[0]), np.array(here[1])
        lat, lon, alt = (float(v) for v in pymap3d.ecef2geodetic(*position))
        speed = float(np.linalg.norm(velocity))
        drag = 0.5 * density_kgpm3(alt) / 5_000.0 * speed * speed
        felt = (np.array(after[1]) - np.array(before[1])) / 1.0 - free_fall(position, velocity) + drag * velocity / speed
        up = np.array(pymap3d.enu2uvw(0.0, 0.0, 1.0, lat, lon))
        descending = float(velocity @ up) < 0.0
        lift = float(np.linalg.norm(felt - velocity * float(felt @ velocity) / speed**2))
        if alt > 50_500.0 or not descending:
            assert lift < 0.05
        else:
            assert lift <= flight.lift_to_drag * drag + 0.3
            largest = max(largest, lift)
    assert largest > 5.0


def free_fall(position: np.ndarray, velocity: np.ndarray) -> np.ndarray:
    """Return gravity with J2 and the apparent forces, textbook formulas."""
    rate = np.array([0.0, 0.0, 7.292115e-5])
    d = float(np.linalg.norm(position))
    oblate = 1.5 * 1.082629821e-3 * (6_378_137.0 / d) ** 2
    pull = -3.986004418e14 / d**3 * position * (1.0 + oblate * (np.array([1.0, 1.0, 3.0]) - 5.0 * (position[2] / d) ** 2))
    return pull - 2.0 * np.cross(rate, velocity) - np.cross(rate, np.cross(rate, position))
