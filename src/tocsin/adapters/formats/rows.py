"""Readers of result and truth files for scoring: tracks.jsonl, events.jsonl, truth.jsonl, line by line, with few demands.

Only what is scored is read, and what a figure can do without may be missing, so that files of other programs can be scored
too. What is there must be right: each bad line becomes a ``Problem`` and costs nothing but itself. Nothing is scored here.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final, Generic, TypeVar

import msgspec

from tocsin.adapters.formats.problem import BadInput, Problem, shown
from tocsin.adapters.formats.times import EXPECTED as TIME_EXPECTED
from tocsin.adapters.formats.times import iso2ns
from tocsin.errors import OperatorFault
from tocsin.messages.basics import Vec3

Row6 = tuple[float, float, float, float, float, float]
Matrix6 = tuple[Row6, Row6, Row6, Row6, Row6, Row6]
Matrix2 = tuple[tuple[float, float], tuple[float, float]]
Ring = tuple[tuple[float, float], ...]  # (latitude, longitude) in degrees, closed or not

LINE_CAP_BYTES: Final = 1024 * 1024  # a line with a footprint of a thousand points is 50 kB; without line ends nothing is held
LEAST_RADIUS_M: Final = 6.2e6  # nearer to the centre of the earth than any ground: wrong unit or frame
FARTHEST_M: Final = 5.0e7  # beyond geostationary orbit
FASTEST_MPS: Final = 2.0e4  # above escape speed
LAT_LIMIT_DEG: Final = 90.0
LON_LIMIT_DEG: Final = 360.0  # either count, -180..180 or 0..360
LEFT_OUT: Final = "the line is left out"


class PointRow(msgspec.Struct, frozen=True, kw_only=True):
    """A launch, burnout or impact, true or estimated: what is known of it. An estimate without covariance has no ellipse."""

    lat_deg: float | None = None
    lon_deg: float | None = None
    alt_m: float = 0.0
    time: str | None = None
    time_sigma_s: float | None = None
    cov_en_m2: Matrix2 | None = None
    basis: str = "predicted"
    manoeuvre_footprint: Ring | None = None
    pos_ecef_m: Vec3 | None = None
    vel_ecef_mps: Vec3 | None = None


class TrackRow(msgspec.Struct, frozen=True, kw_only=True):
    """What scoring wants of a line of tracks.jsonl."""

    time: str
    track: str | int
    pos_ecef_m: Vec3
    vel_ecef_mps: Vec3
    cov: Matrix6 | None = None
    kind: str = "unknown"
    status: str = "confirmed"
    parent: str | int | None = None
    predicted: bool = False


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """What scoring wants of a line of events.jsonl."""

    time: str
    event: str | int
    status: str = "confirmed"
    salvo: str | int | None = None
    tracks: tuple[str | int, ...] = ()
    missiles_at_least: int | None = None
    missiles_estimate: float | None = None
    launch: PointRow | None = None
    impact: PointRow | None = None
    classes: dict[str, float] = msgspec.field(name="class", default_factory=dict)


class TruthRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of truth.jsonl: a state (``time``, ``pos_ecef_m``, ``vel_ecef_mps``), or what one object did (launch, burnout, impact)."""

    missile: str | int
    kind: str = "missile"
    time: str | None = None
    pos_ecef_m: Vec3 | None = None
    vel_ecef_mps: Vec3 | None = None
    launch: PointRow | None = None
    burnout: PointRow | str | None = None  # a point, a state, or only its time
    impact: PointRow | None = None
    parent: str | int | None = None
    classes: str | None = msgspec.field(name="class", default=None)

    @property
    def is_state(self) -> bool:
        """True if the line is a state at a time."""
        return self.pos_ecef_m is not None


Row = TypeVar("Row", TrackRow, EventRow, TruthRow)


