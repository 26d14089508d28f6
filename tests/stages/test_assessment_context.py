"""What stands beside an event: legal context, the journal, the launch site as a hint, and why each revision was made."""

import pytest
from msgspec.structs import replace

from tests.stages.flights import SITE, Array, at, coasting, covariance, launch_estimate, ns, track
from tocsin.assessment.assess import Assessment
from tocsin.assessment.legal import ANY_LAUNCH, BALLISTIC, applying, legal_texts, load_legal
from tocsin.assessment.said import EVENT_ENTRIES, MOST_ENTRIES
from tocsin.assessment.site import site_hint
from tocsin.fusion.fuse import Fusion
from tocsin.geography.sites import nearest_site
from tocsin.geography.zones import Zones, load_zones
from tocsin.messages.basics import Note
from tocsin.messages.command import Command
from tocsin.messages.event import LaunchEvent
from tocsin.messages.report import JournalEntry
from tocsin.units import DEG, KM

SEAWARD = coasting(39.374 * DEG, 126.077 * DEG, 75.0, speed_mps=2_100.0)
HOUR = 3_600.0


@pytest.fixture(scope="module")
def zones() -> Zones:
    return load_zones()


class Desk:
    """Fusion and assessment of one picture, with journal entries."""

    def __init__(self, zones: Zones, legal: tuple[str, ...] = ()) -> None:
        self.fusion = Fusion("joint")
        self.assessment = Assessment("JPN", "joint", "exercise", zones, ("JPN", "KOR"), legal=legal)
        self.events: list[LaunchEvent] = []
        self.notes: list[Note] = []

    def step(self, t: float, *tracks: object, said: tuple[JournalEntry, ...] = ()) -> None:
        self.fusion.step(tracks, ns(t))
        commands = tuple(
            Command(command=f"c-{one.entry}", person="duty", nation="JPN", act="journal", time_ns=ns(t), entry=one) for one in said
        )
        events, notes = self.assessment.step(self.fusion.live(ns(t)), ns(t), commands=commands)
        self.events += events
        self.notes += notes

    def fly(self, state: Array, seconds: object, **options: object) -> None:
        for t in seconds:
            self.step(t, track(at(state, t), t, **options))

    @property
    def remarks(self) -> list[str]:
        return [event.remark for event in self.events]


def entry(name: str, begin_s: float, end_s: float | None = None, kind: str = "flight") -> JournalEntry:
    until_ns = ns(end_s) if end_s is not None else None
    return JournalEntry(entry=name, time_ns=ns(begin_s), until_ns=until_ns, kind=kind, nation="USA", text=f"text of {name}", source="log")


# --- legal context ----------------------------------------------------------------------------------------------------


def test_every_entry_has_number_paragraph_source_and_says_what_was_checked() -> None:
    """The nine resolutions that the project was asked for; 1718 and 1874 with two paragraphs each."""
    entries = load_legal()
    wanted = {1718: 2006, 1874: 2009, 2087: 2013, 2094: 2013, 2270: 2016, 2321: 2016, 2371: 2017, 2375: 2017, 2397: 2017}
    assert {one.resolution: one.year for one in entries} == wanted
    for one in entries:
        assert one.paragraph.isdigit()
        assert one.source == f"https://undocs.org/S/RES/{one.resolution}({one.year})"
        assert one.nations == ("PRK",)
        assert bool(one.checked_with) == (one.checked != "none")


def test_a_resolution_about_ballistic_missiles_only_is_not_shown_for_a_space_launch_and_the_others_are() -> None:
    texts = legal_texts(load_legal())
    missile, space = applying(texts, "PRK", 0.0), applying(texts, "PRK", 0.9)
    only = [text for text in missile if text not in space]
    assert only == ["UN Security Council resolution 1718 (2006), paragraph 2: no launch of a ballistic missile"]
    assert any("1874 (2009), paragraph 2: no launch using ballistic missile technology" in text for text in space)
    assert applying(texts, "RUS", 0.0) == applying(texts, None, 0.0) == ()


def test_texts_are_marked_with_nation_and_kind_and_the_old_mark_still_counts() -> None:
    assert {text.split(": ")[0] for text in legal_texts(load_legal())} == {f"PRK {ANY_LAUNCH}", f"PRK {BALLISTIC}"}
    assert applying(("PRK: a", "JPN: b"), "PRK", 0.9) == ("a",)


def test_an_event_shows_what_applies_once_its_launch_point_is_known(zones: Zones) -> None:
    desk = Desk(zones, legal_texts(load_legal()))
    desk.step(0, track(SEAWARD, 0))
    assert desk.events[-1].legal == ()
    desk.step(1, track(at(SEAWARD, 1), 1, launch=launch_estimate()))
    assert len(desk.events[-1].legal) == len(load_legal())
    assert desk.events[-1].legal[-1].startswith("UN Security Council resolution 2397 (2017), paragraph 2")


# --- the journal ------------------------------------------------------------------------------------------------------


