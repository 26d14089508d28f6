"""``tocsin events`` as a user runs it, and events that ``run`` refuses in one clear line."""

import csv
import io
import json

from tests.cli.tool import Tool


def test_the_table_gives_korean_date_and_row_id_and_says_what_the_others_lack(tocsin: Tool) -> None:
    done = tocsin("events", "--since", "2026-08-01")
    assert done.code == 0
    line = next(line for line in done.out.splitlines() if "NK-20260820-01" in line)
    assert line.startswith("2026-08-20  17:00")
    assert "no: bearing or splash place" in line
    assert "Apache-2.0" in done.out
    assert "CC0-1.0" in done.out


def test_json_lists_every_missile_with_its_flags_in_full(tocsin: Tool) -> None:
    listing = json.loads(tocsin("events", "--json").out)
    assert (listing["missiles"], len(listing["events"])) == (342, 342)
    assert listing["playable"] == sum(event["plays"] for event in listing["events"]) == 213
    event = next(event for event in listing["events"] if event["row"] == "NK-20170704-01")
    assert [flag["code"] for flag in event["flags"]] == ["time-12-hours-off"]
    assert event["flags"][0]["was"] == "12:40 UTC"
    assert "Oga Peninsula" in event["landing"]


def test_csv_has_the_same_rows_as_json(tocsin: Tool) -> None:
    rows = list(csv.DictReader(io.StringIO(tocsin("events", "--csv", "--since", "2022-11-03").out)))
    events = json.loads(tocsin("events", "--json", "--since", "2022-11-03").out)["events"]
    assert [row["row"] for row in rows] == [event["row"] for event in events]
    assert rows[0]["date_kst"] == "2022-11-03"
    assert float(rows[0]["apogee_km"]) == events[0]["apogee_km"]


def test_a_month_counts_as_since_its_beginning(tocsin: Tool) -> None:
    """Rows with a month only are listed from any day of that month on, not lost."""
    rows = {event["row"] for event in json.loads(tocsin("events", "--json", "--since", "1992-06-15").out)["events"]}
    assert "NK-199206-01" in rows
    assert "NK-199107-01" not in rows


def test_a_wrong_date_or_two_formats_are_usage_errors(tocsin: Tool) -> None:
    assert (tocsin("events", "--since", "last year").code, tocsin("events", "--json", "--csv").code) == (2, 2)


def test_an_event_without_enough_facts_ends_in_one_line_that_names_them(tocsin: Tool) -> None:
    done = tocsin("run", "2016-08-03")
    assert done.code == 3
    assert done.err.strip().count("\n") == 0
    assert "NK-20160802-01: not published: apogee" in done.err


def test_an_unknown_event_names_neighbours_and_packaged_scenarios(tocsin: Tool) -> None:
    done = tocsin("demo", "2017-11-30")
    assert done.code == 2
    assert "2017-11-29" in done.err
    assert "2023-08-30-salvo" in done.err
