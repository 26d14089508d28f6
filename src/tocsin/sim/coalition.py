"""Sensors of a coalition in their places: named configurations, ships put elsewhere, and how a ship moves meanwhile."""

import math
from typing import Final

import msgspec

from tocsin.errors import OperatorFault
from tocsin.kernels.geodesy import geodetic2ecef
from tocsin.messages.basics import Vec3
from tocsin.messages.coalition import Coalition
from tocsin.messages.sensor import Sensor

SHIP_SPEED_MPS: Final = 8.0  # notional patrol speed, about 16 knots
PATROL_LEG_S: Final = 600.0  # north-south legs across the stated place, so that it stays within 2.4 km of it
MERIDIAN_RADIUS_M: Final = 6_362_000.0  # WGS-84 at 39 degrees north; 0.2 % wrong elsewhere, 5 m on the patrol


def place(coalition: Coalition, configuration: str = "base") -> tuple[Sensor, ...]:
    """Return the coalition's sensors as a named configuration puts them, in file order."""
    for candidate in coalition.configurations:
        if candidate.name == configuration:
            sensors = coalition.sensors
            for move in candidate.moves:
                sensors = moved(sensors, move.sensor, move.lat_rad, move.lon_rad)
            return sensors
    known = ", ".join(c.name for c in coalition.configurations)
    raise OperatorFault(f"configuration {configuration!r} is not in coalition {coalition.coalition}; expected one of {known}", exit_code=2)


def moved(sensors: tuple[Sensor, ...], sensor: str, lat_rad: float, lon_rad: float) -> tuple[Sensor, ...]:
    """Return the sensors with one of them at another place (same altitude); OperatorFault where there is none of that id."""
    if all(s.sensor != sensor for s in sensors):
        raise OperatorFault(f"sensor {sensor!r} is not among {', '.join(s.sensor for s in sensors)}; name one of them", exit_code=2)
    return tuple(_at(s, lat_rad, lon_rad) if s.sensor == sensor else s for s in sensors)


def patrol_position(sensor: Sensor, since_start_s: float) -> tuple[float, float, Vec3]:
    """Return (lat_rad, lon_rad, pos_ecef_m) of a sensor some time after the night's start; fixed ones stay.

    A ship steams north and south across its stated place, which it leaves northbound at the start.
    """
    if not sensor.moving:
        return sensor.lat_rad, sensor.lon_rad, sensor.pos_ecef_m
    legs = (since_start_s / PATROL_LEG_S + 0.5) % 2.0
    along_s = PATROL_LEG_S * ((legs if legs <= 1.0 else 2.0 - legs) - 0.5)
    lat_rad = sensor.lat_rad + SHIP_SPEED_MPS * along_s / MERIDIAN_RADIUS_M
    return lat_rad, sensor.lon_rad, geodetic2ecef(lat_rad, sensor.lon_rad, sensor.alt_m)


def _at(sensor: Sensor, lat_rad: float, lon_rad: float) -> Sensor:
    """Return the sensor at another place."""
    pos_ecef_m = geodetic2ecef(lat_rad, math.remainder(lon_rad, 2.0 * math.pi), sensor.alt_m)
    return msgspec.structs.replace(sensor, lat_rad=lat_rad, lon_rad=lon_rad, pos_ecef_m=pos_ecef_m)
