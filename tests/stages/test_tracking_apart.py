"""The count that no false track can raise."""

from tocsin.tracking.apart import SeenApart, Sight

HALF_NS = 500_000_000  # of a scan period of 1 s


def sights(*pairs: tuple[int, int], east_m: float = 0.0, at_s: float = 0.0) -> list[Sight]:
    """Return sights (track, plot) at a time; plots of different times are different plots."""
    when = round(at_s * 1e9)
    return [
        Sight(time_ns=when, track=track, plot=round(at_s * 1e3) * 100 + plot, pos_ecef_m=(6.4e6, east_m + 1_000.0 * track, 0.0))
        for track, plot in pairs
    ]


def test_nothing_seen_is_nothing_counted() -> None:
    apart = SeenApart()
    apart.note("R", HALF_NS, [])
    assert apart.at_least() == 0


def test_as_many_plots_as_one_scan_gave_so_many_objects_there_are() -> None:
    apart = SeenApart()
    apart.note("R", HALF_NS, sights((1, 0), (2, 3), (3, 5), at_s=0.0))
    apart.note("R", HALF_NS, sights((1, 0), (2, 1), at_s=1.0))
    assert apart.at_least() == 3


def test_two_tracks_that_share_a_plot_count_once() -> None:
    apart = SeenApart()
    apart.note("R", HALF_NS, sights((1, 0), (2, 0), (3, 1), at_s=0.0))
    assert apart.at_least() == 2


def test_a_track_that_replaces_another_adds_nothing() -> None:
    apart = SeenApart()
    apart.note("R", HALF_NS, sights((1, 0), (2, 1), at_s=0.0))
    apart.note("R", HALF_NS, sights((2, 0), (3, 1), at_s=1.0))
    apart.note("R", HALF_NS, sights((3, 0), (4, 1), at_s=2.0))
    assert apart.at_least() == 2


def test_objects_far_apart_need_no_scan_in_common() -> None:
    apart = SeenApart()
    apart.note("R", HALF_NS, sights((1, 0), at_s=0.0))
    apart.note("R", HALF_NS, sights((2, 0), east_m=5e5, at_s=1.0))
    assert apart.at_least() == 2
    apart.note("R", HALF_NS, sights((1, 0)) + sights((2, 1), east_m=5e5, at_s=2.0))
    assert apart.at_least() == 2


def test_groups_that_meet_are_one_group_from_then_on() -> None:
    apart = SeenApart()
    apart.note("R", HALF_NS, sights((1, 0), (2, 1), at_s=0.0))
    apart.note("R", HALF_NS, sights((3, 0), east_m=5e5, at_s=1.0))
    assert apart.at_least() == 3
    apart.note("R", HALF_NS, sights((2, 0), (3, 1), at_s=2.0))
    assert apart.at_least() == 2


def test_a_turning_radar_meets_no_object_twice_within_half_a_turn() -> None:
    """Three objects met one by one at 0.1 s are three; the same track met again a turn later is still one."""
    apart = SeenApart()
    for turn in range(3):
        for track in (1, 2, 3):
            apart.note("R", HALF_NS, sights((track, 0), at_s=turn + 0.1 * track))
    assert apart.at_least() == 3
    assert apart.groups() == {1: (1, 3), 2: (1, 3), 3: (1, 3)}
