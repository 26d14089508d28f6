"""What each sensor reports of a night: horizon, mask, sector, resolution, misses, noise, false alarms.

Simplifications: a scan sees everything at one instant; detection is a coin per scan; false alarms are uniform; no refraction.
Each (seed, sensor) has its own generator and its draws do not depend on where anything is, so that moving one ship changes
neither the other sensors' plots nor its own scan phase and misses.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import pi, sqrt
from typing import Final, Literal
from zlib import crc32

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import enu_axes
from tocsin.messages.plot import Plot, Scan
from tocsin.messages.sensor import Sensor
from tocsin.sim.coalition import patrol_position
from tocsin.sim.ephemeris import Ephemeris
from tocsin.sim.night import Night, make_night
from tocsin.sim.scenario import Scenario
from tocsin.units import DEG, KM, NS_PER_S, WGS84_A_M, WGS84_B_M, s2ns

CLUTTER: Final = -1  # label of a false alarm
AIRCRAFT_BASE: Final = 1_000  # label of aircraft i is AIRCRAFT_BASE + i; missiles are 0, 1, ...
OTHER_BASE: Final = 100_000  # label of the i-th of ``Night.others`` (parts, satellites, meteors) is OTHER_BASE + i
CLUTTER_TOP_RAD: Final = 70.0 * DEG  # false alarms: elevation from the mask to here
CLUTTER_NEAR_M: Final = 20.0 * KM  # and range from here to the sensor's limit
FULL_CIRCLE: Final = 2.0 * pi

LabelKind = Literal["missile", "aircraft", "false-alarm", "part", "satellite", "meteor"]
Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
Times = NDArray[np.int64]


class SimScan(msgspec.Struct, frozen=True, kw_only=True):
    """A scan and, plot by plot, what it really was.

    Missile index, AIRCRAFT_BASE + aircraft index, OTHER_BASE + index of what else flies, or CLUTTER. Where targets merged
    into one plot the label is the lowest of them, so that a missile wins.
    """

    scan: Scan
    labels: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Draws:
    """Chance of one sensor for one night, drawn in this order. ``scans`` is the number of scans."""

    phase_s: float  # of the first scan after the night's start, in [0, scan period)
    bias: Array  # [4] standard normal: azimuth, elevation, range, time
    hit: Bools  # [scans, targets]: would be detected if visible
    noise: Array  # [scans, targets, 4] standard normal: azimuth, elevation, range, range rate
    false_counts: NDArray[np.int64]  # [scans]
    false_places: Array  # [sum of false_counts, 3] uniform in 0..1


@dataclass(frozen=True, eq=False)
class _Stand:
    """A sensor over the night: scan times, and where it stands at each."""

    times_ns: Times  # [scans]
    pos_ecef_m: Array  # [scans, 3]
    axes: Array  # [scans, 3, 3] rows east, north, up


def play(scenario: Scenario, sensors: tuple[Sensor, ...], seed: int, night: Night | None = None) -> Iterator[SimScan]:
    """Yield all scans of all sensors in time order (ties: by sensor id). ``night`` saves fitting the flights again."""
    truth = make_night(scenario) if night is None else night
    scans = [scan for sensor in sensors for scan in observe(truth, sensor, seed)]
    scans.sort(key=lambda s: (s.scan.time_ns, s.scan.sensor))
    yield from scans


def draw(sensor: Sensor, seed: int, scans: int, targets: int) -> Draws:
    """Return the sensor's chance; it depends on the seed, the sensor's id and figures, and the two counts only."""
    rng = np.random.default_rng([seed, crc32(sensor.sensor.encode())])
    phase_s = float(rng.uniform(0.0, sensor.scan_period_s))
    bias = rng.standard_normal(4)
    hit = rng.random((scans, targets)) < sensor.detection_probability
    noise = rng.standard_normal((scans, targets, 4))
    counts = rng.poisson(sensor.false_alarms_per_scan, scans).astype(np.int64)
    return Draws(phase_s, bias, hit, noise, counts, rng.random((int(counts.sum()), 3)))


def scan_count(sensor: Sensor, night: Night) -> int:
    """Return how many scans fit into the night whatever the phase."""
    return int((night.end_ns - night.start_ns) // s2ns(sensor.scan_period_s))


def scan_times_ns(sensor: Sensor, night: Night, phase_s: float) -> Times:
    """Return the times of all scans of the night."""
    return night.start_ns + s2ns(phase_s) + s2ns(sensor.scan_period_s) * np.arange(scan_count(sensor, night), dtype=np.int64)


def observe(night: Night, sensor: Sensor, seed: int) -> list[SimScan]:
    """Return one sensor's scans of the night in time order."""
    targets = [flight.path for flight in night.flights] + list(night.aircraft) + [other.path for other in night.others]
    labels = list(range(len(night.flights))) + [AIRCRAFT_BASE + i for i in range(len(night.aircraft))]
    labels += [OTHER_BASE + i for i in range(len(night.others))]
    chance = draw(sensor, seed, scan_count(sensor, night), len(targets))
    stand = _stand(sensor, night, scan_times_ns(sensor, night, chance.phase_s))
    if sensor.kind == "infrared":
        found = _infrared_plots(night, sensor, stand, chance)
    else:
        found = _radar_plots(targets, labels, sensor, stand, chance)
    plots: list[list[tuple[int, Plot]]] = [[] for _ in stand.times_ns]
    for row, label, plot in found:
        plots[row].append((label, plot))
    return [_sim_scan(sensor, int(time_ns), listed) for time_ns, listed in zip(stand.times_ns, plots, strict=True)]


