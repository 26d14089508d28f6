"""Small values shared by all messages: worlds, times, vectors, notes, products."""

from typing import Literal

import msgspec

Vec3 = tuple[float, float, float]

World = Literal["live", "exercise", "test"]
Nation = str  # ISO 3166-1 alpha-3 in the packaged coalition; any short upper-case code elsewhere

Product = Literal["track", "event", "warning", "receipt", "heartbeat"]
"""What may leave a nation. Closed list; a test guards it."""

DeliveryClass = Literal["lossless", "latest"]
"""``lossless``: every message, in sequence, until acknowledged. ``latest``: only the newest counts, gaps are no loss."""


class Now(msgspec.Struct, frozen=True, kw_only=True):
    """The two clocks given to the node: UTC for statements, monotonic for timers. Integer nanoseconds."""

    utc_ns: int
    mono_ns: int


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A problem or remark returned as a value; the driver logs and counts it."""

    stage: str  # "ingest", "tracking", "fusion", "assessment", "warning", "sharing", "link", "guard", "people", "self-check"
    code: str  # stable, kebab-case: "unknown-sensor", "time-in-future", "not-finite", ...
    text: str  # one clear line: what was expected, what came, what to do
    time_ns: int
