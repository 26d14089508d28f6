"""Gating and assignment against brute force and SciPy's solver."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from tocsin.kernels.assign import NEVER, NO_PLOT, assign, blur_doubts
from tocsin.kernels.measure import COL_POS, COL_Z, PLOT_COLUMNS


def solve(score: np.ndarray, miss: np.ndarray) -> np.ndarray:
    found = np.empty(len(miss), np.int64)
    assign(score, miss, found)
    return found


def total(score: np.ndarray, miss: np.ndarray, found: np.ndarray) -> float:
    return sum(miss[t] if p == NO_PLOT else score[t, p] for t, p in enumerate(found))


@pytest.mark.parametrize("seed", range(60))
def test_the_assignment_has_the_largest_total_score(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tracks, plots = rng.integers(1, 9, size=2)
    score = np.where(rng.random((tracks, plots)) < 0.5, NEVER, rng.normal(2.0, 5.0, (tracks, plots)))
    miss = np.full(tracks, -2.3)
    found = solve(score, miss)
    used = [p for p in found if p != NO_PLOT]
    assert len(used) == len(set(used))
    assert all(score[t, p] > NEVER for t, p in enumerate(found) if p != NO_PLOT)
    cost = -np.hstack([score, np.where(np.eye(tracks) > 0.0, miss, NEVER)])
    rows, columns = linear_sum_assignment(cost)
    assert total(score, miss, found) == pytest.approx(-cost[rows, columns].sum(), abs=1e-5)


def test_a_plot_worse_than_a_miss_is_left_alone() -> None:
    assert solve(np.array([[-3.0]]), np.array([-2.3]))[0] == NO_PLOT
    assert solve(np.array([[-2.0]]), np.array([-2.3]))[0] == 0


def test_no_plots_or_no_tracks_is_no_problem() -> None:
    assert solve(np.empty((2, 0)), np.zeros(2)).tolist() == [NO_PLOT, NO_PLOT]
    assert solve(np.empty((0, 3)), np.zeros(0)).tolist() == []


def blurred(score: list[list[float]], found: list[int], apart_m: float) -> np.ndarray:
    """Return blur_doubts of plots that lie apart_m from each other across the line of sight, at one range."""
    plots = np.zeros((len(score[0]), PLOT_COLUMNS))
    plots[:, COL_POS] = apart_m * np.arange(len(score[0]))
    plots[:, COL_Z + 2] = 500_000.0
    out = np.empty((len(score), 2))
    blur_doubts(np.array(score), np.array(found), np.arange(len(score)), plots, out)
    return out


def test_two_tracks_that_may_as_well_exchange_their_plots_are_blurred_by_half_the_squared_distance() -> None:
    np.testing.assert_allclose(blurred([[5.0, 5.0], [5.0, 5.0]], [0, 1], 300.0), [[0.0, 45_000.0]] * 2)


def test_doubt_falls_with_the_odds_and_ends_where_nothing_else_fits() -> None:
    """Odds of 1 to e^4 that they are exchanged; a track whose gate holds one plot has none."""
    doubt = 1.0 / (1.0 + np.exp(4.0))
    np.testing.assert_allclose(blurred([[5.0, 3.0], [3.0, 5.0]], [0, 1], 300.0)[:, 1], doubt * 90_000.0)
    np.testing.assert_allclose(blurred([[9.0, 3.0], [3.0, 9.0]], [0, 1], 300.0), 0.0)  # 1 to e^12: below LEAST_DOUBT
    np.testing.assert_allclose(blurred([[5.0, NEVER], [NEVER, 5.0]], [0, 1], 300.0), 0.0)


def test_a_free_plot_in_the_gate_is_a_doubt_too() -> None:
    np.testing.assert_allclose(blurred([[5.0, 4.0]], [0], 100.0)[0, 1], 1e4 / (1.0 + np.exp(1.0)))
