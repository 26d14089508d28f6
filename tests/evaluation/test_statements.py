"""What a ministry would say: own evidence only, published roundings, local times, the mark first and last."""

import msgspec
import pytest

from tests.evaluation.nights import S, coalition, empty_night, fused_track, launch_event, missile, own_track, shared_night
from tocsin.evaluation.record import NationRecord, NightRecord
from tocsin.evaluation.statements import round_km, statement, statements, world_mark
from tocsin.messages.coalition import NationSpec
from tocsin.messages.event import LaunchEvent

NAMES = {"AAA": "Alpha", "BBB": "Bravo"}
ALPHA = NationSpec(nation="AAA", name="Alpha", ministry="Joint Staff")


def of_one(event: LaunchEvent, record: NightRecord, spec: NationSpec = ALPHA) -> list[str]:
    """Return the lines of a statement made from one own event."""
    nation = NationRecord(nation=spec.nation, alone_events=[event], joint_events=[event])
    return statement(record, nation, spec, NAMES).split("\n")


def one_night() -> NightRecord:
    return empty_night(missile("1"))


def test_a_nation_that_saw_all_says_at_least_two_with_rounded_figures() -> None:
    alpha, _ = statements(shared_night(), coalition())
    assert alpha.split("\n") == [
        "EXERCISE",
        "Alpha, Joint Staff",
        "At least two short-range ballistic missiles, launched at about 12:27 and 12:32 UTC from near 45.0 N 150.0 E.",
        "The first reached an altitude of about 60 km and flew about 300 km; its impact was predicted, not observed.",
        "The second reached an altitude of about 60 km and flew about 400 km; its impact was predicted, not observed.",
        "They are assessed to have come down outside the exclusive economic zone of Bravo.",
        "EXERCISE",
    ]


def test_a_nation_that_saw_one_says_so_and_names_what_partners_added() -> None:
    _, bravo = statements(shared_night(), coalition())
    lines = bravo.split("\n")
    assert lines[2].startswith("At least one short-range ballistic missile, launched at about 12:32 UTC")
    assert lines[3].startswith("The missile reached")
    assert lines[4] == "It is assessed to have come down outside the exclusive economic zone of Bravo."
    assert lines[5].startswith("With further data shared by partners: at least two short-range ballistic missiles")


def test_a_nation_that_saw_nothing_says_so_and_then_speaks_from_partners_data() -> None:
    record = one_night()
    event = msgspec.structs.replace(launch_event("BBB-joint-1", "joint-1", record.missiles[0], 60), detected_by=("AAA",))
    record.nations["BBB"].joint_events.append(event)
    lines = statements(record, coalition())[1].split("\n")
    assert lines[2] == "Our own sensors detected no missile."
    assert lines[3].startswith("With data shared by Alpha: at least one short-range ballistic missile, launched at about 12:27 UTC.")
    assert "altitude of about 60 km" in lines[4]


def test_where_nothing_is_known_that_is_what_is_said() -> None:
    alpha, _ = statements(one_night(), coalition())
    assert alpha.split("\n")[2:4] == ["Our own sensors detected no missile.", "No launch is known to us."]


def test_a_single_uncertain_detection_is_at_least_one_suspected() -> None:
    record = one_night()
    event = launch_event("AAA-alone-1", "alone-1", record.missiles[0], 60, "suspected")
    assert of_one(event, record)[2] == "At least one suspected ballistic missile, not confirmed by our own sensors."


def test_a_withdrawn_event_is_not_in_a_statement() -> None:
    record = one_night()
    nation = record.nations["AAA"]
    nation.own_tracks.append(own_track("AAA", 1, record.missiles[0], 60))
    nation.alone_fused.append(fused_track("alone-1", *record.missiles[0].samples[60]))
    nation.alone_events += [
        launch_event("AAA-alone-1", "alone-1", record.missiles[0], s, w) for s, w in ((60, "confirmed"), (61, "cancelled"))
    ]
    assert "Our own sensors detected no missile." in statements(record, coalition())[0]


@pytest.mark.parametrize(("nation", "clock"), [("KOR", "21:27 KST"), ("JPN", "21:27 JST"), ("USA", "12:27 UTC")])
def test_times_are_the_nations_local_ones(nation: str, clock: str) -> None:
    record = one_night()
    event = launch_event(f"{nation}-alone-1", "alone-1", record.missiles[0], 60)
    spec = NationSpec(nation=nation, name="Name", ministry="Ministry")
    assert f"launched at about {clock} from near" in of_one(event, record, spec)[2]


