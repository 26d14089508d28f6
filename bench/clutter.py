"""Hours without a missile: false alarms, aircraft, satellites, meteors. How often does the line see a missile in them?

    python bench/clutter.py [--hours 30] [--seed 1] [--field standard --field wide] [--workers 2]

Each piece of half an hour has its own place on earth, sensors, traffic and seed. Prints false confirmed tracks and false
launch events per hour with their exact Poisson intervals, and what satellites, meteors and aircraft were called. Exit code
1 if a target is missed. An hour of the standard field (54,000 false alarms) takes about 15 s of one core, of the wide field
up to 100 s.
"""

import argparse
import math
import sys
from collections import Counter
from time import process_time
from typing import Final, get_args

import msgspec
from cases import Watch, owned_events, owner, zones
from figures import Verdicts, fault_text, poisson_interval, run_all

from tocsin.api.offline import track_plots
from tocsin.sim.field import Field
from tocsin.sim.observe import label_kind, play
from tocsin.sim.quiet import PIECE_S, Piece, draw_quiet
from tocsin.units import KM

NEAR_M: Final = 15.0 * KM  # a track further than that from every truth is made of false alarms
FALSE_PER_H: Final = 0.1


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What one piece gave. ``called``: (what it was, what it was called) -> confirmed tracks; ``there``: targets seen twice or more."""

    piece: Piece
    plots: int
    false_alarms: int
    cpu_s: float
    called: dict[str, int]
    there: dict[str, int]
    ballistic: dict[str, int]  # what it was -> confirmed tracks that were ever called ballistic
    events: dict[str, int]  # what it was -> confirmed launch events
    suspected: int  # events that were suspected and never confirmed (silent)
    crash: str  # "" where the line ran through


def run_piece(piece: Piece) -> Result:
    """Track one piece and count."""
    quiet = draw_quiet(piece)
    night, sensors, seed = quiet.night, quiet.sensors, quiet.seed
    scans = list(play(night.scenario, sensors, seed, night))
    labels = Counter(label for s in scans for label in s.labels)
    there = Counter(label_kind(night, label) for label, count in labels.items() if count >= 2)
    watch, ballistic, crash = Watch(()), set[str](), ""
    started = process_time()
    try:
        for step in track_plots((p for s in scans for p in s.scan.plots), sensors, zones=zones(), until_ns=night.end_ns):
            for track in step.tracks:
                watch.take_track(track)
                if track.status == "confirmed" and track.kind == "ballistic":
                    ballistic.add(track.track)
            for event in step.events:
                watch.take_event(event)
    except Exception as fault:  # noqa: BLE001 - a crash is a figure of this bench; the other pieces go on
        crash = fault_text(fault)
    cpu_s = process_time() - started
    owners = {name: owner(track, night, NEAR_M) for name, track in watch.latest.items()}
    events = owned_events(watch, owners)
    return Result(
        piece=piece,
        plots=sum(labels.values()),
        false_alarms=labels[-1],
        cpu_s=cpu_s,
        called=dict(Counter(f"{owners[name]} called {track.kind}" for name, track in watch.latest.items())),
        there=dict(there),
        ballistic=dict(Counter(owners.get(name, "none") for name in ballistic)),
        events=dict(Counter(events.values())),
        suspected=len(watch.revisions) - len(events),
        crash=crash,
    )


def total(results: list[Result], field: str) -> Counter[str]:
    """Return the sum of one of the counts."""
    counts: Counter[str] = Counter()
    for result in results:
        counts.update(getattr(result, field))
    return counts


def rate(verdicts: Verdicts, what: str, count: int, hours: float) -> None:
    """Print a rate with its interval."""
    low, high = poisson_interval(count)
    value = f"{count}: {count / hours:.3f} [{low / hours:.3f}, {high / hours:.3f}]"
    verdicts.show(what, value, f"<= {FALSE_PER_H} per hour", met=count / hours <= FALSE_PER_H)


def main() -> None:
    """Draw, run, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--hours", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--field", action="append", choices=get_args(Field), help="default: both in turn")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    fields = options.field or list(get_args(Field))
    pieces = [Piece(options.seed, i, fields[i % len(fields)]) for i in range(math.ceil(options.hours * 3_600.0 / PIECE_S))]
    results = run_all(run_piece, pieces, options.workers)
    verdicts = Verdicts()
    for field in (*fields, "all") if len(fields) > 1 else fields:
        report(field, [r for r in results if field in (r.piece.field, "all")], verdicts)
    sys.exit(verdicts.missed > 0)


def report(field: str, results: list[Result], verdicts: Verdicts) -> None:
    """Print one field's figures."""
    hours = len(results) * PIECE_S / 3_600.0
    plots, cpu_s = sum(r.plots for r in results), sum(r.cpu_s for r in results)
    print(
        f"\n{field}: {hours:g} h, {plots} plots, {sum(r.false_alarms for r in results)} of them false alarms; "
        f"{plots / max(cpu_s, 1e-9):.0f} plots/s of one core"
    )
    ballistic, events = total(results, "ballistic"), total(results, "events")
    called = total(results, "called")
    rate(
        verdicts,
        "confirmed tracks of false alarms alone, any kind",
        sum(n for what, n in called.items() if what.startswith("none ")),
        hours,
    )
    rate(verdicts, "confirmed tracks called ballistic, whatever they were", sum(ballistic.values()), hours)
    for what, count in sorted(ballistic.items()):
        print(f"      of them {what}: {count}")
    rate(verdicts, "confirmed launch events", sum(events.values()), hours)
    for what, count in sorted(events.items()):
        print(f"      of them {what}: {count}")
    print(f"  suspected and never confirmed (silent): {sum(r.suspected for r in results)}")
    print(
        "  seen twice or more: " + ", ".join(f"{n} {what}" for what, n in sorted(total(results, "there").items()) if what != "false-alarm")
    )
    for what, count in sorted(called.items()):
        print(f"      confirmed tracks, {what}: {count}")
    crashes = [r for r in results if r.crash]
    verdicts.show("pieces in which the line broke down", f"{len(crashes)} of {len(results)}", "none", met=not crashes)
    for result in crashes:
        print(f"      piece {result.piece.index}, seed {result.piece.seed}, field {result.piece.field}: {result.crash[:300]}")
    for result in results:
        if result.events:
            print(
                f"      launch events {result.events} in piece {result.piece.index}, seed {result.piece.seed}, field {result.piece.field}"
            )


if __name__ == "__main__":
    main()
