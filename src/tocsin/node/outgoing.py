"""What leaves the nation, in the order in which it is asked for: release rules, pace, and sequence numbers.

One seal request is open at a time and takes its sequence number only when it is made, so that a message that the guard denies
leaves no hole in a lossless stream.
"""

from collections import deque

import msgspec

from tocsin.errors import OurFault
from tocsin.messages.basics import DeliveryClass, Nation, Note, Product
from tocsin.messages.envelope import SealRequest
from tocsin.messages.event import LaunchEvent
from tocsin.messages.receipt import Heartbeat, Receipt
from tocsin.messages.track import Track
from tocsin.messages.warning import Warning
from tocsin.node.config import NodeConfig
from tocsin.node.outputs import Seal
from tocsin.sharing.decide import decide
from tocsin.sharing.release import release
from tocsin.units import s2ns
from tocsin.wire.codec import encode_payloads

UNSEALED_MAX = 10_000  # waiting seal requests; reached only if the guard has stopped answering
Item = Track | LaunchEvent | Warning | Receipt | Heartbeat

DELIVERY: dict[Product, DeliveryClass] = {
    "track": "latest",
    "heartbeat": "latest",
    "event": "lossless",
    "warning": "lossless",
    "receipt": "lossless",
}


class Waiting(msgspec.Struct, frozen=True):
    """A payload that waits for its turn at the guard."""

    audience: Nation
    product: Product
    payload: bytes
    time_ns: int


class Outgoing:
    """Release, pace and number; knows nothing of links."""

    def __init__(self, config: NodeConfig) -> None:
        self._config = config
        self._next_hop = {route.destination: route.next_hop for route in config.routes}
        self._waiting: deque[Waiting] = deque()
        self._open: Waiting | None = None
        self._sequence: dict[tuple[Nation, DeliveryClass], int] = {}
        self._released: dict[tuple[Nation, Product, str], tuple[int, str]] = {}
        self.lossless_sent = 0
        self.denied = 0

    def offer(self, product: Product, items: tuple[Item, ...], now_ns: int, only: Nation | None = None) -> tuple[Note, ...]:
        """Release items to every partner whose rules permit them (or to ``only``), at the pace that the rule states."""
        notes: list[Note] = []
        for route in self._config.routes if items else ():
            audience = route.destination
            if only is not None and audience != only:
                continue
            due = self._due(product, audience, items, now_ns)
            if not due:
                continue
            released, problems = release(self._config.policy, product, audience, self._config.world, due, now_ns)
            notes.extend(problems)
            if released is None or not released.items:
                continue
            if len(self._waiting) >= UNSEALED_MAX:
                text = f"{UNSEALED_MAX} messages wait for the guard; {product} to {audience} is not released"
                notes.append(Note(stage="sharing", code="guard-stalled", text=text, time_ns=now_ns))
                continue
            try:
                payloads = encode_payloads(released)
            except OurFault as problem:  # one item is larger than an envelope may be
                notes.append(Note(stage="sharing", code="oversized", text=f"{product} to {audience}: {problem}", time_ns=now_ns))
                continue
            self._mark(product, audience, due, released.items, now_ns)
            self._waiting.extend(Waiting(audience, product, payload, now_ns) for payload in payloads)
        return tuple(notes)

    def _due(self, product: Product, audience: Nation, items: tuple[Item, ...], now_ns: int) -> tuple[Item, ...]:
        rule = decide(self._config.policy, product, audience, self._config.world)
        interval_ns = 0 if rule is None else s2ns(rule.detail.interval_s)
        if interval_ns == 0:
            return items
        due: list[Item] = []
        for item in items:
            key, status = _identity(item)
            last = self._released.get((audience, product, key))
            if last is None or last[1] != status or now_ns - last[0] >= interval_ns:
                due.append(item)
        return tuple(due)

    def _mark(self, product: Product, audience: Nation, offered: tuple[Item, ...], released: tuple[Item, ...], now_ns: int) -> None:
        """Remember what was released just now under a rule with a pace; what the rules held back is offered again."""
        rule = decide(self._config.policy, product, audience, self._config.world)
        if rule is None or rule.detail.interval_s <= 0.0:
            return
        gone = {_identity(item)[0] for item in released}
        for item in offered:
            key, status = _identity(item)
            if key in gone:
                self._released[(audience, product, key)] = (now_ns, status)

    def next_seal(self) -> Seal | None:
        """Open the next request, or None while one is open or nothing waits."""
        if self._open is not None or not self._waiting:
            return None
        waiting = self._waiting.popleft()
        self._open = waiting
        delivery = DELIVERY[waiting.product]
        request = SealRequest(
            origin=self._config.nation,
            epoch=self._config.epoch,
            audience=waiting.audience,
            world=self._config.world,
            delivery=delivery,
            sequence=self._sequence.get((waiting.audience, delivery), 0) + 1,
            time_ns=waiting.time_ns,
            product=waiting.product,
            payload=waiting.payload,
        )
        return Seal(next_hop=self._next_hop[waiting.audience], request=request)

    def sealed(self) -> None:
        """The open request was signed: its number is used."""
        if self._open is None:
            return
        delivery = DELIVERY[self._open.product]
        key = (self._open.audience, delivery)
        self._sequence[key] = self._sequence.get(key, 0) + 1
        self.lossless_sent += delivery == "lossless"
        self._open = None

    def refused(self, code: str, text: str, now_ns: int) -> Note:
        """The guard denied the open request: its number is free again, and the operator is told."""
        waiting = self._open
        self._open = None
        self.denied += 1
        what = "a message" if waiting is None else f"{waiting.product} to {waiting.audience}"
        return Note(stage="guard", code=code, text=f"the guard denied {what}: {text}", time_ns=now_ns)


def _identity(item: Item) -> tuple[str, str]:
    """Return (what it is about, what makes it news whatever the pace)."""
    match item:
        case Track():
            return item.track, f"{item.status}/{item.kind}/{item.launch is not None}"
        case LaunchEvent():
            basis = "" if item.impact is None else item.impact.basis
            return item.event, f"{item.status}/{basis}/{item.missiles_at_least}"
        case Warning():
            return item.warning, f"{item.revision}"
        case Receipt():
            return f"{item.origin}/{item.epoch}/{item.sequence}", ""
        case Heartbeat():
            return item.neighbour, ""