class RowReader(Generic[Row]):
    """Reads one stream once: iterate for rows and problems in file order. ``lines``: how many were read so far.

    Raises ``OperatorFault`` only if the stream itself fails.
    """

    def __init__(self, stream: Iterable[bytes] | BinaryIO, name: str, row: type[Row]) -> None:
        self.lines = 0
        self.bytes_read = 0
        self._stream = stream
        self._name = name
        self._decoder: msgspec.json.Decoder[Row] = msgspec.json.Decoder(row)

    def __iter__(self) -> Iterator[Row | Problem]:
        """Yield each good row and each problem."""
        for raw in self._raw_lines():
            self.lines += 1
            self.bytes_read += len(raw)
            line = raw.removeprefix(b"\xef\xbb\xbf") if self.lines == 1 else raw
            if not line.strip():
                continue
            try:
                yield self._checked(line)
            except BadInput as bad:
                yield Problem(
                    file=self._name,
                    line=self.lines,
                    field=bad.field,
                    reason=bad.reason,
                    expected=bad.expected,
                    came=bad.came,
                    todo=bad.todo,
                )

    def _raw_lines(self) -> Iterator[bytes]:
        """Yield lines; one beyond the cap is cut there, and so refused as JSON, without being held."""
        try:
            if not hasattr(self._stream, "readline"):
                yield from self._stream
                return
            while raw := self._stream.readline(LINE_CAP_BYTES):
                yield raw
        except OSError as problem:
            raise OperatorFault(f"{self._name}: expected to read on after line {self.lines}, came: {problem}; check the disk") from problem

    def _checked(self, line: bytes) -> Row:
        """Return the row; raise ``BadInput``."""
        try:
            row = self._decoder.decode(line)
        except (msgspec.MsgspecError, ValueError, RecursionError) as problem:
            raise _explained(line, problem) from problem
        if isinstance(row, TrackRow):
            _time("time", row.time)
            _check_state(row.pos_ecef_m, row.vel_ecef_mps)
        elif isinstance(row, EventRow):
            _time("time", row.time)
            _check_point("launch", row.launch)
            _check_point("impact", row.impact)
        else:
            _check_truth(row)
        return row


def place_deg(point: PointRow) -> tuple[float, float] | None:
    """Return (latitude, longitude) in degrees if the point has both."""
    return None if point.lat_deg is None or point.lon_deg is None else (point.lat_deg, point.lon_deg)


def _check_truth(row: TruthRow) -> None:
    """Raise unless the line is a whole state or tells something of a flight."""
    if row.is_state or row.vel_ecef_mps is not None or (row.time is not None and row.launch is None and row.impact is None):
        for field, value in (("time", row.time), ("pos_ecef_m", row.pos_ecef_m), ("vel_ecef_mps", row.vel_ecef_mps)):
            if value is None:
                expected = TIME_EXPECTED if field == "time" else "three numbers"
                raise BadInput("missing-field", field, expected, "nothing", f"{LEFT_OUT}: a state has time, pos_ecef_m and vel_ecef_mps")
        assert row.time is not None
        assert row.pos_ecef_m is not None
        assert row.vel_ecef_mps is not None
        _time("time", row.time)
        _check_state(row.pos_ecef_m, row.vel_ecef_mps)
        return
    if row.launch is None and row.burnout is None and row.impact is None:
        todo = f"{LEFT_OUT}: write states with time, pos_ecef_m, vel_ecef_mps, and one line per missile with launch, burnout, impact"
        raise BadInput("missing-field", "", "a state, or launch, burnout or impact", "neither", todo)
    _check_point("launch", row.launch)
    _check_point("impact", row.impact)
    if isinstance(row.burnout, str):
        _time("burnout", row.burnout)
    elif row.burnout is not None and row.burnout.time is not None:
        _time("burnout.time", row.burnout.time)


def _check_point(field: str, point: PointRow | None) -> None:
    """Raise unless the numbers of a point can be what they claim."""
    if point is None:
        return
    if point.time is not None:
        _time(f"{field}.time", point.time)
    for name, value, limit in (("lat_deg", point.lat_deg, LAT_LIMIT_DEG), ("lon_deg", point.lon_deg, LON_LIMIT_DEG)):
        if value is not None and not abs(value) <= limit:
            raise BadInput("out-of-range", f"{field}.{name}", f"degrees from {-limit:g} to {limit:g}", shown(value), LEFT_OUT)
    if point.cov_en_m2 is not None:
        (ee, en), (ne, nn) = point.cov_en_m2
        if not (math.isfinite(ee + en + ne + nn) and ee >= 0.0 and nn >= 0.0):
            todo = f"{LEFT_OUT}: variances in m2, [[east, cross], [cross, north]]"
            raise BadInput("out-of-range", f"{field}.cov_en_m2", "a covariance with variances not below 0", shown(point.cov_en_m2), todo)
    if point.time_sigma_s is not None and not 0.0 <= point.time_sigma_s < math.inf:
        raise BadInput("out-of-range", f"{field}.time_sigma_s", "seconds, not below 0", shown(point.time_sigma_s), LEFT_OUT)


