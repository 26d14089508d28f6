"""One look of one sensor against the predicted tracks: who takes which plot, who shares one, who should have been seen."""

from math import log

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.assign import assign, blur_doubts, score_pairs
from tocsin.kernels.doubts import blur_groups, judge_groups
from tocsin.kernels.groups import assign_groups
from tocsin.kernels.look import survey
from tocsin.kernels.measure import COL_LN_CLUTTER
from tocsin.kernels.unresolved import expect_newcomers, unresolved
from tocsin.tracking.bank import TrackBank

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

# Chi-square limits for 0..4 measurements: a true plot is outside once in 5,000. A gate's price is clutter inside it, which
# the assignment weighs; a plot lost outside it costs a whole scan.
GATES: Array = np.array([0.0, 13.8, 17.0, 19.8, 22.1])


class Association(msgspec.Struct, frozen=True, kw_only=True):
    """Result for tracks in the order given: plot index or NO_PLOT, whose group, scores of all pairs, and what these mean.

    group[tracks]: the lowest track that the sensor sees as one with this one, itself if none; alone[tracks]: True where none.
    shift, extra[tracks, 3], blur_m2[tracks, 2]: as kernels.look takes them; proof[tracks], rival[tracks, tracks]: of existence
    (kernels.unresolved).
    """

    rows: Ints
    found: Ints
    alone: list[bool]
    score: Array
    shift: Array
    extra: Array
    blur_m2: Array
    proof: Array
    rival: NDArray[np.bool_]


def associate(bank: TrackBank, rows: list[int], plots: Array, sensor_row: Array, ref_ns: int) -> Association:
    """Predict tracks to ref_ns and assign plots[n, PLOT_COLUMNS], whose COL_OFFSET is relative to ref_ns."""
    index = bank.predict(rows, ref_ns)
    n = len(rows)
    score = np.empty((n, plots.shape[0]))
    surveyed = np.empty((n, 3))
    found = np.empty(n, np.int64)
    group = np.arange(n)
    shift, extra, blur_m2 = np.zeros((n, 3)), np.zeros((n, 3)), np.zeros((n, 2))
    proof, chance, rival = np.zeros(n), np.empty((n, n)), np.zeros((n, n), np.bool_)
    if n > 0:
        more = np.empty(plots.shape[0])
        expect_newcomers(index, bank.whole_x, plots, more)
        plots = plots.copy()
        plots[:, COL_LN_CLUTTER] += more
        survey(index, bank.whole_x, bank.whole_P, sensor_row, surveyed)
        score_pairs(index, bank.next_x, bank.next_P, bank.next_mu, bank.time_ns, ref_ns, plots, bank.params, GATES, score)
        miss = np.array([log(1.0 - value) for value in surveyed[:, 0].tolist()])
        x, P = bank.whole_x, bank.whole_P
        if unresolved(index, x, P, sensor_row, chance):
            assign_groups(index, x, P, plots, score, miss, chance, found, group)
        else:
            assign(score, miss, found)
        judge_groups(index, x, P, plots, score, miss, found, group, shift, extra, proof, rival)
        blur_doubts(score, found, group, plots, blur_m2)
        blur_groups(index, x, P, plots, score, miss, chance, found, group, blur_m2)
        score += more  # against false alarms alone, as the evidence counts
    names = group.tolist()
    alone = [names.count(name) == 1 for name in names]
    return Association(
        rows=index, found=found, alone=alone, score=score, shift=shift, extra=extra, blur_m2=blur_m2, proof=proof, rival=rival
    )
