"""Ten hours in which nothing is launched: nobody is told that something was. A thousand: `make soak`.

Nothing is scripted here but the sky: false alarms, aircraft, satellites and meteors are drawn, every plot of theirs goes through
the real trackers, pictures, assessments, warning desks and public desks of every nation (``bench.quiet``), and a drill is played in an
exercise world beside the coalition's hours. Left out are wire, guard and store; partners' tracks come at once and in full.
"""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from bench.quiet import Count, play_piece, poisson_upper
from tocsin.adapters.workers import in_order
from tocsin.sim.quiet import PIECE_S, Piece, QuietField, draw_drill, draw_quiet

HOURS = 10
SEED = 20_230_830
PLAYED: tuple[QuietField, ...] = ("standard", "coalition", "standard", "wide")  # in turn; five half-hours of the coalition, five wide ones
SUSPECTED_MOST = 2
SOAK = Path(__file__).parents[2] / "bench" / "soak.py"


@pytest.fixture(scope="module")
def quiet_hours() -> list[Count]:
    """What twenty half-hours gave."""
    pieces = [Piece(SEED, i, PLAYED[i % len(PLAYED)]) for i in range(round(HOURS * 3_600.0 / PIECE_S))]
    return in_order(play_piece, pieces, 2)


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_ten_quiet_hours_bring_no_proposal_no_confirmed_event_and_at_most_two_suspicions(quiet_hours: list[Count]) -> None:
    """None in 10 h says with 95 % "less than 0.3 an hour" (exact Poisson bound 3.00); what 1,000 h say: docs/measurements.md."""
    assert sum(count.proposals for count in quiet_hours) == 0
    assert sum(count.confirmed for count in quiet_hours) == 0
    assert sum(count.suspected for count in quiet_hours) <= SUSPECTED_MOST


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_the_quiet_hours_were_full_of_things_and_the_same_line_confirms_the_drills_missile(quiet_hours: list[Count]) -> None:
    """Or else "nothing" would prove nothing. Every half-hour has traffic that is tracked, and plots by the thousand."""
    assert all(count.others > 0 for count in quiet_hours if count.plots > 10_000)
    assert sum(count.others for count in quiet_hours) > 200
    assert sum(count.plots for count in quiet_hours) > 500_000
    drilled = [count for count in quiet_hours if count.piece.field == "coalition"]
    assert sum(count.drill_proposals for count in drilled) > 0
    assert sum(count.drills for count in drilled) >= len(drilled) - 1  # a drawn missile may pass below Korea's horizon


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_no_drill_brings_anything_to_the_live_world(quiet_hours: list[Count]) -> None:
    """Its own line says "exercise" in every message, and a live desk that gets its events raises nothing."""
    assert sum(count.drill_events for count in quiet_hours) > 0
    assert sum(count.leaks for count in quiet_hours) == 0


@pytest.mark.parametrize("field", ["standard", "wide", "coalition"])
def test_a_piece_of_quiet_time_is_the_same_for_the_same_seed_and_has_no_missile(field: QuietField) -> None:
    one, same, other = (draw_quiet(Piece(seed, 0, field), 60.0) for seed in (1, 1, 2))
    assert one.night.flights == ()
    assert (one.sensors, one.seed) == (same.sensors, same.seed)
    places = [[path.state_at(quiet.night.start_ns) for path in quiet.night.aircraft] for quiet in (one, same)]
    assert places[0] == places[1]
    assert None not in places[0]
    assert one.seed != other.seed
    assert {what.kind for what in one.night.others} == {"satellite", "meteor"}


@pytest.mark.slow
def test_a_drill_is_a_missile_and_stays_within_its_minutes() -> None:
    drawn, quiet = draw_drill(Piece(1, 0, "coalition"))
    assert quiet.night.flights == (drawn.flight,)
    assert quiet.night.start_ns < drawn.flight.launch_ns < quiet.night.end_ns


@pytest.mark.parametrize(("count", "bound"), [(0, 2.9957), (1, 4.7439), (2, 6.2958), (10, 16.9622)])
def test_upper_bounds_are_the_tables(count: int, bound: float) -> None:
    """Half of the 95 % quantile of chi-square with 2 (count + 1) degrees of freedom (Abramowitz and Stegun, table 26.8)."""
    assert poisson_upper(count) == pytest.approx(bound, abs=2e-4)


def hour(number: int, **changed: int) -> dict[str, object]:
    """A line of a state file."""
    line: dict[str, object] = {"seed": 1, "hour": number, "code": "another", "fields": ["standard", "coalition"], "plots": 100}
    line |= {"tracks": 1, "suspected": 0, "confirmed": 0, "proposals": 0, "drills": 1, "leaks": 0, "cpu_s": 10.0}
    return line | changed


def soak(state: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SOAK), "--state", str(state), "--workers", "1", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "code"), [({}, 0), ({"suspected": 1}, 1), ({"confirmed": 1}, 1), ({"proposals": 1}, 1), ({"leaks": 1}, 1)]
)
def test_a_finished_soak_only_prints_and_fails_on_a_missed_target(tmp_path: Path, changed: dict[str, int], code: int) -> None:
    state = tmp_path / "soak.jsonl"
    lines = [hour(0), hour(1, **changed)]
    state.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    before = state.read_bytes()
    done = soak(state, "--hours", "2", "--any-code")
    assert done.returncode == code, done.stderr
    assert "2 h of 2 played" in done.stdout
    assert state.read_bytes() == before


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_a_soak_that_was_killed_while_writing_goes_on_behind_its_whole_lines(tmp_path: Path) -> None:
    """Asked for no hour more than there is, it plays none; hours of another code do not count, and half a line is no hour."""
    state = tmp_path / "soak.jsonl"
    state.write_bytes(msgspec.json.encode(hour(0)) + b"\n" + msgspec.json.encode(hour(1))[:40])
    done = soak(state, "--hours", "1", "--any-code")
    assert (done.returncode, "1 h of 1 played" in done.stdout, "line 2" in done.stderr) == (0, True, True)
    assert "0 h of 0 played" in soak(state, "--hours", "0").stdout
