"""Frames: opened by whom they are for, from whom they say, unchanged; everything else refused by name."""

import random

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.sharing.samples import PRODUCTS, T0_NS, item_for, policy_of
from tests.wire.keys import KEY_ID, PRIVATE, PUBLIC, guard_of, seal
from tocsin.errors import OurFault, PeerFault
from tocsin.messages.basics import World
from tocsin.messages.envelope import PublicKey
from tocsin.sharing.release import release
from tocsin.wire.codec import MAX_PAYLOAD_BYTES, decode_payload, encode_payload
from tocsin.wire.faults import WireFault
from tocsin.wire.seal import MAX_FRAME_BYTES, SIGNATURE_CONTEXT, open_frame, read_header

PARTS = (1, "KOR", 1, "JPN", "exercise", "latest", 5, KEY_ID["KOR"], T0_NS, "track", b"payload")


def payload_of(product: str, nation: str = "KOR", partner: str = "JPN") -> bytes:
    released, _ = release(policy_of(nation), product, partner, "exercise", (item_for(product, nation, partner, "exercise"),), T0_NS)  # type: ignore[arg-type]
    assert released is not None
    return encode_payload(released)


def frame_of(*parts: object, key: str = "KOR", context: bytes = SIGNATURE_CONTEXT) -> bytes:
    """Sign anything, as a hostile partner with its own valid key could."""
    signed = msgspec.msgpack.encode(parts)
    return msgspec.msgpack.encode((signed, Ed25519PrivateKey.from_private_bytes(PRIVATE[key]).sign(context + signed)))


def changed(index: int, value: object) -> tuple[object, ...]:
    return (*PARTS[:index], value, *PARTS[index + 1 :])


def refusal(frame: bytes, *, audience: str = "JPN", world: World = "exercise") -> str:
    with pytest.raises(WireFault) as caught:
        open_frame(frame, PUBLIC, audience, world)
    return caught.value.code


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_sealed_payload_opens_at_its_audience_with_the_bytes_that_were_sent(product: str) -> None:
    payload = payload_of(product)
    frame = seal(guard_of("KOR"), product, payload)
    envelope = open_frame(frame, PUBLIC, "JPN", "exercise")
    assert envelope.payload == payload
    assert envelope.frame == frame
    assert envelope.header == read_header(frame)
    assert (envelope.header.origin, envelope.header.audience, envelope.header.product) == ("KOR", "JPN", product)
    assert decode_payload(envelope.payload, envelope.header.product)


def test_a_relay_verifies_and_passes_on_what_is_not_for_it() -> None:
    frame = seal(guard_of("KOR"), "track", payload_of("track"))
    assert refusal(frame, audience="USA") == "wrong-audience"
    assert open_frame(frame, PUBLIC, "USA", "exercise", relay=True).frame == frame


def test_each_way_of_lying_has_its_own_reason() -> None:
    assert open_frame(frame_of(*PARTS), PUBLIC, "JPN", "exercise").payload == b"payload"
    assert refusal(b"") == "malformed"
    assert refusal(b"\x92\xc4\x00\xc4\x00") == "malformed"
    assert refusal(b"x" * (MAX_FRAME_BYTES + 1)) == "oversized"
    assert refusal(frame_of(*changed(10, b"x" * (MAX_PAYLOAD_BYTES + 1)))) == "oversized"
    assert refusal(frame_of(*changed(0, 2))) == "unknown-version"
    assert refusal(frame_of(7, "later", "envelope")) == "unknown-version"
    assert refusal(frame_of("one", *PARTS[1:])) == "malformed"
    assert refusal(frame_of(*PARTS, "more")) == "malformed"
    assert refusal(frame_of(*PARTS[:-1])) == "malformed"
    assert refusal(frame_of(*changed(7, "0" * 16))) == "unknown-key"
    assert refusal(frame_of(*PARTS, key="USA")) == "bad-signature"
    assert refusal(frame_of(*PARTS, context=b"")) == "bad-signature"
    assert refusal(frame_of(*changed(7, KEY_ID["USA"]), key="USA")) == "wrong-origin"
    assert refusal(frame_of(*changed(4, "live"))) == "wrong-world"
    assert refusal(frame_of(*PARTS), world="live") == "wrong-world"
    assert refusal(frame_of(*changed(3, "USA"))) == "wrong-audience"


def test_a_key_of_one_world_opens_nothing_in_another() -> None:
    """The world comes from the key and the channel: a frame that only says "live" under an exercise key is refused."""
    assert refusal(frame_of(*changed(4, "live")), world="live") == "wrong-world"


@pytest.mark.parametrize(
    ("index", "value"),
    [
        (1, "kor"), (1, ""), (1, "KOR\n"), (1, 7), (2, -1), (2, 2**63), (3, ""), (4, "drill"), (5, "reliable"), (6, 0), (6, -1),
        (6, 1.5), (7, "XYZ"), (7, "0" * 17), (8, -1), (9, "weapon"), (10, "text"),
    ],
)  # fmt: skip
def test_a_header_part_outside_its_type_or_range_is_malformed(index: int, value: object) -> None:
    assert refusal(frame_of(*changed(index, value))) == "malformed"


def test_every_single_flipped_bit_is_refused() -> None:
    frame = frame_of(*PARTS)
    for bit in range(len(frame) * 8):
        broken = bytearray(frame)
        broken[bit // 8] ^= 1 << bit % 8
        with pytest.raises(WireFault):
            open_frame(bytes(broken), PUBLIC, "JPN", "exercise")


def test_the_same_words_in_a_longer_outer_encoding_are_refused() -> None:
    """Otherwise one statement would have many frames, and many hashes in the record of who was told what."""
    signed, signature = msgspec.msgpack.decode(frame_of(*PARTS), type=tuple[bytes, bytes])
    longer = b"\x92\xc5" + len(signed).to_bytes(2, "big") + signed + b"\xc4\x40" + signature
    assert refusal(longer) == "malformed"
    assert refusal(frame_of(*PARTS) + b"\x00") == "malformed"


def test_a_broken_key_list_is_our_own_fault() -> None:
    broken = {KEY_ID["KOR"]: PublicKey(nation="KOR", key_id=KEY_ID["KOR"], public_hex="00", world="exercise")}
    with pytest.raises(OurFault, match="32 bytes"):
        open_frame(frame_of(*PARTS), broken, "JPN", "exercise")


@pytest.mark.slow
def test_20000_random_or_mutated_frames_raise_nothing_but_the_peers_fault() -> None:
    rng = random.Random(2)
    frame = frame_of(*PARTS)
    for k in range(20_000):
        if k % 4 == 0:
            data = rng.randbytes(rng.randrange(120))
        else:
            broken = bytearray(frame)
            at = rng.randrange(len(broken))
            broken[at : at + rng.randrange(3)] = rng.randbytes(rng.randrange(4))
            data = bytes(broken)
        if data == frame:
            continue
        with pytest.raises(PeerFault):
            open_frame(data, PUBLIC, "JPN", "exercise")
