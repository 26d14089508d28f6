"""A figure with its interval and its n, and how intervals are made: flights (or blocks of time) are resampled, never seconds.

Seconds of one flight share their errors; an interval that took them as independent would be far too narrow.
"""

from math import ceil, floor, sqrt
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.evaluation.quantiles import CONFIDENCE, rate_interval, share_interval

Array = NDArray[np.float64]

RESAMPLES: Final = 2_000  # the ends of a 95 % interval then scatter by a few per cent of its width (Efron, Tibshirani 1993, section 13.3)
SEED: Final = 20_230_830  # fixed: the same files give the same figures
DRAWN_AT_ONCE: Final = 1_000_000  # indices held in memory
LEAST_GROUPS: Final = 5  # fewer flights resampled tell nothing about the spread: no interval is given


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure. ``value`` None: not available, and ``note`` says why. ``low``, ``high``: 95 % interval, None where n is too small.

    ``n``: of what the interval is made, ``of`` says what that is (flights, tracks, seconds).
    """

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    of: str = "flights"
    unit: str = ""
    accept: tuple[float, float] | None = None  # where the value lies with 95 % if all is honest, for tests that have such a band
    note: str = ""


def absent(name: str, why: str) -> Figure:
    """Return a figure that cannot be had."""
    return Figure(name=name, value=None, note=why)


def share(name: str, hits: int, trials: int, of: str, note: str = "") -> Figure:
    """Return a share in per cent with its Clopper-Pearson interval."""
    if trials == 0:
        return Figure(name=name, value=None, of=of, note=note or "nothing to count")
    low, high = share_interval(hits, trials)
    return Figure(name=name, value=100.0 * hits / trials, low=100.0 * low, high=100.0 * high, n=trials, of=of, unit="%", note=note)


def rate(name: str, count: int, hours: float, note: str = "") -> Figure:
    """Return a rate per hour with its Poisson interval; ``n`` is the count."""
    if hours <= 0.0:
        return Figure(name=name, value=None, of="counted", note="no time to count in")
    low, high = rate_interval(count, hours)
    return Figure(name=name, value=count / hours, low=low, high=high, n=count, of="counted", unit="/h", note=note)


def grouped_mean(name: str, values: Array, groups: NDArray[np.int64], unit: str, *, of: str = "flights", root: bool = False) -> Figure:
    """Return the mean of values[N] (its root if ``root``: values are squares), with the interval of resampled groups[N]."""
    if values.size == 0:
        return Figure(name=name, value=None, of=of, unit=unit, note="no such time in the files")
    _, index = np.unique(groups, return_inverse=True)
    count = int(index.max()) + 1
    sums = np.bincount(index, weights=values, minlength=count).astype(np.float64)
    sizes = np.bincount(index, minlength=count).astype(np.float64)
    mean = float(values.mean())
    low: float | None = None
    high: float | None = None
    if count >= LEAST_GROUPS:
        low, high = _bootstrap(sums, sizes)
    if root:
        mean = sqrt(mean)
        low, high = (None if edge is None else sqrt(max(edge, 0.0)) for edge in (low, high))
    return Figure(name=name, value=mean, low=low, high=high, n=count, of=of, unit=unit)


def grouped_median(name: str, values: Array, groups: NDArray[np.int64], unit: str, *, of: str = "flights", note: str = "") -> Figure:
    """Return the median of values[N] with an interval from order statistics as if each of the groups[N] counted once.

    The ranks are those of the median of as many independent values as there are groups (H. A. David, Order Statistics 1981,
    section 2.5); taken over all values they are wide enough whatever the correlation inside a group.
    """
    if values.size == 0:
        return Figure(name=name, value=None, of=of, unit=unit, note=note or "no such time in the files")
    count = int(np.unique(groups).size)
    low, high = _median_ranks(count)
    ordered = np.sort(values)
    ends = (None, None) if low is None or high is None else (_at(ordered, low, floor), _at(ordered, high, ceil))
    return Figure(name=name, value=float(np.median(values)), low=ends[0], high=ends[1], n=count, of=of, unit=unit, note=note)


def _bootstrap(sums: Array, sizes: Array) -> tuple[float, float]:
    """Return the percentile interval of the ratio of sums to sizes under resampling."""
    rng = np.random.default_rng(SEED)
    count = sums.size
    found: list[Array] = []
    at_once = max(1, DRAWN_AT_ONCE // count)
    for start in range(0, RESAMPLES, at_once):
        chosen = rng.integers(0, count, (min(at_once, RESAMPLES - start), count))
        found.append(sums[chosen].sum(axis=1) / sizes[chosen].sum(axis=1))
    tail = 0.5 * (1.0 - CONFIDENCE)
    low, high = np.quantile(np.concatenate(found), (tail, 1.0 - tail))
    return float(low), float(high)


def _median_ranks(count: int) -> tuple[float | None, float | None]:
    """Return the shares of the ordered values between which the median lies, or (None, None) where n is too small."""
    tail = 0.5 * (1.0 - CONFIDENCE)
    below, chance = 0.0, 0.5**count if count < 1_000 else 0.0
    if count >= 1_000:  # normal limit of the binomial
        half = 0.98 / sqrt(count)
        return 0.5 - half, 0.5 + half
    for k in range(count + 1):
        if below + chance > tail:
            return (None, None) if k == 0 else ((k - 1) / (count - 1), (count - k) / (count - 1))
        below += chance
        chance *= (count - k) / (k + 1)
    return None, None


def _at(ordered: Array, share_of: float, rounding: object) -> float:
    """Return the value at a share of the ordered ones, rounded outwards."""
    place = share_of * (ordered.size - 1)
    index = floor(place) if rounding is floor else ceil(place)
    return float(ordered[min(max(index, 0), ordered.size - 1)])
