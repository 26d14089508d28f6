"""Registration of radars on common coasting targets: who is named, how well, and what it does to plots and tracks."""

# ruff: noqa: N806 - textbook matrix names, as in the kernels

from math import sqrt

import msgspec
import numpy as np
import pytest

from tests.stages.tracking_scene import KOREA, SATELLITES
from tocsin.kernels.geodesy import ecef2aer, enu_axes, geodetic2ecef
from tocsin.kernels.measure import COL_EXTRA, COL_POS, COL_Z, PLOT_COLUMNS
from tocsin.kernels.register import BIASES, bias_covariance, coast_with_bias, exchange_ln_evidence, posterior, register_plot
from tocsin.kernels.trajectory import coast_propagate
from tocsin.messages.health import SensorHealth
from tocsin.messages.plot import Plot
from tocsin.messages.sensor import Sensor
from tocsin.models.motion import LN_BETA_MEAN
from tocsin.models.sensing import SensorModel, fill_plots, sensor_model
from tocsin.tracking.registration import HEARD, MOST_WAITING, Registration
from tocsin.units import DEG, NS_PER_S, s2ns

START_NS = 1_700_000_000 * NS_PER_S
OFFSET = (1e-3, -1e-3, 200.0, 0.0)
GOOD = (0.0, 0.0, 0.0, 0.0)
RNG_SEED = 7


def radars(*, declared: tuple[bool, bool, bool] = (True, True, False), suspect: bool = False) -> tuple[SensorModel, ...]:
    """Return the three Korean radars, all round; the declared ones within 0.2 sigma, or all suspects of 1 mrad and 200 m."""
    out = []
    for k, (radar, known) in enumerate(zip(KOREA, declared, strict=True)):
        share = 0.2 * radar.sigma_azimuth_rad if known else 0.0
        bias_rad, bias_m = (1e-3, 200.0) if suspect else (share, 0.2 * radar.sigma_range_m if known else 0.0)
        changed = msgspec.structs.replace(
            radar,
            azimuth_sector_rad=None,
            bias_sigma_azimuth_rad=bias_rad,
            bias_sigma_elevation_rad=bias_rad,
            bias_sigma_range_m=bias_m,
        )
        out.append(sensor_model(changed, k))
    return tuple(out)


def missile(north_deg: float = 38.6, east_deg: float = 130.0) -> np.ndarray:
    """Return a climbing state after burnout, east of the radars and in view of all."""
    axes = np.empty((3, 3))
    enu_axes(north_deg * DEG, east_deg * DEG, axes)
    state = np.empty(7)
    state[:3] = geodetic2ecef(north_deg * DEG, east_deg * DEG, 70e3)
    state[3:6] = 900.0 * axes[0] + 900.0 * axes[1] + 1_500.0 * axes[2]
    state[6] = LN_BETA_MEAN
    return state


def measured(sensor: Sensor, state: np.ndarray) -> np.ndarray:
    axes = np.empty((3, 3))
    enu_axes(sensor.lat_rad, sensor.lon_rad, axes)
    return np.array(ecef2aer(*state[:3], *sensor.pos_ecef_m, axes))


def plot_row(model: SensorModel, value: np.ndarray, time_ns: int) -> np.ndarray:
    row = np.empty((1, PLOT_COLUMNS))
    plot = Plot(
        time_ns=time_ns, sensor=model.sensor.sensor, azimuth_rad=float(value[0]), elevation_rad=float(value[1]), range_m=float(value[2])
    )
    fill_plots((plot,), model, model.row, row)
    return row[0]


class Watch:
    """Plays a target before a Registration, second by second."""

    def __init__(
        self, models: tuple[SensorModel, ...], biases: tuple[tuple[float, ...], ...], noise: tuple[float, ...] = (1, 1, 1)
    ) -> None:
        self.models, self.biases, self.noise = models, biases, noise
        self.registration = Registration(models)
        self.rng = np.random.default_rng(RNG_SEED)
        self.state, self.second = missile(), 0
        self.codes: list[str] = []

    def play(self, seconds: int) -> tuple[SensorHealth, ...]:
        """Let each radar see the target once a second and update after each second."""
        for second in range(self.second, self.second + seconds):
            for k, model in enumerate(self.models):
                at_s = second + k / 3.0
                truth, seen = np.empty(7), np.empty(7)
                coast_propagate(self.state, at_s, 1.0, truth)
                coast_propagate(self.state, at_s - self.biases[k][3], 1.0, seen)
                s = model.sensor
                error = self.rng.normal(size=3) * (s.sigma_azimuth_rad, s.sigma_elevation_rad, s.sigma_range_m) * self.noise[k]
                value = measured(s, seen) + error + self.biases[k][:3]
                time_ns = START_NS + s2ns(at_s)
                self.registration.take(1, time_ns, plot_row(model, value, time_ns), k, truth)
            self.codes += [note.code for note in self.registration.update(START_NS + s2ns(second + 1.0))]
        self.second += seconds
        return self.registration.health(START_NS + s2ns(self.second))


