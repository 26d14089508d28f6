"""Flights drawn from the priors are what their kind promises, by outside formulas; and the sensors and the sky around them."""

import math
from collections.abc import Iterator
from itertools import pairwise

import msgspec
import numpy as np
import pymap3d
import pytest
from pyproj import Geod

from tests.scenarios.test_flight import free_fall
from tocsin.kernels.atmosphere import density_kgpm3
from tocsin.sim.draw import KINDS, Drawn, best_angle_rad, draw_flight, draw_site, free_range_m
from tocsin.sim.ephemeris import Ephemeris
from tocsin.sim.field import draw_sensors, night_of, radar_at, standard_radar
from tocsin.sim.flight import FlightKind, minimum_energy_apogee_m
from tocsin.sim.observe import CLUTTER, OTHER_BASE, coverage, label_kind, observe, play
from tocsin.sim.others import Other, draw_aircraft, draw_meteor, draw_place, draw_satellite

WGS84 = Geod(ellps="WGS84")
MU = 3.986004418e14  # m3/s2, WGS-84
RADIUS_M = 6_371_000.0
EACH = 4  # flights a kind
SEED = 20_250_101


def drawn_flights(kind: FlightKind, count: int = EACH) -> Iterator[Drawn]:
    rng = np.random.default_rng([SEED, KINDS.index(kind)])
    for i in range(count):
        yield draw_flight(kind, rng, f"M{i}", *draw_site(rng))


def seconds(drawn: Drawn, time_ns: int) -> float:
    return (time_ns - drawn.flight.launch_ns) / 1e9


def state(path: Ephemeris, time_ns: int) -> tuple[np.ndarray, np.ndarray]:
    found = path.state_at(time_ns)
    assert found is not None
    return np.array(found[0]), np.array(found[1])


def up_at(pos: np.ndarray) -> np.ndarray:
    lat, lon, _ = pymap3d.ecef2geodetic(*pos)
    return np.array(pymap3d.enu2uvw(0.0, 0.0, 1.0, float(lat), float(lon)))


def altitude_m(pos: np.ndarray) -> float:
    return float(pymap3d.ecef2geodetic(*pos)[2])


def burnout_angle_deg(drawn: Drawn) -> float:
    pos, vel = state(drawn.flight.path, drawn.flight.burnout_ns)
    return math.degrees(math.asin(float(vel @ up_at(pos)) / float(np.linalg.norm(vel))))


def ground_m(drawn: Drawn) -> float:
    flight = drawn.flight
    ends = (flight.launch_lon_rad, flight.launch_lat_rad, flight.impact_lon_rad, flight.impact_lat_rad)
    return float(WGS84.inv(*(math.degrees(angle) for angle in ends))[2])


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_boost_obeys_the_published_priors(kind: FlightKind) -> None:
    for drawn in drawn_flights(kind):
        motors, flight = drawn.boost.motors, drawn.flight
        burn_s = sum(motor.burn_s for motor in motors)
        least_s = 0.3 * 40.0 if kind == "failed-boost" else 40.0
        assert flight.kind == kind
        assert least_s <= burn_s <= 120.0
        assert len(motors) in (1, 2)
        assert all(abs(motor.slope) <= 0.2 + 1e-12 for motor in motors)
        assert all(0.0 <= motor.coast_s <= 10.0 for motor in motors)
        assert 4.0 <= drawn.boost.kick_s <= 15.0
        assert abs(flight.ln_beta - math.log(5_000.0)) < 5.0 * 0.30
        assert flight.range_m == pytest.approx(ground_m(drawn), abs=1.0)
        assert altitude_m(state(flight.path, flight.impact_ns - 1_000)[0]) == pytest.approx(0.0, abs=20.0)
        assert flight.thrusting(flight.launch_ns)
        assert not flight.thrusting(flight.burnout_ns)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "low_deg", "high_deg"), [("lofted", 50.0, 80.0), ("depressed", 20.0, 35.0)])
