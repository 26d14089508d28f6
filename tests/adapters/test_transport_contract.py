"""The contract of a transport, run on the embedded one; every other adapter joins by a line in ``networks``.

A datagram pipe may lose, repeat and reorder, so the contract asks only for what each adapter must do when nothing is broken.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

import pytest

from tocsin.adapters.transport.embedded import EmbeddedNetwork
from tocsin.adapters.transport.port import FRAME_CAP_BYTES, QUEUE_CAP_BYTES, QUEUE_CAP_FRAMES, Endpoint
from tocsin.errors import OurFault

HUB_LINKS = (("KOR", "USA"), ("USA", "JPN"))  # the real mechanism: KOR and JPN exchange through USA


class Network(Protocol):
    """Three nations on ``HUB_LINKS``, and a way to wait until what was sent has come."""

    def endpoint(self, nation: str) -> Endpoint: ...
    def settle(self) -> None: ...
    def stop(self) -> None: ...


class EmbeddedBench:
    def __init__(self) -> None:
        self._network = EmbeddedNetwork(HUB_LINKS)

    def endpoint(self, nation: str) -> Endpoint:
        return self._network.endpoint(nation)

    def settle(self) -> None:
        """Nothing is under way: it comes at once."""

    def stop(self) -> None:
        """Nothing runs."""


networks: dict[str, Callable[[], Network]] = {"embedded": EmbeddedBench}


@pytest.fixture(params=sorted(networks))
def network(request: pytest.FixtureRequest) -> Iterator[Network]:
    made = networks[request.param]()
    yield made
    made.stop()


def ends(network: Network) -> tuple[Endpoint, Endpoint, Endpoint]:
    return network.endpoint("KOR"), network.endpoint("USA"), network.endpoint("JPN")


def test_a_frame_reaches_the_neighbour_unchanged_and_once(network: Network) -> None:
    kor, usa, jpn = ends(network)
    frame = bytes(range(256))
    kor.send("USA", frame)
    network.settle()
    assert usa.receive() == (("KOR", frame),)
    assert usa.receive() == ()
    assert jpn.receive() == ()


def test_both_directions_and_both_neighbours_are_told_apart(network: Network) -> None:
    kor, usa, jpn = ends(network)
    kor.send("USA", b"from korea")
    jpn.send("USA", b"from japan")
    usa.send("KOR", b"to korea")
    network.settle()
    assert sorted(usa.receive()) == [("JPN", b"from japan"), ("KOR", b"from korea")]
    assert kor.receive() == (("USA", b"to korea"),)


def test_frames_of_one_neighbour_come_in_the_order_of_sending_when_nothing_is_broken(network: Network) -> None:
    kor, usa, _ = ends(network)
    sent = [str(number).encode() for number in range(1_000)]
    for frame in sent:
        kor.send("USA", frame)
    network.settle()
    assert [frame for _, frame in usa.receive()] == sent


def test_only_neighbours_reach_each_other_and_the_rest_is_counted(network: Network) -> None:
    kor, _, jpn = ends(network)
    kor.send("JPN", b"past the hub")
    kor.send("ATL", b"no such nation")
    network.settle()
    assert jpn.receive() == ()
    assert kor.counts().dropped == (("no-link", 2),)
    assert kor.counts().sent == 0


@pytest.mark.parametrize("size", [0, FRAME_CAP_BYTES + 1])
def test_a_frame_that_could_never_go_is_our_own_fault(network: Network, size: int) -> None:
    kor, _, _ = ends(network)
    with pytest.raises(OurFault, match=f"expected a frame of 1 to {FRAME_CAP_BYTES} bytes for USA, came {size}"):
        kor.send("USA", bytes(size))


def test_the_largest_frame_goes(network: Network) -> None:
    kor, usa, _ = ends(network)
    kor.send("USA", bytes(FRAME_CAP_BYTES))
    network.settle()
    assert [len(frame) for _, frame in usa.receive()] == [FRAME_CAP_BYTES]


def test_a_receiver_that_does_not_read_costs_bounded_memory_and_every_loss_is_counted(network: Network) -> None:
    kor, usa, _ = ends(network)
    for _ in range(QUEUE_CAP_FRAMES + 10):
        kor.send("USA", b"x")
    network.settle()
    assert len(usa.receive()) == QUEUE_CAP_FRAMES
    assert sum(count for end in (kor, usa) for reason, count in end.counts().dropped if reason == "queue-full") == 10
    for _ in range(QUEUE_CAP_BYTES // FRAME_CAP_BYTES + 3):
        kor.send("USA", bytes(FRAME_CAP_BYTES))
    network.settle()
    assert sum(len(frame) for _, frame in usa.receive()) == QUEUE_CAP_BYTES
    assert sum(count for end in (kor, usa) for reason, count in end.counts().dropped if reason == "queue-full") == 13


def test_one_neighbour_that_floods_does_not_crowd_out_another(network: Network) -> None:
    kor, usa, jpn = ends(network)
    for _ in range(QUEUE_CAP_FRAMES + 1):
        kor.send("USA", b"flood")
    jpn.send("USA", b"warning")
    network.settle()
    assert ("JPN", b"warning") in usa.receive()


def test_the_listener_is_woken_when_frames_begin_to_wait(network: Network) -> None:
    kor, usa, _ = ends(network)
    woken: list[int] = []
    usa.listen(lambda: woken.append(1))
    kor.send("USA", b"a")
    network.settle()
    assert len(woken) >= 1
    usa.receive()
    before = len(woken)
    kor.send("USA", b"b")
    network.settle()
    assert len(woken) > before
    usa.listen(None)
    kor.send("USA", b"c")
    network.settle()
    assert len(usa.receive()) == 2


def test_what_was_sent_and_received_is_counted(network: Network) -> None:
    kor, usa, _ = ends(network)
    for _ in range(3):
        kor.send("USA", b"x")
    network.settle()
    assert kor.counts().sent == 3
    assert usa.counts().received == 0
    usa.receive()
    assert usa.counts().received == 3
    assert usa.counts().dropped == ()


def test_a_closed_end_sends_and_receives_nothing_and_closing_twice_is_harmless(network: Network) -> None:
    kor, usa, _ = ends(network)
    kor.send("USA", b"waits")
    network.settle()
    usa.close()
    usa.close()
    assert usa.receive() == ()
    usa.send("KOR", b"too late")
    network.settle()
    assert kor.receive() == ()
    assert dict(usa.counts().dropped)["closed"] >= 1


def test_a_nation_that_comes_back_is_reached_again(network: Network) -> None:
    kor, usa, _ = ends(network)
    usa.close()
    kor.send("USA", b"while away")
    again = network.endpoint("USA")
    kor.send("USA", b"back")
    network.settle()
    assert ("KOR", b"back") in again.receive()
