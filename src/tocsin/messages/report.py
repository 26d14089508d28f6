"""What people said: a nation's figures of an event, and entries of the context journal. Never mixed with what was measured."""

from typing import Literal

import msgspec

from tocsin.messages.basics import Nation

Bound = Literal["exact", "about", "at-least", "at-most"]
"""A reported figure that is a lower or upper bound stays one."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One nation's figures about one launch or salvo, as it gave them. None where it gave none."""

    report: str
    nation: Nation
    source: str  # who said it where: "press release 12:10", "by voice"
    time_ns: int  # when it was said
    missiles: int | None = None
    missiles_bound: Bound = "exact"
    launch_ns: int | None = None
    launch_lat_rad: float | None = None
    launch_lon_rad: float | None = None
    apogee_m: float | None = None
    apogee_bound: Bound = "about"
    range_m: float | None = None
    range_bound: Bound = "about"
    flight_s: float | None = None


class JudgedReport(msgspec.Struct, frozen=True, kw_only=True):
    """A report and what the checks say of it: shown, shown with a mark, or not believed; each with its reasons."""

    report: Report
    verdict: Literal["accepted", "flagged", "refused"]
    reasons: tuple[str, ...] = ()


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Something that goes on beside the event: a drill, a statement, flights. Context, never evidence."""

    entry: str
    time_ns: int
    until_ns: int | None = None
    kind: Literal["drill", "statement", "flight", "other"]
    nation: Nation = ""
    text: str
    source: str
