"""The life cycle is one table: every pair of status and trigger is tried, and what it promises is checked on all of them."""

from itertools import product
from typing import get_args

import pytest

from tocsin.messages.warning import WarningStatus
from tocsin.warning.lifecycle import FINAL, TABLE, Trigger, next_status

STATUSES = ("new", *get_args(WarningStatus))
TRIGGERS = get_args(Trigger)
LEVEL = {"new": 0, "suspected": 1, "presumed-down": 2, "observed": 2, "passed": 2, "confirmed": 3, "updated": 3}


@pytest.mark.parametrize(("status", "trigger"), list(product(STATUSES, TRIGGERS)))
def test_every_pair_is_in_the_table_or_refused(status: str, trigger: str) -> None:
    reached = next_status(status, trigger)
    assert reached == TABLE.get((status, trigger))
    assert reached is None or reached in get_args(WarningStatus)


def test_final_statuses_lead_nowhere() -> None:
    assert not [pair for pair in TABLE if pair[0] in FINAL]


def test_every_status_can_be_reached_and_every_standing_one_can_end() -> None:
    reached = {"new"}
    while True:
        more = {after for (before, _), after in TABLE.items() if before in reached} - reached
        if not more:
            break
        reached |= more
    assert reached == set(STATUSES)
    for status in set(STATUSES) - {"new", *FINAL}:
        assert next_status(status, "command-cancel") == "cancelled"
        assert next_status(status, "event-cancelled") == "cancelled"
        assert next_status(status, "expire") == "expired"


def test_an_all_clear_needs_presumed_down_or_observed_before_it() -> None:
    assert {before for (before, _), after in TABLE.items() if after == "all-clear"} == {"presumed-down", "observed"}
    for trigger in ("command-all-clear", "all-clear-due"):
        assert next_status("confirmed", trigger) is None
        assert next_status("passed", trigger) is None


def test_what_has_passed_can_still_come_down_be_seen_to_or_threaten_land_again() -> None:
    assert next_status("passed", "event-presumed-down") == "presumed-down"
    assert next_status("passed", "event-observed") == "observed"
    assert next_status("passed", "event-confirmed") == "updated"


def test_a_cancel_never_leads_to_an_all_clear() -> None:
    for (_, trigger), after in TABLE.items():
        if "cancel" in trigger:
            assert after == "cancelled"


def test_no_timer_says_passed_or_observed() -> None:
    for (_, trigger), after in TABLE.items():
        if after == "observed":
            assert trigger in ("event-observed", "event-changed")
        if after == "passed":
            assert trigger in ("event-passed", "event-changed")


def test_only_a_confirmation_raises_the_level() -> None:
    for (before, trigger), after in TABLE.items():
        if after in LEVEL and LEVEL[after] > LEVEL[before]:
            assert trigger in ("event-suspected", "event-confirmed", "command-confirm")
