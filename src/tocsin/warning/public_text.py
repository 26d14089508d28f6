"""What the public would read: areas, hours and words of a draft, made from a warning. Pure functions; nobody is told anything here.

Times are whole minutes, rounded outwards, so that a draft does not change while two persons read it. Land and sea-air are two answers.
A cancel says its cause and never reads as an all-clear. Other languages come from the same parts later.
"""

from datetime import UTC, datetime
from typing import Final

import msgspec

from tocsin.geography.zones import NOTICE
from tocsin.messages.basics import Nation
from tocsin.messages.public import Audience, ProposalKind
from tocsin.messages.warning import CancelCause, Warning
from tocsin.units import NS_PER_S
from tocsin.warning.places import GEOGRAPHY
from tocsin.warning.texts import MARKS, SILENCE, code_words, live_phrase, marked, plain

MINUTE_NS: Final = 60 * NS_PER_S
IMPACT_SIGMAS: Final = 3  # 99.7 %: the hours of a draft whose areas carry none
ZONE_P: Final = 0.05  # a zone below one in twenty is not named to ships and aircraft where the warning has no areas of its own
SEA_ZONES: Final = ("territorial:", "contiguous:", "eez:", "high-seas")
AREA_KINDS: Final[dict[Audience, tuple[str, ...]]] = {"land": ("land", "overflight"), "sea-air": ("sea", "air")}
TO_DO: Final[dict[Audience, str]] = {
    "land": "Go into a building or below ground now, stay away from windows, and wait there for the next message",
    "sea-air": "Ships: watch for falling objects, do not approach them and report them. Aircraft: keep out of these areas",
}
OVER: Final[dict[Audience, str]] = {
    "land": "You may leave shelter. Do not touch fallen objects; report them",
    "sea-air": "These areas may be used again. Report floating or fallen objects",
}
HEADS: Final[dict[ProposalKind, str]] = {
    "alert": "MISSILE WARNING",
    "update": "MISSILE WARNING, UPDATED",
    "passed": "MISSILE HAS PASSED",
    "all-clear": "ALL CLEAR",
    "cancel": "MISSILE WARNING CANCELLED",
    "correction": "MISSILE WARNING CORRECTED",
}
CAUSES: Final[dict[CancelCause, str]] = {
    "error": "The warning was an ERROR",
    "threat-over": "The threat that it named has ended",
    "outside-area": "The danger lies outside these areas",
}
NOT_REPEATED: Final = "see the record"  # in place of a reason with words that an exercise may not carry


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """The areas that a warning names to one audience, and the hours that go with them (0, 0 while unknown)."""

    areas: tuple[str, ...]  # sorted
    from_ns: int
    to_ns: int


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What a draft says beside its areas and hours."""

    dropped: tuple[str, ...] = ()  # areas that were warned and are not any more
    cause: CancelCause | None = None
    why: str | None = None  # the reason that a person gave; None: the warning's own


def named(warning: Warning, audience: Audience, nation: Nation) -> Named:
    """Return what a warning names: the nation's own land and overflown areas, or waters and airspace whoever's they are."""
    chosen = [a for a in warning.areas if a.kind in AREA_KINDS[audience] and (audience == "sea-air" or a.nation == nation)]
    if chosen:
        areas = tuple(sorted({area.area for area in chosen}))
        return _hours(areas, min(area.from_ns for area in chosen), max(area.to_ns for area in chosen))
    if warning.areas:
        return Named(areas=(), from_ns=0, to_ns=0)
    areas = _without_areas(warning, audience, nation)
    if warning.impact is None or not areas:
        return Named(areas=areas, from_ns=0, to_ns=0)
    spread_ns = round(IMPACT_SIGMAS * warning.impact.time_sigma_s * NS_PER_S)
    return _hours(areas, warning.impact.time_ns - spread_ns, warning.impact.time_ns + spread_ns)


def _without_areas(warning: Warning, audience: Audience, nation: Nation) -> tuple[str, ...]:
    """Return the coarser answer of a warning that carries no areas: the nation's land, the zones of a predicted impact."""
    if audience == "land":
        return (f"land:{nation}",) if nation in warning.land_alert else ()
    if warning.impact is None or warning.impact.basis == "thrust-ended-now":
        return ()
    return tuple(sorted(zone for zone, p in warning.zones if p >= ZONE_P and zone.startswith(SEA_ZONES)))


def _hours(areas: tuple[str, ...], from_ns: int, to_ns: int) -> Named:
    return Named(areas=areas, from_ns=from_ns // MINUTE_NS * MINUTE_NS, to_ns=-(-to_ns // MINUTE_NS) * MINUTE_NS)


def draft_text(kind: ProposalKind, audience: Audience, warning: Warning, said: Named, words: Words) -> str:
    """Return the whole text of a draft, marked with its world: what, where, when, why, what to do."""
    why = f"Why: {_reason(warning, words.why)}"
    where = f"Where ({NOTICE}): {_names(said.areas)}"
    parts = [HEADS[kind]]
    if kind == "cancel":
        parts += [CAUSES[words.cause] if words.cause is not None else "The warning is withdrawn", why, where]
        parts.append("This message withdraws that warning; it says nothing else about danger")
    elif kind == "all-clear":
        parts += ["The danger named in the earlier warning is over", where, why, OVER[audience]]
    elif kind == "correction":
        parts += ["These areas are no longer warned; the warning goes on elsewhere", where, why]
    elif kind == "passed":
        parts += ["It was detected beyond these areas", where, "Do not touch fallen objects; report them. Wait for the all-clear"]
    else:
        parts += [_what(warning), where, _when(said, warning), why]
        if words.dropped:
            parts.append(f"No longer warned: {_names(words.dropped)}")
        parts.append(f"{TO_DO[audience]}. {SILENCE.rstrip('.')}")
    return marked(warning.world, ". ".join(parts) + ".")


def _names(areas: tuple[str, ...]) -> str:
    return ", ".join(code_words(area, GEOGRAPHY.name) for area in areas)


def _what(warning: Warning) -> str:
    number = max(1, warning.missiles_at_least)
    word = "missile" if number == 1 else "missiles"
    state = {
        "presumed-down": "presumed down, not observed",
        "observed": "impact observed",
        "expired": "no news; this warning ends without an all-clear",
    }.get(warning.status, "in flight")
    return f"At least {number} {word}, {state}"


def _when(said: Named, warning: Warning) -> str:
    if not said.to_ns:
        return "When: not yet known"
    verb = "was expected" if warning.status in ("presumed-down", "observed", "expired") else "expected"
    return f"When: {verb} between {_clock(said.from_ns)} and {_clock(said.to_ns)} UTC"


def _reason(warning: Warning, given: str | None) -> str:
    """Return why: what a person gave, how it ended, or who detected it; no marks inside, no words that an exercise may not carry.

    The rules and limits that were reached stay in the warning (``why``): they are for those who decide, not for those who take shelter.
    """
    if given is None and warning.status in ("confirmed", "updated") and warning.detected_by:
        return f"a launch was detected by sensors of {' and '.join(warning.detected_by)}"
    mark = MARKS[warning.world]
    text = (warning.reason if given is None else given).removeprefix(mark).removesuffix(mark).strip().rstrip(".")
    text = plain(text)
    return NOT_REPEATED if warning.world != "live" and live_phrase(text) else text


def _clock(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns // NS_PER_S, tz=UTC).strftime("%H:%M")
