"""Quantiles and exact intervals against published tables."""

import tomllib
from collections.abc import Callable
from math import comb, exp
from pathlib import Path
from typing import Any

import pytest

from tocsin.evaluation import anees_limits, chi2_cdf, chi2_quantile, rate_interval, share_interval
from tocsin.evaluation.quantiles import beta_i, beta_quantile, gamma_p

REFERENCE: dict[str, Any] = tomllib.loads((Path(__file__).parents[1] / "reference" / "distributions.toml").read_text("utf-8"))


@pytest.mark.parametrize(("below", "dof", "value"), REFERENCE["chi_square"])
def test_chi_square_quantiles_are_those_of_the_nist_table(below: float, dof: int, value: float) -> None:
    assert chi2_quantile(below, dof) == pytest.approx(value, abs=REFERENCE["chi_square_tolerance"])
    assert chi2_cdf(chi2_quantile(below, dof), dof) == pytest.approx(below, abs=1e-12)


def test_two_degrees_of_freedom_are_an_exponential() -> None:
    """NIST DLMF 8.4.5: P(1, x) = 1 - e^-x."""
    for x in (1e-6, 0.3, 1.0, 2.0, 5.0, 30.0):
        assert gamma_p(1.0, x) == pytest.approx(1.0 - exp(-x), rel=1e-12)
    assert gamma_p(1.0, 0.0) == 0.0
    assert gamma_p(2.5, 1e6) == 1.0


def test_the_median_of_very_many_degrees_of_freedom_is_near_their_number() -> None:
    """Median = n (1 - 2 / (9 n))^3 within 1e-5 (E. Wilson, M. Hilferty, PNAS 17 (1931) 684)."""
    n = 12_000
    assert chi2_quantile(0.5, n) == pytest.approx(n * (1.0 - 2.0 / (9.0 * n)) ** 3, rel=1e-7)


@pytest.mark.parametrize(("hits", "trials", "p"), [(1, 10, 0.05), (7, 12, 0.6), (95, 100, 0.9), (3, 3, 0.25)])
def test_the_incomplete_beta_function_is_a_binomial_tail(hits: int, trials: int, p: float) -> None:
    """Abramowitz and Stegun 26.5.24: the chance of at least k of n is I_p(k, n - k + 1)."""
    tail = sum(comb(trials, k) * p**k * (1.0 - p) ** (trials - k) for k in range(hits, trials + 1))
    assert beta_i(hits, trials - hits + 1, p) == pytest.approx(tail, rel=1e-12)
    assert beta_quantile(tail, hits, trials - hits + 1) == pytest.approx(p, rel=1e-9)


def test_the_interval_of_a_share_is_that_of_the_nist_handbook() -> None:
    case = REFERENCE["share"]
    low, high = share_interval(case["hits"], case["trials"], case["confidence"])
    assert (low, high) == pytest.approx((case["low"], case["high"]), abs=case["tolerance"])


def test_the_interval_of_none_and_of_all_reaches_the_end() -> None:
    """By hand: 0 of n is excluded at the p with (1 - p)^n = 0.025."""
    low, high = share_interval(0, 10)
    assert low == 0.0
    assert (1.0 - high) ** 10 == pytest.approx(0.025, rel=1e-9)
    assert share_interval(10, 10) == pytest.approx((1.0 - high, 1.0))


@pytest.mark.parametrize(("count", "low", "high"), REFERENCE["poisson"])
def test_the_interval_of_a_rate_is_that_of_the_biometrika_tables(count: int, low: float, high: float) -> None:
    assert rate_interval(count, 1.0) == pytest.approx((low, high), abs=REFERENCE["poisson_tolerance"])
    assert rate_interval(count, 4.0) == pytest.approx((low / 4.0, high / 4.0), abs=REFERENCE["poisson_tolerance"])


def test_the_band_of_an_honest_filter_is_that_of_the_textbook() -> None:
    case = REFERENCE["anees"]
    low, high = anees_limits(case["runs"], case["dimension"])
    assert low * case["dimension"] == pytest.approx(case["low"], abs=case["tolerance"])
    assert high * case["dimension"] == pytest.approx(case["high"], abs=case["tolerance"])


@pytest.mark.parametrize(
    "call",
    [lambda: chi2_quantile(1.0, 2), lambda: beta_quantile(1.5, 1, 1), lambda: gamma_p(0.0, 1.0), lambda: share_interval(3, 2)],
)
def test_impossible_questions_are_refused_with_what_came(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"expected .* came"):
        call()
