"""Facts and words of a statement: every figure comes from a field, as finely as it is known, and changes when the field does."""

import re
from math import radians
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.evaluation.nights import S, launch_event, missile
from tocsin import assessment
from tocsin.messages.coalition import NationSpec
from tocsin.messages.event import LaunchEvent, PathPoint
from tocsin.messages.report import Bound
from tocsin.warning.statement import COMPASS, MERGED, Figure, StatementFacts, compass_of, facts_at, figure_of, round_km
from tocsin.warning.statement_words import ENGLISH, words

FLIGHT = missile("1")
AFTER_NS = FLIGHT.impact_ns + 60 * S
SPEC = NationSpec(nation="AAA", name="Alpha", ministry="Joint Staff", clock="AST", clock_ahead_s=3_600.0)
NAMES = {"AAA": "Alpha", "BBB": "Bravo"}


def an_event(**changes: Any) -> LaunchEvent:  # noqa: ANN401 - fields of LaunchEvent
    """Return a confirmed event whose impact is predicted at sea."""
    event = launch_event("AAA-alone-1", "alone-1", FLIGHT, 100)
    return msgspec.structs.replace(event, **({"zones": (("high-seas", 1.0),)} | changes))


def with_impact(event: LaunchEvent, **changes: Any) -> LaunchEvent:  # noqa: ANN401 - fields of ImpactEstimate
    assert event.impact is not None
    return msgspec.structs.replace(event, impact=msgspec.structs.replace(event.impact, **changes))


def with_launch(event: LaunchEvent, **changes: Any) -> LaunchEvent:  # noqa: ANN401 - fields of LaunchEstimate
    assert event.launch is not None
    return msgspec.structs.replace(event, launch=msgspec.structs.replace(event.launch, **changes))


def facts(*events: LaunchEvent, now_ns: int = AFTER_NS) -> StatementFacts:
    return facts_at(events, events, now_ns, SPEC, world="exercise", eez_nation="BBB")


def text(*events: LaunchEvent, now_ns: int = AFTER_NS) -> str:
    return words(facts(*events, now_ns=now_ns), SPEC, NAMES)


EVENT = an_event()
assert EVENT.launch is not None
assert EVENT.impact is not None
BURNING = an_event(
    impact=msgspec.structs.replace(EVENT.impact, basis="thrust-ended-now"),
    classes=(("unknown", 1.0),),
    apogee_m=None,
    range_m=None,
    p_outside_eez=(),
    zones=(),
)


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        (an_event(apogee_m=EVENT.apogee_m and EVENT.apogee_m + 10e3), "about 70 km"),
        (an_event(range_m=EVENT.range_m and EVENT.range_m + 10e3), "about 310 km"),
        (an_event(range_m=330e3, range_sigma_m=20e3), "about 350 km"),
        (an_event(range_m=330e3), "about 330 km"),
        (an_event(apogee_sigma_m=10e3, apogee_m=66e3), "about 50 km"),
        (an_event(apogee_m=1_040e3), "about 1,000 km"),
        (an_event(classes=(("MRBM", 1.0),)), "medium-range"),
        (an_event(p_outside_eez=(("BBB", 0.0),)), "at least one is assessed to have come down inside"),
        (
            an_event(p_outside_eez=(("BBB", 0.6),)),
            "near the limit of the exclusive economic zone of bravo: outside with a probability of about 60 %",
        ),
        (with_launch(EVENT, time_ns=FLIGHT.launch_ns + 60 * S), "13:28 ast"),
        (with_launch(EVENT, lat_rad=radians(45.1)), "45.1 n 150.0 e"),
        (with_launch(EVENT, lon_rad=radians(-150.0)), "45.0 n 150.0 w"),
        (with_launch(EVENT, time_sigma_s=31.0), "launched before about 13:28 ast"),
        (with_impact(EVENT, lat_rad=radians(47.0)), "towards the northeast"),
        (with_impact(EVENT, lon_rad=radians(135.0), lat_rad=radians(40.0)), "the sea of japan / east sea"),
        (with_impact(EVENT, basis="observed"), "its impact was detected"),
        (an_event(status="suspected"), "at least one suspected ballistic missile"),
        (an_event(classes=(("SLV", 1.0),)), "assessed to be a space launch by its flight profile"),
    ],
)
def test_when_a_field_changes_the_word_changes(changed: LaunchEvent, word: str) -> None:
    assert word in text(changed).lower() != text(EVENT).lower()


def test_every_number_of_a_statement_is_one_of_its_facts() -> None:
    said = text(EVENT, msgspec.structs.replace(EVENT, event="AAA-alone-2", range_m=404e3, missiles_at_least=2, time_ns=EVENT.time_ns + 1))
    own = facts(EVENT).own.flights[0]
    assert own.apogee == Figure(km=60, step_km=10)
    assert facts(EVENT).own.place_tenths_deg == (450, 1500)
    assert sorted(set(re.findall(r"\d[\d,.:]*\d", said))) == ["13:27", "150.0", "300", "400", "45.0", "60"]


