"""What sensors are to the tracker: their rows for ``kernels.measure``, the density of their false alarms, a plot as a row.

Simplifications: false alarms are uniform in azimuth, elevation (mask to 70 degrees) and range (radar), or over the earth's
disc (infrared); a missile seen in the infrared alone is assumed 8-60 km high. Raw plots (``refraction = "none"``) are taken
straight by models.refraction, range rate as it is.
"""

from collections.abc import Sequence
from math import log, sqrt
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import ecef2geodetic, enu_axes
from tocsin.kernels.measure import (
    COL_AXES,
    COL_KIND,
    COL_LN_CLUTTER,
    COL_PD,
    COL_POS,
    COL_RANGE_DOPPLER,
    COL_REACH,
    COL_SENSOR_POS,
    COL_SIGMA,
    COL_Z,
    INFRARED,
    RADAR,
    RADAR_DOPPLER,
    SEN_AXES,
    SEN_KIND,
    SEN_MAX_RANGE,
    SEN_MIN_ALTITUDE,
    SEN_MIN_ELEVATION,
    SEN_PD,
    SEN_POS,
    SEN_RES_ANGLE,
    SEN_RES_RANGE,
    SEN_SECTOR_FROM,
    SEN_SECTOR_WIDTH,
    SENSOR_COLUMNS,
    TWO_PI,
    plot_positions,
)
from tocsin.messages.basics import Vec3
from tocsin.messages.plot import Plot
from tocsin.messages.sensor import Sensor
from tocsin.models.refraction import RefractionTable, refraction_of
from tocsin.units import DEG, WGS84_A_M, WGS84_B_M

Array = NDArray[np.float64]

CLUTTER_TOP_RAD: Final = 70.0 * DEG  # search radars do not look higher
INFRARED_FIELD_SR: Final = 0.072  # solid angle of the earth's disc (17.4 degrees across) from geostationary orbit
LEAST_FALSE_ALARMS: Final = 1e-3  # per scan: a sensor that claims none would make any two plots certain
LEAST_SIGMA_RAD: Final = 1e-6  # a sigma of zero would make the filter singular
LEAST_SIGMA_M: Final = 0.1
LEAST_SIGMA_MPS: Final = 0.01
PRIOR_ALTITUDE_M: Final = 34_000.0  # middle of 8-60 km, where a burning missile is seen in the infrared
PRIOR_ALTITUDE_SIGMA_M: Final = 15_000.0  # (60 - 8) / sqrt(12)


class SensorModel(msgspec.Struct, frozen=True, kw_only=True):
    """A sensor with its row of ``kernels.measure`` and the numbers that each of its plots carries."""

    sensor: Sensor
    index: int
    row: Array
    ln_clutter: float  # ln of false alarms per scan and unit of measurement space


def sensor_model(sensor: Sensor, index: int) -> SensorModel:
    """Return the tracker's view of a sensor; index is its place in the tracker's sorted list."""
    row = np.zeros(SENSOR_COLUMNS)
    row[SEN_KIND] = INFRARED if sensor.kind == "infrared" else RADAR
    row[SEN_MIN_ELEVATION] = sensor.min_elevation_rad
    row[SEN_MAX_RANGE] = sensor.max_range_m
    width = TWO_PI
    if sensor.azimuth_sector_rad is not None:
        start, end = sensor.azimuth_sector_rad
        row[SEN_SECTOR_FROM] = start
        width = (end - start) % TWO_PI or TWO_PI
    row[SEN_SECTOR_WIDTH] = width
    row[SEN_MIN_ALTITUDE] = sensor.min_altitude_seen_m
    row[SEN_PD] = min(max(sensor.detection_probability, 0.01), 0.999)
    row[SEN_RES_RANGE] = sensor.resolution_range_m
    row[SEN_RES_ANGLE] = sensor.resolution_angle_rad
    place_sensor(row, sensor.pos_ecef_m)
    alarms = max(sensor.false_alarms_per_scan, LEAST_FALSE_ALARMS)
    volume = INFRARED_FIELD_SR
    if sensor.kind == "radar":
        volume = width * max(CLUTTER_TOP_RAD - sensor.min_elevation_rad, 0.1) * sensor.max_range_m
    return SensorModel(sensor=sensor, index=index, row=row, ln_clutter=log(alarms / volume))


def place_sensor(row: Array, pos_ecef_m: Vec3) -> None:
    """Write a sensor's position and its east, north, up axes into its row (moving platforms)."""
    axes = np.empty((3, 3))
    lat, lon, _ = ecef2geodetic(*pos_ecef_m)
    enu_axes(lat, lon, axes)
    row[SEN_POS : SEN_POS + 3] = pos_ecef_m
    row[SEN_AXES : SEN_AXES + 9] = axes.reshape(9)


def fill_plot(plot: Plot, model: SensorModel, sensor_row: Array, out: Array) -> None:
    """Fill out[PLOT_COLUMNS] from a plot that has been checked; sensor_row holds the sensor's place at that time."""
    fill_plots((plot,), model, sensor_row, out.reshape(1, -1))


