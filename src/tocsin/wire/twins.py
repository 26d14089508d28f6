"""Messages to their wire twins and back, field by field. No bytes here, no policy.

Outgoing, a field that holds its neutral value becomes None, so that withheld and unknown look the same on the wire.
Incoming, None becomes the neutral value again. Numbers are made plain floats, so that 0 and 0.0 give the same bytes.
"""

from typing import Final

from tocsin.messages.event import ImpactEstimate, LaunchEvent, NationView, PathPoint
from tocsin.messages.receipt import Heartbeat, Receipt, StreamMark
from tocsin.messages.track import LaunchEstimate, ModelProbabilities, Track
from tocsin.messages.warning import Warning
from tocsin.sharing.fields import NEUTRAL_BOOST, NEUTRAL_MODEL, NEUTRAL_THRUST_MPS2, NEUTRAL_THRUST_SIGMA_MPS2
from tocsin.wire.v1 import (
    EventV1,
    HeartbeatV1,
    ImpactV1,
    LaunchV1,
    ModelsV1,
    NationViewV1,
    PathPointV1,
    ReceiptV1,
    ShareV1,
    StreamMarkV1,
    TrackV1,
    Vec3V1,
    WarningV1,
)

_NEUTRAL_MODELS: Final = ModelProbabilities(boost=NEUTRAL_MODEL, coast=NEUTRAL_MODEL, reentry=NEUTRAL_MODEL, manoeuvre=NEUTRAL_MODEL)


def _plain(value: float | None) -> float | None:
    return None if value is None else float(value)


def _vector(vector: Vec3V1) -> Vec3V1:
    return float(vector[0]), float(vector[1]), float(vector[2])


def _shares(shares: tuple[ShareV1, ...]) -> tuple[ShareV1, ...] | None:
    return tuple((name, float(share)) for name, share in shares) or None


def _launch_to_v1(launch: LaunchEstimate | None) -> LaunchV1 | None:
    if launch is None:
        return None
    return LaunchV1(
        lat_rad=float(launch.lat_rad),
        lon_rad=float(launch.lon_rad),
        time_ns=launch.time_ns,
        time_sigma_s=float(launch.time_sigma_s),
        cov_en_m2=_vector(launch.cov_en_m2),
        burn_s=_plain(launch.burn_s),
        burn_sigma_s=_plain(launch.burn_sigma_s),
    )


def _launch_from_v1(launch: LaunchV1 | None) -> LaunchEstimate | None:
    if launch is None:
        return None
    return LaunchEstimate(
        lat_rad=launch.lat_rad,
        lon_rad=launch.lon_rad,
        time_ns=launch.time_ns,
        time_sigma_s=launch.time_sigma_s,
        cov_en_m2=launch.cov_en_m2,
        burn_s=launch.burn_s,
        burn_sigma_s=launch.burn_sigma_s,
    )


def _impact_to_v1(impact: ImpactEstimate | None) -> ImpactV1 | None:
    if impact is None:
        return None
    ring = impact.manoeuvre_footprint
    return ImpactV1(
        lat_rad=float(impact.lat_rad),
        lon_rad=float(impact.lon_rad),
        time_ns=impact.time_ns,
        time_sigma_s=float(impact.time_sigma_s),
        cov_en_m2=_vector(impact.cov_en_m2),
        basis=impact.basis,
        assumes=impact.assumes,
        manoeuvre_footprint=None if ring is None else tuple((float(lat_rad), float(lon_rad)) for lat_rad, lon_rad in ring),
    )


def _impact_from_v1(impact: ImpactV1 | None) -> ImpactEstimate | None:
    if impact is None:
        return None
    return ImpactEstimate(
        lat_rad=impact.lat_rad,
        lon_rad=impact.lon_rad,
        time_ns=impact.time_ns,
        time_sigma_s=impact.time_sigma_s,
        cov_en_m2=impact.cov_en_m2,
        basis=impact.basis,
        assumes=impact.assumes,
        manoeuvre_footprint=impact.manoeuvre_footprint,
    )


def _path_to_v1(path: tuple[PathPoint, ...]) -> tuple[PathPointV1, ...] | None:
    points = tuple(
        PathPointV1(time_ns=point.time_ns, lat_rad=float(point.lat_rad), lon_rad=float(point.lon_rad), alt_m=float(point.alt_m))
        for point in path
    )
    return points or None


def _path_from_v1(path: tuple[PathPointV1, ...] | None) -> tuple[PathPoint, ...]:
    return tuple(PathPoint(time_ns=point.time_ns, lat_rad=point.lat_rad, lon_rad=point.lon_rad, alt_m=point.alt_m) for point in path or ())


def _view_to_v1(view: NationView) -> NationViewV1:
    return NationViewV1(
        nation=view.nation,
        track=view.track,
        status=view.status,
        last_plot_ns=view.last_plot_ns,
        sensors=view.sensors,
        apogee_m=_plain(view.apogee_m),
        range_m=_plain(view.range_m),
        impact_lat_rad=_plain(view.impact_lat_rad),
        impact_lon_rad=_plain(view.impact_lon_rad),
    )


