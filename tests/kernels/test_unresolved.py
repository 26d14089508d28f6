"""Groups of tracks that one sensor cannot tell apart, against scenes that can be worked out by hand."""

import numpy as np
import pytest

from tests.kernels.group_scene import SIGMA_M, Scene
from tocsin.kernels.assign import NEVER, NO_PLOT
from tocsin.kernels.doubts import blur_groups, judge_groups
from tocsin.kernels.groups import components
from tocsin.kernels.unresolved import CROWD_M, expect_newcomers


@pytest.mark.parametrize(("along_m", "across_m", "one"), [(20.0, 3_000.0, True), (600.0, 0.0, False), (0.0, 12_000.0, False)])
def test_two_tracks_are_one_to_a_sensor_if_they_are_in_one_cell_in_range_and_in_angle(along_m: float, across_m: float, one: bool) -> None:  # noqa: FBT001
    chance = Scene((0.0, 0.0), (along_m, across_m)).chance[0, 1]
    assert chance > 0.95 if one else chance == 0.0


def test_at_the_edge_of_a_cell_it_is_even() -> None:
    assert Scene((0.0, 0.0), (150.0, 0.0)).chance[0, 1] == pytest.approx(0.5, abs=0.01)


def test_a_plot_midway_between_two_unresolved_tracks_is_both_theirs_though_neither_gates_it() -> None:
    scene = Scene((0.0, 0.0), (20.0, 4_000.0))
    plots = scene.plots((10.0, 2_000.0))
    assert scene.score(plots).max() == NEVER
    assert scene.solve(plots) == ([0, 0], [0, 0])


def test_a_resolved_track_between_two_unresolved_ones_does_not_take_their_common_plot() -> None:
    """Three abreast, the middle one 250 m farther: it was missed, and the plot at the range of the outer two is theirs."""
    scene = Scene((0.0, -3_000.0), (250.0, 0.0), (0.0, 3_000.0))
    found, group = scene.solve(scene.plots((0.0, 0.0)))
    assert found == [0, NO_PLOT, 0]
    assert group == [0, 1, 0]


def test_a_group_splits_for_a_plot_that_is_left_over() -> None:
    scene = Scene((0.0, 0.0), (100.0, 0.0))
    found, group = scene.solve(scene.plots((0.0, 0.0), (100.0, 0.0)))
    assert sorted(found) == [0, 1]
    assert group == [0, 1]


def test_a_member_whose_plot_lies_elsewhere_is_unseen_rather_than_merged() -> None:
    """Perhaps unresolved, but the plot is 200 m nearer than the mean of the two and fits the first alone."""
    scene = Scene((0.0, 0.0), (120.0, 5_000.0))
    assert scene.solve(scene.plots((0.0, 0.0))) == ([0, NO_PLOT], [0, 1])


def judged(scene: Scene, plots: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    found, group = (np.array(one) for one in scene.solve(plots))
    n = len(scene.rows)
    shift, extra, proof, rival = np.empty((n, 3)), np.empty((n, 3)), np.empty(n), np.empty((n, n), np.bool_)
    score = scene.score(plots)
    judge_groups(scene.rows, scene.X, scene.P, plots, score, scene.miss, found, group, shift, extra, proof, rival)
    return shift, extra, proof, rival


def test_a_common_plot_moves_the_mean_of_its_group_as_a_measured_mean_does() -> None:
    """Two tracks in one cell, plot 40 m beyond their mean: the mean moves by P/2 / (P/2 + R + fading) x 40 m, each track by the same."""
    scene = Scene((0.0, 0.0), (60.0, 0.0))
    shift, extra, _, _ = judged(scene, scene.plots((70.0, 0.0)))
    fading2 = 30.0**2 / 3.0  # mean squared distance from the mean over n + 1
    gain = 0.5 * SIGMA_M**2 / (0.5 * SIGMA_M**2 + 50.0**2 + fading2)
    for track, along_m in enumerate((0.0, 60.0)):
        innovation = 70.0 + shift[track, 2] - along_m
        moved = SIGMA_M**2 / (SIGMA_M**2 + 50.0**2 + extra[track, 2]) * innovation
        assert moved == pytest.approx(gain * 40.0, rel=1e-6)


def test_a_plot_of_ones_own_proves_and_a_common_one_does_not() -> None:
    own = judged(Scene((0.0, 0.0), (1_000.0, 0.0)), Scene((0.0, 0.0)).plots((0.0, 0.0), (1_000.0, 0.0)))
    assert own[2].min() > 5.0
    assert not own[3].any()
    together = judged(Scene((0.0, 0.0), (10.0, 0.0)), Scene((0.0, 0.0)).plots((5.0, 0.0)))
    assert np.abs(together[2]).max() < 1.0


def test_a_plot_that_an_unseen_neighbour_may_have_caused_proves_nothing_and_names_the_rival() -> None:
    scene = Scene((0.0, 0.0), (330.0, 0.0))
    _, _, proof, rival = judged(scene, scene.plots((160.0, 0.0)))
    assert min(proof.tolist()) < 0.0 == proof.max()  # who took it, and who found nothing
    assert rival.sum() == 1


def test_tracks_that_may_have_changed_places_are_blurred_and_others_are_not() -> None:
    """A pair and a single 5 km apart across; the third's range says which it joins: 40 m off leaves doubt, 400 m none."""
    for apart_m, doubtful in ((160.0, True), (900.0, False)):
        scene = Scene((0.0, 0.0), (0.0, 1_000.0), (apart_m, 500.0))
        plots = scene.plots((0.0, 500.0), (apart_m, 500.0))
        found, group, blur = np.array([0, 0, 1]), np.array([0, 0, 2]), np.zeros((3, 2))
        blur_groups(scene.rows, scene.X, scene.P, plots, scene.score(plots), scene.miss, scene.chance, found, group, blur)
        assert (blur.max() > 0.0) == doubtful


def test_in_a_salvo_a_plot_without_a_track_is_expected_and_alone_it_is_not() -> None:
    more = np.empty(1)
    for tracks, far_m in ((1, 0.0), (10, 0.0), (10, 2.0 * CROWD_M)):
        scene = Scene(*((100.0 * t, far_m) for t in range(tracks)))
        expect_newcomers(scene.rows, scene.X, scene.plots((0.0, 0.0)), more)
        assert more[0] == 0.0 if tracks == 1 or far_m > 0.0 else more[0] > 5.0


def test_tracks_are_of_one_set_by_a_chance_or_by_a_common_gate_and_through_each_other() -> None:
    """Track 0 may be seen as one with 1, 1 and 2 gate one plot, 3 and 4 have nothing in common with anybody."""
    chance = np.zeros((5, 5))
    chance[0, 1] = chance[1, 0] = 0.3
    score = np.full((5, 3), NEVER)
    score[1, 0] = score[2, 0] = 4.0
    score[3, 1], score[4, 2] = 4.0, 4.0
    label = np.empty(5, np.int64)
    components(chance, score, label)
    assert label.tolist() == [0, 0, 0, 3, 4]