def label_kind(night: Night, label: int) -> LabelKind:
    """Return what a plot with this label came from."""
    if label == CLUTTER:
        return "false-alarm"
    if label >= OTHER_BASE:
        return night.others[label - OTHER_BASE].kind
    return "aircraft" if label >= AIRCRAFT_BASE else "missile"


def coverage(sensor: Sensor, path: Ephemeris, times_ns: Times) -> Bools:
    """Return at which times [n] a fixed radar could see what flies a path: inside mask, range and sector."""
    pos, _, inside = path.sample(times_ns)
    axes = np.empty((3, 3))
    enu_axes(sensor.lat_rad, sensor.lon_rad, axes)
    offset = pos - np.array(sensor.pos_ecef_m)
    enu = np.sum(axes[None, :, :] * offset[:, None, :], axis=2)
    return inside & _covered(sensor, _aer(enu))


def _sim_scan(sensor: Sensor, time_ns: int, listed: list[tuple[int, Plot]]) -> SimScan:
    """Return one scan of (label, plot) pairs."""
    scan = Scan(sensor=sensor.sensor, time_ns=time_ns, plots=tuple(plot for _, plot in listed))
    return SimScan(scan=scan, labels=tuple(label for label, _ in listed))


def _stand(sensor: Sensor, night: Night, times_ns: Times) -> _Stand:
    """Return where the sensor stands at each scan."""
    n = len(times_ns)
    positions, axes = np.empty((n, 3)), np.empty((n, 3, 3))
    for i in range(n if sensor.moving else 1):
        lat_rad, lon_rad, positions[i] = patrol_position(sensor, float(times_ns[i] - night.start_ns) / NS_PER_S)
        enu_axes(lat_rad, lon_rad, axes[i])
    if not sensor.moving:
        positions[:], axes[:] = positions[0], axes[0]
    return _Stand(times_ns, positions, axes)


# --- radar ------------------------------------------------------------------------------------------------------------


def _radar_plots(targets: list[Ephemeris], labels: list[int], sensor: Sensor, stand: _Stand, chance: Draws) -> list[tuple[int, int, Plot]]:
    """Return (scan row, label, plot) of all detections and false alarms."""
    seen_ns = stand.times_ns + s2ns(sensor.bias_sigma_time_s * float(chance.bias[3]))
    n, m = len(stand.times_ns), len(targets)
    enu, rate, inside = np.empty((n, m, 3)), np.empty((n, m)), np.empty((n, m), dtype=np.bool_)
    for j, target in enumerate(targets):
        pos, vel, inside[:, j] = target.sample(seen_ns)
        offset = pos - stand.pos_ecef_m
        enu[:, j] = np.sum(stand.axes * offset[:, None, :], axis=2)
        rate[:, j] = np.sum(offset * vel, axis=1) / np.sqrt(np.sum(offset * offset, axis=1))
    visible = inside & _covered(sensor, _aer(enu))
    visible = _merge(sensor, enu, visible)
    aer = _aer(enu)
    rows, columns = np.nonzero(visible & chance.hit)
    z = chance.noise[rows, columns]
    measured = aer[rows, columns] + z[:, :3] * _sigmas(sensor) + chance.bias[:3] * _bias_sigmas(sensor)
    measured[:, 2] += sensor.range_doppler_s * rate[rows, columns]
    measured_rate = rate[rows, columns] + z[:, 3] * (sensor.sigma_range_rate_mps or 0.0)
    false = _false_alarms(sensor, chance)
    false_rows = np.repeat(np.arange(n), chance.false_counts)
    # false alarms do not move: no Doppler to speak of, so a sensor with range rate gives them zero
    all_rows = np.concatenate([rows, false_rows]).tolist()
    all_labels = [labels[j] for j in columns.tolist()] + [CLUTTER] * len(false_rows)
    figures = np.concatenate([measured, false])
    rates = np.concatenate([measured_rate, np.zeros(len(false_rows))]).tolist()
    return _as_plots(sensor, stand, all_rows, all_labels, figures, rates)


