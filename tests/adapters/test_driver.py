"""The driver: recorded and committed first, sent afterwards; what the guard denies never leaves."""

from collections import deque

import pytest

from tocsin.adapters.driver import Driver
from tocsin.adapters.store.port import Record, StoreFailed
from tocsin.errors import Refused
from tocsin.messages.basics import Now
from tocsin.messages.envelope import SealRequest
from tocsin.messages.people import Staffing
from tocsin.messages.plot import Scan
from tocsin.node.inputs import Denied, Input, ScanIn, Sealed
from tocsin.node.outputs import Batch, Seal, Send, View

NOW = Now(utc_ns=1_000, mono_ns=10)
SCAN = ScanIn(scan=Scan(sensor="R", time_ns=1_000))
REQUEST = SealRequest(
    origin="KOR", epoch=1, audience="USA", world="test", delivery="lossless", sequence=1, time_ns=1_000, product="warning", payload=b"{}"
)


class Diary:
    """One list of what happened, in order, shared by the fakes."""

    def __init__(self) -> None:
        self.entries: list[str] = []


class FakeStore:
    """A log that writes into the diary; fails at commit if told to."""

    def __init__(self, diary: Diary, *, fails: bool = False) -> None:
        self.diary = diary
        self.fails = fails

    def append(self, records: tuple[Record, ...]) -> int:
        self.diary.entries += [f"append {record.kind}" for record in records]
        return len(records)

    def commit(self) -> int:
        if self.fails:
            raise StoreFailed("disk gone")
        self.diary.entries.append("commit")
        return 0

    def close(self) -> None:
        self.diary.entries.append("close")


class FakeEndpoint:
    """A link that writes into the diary."""

    def __init__(self, diary: Diary) -> None:
        self.diary = diary

    def send(self, to: str, frame: bytes) -> None:
        self.diary.entries.append(f"send {to} {frame.decode()}")


class ScriptedNode:
    """Answers inputs from a script and remembers them."""

    def __init__(self, batches: list[Batch]) -> None:
        self.batches = deque(batches)
        self.inputs: list[Input] = []

    def handle(self, item: Input, now: Now) -> Batch:
        assert now == NOW
        self.inputs.append(item)
        return self.batches.popleft() if self.batches else Batch()


def feed(subject: Driver, item: Input) -> None:
    subject.take(item, NOW)
    subject.flush()


def driver(node: ScriptedNode, diary: Diary, *, signer: object = None, fails: bool = False) -> Driver:
    def sign(request: SealRequest) -> bytes:
        return b"signed"

    return Driver(node, signer or sign, FakeStore(diary, fails=fails), FakeEndpoint(diary), lambda: 0.0)  # type: ignore[arg-type]  # fakes


def test_everything_is_recorded_and_committed_before_anything_is_sent() -> None:
    """Scan, then the sealed frame, then one commit, then the frame leaves."""
    diary = Diary()
    node = ScriptedNode([Batch(seals=(Seal(next_hop="USA", request=REQUEST),)), Batch(sends=(Send(neighbour="USA", frame=b"signed"),))])
    feed(driver(node, diary), SCAN)
    assert diary.entries == ["append scan", "append sealed", "commit", "send USA signed"]
    assert node.inputs[1] == Sealed(next_hop="USA", frame=b"signed")


def test_an_input_that_sends_nothing_waits_for_the_next_group_commit() -> None:
    """A quiet scan costs no disk sync of its own."""
    diary = Diary()
    feed(driver(ScriptedNode([]), diary), SCAN)
    assert diary.entries == ["append scan"]


def test_a_denial_is_recorded_and_given_back_to_the_node_and_nothing_leaves() -> None:
    """The guard's no is an input like any other."""

    def refuse(request: SealRequest) -> bytes:
        raise Refused(f"not {request.product}")

    diary = Diary()
    node = ScriptedNode([Batch(seals=(Seal(next_hop="USA", request=REQUEST),))])
    feed(driver(node, diary, signer=refuse), SCAN)
    assert diary.entries == ["append scan", "append denied"]
    assert node.inputs[1] == Denied(code="guard-denied", text="not warning")


def test_when_the_disk_fails_nothing_is_sent() -> None:
    """Save, then send: no save, no send."""
    diary = Diary()
    node = ScriptedNode([Batch(sends=(Send(neighbour="USA", frame=b"frame"),))])
    with pytest.raises(StoreFailed):
        feed(driver(node, diary, fails=True), SCAN)
    assert not [entry for entry in diary.entries if entry.startswith("send")]


def test_outputs_and_notes_stand_in_the_log_behind_the_input_that_caused_them() -> None:
    """An auditor finds cause before effect."""
    diary = Diary()
    feed(driver(ScriptedNode([Batch(outputs=(b"one", b"two"))]), diary), SCAN)
    assert diary.entries == ["append scan", "append output", "append output"]


def test_inputs_that_came_together_share_one_commit() -> None:
    """Group commit: two frames, one disk sync, then both answers leave."""
    diary = Diary()
    node = ScriptedNode([Batch(sends=(Send(neighbour="USA", frame=b"a"),)), Batch(sends=(Send(neighbour="USA", frame=b"b"),))])
    subject = driver(node, diary)
    subject.take(SCAN, NOW)
    subject.take(SCAN, NOW)
    subject.flush()
    assert diary.entries == ["append scan", "append scan", "commit", "send USA a", "send USA b"]


def test_a_lossless_message_is_committed_even_if_nothing_leaves() -> None:
    """Its acknowledgement will say that it is on disk."""
    diary = Diary()
    feed(driver(ScriptedNode([Batch(durable=True)]), diary), SCAN)
    assert diary.entries == ["append scan", "commit"]


def test_a_release_is_shown_only_after_its_record_is_on_disk() -> None:
    """Save, then say: until the commit nobody reads that something was released, and a failed disk says nothing."""
    shown = Staffing(nation="KOR", world="test", time_ns=0, present=(), supervisor=False, persons=2, at_limit="hold", maintenance=False)
    view = View(picture="joint", source="KOR", time_ns=0, item=shown)
    batch = Batch(outputs=(b"released",), releases=(view,), durable=True)
    diary = Diary()
    subject = driver(ScriptedNode([batch]), diary)
    step = subject.take(SCAN, NOW)
    assert (step.views, subject.released()) == ((), ())
    subject.flush()
    assert diary.entries == ["append scan", "append output", "commit"]
    assert subject.released() == (view,)
    assert subject.released() == ()
    failing = driver(ScriptedNode([batch]), diary, fails=True)
    failing.take(SCAN, NOW)
    with pytest.raises(StoreFailed):
        failing.flush()
    assert failing.released() == ()
