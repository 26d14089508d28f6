"""Links between neighbours: numbered streams, durable outboxes, hop acknowledgements, relays. No bytes are opened here.

A *stream* is (origin, epoch, audience): one nation's lossless messages to one other, numbered from 1, relayed or not. Each
neighbour on the way keeps what it has taken over until the next one's heartbeat says that it holds it on disk.
Only the next message in sequence is taken; what comes early is dropped and comes again (go-back-N), so order is kept.
A neighbour's heartbeat is what causes repetition: it proves that the link is up and says from where to go on, so that a healed
link catches up at once and a dead one costs nothing.
"""

from collections import OrderedDict

import msgspec

from tocsin.messages.basics import Nation
from tocsin.messages.envelope import Header
from tocsin.messages.receipt import Heartbeat, StreamMark
from tocsin.units import NS_PER_S

RESEND_FIRST_NS = 3 * NS_PER_S // 2  # one heartbeat and a half without an acknowledgement
RESEND_MAX_NS = 8 * NS_PER_S  # cap of the doubling patience while the neighbour's mark does not move (a line that carries one way only)
EPOCHS_MAX = 4  # per origin and audience while the node runs: a new epoch is a restored backup, a rare thing; more is an attack
OUTBOX_MAX = 100_000  # frames per neighbour; at 32 KiB each still below 4 GiB, and a note is raised long before
RESEND_BURST = 64  # frames per neighbour and heartbeat: enough for a lost burst, small enough not to flood

Stream = tuple[Nation, int, Nation]  # origin, epoch, audience


class Held(msgspec.Struct, frozen=True):
    """A lossless frame waiting for the neighbour's acknowledgement."""

    frame: bytes
    sent_mono_ns: int


class Link:
    """One neighbour. Owns what was sent and not acknowledged, and the marks of what came in."""

    def __init__(self, nation: Nation, neighbour: Nation) -> None:
        self._nation = nation
        self.neighbour = neighbour
        self._outbox: OrderedDict[tuple[Stream, int], Held] = OrderedDict()
        self._sent: dict[Stream, int] = {}
        self._received: dict[Stream, int] = {}
        self._latest: dict[Stream, int] = {}
        self._acknowledged: dict[Stream, int] = {}
        self._patience_ns: dict[Stream, int] = {}
        self._epoch: dict[tuple[Nation, Nation], int] = {}  # (origin, audience) -> the only epoch that is listened to
        self._epochs: dict[tuple[Nation, Nation], int] = {}  # how many of them were met
        self.heard_mono_ns: int | None = None

    def hold(self, header: Header, frame: bytes, mono_ns: int) -> bool:
        """Take a lossless frame into the outbox; False when it is full (the caller says so, nothing is dropped silently)."""
        if self.full:
            return False
        stream = (header.origin, header.epoch, header.audience)
        self._outbox[(stream, header.sequence)] = Held(frame, mono_ns)
        self._sent[stream] = max(self._sent.get(stream, 0), header.sequence)
        return True

    def take(self, header: Header) -> str:
        """Say what an incoming, verified frame is: "next" (taken), "duplicate", "early", "stale-epoch" or "too-many-epochs".

        A newer epoch replaces the older one of the same origin and audience, and only so often: marks stay few on every link.
        """
        pair = (header.origin, header.audience)
        stream = (header.origin, header.epoch, header.audience)
        known = self._epoch.get(pair, header.epoch)
        if header.epoch < known:
            return "stale-epoch"
        if header.epoch > known:
            if self._epochs.get(pair, 1) >= EPOCHS_MAX:
                return "too-many-epochs"
            self._epochs[pair] = self._epochs.get(pair, 1) + 1
            for marks in (self._received, self._latest):
                marks.pop((header.origin, known, header.audience), None)
        self._epoch[pair] = header.epoch
        marks = self._received if header.delivery == "lossless" else self._latest
        last = marks.get(stream, 0)
        if header.sequence <= last:
            return "duplicate"
        if header.delivery == "lossless" and header.sequence > last + 1:
            return "early"
        marks[stream] = header.sequence
        return "next"

    def heard(self, heartbeat: Heartbeat, mono_ns: int) -> tuple[tuple[Stream, ...], tuple[bytes, ...]]:
        """Apply a neighbour's heartbeat: forget what it holds on disk.

        Returns (streams of which it has sent more than we have, recorded frames that must be sent again, in order).
        """
        self.heard_mono_ns = mono_ns
        behind: list[Stream] = []
        marks = {(mark.origin, mark.epoch, mark.audience): mark for mark in heartbeat.marks}
        for stream, mark in marks.items():
            if mark.sent > self._received.get(stream, 0):
                behind.append(stream)
            if stream in self._sent and mark.received > self._acknowledged.get(stream, 0):
                self._acknowledged[stream] = mark.received
                self._patience_ns[stream] = RESEND_FIRST_NS
        for key in [key for key in self._outbox if key[1] <= self._acknowledged.get(key[0], 0)]:
            del self._outbox[key]
        return tuple(behind), self._again(mono_ns)

    def _again(self, mono_ns: int) -> tuple[bytes, ...]:
        frames: list[bytes] = []
        impatient: dict[Stream, bool] = {}
        for key, held in self._outbox.items():
            stream = key[0]
            if stream not in impatient:  # the oldest frame of a stream decides for all that follow it
                impatient[stream] = mono_ns - held.sent_mono_ns >= self._patience_ns.get(stream, RESEND_FIRST_NS)
            if impatient[stream] and len(frames) < RESEND_BURST:
                self._outbox[key] = Held(held.frame, mono_ns)
                frames.append(held.frame)
        for stream in [stream for stream, due in impatient.items() if due]:
            self._patience_ns[stream] = min(2 * self._patience_ns.get(stream, RESEND_FIRST_NS), RESEND_MAX_NS)
        return tuple(frames)

    def heartbeat(self, now_utc_ns: int) -> Heartbeat:
        """Return what this side says of all streams over this link."""
        streams = sorted(set(self._sent) | set(self._received))
        marks = tuple(
            StreamMark(origin=s[0], epoch=s[1], audience=s[2], sent=self._sent.get(s, 0), received=self._received.get(s, 0))
            for s in streams
        )
        return Heartbeat(nation=self._nation, neighbour=self.neighbour, time_ns=now_utc_ns, marks=marks)

    @property
    def full(self) -> bool:
        """No further lossless frame can be held."""
        return len(self._outbox) >= OUTBOX_MAX

    @property
    def waiting(self) -> int:
        """Number of lossless frames that the neighbour has not acknowledged."""
        return len(self._outbox)
