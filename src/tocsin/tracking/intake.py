"""The door of the tracker: every plot is checked once; what is wrong with it becomes a note, the rest of the scan goes on."""

from math import isfinite, pi, sqrt

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.measure import PLOT_COLUMNS
from tocsin.messages.basics import Note
from tocsin.messages.plot import Plot, Scan
from tocsin.models.sensing import SensorModel, fill_plot, fill_plots, place_sensor
from tocsin.tracking.settings import TrackerSettings
from tocsin.units import NS_PER_S, s2ns

Array = NDArray[np.float64]

MAX_RANGE_M = 1.0e8  # nothing is tracked beyond the geostationary belt
MIN_RADIUS_M = 6.0e6  # a sensor nearer to the earth's centre is not on the earth
MAX_RADIUS_M = 1.0e8
PLOT_PROBLEMS = (  # codes of notes that each stand for one plot that was not used
    "wrong-sensor",
    "time-in-future",
    "too-late",
    "duplicate-plot",
    "not-finite",
    "bad-sensor-position",
    "bad-sigma",
    "missing-field",
    "range-out-of-bounds",
    "elevation-out-of-bounds",
    "azimuth-out-of-bounds",
    "not-a-unit-vector",
)
LOOK_NS = s2ns(0.25)  # plots of a scan within this time are assigned together; a rotating radar's scan is cut into such looks
NO_SIGMAS = (None, None, None, None, None)  # almost every plot leaves them to its sensor


class CheckedScan(msgspec.Struct, frozen=True, kw_only=True):
    """The good plots of a scan, in time order: rows[n, PLOT_COLUMNS], their times, and notes about the others; all that came."""

    rows: Array
    times_ns: tuple[int, ...]
    notes: tuple[Note, ...]
    came: frozenset[Plot]


def check_scan(
    scan: Scan, model: SensorModel, settings: TrackerSettings, newest_ns: int | None, now_ns: int, before: frozenset[Plot]
) -> CheckedScan:
    """Return the plots of a scan that can be used.

    newest_ns: latest plot time the tracker has used so far; before: this sensor's previous plots, so that a scan sent
    twice counts once.
    """
    notes: list[Note] = []
    good: list[Plot] = []
    seen: set[Plot] = set()
    came = frozenset(scan.plots)  # hashing is dear: once for all, and again only where something came twice
    once = len(came) == len(scan.plots) and came.isdisjoint(before)
    for plot in scan.plots:
        problem = _problem(plot, scan, model, settings, newest_ns, now_ns)
        if problem is None and not once:
            if plot in seen or plot in before:
                problem = ("duplicate-plot", "expected each plot once, this one came twice; only the first is used")
            else:
                seen.add(plot)
        if problem is None:
            good.append(plot)
        else:
            notes.append(Note(stage="tracking", code=problem[0], text=f"plot of {plot.sensor}: {problem[1]}", time_ns=now_ns))
    good.sort(key=lambda plot: plot.time_ns)
    rows = np.empty((len(good), PLOT_COLUMNS))
    fill_plots(good, model, model.row, rows)
    for index, plot in enumerate(good):
        if plot.sensor_pos_ecef_m is not None:
            row = model.row.copy()
            place_sensor(row, _floats(plot.sensor_pos_ecef_m))
            fill_plot(plot, model, row, rows[index])
    return CheckedScan(rows=rows, times_ns=tuple([plot.time_ns for plot in good]), notes=tuple(notes), came=came)


