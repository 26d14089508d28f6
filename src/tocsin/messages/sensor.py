"""A sensor as the tracker knows it. Performance figures are notional and come from a configuration file."""

from typing import Literal

import msgspec

from tocsin.messages.basics import Nation, Vec3


class Sensor(msgspec.Struct, frozen=True, kw_only=True):
    """One sensor: place, errors (1 sigma), coverage and scan habits. SI units and radians.

    A radar measures azimuth (clockwise from true north), elevation (above the local WGS-84 tangent plane), range and
    optionally range rate (positive opens). An infrared sensor measures a unit line of sight in ECEF.
    """

    sensor: str
    nation: Nation
    kind: Literal["radar", "infrared"]
    pos_ecef_m: Vec3
    lat_rad: float
    lon_rad: float
    alt_m: float
    sigma_azimuth_rad: float = 0.0
    sigma_elevation_rad: float = 0.0
    sigma_range_m: float = 0.0
    sigma_range_rate_mps: float | None = None
    sigma_los_rad: float | None = None
    bias_sigma_azimuth_rad: float = 0.0
    bias_sigma_elevation_rad: float = 0.0
    bias_sigma_range_m: float = 0.0
    bias_sigma_time_s: float = 0.0
    detection_probability: float = 0.9
    false_alarms_per_scan: float = 1.0
    scan_period_s: float = 1.0
    max_range_m: float = 1.0e6
    min_elevation_rad: float = 0.0
    azimuth_sector_rad: tuple[float, float] | None = None  # (from, to) clockwise; None = all round
    resolution_range_m: float = 0.0
    resolution_angle_rad: float = 0.0
    range_doppler_s: float = 0.0
    refraction: Literal["corrected", "none"] = "corrected"
    min_altitude_seen_m: float = 0.0  # infrared: sees thrust only above this altitude
    moving: bool = False
