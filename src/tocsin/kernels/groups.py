"""Which tracks one sensor sees as one in one look, and which plot each or each such group takes.

Tracks that are most likely unresolved are assigned as one. Where plots are left over or a track finds none, groups are split
and joined as long as the joint likelihood gains by it. How well a plot fits a group is in ``unresolved``.
"""

from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.assign import NEVER, NO_PLOT, assign
from tocsin.kernels.jit import kernel
from tocsin.kernels.measure import COL_POS, COL_REACH, COL_SENSOR_POS
from tocsin.kernels.unresolved import LEAST_CHANCE, NEAR_SIGMAS, group_score, group_value, members_of

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

TOGETHER: Final = 0.5  # chance of being unresolved from which two tracks are first tried as one
LEAST_GAIN: Final = 1e-6  # of a split or join: rounding must not make it go round in circles


@kernel
def assign_groups(rows: Ints, X: Array, P: Array, plots: Array, score: Array, miss: Array, chance: Array, found: Ints, group: Ints) -> None:
    """Fill found[tracks] with each track's plot or NO_PLOT, and group[tracks] with the lowest track that it is seen as one with.

    score[tracks, plots], miss[tracks]: as ``assign`` takes them; chance[tracks, tracks]: from ``unresolved``. The joint log-likelihood
    counts a group's plot once (group_score), a group's miss once, and for every group the chance of its best link. It is
    climbed from the assignment of the likeliest groups by the best split or join at a time: a local maximum, in a bounded number of steps.
    """
    n = rows.shape[0]
    _likeliest_groups(chance, group)
    whole = np.zeros(plots.shape[0], np.bool_)
    scores = np.full(score.shape, NEVER)
    misses = np.zeros(n)
    member = np.zeros(n, np.bool_)
    for g in range(n):
        if group[g] != g:
            continue  # an empty row: it finds nothing, and costs nothing
        size = 0
        for t in range(n):
            member[t] = group[t] == g
            if member[t]:
                size += 1
                misses[g] += miss[t]
        misses[g] /= size
        for p in range(plots.shape[0]):
            scores[g, p] = score[g, p] if size == 1 else group_score(member, rows, X, P, plots[p])
    assign(scores, misses, found)
    for t in range(n):
        if group[t] != t:
            found[t] = found[group[t]]
        if found[t] != NO_PLOT:
            whole[found[t]] = True
    for _ in range(2 * n):
        if not _best_move(rows, X, P, plots, score, miss, chance, found, group, whole):
            break


@kernel
def components(chance: Array, score: Array, label: Ints) -> None:
    """Fill label[tracks] with the lowest track of the set that is joined by a chance of being unresolved, or by a plot in two gates.

    What happens in one set is no matter to another one: each is assigned by itself.
    """
    n = label.shape[0]
    for t in range(n):
        label[t] = t
    for t in range(n):
        for u in range(t):
            if label[u] != label[t] and (chance[t, u] > 0.0 or _common_gate(score[t], score[u])):
                low, high = min(label[t], label[u]), max(label[t], label[u])
                for k in range(n):
                    if label[k] == high:
                        label[k] = low


@kernel
def _common_gate(one: Array, other: Array) -> bool:
    """True if a plot lies in two tracks' gates; one[plots], other[plots]: their scores."""
    common = False
    for p in range(one.shape[0]):
        common = common or (one[p] > NEVER and other[p] > NEVER)
    return common


@kernel
def reachable(rows: Ints, X: Array, P: Array, plots: Array, near: Flags) -> None:
    """Fill near[plots] with whether a plot may belong to any of the tracks, seen alone or together."""
    whole = np.ones(rows.shape[0], np.bool_)
    for p in range(plots.shape[0]):
        near[p] = _in_reach(whole, rows, X, P, plots[p])


@kernel
def _likeliest_groups(chance: Array, group: Ints) -> None:
    """Fill group[tracks] with the lowest track of the set that is linked by chances of TOGETHER and more."""
    n = group.shape[0]
    for t in range(n):
        group[t] = t
    for t in range(n):
        for u in range(t):
            if chance[t, u] > TOGETHER and group[u] != group[t]:
                low, high = min(group[t], group[u]), max(group[t], group[u])
                for k in range(n):
                    if group[k] == high:
                        group[k] = low


