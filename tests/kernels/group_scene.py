"""A radar and tracks that it may not be able to tell apart, for tests of their groups."""

import numpy as np

from tocsin.kernels.groups import assign_groups
from tocsin.kernels.measure import (
    COL_AXES,
    COL_LN_CLUTTER,
    COL_PD,
    COL_SENSOR_POS,
    COL_SIGMA,
    COL_Z,
    PLOT_COLUMNS,
    SEN_POS,
    SEN_RES_ANGLE,
    SEN_RES_RANGE,
    SENSOR_COLUMNS,
    plot_position,
)
from tocsin.kernels.unresolved import group_score, unresolved

MISS = np.log(0.1)
SIGMA_M = 30.0  # of a track, per axis


class Scene:
    """A radar (150 m x 20 mrad, 50 m, 1 mrad) at (6.4e6, 0, 0) looking along +x at tracks about 400 km away: x is range, y across."""

    def __init__(self, *places_m: tuple[float, float]) -> None:
        """places_m: (range, across) of each track, beyond 400 km."""
        self.sensor = np.zeros(SENSOR_COLUMNS)
        self.sensor[SEN_POS] = 6.4e6
        self.sensor[SEN_RES_RANGE], self.sensor[SEN_RES_ANGLE] = 150.0, 0.02
        self.rows = np.arange(len(places_m))
        self.X = np.zeros((len(places_m), 8))
        self.X[:, 0] = [6.8e6 + along for along, _ in places_m]
        self.X[:, 1] = [across for _, across in places_m]
        self.P = np.tile(SIGMA_M * SIGMA_M * np.eye(8), (len(places_m), 1, 1))
        self.chance = np.empty((len(places_m), len(places_m)))
        unresolved(self.rows, self.X, self.P, self.sensor, self.chance)
        self.miss = np.full(len(places_m), MISS)

    def plots(self, *places_m: tuple[float, float]) -> np.ndarray:
        """Return plots at these places; the radar's north is +x and its east +y."""
        plots = np.zeros((len(places_m), PLOT_COLUMNS))
        for plot, (along, across) in zip(plots, places_m, strict=True):
            plot[COL_SENSOR_POS] = 6.4e6
            plot[COL_AXES : COL_AXES + 9] = (0, 1, 0, 1, 0, 0, 0, 0, 1)
            plot[COL_Z] = np.arctan2(across, 4e5 + along)
            plot[COL_Z + 2] = np.hypot(across, 4e5 + along)
            plot[COL_SIGMA : COL_SIGMA + 3] = 1e-3, 1e-3, 50.0
            plot[COL_LN_CLUTTER], plot[COL_PD] = -14.0, 0.9
            plot_position(plot)
        return plots

    def score(self, plots: np.ndarray) -> np.ndarray:
        """Return every track's own score of every plot: a group of one."""
        score = np.empty((len(self.rows), len(plots)))
        for t in self.rows:
            for p, plot in enumerate(plots):
                score[t, p] = group_score(self.rows == t, self.rows, self.X, self.P, plot)
        return score

    def solve(self, plots: np.ndarray) -> tuple[list[int], list[int]]:
        """Return each track's plot and group."""
        found, group = np.empty(len(self.rows), np.int64), np.empty(len(self.rows), np.int64)
        assign_groups(self.rows, self.X, self.P, plots, self.score(plots), self.miss, self.chance, found, group)
        return found.tolist(), group.tolist()
