"""The assignment of least total cost, small and exact. Nothing about tracks lives here."""

from collections.abc import Sequence
from math import inf
from typing import Final

FORBIDDEN: Final = 1e12  # cost of a pair that must not be made; larger than any sum of real costs


def assign(costs: Sequence[Sequence[float]]) -> tuple[int | None, ...]:
    """Return for each row its column (or None) so that as many pairs as possible are made, at the least total cost.

    ``costs``: rows x columns; a pair at or above ``FORBIDDEN`` is never made. Each column is used once at most.
    Method: shortest augmenting paths with potentials (H. Kuhn 1955; J. Munkres 1957; in the O(n^3) form), on a matrix
    widened by one dummy column per row. Ties go to the lower column: the result does not depend on chance.
    """
    rows = len(costs)
    columns = len(costs[0]) if rows else 0
    wide = [[*row, *([FORBIDDEN] * rows)] for row in costs]
    width = columns + rows
    row_price = [0.0] * (rows + 1)
    column_price = [0.0] * (width + 1)
    owner = [0] * (width + 1)  # 1-based row of each column, 0 for none
    for row in range(1, rows + 1):
        owner[0] = row
        _augment(wide, row_price, column_price, owner)
    found: list[int | None] = [None] * rows
    for column in range(1, columns + 1):
        row = owner[column]
        if row and wide[row - 1][column - 1] < FORBIDDEN:
            found[row - 1] = column - 1
    return tuple(found)


def _augment(wide: list[list[float]], row_price: list[float], column_price: list[float], owner: list[int]) -> None:
    """Find a place for the row in ``owner[0]``; edits the three lists."""
    width = len(owner) - 1
    best = [inf] * (width + 1)
    came_from = [0] * (width + 1)
    used = [False] * (width + 1)
    column = 0
    while owner[column]:
        used[column] = True
        row = owner[column]
        step, following = inf, 0
        for j in range(1, width + 1):
            if used[j]:
                continue
            reduced = wide[row - 1][j - 1] - row_price[row] - column_price[j]
            if reduced < best[j]:
                best[j], came_from[j] = reduced, column
            if best[j] < step:
                step, following = best[j], j
        for j in range(width + 1):
            if used[j]:
                row_price[owner[j]] += step
                column_price[j] -= step
            else:
                best[j] -= step
        column = following
    while column:
        previous = came_from[column]
        owner[column] = owner[previous]
        column = previous
