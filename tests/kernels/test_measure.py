"""What sensors measure: values against the geodesy kernels (proven elsewhere), gradients against finite differences."""

# ruff: noqa: N806 - textbook matrix names, as in the kernels

from math import pi

import numpy as np
import pytest

from tests.stages.tracking_scene import KOREA, SATELLITES
from tocsin.kernels.geodesy import ecef2aer, enu_axes, geodetic2ecef
from tocsin.kernels.measure import (
    COL_AXES,
    COL_EXTRA,
    COL_KIND,
    COL_POS,
    COL_RANGE_DOPPLER,
    COL_REACH,
    COL_SENSOR_POS,
    COL_SIGMA,
    COL_Z,
    INFRARED,
    MAX_ROWS,
    PLOT_COLUMNS,
    RADAR_DOPPLER,
    measure,
    plot_position,
    position_rows,
    sees,
    wrap_pi,
)
from tocsin.models.sensing import line_length_m, sensor_model
from tocsin.units import DEG

RADAR = KOREA[0]


def target(north_deg: float = 39.0, east_deg: float = 127.0, alt_m: float = 40_000.0) -> np.ndarray:
    return np.array([*geodetic2ecef(north_deg * DEG, east_deg * DEG, alt_m), 700.0, -900.0, 1_100.0])


def radar_row(x: np.ndarray, *, coupling_s: float = 0.0) -> np.ndarray:
    """Return the plot that the first Korean radar makes of x without error."""
    row, axes = np.zeros(PLOT_COLUMNS), np.empty((3, 3))
    enu_axes(RADAR.lat_rad, RADAR.lon_rad, axes)
    place = np.array(RADAR.pos_ecef_m)
    line = (x[:3] - place) / np.linalg.norm(x[:3] - place)
    az, el, rng = ecef2aer(*x[:3], *place, axes)
    rate = float(line @ x[3:6])
    row[COL_KIND], row[COL_RANGE_DOPPLER] = RADAR_DOPPLER, coupling_s
    row[COL_Z : COL_Z + 4] = az, el, rng + coupling_s * rate, rate
    row[COL_SIGMA : COL_SIGMA + 4] = 1e-3, 1e-3, 50.0, 10.0
    row[COL_SENSOR_POS : COL_SENSOR_POS + 3], row[COL_AXES : COL_AXES + 9] = place, axes.reshape(9)
    return row


def infrared_row(x: np.ndarray) -> np.ndarray:
    row = np.zeros(PLOT_COLUMNS)
    place = np.array(SATELLITES[0].pos_ecef_m)
    row[COL_KIND], row[COL_SENSOR_POS : COL_SENSOR_POS + 3], row[COL_SIGMA] = INFRARED, place, 20e-6
    row[COL_Z : COL_Z + 3] = (x[:3] - place) / np.linalg.norm(x[:3] - place)
    return row


def compare(x: np.ndarray, row: np.ndarray) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
    H, nu, var = np.empty((MAX_ROWS, 6)), np.zeros(MAX_ROWS), np.zeros(MAX_ROWS)
    return measure(x, row, H, nu, var), H, nu, var


@pytest.mark.parametrize("coupling_s", [0.0, 0.3])
def test_a_radar_plot_of_the_state_itself_leaves_no_innovation(coupling_s: float) -> None:
    x = target()
    m, _, nu, var = compare(x, radar_row(x, coupling_s=coupling_s))
    assert m == 4
    np.testing.assert_allclose(nu, 0.0, atol=1e-6)
    np.testing.assert_allclose(var, [1e-6, 1e-6, 2500.0, 100.0])


@pytest.mark.parametrize("row", [radar_row(target(), coupling_s=0.2), infrared_row(target())], ids=["radar", "infrared"])
def test_the_gradient_agrees_with_central_differences(row: np.ndarray) -> None:
    x = target()
    m, H, _, _ = compare(x, row)
    for index, step in enumerate([10.0] * 3 + [0.1] * 3):
        up, down = x.copy(), x.copy()
        up[index] += step
        down[index] -= step
        difference = -(compare(up, row)[2] - compare(down, row)[2])[:m] / (2.0 * step)
        np.testing.assert_allclose(H[:m, index], difference, rtol=1e-5, atol=1e-10)