def test_lofted_and_depressed_flights_burn_out_at_their_angle(kind: FlightKind, low_deg: float, high_deg: float) -> None:
    angles = [burnout_angle_deg(drawn) for drawn in drawn_flights(kind, 8)]
    assert all(low_deg - 0.1 <= angle <= high_deg + 0.1 for angle in angles)
    assert max(angles) - min(angles) > 3.0  # spread, not one value


@pytest.mark.slow
def test_minimum_energy_flights_have_the_apogee_of_the_arc_of_least_energy() -> None:
    for drawn in drawn_flights("minimum-energy"):
        assert drawn.flight.apogee_m / minimum_energy_apogee_m(drawn.flight.range_m) == pytest.approx(1.1, abs=0.35)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["minimum-energy", "lofted", "depressed"])
def test_apogee_is_that_of_the_kepler_orbit_at_burnout(kind: FlightKind) -> None:
    for drawn in drawn_flights(kind):
        pos, vel = state(drawn.flight.path, drawn.flight.burnout_ns)
        if altitude_m(pos) < 45e3:
            continue  # air still takes some of it
        v = vel + np.cross([0.0, 0.0, 7.292115e-5], pos)
        r = float(np.linalg.norm(pos))
        h = float(np.linalg.norm(np.cross(pos, v)))
        energy = float(v @ v) / 2.0 - MU / r
        apogee_radius = -MU / (2.0 * energy) * (1.0 + math.sqrt(1.0 + 2.0 * energy * h * h / (MU * MU)))
        times_ns = drawn.flight.apogee_ns + np.arange(-2, 3)
        top = drawn.flight.path.sample(times_ns)[0]
        assert drawn.flight.apogee_m == pytest.approx(altitude_m(top[2]), abs=5.0)
        assert float(np.linalg.norm(top[2])) == pytest.approx(apogee_radius, rel=1e-3)


@pytest.mark.slow
def test_pull_up_glides_50_to_300_km_beyond_its_ballistic_point_and_only_below_50_km() -> None:
    for drawn in drawn_flights("pull-up"):
        flight = drawn.flight
        assert drawn.manoeuvre_ns is not None
        assert 0.5 <= flight.lift_to_drag <= 2.0
        assert 50e3 <= ground_m(drawn) - drawn.ballistic_range_m <= 300e3
        begin = state(flight.path, drawn.manoeuvre_ns[0])
        assert altitude_m(begin[0]) == pytest.approx(50e3, abs=50.0)
        assert float(begin[1] @ up_at(begin[0])) < 0.0
        assert drawn.manoeuvre_ns[1] == flight.impact_ns


@pytest.mark.slow
def test_boost_back_pushes_against_the_velocity_as_long_and_as_hard_as_said() -> None:
    for drawn in drawn_flights("boost-back"):
        assert drawn.manoeuvre_ns is not None
        assert drawn.boost.retro is not None
        begin_ns, end_ns = drawn.manoeuvre_ns
        assert drawn.flight.burns_ns[-1] == (begin_ns, end_ns)
        assert 5.0 <= (end_ns - begin_ns) / 1e9 <= 30.0
        middle_ns = (begin_ns + end_ns) // 2
        pos, vel = state(drawn.flight.path, middle_ns)
        gain = state(drawn.flight.path, middle_ns + 500_000_000)[1] - state(drawn.flight.path, middle_ns - 500_000_000)[1]
        felt = (
            gain - free_fall(pos, vel) + 0.5 * density_kgpm3(altitude_m(pos)) * math.exp(-drawn.flight.ln_beta) * np.linalg.norm(vel) * vel
        )
        along = float(felt @ vel) / float(np.linalg.norm(vel))
        assert 20.0 <= drawn.boost.retro.thrust_mps2 <= 60.0
        assert along == pytest.approx(-drawn.boost.retro.thrust_mps2, abs=0.1)
        assert drawn.flight.apogee_ns < drawn.flight.impact_ns
        tops = [altitude_m(row) for row in drawn.flight.path.pos_ecef_m]
        assert drawn.flight.apogee_m == pytest.approx(max(tops), abs=50.0)


