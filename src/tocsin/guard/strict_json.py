"""JSON without forgiveness: one value, no key twice, no NaN, no depth, and no other way to write the same bytes."""

import json
from math import isfinite
from typing import Final, NoReturn

import msgspec

from tocsin.guard.denied import GuardDenied

MAX_DEPTH: Final = 8  # payload, items, item, impact, ring, corner = 6; two to spare for additions

_NOT_BRACKETS: Final = bytes(byte for byte in range(256) if byte not in b"[]{}")

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


def read_strict(data: bytes) -> dict[str, Json]:
    """Return the object in ``data``.

    Raises GuardDenied: malformed, duplicate-key, not-finite, nesting, not-canonical (writing the value again gives other
    bytes: spaces, escapes, 1E3 for 1000.0, ...; a reader could see something else in them).
    """
    _check_depth(data)
    try:
        value: Json = _DECODER.decode(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise GuardDenied("malformed", f"expected JSON: {error}") from error
    try:
        again = msgspec.json.encode(value)
    except (msgspec.MsgspecError, OverflowError, UnicodeEncodeError, TypeError) as error:
        raise GuardDenied("not-canonical", f"expected values that can be written again: {error}") from error
    if again != data:
        _refuse_infinite(value)
        raise GuardDenied("not-canonical", f"expected the one canonical writing ({len(again)} bytes), got another ({len(data)} bytes)")
    if not isinstance(value, dict):
        raise GuardDenied("malformed", f"expected an object, got {type(value).__name__}")
    return value


def _check_depth(data: bytes) -> None:
    """Count brackets outside of strings before any recursive reader sees them."""
    outside = b"".join(data.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')[::2])  # a quote inside a string is escaped
    depth = 0
    for byte in outside.translate(None, _NOT_BRACKETS):
        depth += 1 if byte in b"[{" else -1
        if depth > MAX_DEPTH:
            raise GuardDenied("nesting", f"expected at most {MAX_DEPTH} levels, got more")


def _no_doubles(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        doubled = next(name for name in names if names.count(name) > 1)
        raise GuardDenied("duplicate-key", f"expected each key once, got {doubled!r} twice; readers would disagree on its value")
    return value


def _no_constant(text: str) -> NoReturn:
    raise GuardDenied("not-finite", f"expected finite numbers, got {text}")


def _refuse_infinite(value: Json) -> None:
    """A number like 1e999 is read as infinity and written as null; say so."""
    if isinstance(value, float) and not isfinite(value):
        raise GuardDenied("not-finite", "expected numbers that a double can hold, got a larger one")
    if isinstance(value, (list, dict)):
        for part in value if isinstance(value, list) else value.values():
            _refuse_infinite(part)


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_no_doubles, parse_constant=_no_constant)
