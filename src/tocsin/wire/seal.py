"""Open signed frames: whose words are these, to whom, in which world, unchanged? Signing is the guard's alone.

Frame: MessagePack [signed bytes, 64-byte signature]. Signed bytes: MessagePack array [version, origin, epoch, audience,
world, delivery, sequence, key_id, time_ns, product, payload]. The Ed25519 signature (RFC 8032) covers ``SIGNATURE_CONTEXT``
followed by the signed bytes exactly as sent; they are never encoded anew. Replay is the link's question, not asked here.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tocsin.errors import OurFault
from tocsin.messages.basics import DeliveryClass, Nation, Product, World
from tocsin.messages.envelope import Envelope, Header, PublicKey
from tocsin.wire.codec import MAX_PAYLOAD_BYTES
from tocsin.wire.faults import WireFault

ENVELOPE_VERSION: Final = 1
SIGNATURE_CONTEXT: Final = b"tocsin-envelope-v1\x00"  # so that no signature made for another purpose fits here
SIGNATURE_BYTES: Final = 64
MAX_FRAME_BYTES: Final = MAX_PAYLOAD_BYTES + 512  # header and signature take at most 260 bytes

_Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Z][A-Z0-9]{1,7}\Z")]
_Natural = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Positive = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
_KeyId = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}\Z")]
_Signed = tuple[
    int, _Name, _Natural, _Name, World, DeliveryClass, _Positive, _KeyId, _Natural, Product, bytes
]  # in the order of the docstring above

_FRAMES: Final = msgspec.msgpack.Decoder(tuple[bytes, bytes])
_SIGNED: Final = msgspec.msgpack.Decoder(_Signed)
_VERSIONED: Final = msgspec.msgpack.Decoder(list[msgspec.Raw])


def read_header(frame: bytes) -> Header:
    """Return the header of a frame WITHOUT verifying it: good for routing and counting, for nothing else.

    Raises WireFault: oversized, malformed, unknown-version.
    """
    return _parse(frame)[0]


def open_frame(
    frame: bytes,
    keys: Mapping[str, PublicKey],
    expected_audience: Nation,
    world: World,
    *,
    relay: bool = False,
) -> Envelope:
    """Return the verified envelope of a frame.

    Args:
        frame: the exact bytes received.
        keys: known public keys by key id.
        expected_audience: this nation; not compared when ``relay`` is set.
        world: this process's world.
        relay: the frame is only passed on: signature, origin and world are checked, the audience is not.

    Raises WireFault: oversized, malformed, unknown-version, unknown-key, wrong-origin, wrong-world, bad-signature,
    wrong-audience.
    """
    header, signed, signature, payload = _parse(frame)
    key = keys.get(header.key_id)
    if key is None:
        raise WireFault("unknown-key", f"expected one of {len(keys)} known keys, got {header.key_id}; exchange keys with {header.origin}")
    if key.nation != header.origin:
        raise WireFault("wrong-origin", f"key {header.key_id} belongs to {key.nation}, but the frame says it comes from {header.origin}")
    if header.world != world or key.world != world:
        raise WireFault("wrong-world", f"expected world {world}, got frame {header.world} with a key for {key.world}")
    _verify(key, signature, signed)
    if header.audience != expected_audience and not relay:
        raise WireFault("wrong-audience", f"expected words for {expected_audience}, got words for {header.audience}")
    return Envelope(header=header, payload=payload, frame=frame)


def _verify(key: PublicKey, signature: bytes, signed: bytes) -> None:
    try:
        _public_key(key.public_hex).verify(signature, SIGNATURE_CONTEXT + signed)
    except InvalidSignature as error:
        text = f"the signature of key {key.key_id} does not cover these bytes; they were changed or forged"
        raise WireFault("bad-signature", text) from error


@lru_cache(maxsize=64)
def _public_key(public_hex: str) -> Ed25519PublicKey:
    """Return the key object; pure, and remembered because three partners' keys open every frame."""
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_hex))
    except ValueError as error:
        raise OurFault(f"public key {public_hex[:16]!r}...: expected 32 bytes in hexadecimal: {error}. Check the key list") from error


@lru_cache(maxsize=64)  # the same bytes are looked at when they are sealed, sent and opened; what is malformed is not remembered
def _parse(frame: bytes) -> tuple[Header, bytes, bytes, bytes]:
    """Return header, signed bytes, signature and payload of a well-formed frame."""
    if len(frame) > MAX_FRAME_BYTES:
        raise WireFault("oversized", f"expected a frame of at most {MAX_FRAME_BYTES} bytes, got {len(frame)}")
    try:
        signed, signature = _FRAMES.decode(frame)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise WireFault("malformed", f"expected [signed bytes, signature]: {error}") from error
    if len(signature) != SIGNATURE_BYTES or msgspec.msgpack.encode((signed, signature)) != frame:
        raise WireFault("malformed", "expected a 64-byte signature and the shortest encoding, got another")
    try:
        parts = _SIGNED.decode(signed)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        _check_version(_version_of(signed))
        raise WireFault("malformed", f"expected the eleven signed parts: {error}") from error
    _check_version(parts[0])
    if len(parts[10]) > MAX_PAYLOAD_BYTES:
        raise WireFault("oversized", f"expected a payload of at most {MAX_PAYLOAD_BYTES} bytes, got {len(parts[10])}")
    header = Header(
        version=parts[0],
        origin=parts[1],
        epoch=parts[2],
        audience=parts[3],
        world=parts[4],
        delivery=parts[5],
        sequence=parts[6],
        key_id=parts[7],
        time_ns=parts[8],
        product=parts[9],
    )
    return header, signed, signature, parts[10]


def _version_of(signed: bytes) -> int:
    """Look at the first part alone, so that a later version with other parts is named as such."""
    try:
        parts = _VERSIONED.decode(signed)
        return msgspec.msgpack.decode(parts[0], type=int)
    except (msgspec.MsgspecError, RecursionError, ValueError, IndexError) as error:
        raise WireFault("malformed", f"expected an array that begins with a version: {error}") from error


def _check_version(version: int) -> None:
    if version != ENVELOPE_VERSION:
        raise WireFault("unknown-version", f"expected envelope version {ENVELOPE_VERSION}, got {version}; upgrade this node")
