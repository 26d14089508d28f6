"""The release table as data: which fields of each product always go, and which go only when a rule names them.

Written from docs/release-table.md. ``guard/table.py`` is written from the same page and shares no code with this.
No decisions here.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tocsin.messages.basics import Product, World

PRODUCTS: Final[tuple[Product, ...]] = ("track", "event", "warning", "receipt", "heartbeat")
WORLDS: Final[tuple[World, ...]] = ("live", "exercise", "test")
TRACK_KINDS: Final = ("ballistic", "air-breathing", "orbital", "meteor", "unknown")

ALWAYS: Final[Mapping[Product, tuple[str, ...]]] = MappingProxyType({
    "track": (
        "track", "nation", "time_ns", "kind", "status", "pos_ecef_m", "vel_ecef_mps", "ln_beta", "cov", "last_plot_ns",
        "predicted", "extra_sigma_m",
    ),
    "event": (
        "event", "revision", "origin", "picture", "time_ns", "salvo", "world", "status", "missiles_at_least",
        "missiles_estimate", "objects", "last_detection_ns",
    ),
    "warning": (
        "warning", "revision", "origin", "world", "event", "event_revision", "salvo", "time_ns", "status",
        "missiles_at_least", "expires_ns", "references",
    ),
    "receipt": ("origin", "recipient", "epoch", "sequence", "product", "item", "received_ns"),
    "heartbeat": ("nation", "neighbour", "time_ns", "marks"),
})  # fmt: skip
"""Identity, time and state: in every release of the product."""

OPTIONAL: Final[Mapping[Product, tuple[str, ...]]] = MappingProxyType({
    "track": (
        "thrust_mps2", "thrust_sigma_mps2", "models", "first_plot_ns", "plots", "sensors", "parent", "confirmed_ns", "launch",
    ),
    "event": (
        "tracks", "first_detection_ns", "detected_by", "sensors", "launch", "impact", "path", "apogee_m", "apogee_sigma_m",
        "range_m", "range_sigma_m", "classes", "zones", "p_outside_eez", "p_land", "nations", "models_boost", "legal", "remark",
    ),
    "warning": (
        "detected_by", "launch", "impact", "path", "zones", "p_outside_eez", "land_alert", "apogee_m", "range_m", "headline",
        "reason", "cancel_ready",
    ),
    "receipt": (),
    "heartbeat": (),
})  # fmt: skip
"""Only when ``detail.fields`` of the rule names them; otherwise the neutral value stands, and the wire omits it."""

AT_HOME: Final[Mapping[Product, tuple[str, ...]]] = MappingProxyType({
    "track": (),
    "event": ("site", "areas", "overflights", "down_by_ns", "reports", "context"),
    "warning": ("areas", "why", "correction_ready", "cancel_cause"),
    "receipt": (),
    "heartbeat": (),
})  # fmt: skip
"""Never released, and not on the wire: a partner works them out from what it is given, by its own tables and its own rules."""

FREE_TEXT: Final[Mapping[Product, tuple[str, ...]]] = MappingProxyType(
    {
        "track": (),
        "event": ("remark",),
        "warning": ("headline", "reason", "cancel_ready"),
        "receipt": (),
        "heartbeat": (),
    }
)
"""Texts may quote exact figures, so no rule may combine them with a grid."""

WITH_SIGMA: Final = (("thrust_mps2", "thrust_sigma_mps2"), ("apogee_m", "apogee_sigma_m"), ("range_m", "range_sigma_m"))
"""A value is never released without its standard deviation, where the product has one."""

# Neutral values of fields that a message must carry but a rule withholds. Absent on the wire, put back by the receiver.
NEUTRAL_THRUST_MPS2: Final = 0.0
NEUTRAL_THRUST_SIGMA_MPS2: Final = 100.0  # wider than any boost: a missile leaves the pad at 15-30 and burns out near 100 m/s2
NEUTRAL_MODEL: Final = 0.25  # four phases, nothing known
NEUTRAL_BOOST: Final = 0.5  # burning or not, nothing known
