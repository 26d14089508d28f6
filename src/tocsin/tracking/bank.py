"""The numbers of all live tracks of one nation as struct of arrays, and the predictions of the scan at hand.

Rows are reused; which rows are live, and in which order, is the tracker's business. Everything per track that is not a
number for the kernels is in ``record``.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.imm import HIST_CAN_AIR, HIST_CAN_BOOST, HIST_ONSET, HIST_QUIET, HISTORY, combine, fall_quiet, predict_tracks
from tocsin.kernels.look import NOT_PREDICTED, SHOWN_COLUMNS, correct_tracks, show
from tocsin.kernels.phases import BOOST, COAST, MANOEUVRE, MODELS, WHOLE, N
from tocsin.models.motion import motion_parameters, start_models

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


class TrackBank:
    """State over time: model states, covariances, weights and times; owned and changed by one Tracker.

    ``x[rows, 4, 10]``, ``P[rows, 4, 10, 10]``, ``mu[rows, 4]`` at ``time_ns[rows]`` are after the last plot; ``next_*`` are the
    prediction to the scan at hand; ``whole_x[rows, 8]``, ``whole_P`` its mixture; ``next_ns[rows]`` what time these are for,
    so that a track is flown once to each time, however often it is asked for.
    """

    def __init__(self, capacity: int) -> None:
        self.x: Array = np.zeros((capacity, MODELS, N))
        self.P: Array = np.zeros((capacity, MODELS, N, N))
        self.mu: Array = np.zeros((capacity, MODELS))
        self.time_ns: Ints = np.zeros(capacity, np.int64)
        self.history: Array = np.zeros((capacity, HISTORY))
        self.next_x: Array = np.zeros((capacity, MODELS, N))
        self.next_P: Array = np.zeros((capacity, MODELS, N, N))
        self.next_mu: Array = np.zeros((capacity, MODELS))
        self.whole_x: Array = np.zeros((capacity, WHOLE))
        self.whole_P: Array = np.zeros((capacity, WHOLE, WHOLE))
        self.next_ns: Ints = np.full(capacity, NOT_PREDICTED, np.int64)
        self.params: Array = motion_parameters()
        self._free = list(range(capacity - 1, -1, -1))

    def start(self, pos_vel: Array, cov: Array, alt_m: float, speed_mps: float, time_ns: int) -> int | None:
        """Take a free row for a new object and fill it from the priors; None when all rows are in use."""
        if not self._free:
            return None
        row = self._free.pop()
        start_models(pos_vel, cov, alt_m, speed_mps, self.x[row], self.P[row], self.mu[row])
        self.time_ns[row] = time_ns
        self.next_ns[row] = NOT_PREDICTED
        self.history[row] = 0.0
        self.history[row, HIST_CAN_BOOST] = 1.0
        self.history[row, HIST_CAN_AIR] = 1.0
        return row

    def release(self, row: int) -> None:
        """Give a row back."""
        self._free.append(row)

    def forbid(self, row: int, *, boost: bool = False, air: bool = False) -> None:
        """Rule a motion out for good; its weight goes to the others at the next prediction."""
        self.next_ns[row] = NOT_PREDICTED
        if boost:
            self.history[row, HIST_CAN_BOOST] = 0.0
        if air:
            self.history[row, HIST_CAN_AIR] = 0.0

    def fall_quiet(self, row: int) -> None:
        """Filter COAST alone from now on, until its innovations say otherwise."""
        self.next_ns[row] = NOT_PREDICTED
        fall_quiet(self.mu[row], self.history[row])

    def is_quiet(self, row: int) -> bool:
        """True while COAST alone is filtered."""
        return bool(self.history[row, HIST_QUIET] > 0.0)

    def predict(self, rows: Sequence[int], until_ns: int) -> Ints:
        """Predict rows to until_ns into ``next_*`` and ``whole_*``; return rows as an array."""
        index = np.array(rows, np.int64)
        if not rows:
            return index
        predict_tracks(
            index,
            self.x,
            self.P,
            self.mu,
            self.time_ns,
            self.history,
            until_ns,
            self.params,
            self.next_x,
            self.next_P,
            self.next_mu,
            self.whole_x,
            self.whole_P,
            self.next_ns,
        )
        return index

    def correct(self, rows: Ints, found: Ints, plots: Array, shift: Array, extra: Array, blur_m2: Array, ref_ns: int) -> Array:
        """Correct the predicted rows that found a plot; return shown[rows, SHOWN_COLUMNS] of kernels.look, filled for these."""
        shown = np.empty((len(rows), SHOWN_COLUMNS))
        correct_tracks(
            rows,
            found,
            plots,
            shift,
            extra,
            blur_m2,
            ref_ns,
            self.x,
            self.P,
            self.mu,
            self.time_ns,
            self.history,
            self.params,
            self.next_x,
            self.next_P,
            self.next_mu,
            self.whole_x,
            self.whole_P,
            self.next_ns,
            shown,
        )
        return shown

    def show(self, row: int) -> Array:
        """Fill ``whole_*`` from the state after the last plot; return it as shown[SHOWN_COLUMNS] of kernels.look."""
        shown = np.empty(SHOWN_COLUMNS)
        self.next_ns[row] = NOT_PREDICTED
        show(row, self.x, self.P, self.mu, self.whole_x, self.whole_P, shown)
        return shown

    def combine_now(self, row: int) -> None:
        """Fill ``whole_*`` from the state after the last plot."""
        self.next_ns[row] = NOT_PREDICTED
        combine(self.x[row], self.P[row], self.mu[row], self.whole_x[row], self.whole_P[row])

    def shift_coast(self, row: int, shift: Array) -> None:
        """Move a quiet track's state by shift[7], and that of the force that may have set in with it."""
        self.x[row, COAST, : len(shift)] += shift
        self.x[row, MANOEUVRE, : len(shift)] += shift
        self.next_ns[row] = NOT_PREDICTED

    def commit(self, row: int, time_ns: int) -> None:
        """Make the prediction the state (a long gap need not be flown again at every scan)."""
        self.x[row] = self.next_x[row]
        self.P[row] = self.next_P[row]
        if self.is_quiet(row):
            self.history[row, HIST_ONSET] = self.next_mu[row, MANOEUVRE]
        else:
            self.mu[row] = self.next_mu[row]
        self.time_ns[row] = time_ns
        self.next_ns[row] = NOT_PREDICTED

    def settle(self, row: int) -> None:
        """Carry an unseen track on by COAST alone, from its combined prediction: free forces would let it be anywhere in seconds."""
        self.x[row, COAST, :7] = self.whole_x[row, :7]
        self.P[row, COAST, :7, :7] = self.whole_P[row, :7, :7]
        self.fall_quiet(row)

    def unseen_thrust(self, row: int, chance: float) -> None:
        """Weigh that a sensor of thrust, which sees it with this chance, saw nothing."""
        burning = self.boost_weight(row)
        self.mu[row, BOOST] *= 1.0 - chance
        self.mu[row] /= 1.0 - chance * burning
        self.next_ns[row] = NOT_PREDICTED

    def boost_weight(self, row: int) -> float:
        """Probability that the object burns, after the last plot."""
        return float(self.mu[row, BOOST])
