"""``tocsin track``: the files of DESIGN section 9 from any plot file, causal, in any order of lines, without losing good plots."""

import csv
import io
import itertools
import json
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

import tocsin as package
from tests.cli.tool import Tool
from tocsin.adapters.formats.plots import plot_line
from tocsin.adapters.formats.sensors import sensors_toml
from tocsin.adapters.formats.times import iso2ns, ns2iso
from tocsin.api.offline import in_order, track_plots
from tocsin.cli.track import Sample
from tocsin.messages.plot import Plot
from tocsin.messages.sensor import Sensor
from tocsin.sim.coalition import place
from tocsin.sim.night import make_night
from tocsin.sim.observe import play
from tocsin.sim.scenario import load_coalition, load_scenario
from tocsin.units import NS_PER_S, s2ns

SEEING = ("KOR-EWR-N", "USA-XBR-SEONGJU")  # both see the first missile of the night; here they belong to nobody
TRACK_KEYS = "time track kind status parent pos_ecef_m vel_ecef_mps cov model_probabilities age_s predicted sensors".split()
EVENT_KEYS = (
    "time event revision salvo world status tracks missiles_at_least missiles_estimate objects launch impact apogee_m apogee_sigma_m "
    "range_m range_sigma_m class zones".split()
)


@dataclass(frozen=True)
class Night:
    """The first flight of the packaged night as two radars see it."""

    plots: tuple[Plot, ...]
    sensors: tuple[Sensor, ...]
    launch_ns: int
    impact_ns: int

    def lines(self) -> list[bytes]:
        return [plot_line(plot) for plot in self.plots]

    def write(self, folder: Path, lines: list[bytes] | None = None) -> tuple[Path, Path]:
        """Write plots and sensors; return their paths."""
        folder.mkdir(exist_ok=True)
        plots, sensors = folder / "plots.jsonl", folder / "sensors.toml"
        plots.write_bytes(b"".join(self.lines() if lines is None else lines))
        sensors.write_text(sensors_toml(self.sensors).replace('nation = "OWN"\n', ""))
        return plots, sensors


@pytest.fixture(scope="module")
def night() -> Night:
    scenario = load_scenario("2023-08-30")
    sensors = place(load_coalition(scenario.coalition))
    fitted = make_night(scenario)
    flight = fitted.flights[0]
    until_ns = flight.impact_ns + 10 * NS_PER_S
    plots: list[Plot] = []
    for sim_scan in play(scenario, sensors, 1, fitted):
        if sim_scan.scan.time_ns > until_ns:
            break
        plots += sim_scan.scan.plots if sim_scan.scan.sensor in SEEING else ()
    own = tuple(msgspec.structs.replace(sensor, nation="OWN") for sensor in sensors if sensor.sensor in SEEING)
    return Night(tuple(plots), own, flight.launch_ns, flight.impact_ns)


@pytest.fixture(scope="module")
def whole(night: Night, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[bytes], list[bytes]]:
    """Lines of tracks and events of the whole file."""
    return tracked(night, tmp_path_factory.mktemp("whole"), night.lines())


def tracked(night: Night, folder: Path, lines: list[bytes], *options: str) -> tuple[list[bytes], list[bytes]]:
    """Track in this process without capturing streams; return the lines of tracks.jsonl and events.jsonl."""
    from tocsin.cli.track import run_track  # noqa: PLC0415

    plots, sensors = night.write(folder, lines)
    chosen = dict(zip(options[::2], options[1::2], strict=True))
    run_track(str(plots), sensors, folder / "out", float(chosen.get("--every", 1.0)), chosen.get("--from"), chosen.get("--until"))
    return (folder / "out" / "tracks.jsonl").read_bytes().splitlines(), (folder / "out" / "events.jsonl").read_bytes().splitlines()


def time_of(line: bytes) -> int:
    return iso2ns(json.loads(line)["time"])


def up_to(lines: list[bytes], time_ns: int) -> list[bytes]:
    return [line for line in lines if time_of(line) <= time_ns]


