"""Find the one rule that permits a product to a partner in a world. Default deny; no reduction here."""

from tocsin.messages.basics import Nation, Product, World
from tocsin.messages.release import Policy, Rule


def matching(policy: Policy, product: Product, partner: Nation, world: World) -> tuple[Rule, ...]:
    """Return every rule that names this product, partner and world; more than one is a fault in the policy."""
    if not partner or partner == policy.nation:
        return ()
    return tuple(rule for rule in policy.rules if rule.product == product and rule.partner == partner and world in rule.worlds)


def decide(policy: Policy, product: Product, partner: Nation, world: World) -> Rule | None:
    """Return the rule that permits it, or None: no rule, or two that might contradict each other, release nothing."""
    rules = matching(policy, product, partner, world)
    return rules[0] if len(rules) == 1 else None
