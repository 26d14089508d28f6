"""The interacting multiple model: transitions, mixing of unlike states, flow, and honesty against a simulated truth."""

# ruff: noqa: N806 - textbook matrix names, as in the kernels

from math import sqrt

import numpy as np
import pytest

from tests.stages.tracking_scene import KOREA
from tocsin.kernels.atmosphere import density_kgpm3
from tocsin.kernels.geodesy import geodetic2ecef
from tocsin.kernels.imm import (
    HIST_CAN_AIR,
    HIST_CAN_BOOST,
    HIST_ONSET,
    HIST_QUIET,
    HISTORY,
    SHOWN_ONSET,
    allowed_models,
    combine,
    fall_quiet,
    mix,
    predict_tracks,
    transition,
    update_model,
    update_track,
)
from tocsin.kernels.measure import COL_AXES, COL_SENSOR_POS, COL_SIGMA, COL_Z, MAX_ROWS, PLOT_COLUMNS, plot_position
from tocsin.kernels.phases import (
    AIR,
    BOOST,
    COAST,
    DIMS,
    GROWTH,
    LN_BETA,
    MANOEUVRE,
    MODELS,
    PAR_PUSH_TIME,
    PUSH,
    THRUST,
    WHOLE,
    N,
    air_propagate,
    flow_matrix,
    predict_model,
    push_prior,
    spawn,
)
from tocsin.kernels.trajectory import boost_propagate, coast_propagate
from tocsin.models.motion import (
    GROWTH_MEAN_PS,
    LIFT_MEAN,
    LN_BETA_SIGMA,
    PUSH_ASIDE_SIGMA_MPS2,
    PUSH_LEAST_SIGMA_MPS2,
    PUSH_SIGMA_MPS2,
    THRUST_MEAN_MPS2,
    THRUST_SIGMA_MPS2,
    motion_parameters,
    start_models,
)
from tocsin.models.sensing import sensor_model
from tocsin.units import DEG

PARAMS = motion_parameters()
X10 = np.array([*geodetic2ecef(39.0 * DEG, 127.0 * DEG, 20_000.0), -900.0, -300.0, 800.0, 8.5, 30.0, 10.0, -20.0])


def history(*, boost: float = 1.0, air: float = 1.0, quiet: float = 0.0) -> np.ndarray:
    """Return a track's history row."""
    row = np.zeros(HISTORY)
    row[HIST_CAN_BOOST], row[HIST_CAN_AIR], row[HIST_QUIET] = boost, air, quiet
    return row


def started() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, P, mu = np.zeros((MODELS, N)), np.zeros((MODELS, N, N)), np.zeros(MODELS)
    start_models(X10[:6], np.diag([1e5] * 3 + [1e4] * 3), 20_000.0, 800.0, x, P, mu)
    return x, P, mu


@pytest.mark.parametrize("dt_s", [0.01, 0.33, 2.0, 60.0])
def test_transition_rows_sum_to_one_and_compose(dt_s: float) -> None:
    allowed, T, half = np.ones(MODELS), np.empty((MODELS, MODELS)), np.empty((MODELS, MODELS))
    transition(PARAMS, allowed, dt_s, T)
    transition(PARAMS, allowed, dt_s / 2.0, half)
    np.testing.assert_allclose(T.sum(axis=1), 1.0, atol=1e-12)
    if dt_s < 1.0:  # two half steps are one step, to second order in rate x dt
        np.testing.assert_allclose(half @ half, T, atol=1e-3 * dt_s)


def test_a_model_that_is_ruled_out_gives_all_its_weight_away() -> None:
    T = np.empty((MODELS, MODELS))
    transition(PARAMS, np.array([0.0, 1.0, 0.0, 0.0]), 1.0, T)
    np.testing.assert_allclose(T[:, COAST], 1.0)