def looks_of(times_ns: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return (first, last + 1) of the groups of plots, in time order, that count as one look."""
    looks: list[tuple[int, int]] = []
    first = 0
    for index in range(1, len(times_ns) + 1):
        if index == len(times_ns) or times_ns[index] - times_ns[first] > LOOK_NS:
            looks.append((first, index))
            first = index
    return looks


def _problem(
    plot: Plot, scan: Scan, model: SensorModel, settings: TrackerSettings, newest_ns: int | None, now_ns: int
) -> tuple[str, str] | None:
    """Return (code, text) of what is wrong with a plot, None if nothing."""
    if plot.sensor != scan.sensor:
        return "wrong-sensor", f"expected plots of {scan.sensor} in its scan, got one of {plot.sensor}; send it in its own scan"
    ahead_s = (plot.time_ns - now_ns) / NS_PER_S
    if ahead_s > settings.future_s:
        return "time-in-future", f"expected a time up to now, got {ahead_s:.3f} s ahead; check the sensor's clock"
    if newest_ns is not None and plot.time_ns < newest_ns - s2ns(settings.max_lag_s):
        late_s = (newest_ns - plot.time_ns) / NS_PER_S
        return "too-late", f"expected at most {settings.max_lag_s:g} s behind the newest plot, got {late_s:.3f} s; check the link"
    problem = _override_problem(plot)
    if problem is not None:
        return problem
    return _infrared_problem(plot) if model.sensor.kind == "infrared" else _radar_problem(plot)


def _override_problem(plot: Plot) -> tuple[str, str] | None:
    """Return what is wrong with a plot's own sensor position or sigmas."""
    place = plot.sensor_pos_ecef_m
    if place is not None:
        if not all(isfinite(value) for value in place):
            return "not-finite", f"expected finite sensor_pos_ecef_m, got {place}; check the platform's navigation"
        radius_m = sqrt(place[0] * place[0] + place[1] * place[1] + place[2] * place[2])
        if not MIN_RADIUS_M < radius_m < MAX_RADIUS_M:
            return "bad-sensor-position", f"expected a radius of 6e6 to 1e8 m, got {radius_m:.6g} m; give ECEF metres"
    sigmas = (plot.sigma_azimuth_rad, plot.sigma_elevation_rad, plot.sigma_range_m, plot.sigma_range_rate_mps, plot.sigma_los_rad)
    if sigmas == NO_SIGMAS:
        return None
    for sigma in sigmas:
        if sigma is not None and not (isfinite(sigma) and sigma >= 0.0):
            return "bad-sigma", f"expected a finite sigma >= 0, got {sigma}; leave it out if unknown"
    return None


def _radar_problem(plot: Plot) -> tuple[str, str] | None:
    """Return what is wrong with the numbers of a radar's plot."""
    if plot.azimuth_rad is None or plot.elevation_rad is None or plot.range_m is None:
        return "missing-field", "expected azimuth_rad, elevation_rad and range_m of a radar, not all came; send all three"
    values = (plot.azimuth_rad, plot.elevation_rad, plot.range_m, plot.range_rate_mps or 0.0)
    if not all(map(isfinite, values)):
        return "not-finite", f"expected finite numbers, got {values}; check the sensor's output"
    if not 0.0 < plot.range_m < MAX_RANGE_M:
        return "range-out-of-bounds", f"expected 0 < range_m < 1e8, got {plot.range_m:.6g}; check the unit (metres)"
    if abs(plot.elevation_rad) > pi / 2.0:
        return "elevation-out-of-bounds", f"expected |elevation_rad| <= pi/2, got {plot.elevation_rad:.6g}; check the unit (radians)"
    if abs(plot.azimuth_rad) > 4.0 * pi:
        return "azimuth-out-of-bounds", f"expected |azimuth_rad| <= 4 pi, got {plot.azimuth_rad:.6g}; check the unit (radians)"
    return None


def _infrared_problem(plot: Plot) -> tuple[str, str] | None:
    """Return what is wrong with the numbers of an infrared plot."""
    line = plot.los_ecef
    if line is None:
        return "missing-field", "expected los_ecef of an infrared sensor, none came; send a unit vector"
    if not all(isfinite(value) for value in line):
        return "not-finite", f"expected a finite los_ecef, got {line}; check the sensor's output"
    size2 = line[0] * line[0] + line[1] * line[1] + line[2] * line[2]
    if not 0.98 < size2 < 1.02:
        return "not-a-unit-vector", f"expected los_ecef of length 1, got {sqrt(size2):.6g}; normalise it"
    return None


def _floats(values: tuple[float, float, float]) -> tuple[float, float, float]:
    """Return the values as floats: kernels are compiled for floats only."""
    return float(values[0]), float(values[1]), float(values[2])