@pytest.mark.slow
def test_one_missile_gives_one_event_that_ends_where_and_as_high_as_it_flew(night: Night, whole: tuple[list[bytes], list[bytes]]) -> None:
    events = [json.loads(line) for line in whole[1]]
    assert {event["event"] for event in events} == {"OWN-alone-2023-08-30-1"}
    assert {event["world"] for event in events} == {"test"}
    last = events[-1]
    assert last["status"] == "closed"
    assert last["missiles_at_least"] == 1
    assert last["apogee_m"] == pytest.approx(50_000.0, rel=0.02)  # published: Ministry of Defense of Japan, 31 August 2023
    assert last["range_m"] == pytest.approx(350_000.0, rel=0.02)  # same source
    assert iso2ns(last["impact"]["time"]) == pytest.approx(night.impact_ns, abs=s2ns(10.0))
    assert [event["revision"] for event in events] == list(range(1, len(events) + 1))


@pytest.mark.slow
def test_lines_have_the_documented_keys_in_order_of_time(whole: tuple[list[bytes], list[bytes]]) -> None:
    for lines, keys in zip(whole, (TRACK_KEYS, EVENT_KEYS), strict=True):
        assert lines
        assert {tuple(json.loads(line)) for line in lines} == {tuple(keys)}
        times = [time_of(line) for line in lines]
        assert times == sorted(times)


@pytest.mark.slow
def test_events_name_tracks_of_the_track_file(whole: tuple[list[bytes], list[bytes]]) -> None:
    known = {json.loads(line)["track"] for line in whole[0]}
    named = {name for line in whole[1] for name in json.loads(line)["tracks"]}
    assert named
    assert named <= known


