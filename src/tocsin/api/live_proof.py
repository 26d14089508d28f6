"""Proof that a live log holds nothing of a drill: every record is read, and what it says of its world is looked at.

Cause: on 4 October 2022 people were alerted on islands that only an old drill's area list named. So it is not enough that a record says
"live": areas of drafts must come from a warning of the same log, and no text, digest, frame or key of the drill may be there.
Read only; nothing is repaired here.
"""

import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import Final, cast

import msgspec

from tocsin.adapters.records import Head, decode_head, decode_input
from tocsin.adapters.store.port import Record
from tocsin.adapters.store.reading import last_hash, read, verify
from tocsin.errors import PeerFault, TocsinError
from tocsin.messages.basics import Note, World
from tocsin.messages.command import Command
from tocsin.messages.envelope import PublicKey
from tocsin.messages.people import Person, Staffing
from tocsin.messages.public import Proposal
from tocsin.messages.warning import Warning
from tocsin.node.inputs import CommandIn, FrameIn, Sealed
from tocsin.node.selfcheck import StoreFacts
from tocsin.warning.texts import MARKS
from tocsin.wire.command import open_command, read_act
from tocsin.wire.seal import open_frame, read_header

FINDINGS_MAX: Final = 50  # the first ones tell where to look
FRAMES_TRIED_MAX: Final = 2_000  # of a drill's signed frames and acts per kind: each is tried against every live log
MARKED: Final = re.compile(rf"\b({'|'.join(mark for mark in MARKS.values() if mark)})\b")
DRILL_NOTES: Final = ("drill-start", "drill-end")


class DrillTraces(msgspec.Struct, frozen=True, kw_only=True):
    """What a drill left in its own logs, by which it would be known elsewhere."""

    keys: frozenset[str]  # public keys (hexadecimal) of nodes and persons
    digests: frozenset[str]
    texts: frozenset[str]
    frames: tuple[bytes, ...]  # signed envelopes
    acts: tuple[bytes, ...]  # signed acts
    hashes: frozenset[str]  # SHA-256 of both


class LiveProof(msgspec.Struct, frozen=True, kw_only=True):
    """One live log: what was looked at, and what does not belong there."""

    path: str
    records: int
    kinds: tuple[tuple[str, int], ...]
    drafts: int
    areas: tuple[str, ...]  # every area that a draft of this log names
    last_hash: str
    keys_tried: int
    frames_tried: int
    findings: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Nothing of a drill was found."""
        return not self.findings


def traces_of(logs: tuple[Path, ...]) -> DrillTraces:
    """Return the traces of a drill from its own logs."""
    keys: set[str] = set()
    digests: set[str] = set()
    texts: set[str] = set()
    frames: list[bytes] = []
    acts: list[bytes] = []
    for path in logs:
        for _, record in read(path):
            if record.kind == "head":
                config = decode_head(record.body).config
                keys |= {key.public_hex for key in config.keys} | {person.public_hex for person in config.people}
            elif record.kind == "output":
                proposal = _item(record, Proposal)
                if isinstance(proposal, Proposal):
                    digests.add(proposal.digest)
                    texts.add(proposal.text)
            elif record.kind in ("sealed", "command", "envelope-in"):
                item = decode_input(record.kind, record.body)
                if isinstance(item, CommandIn):
                    acts.append(item.frame)
                elif isinstance(item, Sealed):
                    frames.append(item.frame)
    hashes = frozenset(hashlib.sha256(frame).hexdigest() for frame in (*frames, *acts))
    return DrillTraces(
        keys=frozenset(keys), digests=frozenset(digests), texts=frozenset(texts), frames=tuple(frames), acts=tuple(acts), hashes=hashes
    )


def store_facts(path: Path) -> StoreFacts:
    """Return the world of a log's last head and the drill that was started in it and not ended, for the self-check at a start."""
    world: World | None = None
    drill = ""
    for _, record in read(path):
        if record.kind == "head":
            world = decode_head(record.body).config.world
        elif record.kind == "output":
            staffing = _item(record, Staffing)
            if isinstance(staffing, Staffing):
                drill = staffing.drill
    return StoreFacts(world=world, drill=drill)


def prove_live(path: Path, traces: DrillTraces) -> LiveProof:
    """Read every record of a live log and return what does not belong there. Raises OperatorFault if it cannot be read at all."""
    proof = _Proof(traces)
    for problem in verify(path, closed=False):
        proof.find(problem.position or 0, f"the log is not whole: {problem.text}")
    if not proof.findings:
        for position, record in read(path):
            proof.record(position, record)
        proof.finish()
    return LiveProof(
        path=str(path),
        records=sum(proof.kinds.values()),
        kinds=tuple(sorted(proof.kinds.items())),
        drafts=proof.drafts,
        areas=tuple(sorted(proof.areas)),
        last_hash=last_hash(path).hex() if not any("not whole" in finding for finding in proof.findings) else "",
        keys_tried=len(traces.keys),
        frames_tried=proof.tried,
        findings=tuple(proof.findings),
    )


