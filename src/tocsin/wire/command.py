"""A person's act as signed bytes: sealed with a signer that somebody else holds, opened with the person's public key.

Frame: MessagePack [signed bytes, 64-byte signature]. Signed bytes: MessagePack array [version, key_id, payload], the payload is the
JSON of ``CommandV1``. The Ed25519 signature (RFC 8032) covers ``COMMAND_CONTEXT`` followed by the signed bytes, so that no signature
of an envelope fits here and none from here fits an envelope. World, nation and person are those of the key; what the payload says of
them must agree. No private key is ever here. Whether an act was seen before, or is too old, is the node's question.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Final, Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tocsin.errors import OperatorFault, OurFault
from tocsin.messages.basics import Nation, World
from tocsin.messages.command import Command
from tocsin.messages.people import Person
from tocsin.wire.faults import WireFault

COMMAND_VERSION: Final = 1
COMMAND_CONTEXT: Final = b"tocsin-command-v1\x00"
SIGNATURE_BYTES: Final = 64
MOST_MISSILES: Final = 10_000  # in a report: far above any salvo (as ``sharing.sound``), and every figure of it fits a float
MAX_COMMAND_BYTES: Final = 16 * 1024  # a reason and a journal entry of some thousand characters; a larger one is no act of a person

_Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,95}\Z")]
_Short = Annotated[str, msgspec.Meta(max_length=128)]
_Text = Annotated[str, msgspec.Meta(max_length=2_000)]
_Nation = Annotated[str, msgspec.Meta(pattern=r"^([A-Z][A-Z0-9]{1,7})?\Z")]
_Time = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=MOST_MISSILES)]
_KeyId = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}\Z")]
_BoundV1 = Literal["exact", "about", "at-least", "at-most"]


class ReportV1(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A nation's figures, as a person entered them."""

    report: _Id
    nation: _Nation
    source: _Text
    time_ns: _Time
    missiles: _Count | None = None
    missiles_bound: _BoundV1 = "exact"
    launch_ns: _Time | None = None
    launch_lat_rad: float | None = None
    launch_lon_rad: float | None = None
    apogee_m: float | None = None
    apogee_bound: _BoundV1 = "about"
    range_m: float | None = None
    range_bound: _BoundV1 = "about"
    flight_s: float | None = None


