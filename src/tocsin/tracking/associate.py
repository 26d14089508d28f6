"""One look of one sensor against the predicted tracks: who takes which plot, who shares one, who should have been seen."""

from math import log

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.assign import assign, look, score_pairs, share_plots
from tocsin.kernels.imm import update_track
from tocsin.kernels.measure import COL_EXTRA, COL_OFFSET, COL_Z, INFRARED, SEN_KIND
from tocsin.tracking.bank import NOT_PREDICTED, TrackBank
from tocsin.units import NS_PER_S

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

# Chi-square limits for 0..4 measurements: a true plot is outside once in 5,000. A gate's price is clutter inside it, which
# the assignment weighs; a plot lost outside it costs a whole scan.
GATES: Array = np.array([0.0, 13.8, 17.0, 19.8, 22.1])
SHARED_SPREAD = 0.5  # 1 sigma of a merged plot about either object, in separations


class Association(msgspec.Struct, frozen=True, kw_only=True):
    """Result for tracks in the order given: plot index or NO_PLOT, scores of all pairs, what was shared."""

    found: list[int]
    score: Array
    shared_m: Array


def associate(bank: TrackBank, rows: list[int], plots: Array, sensor_row: Array, ref_ns: int) -> Association:
    """Predict tracks to ref_ns and assign plots[n, PLOT_COLUMNS], whose COL_OFFSET is relative to ref_ns."""
    index = bank.predict(rows, ref_ns)
    n = len(rows)
    score = np.empty((n, plots.shape[0]))
    score_pairs(index, bank.next_x, bank.next_P, bank.next_mu, bank.time_ns, ref_ns, plots, bank.params, GATES, score)
    miss = np.array([log(1.0 - value) for value in _chances(bank, index, sensor_row)])
    found = np.empty(n, np.int64)
    assign(score, miss, found)
    shared_m = np.empty((n, 2))
    share_plots(index, bank.whole_x, sensor_row, score, found, shared_m)
    return Association(found=found.tolist(), score=score, shared_m=shared_m)


def chances(bank: TrackBank, rows: list[int], sensor_row: Array, ref_ns: int) -> list[float]:
    """Predict tracks to ref_ns and return the probability that the sensor should have seen each; 0 outside its coverage."""
    return _chances(bank, bank.predict(rows, ref_ns), sensor_row)


def _chances(bank: TrackBank, index: Ints, sensor_row: Array) -> list[float]:
    chance = np.empty(len(index))
    look(index, bank.whole_x, bank.whole_P, sensor_row, chance)
    return chance.tolist()


def correct(bank: TrackBank, row: int, plot: Array, shared_m: Array, ref_ns: int) -> None:
    """Correct a predicted track by its plot; the state then stands at the later of its old time and ref_ns."""
    used = plot
    if shared_m[0] > 0.0 or shared_m[1] > 0.0:
        used = plot.copy()
        across_rad = SHARED_SPREAD * float(shared_m[1]) / float(plot[COL_Z + 2])
        along_m = SHARED_SPREAD * float(shared_m[0])
        used[COL_EXTRA] = used[COL_EXTRA + 1] = across_rad * across_rad
        used[COL_EXTRA + 2] = along_m * along_m
    time_ns = max(int(bank.time_ns[row]), ref_ns)
    lag_s = max((time_ns - ref_ns) / NS_PER_S - float(plot[COL_OFFSET]), 0.0)
    update_track(bank.next_x[row], bank.next_P[row], bank.next_mu[row], used, lag_s, bank.params, bank.x[row], bank.P[row], bank.mu[row])
    bank.time_ns[row] = time_ns
    bank.next_ns[row] = NOT_PREDICTED


def is_infrared(sensor_row: Array) -> bool:
    """True for a row of an infrared sensor."""
    return bool(sensor_row[SEN_KIND] == INFRARED)
