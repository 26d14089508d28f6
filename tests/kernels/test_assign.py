"""Gating and assignment against brute force and SciPy's solver."""

# ruff: noqa: N806 - textbook matrix names, as in the kernels

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from tocsin.kernels.assign import NEVER, NO_PLOT, assign, share_plots
from tocsin.kernels.measure import SEN_RES_ANGLE, SEN_RES_RANGE, SENSOR_COLUMNS


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


@pytest.mark.parametrize(("gap_m", "shared"), [(100.0, True), (400.0, False)])
def test_two_tracks_in_one_resolution_cell_share_the_plot_that_one_of_them_got(gap_m: float, shared: bool) -> None:  # noqa: FBT001
    sensor = np.zeros(SENSOR_COLUMNS)
    sensor[SEN_RES_RANGE], sensor[SEN_RES_ANGLE] = 150.0, 0.02
    X = np.zeros((2, 8))
    X[0, 0], X[1, 0] = 400_000.0, 400_000.0 + gap_m
    found, shared_m = np.array([0, NO_PLOT]), np.empty((2, 2))
    share_plots(np.array([0, 1]), X, sensor, np.array([[5.0], [4.0]]), found, shared_m)
    assert found.tolist() == ([0, 0] if shared else [0, NO_PLOT])
    assert shared_m[0, 0] == pytest.approx(gap_m if shared else 0.0)
