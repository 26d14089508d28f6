"""Plot: one detection of one sensor. Scan: all plots that one sensor delivers together."""

import msgspec

from tocsin.messages.basics import Vec3


class Plot(msgspec.Struct, frozen=True, kw_only=True):
    """One detection. ``time_ns`` is the time at the target (UTC), not of receipt.

    Radar: ``azimuth_rad`` (clockwise from true north), ``elevation_rad``, ``range_m``, optional ``range_rate_mps`` (positive
    opens). Infrared: ``los_ecef`` (unit vector from sensor to target) and nothing else. ``sigma_*`` and
    ``sensor_pos_ecef_m`` override the sensor's own values for this plot (moving platforms).
    """

    time_ns: int
    sensor: str
    azimuth_rad: float | None = None
    elevation_rad: float | None = None
    range_m: float | None = None
    range_rate_mps: float | None = None
    los_ecef: Vec3 | None = None
    sensor_pos_ecef_m: Vec3 | None = None
    sigma_azimuth_rad: float | None = None
    sigma_elevation_rad: float | None = None
    sigma_range_m: float | None = None
    sigma_range_rate_mps: float | None = None
    sigma_los_rad: float | None = None


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """What one sensor delivered for one scan; ``plots`` may be empty (looked, saw nothing)."""

    sensor: str
    time_ns: int
    plots: tuple[Plot, ...] = ()
