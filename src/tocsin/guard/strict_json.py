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

    Writing the value again must give the same bytes. That excludes doubled keys, spaces, escapes, 1E3 for 1000.0 and all
    else in which another reader could see something else; the slower reader below only finds the name of the reason.

    Raises GuardDenied: malformed, duplicate-key, not-finite, nesting, not-canonical.
    """
    _check_depth(data)
    try:
        value: Json = msgspec.json.decode(data)
        again = msgspec.json.encode(value)
    except (msgspec.MsgspecError, RecursionError, ValueError, TypeError, OverflowError) as error:
        raise _reason(data, str(error)) from error
    if again != data:
        raise _reason(data, f"written again it has {len(again)} bytes, not {len(data)}, or others")
    if not isinstance(value, dict):
        raise GuardDenied("malformed", f"expected an object, got {type(value).__name__}")
    return value


def _reason(data: bytes, text: str) -> GuardDenied:
    """Say why bytes were refused."""
    try:
        _refuse_infinite(_DECODER.decode(data.decode("utf-8")))
    except GuardDenied as denied:
        return denied
    except (ValueError, RecursionError) as error:
        return GuardDenied("malformed", f"expected JSON: {error}")
    return GuardDenied("not-canonical", f"expected the one canonical writing: {text}")


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
