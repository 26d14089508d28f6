"""What a night, or a tracked file, was worth: pure functions from what was shown and the truth to figures. Nothing here runs live.

For users: ``gospa``, ``ospa`` (sets of points), ``nees``, ``anees_limits``, ``share_interval``, ``chi2_quantile`` (consistency),
``Scorer``, ``EventBook``, ``score_card`` (what ``tocsin evaluate`` does, step by step).

>>> round(ospa([(0.0, 0.0, 0.0)], [(30.0, 40.0, 0.0)]), 6)
50.0
"""

from tocsin.evaluation.consistency import nees
from tocsin.evaluation.flights import TrueFlight
from tocsin.evaluation.intervals import Figure
from tocsin.evaluation.ospa import SetDistance, gospa, ospa
from tocsin.evaluation.outcomes import EventBook
from tocsin.evaluation.quantiles import anees_limits, chi2_cdf, chi2_quantile, rate_interval, share_interval
from tocsin.evaluation.score import Scorer, TrackPoint, TrackScore
from tocsin.evaluation.scorecard import ScoreCard, score_card
from tocsin.evaluation.truth_book import TruthBook

__all__ = [
    "EventBook",
    "Figure",
    "ScoreCard",
    "Scorer",
    "SetDistance",
    "TrackPoint",
    "TrackScore",
    "TrueFlight",
    "TruthBook",
    "anees_limits",
    "chi2_cdf",
    "chi2_quantile",
    "gospa",
    "nees",
    "ospa",
    "rate_interval",
    "score_card",
    "share_interval",
]
