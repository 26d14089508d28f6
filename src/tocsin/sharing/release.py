"""Decide, check, reduce: the one way from a nation's own messages to what a partner may have.

Default deny: whatever is in doubt stays, and a note says why. No bytes, no keys, no memory of what was sent before
(the node keeps the intervals).
"""

from typing import Final

from tocsin.messages.basics import Nation, Note, Product, World
from tocsin.messages.event import LaunchEvent
from tocsin.messages.receipt import Heartbeat, Receipt
from tocsin.messages.release import Policy, Release, Rule
from tocsin.messages.track import Track
from tocsin.messages.warning import Warning
from tocsin.sharing.decide import decide, matching
from tocsin.sharing.reduce import reduce_event, reduce_track, reduce_warning
from tocsin.sharing.sound import Item, Problem, problem_of
from tocsin.units import s2ns

_TYPES: Final[dict[Product, type[Item]]] = {
    "track": Track,
    "event": LaunchEvent,
    "warning": Warning,
    "receipt": Receipt,
    "heartbeat": Heartbeat,
}


def release(
    policy: Policy, product: Product, partner: Nation, world: World, items: tuple[Item, ...], now_ns: int
) -> tuple[Release | None, tuple[Note, ...]]:
    """Return what the policy lets out of ``items`` to ``partner`` in ``world``, and a note for everything refused.

    None when no rule permits it or nothing is left. A track whose kind the rule does not list stays silently: that is the
    rule at work, not a problem.
    """
    if not items:
        return None, ()
    rule = decide(policy, product, partner, world)
    if rule is None:
        return None, (_denied(policy, product, partner, world, now_ns),)
    kept: list[Item] = []
    notes: list[Note] = []
    for item in items:
        if isinstance(item, Track) and rule.product == "track" and item.kind not in rule.detail.kinds:
            continue  # before any check: most tracks are aircraft, which stay at home
        problem = _refusal(policy, rule, world, item, now_ns)
        if problem is not None:
            notes.append(_note(problem, f"{product} to {partner}", now_ns))
            continue
        reduced = _reduce(item, rule)
        if reduced is not None:
            kept.append(reduced)
    if not kept:
        return None, tuple(notes)
    return Release(product=product, audience=partner, rule=rule.rule, items=tuple(kept)), tuple(notes)


def _denied(policy: Policy, product: Product, partner: Nation, world: World, now_ns: int) -> Note:
    doubled = matching(policy, product, partner, world)
    if doubled:
        names = ", ".join(rule.rule for rule in doubled)
        problem = ("ambiguous-rule", f"expected one rule, got {names}; remove all but one. Nothing was released")
    else:
        problem = ("no-rule", f"no rule of {policy.nation} permits it in {world}; add one if it should leave. Nothing was released")
    return _note(problem, f"{product} to {partner or 'nobody'}", now_ns)


def _note(problem: Problem, what: str, now_ns: int) -> Note:
    code, text = problem
    return Note(stage="sharing", code=code, text=f"{what}: {text}.", time_ns=now_ns)


def _refusal(policy: Policy, rule: Rule, world: World, item: Item, now_ns: int) -> Problem | None:
    """Return why this item may not leave at all, before any reduction."""
    if not isinstance(item, _TYPES[rule.product]):
        return "wrong-type", f"expected {_TYPES[rule.product].__name__}, got {type(item).__name__}"
    speaker = speaker_of(item)
    if speaker != policy.nation:
        return "not-own", f"expected a statement of {policy.nation}, got one of {speaker}; only its originator may pass it on"
    if isinstance(item, (LaunchEvent, Warning)) and item.world != world:
        return "wrong-world", f"expected world {world}, got {item.world}; a message never changes its world"
    addressee = item.origin if isinstance(item, Receipt) else item.neighbour if isinstance(item, Heartbeat) else rule.partner
    if addressee != rule.partner:
        return "wrong-partner", f"it speaks to {addressee}; send it there"
    if time_of(item) + s2ns(rule.detail.delay_s) > now_ns and rule.detail.delay_s > 0.0:
        return "delayed", f"rule {rule.rule} holds it for {rule.detail.delay_s:g} s; offer it again later"
    return problem_of(item)


def speaker_of(item: Item) -> Nation:
    """Return the nation whose statement an item is."""
    if isinstance(item, (Track, Heartbeat)):
        return item.nation
    return item.recipient if isinstance(item, Receipt) else item.origin


def time_of(item: Item) -> int:
    """Return the time that an item speaks of, nanoseconds UTC."""
    return item.received_ns if isinstance(item, Receipt) else item.time_ns


def _reduce(item: Item, rule: Rule) -> Item | None:
    if isinstance(item, Track):
        return reduce_track(item, rule)
    if isinstance(item, LaunchEvent):
        return reduce_event(item, rule)
    if isinstance(item, Warning):
        return reduce_warning(item, rule)
    return item