def estimates(health: SensorHealth) -> tuple[np.ndarray, np.ndarray]:
    bias = (health.bias_azimuth_rad, health.bias_elevation_rad, health.bias_range_m)
    return np.array(bias), np.array((health.sigma_bias_azimuth_rad, health.sigma_bias_elevation_rad, health.sigma_bias_range_m))


# --- kernels ----------------------------------------------------------------------------------------------------------


def test_the_joint_filter_of_state_and_biases_agrees_with_one_augmented_kalman_filter() -> None:
    """Friedland's separation is exact: compare with a 19-state filter in plain numpy over the same Jacobians (no dynamics)."""
    models = radars()
    x, P, V = missile(), np.diag([500.0**2] * 3 + [20.0**2] * 3 + [0.09]), np.zeros((7, 12))
    big_x, big_P = np.zeros(19), np.zeros((19, 19))
    big_P[:7, :7] = P
    prior = np.tile([1e6, 1e6, 1e-4, 100.0], 3)  # 1 / variance
    big_P[7:, 7:] = np.diag(1.0 / prior)
    info, vector, seen = np.zeros((12, 12)), np.zeros(12), np.zeros((3, 4))
    flat, wide = np.zeros(12), np.diag(1.0 / prior)
    rng, x0 = np.random.default_rng(RNG_SEED), x.copy()
    for k in (0, 1, 2, 1):
        row = plot_row(models[k], measured(models[k].sensor, missile()) + rng.normal(size=3) * (1e-3, 1e-3, 50.0), START_NS)
        H, R, nu = jacobian(x0, row, k)
        register_plot(x, P, V, row, k, np.ones(3), flat, flat, wide, 1e9, info, vector, seen)
        S = H @ big_P @ H.T + np.diag(R)
        K = np.linalg.solve(S, H @ big_P).T
        big_x = big_x + K @ (nu - H @ big_x)
        big_P = big_P - K @ S @ K.T
    b, M, common = np.empty(12), np.empty((12, 12)), np.empty((7, 7))
    assert posterior(info, vector, prior, b, M)
    bias_covariance(V, M, common)
    scale = np.sqrt(np.diag(big_P))
    np.testing.assert_allclose(b / scale[7:], big_x[7:] / scale[7:], atol=0.02)  # the separate one relinearises at each plot
    np.testing.assert_allclose(np.diag(M), np.diag(big_P)[7:], rtol=0.02)
    np.testing.assert_allclose((x + V @ b - x0)[:6] / scale[:6], big_x[:6] / scale[:6], atol=0.03)
    np.testing.assert_allclose(np.diag(P + common)[:6], np.diag(big_P)[:6], rtol=0.02)


