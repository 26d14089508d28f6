"""``tocsin catalogue-check`` as a user runs it: what it refuses, what it prints, how it ends."""

import json

import pytest

from tests.cli.tool import Tool


def test_an_event_that_cannot_be_played_is_a_usage_error(tocsin: Tool) -> None:
    done = tocsin("catalogue-check", "--events", "2017-11-29,2016-08-03")
    assert done.code == 2
    assert "2016-08-03 cannot be played" in done.err


def test_an_empty_list_is_a_usage_error(tocsin: Tool) -> None:
    assert tocsin("catalogue-check", "--events", " , ").code == 2


@pytest.mark.slow
def test_one_event_prints_its_targets_what_is_not_scored_and_its_progress(tocsin: Tool) -> None:
    done = tocsin("catalogue-check", "--events", "2022-11-17", "--workers", "1", "--json")
    result = json.loads(done.out)
    assert done.code == 0
    assert "1 of 1" in done.err
    assert "no legal value" in result["notice"]
    assert "Not scored" in result["not_scored"]
    assert [row["row"] for row in result["rows"]] == ["NK-20221117-01"]
    assert {target["met"] for target in result["targets"]} == {True, None}
