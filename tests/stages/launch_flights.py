"""Powered flights by the published priors and the plot rows that radars and satellites make of them, for tests of launch fits.

The truth is flown by ``sim.trajectory`` in its own steps of 0.25 s; the fit has its own path kernel.
"""

from dataclasses import dataclass
from math import cos, exp, log, radians, sin, sqrt

import numpy as np

from tests.stages.tracking_scene import at_ns, infrared, radar
from tocsin.kernels.geodesy import altitude_m, ecef2aer, enu_axes
from tocsin.kernels.measure import PLOT_COLUMNS, across_axes
from tocsin.messages.plot import Plot
from tocsin.messages.sensor import Sensor
from tocsin.models.sensing import fill_plot, sensor_model
from tocsin.sim.trajectory import Boost, Motor, path

Early = list[tuple[int, np.ndarray]]

SITE_DEG = (39.0, 126.0)
STATIONS = tuple(
    radar(
        name, "KOR", lat_deg, lon_deg, 300.0, sigma_mrad=0.8, sigma_range_m=40.0, scan_s=1.0, range_km=1_000.0, mask_deg=1.0,
        sector_deg=None, cell=(100.0, 10.0), alarms=1.0, pd=0.9,
    )
    for name, lat_deg, lon_deg in (("R-1", 36.2, 128.5), ("R-2", 36.5, 124.4), ("R-3", 38.3, 125.2))
)  # fmt: skip
FAR = STATIONS[:2]  # 300-400 km away: they see the last half of a boost
NEAR = STATIONS[2:]  # 100 km away: sees it from 2 km altitude on
SATELLITES = (infrared("IR-1", "USA", 100.0), infrared("IR-2", "USA", 160.0))


@dataclass(frozen=True)
class Flown:
    """A flight: what it was made of, its rows (s, ECEF position, velocity) and its last burnout."""

    boost: Boost
    rows: np.ndarray
    burnout_s: float

    def at(self, time_s: float) -> np.ndarray:
        """Return position and velocity by the cubic between two rows."""
        after = min(max(int(np.searchsorted(self.rows[:, 0], time_s)), 1), len(self.rows) - 1)
        one, two = self.rows[after - 1], self.rows[after]
        h = two[0] - one[0]
        f = (time_s - one[0]) / h if h > 0.0 else 0.0
        rise = two[1:4] - one[1:4]
        bend = 3.0 * rise - h * (2.0 * one[4:7] + two[4:7])
        twist = h * (one[4:7] + two[4:7]) - 2.0 * rise
        return np.concatenate([one[1:4] + f * (h * one[4:7] + f * (bend + f * twist)), one[4:7] + f * (two[4:7] - one[4:7])])

    def burning(self, time_s: float) -> bool:
        """Return whether a motor burns."""
        lit_s = 0.0
        for motor in self.boost.motors:
            if lit_s <= time_s <= lit_s + motor.burn_s:
                return True
            lit_s += motor.burn_s + motor.coast_s
        return False

    def east_north_m(self, lat_rad: float, lon_rad: float) -> np.ndarray:
        """Return how far a point lies from the launch point."""
        north_m = (lat_rad - self.boost.lat_rad) * 6_360_000.0
        return np.array([(lon_rad - self.boost.lon_rad) * 6_386_000.0 * cos(self.boost.lat_rad), north_m])


def fly(
    motors: tuple[Motor, ...], *, kick_s: float = 8.0, kick_rad: float = 0.35, bearing_deg: float = 70.0, ln_beta: float = log(5_000.0)
) -> Flown:
    """Fly one boost from the site."""
    bearing = radians(bearing_deg)
    boost = Boost(
        lat_rad=radians(SITE_DEG[0]),
        lon_rad=radians(SITE_DEG[1]),
        alt_m=0.0,
        motors=motors,
        kick_s=kick_s,
        kick_east_rad=kick_rad * sin(bearing),
        kick_north_rad=kick_rad * cos(bearing),
        ln_beta=ln_beta,
    )
    burnout_s = sum(motor.burn_s + motor.coast_s for motor in motors)
    return Flown(boost=boost, rows=np.array(path(boost)), burnout_s=burnout_s)


def one_stage(burn_s: float = 75.0, thrust_mps2: float = 34.0, slope: float = 0.0) -> tuple[Motor, ...]:
    return (Motor(thrust_mps2=thrust_mps2, burn_s=burn_s, coast_s=0.0, slope=slope),)


