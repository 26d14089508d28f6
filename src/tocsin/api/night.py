"""Play a scenario: simulated sensors feed every nation's node on a stand, in time order, and all that the nodes show is kept."""

from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np

from tocsin.adapters.driver import Step
from tocsin.adapters.store.port import Store
from tocsin.api.stand import Fed, Stand, drain
from tocsin.evaluation.record import AircraftTruth, FirstPlot, MissileTruth, NationRecord, NightRecord
from tocsin.geography import Zones
from tocsin.messages.basics import Nation, Vec3
from tocsin.messages.coalition import Coalition
from tocsin.messages.command import Command
from tocsin.messages.event import LaunchEvent
from tocsin.messages.plot import Plot
from tocsin.messages.public import Proposal
from tocsin.messages.report import JournalEntry
from tocsin.messages.sensor import Sensor
from tocsin.messages.track import FusedTrack, Track
from tocsin.messages.warning import Posture, Warning
from tocsin.node.inputs import ScanIn
from tocsin.node.outputs import View
from tocsin.sim.ephemeris import Ephemeris
from tocsin.sim.night import Night
from tocsin.sim.observe import AIRCRAFT_BASE, CLUTTER, SimScan, play
from tocsin.sim.scenario import Scenario
from tocsin.units import NS_PER_S

AFTER_NS = 420 * NS_PER_S  # time passes without sensors until the all-clear: unseen glides come down up to six minutes late
DRAIN_S_MAX = 120  # with healthy links two heartbeats are enough
TRUTH_STEP_NS = NS_PER_S


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """Something a listener may show: at this time this nation's node showed these views."""

    time_ns: int
    nation: Nation
    views: tuple[View, ...] = ()
    first: tuple[FirstPlot, ...] = ()  # missiles that a sensor detected for the first time: the simulation's own knowledge


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Which night is played, on what, and how. ``skip_quiet`` leaves out minutes in which nothing flies."""

    scenario: Scenario
    coalition: Coalition
    sensors: tuple[Sensor, ...]
    configuration: str
    seed: int
    skip_quiet: bool
    log_dir: Path | None


Listener = Callable[[Happening], None]
Pace = Callable[[int], None]


def _no_pace(_: int) -> None:
    """As fast as it goes."""


def play_night(
    plan: Plan,
    night: Night,
    zones: Zones,
    pace: Pace = lambda _: None,
    listen: Listener = lambda _: None,
    keep: Callable[[Plot], None] = lambda _: None,
    follow: Callable[[Nation, Store], Store] | None = None,
) -> NightRecord:
    """Play the whole night and return its record.

    ``pace`` is told the simulated UTC time before each step and may wait; ``listen`` hears what nodes show; ``keep`` gets every plot;
    ``follow`` may wrap each nation's store.
    """
    record = new_record(plan, night)
    owners = {sensor.sensor: sensor.nation for sensor in plan.sensors}
    stand = Stand(
        plan.coalition,
        plan.sensors,
        plan.scenario.world,
        zones,
        seed=plan.seed,
        log_dir=plan.log_dir,
        legal=plan.scenario.legal,
        start_utc_ns=night.start_ns,
        follow=follow,
    )
    time_ns = night.start_ns
    journal = deque(plan.scenario.journal)
    try:
        for sim_scan in wanted(plan, night):
            time_ns = sim_scan.scan.time_ns
            _tick_until(stand, record, time_ns, pace, listen)
            while journal and journal[0].time_ns <= time_ns:
                _enter(stand, record, journal.popleft(), time_ns, listen)
            pace(time_ns)
            nation = owners[sim_scan.scan.sensor]
            first = note_first(record, nation, sim_scan)
            if first:
                listen(Happening(time_ns=time_ns, nation=nation, first=first))
            for plot in sim_scan.scan.plots:
                keep(plot)
            record.plots += len(sim_scan.scan.plots)
            _take(record, nation, time_ns, stand.feed(nation, ScanIn(scan=sim_scan.scan), time_ns), listen)
        _tick_until(stand, record, night.end_ns, pace, listen)
        _tick_until(stand, record, night.end_ns + AFTER_NS, _no_pace, listen)
        time_ns = drain(stand, night.end_ns + AFTER_NS, DRAIN_S_MAX)
        counts = stand.counts()
        record.sent, record.acknowledged, record.refused = counts.sent, counts.acknowledged, counts.refused
    finally:
        stand.close(time_ns)
    return record


def _enter(stand: Stand, record: NightRecord, entry: JournalEntry, time_ns: int, listen: Listener) -> None:
    """Let the first post of each nation write an entry into its journal."""
    for nation in stand.nations:
        person = stand.crews[nation].people[0].person
        command = Command(
            command=f"journal-{entry.entry}",
            person=person,
            nation=nation,
            act="journal",
            time_ns=time_ns,
            world=record.world,
            terminal=f"{nation}-1",
            entry=entry,
        )
        _take(record, nation, time_ns, stand.act(command, time_ns), listen)


def wanted(plan: Plan, night: Night) -> Iterator[SimScan]:
    """Yield the night's scans in time order, without those of quiet minutes if the plan says so."""
    for sim_scan in play(plan.scenario, plan.sensors, plan.seed, night):
        time_ns = sim_scan.scan.time_ns
        if plan.skip_quiet and any(quiet.start_ns <= time_ns < quiet.end_ns for quiet in night.quiet):
            continue
        yield sim_scan


