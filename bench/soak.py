"""A thousand hours without a missile, in pieces that can be interrupted: how often does anybody get a false word?

    make soak ARGS="--hours 1000 --workers 2"          or: python bench/soak.py [--state soak.jsonl] [--seed 1] [--any-code]

Each hour is two random half-hours of ``tocsin.sim.quiet``, in turn of the standard field, of the reference coalition's own
sensors (three nations, and a drill in an exercise world beside them) and of the wide field, played through the whole line
(``quiet.py``). One line of JSON a finished hour goes to the state file; hours that are there, of this seed and this code, are
not played again. The figures are counts with exact one-sided 95 % upper bounds. Exit code 1 if a target is missed, so also
while more hours are missing than asked for. An hour takes 5-15 s of a core, a thousand some three hours of one.
"""

import argparse
import sys
import time
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec
from figures import Verdicts
from quiet import Count, play_piece, poisson_upper

import tocsin
from tocsin.adapters.workers import workers
from tocsin.sim.quiet import PIECE_S, Piece, QuietField

FIELDS: Final[tuple[QuietField, ...]] = ("standard", "coalition", "wide")
PIECES_PER_HOUR: Final = round(3_600.0 / PIECE_S)
TARGETS: Final = (("suspected", 0.042), ("confirmed", 0.0), ("proposals", 0.0))  # most of each in an hour: 42, 0 and 0 in 1,000 h


class Hour(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the state file."""

    seed: int
    hour: int
    code: str  # digest of the package that was run
    fields: tuple[str, ...]
    plots: int
    tracks: int  # ballistic tracks that a tracker confirmed: what would have been an event without further evidence
    suspected: int
    confirmed: int
    proposals: int
    drills: int  # drills that the exercise world confirmed, of ``fields.count("coalition")``
    leaks: int  # what an exercise brought to a live world
    cpu_s: float


class Task(msgspec.Struct, frozen=True):
    """One hour to play."""

    seed: int
    hour: int
    code: str


def play_hour(task: Task) -> Hour:
    """Play the pieces of one hour."""
    first = task.hour * PIECES_PER_HOUR
    pieces = [Piece(task.seed, i, FIELDS[i % len(FIELDS)]) for i in range(first, first + PIECES_PER_HOUR)]
    counts: list[Count] = [play_piece(piece) for piece in pieces]
    return Hour(
        seed=task.seed,
        hour=task.hour,
        code=task.code,
        fields=tuple(piece.field for piece in pieces),
        plots=sum(one.plots for one in counts),
        tracks=sum(one.tracks for one in counts),
        suspected=sum(one.suspected for one in counts),
        confirmed=sum(one.confirmed for one in counts),
        proposals=sum(one.proposals for one in counts),
        drills=sum(one.drills for one in counts),
        leaks=sum(one.leaks for one in counts),
        cpu_s=round(sum(one.cpu_s for one in counts), 1),
    )


def code_digest() -> str:
    """Return a short digest of the package's files: figures of another code are not this code's."""
    root = Path(tocsin.__file__).parent
    digest = sha256()
    for path in sorted(path for path in root.rglob("*") if path.suffix in (".py", ".toml", ".npz")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def read_state(path: Path) -> list[Hour]:
    """Return the finished hours of a state file; what is no whole line (the program was killed while it wrote) is played again."""
    hours = []
    for number, line in enumerate(path.read_bytes().splitlines() if path.exists() else [], 1):
        try:
            hours.append(msgspec.json.decode(line, type=Hour))
        except msgspec.DecodeError as fault:
            sys.stderr.write(f"{path}, line {number}: expected a finished hour, got {fault}; left out\n")
    return hours


def main() -> None:
    """Play what is missing, print the totals."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--hours", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--state", type=Path, default=Path("soak.jsonl"))
    parser.add_argument("--any-code", action="store_true", help="count hours of the state file that another version of the code played")
    options = parser.parse_args()
    code = code_digest()
    done = {one.hour: one for one in read_state(options.state) if one.seed == options.seed and (options.any_code or one.code == code)}
    missing = [Task(options.seed, hour, code) for hour in range(options.hours) if hour not in done]
    mend = b"" if not options.state.exists() or options.state.read_bytes()[-1:] in (b"", b"\n") else b"\n"
    try:
        for hour in play_all(missing, options.workers):
            done[hour.hour] = hour
            with options.state.open("ab") as state:
                state.write(mend + msgspec.json.encode(hour) + b"\n")
            mend = b""
            tell(len(done), options.hours, hour)
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped: the figures are those of what was done; the same command goes on from here\n")
    sys.exit(report([done[hour] for hour in sorted(done)], options.hours))


def play_all(tasks: list[Task], count: int) -> Iterable[Hour]:
    """Yield finished hours in their order; so many processes work ahead."""
    if count <= 1 or len(tasks) <= 1:
        yield from map(play_hour, tasks)
        return
    with workers(min(count, len(tasks))) as pool:
        for future in [pool.start(play_hour, task) for task in tasks]:
            yield future.result()


def tell(done: int, hours: int, last: Hour) -> None:
    """Say how far it is, and at once if something false was said."""
    clock = time.strftime("%H:%M:%S", time.gmtime())
    sys.stderr.write(f"\r{clock} {done} of {hours} hours   ")
    if last.suspected or last.confirmed or last.proposals or last.leaks:
        sys.stderr.write(f"\n  {msgspec.json.encode(last).decode()}\n")
    sys.stderr.flush()


def report(hours: list[Hour], asked: int) -> int:
    """Print the totals; return the exit code."""
    played = len(hours)
    plots, cpu_h = sum(one.plots for one in hours), sum(one.cpu_s for one in hours) / 3_600.0
    print(f"\n{played} h of {asked} played, {plots} plots, {cpu_h:.2f} h of a core")
    verdicts = Verdicts()
    for what, most_per_h in TARGETS:
        count = sum(getattr(one, what) for one in hours)
        most = int(most_per_h * max(played, 1) + 1e-9) if played < asked else round(most_per_h * asked)
        bound = poisson_upper(count)
        per_h = bound / played if played else float("inf")
        value = f"{count}; with 95 % < {bound:.2f}: {per_h:.5f} an hour"
        verdicts.show(f"{what} in {played} h", value, f"<= {most}", met=count <= most)
    tracks, drills = sum(one.tracks for one in hours), sum(one.fields.count("coalition") for one in hours)
    confirmed_drills, leaks = sum(one.drills for one in hours), sum(one.leaks for one in hours)
    print(f"  ballistic tracks that a tracker confirmed, and no event of them: {tracks}")
    verdicts.show("drills that their exercise world confirmed", f"{confirmed_drills} of {drills}", "", met=None)
    verdicts.show("what an exercise brought to a live world", f"{leaks}", "none", met=leaks == 0)
    verdicts.show("hours played", f"{played} of {asked}", f"{asked}", met=played >= asked)
    return int(verdicts.missed > 0)


if __name__ == "__main__":
    main()
