"""Refraction tables against a slow independent ray (tests/oracles/ray.py), and raw plots made straight by the tracker's door."""

import math

import numpy as np
import pytest

from tests.oracles.ray import trace
from tests.stages.tracking_scene import KOREA
from tocsin.kernels.geodesy import geodetic2ecef
from tocsin.kernels.measure import COL_SIGMA, COL_Z, PLOT_COLUMNS
from tocsin.messages.plot import Plot
from tocsin.models.refraction import N_SHARE_SIGMA, refraction_of, refraction_table
from tocsin.models.sensing import fill_plots, place_sensor, sensor_model
from tocsin.units import DEG

LIMIT_RAD = 0.05e-3
LIMIT_SHARE = 0.05
ELEVATIONS_DEG = (0.02, 0.1, 0.5, 1.0, 3.0, 8.0, 25.0, 80.0, 89.9)
RANGES_M = (3e3, 60e3, 270e3, 1_050e3)


@pytest.mark.slow
@pytest.mark.parametrize("alt_m", [0.0, 300.0, 10_000.0])
def test_corrections_agree_with_an_independent_ray_within_a_twentieth_and_a_twentieth_of_a_milliradian(alt_m: float) -> None:
    table = refraction_table(alt_m, 1.1e6)
    low = (-1.0, -0.4) if alt_m > 1_000.0 else ()
    for elevation_deg in (*low, *ELEVATIONS_DEG):
        elevation = elevation_deg * DEG
        for range_m in RANGES_M:
            true_elevation, true_range = trace(alt_m, elevation, range_m)
            found = table.correction(elevation, range_m)
            angle, along = true_elevation - elevation, true_range - range_m
            assert abs(found.elevation_rad - angle) < min(LIMIT_RAD, LIMIT_SHARE * abs(angle) + 1e-7)
            assert abs(found.range_m - along) < LIMIT_SHARE * abs(along) + 0.01


def test_a_ray_is_seen_too_high_and_too_far_most_at_the_horizon_and_hardly_overhead() -> None:
    table = refraction_table(0.0, 1.0e6)
    level, overhead = table.correction(0.0, 900e3), table.correction(89.0 * DEG, 900e3)
    assert -12e-3 < level.elevation_rad < -8e-3  # total bending at the horizon is about 0.6 degrees at most
    assert level.range_m < 0.0
    assert abs(overhead.elevation_rad) < 1e-5
    # overhead the delay is the column of refractivity alone: 315e-6 x 7350 m = 2.3 m
    assert overhead.range_m == pytest.approx(-2.315, rel=0.01)


def test_what_the_days_air_may_differ_stays_as_a_sigma() -> None:
    table = refraction_table(0.0, 1.0e6)
    found = table.correction(2.0 * DEG, 600e3)
    wetter, _ = trace(0.0, 2.0 * DEG, 600e3, surface_n=315.0 * (1.0 + N_SHARE_SIGMA))
    assert found.sigma_elevation_rad == pytest.approx(abs(wetter - 2.0 * DEG - found.elevation_rad), rel=0.1)


def test_beyond_its_limits_a_table_holds_its_last_value() -> None:
    table = refraction_table(0.0, 1.0e6)
    assert table.correction(-10.0 * DEG, 5e5) == table.correction(-1.5 * DEG, 5e5)
    assert table.correction(5.0 * DEG, 9e6) == table.correction(5.0 * DEG, 1.0e6)
    assert table.correction(5.0 * DEG, 0.0).range_m == 0.0


def filled(refraction: str, *, alt_m: float = 300.0) -> np.ndarray:
    """Return the row of a plot 2 degrees high at 500 km from a radar that may correct refraction itself."""
    sensor = KOREA[0]
    changed = type(sensor)(**{name: getattr(sensor, name) for name in sensor.__struct_fields__} | {"refraction": refraction})
    model = sensor_model(changed, 0)
    place = model.row.copy()
    place_sensor(place, geodetic2ecef(sensor.lat_rad, sensor.lon_rad, alt_m))
    rows = np.empty((1, PLOT_COLUMNS))
    plot = Plot(time_ns=0, sensor=sensor.sensor, azimuth_rad=0.3, elevation_rad=2.0 * DEG, range_m=500e3)
    fill_plots((plot,), model, place, rows)
    return rows[0]


def test_raw_plots_are_made_straight_and_corrected_ones_are_left_alone() -> None:
    raw, corrected = filled("none"), filled("corrected")
    expected = refraction_of(300.0, KOREA[0].max_range_m).correction(2.0 * DEG, 500e3)
    assert corrected[COL_Z + 1] == 2.0 * DEG
    assert raw[COL_Z + 1] == 2.0 * DEG + expected.elevation_rad
    assert raw[COL_Z + 2] == 500e3 + expected.range_m
    assert raw[COL_SIGMA + 1] == pytest.approx(math.hypot(corrected[COL_SIGMA + 1], expected.sigma_elevation_rad))


def test_a_high_flying_sensor_bends_less() -> None:
    ground, aircraft = filled("none"), filled("none", alt_m=9_000.0)
    assert 2.0 * DEG - aircraft[COL_Z + 1] < 0.4 * (2.0 * DEG - ground[COL_Z + 1])
