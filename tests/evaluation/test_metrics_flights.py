"""True flights: interpolation, and what is found from the states where the file does not say it."""

import json

import numpy as np
import pytest

from tests.evaluation.scored import BURNOUT_S, T0_NS, Lines, arc, state_line, truth
from tocsin.adapters.formats.problem import Problem
from tocsin.adapters.formats.rows import RowReader, TruthRow
from tocsin.evaluation import TrueFlight, TruthBook
from tocsin.evaluation.flights import group_of, hermite, salvos
from tocsin.kernels.geodesy import geodetic2ecef
from tocsin.sim.night import make_night, truth_rows
from tocsin.sim.scenario import load_scenario
from tocsin.units import DEG, NS_PER_S


def flights_of(lines: Lines) -> tuple[TrueFlight, ...]:
    """Return the flights of truth lines."""
    book = TruthBook()
    for row in RowReader([json.dumps(line).encode() for line in lines], "truth.jsonl", TruthRow):
        assert not isinstance(row, Problem), row
        book.take(row)
    return book.flights()


def test_a_cubic_comes_back_exactly_between_two_of_its_states() -> None:
    def position(t: float) -> list[float]:
        return [1.0 + 2.0 * t - t**3, 5.0 - t**2, 0.5 * t**3]

    def velocity(t: float) -> list[float]:
        return [2.0 - 3.0 * t**2, -2.0 * t, 1.5 * t**2]

    pos, vel = hermite(position(1.0), velocity(1.0), position(4.0), velocity(4.0), 3.0, 1.25)
    assert pos == pytest.approx(position(2.25))
    assert vel == pytest.approx(velocity(2.25))


def test_a_flight_given_every_ten_seconds_is_known_between_to_a_few_metres_and_not_over_a_long_gap() -> None:
    told, *states = truth()
    (fine,), (coarse,) = flights_of([told, *states]), flights_of([told, *states[::10]])
    time_ns = T0_NS + (BURNOUT_S + 125) * NS_PER_S
    exact, rough = fine.state_at(time_ns), coarse.state_at(time_ns)
    assert exact is not None
    assert rough is not None
    assert rough[0] == pytest.approx(exact[0], abs=0.1)
    assert rough[1] == pytest.approx(exact[1], abs=0.05)
    (holed,) = flights_of([told, *states[:20], *states[60:]])
    assert holed.state_at(T0_NS + (BURNOUT_S + 40) * NS_PER_S) is None
    assert fine.state_at(T0_NS) is None


def test_lines_may_come_in_any_order_and_twice() -> None:
    told, *states = truth()
    (ordered,), (mixed,) = flights_of([told, *states]), flights_of([*states[::-1], *states[:5], told])
    assert np.array_equal(ordered.times_ns, mixed.times_ns)
    assert np.array_equal(ordered.pos_ecef_m, mixed.pos_ecef_m)


def test_a_ballistic_flight_does_not_manoeuvre_and_a_lifted_one_does_while_it_is_lifted() -> None:
    (plain,) = flights_of(truth())
    assert plain.manoeuvre_ns is None
    (lifted,) = flights_of(truth(lift_mps2=15.0))
    assert lifted.manoeuvre_ns is not None
    start_s, end_s = ((time_ns - T0_NS) / NS_PER_S for time_ns in lifted.manoeuvre_ns)
    heights = {second: np.linalg.norm(state[:3]) for second, state in arc(15.0)}
    apex_s = max(heights, key=lambda second: heights[second])
    assert apex_s < start_s < end_s <= arc(15.0)[-1][0]


def test_phases_follow_burnout_and_the_descent_through_60_km() -> None:
    (flight,) = flights_of(truth())
    assert flight.reentry_ns is not None
    state = flight.state_at(flight.reentry_ns)
    assert state is not None
    assert flight.phase_at(flight.reentry_ns, *state) == "re-entry"
    before = flight.state_at(flight.reentry_ns - 2 * NS_PER_S)
    assert before is not None
    assert flight.phase_at(flight.reentry_ns - 2 * NS_PER_S, *before) == "coast"
    assert flight.phase_at(T0_NS + (BURNOUT_S - 1) * NS_PER_S, *state) == "boost"


