"""The statements of a played night: what each ministry would say at its end, and all that it would have said before.

Facts and words are those of ``warning.statement`` and ``warning.statement_words``. Here is only when a nation speaks: first after
its own time without a new launch, then again when something in its statement has changed, at most once in ``INTERVAL_NS``.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from tocsin.evaluation.record import NationRecord, NightRecord
from tocsin.messages.basics import Nation, World
from tocsin.messages.coalition import Coalition, NationSpec
from tocsin.messages.event import LaunchEvent
from tocsin.units import NS_PER_S, s2ns
from tocsin.warning.statement import StatementFacts, facts_at
from tocsin.warning.statement_words import words
from tocsin.warning.texts import MARKS

INTERVAL_NS: Final = 60 * NS_PER_S  # successive notices of one ministry come minutes apart; a reader cannot follow faster ones
WORLDS: Final[dict[str, World]] = {world: world for world in MARKS}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One statement of a history: when, what, and in words."""

    time_ns: int
    facts: StatementFacts
    text: str


def statements(record: NightRecord, coalition: Coalition) -> tuple[str, ...]:
    """Return each nation's statement at the end of the night, in the coalition's order."""
    names = nation_names(coalition)
    return tuple(statement(record, record.nations[spec.nation], spec, names) for spec in coalition.nations if spec.nation in record.nations)


def nation_names(coalition: Coalition) -> dict[Nation, str]:
    """Return the members' names by code."""
    return {spec.nation: spec.name for spec in coalition.nations}


def statement(record: NightRecord, nation: NationRecord, spec: NationSpec, names: dict[Nation, str]) -> str:
    """Return one nation's statement at the end: lines, the first and the last of which carry the world's mark where it is not live."""
    return words(_facts(record, nation, spec, record.end_ns), spec, names)


def history(record: NightRecord, nation: NationRecord, spec: NationSpec, names: dict[Nation, str]) -> tuple[Told, ...]:
    """Return a nation's statements of the night, each of which says something new; none where it knew of no launch."""
    told: list[Told] = []
    time_ns = first_statement_ns(nation.alone_events or nation.joint_events, s2ns(spec.speaks_after_s))
    while time_ns is not None:
        time_ns = min(time_ns, record.end_ns)
        facts = _facts(record, nation, spec, time_ns)
        if not told or facts != told[-1].facts:
            told.append(Told(time_ns=time_ns, facts=facts, text=words(facts, spec, names)))
        time_ns = time_ns + INTERVAL_NS if time_ns < record.end_ns else None
    return tuple(told)


def first_statement_ns(events: Sequence[LaunchEvent], wait_ns: int) -> int | None:
    """Return when a nation speaks first: once no launch was newly confirmed for ``wait_ns``; None where none ever was."""
    births: dict[str, int] = {}
    for event in events:
        if event.status not in ("suspected", "cancelled"):
            births[event.event] = min(births.get(event.event, event.time_ns), event.time_ns)
    due_ns: int | None = None
    for time_ns in sorted(births.values()):
        if due_ns is not None and time_ns >= due_ns:
            break
        due_ns = time_ns + wait_ns
    return due_ns


def world_mark(world: str) -> str:
    """Return the mark that stands first and last in a text of this world, "" for live."""
    return next((mark for name, mark in MARKS.items() if name == world), world.upper())


def _facts(record: NightRecord, nation: NationRecord, spec: NationSpec, now_ns: int) -> StatementFacts:
    world = WORLDS[record.world]
    return facts_at(nation.alone_events, nation.joint_events, now_ns, spec, world=world, eez_nation=record.eez_nation)
