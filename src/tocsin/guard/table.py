"""The allow-list: docs/release-table.md, row by row. What is not here does not leave.

Written from that page alone; ``sharing/fields.py`` and ``wire/v1.py`` are not consulted, in code or by hand.
"""

from typing import Final

from tocsin.guard.checks import (
    Check,
    Grids,
    by_beta,
    by_position,
    by_position_tenth,
    by_velocity,
    by_velocity_tenth,
    check_covariance,
    count_estimate,
    flag,
    integer,
    many,
    number,
    one_of,
    place_pair,
    record,
    row,
    share,
    text,
)
from tocsin.guard.denied import GuardDenied
from tocsin.guard.strict_json import Json

_ANGLE: Final = number()  # range and grid of latitude and longitude are checked together, by place
_SIGMA: Final = number(low=0.0)
_WORLD: Final = one_of("live", "exercise", "test")
_SHARES: Final = many(row(text, share))
_TEXTS: Final = many(text)


def _track_covariance(value: Json, grids: Grids, name: str) -> None:
    p, v = grids.position_m, grids.velocity_mps
    check_covariance(value, (p, p, p, v, v, v, by_beta(grids)), name)


def _place_covariance(value: Json, lat_rad: float, grids: Grids, name: str) -> None:
    multiple = 2.0 if abs(lat_rad) < 1.0471975511965976 else 6.0 if abs(lat_rad) < 1.3962634015954636 else 60.0  # 60, 80 degrees
    check_covariance(value, (grids.position_m * multiple, grids.position_m), name)


def _with_ellipse(plain: Check) -> Check:
    """A record that also has cov_en_m2 at lat_rad."""

    def check(value: Json, grids: Grids, name: str) -> None:
        plain(value, grids, name)
        if isinstance(value, dict) and isinstance(value["lat_rad"], float):
            _place_covariance(value["cov_en_m2"], value["lat_rad"], grids, name)

    return check


def _extra_sigma(value: Json, grids: Grids, name: str) -> None:
    _SIGMA(value, grids, name)
    if isinstance(value, float) and value * value < grids.position_m * grids.position_m / 12.0:
        raise GuardDenied("covariance-too-small", f"{name}: expected at least the rounding of {grids.position_m:g} m, got {value!r}")


_MODELS: Final = record({"boost": share, "coast": share, "reentry": share, "manoeuvre": share})
_LAUNCH: Final = _with_ellipse(
    record(
        {"lat_rad": _ANGLE, "lon_rad": _ANGLE, "time_ns": integer, "time_sigma_s": _SIGMA, "cov_en_m2": many(number(), 3, 3)},
        {"burn_s": _SIGMA, "burn_sigma_s": _SIGMA},
        place=("lat_rad", "lon_rad"),
    )
)
_IMPACT: Final = _with_ellipse(
    record(
        {
            "lat_rad": _ANGLE,
            "lon_rad": _ANGLE,
            "time_ns": integer,
            "time_sigma_s": _SIGMA,
            "cov_en_m2": many(number(), 3, 3),
            "basis": one_of("predicted", "thrust-ended-now", "observed"),
            "assumes": one_of("no-manoeuvre", "none"),
        },
        {"manoeuvre_footprint": many(place_pair)},
        place=("lat_rad", "lon_rad"),
    )
)
_PATH: Final = many(
    record(
        {"time_ns": integer, "lat_rad": _ANGLE, "lon_rad": _ANGLE, "alt_m": number(by_position)},
        place=("lat_rad", "lon_rad"),
    )
)
_VIEWS: Final = many(
    record(
        {"nation": text, "track": text, "status": text, "last_plot_ns": integer, "sensors": integer},
        {"apogee_m": number(by_position), "range_m": number(by_position), "impact_lat_rad": _ANGLE, "impact_lon_rad": _ANGLE},
        place=("impact_lat_rad", "impact_lon_rad"),
    )
)

