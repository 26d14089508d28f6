"""The life of a warning as one table: (status, trigger) -> status. Whatever is not in it is refused.

``suspected`` is internal. ``all-clear``, ``cancelled`` and ``expired`` are final. An all-clear needs "presumed-down" or
"observed" before it, as only what is down is over: a warning that still stands can only be cancelled, with a cause and a
reason, and a cancel never reads as an all-clear. "passed" and "observed" need a detection after that time; no rule of a
timer leads to them. "passed" is about the land of this nation; for ships the warning goes on until it is down.
"""

from typing import Final, Literal

from tocsin.messages.warning import WarningStatus

Status = Literal["new"] | WarningStatus
Trigger = Literal[
    "event-suspected",  # a tentative track or single-sensor evidence
    "event-confirmed",  # confirmed, or detected again after it was presumed down
    "event-changed",  # something that a reader would notice
    "event-presumed-down",  # predicted time and three sigmas passed without a detection
    "event-observed",  # detected at the end of its fall
    "event-passed",  # detected beyond every area of this nation that it was to pass above, and none of its land in danger
    "event-cancelled",  # the assessment withdrew the event
    "all-clear-due",  # waited long enough after presumed-down or observed
    "command-confirm",
    "command-cancel",
    "command-all-clear",
    "expire",
]

FINAL: Final[tuple[WarningStatus, ...]] = ("all-clear", "cancelled", "expired")

TABLE: Final[dict[tuple[Status, Trigger], WarningStatus]] = {
    ("new", "event-suspected"): "suspected",
    ("new", "event-confirmed"): "confirmed",
    ("suspected", "event-changed"): "suspected",
    ("suspected", "event-confirmed"): "confirmed",
    ("suspected", "command-confirm"): "confirmed",
    ("suspected", "event-cancelled"): "cancelled",
    ("suspected", "command-cancel"): "cancelled",
    ("suspected", "expire"): "expired",
    ("confirmed", "event-changed"): "updated",
    ("confirmed", "event-presumed-down"): "presumed-down",
    ("confirmed", "event-observed"): "observed",
    ("confirmed", "event-passed"): "passed",
    ("confirmed", "event-cancelled"): "cancelled",
    ("confirmed", "command-cancel"): "cancelled",
    ("confirmed", "expire"): "expired",
    ("updated", "event-changed"): "updated",
    ("updated", "event-presumed-down"): "presumed-down",
    ("updated", "event-observed"): "observed",
    ("updated", "event-passed"): "passed",
    ("updated", "event-cancelled"): "cancelled",
    ("updated", "command-cancel"): "cancelled",
    ("updated", "expire"): "expired",
    ("presumed-down", "event-changed"): "presumed-down",
    ("presumed-down", "event-confirmed"): "updated",
    ("presumed-down", "event-passed"): "passed",
    ("presumed-down", "event-observed"): "observed",
    ("presumed-down", "event-cancelled"): "cancelled",
    ("presumed-down", "all-clear-due"): "all-clear",
    ("presumed-down", "command-all-clear"): "all-clear",
    ("presumed-down", "command-cancel"): "cancelled",
    ("presumed-down", "expire"): "expired",
    ("observed", "event-changed"): "observed",
    ("observed", "event-cancelled"): "cancelled",
    ("observed", "all-clear-due"): "all-clear",
    ("observed", "command-all-clear"): "all-clear",
    ("observed", "command-cancel"): "cancelled",
    ("observed", "expire"): "expired",
    ("passed", "event-changed"): "passed",
    ("passed", "event-confirmed"): "updated",
    ("passed", "event-presumed-down"): "presumed-down",
    ("passed", "event-observed"): "observed",
    ("passed", "event-cancelled"): "cancelled",
    ("passed", "command-cancel"): "cancelled",
    ("passed", "expire"): "expired",
}


def next_status(status: Status, trigger: Trigger) -> WarningStatus | None:
    """Return the status that a trigger leads to, None if it is refused in this status."""
    return TABLE.get((status, trigger))
