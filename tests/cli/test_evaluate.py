"""``tocsin evaluate``: known errors come back as figures, bad input is one clear line each, tracked plots are scored end to end."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pymap3d
import pytest

from tests.cli.tool import Done, Tool
from tests.evaluation.scored import Lines, arc, at, events, state_line, tracks, truth, write
from tocsin.adapters.formats.lines import json_line
from tocsin.adapters.formats.plots import plot_line
from tocsin.adapters.formats.sensors import sensors_toml
from tocsin.sim.coalition import place
from tocsin.sim.night import make_night, truth_rows
from tocsin.sim.observe import play
from tocsin.sim.scenario import load_coalition, load_scenario
from tocsin.units import NS_PER_S

SENSORS = """
[[sensor]]
id = "r"
kind = "radar"
lat_deg = 31.0
lon_deg = -39.0
alt_m = 0.0
sigma_azimuth_deg = 0.05
sigma_elevation_deg = 0.05
sigma_range_m = 50.0
scan_period_s = 2.0
"""


def card_of(out: Path) -> dict[str, dict[str, Any]]:
    """Return the figures of evaluation.json: section's first word -> name -> figure."""
    card = json.loads((out / "evaluation.json").read_bytes())
    return {section["title"].split()[0]: {figure["name"].strip(): figure for figure in section["figures"]} for section in card["sections"]}


def evaluated(tocsin: Tool, folder: Path, true: Lines, track_lines: Lines, event_lines: Lines) -> tuple[Done, dict[str, dict[str, Any]]]:
    out, path = write(folder, true, track_lines, event_lines)
    done = tocsin("evaluate", out, "--truth", path)
    assert done.code == 0, done.err
    return done, card_of(out)


def test_known_errors_come_back_with_their_n(tocsin: Tool, tmp_path: Path) -> None:
    done, card = evaluated(tocsin, tmp_path, truth(), tracks(), events(north_m=1_000.0))
    assert done.err == ""
    assert card["Accuracy"]["all: position, root mean square"]["value"] == pytest.approx(10.0, rel=1e-6)
    assert card["Accuracy"]["all: velocity, median"]["value"] == pytest.approx(1.0, rel=1e-6)
    assert card["Tracks"]["GOSPA, mean"]["value"] == pytest.approx(10.0, rel=1e-6)
    impact = card["Impact"]["burnout + 60 s: error, median"]
    assert (impact["value"], impact["n"]) == (pytest.approx(1.0, rel=0.002), 1)
    assert card["Impact"]["last: 50 % ellipse holds the truth"]["value"] == 100.0  # 1 sigma away: inside 1.18 sigma
    assert card["Impact"]["last: area of the 95 % ellipse, median"]["value"] == pytest.approx(18.82, abs=0.01)  # pi x 5.991
    assert card["Impact"]["last: time error, mean (late is positive)"]["value"] == pytest.approx(2.0)
    assert card["Impact"]["last: time error in sigmas, root mean square"]["value"] == pytest.approx(1.0)
    assert card["Launch"]["last: time error, mean (late is positive)"]["value"] == pytest.approx(-1.0)
    assert card["Count"]['"at least N" exact in the last line']["value"] == 100.0
    assert card["Class,"]["probability of the true class, mean"]["value"] in {75.0, 25.0}
    for shown in ("Accuracy by phase", "Impact point and time", "evaluation.json", "NIS: needs innovations", "[0.206 .. 2.41]"):
        assert shown in done.out


def test_json_is_the_file_and_nothing_else(tocsin: Tool, tmp_path: Path) -> None:
    out, path = write(tmp_path, truth(), tracks(), events())
    done = tocsin("evaluate", out, "--truth", path, "--json")
    assert done.code == 0
    assert done.out == (out / "evaluation.json").read_text()
    card = json.loads(done.out)
    assert card["inputs"]["true_missiles"] == 1
    assert card["missiles"][0]["tracks"] == ["T-1"]
    for section in card["sections"]:
        for figure in section["figures"]:
            assert set(figure) == {"name", "value", "low", "high", "n", "of", "unit", "accept", "note"}


