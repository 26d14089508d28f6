"""The kernels of fusion against closed forms, published inputs and plain linear algebra."""

# ruff: noqa: N803, N806 - matrices keep their textbook names

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import chi2 as chi_square

from tests.stages.flights import LN_BETA, Array, at, covariance, fall, noisy, reference
from tocsin.kernels import fuse, impact
from tocsin.kernels.geodesy import ecef2geodetic, ground_distance_m

# Inputs of the example in the public reference page of fusecovint (MathWorks, Sensor Fusion and Tracking Toolbox,
# https://www.mathworks.com/help/fusion/ref/fusecovint.html); the expected results below are derived, not copied.
STATES = np.array([[1.0, 2.0, 0.0], [2.0, 2.0, 0.0], [2.0, 3.0, 0.0]])
COVARIANCES = np.array(
    [[[10.0, 5, 0], [5, 10, 0], [0, 0, 1]], [[10.0, -5, 0], [-5, 10, 0], [0, 0, 1]], [[12.0, 9, 0], [9, 12, 0], [0, 0, 1]]]
)


def intersect(xs: Array, Ps: Array) -> tuple[Array, Array, Array]:
    weights, x, P = np.empty(len(xs)), np.empty(xs.shape[1]), np.empty(Ps.shape[1:])
    assert fuse.covariance_intersection(xs, Ps, weights, x, P)
    return weights, x, P


def test_two_mirrored_ellipses_intersect_in_the_circle_that_the_closed_form_gives() -> None:
    weights, x, P = intersect(STATES[:2], COVARIANCES[:2])
    assert weights == pytest.approx([0.5, 0.5])
    assert pytest.approx(np.diag([7.5, 7.5, 1.0])) == P  # ((I1 + I2) / 2)^-1 of the published covariances
    assert x == pytest.approx([1.5, 2.25, 0.0])  # P (I1 x1 + I2 x2) / 2, by hand


def test_three_published_ellipses_come_within_half_a_percent_of_the_least_determinant_that_a_general_optimiser_finds() -> None:
    def log_det(free: Array) -> float:
        shares = np.exp(free - np.logaddexp.reduce(free))
        return -np.linalg.slogdet(sum(w * np.linalg.inv(P) for w, P in zip(shares, COVARIANCES, strict=True)))[1]

    weights, _, P = intersect(STATES, COVARIANCES)
    best = min(minimize(log_det, start, method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-12}).fun for start in np.eye(3))
    assert weights.sum() == pytest.approx(1.0)
    assert np.linalg.slogdet(P)[1] == pytest.approx(best, abs=5e-3)  # the weights stop within 0.5 % of the determinant


def test_order_of_the_sources_does_not_change_the_intersection() -> None:
    _, x, P = intersect(STATES, COVARIANCES)
    order = [2, 0, 1]
    _, x2, P2 = intersect(STATES[order], COVARIANCES[order])
    assert x2 == pytest.approx(x, rel=1e-12)
    assert pytest.approx(P, rel=1e-12) == P2


def test_a_prior_that_all_sources_share_is_counted_once() -> None:
    one, other = covariance(100.0, 3.0), covariance(400.0, 2.0)
    xs = np.array([reference(), reference()])
    _, x, P = intersect(xs, np.array([one, other]))
    assert P[6, 6] == pytest.approx(0.30**2)
    assert x[6] == pytest.approx(LN_BETA)


def test_a_covariance_that_is_not_positive_is_refused() -> None:
    bad = COVARIANCES.copy()
    bad[1, 0, 0] = -1.0
    assert not fuse.covariance_intersection(STATES, bad, np.empty(3), np.empty(3), np.empty((3, 3)))


def test_the_difference_test_is_the_textbook_quadratic_form() -> None:
    rng = np.random.default_rng(3)
    A, B = rng.normal(size=(7, 7)), rng.normal(size=(7, 7))
    P1, P2 = A @ A.T + np.eye(7), B @ B.T + np.eye(7)
    x1, x2 = rng.normal(size=7), rng.normal(size=7)
    S = (P1 + P2)[:6, :6] + np.diag([4.0] * 3 + [9.0] * 3)
    d = (x1 - x2)[:6]
    got = fuse.difference_chi2(x1, P1, x2, P2, 2.0, 3.0)
    assert got == pytest.approx((d @ np.linalg.solve(S, d), np.linalg.slogdet(S)[1]))


def test_independent_tracks_of_one_object_pass_the_999_gate_as_often_as_the_table_says() -> None:
    rng = np.random.default_rng(4)
    P, truth = covariance(), at(reference(), 60.0)
    values = [fuse.difference_chi2(noisy(truth, P, rng), P, noisy(truth, P, rng), P, 0.0, 0.0)[0] for _ in range(2_000)]
    assert np.mean(np.array(values) <= 22.46) == pytest.approx(0.999, abs=0.002)
    assert chi_square.cdf(22.46, 6) == pytest.approx(0.999, abs=1e-5)


