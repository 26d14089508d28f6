"""The count that no false track can raise."""

from tocsin.tracking.apart import SeenApart, Sight


def sights(*pairs: tuple[int, int], east_m: float = 0.0) -> list[Sight]:
    return [Sight(track=track, plot=plot, pos_ecef_m=(6.4e6, east_m + 1_000.0 * track, 0.0)) for track, plot in pairs]


def test_nothing_seen_is_nothing_counted() -> None:
    apart = SeenApart()
    apart.note([])
    assert apart.at_least() == 0


def test_as_many_plots_as_one_scan_gave_so_many_objects_there_are() -> None:
    apart = SeenApart()
    apart.note(sights((1, 0), (2, 3), (3, 5)))
    apart.note(sights((1, 0), (2, 1)))
    assert apart.at_least() == 3


def test_two_tracks_that_share_a_plot_count_once() -> None:
    apart = SeenApart()
    apart.note(sights((1, 0), (2, 0), (3, 1)))
    assert apart.at_least() == 2


def test_a_track_that_replaces_another_adds_nothing() -> None:
    apart = SeenApart()
    apart.note(sights((1, 0), (2, 1)))
    apart.note(sights((2, 0), (3, 1)))
    apart.note(sights((3, 0), (4, 1)))
    assert apart.at_least() == 2


def test_objects_far_apart_need_no_scan_in_common() -> None:
    apart = SeenApart()
    apart.note(sights((1, 0)))
    apart.note(sights((2, 0), east_m=5e5))
    assert apart.at_least() == 2
    apart.note(sights((1, 0)) + sights((2, 1), east_m=5e5))
    assert apart.at_least() == 2


def test_groups_that_meet_are_one_group_from_then_on() -> None:
    apart = SeenApart()
    apart.note(sights((1, 0), (2, 1)))
    apart.note(sights((3, 0), east_m=5e5))
    assert apart.at_least() == 3
    apart.note(sights((2, 0), (3, 1)))
    assert apart.at_least() == 2
