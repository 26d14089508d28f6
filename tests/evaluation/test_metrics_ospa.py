"""GOSPA and OSPA: cases worked by hand from the definitions, and a slow obvious twin on random sets."""

import itertools
from math import dist, sqrt

import numpy as np
import pytest

from tocsin.evaluation import gospa, ospa
from tocsin.messages.basics import Vec3


def at(*xs: float) -> list[Vec3]:
    """Return points on a line."""
    return [(x, 0.0, 0.0) for x in xs]


def test_two_pairs_at_3_and_4_of_cutoff_10_are_5_apart_and_ospa_averages() -> None:
    """By hand: GOSPA (9 + 16)^(1/2) = 5; OSPA ((9 + 16) / 2)^(1/2) (Rahmathullah 2017 prop. 1; Schuhmacher 2008 eq. 3)."""
    found = gospa(at(0.0, 1_000.0), at(3.0, 1_004.0), cutoff_m=10.0)
    assert found.distance_m == pytest.approx(5.0)
    assert found.ospa_m == pytest.approx(sqrt(12.5))
    assert (found.missed, found.false, found.pairs) == (0, 0, ((0, 0), (1, 1)))
    assert found.localisation == pytest.approx(25.0)


def test_a_missed_and_a_false_object_cost_half_the_cutoff_to_the_p_each() -> None:
    """By hand: 3^2 + 10^2 / 2 x 3 = 159; OSPA: two of three places at the cutoff, (9 + 200) / 3."""
    found = gospa(at(0.0, 1_000.0), at(3.0, 5_000.0, 7_000.0), cutoff_m=10.0)
    assert (found.missed, found.false) == (1, 2)
    assert found.distance_m == pytest.approx(sqrt(159.0))
    assert found.ospa_m == pytest.approx(sqrt(209.0 / 3.0))


def test_empty_sets_are_nothing_apart_and_one_sided_ones_the_cutoff() -> None:
    assert gospa([], []).distance_m == 0.0
    assert ospa([], []) == 0.0
    assert ospa([], at(0.0), cutoff_m=10.0) == 10.0
    assert gospa([], at(0.0, 1.0), cutoff_m=10.0).distance_m == pytest.approx(10.0)  # (10^2 / 2 x 2)^(1/2)


def test_order_one_adds_distances() -> None:
    found = gospa(at(0.0, 100.0), at(2.0, 103.0), cutoff_m=10.0, order=1.0)
    assert found.distance_m == pytest.approx(5.0)
    assert gospa(at(0.0), [], cutoff_m=10.0, order=1.0).distance_m == pytest.approx(5.0)


def test_a_perfect_pair_is_not_given_up_for_two_bad_ones() -> None:
    """By hand, cutoff 5: A on 1, 2 and B 4.9 away. One perfect pair: 0 + 12.5 x 2 = 25; two pairs: 2 x 24.01 = 48.02."""
    found = gospa([(0.0, 0.0, 0.0), (0.0, 4.9, 0.0)], [(0.0, 0.0, 0.0), (4.9, 0.0, 0.0)], cutoff_m=5.0)
    assert found.pairs == ((0, 0),)
    assert found.distance_m == pytest.approx(5.0)


def test_a_pair_at_the_cutoff_is_a_miss_and_a_false_object() -> None:
    found = gospa(at(0.0), at(10.0), cutoff_m=10.0)
    assert (found.missed, found.false, found.pairs) == (1, 1, ())
    assert found.distance_m == pytest.approx(10.0)


def brute(truths: list[Vec3], points: list[Vec3], cutoff_m: float) -> tuple[float, float]:
    """Return (GOSPA, OSPA) of order 2 by trying every permutation, straight from the definitions."""
    few, many = sorted((truths, points), key=len)
    orders = itertools.permutations(range(len(many)), len(few))
    best = min(sum(min(dist(a, many[j]), cutoff_m) ** 2 for a, j in zip(few, order, strict=True)) for order in orders)
    extra = len(many) - len(few)
    return sqrt(best + cutoff_m**2 / 2 * extra), sqrt((best + cutoff_m**2 * extra) / len(many)) if many else 0.0


@pytest.mark.parametrize("seed", range(20))
def test_random_sets_agree_with_every_permutation_tried(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truths = [tuple(row) for row in rng.uniform(0.0, 30.0, (rng.integers(0, 6), 3)).tolist()]
    points = [tuple(row) for row in rng.uniform(0.0, 30.0, (rng.integers(0, 6), 3)).tolist()]
    found = gospa(truths, points, cutoff_m=12.0)
    assert (found.distance_m, found.ospa_m) == pytest.approx(brute(truths, points, 12.0))
    assert found.localisation == pytest.approx(sum(dist(truths[i], points[j]) ** 2 for i, j in found.pairs))


def test_a_cutoff_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="expected cutoff_m > 0"):
        gospa(at(0.0), at(0.0), cutoff_m=0.0)
