"""The node against frames that a partner or somebody else could send: refused by name, counted, and no harm to other links."""

import msgspec
import pytest

from tests.sharing.samples import RECEIPT, T0_NS, TRACK, WARNING, policy_of, rules_text
from tocsin.geography import Zones, load_zones
from tocsin.guard.guard import Guard
from tocsin.guard.keys import generate_key, key_id_of, public_of
from tocsin.messages.basics import Now
from tocsin.messages.envelope import PublicKey
from tocsin.messages.release import Release
from tocsin.node.config import NodeConfig, Route
from tocsin.node.inputs import Denied, FrameIn, Sealed, Tick
from tocsin.node.link import EPOCHS_MAX
from tocsin.node.node import RECEIPT_NS, Node
from tocsin.node.outputs import Batch
from tocsin.wire.codec import encode_payloads
from tocsin.wire.seal import read_header

NATIONS = ("KOR", "JPN", "USA")
PRIVATE = {nation: generate_key(nation.encode()) for nation in NATIONS}
KEYS = tuple(
    PublicKey(nation=nation, key_id=key_id_of(public_of(key)), public_hex=public_of(key).hex(), world="exercise")
    for nation, key in PRIVATE.items()
)
ROUTES = {"KOR": {"JPN": "USA", "USA": "USA"}, "JPN": {"KOR": "USA", "USA": "USA"}, "USA": {"KOR": "KOR", "JPN": "JPN"}}


@pytest.fixture(scope="module")
def zones() -> Zones:
    """The packaged zones, loaded once."""
    return load_zones()


def node(nation: str, zones: Zones) -> Node:
    config = NodeConfig(
        nation=nation,
        world="exercise",
        epoch=1,
        nations=NATIONS,
        routes=tuple(Route(destination=to, next_hop=hop) for to, hop in ROUTES[nation].items()),
        sensors=(),
        policy=policy_of(nation),
        keys=KEYS,
    )
    return Node(config, zones)


def guard(nation: str) -> Guard:
    return Guard(nation, "exercise", rules_text(nation), PRIVATE[nation], key_id_of(public_of(PRIVATE[nation])))


def now(seconds: float = 0.0) -> Now:
    return Now(utc_ns=T0_NS + round(seconds * 1e9), mono_ns=round(seconds * 1e9))


def warning_frame(*, epoch: int = 1, sequence: int = 1, audience: str = "USA") -> bytes:
    """A warning of Korea, sealed by Korea's own guard."""
    rule = next(rule for rule in policy_of("KOR").rules if rule.product == "warning" and rule.partner == audience)
    item = msgspec.structs.replace(WARNING, origin="KOR", world="exercise", time_ns=T0_NS)
    payload = encode_payloads(Release(product="warning", audience=audience, rule=rule.rule, items=(item,)))[0]
    return guard("KOR").seal(
        origin="KOR",
        epoch=epoch,
        audience=audience,
        world="exercise",
        delivery="lossless",
        sequence=sequence,
        time_ns=T0_NS,
        product="warning",
        payload=payload,
    )


def codes(batch: Batch) -> list[str]:
    return [note.code for note in batch.notes]


def test_a_good_warning_is_shown_and_answered_with_a_receipt(zones: Zones) -> None:
    """The receipt is asked for in the same batch; the message must be on disk soon."""
    batch = node("USA", zones).handle(FrameIn(neighbour="KOR", frame=warning_frame()), now(0.1))
    assert [view.source for view in batch.views] == ["KOR"]
    assert batch.durable
    assert batch.seals[0].request.product == "receipt"


@pytest.mark.parametrize("flip", [3, 40, -1])
def test_a_flipped_bit_is_refused_by_name_and_nothing_follows(zones: Zones, flip: int) -> None:
    """Neither header nor payload nor signature can be changed on the way."""
    frame = bytearray(warning_frame())
    frame[flip] ^= 1
    subject = node("USA", zones)
    batch = subject.handle(FrameIn(neighbour="KOR", frame=bytes(frame)), now(0.1))
    assert codes(batch)
    assert (batch.views, batch.seals, subject.counts().refused) == ((), (), 1)


def test_the_same_frame_twice_is_taken_once(zones: Zones) -> None:
    """A repetition is no second warning and asks for no second receipt."""
    subject = node("USA", zones)
    subject.handle(FrameIn(neighbour="KOR", frame=warning_frame()), now(0.1))
    subject.handle(Denied(code="test", text="nothing leaves here"), now(0.1))
    again = subject.handle(FrameIn(neighbour="KOR", frame=warning_frame()), now(0.2))
    assert (again.views, again.seals, again.notes) == ((), (), ())


