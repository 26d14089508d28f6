"""Warning: what people act on. Born with its cancel and correction ready; one life cycle (warning/lifecycle.py)."""

from typing import Literal

import msgspec

from tocsin.messages.basics import Nation, World
from tocsin.messages.event import ImpactEstimate, PathPoint
from tocsin.messages.track import LaunchEstimate

WarningStatus = Literal["suspected", "confirmed", "updated", "presumed-down", "observed", "passed", "all-clear", "cancelled", "expired"]


CancelCause = Literal["error", "threat-over", "outside-area"]
"""Why a warning is cancelled. None of them reads as an all-clear."""


class WarnedArea(msgspec.Struct, frozen=True, kw_only=True):
    """An area that a warning names, with the probability that put it there.

    ``land``: it may come down there. ``overflight``: it may pass above. ``sea``, ``air``: waters and airspace around the impact or
    below the path, for ships and aircraft; they have a ring.
    """

    kind: Literal["land", "overflight", "sea", "air"]
    area: str  # ISO 3166-2 code on land, a zone label ("eez:JPN") elsewhere
    nation: Nation  # "" for the high seas
    p: float
    from_ns: int  # when it may happen
    to_ns: int
    since_ns: int  # named since
    ring: tuple[tuple[float, float], ...] | None = None  # closed, (lat_rad, lon_rad)


class Warning(msgspec.Struct, frozen=True, kw_only=True):
    """One revision of one warning about one launch event. Internal and partner use; public release needs a person.

    ``references``: (warning, revision) of all earlier revisions that this one replaces. ``cancel_ready`` holds the cancel text
    that stands prepared. ``reason`` is mandatory: why this revision exists.
    """

    warning: str
    revision: int
    origin: Nation
    world: World
    event: str
    event_revision: int
    salvo: str
    time_ns: int
    status: WarningStatus
    missiles_at_least: int
    detected_by: tuple[Nation, ...]
    launch: LaunchEstimate | None
    impact: ImpactEstimate | None
    path: tuple[PathPoint, ...]
    zones: tuple[tuple[str, float], ...]
    p_outside_eez: tuple[tuple[Nation, float], ...]
    land_alert: tuple[Nation, ...]  # nations whose land reaches the alert threshold; empty = no land alert
    apogee_m: float | None
    range_m: float | None
    headline: str
    reason: str
    cancel_ready: str
    expires_ns: int
    references: tuple[tuple[str, int], ...] = ()
    areas: tuple[WarnedArea, ...] = ()
    why: tuple[str, ...] = ()  # why it was raised: the rules and the evidence that reached their limits, kept for its whole life
    correction_ready: str = ""  # the correction that stands prepared beside the cancel
    cancel_cause: CancelCause | None = None


class Posture(msgspec.Struct, frozen=True, kw_only=True):
    """Watch level of a nation: raised after a launch, decays by rule."""

    level: Literal["normal", "raised"]
    since_ns: int
    until_ns: int
    reason: str
