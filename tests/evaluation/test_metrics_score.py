"""Pairing second by second: errors come back, missing seconds are missed, strangers are false, neighbours are not."""

import json

import msgspec
import numpy as np
import pytest

from tests.evaluation.scored import T0_NS, Lines, arc, at, state_line, tracks, truth
from tests.evaluation.test_metrics_flights import flights_of
from tocsin.adapters.formats.times import iso2ns
from tocsin.evaluation import Scorer, TrackPoint, TrackScore
from tocsin.evaluation.score import in_windows, set_distances, windows_seen
from tocsin.evaluation.track_figures import Scene, set_section
from tocsin.units import NS_PER_S

SECONDS = [second for second, _ in arc()]


def points(lines: Lines) -> list[TrackPoint]:
    """Return lines of tracks as the scorer takes them."""
    return [
        msgspec.convert({"parent": None, **line, "time_ns": iso2ns(line["time"])}, TrackPoint)
        for line in sorted(json.loads(json.dumps(lines)), key=lambda line: line["time"])
    ]


def scored(true: Lines, lines: Lines) -> TrackScore:
    scorer = Scorer(flights_of(true))
    for point in points(lines):
        scorer.take(point)
    return scorer.finish()


def figures(score: TrackScore) -> dict[str, float | None]:
    scene = Scene(score=score, windows=tuple(windows_seen(score)), sights=(), hours=0.5, cutoff_m=5_000.0)
    return {figure.name.strip(): figure.value for figure in set_section(scene).figures}


def test_errors_come_back_as_they_were_made_and_normalised() -> None:
    """10 m of 10 m sigma and 1 m/s of 1 m/s sigma: 1 of position, 1 of velocity, 2 of the state."""
    score = scored(truth(), tracks())
    assert score.pairs.second.tolist() == [T0_NS // NS_PER_S + second for second in SECONDS if second >= 60]
    assert np.sqrt(score.pairs.pos2_m2) == pytest.approx(10.0, rel=1e-6)
    assert np.sqrt(score.pairs.vel2_m2ps2) == pytest.approx(1.0, rel=1e-6)
    assert score.pairs.nees_pos == pytest.approx(1.0, rel=1e-6)
    assert score.pairs.nees == pytest.approx(2.0, rel=1e-6)
    assert figures(score)["GOSPA, mean"] == pytest.approx(10.0, rel=1e-6)


def test_a_gap_in_a_track_is_missed_and_costs_the_cutoff_by_root_two() -> None:
    score = scored(truth(), [line for line in tracks(0.0) if not at(100) <= line["time"] < at(110)])
    table = set_distances(score, windows_seen(score))
    assert table["missed"].sum() == 10
    assert sorted(set(np.round(table["gospa_m"], 6))) == pytest.approx([0.0, 5_000.0 / np.sqrt(2.0)], abs=1e-5)
    assert set(np.round(table["ospa_m"])) == {0.0, 5_000.0}


def test_a_change_of_name_is_one_switch() -> None:
    lines = [line for line in tracks() if line["time"] < at(120)] + [line for line in tracks(name="T-2") if line["time"] >= at(120)]
    assert figures(scored(truth(), lines))["identity switches"] == 1.0


def test_a_second_track_of_one_missile_is_a_duplicate_and_no_false_track() -> None:
    found = figures(scored(truth(), tracks() + tracks(300.0, name="T-2")))
    assert found["duplicate tracks, track seconds"] == len([second for second in SECONDS if second >= 60])
    assert found["false missile tracks (near nothing that flies)"] == 0.0
    assert found["identity switches"] == 0.0


def test_a_track_of_nothing_is_false_per_hour_if_it_claims_a_missile() -> None:
    assert figures(scored(truth(), tracks() + tracks(50_000.0, name="T-2")))["false missile tracks (near nothing that flies)"] == 2.0
    other = [{**line, "kind": "air-breathing"} for line in tracks(50_000.0, name="T-2")]
    found = figures(scored(truth(), tracks() + other))
    assert found["false missile tracks (near nothing that flies)"] == 0.0
    assert found["other confirmed tracks with no truth"] == 1.0


def test_a_track_of_an_aircraft_or_a_part_takes_no_missile_and_is_not_false() -> None:
    plane = [state_line("plane", "bomber", second, (state[0] + 50_000.0, *state[1:])) for second, state in arc()]
    score = scored([*truth(), *plane], tracks() + tracks(50_005.0, name="T-2"))
    assert set(score.pairs.flight.tolist()) == {0}
    assert score.tracks["T-2"].flight == 1
    assert score.false_seconds == {}


def test_tentative_lost_and_closed_lines_are_not_scored() -> None:
    lines = [{**line, "status": status} for line, status in zip(tracks(), ["tentative", "lost", "closed"] * 1_000, strict=False)]
    score = scored(truth(), lines)
    assert score.pairs.second.size == 0
    assert windows_seen(score) == [None]
    assert figures(score)["missiles never tracked"] == 100.0


def test_a_line_between_seconds_is_compared_at_its_own_time_and_placed_at_the_next_second() -> None:
    line = tracks(0.0, 0.0)[20]
    second = 80
    back = [p - 0.4 * v for p, v in zip(line["pos_ecef_m"], line["vel_ecef_mps"], strict=True)]
    early = {**line, "time": at(second - 0.4), "pos_ecef_m": back}
    score = scored(truth(), [early])
    assert score.pairs.second.tolist() == [T0_NS // NS_PER_S + second]
    assert score.pairs.gap_m[0] < 0.01
    assert score.pairs.pos2_m2[0] < 2.0  # half of 9.8 m/s2 times 0.4 s squared is 0.8 m


def test_a_track_that_comes_down_a_little_late_is_not_false() -> None:
    last = tracks(0.0, 0.0)[-1]
    late = [{**last, "time": at(SECONDS[-1] + extra)} for extra in (1, 2, 3)]
    assert scored(truth(), tracks(0.0, 0.0) + late).false_seconds == {}


def test_lines_somewhat_out_of_order_count_and_much_older_ones_are_left_out() -> None:
    scorer = Scorer(flights_of(truth()))
    ordered = points(tracks())
    for point in (*ordered[:50], ordered[3], *ordered[50:60], ordered[62], *ordered[60:62], *ordered[63:]):  # 46 s late; 2 s late
        scorer.take(point)
    score = scorer.finish()
    assert score.late_lines == 1
    assert score.pairs.second.size == len(ordered)


def test_windows_choose_which_pairs_count() -> None:
    score = scored(truth(), tracks())
    first = int(score.pairs.second[0])
    assert int(in_windows(score, [(first + 5, first + 14)]).sum()) == 10
    assert int(in_windows(score, [None]).sum()) == 0
    table = set_distances(score, [(first - 10, first - 1)])
    assert table["missed"].tolist() == [1.0] * 10
