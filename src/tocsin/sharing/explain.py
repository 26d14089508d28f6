"""What a partner would get, field by field, and by which rule; and whether a hub may read what it relays.

Answers for people; decides nothing that ``release`` does.
"""

from typing import Final

import msgspec

from tocsin.messages.basics import Nation, Note, Product, World
from tocsin.messages.coalition import Coalition
from tocsin.messages.release import Detail, Policy, Rule
from tocsin.sharing.decide import decide, matching
from tocsin.sharing.fields import ALWAYS, OPTIONAL, PRODUCTS, WORLDS
from tocsin.sharing.grid import LN_BETA_GRID

_POSITIONS: Final = ("pos_ecef_m", "launch", "impact", "path", "apogee_m", "range_m", "apogee_sigma_m", "range_sigma_m", "nations")
_VELOCITIES: Final = ("vel_ecef_mps", "thrust_mps2", "thrust_sigma_mps2")
_SHARES: Final = ("models", "classes", "zones", "p_outside_eez", "p_land", "models_boost", "missiles_estimate")


class ExplainRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of ``tocsin policy explain``."""

    product: Product
    field: str
    released: bool
    precision: str  # "exact", "100 m grid", ...; empty when not released
    rule: str  # which rule; "no rule" or "ambiguous: ..." when nothing is released


def explain(policy: Policy, partner: Nation, world: World) -> tuple[ExplainRow, ...]:
    """Return every field of every product with what ``partner`` would get of it in ``world``."""
    rows: list[ExplainRow] = []
    for product in PRODUCTS:
        rule = decide(policy, product, partner, world)
        for field in ALWAYS[product] + OPTIONAL[product]:
            released = rule is not None and (field in ALWAYS[product] or field in rule.detail.fields)
            released = released and not (rule is not None and product == "track" and not rule.detail.kinds)
            rows.append(
                ExplainRow(
                    product=product,
                    field=field,
                    released=released,
                    precision=precision_of(product, field, rule.detail) if rule is not None and released else "",
                    rule=rule.rule if rule is not None else _why_none(policy, product, partner, world),
                )
            )
    return tuple(rows)


def _why_none(policy: Policy, product: Product, partner: Nation, world: World) -> str:
    doubled = matching(policy, product, partner, world)
    return f"ambiguous: {', '.join(rule.rule for rule in doubled)}" if doubled else "no rule"


def precision_of(product: Product, field: str, detail: Detail) -> str:
    """Say how exact one released field is, in words."""
    coarse = detail.position_grid_m > 0.0 or detail.velocity_grid_mps > 0.0
    if field == "kind" and product == "track":
        return f"only {', '.join(detail.kinds)}"
    if field == "time_ns" and product == "track" and detail.interval_s > 0.0:
        return f"every {detail.interval_s:g} s" + (f", {detail.delay_s:g} s late" if detail.delay_s > 0.0 else "")
    if field in _POSITIONS and detail.position_grid_m > 0.0:
        return f"{detail.position_grid_m:g} m grid"
    if field in _VELOCITIES and detail.velocity_grid_mps > 0.0:
        return f"{detail.velocity_grid_mps:g} {'m/s' if field == 'vel_ecef_mps' else 'm/s2'} grid"
    if not coarse:
        return "exact"
    words = {"ln_beta": f"{LN_BETA_GRID:g} grid", "cov": "enlarged by the rounding", **dict.fromkeys(_SHARES, "whole hundredths")}
    return words.get(field, "exact")


def check_policy(policy: Policy, coalition: Coalition) -> tuple[Note, ...]:
    """Return a note for each rule that cannot work as written.

    A hub reads what it relays, so what a nation sends through it must not exceed what the rules give the hub itself.
    """
    nations = tuple(spec.nation for spec in coalition.nations)
    notes = [
        _note("unknown-partner", f"rule {rule.rule}: partner {rule.partner} is not in the coalition {coalition.coalition}")
        for rule in policy.rules
        if rule.partner not in nations
    ]
    notes += [
        _note("permits-nothing", f"rule {rule.rule}: no kinds are listed, so no track leaves by it")
        for rule in policy.rules
        if rule.product == "track" and not rule.detail.kinds
    ]
    hub = coalition.hub
    if coalition.topology == "hub" and hub is not None and policy.nation != hub:
        for rule in policy.rules:
            if rule.partner not in (hub, policy.nation) and rule.product != "heartbeat":
                notes += [note for world in WORLDS if world in rule.worlds for note in _hub_notes(policy, rule, hub, world)]
    return tuple(notes)


def _hub_notes(policy: Policy, rule: Rule, hub: Nation, world: World) -> tuple[Note, ...]:
    own = decide(policy, rule.product, hub, world)
    if own is None:
        text = f"rule {rule.rule} sends {rule.product} through {hub}, which reads it, but no rule gives {hub} any in {world}"
        return (_note("hub-would-see", f"{text}; permit it to {hub} or link the two directly"),)
    excess = _excess(rule.detail, own.detail)
    if not excess:
        return ()
    text = f"rule {rule.rule} sends {excess} through {hub}, which reads it, but rule {own.rule} denies it to {hub} in {world}"
    return (_note("hub-would-see", text),)


def _excess(through: Detail, hub: Detail) -> str:
    """Say what the relayed detail holds beyond the hub's own, or nothing."""
    more = [field for field in through.fields if field not in hub.fields]
    more += [f"kind {kind}" for kind in through.kinds if kind not in hub.kinds]
    for name in ("position_grid_m", "velocity_grid_mps", "delay_s", "interval_s"):
        finer: float = getattr(through, name)
        allowed: float = getattr(hub, name)
        if finer < allowed:
            more.append(f"{name} {finer:g} instead of {allowed:g}")
    return ", ".join(more)


def _note(code: str, text: str) -> Note:
    return Note(stage="sharing", code=code, text=f"{text}.", time_ns=0)
