"""What another place of a movable sensor would have given: only the nation that owns it is played again, without log and links.

Two stages, so that the first can run on another core while the night is played: the moved sensors' tracks need nothing of the
main run; the pictures need what partners shared in it, which stands as recorded, since their sensors and rules are the same.
"""

import msgspec

from tocsin.api.night import Plan, new_record, note_first, wanted
from tocsin.api.stand import make_config, read_rules
from tocsin.errors import OperatorFault
from tocsin.evaluation.night import NationFigures, nation_figures
from tocsin.evaluation.record import FirstPlot, NationRecord, NightRecord
from tocsin.geography import load_zones
from tocsin.messages.basics import Nation
from tocsin.messages.track import Track
from tocsin.node.pipeline import Picture, PictureStep
from tocsin.sim.coalition import place
from tocsin.sim.night import make_night
from tocsin.tracking.tracker import Tracker
from tocsin.units import NS_PER_S

Arrivals = tuple[tuple[int, tuple[Track, ...]], ...]  # (time_ns, tracks), in order


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """One further placing. ``plan.sensors`` are in their new places; ``nation`` owns what was moved."""

    plan: Plan
    nation: Nation


class Tracked(msgspec.Struct, frozen=True, kw_only=True):
    """First stage: the nation's own tracks with its sensor elsewhere."""

    task: Elsewhere
    own: Arrivals
    first_plots: tuple[FirstPlot, ...]


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """Second stage's input: the first stage and what the main run's partners shared and first saw."""

    tracked: Tracked
    partners: Arrivals
    first_plots: tuple[FirstPlot, ...]


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """One nation's figures with a sensor elsewhere."""

    configuration: str
    nation: Nation
    figures: NationFigures


def elsewhere(plan: Plan) -> tuple[Elsewhere, ...]:
    """Return one task for each configuration of the coalition other than the one that is played, in file order."""
    owners = {sensor.sensor: sensor.nation for sensor in plan.coalition.sensors}
    tasks = []
    for configuration in plan.coalition.configurations:
        moved = sorted({owners[move.sensor] for move in configuration.moves})
        if configuration.name == plan.configuration or not moved:
            continue
        if len(moved) > 1:
            text = f"configuration {configuration.name!r} moves sensors of {', '.join(moved)}: expected sensors of one nation only"
            raise OperatorFault(text)
        sensors = place(plan.coalition, configuration.name)
        there = msgspec.structs.replace(plan, sensors=sensors, configuration=configuration.name, log_dir=None)
        tasks.append(Elsewhere(plan=there, nation=moved[0]))
    return tuple(tasks)


def track_elsewhere(tasks: tuple[Elsewhere, ...]) -> tuple[Tracked, ...]:
    """First stage of all placings, one after the other: needs nothing of the main run."""
    return tuple(_track(task) for task in tasks)


def _track(task: Elsewhere) -> Tracked:
    own_sensors = tuple(sensor for sensor in task.plan.sensors if sensor.nation == task.nation)
    night = make_night(task.plan.scenario)
    record = new_record(task.plan, night)
    tracker = Tracker(task.nation, own_sensors)
    arrivals = []
    for sim_scan in wanted(msgspec.structs.replace(task.plan, sensors=own_sensors), night):
        note_first(record, task.nation, sim_scan)
        tracks, _ = tracker.step(sim_scan.scan, sim_scan.scan.time_ns)
        if tracks:
            arrivals.append((sim_scan.scan.time_ns, tracks))
    return Tracked(task=task, own=tuple(arrivals), first_plots=tuple(record.first_plots))


def share(tracked: Tracked, main: NightRecord) -> Shared:
    """Return the second stage's input after the main run."""
    nation = tracked.task.nation
    return Shared(
        tracked=tracked,
        partners=tuple(main.nations[nation].partner_tracks),
        first_plots=tuple(plot for plot in main.first_plots if plot.nation != nation),
    )


def picture_elsewhere(shared: Shared) -> Moved:
    """Second stage: both pictures of the nation, and its figures."""
    task = shared.tracked.task
    plan = task.plan
    night = make_night(plan.scenario)
    rules = read_rules(plan.coalition.coalition, task.nation)
    config = make_config(plan.coalition, plan.sensors, plan.scenario.world, task.nation, rules, (), plan.scenario.legal)
    zones = load_zones()
    alone, joint = Picture(config, zones, "alone"), Picture(config, zones, "joint")
    own = NationRecord(nation=task.nation)
    record = new_record(plan, night)
    record.first_plots = [*shared.first_plots, *shared.tracked.first_plots]
    record.nations[task.nation] = own
    inputs: list[tuple[int, int, tuple[Track, ...]]] = [(when, 0, ()) for when in range(night.start_ns, night.end_ns + 1, NS_PER_S)]
    inputs += [(when, 1, tracks) for when, tracks in shared.partners]
    inputs += [(when, 2, tracks) for when, tracks in shared.tracked.own]
    for when, kind, tracks in sorted(inputs, key=lambda entry: entry[:2]):
        _keep(alone.step(tracks if kind == 2 else (), (), when), own)
        _keep(joint.step(tracks, (), when), own)
    return Moved(configuration=plan.configuration, nation=task.nation, figures=nation_figures(record, own))


def _keep(step: PictureStep, own: NationRecord) -> None:
    alone = step.picture == "alone"
    (own.alone_fused if alone else own.fused).extend(step.fused)
    (own.alone_events if alone else own.joint_events).extend(step.events)
    (own.alone_warnings if alone else own.joint_warnings).extend(step.warnings)
