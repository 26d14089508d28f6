"""When each true missile was in sight: its first and last plot, found by comparing plots with the truth. No tracks live here."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import acos, cos, hypot, pi
from typing import Final

import numpy as np

from tocsin.evaluation.flights import TrueFlight
from tocsin.kernels.geodesy import ecef2aer, ecef2geodetic, enu_axes
from tocsin.messages.basics import Vec3
from tocsin.messages.plot import Plot
from tocsin.messages.sensor import Sensor
from tocsin.units import NS_PER_S

SIGMAS: Final = 5.0  # a true plot lies farther off once in a million; a false one is nearer by chance in about as few
LEAST_SIGMA_M: Final = 1.0  # where a file states no error
MINUTE_NS: Final = 60 * NS_PER_S
BENT_RAD: Final = 0.02  # rays at the horizon of a standard atmosphere are bent by 10 mrad; twice that


@dataclass
class Sight:
    """First and last plot of one missile. ``period_s``: scan period of the sensor that saw it first."""

    first_ns: int
    last_ns: int
    period_s: float
    plots: int = 1

    @property
    def seconds(self) -> tuple[int, int]:
        """The whole seconds inside."""
        return -(-self.first_ns // NS_PER_S), self.last_ns // NS_PER_S


class Sights:
    """Takes plots in any order and says whose they are; memory grows with missiles only."""

    def __init__(self, flights: Sequence[TrueFlight], sensors: Sequence[Sensor]) -> None:
        self._flights = tuple(flights)
        self._by_minute: dict[int, list[int]] = {}  # minute -> missiles in flight then
        for index, flight in enumerate(flights):
            if flight.group == "missile" and flight.times_ns.size:
                for minute in range(int(flight.times_ns[0]) // MINUTE_NS, int(flight.times_ns[-1]) // MINUTE_NS + 1):
                    self._by_minute.setdefault(minute, []).append(index)
        self._sensors = {sensor.sensor: sensor for sensor in sensors}
        self.found: list[Sight | None] = [None] * len(flights)
        self.first_ns: int | None = None
        self.last_ns: int | None = None

    def take(self, plot: Plot) -> None:
        """Take the next plot."""
        self.first_ns = plot.time_ns if self.first_ns is None else min(self.first_ns, plot.time_ns)
        self.last_ns = plot.time_ns if self.last_ns is None else max(self.last_ns, plot.time_ns)
        sensor = self._sensors.get(plot.sensor)
        if sensor is None:
            return
        for index in self._by_minute.get(plot.time_ns // MINUTE_NS, ()):
            state = self._flights[index].state_at(plot.time_ns)
            if state is not None and is_of(plot, sensor, *state):
                self._note(index, plot, sensor)

    def _note(self, index: int, plot: Plot, sensor: Sensor) -> None:
        known = self.found[index]
        if known is None:
            self.found[index] = Sight(plot.time_ns, plot.time_ns, sensor.scan_period_s)
            return
        if plot.time_ns < known.first_ns:
            known.first_ns, known.period_s = plot.time_ns, sensor.scan_period_s
        known.last_ns = max(known.last_ns, plot.time_ns)
        known.plots += 1


def is_of(plot: Plot, sensor: Sensor, pos_ecef_m: Vec3, vel_ecef_mps: Vec3) -> bool:
    """Return whether a plot may be of an object: within 5 sigma (noise and bias) and half a resolution cell in every coordinate."""
    site = plot.sensor_pos_ecef_m or sensor.pos_ecef_m
    dx, dy, dz = pos_ecef_m[0] - site[0], pos_ecef_m[1] - site[1], pos_ecef_m[2] - site[2]
    range_m = hypot(dx, dy, dz)
    if plot.los_ecef is not None:
        cosine = (dx * plot.los_ecef[0] + dy * plot.los_ecef[1] + dz * plot.los_ecef[2]) / range_m
        sigma_rad = hypot(plot.sigma_los_rad or sensor.sigma_los_rad or 0.0, sensor.bias_sigma_azimuth_rad)
        return acos(min(1.0, max(-1.0, cosine))) <= SIGMAS * sigma_rad
    if plot.azimuth_rad is None or plot.elevation_rad is None or plot.range_m is None:
        return False
    rate_mps = (dx * vel_ecef_mps[0] + dy * vel_ecef_mps[1] + dz * vel_ecef_mps[2]) / range_m
    slack_m = SIGMAS * hypot(plot.sigma_range_m or sensor.sigma_range_m or LEAST_SIGMA_M, sensor.bias_sigma_range_m)
    if abs(plot.range_m - range_m - sensor.range_doppler_s * rate_mps) > slack_m + 0.5 * sensor.resolution_range_m:
        return False
    lat_rad, lon_rad, _ = ecef2geodetic(*site)
    axes = np.empty((3, 3))
    enu_axes(lat_rad, lon_rad, axes)
    azimuth_rad, elevation_rad, _ = ecef2aer(*pos_ecef_m, *site, axes)
    cell_rad = 0.5 * sensor.resolution_angle_rad
    bent_rad = BENT_RAD if sensor.refraction == "none" else 0.0
    up_rad = SIGMAS * hypot(plot.sigma_elevation_rad or sensor.sigma_elevation_rad, sensor.bias_sigma_elevation_rad) + cell_rad + bent_rad
    side_rad = SIGMAS * hypot(plot.sigma_azimuth_rad or sensor.sigma_azimuth_rad, sensor.bias_sigma_azimuth_rad) + cell_rad
    turn_rad = (plot.azimuth_rad - azimuth_rad + pi) % (2.0 * pi) - pi
    return abs(plot.elevation_rad - elevation_rad) <= up_rad and abs(turn_rad) * cos(elevation_rad) <= side_rad