def _check_state(pos_ecef_m: Vec3, vel_ecef_mps: Vec3) -> None:
    """Raise unless position and velocity can be earth-fixed metres and metres per second of something near the earth."""
    radius_m = math.sqrt(sum(x * x for x in pos_ecef_m))
    if not LEAST_RADIUS_M <= radius_m <= FARTHEST_M:
        todo = f"{LEFT_OUT}: give metres from the centre of the earth, earth-fixed"
        raise BadInput("out-of-range", "pos_ecef_m", f"a radius of {LEAST_RADIUS_M:.0f} to {FARTHEST_M:.0f} m", f"{radius_m:.6g} m", todo)
    speed_mps = math.sqrt(sum(v * v for v in vel_ecef_mps))
    if not speed_mps <= FASTEST_MPS:
        todo = f"{LEFT_OUT}: give metres per second, earth-fixed"
        raise BadInput("out-of-range", "vel_ecef_mps", f"a speed up to {FASTEST_MPS:.0f} m/s", f"{speed_mps:.6g} m/s", todo)


def _time(field: str, text: str) -> int:
    """Return the time in nanoseconds."""
    try:
        return iso2ns(text)
    except ValueError:
        raise BadInput("bad-time", field, TIME_EXPECTED, shown(text), LEFT_OUT) from None


_AT: Final = re.compile(r"^(?P<what>.*?)(?: - at `(?:\$\.?)?(?P<path>[^`]*)`)?$", re.DOTALL)
_WANTED: Final = re.compile(r"^Expected (?P<wanted>.+?)(?:, got (?P<came>.+))?$", re.DOTALL)
_MISSING: Final = re.compile(r"missing required field `(?P<field>[^`]+)`")


def _explained(line: bytes, problem: Exception) -> BadInput:
    """Return why a line was refused. Slow and only for bad lines."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as bad:
        came = f"byte 0x{line[bad.start]:02x} at position {bad.start + 1}"
        return BadInput("not-utf8", "", "UTF-8 text", came, f"{LEFT_OUT}: save the file as UTF-8")
    if len(line) >= LINE_CAP_BYTES:
        return BadInput("line-too-long", "", f"less than {LINE_CAP_BYTES} bytes", "more", f"{LEFT_OUT}: write one JSON object a line")
    if not isinstance(problem, msgspec.ValidationError):
        todo = f"{LEFT_OUT}: write one JSON object a line, numbers finite"
        return BadInput("not-json", "", "one JSON object", shown(text.strip()), todo)
    said = _AT.match(str(problem))
    path = (said["path"] or "") if said else ""
    if missing := _MISSING.search(str(problem)):
        field = f"{path}.{missing['field']}" if path else missing["field"]
        return BadInput("missing-field", field, "a value", "nothing", f"{LEFT_OUT}: see the file formats in the documentation")
    if said and (wanted := _WANTED.match(said["what"].replace("`", ""))):
        came = shown(_value_at(text, path)) if path else f"a JSON {wanted['came'] or 'value of another form'}"
        return BadInput("wrong-type", path, wanted["wanted"], came, LEFT_OUT)
    return BadInput("wrong-type", path, "the documented form", shown(str(problem)), LEFT_OUT)


def _value_at(text: str, path: str) -> object:
    """Return the value at a path such as ``launch.cov_en_m2[0][1]``, or the nearest one above it that can be found."""
    value: object = json.loads(text)
    for key, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        if key and isinstance(value, dict) and key in value:
            value = value[key]
        elif index and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        else:
            break
    return value
