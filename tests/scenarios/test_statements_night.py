"""The statements of the reference night against what both ministries published, each from its own evidence."""

import re

import pytest

from tocsin.api.night import Plan, play_night
from tocsin.evaluation.record import NightRecord
from tocsin.evaluation.statements import Told, history, nation_names
from tocsin.geography import load_zones
from tocsin.messages.coalition import Coalition
from tocsin.sim.coalition import place
from tocsin.sim.night import make_night
from tocsin.sim.scenario import Scenario, load_coalition, load_scenario

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def played() -> tuple[Scenario, Coalition, NightRecord]:
    """The night without logs, on one seed of the notional sensors."""
    scenario = load_scenario("2023-08-30")
    coalition = load_coalition(scenario.coalition)
    plan = Plan(
        scenario=scenario, coalition=coalition, sensors=place(coalition), configuration="base", seed=7, skip_quiet=True, log_dir=None
    )
    return scenario, coalition, play_night(plan, make_night(scenario), load_zones())


def told_by(nation: str, played: tuple[Scenario, Coalition, NightRecord]) -> tuple[Told, ...]:
    _, coalition, record = played
    spec = next(spec for spec in coalition.nations if spec.nation == nation)
    return history(record, record.nations[nation], spec, nation_names(coalition))


def published(nation: str, scenario: Scenario, *, first: bool) -> str:
    return next(s.text for s in scenario.statements if s.nation == nation and s.first is first)


def test_the_first_statements_count_what_the_first_reports_counted(played: tuple[Scenario, Coalition, NightRecord]) -> None:
    """Korea "at least two short-range ballistic missiles", Japan "at least one suspected ballistic missile"."""
    for nation in ("KOR", "JPN"):
        words = published(nation, played[0], first=True).rstrip(".").lower()
        assert words in told_by(nation, played)[0].text.lower()


def test_japans_last_statement_has_the_published_times_heights_and_distances(played: tuple[Scenario, Coalition, NightRecord]) -> None:
    """Two missiles, 23:38 and 23:46, about 50 km, about 350 and 400 km, outside its EEZ: all of it from its own ship."""
    words = published("JPN", played[0], first=False)
    last = told_by("JPN", played)[-1]
    assert last.facts.own.at_least == 2
    assert last.facts.joint is None
    assert re.findall(r"\d\d:\d\d", last.text) == re.findall(r"\d\d:\d\d", words) == ["23:38", "23:46"]
    flights = last.facts.own.flights
    apogee_km = [int(number) for number in re.findall(r"apogee about (\d+) km", words)]
    distances_km = [int(number) for number in re.findall(r"(\d+) and (\d+) km", words)[0]]
    assert [f.apogee.km for f in flights if f.apogee is not None] == apogee_km * 2
    assert [f.range.km for f in flights if f.range is not None] == distances_km
    assert last.facts.own.eez is not None
    assert last.facts.own.eez.verdict == "outside"
    assert "towards the northeast and the Sea of Japan / East Sea" in last.text


def test_koreas_statement_agrees_with_what_korea_published(played: tuple[Scenario, Coalition, NightRecord]) -> None:
    """Two short-range missiles; about 360 km was said of both together, so each within the coarse published step of it."""
    words = published("KOR", played[0], first=False)
    said_km = int(re.findall(r"about (\d+) km", words)[0])
    last = told_by("KOR", played)[-1]
    assert last.facts.own.at_least == 2
    assert {flight.missile_class for flight in last.facts.own.flights} == {"SRBM"}
    assert all(flight.range is not None and abs(flight.range.km - said_km) <= 50 for flight in last.facts.own.flights)


def test_every_statement_of_the_night_begins_and_ends_with_the_mark(played: tuple[Scenario, Coalition, NightRecord]) -> None:
    for nation in ("KOR", "JPN", "USA"):
        for told in told_by(nation, played):
            lines = told.text.split("\n")
            assert (lines[0], lines[-1]) == ("EXERCISE", "EXERCISE")
