"""Stripping leaves nothing of what a rule withholds; coarsening is honest in the covariance."""

import random
from math import cos, pi, sqrt

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sharing.samples import EVENT, IMPACT, LAUNCH, TRACK, WARNING, covariances, events, policy_of, tracks, warnings
from tocsin.messages.event import LaunchEvent
from tocsin.messages.release import Detail, Rule
from tocsin.messages.track import Track
from tocsin.messages.warning import Warning as TocsinWarning
from tocsin.sharing.decide import decide
from tocsin.sharing.fields import ALWAYS, AT_HOME, OPTIONAL
from tocsin.sharing.grid import covariance_on_grid, longitude_multiple, place_on_grid, probabilities_on_grid, to_grid
from tocsin.sharing.reduce import coarsen_impact, coarsen_launch, reduce_event, reduce_track, reduce_warning
from tocsin.sharing.sound import is_positive, problem_of
from tocsin.units import WGS84_A_M

GRIDS_7 = (100.0, 100.0, 100.0, 1.0, 1.0, 1.0, 0.05)


def rule_of(product: str, *fields: str, **detail: float) -> Rule:
    kinds = ("ballistic",) if product == "track" else ()
    return Rule(rule="r", product=product, partner="USA", worlds=("test",), detail=Detail(fields=fields, kinds=kinds, **detail))  # type: ignore[arg-type]


def full(triangle: tuple[float, ...], n: int) -> np.ndarray:
    matrix = np.zeros((n, n))
    matrix[np.triu_indices(n)] = triangle
    return matrix + np.triu(matrix, 1).T


@pytest.mark.parametrize("kind", ["air-breathing", "orbital", "meteor", "unknown"])
def test_a_track_of_a_kind_that_the_rule_does_not_list_stays(kind: str) -> None:
    assert reduce_track(msgspec.structs.replace(TRACK, kind=kind), rule_of("track")) is None


def test_a_rule_without_kinds_lets_no_track_out() -> None:
    bare = Rule(rule="r", product="track", partner="USA", worlds=("test",), detail=Detail())
    assert reduce_track(TRACK, bare) is None


def test_a_track_under_a_rule_that_names_every_field_is_unchanged() -> None:
    assert reduce_track(TRACK, rule_of("track", *OPTIONAL["track"])) == TRACK


def test_the_tables_name_every_field_of_the_messages_once() -> None:
    for product, kind in (("track", Track), ("event", LaunchEvent), ("warning", TocsinWarning)):
        named = ALWAYS[product] + OPTIONAL[product] + AT_HOME[product]  # type: ignore[index]
        assert sorted(named) == sorted(kind.__struct_fields__)


@pytest.mark.slow
@given(st.data())
@settings(max_examples=25, deadline=None, derandomize=True)
def test_two_messages_that_differ_only_in_withheld_fields_reduce_to_equal_ones(data: st.DataObject) -> None:
    reductions = (("track", tracks(), reduce_track), ("event", events(), reduce_event), ("warning", warnings, reduce_warning))
    for product, kinds, reduce in reductions:
        one, other = data.draw(kinds), data.draw(kinds)  # type: ignore[arg-type]
        kept = data.draw(st.sets(st.sampled_from(OPTIONAL[product])))  # type: ignore[index]
        same = {name: getattr(one, name) for name in (*ALWAYS[product], *kept)}  # type: ignore[index]
        twin = msgspec.structs.replace(other, **same)  # type: ignore[type-var]
        grid_m = data.draw(st.sampled_from((0.0, 100.0)))
        rule = rule_of(product, *sorted(kept), position_grid_m=grid_m)
        assert reduce(one, rule) == reduce(twin, rule)  # type: ignore[operator]


@pytest.mark.slow
@given(covariances(), st.sampled_from((1.0, 100.0, 5_000.0)), st.sampled_from((0.0, 1.0, 50.0)))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_a_coarsened_covariance_is_never_smaller_than_truth_plus_rounding_in_any_direction(
    cov: tuple[float, ...], pos_grid_m: float, vel_grid_mps: float
) -> None:
    grids = (pos_grid_m,) * 3 + (vel_grid_mps,) * 3 + (0.05,)
    coarse = full(covariance_on_grid(cov, grids), 7)
    need = full(cov, 7) + np.diag([grid * grid / 12.0 for grid in grids])
    scale = np.sqrt(np.diag(coarse))
    assert np.linalg.eigvalsh((coarse - need) / np.outer(scale, scale)).min() >= -1e-9


@pytest.mark.slow
@given(covariances())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_coarsened_covariance_tells_nothing_finer_than_its_unit(cov: tuple[float, ...]) -> None:
    k = 0
    coarse = covariance_on_grid(cov, GRIDS_7)
    for i in range(7):
        for j in range(i, 7):
            unit = GRIDS_7[i] * GRIDS_7[j] / 100.0
            assert round(coarse[k] / unit) * unit == coarse[k]
            k += 1


@pytest.mark.slow
def test_errors_of_coarsened_tracks_stay_inside_their_covariance() -> None:
    """Mean NEES of 2,000 coarsened states lies between half and the whole of its 7 degrees of freedom: honest, not absurd."""
    rng = random.Random(20230830)
    rule = rule_of("track", position_grid_m=100.0, velocity_grid_mps=1.0)
    factor = np.linalg.cholesky(full(TRACK.cov, 7))
    total = 0.0
    for _ in range(2_000):
        error = factor @ np.array([rng.gauss(0.0, 1.0) for _ in range(7)])
        base = np.array([*TRACK.pos_ecef_m, *TRACK.vel_ecef_mps, TRACK.ln_beta]) + np.array(
            [rng.uniform(-500.0, 500.0) for _ in range(6)] + [rng.uniform(-1.0, 1.0)]
        )
        moved = msgspec.structs.replace(
            TRACK, pos_ecef_m=tuple(map(float, base[:3])), vel_ecef_mps=tuple(map(float, base[3:6])), ln_beta=float(base[6])
        )
        coarse = reduce_track(moved, rule)
        assert coarse is not None
        wrong = np.array([*coarse.pos_ecef_m, *coarse.vel_ecef_mps, coarse.ln_beta]) - (base + error)
        total += float(wrong @ np.linalg.solve(full(coarse.cov, 7), wrong))
    assert 0.5 * 7.0 <= total / 2_000 <= 1.02 * 7.0


