"""A piece of quiet time played through the real line: trackers, both pictures, assessment, warning desk and public desk of every nation.

No tables here, and nothing that knows what was drawn: what comes out is counted. Tests, ``clutter`` and ``soak`` share it. No
wire, no guard, no store: nations of a coalition hear each other's ballistic tracks at once and in full, the worst case for
false events. Beside a coalition's piece an exercise world plays a drill on its own line; all that it says is also handed to a
live desk, which must refuse it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from math import exp
from time import process_time
from typing import Final

import msgspec

from tocsin.geography import Zones, load_zones
from tocsin.messages.basics import Nation, World
from tocsin.messages.event import LaunchEvent
from tocsin.messages.people import PublicRules
from tocsin.messages.plot import Scan
from tocsin.messages.release import Policy
from tocsin.messages.sensor import Sensor
from tocsin.messages.track import Track
from tocsin.node.config import NodeConfig
from tocsin.node.pipeline import Pipeline, PipelineStep
from tocsin.sim.observe import SimScan, play
from tocsin.sim.quiet import Piece, Quiet, draw_drill, draw_quiet
from tocsin.units import NS_PER_S
from tocsin.warning.desk import WarningDesk
from tocsin.warning.public import PublicDesk

DRILL_NATION: Final = "KOR"
CONFIDENCE: Final = 0.95


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """What one piece gave. Events are those of joint pictures (an own-sensors picture's are among them), summed over nations."""

    piece: Piece
    plots: int
    tracks: int  # confirmed by a tracker and called ballistic at some time, whatever became of them
    others: int  # ... and called anything else: aircraft, satellites, meteors, unknown
    suspected: int  # events that were ever shown, confirmed ones included
    confirmed: int
    proposals: int  # drafts for the public, of all nations
    drills: int = 0  # drills played beside it in which the exercise world confirmed its missile
    drill_proposals: int = 0  # drafts for the public that the exercise world made (none is right where it stays over the open sea)
    drill_events: int = 0  # revisions of exercise events handed to the live desk ...
    leaks: int = 0  # ... and what it or the live line made of an exercise
    cpu_s: float = 0.0


@dataclass
class _Seen:
    """Names of what was said so far."""

    tracks: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)
    suspected: set[str] = field(default_factory=set)
    confirmed: set[str] = field(default_factory=set)
    proposals: set[str] = field(default_factory=set)
    worlds: set[World] = field(default_factory=set)
    events: list[LaunchEvent] = field(default_factory=list)

    def take(self, step: PipelineStep) -> None:
        """Book one step of one nation."""
        self.tracks |= {track.track for track in step.tracks if track.kind == "ballistic" and track.confirmed_ns is not None}
        self.others |= {track.track for track in step.tracks if track.kind != "ballistic" and track.confirmed_ns is not None}
        self.events += step.joint.events
        self.suspected |= {event.event for event in step.joint.events}
        self.confirmed |= {event.event for event in step.joint.events if event.status not in ("suspected", "cancelled")}
        self.worlds |= {item.world for picture in (step.alone, step.joint) for item in (*picture.events, *picture.warnings)}


class Lines:
    """The lines of all nations of a set of sensors in one world; each hears the others' ballistic tracks."""

    def __init__(self, sensors: tuple[Sensor, ...], world: World, zones: Zones) -> None:
        self.nations = tuple(dict.fromkeys(sensor.nation for sensor in sensors))
        self._owner = {sensor.sensor: sensor.nation for sensor in sensors}
        self._lines = {nation: _line(nation, self.nations, sensors, world, zones) for nation in self.nations}
        self._desks = {nation: PublicDesk(nation, world, PublicRules()) for nation in self.nations}
        self.seen = _Seen()

    def scan(self, scan: Scan) -> None:
        """Take one scan of its owner, and tell the partners."""
        nation = self._owner[scan.sensor]
        self._share(nation, self._lines[nation].scan(scan, scan.time_ns), scan.time_ns)

    def tick(self, now_ns: int) -> None:
        """Let time pass on every line."""
        for nation, line in self._lines.items():
            self._share(nation, line.tick(now_ns), now_ns)

    def _share(self, nation: Nation, step: PipelineStep, now_ns: int) -> None:
        self._take(nation, step, now_ns)
        told: tuple[Track, ...] = tuple(track for track in step.tracks if track.kind == "ballistic")
        if told:
            for other, line in self._lines.items():
                if other != nation:
                    self._take(other, line.partner_tracks(told, now_ns), now_ns)

    def _take(self, nation: Nation, step: PipelineStep, now_ns: int) -> None:
        """Book one step, and what the nation's public desk drafts from it."""
        self.seen.take(step)
        if step.joint.warnings:
            self.seen.proposals |= {one.proposal for one in self._desks[nation].step(step.joint.warnings, (), {}, now_ns)[0]}


