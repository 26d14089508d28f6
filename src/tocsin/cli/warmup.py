"""``tocsin warmup``: compile every kernel that a night needs, visibly and once; later starts load them from disk.

Two processes share the work, because the cache on disk is shared. What one of them leaves out, the last step compiles.
"""

import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter
from typing import Final

import msgspec
import typer

from tocsin.cli import warmup_steps
from tocsin.kernels.jit import CACHE_FOLDER, CACHE_PROBLEM, COMPILED, FOLDER_STEM

DONE: Final = "complete"  # empty file: a whole warm-up has ended in this folder


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the progress. ``beside``: done by the second process while the first works on its own steps."""

    title: str
    work: Callable[[], object]
    beside: bool


STEPS: Final = (
    Step(title="missile flights, and what sensors see of them", work=warmup_steps.flights, beside=False),
    Step(title="tracks from radars and satellites", work=warmup_steps.tracks, beside=False),
    Step(title="launch points", work=warmup_steps.launches, beside=True),
    Step(title="one picture of several nations", work=warmup_steps.picture, beside=True),
    Step(title="impact points and zones", work=warmup_steps.impact, beside=True),
    Step(title="a short night on all nodes, as a check", work=warmup_steps.night, beside=False),
)


def run_warmup() -> None:
    """Fill this code's cache folder and remove those of earlier code; say so in one line where there is none to fill."""
    if not COMPILED:
        typer.echo("kernels: TOCSIN_JIT=0 is set, they run as plain Python; nothing to compile")
    elif CACHE_FOLDER is None:
        typer.echo(f"{CACHE_PROBLEM}. Nothing was compiled now")
    elif (CACHE_FOLDER / DONE).exists():
        _check(CACHE_FOLDER)
    else:
        _compile(CACHE_FOLDER)


def _check(folder: Path) -> None:
    """Play the short night from what is on disk."""
    before = compiled_files(folder)
    seconds = _timed(STEPS[-1].work)
    anew = len(compiled_files(folder) - before)
    if anew:
        typer.echo(f"kernels: {len(before)} were compiled already, {anew} more now, in {seconds:.1f} s ({folder})")
    else:
        typer.echo(f"kernels: all {len(before)} already compiled, checked in {seconds:.1f} s ({folder})")


def _compile(folder: Path) -> None:
    """Run all steps, each with a line of progress."""
    started = perf_counter()
    typer.echo(f"Compiling the numerical kernels, once: about a minute on two free cores, 7 MB in {folder}")
    remove_others(folder)
    with _second_process() as answers:
        for number, step in enumerate(STEPS, start=1):
            typer.echo(f"  {number}/{len(STEPS)} {step.title} ...", nl=False)
            sys.stdout.flush()
            try:
                seconds = _answer(answers, step) if step.beside else _timed(step.work)
            except KeyboardInterrupt:
                typer.echo()  # what follows begins on its own line
                raise
            typer.echo(f" {seconds:.1f} s{' (meanwhile)' if step.beside else ''}")
    (folder / DONE).touch()
    typer.echo(f"Kernels compiled: {len(compiled_files(folder))} in {perf_counter() - started:.1f} s")


def remove_others(folder: Path) -> None:
    """Remove the cache folders of other states of the code beside this one; nothing else."""
    for other in folder.parent.glob(f"{FOLDER_STEM}*"):
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)


def compiled_files(folder: Path) -> frozenset[Path]:
    """Return the files of compiled code."""
    return frozenset(folder.rglob("*.nbc"))


@contextmanager
def _second_process() -> Iterator[Connection]:
    """Start a process for the steps that are done beside, and end it whatever happens."""
    context = get_context("spawn")
    answers, end = context.Pipe(duplex=False)
    process = context.Process(target=_beside, args=(end,), daemon=True)
    process.start()
    end.close()
    try:
        yield answers
    finally:
        process.kill()
        process.join()
        answers.close()


def _beside(end: Connection) -> None:
    """Do the steps that are done beside, and answer after each with its seconds. Ctrl-C is the first process's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for step in STEPS:
        if step.beside:
            end.send(_timed(step.work))


def _answer(answers: Connection, step: Step) -> float:
    """Wait for the second process; do its step here if it ended without an answer (for want of memory, say)."""
    try:
        seconds: float = answers.recv()
    except EOFError:
        return _timed(step.work)
    return seconds


def _timed(work: Callable[[], object]) -> float:
    """Do some work and return its seconds."""
    started = perf_counter()
    work()
    return perf_counter() - started
