"""One line of a plot file: its fields, the way from JSON or CSV text to them, and the check that makes a ``Plot`` of them.

Every refusal is a ``BadInput`` with a named reason. No stream and no state over lines here: that is ``plots``.
"""

import csv
import json
import math
from typing import Final

import msgspec

from tocsin.adapters.formats.problem import BadInput, shown
from tocsin.adapters.formats.times import EXPECTED as TIME_EXPECTED
from tocsin.adapters.formats.times import iso2ns, ns2iso
from tocsin.messages.basics import Vec3
from tocsin.messages.plot import Plot
from tocsin.messages.sensor import Sensor
from tocsin.units import DEG

SENSOR_ID_CAP: Final = 64  # characters, as in sensor files
RANGE_MAX_M: Final = 4.0e8  # the Moon's distance: anything above is a wrong unit
RANGE_RATE_MAX_MPS: Final = 1.0e5  # Earth's 30 km/s and the Sun's escape speed of 42 km/s cannot add up to more
POSITION_MIN_M: Final = 6.3e6  # distance from the centre; below the lowest ground: a wrong unit or origin
UNIT_TOLERANCE: Final = 1e-3  # how far from length 1 a line of sight may be: 3 decimals per component
UNIT_EXACT: Final = 1e-12  # closer than this it is taken as it stands, so that files read back bit for bit
KNOWN_SHOWN: Final = 8  # sensor ids that an error lists
LEFT_OUT: Final = "the line is left out"


class PlotLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a plot file, key for key. Unknown keys are ignored."""

    time: str
    sensor: str
    azimuth_deg: float | None = None
    elevation_deg: float | None = None
    range_m: float | None = None
    range_rate_mps: float | None = None
    los_ecef: Vec3 | None = None
    sensor_pos_ecef_m: Vec3 | None = None
    sigma_azimuth_deg: float | None = None
    sigma_elevation_deg: float | None = None
    sigma_range_m: float | None = None
    sigma_range_rate_mps: float | None = None
    sigma_los_deg: float | None = None


class StrictPlotLine(PlotLine, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same line where an unknown key is an error: how the first one is noticed at no cost."""


FIELDS: Final = PlotLine.__struct_fields__
REQUIRED: Final = ("time", "sensor")
VECTORS: Final = ("los_ecef", "sensor_pos_ecef_m")
RADAR_FIELDS: Final = ("azimuth_deg", "elevation_deg", "range_m")
LIMITS: Final[dict[str, tuple[float, float, str]]] = {
    "azimuth_deg": (-180.0, 360.0, "degrees clockwise from true north"),
    "elevation_deg": (-90.0, 90.0, "degrees above the horizon"),
    "range_m": (0.0, RANGE_MAX_M, "metres"),
    "range_rate_mps": (-RANGE_RATE_MAX_MPS, RANGE_RATE_MAX_MPS, "metres per second, positive opening"),
    "sigma_azimuth_deg": (1e-9, 90.0, "degrees"),
    "sigma_elevation_deg": (1e-9, 90.0, "degrees"),
    "sigma_range_m": (1e-6, 1.0e6, "metres"),
    "sigma_range_rate_mps": (1e-6, 1.0e4, "metres per second"),
    "sigma_los_deg": (1e-9, 90.0, "degrees"),
}
"""(least, greatest, unit): outside is a wrong unit or a broken converter; sigmas above 0 because they are divided by."""


class PlotCheck:
    """Makes plots of lines. ``sensors`` None takes any id; ``not_after_ns`` None takes any time."""

    def __init__(self, sensors: tuple[Sensor, ...] | None, not_after_ns: int | None) -> None:
        self._kinds = None if sensors is None else {sensor.sensor: sensor.kind for sensor in sensors}
        self._not_after_ns = not_after_ns

    def __call__(self, line: PlotLine) -> Plot:
        """Return the plot in SI units and radians; raise ``BadInput`` for the first thing that is wrong."""
        time_ns = self._time_ns(line.time)
        if self._is_infrared(line):
            _refuse_radar_fields(line)
        else:
            _require_radar_fields(line)
        return Plot(
            time_ns=time_ns,
            sensor=line.sensor,
            azimuth_rad=_radians("azimuth_deg", line.azimuth_deg),
            elevation_rad=_radians("elevation_deg", line.elevation_deg),
            range_m=_limited("range_m", line.range_m),
            range_rate_mps=_limited("range_rate_mps", line.range_rate_mps),
            los_ecef=_unit_vector(line.los_ecef),
            sensor_pos_ecef_m=_position(line.sensor_pos_ecef_m),
            sigma_azimuth_rad=_radians("sigma_azimuth_deg", line.sigma_azimuth_deg),
            sigma_elevation_rad=_radians("sigma_elevation_deg", line.sigma_elevation_deg),
            sigma_range_m=_limited("sigma_range_m", line.sigma_range_m),
            sigma_range_rate_mps=_limited("sigma_range_rate_mps", line.sigma_range_rate_mps),
            sigma_los_rad=_radians("sigma_los_deg", line.sigma_los_deg),
        )

    def _time_ns(self, text: str) -> int:
        try:
            time_ns = iso2ns(text)
        except ValueError as problem:
            raise BadInput("bad-time", "time", TIME_EXPECTED, shown(text), f"{LEFT_OUT}: {problem}") from None
        if self._not_after_ns is not None and time_ns > self._not_after_ns:
            expected = f"a time up to {ns2iso(self._not_after_ns)}"
            raise BadInput("time-in-future", "time", expected, shown(text), f"{LEFT_OUT}: check the sensor's clock and time zone")
        return time_ns

    def _is_infrared(self, line: PlotLine) -> bool:
        """Return what the sensor is; with unknown sensors the fields decide."""
        if self._kinds is None:
            if not 0 < len(line.sensor) <= SENSOR_ID_CAP:
                raise BadInput("unknown-sensor", "sensor", f"an id of 1 to {SENSOR_ID_CAP} characters", shown(line.sensor), LEFT_OUT)
            return line.los_ecef is not None
        kind = self._kinds.get(line.sensor)
        if kind is None:
            names = ", ".join(sorted(self._kinds)[:KNOWN_SHOWN])
            expected = f"one of the {len(self._kinds)} known sensors ({names}{', ...' if len(self._kinds) > KNOWN_SHOWN else ''})"
            raise BadInput("unknown-sensor", "sensor", expected, shown(line.sensor), f"{LEFT_OUT}: add it to the sensor file")
        return kind == "infrared"