def play_piece(piece: Piece) -> Count:
    """Draw one piece, play it, count."""
    quiet = draw_quiet(piece)
    started = process_time()
    lines, plots = run(quiet, "live")
    drills, drafted, handed, leaks = _drill(piece) if piece.field == "coalition" else (0, 0, 0, 0)
    seen = lines.seen
    return Count(
        piece=piece,
        plots=plots,
        tracks=len(seen.tracks),
        others=len(seen.others - seen.tracks),
        suspected=len(seen.suspected),
        confirmed=len(seen.confirmed),
        proposals=len(seen.proposals),
        drills=drills,
        drill_proposals=drafted,
        drill_events=handed,
        leaks=leaks + sum(world != "live" for world in seen.worlds),
        cpu_s=process_time() - started,
    )


def run(quiet: Quiet, world: World) -> tuple[Lines, int]:
    """Play drawn time to the lines of its sensors' nations; return them and the number of plots."""
    lines, plots = Lines(quiet.sensors, world, _zones()), 0
    due_ns = quiet.night.start_ns
    for one in _scans(quiet):
        while due_ns <= one.scan.time_ns:
            lines.tick(due_ns)
            due_ns += NS_PER_S
        lines.scan(one.scan)
        plots += len(one.scan.plots)
    while due_ns <= quiet.night.end_ns:
        lines.tick(due_ns)
        due_ns += NS_PER_S
    return lines, plots


def _drill(piece: Piece) -> tuple[int, int, int, int]:
    """Play a drill in an exercise world; return (1 if confirmed there, its drafts, revisions given to a live desk, what that made)."""
    _, quiet = draw_drill(piece)
    own = tuple(sensor for sensor in quiet.sensors if sensor.nation == DRILL_NATION)
    lines, _ = run(Quiet(quiet.night, own, quiet.seed), "exercise")
    desk = WarningDesk(DRILL_NATION, "live")
    leaked = 0
    for event in lines.seen.events:
        warnings, posture, _ = desk.step((event,), (), event.time_ns)
        leaked += len(warnings) + (posture.level != "normal")
    leaked += sum(world != "exercise" for world in lines.seen.worlds)
    return int(bool(lines.seen.confirmed)), len(lines.seen.proposals), len(lines.seen.events), leaked


def _scans(quiet: Quiet) -> Iterator[SimScan]:
    """Yield the scans of all sensors in time order."""
    return iter(play(quiet.night.scenario, quiet.sensors, quiet.seed, quiet.night))


def _line(nation: Nation, nations: tuple[Nation, ...], sensors: tuple[Sensor, ...], world: World, zones: Zones) -> Pipeline:
    """Return one nation's line of work."""
    policy = Policy(nation=nation, version=0, rules=())  # nothing leaves over a wire here
    own = tuple(sensor for sensor in sensors if sensor.nation == nation)
    config = NodeConfig(nation=nation, world=world, epoch=1, nations=nations, routes=(), sensors=own, policy=policy, keys=())
    return Pipeline(config, zones)


@cache
def _zones() -> Zones:
    """Return the zones, loaded once a process."""
    return load_zones()


def poisson_upper(count: int) -> float:
    """Return the exact one-sided 95 % upper bound of a Poisson mean (Garwood 1936): P(X <= count) is 5 % there."""
    low, high = 0.0, 10.0 * (count + 5.0)
    for _ in range(100):
        middle = 0.5 * (low + high)
        term = total = exp(-middle)
        for k in range(1, count + 1):
            term *= middle / k
            total += term
        low, high = (middle, high) if total > 1.0 - CONFIDENCE else (low, middle)
    return low
