"""What the notional sensors report: chance, errors, resolution, false alarms, and nothing they cannot see."""

from math import radians, sqrt

import msgspec
import numpy as np
import pymap3d
import pytest

from tests.scenarios.facts import missile
from tocsin.messages.plot import Plot
from tocsin.messages.sensor import Sensor
from tocsin.sim.coalition import moved, place
from tocsin.sim.night import Night, make_night
from tocsin.sim.observe import AIRCRAFT_BASE, CLUTTER, SimScan, observe, play
from tocsin.sim.scenario import Aircraft, Scenario, load_coalition, load_scenario

COALITION = load_coalition("northeast-asia")
SCENARIO = load_scenario("2023-08-30")
NIGHT: Night = make_night(SCENARIO)
SENSORS = place(COALITION)
BY_ID = {s.sensor: s for s in SENSORS}
WEST, EAST = BY_ID["USA-IR-WEST"], BY_ID["USA-IR-EAST"]

SEED = 5


@pytest.fixture(scope="module")
def scans() -> list[SimScan]:
    """Return the whole night of the whole coalition."""
    return list(play(SCENARIO, SENSORS, SEED, NIGHT))


def formation(separation_m: float) -> Night:
    """Return a night with one missile and two aircraft side by side at 300 km in front of KOR-SHIP."""
    pair = tuple(
        Aircraft(
            aircraft=f"a{i}",
            kind="fighter",
            lat_rad=radians(37.8),
            lon_rad=radians(132.5) + (separation_m * i) / (6_378e3 * 0.79),
            alt_m=12_000.0,
            heading_rad=0.0,
            speed_mps=200.0,
            legs=(),
            repeat=False,
        )
        for i in range(2)
    )
    return make_night(msgspec.structs.replace(SCENARIO, missiles=(missile(50.0, 350.0),), aircraft=pair))


def labelled(scans: list[SimScan], label: int) -> int:
    """Return how many plots carry a label."""
    return sum(s.labels.count(label) for s in scans)


@pytest.mark.slow
def test_same_seed_gives_the_same_scans_and_another_seed_others() -> None:
    some = (BY_ID["KOR-EWR-N"], WEST)
    three = list(play(SCENARIO, some, 3, NIGHT))
    assert three == list(play(SCENARIO, some, 3, NIGHT))
    assert three != list(play(SCENARIO, some, 4, NIGHT))


@pytest.mark.slow
def test_moving_one_ship_changes_no_other_sensor_and_not_its_own_scan_times(scans: list[SimScan]) -> None:
    east = list(play(SCENARIO, place(COALITION, "ship-east"), SEED, NIGHT))
    assert [s for s in scans if s.scan.sensor != "JPN-SHIP"] == [s for s in east if s.scan.sensor != "JPN-SHIP"]
    ship_base, ship_east = ([s for s in played if s.scan.sensor == "JPN-SHIP"] for played in (scans, east))
    assert [s.scan.time_ns for s in ship_base] == [s.scan.time_ns for s in ship_east]
    assert ship_base != ship_east


@pytest.mark.slow
def test_scans_come_in_time_order_and_each_plot_has_its_scans_time_and_a_label(scans: list[SimScan]) -> None:
    assert [s.scan.time_ns for s in scans] == sorted(s.scan.time_ns for s in scans)
    assert NIGHT.start_ns <= scans[0].scan.time_ns
    assert scans[-1].scan.time_ns < NIGHT.end_ns
    for s in scans:
        assert len(s.labels) == len(s.scan.plots)
        assert all(p.time_ns == s.scan.time_ns and p.sensor == s.scan.sensor for p in s.scan.plots)


