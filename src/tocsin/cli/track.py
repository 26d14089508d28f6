"""``tocsin track``: any plot file, any sensors; tracks.jsonl, events.jsonl and summary.json out. Bad lines are said and counted."""

import hashlib
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tocsin import __version__
from tocsin.adapters.config import LineFile, make_folder, open_input, read_text, write_bytes
from tocsin.adapters.fitting import launch_fitter
from tocsin.adapters.formats.events import event_line
from tocsin.adapters.formats.plots import PlotReader
from tocsin.adapters.formats.problem import Problem, problem_text
from tocsin.adapters.formats.summary import Percentiles, TrackCounts, TrackSummary, sensor_line, summary_json
from tocsin.adapters.formats.times import iso2ns, ns2iso
from tocsin.adapters.formats.tracks import track_line
from tocsin.api.offline import OfflineStep, track_plots
from tocsin.errors import OperatorFault
from tocsin.evaluation.night import quantile
from tocsin.messages.health import SensorHealth
from tocsin.messages.plot import Plot
from tocsin.node.settings import parse_sensors, unknown_keys
from tocsin.tracking.intake import PLOT_PROBLEMS
from tocsin.units import NS_PER_S

FUTURE_NS: Final = 60 * NS_PER_S  # clocks of good sensors differ by less from this machine's
SHOWN_PER_REASON: Final = 20  # problems printed in full; more of one kind tell nothing new
SAMPLE_MOST: Final = 200_000  # latencies kept, 6 MB: their 99th percentile is good to 1 in 1,000 of all scans
SHOW_EVERY_S: Final = 0.1  # progress on a terminal
MS: Final = 1_000.0
NEWS: Final = ("sensor-", "event-")  # notes that tell something and are no problem of the input


class Problems:
    """Says each problem once on standard error, at most ``SHOWN_PER_REASON`` of a kind, and counts them all."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def tell(self, reason: str, text: str) -> None:
        """Count a problem, and print it unless there were many of its kind."""
        count = self.counts[reason] = self.counts.get(reason, 0) + 1
        if count <= SHOWN_PER_REASON:
            print(text, file=sys.stderr)
        elif count == SHOWN_PER_REASON + 1:
            print(f"... more of {reason}: counted, not shown", file=sys.stderr)


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked on the command line; hashed with the sensor file as the run's configuration."""

    every_s: float
    start_ns: int | None
    until_ns: int | None


class Sample:
    """Every n-th of many values, n doubling as they come, so that hours of scans take a bounded memory."""

    def __init__(self, most: int = SAMPLE_MOST) -> None:
        self.values: list[float] = []
        self._most = most
        self._every = 1
        self._count = 0

    def add(self, value: float) -> None:
        """Take a value, or pass it by."""
        if self._count % self._every == 0:
            self.values.append(value)
            if len(self.values) == self._most:
                self.values = self.values[::2]
                self._every *= 2
        self._count += 1


class Tally:
    """Counts what comes out."""

    def __init__(self) -> None:
        self.tracks: set[str] = set()
        self.events: set[str] = set()
        self.track_lines = self.event_lines = self.used = 0
        self.scans_s = Sample()
        self.health: tuple[SensorHealth, ...] = ()


def run_track(plots: str, sensors: Path, out: Path, every: float, start: str | None, until: str | None) -> None:
    """Track a plot file (``-``: standard input) and write the results; exit code 3 if not one plot could be used."""
    options = Options(every_s=every, start_ns=_time_ns("--from", start), until_ns=_time_ns("--until", until))
    _must_be_file(sensors, "a sensor file (TOML)")
    text = read_text(sensors)
    known = parse_sensors(text, sensors.name)
    problems = Problems()
    for note in unknown_keys(text, sensors.name, "sensors"):
        problems.tell(note.code, note.text)
    tally = Tally()
    with _input(plots) as (stream, name):
        make_folder(out)
        reader = PlotReader(stream, name, sensors=known, not_after_ns=time.time_ns() + FUTURE_NS)
        started = time.perf_counter()
        with launch_fitter() as begin_fits:
            wanted = _wanted(reader, options, problems, tally)
            steps = track_plots(wanted, known, every_s=every, until_ns=options.until_ns, begin_fits=begin_fits)
            _write(_shown(steps, tally), out, tally, problems)
        seconds = time.perf_counter() - started
    config = hashlib.sha256(text.encode() + msgspec.json.encode(options)).hexdigest()
    write_bytes(out / "summary.json", summary_json(_summary(reader, tally, problems, seconds, config)))
    lines = reader.counts().lines
    print(
        f"{name}: {tally.used} of {lines} lines used, {len(tally.tracks)} tracks, {len(tally.events)} launch events; "
        f"written to {out}: tracks.jsonl, events.jsonl, summary.json"
    )
    if tally.used == 0:
        raise OperatorFault(f"{name}: expected at least one plot that can be used, came none in {lines} lines; see the problems above")


