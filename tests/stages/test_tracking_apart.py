"""The count that no false track can raise."""

from tocsin.tracking.apart import PROOFS, SeenApart, Sight, largest_set

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


def in_turns(apart: SeenApart, alive: tuple[int, ...], looks: int, rivals: frozenset[int] = frozenset()) -> None:
    """Let each living track have a plot of its own, one at a time, so that no scan shows two."""
    for look in range(looks):
        for place, track in enumerate(alive):
            when = 2.0 * look + 0.1 * place
            seen = sights((track, 0), at_s=when)[0]
            apart.note("R", 0, [Sight(time_ns=seen.time_ns, track=track, plot=seen.plot, pos_ecef_m=seen.pos_ecef_m, rivals=rivals)], alive)


def test_tracks_that_have_plots_of_their_own_in_turns_are_apart_though_no_scan_shows_both() -> None:
    """Three objects that one radar sees now one of, now another: merged with a neighbour, or missed."""
    apart = SeenApart()
    apart.note("R", HALF_NS, sights((1, 0), (2, 0), (3, 0)))
    in_turns(apart, (1, 2, 3), PROOFS - 1)
    assert apart.at_least() == 1
    in_turns(apart, (1, 2, 3), PROOFS)
    assert apart.at_least() == 3


def test_a_plot_that_may_be_the_other_tracks_proves_nothing_against_it() -> None:
    apart = SeenApart()
    apart.note("R", HALF_NS, sights((1, 0), (2, 0)))
    in_turns(apart, (1, 2), 5 * PROOFS, rivals=frozenset((1, 2)))
    assert apart.at_least() == 1


def test_a_track_that_was_dead_when_another_was_seen_is_not_proven_apart_from_it() -> None:
    """Two objects, one of them followed by one track and later by another."""
    apart = SeenApart()
    apart.note("R", HALF_NS, sights((1, 0), (2, 0), (3, 0)))
    in_turns(apart, (1, 2), 2 * PROOFS)
    for look in range(2 * PROOFS):
        apart.note("R", 0, sights((3, 0), at_s=20.0 + 2.0 * look), (1, 3))
    assert apart.at_least() == 2


def test_the_largest_set_is_found_where_choosing_the_best_linked_first_would_miss_it() -> None:
    """A ring of five holds pairs only; a hub linked with seven that are not linked with each other stands beside four that all are."""
    ring = [1 << (place + 1) % 5 | 1 << (place - 1) % 5 for place in range(5)]
    assert largest_set(ring, 0b11111) == 2
    links = [(0, other) for other in range(1, 8)] + [(one, other) for one in range(8, 12) for other in range(one + 1, 12)]
    linked = [0] * 12
    for one, other in links:
        linked[one] |= 1 << other
        linked[other] |= 1 << one
    assert largest_set(linked, (1 << 12) - 1) == 4


def test_a_track_that_no_scan_shows_with_its_neighbours_is_no_object_more() -> None:
    """A salvo's first missile, followed by two tracks that two radars fed in turn, and nobody saw both of them at once."""
    apart = SeenApart()
    apart.note("R", HALF_NS, sights((1, 0), at_s=0.0))
    apart.note("S", HALF_NS, sights((2, 0), at_s=1.0))
    assert apart.at_least() == 1


def test_two_sensors_that_each_prove_one_side_prove_nothing() -> None:
    """A track at odds with itself, near one missile to one radar and near the next to the other, is no third."""
    apart = SeenApart()
    apart.note("R", HALF_NS, sights((1, 0), (2, 0)))
    for look in range(1, 3 * PROOFS):
        apart.note("R", HALF_NS, sights((1, 0), at_s=2.0 * look), (1, 2))
        apart.note("S", HALF_NS, sights((2, 0), at_s=2.0 * look + 1.0), (1, 2))
    assert apart.at_least() == 1