def test_the_count_is_the_salvos_at_least_and_never_more_than_the_events_that_stand() -> None:
    both = [an_event(event=f"AAA-alone-{n}", missiles_at_least=1) for n in (1, 2)]
    assert facts(*both).own.at_least == 1  # the second may be the first again
    assert facts(*(msgspec.structs.replace(e, missiles_at_least=2) for e in both)).own.at_least == 2
    assert facts(*(msgspec.structs.replace(e, missiles_at_least=9) for e in both)).own.at_least == 2
    other = msgspec.structs.replace(both[1], salvo="salvo-2")
    assert facts(both[0], other).own.at_least == 2


@pytest.mark.parametrize(
    ("value_m", "sigma_m", "bound", "expected"),
    [
        (346e3, 5_000.0, "about", (350, 10)),
        (346e3, 5_001.0, "about", (350, 50)),
        (326e3, 25_000.0, "about", (350, 50)),
        (326e3, 25_001.0, "about", None),
        (326e3, None, "about", (350, 50)),
        (999e3, 1.0, "about", (1000, 10)),
        (4_560e3, 50_000.0, "about", (4600, 100)),
        (4_560e3, 50_001.0, "about", None),
        (349e3, None, "at-least", (300, 50)),
    ],
)
def test_a_figure_is_as_fine_as_it_is_known_and_a_lower_bound_is_rounded_down(
    value_m: float,
    sigma_m: float | None,
    bound: Bound,
    expected: tuple[int, int] | None,
) -> None:
    figure = figure_of(value_m, sigma_m, 10e3, bound)
    assert figure == (None if expected is None else Figure(km=expected[0], step_km=expected[1], bound=bound))


@pytest.mark.parametrize(
    ("value_m", "step_m", "km"), [(49_600.0, 10e3, 50), (44_999.0, 10e3, 40), (45_000.0, 10e3, 50), (346e3, 50e3, 350)]
)
def test_rounding_is_to_the_nearest_step(value_m: float, step_m: float, km: int) -> None:
    assert round_km(value_m, step_m) == km


@pytest.mark.parametrize(("p", "word"), [(0.9, "short-range ballistic missile"), (0.89, "ballistic missile")])
def test_the_class_is_named_only_when_it_is_nearly_certain(p: float, word: str) -> None:
    assert f"At least one {word}, launched" in text(an_event(classes=(("MRBM", 1.0 - p), ("SRBM", p))))


@pytest.mark.parametrize(
    ("p", "said"),
    [
        (0.95, "It is assessed to have come down outside"),
        (0.94, "It came down near the limit of"),
        (0.06, "outside with a probability of about 10 %"),
        (0.05, "At least one is assessed to have come down inside"),
        (None, "is not established"),
    ],
)
def test_the_eez_answer_is_given_only_as_surely_as_it_is_known(p: float | None, said: str) -> None:
    assert said in text(an_event(p_outside_eez=() if p is None else (("BBB", p),)))


@pytest.mark.parametrize(("sigma_m", "said"), [(30e3, "near the limit"), (30.1e3, "is not certain")])
def test_in_doubt_and_well_known_is_near_the_limit_in_doubt_and_hardly_known_is_not_certain(sigma_m: float, said: str) -> None:
    event = with_impact(an_event(p_outside_eez=(("BBB", 0.6),)), cov_en_m2=(sigma_m * sigma_m, 0.0, 1e6))
    assert said in text(event)


def test_the_answer_about_a_zone_says_what_it_rests_on_and_that_it_has_no_legal_value() -> None:
    assert "(predicted, not observed)." in text(EVENT)
    assert "(observed)." in text(with_impact(EVENT, basis="observed"))
    assert "Zones: approximate, no legal value." in text(EVENT)


def test_a_missile_in_flight_is_told_as_predicted_and_nothing_of_it_as_past() -> None:
    assert EVENT.impact is not None
    said = text(EVENT, now_ns=EVENT.impact.time_ns - S)
    assert "is predicted to reach an altitude of about 60 km and is predicted to fly about 300 km." in said
    assert "It is predicted to come down outside" in said
    assert not re.search(r"reached|flew|came down", said)


def test_while_it_burns_and_its_class_is_unknown_it_is_suspected() -> None:
    said = text(BURNING, now_ns=BURNING.time_ns)
    assert said.split("\n")[2].startswith("At least one suspected ballistic missile, launched at about")
    assert "altitude" not in said


@pytest.mark.parametrize(("lat_deg", "said"), [(45.44, True), (45.46, False)])  # 48.9 and 51.1 km
def test_a_place_is_named_only_if_all_came_from_one_site(lat_deg: float, said: bool) -> None:  # noqa: FBT001
    other = with_launch(msgspec.structs.replace(EVENT, event="AAA-alone-2"), lat_rad=radians(lat_deg))
    assert ("from near 45.0 N 150.0 E" in text(EVENT, other)) is said