def jacobian(x: np.ndarray, row: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return H[3, 19], R[3], innovation by central differences, the clock's column from the motion."""
    sensor = KOREA[k]
    H = np.zeros((3, 19))
    for i in range(3):
        step = np.zeros(7)
        step[i] = 10.0
        H[:, i] = (measured(sensor, x + step) - measured(sensor, x - step)) / 20.0
    H[:, 7 + BIASES * k : 10 + BIASES * k] = np.eye(3)
    H[:, 10 + BIASES * k] = -H[:, :3] @ x[3:6]
    R = np.array([sensor.sigma_azimuth_rad, sensor.sigma_elevation_rad, sensor.sigma_range_m]) ** 2
    return H, R, row[COL_Z : COL_Z + 3] - measured(sensor, x)


def test_the_sensitivity_to_biases_flies_with_the_state() -> None:
    x, P, V = missile(), np.eye(7), np.zeros((7, 4))
    V[:, 1] = [300.0, 0.0, -200.0, 1.0, 2.0, 0.0, 0.0]
    moved, end = missile() + V[:, 1], np.empty(7)
    coast_propagate(moved, 20.0, 1.0, end)
    coast_with_bias(x, P, V, 20.0, 1e-4, 0.0, 0.0)
    np.testing.assert_allclose(x[:6] + V[:6, 1], end[:6], atol=0.05)
    assert not V[:, [0, 2, 3]].any()


def test_the_evidence_of_another_prior_is_the_ratio_of_two_gaussian_densities() -> None:
    """y = b + noise: exact evidences are normal densities of y with both variances added."""
    y, noise, before, after = np.array([2.0, -1.0, 0.5, 3.0]), 0.7, 1.5, 9.0
    info, vector = np.eye(4) / noise, y / noise
    b, M = np.empty(4), np.empty((4, 4))
    assert posterior(info, vector, np.full(4, 1.0 / before), b, M)
    found = exchange_ln_evidence(b, M, 0, np.full(4, 1.0 / before), np.full(4, 1.0 / after))

    def ln_density(variance: float) -> float:
        return float(np.sum(-0.5 * y * y / variance - 0.5 * np.log(variance)))

    assert found == pytest.approx(ln_density(noise + after) - ln_density(noise + before), rel=1e-9)


# --- verdicts ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_one_biased_radar_of_three_is_named_and_measured_within_three_sigma() -> None:
    watch = Watch(radars(), (GOOD, GOOD, OFFSET))
    first, second, odd = watch.play(60)
    assert (odd.verdict, odd.fault) == ("biased", "offset")
    assert (first.verdict, second.verdict) == ("good", "good")
    bias, sigma = estimates(odd)
    assert (np.abs(bias - OFFSET[:3]) < 3.0 * sigma).all()
    assert (sigma < 0.4 * np.abs(OFFSET[:3])).all()  # three radars side by side: the two good ones' own 0.2 sigma, levered
    assert watch.codes[-1] == "sensor-biased"
    assert "sensor-bad" not in watch.codes


@pytest.mark.slow
def test_a_radar_that_declares_its_bias_is_named_as_well() -> None:
    models = list(radars())
    loud = msgspec.structs.replace(models[2].sensor, bias_sigma_azimuth_rad=1e-3, bias_sigma_elevation_rad=1e-3, bias_sigma_range_m=200.0)
    models[2] = sensor_model(loud, 2)
    assert Watch(tuple(models), (GOOD, GOOD, OFFSET)).play(60)[2].verdict == "biased"


@pytest.mark.slow
def test_no_radar_without_bias_is_named() -> None:
    for declared in ((True, True, False), (False, False, False)):
        watch = Watch(radars(declared=declared), (GOOD, GOOD, GOOD))
        assert {health.verdict for health in watch.play(90)} == {"good"}
        assert watch.codes == []


def test_where_all_are_suspect_nothing_is_observed_at_first() -> None:
    watch = Watch(radars(suspect=True), (GOOD, GOOD, GOOD))
    assert {health.verdict for health in watch.play(3)} == {"unobservable"}


def test_two_radars_that_contradict_each_other_are_not_named() -> None:
    models = radars(declared=(False, False, False))[:2]
    health = Watch(models, (GOOD, OFFSET)).play(30)
    assert "biased" not in {one.verdict for one in health}
    assert "unobservable" in {one.verdict for one in health}


@pytest.mark.slow
def test_a_noisy_radar_is_called_bad_and_its_variances_grow() -> None:
    watch = Watch(radars(), (GOOD, GOOD, GOOD), noise=(1, 1, 3))
    first, second, odd = watch.play(70)
    assert (odd.verdict, odd.fault) == ("bad", "noise")
    assert 4.0 < odd.variance_factor < 20.0  # true: 9
    assert (first.variance_factor, second.variance_factor) == (1.0, 1.0)
    row = plot_row(watch.models[2], measured(watch.models[2].sensor, missile()), START_NS)[None, :]
    watch.registration.correct(row, 2)
    assert row[0, COL_EXTRA] > 3.0 * watch.models[2].sensor.sigma_azimuth_rad ** 2


@pytest.mark.slow
def test_a_late_clock_is_told_from_an_offset() -> None:
    watch = Watch(radars(), (GOOD, GOOD, (0.0, 0.0, 0.0, 0.5)))
    odd = watch.play(60)[2]
    assert (odd.verdict, odd.fault) == ("biased", "clock")
    assert odd.bias_clock_s == pytest.approx(0.5, abs=3.0 * odd.sigma_bias_clock_s + 0.02)
    assert watch.registration.clock_bias_ns(2) == pytest.approx(0.5e9, rel=0.1)


def test_a_radar_whose_plots_no_longer_meet_the_tracks_is_called_blind() -> None:
    registration = Registration(radars())
    for _ in range(30):
        registration.looked(0, 0.9, seen=True)
        registration.looked(2, 0.9, seen=False)
    notes = registration.update(START_NS)
    assert [note.code for note in notes] == ["sensor-bad"]
    assert [(one.verdict, one.fault) for one in registration.health(START_NS)] == [("good", "none"), ("good", "none"), ("bad", "blind")]


# --- what the tracker uses --------------------------------------------------------------------------------------------


def test_before_any_estimate_gates_get_the_declared_variance_and_plots_stay() -> None:
    registration = Registration(radars(suspect=True))
    row = plot_row(radars()[0], np.array([0.5, 0.3, 400e3]), START_NS)
    rows = row[None, :].copy()
    registration.correct(rows, 0)
    np.testing.assert_allclose(rows[0, COL_EXTRA : COL_EXTRA + 3], [1e-6, 1e-6, 4e4], rtol=1e-9)
    np.testing.assert_allclose(rows[0, COL_Z : COL_Z + 3], row[COL_Z : COL_Z + 3], rtol=1e-12)


def test_a_radar_that_declares_nothing_and_is_not_suspected_is_left_alone() -> None:
    registration = Registration(radars(declared=(False, False, False)))
    row = plot_row(radars()[0], np.array([0.5, 0.3, 400e3]), START_NS)
    rows = row[None, :].copy()
    registration.correct(rows, 0)
    assert rows[0].tobytes() == row.tobytes()


@pytest.mark.slow
def test_corrected_plots_lie_where_an_unbiased_radar_would_have_put_them() -> None:
    watch = Watch(radars(), (GOOD, GOOD, OFFSET))
    odd = watch.play(60)[2]
    _, sigma = estimates(odd)
    truth = measured(watch.models[2].sensor, missile())
    rows = plot_row(watch.models[2], truth + OFFSET[:3], START_NS)[None, :]
    watch.registration.correct(rows, 2)
    assert (np.abs(rows[0, COL_Z : COL_Z + 3] - truth) < 3.0 * sigma).all()
    assert np.linalg.norm(rows[0, COL_POS : COL_POS + 3] - missile()[:3]) < 3.0 * sqrt(2.0) * 400e3 * sigma[0] + 3.0 * sigma[2]


@pytest.mark.slow
def test_a_tracks_estimate_holds_the_truth_and_its_common_bias_widens_it() -> None:
    watch = Watch(radars(), (GOOD, GOOD, OFFSET))
    watch.play(60)
    found = watch.registration.estimate(1)
    common = watch.registration.bias_covariance(1)
    assert found is not None
    assert common is not None
    time_ns, x, P = found
    truth = np.empty(7)
    coast_propagate(missile(), (time_ns - START_NS) / NS_PER_S, 1.0, truth)
    error = (x - truth)[:6]
    assert error @ np.linalg.solve(P[:6, :6], error) < 22.5  # chi-square, 6 degrees of freedom, 0.999
    assert np.linalg.eigvalsh(common[:3, :3]).max() > 50.0**2
    assert watch.registration.shift(1) is not None
    assert watch.registration.shift(2) is None


def test_a_dropped_track_leaves_what_it_said() -> None:
    watch = Watch(radars(), (GOOD, GOOD, GOOD))
    before = watch.play(10)
    watch.registration.drop(1)
    watch.registration.update(START_NS + s2ns(11.0))
    assert watch.registration.estimate(1) is None
    assert watch.registration.health(START_NS)[0].plots == before[0].plots > 0


def test_low_descending_flights_and_infrared_lines_say_nothing() -> None:
    models = (*radars(), sensor_model(SATELLITES[0], 3))
    registration = Registration(models)
    falling = missile()
    falling[:3] *= (np.linalg.norm(falling[:3]) - 30e3) / np.linalg.norm(falling[:3])  # 40 km high
    falling[3:6] = -falling[3:6]
    row = plot_row(models[0], measured(models[0].sensor, missile()), START_NS)
    registration.take(1, START_NS, row, 0, falling)
    registration.take(1, START_NS, row, 3, missile())
    registration.update(START_NS)
    assert registration.estimate(1) is None
    assert len(registration.health(START_NS)) == 3


def test_the_buffer_is_bounded_and_what_it_loses_is_counted() -> None:
    registration = Registration(radars())
    row = plot_row(radars()[0], measured(KOREA[0], missile()), START_NS)
    for _ in range(MOST_WAITING + 5):
        registration.take(1, START_NS, row, 0, missile())
    notes = registration.update(START_NS)
    assert [note.code for note in notes] == ["registration-behind"]
    assert " 5 more" in notes[0].text


def test_the_same_plots_give_the_same_bits() -> None:
    first, second = (Watch(radars(), (GOOD, GOOD, OFFSET)).play(int(HEARD) // 2) for _ in range(2))
    assert first == second


def test_a_nation_without_radars_has_no_health_and_no_trouble() -> None:
    registration = Registration((sensor_model(SATELLITES[0], 0),))
    registration.take(1, START_NS, np.zeros(PLOT_COLUMNS), 0, missile())
    assert registration.update(START_NS) == ()
    assert registration.health(START_NS) == ()