@pytest.mark.slow
def test_updates_stand_at_plot_times_and_predictions_at_every_whole_second(night: Night, whole: tuple[list[bytes], list[bytes]]) -> None:
    plot_times = {plot.time_ns for plot in night.plots}
    (name,) = {track for line in whole[1] for track in json.loads(line)["tracks"]}
    mine = [json.loads(line) for line in whole[0] if json.loads(line)["track"] == name]
    confirmed = [line for line in mine if line["status"] == "confirmed"]
    updates = [line for line in confirmed if not line["predicted"]]
    predictions = [iso2ns(line["time"]) for line in confirmed if line["predicted"]]
    assert {iso2ns(line["time"]) for line in updates} <= plot_times
    assert {line["age_s"] for line in updates} == {0.0}
    first_s, last_s = iso2ns(confirmed[0]["time"]) // NS_PER_S + 1, iso2ns(updates[-1]["time"]) // NS_PER_S
    assert [time_ns for time_ns in predictions if time_ns <= last_s * NS_PER_S] == [s * NS_PER_S for s in range(first_s, last_s + 1)]
    newest = iso2ns(confirmed[0]["time"])
    for line in confirmed:
        newest = newest if line["predicted"] else iso2ns(line["time"])
        assert line["age_s"] == pytest.approx((iso2ns(line["time"]) - newest) / NS_PER_S, abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("after_s", [75.5, 120.123456789, 263.0])
def test_cutting_the_input_at_a_time_reproduces_every_line_up_to_it(
    night: Night, whole: tuple[list[bytes], list[bytes]], tmp_path: Path, after_s: float
) -> None:
    cut_ns = night.launch_ns + s2ns(after_s)
    kept = [plot_line(plot) for plot in night.plots if plot.time_ns <= cut_ns]
    assert len(kept) < len(night.plots)
    cut = tracked(night, tmp_path, kept)
    for full_lines, cut_lines in zip(whole, cut, strict=True):
        assert up_to(cut_lines, cut_ns) == up_to(full_lines, cut_ns)


@pytest.mark.slow
def test_until_gives_exactly_the_lines_up_to_that_time(night: Night, whole: tuple[list[bytes], list[bytes]], tmp_path: Path) -> None:
    cut_ns = night.launch_ns + s2ns(120.5)
    cut = tracked(night, tmp_path, night.lines(), "--until", ns2iso(cut_ns))
    assert cut == (up_to(whole[0], cut_ns), up_to(whole[1], cut_ns))


@pytest.mark.slow
def test_the_order_of_the_lines_and_the_format_do_not_matter(night: Night, whole: tuple[list[bytes], list[bytes]], tmp_path: Path) -> None:
    shuffled = night.lines()
    random.Random(7).shuffle(shuffled)
    assert tracked(night, tmp_path / "shuffled", shuffled) == whole
    rows = [json.loads(line) for line in shuffled]
    table = io.StringIO()
    writer = csv.DictWriter(table, ["sensor", "time", "range_m", "elevation_deg", "azimuth_deg", "range_rate_mps"], restval="")
    writer.writeheader()
    writer.writerows(rows)
    assert tracked(night, tmp_path / "table", [table.getvalue().encode()]) == whole


@pytest.mark.slow
def test_a_longer_interval_leaves_out_predicted_lines_only(night: Night, whole: tuple[list[bytes], list[bytes]], tmp_path: Path) -> None:
    tracks, events = tracked(night, tmp_path, night.lines(), "--every", "5")
    five_s = 5 * NS_PER_S
    scans_and_fives = [
        line for line in whole[0] if time_of(line) % five_s == 0 or not (json.loads(line)["predicted"] and time_of(line) % NS_PER_S == 0)
    ]
    assert tracks == scans_and_fives
    assert events == whole[1]


@pytest.mark.slow
def test_from_leaves_out_earlier_plots(night: Night, tmp_path: Path) -> None:
    start_ns = night.launch_ns + s2ns(60.0)
    tracks, _ = tracked(night, tmp_path, night.lines(), "--from", ns2iso(start_ns))
    assert min(time_of(line) for line in tracks) >= start_ns
    summary = json.loads((tmp_path / "out" / "summary.json").read_bytes())
    assert summary["counts"]["plots"] == sum(plot.time_ns >= start_ns for plot in night.plots)
    health = {sensor["sensor"]: sensor for sensor in summary["sensors"]}  # simulated without any bias
    assert sorted(health) == sorted(SEEING)
    assert {sensor["verdict"] for sensor in health.values()} == {"good"}
    assert all(abs(sensor["bias_range_m"]) < 4.0 * sensor["sigma_bias_range_m"] for sensor in health.values())
    assert all(sensor["plots"] >= 10 and sensor["detections"] > 0.0 for sensor in health.values())


def test_bad_lines_are_said_once_each_counted_and_cost_nothing_else(night: Night, tmp_path: Path, tocsin: Tool) -> None:
    good = night.lines()[:200]
    later = json.dumps({**json.loads(good[0]), "time": "2199-01-01T00:00:00Z"}).encode() + b"\n"
    foreign = json.dumps({**json.loads(good[0]), "sensor": "X-1"}).encode() + b"\n"
    bad = [
        b"\x00\xffgarbage\n",
        b'{"time": 5, "sensor": "X"}\n',
        later,
        *[foreign.replace(b"X-1", b"X-%d" % i) for i in range(25)],
        good[0],
    ]
    plots, sensors = night.write(tmp_path, [*good[:100], *bad, *good[100:]])
    done = tocsin("track", plots, "--sensors", sensors, "--out", tmp_path / "mixed")
    assert done.code == 0
    summary = json.loads((tmp_path / "mixed" / "summary.json").read_bytes())
    assert summary["input_problems"] == {"duplicate": 1, "not-utf8": 1, "time-in-future": 1, "unknown-sensor": 25, "wrong-type": 1}
    assert summary["counts"]["plots"] == len(good)
    assert summary["counts"]["lines"] == len(good) + len(bad)
    lines = done.err.splitlines()
    assert len(lines) == 1 + 1 + 1 + 20 + 1 + 1  # 20 of the unknown sensors, and that there are more
    assert "... more of unknown-sensor: counted, not shown" in lines
    assert all(line.startswith(("plots.jsonl line ", "... more of ")) for line in lines)
    clean, _ = night.write(tmp_path / "clean", good)
    assert tocsin("track", clean, "--sensors", sensors, "--out", tmp_path / "clean-out").code == 0
    for name in ("tracks.jsonl", "events.jsonl"):
        assert (tmp_path / "mixed" / name).read_bytes() == (tmp_path / "clean-out" / name).read_bytes()


def test_plots_come_from_standard_input_too(night: Night, tmp_path: Path, tocsin: Tool) -> None:
    _, sensors = night.write(tmp_path)
    done = tocsin("track", "-", "--sensors", sensors, "--out", tmp_path / "out", stdin=b"".join(night.lines()[:50]))
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("standard input: 50 of 50 lines used")


def test_without_one_good_plot_the_exit_code_is_three_and_the_files_are_there(night: Night, tmp_path: Path, tocsin: Tool) -> None:
    plots, sensors = night.write(tmp_path, [b"not a plot\n"])
    done = tocsin("track", plots, "--sensors", sensors, "--out", tmp_path / "out")
    assert done.code == 3
    assert done.err.splitlines()[-1].startswith("tocsin: plots.jsonl: expected at least one plot that can be used")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["events.jsonl", "summary.json", "tracks.jsonl"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"plots": "absent.jsonl"}, "absent.jsonl: expected a plot file"),
        ({"--sensors": "absent.toml"}, "absent.toml: expected a sensor file"),
        ({"--from": "yesterday"}, "--from yesterday: expected a UTC time such as"),
        ({"--until": "2023-08-30T25:00:00Z"}, "--until 2023-08-30T25:00:00Z: expected hours to 23"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_two(night: Night, tmp_path: Path, tocsin: Tool, change: dict[str, str], said: str) -> None:
    plots, sensors = night.write(tmp_path, night.lines()[:3])
    options = {"--sensors": str(sensors), "--out": str(tmp_path / "out"), **change}
    first = options.pop("plots", str(plots))
    done = tocsin("track", first, *(part for option in options.items() for part in option))
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert said in done.err


def test_a_window_sorts_what_it_holds_and_lets_later_plots_pass() -> None:
    plots = [Plot(time_ns=time_ns, sensor="a") for time_ns in (3, 1, 2, 9, 8, 4, 7)]
    assert [plot.time_ns for plot in in_order(plots, 2)] == [1, 2, 3, 4, 7, 8, 9]
    assert [plot.time_ns for plot in in_order(plots, 1)] == [1, 2, 3, 8, 4, 7, 9]


@pytest.mark.slow
def test_a_plot_too_late_for_the_window_is_refused_with_a_note_and_never_edits_what_was_said(night: Night) -> None:
    early = night.plots[:400]
    steps = list(track_plots((*early[1:], early[0]), night.sensors, window_plots=10))
    times = [step.time_ns for step in steps]
    assert times == sorted(times)
    assert [note.code for step in steps for note in step.notes] == ["too-late"]
    assert all(track.time_ns == step.time_ns for step in steps for track in step.tracks)


@pytest.mark.slow
def test_the_clock_runs_on_after_the_last_plot_until_nothing_flies(night: Night) -> None:
    burnt_out = [plot for plot in night.plots if plot.time_ns <= night.launch_ns + s2ns(130.0)]
    steps = list(track_plots(burnt_out, night.sensors))
    statuses = [event.status for step in steps for event in step.events]
    assert statuses[-2:] == ["presumed-down", "closed"]
    ballistic = [step.time_ns for step in steps if any(track.kind == "ballistic" for track in step.tracks)]
    assert ballistic[-1] == pytest.approx(night.impact_ns, abs=s2ns(15.0))  # not shown below the ground
    assert steps[-1].time_ns < night.impact_ns + s2ns(300.0)


def test_the_package_offers_its_names_and_loads_nothing_heavy_before_they_are_used() -> None:
    code = "import sys, tocsin; print('numba' in sys.modules, 'numpy' in sys.modules, tocsin.__version__, 'track_plots' in dir(tocsin))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["False", "False", package.__version__, "True"]
    assert package.track_plots is track_plots
    assert package.Tracker.__name__ == "Tracker"
    with pytest.raises(AttributeError, match="it offers Plot, Scan, Sensor, Tracker, __version__, read_plots, read_sensors, track_plots"):
        _ = package.nothing  # type: ignore[attr-defined]


def test_a_sample_of_many_values_is_bounded_and_even() -> None:
    sample = Sample(most=8)
    for value in range(100):
        sample.add(float(value))
    assert len(sample.values) < 8
    steps = {b - a for a, b in itertools.pairwise(sample.values)}
    assert sample.values[0] == 0.0
    assert steps == {16.0}
