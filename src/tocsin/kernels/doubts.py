"""What the assignment of one look means for each track: how a common plot corrects it, how sure that is, whether the track exists at all.

The assignment is that of ``groups``; doubt about plots of tracks that are all seen alone is in ``assign.blur_doubts``.
"""

from math import atan2, cos, exp, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.assign import LEAST_DOUBT, NEVER, NO_PLOT
from tocsin.kernels.groups import range2
from tocsin.kernels.jit import kernel
from tocsin.kernels.measure import COL_AXES, COL_OFFSET, COL_POS, COL_SENSOR_POS, COL_Z, position_rows, wrap_pi
from tocsin.kernels.unresolved import company, group_value, members_of

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

RIVAL_MARGIN: Final = 5.0  # ln odds of 150 to 1 that a plot is one track's and not another's
MOST_ODDS: Final = 50.0  # ln; more would only overflow


@kernel
def judge_groups(
    rows: Ints,
    X: Array,
    P: Array,
    plots: Array,
    score: Array,
    miss: Array,
    found: Ints,
    group: Ints,
    shift: Array,
    extra: Array,
    proof: Array,
    rival: Flags,
) -> None:
    """Say what the assignment means for each track: how a common plot corrects it, and whether it speaks for the track's existence.

    shift[tracks, 3] (rad, rad, m): what makes of a common plot, the group's mean, one of the track alone, 0 for a plot of one's own;
    extra[tracks, 3] (rad2, rad2, m2): variance that comes with it.

    proof[tracks]: ln odds that the track's object is there: what the joint likelihood would lose without it, be it that its plot were a
    false alarm, or that another track had it and left its own as one; 0 where nothing was found. rival[tracks, tracks]: whether the
    plot of the first's own may be the second's all the same, which loses less than RIVAL_MARGIN.
    """
    n = rows.shape[0]
    member = np.zeros(n, np.bool_)
    others = np.zeros(n, np.bool_)
    worth = np.zeros(n)  # what the joint log-likelihood would lose without the track
    size = np.zeros(n, np.int64)
    for t in range(n):
        size[group[t]] += 1
    for t in range(n):
        for k in range(3):
            shift[t, k] = 0.0
            extra[t, k] = 0.0
        p = found[t]
        if size[group[t]] == 1:
            worth[t] = miss[t] if p == NO_PLOT else score[t, p]
        elif p != NO_PLOT:
            members_of(group, group[t], member)
            others[:] = member
            others[t] = False
            worth[t] = group_value(member, rows, X, P, plots, score, miss, p) - group_value(others, rows, X, P, plots, score, miss, p)
            _common(t, member, rows, X, P, plots[p], size[group[t]], shift[t], extra[t])
    for t in range(n):
        p = found[t]
        for u in range(n):
            rival[t, u] = False
        if p == NO_PLOT:
            proof[t] = 0.0
        elif size[group[t]] > 1:
            proof[t] = max(worth[t], miss[t])  # a common plot that fits badly is no worse than none
        else:
            best = 0.0
            for u in range(n):
                if u != t and score[u, p] > NEVER:
                    best = max(best, score[u, p] - worth[u])
                    rival[t, u] = worth[t] - (score[u, p] - worth[u]) < RIVAL_MARGIN
            proof[t] = worth[t] - best


@kernel
def _common(t: int, member: Flags, rows: Ints, X: Array, P: Array, plot: Array, n: int, shift: Array, extra: Array) -> None:
    """Fill shift[3], extra[3] of one member of a group of n with a common plot.

    z = (x1 + ... + xn) / n + noise, as a measurement of x_t alone: n z - (the others), with n2 times the noise and the others' variances.
    """
    U = np.empty((3, 3))
    sigma_m = np.empty(3)
    position_rows(plot, U, sigma_m)
    mean = np.zeros(3)
    own = np.zeros(3)
    for u in range(rows.shape[0]):
        if member[u]:
            for a in range(3):
                place = X[rows[u], a] + plot[COL_OFFSET] * X[rows[u], 3 + a]
                mean[a] += place / n
                if u == t:
                    own[a] = place
    for k in range(3):
        spread2, other2 = 0.0, 0.0
        for u in range(rows.shape[0]):
            if not member[u]:
                continue
            d, variance = 0.0, 0.0
            for a in range(3):
                d += U[k, a] * (X[rows[u], a] + plot[COL_OFFSET] * X[rows[u], 3 + a] - mean[a])
                for b in range(3):
                    variance += U[k, a] * P[rows[u], a, b] * U[k, b]
            spread2 += d * d / (n * (n + 1.0))
            if u != t:
                other2 += variance
        extra[k] = (n * n - 1.0) * sigma_m[k] * sigma_m[k] + n * n * spread2 + other2
    az, el, r = _look_at(plot, own)
    az_mean, el_mean, r_mean = _look_at(plot, mean)
    shift[0] = wrap_pi(az - az_mean) + (n - 1.0) * wrap_pi(plot[COL_Z] - az_mean)
    shift[1] = el - el_mean + (n - 1.0) * (plot[COL_Z + 1] - el_mean)
    shift[2] = r - r_mean + (n - 1.0) * (plot[COL_Z + 2] - r_mean)
    level = plot[COL_Z + 2] * max(cos(plot[COL_Z + 1]), 1e-3)
    extra[0] /= level * level
    extra[1] /= plot[COL_Z + 2] * plot[COL_Z + 2]


