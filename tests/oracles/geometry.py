"""Slow, obvious twin of the simulated sensors' geometry: when does a sensor see a flight? One point at a time, with pymap3d.

It takes nothing from the project but the flight's own positions (``Flight.state_at``) and the figures of the sensor.
"""

from collections.abc import Sequence
from math import degrees, inf

import pymap3d

from tocsin.messages.sensor import Sensor
from tocsin.sim.flight import Flight

SHIP_SPEED_MPS = 8.0
SHIP_LEG_S = 600.0


def ship_place_deg(sensor: Sensor, since_start_s: float) -> tuple[float, float]:
    """Return (latitude, longitude) in degrees: ships leave their place northbound and turn every 600 s, at +-300 s of way."""
    lat_deg, lon_deg = degrees(sensor.lat_rad), degrees(sensor.lon_rad)
    if not sensor.moving:
        return lat_deg, lon_deg
    t = since_start_s % (2 * SHIP_LEG_S)
    half = SHIP_LEG_S / 2
    way_s = t if t <= half else (SHIP_LEG_S - t if t <= 3 * half else t - 2 * SHIP_LEG_S)
    lat_deg, lon_deg = pymap3d.enu2geodetic(0.0, SHIP_SPEED_MPS * way_s, 0.0, lat_deg, lon_deg, 0.0)[:2]
    return float(lat_deg), float(lon_deg)


def sees(sensor: Sensor, flight: Flight, time_ns: int, start_ns: int) -> bool:
    """Return whether the sensor could detect the flight at a time: mask, range, sector; burning and not behind the earth."""
    state = flight.state_at(time_ns)
    if state is None:
        return False
    x, y, z = state[0]
    if sensor.kind == "infrared":
        return _infrared_sees(sensor, flight, time_ns, (x, y, z))
    lat_deg, lon_deg = ship_place_deg(sensor, (time_ns - start_ns) / 1e9)
    azimuth_deg, elevation_deg, range_m = (float(v) for v in pymap3d.ecef2aer(x, y, z, lat_deg, lon_deg, sensor.alt_m))
    if elevation_deg < degrees(sensor.min_elevation_rad) or range_m > sensor.max_range_m:
        return False
    if sensor.azimuth_sector_rad is None:
        return True
    start_deg, end_deg = (degrees(edge) % 360.0 for edge in sensor.azimuth_sector_rad)
    if start_deg <= end_deg:
        return start_deg <= azimuth_deg <= end_deg
    return azimuth_deg >= start_deg or azimuth_deg <= end_deg


def _infrared_sees(sensor: Sensor, flight: Flight, time_ns: int, place: tuple[float, float, float]) -> bool:
    """Return whether the flight burns above the floor and the satellite stands above the flight's own horizon (with dip)."""
    lat_deg, lon_deg, alt_m = (float(v) for v in pymap3d.ecef2geodetic(*place))
    if not flight.thrusting(time_ns) or alt_m <= sensor.min_altitude_seen_m:
        return False
    _, elevation_deg, _ = pymap3d.ecef2aer(*sensor.pos_ecef_m, lat_deg, lon_deg, alt_m)
    dip_deg = degrees((2.0 * alt_m / 6_371_000.0) ** 0.5)
    return float(elevation_deg) > -dip_deg


def span_s(sensor: Sensor, flight: Flight, start_ns: int, step_s: float = 1.0) -> tuple[float, float]:
    """Return (first, last) second after lift-off at which the flight can be seen; (inf, -inf) where never."""
    first, last = inf, -inf
    steps = int((flight.impact_ns - flight.launch_ns) / 1e9 / step_s)
    for i in range(steps + 1):
        if sees(sensor, flight, flight.launch_ns + round(i * step_s * 1e9), start_ns):
            first, last = min(first, i * step_s), i * step_s
    return first, last


def first_detection_ns(sensor: Sensor, flight: Flight, start_ns: int, phase_s: float, hits: Sequence[bool]) -> int | None:
    """Return the first scan at which the flight is visible and not missed; scan k is at start + phase + k periods."""
    for k, hit in enumerate(hits):
        time_ns = start_ns + round((phase_s + k * sensor.scan_period_s) * 1e9)
        if hit and sees(sensor, flight, time_ns, start_ns):
            return time_ns
    return None