def test_what_goes_on_at_the_time_stands_on_the_event_in_order_of_time(zones: Zones) -> None:
    """30 August 2023: drills for days, bombers that afternoon; a drill that ended two days before and one of next week stay out."""
    desk = Desk(zones)
    drill, bombers = entry("drill", -9 * 24 * HOUR, 24 * HOUR, "drill"), entry("bombers", -9 * HOUR, -7 * HOUR)
    desk.step(-60, said=(bombers, drill, entry("old", -72 * HOUR, -48 * HOUR), entry("next", 7 * 24 * HOUR)))
    desk.step(0, track(SEAWARD, 0))
    assert [one.entry for one in desk.events[-1].context] == ["drill", "bombers"]
    desk.step(1, said=(entry("statement", 30 * 60.0, None, "statement"),))
    assert [one.entry for one in desk.events[-1].context] == ["drill", "bombers", "statement"]
    assert desk.events[-1].remark == "context noted: statement"


def test_the_journal_is_bounded_and_says_what_it_drops(zones: Zones) -> None:
    desk = Desk(zones)
    for k in range(MOST_ENTRIES + 2):
        desk.step(k, said=(entry(f"e-{k:03}", float(k)),))
    assert [note.text.split(":")[0] for note in desk.notes] == ["e-000", "e-001"]
    desk.step(600, track(SEAWARD, 600, first_s=600))
    shown = [one.entry for one in desk.events[-1].context]
    assert shown == [f"e-{k:03}" for k in range(MOST_ENTRIES + 2 - EVENT_ENTRIES, MOST_ENTRIES + 2)]


def test_a_corrected_entry_replaces_the_first(zones: Zones) -> None:
    desk = Desk(zones)
    desk.step(0, track(SEAWARD, 0), said=(entry("drill", -60.0),))
    desk.step(1, said=(replace(entry("drill", -60.0), text="postponed"),))
    assert [one.text for one in desk.events[-1].context] == ["postponed"]


# --- the launch site --------------------------------------------------------------------------------------------------


def test_the_nearest_known_site_is_a_hint_where_the_launch_ellipse_reaches_it(zones: Zones) -> None:
    desk = Desk(zones)
    desk.step(0, track(SEAWARD, 0, launch=launch_estimate()))
    hint = desk.events[-1].site
    assert "Pyongyang" in hint.name or "Sunan" in hint.name
    assert hint.distance_m < 15.0 * KM


def test_no_site_is_named_beyond_the_ellipse_nor_by_one_that_holds_several() -> None:
    lon = SITE[1]
    while nearest_site(SITE[0], lon).distance_m < 20.0 * KM:  # out to sea, until no site is near
        lon -= 0.02 * DEG
    for sigma_m, named in ((800.0, False), (2_000.0, False), (6_000.0, True), (30_000.0, True), (36_000.0, False)):
        hint = site_hint(launch_estimate(lat_rad=SITE[0], lon_rad=lon, sigma_m=sigma_m))
        assert (hint is not None) == named, sigma_m


def test_no_launch_point_no_site() -> None:
    assert site_hint(None) is None


# --- reasons ----------------------------------------------------------------------------------------------------------


def test_each_revision_says_what_changed(zones: Zones) -> None:
    desk = Desk(zones)
    desk.fly(SEAWARD, range(3), boost=0.9, thrust_mps2=20.0)
    desk.fly(SEAWARD, range(3, 6), launch=launch_estimate())
    assert desk.remarks[0] == "confirmed by tracking"
    assert desk.remarks[1] == "estimate revised"
    assert "launch point estimated" in desk.remarks[3]
    assert "thrust has ended: the impact is predicted" in desk.remarks[3]
    assert "class SRBM, was unknown" in desk.remarks[3]
    assert desk.remarks[4] == "estimate revised"


def test_a_second_missile_and_a_new_zone_are_reasons(zones: Zones) -> None:
    desk = Desk(zones)
    desk.fly(SEAWARD, range(3), launch=launch_estimate())
    second = coasting(39.30 * DEG, 126.077 * DEG, 75.0, speed_mps=2_100.0)
    for t in range(3, 6):
        desk.step(
            t,
            track(at(SEAWARD, t), t, launch=launch_estimate()),
            track(at(second, t), t, name="KOR-2", first_s=3, launch=launch_estimate(-70)),
        )
    assert "at least 2 in the salvo, was 1" in desk.remarks
    near = coasting(39.374 * DEG, 126.077 * DEG, 95.0, speed_mps=2_100.0)
    farther = near.copy()
    farther[3:6] *= 1.40
    desk = Desk(zones)
    desk.fly(near, range(2), cov=covariance(50, 1))
    desk.step(2, track(at(farther, 2), 2, cov=covariance(50, 1)))
    assert "more likely inside the EEZ of JPN" in desk.remarks[-1]
    assert "most likely eez:JPN, was " in desk.remarks[-1]


def test_presumed_down_and_closed_stand_alone(zones: Zones) -> None:
    desk = Desk(zones)
    desk.fly(SEAWARD, range(0, 40, 5))
    for t in range(40, 900, 5):
        desk.step(t)
    assert desk.remarks[-2:] == ["presumed down, not observed", "closed: presumed down, not observed"]
