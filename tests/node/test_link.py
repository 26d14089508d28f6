"""Links: streams are taken in order, acknowledged hop by hop, and sent again until then."""

from itertools import pairwise

from tocsin.messages.envelope import Header
from tocsin.node.link import OUTBOX_MAX, RESEND_BURST, RESEND_FIRST_NS, RESEND_MAX_NS, Link
from tocsin.units import NS_PER_S


def header(sequence: int, *, origin: str = "KOR", audience: str = "JPN", delivery: str = "lossless", epoch: int = 1) -> Header:
    return Header(
        version=1,
        origin=origin,
        epoch=epoch,
        audience=audience,
        world="test",
        delivery=delivery,
        sequence=sequence,
        key_id="k",
        time_ns=0,
        product="warning",
    )


def test_lossless_frames_are_taken_only_in_sequence() -> None:
    """The next one is taken, an early one waits to be sent again, a repeated one is a duplicate."""
    link = Link("USA", "KOR")
    assert link.take(header(2)) == "early"
    assert link.take(header(1)) == "next"
    assert link.take(header(1)) == "duplicate"
    assert link.take(header(2)) == "next"


def test_latest_value_frames_may_skip_but_never_go_back() -> None:
    """Skipping is no gap for the latest-value class; an older value is never taken."""
    link = Link("USA", "KOR")
    assert link.take(header(5, delivery="latest")) == "next"
    assert link.take(header(4, delivery="latest")) == "duplicate"
    assert link.take(header(9, delivery="latest")) == "next"


def test_streams_of_different_origins_audiences_and_epochs_are_counted_apart() -> None:
    """A relay's own messages and relayed ones do not disturb each other."""
    link = Link("USA", "KOR")
    assert link.take(header(1)) == "next"
    assert link.take(header(1, audience="USA")) == "next"
    assert link.take(header(1, origin="JPN")) == "next"
    assert link.take(header(1, epoch=2)) == "next"


def test_a_heartbeat_acknowledges_what_the_neighbour_holds_and_nothing_else() -> None:
    """After the neighbour's mark 2, frame 3 still waits and comes again once it is overdue."""
    sender, receiver = Link("KOR", "USA"), Link("USA", "KOR")
    for sequence in (1, 2, 3):
        assert sender.hold(header(sequence), b"frame %d" % sequence, 0)
    for sequence in (1, 2):
        receiver.take(header(sequence))
    assert sender.heard(receiver.heartbeat(0), RESEND_FIRST_NS - 1) == ((), ())
    assert sender.waiting == 1
    assert sender.heard(receiver.heartbeat(0), RESEND_FIRST_NS) == ((), (b"frame 3",))


def test_a_heartbeat_shows_a_lost_tail() -> None:
    """The receiver learns from the sender's mark that something is missing, though no later frame came."""
    sender, receiver = Link("KOR", "USA"), Link("USA", "KOR")
    sender.hold(header(1), b"frame 1", 0)
    assert receiver.heard(sender.heartbeat(0), 0)[0] == (("KOR", 1, "JPN"),)
    receiver.take(header(1))
    assert receiver.heard(sender.heartbeat(0), 0)[0] == ()


def test_a_healed_link_catches_up_in_order_at_the_first_heartbeat() -> None:
    """However long the cut was, the first sign of life brings everything, oldest first."""
    sender, receiver = Link("KOR", "USA"), Link("USA", "KOR")
    for sequence in range(1, 6):
        sender.hold(header(sequence), b"%d" % sequence, sequence * NS_PER_S)
    _, again = sender.heard(receiver.heartbeat(0), 600 * NS_PER_S)
    assert again == (b"1", b"2", b"3", b"4", b"5")


def test_repetition_slows_down_while_the_neighbour_s_mark_does_not_move_and_recovers_when_it_does() -> None:
    """A line that carries one way only is not flooded; patience is capped and starts anew with progress."""
    sender, receiver = Link("KOR", "USA"), Link("USA", "KOR")
    sender.hold(header(1), b"one", 0)
    sender.hold(header(2), b"two", 0)
    repeated = [second for second in range(1, 60) if sender.heard(receiver.heartbeat(0), second * NS_PER_S)[1]]
    gaps = [b - a for a, b in pairwise(repeated)]
    assert max(gaps) * NS_PER_S == RESEND_MAX_NS
    receiver.take(header(1))
    assert sender.heard(receiver.heartbeat(0), 61 * NS_PER_S)[1] == (b"two",)


def test_a_burst_of_repetitions_is_bounded() -> None:
    """One heartbeat repeats at most the stated number of frames."""
    link = Link("KOR", "USA")
    for sequence in range(1, RESEND_BURST + 10):
        link.hold(header(sequence), b"x", 0)
    assert len(link.heard(Link("USA", "KOR").heartbeat(0), RESEND_FIRST_NS)[1]) == RESEND_BURST


def test_a_full_outbox_says_so_and_keeps_what_it_has() -> None:
    """Nothing is dropped silently: the caller hears no."""
    link = Link("KOR", "USA")
    for sequence in range(1, OUTBOX_MAX + 1):
        assert link.hold(header(sequence), b"x", 0)
    assert not link.hold(header(OUTBOX_MAX + 1), b"x", 0)
    assert link.waiting == OUTBOX_MAX