@kernel
def _best_move(
    rows: Ints, X: Array, P: Array, plots: Array, score: Array, miss: Array, chance: Array, found: Ints, group: Ints, taken: Flags
) -> bool:
    """Make the split or join that gains most, in found, group and taken[plots]; return False if none gains."""
    n = rows.shape[0]
    whole = np.zeros(n, np.bool_)
    part = np.zeros(n, np.bool_)
    rest = np.zeros(n, np.bool_)
    plot = np.full(2, NO_PLOT)  # of part, of rest
    best = LEAST_GAIN
    joins = False
    for g in range(n):
        if group[g] != g:
            continue
        members_of(group, g, whole)
        gain = _best_split(g, whole, rows, X, P, plots, score, miss, chance, found, taken, best, part, rest, plot)
        if gain > best:
            best, joins = gain, False
        if found[g] == NO_PLOT:
            gain = _best_join(g, whole, rows, X, P, plots, score, miss, chance, found, group, taken, best, part, rest, plot)
            if gain > best:
                best, joins = gain, True
    if best <= LEAST_GAIN:
        return False
    _apply(part, rest, plot[0], plot[1], joins, found, group, taken)
    return True


@kernel
def _best_split(
    g: int,
    whole: Flags,
    rows: Ints,
    X: Array,
    P: Array,
    plots: Array,
    score: Array,
    miss: Array,
    chance: Array,
    found: Ints,
    taken: Flags,
    least: float,
    best_part: Flags,
    best_rest: Flags,
    plot: Ints,
) -> float:
    """Return the gain of the best split of group g, whose part goes to a left-over plot or was not seen; noted if above least."""
    part = np.zeros(whole.shape[0], np.bool_)
    rest = np.zeros(whole.shape[0], np.bool_)
    mine = found[g]
    size = 0
    for t in range(whole.shape[0]):
        size += 1 if whole[t] else 0
    if size < 2 or plots.shape[0] == 0:
        return least
    before = group_value(whole, rows, X, P, plots, score, miss, mine)
    for q in range(NO_PLOT, plots.shape[0]):
        if (taken[q] or not _in_reach(whole, rows, X, P, plots[q])) if q != NO_PLOT else mine == NO_PLOT:
            continue
        for cut in range(2 * whole.shape[0]):
            if not _cut(cut, whole, rows, X, plots[max(q, 0)], part, rest):
                continue
            gain = group_value(part, rows, X, P, plots, score, miss, q)
            if gain <= NEVER:
                continue
            gain += group_value(rest, rows, X, P, plots, score, miss, mine) - before - _link(part, rest, chance)
            if gain > least:
                least = gain
                plot[0], plot[1] = q, mine
                best_part[:] = part
                best_rest[:] = rest
    return least


@kernel
def _best_join(
    g: int,
    whole: Flags,
    rows: Ints,
    X: Array,
    P: Array,
    plots: Array,
    score: Array,
    miss: Array,
    chance: Array,
    found: Ints,
    group: Ints,
    taken: Flags,
    least: float,
    best_part: Flags,
    best_rest: Flags,
    plot: Ints,
) -> float:
    """Return the gain of the best join of a group that found nothing with another, at its plot or a left-over one; noted if above least."""
    n = whole.shape[0]
    both = np.zeros(n, np.bool_)
    other = np.zeros(n, np.bool_)
    before = group_value(whole, rows, X, P, plots, score, miss, NO_PLOT)
    for h in range(n):
        if group[h] != h or h == g:
            continue
        linked = False
        for t in range(n):
            other[t] = group[t] == h
            both[t] = other[t] or whole[t]
            if other[t]:
                for u in range(n):
                    linked = linked or (whole[u] and chance[t, u] > LEAST_CHANCE)
        if not linked:
            continue
        theirs = found[h]
        base = before + group_value(other, rows, X, P, plots, score, miss, theirs) - _link(whole, other, chance)
        for q in range(plots.shape[0]):
            if q != theirs and (taken[q] or theirs != NO_PLOT or not _in_reach(both, rows, X, P, plots[q])):
                continue
            gain = group_value(both, rows, X, P, plots, score, miss, q) - base
            if gain > least:
                least = gain
                plot[0] = plot[1] = q
                best_part[:] = whole
                best_rest[:] = other
    return least


