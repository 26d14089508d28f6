"""Envelope: the signed frame. The signature covers ``signed`` exactly as sent; headers are read from it, never beside it."""

import msgspec

from tocsin.messages.basics import DeliveryClass, Nation, Product, World


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What the origin signs about a payload. ``sequence`` counts per (origin, epoch, audience, world, delivery class) from 1."""

    version: int
    origin: Nation
    epoch: int
    audience: Nation
    world: World
    delivery: DeliveryClass
    sequence: int
    key_id: str
    time_ns: int
    product: Product


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """An opened (verified) envelope."""

    header: Header
    payload: bytes
    frame: bytes  # the exact bytes received or sent


class SealRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What the node asks the guard to check and sign. ``key_id`` is the guard's to fill."""

    origin: Nation
    epoch: int
    audience: Nation
    world: World
    delivery: DeliveryClass
    sequence: int
    time_ns: int
    product: Product
    payload: bytes


class PublicKey(msgspec.Struct, frozen=True, kw_only=True):
    """A nation's node key as partners know it."""

    nation: Nation
    key_id: str
    public_hex: str  # 32 bytes Ed25519, hexadecimal
    world: World
