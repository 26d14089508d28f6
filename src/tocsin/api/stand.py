"""A stand: one node per nation with guard, log and link, all in this process. Time and scans are given from outside.

Keys of nodes and persons are made from the coalition's name and the seed and exist for exercises only; they are labelled so and refused
elsewhere. Each node passes its self-check before anything of it runs.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from time import perf_counter

import msgspec

from tocsin.adapters.driver import Driver, Step
from tocsin.adapters.records import encode_head, make_head, tables_digest
from tocsin.adapters.store.memory import MemoryLog
from tocsin.adapters.store.port import Record, Store
from tocsin.adapters.store.sqlite import create
from tocsin.adapters.transport.embedded import EmbeddedNetwork
from tocsin.api.crew import Crew, crews_of
from tocsin.errors import OperatorFault, OurFault
from tocsin.geography import Zones
from tocsin.guard.guard import Guard
from tocsin.guard.keys import generate_key, key_id_of, public_of
from tocsin.messages.basics import Nation, Now, World
from tocsin.messages.coalition import Coalition
from tocsin.messages.command import Command
from tocsin.messages.envelope import Header, PublicKey, SealRequest
from tocsin.messages.people import PublicRules
from tocsin.messages.sensor import Sensor
from tocsin.node.config import NodeConfig, routes_for
from tocsin.node.inputs import CommandIn, FrameIn, Input, Tick
from tocsin.node.node import LinkCounts, Node
from tocsin.node.people_settings import Posts
from tocsin.node.selfcheck import self_check
from tocsin.sharing.rules import parse_policy
from tocsin.wire.seal import read_header

ROUNDS_MAX = 10_000  # deliveries that one input may cause over all links; more means that frames go in a circle
EPOCH = 1


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One frame that reached its audience: how long after the input that caused it, on this machine's clock."""

    nation: Nation
    origin: Nation
    product: str
    seconds: float
    step: Step


class Fed(msgspec.Struct, frozen=True, kw_only=True):
    """What one input to one nation did, there and everywhere its messages reached."""

    step: Step
    disk_s: float
    deliveries: tuple[Delivery, ...]


