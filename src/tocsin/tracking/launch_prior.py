"""What is known of an ascent before any plot: the published priors as Gaussian templates that a fit can start from.

Nothing is fitted here. A template is one Gaussian part of the prior. A few broad ones find the ascents that agree with the
plots; where what was not seen (kick, staging) decides, its effect on the launch point is far from linear, and narrow ones
spread over the prior (``narrow_templates``) say how far the launch point may lie.
"""

from math import log
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tocsin.models.ascent_kernels import ONE_STAGE, TWO_STAGES

Array = NDArray[np.float64]

# Means and sigmas of the published ranges (uniform: width / sqrt(12)); what is not published is wide.
KICK_TIMES_S: Final = (4.0, 15.0)
KICK_TIME_MEAN_S: Final = 9.5
KICK_TIME_SIGMA_S: Final = 3.2
KICK_THIRDS_S: Final = ((5.5, 1.2), (9.5, 1.2), (13.5, 1.2))  # the same range in three parts of equal weight: (mean, sigma)
SLOPE_SIGMA: Final = 0.115  # +-20 % over a stage
BURN_MEAN_S: Final = 75.0  # 40-120 s in all, less for a failed boost
BURN_SIGMA_S: Final = 28.0
GAPS_S: Final = (0.0, 10.0)  # coast between stages
GAP_MEAN_S: Final = 5.0
GAP_SIGMA_S: Final = 2.9
STAGE_SHARES: Final = (0.3, 0.7)  # of the burn, at the end of the first of two stages
STAGE_MEAN_S: Final = 43.0  # ... of 40-120 s
STAGE_SIGMA_S: Final = 18.0
STAGE_PARTS: Final = ((22.0, 8.0, 0.30), (37.0, 8.0, 0.34), (54.0, 9.0, 0.26), (74.0, 10.0, 0.10))  # the same as (mean, sigma, weight)
TWO_STAGE_PRIOR: Final = 0.7  # more than half: two stages taken for one are told too narrowly, one for two only too widely
LN_THRUST_MEAN: Final = log(30.0)  # m/s2
LN_THRUST_SIGMA: Final = 0.45
LN_RATIOS: Final = (-0.5, 0.5)  # of the two stages' thrusts: 0.6 to 1.6
LN_RATIO_SIGMA: Final = 0.35
LN_BETA_MEAN: Final = log(7_000.0)  # under thrust; published for the empty body: 5 000; a full tank weighs up to three times as much
LN_BETA_SIGMA: Final = 0.5
COAST_LN_BETA_MEAN: Final = log(5_000.0)  # after burnout, published
COAST_LN_BETA_SIGMA: Final = 0.3
KICK_SIGMA_RAD: Final = 0.3
FREE_M: Final = 1.0e6  # no prior worth the name on place and time
FREE_S: Final = 300.0

NARROW_ONES: Final = 5  # narrow templates of one stage, over the kick time
NARROW_TWOS: Final = 20  # ... of two, over kick, end of the first stage, gap and thrust ratio
NARROW: Final = 0.45  # their sigma over the broad one's: so many of them overlap in four dimensions
SPREAD: Final = 1.0 / 1.1673039782614187  # 1 / root of x^5 = x + 1: powers of it fill four dimensions evenly (Roberts 2018, R sequence)


class Template(NamedTuple):
    """One Gaussian part of the prior: (mean, sigma) of kick time, first stage's burn (sigma 0: one stage), gap, thrust ratio; ln weight."""

    kick_s: tuple[float, float]
    stage_s: tuple[float, float]
    gap_s: tuple[float, float]
    ln_ratio: tuple[float, float]
    ln_weight: float

    @property
    def two_stages(self) -> bool:
        """Whether it has a first stage that is not the last."""
        return self.stage_s[1] > 0.0


KICK: Final = (KICK_TIME_MEAN_S, KICK_TIME_SIGMA_S)
ANY_GAP: Final = (GAP_MEAN_S, GAP_SIGMA_S)
ANY_RATIO: Final = (0.0, LN_RATIO_SIGMA)
ONE: Final = Template(KICK, (0.0, 0.0), ANY_GAP, ANY_RATIO, log(1.0 - TWO_STAGE_PRIOR))
ANY_STAGING: Final = Template(KICK, (STAGE_MEAN_S, STAGE_SIGMA_S), ANY_GAP, ANY_RATIO, log(TWO_STAGE_PRIOR))
STAGINGS: Final = tuple(
    Template(KICK, (mean_s, sigma_s), ANY_GAP, ANY_RATIO, log(weight * TWO_STAGE_PRIOR)) for mean_s, sigma_s, weight in STAGE_PARTS
)


def prior_of(template: Template) -> Array:
    """Return prior[2, parameters]: mean and sigma of the parameters of ``models.ascent_kernels`` for one template."""
    rows = (
        (0.0, FREE_M),
        (0.0, FREE_M),
        (0.0, FREE_S),
        (0.0, KICK_SIGMA_RAD),
        (0.0, KICK_SIGMA_RAD),
        template.kick_s,
        (LN_THRUST_MEAN, LN_THRUST_SIGMA),
        (0.0, SLOPE_SIGMA),
        (LN_BETA_MEAN, LN_BETA_SIGMA),
        (BURN_MEAN_S, BURN_SIGMA_S),
        (COAST_LN_BETA_MEAN, COAST_LN_BETA_SIGMA),
        template.stage_s,
        template.gap_s,
        template.ln_ratio,
        (0.0, SLOPE_SIGMA),
    )
    parts = TWO_STAGES if template.two_stages else ONE_STAGE
    return np.array([[row[0] for row in rows[:parts]], [row[1] for row in rows[:parts]]])


def narrow_templates(burn_s: float, *, two_stages: bool) -> tuple[Template, ...]:
    """Return narrow templates of one or two stages, spread evenly over what is not seen; burn_s: the burn's length, about."""
    count = NARROW_TWOS if two_stages else NARROW_ONES
    share = TWO_STAGE_PRIOR if two_stages else 1.0 - TWO_STAGE_PRIOR
    ln_weight = log(share / count)
    found = []
    for index in range(count):
        if not two_stages:
            kick_s = _between(KICK_TIMES_S, (index + 0.5) / count)
            found.append(Template((kick_s, NARROW * KICK_TIME_SIGMA_S), (0.0, 0.0), ANY_GAP, ANY_RATIO, ln_weight))
            continue
        place = [(0.5 + (index + 1) * SPREAD ** (axis + 1)) % 1.0 for axis in range(4)]
        found.append(
            Template(
                (_between(KICK_TIMES_S, place[0]), NARROW * KICK_TIME_SIGMA_S),
                (burn_s * _between(STAGE_SHARES, place[1]), NARROW * burn_s * (STAGE_SHARES[1] - STAGE_SHARES[0]) / 12.0**0.5),
                (_between(GAPS_S, place[2]), NARROW * GAP_SIGMA_S),
                (_between(LN_RATIOS, place[3]), NARROW * LN_RATIO_SIGMA),
                ln_weight,
            )
        )
    return tuple(found)


def _between(ends: tuple[float, float], share: float) -> float:
    """Return what lies so far between two ends."""
    return ends[0] + (ends[1] - ends[0]) * share
