"""The warning desk: what is said, when it changes, how it ends. One test per lesson of the public alert failures."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.stages.flights import ns
from tests.stages.warned import NAME, Desk, command, event, impact
from tocsin.warning import texts
from tocsin.warning.desk import ALL_CLEAR_NS, EXPIRES_NS
from tocsin.warning.lifecycle import FINAL
from tocsin.warning.rules import STALE_NS
from tocsin.warning.thresholds import load_thresholds

LAND = load_thresholds().of("JPN").land
POSTURE_NS = load_thresholds().of("JPN").posture_ns


def test_the_usual_life_from_suspected_to_all_clear() -> None:
    desk = Desk()
    seen = [*desk.step(0, event(0, "suspected", impact=None, zones=(), p_outside_eez=(), p_land=(), missiles_at_least=0))]
    seen += desk.step(2, event(2))
    seen += desk.step(10, event(10, impact=impact(lat=41.5)))
    seen += desk.step(310, event(310, "presumed-down", remark="presumed down, not observed", last_detection_ns=ns(230)))
    seen += desk.step(310 + ALL_CLEAR_NS / 1e9 - 1)
    seen += desk.step(310 + ALL_CLEAR_NS / 1e9)
    assert [w.status for w in seen] == ["suspected", "confirmed", "updated", "presumed-down", "all-clear"]
    assert [w.revision for w in seen] == [1, 2, 3, 4, 5]
    assert {w.warning for w in seen} == {f"{NAME}-W1"}
    assert seen[-1].references == tuple((f"{NAME}-W1", revision) for revision in range(1, 5))
    assert "not observed" in seen[-1].reason


def test_every_warning_is_born_with_its_cancel_and_a_reason() -> None:
    (first,) = Desk().step(0, event(0, "suspected"))
    assert "withdrawn" in first.cancel_ready
    assert f"{NAME}-W1" in first.cancel_ready
    assert "first" in Desk().step(0, event(0, "suspected", remark="first detection"))[0].reason
    assert len(first.reason) > len("EXERCISE  EXERCISE")


@pytest.mark.parametrize(("world", "mark"), [("exercise", "EXERCISE"), ("test", "TEST")])
def test_the_mark_of_the_world_stands_first_and_last_in_every_text(world: str, mark: str) -> None:
    desk = Desk(world)
    warnings = desk.step(0, event(0, world=world)) + desk.step(5, commands=[command("cancel", 5, "operator error", cause="error")])
    assert len(warnings) == 2
    for warning in warnings:
        assert warning.world == world
        for text in (warning.headline, warning.reason, warning.cancel_ready):
            assert text.startswith(f"{mark} ")
            assert text.endswith(f" {mark}")


def test_a_live_text_has_no_mark() -> None:
    (warning,) = Desk("live").step(0, event(0, world="live"))
    assert "EXERCISE" not in warning.headline + warning.reason + warning.cancel_ready
    assert "TEST" not in warning.headline


def test_an_event_of_another_world_is_refused() -> None:
    desk = Desk("live")
    assert desk.step(0, event(0)) == ()
    assert desk.notes == ["wrong-world"]


def test_words_of_the_real_thing_are_refused_in_an_exercise() -> None:
    desk = Desk()
    desk.step(0, event(0))
    assert desk.step(1, commands=[command("cancel", 1, "this is NOT a  drill", cause="error")]) == ()
    assert desk.notes[-1] == "command-refused"
    assert texts.live_phrase("this is NOT a  drill") == "not a drill"


def test_the_headline_says_what_when_where_and_who() -> None:
    (warning,) = Desk().step(0, event(0, missiles_at_least=2, detected_by=("KOR", "USA")))
    for words in ("at least 2 missiles", "KOR, USA", "launched 14:36:45Z", "39.20 N 125.67 E", "14:43:00Z", "40.90 N 130.50 E", "95 %"):
        assert words in warning.headline


def test_a_cancel_needs_a_reason_keeps_its_recipients_and_never_reads_as_an_all_clear() -> None:
    desk = Desk()
    desk.step(0, event(0))
    assert desk.step(3, commands=[command("cancel", 3, "  ", cause="error")]) == ()
    (cancel,) = desk.step(4, commands=[command("cancel", 4, "false track over the sea", cause="error")])
    assert cancel.status == "cancelled"
    assert cancel.references == ((f"{NAME}-W1", 1),)
    assert "false track over the sea" in cancel.reason
    assert "false track over the sea" in cancel.cancel_ready
    assert "does not say that the danger is over" in cancel.cancel_ready
    for text in (cancel.headline, cancel.reason, cancel.cancel_ready):
        assert "all clear" not in text.lower().replace("all-clear", "all clear")


def test_after_a_cancel_the_desk_stays_silent_but_says_that_the_threat_is_still_held() -> None:
    desk = Desk()
    desk.step(0, event(0))
    desk.step(4, commands=[command("cancel", 4, "operator error", cause="error")])
    assert desk.step(6, event(6)) == ()
    assert desk.notes[-1] == "cancelled-but-confirmed"
    assert desk.step(400) == ()


def test_an_all_clear_by_hand_is_refused_while_the_missile_still_flies() -> None:
    desk = Desk()
    desk.step(0, event(0))
    assert desk.step(4, commands=[command("all-clear", 4)]) == ()
    assert desk.notes[-1] == "illegal-transition"
    desk.step(310, event(310, "presumed-down", last_detection_ns=ns(200)))
    (clear,) = desk.step(315, commands=[command("all-clear", 315)])
    assert clear.status == "all-clear"


def test_an_event_that_the_assessment_withdraws_cancels_with_its_reason() -> None:
    desk = Desk()
    desk.step(0, event(0))
    (cancel,) = desk.step(3, event(3, "cancelled", remark="not a missile: the track is air-breathing"))
    assert cancel.status == "cancelled"
    assert "air-breathing" in cancel.cancel_ready


def test_updates_come_only_when_a_reader_would_notice_and_once_a_second_at_most() -> None:
    desk = Desk()
    desk.step(0, event(0))
    assert desk.step(2, event(2, impact=impact(lat=40.905))) == ()  # 0.6 km inside an ellipse of 2.4 km
    assert desk.step(3, event(3, apogee_m=50_100.0)) == ()
    (moved,) = desk.step(4, event(4, impact=impact(lat=40.95)))  # 5.6 km
    assert "moved" in moved.reason
    assert desk.step(4.5, event(4.5, impact=impact(lat=41.2))) == ()
    assert desk.desk.next_wake_ns == ns(5)
    assert len(desk.step(5)) == 1
    (count,) = desk.step(7, event(7, impact=impact(lat=41.2), missiles_at_least=2))
    assert "at least 2" in count.reason
    (zone,) = desk.step(9, event(9, impact=impact(lat=41.2), missiles_at_least=2, p_outside_eez=(("JPN", 0.4), ("KOR", 0.98))))
    assert "zone" in zone.reason
    sharp = impact(lat=41.2, sigma_m=500.0)
    (sure,) = desk.step(11, event(11, impact=sharp, missiles_at_least=2, p_outside_eez=(("JPN", 0.4), ("KOR", 0.98))))
    assert "more certain" in sure.reason


def test_a_thrust_ended_now_trace_is_labelled_and_alerts_no_land() -> None:
    desk = Desk()
    (burning,) = desk.step(0, event(0, impact=impact("thrust-ended-now"), zones=(), p_outside_eez=(), p_land=(("JPN", 1.0),)))
    assert "not a prediction" in burning.headline
    assert burning.land_alert == ()
    assert desk.step(2, event(2, impact=impact("thrust-ended-now", lat=45.0), zones=(), p_outside_eez=(), p_land=())) == ()
    (predicted,) = desk.step(4, event(4))
    assert "impact predicted" in predicted.reason


@pytest.mark.parametrize(("p", "alerted"), [(LAND.raise_p - 1e-6, ()), (LAND.raise_p, ("JPN",))])
def test_land_is_alerted_from_the_threshold_on_and_the_eez_answer_plays_no_part(p: float, alerted: tuple[str, ...]) -> None:
    (warning,) = Desk().step(0, event(0, p_land=(("JPN", p), ("KOR", 0.0)), p_outside_eez=(("JPN", 0.0),)))
    assert warning.land_alert == alerted


def test_land_alerts_widen_at_once_and_shrink_late_and_each_change_is_logged() -> None:
    desk = Desk()
    desk.step(0, event(0))
    (wide,) = desk.step(1, event(1, p_land=(("JPN", 0.02), ("KOR", 0.0))))
    assert wide.land_alert == ("JPN",)
    (wider,) = desk.step(2, event(2, p_land=(("JPN", 0.02), ("KOR", 0.05))))
    assert wider.land_alert == ("JPN", "KOR")
    between = 0.5 * (LAND.raise_p + LAND.clear_p)
    assert desk.step(3, event(3, p_land=(("JPN", between), ("KOR", 0.05)))) == ()
    end = 4 + LAND.hold_ns // 1_000_000_000
    for t in range(4, end):
        assert desk.step(t, event(t, p_land=(("JPN", 0.0), ("KOR", 0.05)))) == ()
    (narrow,) = desk.step(end, event(end, p_land=(("JPN", 0.0), ("KOR", 0.05))))
    assert narrow.land_alert == ("KOR",)
    assert desk.notes.count("land-alert") == 3


def test_a_coasting_track_never_raises_a_level() -> None:
    desk = Desk()
    stale_s = STALE_NS / 1e9 + 1.0
    desk.step(0, event(0, "suspected"))
    assert desk.step(stale_s, event(stale_s, last_detection_ns=ns(0))) == ()
    assert desk.notes[-1] == "stale-not-raised"
    desk.step(20, event(20))
    assert desk.step(40, event(40, last_detection_ns=ns(20), p_land=(("JPN", 0.5),))) == ()  # grown covariance reaches land
    (fresh,) = desk.step(41, event(41, p_land=(("JPN", 0.5),)))
    assert fresh.land_alert == ("JPN",)


def test_an_event_first_heard_of_late_is_told_only_while_its_impact_lies_ahead() -> None:
    (late,) = Desk().step(120, event(120, last_detection_ns=ns(60)))
    assert late.status == "confirmed"
    assert "received late" in late.reason
    desk = Desk()
    assert desk.step(400, event(400, last_detection_ns=ns(60))) == ()
    assert desk.posture.level == "normal"


def test_presumed_down_permits_the_all_clear_only_after_the_stated_time_and_a_detection_stops_it() -> None:
    desk = Desk()
    desk.step(0, event(0))
    desk.step(310, event(310, "presumed-down", last_detection_ns=ns(230)))
    assert desk.desk.next_wake_ns == ns(310) + ALL_CLEAR_NS
    (back,) = desk.step(340, event(340, "confirmed", remark="detected again after it was presumed down"))
    assert back.status == "updated"
    assert desk.step(400) == ()


def test_a_detection_after_the_all_clear_opens_a_new_warning() -> None:
    desk = Desk()
    desk.step(0, event(0))
    desk.step(310, event(310, "presumed-down", last_detection_ns=ns(230)))
    assert [w.status for w in desk.step(370)] == ["all-clear"]
    (again,) = desk.step(380, event(380))
    assert (again.warning, again.revision, again.status) == (f"{NAME}-W2", 1, "confirmed")


def test_a_warning_without_news_expires_and_does_not_claim_safety() -> None:
    desk = Desk()
    (first,) = desk.step(0, event(0))
    assert first.expires_ns == ns(0) + EXPIRES_NS
    (expired,) = desk.step(EXPIRES_NS / 1e9)
    assert expired.status == "expired"
    assert "without an all-clear" in expired.headline


def test_a_person_may_confirm_a_suspicion() -> None:
    desk = Desk()
    desk.step(0, event(0, "suspected"))
    (confirmed,) = desk.step(1, commands=[command("confirm", 1, "second source by voice")])
    assert confirmed.status == "confirmed"
    assert "duty-1" in confirmed.reason
    assert desk.posture.level == "raised"


def test_posture_is_raised_for_30_minutes_by_each_confirmed_launch_and_decays() -> None:
    desk = Desk()
    desk.step(0, event(0, "suspected"))
    assert desk.posture.level == "normal"
    desk.step(1, event(1))
    assert (desk.posture.level, desk.posture.until_ns) == ("raised", ns(1) + POSTURE_NS)
    second = f"{NAME[:-1]}2"
    desk.step(480, msgspec.structs.replace(event(480), event=second))
    assert (desk.posture.since_ns, desk.posture.until_ns) == (ns(1), ns(480) + POSTURE_NS)
    desk.step(480 + POSTURE_NS / 1e9 - 1)
    assert desk.posture.level == "raised"
    desk.step(480 + POSTURE_NS / 1e9)
    assert desk.posture.level == "normal"
    assert desk.notes.count("posture-raised") == 2
    assert desk.notes[-1] == "posture-normal"


def test_maintenance_is_a_switch_and_not_a_status() -> None:
    desk = Desk()
    desk.step(0, commands=[command("maintenance-on", 0, "antenna work", warning=None)])
    assert desk.desk.maintenance
    assert len(desk.step(1, event(1))) == 1
    desk.step(2, commands=[command("maintenance-off", 2, warning=None)])
    assert not desk.desk.maintenance


def test_commands_for_nobody_get_a_note_and_those_of_the_other_picture_are_left_to_it() -> None:
    desk = Desk()
    desk.step(0, event(0))
    desk.step(1, commands=[command("cancel", 1, "error", warning="JPN-joint-2023-08-30-9-W1")])
    assert desk.notes[-1] == "unknown-warning"
    desk.step(2, commands=[command("cancel", 2, "error", nation="KOR")])
    assert desk.notes[-1] == "foreign-command"
    before = len(desk.notes)
    desk.step(3, commands=[command("cancel", 3, "error", warning="JPN-alone-2023-08-30-1-W1")])
    assert len(desk.notes) == before


STEP = st.tuples(
    st.sampled_from(["suspected", "confirmed", "presumed-down", "cancelled", "closed", "none"]),
    st.sampled_from(["none", "confirm", "cancel", "all-clear"]),
    st.integers(1, 70),
    st.floats(0.0, 0.05),
    st.booleans(),
)


@given(st.lists(STEP, min_size=1, max_size=25))
def test_whatever_happens_each_warning_is_one_unbroken_chain(steps: list[tuple[str, str, int, float, bool]]) -> None:
    desk, t, told = Desk(), 0, {}
    for status, act, wait, p_land, seen in steps:
        t += wait
        events = [] if status == "none" else [event(t, status, p_land=(("JPN", p_land),), last_detection_ns=ns(t if seen else t - 30))]
        commands = [] if act == "none" else [command(act, t, "because")]
        for warning in desk.step(t, *events, commands=commands):
            before = told.get(warning.warning)
            assert warning.revision == (before.revision + 1 if before else 1)
            assert before is None or before.status not in FINAL
            assert len(warning.references) == warning.revision - 1
            assert warning.reason
            assert warning.cancel_ready
            assert warning.status != "all-clear" or before.status in ("presumed-down", "observed", "passed")
            assert warning.status not in ("observed", "passed")
            told[warning.warning] = warning
        wake_ns = desk.desk.next_wake_ns
        assert wake_ns is None or wake_ns > ns(t) - 1
