"""What a ministry would say, and when: own evidence only, published roundings, local times, the mark first and last."""

from itertools import pairwise

import msgspec
import pytest

from tests.evaluation.nights import START_NS, S, coalition, empty_night, fused_track, launch_event, missile, own_track, shared_night
from tocsin.evaluation.record import NationRecord, NightRecord
from tocsin.evaluation.statements import first_statement_ns, history, nation_names, statement, statements, world_mark
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
        "At least two short-range ballistic missiles, launched at about 12:27 and 12:32 UTC from near 45.0 N 150.0 E, towards the east.",
        "The first reached an altitude of about 60 km and flew about 300 km; its impact was predicted, not observed.",
        "The second reached an altitude of about 60 km and flew about 400 km; its impact was predicted, not observed.",
        "They are assessed to have come down outside the exclusive economic zone of Bravo (predicted, not observed).",
        "Zones: approximate, no legal value.",
        "EXERCISE",
    ]


def test_a_nation_that_saw_one_says_so_and_names_what_partners_added() -> None:
    _, bravo = statements(shared_night(), coalition())
    lines = bravo.split("\n")
    assert lines[2].startswith("At least one short-range ballistic missile, launched at about 12:32 UTC")
    assert lines[3].startswith("The missile reached")
    assert lines[4].startswith("It is assessed to have come down outside the exclusive economic zone of Bravo")
    assert lines[5].startswith("With further data shared by partners: at least two short-range ballistic missiles")


def test_a_nation_that_saw_nothing_says_so_and_then_speaks_from_partners_data() -> None:
    record = one_night()
    event = msgspec.structs.replace(launch_event("BBB-joint-1", "joint-1", record.missiles[0], 60), detected_by=("AAA",))
    record.nations["BBB"].joint_events.append(event)
    lines = statements(record, coalition())[1].split("\n")
    assert lines[2] == "Our own sensors detected no missile."
    assert lines[3].startswith("With data shared by Alpha: at least one short-range ballistic missile, launched at about 12:27 UTC")
    assert "altitude of about 60 km" in lines[4]


def test_where_nothing_is_known_that_is_what_is_said() -> None:
    record = one_night()
    alpha, _ = statements(record, coalition())
    assert alpha.split("\n") == [
        "EXERCISE",
        "Alpha, Joint Staff",
        "Our own sensors detected no missile.",
        "No launch is known to us.",
        "EXERCISE",
    ]
    assert history(record, record.nations["AAA"], ALPHA, NAMES) == ()


def test_a_single_uncertain_detection_is_at_least_one_suspected() -> None:
    record = one_night()
    event = launch_event("AAA-alone-1", "alone-1", record.missiles[0], 60, "suspected")
    assert of_one(event, record)[2] == "At least one suspected ballistic missile, not confirmed by our own sensors."


def test_an_event_withdrawn_as_an_error_is_taken_back_and_counted_no_more() -> None:
    record = one_night()
    nation = record.nations["AAA"]
    nation.own_tracks.append(own_track("AAA", 1, record.missiles[0], 60))
    nation.alone_fused.append(fused_track("alone-1", *record.missiles[0].samples[60]))
    nation.alone_events += [
        launch_event("AAA-alone-1", "alone-1", record.missiles[0], s, w) for s, w in ((60, "confirmed"), (61, "cancelled"))
    ]
    nation.alone_events[-1] = msgspec.structs.replace(nation.alone_events[-1], remark="not a missile: the track is air-breathing")
    text = statements(record, coalition())[0]
    assert "Our own sensors detected no missile." in text
    assert "detected at about 12:28 UTC is withdrawn: it was an error (not a missile: the track is air-breathing)." in text


@pytest.mark.parametrize(("nation", "clock", "ahead_h", "said"), [("XXX", "KST", 9.0, "21:27 KST"), ("YYY", "UTC", 0.0, "12:27 UTC")])
def test_times_are_the_nations_local_ones(nation: str, clock: str, ahead_h: float, said: str) -> None:
    record = one_night()
    event = launch_event(f"{nation}-alone-1", "alone-1", record.missiles[0], 60)
    spec = NationSpec(nation=nation, name="Name", ministry="Ministry", clock=clock, clock_ahead_s=3_600.0 * ahead_h)
    assert f"launched at about {said} from near" in of_one(event, record, spec)[2]


def test_a_salvo_within_a_minute_has_one_time() -> None:
    record = one_night()
    events = [
        msgspec.structs.replace(launch_event(f"AAA-alone-{n}", "alone-1", record.missiles[0], 60), missiles_at_least=2) for n in (1, 2)
    ]
    lines = statement(record, NationRecord(nation="AAA", alone_events=events), ALPHA, NAMES).split("\n")
    assert lines[2].startswith("At least two short-range ballistic missiles, launched at about 12:27 UTC from")


def test_events_are_told_in_order_of_first_detection() -> None:
    record = one_night()
    later = launch_event("AAA-alone-1", "alone-1", record.missiles[0], 60)
    earlier = msgspec.structs.replace(later, event="AAA-alone-2", first_detection_ns=later.first_detection_ns - 60 * S, range_m=100_000.0)
    nation = NationRecord(nation="AAA", alone_events=[later, earlier], joint_events=[])
    lines = statement(record, nation, ALPHA, NAMES).split("\n")
    assert "about 100 km" in lines[3]


def test_the_mark_is_first_and_last_except_in_the_live_world() -> None:
    record = one_night()
    for world, mark in (("exercise", "EXERCISE"), ("test", "TEST")):
        record.world = world
        lines = statements(record, coalition())[0].split("\n")
        assert (lines[0], lines[-1]) == (mark, mark)
    assert (world_mark("live"), world_mark("something")) == ("", "SOMETHING")


def test_who_speaks_at_first_evidence_says_one_then_two_and_who_waits_says_two_at_once() -> None:
    record = shared_night()
    names = nation_names(coalition())
    counts = {}
    for wait_s in (0.0, 900.0):
        spec = msgspec.structs.replace(ALPHA, speaks_after_s=wait_s)
        told = history(record, record.nations["AAA"], spec, names)
        counts[wait_s] = [one.facts.own.at_least for one in told]
        assert all(before.facts != after.facts for before, after in pairwise(told))
        assert all(after.time_ns - before.time_ns >= 60 * S for before, after in pairwise(told[:-1]))
    assert counts[0.0][0] == 1
    assert counts[0.0][-1] == 2
    assert counts[900.0] == [2]


@pytest.mark.parametrize(("births_s", "wait_s", "speaks_s"), [((10, 40), 0, 10), ((10, 40), 29, 39), ((10, 40), 31, 71), ((), 0, None)])
def test_the_first_statement_comes_when_no_launch_was_new_for_the_waiting_time(
    births_s: tuple[int, ...], wait_s: int, speaks_s: int | None
) -> None:
    flight = missile("1", launch_s=0.0)
    events = [launch_event(f"AAA-alone-{n}", "alone-1", flight, second) for n, second in enumerate(births_s)]
    assert first_statement_ns(events, wait_s * S) == (None if speaks_s is None else START_NS + speaks_s * S)
