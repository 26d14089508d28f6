"""A night made ready: which minutes are watched, the truth file's lines, and the aircraft in the scene."""

from datetime import UTC, datetime
from math import degrees, radians

import msgspec
import numpy as np
import pymap3d
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from tocsin.sim.aircraft import fly_aircraft
from tocsin.sim.night import TruthFlight, TruthState, iso_utc, make_night, truth_rows
from tocsin.sim.scenario import Aircraft, Leg, load_scenario

SCENARIO = load_scenario("2023-08-30")
NIGHT = make_night(SCENARIO)
START_NS = NIGHT.start_ns


def fighter(speed_mps: float, *legs: Leg, repeat: bool = False) -> Aircraft:
    """Return an aircraft that starts at 37 N 130 E heading 070."""
    return Aircraft(
        aircraft="f",
        kind="fighter",
        lat_rad=radians(37.0),
        lon_rad=radians(130.0),
        alt_m=9_000.0,
        heading_rad=radians(70.0),
        speed_mps=speed_mps,
        legs=legs,
        repeat=repeat,
    )


def test_a_night_is_watched_from_20_s_before_each_lift_off_to_80_s_after_its_impact() -> None:
    first, second = NIGHT.flights
    assert NIGHT.start_ns == first.launch_ns - 20_000_000_000
    assert NIGHT.end_ns == second.impact_ns + 80_000_000_000
    assert [(w.start_ns, w.end_ns) for w in NIGHT.watched] == [
        (f.launch_ns - 20_000_000_000, f.impact_ns + 80_000_000_000) for f in NIGHT.flights
    ]
    assert [(q.start_ns, q.end_ns) for q in NIGHT.quiet] == [(NIGHT.watched[0].end_ns, NIGHT.watched[1].start_ns)]


def test_flights_that_overlap_are_watched_as_one() -> None:
    salvo = make_night(load_scenario("2023-08-30-salvo"))
    assert len(salvo.watched) == 1
    assert salvo.quiet == ()


def test_truth_lines_encode_with_the_documented_keys_and_end_at_the_impact() -> None:
    rows = list(truth_rows(NIGHT, 1.0))
    summaries = [r for r in rows if isinstance(r, TruthFlight)]
    states = [r for r in rows if isinstance(r, TruthState) and r.missile == "1"]
    assert [s.missile for s in summaries] == ["1", "2"]
    assert len(states) == 264 + 2  # 264.36 s: whole seconds from lift-off, and the impact
    assert states[-1].time == summaries[0].impact.time
    line = msgspec.json.decode(msgspec.json.encode(states[0]))
    assert list(line) == ["time", "missile", "kind", "pos_ecef_m", "vel_ecef_mps"]
    assert line["time"] == "2023-08-30T14:38:00.000Z"
    assert {"launch", "burnout", "impact"} <= set(msgspec.json.decode(msgspec.json.encode(summaries[0])))
    assert summaries[0].launch.lat_deg == pytest.approx(39.2)
    assert float(pymap3d.ecef2geodetic(*states[-1].pos_ecef_m)[2]) == pytest.approx(0.0, abs=1.0)


@given(st.integers(min_value=0, max_value=4_000_000_000 * 10**9))
def test_iso_times_agree_with_the_standard_library(time_ns: int) -> None:
    text = iso_utc(time_ns)
    whole, digits = text.removesuffix("Z").split(".")
    assert whole == datetime.fromtimestamp(time_ns // 10**9, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S")
    assert int(digits.ljust(9, "0")) == time_ns % 10**9
    assert len(digits) >= 3


def test_a_straight_leg_is_a_geodesic_at_constant_speed_and_altitude() -> None:
    track = fly_aircraft(fighter(250.0), START_NS, START_NS + 800 * 10**9)
    state = track.state_at(START_NS + 800 * 10**9)
    assert state is not None
    lat, lon, alt = (float(v) for v in pymap3d.ecef2geodetic(*state[0]))
    # a great circle at 9 km altitude goes over the ground (1 + alt/R) times slower
    lon2, lat2, _ = Geod(ellps="WGS84").fwd(130.0, 37.0, 70.0, 200_000.0 / (1.0 + 9_000.0 / 6_380_000.0))
    assert Geod(ellps="WGS84").inv(lon, lat, lon2, lat2)[2] < 60.0
    assert alt == pytest.approx(9_000.0, abs=0.1)


@pytest.mark.parametrize(("speed_mps", "load_factor"), [(300.0, 4.0), (480.0, 5.0), (245.0, 1.3)])
def test_a_coordinated_turn_pulls_its_load_factor_and_keeps_its_speed(speed_mps: float, load_factor: float) -> None:
    legs = (Leg(length_m=20_000.0), Leg(turn_rad=-np.pi, load_factor=load_factor))
    track = fly_aircraft(fighter(speed_mps, *legs), START_NS, START_NS + 120 * 10**9)
    times_ns = START_NS + np.arange(500_000_000, 119 * 10**9, 50_000_000)
    _, velocity, inside = track.sample(times_ns)
    assert np.all(inside)
    speed = np.sqrt(np.sum(velocity**2, axis=1))
    assert np.max(np.abs(speed / speed_mps - 1.0)) < 2e-3
    acceleration = np.sqrt(np.sum(np.diff(velocity, axis=0) ** 2, axis=1)) / 0.05
    assert np.median(acceleration[acceleration > 1.0]) == pytest.approx(9.80665 * np.sqrt(load_factor**2 - 1.0), rel=0.03)


def test_a_turn_ends_on_the_new_heading() -> None:
    track = fly_aircraft(fighter(300.0, Leg(turn_rad=np.pi / 2.0, load_factor=3.0)), START_NS, START_NS + 60 * 10**9)
    state = track.state_at(START_NS + 30 * 10**9)
    assert state is not None
    lat, lon, _ = (float(v) for v in pymap3d.ecef2geodetic(*state[0]))
    east, north, up = (float(v) for v in pymap3d.uvw2enu(*state[1], lat, lon))
    assert degrees(np.arctan2(east, north)) == pytest.approx(160.0, abs=0.2)
    assert up == pytest.approx(0.0, abs=0.1)


def test_the_scene_has_bombers_with_escort_fast_turning_fighters_and_airliners() -> None:
    kinds = [a.kind for a in SCENARIO.aircraft]
    assert kinds.count("bomber") == 2
    assert kinds.count("airliner") >= 4
    fighters = [a for a in SCENARIO.aircraft if a.kind == "fighter"]
    assert max(a.speed_mps for a in fighters) == 500.0
    loads = [leg.load_factor for a in fighters for leg in a.legs if abs(leg.turn_rad) > 1.0]
    assert min(loads) >= 3.0
    assert max(loads) == 5.0
