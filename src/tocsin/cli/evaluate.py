"""``tocsin evaluate``: what ``tocsin track`` wrote against the truth; a table with intervals, or JSON, and evaluation.json."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from tocsin import __version__
from tocsin.adapters.config import open_input, read_text, write_bytes
from tocsin.adapters.formats.plots import PlotReader
from tocsin.adapters.formats.problem import Problem, problem_text
from tocsin.adapters.formats.rows import EventRow, Row, RowReader, TrackRow, TruthRow
from tocsin.adapters.formats.times import iso2ns, ns2iso
from tocsin.cli.track import Problems
from tocsin.errors import OperatorFault
from tocsin.evaluation.flights import TrueFlight
from tocsin.evaluation.intervals import Figure
from tocsin.evaluation.outcomes import EventBook
from tocsin.evaluation.score import HELD_S, Scorer, TrackPoint, TrackScore, windows_seen
from tocsin.evaluation.scorecard import ScoreCard, hours_of, score_card
from tocsin.evaluation.sights import Sights
from tocsin.evaluation.track_figures import Scene, Section
from tocsin.evaluation.truth_book import TruthBook
from tocsin.messages.plot import Plot
from tocsin.node.settings import parse_sensors
from tocsin.units import KM, NS_PER_S

RESULT: Final = "evaluation.json"
SHOW_EVERY_LINES: Final = 2_000  # progress on a terminal
ROWS_SHOWN: Final = 40  # missiles listed on the screen; all are in the file

Item = TypeVar("Item")
_encoder: Final = msgspec.json.Encoder()


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The command line."""

    folder: Path
    truth: Path
    plots: Path | None
    sensors: Path | None
    cutoff_m: float
    as_json: bool


def run_evaluate(asked: Asked) -> None:
    """Score a folder of results; raise ``OperatorFault`` (2 usage, 3 data) where nothing can be scored."""
    _check(asked)
    problems, inputs = Problems(), dict[str, int]()
    with _progress() as watch:
        flights = _truth(asked, problems, inputs, watch)
        sights = _sights(asked, flights, problems, inputs, watch)
        score = _tracks(asked, flights, problems, inputs, watch)
        book = _events(asked, flights, score, problems, inputs, watch)
    windows = (
        windows_seen(score) if sights is None else [None if s is None or s.seconds[0] > s.seconds[1] else s.seconds for s in sights.found]
    )
    span_ns = [int(end) for flight in flights if flight.times_ns.size for end in (flight.times_ns[0], flight.times_ns[-1])]
    plot_span = () if sights is None else (sights.first_ns, sights.last_ns)
    scene = Scene(
        score=score,
        windows=tuple(windows),
        sights=() if sights is None else tuple(sights.found),
        hours=hours_of(score, (*span_ns, *plot_span)),
        cutoff_m=asked.cutoff_m,
    )
    card = score_card(scene, book, version=__version__, inputs=inputs, problems=dict(sorted(problems.counts.items())))
    encoded = msgspec.json.format(_encoder.encode(card), indent=2) + b"\n"
    write_bytes(asked.folder / RESULT, encoded)
    if asked.as_json:
        sys.stdout.write(encoded.decode())
    else:
        tell(card, asked.folder)


def _check(asked: Asked) -> None:
    """Raise where a path cannot be right: a matter of usage."""
    if not asked.folder.is_dir():
        found = "a file" if asked.folder.exists() else "nothing"
        raise OperatorFault(
            f"{asked.folder}: expected a folder that `tocsin track --out` wrote, found {found}; check the path", exit_code=2
        )
    if not (asked.folder / "tracks.jsonl").is_file():
        raise OperatorFault(
            f"{asked.folder}: expected tracks.jsonl in it, found none; name the folder of `tocsin track --out`", exit_code=2
        )
    for path, what in ((asked.truth, "a truth file (JSON Lines)"), (asked.plots, "a plot file"), (asked.sensors, "a sensor file (TOML)")):
        if path is not None and (not path.exists() or path.is_dir()):
            raise OperatorFault(f"{path}: expected {what}, found {'a folder' if path.is_dir() else 'no file'}; check the path", exit_code=2)
    if (asked.plots is None) != (asked.sensors is None):
        raise OperatorFault("--plots and --sensors: expected both or none; a plot means nothing without its sensor", exit_code=2)


class Watch:
    """Shows how far a file is read, where somebody watches."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress

    def over(self, items: Iterable[Item], path: Path, stream: BinaryIO) -> Iterator[Item]:
        """Pass items on and show the place in the stream that they are read from."""
        if self._progress is None:
            yield from items
            return
        task = self._progress.add_task(f"reading {path.name}", total=max(1, path.stat().st_size))
        for number, item in enumerate(items):
            if number % SHOW_EVERY_LINES == 0:
                self._progress.update(task, completed=stream.tell())
            yield item
        self._progress.remove_task(task)


@contextmanager
def _progress() -> Iterator[Watch]:
    """Give a watch that shows bars on a terminal and nothing elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Watch(None)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield Watch(progress)