def _as_plots(
    sensor: Sensor, stand: _Stand, rows: list[int], labels: list[int], figures: Array, rates: list[float]
) -> list[tuple[int, int, Plot]]:
    """Return (row, label, plot) for figures [k, 3] = azimuth, elevation, range; a moving sensor's plots carry its place."""
    times: list[int] = stand.times_ns.tolist()
    places = [(p[0], p[1], p[2]) for p in stand.pos_ecef_m.tolist()] if sensor.moving else None
    rated = sensor.sigma_range_rate_mps is not None
    return [
        (
            row,
            label,
            Plot(
                time_ns=times[row],
                sensor=sensor.sensor,
                azimuth_rad=azimuth % FULL_CIRCLE,
                elevation_rad=elevation,
                range_m=range_m,
                range_rate_mps=rate if rated else None,
                sensor_pos_ecef_m=places[row] if places else None,
            ),
        )
        for row, label, (azimuth, elevation, range_m), rate in zip(rows, labels, figures.tolist(), rates, strict=True)
    ]


def _aer(enu: Array) -> Array:
    """Return azimuth in 0..2 pi, elevation, range [..., 3] of east, north, up [..., 3]."""
    east, north, up = enu[..., 0], enu[..., 1], enu[..., 2]
    flat = np.hypot(east, north)
    return np.stack([np.arctan2(east, north) % FULL_CIRCLE, np.arctan2(up, flat), np.hypot(flat, up)], axis=-1)


def _covered(sensor: Sensor, aer: Array) -> Bools:
    """Return where a target is above the mask, within range and in the sector; the tangent plane is the horizon."""
    covered: Bools = (aer[..., 1] >= sensor.min_elevation_rad) & (aer[..., 2] <= sensor.max_range_m)
    start_rad, width_rad = _sector(sensor)
    covered &= (aer[..., 0] - start_rad) % FULL_CIRCLE <= width_rad
    return covered


def _sector(sensor: Sensor) -> tuple[float, float]:
    """Return (start, width) of the azimuth sector, clockwise."""
    if sensor.azimuth_sector_rad is None:
        return 0.0, FULL_CIRCLE
    start_rad, end_rad = sensor.azimuth_sector_rad
    return start_rad, (end_rad - start_rad) % FULL_CIRCLE or FULL_CIRCLE


def _merge(sensor: Sensor, enu: Array, visible: Bools) -> Bools:
    """Join visible targets within one resolution cell: the lowest of them moves (in ``enu``) to their mean, the others go."""
    if sensor.resolution_range_m <= 0.0 or sensor.resolution_angle_rad <= 0.0:
        return visible
    n, m = visible.shape
    range_m = np.sqrt(np.sum(enu * enu, axis=2))
    unit = enu / range_m[:, :, None]
    lead = np.tile(np.arange(m), (n, 1))
    for i in range(m):
        for j in range(i + 1, m):
            rows = np.nonzero(visible[:, i] & visible[:, j] & (np.abs(range_m[:, i] - range_m[:, j]) < sensor.resolution_range_m))[0]
            if len(rows):
                apart = np.sqrt(np.sum((unit[rows, i] - unit[rows, j]) ** 2, axis=1))
                rows = rows[apart < sensor.resolution_angle_rad]
                lead[rows, j] = np.minimum(lead[rows, j], lead[rows, i])
    for row in np.nonzero(np.any(lead != np.arange(m), axis=1))[0]:
        for first in np.unique(lead[row]):
            members = np.nonzero(lead[row] == first)[0]
            enu[row, first] = np.mean(enu[row, members], axis=0)
    kept: Bools = visible & (lead == np.arange(m))
    return kept


def _sigmas(sensor: Sensor) -> Array:
    """Return [3] errors in azimuth, elevation, range."""
    return np.array([sensor.sigma_azimuth_rad, sensor.sigma_elevation_rad, sensor.sigma_range_m])


def _bias_sigmas(sensor: Sensor) -> Array:
    """Return [3] bias errors in azimuth, elevation, range."""
    return np.array([sensor.bias_sigma_azimuth_rad, sensor.bias_sigma_elevation_rad, sensor.bias_sigma_range_m])


