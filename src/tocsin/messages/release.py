"""Release rules as data, and what a rule lets out. Default deny: what no rule names does not leave."""

import msgspec

from tocsin.messages.basics import Nation, Product, World
from tocsin.messages.event import LaunchEvent
from tocsin.messages.receipt import Heartbeat, Receipt
from tocsin.messages.track import Track
from tocsin.messages.warning import Warning


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a product one partner gets.

    ``fields``: names of the optional wire fields that are kept (identity, time and state are always there).
    ``position_grid_m``: positions are rounded to this grid; the rounding's variance is added to the covariance.
    ``velocity_grid_mps``: the same for velocity. ``delay_s``: not before this age. ``interval_s``: at most one per key and interval.
    ``kinds``: which track kinds may leave (tracks only); empty = none.
    """

    fields: tuple[str, ...] = ()
    position_grid_m: float = 0.0
    velocity_grid_mps: float = 0.0
    delay_s: float = 0.0
    interval_s: float = 0.0
    kinds: tuple[str, ...] = ()


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One permission: this product to this partner in these worlds at this detail."""

    rule: str
    product: Product
    partner: Nation
    worlds: tuple[World, ...]
    detail: Detail


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """All rules of one nation. ``version`` grows with each change."""

    nation: Nation
    version: int
    rules: tuple[Rule, ...]


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule lets out to one partner: the reduced messages, ready for the wire."""

    product: Product
    audience: Nation
    rule: str
    items: tuple[Track | LaunchEvent | Warning | Receipt | Heartbeat, ...]
