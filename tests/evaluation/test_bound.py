"""The Cramer-Rao bound against closed forms, a batch twin, and the figures of an independent implementation."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from tocsin.evaluation.bound import (
    BoundSettings,
    LaunchPriors,
    axes_of,
    boost_states,
    coast_bound,
    impact_bound,
    launch_bound,
    median_error_m,
    plot_rows,
)
from tocsin.kernels.geodesy import ecef2aer, ecef2geodetic, enu_axes, geodetic2ecef
from tocsin.kernels.measure import MAX_ROWS, measure
from tocsin.kernels.trajectory import HIT, coast_propagate, propagate_to_altitude
from tocsin.messages.plot import Plot
from tocsin.messages.sensor import Sensor
from tocsin.sim.trajectory import Boost, Motor, path
from tocsin.units import DEG, s2ns

Array = NDArray[np.float64]

# The reference case: a flight of 460 s over the ocean, three radars at 1 Hz staggered by a third of a second, detection 0.9, mask
# 1.5 degrees, 1 000 km. Burnout state in ECEF, beta, radars (latitude, longitude, height; sigma azimuth, elevation, range).
BURNOUT = (4317813.7, -3513158.6, 3209831.6, 1686.13, 510.13, 1140.65, 8.8733)
RADARS = (
    ((0.53407075, -0.62831853, 200.0), (0.001, 0.001, 30.0)),
    ((0.57595865, -0.66322512, 150.0), (0.0005, 0.0005, 20.0)),
    ((0.49218285, -0.64926248, 300.0), (0.0007, 0.0009, 50.0)),
)
# Its bound at 30, 60, 120 s after burnout with q = 0.01 m2/s3 and sd(ln beta) 0.70, by an independent implementation (numerical flow
# derivatives, exponential atmosphere, the detections of one seed), rounded as published: position m, velocity m/s.
ANCHORS = {30.0: (42.0, 2.6), 60.0: (27.0, 1.1), 120.0: (19.0, 0.9)}


def radar(name: str, lat_rad: float, lon_rad: float, alt_m: float, sigmas: tuple[float, float, float]) -> Sensor:
    return Sensor(
        sensor=name,
        nation="ONE",
        kind="radar",
        pos_ecef_m=geodetic2ecef(lat_rad, lon_rad, alt_m),
        lat_rad=lat_rad,
        lon_rad=lon_rad,
        alt_m=alt_m,
        sigma_azimuth_rad=sigmas[0],
        sigma_elevation_rad=sigmas[1],
        sigma_range_m=sigmas[2],
    )


def sensors() -> tuple[Sensor, ...]:
    return tuple(radar(f"radar-{i}", *place, sigmas) for i, (place, sigmas) in enumerate(RADARS))


def seen_from(sensor: Sensor, state: Array) -> tuple[float, float, float]:
    axes = np.empty((3, 3))
    enu_axes(sensor.lat_rad, sensor.lon_rad, axes)
    return ecef2aer(*state[:3].tolist(), *sensor.pos_ecef_m, axes)


def flown(times_s: Array) -> Array:
    """Return the reference flight's states [n, 7] at times after burnout."""
    out = np.empty((len(times_s), 7))
    state, now_s = np.array(BURNOUT), 0.0
    for index, time_s in enumerate(times_s.tolist()):
        after = np.empty(7)
        coast_propagate(state, time_s - now_s, 1.0, after)
        out[index], state, now_s = after, after, time_s
    return out


def looks(until_s: float, share: float = 1.0) -> tuple[Array, Array, Array]:
    """Return times, states and plot rows: every radar that sees the flight, every second, each worth ``share`` of a plot."""
    times_s = np.arange(0.0, until_s, 1.0 / 3.0)
    states = flown(times_s)
    kept, plots = [], []
    listed = sensors()
    for index, (time_s, state) in enumerate(zip(times_s.tolist(), states, strict=True)):
        sensor = listed[index % 3]
        azimuth, elevation, range_m = seen_from(sensor, state)
        if elevation > 1.5 * DEG and range_m < 1.0e6:
            kept.append(index)
            plots.append(plot(sensor, time_s, azimuth, elevation, range_m))
    rows = plot_rows(plots, listed)
    rows[:, 5:8] /= math.sqrt(share)
    return times_s[kept], states[kept], rows


def plot(sensor: Sensor, time_s: float, azimuth_rad: float, elevation_rad: float, range_m: float) -> Plot:
    return Plot(time_ns=s2ns(time_s), sensor=sensor.sensor, azimuth_rad=azimuth_rad, elevation_rad=elevation_rad, range_m=range_m)


@pytest.mark.slow
def test_the_bound_agrees_with_an_independent_implementation() -> None:
    times_s, states, rows = looks(121.0, share=0.9)
    settings = BoundSettings(q_m2ps3=0.01, ln_beta_sigma=0.70)
    bound = coast_bound(times_s, states[:, :3], states[:, 3:6], float(states[0, 6]), rows, settings)
    for at_s, (pos_m, vel_mps) in ANCHORS.items():
        index = bound.index_at(at_s)
        assert index is not None
        cov = bound.cov[index]
        assert math.sqrt(float(np.trace(cov[:3, :3]))) == pytest.approx(pos_m, rel=0.06)
        assert math.sqrt(float(np.trace(cov[3:6, 3:6]))) == pytest.approx(vel_mps, rel=0.06)