@pytest.mark.parametrize(
    ("alt_m", "speed", "past", "mu", "expected"),
    [
        (10_000.0, 0.3, history(), [0.25] * 4, [1, 1, 0, 1]),
        (10_000.0, 0.3, history(), [0.1, 0.6, 0.2, 0.1], [1, 1, 1, 1]),  # not burning, not flying level: it may manoeuvre
        (10_000.0, 1.0, history(), [0.1, 0.6, 0.2, 0.1], [1, 1, 1, 0]),  # 1,240 m/s is no aircraft
        (150_000.0, 1.0, history(boost=0.0, air=0.0), [0.0, 1.0, 0.0, 0.0], [0, 1, 1, 0]),  # burnt out
        (150_000.0, 1.0, history(quiet=1.0), [0.0, 1.0, 0.0, 0.0], [0, 1, 0, 0]),  # quiet: coast alone
    ],
)
def test_models_are_switched_by_altitude_speed_and_history(
    alt_m: float, speed: float, past: np.ndarray, mu: list[float], expected: list[int]
) -> None:
    x = np.tile(X10, (MODELS, 1))
    x[:, :3] = geodetic2ecef(39.0 * DEG, 127.0 * DEG, alt_m)
    x[:, 3:6] *= speed
    allowed = np.empty(MODELS)
    allowed_models(x, np.array(mu), past, PARAMS, allowed)
    assert allowed.tolist() == expected


def test_unlike_states_come_from_their_owner_or_from_their_prior_and_never_from_zeros() -> None:
    x, P, mu = started()
    x[BOOST, THRUST], P[BOOST, THRUST, THRUST] = 40.0, 4.0
    mu[:] = [0.1, 0.7, 0.1, 0.1]
    T, xo, Po, muo = np.empty((4, 4)), np.empty((4, N)), np.zeros((4, N, N)), np.empty(4)
    transition(PARAMS, np.ones(MODELS), 60.0, T)
    mix(x, P, mu, T, PARAMS, xo, Po, muo)
    w = mu * T[:, BOOST] / muo[BOOST]  # thrust of the others is the prior's
    assert xo[BOOST, THRUST] == pytest.approx(w[BOOST] * 40.0 + (1.0 - w[BOOST]) * THRUST_MEAN_MPS2)
    spread = w[BOOST] * (1.0 - w[BOOST]) * (40.0 - THRUST_MEAN_MPS2) ** 2
    assert Po[BOOST, THRUST, THRUST] == pytest.approx(w[BOOST] * 4.0 + (1.0 - w[BOOST]) * THRUST_SIGMA_MPS2**2 + spread)
    assert Po[MANOEUVRE, PUSH, PUSH] >= PUSH_LEAST_SIGMA_MPS2**2 * (1.0 - 1e-12)
    assert Po[COAST, LN_BETA, LN_BETA] == pytest.approx(LN_BETA_SIGMA**2)
    assert muo.sum() == pytest.approx(1.0)
    for j in range(MODELS):
        own = Po[j, : DIMS[j], : DIMS[j]]
        assert np.array_equal(own, own.T)
        assert np.linalg.eigvalsh(own).min() > 0.0


def test_mixing_two_like_states_gives_the_moments_of_the_mixture() -> None:
    x, P, mu = started()
    x[MANOEUVRE, :6] += 100.0
    mu[:] = [0.0, 0.6, 0.4, 0.0]
    T, xo, Po, muo = np.empty((4, 4)), np.empty((4, N)), np.empty((4, N, N)), np.empty(4)
    transition(PARAMS, np.array([0.0, 1.0, 1.0, 0.0]), 20.0, T)
    mix(x, P, mu, T, PARAMS, xo, Po, muo)
    w = mu[[COAST, MANOEUVRE]] * T[[COAST, MANOEUVRE], COAST] / muo[COAST]
    np.testing.assert_allclose(xo[COAST, :6], x[COAST, :6] + w[1] * 100.0, rtol=1e-12)
    assert Po[COAST, 0, 0] == pytest.approx(1e5 + w[0] * w[1] * 1e4)


