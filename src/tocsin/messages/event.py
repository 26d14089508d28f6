"""LaunchEvent: one missile, revised as evidence comes. Estimates carry their covariance, probabilities sum to 1."""

from typing import Literal

import msgspec

from tocsin.messages.basics import Nation, Vec3, World
from tocsin.messages.report import JournalEntry, JudgedReport
from tocsin.messages.track import LaunchEstimate

EventStatus = Literal["suspected", "confirmed", "presumed-down", "observed", "closed", "cancelled"]


class ImpactEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """Where and when it comes down (WGS-84 height 0). ``cov_en_m2`` as in ``LaunchEstimate``.

    ``basis``: "predicted" from a coasting state, "thrust-ended-now" while it may still burn (a trace, not a prediction; it
    never raises an alert), "observed" only from a detection after that time.
    """

    lat_rad: float
    lon_rad: float
    time_ns: int
    time_sigma_s: float
    cov_en_m2: Vec3
    basis: Literal["predicted", "thrust-ended-now", "observed"]
    assumes: Literal["no-manoeuvre", "none"] = "no-manoeuvre"
    manoeuvre_footprint: tuple[tuple[float, float], ...] | None = None  # closed ring of (lat_rad, lon_rad), 95 %


class PathPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A point of the predicted flight path."""

    time_ns: int
    lat_rad: float
    lon_rad: float
    alt_m: float


class NationView(msgspec.Struct, frozen=True, kw_only=True):
    """One nation's own figures beside the joint ones; never averaged away. None where it has none."""

    nation: Nation
    track: str
    status: str
    last_plot_ns: int
    sensors: int
    apogee_m: float | None = None
    range_m: float | None = None
    impact_lat_rad: float | None = None
    impact_lon_rad: float | None = None


class SiteHint(msgspec.Struct, frozen=True, kw_only=True):
    """The known launch site nearest to the estimated launch point: a hint, never a fact."""

    name: str
    distance_m: float


class Overflight(msgspec.Struct, frozen=True, kw_only=True):
    """A land area that the predicted ground track crosses with probability ``p``, between two times if it does."""

    area: str  # ISO 3166-2 code, "JP-02"
    nation: Nation
    p: float
    from_ns: int
    to_ns: int
    passed_ns: int | None = None  # of the first detection beyond it; None while none is known


class LaunchEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One missile. ``revision`` grows by one with every change; ``salvo`` groups one site's events within 15 minutes."""

    event: str  # "JPN-joint-2023-08-30-1": unique
    revision: int
    origin: Nation
    picture: Literal["alone", "joint"]
    time_ns: int
    salvo: str
    world: World
    status: EventStatus
    tracks: tuple[str, ...]
    missiles_at_least: int
    missiles_estimate: float
    objects: int
    first_detection_ns: int
    last_detection_ns: int
    detected_by: tuple[Nation, ...]
    sensors: int
    launch: LaunchEstimate | None
    impact: ImpactEstimate | None
    path: tuple[PathPoint, ...]
    apogee_m: float | None
    apogee_sigma_m: float | None
    range_m: float | None
    range_sigma_m: float | None
    classes: tuple[tuple[str, float], ...]  # (CRBM|SRBM|MRBM|IRBM|ICBM|SLV|unknown, probability), sorted by name
    zones: tuple[tuple[str, float], ...]  # ("eez:JPN", probability), sorted by name; empty until an impact is predicted
    p_outside_eez: tuple[tuple[Nation, float], ...]  # probability that the impact is outside that nation's EEZ
    p_land: tuple[tuple[Nation, float], ...]
    nations: tuple[NationView, ...]
    models_boost: float  # probability that it is still burning
    legal: tuple[str, ...] = ()  # legal context: resolutions and paragraphs
    remark: str = ""  # why this revision
    site: SiteHint | None = None
    areas: tuple[tuple[str, float], ...] = ()  # (ISO 3166-2 code, probability that it comes down on this area's land), sorted by code
    overflights: tuple[Overflight, ...] = ()  # sorted by first time, then code
    down_by_ns: int | None = None  # by then it is down even if it uses all of its manoeuvre footprint; None while unknown
    reports: tuple[JudgedReport, ...] = ()  # what nations said of it, beside what was measured
    context: tuple[JournalEntry, ...] = ()  # what else went on at that time
