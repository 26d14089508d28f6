"""A catalogue event played on three nodes with persons who act, and sensors that may lose the missile at a given time."""

from dataclasses import dataclass, field

import msgspec

from tocsin.api.stand import Stand, drain
from tocsin.geography import load_zones
from tocsin.messages.command import Command
from tocsin.messages.event import LaunchEvent
from tocsin.messages.public import Proposal
from tocsin.messages.warning import Warning as TocsinWarning
from tocsin.node.inputs import ScanIn
from tocsin.node.node import LinkCounts
from tocsin.node.outputs import View
from tocsin.sim.catalogue_scenario import COALITION, catalogue_scenario
from tocsin.sim.coalition import place
from tocsin.sim.flight import Flight
from tocsin.sim.night import make_night
from tocsin.sim.observe import CLUTTER, SimScan, play
from tocsin.sim.scenario import load_coalition
from tocsin.units import NS_PER_S

NATIONS = ("KOR", "JPN", "USA")
AFTER_S = 500  # time passes without sensors after the last impact: longer than any footprint of these flights
SIGN_S = 15  # from a draft to its second consent: two persons read it


@dataclass
class Played:
    """What three nations said. Times in seconds since lift-off of the first missile."""

    flight: Flight
    events: dict[str, list[LaunchEvent]] = field(default_factory=lambda: {n: [] for n in NATIONS})  # joint
    warnings: dict[str, list[TocsinWarning]] = field(default_factory=lambda: {n: [] for n in NATIONS})  # joint
    at_partner: list[tuple[str, str, TocsinWarning]] = field(default_factory=list)  # (where, origin, warning)
    proposals: dict[str, list[tuple[float, Proposal]]] = field(default_factory=lambda: {n: [] for n in NATIONS})
    counts: LinkCounts | None = None

    def since(self, time_ns: int) -> float:
        return (time_ns - self.flight.launch_ns) / NS_PER_S

    def released(self, nation: str, audience: str) -> list[tuple[float, Proposal]]:
        return [(t, p) for t, p in self.proposals[nation] if p.status == "released" and p.audience == audience]

    def named(self, nation: str, *kinds: str) -> set[str]:
        return {area.area for warning in self.warnings[nation] for area in warning.areas if area.kind in kinds}


class _Night:
    """One run."""

    def __init__(self, event: str, crew: str) -> None:
        self.scenario = catalogue_scenario(event)
        self.night = make_night(self.scenario)
        coalition = load_coalition(COALITION)
        self.sensors = place(coalition)
        self.owner = {sensor.sensor: sensor.nation for sensor in self.sensors}
        self.stand = Stand(
            coalition, self.sensors, "exercise", load_zones(), seed=1, log_dir=None, legal=(), start_utc_ns=self.night.start_ns
        )
        self.crew = crew
        self.played = Played(self.night.flights[0])
        self.to_sign: dict[str, tuple[int, Proposal]] = {}
        self.acts = 0

    def see(self, nation: str, views: tuple[View, ...], now_ns: int) -> None:
        for view in views:
            item = view.item
            if isinstance(item, TocsinWarning):
                if view.source != nation:
                    self.played.at_partner.append((nation, view.source, item))
                elif view.picture == "joint":
                    self.played.warnings[nation].append(item)
            elif isinstance(item, LaunchEvent) and view.source == nation and view.picture == "joint":
                self.played.events[nation].append(item)
            elif isinstance(item, Proposal):
                self.played.proposals[nation].append((self.played.since(now_ns), item))
                if nation == self.crew and item.status in ("open", "half", "held"):
                    self.to_sign.setdefault(item.proposal, (now_ns, item))

    def carry(self, nation: str, item: ScanIn, now_ns: int) -> None:
        fed = self.stand.feed(nation, item, now_ns)
        self.see(nation, fed.step.views, now_ns)
        for delivery in fed.deliveries:
            self.see(delivery.nation, delivery.step.views, now_ns)

    def tick_until(self, until_ns: int) -> None:
        while due := self.stand.ticks_due(until_ns):
            for when, nations in due:
                for nation, fed in self.stand.tick(nations, when):
                    self.see(nation, fed.step.views, when)
                    for delivery in fed.deliveries:
                        self.see(delivery.nation, delivery.step.views, when)
                self.sign(when)

    def sign(self, now_ns: int) -> None:
        """Both persons sign every draft of their nation some seconds after it was made."""
        for name, (made_ns, draft) in list(self.to_sign.items()):
            if now_ns - made_ns < SIGN_S * NS_PER_S:
                continue
            del self.to_sign[name]
            for post in self.stand.crews[self.crew].people[:2]:
                self.acts += 1
                command = Command(
                    command=f"act-{self.acts}",
                    person=post.person,
                    nation=self.crew,
                    act="approve",
                    time_ns=now_ns,
                    world="exercise",
                    terminal=f"desk of {post.person}",
                    proposal=draft.proposal,
                    digest=draft.digest,
                )
                fed = self.stand.act(command, now_ns)
                self.see(self.crew, fed.step.views, now_ns)


def play_event(event: str, *, lost_s: float | None = None, crew: str = "JPN") -> Played:
    """Play an event; from ``lost_s`` after lift-off on no sensor of anybody detects the missile any more."""
    run = _Night(event, crew)
    lost_ns = None if lost_s is None else run.night.flights[0].launch_ns + int(lost_s * NS_PER_S)
    for sim_scan in play(run.scenario, run.sensors, 1, run.night):
        now_ns = sim_scan.scan.time_ns
        if lost_ns is not None and now_ns > max(lost_ns, run.night.flights[0].impact_ns):
            break
        run.tick_until(now_ns)
        scan = sim_scan.scan if lost_ns is None or now_ns < lost_ns else _only_clutter(sim_scan).scan
        run.carry(run.owner[scan.sensor], ScanIn(scan=scan), now_ns)
    end_ns = run.night.flights[-1].impact_ns + AFTER_S * NS_PER_S
    run.tick_until(end_ns)
    drain(run.stand, end_ns, 60)
    run.played.counts = run.stand.counts()
    run.stand.close(end_ns)
    return run.played


def _only_clutter(sim_scan: SimScan) -> SimScan:
    plots = tuple(plot for plot, label in zip(sim_scan.scan.plots, sim_scan.labels, strict=True) if label == CLUTTER)
    return msgspec.structs.replace(sim_scan, scan=msgspec.structs.replace(sim_scan.scan, plots=plots), labels=(CLUTTER,) * len(plots))
