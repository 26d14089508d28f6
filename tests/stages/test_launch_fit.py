"""The fit of launch point and time over ascent templates: near the truth, honest about how near, and silent where there is no launch."""

from itertools import pairwise
from math import log, sqrt

import numpy as np
import pytest

from tests.stages.launch_flights import FAR, NEAR, SATELLITES, Early, Flown, drawn, fly, one_stage, plots
from tests.stages.tracking_scene import BASE_NS, at_ns
from tocsin.kernels.measure import COL_Z
from tocsin.models.ascent import STEPS
from tocsin.models.ascent_kernels import BURN, ONE_STAGE, TWO_STAGES, ascend, cost_of, normal_matrix
from tocsin.sim.trajectory import Motor
from tocsin.tracking.launch import LaunchFit, fit_launch
from tocsin.units import NS_PER_S

CHI2_95_2DOF = 5.991  # any table of the chi-square distribution
TWO_MOTORS = (
    Motor(thrust_mps2=27.0, burn_s=35.0, coast_s=4.0, slope=0.1),
    Motor(thrust_mps2=36.0, burn_s=40.0, coast_s=0.0, slope=-0.15),
)


def state(flown: Flown, time_s: float, seed: int = 1) -> np.ndarray:
    """Return the truth with the error of a young track: 150 m, 30 m/s."""
    noise = np.random.default_rng(seed).standard_normal(6) * np.repeat([150.0, 30.0], 3)
    return np.concatenate([flown.at(time_s) + noise, [log(5_000.0), 30.0]])


def followed(flown: Flown, seen: Early, until_s: float, every_s: float = 10.0, lag_s: float = 2.5) -> LaunchFit | None:
    """Return the last of the fits that a tracker would ask for: while it burns, then once at the end."""
    fit = None
    first_s = (seen[min(5, len(seen) - 1)][0] - BASE_NS) / NS_PER_S
    for time_s in [*np.arange(first_s, flown.burnout_s + lag_s, every_s).tolist(), until_s]:
        told = at_ns(flown.burnout_s + lag_s) if time_s > flown.burnout_s + lag_s else None
        early = [item for item in seen if item[0] <= at_ns(time_s)]
        fit = fit_launch(early, state(flown, time_s), at_ns(time_s), fit, told) or fit
    return fit


def off(flown: Flown, fit: LaunchFit) -> tuple[float, float, float]:
    """Return the squared distance of the true launch point in sigmas, its distance in m, the time's error in sigmas."""
    found = fit.estimate
    error = flown.east_north_m(found.lat_rad, found.lon_rad)
    ee, en, nn = found.cov_en_m2
    away = (found.time_ns - at_ns(0.0)) / NS_PER_S / found.time_sigma_s
    return float(error @ np.linalg.solve([[ee, en], [en, nn]], error)), sqrt(float(error @ error)), away


@pytest.mark.parametrize("motors", [one_stage(slope=0.15), TWO_MOTORS])
def test_the_path_kernel_flies_as_the_simulator_does(motors: tuple[Motor, ...]) -> None:
    """The simulator flies in steps of 0.25 s with thrust held over each; kick, staging, burnout and the coast after it included."""
    flown = fly(motors)
    boost = flown.boost
    last = motors[-1]
    theta = [0.0, 0.0, 0.0, boost.kick_east_rad, boost.kick_north_rad, boost.kick_s, log(last.thrust_mps2), last.slope, boost.ln_beta]
    theta += [flown.burnout_s, boost.ln_beta]
    if len(motors) == 2:
        theta += [motors[0].burn_s, motors[0].coast_s, log(motors[0].thrust_mps2 / last.thrust_mps2), motors[0].slope]
    times_s = np.arange(1.0, flown.burnout_s + 40.0, 3.7)
    path = np.empty((len(times_s), 6))
    ascend(np.array(theta), np.array([boost.lat_rad, boost.lon_rad]), times_s, path)
    truth = np.array([flown.at(time_s) for time_s in times_s])
    assert np.abs(path[:, :3] - truth[:, :3]).max() < 5.0
    assert np.abs(path[:, 3:] - truth[:, 3:]).max() < 0.3