def _rows(path: Path, row: type[Row], problems: Problems | None, watch: Watch) -> Iterator[Row]:
    """Yield the good rows of a file; tell what is wrong with the others, unless that has been told before (None)."""
    with open_input(path) as stream:
        for item in watch.over(RowReader(stream, path.name, row), path, stream):
            if not isinstance(item, Problem):
                yield item
            elif problems is not None:
                problems.tell(item.reason, problem_text(item))


def _truth(asked: Asked, problems: Problems, inputs: dict[str, int], watch: Watch) -> tuple[TrueFlight, ...]:
    """Read the truth."""
    book = TruthBook()
    for row in _rows(asked.truth, TruthRow, problems, watch):
        book.take(row)
    flights = book.flights()
    if book.states == 0:
        raise OperatorFault(
            f"{asked.truth.name}: expected at least one true state (time, missile, kind, pos_ecef_m, vel_ecef_mps), came none; "
            "is it the truth.jsonl of a run?"
        )
    missiles = [flight for flight in flights if flight.group == "missile"]
    for flight in missiles:
        if flight.times_ns.size == 0:
            problems.tell(
                "no-states",
                f"{asked.truth.name}: missile {flight.name}: expected states, came none; only its launch and impact could count, "
                "and no track can be paired with it",
            )
    inputs.update(true_states=book.states, true_missiles=len(missiles), other_true_objects=len(flights) - len(missiles))
    return flights


def _sights(asked: Asked, flights: tuple[TrueFlight, ...], problems: Problems, inputs: dict[str, int], watch: Watch) -> Sights | None:
    """Find when each missile was in sight, if plots are given."""
    if asked.plots is None or asked.sensors is None:
        return None
    sensors = parse_sensors(read_text(asked.sensors), asked.sensors.name)
    sights = Sights(flights, sensors)
    with open_input(asked.plots) as stream:
        for item in watch.over(PlotReader(stream, asked.plots.name, sensors=sensors), asked.plots, stream):
            if isinstance(item, Plot):
                sights.take(item)
                inputs["plots"] = inputs.get("plots", 0) + 1
            else:
                problems.tell(item.reason, problem_text(item))
    if not inputs.get("plots"):
        raise OperatorFault(f"{asked.plots.name}: expected at least one plot that can be used, came none; see the problems above")
    return sights


def _tracks(asked: Asked, flights: tuple[TrueFlight, ...], problems: Problems, inputs: dict[str, int], watch: Watch) -> TrackScore:
    """Pair tracks.jsonl with the truth."""
    path = asked.folder / "tracks.jsonl"
    scorer, lines = Scorer(flights, cutoff_m=asked.cutoff_m), 0
    for row in _rows(path, TrackRow, problems, watch):
        lines += 1
        scorer.take(
            TrackPoint(
                track=str(row.track),
                time_ns=iso2ns(row.time),
                kind=row.kind,
                status=row.status,
                parent=None if row.parent is None else str(row.parent),
                pos_ecef_m=row.pos_ecef_m,
                vel_ecef_mps=row.vel_ecef_mps,
                cov=row.cov,
                predicted=row.predicted,
            )
        )
    score = scorer.finish()
    if score.late_lines:
        problems.tell(
            "out-of-order",
            f"{path.name}: expected lines in order of time, came {score.late_lines} more than {HELD_S} s late; they are left out",
        )
    if score.first_ns is not None and score.last_ns is not None:
        _must_overlap(asked, flights, score.first_ns, score.last_ns, problems)
    inputs.update(track_lines=lines, tracks=len(score.tracks))
    return score


def _must_overlap(asked: Asked, flights: tuple[TrueFlight, ...], first_ns: int, last_ns: int, problems: Problems) -> None:
    """Tell if tracks and truth are of different nights: nothing would match, and nobody would know why."""
    starts = [int(flight.times_ns[0]) for flight in flights if flight.times_ns.size]
    ends = [int(flight.times_ns[-1]) for flight in flights if flight.times_ns.size]
    if min(starts) - NS_PER_S > last_ns or max(ends) + NS_PER_S < first_ns:
        problems.tell(
            "other-times",
            f"{asked.truth.name}: expected states at the times of the tracks ({ns2iso(first_ns)} to {ns2iso(last_ns)}), came "
            f"{ns2iso(min(starts))} to {ns2iso(max(ends))}; is it the truth of these tracks?",
        )


def _events(
    asked: Asked, flights: tuple[TrueFlight, ...], score: TrackScore, problems: Problems, inputs: dict[str, int], watch: Watch
) -> EventBook:
    """Read events.jsonl twice: who is who, then what was in force when."""
    path = asked.folder / "events.jsonl"
    book, lines = EventBook(flights), 0
    if not path.is_file():
        problems.tell("no-events", f"{asked.folder}: expected events.jsonl in it, found none; launch and impact are not scored")
        book.match(score.tracks)
        return book
    for row in _rows(path, EventRow, problems, watch):
        lines += 1
        book.note(row, iso2ns(row.time))
    book.match(score.tracks)
    for row in _rows(path, EventRow, None, watch):
        book.take(row, iso2ns(row.time))
    inputs.update(event_lines=lines, events=len(book.tales))
    return book


