"""Version 1 as bytes on disk. These files are never written again; a later version gets its own folder."""

from pathlib import Path

import msgspec
import pytest

from tests.sharing.samples import PRODUCTS, T0_NS, item_for
from tests.wire.keys import PUBLIC, guard_of, seal
from tocsin.messages.release import Release
from tocsin.sharing.release import release
from tocsin.sharing.rules import parse_policy
from tocsin.wire.codec import decode_payload, encode_payload
from tocsin.wire.seal import open_frame

GOLDEN = Path(__file__).parents[1] / "reference" / "wire_v1"
RULES = (GOLDEN / "rules.toml").read_text(encoding="utf-8")
PARTNERS = ("USA", "JPN")  # full detail, coarsened


def released(product: str, partner: str) -> Release:
    item = item_for(product, "KOR", partner, "exercise")
    out, notes = release(parse_policy(RULES, "rules.toml"), product, partner, "exercise", (item,), T0_NS)  # type: ignore[arg-type]
    assert out is not None, notes
    return out


@pytest.mark.parametrize("partner", PARTNERS)
@pytest.mark.parametrize("product", PRODUCTS)
def test_payload_bytes_of_version_1_are_those_on_disk(product: str, partner: str) -> None:
    expected = (GOLDEN / f"{product}-{partner}.json").read_bytes()
    assert encode_payload(released(product, partner)) == expected
    assert decode_payload(expected, product) == released(product, partner).items  # type: ignore[arg-type]


@pytest.mark.parametrize("partner", PARTNERS)
@pytest.mark.parametrize("product", PRODUCTS)
def test_frame_bytes_of_version_1_are_those_on_disk_and_open(product: str, partner: str) -> None:
    """Ed25519 is deterministic (RFC 8032 section 5.1.6): same key, same words, same signature."""
    expected = bytes.fromhex((GOLDEN / f"{product}-{partner}.frame.hex").read_text(encoding="ascii"))
    payload = (GOLDEN / f"{product}-{partner}.json").read_bytes()
    assert seal(guard_of("KOR", rules=RULES), product, payload, audience=partner, sequence=7) == expected
    assert open_frame(expected, PUBLIC, partner, "exercise").payload == payload


def test_the_signed_parts_stand_in_the_published_order() -> None:
    frame = bytes.fromhex((GOLDEN / "warning-JPN.frame.hex").read_text(encoding="ascii"))
    signed, signature = msgspec.msgpack.decode(frame, type=tuple[bytes, bytes])
    parts = msgspec.msgpack.decode(signed)
    assert len(signature) == 64
    assert parts[:7] == [1, "KOR", 1, "JPN", "exercise", "lossless", 7]
    assert parts[9:] == ["warning", (GOLDEN / "warning-JPN.json").read_bytes()]