class _Proof:
    """Goes through one log once."""

    def __init__(self, traces: DrillTraces) -> None:
        self.kinds: Counter[str] = Counter()
        self.drafts = 0
        self.areas: set[str] = set()
        self.findings: list[str] = []
        self.tried = 0
        self._traces = traces
        self._heads: list[Head] = []
        self._named: dict[str, set[str]] = {}  # warning -> areas that any of its revisions names

    def find(self, position: int, text: str) -> None:
        """Keep the first findings."""
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(f"record {position}: {text}")

    def record(self, position: int, record: Record) -> None:
        """Look at one record."""
        self.kinds[record.kind] += 1
        try:
            if record.kind == "head":
                self._head(position, decode_head(record.body))
            elif record.kind in ("envelope-in", "sealed", "command"):
                self._frame(position, record)
            elif record.kind == "output":
                self._output(position, record)
            elif record.kind == "note":
                self._note(position, record)
            elif record.kind in ("scan", "denied", "tick"):
                self._words(position, msgspec.to_builtins(decode_input(record.kind, record.body)))
        except (PeerFault, msgspec.MsgspecError) as problem:
            self.find(position, f"a {record.kind} that cannot be read, so nothing is proven of it: {problem}")

    def finish(self) -> None:
        """Try every key and every signed word of the drill against what this log's nodes would accept."""
        if not self._heads:
            self.find(0, "the log has no head: its world is unknown")
            return
        for head in self._heads:
            known = {key.key_id: key for key in head.config.keys}
            people = {person.key_id: person for person in head.config.people}
            for frame in self._traces.frames[:FRAMES_TRIED_MAX]:
                self._try_frame(head, known, frame)
            for act in self._traces.acts[:FRAMES_TRIED_MAX]:
                self._try_act(head, people, act)

    def _try_frame(self, head: Head, known: dict[str, PublicKey], frame: bytes) -> None:
        self.tried += 1
        try:
            open_frame(frame, known, head.config.nation, "live", relay=True)
        except TocsinError:
            return
        self.find(0, f"a signed word of the drill opens in live: {read_header(frame).product} of {read_header(frame).origin}")

    def _try_act(self, head: Head, people: dict[str, Person], act: bytes) -> None:
        self.tried += 1
        try:
            command, _ = open_command(act, people, head.config.nation, "live")
        except TocsinError:
            return
        self.find(0, f"an act of the drill opens in live: {command.act} of {command.person}")

    def _head(self, position: int, head: Head) -> None:
        self._heads.append(head)
        config = head.config
        if config.world != "live":
            self.find(position, f"the head is of world {config.world}")
        for name, world, public in (
            *((f"key {key.key_id} of {key.nation}", key.world, key.public_hex) for key in config.keys),
            *((f"key of {person.person}", person.world, person.public_hex) for person in config.people),
        ):
            if world != "live":
                self.find(position, f"{name} is for world {world}")
            if public in self._traces.keys:
                self.find(position, f"{name} is a key of the drill")

    def _frame(self, position: int, record: Record) -> None:
        item = decode_input(record.kind, record.body)
        if isinstance(item, CommandIn):
            frame = item.frame
            self._command(position, read_act(frame)[1])
        elif isinstance(item, FrameIn | Sealed):
            frame = item.frame
            world = read_header(frame).world
            if world != "live":
                self.find(position, f"an envelope of world {world} ({record.kind})")
        else:
            return
        if hashlib.sha256(frame).hexdigest() in self._traces.hashes:
            self.find(position, f"signed bytes of the drill ({record.kind})")
        if mark := MARKED.search(frame.decode("utf-8", "ignore")):
            self.find(position, f"the mark {mark[0]} in signed bytes ({record.kind})")

    def _command(self, position: int, command: Command) -> None:
        if command.world != "live":
            self.find(position, f"an act of world {command.world}: {command.act} of {command.person}")
        if command.act in DRILL_NOTES:
            self.find(position, f"{command.act} of {command.person}: drills do not exist in live")

    def _output(self, position: int, record: Record) -> None:
        """Look at an event, warning, draft or staffing as it was recorded."""
        self._words(position, msgspec.json.decode(record.body))
        warning = _item(record, Warning)
        if isinstance(warning, Warning):
            named = self._named.setdefault(warning.warning, set())
            named |= {area.area for area in warning.areas} | {zone for zone, _ in warning.zones}
            named |= {f"land:{nation}" for nation in warning.land_alert}
        proposal = _item(record, Proposal)
        if isinstance(proposal, Proposal):
            self.drafts += 1
            self.areas |= set(proposal.areas)
            if proposal.digest in self._traces.digests or proposal.text in self._traces.texts:
                self.find(position, f"draft {proposal.proposal} has the text or digest of a draft of the drill")
            strange = [area for area in proposal.areas if area not in self._named.get(proposal.warning, set())]
            if strange:
                text = f"draft {proposal.proposal} names {', '.join(strange)}, which no revision of {proposal.warning} names"
                self.find(position, f"{text}: an area list from elsewhere")

    def _note(self, position: int, record: Record) -> None:
        note = msgspec.msgpack.decode(record.body, type=Note)
        if note.code in DRILL_NOTES:
            self.find(position, f"a note {note.code}: {note.text}")
        self._words(position, note.text)

    def _words(self, position: int, value: object, key: str = "") -> None:
        """Look at every world and every text inside a value."""
        if isinstance(value, dict):
            for name, inner in cast("dict[str, object]", value).items():
                self._words(position, inner, name)
        elif isinstance(value, list | tuple):
            for inner in cast("list[object]", value):
                self._words(position, inner, key)
        elif isinstance(value, str):
            if key == "world" and value != "live":
                self.find(position, f"something of world {value}")
            elif key == "drill" and value:
                self.find(position, f"drill {value} is on")
            elif mark := MARKED.search(value):
                self.find(position, f"the mark {mark[0]} in a text: {value[:80]!r}")


def _item(record: Record, kind: type[Warning | Proposal | Staffing]) -> object:
    """Return a recorded output as a message of this kind, None if it is another."""
    marker = {Warning: b'"headline"', Proposal: b'"digest"', Staffing: b'"supervisor"'}[kind]
    if marker not in record.body:
        return None
    try:
        return msgspec.json.decode(record.body, type=tuple[str, kind])[1]  # type: ignore[valid-type]  # one of three
    except msgspec.ValidationError:
        return None