def test_the_coarsened_product_of_the_coalition_is_on_its_grid_and_names_no_sensor() -> None:
    rule = decide(policy_of("KOR"), "track", "JPN", "exercise")
    assert rule is not None
    coarse = reduce_track(TRACK, rule)
    assert coarse is not None
    assert coarse.pos_ecef_m == (-3_041_200.0, 4_071_000.0, 3_912_300.0)
    assert coarse.vel_ecef_mps == (-812.0, 301.0, 1_421.0)
    assert coarse.sensors == ()
    assert coarse.plots == 0
    assert coarse.extra_sigma_m >= 100.0 / sqrt(12.0)
    assert problem_of(coarse) is None
    assert coarse.time_ns == TRACK.time_ns


def test_rounded_phase_probabilities_still_sum_to_one() -> None:
    for parts in ((0.333, 0.333, 0.334, 0.0), (0.125, 0.8125, 0.03125, 0.03125), (0.005, 0.005, 0.005, 0.985)):
        hundredths = [round(part * 100.0) for part in probabilities_on_grid(parts)]
        assert sum(hundredths) == 100
        assert all(abs(h / 100.0 - part) <= 0.02 for h, part in zip(hundredths, parts, strict=True))


@given(st.floats(-pi / 2.0, pi / 2.0), st.floats(-pi, pi), st.sampled_from((10.0, 100.0, 5_000.0)))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_no_cell_of_the_place_grid_is_narrower_than_the_grid_below_89_degrees(lat_rad: float, lon_rad: float, grid_m: float) -> None:
    lat, lon = place_on_grid(lat_rad, lon_rad, grid_m)
    step_rad = grid_m / WGS84_A_M
    assert abs(lat - lat_rad) <= 0.5000001 * step_rad
    width_m = WGS84_A_M * step_rad * longitude_multiple(lat) * cos(lat)
    assert width_m >= grid_m or abs(lat) > 89.0 * pi / 180.0
    assert abs(lon - lon_rad) <= 0.5000001 * step_rad * longitude_multiple(lat)


def test_coarsened_launch_and_impact_carry_the_cell_in_their_ellipse() -> None:
    launch, impact = coarsen_launch(LAUNCH, 1_000.0), coarsen_impact(IMPACT, 1_000.0)
    for exact, coarse in ((LAUNCH, launch), (IMPACT, impact)):
        assert (coarse.lat_rad, coarse.lon_rad) != (exact.lat_rad, exact.lon_rad)
        grown = np.array([[coarse.cov_en_m2[0], coarse.cov_en_m2[1]], [coarse.cov_en_m2[1], coarse.cov_en_m2[2]]])
        plain = np.array([[exact.cov_en_m2[0], exact.cov_en_m2[1]], [exact.cov_en_m2[1], exact.cov_en_m2[2]]])
        need = plain + np.diag([2_000.0 * 2_000.0 / 12.0, 1_000.0 * 1_000.0 / 12.0])
        assert np.linalg.eigvalsh(grown - need).min() >= 0.0
        assert is_positive(coarse.cov_en_m2, 2)
    assert impact.manoeuvre_footprint is not None
    assert impact.manoeuvre_footprint[0] == impact.manoeuvre_footprint[-1]


def test_an_event_carries_only_its_originators_own_figures() -> None:
    released = reduce_event(EVENT, rule_of("event", *OPTIONAL["event"]))
    assert [view.nation for view in released.nations] == ["KOR"]
    assert msgspec.structs.replace(released, nations=EVENT.nations) == EVENT


def test_a_coarsened_event_has_every_length_and_place_on_the_grid() -> None:
    fields = tuple(field for field in OPTIONAL["event"] if field != "remark")
    coarse = reduce_event(EVENT, rule_of("event", *fields, position_grid_m=1_000.0))
    assert (coarse.apogee_m, coarse.range_m) == (50_000.0, 351_000.0)
    assert coarse.apogee_sigma_m is not None
    assert coarse.apogee_sigma_m >= sqrt(812.5 * 812.5 + 1_000.0 * 1_000.0 / 12.0)
    assert {point.alt_m for point in coarse.path} <= {40_000.0, 41_000.0}
    assert coarse.zones == (("eez:JPN", 0.0), ("high-seas", 1.0))
    assert coarse.nations[0].apogee_m == 50_000.0
    assert coarse.remark == ""


def test_a_warning_under_a_rule_without_fields_keeps_identity_status_and_references_only() -> None:
    bare = reduce_warning(WARNING, rule_of("warning"))
    for name in ALWAYS["warning"]:
        assert getattr(bare, name) == getattr(WARNING, name)
    for name in OPTIONAL["warning"]:
        assert not getattr(bare, name)


def test_rounding_never_makes_a_negative_zero_or_moves_a_value_off_its_cell() -> None:
    assert str(to_grid(-3.0, 100.0)) == "0.0"
    assert to_grid(149.9, 100.0) == 100.0
    assert to_grid(150.1, 100.0) == 200.0
    assert to_grid(3.7, 0.0) == 3.7