class Stand:
    """All nations' nodes. Call ``feed`` in time order; ``close`` writes out every log."""

    def __init__(  # noqa: PLR0913 - what a stand is made of, each once
        self,
        coalition: Coalition,
        sensors: tuple[Sensor, ...],
        world: World,
        zones: Zones,
        *,
        seed: int,
        log_dir: Path | None,
        legal: tuple[str, ...],
        start_utc_ns: int,
        follow: Callable[[Nation, Store], Store] | None = None,
        posts: dict[Nation, Posts] | None = None,
    ) -> None:
        if world == "live":
            text = "a stand uses exercise keys: expected world exercise or test, came live; live nodes run one by one, with their own keys"
            raise OperatorFault(text, exit_code=2)
        self._start_ns = start_utc_ns
        self._on_disk = log_dir is not None
        self._disks = ThreadPoolExecutor(max_workers=len(coalition.nations))
        self.nations = tuple(spec.nation for spec in coalition.nations)
        private = {nation: generate_key(f"{world} {coalition.coalition} {nation} {seed}".encode()) for nation in self.nations}
        public = tuple(
            PublicKey(nation=nation, key_id=key_id_of(public_of(key)), public_hex=public_of(key).hex(), world=world)
            for nation, key in private.items()
        )
        routes = {nation: routes_for(coalition, nation) for nation in self.nations}
        pairs = sorted({tuple(sorted((nation, route.next_hop))) for nation in self.nations for route in routes[nation]})
        self._network = EmbeddedNetwork(tuple((a, b) for a, b in pairs))
        self.crews = crews_of(coalition.coalition, self.nations, world, seed, posts)
        self._stores: dict[Nation, Store] = {}
        self._drivers: dict[Nation, Driver] = {}
        rules = {nation: read_rules(coalition.coalition, nation) for nation in self.nations}
        configs = {
            nation: make_config(coalition, sensors, world, nation, rules[nation], public, legal, self.crews[nation])
            for nation in self.nations
        }
        for config in configs.values():
            self_check(config, areas_sha256=tables_digest())  # its remarks stand in the log: the node says them again at its first tick
        for nation, config in configs.items():
            store: Store = MemoryLog() if log_dir is None else create(log_dir / f"log-{nation}.db")
            store = store if follow is None else follow(nation, store)
            store.append((Record(kind="head", utc_ns=start_utc_ns, mono_ns=0, body=encode_head(make_head(config))),))
            guard = Guard(nation, world, rules[nation], private[nation], key_id_of(public_of(private[nation])))
            self._stores[nation] = store
            self._drivers[nation] = Driver(Node(config, zones), signer_of(guard), store, self._network.endpoint(nation), perf_counter)

    def feed(self, nation: Nation, item: Input, utc_ns: int) -> Fed:
        """Give one nation one input, then carry frames until every link is quiet."""
        now = Now(utc_ns=utc_ns, mono_ns=utc_ns - self._start_ns)
        started = perf_counter()
        driver = self._drivers[nation]
        step = driver.take(item, now)
        disk_s = driver.flush()
        step = _with_released(step, driver)
        return Fed(step=step, disk_s=disk_s, deliveries=self._carry(now, started))

    def act(self, command: Command, utc_ns: int) -> Fed:
        """Let a demo person act at the person's nation's terminal: sign, give to the node, carry on."""
        return self.feed(command.nation, CommandIn(frame=self.crews[command.nation].sign(command)), utc_ns)

    def tick(self, nations: tuple[Nation, ...], utc_ns: int) -> tuple[tuple[Nation, Fed], ...]:
        """Let time pass at several nations at once; their disks commit at the same time, as they would on their own machines."""
        now = Now(utc_ns=utc_ns, mono_ns=utc_ns - self._start_ns)
        started = perf_counter()
        drivers = [self._drivers[nation] for nation in nations]
        steps = [driver.take(Tick(), now) for driver in drivers]
        # without disks there is nothing to wait for at the same time, and threads cost more than they save
        disks = list(self._disks.map(Driver.commit, drivers) if self._on_disk else map(Driver.commit, drivers))
        for driver in drivers:
            driver.send()
        steps = [_with_released(step, driver) for step, driver in zip(steps, drivers, strict=True)]
        deliveries = self._carry(now, started)
        last = len(nations) - 1
        return tuple(
            (nation, Fed(step=step, disk_s=disk_s, deliveries=deliveries if index == last else ()))
            for index, (nation, step, disk_s) in enumerate(zip(nations, steps, disks, strict=True))
        )

    def ticks_due(self, utc_ns: int) -> tuple[tuple[int, tuple[Nation, ...]], ...]:
        """Return (UTC time, nations) of the ticks that nodes asked for up to a time, in order; nations in their own order."""
        due: dict[int, list[Nation]] = {}
        for nation, driver in self._drivers.items():
            due.setdefault(self._start_ns + driver.next_wake_mono_ns, []).append(nation)
        return tuple((when, tuple(due[when])) for when in sorted(due) if when <= utc_ns)

    def _carry(self, now: Now, started: float) -> tuple[Delivery, ...]:
        deliveries: list[Delivery] = []
        for _ in range(ROUNDS_MAX):
            moved = False
            for nation, driver in self._drivers.items():
                arrived: list[tuple[Header, Step]] = []
                for neighbour, frame in self._network.endpoint(nation).receive():
                    moved = True
                    arrived.append((read_header(frame), driver.take(FrameIn(neighbour=neighbour, frame=frame), now)))
                driver.flush()
                seconds = perf_counter() - started
                if arrived:
                    arrived[-1] = (arrived[-1][0], _with_released(arrived[-1][1], driver))
                deliveries.extend(
                    Delivery(nation=nation, origin=header.origin, product=header.product, seconds=seconds, step=step)
                    for header, step in arrived
                    if header.audience == nation
                )
            if not moved:
                return tuple(deliveries)
        text = f"one input caused more than {ROUNDS_MAX} rounds of deliveries: frames go in a circle"
        raise OurFault(text)

    def cut(self, a: Nation, b: Nation) -> None:
        """Take the link between two neighbours down; what is sent over it is lost."""
        self._network.cut(a, b)

    def heal(self, a: Nation, b: Nation) -> None:
        """Bring the link up again."""
        self._network.heal(a, b)

    def counts(self) -> LinkCounts:
        """Return the sum over all nations."""
        each = [driver.node.counts() for driver in self._drivers.values()]
        return LinkCounts(
            sent=sum(c.sent for c in each),
            acknowledged=sum(c.acknowledged for c in each),
            refused=sum(c.refused for c in each),
            waiting=sum(c.waiting for c in each),
        )

    def close(self, utc_ns: int) -> None:
        """End every log properly."""
        self._disks.shutdown()
        for store in self._stores.values():
            store.append((Record(kind="close", utc_ns=utc_ns, mono_ns=utc_ns - self._start_ns, body=b""),))
            store.close()


