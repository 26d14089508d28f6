"""``tocsin catalogue-check``: every event of the catalogue through the coalition, and what was said of it against what was published."""

import sys
import time
from collections.abc import Iterator
from concurrent.futures import as_completed
from typing import Final

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from tocsin.adapters.workers import workers
from tocsin.api.catalogue import play_event, playable_dates
from tocsin.errors import OperatorFault, TocsinError
from tocsin.evaluation.catalogue import NOT_SCORED, CheckRow, DateOutcome, Target, check_rows, targets_of
from tocsin.geography import NOTICE, load_zones
from tocsin.sim.catalogue import lacking, load_catalogue, select

MISSED: Final = 1  # exit code where a target is missed
WIDE: Final = 210  # columns that the whole table needs
WIDE_ONLY: Final = ("date", "label", "p publ.", "crosses JPN", "events", "predicted s", "areas", "land")  # left out on a narrow terminal
UNLIMITED: Final = 400  # columns where nothing limits them


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """What ``--json`` prints."""

    notice: str
    not_scored: str
    dates: int
    missiles: int
    seconds: float
    targets: tuple[Target, ...]
    failed: tuple[str, ...]  # dates that could not be played, and why
    extra_events: tuple[str, ...]  # dates with launch events about nothing real or doubled
    rows: tuple[CheckRow, ...]


def run_check(events: str | None, count: int, *, as_json: bool) -> None:
    """Play, judge, print; exit 1 where a target is missed. OperatorFault (2) for an event that the catalogue does not have."""
    asked = _asked(events)
    started = time.monotonic()
    outcomes, failed = _play(asked, count)
    rows = check_rows(load_catalogue(), outcomes, load_zones())
    targets = targets_of(rows)
    result = CheckResult(
        notice=f"{NOTICE}; sensors and boosts are notional",
        not_scored=NOT_SCORED,
        dates=len(asked),
        missiles=len(rows),
        seconds=round(time.monotonic() - started, 1),
        targets=targets,
        failed=failed,
        extra_events=tuple(f"{o.event}: {o.standing} launch events of {len(o.missiles)} missiles" for o in outcomes if o.false),
        rows=rows,
    )
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")
    else:
        _show(result)
    if failed or any(target.met is False for target in targets):
        raise typer.Exit(MISSED)


def _asked(events: str | None) -> tuple[str, ...]:
    """Return the dates or rows to play: a list separated by commas, or all dates."""
    if events is None:
        return playable_dates()
    catalogue = load_catalogue()
    names = tuple(name.strip() for name in events.split(",") if name.strip())
    if not names:
        raise OperatorFault("--events: expected dates or row ids separated by commas, came nothing", exit_code=2)
    for name in names:
        if all(lacking(record) for record in select(catalogue, name)):
            raise OperatorFault(f"--events: {name} cannot be played; `tocsin events` says what is missing", exit_code=2)
    return names


def _play(asked: tuple[str, ...], count: int) -> tuple[tuple[DateOutcome, ...], tuple[str, ...]]:
    """Return (outcomes in order, what failed), with progress on standard error."""
    done: dict[str, DateOutcome] = {}
    failed: list[str] = []
    started = time.monotonic()
    for event, outcome in _finished(asked, count):
        if isinstance(outcome, DateOutcome):
            done[event] = outcome
        else:
            failed.append(f"{event}: {outcome}")
        total, ready = len(asked), len(done) + len(failed)
        spent_s = time.monotonic() - started
        text = f"{ready} of {total}: {event}, {spent_s:.0f} s, about {spent_s / ready * (total - ready):.0f} s to go"
        sys.stderr.write(f"\r{text:<79}" if sys.stderr.isatty() else f"{text}\n")
        sys.stderr.flush()
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    return tuple(done[event] for event in asked if event in done), tuple(failed)


def _finished(asked: tuple[str, ...], count: int) -> Iterator[tuple[str, DateOutcome | str]]:
    """Yield each event as it is done, with its outcome or why there is none."""
    if count <= 1 or len(asked) <= 1:
        for event in asked:
            yield event, play_or_say(event)
        return
    with workers(min(count, len(asked))) as pool:
        started = {pool.start(play_or_say, event): event for event in asked}
        for future in as_completed(started):
            yield started[future], future.result()


def play_or_say(event: str) -> DateOutcome | str:
    """Return the outcome of an event, or the text of the fault that stopped it (a fault would not travel between processes)."""
    try:
        return play_event(event)
    except TocsinError as fault:
        return str(fault)


def _show(result: CheckResult) -> None:
    """Print table, targets, lists."""
    console = Console(highlight=False)
    narrow = console.is_terminal and console.width < WIDE
    if not console.is_terminal:
        console = Console(highlight=False, width=UNLIMITED, soft_wrap=True)
    shown = [head for head in HEADS if not (narrow and head in WIDE_ONLY)]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in shown:
        table.add_column(head, no_wrap=True)
    for row in result.rows:
        cells = dict(zip(HEADS, _cells(row), strict=True))
        table.add_row(*(cells[head] for head in shown))
    console.print(table)
    console.print()
    for target in result.targets:
        word = {True: "met", False: "MISSED", None: ""}[target.met]
        console.print(f"{target.name:58s} {target.value:50s} {target.target:18s} {word}")
        if target.misses:
            console.print(f"    {', '.join(target.misses)}")
    for title, lines in (("could not be played", result.failed), ("launch events that are not one a missile", result.extra_events)):
        if lines:
            console.print(f"{title}: {'; '.join(lines)}")
    differ = [f"{row.row} {row.label}, by energy {row.class_true_ballistic}" for row in result.rows if row.label_differs]
    console.print(f"published labels that differ (not scored): {'; '.join(differ) or 'none'}")
    early = [f"{row.row} by {row.early_down_s:.0f} s" for row in result.rows if row.early_down_s is not None]
    console.print(f"called down before they were: {', '.join(early) or 'none'}")
    console.print(f"\n{result.missiles} missiles on {result.dates} dates in {result.seconds:.0f} s. {result.notice}.")
    console.print(result.not_scored)


HEADS: Final = (
    "date", "row", "class (p)", "true", "label", "JPN EEZ publ.", "p sharp", "p publ.", "p spread", "verdict",
    "crosses JPN", "p over", "events", "impact km", "warned s (KOR JPN USA)", "predicted s", "areas", "land",
)  # fmt: skip


def _cells(row: CheckRow) -> tuple[str, ...]:
    true = row.class_true if row.class_true == row.class_true_ballistic else f"{row.class_true_ballistic} ({row.class_true} with glide)"
    return (
        row.date_kst,
        row.row,
        f"{row.class_said} {row.class_p:.2f}{'' if row.class_right else ' !'}",
        true,
        row.label,
        "" if row.eez_published == "not-looked-up" else row.eez_published,
        _p(row.p_inside_sharp) + (" !" if row.sharp_right is False else ""),
        _p(row.p_inside_published),
        _p(row.p_inside_spread),
        row.eez_verdict,
        "yes" if row.crosses else "",
        _p(row.overflight_p) if row.overflight_p > 0.0 else "-",
        str(row.events),
        "-" if row.impact_km is None else f"{row.impact_km:.1f}",
        " ".join("-" if seconds is None else f"{seconds:.0f}" for _, seconds in row.warned_s),
        "-" if row.predicted_s is None else f"{row.predicted_s:.0f}",
        ", ".join(row.areas) or "-",
        "alert" if row.land_alert else "",
    )


def _p(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
