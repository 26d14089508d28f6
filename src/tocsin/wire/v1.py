"""Wire version 1, frozen. Fields are only ever added, optional and at the end; nothing is renamed, retyped or removed.

Every optional field is ``None`` when withheld or neutral, and then absent from the bytes. Receivers ignore fields that
they do not know. The golden bytes in tests/reference/wire_v1 hold this file to its word; docs/release-table.md is its
readable form.
"""

from typing import Annotated, Literal

import msgspec

MAX_INT = 2**63 - 1

Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_INT)]
Vec3V1 = tuple[float, float, float]
Covariance28V1 = Annotated[tuple[float, ...], msgspec.Meta(min_length=28, max_length=28)]
WorldV1 = Literal["live", "exercise", "test"]
ShareV1 = tuple[str, float]
PlaceV1 = tuple[float, float]
TrackKindV1 = Literal["ballistic", "air-breathing", "orbital", "meteor", "unknown"]
TrackStatusV1 = Literal["tentative", "confirmed", "lost", "closed"]
EventStatusV1 = Literal["suspected", "confirmed", "presumed-down", "observed", "closed", "cancelled"]
WarningStatusV1 = Literal["suspected", "confirmed", "updated", "presumed-down", "observed", "passed", "all-clear", "cancelled", "expired"]


class ModelsV1(msgspec.Struct, frozen=True, kw_only=True):
    """Phase probabilities."""

    boost: float
    coast: float
    reentry: float
    manoeuvre: float


class LaunchV1(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Launch point and time."""

    lat_rad: float
    lon_rad: float
    time_ns: Count
    time_sigma_s: float
    cov_en_m2: Vec3V1
    burn_s: float | None = None
    burn_sigma_s: float | None = None


class ImpactV1(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Impact point and time."""

    lat_rad: float
    lon_rad: float
    time_ns: Count
    time_sigma_s: float
    cov_en_m2: Vec3V1
    basis: Literal["predicted", "thrust-ended-now", "observed"]
    assumes: Literal["no-manoeuvre", "none"]
    manoeuvre_footprint: tuple[PlaceV1, ...] | None = None


class PathPointV1(msgspec.Struct, frozen=True, kw_only=True):
    """A point of the predicted path."""

    time_ns: Count
    lat_rad: float
    lon_rad: float
    alt_m: float


class NationViewV1(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The origin's own figures."""

    nation: str
    track: str
    status: str
    last_plot_ns: Count
    sensors: Count
    apogee_m: float | None = None
    range_m: float | None = None
    impact_lat_rad: float | None = None
    impact_lon_rad: float | None = None


class TrackV1(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A national track."""

    track: str
    nation: str
    time_ns: Count
    kind: TrackKindV1
    status: TrackStatusV1
    pos_ecef_m: Vec3V1
    vel_ecef_mps: Vec3V1
    ln_beta: float
    cov: Covariance28V1
    last_plot_ns: Count
    predicted: bool
    extra_sigma_m: float
    thrust_mps2: float | None = None
    thrust_sigma_mps2: float | None = None
    models: ModelsV1 | None = None
    first_plot_ns: Count | None = None
    plots: Count | None = None
    sensors: tuple[str, ...] | None = None
    parent: str | None = None
    confirmed_ns: Count | None = None
    launch: LaunchV1 | None = None


class EventV1(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A launch event."""

    event: str
    revision: Count
    origin: str
    picture: Literal["alone", "joint"]
    time_ns: Count
    salvo: str
    world: WorldV1
    status: EventStatusV1
    missiles_at_least: Count
    missiles_estimate: float
    objects: Count
    last_detection_ns: Count
    tracks: tuple[str, ...] | None = None
    first_detection_ns: Count | None = None
    detected_by: tuple[str, ...] | None = None
    sensors: Count | None = None
    launch: LaunchV1 | None = None
    impact: ImpactV1 | None = None
    path: tuple[PathPointV1, ...] | None = None
    apogee_m: float | None = None
    apogee_sigma_m: float | None = None
    range_m: float | None = None
    range_sigma_m: float | None = None
    classes: tuple[ShareV1, ...] | None = None
    zones: tuple[ShareV1, ...] | None = None
    p_outside_eez: tuple[ShareV1, ...] | None = None
    p_land: tuple[ShareV1, ...] | None = None
    nations: tuple[NationViewV1, ...] | None = None
    models_boost: float | None = None
    legal: tuple[str, ...] | None = None
    remark: str | None = None


class WarningV1(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A warning revision."""

    warning: str
    revision: Count
    origin: str
    world: WorldV1
    event: str
    event_revision: Count
    salvo: str
    time_ns: Count
    status: WarningStatusV1
    missiles_at_least: Count
    expires_ns: Count
    references: tuple[tuple[str, Count], ...]
    detected_by: tuple[str, ...] | None = None
    launch: LaunchV1 | None = None
    impact: ImpactV1 | None = None
    path: tuple[PathPointV1, ...] | None = None
    zones: tuple[ShareV1, ...] | None = None
    p_outside_eez: tuple[ShareV1, ...] | None = None
    land_alert: tuple[str, ...] | None = None
    apogee_m: float | None = None
    range_m: float | None = None
    headline: str | None = None
    reason: str | None = None
    cancel_ready: str | None = None


class ReceiptV1(msgspec.Struct, frozen=True, kw_only=True):
    """The recipient's word that it has a message on disk."""

    origin: str
    recipient: str
    epoch: Count
    sequence: Count
    product: str
    item: str
    received_ns: Count


class StreamMarkV1(msgspec.Struct, frozen=True, kw_only=True):
    """High-water mark of one stream."""

    origin: str
    audience: str
    epoch: Count
    sent: Count
    received: Count


class HeartbeatV1(msgspec.Struct, frozen=True, kw_only=True):
    """Proof that a link carries content."""

    nation: str
    neighbour: str
    time_ns: Count
    marks: tuple[StreamMarkV1, ...]


class TrackPayloadV1(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of product track."""

    v: int
    product: Literal["track"]
    rule: str
    items: tuple[TrackV1, ...]


class EventPayloadV1(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of product event."""

    v: int
    product: Literal["event"]
    rule: str
    items: tuple[EventV1, ...]


class WarningPayloadV1(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of product warning."""

    v: int
    product: Literal["warning"]
    rule: str
    items: tuple[WarningV1, ...]


class ReceiptPayloadV1(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of product receipt."""

    v: int
    product: Literal["receipt"]
    rule: str
    items: tuple[ReceiptV1, ...]


class HeartbeatPayloadV1(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of product heartbeat."""

    v: int
    product: Literal["heartbeat"]
    rule: str
    items: tuple[HeartbeatV1, ...]
