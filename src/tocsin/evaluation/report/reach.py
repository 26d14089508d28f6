"""Where a radar can see, for drawings only: sphere of mean radius, mask angle, longest range, sector; no refraction, no terrain."""

from math import acos, asin, atan2, cos, pi, sin, sqrt
from typing import Final

from tocsin.messages.sensor import Sensor
from tocsin.units import DEG

MEAN_RADIUS_M: Final = 6_371_008.8  # mean radius of WGS-84 (2a+b)/3; drawings are good to a few kilometres
ARC_STEP: Final = 2.0 * DEG


def reach_m(sensor: Sensor, altitude_m: float) -> float:
    """Return the ground distance to which a target at an altitude stands above the mask and within range."""
    inner, outer = MEAN_RADIUS_M + sensor.alt_m, MEAN_RADIUS_M + altitude_m
    if outer * (1.0 + 1e-12) < inner * cos(sensor.min_elevation_rad):
        return 0.0
    horizon_rad = acos(min(inner * cos(sensor.min_elevation_rad) / outer, 1.0)) - sensor.min_elevation_rad
    range_cos = (inner * inner + outer * outer - sensor.max_range_m * sensor.max_range_m) / (2.0 * inner * outer)
    range_rad = acos(min(max(range_cos, -1.0), 1.0))
    return max(min(horizon_rad, range_rad), 0.0) * MEAN_RADIUS_M


def lowest_seen_m(sensor: Sensor, lat_rad: float, lon_rad: float) -> float | None:
    """Return the lowest altitude at which a radar sees a target above a place, None where it never does."""
    ground_rad, bearing_rad = _inverse(sensor.lat_rad, sensor.lon_rad, lat_rad, lon_rad)
    if not _in_sector(sensor, bearing_rad) or ground_rad + sensor.min_elevation_rad >= 0.5 * pi:
        return None
    inner = MEAN_RADIUS_M + sensor.alt_m
    outer = inner * cos(sensor.min_elevation_rad) / cos(ground_rad + sensor.min_elevation_rad)
    slant_m = sqrt(max(inner * inner + outer * outer - 2.0 * inner * outer * cos(ground_rad), 0.0))
    return max(outer - MEAN_RADIUS_M, 0.0) if slant_m <= sensor.max_range_m else None


def coverage_deg(sensor: Sensor, altitude_m: float) -> tuple[tuple[float, float], ...]:
    """Return the edge of a radar's coverage at an altitude as (lat_deg, lon_deg); with a sector it starts and ends at the radar."""
    ground_rad = reach_m(sensor, altitude_m) / MEAN_RADIUS_M
    sector = sensor.azimuth_sector_rad
    start, width = (0.0, 2.0 * pi) if sector is None else (sector[0], (sector[1] - sector[0]) % (2.0 * pi))
    steps = max(int(width / ARC_STEP), 8)
    arc = [_direct(sensor.lat_rad, sensor.lon_rad, start + width * step / steps, ground_rad) for step in range(steps + 1)]
    centre = [(sensor.lat_rad / DEG, sensor.lon_rad / DEG)] if sector is not None else []
    return tuple(centre + arc + centre)


def _in_sector(sensor: Sensor, bearing_rad: float) -> bool:
    if sensor.azimuth_sector_rad is None:
        return True
    start, end = sensor.azimuth_sector_rad
    return (bearing_rad - start) % (2.0 * pi) <= (end - start) % (2.0 * pi)


def _inverse(lat1: float, lon1: float, lat2: float, lon2: float) -> tuple[float, float]:
    """Return (angle at the centre, bearing clockwise from north) between two places on the sphere."""
    half = sin(0.5 * (lat2 - lat1)) ** 2 + cos(lat1) * cos(lat2) * sin(0.5 * (lon2 - lon1)) ** 2
    bearing = atan2(sin(lon2 - lon1) * cos(lat2), cos(lat1) * sin(lat2) - sin(lat1) * cos(lat2) * cos(lon2 - lon1))
    return 2.0 * asin(min(sqrt(half), 1.0)), bearing % (2.0 * pi)


def _direct(lat: float, lon: float, bearing: float, angle: float) -> tuple[float, float]:
    """Return the (lat_deg, lon_deg) at a bearing and an angle at the centre from a place."""
    lat2 = asin(sin(lat) * cos(angle) + cos(lat) * sin(angle) * cos(bearing))
    lon2 = lon + atan2(sin(bearing) * sin(angle) * cos(lat), cos(angle) - sin(lat) * sin(lat2))
    return lat2 / DEG, lon2 / DEG
