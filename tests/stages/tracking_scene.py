"""A small world for the tracking tests: powered flights, aircraft, and notional radars and infrared satellites that see them.

The truth is flown with the trajectory kernels (themselves proven against outside authorities in tests/kernels); the sensors
are those of the reference coalition, whose positions are public and whose performance is invented.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import cos, floor, log, pi, sin, sqrt

import numpy as np

from tocsin.kernels.geodesy import altitude_m, ecef2aer, enu_axes, geodetic2ecef
from tocsin.kernels.trajectory import boost_propagate, coast_propagate
from tocsin.messages.plot import Plot, Scan
from tocsin.messages.sensor import Sensor
from tocsin.units import DEG, KM, NS_PER_S

BASE_NS = 1_700_000_000 * NS_PER_S
GRID_S = 0.25


def radar(
    name: str,
    nation: str,
    lat_deg: float,
    lon_deg: float,
    alt_m: float,
    *,
    sigma_mrad: float,
    sigma_range_m: float,
    scan_s: float,
    range_km: float,
    mask_deg: float,
    sector_deg: tuple[float, float] | None,
    cell: tuple[float, float],
    alarms: float,
    pd: float,
) -> Sensor:
    """Return a radar; cell: (m, mrad)."""
    lat, lon = lat_deg * DEG, lon_deg * DEG
    return Sensor(
        sensor=name,
        nation=nation,
        kind="radar",
        pos_ecef_m=geodetic2ecef(lat, lon, alt_m),
        lat_rad=lat,
        lon_rad=lon,
        alt_m=alt_m,
        sigma_azimuth_rad=sigma_mrad * 1e-3,
        sigma_elevation_rad=sigma_mrad * 1e-3,
        sigma_range_m=sigma_range_m,
        detection_probability=pd,
        false_alarms_per_scan=alarms,
        scan_period_s=scan_s,
        max_range_m=range_km * KM,
        min_elevation_rad=mask_deg * DEG,
        azimuth_sector_rad=None if sector_deg is None else (sector_deg[0] * DEG, sector_deg[1] * DEG),
        resolution_range_m=cell[0],
        resolution_angle_rad=cell[1] * 1e-3,
    )


def infrared(name: str, nation: str, lon_deg: float) -> Sensor:
    """Return a geostationary infrared satellite."""
    lon = lon_deg * DEG
    return Sensor(
        sensor=name,
        nation=nation,
        kind="infrared",
        pos_ecef_m=geodetic2ecef(0.0, lon, 35_786_000.0),
        lat_rad=0.0,
        lon_rad=lon,
        alt_m=35_786_000.0,
        sigma_los_rad=20e-6,
        detection_probability=0.95,
        false_alarms_per_scan=0.1,
        scan_period_s=5.0,
        max_range_m=5.0e7,
        min_altitude_seen_m=8_000.0,
    )


KOREA = (
    radar(
        "KOR-EWR-N", "KOR", 36.9, 127.4, 300.0, sigma_mrad=1.0, sigma_range_m=50.0, scan_s=2.0, range_km=900.0,
        mask_deg=1.0, sector_deg=(300.0, 90.0), cell=(150.0, 20.0), alarms=5.0, pd=0.9,
    ),
    radar(
        "KOR-EWR-S", "KOR", 35.9, 127.9, 500.0, sigma_mrad=1.0, sigma_range_m=50.0, scan_s=2.0, range_km=900.0,
        mask_deg=1.0, sector_deg=(300.0, 90.0), cell=(150.0, 20.0), alarms=5.0, pd=0.9,
    ),
    radar(
        "KOR-SHIP", "KOR", 37.8, 130.2, 20.0, sigma_mrad=0.8, sigma_range_m=40.0, scan_s=2.0, range_km=700.0,
        mask_deg=1.0, sector_deg=None, cell=(150.0, 25.0), alarms=8.0, pd=0.9,
    ),
)  # fmt: skip
SATELLITES = (infrared("USA-IR-WEST", "USA", 100.0), infrared("USA-IR-EAST", "USA", 160.0))
SEONGJU = radar(
    "USA-XBR-SEONGJU", "USA", 36.0, 128.3, 400.0, sigma_mrad=0.4, sigma_range_m=15.0, scan_s=1.0, range_km=900.0,
    mask_deg=1.0, sector_deg=(290.0, 50.0), cell=(30.0, 8.0), alarms=3.0, pd=0.95,
)  # fmt: skip


@dataclass
class Flight:
    """Truth of one object: states[k] = x, y, z, vx, vy, vz at start_s + k GRID_S; burning until burnout_s."""

    start_s: float
    states: np.ndarray
    burnout_s: float = -1.0
    ballistic: bool = True

    def at(self, time_s: float) -> np.ndarray | None:
        """Return the state at a time, None outside the flight."""
        place = (time_s - self.start_s) / GRID_S
        k = floor(place + 1e-9)
        if k < 0 or k >= len(self.states):
            return None
        f = place - k
        if f < 1e-6 or k + 1 >= len(self.states):
            return self.states[k]
        a, b = self.states[k], self.states[k + 1]
        return a + f * (b - a)


@dataclass
class Launch:
    """What a powered flight is made of."""

    lat_deg: float = 39.20
    lon_deg: float = 125.67
    bearing_deg: float = 61.0
    time_s: float = 0.0
    burn_s: float = 75.0
    thrust_mps2: float = 36.0
    slope: float = 0.0
    kick_s: float = 8.0
    kick_rad: float = 0.5
    ln_beta_boost: float = log(8_000.0)
    ln_beta: float = log(5_000.0)


def fly(launch: Launch) -> Flight:
    """Fly a launch to the ground: vertical rise, instant kick, gravity turn with linearly changing thrust, coast with drag."""
    lat, lon = launch.lat_deg * DEG, launch.lon_deg * DEG
    axes = np.empty((3, 3))
    enu_axes(lat, lon, axes)
    state = np.zeros(8)
    state[:3] = geodetic2ecef(lat, lon, 0.0)
    states = [state[:6].copy()]
    bearing = launch.bearing_deg * DEG
    level = sin(bearing) * axes[0] + cos(bearing) * axes[1]
    fine = 0.05
    time_s = 0.0
    kicked = False
    while len(states) < 20_000:
        for _ in range(round(GRID_S / fine)):
            burning = time_s < launch.burn_s - 1e-9
            if not kicked and time_s >= launch.kick_s - 1e-9:
                speed = sqrt(float(np.sum(state[3:6] ** 2)))
                state[3:6] = cos(launch.kick_rad) * state[3:6] + sin(launch.kick_rad) * speed * level
                kicked = True
            if burning:
                middle = (time_s + 0.5 * fine) / launch.burn_s
                state[6] = launch.ln_beta_boost
                state[7] = launch.thrust_mps2 * (1.0 + launch.slope * (middle - 0.5))
                boost_propagate(state, fine, fine, state)
            else:
                state[6] = launch.ln_beta
                coast_propagate(state, fine, fine, state)
            time_s += fine
        if altitude_m(*state[:3]) < 0.0:
            break
        states.append(state[:6].copy())
    return Flight(start_s=launch.time_s, states=np.array(states), burnout_s=launch.time_s + launch.burn_s)


def fly_level(
    lat_deg: float,
    lon_deg: float,
    alt_m: float,
    speed_mps: float,
    bearing_deg: float,
    until_s: float,
    turns: Sequence[tuple[float, float, float]] = (),
) -> Flight:
    """Fly an aircraft at constant height; turns: (from s, to s, acceleration in g, positive to the right)."""
    lat, lon, heading = lat_deg * DEG, lon_deg * DEG, bearing_deg * DEG
    states = []
    axes = np.empty((3, 3))
    for k in range(int(until_s / GRID_S)):
        now = k * GRID_S
        enu_axes(lat, lon, axes)
        states.append(np.concatenate([geodetic2ecef(lat, lon, alt_m), speed_mps * (sin(heading) * axes[0] + cos(heading) * axes[1])]))
        pull = sum(g for start, end, g in turns if start <= now < end) * 9.80665
        heading += pull / speed_mps * GRID_S
        lat += speed_mps * cos(heading) * GRID_S / (6_371_000.0 + alt_m)
        lon += speed_mps * sin(heading) * GRID_S / ((6_371_000.0 + alt_m) * cos(lat))
    return Flight(start_s=0.0, states=np.array(states), ballistic=False)


@dataclass
class Scene:
    """Sensors, flights and a seed; ``scans`` plays them in time order."""

    sensors: Sequence[Sensor]
    flights: Sequence[Flight]
    seed: int = 1
    from_s: float = 0.0
    until_s: float = 300.0
    clutter: bool = True
    merge: bool = True
    phases_s: dict[str, float] = field(default_factory=dict)

    def scans(self) -> list[Scan]:
        """Return all scans, in time order."""
        rng = np.random.default_rng(self.seed)
        looks: list[tuple[float, int, Sensor]] = []
        for index, sensor in enumerate(self.sensors):
            phase = self.phases_s.get(sensor.sensor, (0.37 * index) % sensor.scan_period_s)
            count = int((self.until_s - self.from_s - phase) / sensor.scan_period_s) + 1
            looks.extend((self.from_s + phase + k * sensor.scan_period_s, index, sensor) for k in range(count))
        looks.sort(key=lambda look: (look[0], look[1]))
        return [self._scan(sensor, time_s, rng) for time_s, _, sensor in looks]

    def _scan(self, sensor: Sensor, time_s: float, rng: np.random.Generator) -> Scan:
        time_ns = at_ns(time_s)
        plots: list[Plot] = []
        if sensor.kind == "infrared":
            plots.extend(self._infrared(sensor, time_s, rng))
        else:
            seen = []
            rates: dict[tuple[float, float, float], float] = {}  # of what did not merge
            axes = np.empty((3, 3))
            enu_axes(sensor.lat_rad, sensor.lon_rad, axes)
            for flight in self.flights:
                state = flight.at(time_s)
                if state is None:
                    continue
                aer = ecef2aer(*state[:3], *sensor.pos_ecef_m, axes)
                if covers(sensor, *aer) and rng.random() < sensor.detection_probability:
                    seen.append(aer)
                    offset = state[:3] - np.array(sensor.pos_ecef_m)
                    rates[aer] = float(offset @ state[3:]) / sqrt(float(offset @ offset))
            if self.merge:
                seen = merged(sensor, seen)
            plots.extend(self._radar_plot(sensor, time_ns, aer, rates.get(aer), rng) for aer in seen)
            if self.clutter:
                plots.extend(self._alarms(sensor, time_ns, rng))
        return Scan(sensor=sensor.sensor, time_ns=time_ns, plots=tuple(plots))

    def _radar_plot(
        self, sensor: Sensor, time_ns: int, aer: tuple[float, float, float], rate_mps: float | None, rng: np.random.Generator
    ) -> Plot:
        sigma_mps = sensor.sigma_range_rate_mps
        return Plot(
            time_ns=time_ns,
            sensor=sensor.sensor,
            azimuth_rad=float((aer[0] + sensor.sigma_azimuth_rad * rng.normal()) % (2.0 * pi)),
            elevation_rad=float(aer[1] + sensor.sigma_elevation_rad * rng.normal()),
            range_m=float(aer[2] + sensor.sigma_range_m * rng.normal()),
            range_rate_mps=None if sigma_mps is None or rate_mps is None else rate_mps + sigma_mps * float(rng.normal()),
        )

    def _alarms(self, sensor: Sensor, time_ns: int, rng: np.random.Generator) -> list[Plot]:
        start, end = sensor.azimuth_sector_rad or (0.0, 2.0 * pi)
        width = (end - start) % (2.0 * pi) or 2.0 * pi
        return [
            Plot(
                time_ns=time_ns,
                sensor=sensor.sensor,
                azimuth_rad=float((start + width * rng.random()) % (2.0 * pi)),
                elevation_rad=float(rng.uniform(sensor.min_elevation_rad, 70.0 * DEG)),
                range_m=float(rng.uniform(1_000.0, sensor.max_range_m)),
            )
            for _ in range(rng.poisson(sensor.false_alarms_per_scan))
        ]

    def _infrared(self, sensor: Sensor, time_s: float, rng: np.random.Generator) -> list[Plot]:
        plots = []
        place = np.array(sensor.pos_ecef_m)
        for flight in self.flights:
            state = flight.at(time_s)
            burning = state is not None and flight.ballistic and time_s < flight.burnout_s
            if state is None or not burning or altitude_m(*state[:3]) < sensor.min_altitude_seen_m:
                continue
            if rng.random() < sensor.detection_probability:
                line = state[:3] - place
                plots.append(self._line(sensor, time_s, line, rng))
        if self.clutter:
            for _ in range(rng.poisson(sensor.false_alarms_per_scan)):
                lat, lon = rng.uniform(-50.0, 50.0) * DEG, sensor.lon_rad + rng.uniform(-50.0, 50.0) * DEG
                line = np.array(geodetic2ecef(lat, lon, 10_000.0)) - place
                plots.append(self._line(sensor, time_s, line, rng))
        return plots

    def _line(self, sensor: Sensor, time_s: float, line: np.ndarray, rng: np.random.Generator) -> Plot:
        line = line / sqrt(float(np.sum(line**2)))
        line = line + (sensor.sigma_los_rad or 0.0) * rng.normal(size=3)
        line = line / sqrt(float(np.sum(line**2)))
        return Plot(time_ns=at_ns(time_s), sensor=sensor.sensor, los_ecef=(float(line[0]), float(line[1]), float(line[2])))


def covers(sensor: Sensor, azimuth: float, elevation: float, range_m: float) -> bool:
    """True if a radar's coverage holds a direction and range."""
    if elevation < sensor.min_elevation_rad or range_m > sensor.max_range_m:
        return False
    if sensor.azimuth_sector_rad is None:
        return True
    start, end = sensor.azimuth_sector_rad
    return (azimuth - start) % (2.0 * pi) <= (end - start) % (2.0 * pi)


