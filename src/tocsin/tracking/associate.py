"""One look of one sensor against the predicted tracks: who takes which plot, who shares one, who should have been seen."""

from math import log
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.assign import NEVER, NO_PLOT, assign, blur_doubts, score_pairs
from tocsin.kernels.doubts import blur_groups, judge_groups
from tocsin.kernels.groups import assign_groups, components, reachable
from tocsin.kernels.look import survey
from tocsin.kernels.measure import COL_LN_CLUTTER
from tocsin.kernels.unresolved import expect_newcomers, unresolved
from tocsin.tracking.bank import TrackBank

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

# Chi-square limits for 0..4 measurements: a true plot is outside once in 5,000. A gate's price is clutter inside it, which
# the assignment weighs; a plot lost outside it costs a whole scan.
GATES: Array = np.array([0.0, 13.8, 17.0, 19.8, 22.1])
MOST_TOGETHER = 40  # tracks of one set: the work grows with their cube
MOST_PLOTS = 120  # of one set, those in gates first; a cloud of debris must not stop the scans


class Association(msgspec.Struct, frozen=True, kw_only=True):
    """Result for tracks in the order given: plot index or NO_PLOT, whose group, scores of all pairs, and what these mean.

    group[tracks]: the lowest track that the sensor sees as one with this one, itself if none. shift, extra[tracks, 3], blur_m2[tracks, 2]:
    as kernels.look takes them; proof[tracks], rival[tracks, tracks]: of existence (kernels.doubts).
    """

    rows: Ints
    found: Ints
    group: Ints
    score: Array
    shift: Array
    extra: Array
    blur_m2: Array
    proof: Array
    rival: NDArray[np.bool_]

    def alone(self) -> list[bool]:
        """Return whether each track is seen alone."""
        names = self.group.tolist()
        return [names.count(name) == 1 for name in names]


def associate(bank: TrackBank, rows: list[int], plots: Array, sensor_row: Array, ref_ns: int, doubt: list[float]) -> Association:
    """Predict tracks to ref_ns and assign plots[n, PLOT_COLUMNS], whose COL_OFFSET is relative to ref_ns.

    doubt: per track, ln of the looks in which a false alarm may have come near it while it was silent; a plot must outweigh them.
    """
    index = bank.predict(rows, ref_ns)
    n = len(rows)
    score = np.empty((n, plots.shape[0]))
    surveyed = np.empty((n, 3))
    out = Association(
        rows=index,
        found=np.full(n, NO_PLOT),
        group=np.arange(n),
        score=score,
        shift=np.zeros((n, 3)),
        extra=np.zeros((n, 3)),
        blur_m2=np.zeros((n, 2)),
        proof=np.zeros(n),
        rival=np.zeros((n, n), np.bool_),
    )
    if n == 0:
        return out
    more = np.empty(plots.shape[0])
    expect_newcomers(index, bank.whole_x, plots, more)
    plots = plots.copy()
    plots[:, COL_LN_CLUTTER] += more
    survey(index, bank.whole_x, bank.whole_P, sensor_row, surveyed)
    score_pairs(index, bank.next_x, bank.next_P, bank.next_mu, bank.time_ns, ref_ns, plots, bank.params, GATES, score)
    for place, charge in enumerate(doubt):
        if charge > 0.0:
            score[place, score[place] > NEVER] -= charge
    miss = np.array([log(1.0 - value) for value in surveyed[:, 0].tolist()])
    chance = np.empty((n, n))
    rest = np.arange(n)
    if unresolved(index, bank.whole_x, bank.whole_P, sensor_row, chance):
        for members in _unresolved_sets(chance, score):
            rest = rest[~np.isin(rest, members)]
            _assign_together(out, members, bank, plots, miss, chance)
    if len(rest):
        _assign_each(out, rest, bank, plots, miss)
    blur_doubts(score, out.found, out.group, plots, out.blur_m2)
    score += more  # against false alarms alone, as the evidence counts
    return out


def _unresolved_sets(chance: Array, score: Array) -> list[Ints]:
    """Return the sets of tracks, ascending, some of which the sensor may see as one; too large ones are left to plain assignment."""
    label = np.empty(len(chance), np.int64)
    components(chance, score, label)
    linked = sorted(set(label[(chance > 0.0).any(axis=1)].tolist()))
    return [members for members in (np.flatnonzero(label == one) for one in linked) if len(members) <= MOST_TOGETHER]


class _Set(NamedTuple):
    """Tracks that are assigned by themselves: their places, the places of the plots that may be theirs, these plots, scores and misses."""

    members: Ints
    columns: Ints
    plots: Array
    score: Array
    miss: Array


def _assign_each(out: Association, members: Ints, bank: TrackBank, plots: Array, miss: Array) -> None:
    """Fill the rows of out for tracks of which each is seen alone."""
    every = _Set(members, np.arange(len(plots)), plots, out.score[members], miss[members])
    found = np.empty(len(members), np.int64)
    assign(every.score, every.miss, found)
    _judge(out, every, bank, found, np.arange(len(members)))


def _assign_together(out: Association, members: Ints, bank: TrackBank, plots: Array, miss: Array, chance: Array) -> None:
    """Fill the rows of out for tracks of which some may be seen as one; plots in nobody else's gate may be theirs."""
    index, x, P = out.rows[members], bank.whole_x, bank.whole_P
    near = np.empty(len(plots), np.bool_)
    reachable(index, x, P, plots, near)
    outside = np.ones(len(out.rows), np.bool_)
    outside[members] = False
    columns = np.flatnonzero(near & ~np.any(out.score[outside] > NEVER, axis=0))
    if len(columns) > MOST_PLOTS:
        gated = np.isin(columns, np.flatnonzero(np.any(out.score[members] > NEVER, axis=0)))
        columns = np.sort(np.concatenate([columns[gated], columns[~gated]])[:MOST_PLOTS])
    some = _Set(members, columns, plots[columns], out.score[np.ix_(members, columns)], miss[members])
    links = chance[np.ix_(members, members)]
    found, group = np.empty(len(members), np.int64), np.empty(len(members), np.int64)
    assign_groups(index, x, P, some.plots, some.score, some.miss, links, found, group)
    _judge(out, some, bank, found, group)
    blur = np.zeros((len(members), 2))
    blur_groups(index, x, P, some.plots, some.score, some.miss, links, found, group, blur)
    out.blur_m2[members] = blur


def _judge(out: Association, some: _Set, bank: TrackBank, found: Ints, group: Ints) -> None:
    """Put what the assignment of a set found, and what it means, into its rows of out."""
    n, members = len(some.members), some.members
    shift, extra, proof, rival = np.zeros((n, 3)), np.zeros((n, 3)), np.zeros(n), np.zeros((n, n), np.bool_)
    x, P = bank.whole_x, bank.whole_P
    judge_groups(out.rows[members], x, P, some.plots, some.score, some.miss, found, group, shift, extra, proof, rival)
    has = found != NO_PLOT
    out.found[members[has]] = some.columns[found[has]]
    out.group[members] = members[group]
    out.shift[members], out.extra[members], out.proof[members] = shift, extra, proof
    out.rival[np.ix_(members, members)] = rival
