"""Release rules as text: what is not understood completely is refused with its place."""

import pytest

from tests.sharing.samples import NATIONS, policy_of, rules_text
from tocsin.errors import OperatorFault
from tocsin.sharing.fields import FREE_TEXT, OPTIONAL
from tocsin.sharing.rules import MAX_DELAY_S, MAX_INTERVAL_S, MAX_POSITION_GRID_M, MAX_VELOCITY_GRID_MPS, MIN_GRID, parse_policy

HEAD = 'nation = "KOR"\nversion = 3\n'
RULE = '[[rule]]\nrule = "r1"\nproduct = "track"\npartner = "USA"\nworlds = ["test"]\nkinds = ["ballistic"]\n'


def test_a_policy_is_read_with_its_nation_version_and_detail() -> None:
    policy = parse_policy(HEAD + RULE + 'fields = ["plots", "models"]\nposition_grid_m = 100\n', "x.toml")
    assert (policy.nation, policy.version, len(policy.rules)) == ("KOR", 3, 1)
    detail = policy.rules[0].detail
    assert detail.fields == ("models", "plots")
    assert detail.position_grid_m == 100.0
    assert isinstance(detail.position_grid_m, float)
    assert detail.kinds == ("ballistic",)


def test_a_policy_without_rules_is_valid_and_releases_nothing() -> None:
    assert parse_policy(HEAD, "x.toml").rules == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nation = ", "not valid TOML"),
        ('nation = "KOR"\n', "version"),
        ('nation = "kor"\nversion = 1\n', "nation"),
        ('nation = "KOR"\nversion = 0\n', "version"),
        (HEAD + 'colour = "red"\n', "colour"),
        (HEAD + RULE + "colour = 1\n", "colour"),
        (HEAD + RULE.replace('"track"', '"plot"'), "product"),
        (HEAD + RULE.replace('["test"]', '["drill"]'), "worlds"),
        (HEAD + RULE.replace('["test"]', "[]"), "worlds is empty"),
        (HEAD + RULE.replace('["test"]', '["test", "test"]'), "twice"),
        (HEAD + RULE.replace('"USA"', '""'), "partner"),
        (HEAD + RULE.replace('"USA"', '"KOR"'), "the nation itself"),
        (HEAD + RULE.replace('partner = "USA"\n', ""), "partner"),
        (HEAD + RULE.replace('["ballistic"]', '["rocket"]'), "rocket"),
        (HEAD + RULE + 'fields = ["warhead"]\n', "warhead"),
        (HEAD + RULE + 'fields = ["pos_ecef_m"]\n', "pos_ecef_m"),
        (HEAD + RULE + 'fields = ["thrust_mps2"]\n', "thrust_sigma_mps2"),
        (HEAD + RULE + "delay_s = -1.0\n", "delay_s"),
        (HEAD + RULE + "delay_s = nan\n", "delay_s"),
        (HEAD + RULE + "interval_s = inf\n", "interval_s"),
        (HEAD + RULE + 'position_grid_m = "100"\n', "position_grid_m"),
        (HEAD + RULE.replace('"track"', '"event"'), "kinds"),
        (HEAD + RULE + RULE.replace('"r1"', '"r2"'), "at most one rule"),
        (HEAD + RULE + RULE.replace('"USA"', '"JPN"'), "same name"),
    ],
)
def test_a_doubtful_policy_is_refused_by_name(text: str, expected: str) -> None:
    with pytest.raises(OperatorFault, match=expected) as caught:
        parse_policy(text, "KOR.toml")
    assert str(caught.value).startswith("KOR.toml")
    assert caught.value.exit_code == 3


def test_an_error_names_the_line_of_the_rule_that_holds_it() -> None:
    text = HEAD + RULE + "\n" + RULE.replace('"r1"', '"r2"').replace('"USA"', '"JPN"') + 'fields = ["bad"]\n'
    with pytest.raises(OperatorFault, match=r"KOR\.toml, line 10, rule 'r2'"):
        parse_policy(text, "KOR.toml")


@pytest.mark.parametrize(
    ("key", "most"),
    [
        ("position_grid_m", MAX_POSITION_GRID_M),
        ("velocity_grid_mps", MAX_VELOCITY_GRID_MPS),
        ("delay_s", MAX_DELAY_S),
        ("interval_s", MAX_INTERVAL_S),
    ],
)
def test_each_limit_holds_on_both_sides(key: str, most: float) -> None:
    assert parse_policy(HEAD + RULE + f"{key} = {most}\n", "x").rules
    with pytest.raises(OperatorFault, match=key):
        parse_policy(HEAD + RULE + f"{key} = {most + 1.0}\n", "x")


def test_a_grid_finer_than_doubles_can_carry_is_refused() -> None:
    assert parse_policy(HEAD + RULE + f"position_grid_m = {MIN_GRID}\n", "x").rules
    with pytest.raises(OperatorFault, match="position_grid_m"):
        parse_policy(HEAD + RULE + f"position_grid_m = {MIN_GRID / 2}\n", "x")


@pytest.mark.parametrize("product", ["event", "warning"])
def test_a_text_beside_a_grid_is_refused_since_it_may_quote_exact_figures(product: str) -> None:
    base = HEAD + RULE.replace('"track"', f'"{product}"').replace('kinds = ["ballistic"]\n', "") + "position_grid_m = 1000.0\n"
    assert parse_policy(base, "x").rules
    for field in FREE_TEXT[product]:  # type: ignore[index]
        with pytest.raises(OperatorFault, match="exact figures"):
            parse_policy(base + f'fields = ["{field}"]\n', "x")


@pytest.mark.parametrize("nation", NATIONS)
def test_the_packaged_rules_say_what_the_coalition_agreed(nation: str) -> None:
    policy = policy_of(nation)
    assert policy.nation == nation
    assert "NOTIONAL" in rules_text(nation)
    for rule in policy.rules:
        assert rule.worlds == ("live", "exercise", "test")
        coarse = {nation, rule.partner} == {"KOR", "JPN"} and rule.product == "track"
        assert rule.detail.position_grid_m == (100.0 if coarse else 0.0)
        assert rule.detail.velocity_grid_mps == (1.0 if coarse else 0.0)
        if rule.product == "track":
            assert rule.detail.kinds == ("ballistic",)
            assert rule.detail.interval_s == 1.0
            assert ("sensors" in rule.detail.fields) == (not coarse)
        else:
            assert rule.detail.fields == tuple(sorted(OPTIONAL[rule.product]))
    assert len(policy.rules) == 10
