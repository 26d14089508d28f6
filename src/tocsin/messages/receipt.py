"""Receipt: the final recipient's signed word that it has a message on disk. Heartbeat: proof that a link carries content."""

import msgspec

from tocsin.messages.basics import Nation


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """The end recipient holds the named lossless message durably. Itself a lossless message back to the origin."""

    origin: Nation  # who sent the message that is acknowledged
    recipient: Nation
    epoch: int
    sequence: int  # of the acknowledged message, in (origin, recipient, world, lossless)
    product: str
    item: str  # "warning KOR-W1 revision 2"
    received_ns: int


class StreamMark(msgspec.Struct, frozen=True, kw_only=True):
    """High-water mark of one lossless stream."""

    origin: Nation
    audience: Nation
    epoch: int
    sent: int  # last sequence that the speaker holds for sending on this link (0 = none)
    received: int  # last sequence that the speaker has durably received in order on this link (0 = none)


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True):
    """Once a second per link, to the neighbour only: hop acknowledgement and high-water marks."""

    nation: Nation
    neighbour: Nation
    time_ns: int
    marks: tuple[StreamMark, ...]