def merged(sensor: Sensor, seen: list[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Return the detections with those of one resolution cell replaced by their mean."""
    left = list(seen)
    out = []
    while left:
        first = left.pop(0)
        group = [first]
        for other in list(left):
            near = abs(other[2] - first[2]) < sensor.resolution_range_m
            turn = abs((other[0] - first[0] + pi) % (2.0 * pi) - pi)
            if near and turn < sensor.resolution_angle_rad and abs(other[1] - first[1]) < sensor.resolution_angle_rad:
                group.append(other)
                left.remove(other)
        count = len(group)
        out.append((first[0], sum(g[1] for g in group) / count, sum(g[2] for g in group) / count))
    return out


def at_ns(time_s: float) -> int:
    """Return a scene time as UTC nanoseconds."""
    return BASE_NS + round(time_s * NS_PER_S)


def seconds(time_ns: int) -> float:
    """Return UTC nanoseconds as scene time."""
    return (time_ns - BASE_NS) / NS_PER_S


def full_cov(cov: tuple[float, ...]) -> np.ndarray:
    """Return the 7 x 7 covariance of a Track."""
    out = np.zeros((7, 7))
    out[np.triu_indices(7)] = cov
    return out + out.T - np.diag(np.diag(out))


def nees6(track_pos: Sequence[float], track_vel: Sequence[float], cov: tuple[float, ...], truth: np.ndarray) -> float:
    """Return the normalised squared error of position and velocity (6 degrees of freedom)."""
    error = np.concatenate([track_pos, track_vel]) - truth
    return float(error @ np.linalg.solve(full_cov(cov)[:6, :6], error))


def apogee_m(flight: Flight) -> float:
    """Return the highest altitude of a flight."""
    return max(altitude_m(*state[:3]) for state in flight.states)


def ground_offset_m(lat_rad: float, lon_rad: float, launch: Launch) -> tuple[float, float]:
    """Return (east, north) metres of a point from a launch's true site."""
    axes = np.empty((3, 3))
    lat0, lon0 = launch.lat_deg * DEG, launch.lon_deg * DEG
    enu_axes(lat0, lon0, axes)
    d = np.array(geodetic2ecef(lat_rad, lon_rad, 0.0)) - np.array(geodetic2ecef(lat0, lon0, 0.0))
    return float(axes[0] @ d), float(axes[1] @ d)