def _require_radar_fields(line: PlotLine) -> None:
    """Raise unless azimuth, elevation and range are there and a line of sight is not."""
    if line.los_ecef is not None:
        todo = f"{LEFT_OUT}: give one kind of measurement, and set the sensor's kind to match"
        raise BadInput("wrong-kind", "los_ecef", "azimuth_deg, elevation_deg and range_m of a radar", "a line of sight", todo)
    if line.azimuth_deg is None or line.elevation_deg is None or line.range_m is None:
        values = (line.azimuth_deg, line.elevation_deg, line.range_m)
        field = next(name for name, value in zip(RADAR_FIELDS, values, strict=True) if value is None)
        expected = "azimuth_deg, elevation_deg and range_m, or los_ecef of an infrared sensor"
        raise BadInput("missing-field", field, expected, "nothing", LEFT_OUT)


def _refuse_radar_fields(line: PlotLine) -> None:
    """Raise unless the plot has a line of sight and nothing of a radar."""
    if line.los_ecef is None:
        raise BadInput("missing-field", "los_ecef", "the line of sight of an infrared sensor", "nothing", LEFT_OUT)
    values = (line.azimuth_deg, line.elevation_deg, line.range_m, line.range_rate_mps)
    if any(value is not None for value in values):
        field = next(name for name, value in zip((*RADAR_FIELDS, "range_rate_mps"), values, strict=True) if value is not None)
        todo = f"{LEFT_OUT}: give one kind of measurement, and set the sensor's kind to match"
        raise BadInput("wrong-kind", field, "nothing beside the line of sight of an infrared sensor", "a value", todo)


def _limited(field: str, value: float | None) -> float | None:
    """Return the value if it is None or inside its limits; NaN and infinity are outside."""
    if value is None:
        return None
    least, greatest, unit = LIMITS[field]
    if least <= value <= greatest:
        return value
    expected = f"{least:g} to {greatest:g} {unit}"
    if not math.isfinite(value):
        raise BadInput("not-finite", field, f"a finite number, {expected}", shown(value), LEFT_OUT)
    raise BadInput("out-of-range", field, expected, shown(value), f"{LEFT_OUT}: check the unit")


def _radians(field: str, value_deg: float | None) -> float | None:
    """Return degrees inside their limits as radians."""
    return None if value_deg is None or _limited(field, value_deg) is None else value_deg * DEG


def _unit_vector(vector: Vec3 | None) -> Vec3 | None:
    """Return the vector with length 1; one that is exact to rounding stays as it is."""
    if vector is None:
        return None
    length = _length("los_ecef", vector)
    if not abs(length - 1.0) <= UNIT_TOLERANCE:
        todo = f"{LEFT_OUT}: divide by its length"
        raise BadInput("out-of-range", "los_ecef", "a unit vector from sensor to target in ECEF", f"length {length:g}", todo)
    if abs(length - 1.0) <= UNIT_EXACT:
        return vector
    return vector[0] / length, vector[1] / length, vector[2] / length


def _position(vector: Vec3 | None) -> Vec3 | None:
    """Return a sensor's position if it lies on or above the ground."""
    if vector is None:
        return None
    length_m = _length("sensor_pos_ecef_m", vector)
    if not POSITION_MIN_M <= length_m <= RANGE_MAX_M:
        expected = f"metres from the Earth's centre, {POSITION_MIN_M:g} to {RANGE_MAX_M:g} in length"
        raise BadInput("out-of-range", "sensor_pos_ecef_m", expected, f"{length_m:g}", f"{LEFT_OUT}: check unit and frame")
    return vector