def drawn(seed: int, kind: str) -> Flown:
    """Draw a flight by the priors; kind: one, two, failed."""
    rng = np.random.default_rng(seed)
    while True:
        burn_s = rng.uniform(40.0, 120.0)
        first_s = burn_s * rng.uniform(0.3, 0.7) if kind == "two" else burn_s
        thrust = 30.0 * exp(rng.normal(0.0, 0.3))
        motors = [Motor(thrust_mps2=thrust, burn_s=first_s, coast_s=0.0, slope=rng.uniform(-0.2, 0.2))]
        if kind == "two":
            motors[0] = Motor(thrust_mps2=thrust, burn_s=first_s, coast_s=rng.uniform(0.0, 10.0), slope=motors[0].slope)
            second = thrust * exp(rng.normal(0.0, 0.3))
            motors.append(Motor(thrust_mps2=second, burn_s=burn_s - first_s, coast_s=0.0, slope=rng.uniform(-0.2, 0.2)))
        if kind == "failed":
            kept = rng.uniform(0.3, 0.9)
            middle = thrust * (1.0 + motors[0].slope * 0.5 * (kept - 1.0))
            motors = [Motor(thrust_mps2=middle, burn_s=burn_s * kept, coast_s=0.0, slope=motors[0].slope * kept * thrust / middle)]
        kick_s = rng.uniform(4.0, 15.0)
        if kick_s > motors[0].burn_s - 5.0 or min(motor.thrust_mps2 for motor in motors) < 14.0:
            continue
        flown = fly(
            tuple(motors),
            kick_s=kick_s,
            kick_rad=rng.uniform(0.05, 0.5) * (kick_s / 15.0),
            bearing_deg=rng.uniform(0.0, 360.0),
            ln_beta=rng.normal(log(5_000.0), 0.3),
        )
        if len(flown.rows) and 40_000.0 < max(altitude_m(*row[1:4]) for row in flown.rows[::20]) < 600_000.0:
            return flown


def plots(flown: Flown, sensors: tuple[Sensor, ...], seed: int, until_s: float, from_s: float = 0.0) -> Early:
    """Return (time, plot row) of all that the sensors see, in order of time."""
    rng = np.random.default_rng(seed)
    out: Early = []
    for index, sensor in enumerate(sensors):
        model = sensor_model(sensor, index)
        time_s = rng.uniform(0.1, sensor.scan_period_s)
        while time_s < until_s:
            x = flown.at(time_s)
            plot = _line(flown, time_s, x, sensor, rng) if sensor.kind == "infrared" else _radar_plot(time_s, x, sensor, rng)
            if plot is not None and time_s >= from_s and rng.random() < sensor.detection_probability:
                row = np.empty(PLOT_COLUMNS)
                fill_plot(plot, model, model.row, row)
                out.append((plot.time_ns, row))
            time_s += sensor.scan_period_s
    return sorted(out, key=lambda item: item[0])


def _radar_plot(time_s: float, x: np.ndarray, sensor: Sensor, rng: np.random.Generator) -> Plot | None:
    axes = np.empty((3, 3))
    enu_axes(sensor.lat_rad, sensor.lon_rad, axes)
    azimuth, elevation, range_m = ecef2aer(*x[:3], *sensor.pos_ecef_m, axes)
    if elevation < sensor.min_elevation_rad or range_m > sensor.max_range_m:
        return None
    noise = rng.standard_normal(3)
    return Plot(
        time_ns=at_ns(time_s),
        sensor=sensor.sensor,
        azimuth_rad=azimuth + noise[0] * sensor.sigma_azimuth_rad,
        elevation_rad=elevation + noise[1] * sensor.sigma_elevation_rad,
        range_m=range_m + noise[2] * sensor.sigma_range_m,
    )


def _line(flown: Flown, time_s: float, x: np.ndarray, sensor: Sensor, rng: np.random.Generator) -> Plot | None:
    if not flown.burning(time_s) or altitude_m(*x[:3]) < sensor.min_altitude_seen_m:
        return None
    line = x[:3] - np.array(sensor.pos_ecef_m)
    line /= sqrt(float(np.sum(line * line)))
    sides = np.array(across_axes(*line)).reshape(2, 3)
    line = line + sensor.sigma_los_rad * (rng.standard_normal(2)[:, None] * sides).sum(axis=0)
    return Plot(time_ns=at_ns(time_s), sensor=sensor.sensor, los_ecef=(float(line[0]), float(line[1]), float(line[2])))