@kernel
def _link(one: Flags, other: Flags, chance: Array) -> float:
    """Return ln odds that two groups are seen as one, by their closest pair."""
    best = 0.0
    for t in range(chance.shape[0]):
        if one[t]:
            for u in range(chance.shape[0]):
                if other[u] and u != t:
                    best = max(best, chance[t, u])
    best = min(max(best, 1e-6), 0.999)
    return log(best / (1.0 - best))


@kernel
def _in_reach(member: Flags, rows: Ints, X: Array, P: Array, plot: Array) -> bool:
    """Coarse gate: True if a plot may belong to some members: it is near one of them, or no farther than they are from each other."""
    near2, extent2 = 1e300, 0.0
    first = -1
    for t in range(rows.shape[0]):
        if not member[t]:
            continue
        x, C = X[rows[t]], P[rows[t]]
        first = t if first < 0 else first
        off2, gap2 = 0.0, 0.0
        for a in range(3):
            off2 += (plot[COL_POS + a] - x[a]) * (plot[COL_POS + a] - x[a])
            gap2 += (X[rows[first], a] - x[a]) * (X[rows[first], a] - x[a])
        spread = C[0, 0] + C[1, 1] + C[2, 2] + 3.0 * plot[COL_REACH] * plot[COL_REACH]
        near2 = min(near2, off2 - NEAR_SIGMAS * NEAR_SIGMAS * spread)
        extent2 = max(extent2, gap2)
    return near2 < extent2


@kernel
def _cut(cut: int, whole: Flags, rows: Ints, X: Array, plot: Array, part: Flags, rest: Flags) -> bool:
    """Fill part and rest of the cut-th way to divide a group in two; False if there is none.

    The first n ways: one track alone; the others: all that are as far as that track from the plot's sensor or farther, and the
    rest, which are also the ways that a chain of cells breaks.
    """
    n = whole.shape[0]
    at = cut % n
    if not whole[at]:
        return False
    inside, outside = 0, 0
    limit = range2(X[rows[at]], plot)
    for t in range(n):
        part[t] = whole[t] and (t == at if cut < n else range2(X[rows[t]], plot) >= limit)
        rest[t] = whole[t] and not part[t]
        inside += 1 if part[t] else 0
        outside += 1 if rest[t] else 0
    if cut >= n and range2(plot[COL_POS:], plot) < limit and outside > 0:
        for t in range(n):  # the plot lies nearer: the nearer ones go to it
            part[t], rest[t] = rest[t], part[t]
    return inside > 0 and outside > 0


@kernel
def range2(x: Array, plot: Array) -> float:
    """Return the squared distance of a place x[>= 3] from a plot's sensor."""
    total = 0.0
    for a in range(3):
        total += (x[a] - plot[COL_SENSOR_POS + a]) * (x[a] - plot[COL_SENSOR_POS + a])
    return total


@kernel
def _apply(
    part: Flags,
    rest: Flags,
    plot_part: int,
    plot_rest: int,
    joins: bool,  # noqa: FBT001 - a kernel takes its arguments by place
    found: Ints,
    group: Ints,
    taken: Flags,
) -> None:
    """Write a move into found, group and taken: two groups, or one if it joins."""
    low_part, low_rest = -1, -1
    for t in range(group.shape[0]):
        if part[t] and low_part < 0:
            low_part = t
        if rest[t] and low_rest < 0:
            low_rest = t
    if joins:
        low_part = low_rest = min(low_part, low_rest)
    for t in range(group.shape[0]):
        if part[t]:
            group[t] = low_part
            found[t] = plot_part
        elif rest[t]:
            group[t] = low_rest
            found[t] = plot_rest
    if plot_part != NO_PLOT:
        taken[plot_part] = True
    if plot_rest != NO_PLOT:
        taken[plot_rest] = True
