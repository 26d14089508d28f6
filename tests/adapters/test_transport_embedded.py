"""What only the embedded transport has: lines cut by hand, and a delay by a given clock."""

import pytest

from tocsin.adapters.transport.embedded import EmbeddedNetwork
from tocsin.errors import OurFault


def test_a_cut_line_loses_frames_both_ways_until_it_is_healed() -> None:
    network = EmbeddedNetwork((("KOR", "USA"), ("USA", "JPN")))
    kor, usa, jpn = (network.endpoint(nation) for nation in ("KOR", "USA", "JPN"))
    network.cut("USA", "KOR")
    kor.send("USA", b"lost")
    usa.send("KOR", b"lost")
    usa.send("JPN", b"other line")
    assert (kor.receive(), usa.receive()) == ((), ())
    assert jpn.receive() == (("USA", b"other line"),)
    assert kor.counts().dropped == (("cut", 1),)
    network.heal("KOR", "USA")
    kor.send("USA", b"again")
    assert usa.receive() == (("KOR", b"again"),)


def test_only_a_link_of_the_network_can_be_cut() -> None:
    network = EmbeddedNetwork((("KOR", "USA"),))
    with pytest.raises(OurFault, match="expected a link of this network, came KOR to JPN"):
        network.cut("KOR", "JPN")


def test_a_nation_has_no_link_to_itself() -> None:
    with pytest.raises(OurFault, match="KOR to itself"):
        EmbeddedNetwork((("KOR", "KOR"),))


def test_with_a_delay_a_frame_comes_when_the_clock_has_reached_its_time() -> None:
    clock = [1_000]
    network = EmbeddedNetwork((("KOR", "USA"),), delay_ns=50, clock=lambda: clock[0])
    kor, usa = network.endpoint("KOR"), network.endpoint("USA")
    assert network.next_due_ns() is None
    kor.send("USA", b"first")
    clock[0] = 1_020
    kor.send("USA", b"second")
    assert network.next_due_ns() == 1_050
    clock[0] = 1_049
    assert usa.receive() == ()
    clock[0] = 1_050
    assert usa.receive() == (("KOR", b"first"),)
    assert network.next_due_ns() == 1_070
    clock[0] = 1_070
    assert usa.receive() == (("KOR", b"second"),)
    assert network.next_due_ns() is None


def test_frames_of_several_neighbours_come_in_the_order_of_sending() -> None:
    network = EmbeddedNetwork((("KOR", "USA"), ("JPN", "USA")))
    kor, jpn, usa = (network.endpoint(nation) for nation in ("KOR", "JPN", "USA"))
    for number in range(6):
        (kor if number % 2 else jpn).send("USA", str(number).encode())
    assert [frame for _, frame in usa.receive()] == [b"0", b"1", b"2", b"3", b"4", b"5"]
