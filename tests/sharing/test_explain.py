"""What a partner would get, field by field, and whether a hub may read what it relays."""

import msgspec
import pytest

from tests.sharing.samples import NATIONS, policy_of
from tocsin.messages.coalition import Coalition, NationSpec
from tocsin.messages.release import Detail, Policy, Rule
from tocsin.sharing.explain import ExplainRow, check_policy, explain
from tocsin.sharing.fields import ALWAYS, OPTIONAL, PRODUCTS

replace = msgspec.structs.replace


def coalition(topology: str = "hub") -> Coalition:
    return Coalition(
        coalition="northeast-asia", title="", notice="", topology=topology, hub="USA" if topology == "hub" else None,  # type: ignore[arg-type]
        nations=tuple(NationSpec(nation=nation, name=nation, ministry="") for nation in NATIONS), sensors=(), configurations=(),
    )  # fmt: skip


def row_of(rows: tuple[ExplainRow, ...], product: str, field: str) -> ExplainRow:
    (row,) = [row for row in rows if (row.product, row.field) == (product, field)]
    return row


def test_explain_lists_every_field_of_every_product_once() -> None:
    rows = explain(policy_of("KOR"), "JPN", "live")
    assert [(row.product, row.field) for row in rows] == [
        (product, field) for product in PRODUCTS for field in ALWAYS[product] + OPTIONAL[product]
    ]


def test_explain_names_rule_and_precision_of_the_coarsened_product() -> None:
    rows = explain(policy_of("KOR"), "JPN", "exercise")
    position = row_of(rows, "track", "pos_ecef_m")
    assert (position.released, position.precision, position.rule) == (True, "100 m grid", "KOR-track-JPN")
    assert row_of(rows, "track", "vel_ecef_mps").precision == "1 m/s grid"
    assert row_of(rows, "track", "kind").precision == "only ballistic"
    assert row_of(rows, "track", "time_ns").precision == "every 1 s"
    assert row_of(rows, "track", "cov").precision == "enlarged by the rounding"
    sensors = row_of(rows, "track", "sensors")
    assert (sensors.released, sensors.precision, sensors.rule) == (False, "", "KOR-track-JPN")
    assert row_of(rows, "event", "impact").precision == "exact"
    assert row_of(explain(policy_of("KOR"), "USA", "exercise"), "track", "sensors").released


def test_explain_says_that_no_rule_or_two_rules_release_nothing() -> None:
    assert {(row.released, row.rule) for row in explain(policy_of("KOR"), "PRK", "live")} == {(False, "no rule")}
    rule = Rule(rule="a", product="receipt", partner="USA", worlds=("test",), detail=Detail())
    doubled = Policy(nation="KOR", version=1, rules=(rule, replace(rule, rule="b")))
    assert row_of(explain(doubled, "USA", "test"), "receipt", "item").rule == "ambiguous: a, b"


@pytest.mark.parametrize("nation", NATIONS)
@pytest.mark.parametrize("topology", ["hub", "mesh"])
def test_the_packaged_policies_send_nothing_through_the_hub_that_they_deny_it(nation: str, topology: str) -> None:
    assert check_policy(policy_of(nation), coalition(topology)) == ()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"fields": ("launch", "plots")}, "plots"),
        ({"kinds": ("ballistic", "meteor")}, "kind meteor"),
        ({"position_grid_m": 10.0}, "position_grid_m 10 instead of 50"),
        ({"velocity_grid_mps": 0.0}, "velocity_grid_mps"),
        ({"delay_s": 1.0}, "delay_s"),
        ({"interval_s": 0.5}, "interval_s"),
    ],
)
def test_a_detail_that_the_rules_deny_the_hub_is_noted(change: dict[str, object], expected: str) -> None:
    detail = Detail(fields=("launch",), kinds=("ballistic",), position_grid_m=50.0, velocity_grid_mps=1.0, delay_s=2.0, interval_s=1.0)
    hub = Rule(rule="to-hub", product="track", partner="USA", worlds=("test",), detail=detail)
    far = Rule(rule="through", product="track", partner="JPN", worlds=("test",), detail=detail)
    assert check_policy(Policy(nation="KOR", version=1, rules=(hub, far)), coalition()) == ()
    finer = replace(far, detail=replace(detail, **change))  # type: ignore[arg-type]
    notes = check_policy(Policy(nation="KOR", version=1, rules=(hub, finer)), coalition())
    assert [note.code for note in notes] == ["hub-would-see"]
    assert expected in notes[0].text
    assert check_policy(Policy(nation="KOR", version=1, rules=(hub, finer)), coalition("mesh")) == ()


def test_a_product_sent_through_a_hub_that_gets_none_itself_is_noted() -> None:
    far = Rule(rule="through", product="event", partner="JPN", worlds=("test", "live"), detail=Detail())
    notes = check_policy(Policy(nation="KOR", version=1, rules=(far,)), coalition())
    assert [note.code for note in notes] == ["hub-would-see", "hub-would-see"]


def test_an_unknown_partner_and_a_rule_that_permits_nothing_are_noted() -> None:
    rules = (
        Rule(rule="a", product="receipt", partner="PRK", worlds=("test",), detail=Detail()),
        Rule(rule="b", product="track", partner="USA", worlds=("test",), detail=Detail()),
    )
    codes = [note.code for note in check_policy(Policy(nation="KOR", version=1, rules=rules), coalition("mesh"))]
    assert codes == ["unknown-partner", "permits-nothing"]
