"""Which plot belongs to which track: gate, score, assign, and how sure that is.

Scores are natural logarithms of "this plot is this track's" over "this plot is a false alarm". Nothing is filtered here.
"""

from math import exp, log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.imm import LEAST_WEIGHT, LN_2PI, linearise
from tocsin.kernels.jit import kernel
from tocsin.kernels.linalg import cholesky, solve_lower
from tocsin.kernels.measure import (
    COL_KIND,
    COL_LN_CLUTTER,
    COL_OFFSET,
    COL_PD,
    COL_POS,
    COL_REACH,
    COL_SENSOR_POS,
    COL_Z,
    INFRARED,
    MAX_ROWS,
)
from tocsin.kernels.phases import BOOST, MODELS, PAR_INFRARED_OTHER, N

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

NO_PLOT: Final = -1
NEVER: Final = -1e9  # score of a pair outside the gate
COARSE_SIGMAS: Final = 6.0  # beyond the chi-square gate in every direction
LEAST_DOUBT: Final = -5.0  # ln odds of another assignment below which it adds nothing: 0.7 %


@kernel
def score_pairs(
    rows: Ints,
    X: Array,
    P: Array,
    mu: Array,
    time_ns: Ints,
    ref_ns: int,
    plots: Array,
    params: Array,
    gates: Array,
    score: Array,
) -> None:
    """Fill score[tracks, plots] with ln(Pd x likelihood / clutter density), NEVER outside the gate.

    rows: the tracks' rows in X, P, mu (predicted) and time_ns (last plots); ref_ns: the scan's reference time;
    gates[5]: chi-square limit for m = 0..4 measurements. A pair is inside if any living model's distance is.
    The likelihood is the mixture's.
    """
    H = np.empty((MAX_ROWS, 6))
    nu = np.empty(MAX_ROWS)
    var = np.empty(MAX_ROWS)
    S = np.empty((MAX_ROWS, MAX_ROWS))
    L = np.zeros((MAX_ROWS, MAX_ROWS))
    back = np.empty(N)
    for index in range(rows.shape[0]):
        r = rows[index]
        ahead_s = max(time_ns[r] - ref_ns, 0) / 1e9
        widest = -1
        for j in range(MODELS):
            if mu[r, j] > LEAST_WEIGHT and (widest < 0 or P[r, j, 0, 0] + P[r, j, 1, 1] > P[r, widest, 0, 0] + P[r, widest, 1, 1]):
                widest = j
        for p in range(plots.shape[0]):
            score[index, p] = NEVER
            plot = plots[p]
            lag_s = max(ahead_s - plot[COL_OFFSET], 0.0)
            if not _near(X[r, widest], P[r, widest], plot, lag_s):
                continue
            likelihood = 0.0
            inside = False
            scale = NEVER
            for j in range(MODELS):
                if mu[r, j] <= LEAST_WEIGHT:
                    continue
                m = linearise(j, X[r, j], plot, lag_s, params, back, H, nu, var)
                _innovation_covariance(P[r, j], H, var, m, S)
                if not cholesky(S, m, L):
                    continue
                distance = solve_lower(L, m, nu, nu)
                inside = inside or distance <= gates[m]
                value = log(mu[r, j]) - 0.5 * distance - 0.5 * m * LN_2PI
                for row in range(m):
                    value -= log(L[row, row])
                if j != BOOST and plot[COL_KIND] == INFRARED:
                    value += log(params[PAR_INFRARED_OTHER])
                if value > scale:
                    likelihood = likelihood * exp(scale - value) + 1.0
                    scale = value
                else:
                    likelihood += exp(value - scale)
            if inside:
                score[index, p] = log(plot[COL_PD]) + scale + log(likelihood) - plot[COL_LN_CLUTTER]


@kernel
def _near(x: Array, P: Array, plot: Array, lag_s: float) -> bool:
    """Coarse gate: True if the plot may lie within COARSE_SIGMAS of the state; infrared: across the line of sight."""
    dx = x[0] - lag_s * x[3]
    dy = x[1] - lag_s * x[4]
    dz = x[2] - lag_s * x[5]
    spread = P[0, 0] + P[1, 1] + P[2, 2] + 3.0 * plot[COL_REACH] * plot[COL_REACH]
    if plot[COL_KIND] == INFRARED:
        dx -= plot[COL_SENSOR_POS]
        dy -= plot[COL_SENSOR_POS + 1]
        dz -= plot[COL_SENSOR_POS + 2]
        along = dx * plot[COL_Z] + dy * plot[COL_Z + 1] + dz * plot[COL_Z + 2]
        return bool(dx * dx + dy * dy + dz * dz - along * along < COARSE_SIGMAS * COARSE_SIGMAS * spread)
    dx -= plot[COL_POS]
    dy -= plot[COL_POS + 1]
    dz -= plot[COL_POS + 2]
    return bool(dx * dx + dy * dy + dz * dz < COARSE_SIGMAS * COARSE_SIGMAS * spread)


@kernel
def _innovation_covariance(P: Array, H: Array, var: Array, m: int, S: Array) -> None:
    """Fill the lower triangle of S[m, m] with H P H' + diag(var), from the position-velocity block of P."""
    for i in range(m):
        for j in range(i + 1):
            total = var[i] if i == j else 0.0
            for a in range(6):
                inner = 0.0
                for b in range(6):
                    inner += P[a, b] * H[j, b]
                total += H[i, a] * inner
            S[i, j] = total


