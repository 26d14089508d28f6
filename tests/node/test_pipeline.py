"""The two pictures of a node: what people enter stands in the one that stays at home."""

import msgspec

from tests.node.test_duty import CONFIG
from tests.stages.flights import at, coasting, launch_estimate, ns, track
from tocsin.geography import load_zones
from tocsin.messages.command import Command
from tocsin.messages.event import LaunchEvent
from tocsin.messages.report import JournalEntry, Report
from tocsin.node.pipeline import Picture
from tocsin.units import DEG

SEAWARD = coasting(39.374 * DEG, 126.077 * DEG, 75.0, speed_mps=2_100.0)


def flown(name: str, *, told: bool) -> list[LaunchEvent]:
    """A missile in one picture of Japan; with ``told``, Korea's report of it and a journal entry come in meanwhile."""
    picture = Picture(CONFIG, load_zones(), name)  # type: ignore[arg-type]  # one of the two names
    report = Report(report="R1", nation="KOR", source="by voice", time_ns=ns(5), launch_ns=ns(-75), missiles=3)
    entry = JournalEntry(entry="E1", time_ns=ns(5), kind="statement", nation="KOR", text="announced", source="by voice")
    acts = (("report", {"report": report}), ("journal", {"entry": entry}))
    said = tuple(Command(command=act, person="duty-1", nation="JPN", act=act, time_ns=ns(5), **more) for act, more in acts)  # type: ignore[arg-type]
    events: list[LaunchEvent] = []
    for t in range(10):
        seen = track(at(SEAWARD, t), t, nation="JPN", name="JPN-1", launch=launch_estimate())
        events += picture.step((seen,), said if told and t == 5 else (), ns(t)).events
    return events


def test_what_a_partner_said_and_what_the_journal_holds_never_reach_the_picture_that_goes_out() -> None:
    """A remark repeats that a nation reported; released to a third nation it would tell what only was told here."""
    assert any("report of KOR" in event.remark for event in flown("joint", told=True))
    assert msgspec.json.encode(flown("alone", told=True)) == msgspec.json.encode(flown("alone", told=False))


def test_an_event_that_does_not_come_down_still_shows_whose_tracks_it_rests_on() -> None:
    """A cancel finds the warning that partners hold by the own track behind both events; no prediction is needed for that."""
    fast = coasting(39.374 * DEG, 126.077 * DEG, 75.0, speed_mps=12_000.0)
    picture = Picture(CONFIG, load_zones(), "alone")
    events: list[LaunchEvent] = []
    for t in range(5):
        events += picture.step((track(at(fast, t), t, nation="JPN", name="JPN-1"),), (), ns(t)).events
    assert events[-1].impact is None
    assert [view.track for view in events[-1].nations] == ["JPN-1"]