def test_an_azimuth_difference_across_north_is_small() -> None:
    x = target(north_deg=45.0, east_deg=127.4)  # due north of the radar, within a fraction of a degree
    row = radar_row(x)
    row[COL_Z] = (row[COL_Z] + 1e-3) % (2.0 * pi) - 2.0 * pi
    assert compare(x, row)[2][0] == pytest.approx(1e-3, abs=1e-9)
    assert wrap_pi(3.0 * pi) == pytest.approx(pi)


def test_straight_above_the_radar_everything_stays_finite() -> None:
    x = target(36.9, 127.4, 60_000.0)
    _, H, nu, _ = compare(x, radar_row(x))
    assert np.isfinite(H).all()
    assert np.isfinite(nu).all()


def test_a_plot_lies_where_its_angles_and_range_say() -> None:
    x = target()
    row = radar_row(x)
    plot_position(row)
    np.testing.assert_allclose(row[COL_POS : COL_POS + 3], x[:3], atol=1e-6)
    axes, sigma_m = np.empty((3, 3)), np.empty(3)
    position_rows(row, axes, sigma_m)
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert sigma_m[2] == 50.0
    assert row[COL_REACH] >= sigma_m.max() - 1e-9
    moved = x.copy()
    moved[:3] += 100.0 * axes[0]  # one step along the azimuth axis changes azimuth by 100 m / level distance
    nu = compare(moved, row)[2]
    assert -nu[0] == pytest.approx(100.0 / sigma_m[0] * 1e-3, rel=1e-3)
    assert abs(nu[2]) < 0.1


def test_extra_variance_of_a_shared_plot_is_added() -> None:
    row = radar_row(target())
    row[COL_EXTRA + 2] = 7_500.0
    assert compare(target(), row)[3][2] == pytest.approx(10_000.0)


def test_an_infrared_line_meets_the_altitude_of_its_prior() -> None:
    x = target(alt_m=34_000.0)
    row = infrared_row(x)
    start, line = row[COL_SENSOR_POS : COL_SENSOR_POS + 3], row[COL_Z : COL_Z + 3]
    assert line_length_m(start, line, 34_000.0) == pytest.approx(float(np.linalg.norm(x[:3] - start)), abs=500.0)


@pytest.mark.parametrize(
    ("north_deg", "east_deg", "alt_m", "seen"),
    [
        (39.2, 126.0, 30_000.0, True),
        (39.2, 126.0, 1_000.0, False),  # below the 1 degree mask
        (35.5, 126.0, 30_000.0, False),  # south-west: outside the sector 300 to 90 degrees
        (50.0, 127.0, 300_000.0, False),  # beyond 900 km
    ],
)
def test_a_radar_sees_its_sector_above_its_mask_within_its_range(north_deg: float, east_deg: float, alt_m: float, seen: bool) -> None:  # noqa: FBT001
    row = sensor_model(RADAR, 0).row
    x = target(north_deg, east_deg, alt_m)
    assert sees(row, x[0], x[1], x[2], 0.0) is seen
    assert not sees(row, x[0], x[1], x[2], 1e6)


def test_an_infrared_satellite_sees_above_its_altitude_on_its_side_of_the_earth() -> None:
    row = sensor_model(SATELLITES[0], 0).row
    high, low, behind = target(alt_m=9_000.0), target(alt_m=7_000.0), target(39.0, -80.0, 50_000.0)
    assert sees(row, high[0], high[1], high[2], 0.0)
    assert not sees(row, low[0], low[1], low[2], 0.0)
    assert not sees(row, behind[0], behind[1], behind[2], 0.0)