@pytest.mark.slow
def test_each_sensor_scans_at_its_own_phase_and_period(scans: list[SimScan]) -> None:
    phases = []
    for sensor in SENSORS:
        times = [s.scan.time_ns for s in scans if s.scan.sensor == sensor.sensor]
        assert set(np.diff(times).tolist()) == {int(sensor.scan_period_s * 1e9)}
        phases.append((times[0] - NIGHT.start_ns) / 1e9 / sensor.scan_period_s)
    assert all(0.0 <= phase < 1.0 for phase in phases)
    assert len(set(phases)) == len(phases)


@pytest.mark.slow
def test_only_ships_say_where_they_stood_and_they_stay_near_their_place(scans: list[SimScan]) -> None:
    for sensor in SENSORS:
        places = [p.sensor_pos_ecef_m for s in scans for p in s.scan.plots if p.sensor == sensor.sensor]
        if not sensor.moving:
            assert set(places) == {None}
            continue
        away = [sqrt(sum((a - b) ** 2 for a, b in zip(p, sensor.pos_ecef_m, strict=True))) for p in places if p is not None]
        assert len(away) == len(places)
        assert 2_000.0 < max(away) < 2_500.0


@pytest.mark.slow
@pytest.mark.parametrize("sensor_id", ["KOR-EWR-N", "KOR-SHIP", "USA-XBR-SEONGJU"])
def test_errors_of_true_plots_have_the_sensors_sigmas_and_no_bias(sensor_id: str) -> None:
    sensor = BY_ID[sensor_id]
    errors = []
    for seed in (1, 2, 3):
        for s in observe(NIGHT, sensor, seed):
            for plot, label in zip(s.scan.plots, s.labels, strict=True):
                if 0 <= label < AIRCRAFT_BASE:
                    errors.append(radar_error(sensor, s, plot, label))
    z = np.array(errors)
    n = len(z)
    assert n > 300
    assert np.all(np.abs(z.mean(axis=0)) < 4.5 / sqrt(n))
    assert np.all(np.abs(z.var(axis=0) - 1.0) < 4.5 * sqrt(2.0 / n))


def radar_error(sensor: Sensor, s: SimScan, plot: Plot, label: int) -> list[float]:
    """Return (azimuth, elevation, range) error in sigmas, by pymap3d."""
    state = NIGHT.flights[label].state_at(s.scan.time_ns)
    assert state is not None
    assert plot.azimuth_rad is not None
    assert plot.elevation_rad is not None
    assert plot.range_m is not None
    lat, lon, alt = (float(v) for v in pymap3d.ecef2geodetic(*(plot.sensor_pos_ecef_m or sensor.pos_ecef_m)))
    az, el, rng = (float(v) for v in pymap3d.ecef2aer(*state[0], lat, lon, alt))
    found = (plot.azimuth_rad, plot.elevation_rad, plot.range_m)
    return [
        (found[0] - radians(az)) / sensor.sigma_azimuth_rad,
        (found[1] - radians(el)) / sensor.sigma_elevation_rad,
        (found[2] - rng) / sensor.sigma_range_m,
    ]


@pytest.mark.slow
def test_detection_probability_holds_while_a_target_is_in_view() -> None:
    sensor = BY_ID["KOR-EWR-N"]
    hits = scans = 0
    for seed in range(6):
        for s in observe(NIGHT, sensor, seed):
            after_s = (s.scan.time_ns - NIGHT.flights[0].launch_ns) / 1e9
            if 45.0 < after_s < 210.0:
                scans += 1
                hits += 0 in s.labels
    assert hits / scans == pytest.approx(0.9, abs=4.0 * sqrt(0.09 / scans))