def test_the_downhill_direction_is_the_gradient_of_the_cost() -> None:
    flown = fly(TWO_MOTORS)
    boost = flown.boost
    seen = [*plots(flown, FAR, 1, 95.0), *plots(flown, SATELLITES, 2, 95.0)]
    seen.sort(key=lambda item: item[0])
    theta = np.array([300.0, -200.0, 0.4, 0.32, 0.13, 8.5, 3.6, -0.1, 8.5, 78.4, 8.4, 35.4, 4.3, -0.25, 0.05])
    assert len(theta) == TWO_STAGES
    prior = np.array([theta + 0.1, np.maximum(np.abs(theta), 1.0)])
    sight = (
        np.array([boost.lat_rad, boost.lon_rad]),
        np.array([row for _, row in seen]),
        np.array([(time_ns - at_ns(0.0)) / NS_PER_S for time_ns, _ in seen]),
        np.array([81.0, 4.0]),
    )
    matrix, gradient = np.empty((TWO_STAGES, TWO_STAGES)), np.empty(TWO_STAGES)
    steps = STEPS * 1e-3
    normal_matrix(theta, prior, *sight, steps, matrix, gradient)
    scale = np.sqrt(np.diag(matrix))
    for part in range(TWO_STAGES):
        ahead, behind = theta.copy(), theta.copy()
        ahead[part] += steps[part]
        behind[part] -= steps[part]
        slope = (cost_of(ahead, prior, *sight) - cost_of(behind, prior, *sight)) / (2.0 * steps[part])
        assert -0.5 * slope / scale[part] == pytest.approx(gradient[part] / scale[part], rel=0.02, abs=0.5)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["one", "two", "failed"])
def test_launch_points_and_times_lie_where_the_fit_says(kind: str) -> None:
    """5 flights a kind: honest 95 % ellipses miss more than one of five once in 44 (binomial)."""
    inside, in_time, count, seed = 0, 0, 0, 0
    while count < 5:
        seed += 1
        flown = drawn(seed, kind)
        seen = plots(flown, FAR, seed, flown.burnout_s + 30.0)
        if sum(time_ns < at_ns(flown.burnout_s - 3.0) for time_ns, _ in seen) < 10:
            continue
        count += 1
        fit = followed(flown, seen, flown.burnout_s + 30.0)
        assert fit is not None
        distance2, _, away = off(flown, fit)
        inside += distance2 < CHI2_95_2DOF
        in_time += abs(away) < 1.96
    assert inside >= 4
    assert in_time >= 4


@pytest.mark.slow
def test_plots_after_burnout_sharpen_the_burn() -> None:
    flown = fly(one_stage())
    seen = plots(flown, FAR, 4, 110.0)
    sooner, later = followed(flown, seen, 79.0), followed(flown, seen, 105.0)
    assert sooner is not None
    assert later is not None
    assert sooner.estimate.burn_sigma_s is not None
    assert later.estimate.burn_s is not None
    assert later.estimate.burn_sigma_s is not None
    assert later.estimate.burn_sigma_s < sooner.estimate.burn_sigma_s
    assert abs(later.estimate.burn_s - 75.0) < 3.0 * later.estimate.burn_sigma_s


def test_the_length_of_a_burn_that_is_not_over_is_not_said() -> None:
    flown = fly(one_stage())
    early = plots(flown, FAR, 4, 60.0)
    fit = fit_launch(early, state(flown, 60.0), at_ns(60.0), None, None)
    assert fit is not None
    assert fit.estimate.burn_s is None
    assert fit.estimate.burn_sigma_s is None


@pytest.mark.slow
def test_a_second_stage_lit_in_sight_is_followed() -> None:
    flown = fly(TWO_MOTORS)
    seen = plots(flown, NEAR, 2, 110.0)
    assert seen[0][0] < at_ns(25.0)
    fit = followed(flown, seen, 105.0)
    assert fit is not None
    assert len(fit.starts[0].theta) == TWO_STAGES
    assert float(fit.starts[0].theta[BURN]) == pytest.approx(79.0, abs=2.0)
    distance2, distance_m, away = off(flown, fit)
    assert distance2 < 9.21  # 99 %
    assert distance_m < 1_500.0
    assert abs(away) < 2.58


@pytest.mark.slow
def test_two_satellites_alone_give_a_launch_point() -> None:
    flown = fly(one_stage(burn_s=90.0))
    fit = followed(flown, plots(flown, SATELLITES, 3, 120.0), 120.0, lag_s=8.0)
    assert fit is not None
    distance2, distance_m, away = off(flown, fit)
    assert distance2 < 9.21  # 99 %
    assert distance_m < 5_000.0
    assert abs(away) < 2.58


