"""Plots that no track took, kept for seconds, and the starts that they make together.

No filter runs on a single plot: three plots (or two infrared ones) that fit one moving object start a track, with a
least-squares state whose covariance is honest about what three plots can know.
"""

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.models.sensing import PRIOR_ALTITUDE_SIGMA_M, SensorModel
from tocsin.tracking.start_kernels import NO_SEED, SEED_COLUMNS, SEED_TIME, K, fill_seeds, find_start
from tocsin.units import NS_PER_S

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

CAPACITY = 1024  # seeds kept; beyond it the oldest go first
KEEP_PERIODS = 3.2  # one missed look between each two of three plots
KEEP_LEAST_S = 3.0
KEEP_MOST_S = 16.0


class Seed(msgspec.Struct, frozen=True, kw_only=True):
    """An unassociated plot: its plot row for the filter, when and whence."""

    time_ns: int
    sensor: str
    infrared: bool
    plot: Array


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """A new object: its plots in time order, state at the last one (pos, vel; covariance), log odds against false alarms."""

    seeds: tuple[Seed, ...]
    pos_vel: Array
    cov: Array
    evidence: float


class PlotMemory:
    """State over time: the recent seeds of one nation, oldest first. Owned by one Tracker."""

    def __init__(self) -> None:
        self.seeds: list[Seed] = []
        self._table: Array = np.empty((0, SEED_COLUMNS))  # the seeds' rows for the kernels, in the same order
        self._times_ns: Ints = np.empty((0, 2), np.int64)  # ... their times, and until when they are kept

    def add(self, plots: Array, times_ns: tuple[int, ...], taken: list[bool], model: SensorModel) -> None:
        """Remember those plots[n, PLOT_COLUMNS] of one sensor that no track has taken, unless they lie where nothing flies."""
        free = [index for index, gone in enumerate(taken) if not gone]
        if not free:
            return
        rows = np.empty((len(free), SEED_COLUMNS))
        kept = np.empty(len(free), np.int64)
        count = fill_seeds(plots[free], PRIOR_ALTITUDE_SIGMA_M, model.index, rows, kept)
        sensor = model.sensor
        keep_ns = int(min(max(KEEP_PERIODS * sensor.scan_period_s, KEEP_LEAST_S), KEEP_MOST_S) * NS_PER_S)
        infrared = sensor.kind == "infrared"
        new = [free[place] for place in kept[:count].tolist()]
        self.seeds += [Seed(time_ns=times_ns[index], sensor=sensor.sensor, infrared=infrared, plot=plots[index]) for index in new]
        if new:
            self._table = np.concatenate((self._table, rows[:count]))
            self._times_ns = np.concatenate((self._times_ns, [(times_ns[index], times_ns[index] + keep_ns) for index in new]))

    def forget(self, now_ns: int) -> None:
        """Drop seeds that are too old to be paired."""
        self._keep(np.flatnonzero(self._times_ns[:, 1] >= now_ns)[-CAPACITY:])

    def starts(self, since: int, least_evidence: float) -> list[Start]:
        """Return the starts that seeds[since:] complete, best first; no seed is in two of them. Their seeds are taken out."""
        n = len(self.seeds)
        if n <= since or n < 2:
            return []
        self._table[:, SEED_TIME] = (self._times_ns[:, 0] - self._times_ns[0, 0]) / NS_PER_S
        found: list[Start] = []
        used = np.zeros(n, np.bool_)
        x, P = np.empty(K), np.empty((K, K))
        rows: Ints = np.empty(3, np.int64)
        while True:
            evidence = find_start(self._table, used, since, x, P, rows)
            if evidence < least_evidence:
                break
            members = sorted((row for row in rows.tolist() if row != NO_SEED), key=lambda row: (self.seeds[row].time_ns, row))
            used[members] = True
            chosen = tuple(self.seeds[row] for row in members)
            found.append(Start(seeds=chosen, pos_vel=x[:6].copy(), cov=P[:6, :6].copy(), evidence=float(evidence)))
        if found:
            self._keep(np.flatnonzero(~used))
        return found

    def _keep(self, rows: NDArray[np.intp]) -> None:
        """Keep only the seeds of these rows."""
        if len(rows) < len(self.seeds):
            self.seeds = [self.seeds[row] for row in rows.tolist()]
            self._table = self._table[rows]
            self._times_ns = self._times_ns[rows]
