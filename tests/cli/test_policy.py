"""``tocsin policy explain``: what a partner would get, field by field, and by which rule; never more than the rules say."""

import re
from pathlib import Path

import pytest

from tests.cli.tool import Tool

ONE_RULE = """
nation = "KOR"
version = 3
[[rule]]
rule = "warn-jpn"
product = "warning"
partner = "JPN"
worlds = ["live"]
fields = ["headline"]
"""


def rows(text: str) -> dict[tuple[str, str], str]:
    """Return (product, field) -> the rest of its row."""
    found: dict[tuple[str, str], str] = {}
    product = ""
    for line in text.splitlines():
        title = re.match(r"(\w+): ", line)
        row = re.match(r" (\w+) +((?:yes|NO)\b.*?) *$", line)
        product = title.group(1) if title else product
        if row:
            found[product, row.group(1)] = " ".join(row.group(2).split())
    return found


def test_packaged_rules_show_the_grid_the_pace_and_what_stays_at_home(tocsin: Tool) -> None:
    done = tocsin("policy", "explain", "KOR", "JPN", "--world", "exercise")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("What KOR releases to JPN in world exercise, by rules version 1.")
    shown = rows(done.out)
    assert shown["track", "pos_ecef_m"] == "yes 100 m grid"
    assert shown["track", "time_ns"] == "yes every 1 s"
    assert shown["track", "kind"] == "yes only ballistic"
    assert shown["track", "sensors"] == "NO"
    assert {product for product, _ in shown} == {"track", "event", "warning", "receipt", "heartbeat"}
    assert "by KOR-track-JPN" in done.out


def test_what_no_rule_names_is_shown_as_not_leaving(tmp_path: Path, tocsin: Tool) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(ONE_RULE)
    live = tocsin("policy", "explain", "KOR", "JPN", "--world", "live", "--rules", rules)
    assert live.code == 0
    shown = rows(live.out)
    assert shown["warning", "headline"] == "yes exact"
    assert shown["warning", "impact"] == "NO"
    assert {answer for (product, _), answer in shown.items() if product != "warning"} == {"NO"}
    assert live.out.count("NOTHING leaves, no rule") == 4
    exercise = tocsin("policy", "explain", "KOR", "JPN", "--rules", rules)
    assert set(rows(exercise.out).values()) == {"NO"}


def test_what_a_hub_would_see_against_the_rules_is_said_below_the_tables(tmp_path: Path, tocsin: Tool) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(ONE_RULE)
    checks = [line for line in tocsin("policy", "explain", "KOR", "JPN", "--rules", rules).out.splitlines() if line.startswith("CHECK")]
    assert len(checks) == 1
    assert "through USA" in checks[0]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("XXX", "JPN"), 2, "nation 'XXX': expected one of KOR, JPN, USA"),
        (("KOR", "KOR"), 2, "partner 'KOR': expected one of JPN, USA"),
        (("KOR", "PRK"), 2, "partner 'PRK': expected one of JPN, USA"),
        (("KOR", "JPN", "--world", "LIVE"), 2, "--world LIVE: expected one of live, exercise, test"),
        (("KOR", "JPN", "--rules", "absent.toml"), 2, "absent.toml: expected a rules file"),
        (("JPN", "KOR", "--rules", "{rules}"), 2, "expected the rules of JPN, came those of KOR"),
        (("KOR", "JPN", "--rules", "{broken}"), 3, "broken.toml: not valid TOML"),
    ],
)
def test_a_wrong_question_is_one_line(tmp_path: Path, tocsin: Tool, arguments: tuple[str, ...], code: int, said: str) -> None:
    (tmp_path / "rules.toml").write_text(ONE_RULE)
    (tmp_path / "broken.toml").write_text("[[rule\n")
    filled = [part.format(rules=tmp_path / "rules.toml", broken=tmp_path / "broken.toml") for part in arguments]
    done = tocsin("policy", "explain", *filled)
    assert (done.code, done.out) == (code, "")
    assert len(done.err.splitlines()) == 1
    assert said in done.err
