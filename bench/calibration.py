"""Do 95 % ellipses hold 95 %? Flights of every kind, drawn from the published priors, through the real line.

    python bench/calibration.py [--flights 2100] [--seed 1] [--field standard --field wide] [--kind ...] [--workers 2]

Flights are spread evenly over the kinds, and over the fields in turn. Coverage of the 50 / 90 / 95 % launch and impact
ellipses with Wilson intervals, and their areas against the Cramer-Rao bound's, per kind, at burnout + 30 / 60 / 120 s and
at the last estimate; flights that still
manoeuvre are scored on the footprint where one is given (the landing counts from 10 s after the manoeuvre's end). Then
counts, classes, ANEES at fixed epochs, confirmation delay. Exit code 1 if a target is missed: with 200 cases or more the
share itself decides, with fewer its whole interval must lie outside. A flight takes 2-10 s of one core.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, get_args

from cases import EPOCHS_S, LAST, Case, Nees, Outcome, Score, run_case
from figures import CHI2_2, Verdicts, median, run_all, wilson

from tocsin.sim.draw import KINDS
from tocsin.sim.field import Field

WHOLE: Final = (0.93, 0.97)  # of the 95 % ellipses over all flights
EACH: Final = 0.90  # ... and at least, for each kind
ANEES: Final = (0.85, 1.17)
AREA_RATIO: Final = 2.0  # of median areas; the bound knows the boost's form and, at first, nothing of the boost for the impact
FEW: Final = 200  # cases from which on the share itself is judged
CONFIRM_SCANS: Final = 2.6
EPOCHS: Final = (*(f"+{epoch:.0f}" for epoch in EPOCHS_S), LAST)
CHI2_6_999: Final = 22.46  # 99.9 % of chi-square with six degrees of freedom


def main() -> None:
    """Draw, run, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--flights", type=int, default=2_100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--field", action="append", choices=get_args(Field), help="default: both in turn")
    parser.add_argument("--kind", action="append", choices=KINDS, help="default: all")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--worst", type=int, default=12, help="so many of the worst cases are listed")
    options = parser.parse_args()
    fields, kinds = options.field or list(get_args(Field)), options.kind or list(KINDS)
    cases = [Case(options.seed, i, kinds[i % len(kinds)], fields[i // len(kinds) % len(fields)]) for i in range(options.flights)]
    outcomes = run_all(run_case, cases, options.workers)
    verdicts = Verdicts()
    print(f"{len(outcomes)} flights, seed {options.seed}, fields {', '.join(fields)}")
    for title, scores in (("Launch", lambda o: o.launches), ("Impact", landing)):
        coverage(title, outcomes, kinds, scores, verdicts)
    footprints(outcomes, kinds)
    counts(outcomes, kinds, verdicts)
    consistency(outcomes, verdicts)
    worst(outcomes, options.worst)
    sys.exit(verdicts.missed > 0)


def landing(outcome: Outcome) -> tuple[Score, ...]:
    """Return the impact scores that count as ellipses: no footprint stands for them."""
    return tuple(
        score for score in outcome.impacts if score.basis == "predicted" and not (score.manoeuvring and score.footprint is not None)
    )


def judged(hits: int, trials: int, low: float, high: float) -> bool | None:
    """Return whether a share meets its target; None where there are too few cases to say."""
    if trials == 0:
        return None
    if trials >= FEW:
        return low <= hits / trials <= high
    least, most = wilson(hits, trials)
    return False if most < low or least > high else None


def coverage(
    title: str, outcomes: list[Outcome], kinds: Sequence[str], scores: Callable[[Outcome], tuple[Score, ...]], verdicts: Verdicts
) -> None:
    """Print one line a kind and epoch, then all flights together."""
    print(f"\n{title} ellipses: share that holds the truth [95 % interval]")
    print(
        f"  {'':18s} {'epoch':>6s} {'due':>5s} {'given':>6s}  {'50 %':>5s} {'90 %':>5s} {'95 %':>20s}"
        f" {'error km':>9s} {'area km2':>10s} {'bound':>8s}"
    )
    for kind in (*kinds, "all"):
        group = [o for o in outcomes if kind in (o.case.kind, "all")]
        held = total = 0
        for epoch in EPOCHS:
            due = sum(epoch in o.due for o in group)
            found = [s for o in group for s in scores(o) if s.epoch == epoch]
            hits = {level: sum(s.d2 <= limit for s in found) for level, limit in CHI2_2.items()}
            held, total = held + hits[95], total + len(found)
            if not found:
                print(f"  {kind:18s} {epoch:>6s} {due:5d} {0:6d}")
                continue
            n = len(found)
            low, high = wilson(hits[95], n)
            bounded = [s for s in found if s.bound_km2 > 0.0]  # NaN where there is none
            print(
                f"  {kind:18s} {epoch:>6s} {due:5d} {n:6d}  {hits[50] / n:5.2f} {hits[90] / n:5.2f}"
                f" {hits[95] / n:6.3f} [{low:.2f}, {high:.2f}]"
                f" {median([s.error_km for s in found]):9.2f} {median([s.area_km2 for s in found]):10.1f}"
                f" {median([s.bound_km2 for s in bounded]):8.1f}"
            )
            if kind == "all" and bounded:
                ratio = median([s.area_km2 for s in bounded]) / median([s.bound_km2 for s in bounded])
                value = f"{ratio:.2f} of {len(bounded)}"
                verdicts.show(f"{title} {epoch}, median area over the bound's", value, f"<= {AREA_RATIO:g}", met=ratio <= AREA_RATIO)
        target, text = ((WHOLE[0], WHOLE[1]), "93-97 %") if kind == "all" else ((EACH, 1.0), ">= 90 %")
        value = f"{held / total:.3f} of {total}" if total else "none"
        verdicts.show(f"{title} 95 %, {kind}, all epochs", value, text, met=judged(held, total, *target))


def footprints(outcomes: list[Outcome], kinds: Sequence[str]) -> None:
    """Print how footprints did, where the flight was still to manoeuvre and where it was not."""
    print("\nFootprints")
    for kind in kinds:
        for still in (True, False):
            scores = [s for o in outcomes if o.case.kind == kind for s in o.impacts if s.manoeuvring == still]
            given = [s for s in scores if s.footprint is not None]
            if not scores or (not still and not given):
                continue
            hits = sum(bool(s.footprint) for s in given)
            low, high = wilson(hits, len(given))
            area = median([s.footprint_km2 for s in given])
            when = "manoeuvre to come or on" if still else "no manoeuvre to come"
            print(
                f"  {kind:18s} {when:24s} {len(scores):5d} estimates, {len(given):5d} footprints, {hits:5d} hold it"
                f" [{low:.2f}, {high:.2f}], {area:.0f} km2"
            )


def counts(outcomes: list[Outcome], kinds: Sequence[str], verdicts: Verdicts) -> None:
    """Print what became of each flight: seen, confirmed, events, count, class, delay."""
    print("\nFlights and what was made of them")
    print(
        f"  {'':18s} flights  seen  with event  with impact  extra events (own, part, other)  false tracks  at least 1  class right  kind"
    )
    for kind in kinds:
        group = [o for o in outcomes if o.case.kind == kind]
        seen = [o for o in group if o.seen]
        extra = (sum(max(0, o.events_missile - 1) for o in seen), sum(o.events_part for o in seen), sum(o.events_false for o in seen))
        classes = [o for o in seen if o.range_class]
        print(
            f"  {kind:18s} {len(group):7d} {len(seen):5d} {sum(o.events_missile > 0 for o in seen):11d}"
            f" {sum(bool(o.impacts) for o in seen):12d}"
            f"  {extra[0]:10d} {extra[1]:8d} {extra[2]:8d} {sum(o.tracks_false for o in seen):17d}"
            f" {sum(o.missiles_at_least == 1 for o in seen):11d}"
            f" {sum(o.range_class == o.true_class for o in classes):6d}/{len(classes):<6d}"
            f" {dict(Counter(o.kind_said or 'none' for o in seen))}"
        )
    seen = [o for o in outcomes if o.seen]
    one = sum(o.events_missile == 1 and o.events_part == 0 and o.events_false == 0 for o in seen)
    verdicts.show("exactly one event for the missile, none else", f"{one} of {len(seen)}", "all", met=one == len(seen))
    wrong = sum(o.missiles_at_least > 1 for o in seen)
    verdicts.show('"at least N" more than there are', f"{wrong} of {len(seen)}", "none", met=wrong == 0)
    delays = [o.confirmed_scans for o in seen if o.confirmed_scans is not None]
    mean = sum(delays) / len(delays) if delays else float("nan")
    text = f"mean {mean:.2f}, median {median(delays):.2f}, worst {max(delays, default=0.0):.1f}"
    verdicts.show("confirmation after the first detection, scan periods", text, f"mean <= {CONFIRM_SCANS}", met=mean <= CONFIRM_SCANS)
    crashes = [o for o in outcomes if o.crash]
    verdicts.show("cases in which the line broke down", f"{len(crashes)} of {len(outcomes)}", "none", met=not crashes)
    for o in crashes:
        print(f"      --seed {o.case.seed} --index {o.case.index} --kind {o.case.kind} --field {o.case.field}: {o.crash[:300]}")
    plots, cpu_s = sum(o.plots for o in outcomes), sum(o.cpu_s for o in outcomes)
    print(f"  {plots} plots in {cpu_s:.0f} s of one core: {plots / max(cpu_s, 1e-9):.0f} plots/s")


def consistency(outcomes: list[Outcome], verdicts: Verdicts) -> None:
    """Print ANEES at fixed epochs, phase by phase."""
    print("\nState errors at fixed epochs (position and velocity, 6 degrees of freedom; median NEES / 6 of a consistent filter: 0.89)")
    grouped: dict[tuple[str, str], list[Nees]] = {}
    for outcome in outcomes:
        for nees in outcome.nees:
            grouped.setdefault((nees.phase, nees.epoch), []).append(nees)
    for (phase, epoch), found in sorted(grouped.items()):
        anees = sum(n.nees for n in found) / len(found) / 6.0
        out = sum(n.nees > CHI2_6_999 for n in found)
        value = (
            f"n {len(found):4d}  median {median([n.nees for n in found]) / 6.0:5.2f}  out {out:3d} "
            f" {median([n.position_m for n in found]):6.0f} m {median([n.velocity_mps for n in found]):6.1f} m/s  ANEES {anees:8.2f}"
        )
        met = None if len(found) < 100 else ANEES[0] <= anees <= ANEES[1]
        verdicts.show(f"{phase:10s} {epoch:12s} {value}", "", f"{ANEES[0]}-{ANEES[1]} from 100 flights", met=met)


def worst(outcomes: list[Outcome], count: int) -> None:
    """List the cases whose estimates exclude the truth most, to be run again with ``cases.py``."""
    found = [(s.d2, what, s, o) for o in outcomes for what, scores in (("launch", o.launches), ("impact", landing(o))) for s in scores]
    found.sort(key=lambda item: -item[0])
    print(f"\nWorst {min(count, len(found))} (python bench/cases.py --seed S --index I --kind K --field F)")
    for d2, what, score, outcome in found[:count]:
        case = outcome.case
        print(
            f"  {what} {score.epoch:>5s}: d2 {d2:10.1f}, error {score.error_km:8.2f} km, area {score.area_km2:9.2f} km2   "
            f"--seed {case.seed} --index {case.index} --kind {case.kind} --field {case.field}"
        )
    states = sorted(((n.nees, n, o.case) for o in outcomes for n in o.nees if n.nees > CHI2_6_999), key=lambda item: -item[0])
    for nees, at, case in states[:count]:
        print(
            f"  state {at.epoch:>12s} ({at.phase}): NEES {nees:10.1f}, {at.position_m:7.0f} m, {at.velocity_mps:7.1f} m/s   "
            f"--seed {case.seed} --index {case.index} --kind {case.kind} --field {case.field}"
        )
    for outcome in outcomes:
        if outcome.seen and (not outcome.events_missile or not outcome.impacts):
            case = outcome.case
            lacks = "no event" if not outcome.events_missile else "no impact"
            print(f"  {lacks}: --seed {case.seed} --index {case.index} --kind {case.kind} --field {case.field}")


if __name__ == "__main__":
    main()