ALWAYS: Final[dict[str, dict[str, Check]]] = {
    "track": {
        "track": text,
        "nation": text,
        "time_ns": integer,
        "kind": one_of("ballistic", "air-breathing", "orbital", "meteor", "unknown"),
        "status": one_of("tentative", "confirmed", "lost", "closed"),
        "pos_ecef_m": many(number(by_position), 3, 3),
        "vel_ecef_mps": many(number(by_velocity), 3, 3),
        "ln_beta": number(by_beta),
        "cov": _track_covariance,
        "last_plot_ns": integer,
        "predicted": flag,
        "extra_sigma_m": _extra_sigma,
    },
    "event": {
        "event": text,
        "revision": integer,
        "origin": text,
        "picture": one_of("alone", "joint"),
        "time_ns": integer,
        "salvo": text,
        "world": _WORLD,
        "status": one_of("suspected", "confirmed", "presumed-down", "observed", "closed", "cancelled"),
        "missiles_at_least": integer,
        "missiles_estimate": count_estimate,
        "objects": integer,
        "last_detection_ns": integer,
    },
    "warning": {
        "warning": text,
        "revision": integer,
        "origin": text,
        "world": _WORLD,
        "event": text,
        "event_revision": integer,
        "salvo": text,
        "time_ns": integer,
        "status": one_of("suspected", "confirmed", "updated", "presumed-down", "observed", "passed", "all-clear", "cancelled", "expired"),
        "missiles_at_least": integer,
        "expires_ns": integer,
        "references": many(row(text, integer)),
    },
    "receipt": {
        "origin": text,
        "recipient": text,
        "epoch": integer,
        "sequence": integer,
        "product": text,
        "item": text,
        "received_ns": integer,
    },
    "heartbeat": {
        "nation": text,
        "neighbour": text,
        "time_ns": integer,
        "marks": many(record({"origin": text, "audience": text, "epoch": integer, "sent": integer, "received": integer}), 0, 64),
    },
}
"""Fields that every item of the product has."""

BY_RULE: Final[dict[str, dict[str, Check]]] = {
    "track": {
        "thrust_mps2": number(by_velocity),
        "thrust_sigma_mps2": number(by_velocity_tenth, low=0.0),
        "models": _MODELS,
        "first_plot_ns": integer,
        "plots": integer,
        "sensors": _TEXTS,
        "parent": text,
        "confirmed_ns": integer,
        "launch": _LAUNCH,
    },
    "event": {
        "tracks": _TEXTS,
        "first_detection_ns": integer,
        "detected_by": _TEXTS,
        "sensors": integer,
        "launch": _LAUNCH,
        "impact": _IMPACT,
        "path": _PATH,
        "apogee_m": number(by_position),
        "apogee_sigma_m": number(by_position_tenth, low=0.0),
        "range_m": number(by_position),
        "range_sigma_m": number(by_position_tenth, low=0.0),
        "classes": _SHARES,
        "zones": _SHARES,
        "p_outside_eez": _SHARES,
        "p_land": _SHARES,
        "nations": _VIEWS,
        "models_boost": share,
        "legal": _TEXTS,
        "remark": text,
    },
    "warning": {
        "detected_by": _TEXTS,
        "launch": _LAUNCH,
        "impact": _IMPACT,
        "path": _PATH,
        "zones": _SHARES,
        "p_outside_eez": _SHARES,
        "land_alert": _TEXTS,
        "apogee_m": number(by_position),
        "range_m": number(by_position),
        "headline": text,
        "reason": text,
        "cancel_ready": text,
    },
    "receipt": {},
    "heartbeat": {},
}
"""Fields that an item has only if the rule names them."""

RELEASABLE: Final[dict[str, frozenset[str]]] = {product: frozenset(fields) for product, fields in BY_RULE.items()}
FREE_TEXTS: Final = frozenset({"remark", "headline", "reason", "cancel_ready"})
DELIVERY: Final[dict[str, str]] = {
    "track": "latest",
    "event": "lossless",
    "warning": "lossless",
    "receipt": "lossless",
    "heartbeat": "latest",
}
SPEAKER: Final[dict[str, str]] = {
    "track": "nation",
    "event": "origin",
    "warning": "origin",
    "receipt": "recipient",
    "heartbeat": "nation",
}
"""The field that names whose words an item is: it must be this nation."""

ADDRESSEE: Final[dict[str, str]] = {"receipt": "origin", "heartbeat": "neighbour"}
"""The field that names whom an item is for: it must be the audience."""

TIME: Final[dict[str, str]] = {
    "track": "time_ns",
    "event": "time_ns",
    "warning": "time_ns",
    "receipt": "received_ns",
    "heartbeat": "time_ns",
}