@pytest.mark.parametrize(("after_s", "suspected"), [(29, True), (30, False)])
def test_it_is_suspected_until_its_class_has_been_known_for_half_a_minute(after_s: int, suspected: bool) -> None:  # noqa: FBT001
    known = msgspec.structs.replace(EVENT, time_ns=BURNING.time_ns + 10 * S)
    said = text(BURNING, known, now_ns=known.time_ns + after_s * S)
    assert ("suspected" in said) is suspected


def test_a_missile_lost_while_it_burned_has_lower_bounds_and_no_impact_point() -> None:
    lat, lon = FLIGHT.launch_rad
    point = PathPoint(time_ns=FLIGHT.launch_ns + 60 * S, lat_rad=lat, lon_rad=lon + radians(1.5), alt_m=39_000.0)  # 118 km east
    lost = msgspec.structs.replace(BURNING, status="closed", path=(point,))
    line = text(lost).split("\n")[3]
    assert line == (
        "The missile reached an altitude of at least 30 km and flew at least 100 km when it was last seen; no impact point established."
    )
    assert text(msgspec.structs.replace(lost, path=())).split("\n")[3] == (
        "The missile: flight under analysis, no impact point established."
    )


def test_a_space_launch_is_told_by_its_flight_profile_and_not_as_a_missile() -> None:
    event = an_event(status="cancelled", classes=(("SLV", 1.0),), remark="a space launch: it has reached orbit, no impact is expected")
    before = BURNING
    said = text(before, msgspec.structs.replace(event, time_ns=before.time_ns + S))
    assert "A launch using ballistic missile technology, launched at about 13:27 AST, towards the east, assessed to be a" in said
    assert "At least" not in said
    assert "withdrawn" not in said


@pytest.mark.parametrize("remark", ["the same missile as AAA-alone-1", "a separated part of AAA-alone-1"])
def test_an_event_that_ended_in_another_one_is_neither_counted_nor_withdrawn(remark: str) -> None:
    two = [an_event(event=f"AAA-alone-{n}", missiles_at_least=2) for n in (1, 2)]
    said = text(*two, msgspec.structs.replace(two[1], status="cancelled", remark=remark, revision=200))
    assert "At least one short-range" in said
    assert "withdrawn" not in said


def test_the_remarks_that_take_nothing_back_are_the_assessments_own() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(Path(assessment.__file__).parent.glob("*.py")))
    assert all(f'"{remark} ' in source for remark in MERGED)


def test_what_comes_later_than_now_is_not_looked_at() -> None:
    later = msgspec.structs.replace(EVENT, event="AAA-alone-2", time_ns=EVENT.time_ns + S, missiles_at_least=2)
    assert facts(EVENT, later, now_ns=EVENT.time_ns).own.at_least == 1
    assert facts(EVENT, later, now_ns=EVENT.time_ns + S).own.at_least == 2


@pytest.mark.parametrize(("bearing_deg", "compass"), [(0.0, "n"), (22.4, "n"), (22.6, "ne"), (90.0, "e"), (337.4, "nw"), (337.6, "n")])
def test_a_bearing_is_told_as_the_nearest_of_eight_directions(bearing_deg: float, compass: str) -> None:
    assert compass_of(radians(bearing_deg)) == compass


def test_a_path_that_is_short_against_its_ellipse_has_no_direction() -> None:
    for sigma_m, known in ((99e3, True), (101e3, False)):
        event = with_impact(EVENT, cov_en_m2=(sigma_m * sigma_m, 0.0, 1e6))
        assert (facts(event).own.flights[0].compass == "e") is known


def test_no_waters_are_named_for_an_impact_on_land() -> None:
    event = with_impact(EVENT, lon_rad=radians(135.0), lat_rad=radians(40.0))
    assert facts(event).own.flights[0].waters == "sea-of-japan"
    assert facts(msgspec.structs.replace(event, zones=(("land:CCC", 1.0),))).own.flights[0].waters == ""


def test_another_language_is_another_table_with_the_same_keys_and_places() -> None:
    """Words come from nowhere but the table: with every phrase replaced by its key and places, nothing of the English is left."""
    shouted = msgspec.structs.replace(
        ENGLISH, text={key: "<" + key + ">" + "".join(re.findall(r"\{\w+\}", phrase)) for key, phrase in ENGLISH.text.items()}
    )
    said = words(facts(EVENT), msgspec.structs.replace(SPEC, name="N", ministry="M"), {"BBB": "B"}, shouted)
    left = re.sub(
        r"<[\w.-]+>|EXERCISE|approximate, no legal value|short-range ballistic missile|one|east|the Pacific Ocean|\d\S*|[NEMBT]|AST",
        "",
        said,
    )
    assert not re.search(r"[A-Za-z]{3,}", left), said


def test_all_compass_points_classes_and_waters_have_words() -> None:
    assert set(ENGLISH.compass) == set(COMPASS)
    assert {"", "CRBM", "SRBM", "MRBM", "IRBM", "ICBM"} == set(ENGLISH.classes)
    assert len(ENGLISH.numbers) == len(ENGLISH.ordinals) + 1