@kernel
def _look_at(plot: Array, x: Array) -> tuple[float, float, float]:
    """Return azimuth, elevation, range of a place x[3] from a plot's sensor."""
    e, n, u = 0.0, 0.0, 0.0
    for a in range(3):
        d = x[a] - plot[COL_SENSOR_POS + a]
        e += plot[COL_AXES + a] * d
        n += plot[COL_AXES + 3 + a] * d
        u += plot[COL_AXES + 6 + a] * d
    level2 = e * e + n * n
    return atan2(e, n), atan2(u, sqrt(level2)), sqrt(level2 + u * u)


@kernel
def blur_groups(
    rows: Ints, X: Array, P: Array, plots: Array, score: Array, miss: Array, chance: Array, found: Ints, group: Ints, blur: Array
) -> None:
    """Add to blur[tracks, 2] (m2, along and across the line of sight) what doubt about who is in which group adds.

    For every track and every plot of another group, where one of the two groups has several members: the two tracks change
    places, or the track leaves its companions for that group. Each is weighed by its joint likelihood against the assignment
    as it stands, and the squared difference of the two corrections times its probability is added to the plot's variance
    (kernels.assign.blur_doubts for groups).
    """
    n = rows.shape[0]
    value = np.zeros(n)
    size = np.zeros(n, np.int64)
    mine = np.zeros(n, np.bool_)
    theirs = np.zeros(n, np.bool_)
    for t in range(n):
        size[group[t]] += 1
    for g in range(n):
        if size[g] > 0 and found[g] != NO_PLOT:
            members_of(group, g, mine)
            value[g] = group_value(mine, rows, X, P, plots, score, miss, found[g])
    odds = np.empty(2 * n)
    apart2 = np.empty((2 * n, 2))
    for t in range(n):
        g, p = group[t], found[t]
        if p == NO_PLOT:
            continue
        count = 0
        total = 1.0
        for u in range(n):
            h, q = group[u], found[u]
            if h == g or q == NO_PLOT or (size[g] == 1 and size[h] == 1):
                continue
            for way in range(2):  # 0: t and u change places; 1: t leaves its companions for u's group
                if way == 1 and (size[g] == 1 or u != h):
                    continue
                members_of(group, g, mine)
                members_of(group, h, theirs)
                gain = -value[g] - value[h] - company(t, mine, chance) - (company(u, theirs, chance) if way == 0 else 0.0)
                _change(t, u, way, mine, theirs)
                gain += company(t, theirs, chance) + (company(u, mine, chance) if way == 0 else 0.0)
                first = group_value(theirs, rows, X, P, plots, score, miss, q)
                if first <= NEVER:
                    continue
                gain += first + group_value(mine, rows, X, P, plots, score, miss, p)
                if gain < LEAST_DOUBT:
                    continue
                members_of(group, g, mine)
                _difference(t, mine, plots[p], theirs, plots[q], rows, X, apart2[count])
                odds[count] = exp(min(gain, MOST_ODDS))
                total += odds[count]
                count += 1
        for k in range(count):
            blur[t, 0] += odds[k] / total * apart2[k, 0]
            blur[t, 1] += odds[k] / total * apart2[k, 1]


@kernel
def _change(t: int, u: int, way: int, mine: Flags, theirs: Flags) -> None:
    """Move t from mine to theirs, and if way is 0 u the other way."""
    mine[t] = False
    theirs[t] = True
    if way == 0:
        theirs[u] = False
        mine[u] = True


@kernel
def _difference(t: int, mine: Flags, plot: Array, theirs: Flags, other_plot: Array, rows: Ints, X: Array, apart2: Array) -> None:
    """Fill apart2[2], m2 along and across the line of sight: squared difference of t's corrections by one group's plot and another's."""
    gap = np.empty(3)
    other_gap = np.empty(3)
    few = _mean_gap(mine, rows, X, plot, gap)
    many = _mean_gap(theirs, rows, X, other_plot, other_gap)
    total, along = 0.0, 0.0
    for a in range(3):
        d = few * gap[a] - many * other_gap[a]
        total += d * d
        along += d * (X[rows[t], a] - plot[COL_SENSOR_POS + a]) / sqrt(range2(X[rows[t]], plot))
    apart2[0] = along * along
    apart2[1] = max(total - along * along, 0.0)


@kernel
def _mean_gap(member: Flags, rows: Ints, X: Array, plot: Array, gap: Array) -> int:
    """Fill gap[3], m ECEF, with a plot's place less the members' mean; return how many they are."""
    n = 0
    for a in range(3):
        gap[a] = 0.0
    for t in range(rows.shape[0]):
        if member[t]:
            n += 1
            for a in range(3):
                gap[a] -= X[rows[t], a] + plot[COL_OFFSET] * X[rows[t], 3 + a]
    for a in range(3):
        gap[a] = gap[a] / n + plot[COL_POS + a]
    return n
