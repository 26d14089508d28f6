"""The night over many seeds of the notional sensors: is it always two launches, one salvo, nothing else?

    python bench/night.py [--seeds 50] [--scenario 2023-08-30 --scenario 2023-08-30-salvo]

Prints one row a seed and a table of totals with the target beside each. Exit code 1 if a target is missed. Runs two nights at
once; a night without log takes 10-15 s on one core, so 50 seeds of both scenarios take about a quarter of an hour.
"""

import argparse
import sys

import msgspec

from tocsin.adapters.workers import in_order
from tocsin.api.night import Plan, play_night
from tocsin.evaluation.night import NightFigures, PictureFigures, night_figures
from tocsin.geography import load_zones
from tocsin.sim.coalition import place
from tocsin.sim.night import make_night
from tocsin.sim.scenario import load_coalition, load_scenario

WORKERS = 2
IN_TIME_S = 5.0  # target: the first joint warning reaches every nation within this time of the first confirmation anywhere


class Task(msgspec.Struct, frozen=True):
    """One night to play."""

    scenario: str
    seed: int


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one seed gave."""

    scenario: str
    seed: int
    missiles: int
    figures: NightFigures
    land_alerts: int
    sent: int
    acknowledged: int
    refused: int
    warning_delay_s: float  # from the first nation's own confirmation to the last nation's first joint warning, worst missile
    suspicions: int  # joint events that were suspected for some seconds and never confirmed (internal, silent)


def play_seed(task: Task) -> Outcome:
    """Play one night in memory and return what it gave."""
    scenario = load_scenario(task.scenario)
    coalition = load_coalition(scenario.coalition)
    plan = Plan(
        scenario=scenario,
        coalition=coalition,
        sensors=place(coalition),
        configuration="base",
        seed=task.seed,
        skip_quiet=True,
        log_dir=None,
    )
    record = play_night(plan, make_night(scenario), load_zones())
    figures = night_figures(record)
    warnings = [w for nation in record.nations.values() for w in (*nation.alone_warnings, *nation.joint_warnings)]
    events = {event.event: event.status for nation in record.nations.values() for event in nation.joint_events}
    return Outcome(
        scenario=task.scenario,
        seed=task.seed,
        missiles=len(record.missiles),
        figures=figures,
        land_alerts=sum(bool(warning.land_alert) for warning in warnings),
        sent=record.sent,
        acknowledged=record.acknowledged,
        refused=record.refused,
        warning_delay_s=max(_delay_s(figures, index) for index in range(len(record.missiles))),
        suspicions=sum(status == "cancelled" for status in events.values()),
    )


def _delay_s(figures: NightFigures, missile: int) -> float:
    first_alone = [f.alone.first_warning_s[missile] for f in figures.nations.values()]
    together = [f.together.first_warning_s[missile] for f in figures.nations.values()]
    known = [value for value in first_alone if value is not None]
    reached = [value for value in together if value is not None]
    if not known or len(reached) < len(together):
        return float("inf")
    return max(reached) - min(known)


def holds(outcome: Outcome) -> dict[str, bool]:
    """Return each promise of the reference night and whether this seed keeps it."""
    together: list[PictureFigures] = [figures.together for figures in outcome.figures.nations.values()]
    return {
        "launch events as flown": outcome.figures.launch_events == outcome.missiles,
        "every nation together counts them all": all(figures.missiles_at_least == outcome.missiles for figures in together),
        "one salvo": outcome.figures.salvos == 1,
        "no false launch event": outcome.figures.false_launch_events == 0,
        "no aircraft warned of": outcome.figures.aircraft_warned == 0,
        "no confirmed event taken back": outcome.figures.merged_events == 0,
        "no land alert": outcome.land_alerts == 0,
        "outside the EEZ with p > 0.99": all(p is not None and p > 0.99 for figures in together for p in figures.p_outside_eez),
        f"joint warning everywhere within {IN_TIME_S:g} s": outcome.warning_delay_s <= IN_TIME_S,
        "all lossless messages acknowledged": outcome.sent == outcome.acknowledged and outcome.refused == 0,
    }


def main() -> None:
    """Play all seeds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--first", type=int, default=1, help="first seed")
    parser.add_argument("--scenario", action="append", help="default: 2023-08-30 and 2023-08-30-salvo")
    options = parser.parse_args()
    failed = False
    for scenario in options.scenario or ["2023-08-30", "2023-08-30-salvo"]:
        tasks = [Task(scenario, seed) for seed in range(options.first, options.first + options.seeds)]
        outcomes = in_order(play_seed, tasks, WORKERS)
        failed |= report(scenario, outcomes)
    sys.exit(failed)


def report(scenario: str, outcomes: list[Outcome]) -> bool:
    """Print the totals of one scenario; return whether something fell short."""
    print(f"\n{scenario}: {len(outcomes)} seeds")
    failed = False
    for promise in holds(outcomes[0]):
        kept = [outcome for outcome in outcomes if holds(outcome)[promise]]
        broken = [outcome.seed for outcome in outcomes if not holds(outcome)[promise]]
        failed |= bool(broken)
        print(f"  {promise:45s} {len(kept):3d} of {len(outcomes)}" + (f"   MISSED by seeds {broken}" if broken else ""))
    errors = [e for o in outcomes for f in o.figures.nations.values() for e in f.together.impact_error_km if e is not None]
    inside = [i for o in outcomes for f in o.figures.nations.values() for i in f.together.inside_ellipse95 if i is not None]
    delays = sorted(outcome.warning_delay_s for outcome in outcomes)
    print(
        f"  impact error together: median {sorted(errors)[len(errors) // 2]:.2f} km; "
        f"true impact inside the 95 % ellipse {sum(inside)} of {len(inside)}"
    )
    print(f"  joint warning after the first confirmation: median {delays[len(delays) // 2]:.1f} s, worst {delays[-1]:.1f} s")
    print(f"  suspicions that came to nothing, all nations and seeds: {sum(outcome.suspicions for outcome in outcomes)}")
    for nation in outcomes[0].figures.nations:
        firsts = [o.figures.nations[nation].alone.first_detection_s[0] for o in outcomes]
        known = sorted(value for value in firsts if value is not None)
        span = f"{known[0]:.1f}-{known[-1]:.1f} s" if known else "never"
        print(f"  {nation} alone first detects after {span} (in {len(known)} seeds)")
    return failed


if __name__ == "__main__":
    main()
