"""What people report: impossible figures are refused or flagged with the likely slip, bounds stay bounds, estimates stay as they are."""

from dataclasses import replace
from itertools import product
from math import acos, pi, sqrt

import msgspec
import pytest

from tests.stages.flights import SITE, T0_NS, at, coasting, launch_estimate, ns, track
from tocsin.assessment.arc import arc_flight_s
from tocsin.assessment.assess import Assessment
from tocsin.assessment.reports import Reference, judge, reference_of_report
from tocsin.fusion.fuse import Fusion
from tocsin.geography.zones import Zones, load_zones
from tocsin.messages.basics import Note
from tocsin.messages.command import Command
from tocsin.messages.event import LaunchEvent
from tocsin.messages.report import Report
from tocsin.units import DEG, EARTH_MU_M3PS2, KM, NAUTICAL_MILE_M, NS_PER_S

H = 3_600 * NS_PER_S
SEAWARD = coasting(39.374 * DEG, 126.077 * DEG, 75.0, speed_mps=2_100.0)
MEASURED = Reference(
    "measured", launch_ns=T0_NS, launch_lat_rad=SITE[0], launch_lon_rad=SITE[1], apogee_m=50 * KM, range_m=350 * KM, missiles=2
)


@pytest.fixture(scope="module")
def zones() -> Zones:
    return load_zones()


def report(name: str = "R1", nation: str = "JPN", said_ns: int = T0_NS + H, **figures: object) -> Report:
    return Report(report=name, nation=nation, source="press release", time_ns=said_ns, **figures)


# --- the arc ----------------------------------------------------------------------------------------------------------


def test_a_throw_straight_up_lasts_as_the_radial_kepler_orbit_does() -> None:
    """Closed form of free fall from rest: t = sqrt(r0^3 / 2 mu) (acos sqrt x + sqrt(x (1 - x))), x = R / r0 (Prussing, Conway)."""
    radius, top = 6_371_008.8, 6_371_008.8 + 1_000 * KM
    x = radius / top
    down_s = sqrt(top**3 / (2.0 * EARTH_MU_M3PS2)) * (acos(sqrt(x)) + sqrt(x * (1.0 - x)))
    assert arc_flight_s(0.0, 1_000 * KM) == pytest.approx(2.0 * down_s, rel=1e-9)


def test_a_short_arc_lasts_as_on_flat_ground() -> None:
    assert arc_flight_s(50 * KM, 12.5 * KM) == pytest.approx(2.0 * sqrt(2.0 * 12_500.0 / 9.82), rel=0.005)


@pytest.mark.parametrize(
    ("apogee_km", "range_km", "minutes"),
    [(4_475, 950, 53), (2_000, 800, 30), (6_200, 1_080, 71), (5_700, 900, 66), (1_000, 4_600, 22), (7_687, 1_001, 86)],
)
def test_published_flights_last_some_percent_longer_than_their_arc(apogee_km: float, range_km: float, minutes: float) -> None:
    """2017-11-29, 2022-01-30, 2022-03-24, 2023-02-18, 2022-10-04 and 2024-10-31 as Japan, and for the last North Korea, gave them."""
    arc_s = arc_flight_s(range_km * KM, apogee_km * KM)
    assert 0.98 < minutes * 60.0 / arc_s < 1.12
    assert judge(report(apogee_m=apogee_km * KM, range_m=range_km * KM, flight_s=minutes * 60.0)).verdict == "accepted"


@pytest.mark.parametrize(
    ("range_m", "apogee_m"), [(pi * 6_371_008.8, 1_000 * KM), (1_000.0, 0.0), (-1.0, 1_000.0), (0.0, 1e-320), (1_000.0, 1e-320)]
)
def test_no_arc_is_invented(range_m: float, apogee_m: float) -> None:
    assert arc_flight_s(range_m, apogee_m) is None


ODD = (None, 0.0, -1.0, 1e-320, 1e-3, 300.0, 5e4, 1e308, -1e308)


def test_no_figure_that_a_person_can_enter_stops_the_judge() -> None:
    """A slip of a hundred powers of ten gets a verdict; an error here would stop the node, and its replay as well."""
    known = (None, MEASURED, replace(MEASURED, flight_s=0.0), replace(MEASURED, apogee_m=0.0, range_m=0.0))
    for apogee_m, range_m, flight_s, against in product(ODD, ODD, ODD, known):
        for place in (None, 1e308):
            entered = report(apogee_m=apogee_m, range_m=range_m, flight_s=flight_s, launch_lat_rad=0.0, launch_lon_rad=place)
            assert judge(entered, against).verdict in ("accepted", "flagged", "refused")