def _length(field: str, vector: Vec3) -> float:
    """Return the vector's length; raise if a component is not finite."""
    if not all(math.isfinite(component) for component in vector):
        raise BadInput("not-finite", field, "three finite numbers", shown(list(vector)), LEFT_OUT)
    return math.hypot(*vector)


class CsvParser:
    """Reads the cells of one file under its header. An empty cell is an absent field; unknown columns are ignored."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._width = len(names)
        self._numbers = tuple((index, name) for index, name in enumerate(names) if name in LIMITS)
        self._others = tuple((index, name) for index, name in enumerate(names) if name in FIELDS and name not in LIMITS)

    def __call__(self, raw: bytes) -> PlotLine:
        """Return the line's fields; raise ``BadInput``. A vector's three numbers are separated by blanks, ``;`` or ``,``."""
        found = cells(raw)
        if found is None:
            raise BadInput("not-utf8", "", "UTF-8 text", shown(raw), f"{LEFT_OUT}: save the file as UTF-8")
        if len(found) != self._width:
            raise BadInput("wrong-columns", "", f"{self._width} columns as in the header", str(len(found)), LEFT_OUT)
        number = float if raw.isascii() and b"_" not in raw else _number  # most lines need no second look
        values: dict[str, object] = {}
        for index, field in self._numbers:
            cell = found[index]
            if cell:
                try:
                    values[field] = number(cell)
                except ValueError:
                    if cell.strip():
                        raise BadInput("wrong-type", field, "a number", shown(cell.strip()), LEFT_OUT) from None
        for index, field in self._others:
            cell = found[index].strip()
            if cell:
                values[field] = cell if field in REQUIRED else _csv_vector(field, cell)
        _require_fields(values)
        return msgspec.convert(values, PlotLine)


def cells(raw: bytes) -> list[str] | None:
    """Return the cells of a line of CSV, quoted or not; None where it is no UTF-8."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if '"' not in text:
        return text.split(",")
    try:
        return next(csv.reader([text]))
    except csv.Error:  # a NUL or a bare carriage return inside
        return text.split(",")


def _csv_vector(field: str, cell: str) -> Vec3:
    """Return the three numbers in a cell."""
    parts = cell.strip("[]()").replace(";", " ").replace(",", " ").split()
    try:
        x, y, z = (_number(part) for part in parts)
    except ValueError:
        raise BadInput("wrong-type", field, "three numbers separated by blanks", shown(cell), LEFT_OUT) from None
    return x, y, z


def _number(text: str) -> float:
    """Return the number; limits are checked later. ``float`` alone would also take 1_000 and Arabic digits."""
    return float(text if "_" not in text and text.isascii() else "")


def explain_json(raw: bytes) -> BadInput:
    """Return why a line that was refused as JSON is none, or which field is wrong. Slow and only for bad lines."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as problem:
        came = f"byte 0x{raw[problem.start]:02x} at position {problem.start + 1}"
        return BadInput("not-utf8", "", "UTF-8 text", came, f"{LEFT_OUT}: save the file as UTF-8")
    try:
        values: object = json.loads(text)
    except (ValueError, RecursionError):  # also integers of thousands of digits
        todo = f"{LEFT_OUT}: write one JSON object a line, or CSV under a header that has time and sensor"
        return BadInput("not-json", "", "one JSON object", shown(text), todo)
    if not isinstance(values, dict):
        return BadInput("not-json", "", "one JSON object", f"a JSON {type(values).__name__}", f"{LEFT_OUT}: write one object a line")
    try:
        _require_fields(values)
        for field in FIELDS:
            if values.get(field) is not None:
                _require_type(field, values[field])
    except BadInput as bad:
        return bad
    return BadInput("not-json", "", "one JSON object", shown(text), LEFT_OUT)


def _require_fields(values: dict[str, object]) -> None:
    """Raise unless the fields that every plot has are there."""
    for field in REQUIRED:
        if values.get(field) is None:
            expected = TIME_EXPECTED if field == "time" else "the sensor's id"
            raise BadInput("missing-field", field, expected, "nothing", LEFT_OUT)


def _require_type(field: str, value: object) -> None:
    """Raise unless the value is a text, a finite number, or three of them, as the field wants."""
    if field in REQUIRED:
        if not isinstance(value, str):
            raise BadInput("wrong-type", field, "a text in quotes", shown(value), LEFT_OUT)
        return
    wanted = "three finite numbers in brackets" if field in VECTORS else "a finite number"
    numbers = value if field in VECTORS and isinstance(value, list) else [value]
    if len(numbers) != (3 if field in VECTORS else 1) or any(isinstance(n, bool) or not isinstance(n, int | float) for n in numbers):
        raise BadInput("wrong-type", field, wanted, shown(value), LEFT_OUT)
    if not all(_is_finite(number) for number in numbers):
        raise BadInput("not-finite", field, wanted, shown(value), LEFT_OUT)


def _is_finite(number: object) -> bool:
    """Return whether a double can hold it; an integer may be too large."""
    try:
        return isinstance(number, int | float) and math.isfinite(number)
    except OverflowError:
        return False
