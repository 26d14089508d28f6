"""What another place of a movable sensor would have given: only the nation that owns it is played again, without log and links.

What partners shared stands as it was recorded in the main run, since their sensors and rules are the same.
"""

import msgspec

from tocsin.api.night import Plan, new_record, note_first, wanted
from tocsin.evaluation.night import NationFigures, nation_figures
from tocsin.evaluation.record import NationRecord, NightRecord
from tocsin.geography import Zones
from tocsin.messages.basics import Nation
from tocsin.messages.track import Track
from tocsin.node.config import NodeConfig
from tocsin.node.pipeline import PictureStep, Pipeline, PipelineStep
from tocsin.sim.night import Night
from tocsin.units import NS_PER_S


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """One nation's figures with a sensor elsewhere."""

    configuration: str
    nation: Nation
    figures: NationFigures


def play_alone(plan: Plan, night: Night, zones: Zones, config: NodeConfig, main: NightRecord) -> Moved:
    """Play one nation's sensors as placed in ``plan`` with the partners' tracks of the main run; return its figures."""
    record = new_record(plan, night)
    record.first_plots = [plot for plot in main.first_plots if plot.nation != config.nation]
    own = NationRecord(nation=config.nation)
    record.nations = {config.nation: own}
    pipeline = Pipeline(config, zones)
    shared = list(main.nations[config.nation].partner_tracks)
    next_tick_ns = night.start_ns
    for sim_scan in wanted(plan, night):
        time_ns = sim_scan.scan.time_ns
        while next_tick_ns <= time_ns:
            _partners(pipeline, shared, own, next_tick_ns)
            _keep(own, pipeline.tick(next_tick_ns))
            next_tick_ns += NS_PER_S
        _partners(pipeline, shared, own, time_ns)
        note_first(record, config.nation, sim_scan)
        _keep(own, pipeline.scan(sim_scan.scan, time_ns))
    while next_tick_ns <= night.end_ns:
        _partners(pipeline, shared, own, next_tick_ns)
        _keep(own, pipeline.tick(next_tick_ns))
        next_tick_ns += NS_PER_S
    # every nation whose sensors saw it stands in the first detections of "together"
    record.nations = {code: own if code == config.nation else NationRecord(nation=code) for code in main.nations}
    return Moved(configuration=plan.configuration, nation=config.nation, figures=nation_figures(record, own))


def _partners(pipeline: Pipeline, shared: list[tuple[int, tuple[Track, ...]]], own: NationRecord, until_ns: int) -> None:
    while shared and shared[0][0] <= until_ns:
        time_ns, tracks = shared.pop(0)
        _keep(own, pipeline.partner_tracks(tracks, time_ns))


def _keep(own: NationRecord, step: PipelineStep) -> None:
    own.own_tracks.extend(step.tracks)
    _keep_picture(step.alone, own)
    _keep_picture(step.joint, own)


def _keep_picture(step: PictureStep, own: NationRecord) -> None:
    alone = step.picture == "alone"
    (own.alone_fused if alone else own.fused).extend(step.fused)
    (own.alone_events if alone else own.joint_events).extend(step.events)
    (own.alone_warnings if alone else own.joint_warnings).extend(step.warnings)
