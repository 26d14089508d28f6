"""Thresholds are data: read strictly, with a clear word about what is wrong, and each with its reason and source."""

from importlib.resources import files

import pytest

from tests.stages.warned import PLACES, event
from tocsin.errors import OperatorFault
from tocsin.warning.desk import WarningDesk
from tocsin.warning.thresholds import ThresholdBook, load_thresholds, parse_thresholds

FOLDER = files("tocsin").joinpath("data", "thresholds")
TEXT = FOLDER.joinpath("JPN.toml").read_text(encoding="utf-8")


def test_each_nation_of_the_first_coalition_has_a_file_and_others_get_the_default() -> None:
    book = load_thresholds()
    assert [entry.nation for entry in book.nations] == ["JPN", "KOR", "USA"]
    assert book.of("AUS") is book.default
    for entry in (*book.nations, book.default):
        for level in (entry.land, entry.overflight, entry.sea_air):
            assert 0.0 < level.clear_p < level.raise_p < 1.0
            assert level.neighbour_p <= level.raise_p


def test_every_packaged_file_says_that_it_is_notional() -> None:
    texts = [entry.read_text(encoding="utf-8") for entry in FOLDER.iterdir()]
    assert len(texts) == 4
    assert all('notice = "Notional' in text for text in texts)


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("raise_p = 0.01", "raise_p = 2.0", "$.land.raise_p`, came 2.0"),
        ("raise_p = 0.01", 'raise_p = "much"', "came 'much'"),
        ("raise_p = 0.01", "raise_p = nan", "$.land.raise_p"),
        ("\nhold_s = 8.0", "\nholds = 20.0", "unknown field `holds`"),
        ("\nhold_s = 8.0", "", "missing required field `hold_s`"),
        ("\nhold_s = 8.0", "\nhold_s = 86400.0", "came 86400.0"),
        ("clear_p = 0.003", "clear_p = 0.01", "expected less than raise_p"),
        ("neighbour_p = 0.002", "neighbour_p = 0.02", "expected at most raise_p"),
        ("[overflight]", "[overflight]\nneighbour_p = 0.05", "unknown field `neighbour_p`"),
        ("neighbour_p = 0.002", "", "missing required field `neighbour_p`"),
        ("version = 1", "version = 2", "came 2"),
        ("[posture]", "[watch]", "unknown field `watch`"),
        ('nation = "JPN"', "nation = Japan", "expected TOML text"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name_the_place_and_what_came(was: str, becomes: str, said: str) -> None:
    assert was in TEXT
    with pytest.raises(OperatorFault) as refused:
        parse_thresholds(TEXT.replace(was, becomes, 1), "JPN.toml")
    assert str(refused.value).startswith("JPN.toml: ")
    assert said in str(refused.value)


def test_a_reason_and_a_source_are_part_of_the_file() -> None:
    for key in ("reason", "source"):
        start = TEXT.index(f"\n{key} = ", TEXT.index("[posture]"))
        with pytest.raises(OperatorFault, match=f"missing required field `{key}`"):
            parse_thresholds(TEXT[:start] + TEXT[TEXT.index("\n", start + 1) :], "JPN.toml")


def test_a_desk_decides_by_the_thresholds_that_it_is_given() -> None:
    book = load_thresholds()
    strict = parse_thresholds(TEXT.replace("raise_p = 0.01", "raise_p = 0.2", 1), "JPN.toml")
    said = []
    for given in (book, ThresholdBook((strict,), book.default)):
        (warning,), _, _ = WarningDesk("JPN", "exercise", book=given, places=PLACES).step(
            (event(0, areas=(("JP-A", 0.1),), p_land=(("JPN", 0.1),)),), (), event(0).time_ns
        )
        said.append(warning.land_alert)
    assert said == [("JPN",), ()]
