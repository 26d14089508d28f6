"""Replay a log: the same inputs through the same node must give the same payloads and outputs, byte for byte.

Promise: bytes are equal where the kernel probe of the log's head equals this machine's; elsewhere numbers agree to 1e-9
relative, and the report says which promise was checked. Effects are muted: nothing is sent, signed or written.
"""

from collections import deque
from pathlib import Path

import msgspec

from tocsin.adapters.records import INPUT_TYPES, Head, decode_head, decode_input, kernel_probe, tables_digest
from tocsin.adapters.store.port import Problem, Record
from tocsin.adapters.store.reading import read, verify
from tocsin.errors import PeerFault, TocsinError
from tocsin.geography.zones import Zones
from tocsin.messages.basics import Now
from tocsin.messages.envelope import Envelope, SealRequest
from tocsin.node.inputs import Denied, FrameIn, Sealed
from tocsin.node.node import Node
from tocsin.node.outputs import Batch, Seal
from tocsin.wire.seal import open_frame

RELATIVE_TOLERANCE = 1e-9  # on another processor or C library
PROBLEMS_MAX = 20  # the first ones tell the story


class ReplayReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay found. ``identical`` only if every hash, signature, payload and output agreed."""

    records: int
    inputs: int
    payloads: int
    signatures: int  # own messages, checked with the public key of the log's head
    frames_in: int  # partners' frames that the node took again, signature and all
    outputs: int
    keys: tuple[str, ...]  # "KOR 0123456789abcdef": compare with what the nations published
    promise: str  # "bytes" or "1e-9 relative"
    problems: tuple[str, ...]

    @property
    def identical(self) -> bool:
        """Everything agreed."""
        return not self.problems


class Replay:
    """A log played again, record by record: give it every record in order, then ask for the report."""

    def __init__(self, zones: Zones) -> None:
        self._zones = zones
        self._sessions: list[_Session] = []
        self._records = 0

    def record(self, position: int, record: Record) -> None:
        """Take the next record. Raises PeerFault if the log does not begin with a readable head."""
        self._records = position
        if record.kind == "head":  # a node that was started again goes on in the same file with a new head
            self._sessions.append(_Session(decode_head(record.body), self._zones))
        elif self._sessions:
            self._sessions[-1].record(position, record)
        else:
            text = f"record {position} is of kind {record.kind!r}: expected the head of a Tocsin log"
            raise PeerFault(text)

    def report(self) -> ReplayReport:
        """Return what was found; everything that the node asked for must have been in the log."""
        if not self._sessions:
            text = "expected a Tocsin log that begins with its head, found no record"
            raise PeerFault(text)
        for session in self._sessions:
            session.finish()
        return ReplayReport(
            records=self._records,
            inputs=sum(session.inputs for session in self._sessions),
            payloads=sum(session.payloads for session in self._sessions),
            signatures=sum(session.signatures for session in self._sessions),
            frames_in=sum(session.frames_in for session in self._sessions),
            outputs=sum(session.outputs for session in self._sessions),
            keys=tuple(sorted({f"{key.nation} {key.key_id}" for session in self._sessions for key in session.keys})),
            promise="bytes" if all(session.exact for session in self._sessions) else "1e-9 relative",
            problems=tuple(problem for session in self._sessions for problem in session.problems)[:PROBLEMS_MAX],
        )


class _Session:
    """One run of a node: what it asked for and the log has not shown yet."""

    def __init__(self, head: Head, zones: Zones) -> None:
        self.exact = head.kernel_probe == kernel_probe()
        self.keys = head.config.keys
        self._config = head.config
        self._known = {key.key_id: key for key in head.config.keys}
        self._node = Node(head.config, zones)
        self._seals: deque[Seal] = deque()
        self._outputs: deque[bytes] = deque()
        self._notes: deque[bytes] = deque()
        self.inputs = self.payloads = self.signatures = self.frames_in = self.outputs = 0
        self.problems: list[str] = []
        if head.tables_sha256 != tables_digest():
            self.problem("the log was written with other tables of zones, areas or thresholds: answers may differ for that reason alone")

    def record(self, position: int, record: Record) -> None:
        """Check one record against the node, or feed it."""
        if record.kind in INPUT_TYPES:
            self._input(position, record)
        elif record.kind in ("output", "note"):
            expected = self._outputs if record.kind == "output" else self._notes
            self._compare(f"record {position} ({record.kind})", expected.popleft() if expected else None, record.body)
            self.outputs += 1
        elif record.kind != "close":
            self.problem(f"record {position} ({record.kind}): a kind that this version does not know")

    def _input(self, position: int, record: Record) -> None:
        try:
            item = decode_input(record.kind, record.body)
        except PeerFault as problem:
            self.problem(f"record {position} ({record.kind}): {problem}")
            return
        if isinstance(item, Sealed):
            if not self._sealed(position, item):
                return
        elif isinstance(item, Denied) and self._seals:
            self._seals.popleft()
        refused = self._node.counts().refused
        self._take(self._node.handle(item, Now(utc_ns=record.utc_ns, mono_ns=record.mono_ns)))
        self.frames_in += isinstance(item, FrameIn) and self._node.counts().refused == refused
        self.inputs += 1

    def _take(self, batch: Batch) -> None:
        self._seals.extend(batch.seals)
        self._outputs.extend(batch.outputs)
        self._notes.extend(msgspec.msgpack.encode(note) for note in batch.notes)

    def _sealed(self, position: int, item: Sealed) -> bool:
        """Check a recorded envelope against what the node asked for; False if it cannot be fed to the node."""
        where = f"record {position} (sealed)"
        seal = self._seals.popleft() if self._seals else None
        try:
            envelope = open_frame(item.frame, self._known, self._config.nation, self._config.world, relay=True)
        except TocsinError as problem:
            self.problem(f"{where}: its signature or header does not hold: {problem}")
            return False
        self.signatures += 1
        if seal is None or seal.next_hop != item.next_hop or _request_of(envelope) != msgspec.structs.replace(seal.request, payload=b""):
            self.problem(f"{where}: the node did not ask for this message here")
            return False
        self._compare(where, seal.request.payload, envelope.payload)
        self.payloads += 1
        return True

    def _compare(self, where: str, expected: bytes | None, found: bytes) -> None:
        if expected == found:
            return
        if expected is not None and not self.exact and _close(expected, found):
            return
        replayed = "nothing" if expected is None else f"{len(expected)} bytes"
        self.problem(f"{where}: the replay gives other content than the record ({replayed} against {len(found)} bytes)")

    def problem(self, text: str) -> None:
        """Keep the first problems."""
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(text)

    def finish(self) -> None:
        """Everything that the node asked for must have been in the log."""
        missing = len(self._seals) + len(self._outputs) + len(self._notes)
        if missing:
            self.problem(f"the log ends while {missing} messages or outputs that the replay gives are not in it (cut short?)")


def _request_of(envelope: Envelope) -> SealRequest:
    header = envelope.header
    return SealRequest(
        origin=header.origin,
        epoch=header.epoch,
        audience=header.audience,
        world=header.world,
        delivery=header.delivery,
        sequence=header.sequence,
        time_ns=header.time_ns,
        product=header.product,
        payload=b"",
    )


def _close(expected: bytes, found: bytes) -> bool:
    try:
        return _same(msgspec.json.decode(expected), msgspec.json.decode(found))
    except msgspec.MsgspecError:
        return False


def _same(a: object, b: object) -> bool:
    if isinstance(a, int | float) and isinstance(b, int | float) and float in (type(a), type(b)):
        return abs(a - b) <= RELATIVE_TOLERANCE * max(1.0, abs(a), abs(b))
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    return a == b


def replay(path: Path, zones: Zones) -> ReplayReport:
    """Verify every hash, then play the log again and compare. Never writes, sends or signs.

    Raises PeerFault only if the log has no readable head; everything else is a problem in the report.
    """
    damaged = verify(path)
    if damaged:
        return damaged_report(damaged)
    played = Replay(zones)
    for position, record in read(path):
        played.record(position, record)
    return played.report()


def damaged_report(damaged: tuple[Problem, ...]) -> ReplayReport:
    """Return the report of a log that is not whole and was therefore not played."""
    return ReplayReport(
        records=0,
        inputs=0,
        payloads=0,
        signatures=0,
        frames_in=0,
        outputs=0,
        keys=(),
        promise="bytes",
        problems=tuple(problem.text for problem in damaged[:PROBLEMS_MAX]),
    )