def test_without_process_noise_the_recursion_is_the_batch_information_of_all_plots() -> None:
    times_s, states, rows = looks(20.0)
    settings = BoundSettings(q_m2ps3=0.0)
    bound = coast_bound(times_s, states[:, :3], states[:, 3:6], float(states[0, 6]), rows, settings)
    information = np.diag([1e-8] * 3 + [1e-6] * 3 + [0.30**-2])
    steps = np.array([100.0] * 3 + [1.0] * 3 + [0.01])
    last = np.empty((7, 7))
    for index, time_s in enumerate((times_s - times_s[0]).tolist()):
        by_start = np.empty((7, 7))
        for column in range(7):
            ahead, behind, step = np.empty(7), np.empty(7), np.zeros(7)
            step[column] = steps[column]
            coast_propagate(states[0] + step, time_s, 0.5, ahead)
            coast_propagate(states[0] - step, time_s, 0.5, behind)
            by_start[:, column] = (ahead - behind) / (2.0 * steps[column])
        H, nu, var = np.empty((MAX_ROWS, 6)), np.empty(MAX_ROWS), np.empty(MAX_ROWS)  # noqa: N806 - textbook name
        count = measure(states[index], rows[index], H, nu, var)
        G = H[:count] @ by_start[:6] / np.sqrt(var[:count, None])  # noqa: N806 - textbook name
        information += G.T @ G
        last = by_start
    batch = last @ np.linalg.inv(information) @ last.T
    assert np.sqrt(np.diag(bound.cov[-1])) == pytest.approx(np.sqrt(np.diag(batch)), rel=1e-3)


def test_one_plot_leaves_the_plot_s_own_error() -> None:
    times_s, states, rows = looks(0.3)
    bound = coast_bound(times_s, states[:, :3], states[:, 3:6], float(states[0, 6]), rows, BoundSettings(pos_sigma_m=1e6))
    sensor = sensors()[0]
    _, elevation, range_m = seen_from(sensor, states[0])
    across = (sensor.sigma_azimuth_rad * math.cos(elevation)) ** 2 + sensor.sigma_elevation_rad**2
    expected_m2 = range_m**2 * across + sensor.sigma_range_m**2
    assert float(np.trace(bound.cov[0, :3, :3])) == pytest.approx(expected_m2, rel=1e-3)


def test_process_noise_raises_the_bound_and_time_without_plots_does_too() -> None:
    times_s, states, rows = looks(30.0)
    traces = []
    for q in (1e-6, 1e-2):
        settings = BoundSettings(q_m2ps3=q)
        bound = coast_bound(times_s, states[:, :3], states[:, 3:6], float(states[0, 6]), rows, settings)
        later = bound.at(60.0, settings)
        assert later is not None
        assert later[0][:3] == pytest.approx(flown(np.array([60.0]))[0, :3], abs=0.5)
        assert np.trace(later[1][:3, :3]) > np.trace(bound.cov[-1][:3, :3])
        traces.append(float(np.trace(bound.cov[-1][3:6, 3:6])))
    assert traces[1] > traces[0]


def test_before_the_first_plot_there_is_no_bound() -> None:
    times_s, states, rows = looks(1.0)
    bound = coast_bound(times_s, states[:, :3], states[:, 3:6], float(states[0, 6]), rows)
    assert bound.at(-1.0) is None


@pytest.mark.slow
def test_the_impact_bound_is_the_spread_of_impacts_of_the_spread_of_states() -> None:
    state = np.array(BURNOUT)
    sigmas = np.array([20.0] * 3 + [0.5] * 3 + [0.01])
    bound = impact_bound(state, np.diag(sigmas**2))
    assert bound is not None
    axes, out = np.empty((3, 3)), np.empty(7)
    enu_axes(bound.lat_rad, bound.lon_rad, axes)
    rng = np.random.default_rng(1)
    places = []
    for draw in rng.standard_normal((2_000, 7)):
        status, *_ = propagate_to_altitude(state + sigmas * draw, 0.0, 5_000.0, out)
        assert status == HIT
        places.append(axes[:2] @ out[:3])
    spread = np.cov(np.array(places).T)
    expected = axes_of((float(spread[0, 0]), float(spread[0, 1]), float(spread[1, 1])))
    assert axes_of(bound.cov_en_m2) == pytest.approx(expected, rel=0.06)  # 2,000 draws: 1 sigma 1.6 %


def test_a_state_that_never_comes_down_has_no_impact_bound() -> None:
    escaping = np.array([7.0e6, 0.0, 0.0, 12_000.0, 0.0, 0.0, 8.5])
    assert impact_bound(escaping, np.eye(7)) is None


