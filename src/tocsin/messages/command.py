"""Command: an act of a person, signed with the person's own key, recorded and then applied like any other input."""

from typing import Literal

import msgspec

from tocsin.messages.basics import Nation, World
from tocsin.messages.report import JournalEntry, Report
from tocsin.messages.warning import CancelCause

Act = Literal[
    "confirm",
    "cancel",
    "all-clear",
    "approve",
    "reject",
    "sign-on",
    "sign-off",
    "maintenance-on",
    "maintenance-off",
    "drill-start",
    "drill-end",
    "report",
    "journal",
]


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """``cancel`` needs a cause and a reason; ``approve`` the digest of a proposal; no act exists that directs anything but words."""

    command: str
    person: str
    nation: Nation
    act: Act
    time_ns: int
    world: World = "exercise"
    terminal: str = ""
    warning: str | None = None
    proposal: str | None = None
    digest: str | None = None
    cause: CancelCause | None = None
    reason: str = ""
    report: Report | None = None
    entry: JournalEntry | None = None
