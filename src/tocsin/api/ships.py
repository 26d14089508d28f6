"""What another place of a movable sensor would have given: only the nation that owns it is played again, without log and links.

What partners shared stands as it was recorded in the main run, since their sensors and rules are the same.
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
from tocsin.node.pipeline import PictureStep, Pipeline, PipelineStep
from tocsin.sim.coalition import place
from tocsin.sim.night import make_night
from tocsin.units import NS_PER_S


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """One further placing, ready for a worker process. ``plan.sensors`` are in their new places."""

    plan: Plan
    nation: Nation
    shared: tuple[tuple[int, tuple[Track, ...]], ...]  # partners' tracks as that nation admitted them, with the time
    first_plots: tuple[FirstPlot, ...]  # of all other nations


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """One nation's figures with a sensor elsewhere."""

    configuration: str
    nation: Nation
    figures: NationFigures


def elsewhere(plan: Plan, main: NightRecord) -> tuple[Elsewhere, ...]:
    """Return one task for each configuration of the coalition other than the one that was played, in file order."""
    owners = {sensor.sensor: sensor.nation for sensor in plan.coalition.sensors}
    tasks = []
    for configuration in plan.coalition.configurations:
        moved = sorted({owners[move.sensor] for move in configuration.moves})
        if configuration.name == plan.configuration or not moved:
            continue
        if len(moved) > 1:
            text = f"configuration {configuration.name!r} moves sensors of {', '.join(moved)}: expected sensors of one nation only"
            raise OperatorFault(text)
        tasks.append(
            Elsewhere(
                plan=msgspec.structs.replace(plan, sensors=place(plan.coalition, configuration.name), configuration=configuration.name, log_dir=None),
                nation=moved[0],
                shared=tuple(main.nations[moved[0]].partner_tracks),
                first_plots=tuple(plot for plot in main.first_plots if plot.nation != moved[0]),
            )
        )
    return tuple(tasks)


def play_elsewhere(task: Elsewhere) -> Moved:
    """Play one nation's sensors as placed in the task with the partners' tracks of the main run; return its figures."""
    plan = task.plan
    night = make_night(plan.scenario)
    config = make_config(plan.coalition, plan.sensors, plan.scenario.world, task.nation, read_rules(plan.coalition.coalition, task.nation), (), plan.scenario.legal)
    own = NationRecord(nation=task.nation)
    record = new_record(plan, night)
    record.first_plots = list(task.first_plots)
    record.nations[task.nation] = own
    pipeline = Pipeline(config, load_zones())
    own_plan = msgspec.structs.replace(plan, sensors=config.sensors)
    inputs: list[tuple[int, int, object]] = [(when, 0, None) for when in range(night.start_ns, night.end_ns + 1, NS_PER_S)]
    inputs += [(when, 1, tracks) for when, tracks in task.shared]
    inputs += [(sim_scan.scan.time_ns, 2, sim_scan) for sim_scan in wanted(own_plan, night)]
    for when, kind, item in sorted(inputs, key=lambda entry: entry[:2]):
        if kind == 0:
            _keep(own, pipeline.tick(when))
        elif kind == 1:
            _keep(own, pipeline.partner_tracks(item, when))  # type: ignore[arg-type]  # the kind says what it is
        else:
            note_first(record, task.nation, item)  # type: ignore[arg-type]
            _keep(own, pipeline.scan(item.scan, when))  # type: ignore[attr-defined]
    return Moved(configuration=plan.configuration, nation=task.nation, figures=nation_figures(record, own))


def _keep(own: NationRecord, step: PipelineStep) -> None:
    own.own_tracks.extend(step.tracks)
    _keep_picture(step.alone, own)
    _keep_picture(step.joint, own)


def _keep_picture(step: PictureStep, own: NationRecord) -> None:
    alone = step.picture == "alone"
    (own.alone_fused if alone else own.fused).extend(step.fused)
    (own.alone_events if alone else own.joint_events).extend(step.events)
    (own.alone_warnings if alone else own.joint_warnings).extend(step.warnings)
