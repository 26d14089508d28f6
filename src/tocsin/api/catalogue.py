"""Play a date of the catalogue on every nation's node, without logs and report, and keep what there is to check.

What is right or wrong is said in evaluation/catalogue.py; nothing is judged here.
"""

import gc
from functools import lru_cache
from time import perf_counter
from typing import Final

from tocsin.api.night import Plan, play_night
from tocsin.evaluation.catalogue import DateOutcome
from tocsin.evaluation.catalogue_outcome import outcomes_of
from tocsin.geography import Zones, load_zones
from tocsin.sim.catalogue import lacking, load_catalogue
from tocsin.sim.catalogue_scenario import COALITION, catalogue_scenario
from tocsin.sim.coalition import place
from tocsin.sim.night import make_night
from tocsin.sim.scenario import load_coalition

SEED: Final = 1  # of the notional sensors, as the demo's default


def playable_dates() -> tuple[str, ...]:
    """Return the Korean dates with a missile that can be played, in order."""
    catalogue = load_catalogue()
    return tuple(dict.fromkeys(record.date_kst for record in catalogue.records if not lacking(record)))


def play_event(event: str) -> DateOutcome:
    """Play a date or a row id and return what came of each missile; OperatorFault as ``catalogue_scenario`` says."""
    scenario = catalogue_scenario(event)
    coalition = load_coalition(COALITION)
    plan = Plan(
        scenario=scenario,
        coalition=coalition,
        sensors=place(coalition),
        configuration="base",
        seed=SEED,
        skip_quiet=True,
        log_dir=None,
    )
    started = perf_counter()
    zones = _zones()
    gc.collect()
    gc.disable()  # as in produce: a night drops what it makes by reference count
    try:
        record = play_night(plan, make_night(scenario), zones)
    finally:
        gc.enable()
    missiles, standing, false = outcomes_of(record, scenario.eez_nation, zones)
    return DateOutcome(
        event=event,
        missiles=missiles,
        standing=standing,
        false=false,
        flight_minutes=(record.end_ns - record.start_ns) / 60e9,
        seconds=perf_counter() - started,
    )


@lru_cache(maxsize=1)
def _zones() -> Zones:
    return load_zones()