# --- a report against itself ------------------------------------------------------------------------------------------


def test_a_flight_time_far_off_its_arc_is_flagged_and_a_usual_slip_is_named_and_refused() -> None:
    odd = judge(report(apogee_m=50 * KM, range_m=400 * KM, flight_s=420.0))  # arc 205 s: a glide, or a wrong figure
    assert odd.verdict == "flagged"
    assert "expected about 4 min for 50 km and 400 km, came 7 min" in odd.reasons[0]
    swapped = judge(report(apogee_m=950 * KM, range_m=4_475 * KM, flight_s=53 * 60.0))
    assert (swapped.verdict, "if apogee and range were swapped" in swapped.reasons[0]) == ("refused", True)
    minutes = judge(report(apogee_m=4_475 * KM, range_m=950 * KM, flight_s=53.0))
    assert (minutes.verdict, "if minutes were entered as seconds" in minutes.reasons[0]) == ("refused", True)


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ({"range_m": 350 * KM * KM}, "350 km if metres were entered as kilometres"),
        ({"apogee_m": -1.0}, "expected 0 to 20,000 km"),
        ({"flight_s": 0.0}, "expected more than 0 s"),
        ({"launch_lat_rad": 125.7 * DEG, "launch_lon_rad": 39.2 * DEG}, "39.20, 125.70 if latitude and longitude were swapped"),
        ({"launch_ns": T0_NS + 2 * H}, "expected before it was said, came 60 minutes later"),
        ({"launch_ns": T0_NS + 12 * H}, "12 h earlier it would fit"),
    ],
)
def test_what_cannot_be_is_refused_with_what_it_would_be(figures: dict[str, float], words: str) -> None:
    judged = judge(report(**figures))
    assert judged.verdict == "refused"
    assert words in judged.reasons[0]


def test_kilometres_entered_as_metres_look_like_a_failure_on_the_pad_and_are_flagged() -> None:
    judged = judge(report(apogee_m=50.0, range_m=350.0))
    assert judged.verdict == "flagged"
    assert "50 km and 350 km if kilometres were entered as metres" in judged.reasons[0]


# --- a report against what was measured -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("late_s", "verdict", "words"),
    [
        (0, "accepted", ""),
        (13 * 60, "accepted", ""),  # 18 December 2022: two nations 13 minutes apart
        (12 * 3_600, "refused", "12 h earlier it would fit: AM and PM mixed up"),
        (-12 * 3_600, "refused", "12 h later it would fit"),
        (9 * 3_600 + 60, "refused", "Korean or Japanese time and UTC mixed up"),
        (3 * 3_600, "flagged", "another launch, or a wrong time"),
    ],
)
def test_a_launch_time_is_held_against_the_measured_one(late_s: int, verdict: str, words: str) -> None:
    launch_ns = T0_NS + late_s * NS_PER_S
    judged = judge(report(said_ns=launch_ns + H, launch_ns=launch_ns), MEASURED)
    assert judged.verdict == verdict
    assert words in " ".join(judged.reasons)


@pytest.mark.parametrize(
    ("apogee_m", "range_m", "verdict", "words"),
    [
        (30 * KM, 360 * KM, "accepted", ""),  # Korea's figures of 28 September 2022 beside Japan's 50 and 300-350 km
        (350 * KM, 50 * KM, "refused", "apogee and range were swapped"),
        (50.0, 350.0, "refused", "kilometres were entered as metres"),
        (50 * KM / 1.609344, 350 * KM / 1.609344, "refused", "miles were entered as kilometres"),
        (50 * KM / 0.3048, 350 * KM / 0.3048, "refused", "feet were entered as metres"),
        (50 * KM, 700 * KM, "flagged", "came 700 km"),
    ],
)
def test_figures_are_held_against_the_measured_ones(apogee_m: float, range_m: float, verdict: str, words: str) -> None:
    judged = judge(report(apogee_m=apogee_m, range_m=range_m), MEASURED)
    assert judged.verdict == verdict
    assert words in " ".join(judged.reasons)


def test_nautical_miles_are_told_from_miles() -> None:
    far = Reference("measured", apogee_m=1_000 * KM, range_m=4_600 * KM)
    judged = judge(report(apogee_m=1_000 * KM / NAUTICAL_MILE_M * KM, range_m=4_600 * KM / NAUTICAL_MILE_M * KM), far)
    assert judged.verdict == "refused"
    assert "nautical miles were entered as kilometres" in judged.reasons[0]


