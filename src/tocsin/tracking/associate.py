"""One look of one sensor against the predicted tracks: who takes which plot, who shares one, who should have been seen."""

from math import log

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.assign import NO_PLOT, assign, look, score_pairs, share_plots
from tocsin.kernels.imm import update_track
from tocsin.kernels.measure import COL_EXTRA, COL_OFFSET, COL_Z, INFRARED, SEN_KIND
from tocsin.tracking.bank import TrackBank
from tocsin.units import NS_PER_S

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

# Chi-square limits for 0..4 measurements: a true plot is outside once in 5,000. A gate's price is clutter inside it, which
# the assignment weighs; a plot lost outside it costs a whole scan.
GATES: Array = np.array([0.0, 13.8, 17.0, 19.8, 22.1])
SHARED_SPREAD = 0.5  # 1 sigma of a merged plot about either object, in separations


class Association(msgspec.Struct, frozen=True, kw_only=True):
    """Result for tracks in the order given: plot index or NO_PLOT, its score, what was shared, chance of having been seen."""

    rows: Ints
    found: Ints
    gain: Array
    shared_m: Array
    chance: Array


def associate(bank: TrackBank, rows: list[int], plots: Array, sensor_row: Array, ref_ns: int) -> Association:
    """Predict tracks to ref_ns and assign plots[n, PLOT_COLUMNS], whose COL_OFFSET is relative to ref_ns."""
    index = bank.predict(rows, ref_ns)
    n = len(rows)
    score = np.empty((n, plots.shape[0]))
    ahead_s = np.empty(n)
    for place, row in enumerate(rows):
        ahead_s[place] = max(int(bank.time_ns[row]) - ref_ns, 0) / NS_PER_S
    score_pairs(index, bank.next_x, bank.next_P, bank.next_mu, ahead_s, plots, bank.params, GATES, score)
    chance = np.empty(n)
    look(index, bank.whole_x, bank.whole_P, sensor_row, chance)
    miss = np.array([log(1.0 - float(value)) for value in chance])
    found = np.empty(n, np.int64)
    assign(score, miss, found)
    shared_m = np.empty((n, 2))
    share_plots(index, bank.whole_x, sensor_row, score, found, shared_m)
    gain = np.array([score[t, found[t]] if found[t] != NO_PLOT else 0.0 for t in range(n)])
    return Association(rows=index, found=found, gain=gain, shared_m=shared_m, chance=chance)


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


def is_infrared(sensor_row: Array) -> bool:
    """True for a row of an infrared sensor."""
    return bool(sensor_row[SEN_KIND] == INFRARED)