def _time_ns(option: str, text: str | None) -> int | None:
    """Return the time of an option."""
    if text is None:
        return None
    try:
        return iso2ns(text)
    except ValueError as problem:
        raise OperatorFault(f"{option} {text}: {problem}", exit_code=2) from None


def _must_be_file(path: Path, what: str) -> None:
    """Raise unless there is a file (or pipe): a wrong path is a matter of usage."""
    if not path.exists() or path.is_dir():
        raise OperatorFault(f"{path}: expected {what}, found {'a folder' if path.is_dir() else 'no file'}; check the path", exit_code=2)


@contextmanager
def _input(plots: str) -> Iterator[tuple[BinaryIO, str]]:
    """Give the stream of plots and its name."""
    if plots == "-":
        yield sys.stdin.buffer, "standard input"
        return
    path = Path(plots)
    _must_be_file(path, "a plot file (JSON Lines or CSV)")
    with open_input(path) as stream:
        yield stream, path.name


def _wanted(reader: PlotReader, options: Options, problems: Problems, tally: Tally) -> Iterator[Plot]:
    """Yield the plots of the wanted time; tell what is wrong with the others."""
    for item in reader:
        if isinstance(item, Problem):
            problems.tell(item.reason, problem_text(item))
        elif (options.start_ns is None or item.time_ns >= options.start_ns) and (
            options.until_ns is None or item.time_ns <= options.until_ns
        ):
            tally.used += 1
            yield item


def _shown(steps: Iterable[OfflineStep], tally: Tally) -> Iterator[OfflineStep]:
    """Pass the steps on, with progress where somebody watches."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from steps
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("reading plots")
        due = 0.0
        for step in steps:
            if time.monotonic() >= due:
                due = time.monotonic() + SHOW_EVERY_S
                progress.update(task, description=f"{ns2iso(step.time_ns)[:19]}Z  {tally.used} plots, {len(tally.tracks)} tracks")
            yield step


def _write(steps: Iterable[OfflineStep], out: Path, tally: Tally, problems: Problems) -> None:
    """Write the lines of every step as they come, and count them."""
    with LineFile(out / "tracks.jsonl") as tracks, LineFile(out / "events.jsonl") as events:
        for step in steps:
            tally.health = step.health or tally.health
            if step.seconds is not None:
                tally.scans_s.add(step.seconds)
            for note in step.notes:
                text = f"{ns2iso(note.time_ns)} {note.text}"
                if note.code in PLOT_PROBLEMS:
                    tally.used -= 1  # it was read, and refused at the tracker's door
                    problems.tell(note.code, text)
                elif note.code.startswith(NEWS):
                    print(text, file=sys.stderr)
                else:
                    problems.tell(note.code, text)
            for track in step.tracks:
                tracks.write(track_line(track))
                tally.track_lines += 1
                tally.tracks.add(track.track)
            for event in step.events:
                events.write(event_line(event))
                tally.event_lines += 1
                tally.events.add(event.event)


def _summary(reader: PlotReader, tally: Tally, problems: Problems, seconds: float, config_sha256: str) -> TrackSummary:
    """Return what the run came to."""
    counts = TrackCounts(
        lines=reader.counts().lines,
        plots=tally.used,
        tracks=len(tally.tracks),
        track_lines=tally.track_lines,
        events=len(tally.events),
        event_lines=tally.event_lines,
    )
    times = tally.scans_s.values
    latency = Percentiles(p50=quantile(times, 0.5) * MS, p99=quantile(times, 0.99) * MS) if times else Percentiles(p50=None, p99=None)
    return TrackSummary(
        version=__version__,
        seed=None,
        config_sha256=config_sha256,
        counts=counts,
        plots_per_s=tally.used / seconds if seconds > 0.0 else None,
        scan_latency_ms=latency,
        input_problems=dict(sorted(problems.counts.items())),
        sensors=tuple(sensor_line(health) for health in tally.health if health.expected_detections > 0.0 or health.plots > 0),
    )
