"""One look of one sensor in single calls over many tracks: what each should look like, and the correction of all that got a plot.

Decisions are the tracker's; nothing is associated here.
"""

from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.describe import describe
from tocsin.kernels.geodesy import altitude_and_up
from tocsin.kernels.imm import combine, update_track
from tocsin.kernels.jit import kernel
from tocsin.kernels.measure import (
    COL_EXTRA,
    COL_KIND,
    COL_OFFSET,
    COL_POS,
    COL_SENSOR_POS,
    COL_Z,
    INFRARED,
    PLOT_COLUMNS,
    RADAR,
    RADAR_DOPPLER,
    SEN_PD,
    sees,
)
from tocsin.kernels.phases import MODELS

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

EDGE_SIGMAS: Final = 2.0  # a track this near to the edge of coverage need not be seen
NOT_PREDICTED: Final = -1  # value of ``next_ns``

# Columns of ``shown``: a corrected track as the tracker judges it.
SHOWN_DESCRIBED: Final = 0  # 0..5 altitude, its sigma (m), speed, its sigma, climb, its sigma (m/s)
SHOWN_WEIGHTS: Final = 6  # 6..9 weight of each model
SHOWN_COLUMNS: Final = 10


@kernel
def survey(rows: Ints, X: Array, P: Array, sensor: Array, out: Array) -> None:
    """Fill out[tracks, 3]: chance that the sensor should have seen each (its Pd well inside coverage, else 0), altitude, its sigma (m).

    X[rows, 8], P[rows, 8, 8]: combined prediction. Infrared sees thrust only; the caller weighs that.
    """
    for index in range(rows.shape[0]):
        r = rows[index]
        margin_m = EDGE_SIGMAS * sqrt((P[r, 0, 0] + P[r, 1, 1] + P[r, 2, 2]) / 3.0)
        out[index, 0] = sensor[SEN_PD] if sees(sensor, X[r, 0], X[r, 1], X[r, 2], margin_m) else 0.0
        alt, up_x, up_y, up_z = altitude_and_up(X[r, 0], X[r, 1], X[r, 2])
        up = (up_x, up_y, up_z)
        variance = 0.0
        for a in range(3):
            for b in range(3):
                variance += up[a] * P[r, a, b] * up[b]
        out[index, 1] = alt
        out[index, 2] = sqrt(max(variance, 0.0))


@kernel
def correct_tracks(
    rows: Ints,
    found: Ints,
    plots: Array,
    shift: Array,
    extra: Array,
    blur_m2: Array,
    ref_ns: int,
    X: Array,
    P: Array,
    mu: Array,
    time_ns: Ints,
    history: Array,
    params: Array,
    Xn: Array,
    Pn: Array,
    mun: Array,
    Xw: Array,
    Pw: Array,
    next_ns: Ints,
    shown: Array,
) -> None:
    """Correct the tracks rows[i] that found a plot (found[i] >= 0) from their prediction Xn, Pn, mun into X, P, mu.

    A track then stands at the later of its old time and ref_ns; its combination is in Xw, Pw and shown[i, SHOWN_COLUMNS].
    shift, extra[tracks, 3]: what makes of a plot that unresolved tracks have in common one of this track, from kernels.unresolved; 0 where
    it is one's own.
    blur_m2[tracks, 2]: variance in range and across for doubt about whose plot it is.
    """
    used = np.empty(PLOT_COLUMNS)
    for index in range(rows.shape[0]):
        if found[index] < 0:
            continue
        r = rows[index]
        for column in range(PLOT_COLUMNS):
            used[column] = plots[found[index], column]
        for k in range(3):
            used[COL_Z + k] += shift[index, k]
            used[COL_EXTRA + k] += extra[index, k]
        if extra[index, 2] > 0.0 and used[COL_KIND] == RADAR_DOPPLER:
            used[COL_KIND] = RADAR  # the range rate is some mean of the members' too
        along_m2 = blur_m2[index, 0]
        across_m2 = blur_m2[index, 1]
        if along_m2 > 0.0 or across_m2 > 0.0:
            far2 = 0.0
            for a in range(3):
                gap = used[COL_POS + a] - used[COL_SENSOR_POS + a]
                far2 += gap * gap
            used[COL_EXTRA] += across_m2 / far2
            used[COL_EXTRA + 1] += across_m2 / far2
            if used[COL_KIND] != INFRARED:
                used[COL_EXTRA + 2] += along_m2
        at_ns = max(time_ns[r], ref_ns)
        lag_s = max((at_ns - ref_ns) / 1e9 - used[COL_OFFSET], 0.0)
        ahead_s = (at_ns - time_ns[r]) / 1e9
        update_track(Xn[r], Pn[r], mun[r], used, lag_s, ahead_s, params, X[r], P[r], mu[r], history[r])
        time_ns[r] = at_ns
        next_ns[r] = NOT_PREDICTED
        show(r, X, P, mu, Xw, Pw, shown[index])


@kernel
def show(r: int, X: Array, P: Array, mu: Array, Xw: Array, Pw: Array, shown: Array) -> None:
    """Combine the state of row r after its last plot into Xw, Pw and fill shown[SHOWN_COLUMNS]."""
    combine(X[r], P[r], mu[r], Xw[r], Pw[r])
    describe(Xw[r], Pw[r], shown)
    for j in range(MODELS):
        shown[SHOWN_WEIGHTS + j] = mu[r, j]