def test_a_partner_that_speaks_in_many_epochs_cannot_grow_the_heartbeat_of_another_link(zones: Zones) -> None:
    """Marks stay few: one epoch per origin and audience is listened to, the newest, and only so many are believed."""
    subject = node("USA", zones)
    frames = [warning_frame(epoch=epoch, audience="JPN") for epoch in range(1, 71)]
    refused = [codes(subject.handle(FrameIn(neighbour="KOR", frame=frame), now(0.1))) for frame in frames]
    assert refused[:EPOCHS_MAX] == [[]] * EPOCHS_MAX
    assert refused[EPOCHS_MAX:] == [["too-many-epochs"]] * (70 - EPOCHS_MAX)
    stale = subject.handle(FrameIn(neighbour="KOR", frame=warning_frame(epoch=1, audience="JPN")), now(0.2))
    assert codes(stale) == ["stale-epoch"]
    batch = subject.handle(Tick(), now(1.0))
    marks = []
    while batch.seals:
        request = batch.seals[0].request
        marks.append(len(msgspec.json.decode(request.payload)["items"][0]["marks"]))
        frame = guard("USA").seal(**msgspec.structs.asdict(request))
        batch = subject.handle(Sealed(next_hop=ROUTES["USA"][request.audience], frame=frame), now(1.0))
    assert len(marks) == 2
    assert max(marks) <= EPOCHS_MAX


def test_a_message_for_somebody_without_a_way_is_left_with_the_neighbour(zones: Zones) -> None:
    """Japan is no hub: what is not for it is not taken, so it is never acknowledged."""
    subject = node("JPN", zones)
    batch = subject.handle(FrameIn(neighbour="USA", frame=warning_frame(audience="USA")), now(0.1))
    assert codes(batch) == ["relay-refused"]
    assert batch.sends == ()


def test_a_hub_forwards_the_very_bytes(zones: Zones) -> None:
    """It reads the address and changes nothing."""
    frame = warning_frame(audience="JPN")
    batch = node("USA", zones).handle(FrameIn(neighbour="KOR", frame=frame), now(0.1))
    assert [(send.neighbour, send.frame) for send in batch.sends] == [("JPN", frame)]
    assert batch.views == ()


def test_a_stranger_s_frame_is_refused(zones: Zones) -> None:
    """Only neighbours are listened to."""
    assert codes(node("KOR", zones).handle(FrameIn(neighbour="JPN", frame=warning_frame()), now())) == ["unknown-neighbour"]


def test_a_denied_message_leaves_no_hole_in_its_stream(zones: Zones) -> None:
    """The number that the guard did not sign is used by the next message."""
    subject = node("USA", zones)
    first = subject.handle(FrameIn(neighbour="KOR", frame=warning_frame(sequence=1)), now(0.1))
    assert first.seals[0].request.sequence == 1
    subject.handle(Denied(code="test", text="no"), now(0.1))
    second = subject.handle(FrameIn(neighbour="KOR", frame=warning_frame(sequence=2)), now(0.2))
    assert second.seals[0].request.sequence == 1


def test_a_lossless_message_without_receipt_is_alarmed_once(zones: Zones) -> None:
    """The origin says by itself that its word may not have arrived."""
    subject = node("USA", zones)
    batch = subject.handle(FrameIn(neighbour="KOR", frame=warning_frame()), now(0.1))
    request = batch.seals[0].request
    subject.handle(Sealed(next_hop="KOR", frame=guard("USA").seal(**msgspec.structs.asdict(request))), now(0.1))
    late = RECEIPT_NS / 1e9 + 1.0
    assert codes(subject.handle(Tick(), now(late))).count("no-receipt") == 1
    assert "no-receipt" not in codes(subject.handle(Tick(), now(late + 5.0)))


def test_an_invented_receipt_changes_no_count(zones: Zones) -> None:
    """A receipt counts only for a message that was sent and is still open."""
    subject = node("KOR", zones)
    rule = next(rule for rule in policy_of("USA").rules if rule.product == "receipt" and rule.partner == "KOR")
    forged = msgspec.structs.replace(RECEIPT, origin="KOR", recipient="USA", epoch=1, sequence=99, received_ns=T0_NS)
    payload = encode_payloads(Release(product="receipt", audience="KOR", rule=rule.rule, items=(forged,)))[0]
    frame = guard("USA").seal(
        origin="USA",
        epoch=1,
        audience="KOR",
        world="exercise",
        delivery="lossless",
        sequence=1,
        time_ns=T0_NS,
        product="receipt",
        payload=payload,
    )
    subject.handle(FrameIn(neighbour="USA", frame=frame), now(0.1))
    assert subject.counts().acknowledged == 0


def test_the_header_that_routes_is_the_one_that_was_signed() -> None:
    """There is no address beside the signed bytes."""
    header = read_header(warning_frame(audience="JPN"))
    assert (header.origin, header.audience, TRACK.nation) == ("KOR", "JPN", "KOR")