def fill_plots(plots: Sequence[Plot], model: SensorModel, sensor_row: Array, out: Array) -> None:
    """Fill out[n, PLOT_COLUMNS] from checked plots of one sensor, all seen from the place in sensor_row."""
    out[:] = 0.0
    out[:, COL_SENSOR_POS : COL_AXES + 9] = sensor_row[SEN_POS : SEN_AXES + 9]
    out[:, COL_LN_CLUTTER] = model.ln_clutter
    out[:, COL_PD] = model.row[SEN_PD]
    if not plots:
        return
    if model.sensor.kind == "radar":
        table = None
        if model.sensor.refraction == "none":
            alt_m = ecef2geodetic(*(float(value) for value in sensor_row[SEN_POS : SEN_POS + 3]))[2]
            table = refraction_of(alt_m, model.sensor.max_range_m)
        out[:, COL_KIND : COL_RANGE_DOPPLER + 1] = [_radar_columns(plot, model.sensor, table) for plot in plots]
        plot_positions(out)
        return
    for plot, row in zip(plots, out, strict=True):
        _fill_line(plot, model.sensor, row)


def _radar_columns(plot: Plot, sensor: Sensor, table: RefractionTable | None) -> tuple[float, ...]:
    """Return the columns COL_KIND to COL_RANGE_DOPPLER of a radar's plot, made straight where it came with the air's bending."""
    kind, rate, sigma_rate = RADAR, 0.0, 0.0
    if plot.range_rate_mps is not None:
        sigma = _either(plot.sigma_range_rate_mps, sensor.sigma_range_rate_mps)
        rate = plot.range_rate_mps
        sigma_rate = max(sigma, LEAST_SIGMA_MPS)
        kind = RADAR if sigma == 0.0 else RADAR_DOPPLER  # a range rate of unknown quality says nothing
    elevation, range_m = plot.elevation_rad or 0.0, plot.range_m or 0.0
    sigma_elevation = max(_either(plot.sigma_elevation_rad, sensor.sigma_elevation_rad), LEAST_SIGMA_RAD)
    sigma_range = max(_either(plot.sigma_range_m, sensor.sigma_range_m), LEAST_SIGMA_M)
    if table is not None:
        bent = table.correction(elevation, range_m)
        elevation += bent.elevation_rad
        range_m += bent.range_m
        sigma_elevation = sqrt(sigma_elevation * sigma_elevation + bent.sigma_elevation_rad * bent.sigma_elevation_rad)
        sigma_range = sqrt(sigma_range * sigma_range + bent.sigma_range_m * bent.sigma_range_m)
    return (
        kind,
        plot.azimuth_rad or 0.0,
        elevation,
        range_m,
        rate,
        max(_either(plot.sigma_azimuth_rad, sensor.sigma_azimuth_rad), LEAST_SIGMA_RAD),
        sigma_elevation,
        sigma_range,
        sigma_rate,
        sensor.range_doppler_s,
    )


def _fill_line(plot: Plot, sensor: Sensor, out: Array) -> None:
    """Fill what an infrared plot measures, and its point on the line by the altitude prior, into its row (sensor's place known)."""
    line = plot.los_ecef or (0.0, 0.0, 0.0)
    size = sqrt(line[0] * line[0] + line[1] * line[1] + line[2] * line[2])
    out[COL_KIND] = INFRARED
    for axis in range(3):
        out[COL_Z + axis] = line[axis] / size
    out[COL_SIGMA] = max(_either(plot.sigma_los_rad, sensor.sigma_los_rad), LEAST_SIGMA_RAD)
    distance_m = line_length_m(out[COL_SENSOR_POS : COL_SENSOR_POS + 3], out[COL_Z : COL_Z + 3], PRIOR_ALTITUDE_M)
    for axis in range(3):
        out[COL_POS + axis] = out[COL_SENSOR_POS + axis] + distance_m * out[COL_Z + axis]
    out[COL_REACH] = out[COL_SIGMA] * distance_m


def line_length_m(start: Array, line: Array, alt_m: float) -> float:
    """Return how far along a unit line of sight from start (outside) the surface at about alt_m above WGS-84 is met.

    The surface is the ellipsoid with both axes longer by alt_m (within 100 m of constant altitude below 100 km). A line
    that misses it ends at its nearest point.
    """
    a, b = WGS84_A_M + alt_m, WGS84_B_M + alt_m
    p = (float(start[0]) / a, float(start[1]) / a, float(start[2]) / b)
    d = (float(line[0]) / a, float(line[1]) / a, float(line[2]) / b)
    dd = d[0] * d[0] + d[1] * d[1] + d[2] * d[2]
    pd = p[0] * d[0] + p[1] * d[1] + p[2] * d[2]
    pp = p[0] * p[0] + p[1] * p[1] + p[2] * p[2]
    root = max(pd * pd - dd * (pp - 1.0), 0.0)
    return max((-pd - sqrt(root)) / dd, 1.0)


def false_alarms_per_hour(sensors: tuple[SensorModel, ...]) -> float:
    """Return how many false alarms all sensors together deliver in an hour."""
    return sum(max(s.sensor.false_alarms_per_scan, LEAST_FALSE_ALARMS) * 3600.0 / max(s.sensor.scan_period_s, 1e-3) for s in sensors)


def _either(own: float | None, general: float | None) -> float:
    """Return the plot's own sigma, else the sensor's, else 0."""
    if own is not None:
        return own
    return general if general is not None else 0.0
