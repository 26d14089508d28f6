"""Objects that one sensor cannot tell apart: how likely two tracks look like one, and how well a plot fits a group of them.

Two objects within one resolution cell give one plot, somewhere between them (Koch, van Keuk 1997). A group's plot is expected
at its members' mean. Which groups there are is decided in ``groups``, what follows for each track in ``doubts``.
"""

from math import cos, exp, log, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.assign import NEVER, NO_PLOT
from tocsin.kernels.imm import LN_2PI
from tocsin.kernels.jit import kernel
from tocsin.kernels.linalg import cholesky, solve_lower
from tocsin.kernels.measure import (
    COL_KIND,
    COL_LN_CLUTTER,
    COL_OFFSET,
    COL_PD,
    COL_POS,
    COL_REACH,
    COL_SIGMA,
    COL_Z,
    INFRARED,
    RADAR_DOPPLER,
    SEN_KIND,
    SEN_POS,
    SEN_RES_ANGLE,
    SEN_RES_RANGE,
    position_rows,
)

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

LOGISTIC: Final = 1.702  # 1 / (1 + exp(-1.702 x)) is the normal distribution to 0.01 (Haley 1952); a kernel has no erf of its own
SOFT_EDGE: Final = 0.1  # of a cell: no two receivers split at exactly the published separation
LEAST_CHANCE: Final = 0.02  # of being unresolved, below which two tracks are never taken as one
GROUP_GATE: Final = 19.8  # chi-square, 3 measurements: a true plot is outside once in 5,000
NEAR_SIGMAS: Final = 6.0  # coarse gate of a left-over plot, beyond the group's own extent
CROWD_M: Final = 20_000.0  # where missiles of a salvo fly, there are more of them so near, seen or not yet
NEWCOMERS: Final = 0.1  # ... that no track follows, for each one followed: misses, late horizons, tracks that were lost


@kernel
def expect_newcomers(rows: Ints, X: Array, plots: Array, more: Array) -> None:
    """Fill more[plots] with ln of how much denser plots without a track are at each than false alarms alone; 0 where nothing flies.

    In a salvo a plot that fits a track badly is rather that of another missile, which nobody follows yet: NEWCOMERS for every
    track beyond the first within CROWD_M, evenly in that cube. X[rows, 8]: combined predictions. Infrared lines have no place.
    """
    for p in range(plots.shape[0]):
        more[p] = 0.0
        if plots[p, COL_KIND] == INFRARED:
            continue
        others = -1
        for t in range(rows.shape[0]):
            off2 = 0.0
            for a in range(3):
                off2 += (X[rows[t], a] - plots[p, COL_POS + a]) * (X[rows[t], a] - plots[p, COL_POS + a])
            if off2 < CROWD_M * CROWD_M:
                others += 1
        if others > 0:
            r = plots[p, COL_Z + 2]
            density = NEWCOMERS * others * r * r * max(cos(plots[p, COL_Z + 1]), 1e-3) / (8.0 * CROWD_M * CROWD_M * CROWD_M)
            more[p] = log(1.0 + density / exp(plots[p, COL_LN_CLUTTER]))


@kernel
def unresolved(rows: Ints, X: Array, P: Array, sensor: Array, chance: Array) -> bool:
    """Fill chance[tracks, tracks] with the chance that the sensor sees two tracks as one; return whether any two may be.

    X[rows, 8], P[rows, 8, 8]: combined predictions. Closer than a cell in range and in angle, each by a normal distribution of the
    predicted difference with the cell's edge softened; the diagonal is 0.
    """
    n = rows.shape[0]
    for t in range(n):
        for u in range(n):
            chance[t, u] = 0.0
    if n < 2 or sensor[SEN_RES_RANGE] <= 0.0 or sensor[SEN_RES_ANGLE] <= 0.0 or sensor[SEN_KIND] == INFRARED:
        return False
    units = np.empty((n, 3))
    r = np.empty(n)
    along2 = np.empty(n)
    across2 = np.empty(n)
    for t in range(n):
        x, C = X[rows[t]], P[rows[t]]
        r2 = 0.0
        for a in range(3):
            units[t, a] = x[a] - sensor[SEN_POS + a]
            r2 += units[t, a] * units[t, a]
        r[t] = sqrt(r2)
        total = 0.0
        along2[t] = 0.0
        for a in range(3):
            units[t, a] /= r[t]
            total += C[a, a]
        for a in range(3):
            for b in range(3):
                along2[t] += units[t, a] * C[a, b] * units[t, b]
        across2[t] = 0.5 * max(total - along2[t], 0.0)
    found = False
    cell_m, cell_rad = sensor[SEN_RES_RANGE], sensor[SEN_RES_ANGLE]
    for t in range(n):
        for u in range(t + 1, n):
            sigma = sqrt(along2[t] + along2[u] + SOFT_EDGE * SOFT_EDGE * cell_m * cell_m)
            gap = abs(r[t] - r[u])
            if gap > cell_m + 4.0 * sigma:
                continue
            angle2 = 0.0
            for a in range(3):
                angle2 += (units[t, a] - units[u, a]) * (units[t, a] - units[u, a])
            sigma_rad = sqrt((across2[t] + across2[u]) / (r[t] * r[u]) + SOFT_EDGE * SOFT_EDGE * cell_rad * cell_rad)
            angle = sqrt(angle2)
            if angle > cell_rad + 4.0 * sigma_rad:
                continue
            one = _inside(cell_m, gap, sigma) * _inside(cell_rad, angle, sigma_rad)
            if one > LEAST_CHANCE:
                chance[t, u] = one
                chance[u, t] = one
                found = True
    return found


