"""Everything that a node asks for. The list is closed: records, seals, sends, views, notes and the next time to wake."""

from typing import Literal

import msgspec

from tocsin.messages.basics import Nation, Note
from tocsin.messages.envelope import SealRequest
from tocsin.messages.event import LaunchEvent
from tocsin.messages.people import Staffing
from tocsin.messages.public import Proposal
from tocsin.messages.track import FusedTrack, Track
from tocsin.messages.warning import Posture, Warning

PictureName = Literal["alone", "joint"]


class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """Ask the guard to check and sign; the answer comes back as ``Sealed`` or ``Denied``, in the order of the requests."""

    next_hop: Nation
    request: SealRequest


class Send(msgspec.Struct, frozen=True, kw_only=True):
    """Give these bytes to the link, after the commit of everything recorded so far."""

    neighbour: Nation
    frame: bytes


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Something that people of this nation may see at once. ``source`` is the nation whose word it is."""

    picture: PictureName
    source: Nation
    time_ns: int
    item: Track | FusedTrack | LaunchEvent | Warning | Posture | Proposal | Staffing


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """The effects of one input, in order."""

    seals: tuple[Seal, ...] = ()
    sends: tuple[Send, ...] = ()
    outputs: tuple[bytes, ...] = ()  # own events, warnings, proposals and who is on duty as recorded (JSON), for the log and for replay
    views: tuple[View, ...] = ()
    releases: tuple[View, ...] = ()  # released proposals: shown only after the commit of everything recorded so far
    notes: tuple[Note, ...] = ()
    durable: bool = False  # a lossless message came in: commit soon, its acknowledgement says that it is on disk
    next_wake_mono_ns: int = 0