@pytest.mark.slow
def test_what_a_file_leaves_out_is_found_from_the_states_of_a_real_scenario() -> None:
    """Without its line, the simulated night's first flight gives its own launch, burnout and impact back."""
    night = make_night(load_scenario("2023-08-30"))
    flight = night.flights[0]
    rows = [json.loads(json.dumps(_plain(row))) for row in truth_rows(night) if row.missile == flight.missile]
    told, *states = rows
    (whole,), (bare,) = flights_of([told, *states]), flights_of(states)
    assert whole.launch is not None
    assert bare.launch is not None
    assert bare.impact is not None
    assert bare.launch.lat_rad == pytest.approx(whole.launch.lat_rad, abs=1e-5)
    assert bare.launch.time_ns == whole.launch.time_ns
    assert bare.impact.lon_rad == pytest.approx(flight.impact_lon_rad, abs=1e-5)
    assert bare.burnout_ns == pytest.approx(flight.burnout_ns, abs=1.5 * NS_PER_S)
    assert whole.missile_class == "SRBM"  # 350 km and 50 km: Ministry of Defense of Japan, 31 August 2023
    assert whole.manoeuvre_ns is None


def _plain(row: object) -> object:
    """Return a struct of the simulator as JSON would give it."""
    import msgspec  # noqa: PLC0415

    return msgspec.to_builtins(row)


def test_burnout_may_be_a_bare_time_and_points_may_lack_anything() -> None:
    told, *states = truth()
    told["burnout"] = told["burnout"]["time"]
    told["launch"] = {"lat_deg": 30.0, "lon_deg": -40.1}
    (flight,) = flights_of([told, *states])
    assert flight.burnout_ns == T0_NS + BURNOUT_S * NS_PER_S
    assert flight.launch is not None
    assert flight.launch.time_ns is None
    assert flight.first_ns == int(flight.times_ns[0])
    told["launch"] = {"pos_ecef_m": geodetic2ecef(30.0 * DEG, -40.1 * DEG, 25.0), "time": states[0]["time"]}
    (flight,) = flights_of([told, *states])
    assert flight.launch is not None
    assert (flight.launch.lat_rad / DEG, flight.launch.lon_rad / DEG, flight.launch.alt_m) == pytest.approx((30.0, -40.1, 25.0), abs=1e-6)


@pytest.mark.parametrize(
    ("kind", "parent", "group"),
    [
        ("pull-up", None, "missile"),
        ("bomber", None, "aircraft"),
        ("aircraft:fighter", None, "aircraft"),
        ("satellite", None, "orbital"),
        ("Meteor", None, "meteor"),
        ("stage", None, "part"),
        ("minimum-energy", "m1", "part"),
    ],
)
def test_kinds_that_are_no_missiles_are_known(kind: str, parent: str | None, group: str) -> None:
    assert group_of(kind, parent) == group


def test_a_salvo_is_one_site_within_a_quarter_of_an_hour_chained() -> None:
    def flown(lat_deg: float, minute: float) -> Lines:
        name = f"{lat_deg}/{minute}"
        launch = {"time": f"2025-01-01T00:{int(minute):02d}:00Z", "lat_deg": lat_deg, "lon_deg": -40.0}
        return [{"missile": name, "kind": "lofted", "launch": launch}, state_line(name, "lofted", BURNOUT_S, arc()[0][1])]

    lines = [line for lat_deg, minute in ((30.0, 0), (30.1, 10), (30.0, 24), (30.0, 50), (35.0, 10)) for line in flown(lat_deg, minute)]
    found = flights_of(lines)
    assert salvos(found) == [(0, 1, 2), (4,), (3,)]
    assert found[0].launch is not None
    assert found[0].launch.lat_rad == pytest.approx(30.0 * DEG)