def new_record(plan: Plan, night: Night) -> NightRecord:
    """Return the record of a night that has not begun: its truth only."""
    missiles = []
    for missile, flight in zip(plan.scenario.missiles, night.flights, strict=True):
        missiles.append(
            MissileTruth(
                missile=missile.missile,
                launch_ns=flight.launch_ns,
                burnout_ns=flight.burnout_ns,
                impact_ns=flight.impact_ns,
                launch_rad=(flight.launch_lat_rad, flight.launch_lon_rad),
                impact_rad=(flight.impact_lat_rad, flight.impact_lon_rad),
                apogee_m=flight.apogee_m,
                range_m=flight.range_m,
                samples=_samples(flight.path, flight.launch_ns, flight.impact_ns),
            )
        )
    return NightRecord(
        event=plan.scenario.scenario,
        title=plan.scenario.title,
        world=plan.scenario.world,
        configuration=plan.configuration,
        seed=plan.seed,
        start_ns=night.start_ns,
        end_ns=night.end_ns,
        eez_nation=plan.scenario.eez_nation,
        missiles=tuple(missiles),
        aircraft=_aircraft(plan, night),
        first_plots=[],
        nations={spec.nation: NationRecord(nation=spec.nation) for spec in plan.coalition.nations},
    )


def _aircraft(plan: Plan, night: Night) -> tuple[AircraftTruth, ...]:
    return tuple(
        AircraftTruth(aircraft=aircraft.aircraft, kind=aircraft.kind, samples=_samples(ephemeris, night.start_ns, night.end_ns))
        for aircraft, ephemeris in zip(plan.scenario.aircraft, night.aircraft, strict=True)
    )


def _samples(path: Ephemeris, from_ns: int, to_ns: int) -> tuple[tuple[int, Vec3], ...]:
    times_ns = np.arange(from_ns, to_ns, TRUTH_STEP_NS, dtype=np.int64)
    positions, _, inside = path.sample(times_ns)
    rows = zip(times_ns.tolist(), positions.tolist(), inside.tolist(), strict=True)
    return tuple((time_ns, (x, y, z)) for time_ns, (x, y, z), held in rows if held)


def _tick_until(stand: Stand, record: NightRecord, until_ns: int, pace: Pace, listen: Listener) -> None:
    while due := stand.ticks_due(until_ns):
        for when, nations in due:
            pace(when)
            for nation, fed in stand.tick(nations, when):
                _take(record, nation, when, fed, listen)


def note_first(record: NightRecord, nation: Nation, sim_scan: SimScan) -> tuple[FirstPlot, ...]:
    """Note and return the first true plots of missiles on this sensor (the simulation's own knowledge, for scoring only)."""
    first: list[FirstPlot] = []
    for label in sim_scan.labels:
        if label == CLUTTER or label >= AIRCRAFT_BASE:
            continue
        name, sensor = record.missiles[label].missile, sim_scan.scan.sensor
        if not any(plot.missile == name and plot.sensor == sensor for plot in record.first_plots):
            first.append(FirstPlot(missile=name, sensor=sensor, nation=nation, time_ns=sim_scan.scan.time_ns))
    record.first_plots.extend(first)
    return tuple(first)


def _take(record: NightRecord, nation: Nation, time_ns: int, fed: Fed, listen: Listener) -> None:
    step = fed.step
    _keep(record, nation, time_ns, step, listen)
    for key, seconds in (("node", step.node_s), ("guard", step.guard_s), ("disk", fed.disk_s)):
        if seconds > 0.0:
            record.latency_s.setdefault(key, []).append(seconds)
    for delivery in fed.deliveries:
        _keep(record, delivery.nation, time_ns, delivery.step, listen)
        if delivery.product == "track":
            record.latency_s.setdefault("plot_to_partner", []).append(delivery.seconds)
        elif delivery.product == "warning":
            record.latency_s.setdefault("warning_to_partner", []).append(delivery.seconds)


def _keep(record: NightRecord, nation: Nation, time_ns: int, step: Step, listen: Listener) -> None:
    own = record.nations[nation]
    partner: list[Track] = []
    for view in step.views:
        _keep_view(own, view, partner, time_ns)
    if partner:
        own.partner_tracks.append((time_ns, tuple(partner)))
    for note in step.notes:
        own.notes[note.code] = own.notes.get(note.code, 0) + 1
    if step.views:
        listen(Happening(time_ns=time_ns, nation=nation, views=step.views))


def _keep_view(own: NationRecord, view: View, partner: list[Track], time_ns: int) -> None:
    mine, alone = view.source == own.nation, view.picture == "alone"
    match view.item:
        case Track():
            (own.own_tracks if mine else partner).append(view.item)
        case FusedTrack():
            (own.alone_fused if alone else own.fused).append(view.item)
        case LaunchEvent() if mine:
            (own.alone_events if alone else own.joint_events).append(view.item)
        case LaunchEvent():
            own.partner_events.append(view.item)
        case Warning() if mine:
            (own.alone_warnings if alone else own.joint_warnings).append(view.item)
        case Warning():
            own.partner_warnings.append((time_ns, view.item))
        case Posture():
            own.postures.append(view.item)
        case Proposal():
            own.proposals.append(view.item)
