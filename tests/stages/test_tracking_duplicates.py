"""Tracks that follow nothing of their own are told from those that do."""

import pytest

from tocsin.tracking.duplicates import ghosts
from tocsin.tracking.record import Record

LOSE_AT = -9.2  # ln of 1e-4
MISS = -2.3  # ln(1 - Pd), Pd 0.9


def followed(*looks: float) -> Record:
    """Return a confirmed track after looks that each said so much of its existence."""
    record = Record(key=1, row=0, first_plot_ns=0, last_plot_ns=0, evidence=30.0, confirmed_ns=0)
    for look in looks:
        record.prove(look)
    return record


@pytest.mark.parametrize(("looks", "ghost"), [((MISS,) * 3, False), ((MISS,) * 5, True), ((MISS, MISS, -0.5) * 4, True)])
def test_a_track_that_lives_on_its_neighbours_plots_is_a_ghost(looks: tuple[float, ...], ghost: bool) -> None:  # noqa: FBT001
    assert bool(ghosts([followed(*looks)], {0}, LOSE_AT)) == ghost


def test_a_plot_that_only_it_can_have_caused_clears_a_track() -> None:
    assert ghosts([followed(*(MISS,) * 4, 12.0, MISS)], {0}, LOSE_AT) == []


def test_what_found_nothing_is_left_to_be_lost_in_its_own_time() -> None:
    assert ghosts([followed(*(MISS,) * 9)], set(), LOSE_AT) == []
