"""Configuration text in, messages out: sensor files and coalition files (TOML). Pure: no file is opened here.

Degrees and kilometres end here. Every error is an OperatorFault that names the file, the place in it, what was expected,
what came and what to do. Keys that mean nothing are not errors: ``unknown_keys`` lists them as notes.
"""

import math
import re
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Literal, cast

from tocsin.errors import OperatorFault
from tocsin.kernels.geodesy import ecef2geodetic, geodetic2ecef
from tocsin.messages.basics import Nation, Note, Vec3
from tocsin.messages.coalition import Coalition, Configuration, NationSpec, SensorMove
from tocsin.messages.sensor import Sensor
from tocsin.units import DEG, KM, NS_PER_S

OWN_NATION: Final = "OWN"  # a sensor file without nations: all sensors belong to whoever runs the tool
BASE_CONFIGURATION: Final = "base"  # the coalition file as it stands
NATION_FORM: Final = re.compile(r"[A-Z][A-Z0-9]{1,7}")
ID_FORM: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
MAX_ALT_M: Final = 100_000.0 * KM  # twice the geostationary height: above it is a wrong unit
GROUND_FLOOR_M: Final = -1_000.0
EARTH_CORE_M: Final = 6_000.0 * KM  # no sensor stands below this radius


class Table:
    """One TOML table being read: typed getters with limits, and a record of the keys that were asked for."""

    def __init__(self, values: dict[str, object], name: str, place: str) -> None:
        self.values = values
        self.name = name  # of the file
        self.place = place  # "sensor 3 (KOR-SHIP)"; empty at the top
        self.known: list[str] = []
        self.children: list[Table] = []

    def fault(self, text: str) -> OperatorFault:
        """Return the error for this place."""
        return OperatorFault(f"{self.name}: {self.place}: {text}" if self.place else f"{self.name}: {text}")

    def has(self, key: str) -> bool:
        """Return whether the key is there; asking makes it a known key."""
        self.known.append(key)
        return key in self.values

    def _required(self, key: str, wanted: str) -> object:
        """Return the value of a key that must be there."""
        if self.has(key):
            return self.values[key]
        stem = key.rsplit("_", 1)[0]
        near = [other for other in self.values if other != key and other.rsplit("_", 1)[0] == stem]
        hint = f" (found {near[0]!r}: wrong unit?)" if near else ""
        raise self.fault(f"{key} is missing{hint}; expected {wanted}")

    def number(self, key: str, low: float, high: float, default: float | None = None) -> float:
        """Return a finite number in low..high; the unit is the key's last part."""
        unit = key.rsplit("_", 1)[-1] if "_" in key else ""
        wanted = f"{low:g}..{high:g} {unit}".rstrip()
        if default is not None and not self.has(key):
            return default
        value = self._required(key, wanted)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.fault(f"{key} = {value!r}: expected a finite number, {wanted}")
        if not low <= value <= high:
            raise self.fault(f"{key} = {value:g}: expected {wanted}{_unit_hint(unit, float(value), low, high)}")
        return float(value)

    def optional(self, key: str, low: float, high: float) -> float | None:
        """Return a number in low..high, or None where the key is absent."""
        return self.number(key, low, high) if self.has(key) else None

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; empty only where the default is."""
        if default is not None and not self.has(key):
            return default
        value = self._required(key, "a text")
        if not isinstance(value, str) or not value.strip():
            raise self.fault(f"{key} = {value!r}: expected a text that is not empty")
        return value

    def identity(self, key: str) -> str:
        """Return an id: letters, digits, dot, dash, underscore; at most 64."""
        value = self.text(key)
        if not ID_FORM.fullmatch(value):
            raise self.fault(f"{key} = {value!r}: expected letters, digits, '.', '-', '_' only, at most 64")
        return value

    def nation(self, key: str, default: str | None = None) -> Nation:
        """Return a nation code."""
        value = self.text(key, default)
        if not NATION_FORM.fullmatch(value):
            raise self.fault(f"{key} = {value!r}: expected 2 to 8 capital letters or digits such as KOR")
        return value

    def choice(self, key: str, allowed: Sequence[str], default: str | None = None) -> str:
        """Return one of the allowed words."""
        value = self.text(key, default)
        if value not in allowed:
            raise self.fault(f"{key} = {value!r}: expected one of {', '.join(allowed)}")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self.values[key] if self.has(key) else default
        if not isinstance(value, bool):
            raise self.fault(f"{key} = {value!r}: expected true or false")
        return value

    def numbers(self, key: str, count: int) -> tuple[float, ...] | None:
        """Return a list of exactly ``count`` finite numbers, or None where the key is absent."""
        if not self.has(key):
            return None
        value = self.values[key]
        listed = cast("list[object]", value) if isinstance(value, list) else []
        found = [float(v) for v in listed if isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v)]
        if len(listed) != count or len(found) != count:
            raise self.fault(f"{key} = {value!r}: expected a list of {count} finite numbers")
        return tuple(found)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; empty where the key is absent."""
        if not self.has(key):
            return ()
        value = self.values[key]
        listed = cast("list[object]", value) if isinstance(value, list) else [value]
        found = tuple(v for v in listed if isinstance(v, str))
        if not isinstance(value, list) or len(found) != len(listed):
            raise self.fault(f"{key} = {value!r}: expected a list of texts")
        return found

    def utc_ns(self, key: str) -> int:
        """Return a TOML date-time with an offset as UTC nanoseconds."""
        value = self._required(key, "a date and time such as 2023-08-30T14:38:00Z")
        if not isinstance(value, datetime):
            raise self.fault(f"{key} = {value!r}: expected a date and time without quotes such as 2023-08-30T14:38:00Z")
        if value.tzinfo is None:
            raise self.fault(f"{key} = {value.isoformat()}: has no time zone; write UTC as {value.isoformat()}Z")
        whole = value.astimezone(UTC)
        seconds = (whole.replace(microsecond=0) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
        return int(seconds) * NS_PER_S + whole.microsecond * 1_000

    def tables(self, key: str, label: str, id_key: str = "id") -> list["Table"]:
        """Return the array of tables under a key ([] where absent), each labelled with its number and id."""
        if not self.has(key):
            return []
        value = self.values[key]
        listed = cast("list[object]", value) if isinstance(value, list) else []
        found: list[Table] = []
        for i, item in enumerate(listed, start=1):
            if not isinstance(item, dict):
                break
            values = cast("dict[str, object]", item)
            named = f" ({values[id_key]})" if id_key in values else ""
            outer = f"{self.place}, " if self.place else ""
            found.append(Table(values, self.name, f"{outer}{label} {i}{named}"))
        if not isinstance(value, list) or len(found) != len(listed):
            raise self.fault(f"{key}: expected a list of tables, written [[{key}]]")
        self.children.extend(found)
        return found

    def unknown(self) -> tuple[Note, ...]:
        """Return a note for each key that nobody asked for, here and below, in file order."""
        own = [key for key in self.values if key not in self.known]
        where = f"{self.name}: {self.place}" if self.place else self.name
        notes = [
            Note(stage="ingest", code="unknown-key", text=f"{where}: {key!r} is unknown and ignored; check its spelling", time_ns=0)
            for key in own
        ]
        for child in self.children:
            notes.extend(child.unknown())
        return tuple(notes)


def read_table(text: str, name: str) -> Table:
    """Return the whole TOML text as a table; OperatorFault with line and column where it is malformed."""
    try:
        values = cast("dict[str, object]", tomllib.loads(text))
    except tomllib.TOMLDecodeError as problem:
        raise OperatorFault(f"{name}: expected TOML text, but {_lower_first(str(problem))}; correct that line") from None
    return Table(values, name, "")


def parse_sensors(text: str, name: str) -> tuple[Sensor, ...]:
    """Return the sensors of a sensor file in file order. ``name`` is the file's name in error texts."""
    return _sensors(read_table(text, name))


def parse_coalition(text: str, name: str) -> Coalition:
    """Return the coalition of a coalition file. ``name`` is the file's name in error texts."""
    return _coalition(read_table(text, name))


def unknown_keys(text: str, name: str, kind: Literal["sensors", "coalition"]) -> tuple[Note, ...]:
    """Return a note for each key of a valid file that has no meaning there."""
    top = read_table(text, name)
    if kind == "sensors":
        _sensors(top)
    else:
        _coalition(top)
    return top.unknown()


def latlon_rad(table: Table) -> tuple[float, float]:
    """Return (latitude, longitude) in radians from lat_deg and lon_deg."""
    return table.number("lat_deg", -90.0, 90.0) * DEG, table.number("lon_deg", -180.0, 360.0) * DEG


def _unit_hint(unit: str, value: float, low: float, high: float) -> str:
    """Return '; did you give metres?' where the value would fit in another common unit."""
    guesses = {"km": (("metres", 1e-3),), "m": (("kilometres", 1e3),), "deg": (("radians", 1.0 / DEG),), "s": (("milliseconds", 1e-3),)}
    for word, factor in guesses.get(unit, ()):
        if low <= value * factor <= high:
            return f"; did you give {word}?"
    return ""


def _lower_first(text: str) -> str:
    """Return the text with a small first letter."""
    return text[:1].lower() + text[1:]


def _sensors(top: Table) -> tuple[Sensor, ...]:
    """Return all [[sensor]] of a file."""
    tables = top.tables("sensor", "sensor")
    if not tables:
        raise top.fault("no [[sensor]] found; expected at least one sensor table")
    sensors = tuple(_sensor(table) for table in tables)
    _refuse_twins(top, [s.sensor for s in sensors], "sensor id")
    return sensors


def _refuse_twins(top: Table, names: Sequence[str], what: str) -> None:
    """Raise where a name stands twice."""
    for i, item in enumerate(names):
        if item in names[:i]:
            raise top.fault(f"{what} {item!r} is given twice; expected each once")


def _sensor(table: Table) -> Sensor:
    """Return one sensor; a radar needs its three errors, an infrared sensor its line-of-sight error."""
    infrared = table.choice("kind", ("radar", "infrared")) == "infrared"
    pos_ecef_m, lat_rad, lon_rad, alt_m = _place(table)
    sector = table.numbers("azimuth_sector_deg", 2)
    if sector is not None and not all(-360.0 <= edge <= 360.0 for edge in sector):
        raise table.fault(f"azimuth_sector_deg = {list(sector)}: expected [from, to] in degrees clockwise from north, -360..360")
    los_deg = table.number("sigma_los_deg", 1e-6, 10.0) if infrared else table.optional("sigma_los_deg", 1e-6, 10.0)
    free, low = (0.0, 0.0) if infrared else (None, 1e-6)  # an infrared sensor needs no radar errors
    return Sensor(
        sensor=table.identity("id"),
        nation=table.nation("nation", OWN_NATION),
        kind="infrared" if infrared else "radar",
        pos_ecef_m=pos_ecef_m,
        lat_rad=lat_rad,
        lon_rad=lon_rad,
        alt_m=alt_m,
        sigma_azimuth_rad=table.number("sigma_azimuth_deg", low, 10.0, free) * DEG,
        sigma_elevation_rad=table.number("sigma_elevation_deg", low, 10.0, free) * DEG,
        sigma_range_m=table.number("sigma_range_m", low, 100.0 * KM, free),
        sigma_range_rate_mps=table.optional("sigma_range_rate_mps", 1e-6, 10_000.0),
        sigma_los_rad=None if los_deg is None else los_deg * DEG,
        bias_sigma_azimuth_rad=table.number("bias_sigma_azimuth_deg", 0.0, 10.0, 0.0) * DEG,
        bias_sigma_elevation_rad=table.number("bias_sigma_elevation_deg", 0.0, 10.0, 0.0) * DEG,
        bias_sigma_range_m=table.number("bias_sigma_range_m", 0.0, 100.0 * KM, 0.0),
        bias_sigma_time_s=table.number("bias_sigma_time_s", 0.0, 60.0, 0.0),
        detection_probability=table.number("detection_probability", 0.01, 1.0, 0.9),
        false_alarms_per_scan=table.number("false_alarms_per_scan", 0.0, 10_000.0, 1.0),
        scan_period_s=table.number("scan_period_s", 0.001, 3_600.0, 1.0),
        max_range_m=table.number("max_range_m", 1.0 * KM, MAX_ALT_M, MAX_ALT_M if infrared else 1_000.0 * KM),
        min_elevation_rad=table.number("min_elevation_deg", -90.0, 90.0, -90.0 if infrared else 0.0) * DEG,
        azimuth_sector_rad=None if sector is None else (sector[0] * DEG, sector[1] * DEG),
        resolution_range_m=table.number("resolution_range_m", 0.0, 100.0 * KM, 0.0),
        resolution_angle_rad=table.number("resolution_angle_deg", 0.0, 90.0, 0.0) * DEG,
        range_doppler_s=table.number("range_doppler_s", -10.0, 10.0, 0.0),
        refraction="none" if table.choice("refraction", ("corrected", "none"), "corrected") == "none" else "corrected",
        min_altitude_seen_m=table.number("min_altitude_seen_m", 0.0, 1_000.0 * KM, 0.0),
        moving=table.flag("moving", default=False),
    )


def _place(table: Table) -> tuple[Vec3, float, float, float]:
    """Return (pos_ecef_m, lat_rad, lon_rad, alt_m) from either way of giving a place."""
    given = table.numbers("pos_ecef_m", 3)
    if given is None:
        lat_rad, lon_rad = latlon_rad(table)
        alt_m = table.number("alt_m", GROUND_FLOOR_M, MAX_ALT_M, 0.0)
        x_m, y_m, z_m = geodetic2ecef(lat_rad, lon_rad, alt_m)
        return (x_m, y_m, z_m), lat_rad, lon_rad, alt_m
    if any(table.has(key) for key in ("lat_deg", "lon_deg", "alt_m")):
        raise table.fault("pos_ecef_m and lat_deg/lon_deg/alt_m are both given; expected only one of them")
    x_m, y_m, z_m = given
    if not EARTH_CORE_M <= math.sqrt(x_m * x_m + y_m * y_m + z_m * z_m) <= MAX_ALT_M:
        raise table.fault(f"pos_ecef_m = {list(given)}: expected metres from the earth's centre, on or above the ground; did you give km?")
    lat_rad, lon_rad, alt_m = ecef2geodetic(x_m, y_m, z_m)
    return (x_m, y_m, z_m), lat_rad, lon_rad, alt_m


def _coalition(top: Table) -> Coalition:
    """Return the coalition of a whole file; sensors, moves and the hub must name what exists."""
    nations = tuple(
        NationSpec(
            nation=table.nation("code"),
            name=table.text("name"),
            ministry=table.text("ministry"),
            clock=table.text("clock", "UTC"),
            clock_ahead_s=3_600.0 * table.number("clock_ahead_h", -12.0, 14.0, 0.0),
            speaks_after_s=table.number("speaks_after_s", 0.0, 86_400.0, 0.0),
        )
        for table in top.tables("nation", "nation", "code")
    )
    codes = [spec.nation for spec in nations]
    if not codes:
        raise top.fault("no [[nation]] found; expected at least one nation table")
    _refuse_twins(top, codes, "nation")
    sensors = _sensors(top)
    for sensor in sensors:
        if sensor.nation not in codes:
            raise top.fault(f"sensor {sensor.sensor!r} belongs to {sensor.nation!r}; expected one of {', '.join(codes)}")
    mesh = top.choice("topology", ("hub", "mesh")) == "mesh"
    hub = top.nation("hub") if not mesh or top.has("hub") else None
    if hub is not None and hub not in codes:
        raise top.fault(f"hub = {hub!r}: expected one of {', '.join(codes)}")
    return Coalition(
        coalition=top.identity("id"),
        title=top.text("title"),
        notice=top.text("notice"),
        topology="mesh" if mesh else "hub",
        hub=None if mesh else hub,
        nations=nations,
        sensors=sensors,
        configurations=_configurations(top, sensors),
    )


def _configurations(top: Table, sensors: tuple[Sensor, ...]) -> tuple[Configuration, ...]:
    """Return "base" and the file's own configurations; only moving sensors may be moved."""
    movable = [s.sensor for s in sensors if s.moving]
    found = [Configuration(name=BASE_CONFIGURATION, moves=())]
    for table in top.tables("configuration", "configuration", "name"):
        moves: list[SensorMove] = []
        for move in table.tables("move", "move", "sensor"):
            sensor = move.identity("sensor")
            if sensor not in movable:
                raise move.fault(f"sensor = {sensor!r}: expected a sensor with moving = true ({', '.join(movable) or 'there is none'})")
            lat_rad, lon_rad = latlon_rad(move)
            moves.append(SensorMove(sensor=sensor, lat_rad=lat_rad, lon_rad=lon_rad))
        found.append(Configuration(name=table.identity("name"), moves=tuple(moves)))
    _refuse_twins(top, [c.name for c in found], "configuration")
    return tuple(found)