def test_an_ellipse_far_from_the_truth_does_not_hold_it(tocsin: Tool, tmp_path: Path) -> None:
    _, card = evaluated(tocsin, tmp_path, truth(), tracks(), events(north_m=5_000.0))
    held = card["Impact"]["burnout + 30 s: 95 % ellipse holds the truth"]
    assert (held["value"], held["n"]) == (0.0, 1)
    assert held["high"] == pytest.approx(97.5)  # Clopper-Pearson of 0 in 1: 1 - 0.025


def test_a_trace_of_thrust_ended_now_is_no_prediction(tocsin: Tool, tmp_path: Path) -> None:
    _, card = evaluated(tocsin, tmp_path, truth(), tracks(), events(impact={"basis": "thrust-ended-now"}))
    assert card["Impact"]["burnout + 60 s: given"]["value"] == 0.0
    assert card["Impact"]["last: given"]["value"] == 0.0
    assert card["Launch"]["last: given"]["value"] == 100.0


def test_a_flight_that_manoeuvres_later_is_scored_by_its_footprint_and_on_landing_only_after(tocsin: Tool, tmp_path: Path) -> None:
    lift = 15.0
    lat, lon = next((line["impact"]["lat_deg"], line["impact"]["lon_deg"]) for line in truth(lift_mps2=lift) if "impact" in line)
    ring = [[lat - 1.0, lon - 1.0], [lat - 1.0, lon + 1.0], [lat + 1.0, lon + 1.0], [lat + 1.0, lon - 1.0], [lat - 1.0, lon - 1.0]]
    true, line = truth(lift_mps2=lift), tracks(lift_mps2=lift)
    _, card = evaluated(tocsin, tmp_path, true, line, events(north_m=9_000.0, lift_mps2=lift, impact={"manoeuvre_footprint": ring}))
    assert "burnout + 60 s: error, median" in card["Impact"]
    assert card["Impact"]["burnout + 60 s: error, median"]["value"] is None
    assert card["Footprints"]["burnout + 60 s: still to manoeuvre, footprint holds the impact"]["value"] == 100.0
    _, card = evaluated(tocsin, tmp_path, true, line, events(lift_mps2=lift))
    assert card["Footprints"]["burnout + 60 s: still to manoeuvre, footprint holds the impact"]["value"] == 0.0  # none given


def test_too_high_a_count_is_a_false_at_least(tocsin: Tool, tmp_path: Path) -> None:
    lines = [{**line, "missiles_at_least": 1 + (line["revision"] > 100)} for line in events()]
    _, card = evaluated(tocsin, tmp_path, truth(), tracks(), lines)
    assert card["Count"]['"at least N" true in every line']["value"] == 0.0


def test_events_of_nothing_and_of_aircraft_are_false_and_a_second_one_of_a_missile_is_counted(tocsin: Tool, tmp_path: Path) -> None:
    plane = [state_line("plane", "airliner", second, (state[0] + 50_000.0, *state[1:])) for second, state in arc()]
    lines = tracks() + tracks(50_000.0, name="T-2") + tracks(90_000.0, name="T-3") + tracks(200.0, name="T-4")
    happened = [line for number in (1, 2, 3, 4) for line in events(name=f"E-{number}", track=f"T-{number}")]
    done, card = evaluated(tocsin, tmp_path, [*truth(), *plane], lines, happened)
    found = card["Launch"]  # the last section of that first word is the point's
    assert found["last: given"]["n"] == 1
    sections = json.loads((tmp_path / "tracked" / "evaluation.json").read_bytes())["sections"]
    told = {figure["name"]: figure for section in sections for figure in section["figures"]}
    assert told["second events of one missile"]["value"] == 0.0  # T-4 is nowhere nearer than T-1, so no second of it is paired
    assert told["false events, of aircraft, satellites, meteors or parts"]["n"] == 1
    assert told["false events, of nothing that flies"]["n"] == 2
    assert "aircraft" in done.out.split("Kinds:")[1]