def _view_from_v1(view: NationViewV1) -> NationView:
    return NationView(
        nation=view.nation,
        track=view.track,
        status=view.status,
        last_plot_ns=view.last_plot_ns,
        sensors=view.sensors,
        apogee_m=view.apogee_m,
        range_m=view.range_m,
        impact_lat_rad=view.impact_lat_rad,
        impact_lon_rad=view.impact_lon_rad,
    )


def track_to_v1(track: Track) -> TrackV1:
    """Return the wire twin of a (reduced) track."""
    models = track.models
    thrust_known = (track.thrust_mps2, track.thrust_sigma_mps2) != (NEUTRAL_THRUST_MPS2, NEUTRAL_THRUST_SIGMA_MPS2)
    return TrackV1(
        track=track.track,
        nation=track.nation,
        time_ns=track.time_ns,
        kind=track.kind,
        status=track.status,
        pos_ecef_m=_vector(track.pos_ecef_m),
        vel_ecef_mps=_vector(track.vel_ecef_mps),
        ln_beta=float(track.ln_beta),
        cov=tuple(map(float, track.cov)),
        last_plot_ns=track.last_plot_ns,
        predicted=track.predicted,
        extra_sigma_m=float(track.extra_sigma_m),
        thrust_mps2=float(track.thrust_mps2) if thrust_known else None,
        thrust_sigma_mps2=float(track.thrust_sigma_mps2) if thrust_known else None,
        models=(
            None
            if models == _NEUTRAL_MODELS
            else ModelsV1(
                boost=float(models.boost),
                coast=float(models.coast),
                reentry=float(models.reentry),
                manoeuvre=float(models.manoeuvre),
            )
        ),
        first_plot_ns=None if track.first_plot_ns == track.last_plot_ns else track.first_plot_ns,
        plots=track.plots or None,
        sensors=track.sensors or None,
        parent=track.parent,
        confirmed_ns=track.confirmed_ns,
        launch=_launch_to_v1(track.launch),
    )


def track_from_v1(track: TrackV1) -> Track:
    """Return the message of a wire twin, neutral values put back."""
    models = track.models
    return Track(
        track=track.track,
        nation=track.nation,
        time_ns=track.time_ns,
        kind=track.kind,
        status=track.status,
        pos_ecef_m=track.pos_ecef_m,
        vel_ecef_mps=track.vel_ecef_mps,
        ln_beta=track.ln_beta,
        cov=track.cov,
        thrust_mps2=NEUTRAL_THRUST_MPS2 if track.thrust_mps2 is None else track.thrust_mps2,
        thrust_sigma_mps2=NEUTRAL_THRUST_SIGMA_MPS2 if track.thrust_sigma_mps2 is None else track.thrust_sigma_mps2,
        models=(
            _NEUTRAL_MODELS
            if models is None
            else ModelProbabilities(boost=models.boost, coast=models.coast, reentry=models.reentry, manoeuvre=models.manoeuvre)
        ),
        first_plot_ns=track.last_plot_ns if track.first_plot_ns is None else track.first_plot_ns,
        last_plot_ns=track.last_plot_ns,
        plots=track.plots or 0,
        predicted=track.predicted,
        sensors=track.sensors or (),
        parent=track.parent,
        confirmed_ns=track.confirmed_ns,
        launch=_launch_from_v1(track.launch),
        extra_sigma_m=track.extra_sigma_m,
    )


def event_to_v1(event: LaunchEvent) -> EventV1:
    """Return the wire twin of a (reduced) launch event."""
    return EventV1(
        event=event.event,
        revision=event.revision,
        origin=event.origin,
        picture=event.picture,
        time_ns=event.time_ns,
        salvo=event.salvo,
        world=event.world,
        status=event.status,
        missiles_at_least=event.missiles_at_least,
        missiles_estimate=float(event.missiles_estimate),
        objects=event.objects,
        last_detection_ns=event.last_detection_ns,
        tracks=event.tracks or None,
        first_detection_ns=None if event.first_detection_ns == event.last_detection_ns else event.first_detection_ns,
        detected_by=event.detected_by or None,
        sensors=event.sensors or None,
        launch=_launch_to_v1(event.launch),
        impact=_impact_to_v1(event.impact),
        path=_path_to_v1(event.path),
        apogee_m=_plain(event.apogee_m),
        apogee_sigma_m=_plain(event.apogee_sigma_m),
        range_m=_plain(event.range_m),
        range_sigma_m=_plain(event.range_sigma_m),
        classes=_shares(event.classes),
        zones=_shares(event.zones),
        p_outside_eez=_shares(event.p_outside_eez),
        p_land=_shares(event.p_land),
        nations=tuple(_view_to_v1(view) for view in event.nations) or None,
        models_boost=None if event.models_boost == NEUTRAL_BOOST else float(event.models_boost),
        legal=event.legal or None,
        remark=event.remark or None,
    )


