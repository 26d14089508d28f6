"""Which sensors are biased: hypotheses about priors, weighed by how well each explains what common targets said.

The targets' information about all biases (``kernels.register``) has no prior in it. A sensor is taken at its declaration;
declared suspects with that sigma, the others within what a good sensor has. Then the one sensor that explains the data best if
let loose (a wide prior on its offsets, or on its clock) is let loose, if that is 10,000 times likelier than not; where a
second sensor explains them nearly as well (1 to 1,000), both are, since which one it is cannot be told. The ratio of evidences is valid at
any time: with no bias it ever passes 10,000 with probability below 1e-4 (Ville), however often one looks.
"""

from math import log, sqrt
from typing import Final, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.register import BIASES, CLOCK, exchange_ln_evidence, posterior
from tocsin.messages.sensor import Sensor

Array = NDArray[np.float64]
Loose = Literal["", "offset", "clock", "both"]

GOOD_SHARE: Final = 0.2  # a good sensor's bias, in sigmas of its noise (issue: two declared within 0.2 sigma are the anchors)
SUSPECT_SHARE: Final = 0.3  # a declared bias sigma beyond this share makes a suspect; between the two, rounding
GOOD_CLOCK_S: Final = 1e-3  # satellite time is far better; 1 ms is 3 m at 3 km/s, below any radar's range noise
WIDE_RAD: Final = 3e-3  # what an unknown fault may be: a mast out of level, a survey error ...
WIDE_M: Final = 600.0  # ... an uncalibrated delay of 4 microseconds ...
WIDE_CLOCK_S: Final = 0.5  # ... a clock left on its own for a day or set by hand
WIDE_SIGMAS: Final = 3.0  # coarse sensors err in proportion
LN_NAME: Final = log(1e4)  # certain to 99.99 %
LN_RIVAL: Final = log(1e3)  # that one is at fault is certain to 1e-4; which one, to 1e-3 (false naming is to stay below 1 %)
LN_KEEP: Final = log(1e2)  # a named one stays so while it is still this likely, so that the verdict does not flicker
LN_DECLARED: Final = -log(1e3)  # prior odds: a declared bias sigma is a measured one, and wrong once in a thousand
LN_CLOCK: Final = -log(1e2)  # prior odds: clocks follow satellites and fail more seldom than alignments
MOST_LOOSE: Final = 3  # rounds: more sensors at fault at once than this cannot be told from a wrong picture
KINDS: Final[tuple[tuple[Loose, float], ...]] = (("offset", 0.0), ("clock", LN_CLOCK))
NO_SCORE: Final[tuple[float, Loose]] = (0.0, "")
FIXED: Final = 1e6  # times tighter (in variance) than good: taken as free of bias


class Priors(msgspec.Struct, frozen=True):
    """1 / variance [sensors, 4] of the biases: of a good sensor, as declared, let loose; and what was declared at all."""

    good: Array
    declared: Array
    wide: Array
    known: Array  # 1.0 where a bias sigma was declared
    suspect: tuple[bool, ...]


class Finding(msgspec.Struct, frozen=True):
    """What is thought of all sensors: who is named, and the biases to use."""

    b: Array  # [n] estimates, all sensors within their priors
    M: Array  # [n, n]
    used_b: Array  # [n] the same with sensors that neither declare a bias nor are let loose held at none
    used_cov: Array  # [n, n]
    prior: Array  # [sensors, 4] 1 / variance after letting loose
    loose: tuple[Loose, ...]
    ln_odds: tuple[float, ...]  # biased against good, each
    named: tuple[bool, ...]
    held: tuple[bool, ...]  # at no bias, each: it declares none and is not let loose


def priors_of(sensors: tuple[Sensor, ...]) -> Priors:
    """Return the priors of radars from what their files say."""
    good, declared, wide, known = [], [], [], []
    suspect = []
    for sensor in sensors:
        noise = (sensor.sigma_azimuth_rad, sensor.sigma_elevation_rad, sensor.sigma_range_m)
        given = (sensor.bias_sigma_azimuth_rad, sensor.bias_sigma_elevation_rad, sensor.bias_sigma_range_m, sensor.bias_sigma_time_s)
        good_s = [max(GOOD_SHARE * noise[0], 1e-9), max(GOOD_SHARE * noise[1], 1e-9), max(GOOD_SHARE * noise[2], 1e-3), GOOD_CLOCK_S]
        limits = (*(SUSPECT_SHARE * own for own in noise), GOOD_CLOCK_S)
        suspect.append(any(one > limit for one, limit in zip(given, limits, strict=True)))
        declared_s = [one if one > 0.0 else held for one, held in zip(given, good_s, strict=True)]
        if not suspect[-1]:
            good_s = [max(pair) for pair in zip(good_s, declared_s, strict=True)]
        least = [
            max(WIDE_RAD, WIDE_SIGMAS * noise[0]),
            max(WIDE_RAD, WIDE_SIGMAS * noise[1]),
            max(WIDE_M, WIDE_SIGMAS * noise[2]),
            WIDE_CLOCK_S,
        ]
        good.append([1.0 / (s * s) for s in good_s])
        declared.append([1.0 / (s * s) for s in declared_s])
        wide.append([1.0 / (s * s) for s in map(max, least, declared_s)])
        known.append([1.0 if one > 0.0 else 0.0 for one in given])
    shape = (len(sensors), BIASES)
    arrays = [np.array(rows, np.float64).reshape(shape) for rows in (good, declared, wide, known)]
    return Priors(arrays[0], arrays[1], arrays[2], arrays[3], tuple(suspect))