def test_plots_say_when_a_missile_was_in_sight(tocsin: Tool, tmp_path: Path) -> None:
    """Plots of the true position from 50 s on, the track from 60 s on: ten seconds missed, five scans of 2 s late."""
    out, path = write(tmp_path, truth(), tracks(), events())
    lines = []
    for second, state in arc():
        if second >= 50 and second % 2 == 0:
            azimuth_deg, elevation_deg, range_m = (float(x) for x in pymap3d.ecef2aer(*state[:3], 31.0, -39.0, 0.0))
            if elevation_deg > 0.0:
                seen = {"azimuth_deg": azimuth_deg, "elevation_deg": elevation_deg, "range_m": range_m}
                lines.append({"time": at(second), "sensor": "r", **seen})
    (tmp_path / "plots.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (tmp_path / "sensors.toml").write_text(SENSORS)
    done = tocsin("evaluate", out, "--truth", path, "--plots", tmp_path / "plots.jsonl", "--sensors", tmp_path / "sensors.toml")
    assert done.code == 0, done.err
    card = card_of(out)["Tracks"]
    assert card["first plot to confirmed track, mean"]["value"] == pytest.approx(10.0)
    assert card["in scans of the sensor that saw it first, mean"]["value"] == pytest.approx(5.0)
    assert card["completeness: share of seconds in sight with a track"]["value"] < 100.0


# --- bad input ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere", "--truth", "truth.jsonl"), "nowhere: expected a folder that `tocsin track --out` wrote, found nothing"),
        ((".", "--truth", "truth.jsonl"), ".: expected tracks.jsonl in it, found none"),
        (("tracked", "--truth", "absent.jsonl"), "absent.jsonl: expected a truth file (JSON Lines), found no file"),
        (("tracked", "--truth", "truth.jsonl", "--plots", "truth.jsonl"), "--plots and --sensors: expected both or none"),
    ],
)
def test_a_wrong_path_is_a_matter_of_usage(
    tocsin: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    write(tmp_path, truth(), tracks(), events())
    monkeypatch.chdir(tmp_path)
    done = tocsin("evaluate", *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("text", ["", "\n\n", "not a line\n", '{"missile": "m"}\n'])
def test_a_truth_without_states_is_a_matter_of_data(tocsin: Tool, tmp_path: Path, text: str) -> None:
    out, path = write(tmp_path, [], tracks(), events())
    path.write_text(text)
    done = tocsin("evaluate", out, "--truth", path)
    assert (done.code, done.out) == (3, "")
    assert "truth.jsonl: expected at least one true state" in done.err.splitlines()[-1]


BAD = [
    ({"pos_ecef_m": [1.0, 2.0]}, "field pos_ecef_m: expected array of length 3, came [1.0, 2.0]"),
    ({"pos_ecef_m": [6378.0, 0.0, 0.0]}, "field pos_ecef_m: expected a radius of 6200000 to 50000000 m, came 6378 m"),
    ({"vel_ecef_mps": [90_000.0, 0.0, 0.0]}, "field vel_ecef_mps: expected a speed up to 20000 m/s, came 90000 m/s"),
    ({"vel_ecef_mps": ["fast", 0.0, 0.0]}, "field vel_ecef_mps[0]: expected float, came 'fast'"),
    ({"time": "yesterday"}, "field time: expected a UTC time such as"),
    ({"time": None}, "field time: expected a UTC time such as"),
]


@pytest.mark.parametrize(("change", "said"), BAD)
def test_a_bad_state_is_one_line_that_says_where_and_what_and_costs_only_itself(
    tocsin: Tool, tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    true = truth()
    true[7] = {**true[7], **change}
    done, card = evaluated(tocsin, tmp_path, true, tracks(), events())
    (line,) = done.err.splitlines()
    assert line.startswith("truth.jsonl line 8, ")
    assert said in line
    assert card["Accuracy"]["all: position, median"]["value"] == pytest.approx(10.0, rel=1e-3)
    assert sum(json.loads((tmp_path / "tracked" / "evaluation.json").read_bytes())["problems"].values()) == 1


def test_bad_lines_of_tracks_and_events_are_said_and_left_out(tocsin: Tool, tmp_path: Path) -> None:
    out, path = write(tmp_path, truth(), tracks(), events())
    flat = {**events()[5]["impact"], "cov_en_m2": [[-1.0, 0.0], [0.0, 1.0]]}
    with (out / "tracks.jsonl").open("a") as file:
        file.write('{"time": "2025-01-01T00:10:00Z", "track": "T-9"}\n[1, 2]\n\xff\n')
    with (out / "events.jsonl").open("a") as file:
        file.write(json.dumps({**events()[5], "impact": flat}) + "\n")
    done = tocsin("evaluate", out, "--truth", path)
    assert done.code == 0
    told = done.err.splitlines()
    assert "field pos_ecef_m: expected a value, came nothing" in told[0]
    assert "field impact.cov_en_m2: expected a covariance with variances not below 0" in told[-1]
    assert len(told) == 4


def test_truth_of_another_night_is_said(tocsin: Tool, tmp_path: Path) -> None:
    moved = [{**line, "time": line["time"].replace("2025", "2024")} if "pos_ecef_m" in line else line for line in truth()]
    done, _ = evaluated(tocsin, tmp_path, moved, tracks(), events())
    assert "truth.jsonl: expected states at the times of the tracks" in done.err


def test_a_folder_without_events_and_tracks_without_covariances_are_scored_as_far_as_they_go(tocsin: Tool, tmp_path: Path) -> None:
    out, path = write(tmp_path, truth(), [{key: value for key, value in line.items() if key != "cov"} for line in tracks()], [])
    (out / "events.jsonl").unlink()
    done = tocsin("evaluate", out, "--truth", path)
    assert done.code == 0
    assert "expected events.jsonl in it, found none" in done.err
    card = card_of(out)
    assert card["Accuracy"]["all: position, median"]["value"] == pytest.approx(10.0, rel=1e-6)
    assert card["Consistency"]["re-entry, 60 km +5 s: state"]["value"] is None


def test_no_track_at_all_is_a_score_too(tocsin: Tool, tmp_path: Path) -> None:
    _, card = evaluated(tocsin, tmp_path, truth(), [], [])
    assert card["Tracks"]["missiles never tracked"]["value"] == 100.0


# --- from plots to figures ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_simulated_flight_tracked_from_its_plots_is_scored_end_to_end(tocsin: Tool, tmp_path: Path) -> None:
    """Wide limits: what the tracker reaches is measured elsewhere; here figures must be there and sane."""
    scenario = load_scenario("2023-08-30")
    night = make_night(scenario)
    flight = night.flights[0]
    sensors = tuple(
        msgspec.structs.replace(sensor, nation="OWN")
        for sensor in place(load_coalition(scenario.coalition))
        if sensor.sensor in {"KOR-EWR-N", "USA-XBR-SEONGJU"}
    )
    end_ns = flight.impact_ns + 10 * NS_PER_S
    names = {sensor.sensor for sensor in sensors}
    scans = (s.scan for s in play(scenario, place(load_coalition(scenario.coalition)), 1, night))
    plots = [plot for scan in scans if scan.sensor in names and scan.time_ns < end_ns for plot in scan.plots]
    (tmp_path / "plots.jsonl").write_bytes(b"".join(plot_line(plot) for plot in plots))
    (tmp_path / "sensors.toml").write_text(sensors_toml(sensors))
    (tmp_path / "truth.jsonl").write_bytes(b"".join(json_line(row) for row in truth_rows(night) if row.missile == flight.missile))
    out = tmp_path / "tracked"
    assert tocsin("track", tmp_path / "plots.jsonl", "--sensors", tmp_path / "sensors.toml", "--out", out).code == 0
    done = tocsin(
        "evaluate", out, "--truth", tmp_path / "truth.jsonl", "--plots", tmp_path / "plots.jsonl", "--sensors", tmp_path / "sensors.toml"
    )
    assert done.code == 0, done.err
    card = card_of(out)
    assert card["Tracks"]["completeness: share of seconds in sight with a track"]["value"] > 90.0
    assert 0.0 < card["Tracks"]["first plot to confirmed track, mean"]["value"] < 30.0
    assert card["Accuracy"]["all: position, median"]["value"] < 500.0
    assert card["Impact"]["last: error, median"]["value"] < 20.0