@pytest.mark.slow
def test_failed_boost_ends_at_30_to_90_per_cent_of_the_same_thrust() -> None:
    lengths = [sum(motor.burn_s for motor in drawn.boost.motors) for drawn in drawn_flights("failed-boost", 8)]
    assert all(0.3 * 40.0 <= length <= 0.9 * 120.0 for length in lengths)
    whole = [sum(motor.burn_s for motor in drawn.boost.motors) for drawn in drawn_flights("minimum-energy", 8)]
    assert sum(lengths) < sum(whole)


@pytest.mark.slow
def test_spent_stages_leave_their_missile_slowly_and_fall_behind_it() -> None:
    for drawn in drawn_flights("staged-parts"):
        flight = drawn.flight
        assert len(flight.burns_ns) == 2
        assert 1 <= len(drawn.parts) <= 2
        first = drawn.parts[0]
        assert flight.burns_ns[0][1] <= first.from_ns <= flight.burns_ns[1][0]
        for part in drawn.parts:
            assert part.kind == "part"
            assert part.parent == flight.missile
            assert part.path.state_at(part.from_ns - 1_000_000) is None
            own, missile = state(part.path, part.from_ns), state(flight.path, part.from_ns)
            assert math.dist(own[0], missile[0]) < 0.01
            assert 1.0 <= math.dist(own[1], missile[1]) <= 20.0
            end_s = float(part.path.times_s[-1])
            assert altitude_m(state(part.path, flight.launch_ns + int(end_s * 1e9) - 1_000)[0]) < 20.0
        spent = first.path.pos_ecef_m[-1]
        lat, lon, _ = pymap3d.ecef2geodetic(*spent)
        launch = (math.degrees(flight.launch_lon_rad), math.degrees(flight.launch_lat_rad))
        assert WGS84.inv(*launch, float(lon), float(lat))[2] < flight.range_m


def test_free_range_is_greatest_at_the_angle_of_least_energy() -> None:
    speed_mps = 3_000.0
    best = max((free_range_m(speed_mps, math.radians(0.1 * a)), 0.1 * a) for a in range(100, 800))
    q = speed_mps**2 * RADIUS_M / MU
    assert best[0] == pytest.approx(2.0 * RADIUS_M * math.asin(q / (2.0 - q)), rel=1e-4)  # Bate, Mueller, White (1971), eq. 6.2-19
    assert best[1] == pytest.approx(math.degrees(best_angle_rad(best[0])), abs=0.15)
    assert free_range_m(11_300.0, 0.8) == math.inf


@pytest.mark.slow
def test_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    def plots(seed: int) -> bytes:
        rng = np.random.default_rng(seed)
        drawn = draw_flight("staged-parts", rng, "M1", *draw_site(rng))
        night = night_of((drawn,))
        return msgspec.json.encode(list(play(night.scenario, draw_sensors(rng, (drawn.flight,), "wide"), seed, night)))

    assert plots(5) == plots(5)
    assert plots(5) != plots(6)