def test_the_median_error_of_a_circle_and_of_a_line_are_those_of_the_textbook() -> None:
    assert median_error_m([(4.0, 0.0, 4.0)]) == pytest.approx(2.0 * math.sqrt(2.0 * math.log(2.0)), rel=1e-6)
    assert median_error_m([(9.0, 0.0, 0.0)]) == pytest.approx(3.0 * 0.6744897501960817, rel=1e-2)


def test_the_median_of_a_mixture_is_the_median_of_draws_from_it() -> None:
    mixture = [(4.0, 1.0, 2.0), (100.0, -30.0, 25.0), (1.0, 0.0, 1.0)]
    rng = np.random.default_rng(3)
    drawn = [rng.multivariate_normal([0.0, 0.0], [[ee, en], [en, nn]], 40_000) for ee, en, nn in mixture]
    assert median_error_m(mixture) == pytest.approx(float(np.median(np.linalg.norm(np.concatenate(drawn), axis=1))), rel=0.02)


def boost() -> Boost:
    motors = (
        Motor(thrust_mps2=28.0, burn_s=35.0, coast_s=3.0, slope=0.1),
        Motor(thrust_mps2=33.0, burn_s=40.0, coast_s=0.0, slope=-0.1),
    )
    return Boost(
        lat_rad=0.5,
        lon_rad=-0.7,
        alt_m=0.0,
        motors=motors,
        kick_s=8.0,
        kick_east_rad=0.12,
        kick_north_rad=0.05,
        ln_beta=8.6,
    )


def test_the_boost_of_the_launch_bound_is_the_flight_that_the_generator_flies() -> None:
    rows = np.array(path(boost()))
    kept = (rows[:, 0] > 9.0) & (rows[:, 0] < 78.0)
    found = boost_states(boost(), rows[kept, 0])
    assert np.max(np.abs(found[:, :3] - rows[kept, 1:4])) < 1.0
    assert np.max(np.abs(found[:, 3:] - rows[kept, 4:7])) < 0.1


def seen_boost() -> tuple[Array, Array]:
    """Return times after lift-off and plot rows of one radar 300 km to the east."""
    times_s = np.arange(45.0, 78.0, 1.0)
    sensor = radar("radar-0", 0.5, -0.645, 100.0, (1e-3, 1e-3, 30.0))
    aer = [seen_from(sensor, state) for state in boost_states(boost(), times_s)]
    return times_s, plot_rows([plot(sensor, 0.0, *values) for values in aer], (sensor,))


def test_with_the_boost_known_the_launch_place_is_as_good_as_the_mean_of_all_plots() -> None:
    times_s, rows = seen_boost()
    tiny = 1e-9
    known = LaunchPriors(
        kick_s=tiny,
        slope=tiny,
        burn_s=tiny,
        coast_s=tiny,
        thrust_mps2=tiny,
        ln_beta=tiny,
        kick_rad=tiny,
        time_s=tiny,
        bearing_rad=tiny,
    )
    bound = launch_bound(boost(), times_s, rows, known)
    axes = np.empty((3, 3))
    enu_axes(boost().lat_rad, boost().lon_rad, axes)
    information = np.zeros((2, 2))
    H, nu, var = np.empty((MAX_ROWS, 6)), np.empty(MAX_ROWS), np.empty(MAX_ROWS)  # noqa: N806 - textbook name
    for state, row in zip(boost_states(boost(), times_s), rows, strict=True):
        count = measure(state, row, H, nu, var)
        G = H[:count, :3] @ axes[:2].T / np.sqrt(var[:count, None])  # noqa: N806 - textbook name
        information += G.T @ G
    expected = np.linalg.inv(information)
    assert axes_of(bound.cov_en_m2) == pytest.approx(axes_of((expected[0, 0], expected[0, 1], expected[1, 1])), rel=0.05)


@pytest.mark.slow
def test_what_is_not_known_of_the_boost_widens_the_launch_bound_and_plots_narrow_it() -> None:
    times_s, rows = seen_boost()
    few, all_of = launch_bound(boost(), times_s[:10], rows[:10]), launch_bound(boost(), times_s, rows)
    sure = launch_bound(boost(), times_s, rows, LaunchPriors(kick_s=0.1, slope=0.01))
    assert axes_of(few.cov_en_m2)[0] > axes_of(all_of.cov_en_m2)[0] > axes_of(sure.cov_en_m2)[0]
    assert few.time_sigma_s > all_of.time_sigma_s > sure.time_sigma_s
    assert all_of.plots == len(times_s)


def test_the_reference_flight_comes_down_where_the_bound_says() -> None:
    state, out = np.array(BURNOUT), np.empty(7)
    bound = impact_bound(state, np.eye(7))
    propagate_to_altitude(state, 0.0, 5_000.0, out)
    assert bound is not None
    lat_rad, lon_rad, _ = ecef2geodetic(*out[:3].tolist())
    assert (bound.lat_rad, bound.lon_rad) == (lat_rad, lon_rad)
