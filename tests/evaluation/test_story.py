"""The story says each thing once, in the words of what a node showed, and never more than that."""

from msgspec.structs import replace

from tests.sharing.samples import EVENT, IMPACT, T0_NS, TRACK, WARNING
from tocsin.evaluation.record import FirstPlot
from tocsin.evaluation.story import Story, ellipse95_km, unmarked
from tocsin.messages.event import LaunchEvent
from tocsin.node.outputs import View
from tocsin.units import NS_PER_S

PREDICTED = replace(IMPACT, basis="predicted", time_ns=T0_NS + 100 * NS_PER_S, time_sigma_s=2.0)
JOINT = replace(EVENT, picture="joint", status="confirmed", impact=PREDICTED, p_outside_eez=(("JPN", 0.9999),), time_ns=T0_NS)


def story() -> Story:
    return Story(("KOR", "JPN"), "JPN")


def joint_view(event: LaunchEvent, source: str = "JPN", time_ns: int = T0_NS) -> View:
    return View(picture="joint", source=source, time_ns=time_ns, item=event)


def test_a_nation_that_has_nothing_alone_is_shown_beside_what_partners_gave_it() -> None:
    """The comparison that the demo exists for, said once per event."""
    teller = story()
    lines = teller.views("JPN", (joint_view(JOINT), joint_view(JOINT)))
    alarms = [line.text for line in lines if line.tone == "alarm"]
    assert len(alarms) == 1
    assert alarms[0].startswith("ALONE: nothing")
    assert "WITH PARTNERS: confirmed" in alarms[0]


def test_an_earlier_missile_s_event_does_not_count_as_knowing_of_the_new_one() -> None:
    """Alone it knew the first missile; of the second it knows nothing."""
    teller = story()
    earlier = replace(
        JOINT, picture="alone", event="old", first_detection_ns=T0_NS - 500 * NS_PER_S, last_detection_ns=T0_NS - 400 * NS_PER_S
    )
    teller.views("JPN", (View(picture="alone", source="JPN", time_ns=T0_NS, item=earlier),))
    later = replace(JOINT, first_detection_ns=T0_NS - 10 * NS_PER_S, last_detection_ns=T0_NS)
    assert any("ALONE: nothing" in line.text for line in teller.views("JPN", (joint_view(later),)))


def test_a_suspected_event_is_no_alarm() -> None:
    """Suspected stays silent."""
    assert story().views("JPN", (joint_view(replace(JOINT, status="suspected")),)) == []


def test_the_impact_line_gives_countdown_ellipse_and_the_eez_answer_without_claiming_certainty() -> None:
    """A probability from samples is never 100 %."""
    lines = story().views("JPN", (joint_view(JOINT),))
    text = next(line.text for line in lines if line.tone == "predict")
    assert "in 100 s +- 4" in text
    assert "outside JPN's EEZ with > 99.9 %" in text


def test_a_trace_of_thrust_ended_now_is_never_told_as_a_prediction() -> None:
    """While it burns there is a trace, not a predicted impact."""
    burning = replace(JOINT, impact=replace(PREDICTED, basis="thrust-ended-now"))
    lines = story().views("JPN", (joint_view(burning),))
    assert not [line for line in lines if line.tone == "predict"]
    assert any("if thrust ended now" in line.text for line in lines)


def test_a_partner_s_warning_is_told_once_per_status() -> None:
    """Repeated revisions do not flood the screen."""
    teller = story()
    view = View(picture="joint", source="KOR", time_ns=T0_NS, item=replace(WARNING, status="confirmed"))
    assert len(teller.views("JPN", (view, view))) == 1
    assert len(teller.views("JPN", (replace(view, item=replace(WARNING, status="all-clear")),))) == 1


def test_own_confirmation_and_first_plots_are_told_once() -> None:
    """One line per track, one per nation and missile."""
    teller = story()
    track = View(picture="alone", source="KOR", time_ns=T0_NS, item=replace(TRACK, status="confirmed"))
    assert len(teller.views("KOR", (track, track))) == 1
    plot = FirstPlot(missile="1", sensor="KOR-EWR-N", nation="KOR", time_ns=T0_NS)
    assert len(teller.first_plots("KOR", (plot,))) == 1
    assert teller.first_plots("KOR", (replace(plot, sensor="KOR-EWR-S"),)) == []


def test_marks_are_taken_off_only_at_the_ends() -> None:
    """The screen carries the mark itself."""
    assert unmarked("exercise", "EXERCISE no EXERCISE aircraft EXERCISE") == "no EXERCISE aircraft"
    assert unmarked("live", "EXERCISE stays EXERCISE") == "EXERCISE stays EXERCISE"


def test_the_95_percent_axes_of_a_round_ellipse_are_2_45_sigma() -> None:
    """sqrt(chi-square, 95 %, 2 degrees of freedom) = 2.4477 (tables)."""
    major_km, minor_km = ellipse95_km(replace(IMPACT, cov_en_m2=(1.0e6, 0.0, 1.0e6)))
    assert abs(major_km - 2.4477) < 1e-4
    assert abs(minor_km - 2.4477) < 1e-4
