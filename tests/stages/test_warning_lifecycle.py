"""The life cycle is one table: every pair of status and trigger is tried, and what it promises is checked on all of them.

Then whole lives are drawn by Hypothesis, and each told revision is held against what the table alone cannot promise.
"""

from dataclasses import dataclass, field
from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.stages.flights import ns
from tests.stages.warned import NAME, ROW, Desk, command, crossing, event, impact
from tocsin.messages.event import LaunchEvent
from tocsin.messages.warning import Warning as TocsinWarning
from tocsin.messages.warning import WarningStatus
from tocsin.units import NS_PER_S
from tocsin.warning.areas import level_of
from tocsin.warning.desk import ALL_CLEAR_NS
from tocsin.warning.lifecycle import FINAL, TABLE, Trigger, next_status
from tocsin.warning.rules import stale
from tocsin.warning.thresholds import load_thresholds

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


SHARES = st.sampled_from([0.0, 0.001, 0.0025, 0.005, 0.02, 0.3])
STEP = st.fixed_dictionaries(
    {
        "status": st.sampled_from(
            ["confirmed"] * 20 + ["suspected", "presumed-down", "presumed-down", "observed", "cancelled", "closed", "none"]
        ),
        "act": st.sampled_from(["none"] * 30 + ["confirm", "cancel", "all-clear"]),
        "wait_s": st.sampled_from([1, 1, 2, 5, 12, 21, 61]),
        "seen": st.booleans() | st.just(value=True),
        "basis": st.sampled_from(["predicted", "predicted", "predicted", "thrust-ended-now"]),
        "shares": st.just((0.0,) * len(ROW)) | st.just((0.0,) * len(ROW)) | st.tuples(*(SHARES for _ in ROW)),
        "above": st.tuples(st.sampled_from([0.9, 0.0, 0.05]), st.sampled_from([0.9, 0.9, 0.0])),
        "beyond": st.sampled_from([0, 0, 0, 1, 2]),
        "sigma_m": st.sampled_from([500.0, 1_000.0, 20_000.0]),
        "footprint_s": st.sampled_from([None, None, 0, 100]),
    }
)


@dataclass
class Life:
    """What was told in one drawn life, and the checks of each new revision."""

    desk: Desk = field(default_factory=Desk)
    told: dict[str, TocsinWarning] = field(default_factory=dict)
    named_ns: dict[tuple[str, str, str], int] = field(default_factory=dict)  # (warning, kind, area) -> when it was last named
    left_ns: dict[tuple[str, str, str], int] = field(default_factory=dict)
    now: LaunchEvent | None = None
    seen_t: int = 0
    passed: int = 0  # areas of the row below the track that a detection lies beyond; never fewer again

    def step(self, t: int, drawn: dict[str, object]) -> list[tuple[TocsinWarning | None, TocsinWarning]]:
        """Give the desk one drawn step; return each told revision with the one before."""
        self.seen_t = t if drawn["seen"] else self.seen_t
        self.passed = max(self.passed, drawn["beyond"] if drawn["seen"] else 0)
        events = []
        if drawn["status"] != "none":
            basis = "observed" if drawn["status"] == "observed" else drawn["basis"]
            areas = tuple((area, p) for area, p in zip(ROW, drawn["shares"], strict=True) if p > 0.0)
            overflights = tuple(
                crossing(area, p, passed_t=self.seen_t if i < self.passed else None)
                for i, (area, p) in enumerate(zip(ROW, drawn["above"], strict=False))
            )
            land = {"JPN": sum(drawn["shares"][:4]), "KOR": drawn["shares"][4]}
            self.now = event(
                t,
                drawn["status"],
                impact=impact(basis, t=t + 200.0, sigma_m=drawn["sigma_m"]),
                areas=areas if basis != "thrust-ended-now" else (),
                p_land=tuple(land.items()) if basis != "thrust-ended-now" else (),
                overflights=overflights,
                last_detection_ns=ns(self.seen_t),
                down_by_ns=None if drawn["footprint_s"] is None else ns(t + drawn["footprint_s"]),
            )
            events = [self.now]
        acts = [] if drawn["act"] == "none" else [command(drawn["act"], t, "because", cause="error" if drawn["act"] == "cancel" else None)]
        out = []
        for warning in self.desk.step(t, *events, commands=acts):
            out.append((self.told.get(warning.warning), warning))
            self.told[warning.warning] = warning
        return out