def test_a_salvo_within_a_minute_has_one_time() -> None:
    record = one_night()
    events = [launch_event(f"AAA-alone-{n}", "alone-1", record.missiles[0], 60) for n in (1, 2)]
    lines = statement(record, NationRecord(nation="AAA", alone_events=events), ALPHA, NAMES).split("\n")
    assert lines[2].startswith("At least two short-range ballistic missiles, launched at about 12:27 UTC from")


def test_without_a_launch_fit_the_time_is_a_first_detection_and_no_place_is_named() -> None:
    record = one_night()
    event = msgspec.structs.replace(launch_event("AAA-alone-1", "alone-1", record.missiles[0], 60), launch=None)
    assert of_one(event, record)[2].endswith("launched before about 12:28 UTC.")


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (0.95, "It is assessed to have come down outside"),
        (0.94, "is not certain: outside with a probability of 94 %"),
        (0.06, "is not certain: outside with a probability of 6 %"),
        (0.05, "At least one is assessed to have come down inside"),
        (None, "is not established"),
    ],
)
def test_the_eez_answer_is_given_only_as_surely_as_it_is_known(p: float | None, words: str) -> None:
    record = one_night()
    answers = () if p is None else (("BBB", p),)
    event = msgspec.structs.replace(launch_event("AAA-alone-1", "alone-1", record.missiles[0], 60), p_outside_eez=answers)
    assert words in of_one(event, record)[-2]


@pytest.mark.parametrize(("sigma_m", "said"), [(5_000.0, "flew about 290 km"), (5_001.0, "flew about 300 km"), (None, "flew about 300 km")])
def test_a_range_is_rounded_to_what_it_is_known_to(sigma_m: float | None, said: str) -> None:
    record = one_night()
    event = launch_event("AAA-alone-1", "alone-1", record.missiles[0], 60)
    assert said in of_one(msgspec.structs.replace(event, range_m=292_000.0, range_sigma_m=sigma_m), record)[3]


@pytest.mark.parametrize(
    ("value_m", "step_m", "km"), [(49_600.0, 10e3, 50), (44_999.0, 10e3, 40), (45_000.0, 10e3, 50), (346e3, 50e3, 350)]
)
def test_rounding_is_to_the_nearest_step(value_m: float, step_m: float, km: int) -> None:
    assert round_km(value_m, step_m) == km


@pytest.mark.parametrize(("p", "word"), [(0.9, "short-range ballistic missile"), (0.89, "ballistic missile")])
def test_the_class_is_named_only_when_it_is_nearly_certain(p: float, word: str) -> None:
    record = one_night()
    event = msgspec.structs.replace(
        launch_event("AAA-alone-1", "alone-1", record.missiles[0], 60), classes=(("MRBM", 1.0 - p), ("SRBM", p))
    )
    assert of_one(event, record)[2].startswith(f"At least one {word}, launched")


def test_a_missile_that_still_burned_when_last_seen_has_no_impact_point() -> None:
    record = one_night()
    event = launch_event("AAA-alone-1", "alone-1", record.missiles[0], 60)
    assert event.impact is not None
    trace = msgspec.structs.replace(event.impact, basis="thrust-ended-now")
    assert (
        of_one(msgspec.structs.replace(event, impact=trace), record)[3]
        == "The missile: flight under analysis, no impact point established."
    )


def test_the_mark_is_first_and_last_except_in_the_live_world() -> None:
    record = one_night()
    for world, mark in (("exercise", "EXERCISE"), ("test", "TEST")):
        record.world = world
        lines = statements(record, coalition())[0].split("\n")
        assert (lines[0], lines[-1]) == (mark, mark)
    assert (world_mark("live"), world_mark("something")) == ("", "SOMETHING")


def test_events_are_told_in_order_of_first_detection() -> None:
    record = one_night()
    later = launch_event("AAA-alone-1", "alone-1", record.missiles[0], 60)
    earlier = msgspec.structs.replace(later, event="AAA-alone-2", first_detection_ns=later.first_detection_ns - 60 * S, range_m=100_000.0)
    nation = NationRecord(nation="AAA", alone_events=[later, earlier], joint_events=[])
    lines = statement(record, nation, ALPHA, NAMES).split("\n")
    assert "about 100 km" in lines[3]
