"""Strip and coarsen: what is left of a message under one rule. Pure functions; no policy look-up, no bytes.

A withheld field takes its neutral value, whatever it held: two nights that differ only in withheld fields reduce to
equal messages.
"""

from math import sqrt

import msgspec

from tocsin.messages.event import ImpactEstimate, LaunchEvent, NationView, PathPoint
from tocsin.messages.release import Detail, Rule
from tocsin.messages.track import LaunchEstimate, ModelProbabilities, Track
from tocsin.messages.warning import Warning
from tocsin.sharing.fields import NEUTRAL_BOOST, NEUTRAL_MODEL, NEUTRAL_THRUST_MPS2, NEUTRAL_THRUST_SIGMA_MPS2
from tocsin.sharing.grid import (
    LN_BETA_GRID,
    added_position_sigma_m,
    covariance_on_grid,
    longitude_multiple,
    place_on_grid,
    probabilities_on_grid,
    probability_on_grid,
    sigma_on_grid,
    to_grid,
)

_NO_MODELS = ModelProbabilities(boost=NEUTRAL_MODEL, coast=NEUTRAL_MODEL, reentry=NEUTRAL_MODEL, manoeuvre=NEUTRAL_MODEL)


def reduce_track(track: Track, rule: Rule) -> Track | None:
    """Return what the rule lets out of a track; None if its kind may not leave."""
    detail = rule.detail
    if track.kind not in detail.kinds:
        return None
    keep = frozenset(detail.fields)
    stripped = Track(
        track=track.track,
        nation=track.nation,
        time_ns=track.time_ns,
        kind=track.kind,
        status=track.status,
        pos_ecef_m=track.pos_ecef_m,
        vel_ecef_mps=track.vel_ecef_mps,
        ln_beta=track.ln_beta,
        cov=track.cov,
        thrust_mps2=track.thrust_mps2 if "thrust_mps2" in keep else NEUTRAL_THRUST_MPS2,
        thrust_sigma_mps2=track.thrust_sigma_mps2 if "thrust_sigma_mps2" in keep else NEUTRAL_THRUST_SIGMA_MPS2,
        models=track.models if "models" in keep else _NO_MODELS,
        first_plot_ns=track.first_plot_ns if "first_plot_ns" in keep else track.last_plot_ns,
        last_plot_ns=track.last_plot_ns,
        plots=track.plots if "plots" in keep else 0,
        predicted=track.predicted,
        sensors=track.sensors if "sensors" in keep else (),
        parent=track.parent if "parent" in keep else None,
        confirmed_ns=track.confirmed_ns if "confirmed_ns" in keep else None,
        launch=track.launch if "launch" in keep else None,
        extra_sigma_m=track.extra_sigma_m,
    )
    if detail.position_grid_m <= 0.0 and detail.velocity_grid_mps <= 0.0:
        return stripped
    return _coarsen_track(stripped, detail, keep)


def _coarsen_track(track: Track, detail: Detail, keep: frozenset[str]) -> Track:
    """Round state, covariance, thrust, phase probabilities and launch point; time stays exact."""
    pos_grid_m, vel_grid_mps = detail.position_grid_m, detail.velocity_grid_mps
    grids = (pos_grid_m, pos_grid_m, pos_grid_m, vel_grid_mps, vel_grid_mps, vel_grid_mps, LN_BETA_GRID)
    x_m, y_m, z_m = track.pos_ecef_m
    vx_mps, vy_mps, vz_mps = track.vel_ecef_mps
    added_m = added_position_sigma_m(pos_grid_m)
    models = track.models
    if "models" in keep:
        parts = probabilities_on_grid((models.boost, models.coast, models.reentry, models.manoeuvre))
        models = ModelProbabilities(boost=parts[0], coast=parts[1], reentry=parts[2], manoeuvre=parts[3])
    return msgspec.structs.replace(
        track,
        pos_ecef_m=(to_grid(x_m, pos_grid_m), to_grid(y_m, pos_grid_m), to_grid(z_m, pos_grid_m)),
        vel_ecef_mps=(to_grid(vx_mps, vel_grid_mps), to_grid(vy_mps, vel_grid_mps), to_grid(vz_mps, vel_grid_mps)),
        ln_beta=to_grid(track.ln_beta, LN_BETA_GRID),
        cov=covariance_on_grid(track.cov, grids),
        thrust_mps2=to_grid(track.thrust_mps2, vel_grid_mps) if "thrust_mps2" in keep else track.thrust_mps2,
        thrust_sigma_mps2=(
            sigma_on_grid(track.thrust_sigma_mps2, vel_grid_mps) if "thrust_sigma_mps2" in keep else track.thrust_sigma_mps2
        ),
        models=models,
        launch=None if track.launch is None else coarsen_launch(track.launch, pos_grid_m),
        extra_sigma_m=sqrt(track.extra_sigma_m * track.extra_sigma_m + added_m * added_m),
    )


