"""Small linear algebra against NumPy's LAPACK, which the package itself must not use."""

# ruff: noqa: N806 - textbook matrix names, as in the kernels

import numpy as np
import pytest

from tocsin.kernels.linalg import cholesky, propagate_covariance, scalar_update, solve_lower, solve_upper


def spd(seed: int, n: int) -> np.ndarray:
    """Return a symmetric positive matrix with eigenvalues from 1e-3 to 1e6, as track covariances have."""
    rng = np.random.default_rng(seed)
    q, _ = np.linalg.qr(rng.normal(size=(n, n)))
    return (q * np.logspace(-3, 6, n)) @ q.T


@pytest.mark.parametrize("seed", range(4))
def test_cholesky_and_the_two_solves_invert_a_matrix(seed: int) -> None:
    A = spd(seed, 6)
    b = np.random.default_rng(seed).normal(size=6)
    L, y = np.zeros((6, 6)), np.empty(6)
    assert cholesky(A, 6, L)
    squared = solve_lower(L, 6, b, y)
    solve_upper(L, 6, y, y)
    np.testing.assert_allclose(np.tril(L) @ np.tril(L).T, A, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(A @ y, b, atol=1e-5)
    assert squared == pytest.approx(b @ np.linalg.solve(A, b), rel=1e-6)


def test_cholesky_refuses_a_matrix_that_is_not_positive() -> None:
    assert not cholesky(np.diag([1.0, -1e-9]), 2, np.zeros((2, 2)))


def test_a_propagated_covariance_is_exactly_symmetric() -> None:
    P, F = spd(1, 8), np.eye(8) + 0.1 * np.random.default_rng(2).normal(size=(8, 8))
    out = np.empty((8, 8))
    propagate_covariance(F, P, np.empty((8, 8)), out)
    assert np.array_equal(out, out.T)
    np.testing.assert_allclose(out, F @ P @ F.T, rtol=1e-10, atol=1e-5)


def test_a_scalar_update_is_the_kalman_update() -> None:
    P, h, x = spd(3, 8), np.random.default_rng(4).normal(size=8), np.zeros(8)
    S = h @ P @ h + 4.0
    K = P @ h / S
    expected = (np.eye(8) - np.outer(K, h)) @ P
    assert scalar_update(x, P, h, 3.0, 4.0, 8, np.empty(8)) == pytest.approx(S)
    np.testing.assert_allclose(x, 3.0 * K, rtol=1e-9)
    np.testing.assert_allclose(P, expected, rtol=1e-6, atol=1e-4)


def test_a_considered_state_keeps_value_and_variance_and_the_covariance_stays_honest() -> None:
    """With one gain row zero, Joseph's form gives the true covariance of the estimate: checked by sampling."""
    P, h, n = np.array([[4.0, 1.5], [1.5, 2.0]]), np.array([1.0, 1.0]), 200_000
    rng = np.random.default_rng(5)
    truth = rng.multivariate_normal([0.0, 0.0], P, size=n)
    measured = truth @ h + rng.normal(size=n)
    gain = (P @ h / (h @ P @ h + 1.0))[0]
    errors = truth - np.stack([gain * measured, np.zeros(n)], axis=1)
    x, out = np.zeros(2), P.copy()
    scalar_update(x, out, h, 1.0, 1.0, 1, np.empty(2))
    assert x[1] == 0.0
    assert out[1, 1] == pytest.approx(2.0, abs=1e-12)
    np.testing.assert_allclose(out, np.cov(errors.T), atol=0.05)


def test_ten_thousand_updates_leave_the_covariance_positive() -> None:
    rng = np.random.default_rng(6)
    P, x, L = np.diag([1e8, 1e8, 1e8, 1e6, 1e6, 1e6, 0.09, 100.0]), np.zeros(8), np.zeros((8, 8))
    for _ in range(10_000):
        h = np.zeros(8)
        h[:6] = rng.normal(size=6)
        scalar_update(x, P, h, 0.0, 1e-2, 6, np.empty(8))
    assert cholesky(P, 8, L)
    assert np.array_equal(P, P.T)