@pytest.mark.parametrize("model", [BOOST, COAST, MANOEUVRE, AIR])
def test_the_flow_agrees_with_differences_of_the_propagated_state(model: int) -> None:
    def carried(x: np.ndarray) -> np.ndarray:
        out = x.copy()
        if model == AIR:
            air_propagate(x, 1.0, 40.0, out)
        elif model == COAST:
            coast_propagate(x, 1.0, 0.5, out)
        else:
            predict_model(model, out, np.zeros((N, N)), 1.0, PARAMS)
        return out

    state = X10.copy()
    if model == BOOST:
        state[GROWTH] = 0.01
    n = DIMS[model]
    F = np.empty((n, n))
    flow_matrix(model, state, 1.0, PARAMS, F)
    for index, step in enumerate(([50.0] * 3 + [0.5] * 3 + [0.01] + ([0.1, 0.002] if model == BOOST else [0.1] * 3))[:n]):
        up, down = state.copy(), state.copy()
        up[index] += step
        down[index] -= step
        change = (carried(up) - carried(down)) / 2.0  # the effect of one realistic error, in m and m/s
        np.testing.assert_allclose((F[:, index] * step)[:3], change[:3], atol=0.05)
        np.testing.assert_allclose((F[:, index] * step)[3:6], change[3:6], atol=0.05)


def test_thrust_grows_by_its_own_rate_and_the_growth_is_learnt_from_the_path() -> None:
    """Constant mass flow: 30 m/s2 that grow by 2 % a second; a constant-thrust model is 30 m/s off after ten seconds."""
    x = X10.copy()
    x[GROWTH] = 0.02
    predict_model(BOOST, x, np.eye(N), 10.0, PARAMS)
    assert x[THRUST] == pytest.approx(30.0 * np.exp(0.2))
    constant = X10.copy()
    boost_propagate(X10, 10.0, 0.5, constant)
    gained = float(np.linalg.norm(x[3:6]) - np.linalg.norm(constant[3:6]))
    assert gained == pytest.approx(30.0 * (np.exp(0.2) - 1.0) / 0.02 - 300.0, rel=0.1)
    rng, found = np.random.default_rng(11), []
    for _ in range(12):
        truth = X10.copy()
        truth[GROWTH] = 0.02
        guess, P = truth.copy(), np.diag([100.0**2] * 3 + [20.0**2] * 3 + [0.09, 25.0, 1e-4, 1.0])
        guess[[THRUST, GROWTH]] = THRUST_MEAN_MPS2, GROWTH_MEAN_PS
        fit = np.empty(2)
        for _ in range(40):
            predict_model(BOOST, truth, np.zeros((N, N)), 1.0, PARAMS)
            predict_model(BOOST, guess, P, 1.0, PARAMS)
            update_model(BOOST, guess.copy(), P.copy(), radar_plot(truth, rng), 0.0, PARAMS, MAX_ROWS, guess, P, fit)
        found.append(guess[GROWTH])
    assert np.mean(found) == pytest.approx(0.02, abs=0.004)


def test_ln_beta_keeps_its_prior_in_vacuum_and_in_boost() -> None:
    x, P, _ = started()
    x[:, :3] = geodetic2ecef(39.0 * DEG, 127.0 * DEG, 150_000.0)
    predict_model(COAST, x[COAST], P[COAST], 60.0, PARAMS)
    assert P[COAST, LN_BETA, LN_BETA] == pytest.approx(LN_BETA_SIGMA**2, rel=1e-9)
    assert P[BOOST, THRUST, THRUST] == pytest.approx(THRUST_SIGMA_MPS2**2)