def solve(info: Array, vector: Array, prior: Array) -> tuple[Array, Array]:
    """Return (b[n], M[n, n]) for 1 / variances prior[sensors, 4]. Raises ``ArithmeticError`` if the information is not finite."""
    n = len(vector)
    b, M = np.empty(n), np.empty((n, n))
    if not posterior(info, vector, prior.reshape(n), b, M):
        raise ArithmeticError("expected finite, symmetric bias information, got a matrix without Cholesky factor; restart the tracker")
    return b, M


def find(info: Array, vector: Array, priors: Priors, before: tuple[bool, ...], heard: tuple[bool, ...]) -> Finding:
    """Return what the information says; before: who was named last time; heard: of whom enough came to be named."""
    count = len(priors.suspect)
    prior = priors.declared.copy()
    loose: list[Loose] = [""] * count
    b, M = solve(info, vector, prior)
    for _ in range(MOST_LOOSE):
        scores = [_best(b, M, s, prior, priors) if loose[s] == "" else NO_SCORE for s in range(count)]
        best = max((score for score, _ in scores), default=0.0)
        if best < _least(scores, best, before):
            break
        for s, (score, kind) in enumerate(scores):
            if score > max(best - LN_RIVAL, 0.0):
                loose[s] = kind
                prior[s] = _let_loose(prior[s], priors.wide[s], kind)
        b, M = solve(info, vector, prior)
    odds = [-exchange_ln_evidence(b, M, s, prior[s], priors.good[s]) for s in range(count)]
    named = tuple(
        heard[s] and (priors.suspect[s] or loose[s] != "") and odds[s] > (LN_KEEP if before[s] else LN_NAME) for s in range(count)
    )
    used = prior.copy()
    for s in range(count):
        if not heard[s]:
            used[s] = priors.declared[s]
        for c in range(BIASES):
            if priors.known[s, c] == 0.0 and used[s, c] == priors.declared[s, c]:
                used[s, c] = FIXED * priors.good[s, c]
    held = tuple(bool((used[s] == FIXED * priors.good[s]).all()) for s in range(count))
    used_b, used_cov = solve(info, vector, used)
    return Finding(b, M, used_b, used_cov, prior, tuple(loose), tuple(odds), named, held)


def _least(scores: list[tuple[float, Loose]], best: float, before: tuple[bool, ...]) -> float:
    """Return what the best score must reach: less if it is of a sensor named before."""
    return LN_KEEP if any(score == best and was for (score, _), was in zip(scores, before, strict=True)) else LN_NAME


def _best(b: Array, M: Array, s: int, prior: Array, priors: Priors) -> tuple[float, Loose]:
    """Return (ln evidence gained with prior odds, kind) of letting sensor s loose; both kinds where they cannot be told apart."""
    odds = LN_DECLARED if priors.known[s, 0] > 0.0 and not priors.suspect[s] else 0.0
    offset, clock = (
        odds + held + exchange_ln_evidence(b, M, s, prior[s], _let_loose(prior[s], priors.wide[s], kind)) for kind, held in KINDS
    )
    if abs(offset - clock) < LN_NAME and min(offset, clock) > 0.0:
        return max(offset, clock), "both"
    return (offset, "offset") if offset >= clock else (clock, "clock")


def _let_loose(prior: Array, wide: Array, kind: Loose) -> Array:
    """Return prior[4] with the wide one put in for offsets, clock or both."""
    out = prior.copy()
    if kind != "clock":
        out[:CLOCK] = wide[:CLOCK]
    if kind != "offset":
        out[CLOCK] = wide[CLOCK]
    return out


def is_clock(finding: Finding, s: int, priors: Priors) -> bool:
    """True if a named sensor's bias is rather in its clock than in what it measures."""
    offsets_good, clock_good = finding.prior[s].copy(), finding.prior[s].copy()
    offsets_good[:CLOCK] = priors.good[s, :CLOCK]
    clock_good[CLOCK] = priors.good[s, CLOCK]
    without_offsets = exchange_ln_evidence(finding.b, finding.M, s, finding.prior[s], offsets_good)
    without_clock = exchange_ln_evidence(finding.b, finding.M, s, finding.prior[s], clock_good)
    return bool(without_clock < without_offsets)


def narrowed(finding: Finding, s: int) -> float:
    """Return the largest ratio of sigma to prior sigma over azimuth, elevation, range: 1 where nothing was learnt."""
    first = BIASES * s
    return max(sqrt(float(finding.M[first + c, first + c]) * float(finding.prior[s, c])) for c in range(CLOCK))