def test_the_swapped_figures_of_25_may_2022_are_found_by_the_other_source() -> None:
    """One database has 360 km up and 540 km far for the first missile, the other 540 up and 360 far (facts of the catalogue)."""
    other = reference_of_report(report(name="other", apogee_m=540 * KM, range_m=360 * KM))
    judged = judge(report(apogee_m=360 * KM, range_m=540 * KM), other)
    assert judged.verdict == "refused"
    assert "it would be 540 km and 360 km: apogee and range were swapped" in judged.reasons[0]


@pytest.mark.parametrize(
    ("missiles", "bound", "known", "known_bound", "verdict"),
    [
        (1, "at-least", 4, "exact", "accepted"),  # 22 April 2024: Japan "at least one", four flew
        (1, "exact", 2, "at-least", "flagged"),
        (3, "exact", 2, "at-least", "accepted"),  # what was measured is a lower bound
        (2, "exact", 5, "exact", "flagged"),  # 27 January 2026
        (12, "exact", 10, "about", "flagged"),  # 14 March 2026
        (10, "about", 11, "exact", "accepted"),
        (5, "at-most", 6, "exact", "flagged"),
    ],
)
def test_counts_contradict_only_if_no_number_satisfies_both(missiles: int, bound: str, known: int, known_bound: str, verdict: str) -> None:
    other = Reference("other", missiles=known, missiles_bound=known_bound)
    assert judge(report(missiles=missiles, missiles_bound=bound), other).verdict == verdict


def test_ranges_said_as_bounds_stay_bounds() -> None:
    """2 April 2024: Japan "650 km or more" of a flight of 1,000 km; "more than 800" would contradict one of 350."""
    far = Reference("measured", range_m=1_000 * KM)
    assert judge(report(range_m=650 * KM, range_bound="at-least"), far).verdict == "accepted"
    assert judge(report(range_m=650 * KM), far).verdict == "flagged"
    assert judge(report(range_m=800 * KM, range_bound="at-least"), MEASURED).verdict == "flagged"


@pytest.mark.parametrize(
    ("lat_deg", "lon_deg", "verdict", "words"),
    [(39.3, 125.75, "accepted", ""), (39.2, -125.67, "refused", "east and west mixed up"), (41.0, 129.7, "flagged", "another launch")],
)
def test_a_launch_place_is_held_against_the_measured_one(lat_deg: float, lon_deg: float, verdict: str, words: str) -> None:
    judged = judge(report(launch_lat_rad=lat_deg * DEG, launch_lon_rad=lon_deg * DEG), MEASURED)
    assert judged.verdict == verdict
    assert words in " ".join(judged.reasons)


# --- in the assessment ------------------------------------------------------------------------------------------------


class Desk:
    """Assessment with commands of persons."""

    def __init__(self, zones: Zones) -> None:
        self.fusion = Fusion("joint")
        self.assessment = Assessment("JPN", "joint", "exercise", zones, ("JPN", "KOR"))
        self.last: dict[str, LaunchEvent] = {}
        self.notes: list[Note] = []

    def step(self, t: float, *tracks: object, said: tuple[Report, ...] = ()) -> tuple[LaunchEvent, ...]:
        self.fusion.step(tracks, ns(t))
        commands = tuple(
            Command(command=f"c-{one.report}", person="duty", nation="JPN", act="report", time_ns=ns(t), report=one) for one in said
        )
        events, notes = self.assessment.step(self.fusion.live(ns(t)), ns(t), commands=commands)
        self.last |= {event.event: event for event in events}
        self.notes += notes
        return events

    @property
    def only(self) -> LaunchEvent:
        (event,) = self.last.values()
        return event


def test_a_report_stands_beside_the_measured_figures_and_changes_none_of_them(zones: Zones) -> None:
    plain, desk = Desk(zones), Desk(zones)
    wrong = report(said_ns=ns(8), launch_ns=ns(-75), range_m=5_000 * KM, apogee_m=3_000 * KM)
    for t in range(10):
        one = track(at(SEAWARD, t), t, launch=launch_estimate())
        plain.step(t, one)
        desk.step(t, one, said=(wrong,) if t == 8 else ())
    (judged,) = desk.only.reports
    assert judged.report == wrong
    assert judged.verdict == "flagged"
    assert [note.code for note in desk.notes] == ["report-flagged"]
    assert msgspec.structs.replace(desk.only, reports=(), remark="") == msgspec.structs.replace(plain.only, remark="")


