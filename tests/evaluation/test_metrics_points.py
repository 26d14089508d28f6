"""Normalised errors, ellipses, rings and intervals: worked by hand, and against samples whose distribution is known."""

from math import inf, log, pi, sqrt

import numpy as np
import pytest

from tocsin.evaluation import nees
from tocsin.evaluation.consistency import ellipse_area_m2, ellipse_limit, offset_en_m, point_nees, ring_holds
from tocsin.evaluation.intervals import grouped_mean, grouped_median, rate, share
from tocsin.units import DEG


def test_a_normalised_error_with_correlation_is_worked_by_hand() -> None:
    """P = [[4, 2], [2, 3]], inverse [[3, -2], [-2, 4]] / 8; e = (2, 1): (12 - 8 + 4) / 8 = 1."""
    assert nees(np.array([[2.0, 1.0]]), np.array([[[4.0, 2.0], [2.0, 3.0]]])) == pytest.approx([1.0])


def test_a_covariance_that_is_none_gives_no_number_and_spares_the_others() -> None:
    covs = np.array([np.eye(2), [[1.0, 2.0], [2.0, 1.0]], np.full((2, 2), np.nan), np.diag([4.0, 1.0])])
    found = nees(np.ones((4, 2)), covs)
    assert np.isnan(found).tolist() == [False, True, True, False]
    assert found[[0, 3]] == pytest.approx([2.0, 1.25])


def test_normalised_errors_of_drawn_states_average_to_their_dimension() -> None:
    rng = np.random.default_rng(4)
    root = rng.normal(size=(6, 6)) * np.array([100.0, 50.0, 20.0, 1.0, 0.5, 0.1])[:, None]
    errors = rng.normal(size=(20_000, 6)) @ root.T
    found = nees(errors, np.broadcast_to(root @ root.T, (20_000, 6, 6)))
    assert found.mean() / 6 == pytest.approx(1.0, abs=4 * sqrt(2.0 / 6 / 20_000))


def test_a_point_on_the_ellipse_is_one_sigma_away_and_a_flat_ellipse_holds_nothing() -> None:
    assert point_nees((3.0, 0.0), ((9.0, 0.0), (0.0, 4.0))) == pytest.approx(1.0)
    assert point_nees((2.0, 1.0), ((4.0, 2.0), (2.0, 3.0))) == pytest.approx(1.0)  # as above
    assert point_nees((1.0, 1.0), ((1.0, 1.0), (1.0, 1.0))) == inf


def test_the_limit_of_an_ellipse_is_the_chi_square_of_two_and_its_area_follows() -> None:
    """5.991: NIST/SEMATECH e-Handbook 1.3.6.7.4; area pi a b of the axes scaled by its root."""
    assert ellipse_limit(0.95) == pytest.approx(5.991, abs=5e-4)
    assert ellipse_limit(0.5) == pytest.approx(2.0 * log(2.0))
    assert ellipse_area_m2(((9.0, 0.0), (0.0, 4.0)), 0.95) == pytest.approx(pi * 6.0 * 5.991, rel=1e-4)


def test_an_offset_has_the_length_of_a_minute_of_latitude_and_crosses_the_date_line() -> None:
    """A minute of latitude at 45 degrees is 1852.2 m on WGS-84 (Karney's geodesic); of longitude at the equator a / 3437.75."""
    east, north = offset_en_m(45.0 * DEG, 0.0, (45.0 + 1.0 / 60.0) * DEG, 0.0)
    assert (east, north) == pytest.approx((0.0, 1852.2), abs=0.2)
    east, north = offset_en_m(0.0, 179.99 * DEG, 0.0, -179.99 * DEG)
    assert (east, north) == pytest.approx((6_378_137.0 * 0.02 * DEG, 0.0), abs=0.01)


def test_a_ring_holds_what_is_inside_closed_or_not_and_over_the_date_line() -> None:
    bent = ((0.0, 0.0), (0.0, 4.0), (4.0, 4.0), (4.0, 3.0), (1.0, 3.0), (1.0, 0.0))
    assert ring_holds(bent, 0.5, 1.0)
    assert ring_holds((*bent, bent[0]), 3.5, 3.5)
    assert not ring_holds(bent, 3.0, 1.0)
    over = ((10.0, 179.0), (10.0, -179.0), (12.0, -179.0), (12.0, 179.0))
    assert ring_holds(over, 11.0, -179.9)
    assert ring_holds(over, 11.0, 179.9)
    assert not ring_holds(over, 11.0, 178.9)
    assert not ring_holds(over, 11.0, 0.0)
    assert not ring_holds((), 0.0, 0.0)


def test_seconds_of_one_flight_do_not_make_an_interval_but_flights_do() -> None:
    values = np.arange(100.0)
    alone = grouped_mean("x", values, np.zeros(100, dtype=np.int64), "m")
    assert (alone.value, alone.low, alone.n) == (49.5, None, 1)
    flights = grouped_mean("x", values, np.arange(100) // 10, "m")
    assert flights.low is not None
    assert flights.high is not None
    assert flights.low == pytest.approx(49.5 - 1.96 * 28.7 / sqrt(10.0), abs=3.0)  # sd of ten decades' means: 28.7
    assert flights.high == pytest.approx(49.5 + 1.96 * 28.7 / sqrt(10.0), abs=3.0)


def test_the_interval_of_a_median_has_the_ranks_of_the_sign_test() -> None:
    """Of 20 independent values the 6th and the 15th bound the median with 95.9 % (binomial: 1 - 2 P(X <= 5) of 20 coins)."""
    found = grouped_median("x", np.arange(1.0, 21.0), np.arange(20), "m")
    assert (found.value, found.low, found.high) == (10.5, 6.0, 15.0)
    few = grouped_median("x", np.arange(1.0, 6.0), np.arange(5), "m")
    assert (few.value, few.low) == (3.0, None)  # the extremes of five hold it with 93.75 % only
    six = grouped_median("x", np.arange(1.0, 7.0), np.arange(6), "m")
    assert (six.low, six.high) == (1.0, 6.0)  # 96.9 %


def test_nothing_to_count_is_said_and_is_no_zero() -> None:
    assert share("x", 0, 0, "flights").value is None
    assert rate("x", 0, 0.0).value is None
    assert grouped_mean("x", np.empty(0), np.empty(0, dtype=np.int64), "m").value is None
    assert share("x", 1, 4, "flights").value == 25.0
