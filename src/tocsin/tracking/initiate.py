"""Plots that no track took, kept for seconds, and the starts that they make together.

No filter runs on a single plot: three plots (or two infrared ones) that fit one moving object start a track, with a
least-squares state whose covariance is honest about what three plots can know.
"""

from math import cos, log, sqrt

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import altitude_and_up
from tocsin.kernels.measure import (
    COL_KIND,
    COL_LN_CLUTTER,
    COL_PD,
    COL_POS,
    COL_REACH,
    COL_SENSOR_POS,
    COL_Z,
    INFRARED,
    position_rows,
)
from tocsin.models.sensing import PRIOR_ALTITUDE_SIGMA_M
from tocsin.tracking.start_kernels import (
    NO_SEED,
    NO_START,
    SEED_AXES,
    SEED_COLUMNS,
    SEED_LN_CLUTTER,
    SEED_LN_PD,
    SEED_POS,
    SEED_REACH,
    SEED_ROWS,
    SEED_SENSOR,
    SEED_SIGMA,
    SEED_TIME,
    K,
    find_start,
)
from tocsin.units import NS_PER_S

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

CAPACITY = 1024  # seeds kept; beyond it the oldest go first
KEEP_PERIODS = 3.2  # one missed look between each two of three plots
KEEP_LEAST_S = 3.0
KEEP_MOST_S = 16.0
LOWEST_M = -1_000.0  # nothing flies below
ALTITUDE_SIGMAS = 3.0


class Seed(msgspec.Struct, frozen=True, kw_only=True):
    """An unassociated plot: its row for the kernels, its plot row for the filter, whence and until when."""

    time_ns: int
    until_ns: int
    sensor: str
    infrared: bool
    plot: Array
    row: Array


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

    def add(self, plot: Array, time_ns: int, sensor: str, sensor_index: int, period_s: float) -> None:
        """Remember a plot, unless it lies where nothing flies."""
        seed = make_seed(plot, time_ns, sensor, sensor_index, period_s)
        if seed is not None:
            self.seeds.append(seed)

    def forget(self, now_ns: int) -> None:
        """Drop seeds that are too old to be paired."""
        self.seeds = [seed for seed in self.seeds if seed.until_ns >= now_ns][-CAPACITY:]

    def starts(self, since: int, least_evidence: float) -> list[Start]:
        """Return the starts that seeds[since:] complete, best first; no seed is in two of them. Their seeds are taken out."""
        if len(self.seeds) <= since or len(self.seeds) < 2:
            return []
        found: list[Start] = []
        fresh = list(range(since, len(self.seeds)))
        table = np.array([seed.row for seed in self.seeds])
        epoch_ns = self.seeds[0].time_ns
        for index, seed in enumerate(self.seeds):
            table[index, SEED_TIME] = (seed.time_ns - epoch_ns) / NS_PER_S
        used = [False] * len(self.seeds)
        while True:
            best = self._best(table, fresh, used, least_evidence)
            if best is None:
                break
            start, members = best
            found.append(start)
            for member in members:
                used[member] = True
        if found:
            self.seeds = [seed for index, seed in enumerate(self.seeds) if not used[index]]
        return found

    def _best(self, table: Array, fresh: list[int], used: list[bool], least: float) -> tuple[Start, list[int]] | None:
        """Return the surest start that an unused fresh seed completes."""
        open_rows = [index for index in range(len(used)) if not used[index]]
        seeds = table[open_rows]
        best: tuple[Start, list[int]] | None = None
        partners: Ints = np.empty(2, np.int64)
        for newest in fresh:
            if used[newest]:
                continue
            x, P = np.empty(K), np.empty((K, K))
            value = find_start(seeds, open_rows.index(newest), x, P, partners)
            if value <= NO_START or value < least or (best is not None and value <= best[0].evidence):
                continue
            members = [open_rows[int(partner)] for partner in partners if partner != NO_SEED] + [newest]
            members.sort(key=lambda index: (self.seeds[index].time_ns, index))
            chosen = tuple(self.seeds[index] for index in members)
            best = (Start(seeds=chosen, pos_vel=x[:6].copy(), cov=P[:6, :6].copy(), evidence=float(value)), members)
        return best


def make_seed(plot: Array, time_ns: int, sensor: str, sensor_index: int, period_s: float) -> Seed | None:
    """Return the seed of a plot; None if it is surely below the ground."""
    row = np.zeros(SEED_COLUMNS)
    axes = np.empty((3, 3))
    sigma_m = np.empty(3)
    position_rows(plot, axes, sigma_m)
    pos = plot[COL_POS : COL_POS + 3]
    infrared = bool(plot[COL_KIND] == INFRARED)
    alt_m, up_x, up_y, up_z = altitude_and_up(float(pos[0]), float(pos[1]), float(pos[2]))
    if alt_m + ALTITUDE_SIGMAS * float(plot[COL_REACH]) < LOWEST_M:
        return None
    line = pos - plot[COL_SENSOR_POS : COL_SENSOR_POS + 3]
    r = sqrt(float(line[0]) * float(line[0]) + float(line[1]) * float(line[1]) + float(line[2]) * float(line[2]))
    if infrared:
        slope = abs(up_x * float(axes[2, 0]) + up_y * float(axes[2, 1]) + up_z * float(axes[2, 2]))
        sigma_m[2] = PRIOR_ALTITUDE_SIGMA_M / max(slope, 0.1)
        cell = log(r * r)  # m2 per unit of measurement space
    else:
        cell = log(r * r * max(cos(float(plot[COL_Z + 1])), 1e-3))  # m3: r cos(elevation) x r x 1
    row[SEED_POS : SEED_POS + 3] = pos
    row[SEED_AXES : SEED_AXES + 9] = axes.reshape(9)
    row[SEED_SIGMA : SEED_SIGMA + 3] = sigma_m
    row[SEED_ROWS] = 2.0 if infrared else 3.0
    row[SEED_LN_CLUTTER] = float(plot[COL_LN_CLUTTER]) - cell
    row[SEED_LN_PD] = log(float(plot[COL_PD]))
    row[SEED_SENSOR] = float(sensor_index)
    row[SEED_REACH] = max(float(sigma_m[0]), float(sigma_m[1]), float(sigma_m[2]))
    keep_s = min(max(KEEP_PERIODS * period_s, KEEP_LEAST_S), KEEP_MOST_S)
    return Seed(time_ns=time_ns, until_ns=time_ns + int(keep_s * NS_PER_S), sensor=sensor, infrared=infrared, plot=plot.copy(), row=row)
