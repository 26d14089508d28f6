"""Drill scripts: which scenario is played, which post does what when, and what must come of it. Parsed strictly from TOML.

A script exists in the exercise world only. Everything that it waits for or expects is one of the happenings below, in plain words:
``draft alert land released``, ``warning cancelled``, ``partner JPN cancelled``, ``note escalated``, ``supervisor absent``.
"""

import re
from importlib.resources import files
from pathlib import Path
from typing import Final, cast, get_args

import msgspec

from tocsin.adapters.config import read_text
from tocsin.errors import OperatorFault
from tocsin.messages.basics import Nation
from tocsin.messages.command import Act
from tocsin.messages.public import Audience, ProposalKind, ProposalStatus
from tocsin.messages.warning import CancelCause, WarningStatus
from tocsin.node.settings import Table, read_table
from tocsin.warning.texts import live_phrase

FROM_S: Final = (-600.0, 3_600.0)  # a drill may begin before the lift-off and lasts an hour at most
ACTS: Final[tuple[str, ...]] = get_args(Act)
HAPPENING: Final = re.compile(
    f"(draft ({'|'.join(get_args(ProposalKind))}) ({'|'.join(get_args(Audience))}) ({'|'.join(get_args(ProposalStatus))})"
    f"|warning ({'|'.join(get_args(WarningStatus))})|partner [A-Z][A-Z0-9]{{1,7}} ({'|'.join(get_args(WarningStatus))})"
    "|note [a-z][a-z-]*|supervisor (present|absent))"
)


class ScriptStep(msgspec.Struct, frozen=True, kw_only=True):
    """One act of one post: at a time, or some seconds after something happened. ``expect``: what must come of it at once."""

    person: str
    act: Act
    terminal: str
    at_s: float | None  # after the first lift-off
    after: str | None
    delay_s: float
    draft: tuple[ProposalKind, Audience] | None  # approve and reject: the draft that waits
    cause: CancelCause | None
    reason: str
    expect: str | None


class Expectation(msgspec.Struct, frozen=True, kw_only=True):
    """Something that must, or must never, happen; with ``after`` and ``within_s`` no later than so long after that."""

    what: str
    happens: bool
    after: str | None
    within_s: float | None
    persons: int | None  # drafts: how many must have agreed


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """A drill. Times are seconds after the scenario's first lift-off."""

    drill: str
    title: str
    lesson: str
    scenario: str
    nation: Nation
    leader: str  # the post that starts and ends the drill
    from_s: float
    until_s: float
    steps: tuple[ScriptStep, ...]
    expectations: tuple[Expectation, ...]


def load_script(name_or_path: str) -> Script:
    """Return a packaged script by name, or one from a file (.toml)."""
    if name_or_path in packaged_drills():
        text = (files("tocsin") / "data" / "drills" / f"{name_or_path}.toml").read_text(encoding="utf-8")
        return parse_script(text, f"{name_or_path}.toml")
    path = Path(name_or_path)
    if not path.is_file():
        text = f"drill {name_or_path!r}: expected a script file (.toml) or one of {', '.join(packaged_drills())}"
        raise OperatorFault(text, exit_code=2)
    return parse_script(read_text(path), name_or_path)


def packaged_drills() -> tuple[str, ...]:
    """Return the names of the packaged scripts, sorted."""
    names = [entry.name for entry in (files("tocsin") / "data" / "drills").iterdir()]
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def parse_script(text: str, name: str) -> Script:
    """Return the script in a TOML text. Raises OperatorFault for anything unknown, missing, or unfit for an exercise."""
    top = read_table(text, name)
    script = Script(
        drill=top.identity("id"),
        title=_plain(top, "title"),
        lesson=_plain(top, "lesson"),
        scenario=top.text("scenario"),
        nation=top.nation("nation"),
        leader=top.identity("leader"),
        from_s=top.number("from_s", *FROM_S),
        until_s=top.number("until_s", *FROM_S),
        steps=tuple(_step(table) for table in top.tables("step", "step", "act")),
        expectations=tuple(_expectation(table) for table in top.tables("expect", "expect", "what")),
    )
    unknown = top.unknown()
    if unknown:
        raise OperatorFault(unknown[0].text.replace("is unknown and ignored", "is unknown"))
    if script.until_s <= script.from_s:
        raise top.fault(f"until_s = {script.until_s:g}: expected more than from_s = {script.from_s:g}")
    if not script.steps or not script.expectations:
        raise top.fault("expected at least one [[step]] and one [[expect]]: a drill without an expectation proves nothing")
    return script


def _plain(table: Table, key: str, default: str | None = None) -> str:
    """Return a text that no exercise is forbidden to carry."""
    value = table.text(key, default)
    phrase = live_phrase(value)
    if phrase is not None:
        raise table.fault(f"{key}: the words {phrase!r} must not stand in a drill; say it differently")
    return value


def _step(table: Table) -> ScriptStep:
    person = table.identity("person")
    act = cast("Act", table.choice("act", ACTS))
    at_s, after = table.optional("at_s", *FROM_S), _happening(table, "after", needed=False)
    if (at_s is None) == (after is None):
        raise table.fault("expected either at_s or after (with delay_s)")
    draft: tuple[ProposalKind, Audience] | None = None
    if act in ("approve", "reject"):
        kind = cast("ProposalKind", table.choice("kind", get_args(ProposalKind)))
        draft = (kind, cast("Audience", table.choice("audience", get_args(Audience))))
    cause = cast("CancelCause", table.choice("cause", get_args(CancelCause))) if act == "cancel" else None
    return ScriptStep(
        person=person,
        act=act,
        terminal=table.text("terminal", f"desk of {person}"),
        at_s=at_s,
        after=after,
        delay_s=table.number("delay_s", 0.0, 3_600.0, 0.0),
        draft=draft,
        cause=cause,
        reason=_plain(table, "reason", "" if act != "cancel" else None),
        expect=_happening(table, "expect", needed=False),
    )


def _expectation(table: Table) -> Expectation:
    after = _happening(table, "after", needed=False)
    within_s = table.optional("within_s", 0.0, 3_600.0)
    if (after is None) != (within_s is None):
        raise table.fault("after and within_s go together: no later than so many seconds after that")
    what = _happening(table, "what", needed=True)
    persons = table.optional("persons", 0.0, 2.0)
    return Expectation(
        what=what or "",
        happens=table.flag("happens", default=True),
        after=after,
        within_s=within_s,
        persons=None if persons is None else int(persons),
    )


def _happening(table: Table, key: str, *, needed: bool) -> str | None:
    """Return the words of a happening; they must be ones that can occur."""
    if not needed and not table.has(key):
        return None
    words = table.text(key)
    if not HAPPENING.fullmatch(words):
        raise table.fault(f"{key} = {words!r}: expected such as 'draft alert land released', 'warning cancelled', 'note escalated'")
    return words