def played(steps: list[dict[str, object]]) -> list[tuple[Life, TocsinWarning | None, TocsinWarning]]:
    """Play a drawn life; yield the life, the revision before and the new one."""
    life, t = Life(), 0
    for drawn in steps:
        t += drawn["wait_s"]
        for before, after in life.step(t, drawn):
            yield life, before, after


def keys(warning: TocsinWarning | None) -> set[tuple[str, str]]:
    return set() if warning is None else {(area.kind, area.area) for area in warning.areas}


LIVES = st.lists(STEP, min_size=4, max_size=20)


@pytest.mark.slow
@given(LIVES)
def test_stale_news_or_a_trace_of_a_burn_names_no_area_and_raises_no_level_that_was_told(steps: list[dict[str, object]]) -> None:
    for life, before, after in played(steps):
        if before is not None and after.status != before.status and LEVEL.get(after.status, 0) > LEVEL.get(before.status, 0):
            assert not stale(life.now) or "(by duty-1)" in after.reason
        if stale(life.now) or life.now.impact.basis == "thrust-ended-now":
            assert keys(after) <= keys(before)


@pytest.mark.slow
@given(LIVES)
def test_an_all_clear_comes_only_after_it_is_down_and_only_when_its_whole_footprint_is(steps: list[dict[str, object]]) -> None:
    for life, before, after in played(steps):
        if after.status == "all-clear":
            assert before.status in ("presumed-down", "observed")
            assert life.now.down_by_ns is None or after.time_ns >= life.now.down_by_ns
            assert after.time_ns - life.now.last_detection_ns >= ALL_CLEAR_NS or "(by duty-1)" in after.reason


@pytest.mark.slow
@given(LIVES)
def test_every_cancel_has_a_cause_a_reason_and_the_references_of_all_it_withdraws(steps: list[dict[str, object]]) -> None:
    for _, before, after in played(steps):
        assert (after.cancel_cause is not None) == (after.status == "cancelled")
        if after.status == "cancelled":
            assert after.references == (*before.references, (before.warning, before.revision))
            assert after.reason.strip("EXCRIS ")
            assert "all clear" not in f"{after.headline} {after.cancel_ready}".lower()
            assert after.areas == ()


@pytest.mark.slow
@given(LIVES)
def test_passed_is_said_only_with_a_detection_beyond_all_named_areas_and_then_names_no_land_here(steps: list[dict[str, object]]) -> None:
    for life, before, after in played(steps):
        if after.status == "passed" and (before is None or before.status != "passed"):
            beyond = {o.area for o in life.now.overflights if o.passed_ns is not None and o.passed_ns <= life.now.last_detection_ns}
            assert {area for kind, area in keys(before) if kind == "overflight"} <= beyond
            assert beyond
        if after.status == "passed":
            assert not [a for a in after.areas if a.nation == "JPN" and a.kind in ("land", "overflight")]


@pytest.mark.slow
@given(LIVES)
def test_each_area_comes_and_goes_at_most_once_in_its_hold_time(steps: list[dict[str, object]]) -> None:
    book = load_thresholds()
    for life, before, after in played(steps):
        for area in after.areas:
            if (area.kind, area.area) not in keys(before):
                name = (after.warning, area.kind, area.area)
                assert after.time_ns - life.named_ns.get(name, -(10**18)) >= level_of(area, book).hold_ns
                life.named_ns[name] = after.time_ns
        for area in before.areas if before is not None else ():
            if (area.kind, area.area) in keys(after) or after.status in FINAL or (after.status == "passed" and area.kind == "overflight"):
                continue
            name = (after.warning, area.kind, area.area)
            assert after.time_ns - life.named_ns[name] >= level_of(area, book).hold_ns
            assert after.time_ns - life.left_ns.get(name, -(10**18)) >= level_of(area, book).hold_ns
            life.left_ns[name] = after.time_ns


@pytest.mark.slow
@given(LIVES)
def test_why_and_the_prepared_cancel_and_correction_stay_through_the_whole_life(steps: list[dict[str, object]]) -> None:
    for _, before, after in played(steps):
        assert "withdrawn" in after.cancel_ready
        assert "CORRECTION" in after.correction_ready
        assert before is None or after.why[: len(before.why)] == before.why
        assert after.status in ("suspected", "cancelled", "expired") or after.why
        assert after.warning.startswith(NAME)
        assert after.expires_ns > after.time_ns
        assert after.time_ns % NS_PER_S == 0
