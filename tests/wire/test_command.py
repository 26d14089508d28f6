"""Persons' acts as bytes: golden, bound to the key's person, nation and world, and of no use for any other purpose."""

import hashlib
import json
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tests.sharing.samples import T0_NS
from tests.wire.keys import PUBLIC, guard_of, seal
from tocsin.errors import OperatorFault
from tocsin.guard.keys import generate_key, key_id_of, public_of
from tocsin.messages.command import Command
from tocsin.messages.people import Person
from tocsin.messages.report import JournalEntry, Report
from tocsin.wire.command import COMMAND_CONTEXT, MAX_COMMAND_BYTES, open_command, read_act, seal_command
from tocsin.wire.faults import WireFault
from tocsin.wire.seal import SIGNATURE_CONTEXT, open_frame

GOLDEN = Path(__file__).parents[1] / "reference" / "wire_v1" / "command.frame.hex"
PRIVATE = {name: generate_key(b"tocsin test person " + name.encode()) for name in ("KOR-duty-1", "KOR-duty-2", "KOR-live")}
APPROVE = Command(
    command="c-1",
    person="KOR-duty-1",
    nation="KOR",
    act="approve",
    time_ns=T0_NS,
    world="exercise",
    terminal="desk-1",
    proposal="KOR-joint-2023-08-30-1-W1-land-P1",
    digest=hashlib.sha256(b"draft").hexdigest(),
)


def person(name: str, **changes: object) -> Person:
    public = public_of(PRIVATE[name])
    entry = Person(person=name, nation="KOR", role="duty-officer", world="exercise", key_id=key_id_of(public), public_hex=public.hex())
    return msgspec.structs.replace(entry, **changes)


PEOPLE = {entry.key_id: entry for entry in (person("KOR-duty-1"), person("KOR-duty-2"))}


def sign(name: str, command: Command) -> bytes:
    key = Ed25519PrivateKey.from_private_bytes(PRIVATE[name])
    return seal_command(command, key_id_of(public_of(PRIVATE[name])), key.sign)


def refused(frame: bytes, people: dict[str, Person] | None = None, nation: str = "KOR", world: str = "exercise") -> str:
    with pytest.raises(WireFault) as caught:
        open_command(frame, PEOPLE if people is None else people, nation, world)  # type: ignore[arg-type]
    return caught.value.code


def test_the_bytes_of_an_act_are_those_on_disk() -> None:
    """Ed25519 is deterministic (RFC 8032 section 5.1.6): same key, same act, same bytes."""
    expected = bytes.fromhex(GOLDEN.read_text(encoding="ascii"))
    assert sign("KOR-duty-1", APPROVE) == expected
    assert open_command(expected, PEOPLE, "KOR", "exercise") == (APPROVE, PEOPLE[person("KOR-duty-1").key_id])


def test_the_signature_covers_the_context_and_the_bytes_as_sent() -> None:
    """Checked with the library alone: [version, key id, payload] in this order, the payload is plain JSON."""
    signed, signature = msgspec.msgpack.decode(sign("KOR-duty-1", APPROVE), type=tuple[bytes, bytes])
    Ed25519PrivateKey.from_private_bytes(PRIVATE["KOR-duty-1"]).public_key().verify(signature, b"tocsin-command-v1\x00" + signed)
    version, key_id, payload = msgspec.msgpack.decode(signed)
    assert (version, key_id) == (1, person("KOR-duty-1").key_id)
    fields = json.loads(payload)
    assert fields["act"] == "approve"
    assert set(fields) == {"command", "person", "nation", "world", "act", "time_ns", "terminal", "proposal", "digest"}


def test_a_signature_of_an_act_is_no_signature_of_an_envelope_and_the_other_way_round() -> None:
    """Two contexts: what a person signs can never be shown as a word of the nation."""
    assert COMMAND_CONTEXT != SIGNATURE_CONTEXT
    frame = sign("KOR-duty-1", APPROVE)
    with pytest.raises(WireFault):
        open_frame(frame, PUBLIC, "KOR", "exercise")
    payload = (GOLDEN.parent / "warning-JPN.json").read_bytes()
    rules = (GOLDEN.parent / "rules.toml").read_text(encoding="utf-8")
    envelope = seal(guard_of("KOR", rules=rules), "warning", payload, audience="JPN", sequence=7)
    assert refused(envelope) == "malformed"
    signed, _ = msgspec.msgpack.decode(frame, type=tuple[bytes, bytes])
    wrong = Ed25519PrivateKey.from_private_bytes(PRIVATE["KOR-duty-1"]).sign(SIGNATURE_CONTEXT + signed)
    assert refused(msgspec.msgpack.encode((signed, wrong))) == "bad-signature"