def tell(card: ScoreCard, folder: Path) -> None:
    """Print the card as aligned text that survives any width, pipe and file."""
    read = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in card.inputs.items())
    print(f"{folder}: {read}; {card.hours:.2f} h. Intervals: {100 * card.confidence:.0f} %.")
    for section in card.sections:
        if section.grid:
            _grid(section)
            continue
        rows = [
            (figure.name, _number(figure.value, figure.unit), _interval(figure), _counted(figure), _accept(figure))
            for figure in section.figures
        ]
        _table(section.title, ("", "value", "interval", "n", ""), rows, section.note, texts={0, 4})
    for confusion in card.confusions:
        cells = [(true, *(str(count) for count in counts)) for true, counts in confusion.rows.items()]
        _table(confusion.title, ("", *confusion.columns), cells, confusion.note, texts={0})
    header = ("", "kind", "followed s", "position m", "velocity m/s", "launch km (sigmas)", "impact km (sigmas)", "tracks")
    rows8 = [
        (
            row.missile,
            row.kind,
            f"{row.followed_s} of {row.in_sight_s if row.in_sight_s is not None else 0}",
            _number(row.pos_rms_m, ""),
            _number(row.vel_rms_mps, ""),
            f"{_number(row.launch_error_km, '')} ({_number(row.launch_sigmas, '')})",
            f"{_number(row.impact_error_km, '')} ({_number(row.impact_sigmas, '')})",
            " ".join(row.tracks) or "none",
        )
        for row in card.missiles[:ROWS_SHOWN]
    ]
    more = len(card.missiles) - ROWS_SHOWN
    _table("Missiles (root mean square; last estimates)", header, rows8, f"{more} more in {RESULT}" if more > 0 else "", texts={0, 1, 7})
    print(f"\nWritten: {folder / RESULT}")


def _grid(section: Section) -> None:
    """Print figures named "one: other" as a table: value (interval) [band] in each cell, n where it is new in a row."""
    cells: dict[str, dict[str, str]] = {}
    counts: dict[str, list[str]] = {}
    columns: list[str] = []
    notes = [section.note] if section.note else []
    for figure in section.figures:
        first, _, second = figure.name.partition(": ")
        if not second:
            notes.append(f"{figure.name}: {figure.note}")
            continue
        row, column = (first, second) if section.grid == "first" else (second, first)
        columns += [] if column in columns else [column]
        band = "" if figure.accept is None else f"[{_number(figure.accept[0], '')} .. {_number(figure.accept[1], '')}]"
        parts = (_number(figure.value, figure.unit), _bracket(_interval(figure)), band)
        cells.setdefault(row, {})[column] = " ".join(part for part in parts if part)
        seen = counts.setdefault(row, [])
        seen += [] if _counted(figure) in ("", *seen) else [_counted(figure)]
    header = ("", *columns, "n")
    rows = [(row, *(line.get(column, "") for column in columns), ", ".join(counts[row])) for row, line in cells.items() if counts[row]]
    _table(section.title, header, rows, "; ".join(dict.fromkeys(notes)), texts=set(range(len(header))))


def _bracket(text: str) -> str:
    return f"({text})" if text else ""


def _table(title: str, header: tuple[str, ...], rows: Sequence[tuple[str, ...]], note: str, texts: set[int]) -> None:
    """Print one table; columns in ``texts`` are words, the others figures."""
    if not rows and not note:
        return
    print(f"\n{title}")
    shown = [header, *rows] if rows else []
    widths = [max(len(row[column]) for row in shown) for column in range(len(header))] if rows else []
    for row in shown:
        cells = [
            cell.ljust(width) if column in texts else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  " + "  ".join(cells).rstrip())
    if note:
        print(f"  ({note})")


def _number(value: float | None, unit: str) -> str:
    """Return a figure with three digits or so that mean something."""
    if value is None:
        return "-"
    size = abs(value)
    digits = 0 if size >= 1_000 or (value == int(value) and size < KM) else 1 if size >= 100 else 2 if size >= 1 else 3
    return f"{value:.{digits}f} {unit}".rstrip()


def _interval(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return ""
    return f"{_number(figure.low, '')} .. {_number(figure.high, '')}"


def _counted(figure: Figure) -> str:
    return f"{figure.n} {figure.of}" if figure.value is not None else ""


def _accept(figure: Figure) -> str:
    band = "" if figure.accept is None else f"accept {_number(figure.accept[0], '')} .. {_number(figure.accept[1], '')}"
    return "; ".join(text for text in (band, figure.note) if text)
