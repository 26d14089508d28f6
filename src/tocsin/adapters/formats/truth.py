"""truth.jsonl of a scenario run: the true states, and for each missile one line with launch, burnout and impact.

The simulator's own structs encode as they stand (``lines.json_line``); the structs here are what a reader gets back.
"""

from typing import Final

import msgspec

from tocsin.messages.basics import Vec3


class TruthPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A place and a time on or above the ground."""

    time: str
    lat_deg: float
    lon_deg: float
    alt_m: float = 0.0


class TruthStateLine(msgspec.Struct, frozen=True, kw_only=True):
    """The true state of one missile at one time."""

    time: str
    missile: str
    kind: str
    pos_ecef_m: Vec3
    vel_ecef_mps: Vec3


class TruthFlightLine(msgspec.Struct, frozen=True, kw_only=True):
    """What one missile did. Further keys may follow and are ignored."""

    missile: str
    kind: str
    launch: TruthPoint
    burnout: TruthStateLine
    impact: TruthPoint
    apogee_m: float
    range_m: float


_state_decoder: Final = msgspec.json.Decoder(TruthStateLine)
_flight_decoder: Final = msgspec.json.Decoder(TruthFlightLine)


def read_truth_line(line: bytes) -> TruthStateLine | TruthFlightLine:
    """Return the line's values, by its keys; raise ``msgspec.MsgspecError`` if it is neither kind."""
    try:
        return _flight_decoder.decode(line)
    except msgspec.ValidationError:
        return _state_decoder.decode(line)
