"""One look of one sensor against the predicted tracks: who takes which plot, who shares one, who should have been seen."""

from math import log

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.assign import assign, blur_doubts, score_pairs, share_plots
from tocsin.kernels.look import survey
from tocsin.tracking.bank import TrackBank

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

# Chi-square limits for 0..4 measurements: a true plot is outside once in 5,000. A gate's price is clutter inside it, which
# the assignment weighs; a plot lost outside it costs a whole scan.
GATES: Array = np.array([0.0, 13.8, 17.0, 19.8, 22.1])


class Association(msgspec.Struct, frozen=True, kw_only=True):
    """Result for tracks in the order given: plot index or NO_PLOT, scores of all pairs, what was shared, and what was expected.

    shared_m[tracks, 2], blur_m2[tracks, 2]: as kernels.look takes them. surveyed[tracks, 3]: chance of having been seen,
    altitude and its sigma (m).
    """

    rows: Ints
    found: Ints
    score: Array
    shared_m: Array
    blur_m2: Array
    surveyed: Array


def associate(bank: TrackBank, rows: list[int], plots: Array, sensor_row: Array, ref_ns: int) -> Association:
    """Predict tracks to ref_ns and assign plots[n, PLOT_COLUMNS], whose COL_OFFSET is relative to ref_ns."""
    index = bank.predict(rows, ref_ns)
    n = len(rows)
    score = np.empty((n, plots.shape[0]))
    surveyed = np.empty((n, 3))
    found = np.empty(n, np.int64)
    shared_m = np.zeros((n, 2))
    blur_m2 = np.zeros((n, 2))
    if n > 0:
        survey(index, bank.whole_x, bank.whole_P, sensor_row, surveyed)
        score_pairs(index, bank.next_x, bank.next_P, bank.next_mu, bank.time_ns, ref_ns, plots, bank.params, GATES, score)
        miss = np.array([log(1.0 - value) for value in surveyed[:, 0].tolist()])
        assign(score, miss, found)
        blur_doubts(score, found, plots, blur_m2)
        share_plots(index, bank.whole_x, bank.whole_P, sensor_row, plots, score, found, shared_m)
    return Association(rows=index, found=found, score=score, shared_m=shared_m, blur_m2=blur_m2, surveyed=surveyed)
