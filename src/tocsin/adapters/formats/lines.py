"""Small things that all result lines share: one JSON object a line, no number that is not finite."""

import math
from typing import Final

import msgspec

from tocsin.errors import OurFault

_encoder: Final = msgspec.json.Encoder()


def json_line(value: msgspec.Struct) -> bytes:
    """Return the struct as a line of JSON with its line end; keys in the order of the fields."""
    return _encoder.encode(value) + b"\n"


def require_finite(what: str, *numbers: float) -> None:
    """Raise ``OurFault`` if a number is NaN or infinite: the encoder would write ``null`` without a word."""
    for number in numbers:
        if not math.isfinite(number):
            raise OurFault(f"{what}: expected finite numbers, came {number}; an earlier stage let it through")
