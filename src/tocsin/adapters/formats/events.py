"""Lines of events.jsonl: one revision of one missile's launch event, in degrees. Written from messages, read by evaluation."""

from typing import Final, Literal

import msgspec

from tocsin.adapters.formats.angles import deg
from tocsin.adapters.formats.lines import json_line, require_finite
from tocsin.adapters.formats.times import ns2iso
from tocsin.messages.basics import Vec3, World
from tocsin.messages.event import EventStatus, ImpactEstimate, LaunchEvent
from tocsin.messages.track import LaunchEstimate

Matrix2 = tuple[tuple[float, float], tuple[float, float]]
LatLon = tuple[float, float]


class LaunchPoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where and when it left the ground, WGS-84 height 0; ``cov_en_m2``: [east, north], 1 sigma, at the point."""

    lat_deg: float
    lon_deg: float
    time: str
    time_sigma_s: float
    cov_en_m2: Matrix2


class ImpactPoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where and when it comes down; the ring is closed and holds the impact with 95 % if the flight still manoeuvres."""

    lat_deg: float
    lon_deg: float
    time: str
    time_sigma_s: float
    cov_en_m2: Matrix2
    basis: Literal["predicted", "thrust-ended-now", "observed"]
    assumes: Literal["no-manoeuvre", "none"]
    manoeuvre_footprint: tuple[LatLon, ...] | None


class EventLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of events.jsonl, key for key."""

    time: str
    event: str
    revision: int
    salvo: str
    world: World
    status: EventStatus
    tracks: tuple[str, ...]
    missiles_at_least: int
    missiles_estimate: float
    objects: int
    launch: LaunchPoint | None
    impact: ImpactPoint | None
    apogee_m: float | None
    apogee_sigma_m: float | None
    range_m: float | None
    range_sigma_m: float | None
    classes: dict[str, float] = msgspec.field(name="class")
    zones: dict[str, float]


_decoder: Final = msgspec.json.Decoder(EventLine)


def event_line(event: LaunchEvent) -> bytes:
    """Return the event as a line with its line end. Raises ``OurFault`` if a number of it is not finite."""
    figures = (event.apogee_m, event.apogee_sigma_m, event.range_m, event.range_sigma_m)
    given = (figure for figure in figures if figure is not None)
    require_finite(f"event {event.event}", event.missiles_estimate, *given, *(p for _, p in event.classes + event.zones))
    line = EventLine(
        time=ns2iso(event.time_ns),
        event=event.event,
        revision=event.revision,
        salvo=event.salvo,
        world=event.world,
        status=event.status,
        tracks=event.tracks,
        missiles_at_least=event.missiles_at_least,
        missiles_estimate=event.missiles_estimate,
        objects=event.objects,
        launch=None if event.launch is None else _launch(event.launch),
        impact=None if event.impact is None else _impact(event.impact),
        apogee_m=event.apogee_m,
        apogee_sigma_m=event.apogee_sigma_m,
        range_m=event.range_m,
        range_sigma_m=event.range_sigma_m,
        classes=dict(event.classes),
        zones=dict(event.zones),
    )
    return json_line(line)


def read_event_line(line: bytes) -> EventLine:
    """Return the line's values; raise ``msgspec.MsgspecError`` if it is none."""
    return _decoder.decode(line)


def _launch(launch: LaunchEstimate) -> LaunchPoint:
    require_finite("launch point", launch.lat_rad, launch.lon_rad, launch.time_sigma_s, *launch.cov_en_m2)
    return LaunchPoint(
        lat_deg=deg(launch.lat_rad),
        lon_deg=deg(launch.lon_rad),
        time=ns2iso(launch.time_ns),
        time_sigma_s=launch.time_sigma_s,
        cov_en_m2=_matrix(launch.cov_en_m2),
    )


def _impact(impact: ImpactEstimate) -> ImpactPoint:
    ring = impact.manoeuvre_footprint
    flat = () if ring is None else tuple(angle for point in ring for angle in point)
    require_finite("impact point", impact.lat_rad, impact.lon_rad, impact.time_sigma_s, *impact.cov_en_m2, *flat)
    return ImpactPoint(
        lat_deg=deg(impact.lat_rad),
        lon_deg=deg(impact.lon_rad),
        time=ns2iso(impact.time_ns),
        time_sigma_s=impact.time_sigma_s,
        cov_en_m2=_matrix(impact.cov_en_m2),
        basis=impact.basis,
        assumes=impact.assumes,
        manoeuvre_footprint=None if ring is None else tuple((deg(lat_rad), deg(lon_rad)) for lat_rad, lon_rad in ring),
    )


def _matrix(cov_en_m2: Vec3) -> Matrix2:
    east, cross, north = cov_en_m2
    return (east, cross), (cross, north)
