"""``tocsin replay``: read a log, and with --verify prove it."""

from pathlib import Path

import typer

from tocsin.adapters.replay import replay
from tocsin.adapters.store.reading import read
from tocsin.adapters.store.reading import verify as verify_log
from tocsin.errors import OperatorFault
from tocsin.geography import load_zones

DAMAGED = 3  # exit code: the data is not what it should be


def run_replay(log: Path, *, verify: bool) -> None:
    """Print what a log holds, or play it again and say whether every byte and signature agrees."""
    if not log.is_file():
        text = f"{log}: expected a node's log (such as night/log-JPN.db), found no file"
        raise OperatorFault(text, exit_code=2)
    if verify:
        _verify(log)
    else:
        _summarise(log)


def _verify(log: Path) -> None:
    report = replay(log, load_zones())
    for problem in report.problems:
        typer.echo(f"PROBLEM  {problem}")
    if not report.identical and report.records == 0:
        typer.echo(f"{log}: not a whole log of a Tocsin node, so it was not played; use an undamaged copy")
        raise typer.Exit(DAMAGED)
    if not report.identical:
        typer.echo(f"{log}: NOT identical, {len(report.problems)} problem(s) shown")
        raise typer.Exit(DAMAGED)
    typer.echo(
        f"{log}: identical. {report.records} records, all hashes hold; {report.inputs} inputs played again gave the same "
        f"{report.payloads} payloads and {report.outputs} outputs and notes ({report.promise}); {report.signatures} own signatures "
        f"hold, and {report.frames_in} frames of partners."
    )
    typer.echo("Keys of the log's head, to compare with what each nation published: " + ", ".join(report.keys))


def _summarise(log: Path) -> None:
    damaged = verify_log(log)
    for problem in damaged:
        typer.echo(f"PROBLEM  {problem.text}")
    if damaged:
        raise typer.Exit(DAMAGED)
    kinds: dict[str, int] = {}
    for _, record in read(log):
        kinds[record.kind] = kinds.get(record.kind, 0) + 1
    typer.echo(f"{log}: " + ", ".join(f"{count} {kind}" for kind, count in kinds.items()) + ". Every hash holds; --verify plays it again.")