class EntryV1(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """An entry of the context journal."""

    entry: _Id
    time_ns: _Time
    kind: Literal["drill", "statement", "flight", "other"]
    text: _Text
    source: _Text
    until_ns: _Time | None = None
    nation: _Nation = ""


class CommandV1(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """An act, version 1, frozen: fields are only ever added, optional, in a later version."""

    command: _Id
    person: _Id
    nation: _Nation
    world: Literal["live", "exercise", "test"]
    act: Literal[
        "confirm",
        "cancel",
        "all-clear",
        "approve",
        "reject",
        "sign-on",
        "sign-off",
        "maintenance-on",
        "maintenance-off",
        "drill-start",
        "drill-end",
        "report",
        "journal",
    ]
    time_ns: _Time
    terminal: _Short = ""
    warning: _Short | None = None
    proposal: _Short | None = None
    digest: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")] | None = None
    cause: Literal["error", "threat-over", "outside-area"] | None = None
    reason: _Text = ""
    report: ReportV1 | None = None
    entry: EntryV1 | None = None


_FRAMES: Final = msgspec.msgpack.Decoder(tuple[bytes, bytes])
_SIGNED: Final = msgspec.msgpack.Decoder(tuple[int, _KeyId, bytes])
_PAYLOAD: Final = msgspec.json.Decoder(CommandV1)


def seal_command(command: Command, key_id: str, sign: Callable[[bytes], bytes]) -> bytes:
    """Return the signed frame of an act.

    Args:
        command: the act; its world, nation and person must be those of the key.
        key_id: 16 hexadecimal digits of the person's key.
        sign: makes the 64-byte Ed25519 signature over the bytes it is given, with the person's own key.

    Raises OperatorFault if a field does not fit (an id, a text that is too long).
    """
    try:
        payload = msgspec.json.encode(msgspec.convert(command, CommandV1, from_attributes=True))
    except msgspec.ValidationError as problem:
        raise OperatorFault(f"command {command.command[:100]!r}: {problem}; correct that field") from problem
    signed = msgspec.msgpack.encode((COMMAND_VERSION, key_id, payload))
    frame = msgspec.msgpack.encode((signed, sign(COMMAND_CONTEXT + signed)))
    if len(frame) > MAX_COMMAND_BYTES:
        raise OperatorFault(f"command {command.command}: expected at most {MAX_COMMAND_BYTES} bytes, came {len(frame)}; shorten its texts")
    return frame


def open_command(frame: bytes, people: Mapping[str, Person], nation: Nation, world: World) -> tuple[Command, Person]:
    """Return the verified act and whose it is; nation, world, person and role are those of the key.

    Args:
        frame: the exact bytes received.
        people: the nation's persons by key id.
        nation: this nation.
        world: this process's world.

    Raises WireFault: oversized, malformed, unknown-version, unknown-key, bad-signature, wrong-world, wrong-origin.
    """
    key_id, payload, signed, signature = _parse(frame)
    person = people.get(key_id)
    if person is None:
        text = f"expected the key of one of {len(people)} persons of {nation}, got {key_id}; enter the person in the configuration first"
        raise WireFault("unknown-key", text)
    _verify(person, signature, signed)
    act = _act(payload)
    if person.world != world or act.world != person.world:
        text = f"expected an act in world {world}, got one in world {act.world} with a key for {person.world}; sign on in the right world"
        raise WireFault("wrong-world", text)
    if person.nation != nation or act.nation != person.nation:
        raise WireFault("wrong-origin", f"expected an act for {nation}, got one for {act.nation} with a key of {person.nation}")
    if act.person != person.person:
        raise WireFault("wrong-origin", f"expected an act of {person.person}, whose key signed it, got one that names {act.person}")
    return msgspec.convert(act, Command, from_attributes=True), person


def read_act(frame: bytes) -> tuple[str, Command]:
    """Return (key id, act) of a frame WITHOUT verifying it: good for counting and searching a log, for nothing else.

    Raises WireFault: oversized, malformed, unknown-version.
    """
    key_id, payload, _, _ = _parse(frame)
    return key_id, msgspec.convert(_act(payload), Command, from_attributes=True)


def _parse(frame: bytes) -> tuple[str, bytes, bytes, bytes]:
    """Return key id, payload, signed bytes and signature of a well-formed frame."""
    if len(frame) > MAX_COMMAND_BYTES:
        raise WireFault("oversized", f"expected a command of at most {MAX_COMMAND_BYTES} bytes, got {len(frame)}")
    try:
        signed, signature = _FRAMES.decode(frame)
        version, key_id, payload = _SIGNED.decode(signed)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise WireFault("malformed", f"expected [[version, key id, payload], signature]: {error}") from error
    if version != COMMAND_VERSION:
        raise WireFault("unknown-version", f"expected command version {COMMAND_VERSION}, got {version}; upgrade this node")
    if len(signature) != SIGNATURE_BYTES or msgspec.msgpack.encode((signed, signature)) != frame:
        raise WireFault("malformed", "expected a 64-byte signature and the shortest encoding, got another")
    return key_id, payload, signed, signature


def _act(payload: bytes) -> CommandV1:
    """Return the act of a payload; one way to write it only, so that two readers never see two acts."""
    try:
        act = _PAYLOAD.decode(payload)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise WireFault("malformed", f"expected an act of version {COMMAND_VERSION}: {error}") from error
    if msgspec.json.encode(act) != payload:
        raise WireFault("malformed", "expected the shortest encoding of an act, got another")
    return act


def _verify(person: Person, signature: bytes, signed: bytes) -> None:
    """Raise WireFault unless the person's key made this signature."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(person.public_hex))
    except ValueError as error:
        raise OurFault(f"public key of {person.person}: expected 32 bytes in hexadecimal: {error}. Check the configuration") from error
    try:
        key.verify(signature, COMMAND_CONTEXT + signed)
    except InvalidSignature as error:
        text = f"the signature of {person.person} does not cover these bytes; they were changed or forged"
        raise WireFault("bad-signature", text) from error