@pytest.mark.slow
@pytest.mark.parametrize("field", ["standard", "wide"])
def test_drawn_sensors_see_the_flight_soon_after_burnout_and_label_parts(field: str) -> None:
    rng = np.random.default_rng(SEED)
    for i in range(4):
        drawn = draw_flight("staged-parts", rng, "M1", *draw_site(rng))
        sensors = draw_sensors(rng, (drawn.flight,), "standard" if field == "standard" else "wide")
        night = night_of((drawn,))
        scans = list(play(night.scenario, sensors, i, night))
        first_ns = min(s.scan.time_ns for s in scans if 0 in s.labels)
        assert first_ns < drawn.flight.burnout_ns + 90 * 10**9
        labels = {label for s in scans for label in s.labels}
        assert labels <= {CLUTTER, 0, OTHER_BASE, OTHER_BASE + 1}
        assert {label_kind(night, label) for label in labels} <= {"false-alarm", "missile", "part"}
        assert [s.scan.time_ns for s in scans] == sorted(s.scan.time_ns for s in scans)
        radars = [s for s in sensors if s.kind == "radar"]
        assert len(radars) == 3 if field == "standard" else 2 <= len(radars) <= 4


def over_a_radar() -> tuple[Other, Other]:
    """A satellite and a meteor above 40 N 10 E."""
    rng = np.random.default_rng(SEED)
    place = (math.radians(40.0), math.radians(10.0))
    return draw_satellite(rng, "S1", place, 0, 600 * 10**9), draw_meteor(rng, "P1", place, 0, 600 * 10**9)


def test_satellite_keeps_its_inertial_energy_and_stays_in_orbit() -> None:
    satellite, _ = over_a_radar()
    energies = []
    for pos, vel in zip(satellite.path.pos_ecef_m, satellite.path.vel_ecef_mps, strict=True):
        v = vel + np.cross([0.0, 0.0, 7.292115e-5], pos)
        energies.append(float(v @ v) / 2.0 - MU / float(np.linalg.norm(pos)))
        assert 300e3 < altitude_m(pos) < 2_500e3
    assert max(energies) - min(energies) < 2e-3 * abs(energies[0])  # the rest is the J2 potential
    steps = [math.dist(a, b) for a, b in pairwise(satellite.path.pos_ecef_m.tolist())]
    assert all(step > 0.0 for step in steps)


def test_meteor_is_seen_for_seconds_between_120_and_50_km_faster_than_escape() -> None:
    _, meteor = over_a_radar()
    heights = [altitude_m(pos) for pos in meteor.path.pos_ecef_m]
    assert 120.1e3 >= heights[0] > heights[1] >= 49e3
    assert 0.1 < float(meteor.path.times_s[-1]) <= 5.0
    assert 11_186.0 <= float(np.linalg.norm(meteor.path.vel_ecef_mps[0])) <= 40_001.0  # escape speed at the ground


@pytest.mark.slow
def test_radar_labels_aircraft_satellites_and_meteors_as_what_they_are() -> None:
    rng = np.random.default_rng(SEED)
    place = (math.radians(40.0), math.radians(10.0))
    aircraft = tuple(draw_aircraft(rng, f"A{i}", draw_place(rng, *place, 200e3)) for i in range(5))
    night = night_of((), aircraft=aircraft, others=over_a_radar(), span_ns=(0, 600 * 10**9))
    radar = radar_at(standard_radar(rng, "radar-1"), *place)
    seen = {label_kind(night, label) for s in observe(night, radar, 1) for label in s.labels}
    assert seen == {"aircraft", "satellite", "meteor", "false-alarm"}


def test_coverage_is_what_the_radar_reports() -> None:
    satellite, _ = over_a_radar()
    radar = radar_at(standard_radar(np.random.default_rng(1), "radar-1", 1.5e6), math.radians(40.0), math.radians(10.0))
    times_ns = np.arange(0, 600, 10, dtype=np.int64) * 10**9
    seen = coverage(radar, satellite.path, times_ns)
    east, north, up = pymap3d.ecef2enu(*satellite.path.sample(times_ns)[0].T, 40.0, 10.0, 0.0)
    elevation = np.degrees(np.arctan2(up, np.hypot(east, north)))
    near = np.sqrt(east**2 + north**2 + up**2) <= 1.5e6
    assert np.array_equal(seen, (elevation >= 1.5) & near)
    assert 0 < int(seen.sum()) < len(times_ns)