@pytest.mark.slow
def test_a_track_that_began_after_burnout_is_told_widely() -> None:
    flown = fly(one_stage())
    burning = followed(flown, plots(flown, FAR, 5, 105.0), 105.0)
    late = plots(flown, FAR, 5, 105.0, from_s=78.0)
    fit = fit_launch(late, state(flown, 105.0), at_ns(105.0), None, at_ns(77.0))
    assert burning is not None
    assert fit is not None
    assert fit.estimate.time_sigma_s > 1.5 * burning.estimate.time_sigma_s
    assert fit.estimate.cov_en_m2[0] > 4.0 * burning.estimate.cov_en_m2[0]
    assert off(flown, fit)[0] < 9.21  # 99 %


def test_a_track_that_began_a_minute_after_burnout_has_no_launch() -> None:
    flown = fly(one_stage())
    late = plots(flown, FAR, 5, 160.0, from_s=140.0)
    assert fit_launch(late, state(flown, 160.0), at_ns(160.0), None, at_ns(77.0)) is None


@pytest.mark.slow
def test_an_aircraft_a_satellite_and_a_falling_body_have_no_launch() -> None:
    flown = fly(one_stage())
    axes_up = flown.at(60.0)[:3] / np.linalg.norm(flown.at(60.0)[:3])
    east = np.cross([0.0, 0.0, 1.0], axes_up)
    east /= np.linalg.norm(east)
    ground = flown.at(0.0)[:3]
    rise = {"aircraft": (10_000.0, 240.0, 2.0), "satellite": (450_000.0, 7_300.0, 5.0), "falling": (60_000.0, 1_500.0, -700.0)}
    for alt_m, level_mps, climb_mps in rise.values():
        start = ground + alt_m * axes_up
        velocity = level_mps * east + climb_mps * axes_up
        drop = 0.5 * 9.8 * (level_mps > 1_000.0) * axes_up
        rows = [np.concatenate([[t], start + velocity * t - drop * t * t, velocity]) for t in range(60)]
        moved = Flown(boost=flown.boost, rows=np.array(rows), burnout_s=0.0)
        seen = plots(moved, NEAR, 1, 30.0)
        assert len(seen) > 10
        assert fit_launch(seen, state(moved, 30.0), at_ns(30.0), None, None) is None


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1e300])
def test_values_that_are_no_numbers_give_no_launch_and_no_error(bad: float) -> None:
    flown = fly(one_stage())
    early = plots(flown, FAR, 4, 60.0)
    spoilt = [(time_ns, row.copy()) for time_ns, row in early]
    spoilt[3][1][COL_Z + 1] = bad
    assert fit_launch(spoilt, state(flown, 60.0), at_ns(60.0), None, None) is None
    assert fit_launch(early, np.full(8, bad), at_ns(60.0), None, None) is None


@pytest.mark.slow
def test_a_plot_of_another_day_is_left_out() -> None:
    flown = fly(one_stage())
    early = plots(flown, FAR, 4, 60.0)
    stray = [*early, (early[-1][0] + 86_400 * NS_PER_S, early[-1][1])]
    one, two = (fit_launch(items, state(flown, 60.0), at_ns(60.0), None, None) for items in (early, stray))
    assert one is not None
    assert two is not None
    assert one.estimate == two.estimate


@pytest.mark.slow
def test_the_order_of_the_plots_does_not_matter_and_the_inputs_stay_as_they_are() -> None:
    flown = fly(one_stage())
    early = plots(flown, FAR, 4, 60.0)
    before = [row.copy() for _, row in early]
    x = state(flown, 60.0)
    first = fit_launch(early, x, at_ns(60.0), None, None)
    starts = [start.theta.copy() for start in first.starts] if first is not None else []
    again = fit_launch(early[::-1], x, at_ns(60.0), None, None)
    assert first is not None
    assert again is not None
    assert first.estimate == again.estimate
    fit_launch(plots(flown, FAR, 4, 66.0), state(flown, 66.0), at_ns(66.0), first, None)
    assert all(np.array_equal(old, start.theta) for old, start in zip(starts, first.starts, strict=True))
    assert all(np.array_equal(old, row) for old, (_, row) in zip(before, early, strict=True))
    assert np.array_equal(x, state(flown, 60.0))
    assert all(one[0] <= two[0] for one, two in pairwise(early))
    assert any(len(start.theta) == ONE_STAGE for start in first.starts)
