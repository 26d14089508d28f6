"""Payload bytes: JSON of the version-1 twins, in declared field order, finite numbers only.

Encoding trusts its caller up to OurFault; decoding trusts nobody and raises WireFault (a PeerFault) and nothing else.
"""

from math import isfinite
from typing import Final

import msgspec

from tocsin.errors import OurFault
from tocsin.messages.basics import Product
from tocsin.messages.event import LaunchEvent
from tocsin.messages.receipt import Heartbeat, Receipt
from tocsin.messages.release import Release
from tocsin.messages.track import Track
from tocsin.messages.warning import Warning
from tocsin.wire import twins, v1
from tocsin.wire.faults import WireFault

PAYLOAD_VERSION: Final = 1
MAX_PAYLOAD_BYTES: Final = 32 * 1024  # one unit of bulk in flight per partner (DESIGN section 5); a warning is 2-10 kB, a track 1-1.5 kB
MAX_PAYLOAD_ITEMS: Final = 64  # 32 KiB hold about 30 tracks; receivers refuse more than this

Item = Track | LaunchEvent | Warning | Receipt | Heartbeat
Payload = v1.TrackPayloadV1 | v1.EventPayloadV1 | v1.WarningPayloadV1 | v1.ReceiptPayloadV1 | v1.HeartbeatPayloadV1

_ENCODER: Final = msgspec.json.Encoder()
_TRACKS: Final = msgspec.json.Decoder(v1.TrackPayloadV1)
_EVENTS: Final = msgspec.json.Decoder(v1.EventPayloadV1)
_WARNINGS: Final = msgspec.json.Decoder(v1.WarningPayloadV1)
_RECEIPTS: Final = msgspec.json.Decoder(v1.ReceiptPayloadV1)
_HEARTBEATS: Final = msgspec.json.Decoder(v1.HeartbeatPayloadV1)


class _Version(msgspec.Struct, frozen=True, kw_only=True):
    """Only the version, so that a newer payload is named as such and not as malformed."""

    v: int


_VERSIONS: Final = msgspec.json.Decoder(_Version)


def encode_payload(release: Release) -> bytes:
    """Return the payload bytes of a release.

    Raises OurFault if an item has the wrong type, a number is not finite, or the bytes exceed ``MAX_PAYLOAD_BYTES``
    (``encode_payloads`` splits instead).
    """
    data = _encode(release)
    if len(data) > MAX_PAYLOAD_BYTES:
        raise OurFault(f"{_name(release)}: expected at most {MAX_PAYLOAD_BYTES} bytes, got {len(data)}; split it")
    return data


def encode_payloads(release: Release) -> tuple[bytes, ...]:
    """Return one payload, or as many as it takes for each to stay within the limits of bytes and items; order is kept."""
    if len(release.items) <= MAX_PAYLOAD_ITEMS:
        data = _encode(release)
        if len(data) <= MAX_PAYLOAD_BYTES:
            return (data,)
    half = len(release.items) // 2
    if half == 0:
        return (encode_payload(release),)  # one item alone is too large: say so
    first = msgspec.structs.replace(release, items=release.items[:half])
    second = msgspec.structs.replace(release, items=release.items[half:])
    return encode_payloads(first) + encode_payloads(second)


def _name(release: Release) -> str:
    return f"payload of {release.product} for {release.audience}"


def _encode(release: Release) -> bytes:
    payload = _payload_of(release)
    try:
        data = _ENCODER.encode(payload)
    except (TypeError, OverflowError) as error:  # an array scalar or another foreign object inside a message
        raise OurFault(f"{_name(release)}: expected plain numbers and texts: {error}") from error
    # msgspec writes NaN and infinity as null without a word. Twins omit None, so a null is either that or part of a text.
    if b"null" in data and not all(_is_finite(item) for item in payload.items):
        raise OurFault(f"{_name(release)}: expected finite numbers, got infinity or NaN; check the stage before")
    return data