def _false_alarms(sensor: Sensor, chance: Draws) -> Array:
    """Return [k, 3] azimuth, elevation, range of all false alarms, uniform over the covered volume's ranges of each."""
    start_rad, width_rad = _sector(sensor)
    low = np.array([start_rad, sensor.min_elevation_rad, min(CLUTTER_NEAR_M, sensor.max_range_m)])
    high = np.array([start_rad + width_rad, max(CLUTTER_TOP_RAD, sensor.min_elevation_rad), sensor.max_range_m])
    places: Array = low + chance.false_places * (high - low)
    return places


# --- infrared ---------------------------------------------------------------------------------------------------------


def _infrared_plots(night: Night, sensor: Sensor, stand: _Stand, chance: Draws) -> list[tuple[int, int, Plot]]:
    """Return (scan row, label, plot): lines of sight to burning missiles above the sensor's floor, and false ones."""
    sigma_rad = sensor.sigma_los_rad or 0.0
    lines: list[tuple[int, int, Array]] = []
    for j, flight in enumerate(night.flights):
        pos, _, inside = flight.path.sample(stand.times_ns)
        burning = np.zeros(len(stand.times_ns), dtype=np.bool_)
        for begin_ns, end_ns in flight.burns_ns:
            burning |= (stand.times_ns >= begin_ns) & (stand.times_ns < end_ns)
        seen = inside & burning & chance.hit[:, j] & (_height_m(pos) > sensor.min_altitude_seen_m) & ~_behind_earth(stand.pos_ecef_m, pos)
        for row in np.nonzero(seen)[0].tolist():
            unit = pos[row] - stand.pos_ecef_m[row]
            unit = unit / sqrt(float(np.sum(unit * unit)))
            one, two = _across(unit)
            tilted = unit + sigma_rad * (chance.noise[row, j, 0] * one + chance.noise[row, j, 1] * two)
            lines.append((row, j, tilted))
    for row, place in zip(np.repeat(np.arange(len(stand.times_ns)), chance.false_counts).tolist(), chance.false_places, strict=True):
        lines.append((row, CLUTTER, _random_line(stand.pos_ecef_m[row], place)))
    return [(row, label, _los_plot(sensor, int(stand.times_ns[row]), line)) for row, label, line in lines]


def _los_plot(sensor: Sensor, time_ns: int, line: Array) -> Plot:
    """Return the plot of one line of sight (any length)."""
    x, y, z = (float(c) for c in line / sqrt(float(np.sum(line * line))))
    return Plot(time_ns=time_ns, sensor=sensor.sensor, los_ecef=(x, y, z))


def _height_m(pos_ecef_m: Array) -> Array:
    """Return the height over the ellipsoid along the radius [n]; below 100 km within 0.6 m of the altitude."""
    r2 = np.sum(pos_ecef_m * pos_ecef_m, axis=1)
    sin2 = pos_ecef_m[:, 2] ** 2 / r2
    surface = 1.0 / np.sqrt((1.0 - sin2) / WGS84_A_M**2 + sin2 / WGS84_B_M**2)
    height: Array = np.sqrt(r2) - surface
    return height


def _behind_earth(sensor_ecef_m: Array, target_ecef_m: Array) -> Bools:
    """Return where the line from sensor to target meets the ellipsoid before the target [n]."""
    stretch = np.array([1.0, 1.0, WGS84_A_M / WGS84_B_M])  # makes the ellipsoid a sphere
    s, t = sensor_ecef_m * stretch, target_ecef_m * stretch
    d = t - s
    along = np.clip(-np.sum(s * d, axis=1) / np.sum(d * d, axis=1), 0.0, 1.0)[:, None]
    nearest = s + along * d
    hidden: Bools = np.sum(nearest * nearest, axis=1) < WGS84_A_M**2
    return hidden


def _across(unit: Array) -> tuple[Array, Array]:
    """Return two unit vectors across a unit vector and each other."""
    helper = np.array([0.0, 0.0, 1.0]) if abs(unit[2]) < 0.9 else np.array([1.0, 0.0, 0.0])
    one = np.cross(helper, unit)
    one = one / sqrt(float(np.sum(one * one)))
    return one, np.cross(unit, one)


def _random_line(sensor_ecef_m: Array, place: Array) -> Array:
    """Return a unit vector uniform over the earth's disk as the sensor sees it."""
    radius_m = sqrt(float(np.sum(sensor_ecef_m * sensor_ecef_m)))
    edge_cos = sqrt(max(0.0, 1.0 - (WGS84_B_M / radius_m) ** 2))
    cos_off = edge_cos + float(place[0]) * (1.0 - edge_cos)
    sin_off = sqrt(max(0.0, 1.0 - cos_off * cos_off))
    down = -sensor_ecef_m / radius_m
    one, two = _across(down)
    around = FULL_CIRCLE * float(place[1])
    line: Array = cos_off * down + sin_off * (np.cos(around) * one + np.sin(around) * two)
    return line