def event_from_v1(event: EventV1) -> LaunchEvent:
    """Return the message of a wire twin, neutral values put back."""
    return LaunchEvent(
        event=event.event,
        revision=event.revision,
        origin=event.origin,
        picture=event.picture,
        time_ns=event.time_ns,
        salvo=event.salvo,
        world=event.world,
        status=event.status,
        tracks=event.tracks or (),
        missiles_at_least=event.missiles_at_least,
        missiles_estimate=event.missiles_estimate,
        objects=event.objects,
        first_detection_ns=event.last_detection_ns if event.first_detection_ns is None else event.first_detection_ns,
        last_detection_ns=event.last_detection_ns,
        detected_by=event.detected_by or (),
        sensors=event.sensors or 0,
        launch=_launch_from_v1(event.launch),
        impact=_impact_from_v1(event.impact),
        path=_path_from_v1(event.path),
        apogee_m=event.apogee_m,
        apogee_sigma_m=event.apogee_sigma_m,
        range_m=event.range_m,
        range_sigma_m=event.range_sigma_m,
        classes=event.classes or (),
        zones=event.zones or (),
        p_outside_eez=event.p_outside_eez or (),
        p_land=event.p_land or (),
        nations=tuple(_view_from_v1(view) for view in event.nations or ()),
        models_boost=NEUTRAL_BOOST if event.models_boost is None else event.models_boost,
        legal=event.legal or (),
        remark=event.remark or "",
    )


def warning_to_v1(warning: Warning) -> WarningV1:
    """Return the wire twin of a (reduced) warning."""
    return WarningV1(
        warning=warning.warning,
        revision=warning.revision,
        origin=warning.origin,
        world=warning.world,
        event=warning.event,
        event_revision=warning.event_revision,
        salvo=warning.salvo,
        time_ns=warning.time_ns,
        status=warning.status,
        missiles_at_least=warning.missiles_at_least,
        expires_ns=warning.expires_ns,
        references=warning.references,
        detected_by=warning.detected_by or None,
        launch=_launch_to_v1(warning.launch),
        impact=_impact_to_v1(warning.impact),
        path=_path_to_v1(warning.path),
        zones=_shares(warning.zones),
        p_outside_eez=_shares(warning.p_outside_eez),
        land_alert=warning.land_alert or None,
        apogee_m=_plain(warning.apogee_m),
        range_m=_plain(warning.range_m),
        headline=warning.headline or None,
        reason=warning.reason or None,
        cancel_ready=warning.cancel_ready or None,
    )


def warning_from_v1(warning: WarningV1) -> Warning:
    """Return the message of a wire twin, neutral values put back."""
    return Warning(
        warning=warning.warning,
        revision=warning.revision,
        origin=warning.origin,
        world=warning.world,
        event=warning.event,
        event_revision=warning.event_revision,
        salvo=warning.salvo,
        time_ns=warning.time_ns,
        status=warning.status,
        missiles_at_least=warning.missiles_at_least,
        detected_by=warning.detected_by or (),
        launch=_launch_from_v1(warning.launch),
        impact=_impact_from_v1(warning.impact),
        path=_path_from_v1(warning.path),
        zones=warning.zones or (),
        p_outside_eez=warning.p_outside_eez or (),
        land_alert=warning.land_alert or (),
        apogee_m=warning.apogee_m,
        range_m=warning.range_m,
        headline=warning.headline or "",
        reason=warning.reason or "",
        cancel_ready=warning.cancel_ready or "",
        expires_ns=warning.expires_ns,
        references=warning.references,
    )


def receipt_to_v1(receipt: Receipt) -> ReceiptV1:
    """Return the wire twin of a receipt."""
    return ReceiptV1(
        origin=receipt.origin,
        recipient=receipt.recipient,
        epoch=receipt.epoch,
        sequence=receipt.sequence,
        product=receipt.product,
        item=receipt.item,
        received_ns=receipt.received_ns,
    )


def receipt_from_v1(receipt: ReceiptV1) -> Receipt:
    """Return the message of a wire twin."""
    return Receipt(
        origin=receipt.origin,
        recipient=receipt.recipient,
        epoch=receipt.epoch,
        sequence=receipt.sequence,
        product=receipt.product,
        item=receipt.item,
        received_ns=receipt.received_ns,
    )


def heartbeat_to_v1(heartbeat: Heartbeat) -> HeartbeatV1:
    """Return the wire twin of a heartbeat."""
    return HeartbeatV1(
        nation=heartbeat.nation,
        neighbour=heartbeat.neighbour,
        time_ns=heartbeat.time_ns,
        marks=tuple(
            StreamMarkV1(origin=mark.origin, audience=mark.audience, epoch=mark.epoch, sent=mark.sent, received=mark.received)
            for mark in heartbeat.marks
        ),
    )


def heartbeat_from_v1(heartbeat: HeartbeatV1) -> Heartbeat:
    """Return the message of a wire twin."""
    return Heartbeat(
        nation=heartbeat.nation,
        neighbour=heartbeat.neighbour,
        time_ns=heartbeat.time_ns,
        marks=tuple(
            StreamMark(origin=mark.origin, audience=mark.audience, epoch=mark.epoch, sent=mark.sent, received=mark.received)
            for mark in heartbeat.marks
        ),
    )