def _payload_of(release: Release) -> Payload:
    items, rule, product = release.items, release.rule, release.product
    if product == "track":
        tracks = tuple(twins.track_to_v1(item) for item in items if isinstance(item, Track))
        return _whole(v1.TrackPayloadV1(v=PAYLOAD_VERSION, product="track", rule=rule, items=tracks), release)
    if product == "event":
        events = tuple(twins.event_to_v1(item) for item in items if isinstance(item, LaunchEvent))
        return _whole(v1.EventPayloadV1(v=PAYLOAD_VERSION, product="event", rule=rule, items=events), release)
    if product == "warning":
        warnings = tuple(twins.warning_to_v1(item) for item in items if isinstance(item, Warning))
        return _whole(v1.WarningPayloadV1(v=PAYLOAD_VERSION, product="warning", rule=rule, items=warnings), release)
    if product == "receipt":
        receipts = tuple(twins.receipt_to_v1(item) for item in items if isinstance(item, Receipt))
        return _whole(v1.ReceiptPayloadV1(v=PAYLOAD_VERSION, product="receipt", rule=rule, items=receipts), release)
    heartbeats = tuple(twins.heartbeat_to_v1(item) for item in items if isinstance(item, Heartbeat))
    return _whole(v1.HeartbeatPayloadV1(v=PAYLOAD_VERSION, product="heartbeat", rule=rule, items=heartbeats), release)


def _whole(payload: Payload, release: Release) -> Payload:
    """Refuse a release whose items are not all of its product."""
    if len(payload.items) != len(release.items):
        kinds = ", ".join(sorted({type(item).__name__ for item in release.items}))
        raise OurFault(f"release of {release.product} for {release.audience}: expected only that product, got {kinds}")
    return payload


def _is_finite(value: object) -> bool:
    """True if every number inside is finite."""
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, tuple):
        return all(_is_finite(part) for part in value)
    if isinstance(value, msgspec.Struct):
        return all(_is_finite(getattr(value, name)) for name in value.__struct_fields__)
    return True


def decode_payload(data: bytes, product: Product) -> tuple[Item, ...]:
    """Return the items of a payload of the expected product.

    Raises WireFault: oversized, unknown-version, wrong-product, malformed.
    """
    if len(data) > MAX_PAYLOAD_BYTES:
        raise WireFault("oversized", f"expected a payload of at most {MAX_PAYLOAD_BYTES} bytes, got {len(data)}")
    try:
        return _decode(data, product)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError, OverflowError) as error:
        raise _fault(data, product, error) from error


def _decode(data: bytes, product: Product) -> tuple[Item, ...]:
    if product == "track":
        tracks = _TRACKS.decode(data)
        _check_version(tracks.v)
        return tuple(twins.track_from_v1(item) for item in tracks.items)
    if product == "event":
        events = _EVENTS.decode(data)
        _check_version(events.v)
        return tuple(twins.event_from_v1(item) for item in events.items)
    if product == "warning":
        warnings = _WARNINGS.decode(data)
        _check_version(warnings.v)
        return tuple(twins.warning_from_v1(item) for item in warnings.items)
    if product == "receipt":
        receipts = _RECEIPTS.decode(data)
        _check_version(receipts.v)
        return tuple(twins.receipt_from_v1(item) for item in receipts.items)
    heartbeats = _HEARTBEATS.decode(data)
    _check_version(heartbeats.v)
    return tuple(twins.heartbeat_from_v1(item) for item in heartbeats.items)


def _check_version(version: int) -> None:
    if version != PAYLOAD_VERSION:
        raise WireFault("unknown-version", f"expected payload version {PAYLOAD_VERSION}, got {version}; upgrade this node")


def _fault(data: bytes, product: Product, error: Exception) -> WireFault:
    """Name the reason: a foreign version or product is worth telling apart from broken bytes."""
    try:
        version = _VERSIONS.decode(data).v
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError, OverflowError):
        version = PAYLOAD_VERSION
    if version != PAYLOAD_VERSION:
        return WireFault("unknown-version", f"expected payload version {PAYLOAD_VERSION}, got {version}; upgrade this node")
    if "$.product" in str(error):
        return WireFault("wrong-product", f"expected a payload of {product}: {error}")
    return WireFault("malformed", f"expected a payload of {product}: {error}")