@pytest.mark.parametrize("sensor", SENSORS, ids=lambda s: s.sensor)
def test_false_alarms_have_their_rate_and_stay_in_the_covered_volume(sensor: Sensor) -> None:
    scans = observe(NIGHT, sensor, 9)
    false = [p for s in scans for p, label in zip(s.scan.plots, s.labels, strict=True) if label == CLUTTER]
    wanted = sensor.false_alarms_per_scan * len(scans)
    assert abs(len(false) - wanted) < 5.0 * sqrt(wanted)
    for p in false:
        if sensor.kind == "infrared":
            assert p.los_ecef is not None
            assert sum(c * c for c in p.los_ecef) == pytest.approx(1.0, abs=1e-12)
            continue
        assert p.azimuth_rad is not None
        assert p.elevation_rad is not None
        assert p.range_m is not None
        assert sensor.min_elevation_rad <= p.elevation_rad <= radians(70.0)
        assert 20e3 <= p.range_m <= sensor.max_range_m
        if sensor.azimuth_sector_rad is not None:
            start, end = sensor.azimuth_sector_rad
            assert (p.azimuth_rad - start) % (2 * np.pi) <= (end - start) % (2 * np.pi) + 1e-9


@pytest.mark.slow
def test_two_targets_in_one_resolution_cell_give_one_plot_and_apart_give_two() -> None:
    ship = BY_ID["KOR-SHIP"]
    close, apart = formation(100.0), formation(2_000.0)
    merged = [s.labels for s in observe(close, ship, 2)]
    assert all(labels.count(AIRCRAFT_BASE + 1) == 0 for labels in merged)
    assert sum(labels.count(AIRCRAFT_BASE) for labels in merged) > 100
    split = [s.labels for s in observe(apart, ship, 2)]
    assert sum(labels.count(AIRCRAFT_BASE + 1) for labels in split) > 100


@pytest.mark.slow
@pytest.mark.parametrize("sensor", [WEST, EAST], ids=lambda s: s.sensor)
def test_infrared_sees_only_burning_missiles_above_8_km_within_its_error(sensor: Sensor) -> None:
    angles = []
    for seed in (1, 2, 3, 4):
        for s in observe(NIGHT, sensor, seed):
            for plot, label in zip(s.scan.plots, s.labels, strict=True):
                if label == CLUTTER:
                    continue
                flight = NIGHT.flights[label]
                state = flight.state_at(s.scan.time_ns)
                assert state is not None
                assert plot.los_ecef is not None
                assert flight.thrusting(s.scan.time_ns)
                assert float(pymap3d.ecef2geodetic(*state[0])[2]) > 8_000.0 - 1.0
                line = np.array(state[0]) - np.array(sensor.pos_ecef_m)
                angles.append(float(np.linalg.norm(np.cross(line / np.linalg.norm(line), plot.los_ecef))))
    assert len(angles) > 40
    assert sqrt(np.mean(np.square(angles)) / 2.0) == pytest.approx(20e-6, rel=0.25)


def test_a_satellite_on_the_other_side_of_the_earth_sees_nothing() -> None:
    away = moved((WEST,), "USA-IR-WEST", 0.0, radians(-60.0))[0]
    scans = observe(NIGHT, away, 1)
    assert labelled(scans, 0) == 0
    assert labelled(scans, CLUTTER) > 0


@pytest.mark.slow
def test_bombers_fighters_and_airliners_are_seen_by_both_neighbours(scans: list[SimScan]) -> None:
    for nation in ("KOR", "JPN"):
        seen = {
            label - AIRCRAFT_BASE for s in scans if BY_ID[s.scan.sensor].nation == nation for label in s.labels if label >= AIRCRAFT_BASE
        }
        kinds = {SCENARIO.aircraft[i].kind for i in seen}
        assert {"fighter", "airliner"} <= kinds
    assert {label - AIRCRAFT_BASE for s in scans for label in s.labels if label >= AIRCRAFT_BASE} == set(range(len(SCENARIO.aircraft)))


@pytest.mark.slow
def test_two_missiles_launched_5_s_apart_are_both_seen() -> None:
    salvo: Scenario = load_scenario("2023-08-30-salvo")
    scans = list(play(salvo, (BY_ID["KOR-EWR-N"], BY_ID["USA-XBR-SEONGJU"]), 1))
    assert labelled(scans, 0) > 150
    assert labelled(scans, 1) > 150
