"""Lines of tracks.jsonl: a track's state with its whole covariance at one time. Written from messages, read by evaluation."""

from operator import itemgetter
from typing import Final, cast

import msgspec

from tocsin.adapters.formats.lines import json_line, require_finite
from tocsin.adapters.formats.times import ns2iso
from tocsin.messages.basics import Vec3
from tocsin.messages.track import FusedTrack, ModelProbabilities, Track, TrackKind, TrackStatus
from tocsin.units import seconds_between

Row6 = tuple[float, float, float, float, float, float]
Matrix6 = tuple[Row6, Row6, Row6, Row6, Row6, Row6]

STATE_SIZE: Final = 7  # of the message: position, velocity, ln(beta); the file holds the first six
COV_SIZE: Final = STATE_SIZE * (STATE_SIZE + 1) // 2


class TrackLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of tracks.jsonl, key for key. ``cov``: x y z vx vy vz, earth-fixed, metres and m/s, mixture spread included."""

    time: str
    track: str
    kind: TrackKind
    status: TrackStatus
    parent: str | None
    pos_ecef_m: Vec3
    vel_ecef_mps: Vec3
    cov: Matrix6
    model_probabilities: ModelProbabilities
    age_s: float  # since its last plot
    predicted: bool
    sensors: tuple[str, ...]


_decoder: Final = msgspec.json.Decoder(TrackLine)


def _index(row: int, column: int) -> int:
    """Return the place of (row, column), in either order, in the upper triangle."""
    first, second = min(row, column), max(row, column)
    return first * STATE_SIZE - first * (first - 1) // 2 + second - first


_ROWS: Final = tuple(itemgetter(*(_index(row, column) for column in range(6))) for row in range(6))


def track_line(track: Track | FusedTrack) -> bytes:
    """Return the track as a line with its line end. Raises ``OurFault`` if a number of it is not finite."""
    require_finite(f"track {track.track}", *track.pos_ecef_m, *track.vel_ecef_mps, *track.cov)
    line = TrackLine(
        time=ns2iso(track.time_ns),
        track=track.track,
        kind=track.kind,
        status=track.status,
        parent=track.parent,
        pos_ecef_m=track.pos_ecef_m,
        vel_ecef_mps=track.vel_ecef_mps,
        cov=full_cov(track.cov),
        model_probabilities=track.models,
        age_s=seconds_between(track.time_ns, track.last_plot_ns),
        predicted=track.predicted,
        sensors=track.sensors,
    )
    return json_line(line)


def read_track_line(line: bytes) -> TrackLine:
    """Return the line's values; raise ``msgspec.MsgspecError`` if it is none."""
    return _decoder.decode(line)


def full_cov(upper: tuple[float, ...]) -> Matrix6:
    """Return the 6x6 covariance of position and velocity from the 7x7 one's upper triangle (28 numbers, row by row)."""
    if len(upper) != COV_SIZE:
        raise ValueError(f"expected {COV_SIZE} numbers of an upper triangle, came {len(upper)}")
    return cast("Matrix6", tuple([pick(upper) for pick in _ROWS]))
