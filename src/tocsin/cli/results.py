"""After the night: summary.json and report.html, and the same figures as tables on the screen."""

import shutil
import sys
import textwrap
from pathlib import Path

import msgspec

from tocsin.adapters.config import write_bytes
from tocsin.api.night import Plan
from tocsin.api.produce import After
from tocsin.cli.screen import Screen
from tocsin.evaluation.bought import what_sharing_bought
from tocsin.evaluation.night import NightFigures, night_figures
from tocsin.evaluation.record import NightRecord
from tocsin.evaluation.report import write_report
from tocsin.evaluation.statements import statements
from tocsin.evaluation.summary import summary
from tocsin.evaluation.tables import ShipRow, Table, alone_against_together, latency_table, own_figures, ship_label, ship_table

NOTE_WIDTH = 110  # columns of the notes under tables; tables are as wide as their figures


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """What the end of a night shows."""

    figures: NightFigures
    ships: tuple[ShipRow, ...]
    report: Path


def write_results(plan: Plan, record: NightRecord, after: After, out: Path) -> Results:
    """Write summary.json and report.html; return what the screen shows."""
    figures = night_figures(record)
    ships = ship_rows(plan, figures, after)
    identical = all(replay.identical for replay in after.replays.values())
    write_bytes(
        out / "summary.json",
        msgspec.json.format(msgspec.json.encode(summary(record, figures, replay_identical=identical, ships=ships)), indent=2) + b"\n",
    )
    report = out / "report.html"
    published = tuple(f"{statement.nation}: {statement.text}" for statement in plan.scenario.statements)
    write_report(report, record, figures, ships, plan.coalition, published, tuple(source.text for source in plan.scenario.sources))
    return Results(figures=figures, ships=ships, report=report)


def ship_rows(plan: Plan, figures: NightFigures, after: After) -> tuple[ShipRow, ...]:
    """Return the placings in the order of the file, the one that was played first."""
    if not after.moved:
        return ()
    nation = after.moved[0].nation
    played = ShipRow(
        configuration=plan.configuration,
        label=ship_label(plan.coalition, plan.configuration),
        nation=nation,
        figures=figures.nations[nation],
    )
    others = (
        ShipRow(
            configuration=moved.configuration,
            label=ship_label(plan.coalition, moved.configuration),
            nation=moved.nation,
            figures=moved.figures,
        )
        for moved in after.moved
    )
    return (played, *others)


def tell_results(screen: Screen, plan: Plan, record: NightRecord, after: After, out: Path, results: Results) -> None:
    """Print the tables, the statements, what sharing bought, and what to try next."""
    screen.say()
    names = {spec.nation: spec.name for spec in plan.coalition.nations}
    for line in what_sharing_bought(record, results.figures, names):
        screen.say(line, "bold")
    for table in (alone_against_together(record, results.figures), ship_table(results.ships), own_figures(record), latency_table(record)):
        show(screen, table)
    for text in statements(record, plan.coalition):
        screen.say()
        screen.say(text)
    screen.say()
    for nation, replay in after.replays.items():
        verdict = "identical" if replay.identical else f"NOT identical: {replay.problems[0]}"
        screen.say(
            f"log-{nation}.db replayed: {verdict} ({replay.records} records, {replay.payloads} payloads, {replay.signatures} signatures)"
        )
    figures = results.figures
    screen.say(
        f"Launch events: {figures.launch_events} of {len(record.missiles)} flown, in {figures.salvos} salvo(s); "
        f"false {figures.false_launch_events}, taken back {figures.merged_events}."
    )
    screen.say(f"Aircraft: {figures.aircraft_tracked} tracked, {figures.aircraft_warned} warned of.")
    screen.say(f"Messages: {record.sent} sent, {record.acknowledged} acknowledged on disk, {record.refused} refused.")
    screen.say()
    screen.say("Try next:")
    first = plan.coalition.nations[0].nation
    for command in (
        f"tocsin replay {out / f'log-{first}.db'} --verify",
        f"tocsin track {out / 'plots.jsonl'} --sensors {out / 'sensors.toml'} --out tracked",
        f"tocsin demo {'2023-08-30' if record.event == '2023-08-30-salvo' else '2023-08-30-salvo'} --fast --out another-night",
    ):
        screen.say(f"  {command.replace('tocsin', program(), 1)}")
    screen.say(f"Report: {results.report}")


def program() -> str:
    """Return how this person can call the command: by name if it is found, by its path otherwise."""
    return "tocsin" if shutil.which("tocsin") else str(Path(sys.argv[0]))


def show(screen: Screen, table: Table) -> None:
    """Print one table as aligned plain text, so that it survives any width, pipe and file; empty tables are left out."""
    if not table.rows:
        return
    widths = [max(len(row[column]) for row in (table.header, *table.rows)) for column in range(len(table.header))]
    screen.say()
    screen.say(table.title, "bold")
    screen.say(_row(table.header, widths, table.text_columns), "dim")
    for row in table.rows:
        screen.say(_row(row, widths, table.text_columns))
    if table.note:
        screen.say(textwrap.fill(table.note, NOTE_WIDTH), "dim")


def _row(cells: tuple[str, ...], widths: list[int], text_columns: int) -> str:
    aligned = (
        cell.ljust(width) if column < text_columns else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  " + "  ".join(aligned).rstrip()