def radar_plot(truth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a plot row of the first Korean radar with its errors."""
    row, sensor = np.zeros(PLOT_COLUMNS), sensor_model(KOREA[0], 0).row
    row[COL_SENSOR_POS : COL_SENSOR_POS + 3], row[COL_AXES : COL_AXES + 9] = sensor[1:4], sensor[4:13]
    e, n, u = sensor[4:13].reshape(3, 3) @ (truth[:3] - sensor[1:4])
    r = np.sqrt(e * e + n * n + u * u)
    row[COL_SIGMA : COL_SIGMA + 3] = 1e-3, 1e-3, 50.0
    row[COL_Z : COL_Z + 3] = np.array([np.arctan2(e, n), np.arcsin(u / r), r]) + row[COL_SIGMA : COL_SIGMA + 3] * rng.normal(size=3)
    plot_position(row)
    return row


def test_one_models_filter_is_consistent_over_many_runs() -> None:
    """Mean NEES of 60 coast runs after 20 plots: chi-square with 360 degrees of freedom, 99 % interval (SciPy: 294 to 433)."""
    rng = np.random.default_rng(7)
    mu = np.array([0.0, 1.0, 0.0, 0.0])
    total = 0.0
    for _ in range(60):
        truth = X10.copy()
        truth[:3] = geodetic2ecef(39.0 * DEG, 127.0 * DEG, 90_000.0)
        truth[LN_BETA] = 8.517 + LN_BETA_SIGMA * rng.normal()
        x, P, _ = started()
        sigma = np.array([500.0] * 3 + [50.0] * 3)
        x[COAST, :6] = truth[:6] + sigma * rng.normal(size=6)
        P[COAST, :6, :6] = np.diag(sigma**2)
        for _ in range(20):
            coast_propagate(truth, 2.0, 0.5, truth)
            predict_model(COAST, x[COAST], P[COAST], 2.0, PARAMS)
            xo, Po, muo = x.copy(), P.copy(), mu.copy()
            update_track(x, P, mu, radar_plot(truth, rng), 0.0, 2.0, PARAMS, xo, Po, muo, history())
            x, P = xo, Po
        error = x[COAST, :6] - truth[:6]
        total += error @ np.linalg.solve(P[COAST, :6, :6], error)
    assert 294.0 < total < 433.0


def test_a_late_plot_is_compared_with_the_state_at_its_own_time() -> None:
    """A plot 1 s old must correct as if its object had been met 1 s ago: the innovation of a perfect plot is nothing."""
    x, P, mu = started()
    mu[:] = [0.0, 1.0, 0.0, 0.0]
    before = x[COAST].copy()
    coast_propagate(x[COAST], -1.0, 0.5, before)
    rng = np.random.default_rng(8)
    row = radar_plot(before, rng)
    row[COL_SIGMA : COL_SIGMA + 3] = 1e-9, 1e-9, 1e-3
    exact = radar_plot(before, rng)
    e, n, u = sensor_model(KOREA[0], 0).row[4:13].reshape(3, 3) @ (before[:3] - exact[COL_SENSOR_POS : COL_SENSOR_POS + 3])
    r = np.sqrt(e * e + n * n + u * u)
    row[COL_Z : COL_Z + 3] = np.arctan2(e, n), np.arcsin(u / r), r
    row[COL_SIGMA : COL_SIGMA + 3] = 1e-3, 1e-3, 50.0
    xo, Po, muo = x.copy(), P.copy(), mu.copy()
    update_track(x, P, mu, row, 1.0, 0.0, PARAMS, xo, Po, muo, history())
    np.testing.assert_allclose(xo[COAST, :6], x[COAST, :6], atol=1e-3)
    assert np.trace(Po[COAST][:3, :3]) < np.trace(P[COAST][:3, :3])


def test_the_combined_state_contains_the_spread_of_the_models() -> None:
    x, P, mu = started()
    mu[:] = [0.5, 0.5, 0.0, 0.0]
    x[BOOST, 3] += 100.0
    xo, Po = np.empty(WHOLE), np.empty((WHOLE, WHOLE))
    combine(x, P, mu, xo, Po)
    assert xo[3] == pytest.approx(x[COAST, 3] + 50.0)
    assert Po[3, 3] == pytest.approx(P[COAST, 3, 3] + 2_500.0)
    assert xo[THRUST] == pytest.approx(0.5 * x[BOOST, THRUST])


def test_a_force_that_has_just_set_in_spreads_as_its_constant_acceleration_does() -> None:
    """Half t squared, t and 1 times the acceleration's sigma, fully correlated: a thrust's mostly along the velocity."""
    x, P, _ = started()
    x[COAST, :3] = geodetic2ecef(39.0 * DEG, 127.0 * DEG, 90_000.0)
    xo, Po = np.empty(N), np.zeros((N, N))
    spawn(MANOEUVRE, x[COAST], P[COAST], 4.0, PARAMS, xo, Po)
    along = x[COAST, 3:6] / np.linalg.norm(x[COAST, 3:6])
    aside = np.cross(along, (0.0, 0.0, 1.0)) / np.linalg.norm(np.cross(along, (0.0, 0.0, 1.0)))
    total = PUSH_SIGMA_MPS2**2 + PUSH_ASIDE_SIGMA_MPS2**2
    assert along @ (Po[:3, :3] - P[COAST, :3, :3]) @ along == pytest.approx(8.0**2 * total)
    assert along @ (Po[:3, 3:6] - P[COAST, :3, 3:6]) @ along == pytest.approx(8.0 * 4.0 * total)
    assert along @ Po[3:6, PUSH:] @ along == pytest.approx(4.0 * total)
    assert aside @ Po[PUSH:, PUSH:] @ aside == pytest.approx(PUSH_ASIDE_SIGMA_MPS2**2)
    assert xo[PUSH:].tolist() == [0.0, 0.0, 0.0]
    assert np.linalg.eigvalsh(Po).min() > 0.0
    spawn(BOOST, x[COAST], P[COAST], 4.0, PARAMS, xo, Po)
    along = x[COAST, 3:6] / np.linalg.norm(x[COAST, 3:6])
    assert along @ (Po[3:6, 3:6] - P[COAST, 3:6, 3:6]) @ along == pytest.approx(16.0 * (THRUST_SIGMA_MPS2**2 + THRUST_MEAN_MPS2**2))


def quiet_track(runs: int) -> tuple[np.ndarray, ...]:
    """Return arrays of ``runs`` quiet tracks that coast at 90 km: x, P, mu, time_ns, history."""
    x, P, mu = (np.repeat(part[None], runs, axis=0) for part in started())
    x[:, :, :3] = geodetic2ecef(39.0 * DEG, 127.0 * DEG, 90_000.0)
    past = np.repeat(history(boost=0.0, air=0.0)[None], runs, axis=0)
    for run in range(runs):
        P[run, COAST, :6, :6] = np.diag([30.0**2] * 3 + [2.0**2] * 3)
        fall_quiet(mu[run], past[run])
    return x, P, mu, np.zeros(runs, np.int64), past


def fly_quiet(push_mps2: float, seed: int, runs: int) -> tuple[int, float]:
    """Return how many of some quiet tracks are loud after 20 plots at 1 Hz of flights pushed up since the start; worst error, m."""
    rng = np.random.default_rng(seed)
    x, P, mu, time_ns, past = quiet_track(runs)
    truths = x[:, COAST].copy()
    up = truths[0, :3] / np.linalg.norm(truths[0, :3])
    nx, nP, nmu = x.copy(), P.copy(), mu.copy()
    wx, wP, next_ns = np.empty((runs, WHOLE)), np.empty((runs, WHOLE, WHOLE)), np.full(runs, -1)
    for run in range(runs):
        x[run, COAST, :6] += np.array([30.0] * 3 + [2.0] * 3) * rng.normal(size=6)
    for second in range(1, 21):
        predict_tracks(np.arange(runs), x, P, mu, time_ns, past, second * 1_000_000_000, PARAMS, nx, nP, nmu, wx, wP, next_ns)
        for run in range(runs):
            truth = truths[run]
            coast_propagate(truth, 1.0, 0.5, truth)
            truth[:3] += 0.5 * push_mps2 * up
            truth[3:6] += push_mps2 * up
            update_track(nx[run], nP[run], nmu[run], radar_plot(truth, rng), 0.0, 1.0, PARAMS, x[run], P[run], mu[run], past[run])
        time_ns[:] = second * 1_000_000_000
    worst = 0.0
    for run in range(runs):
        combine(x[run], P[run], mu[run], wx[run], wP[run])
        worst = max(worst, float(np.linalg.norm(wx[run, :3] - truths[run, :3])))
    return int((past[:, HIST_QUIET] == 0.0).sum()), worst


@pytest.mark.slow
def test_a_quiet_track_stays_quiet_while_it_coasts_and_follows_a_force_that_sets_in() -> None:
    """40 flights each: 800 plots without a force may wake two (5 sigma of a chi-square sum); 25 m/s2 for 20 s (5 km) wakes all.

    5 m/s2 moves it by a plot's error across, 0.5 km, in 14 s: no plot alone shows that, their evidence together does.
    """
    assert fly_quiet(0.0, 1, 40)[0] <= 2
    woken, worst_m = fly_quiet(25.0, 2, 40)
    assert woken == 40
    assert fly_quiet(5.0, 3, 40)[0] >= 36
    assert worst_m < 2_500.0  # half of what coasting on would be wrong by; a plot's own error across is 0.5 km


def test_lift_is_expected_upwards_across_a_fall_through_air_and_as_large_as_the_drag_says() -> None:
    falling, axis = X10.copy(), np.empty(3)
    up = falling[:3] / np.linalg.norm(falling[:3])
    falling[3:6] = 1_500.0 * (np.cross(up, (0.0, 0.0, 1.0)) - 0.5 * up)
    push, along, around = push_prior(falling, PARAMS, axis)
    drag = 0.5 * np.exp(-8.5) * density_kgpm3(20_000.0) * float(falling[3:6] @ falling[3:6])
    assert push == pytest.approx(LIFT_MEAN * drag, rel=1e-2)
    assert (axis @ axis, axis @ falling[3:6]) == (pytest.approx(1.0, abs=1e-3), pytest.approx(0.0, abs=10.0))
    assert axis @ up > 0.8
    assert sqrt(along) + sqrt(around) < push + 2.0 * PUSH_LEAST_SIGMA_MPS2  # not as wide as any thrust could be
    falling[3:6] += 3_000.0 * up  # climbing: only thrust pushes
    assert push_prior(falling, PARAMS, axis)[:2] == (0.0, PUSH_SIGMA_MPS2**2)


def test_lift_grows_as_the_air_does_on_the_way_down_and_thrust_stays_about_the_same() -> None:
    x = X10.copy()
    up = x[:3] / np.linalg.norm(x[:3])
    x[3:6], x[6], x[PUSH:] = -1_000.0 * up, 20.0, 1e-3 * up  # no drag to speak of
    predict_model(MANOEUVRE, x, np.eye(N), 2.0, PARAMS)
    expected = density_kgpm3(18_000.0) / density_kgpm3(20_000.0) * (1.0 + 2.0 * 9.8 * 2.0 / 1_000.0)
    assert x[PUSH] / (1e-3 * up[0]) == pytest.approx(expected, rel=0.03)
    x[:3] *= (6_371_000.0 + 90_000.0) / np.linalg.norm(x[:3])
    before = x[PUSH]
    predict_model(MANOEUVRE, x, np.eye(N), 2.0, PARAMS)
    assert x[PUSH] == pytest.approx(before * np.exp(-2.0 / PARAMS[PAR_PUSH_TIME]), rel=1e-12)


def test_the_hypothesis_of_a_force_costs_a_coasting_flight_nothing() -> None:
    """It is carried beside COAST, which stays the plain filter to the bit, and is too improbable to be shown."""
    x, P, mu, time_ns, past = quiet_track(1)
    alone_x, alone_P = x[0, COAST].copy(), P[0, COAST].copy()
    truth, rng = x[0, COAST].copy(), np.random.default_rng(5)
    nx, nP, nmu = x.copy(), P.copy(), mu.copy()
    wx, wP, next_ns = np.empty((1, WHOLE)), np.empty((1, WHOLE, WHOLE)), np.full(1, -1)
    fit, onsets = np.empty(2), []
    for second in range(1, 11):
        predict_tracks(np.arange(1), x, P, mu, time_ns, past, second * 1_000_000_000, PARAMS, nx, nP, nmu, wx, wP, next_ns)
        coast_propagate(truth, 1.0, 0.5, truth)
        plot = radar_plot(truth, rng)
        update_track(nx[0], nP[0], nmu[0], plot, 0.0, 1.0, PARAMS, x[0], P[0], mu[0], past[0])
        predict_model(COAST, alone_x, alone_P, 1.0, PARAMS)
        update_model(COAST, alone_x.copy(), alone_P.copy(), plot, 0.0, PARAMS, MAX_ROWS, alone_x, alone_P, fit)
        time_ns[:] = second * 1_000_000_000
        onsets.append(past[0, HIST_ONSET])
        assert np.array_equal(x[0, COAST, :7], alone_x[:7])
    assert min(onsets) > 0.0
    assert max(onsets) < SHOWN_ONSET
    assert mu[0, COAST] == 1.0
