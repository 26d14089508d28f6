"""The decision table, every cell of it."""

from itertools import product as cells

import msgspec
import pytest

from tests.sharing.samples import NATIONS, PRODUCTS, T0_NS, TRACK, WORLDS, item_for, policy_of
from tocsin.messages.release import Detail, Policy, Rule
from tocsin.sharing.decide import decide, matching
from tocsin.sharing.release import release

AUDIENCES = (*NATIONS, "PRK", "")
TRACK_DETAIL = Detail(kinds=("ballistic",))


def one_rule(product: str, partner: str, *worlds: str) -> Rule:
    return Rule(rule="r", product=product, partner=partner, worlds=worlds, detail=TRACK_DETAIL)  # type: ignore[arg-type]


@pytest.mark.parametrize("nation", NATIONS)
def test_the_packaged_table_permits_exactly_the_partners_in_every_product_and_world(nation: str) -> None:
    policy = policy_of(nation)
    for product, audience, world in cells(PRODUCTS, AUDIENCES, WORLDS):
        rule = decide(policy, product, audience, world)  # type: ignore[arg-type]
        partner = audience in NATIONS and audience != nation
        assert (rule is not None) == partner, (product, audience, world)
        if rule is not None:
            assert rule.rule == f"{nation}-{product}-{audience}"


def test_a_single_rule_permits_exactly_its_own_cells() -> None:
    for ruled in cells(PRODUCTS, ("USA", "JPN"), WORLDS):
        policy = Policy(nation="KOR", version=1, rules=(one_rule(*ruled),))
        for cell in cells(PRODUCTS, AUDIENCES, WORLDS):
            assert (decide(policy, *cell) is not None) == (cell == ruled), (ruled, cell)  # type: ignore[arg-type]


def test_an_empty_policy_releases_nothing_in_any_cell() -> None:
    policy = Policy(nation="KOR", version=1, rules=())
    for product, audience, world in cells(PRODUCTS, AUDIENCES, WORLDS):
        item = item_for(product, "KOR", audience, world)
        released, notes = release(policy, product, audience, world, (item,), T0_NS)  # type: ignore[arg-type]
        assert released is None
        assert [note.code for note in notes] == ["no-rule"]


def test_two_matching_rules_release_nothing_and_are_named() -> None:
    first = one_rule("track", "USA", "test")
    second = msgspec.structs.replace(first, rule="other")
    policy = Policy(nation="KOR", version=1, rules=(first, second))
    assert decide(policy, "track", "USA", "test") is None
    assert len(matching(policy, "track", "USA", "test")) == 2
    released, notes = release(policy, "track", "USA", "test", (TRACK,), T0_NS)
    assert released is None
    assert [note.code for note in notes] == ["ambiguous-rule"]
    assert "r, other" in notes[0].text


def test_a_rule_for_an_empty_audience_or_for_the_nation_itself_never_matches() -> None:
    policy = Policy(nation="KOR", version=1, rules=(one_rule("track", "", "test"), one_rule("track", "KOR", "test")))
    assert decide(policy, "track", "", "test") is None
    assert decide(policy, "track", "KOR", "test") is None
