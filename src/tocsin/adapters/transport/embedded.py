"""The pipe inside one process: a hub object with one endpoint per nation, for the demo and for tests.

It loses nothing by itself; lines can be cut and healed by hand. With a delay it needs a clock, and the caller asks
``next_due_ns`` when to look again. It adds no loss, repetition or reordering of its own. One thread only.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec

from tocsin.adapters.transport.port import FRAME_CAP_BYTES, QUEUE_CAP_BYTES, QUEUE_CAP_FRAMES, Counts, DropReason
from tocsin.errors import OurFault
from tocsin.messages.basics import Nation

Link = tuple[Nation, Nation]


class _Waiting(msgspec.Struct, frozen=True):
    """A frame under way or waiting: when it may be received, in order of sending, from whom."""

    due_ns: int
    order: int
    sender: Nation
    frame: bytes


class EmbeddedNetwork:
    """All lines between all nations of one process. ``links``: pairs of neighbours, both directions.

    ``delay_ns`` holds every frame back for that long by ``clock`` (monotonic nanoseconds).
    """

    def __init__(self, links: tuple[Link, ...], *, delay_ns: int = 0, clock: Callable[[], int] = lambda: 0) -> None:
        for a, b in links:
            if a == b:
                raise OurFault(f"expected links between two nations, came {a} to itself")
        self._links: Final = frozenset(frozenset(link) for link in links)
        self._cut: set[frozenset[Nation]] = set()
        self._delay_ns = delay_ns
        self._clock = clock
        self._endpoints: dict[Nation, EmbeddedEndpoint] = {}
        self._order = 0

    def endpoint(self, nation: Nation) -> "EmbeddedEndpoint":
        """Return the nation's end of the pipe, made on first use and again after it was closed (a node that restarts)."""
        found = self._endpoints.get(nation)
        if found is None or found.closed:
            found = EmbeddedEndpoint(nation, self)
            self._endpoints[nation] = found
        return found

    def cut(self, a: Nation, b: Nation) -> None:
        """Take a line down, both ways: what is sent from now on is lost, what is under way still comes."""
        self._cut.add(self._require_link(a, b))

    def heal(self, a: Nation, b: Nation) -> None:
        """Bring a line up again."""
        self._cut.discard(self._require_link(a, b))

    def next_due_ns(self) -> int | None:
        """Return the clock time at which the next frame held back becomes receivable; None when none is under way."""
        return min((due for end in self._endpoints.values() if (due := end.first_due_ns()) is not None), default=None)

    def carry(self, sender: Nation, to: Nation, frame: bytes) -> DropReason | None:
        """Take a frame from an endpoint to its neighbour's queue; return why it was dropped, or None."""
        link = frozenset((sender, to))
        if link not in self._links:
            return "no-link"
        if link in self._cut:
            return "cut"
        target = self._endpoints.get(to)
        if target is None or target.closed:
            return "closed"
        self._order += 1
        return target.put(_Waiting(self.now_ns() + self._delay_ns, self._order, sender, frame))

    def now_ns(self) -> int:
        """Return the clock's time."""
        return self._clock()

    def _require_link(self, a: Nation, b: Nation) -> frozenset[Nation]:
        link = frozenset((a, b))
        if link not in self._links:
            raise OurFault(f"expected a link of this network, came {a} to {b}")
        return link


class EmbeddedEndpoint:
    """One nation's end; see ``port.Endpoint``."""

    def __init__(self, nation: Nation, network: EmbeddedNetwork) -> None:
        self.nation = nation
        self.closed = False
        self._network = network
        self._queues: dict[Nation, deque[_Waiting]] = {}
        self._bytes: dict[Nation, int] = {}
        self._wake: Callable[[], None] | None = None
        self._sent = 0
        self._received = 0
        self._dropped: dict[DropReason, int] = {}

    def send(self, to: Nation, frame: bytes) -> None:
        """See ``port.Endpoint.send``."""
        if not 0 < len(frame) <= FRAME_CAP_BYTES:
            raise OurFault(f"expected a frame of 1 to {FRAME_CAP_BYTES} bytes for {to}, came {len(frame)}; split the payload")
        dropped: DropReason | None = "closed" if self.closed else self._network.carry(self.nation, to, frame)
        if dropped is None:
            self._sent += 1
        else:
            self._count_drop(dropped, 1)

    def receive(self) -> tuple[tuple[Nation, bytes], ...]:
        """See ``port.Endpoint.receive``."""
        now_ns = self._network.now_ns()
        due: list[_Waiting] = []
        for sender, queue in self._queues.items():
            while queue and queue[0].due_ns <= now_ns:
                waiting = queue.popleft()
                self._bytes[sender] -= len(waiting.frame)
                due.append(waiting)
        due.sort(key=lambda waiting: waiting.order)
        self._received += len(due)
        return tuple((waiting.sender, waiting.frame) for waiting in due)

    def listen(self, wake: Callable[[], None] | None) -> None:
        """See ``port.Endpoint.listen``."""
        self._wake = wake

    def counts(self) -> Counts:
        """See ``port.Endpoint.counts``."""
        return Counts(sent=self._sent, received=self._received, dropped=tuple(sorted(self._dropped.items())))

    def close(self) -> None:
        """See ``port.Endpoint.close``."""
        if self.closed:
            return
        self.closed = True
        self._count_drop("closed", sum(len(queue) for queue in self._queues.values()))
        self._queues.clear()
        self._bytes.clear()
        self._wake = None

    def put(self, waiting: _Waiting) -> DropReason | None:
        """Queue a frame from the network; return why it was dropped, or None."""
        queue = self._queues.setdefault(waiting.sender, deque())
        size = self._bytes.get(waiting.sender, 0) + len(waiting.frame)
        if len(queue) >= QUEUE_CAP_FRAMES or size > QUEUE_CAP_BYTES:
            return "queue-full"
        was_empty = not any(self._queues.values())
        queue.append(waiting)
        self._bytes[waiting.sender] = size
        if was_empty and self._wake is not None:
            self._wake()
        return None

    def first_due_ns(self) -> int | None:
        """Return when the first waiting frame becomes receivable."""
        return min((queue[0].due_ns for queue in self._queues.values() if queue), default=None)

    def _count_drop(self, reason: DropReason, frames: int) -> None:
        if frames:
            self._dropped[reason] = self._dropped.get(reason, 0) + frames