def make_config(
    coalition: Coalition,
    sensors: tuple[Sensor, ...],
    world: World,
    nation: Nation,
    rules: str,
    keys: tuple[PublicKey, ...],
    legal: tuple[str, ...],
    crew: Crew | None = None,
) -> NodeConfig:
    """Return what a nation's node must know: its own sensors only, its own rules and persons, everybody's public keys."""
    return NodeConfig(
        nation=nation,
        world=world,
        epoch=EPOCH,
        nations=tuple(spec.nation for spec in coalition.nations),
        routes=routes_for(coalition, nation),
        sensors=tuple(sensor for sensor in sensors if sensor.nation == nation),
        policy=parse_policy(rules, f"{coalition.coalition}/{nation}.toml"),
        keys=keys,
        legal=legal,
        people=() if crew is None else crew.people,
        public=PublicRules() if crew is None else crew.posts.rules,
    )


def _with_released(step: Step, driver: Driver) -> Step:
    """Add what the last commit allows to be shown as released."""
    released = driver.released()
    return msgspec.structs.replace(step, views=(*step.views, *released)) if released else step


def signer_of(guard: Guard) -> Callable[[SealRequest], bytes]:
    """Return the guard's seal as the driver calls it."""

    def sign(request: SealRequest) -> bytes:
        return guard.seal(
            origin=request.origin,
            epoch=request.epoch,
            audience=request.audience,
            world=request.world,
            delivery=request.delivery,
            sequence=request.sequence,
            time_ns=request.time_ns,
            product=request.product,
            payload=request.payload,
        )

    return sign


def read_rules(coalition: str, nation: Nation) -> str:
    """Return the packaged release rules of a nation; a missing file means that nothing leaves, and is said."""
    path = files("tocsin") / "data" / "rules" / coalition / f"{nation}.toml"
    if not path.is_file():
        text = f"no release rules for {nation} in coalition {coalition!r}: expected the packaged file rules/{coalition}/{nation}.toml"
        raise OperatorFault(text)
    return path.read_text(encoding="utf-8")


def drain(stand: Stand, utc_ns: int, seconds_max: int) -> int:
    """Let time pass, tick by tick, until no lossless message waits anywhere; return the time reached."""
    end_ns = utc_ns + seconds_max * 1_000_000_000
    while utc_ns < end_ns and (stand.counts().waiting or stand.counts().sent > stand.counts().acknowledged):
        utc_ns += 1_000_000_000
        for when, nations in stand.ticks_due(utc_ns):
            stand.tick(nations, when)
    return utc_ns
