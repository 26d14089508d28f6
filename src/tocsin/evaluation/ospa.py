"""Distances between a set of true points and a set of estimated ones: OSPA and GOSPA with its parts. Sets at one time only.

>>> round(gospa([(0.0, 0.0, 0.0)], [(3.0, 4.0, 0.0)], cutoff_m=100.0).distance_m, 6)
5.0
>>> gospa([(0.0, 0.0, 0.0)], [], cutoff_m=100.0).missed
1
"""

from collections.abc import Sequence
from math import sqrt
from typing import Final

import msgspec

from tocsin.fusion.assign import assign
from tocsin.messages.basics import Vec3

CUTOFF_M: Final = 5_000.0  # c: farther than this an estimate is of something else; a salvo's missiles are some km apart
ORDER: Final = 2.0  # p: the localisation part is then a root mean square


class SetDistance(msgspec.Struct, frozen=True, kw_only=True):
    """How two sets compare. ``pairs``: (index of the truth, index of the estimate), in order of the truths.

    ``distance_m`` ** p = ``localisation`` + cutoff ** p / 2 x (``missed`` + ``false``) for GOSPA with alpha = 2.
    """

    distance_m: float  # GOSPA
    ospa_m: float
    localisation: float  # sum over the pairs of distance ** p, m ** p
    missed: int
    false: int
    pairs: tuple[tuple[int, int], ...]


def gospa(truths: Sequence[Vec3], estimates: Sequence[Vec3], *, cutoff_m: float = CUTOFF_M, order: float = ORDER) -> SetDistance:
    """Return GOSPA (alpha = 2), OSPA and the best pairs of two sets of points in m. Raises ``ValueError`` for a bad cutoff or order.

    GOSPA: A. S. Rahmathullah, A. F. Garcia-Fernandez, L. Svensson, FUSION 2017 (arXiv 1601.05585), proposition 1. OSPA:
    D. Schuhmacher, B.-T. Vo, B.-N. Vo, IEEE Trans. Signal Processing 56 (2008) 3447, equation 3; two empty sets are 0 apart.
    Both are least for the same pairs: each pair nearer than the cutoff c gains c^p - d^p over leaving both alone, and the
    gains' sum is made largest. Pairs that are not nearer than c fall apart, and so does the problem into clusters.
    """
    if not cutoff_m > 0.0 or not order >= 1.0:
        raise ValueError(f"expected cutoff_m > 0 and order >= 1, came {cutoff_m} and {order}")
    near = {
        (i, j): share
        for i, truth in enumerate(truths)
        for j, point in enumerate(estimates)
        if (share := distance(truth, point) / cutoff_m) < 1.0
    }
    pairs = best_pairs(near, order)
    localisation = sum(near[pair] ** order for pair in pairs)  # in units of cutoff ** order
    missed, false = len(truths) - len(pairs), len(estimates) - len(pairs)
    larger = max(len(truths), len(estimates))
    ospa = ((localisation + larger - len(pairs)) / larger) ** (1.0 / order) if larger else 0.0
    return SetDistance(
        distance_m=cutoff_m * (localisation + 0.5 * (missed + false)) ** (1.0 / order),
        ospa_m=cutoff_m * ospa,
        localisation=localisation * cutoff_m**order,
        missed=missed,
        false=false,
        pairs=pairs,
    )


def ospa(truths: Sequence[Vec3], estimates: Sequence[Vec3], *, cutoff_m: float = CUTOFF_M, order: float = ORDER) -> float:
    """Return the OSPA distance in m (see ``gospa``)."""
    return gospa(truths, estimates, cutoff_m=cutoff_m, order=order).ospa_m


def best_pairs(near: dict[tuple[int, int], float], order: float = ORDER) -> tuple[tuple[int, int], ...]:
    """Return the pairs with the largest sum of 1 - share ** order; ``near``: distance over cutoff (< 1) of each pair that may be made."""
    pairs: list[tuple[int, int]] = []
    for rows, columns in _clusters(near):
        if len(rows) == 1 and len(columns) == 1:
            pairs.append((rows[0], columns[0]))
            continue
        costs = [[near[row, column] ** order if (row, column) in near else 1.0 for column in columns] for row in rows]
        wide = [[*row, *([1.0] * len(rows))] for row in costs]  # leaving a truth alone costs as much as a pair at the cutoff
        for row, place in zip(rows, assign(wide), strict=True):
            if place is not None and place < len(columns) and (row, columns[place]) in near:
                pairs.append((row, columns[place]))
    return tuple(sorted(pairs))


def distance(a: Vec3, b: Vec3) -> float:
    """Return the straight distance of two points."""
    x, y, z = a[0] - b[0], a[1] - b[1], a[2] - b[2]
    return sqrt(x * x + y * y + z * z)


def _clusters(near: dict[tuple[int, int], float]) -> list[tuple[list[int], list[int]]]:
    """Return (rows, columns) of each group that pairs hold together, in the order of their first pair."""
    row_of: dict[int, int] = {}  # row or column -> number of its cluster
    column_of: dict[int, int] = {}
    clusters: list[tuple[list[int], list[int]]] = []
    for row, column in near:
        mine, its = row_of.get(row), column_of.get(column)
        if mine is None and its is None:
            row_of[row] = column_of[column] = len(clusters)
            clusters.append(([row], [column]))
        elif mine is None and its is not None:
            row_of[row] = its
            clusters[its][0].append(row)
        elif mine is not None and its is None:
            column_of[column] = mine
            clusters[mine][1].append(column)
        elif mine is not None and its is not None and mine != its:
            rows, columns = clusters[its]
            row_of.update(dict.fromkeys(rows, mine))
            column_of.update(dict.fromkeys(columns, mine))
            clusters[mine][0].extend(rows)
            clusters[mine][1].extend(columns)
            clusters[its] = ([], [])
    return [cluster for cluster in clusters if cluster[0]]
