"""From what the assessment remembers of a missile to the message about it. Nothing is decided or remembered here."""

from dataclasses import dataclass
from math import cos, sin, sqrt
from typing import Final

from tocsin.assessment.energy import UNKNOWN
from tocsin.assessment.landing import NOWHERE
from tocsin.assessment.profile import with_space_launch
from tocsin.assessment.record import SPACE_LAUNCH, Record, range_of
from tocsin.assessment.site import site_hint
from tocsin.kernels.geodesy import ground_bearing_rad
from tocsin.messages.basics import Nation, Vec3, World
from tocsin.messages.event import ImpactEstimate, LaunchEvent
from tocsin.messages.track import LaunchEstimate

FRAME_FIELDS: Final = ("revision", "time_ns", "remark")  # fields that do not count as a change


@dataclass(frozen=True, slots=True)
class Frame:
    """Whose picture it is."""

    nation: Nation
    picture: str
    world: World


def compose(record: Record, frame: Frame, counted: tuple[int, float], legal: tuple[str, ...], now_ns: int) -> LaunchEvent:
    """Build the event as it stands, without what people said. counted: (at least, estimate) of its salvo."""
    fused = record.fused
    impact = record.impact
    predicted = impact is not None and impact.basis != "thrust-ended-now"
    at_least, estimate = counted
    landing = record.landing if predicted else NOWHERE
    range_m = range_of(record.launch, impact) if predicted else None
    return LaunchEvent(
        event=record.event,
        revision=record.sent.revision + 1 if record.sent is not None else 1,
        origin=frame.nation,
        picture="alone" if frame.picture == "alone" else "joint",
        time_ns=now_ns,
        salvo=record.salvo,
        world=frame.world,
        status=record.status,
        tracks=(fused.track,),
        missiles_at_least=at_least,
        missiles_estimate=estimate,
        objects=1 + len(record.objects),
        first_detection_ns=fused.first_plot_ns,
        last_detection_ns=fused.last_plot_ns,
        detected_by=tuple(sorted({member.nation for member in fused.members})),
        sensors=len(fused.sensors),
        launch=record.launch,
        impact=impact,
        path=record.path,
        apogee_m=record.apogee[0] if record.apogee is not None and predicted else None,
        apogee_sigma_m=record.apogee[1] if record.apogee is not None and predicted else None,
        range_m=range_m,
        range_sigma_m=_range_sigma_m(record.launch, impact) if range_m is not None else None,
        classes=classes_of(record),
        zones=landing.zones,
        p_outside_eez=landing.outside_eez,
        p_land=landing.land,
        nations=tuple(view for _, (_, view) in sorted(record.views.items())),
        models_boost=fused.models.boost,
        legal=legal,
        remark=record.remark,
        site=site_hint(record.launch),
        areas=landing.areas,
        overflights=tuple(crossing.overflight for crossing in record.crossings),
        down_by_ns=record.down_by_ns,
    )


def classes_of(record: Record) -> tuple[tuple[str, float], ...]:
    """Return the class by energy once it coasts, and before that only how likely its profile is a space launch."""
    if record.classes is SPACE_LAUNCH:
        return SPACE_LAUNCH
    predicted = record.impact is not None and record.impact.basis != "thrust-ended-now"
    by_energy = record.classes if record.classes is not None and predicted else UNKNOWN
    return with_space_launch(by_energy, record.space_p)


def differs(event: LaunchEvent, sent: LaunchEvent) -> bool:
    """True if anything but the revision's own frame changed."""
    return any(getattr(event, name) != getattr(sent, name) for name in LaunchEvent.__struct_fields__ if name not in FRAME_FIELDS)


def _range_sigma_m(launch: LaunchEstimate | None, impact: ImpactEstimate | None) -> float | None:
    """1-sigma of the ground distance: both ellipses along the bearing between them."""
    if launch is None or impact is None:
        return None
    bearing = ground_bearing_rad(launch.lat_rad, launch.lon_rad, impact.lat_rad, impact.lon_rad)
    return sqrt(_along(launch.cov_en_m2, bearing) + _along(impact.cov_en_m2, bearing))


def _along(cov_en_m2: Vec3, bearing_rad: float) -> float:
    """Variance of a 2 x 2 covariance along a bearing."""
    ee, en, nn = cov_en_m2
    east, north = sin(bearing_rad), cos(bearing_rad)
    return max(0.0, ee * east * east + 2.0 * en * east * north + nn * north * north)