@kernel
def _inside(limit: float, mean: float, sigma: float) -> float:
    """Return the chance that a normal number lies within +-limit."""
    upper = 1.0 / (1.0 + exp(-LOGISTIC * max(min((limit - mean) / sigma, 40.0), -40.0)))
    lower = 1.0 / (1.0 + exp(-LOGISTIC * max(min((-limit - mean) / sigma, 40.0), -40.0)))
    return float(max(upper - lower, 0.0))


@kernel
def group_score(member: Flags, rows: Ints, X: Array, P: Array, plot: Array) -> float:
    """Return ln(Pd x likelihood / clutter density) of a plot as the common one of member[tracks], NEVER outside the gate.

    Expected at the members' mean. Their echoes fade independently (exponential powers, Swerling 1), which scatters the common plot
    about the mean by spread2 / (n + 1): the variance of a mean with random weights.
    """
    S = np.zeros((3, 3))
    nu = np.empty(3)
    if _group_fit(member, rows, X, P, plot, S, nu) == 0:
        return NEVER
    L = np.zeros((3, 3))
    if not cholesky(S, 3, L):
        return NEVER
    distance = solve_lower(L, 3, nu, nu)
    if distance > GROUP_GATE:
        return NEVER
    value = log(plot[COL_PD]) - plot[COL_LN_CLUTTER] - 0.5 * distance - 1.5 * LN_2PI
    for a in range(3):
        value -= log(L[a, a])
    r = plot[COL_Z + 2]
    value += log(r * r * max(cos(plot[COL_Z + 1]), 1e-3))  # from m3 to rad rad m
    if plot[COL_KIND] == RADAR_DOPPLER:
        value -= log(plot[COL_SIGMA + 3]) + 0.5 * LN_2PI + 0.5  # an average fit: what the group's members' rates are is not weighed
    return float(value)


@kernel
def _group_fit(member: Flags, rows: Ints, X: Array, P: Array, plot: Array, S: Array, nu: Array) -> int:
    """Fill S[3, 3] and nu[3] of a common plot, m along its azimuth, elevation, range; return the number of members, 0: too far."""
    n = 0
    mean = np.zeros(3)
    for t in range(rows.shape[0]):
        if member[t]:
            n += 1
            for a in range(3):
                mean[a] += X[rows[t], a] + plot[COL_OFFSET] * X[rows[t], 3 + a]
    extent2, trace = 0.0, 0.0
    off2 = 0.0
    for a in range(3):
        mean[a] /= n
        off2 += (plot[COL_POS + a] - mean[a]) * (plot[COL_POS + a] - mean[a])
    for t in range(rows.shape[0]):
        if member[t]:
            for a in range(3):
                trace += P[rows[t], a, a] / (n * n)
                d = X[rows[t], a] + plot[COL_OFFSET] * X[rows[t], 3 + a] - mean[a]
                extent2 += d * d / (n * (n + 1.0))
    if off2 > NEAR_SIGMAS * NEAR_SIGMAS * (trace + extent2 + 3.0 * plot[COL_REACH] * plot[COL_REACH]):
        return 0
    C = np.zeros((3, 3))
    for t in range(rows.shape[0]):
        if member[t]:
            for a in range(3):
                da = X[rows[t], a] + plot[COL_OFFSET] * X[rows[t], 3 + a] - mean[a]
                for b in range(3):
                    db = X[rows[t], b] + plot[COL_OFFSET] * X[rows[t], 3 + b] - mean[b]
                    C[a, b] += P[rows[t], a, b] / (n * n) + da * db / (n * (n + 1.0))
    U = np.empty((3, 3))
    sigma_m = np.empty(3)
    position_rows(plot, U, sigma_m)
    for i in range(3):
        nu[i] = 0.0
        for a in range(3):
            nu[i] += U[i, a] * (plot[COL_POS + a] - mean[a])
        for j in range(i + 1):
            total = sigma_m[i] * sigma_m[i] if i == j else 0.0
            for a in range(3):
                for b in range(3):
                    total += U[i, a] * C[a, b] * U[j, b]
            S[i, j] = total
    return n


@kernel
def group_value(member: Flags, rows: Ints, X: Array, P: Array, plots: Array, score: Array, miss: Array, p: int) -> float:
    """Return what a group contributes to the joint log-likelihood with plot p, or with NO_PLOT."""
    size, last = 0, 0
    total = 0.0
    for t in range(rows.shape[0]):
        if member[t]:
            size += 1
            last = t
            total += miss[t]
    if p == NO_PLOT:
        return total / size
    return float(score[last, p]) if size == 1 else group_score(member, rows, X, P, plots[p])


@kernel
def company(t: int, member: Flags, chance: Array) -> float:
    """Return ln of the chance that a track is seen as one with the closest other member of a group; 0 if it is alone."""
    best = -1.0
    for u in range(member.shape[0]):
        if member[u] and u != t:
            best = max(best, chance[t, u])
    return 0.0 if best < 0.0 else log(max(best, LEAST_CHANCE))


@kernel
def members_of(group: Ints, g: int, member: Flags) -> None:
    """Fill member[tracks] with who is in group g."""
    for t in range(group.shape[0]):
        member[t] = group[t] == g