def test_prediction_in_vacuum_follows_the_flow_and_adds_little() -> None:
    state, P = at(reference(), 40.0), covariance()
    x, P1 = np.empty(7), np.empty((7, 7))
    fuse.predict_with_noise(state, P, 20.0, 0.0, 0.0, 0.0, x, P1)
    assert x == pytest.approx(at(state, 20.0), rel=1e-9)
    rng = np.random.default_rng(5)
    flown = np.array([at(noisy(state, P, rng), 20.0) for _ in range(400)])
    spread = np.cov(flown.T)
    assert np.sqrt(np.diag(P1)[:6]) == pytest.approx(np.sqrt(np.diag(spread)[:6]), rel=0.15)
    assert np.linalg.eigvalsh(P1)[0] > 0.0


def test_without_updates_the_covariance_only_grows() -> None:
    state, P = at(reference(), 20.0), covariance()
    volumes = []
    for seconds in (0.0, 5.0, 20.0, 60.0, 120.0):
        x, P1 = np.empty(7), np.empty((7, 7))
        fuse.predict_with_noise(state, P, seconds, 0.0, 0.0, 0.0, x, P1)
        volumes.append(np.trace(P1[:3, :3]))
    assert all(later > earlier for earlier, later in itertools.pairwise(volumes))


def test_thrust_carries_the_mean_on_and_opens_the_covariance_along_the_velocity() -> None:
    state, P = reference(), covariance()
    x, P1 = np.empty(7), np.empty((7, 7))
    fuse.predict_with_noise(state, P, 5.0, 20.0, 3.0, 0.0, x, P1)
    along = state[3:6] / np.linalg.norm(state[3:6])
    coast = at(state, 5.0)
    assert (x[3:6] - coast[3:6]) @ along == pytest.approx(100.0, rel=0.02)
    assert along @ P1[3:6, 3:6] @ along > (3.0 * 5.0) ** 2


@pytest.mark.slow
def test_impact_moments_agree_with_flying_every_sample() -> None:
    state = at(reference(), 30.0)
    P = covariance(80.0, 4.0)
    out, mean, cov = np.empty(4), np.empty(4), np.empty((4, 4))
    assert impact.impact_moments(state, P, 7_200.0, out, mean, cov)
    assert tuple(out) == pytest.approx(fall(state))
    rng = np.random.default_rng(6)
    samples = np.array([fall(noisy(state, P, rng)) for _ in range(3_000)])
    east = (samples[:, 1] - out[1]) * 6_378_137.0 * np.cos(out[0]) * 1.0014  # prime vertical radius at 40 N: a * 1.0014
    north = (samples[:, 0] - out[0]) * 6_361_800.0  # meridian radius of WGS-84 at 40.5 N
    flown = np.stack([east, north, samples[:, 2] - out[2], samples[:, 3] - out[3]])
    sigma = np.sqrt(np.diag(np.cov(flown)))
    assert np.sqrt(np.diag(cov)) == pytest.approx(sigma, rel=0.06)
    assert mean == pytest.approx(flown.mean(axis=1), abs=3.5 * sigma.max() / np.sqrt(3_000))


def test_a_state_that_never_comes_down_has_no_impact() -> None:
    state = reference()
    state[3:6] *= 8.0
    assert not impact.impact_moments(state, covariance(), 7_200.0, np.empty(4), np.empty(4), np.empty((4, 4)))


def test_path_ends_where_the_fall_ends() -> None:
    state = reference()
    _, _, time_s, apogee_m = fall(state)
    points = np.empty((11, 3))
    impact.path_points(state, time_s / 10.0, points)
    assert points[-1, 2] == pytest.approx(0.0, abs=5.0)
    assert points[:, 2].max() <= apogee_m + 1.0
    lat, lon, _ = ecef2geodetic(*at(state, time_s)[:3])
    assert ground_distance_m(points[-1, 0], points[-1, 1], lat, lon) < 10.0


def test_plain_python_twins_give_the_same_bits() -> None:
    def plain(kernel: Callable[..., object]) -> Callable[..., object]:
        return getattr(kernel, "py_func", kernel)

    state, P = at(reference(), 10.0), covariance()
    P[0, 3] = P[3, 0] = 20.0
    compiled = [np.empty(7), np.empty((7, 7)), np.empty(4), np.empty(4), np.empty((4, 4))]
    python = [array.copy() for array in compiled]
    fuse.predict_with_noise(state, P, 3.0, 15.0, 2.0, 0.1, compiled[0], compiled[1])
    plain(fuse.predict_with_noise)(state, P, 3.0, 15.0, 2.0, 0.1, python[0], python[1])
    impact.impact_moments(state, P, 7_200.0, *compiled[2:])
    plain(impact.impact_moments)(state, P, 7_200.0, *python[2:])
    for one, other in zip(compiled, python, strict=True):
        assert one.tobytes() == other.tobytes()
    assert fuse.difference_chi2(state, P, compiled[0], P, 9.0, 1.0) == plain(fuse.difference_chi2)(state, P, compiled[0], P, 9.0, 1.0)
    _, x, Q = intersect(STATES, COVARIANCES)
    x2, Q2 = np.empty(3), np.empty((3, 3))
    plain(fuse.covariance_intersection)(STATES, COVARIANCES, np.empty(3), x2, Q2)
    assert (x.tobytes(), Q.tobytes()) == (x2.tobytes(), Q2.tobytes())