def test_world_nation_and_person_are_those_of_the_key() -> None:
    """A field that says otherwise is refused, even with a good signature."""
    assert refused(sign("KOR-duty-1", msgspec.structs.replace(APPROVE, world="live"))) == "wrong-world"
    assert refused(sign("KOR-duty-1", msgspec.structs.replace(APPROVE, nation="JPN"))) == "wrong-origin"
    assert refused(sign("KOR-duty-1", msgspec.structs.replace(APPROVE, person="KOR-duty-2"))) == "wrong-origin"
    assert refused(sign("KOR-duty-1", APPROVE), world="live") == "wrong-world"
    assert refused(sign("KOR-duty-1", APPROVE), nation="JPN") == "wrong-origin"


def test_an_exercise_key_never_opens_in_live_even_if_someone_lists_it_there() -> None:
    """Neither the act as it is nor the same act that says live."""
    live = msgspec.structs.replace(APPROVE, world="live")
    listed = {person("KOR-duty-1").key_id: person("KOR-duty-1")}
    assert refused(sign("KOR-duty-1", live), listed, world="live") == "wrong-world"
    assert refused(sign("KOR-duty-1", live), {}, world="live") == "unknown-key"


def test_unknown_key_large_act_and_later_version_have_names() -> None:
    """Each refusal says what to do."""
    assert refused(sign("KOR-live", msgspec.structs.replace(APPROVE, person="KOR-live"))) == "unknown-key"
    assert refused(b"\x00" * (MAX_COMMAND_BYTES + 1)) == "oversized"
    signed = msgspec.msgpack.encode((2, person("KOR-duty-1").key_id, b"{}"))
    assert refused(msgspec.msgpack.encode((signed, bytes(64)))) == "unknown-version"


def test_a_payload_with_a_key_twice_or_another_spelling_is_refused() -> None:
    """Two readers never see two acts in the same bytes."""
    _, _, payload = msgspec.msgpack.decode(msgspec.msgpack.decode(sign("KOR-duty-1", APPROVE))[0])
    key = Ed25519PrivateKey.from_private_bytes(PRIVATE["KOR-duty-1"])
    for changed in (payload[:-1] + b',"act":"cancel"}', payload.replace(b":", b": ", 1), payload[:-1] + b',"engage":1}'):
        signed = msgspec.msgpack.encode((1, person("KOR-duty-1").key_id, changed))
        assert refused(msgspec.msgpack.encode((signed, key.sign(COMMAND_CONTEXT + signed)))) == "malformed"


def test_every_field_of_an_act_comes_through() -> None:
    """A report and a journal entry with all their fields; what is read without verifying is the same."""
    report = Report(
        report="r-1",
        nation="KOR",
        source="press release 12:10",
        time_ns=T0_NS,
        missiles=2,
        missiles_bound="at-least",
        launch_ns=T0_NS,
        launch_lat_rad=0.6,
        launch_lon_rad=2.1,
        apogee_m=50_000.0,
        apogee_bound="at-most",
        range_m=360_000.0,
        range_bound="at-least",
        flight_s=300.0,
    )
    entry = JournalEntry(entry="e-1", time_ns=1, until_ns=2, kind="drill", nation="USA", text="bombers", source="press")
    act = msgspec.structs.replace(APPROVE, act="report", warning="W", cause="error", reason="r", report=report, entry=entry)
    assert open_command(sign("KOR-duty-1", act), PEOPLE, "KOR", "exercise")[0] == act
    assert read_act(sign("KOR-duty-1", act)) == (person("KOR-duty-1").key_id, act)


def test_an_act_that_does_not_fit_is_refused_where_it_is_made() -> None:
    """The terminal says so, not the node."""
    with pytest.raises(OperatorFault, match="reason"):
        sign("KOR-duty-1", msgspec.structs.replace(APPROVE, reason="x" * 2_001))


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_changed_byte_opens(position: int, flip: int) -> None:
    """Whatever byte is changed, the act is refused by name."""
    frame = bytearray(sign("KOR-duty-1", APPROVE))
    frame[position % len(frame)] ^= flip
    assert refused(bytes(frame))


@given(st.binary(max_size=300))
def test_no_noise_opens(noise: bytes) -> None:
    """Foreign bytes end in a WireFault and in nothing else."""
    assert refused(noise)


def test_a_number_of_missiles_that_no_computer_float_holds_is_refused_when_it_is_opened() -> None:
    """JSON has integers of any size; one of 400 digits must not reach the assessment."""
    many = Report(report="r", nation="JPN", source="s", time_ns=T0_NS, missiles=10_001)
    with pytest.raises(OperatorFault, match="missiles"):
        sign("KOR-duty-1", msgspec.structs.replace(APPROVE, act="report", report=many))
