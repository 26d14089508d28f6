"""The loop around one node: record, let the guard sign, commit, then send. The only place where a node meets the world."""

from collections.abc import Callable

import msgspec

from tocsin.adapters.records import encode_input, input_kind
from tocsin.adapters.store.port import Record, Store
from tocsin.adapters.transport.port import Endpoint
from tocsin.errors import OurFault, Refused
from tocsin.messages.basics import Note, Now
from tocsin.messages.envelope import SealRequest
from tocsin.node.inputs import Denied, Input, Sealed
from tocsin.node.node import Node
from tocsin.node.outputs import Batch, Send, View

INPUTS_PER_FEED_MAX = 10_000  # seal answers that one input may cause; more means that the node asks in a circle


Signer = Callable[[SealRequest], bytes]
"""What the driver needs of the guard: the signed frame of a request; raises Refused when it may not leave."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What one input did, and how long node and guard took on this machine's clock (seconds)."""

    views: tuple[View, ...]
    notes: tuple[Note, ...]
    node_s: float
    guard_s: float


class Driver:
    """Drives one node. ``clock`` measures latency only; the node's time comes with each input.

    ``take`` inputs that came together, then ``flush``: one commit for all of them, and what may leave leaves after it.
    """

    def __init__(self, node: Node, signer: Signer, store: Store, endpoint: Endpoint, clock: Callable[[], float]) -> None:
        self.node = node
        self._signer = signer
        self._store = store
        self._endpoint = endpoint
        self._clock = clock
        self._sends: list[Send] = []
        self._releases: list[View] = []
        self._must_commit = False
        self._committed = False
        self.next_wake_mono_ns = 0

    def take(self, item: Input, now: Now) -> Step:
        """Give the node one input, let the guard answer what follows from it, and record everything; nothing leaves yet."""
        self._committed = False
        views: list[View] = []
        notes: list[Note] = []
        node_s = guard_s = 0.0
        pending: Input | None = item
        for _ in range(INPUTS_PER_FEED_MAX):
            if pending is None:
                break
            started = self._clock()
            batch = self.node.handle(pending, now)
            self._record(pending, batch, now)
            answered = self._clock()
            node_s += answered - started
            views.extend(batch.views)
            notes.extend(batch.notes)
            self._sends.extend(batch.sends)
            self._releases.extend(batch.releases)
            self._must_commit = self._must_commit or batch.durable
            self.next_wake_mono_ns = batch.next_wake_mono_ns
            pending = self._seal(batch)
            guard_s += self._clock() - answered if pending is not None else 0.0
        if pending is not None:
            text = f"one input caused more than {INPUTS_PER_FEED_MAX} answers of the guard: the node asks in a circle"
            raise OurFault(text)
        return Step(views=tuple(views), notes=tuple(notes), node_s=node_s, guard_s=guard_s)

    def flush(self) -> float:
        """Commit if something waits for it, then send; return the seconds that the disk took. Raises StoreFailed: nothing is sent."""
        disk_s = self.commit()
        self.send()
        return disk_s

    def commit(self) -> float:
        """Make everything taken durable if something waits for it; return the seconds. Other drivers may commit at the same time."""
        if not self._sends and not self._must_commit:
            return 0.0
        started = self._clock()
        self._store.commit()
        self._must_commit = False
        self._committed = True
        return self._clock() - started

    def send(self) -> None:
        """Let go what a commit has covered."""
        if not self._sends:
            return
        if not self._committed:
            text = "something was to be sent before the commit of its record"
            raise OurFault(text)
        sends, self._sends, self._committed = self._sends, [], False
        for send in sends:
            self._endpoint.send(send.neighbour, send.frame)

    def released(self) -> tuple[View, ...]:
        """Return the releases that a commit has covered since the last call: only now may they be shown as released."""
        if self._must_commit or not self._releases:
            return ()
        shown, self._releases = tuple(self._releases), []
        return shown

    def _record(self, item: Input, batch: Batch, now: Now) -> None:
        records = [Record(kind=input_kind(item), utc_ns=now.utc_ns, mono_ns=now.mono_ns, body=encode_input(item))]
        records.extend(Record(kind="output", utc_ns=now.utc_ns, mono_ns=now.mono_ns, body=body) for body in batch.outputs)
        records.extend(
            Record(kind="note", utc_ns=now.utc_ns, mono_ns=now.mono_ns, body=msgspec.msgpack.encode(note)) for note in batch.notes
        )
        self._store.append(tuple(records))

    def _seal(self, batch: Batch) -> Input | None:
        if not batch.seals:
            return None
        seal = batch.seals[0]
        try:
            frame = self._signer(seal.request)
        except Refused as problem:
            return Denied(code=getattr(problem, "code", "guard-denied"), text=str(problem))
        return Sealed(next_hop=seal.next_hop, frame=frame)
