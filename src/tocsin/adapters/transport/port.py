"""The port to a datagram pipe between neighbours: it may lose, repeat and reorder frames, and it says nothing about it.

What must arrive is the links' business (numbers, acknowledgements, re-sending); who sent a frame is proven by its signature
and never by the pipe. The same contract suite runs on every adapter.
"""

from collections.abc import Callable
from typing import Final, Literal, Protocol

import msgspec

from tocsin.messages.basics import Nation

FRAME_CAP_BYTES: Final = 64 * 1024  # an envelope holds at most 32 KiB of payload; the rest is header, signature and room
QUEUE_CAP_FRAMES: Final = 4_096  # per sending neighbour; some seconds of the busiest link measured in a raid of 100 missiles
QUEUE_CAP_BYTES: Final = 8 * 1024 * 1024  # the same bound in bytes: 128 of the largest frames

DropReason = Literal["no-link", "cut", "queue-full", "closed"]
"""Why a frame did not go on. ``no-link``: not a neighbour; ``cut``: the line is down; ``closed``: an end has left."""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What one end has seen so far. ``sent`` counts frames handed to the pipe, ``received`` those handed to the caller."""

    sent: int
    received: int
    dropped: tuple[tuple[DropReason, int], ...]  # sorted by reason, without zeros


class Endpoint(Protocol):
    """One nation's end of the pipe. One caller at a time; no call blocks."""

    nation: Nation

    def send(self, to: Nation, frame: bytes) -> None:
        """Hand a frame to the pipe. A frame that cannot go is dropped and counted, never raised for.

        Raises ``OurFault`` for a frame above ``FRAME_CAP_BYTES`` or an empty one: re-sending it could never help.
        """
        ...

    def receive(self) -> tuple[tuple[Nation, bytes], ...]:
        """Return (neighbour, frame) for all that has come, oldest first per neighbour, and forget it. Empty after ``close``."""
        ...

    def listen(self, wake: Callable[[], None] | None) -> None:
        """Call ``wake`` whenever frames begin to wait; it must return at once and must not call the endpoint."""
        ...

    def counts(self) -> Counts:
        """Return the counters."""
        ...

    def close(self) -> None:
        """Leave the pipe; what waits is dropped and counted. A second call does nothing."""
        ...
