"""Chi-square and beta distributions, and exact intervals for shares and rates. Small, pure, without any dependency.

Accuracy: relative 1e-9 against the published tables in the tests, degrees of freedom to 1e6. Speed does not matter here.

>>> round(chi2_quantile(0.95, 2), 4)
5.9915
>>> tuple(round(edge, 4) for edge in share_interval(9, 10))
(0.555, 0.9975)
"""

from functools import lru_cache
from math import exp, inf, lgamma, log, log1p, sqrt
from typing import Final

CONFIDENCE: Final = 0.95  # of every interval that is printed
FRACTION_TERMS: Final = 100_000  # of a continued fraction or series; at 1e6 degrees of freedom some thousands are used
TINY: Final = 1e-300  # stands for zero in Lentz's method
EPSILON: Final = 1e-15
BISECTIONS: Final = 200  # halvings of the search interval; double precision ends it sooner


def gamma_p(a: float, x: float) -> float:
    """Return the regularised lower incomplete gamma function P(a, x), a > 0.

    Series for x < a + 1, continued fraction (modified Lentz) above: NIST Digital Library of Mathematical Functions 8.11.4, 8.9.2.
    """
    if a <= 0.0:
        raise ValueError(f"expected a > 0, came {a}")
    if x <= 0.0:
        return 0.0
    front = exp(a * log(x) - x - lgamma(a)) if x < inf else 0.0
    if x < a + 1.0:
        term = total = 1.0 / a
        for n in range(1, FRACTION_TERMS):
            term *= x / (a + n)
            total += term
            if term < total * EPSILON:
                break
        return front * total
    return 1.0 - front * _gamma_fraction(a, x) if front > 0.0 else 1.0


def beta_i(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b), a, b > 0; continued fraction NIST DLMF 8.17.22."""
    if a <= 0.0 or b <= 0.0:
        raise ValueError(f"expected a > 0 and b > 0, came {a} and {b}")
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _beta_fraction(a, b, x) / a
    return 1.0 - front * _beta_fraction(b, a, 1.0 - x) / b


def chi2_cdf(x: float, dof: float) -> float:
    """Return the probability that a chi-square variable with that many degrees of freedom is at most x."""
    return gamma_p(0.5 * dof, 0.5 * x)


def chi2_quantile(p: float, dof: float) -> float:
    """Return the x that a chi-square variable does not exceed with probability p, 0 <= p < 1."""
    if not 0.0 <= p < 1.0:
        raise ValueError(f"expected 0 <= p < 1, came {p}")
    high = dof + 10.0 * sqrt(2.0 * dof) + 100.0
    while chi2_cdf(high, dof) < p:
        high *= 2.0
    low = 0.0
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if chi2_cdf(middle, dof) < p:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def beta_quantile(p: float, a: float, b: float) -> float:
    """Return the x with I_x(a, b) = p."""
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"expected 0 <= p <= 1, came {p}")
    low, high = 0.0, 1.0
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if beta_i(a, b, middle) < p:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@lru_cache(1_024)
def share_interval(hits: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the exact interval of a probability from hits in trials (C. Clopper, E. Pearson, Biometrika 26 (1934) 404)."""
    if not 0 <= hits <= trials:
        raise ValueError(f"expected 0 <= hits <= trials, came {hits} of {trials}")
    tail = 0.5 * (1.0 - confidence)
    low = 0.0 if hits == 0 else beta_quantile(tail, hits, trials - hits + 1)
    high = 1.0 if hits == trials else beta_quantile(1.0 - tail, hits + 1, trials - hits)
    return low, high


@lru_cache(1_024)
def rate_interval(count: int, exposure: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the exact interval of a Poisson rate from a count in an exposure > 0 (F. Garwood, Biometrika 28 (1936) 437)."""
    tail = 0.5 * (1.0 - confidence)
    low = 0.0 if count == 0 else 0.5 * chi2_quantile(tail, 2.0 * count)
    return low / exposure, 0.5 * chi2_quantile(1.0 - tail, 2.0 * count + 2.0) / exposure


@lru_cache(1_024)
def anees_limits(runs: int, dimension: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return between which values the ANEES of a consistent filter lies: chi-square over runs x dimension.

    ANEES = mean over independent runs of e' P^-1 e, divided by the dimension (X. R. Li, Z. Zhao, V. P. Jilkov, Workshop on
    Estimation, Tracking and Fusion (2001); Y. Bar-Shalom, X. R. Li, T. Kirubarajan 2001, section 5.4.2).
    """
    tail = 0.5 * (1.0 - confidence)
    dof = float(runs * dimension)
    return chi2_quantile(tail, dof) / dof, chi2_quantile(1.0 - tail, dof) / dof


def _gamma_fraction(a: float, x: float) -> float:
    """Return Gamma(a, x) / (x^a e^-x) by its continued fraction."""
    b = x + 1.0 - a
    c = 1.0 / TINY
    d = 1.0 / b
    h = d
    for n in range(1, FRACTION_TERMS):
        an = n * (a - n)
        b += 2.0
        d = an * d + b
        d = 1.0 / (d if abs(d) > TINY else TINY)
        c = b + an / c
        c = c if abs(c) > TINY else TINY
        h *= d * c
        if abs(d * c - 1.0) < EPSILON:
            break
    return h


def _beta_fraction(a: float, b: float, x: float) -> float:
    """Return the continued fraction of the incomplete beta function by the modified Lentz method."""
    c = 1.0
    d = 1.0 - (a + b) * x / (a + 1.0)
    d = 1.0 / (d if abs(d) > TINY else TINY)
    h = d
    for n in range(1, FRACTION_TERMS):
        before = h
        for an in (
            n * (b - n) * x / ((a + 2 * n - 1.0) * (a + 2 * n)),
            -(a + n) * (a + b + n) * x / ((a + 2 * n) * (a + 2 * n + 1.0)),
        ):
            d = 1.0 + an * d
            d = 1.0 / (d if abs(d) > TINY else TINY)
            c = 1.0 + an / c
            c = c if abs(c) > TINY else TINY
            h *= d * c
        if abs(h - before) < EPSILON * abs(h):
            break
    return h