def coarsen_launch(launch: LaunchEstimate, grid_m: float) -> LaunchEstimate:
    """Return the launch estimate on the grid, with its covariance enlarged."""
    if grid_m <= 0.0:
        return launch
    lat_rad, lon_rad = place_on_grid(launch.lat_rad, launch.lon_rad, grid_m)
    cov = _place_covariance(launch.cov_en_m2, lat_rad, grid_m)
    return msgspec.structs.replace(launch, lat_rad=lat_rad, lon_rad=lon_rad, cov_en_m2=cov)


def coarsen_impact(impact: ImpactEstimate, grid_m: float) -> ImpactEstimate:
    """Return the impact estimate on the grid, with its covariance enlarged; the footprint's corners are moved to the grid."""
    if grid_m <= 0.0:
        return impact
    lat_rad, lon_rad = place_on_grid(impact.lat_rad, impact.lon_rad, grid_m)
    ring = impact.manoeuvre_footprint
    return msgspec.structs.replace(
        impact,
        lat_rad=lat_rad,
        lon_rad=lon_rad,
        cov_en_m2=_place_covariance(impact.cov_en_m2, lat_rad, grid_m),
        manoeuvre_footprint=None if ring is None else tuple(place_on_grid(lat, lon, grid_m) for lat, lon in ring),
    )


def _place_covariance(cov_en_m2: tuple[float, float, float], lat_rad: float, grid_m: float) -> tuple[float, float, float]:
    """(east-east, east-north, north-north) with the cell's variance; the east cell is counted at its equatorial width."""
    east_m2, cross_m2, north_m2 = covariance_on_grid(cov_en_m2, (grid_m * longitude_multiple(lat_rad), grid_m))
    return east_m2, cross_m2, north_m2


def _coarsen_path(path: tuple[PathPoint, ...], grid_m: float) -> tuple[PathPoint, ...]:
    if grid_m <= 0.0:
        return path
    places = tuple(place_on_grid(point.lat_rad, point.lon_rad, grid_m) for point in path)
    return tuple(
        PathPoint(time_ns=point.time_ns, lat_rad=lat_rad, lon_rad=lon_rad, alt_m=to_grid(point.alt_m, grid_m))
        for point, (lat_rad, lon_rad) in zip(path, places, strict=True)
    )


def _coarsen_shares(shares: tuple[tuple[str, float], ...], grid_m: float) -> tuple[tuple[str, float], ...]:
    return shares if grid_m <= 0.0 else tuple((name, probability_on_grid(share)) for name, share in shares)


def _coarsen_length(length_m: float | None, grid_m: float) -> float | None:
    return None if length_m is None else to_grid(length_m, grid_m)


def _coarsen_sigma(sigma_m: float | None, grid_m: float) -> float | None:
    return None if sigma_m is None else sigma_on_grid(sigma_m, grid_m)


def _coarsen_view(view: NationView, grid_m: float) -> NationView:
    if grid_m <= 0.0:
        return view
    lat_rad, lon_rad = view.impact_lat_rad, view.impact_lon_rad
    if lat_rad is None or lon_rad is None:
        lat_rad = lon_rad = None
    else:
        lat_rad, lon_rad = place_on_grid(lat_rad, lon_rad, grid_m)
    return msgspec.structs.replace(
        view,
        apogee_m=_coarsen_length(view.apogee_m, grid_m),
        range_m=_coarsen_length(view.range_m, grid_m),
        impact_lat_rad=lat_rad,
        impact_lon_rad=lon_rad,
    )


