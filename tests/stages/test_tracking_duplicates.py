"""Tracks that follow nothing of their own are told from those that do."""

import numpy as np
import pytest

from tocsin.tracking.bank import TrackBank
from tocsin.tracking.duplicates import Duplicates, ghosts
from tocsin.tracking.lineage import find_parents
from tocsin.tracking.record import Record
from tocsin.units import s2ns

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


def test_a_lone_missile_that_was_out_of_sight_is_found_again_by_its_first_plot() -> None:
    record = followed(*(MISS,) * 12)
    record.prove(-0.8, sole=True)  # it fits badly after so long, but nobody else can have caused it
    assert ghosts([record], {0}, LOSE_AT) == []


def numbered(key: int, row: int, **given: object) -> Record:
    record = Record(key=key, row=row, first_plot_ns=0, last_plot_ns=0, evidence=30.0, confirmed_ns=0, status="confirmed")
    for name, value in given.items():
        setattr(record, name, value)
    return record


def test_after_an_exchange_the_part_is_closed_and_not_the_missile() -> None:
    """The track that was begun later carries the missile's number once it has turned out to be the missile."""
    bank = TrackBank(4)
    state = np.array([6.5e6, 0.0, 0.0, 1_500.0, 1_000.0, 0.0])
    rows = [bank.start(state, np.diag([1e4] * 3 + [100.0] * 3), 120_000.0, 1_800.0, 0) for _ in range(2)]
    assert rows[0] is not None
    assert rows[1] is not None
    first, second = numbered(1, rows[0], number=1), numbered(2, rows[1], number=2, parent=1)
    second.take_place_of(first)
    assert (second.number, second.parent, first.number, first.parent) == (1, None, 2, 1)
    duplicates = Duplicates()
    closed = [one for time_ns in range(0, s2ns(4.0), s2ns(0.5)) for one in duplicates.find([first, second], bank, time_ns)]
    assert closed[:1] == [first]


def test_a_part_of_a_part_that_takes_its_place_stays_a_part_of_the_missile() -> None:
    part, inner = numbered(2, 1, number=2, parent=1), numbered(3, 2, number=3, parent=2)
    inner.take_place_of(part)
    assert (inner.number, inner.parent, part.number, part.parent) == (2, 1, 3, 2)


def test_the_burn_that_was_seen_goes_along_with_the_launch() -> None:
    """... so that the launch is fitted again at once, and as of a burn that is over."""
    stage = numbered(1, 0, number=1, boosting_seen=True, burnout_ns=s2ns(20.0), launch_fitted_ns=s2ns(25.0))
    missile = numbered(2, 1, number=2, parent=1, first_plot_ns=s2ns(24.0), last_plot_ns=s2ns(29.0), left_ns=s2ns(22.0), kind="ballistic")
    missile.take_place_of(stage)
    assert missile.burnout_ns == s2ns(20.0)
    assert missile.first_plot_ns == 0
    assert missile.launch_due(s2ns(30.0))


@pytest.mark.parametrize(("parent_seen_s", "heir"), [(8.0, True), (60.0, False)])
def test_a_part_whose_missile_was_lost_soon_after_is_the_missile(parent_seen_s: float, heir: bool) -> None:  # noqa: FBT001
    """A track that ends seconds after something left it has lost the missile to that; one followed for long went its own way."""
    bank = TrackBank(1)
    row = bank.start(np.array([6.5e6, 0.0, 0.0, 1_500.0, 1_000.0, 0.0]), np.diag([1e4] * 3 + [100.0] * 3), 120_000.0, 1_800.0, 0)
    assert row is not None
    part = numbered(2, row, number=2, parent=1, kind="ballistic", origin_known=True, parent_seen_ns=s2ns(parent_seen_s), plots=20)
    told = find_parents([part], bank, s2ns(70.0))
    assert (part.number, part.parent) == ((1, None) if heir else (2, 1))
    assert told == ([part] if heir else [])


def test_what_found_nothing_is_left_to_be_lost_in_its_own_time() -> None:
    assert ghosts([followed(*(MISS,) * 9)], set(), LOSE_AT) == []
