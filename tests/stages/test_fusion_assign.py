"""The assignment against trying every possibility."""

from collections.abc import Sequence
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from tocsin.fusion.assign import FORBIDDEN, assign

COST = st.one_of(st.integers(0, 50).map(float), st.just(FORBIDDEN))


@given(st.integers(1, 4).flatmap(lambda columns: st.lists(st.lists(COST, min_size=columns, max_size=columns), min_size=1, max_size=4)))
def test_it_makes_the_most_pairs_at_the_least_cost(costs: list[list[float]]) -> None:
    columns = len(costs[0])
    places = [*range(columns), *([None] * len(costs))]
    best = min(_score(costs, choice) for choice in set(permutations(places, len(costs))))
    found = assign(costs)
    assert _score(costs, found) == best
    used = [column for column in found if column is not None]
    assert len(used) == len(set(used))


def _score(costs: list[list[float]], choice: Sequence[int | None]) -> tuple[int, float]:
    pairs = [row[column] for row, column in zip(costs, choice, strict=True) if column is not None and row[column] < FORBIDDEN]
    return (-len(pairs), sum(pairs))


def test_no_tracks_and_no_objects_are_fine() -> None:
    assert assign([]) == ()
    assert assign([[], []]) == (None, None)
