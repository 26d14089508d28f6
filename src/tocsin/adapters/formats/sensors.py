"""The writer of sensor files: what ``tocsin.node.settings.parse_sensors`` reads back to the same sensors.

Numbers are written so that they read back bit for bit wherever a number of degrees can do that.
"""

import json
from typing import Final

import msgspec

from tocsin.adapters.formats.angles import short_deg
from tocsin.kernels.geodesy import geodetic2ecef
from tocsin.messages.sensor import Sensor
from tocsin.units import DEG

HEADER: Final = "# Sensors of a Tocsin plot file. Positions are public to 0.1 degree, performance figures are notional.\n"

Value = str | float | bool | tuple[float, ...]


def sensors_toml(sensors: tuple[Sensor, ...]) -> str:
    """Return the sensor file, one table each, in the given order."""
    return HEADER + "".join(_table(sensor) for sensor in sensors)


def _table(sensor: Sensor) -> str:
    lines = [f"{key} = {_toml(value)}" for key, value in _entries(sensor)]
    return "\n[[sensor]]\n" + "\n".join(lines) + "\n"


def _entries(sensor: Sensor) -> list[tuple[str, Value]]:
    """Return (key, value) of everything but what equals its default."""
    entries: list[tuple[str, Value]] = [("id", sensor.sensor), ("nation", sensor.nation), ("kind", sensor.kind)]
    entries += _place(sensor)
    for field in msgspec.structs.fields(Sensor):
        if field.name in PLACE_AND_NAME:
            continue
        value = getattr(sensor, field.name)
        if value is None or (value == field.default and field.name not in ALWAYS):
            continue
        entries.append(_entry(field.name, value))
    return entries


def _entry(name: str, value: Value) -> tuple[str, Value]:
    """Return the file's key and value of one field: radians become degrees."""
    if not name.endswith("_rad"):
        return name, value
    key = name.removesuffix("_rad") + "_deg"
    if isinstance(value, tuple):
        return key, tuple(short_deg(edge) for edge in value)
    assert isinstance(value, float)
    return key, short_deg(value)


def _place(sensor: Sensor) -> list[tuple[str, Value]]:
    """Return latitude, longitude, altitude if they give the very position, else the position itself."""
    lat_deg, lon_deg = short_deg(sensor.lat_rad), short_deg(sensor.lon_rad)
    if geodetic2ecef(lat_deg * DEG, lon_deg * DEG, sensor.alt_m) == sensor.pos_ecef_m:
        return [("lat_deg", lat_deg), ("lon_deg", lon_deg), ("alt_m", sensor.alt_m)]
    return [("pos_ecef_m", sensor.pos_ecef_m)]


PLACE_AND_NAME: Final = frozenset({"sensor", "nation", "kind", "pos_ecef_m", "lat_rad", "lon_rad", "alt_m"})
ALWAYS: Final = frozenset({"max_range_m", "min_elevation_rad"})  # their defaults depend on the kind; written whatever they are


def _toml(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "[" + ", ".join(repr(float(number)) for number in value) + "]"
    if isinstance(value, str):
        return json.dumps(value)  # a TOML basic string has JSON's escapes; ids and codes are plain anyway
    return repr(float(value))