@kernel
def assign(score: Array, miss: Array, out: Ints) -> None:
    """Fill out[tracks] with the plot of each track, or NO_PLOT, so that the total score is largest.

    score[tracks, plots] as from score_pairs; miss[tracks]: score of seeing nothing. Global nearest neighbour per cluster:
    tracks and plots that are linked by gates are solved together, a lone track with a lone plot directly. Ties go to the
    lower index, so the result does not depend on anything but the numbers.
    """
    n_tracks, n_plots = score.shape
    cluster = np.empty(n_tracks, np.int64)
    for t in range(n_tracks):
        cluster[t] = t
        out[t] = NO_PLOT
    for p in range(n_plots):  # label propagation: every plot joins the clusters of the tracks that gate it
        first = NO_PLOT
        for t in range(n_tracks):
            if score[t, p] > NEVER:
                if first == NO_PLOT:
                    first = cluster[t]
                elif cluster[t] != first:
                    old = cluster[t]
                    for k in range(n_tracks):
                        if cluster[k] == old:
                            cluster[k] = first
    tracks = np.empty(n_tracks, np.int64)
    columns = np.empty(n_plots, np.int64)
    for root in range(n_tracks):
        n = 0
        for t in range(n_tracks):
            if cluster[t] == root:
                tracks[n] = t
                n += 1
        if n == 0:
            continue
        m = 0
        for p in range(n_plots):
            for k in range(n):
                if score[tracks[k], p] > NEVER:
                    columns[m] = p
                    m += 1
                    break
        if m > 0:
            _solve_cluster(score, miss, tracks[:n], columns[:m], out)


@kernel
def _solve_cluster(score: Array, miss: Array, tracks: Ints, columns: Ints, out: Ints) -> None:
    """Shortest augmenting paths with dual prices (Jonker, Volgenant 1987), rectangular: m plots, then one "nothing" per track."""
    n, m = tracks.shape[0], columns.shape[0]
    width = m + n
    cost = np.empty((n, width))
    for i in range(n):
        for j in range(m):
            cost[i, j] = -score[tracks[i], columns[j]]
        for j in range(n):
            cost[i, m + j] = -miss[tracks[i]] if i == j else -NEVER
    price_row = np.zeros(n + 1)
    price_column = np.zeros(width + 1)
    owner = np.zeros(width + 1, np.int64)  # 1-based row of each 1-based column; column 0 is the row being placed
    way = np.zeros(width + 1, np.int64)
    shortest = np.empty(width + 1)
    done = np.empty(width + 1, np.bool_)
    for i in range(1, n + 1):
        owner[0] = i
        j0 = 0
        for j in range(width + 1):
            shortest[j] = 1e300
            done[j] = False
        while True:
            done[j0] = True
            i0 = owner[j0]
            delta = 1e300
            j1 = 0
            for j in range(1, width + 1):
                if not done[j]:
                    reduced = cost[i0 - 1, j - 1] - price_row[i0] - price_column[j]
                    if reduced < shortest[j]:
                        shortest[j] = reduced
                        way[j] = j0
                    if shortest[j] < delta:
                        delta = shortest[j]
                        j1 = j
            for j in range(width + 1):
                if done[j]:
                    price_row[owner[j]] += delta
                    price_column[j] -= delta
                else:
                    shortest[j] -= delta
            j0 = j1
            if owner[j0] == 0:
                break
        while j0 != 0:
            j1 = way[j0]
            owner[j0] = owner[j1]
            j0 = j1
    for j in range(1, m + 1):
        if owner[j] > 0 and score[tracks[owner[j] - 1], columns[j - 1]] > NEVER:
            out[tracks[owner[j] - 1]] = columns[j - 1]


@kernel
def blur_doubts(score: Array, found: Ints, group: Ints, plots: Array, blur: Array) -> None:
    """Fill blur[tracks, 2] with the variance, m2 along and across the line of sight, that doubt about the assignment adds.

    found[tracks]: best assignment; group[tracks]: the lowest track that shares its plot; score[tracks, plots] as from score_pairs.
    For each track with a plot of its own and each other plot in its gate that no group has in common:
    the probability that the other plot is its own, by exchanging the two plots with the track that has the other one, or by
    taking it if nobody has; times the squared distance of the two plots. It is the spread of joint probabilistic data
    association (Bar-Shalom, Fortmann 1988) about the best assignment's own plot instead of about the mean of all, pair by
    pair: near tracks do not coalesce, and a track whose plots may be its neighbour's says so.
    """
    common = np.zeros(score.shape[1], np.bool_)
    for t in range(score.shape[0]):
        if found[t] != NO_PLOT and group[t] != t:
            common[found[t]] = True
    for t in range(score.shape[0]):
        blur[t, 0] = 0.0
        blur[t, 1] = 0.0
        p = found[t]
        if p == NO_PLOT or common[p] or score[t, p] <= NEVER:
            continue
        for q in range(score.shape[1]):
            if q == p or common[q] or score[t, q] <= NEVER:
                continue
            gain = score[t, q] - score[t, p]
            for u in range(score.shape[0]):
                if found[u] == q and u != t:
                    gain += (max(NEVER, score[u, p])) - score[u, q]
            if gain < LEAST_DOUBT:
                continue
            doubt = 1.0 / (1.0 + exp(-gain))
            apart2 = 0.0
            for k in range(3):
                apart2 += (plots[p, COL_POS + k] - plots[q, COL_POS + k]) * (plots[p, COL_POS + k] - plots[q, COL_POS + k])
            along = 0.0 if plots[p, COL_KIND] == INFRARED else abs(plots[p, COL_Z + 2] - plots[q, COL_Z + 2])
            blur[t, 0] += doubt * along * along
            blur[t, 1] += doubt * max(apart2 - along * along, 0.0)
