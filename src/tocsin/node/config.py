"""What one node must know before its first input. It is written whole into the head of the node's log."""

import msgspec

from tocsin.messages.basics import Nation, World
from tocsin.messages.coalition import Coalition
from tocsin.messages.envelope import PublicKey
from tocsin.messages.people import Person, PublicRules
from tocsin.messages.release import Policy
from tocsin.messages.sensor import Sensor


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """Messages for ``destination`` go to the neighbour ``next_hop``."""

    destination: Nation
    next_hop: Nation


class NodeConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One nation's node in one world. ``nations`` lists all members in a fixed order."""

    nation: Nation
    world: World
    epoch: int
    nations: tuple[Nation, ...]
    routes: tuple[Route, ...]
    sensors: tuple[Sensor, ...]  # own sensors only
    policy: Policy
    keys: tuple[PublicKey, ...]
    legal: tuple[str, ...] = ()  # "PRK any-launch: text", "PRK ballistic-missile: text" or "PRK: text"; see assessment.legal
    people: tuple[Person, ...] = ()  # own persons, with the keys that they sign their acts with
    public: PublicRules = PublicRules()  # how many of them a public release needs


def routes_for(coalition: Coalition, nation: Nation) -> tuple[Route, ...]:
    """Return where this nation sends messages for each other member: straight in a mesh, through the hub otherwise."""
    others = [spec.nation for spec in coalition.nations if spec.nation != nation]
    hub = coalition.hub if coalition.topology == "hub" else None
    through_hub = hub is not None and nation != hub
    return tuple(Route(destination=other, next_hop=hub if through_hub and hub is not None else other) for other in others)