def test_a_report_twelve_hours_off_is_put_to_the_launch_that_it_means_and_refused(zones: Zones) -> None:
    """The source of 4 July 2017 has 12:40 UTC for a launch at 00:40."""
    desk = Desk(zones)
    desk.step(0, track(SEAWARD, 0, launch=launch_estimate()))
    desk.step(1, said=(report(said_ns=ns(13 * 3_600), launch_ns=ns(12 * 3_600 - 75)),))
    (judged,) = desk.only.reports
    assert judged.verdict == "refused"
    assert "AM and PM mixed up" in judged.reasons[0]
    assert desk.only.remark == "report of JPN refused"


def test_a_report_before_the_first_detection_waits_for_its_event_and_one_of_another_launch_stays_out(zones: Zones) -> None:
    desk = Desk(zones)
    early = report("early", said_ns=ns(-30), launch_ns=ns(-70), missiles=1, missiles_bound="at-least")
    elsewhere = report("elsewhere", said_ns=ns(-30), launch_ns=ns(-5_000))
    desk.step(-20, said=(early, elsewhere))
    assert desk.last == {}
    desk.step(0, track(SEAWARD, 0, launch=launch_estimate()))
    assert [judged.report.report for judged in desk.only.reports] == ["early"]
    assert desk.only.reports[0].verdict == "accepted"


def test_a_report_of_several_missiles_is_put_to_the_whole_salvo(zones: Zones) -> None:
    desk = Desk(zones)
    for t in range(5):
        desk.step(t, track(at(SEAWARD, t), t, launch=launch_estimate()))
    for t in range(480, 485):
        desk.step(t, track(at(SEAWARD, t - 480), t, name="KOR-2", first_s=480, launch=launch_estimate(405)))
    both = report("both", "KOR", said_ns=ns(490), launch_ns=ns(-60), missiles=2, missiles_bound="at-least")
    second = report("second", "JPN", said_ns=ns(490), launch_ns=ns(400), range_m=500 * KM)
    desk.step(490, said=(both, second))
    assert [[judged.report.report for judged in event.reports] for event in desk.last.values()] == [["both"], ["both", "second"]]
    assert {judged.verdict for event in desk.last.values() for judged in event.reports} == {"accepted"}


def test_a_press_release_after_the_event_is_closed_is_still_noted_and_its_figures_stay(zones: Zones) -> None:
    desk = Desk(zones)
    for t in range(0, 40, 5):
        desk.step(t, track(at(SEAWARD, t), t, launch=launch_estimate()))
    for t in range(40, 900, 10):
        desk.step(t)
    closed = desk.only
    assert closed.status == "closed"
    (event,) = desk.step(900, said=(report(said_ns=ns(900), launch_ns=ns(-60), range_m=500 * KM),))
    assert (event.status, event.revision, event.remark) == ("closed", closed.revision + 1, "report of JPN accepted")
    assert event.impact == closed.impact
    assert desk.step(910) == ()


def test_a_corrected_report_of_the_same_name_replaces_the_first(zones: Zones) -> None:
    """3 August 2016: the count went from one to two five hours later."""
    desk = Desk(zones)
    desk.step(0, track(SEAWARD, 0, launch=launch_estimate()))
    desk.step(1, said=(report(said_ns=ns(60), launch_ns=ns(-75), missiles=1),))
    desk.step(2, said=(report(said_ns=ns(18_000), launch_ns=ns(-75), missiles=2),))
    assert [judged.report.missiles for judged in desk.only.reports] == [2]


def test_a_report_command_without_a_report_is_refused_with_a_note(zones: Zones) -> None:
    desk = Desk(zones)
    empty = Command(command="c-1", person="duty", nation="JPN", act="report", time_ns=ns(0))
    _, notes = desk.assessment.step((), ns(0), commands=(empty,))
    assert [note.code for note in notes] == ["command-refused"]


def test_a_doubt_about_one_missile_of_a_salvo_is_noted_once(zones: Zones) -> None:
    desk = Desk(zones)
    shorter = SEAWARD.copy()
    shorter[3:6] *= 0.55
    for t in range(20):
        one = track(at(SEAWARD, t), t, launch=launch_estimate())
        other = track(at(shorter, t), t, name="KOR-2", launch=launch_estimate(-70))
        desk.step(t, one, other, said=(report(said_ns=ns(10), launch_ns=ns(-75), missiles=2, range_m=500 * KM),) if t == 10 else ())
    assert sorted(event.reports[0].verdict for event in desk.last.values()) == ["accepted", "flagged"]
    assert [note.code for note in desk.notes] == ["report-flagged"]