def reduce_event(event: LaunchEvent, rule: Rule) -> LaunchEvent:
    """Return what the rule lets out of a launch event.

    Of ``nations`` only the origin's own view stays: a partner's figures are that partner's to give (originator control).
    """
    keep = frozenset(rule.detail.fields)
    grid_m = rule.detail.position_grid_m
    with_launch = "launch" in keep and event.launch is not None
    with_impact = "impact" in keep and event.impact is not None
    own = tuple(view for view in event.nations if view.nation == event.origin)
    boost = probability_on_grid(event.models_boost) if grid_m > 0.0 else event.models_boost
    count = probability_on_grid(event.missiles_estimate) if grid_m > 0.0 else event.missiles_estimate
    return msgspec.structs.replace(
        event,
        missiles_estimate=count,
        tracks=event.tracks if "tracks" in keep else (),
        first_detection_ns=event.first_detection_ns if "first_detection_ns" in keep else event.last_detection_ns,
        detected_by=event.detected_by if "detected_by" in keep else (),
        sensors=event.sensors if "sensors" in keep else 0,
        launch=coarsen_launch(event.launch, grid_m) if with_launch and event.launch is not None else None,
        impact=coarsen_impact(event.impact, grid_m) if with_impact and event.impact is not None else None,
        path=_coarsen_path(event.path, grid_m) if "path" in keep else (),
        apogee_m=_coarsen_length(event.apogee_m, grid_m) if "apogee_m" in keep else None,
        apogee_sigma_m=_coarsen_sigma(event.apogee_sigma_m, grid_m) if "apogee_sigma_m" in keep else None,
        range_m=_coarsen_length(event.range_m, grid_m) if "range_m" in keep else None,
        range_sigma_m=_coarsen_sigma(event.range_sigma_m, grid_m) if "range_sigma_m" in keep else None,
        classes=_coarsen_shares(event.classes, grid_m) if "classes" in keep else (),
        zones=_coarsen_shares(event.zones, grid_m) if "zones" in keep else (),
        p_outside_eez=_coarsen_shares(event.p_outside_eez, grid_m) if "p_outside_eez" in keep else (),
        p_land=_coarsen_shares(event.p_land, grid_m) if "p_land" in keep else (),
        nations=tuple(_coarsen_view(view, grid_m) for view in own) if "nations" in keep else (),
        models_boost=boost if "models_boost" in keep else NEUTRAL_BOOST,
        legal=event.legal if "legal" in keep else (),
        remark=event.remark if "remark" in keep else "",
        site=None,
        areas=(),
        overflights=(),
        down_by_ns=None,
        reports=(),
        context=(),
    )


def reduce_warning(warning: Warning, rule: Rule) -> Warning:
    """Return what the rule lets out of a warning."""
    keep = frozenset(rule.detail.fields)
    grid_m = rule.detail.position_grid_m
    launch = warning.launch if "launch" in keep else None
    impact = warning.impact if "impact" in keep else None
    return msgspec.structs.replace(
        warning,
        detected_by=warning.detected_by if "detected_by" in keep else (),
        launch=None if launch is None else coarsen_launch(launch, grid_m),
        impact=None if impact is None else coarsen_impact(impact, grid_m),
        path=_coarsen_path(warning.path, grid_m) if "path" in keep else (),
        zones=_coarsen_shares(warning.zones, grid_m) if "zones" in keep else (),
        p_outside_eez=_coarsen_shares(warning.p_outside_eez, grid_m) if "p_outside_eez" in keep else (),
        land_alert=warning.land_alert if "land_alert" in keep else (),
        apogee_m=_coarsen_length(warning.apogee_m, grid_m) if "apogee_m" in keep else None,
        range_m=_coarsen_length(warning.range_m, grid_m) if "range_m" in keep else None,
        headline=warning.headline if "headline" in keep else "",
        reason=warning.reason if "reason" in keep else "",
        cancel_ready=warning.cancel_ready if "cancel_ready" in keep else "",
        areas=(),
        why=(),
        correction_ready="",
        cancel_cause=None,
    )
