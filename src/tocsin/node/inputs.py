"""Everything that can enter a node. Each input is recorded before anything that follows from it leaves the nation."""

import msgspec

from tocsin.messages.basics import Nation
from tocsin.messages.plot import Scan


class ScanIn(msgspec.Struct, frozen=True, kw_only=True, tag="scan"):
    """One scan of one of the nation's own sensors."""

    scan: Scan


class FrameIn(msgspec.Struct, frozen=True, kw_only=True, tag="envelope-in"):
    """Bytes that a neighbour's link delivered."""

    neighbour: Nation
    frame: bytes


class Sealed(msgspec.Struct, frozen=True, kw_only=True, tag="sealed"):
    """The guard checked and signed the oldest seal request that was still open."""

    next_hop: Nation
    frame: bytes


class Denied(msgspec.Struct, frozen=True, kw_only=True, tag="denied"):
    """The guard refused the oldest seal request that was still open."""

    code: str
    text: str


class CommandIn(msgspec.Struct, frozen=True, kw_only=True, tag="command"):
    """A person's act as signed bytes; whose it is, for which nation and in which world, the key says (``wire.command``)."""

    frame: bytes


class Tick(msgspec.Struct, frozen=True, kw_only=True, tag="tick"):
    """The time that the node asked to be woken at has come."""


Input = ScanIn | FrameIn | Sealed | Denied | CommandIn | Tick
