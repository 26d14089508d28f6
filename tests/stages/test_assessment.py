"""Assessment: one missile, one event; estimates that hold what they promise; nothing said that was not seen."""

import itertools
from math import cos

import msgspec
import numpy as np
import pytest

from tests.stages.flights import (
    LN_BETA,
    SITE,
    Array,
    at,
    coasting,
    covariance,
    fall,
    launch_estimate,
    noisy,
    ns,
    reference,
    track,
)
from tocsin.assessment.assess import Assessment
from tocsin.assessment.estimate import BOOST_LEVEL, fall_of
from tocsin.fusion.fuse import Fusion
from tocsin.geography.zones import Zones, load_zones
from tocsin.kernels.geodesy import ground_distance_m
from tocsin.messages.basics import Note
from tocsin.messages.event import LaunchEvent
from tocsin.messages.track import Track
from tocsin.units import DEG, KM

NATIONS = ("JPN", "KOR", "USA")
SEAWARD = coasting(39.374 * DEG, 126.077 * DEG, 75.0, speed_mps=2_100.0)  # comes down in the sea, about 500 km from the site


@pytest.fixture(scope="module")
def zones() -> Zones:
    return load_zones()


class Line:
    """Fusion and assessment as the pipeline runs them, once a second."""

    def __init__(self, zones: Zones, legal: tuple[str, ...] = ()) -> None:
        self.fusion = Fusion("joint")
        self.assessment = Assessment("JPN", "joint", "exercise", zones, NATIONS, legal=legal)
        self.events: list[LaunchEvent] = []
        self.notes: list[Note] = []

    def feed(self, t: float, *tracks: Track) -> tuple[LaunchEvent, ...]:
        _, notes = self.fusion.step(tracks, ns(t))
        events, more = self.assessment.step(self.fusion.live(ns(t)), ns(t))
        self.events += events
        self.notes += notes + more
        return events

    def last(self) -> dict[str, LaunchEvent]:
        return {event.event: event for event in self.events}


def fly(line: Line, state: Array, seconds: float, **options: object) -> None:
    for t in seconds:
        line.feed(t, track(at(state, t), t, **options))


def test_a_tentative_track_is_suspected_and_its_confirmation_confirms_the_event(zones: Zones) -> None:
    line = Line(zones)
    line.feed(0, track(SEAWARD, 0, status="tentative"))
    line.feed(1, track(at(SEAWARD, 1), 1, status="confirmed", confirmed_s=1))
    assert [(e.revision, e.status) for e in line.events] == [(1, "suspected"), (2, "confirmed")]
    assert [e.missiles_at_least for e in line.events] == [0, 1]
    assert line.events[0].missiles_estimate == 0.5
    assert line.events[0].event == "JPN-joint-2023-08-30-1"
    assert line.events[1].remark == "confirmed by tracking"


def test_a_suspicion_that_ends_is_cancelled_and_never_counted(zones: Zones) -> None:
    line = Line(zones)
    line.feed(0, track(SEAWARD, 0, status="tentative"))
    line.feed(2, track(at(SEAWARD, 2), 2, status="closed", last_plot_s=0))
    assert line.events[-1].status == "cancelled"
    assert line.events[-1].missiles_at_least == 0


@pytest.mark.parametrize("kind", ["air-breathing", "unknown", "orbital", "meteor"])
def test_launch_events_never_come_from_other_kinds_of_tracks(zones: Zones, kind: str) -> None:
    line = Line(zones)
    for t in range(5):
        line.feed(t, track(at(SEAWARD, t), t, kind=kind))
    assert line.events == []


def test_a_track_that_turns_out_to_be_an_aircraft_cancels_its_event(zones: Zones) -> None:
    line = Line(zones)
    line.feed(0, track(SEAWARD, 0))
    line.feed(2, track(at(SEAWARD, 2), 2, kind="air-breathing"))
    assert (line.events[-1].status, line.events[-1].remark) == ("cancelled", "not a missile: the track is air-breathing")


def test_while_it_burns_the_impact_is_only_a_trace_and_no_zone_is_named(zones: Zones) -> None:
    line = Line(zones)
    (burning,) = line.feed(0, track(SEAWARD, 0, boost=BOOST_LEVEL + 0.01, thrust_mps2=20.0))
    assert burning.impact.basis == "thrust-ended-now"
    assert (burning.zones, burning.p_outside_eez, burning.p_land) == ((), (), ())
    assert burning.classes == (("unknown", 1.0),)
    assert (burning.apogee_m, burning.range_m) == (None, None)
    (coasting_now,) = line.feed(1, track(at(SEAWARD, 1), 1, boost=BOOST_LEVEL))
    assert coasting_now.impact.basis == "predicted"
    assert sum(p for _, p in coasting_now.zones) == pytest.approx(1.0)


def test_figures_agree_with_the_flight(zones: Zones) -> None:
    line = Line(zones)
    lat, lon, time_s, apogee_m = fall(SEAWARD)
    fly(line, SEAWARD, range(20), launch=launch_estimate())
    event = line.events[-1]
    assert ground_distance_m(event.impact.lat_rad, event.impact.lon_rad, lat, lon) < 1_500.0
    assert event.impact.time_ns == pytest.approx(ns(time_s), abs=5e9)
    assert event.apogee_m == pytest.approx(apogee_m, abs=200.0)
    assert event.range_m == pytest.approx(ground_distance_m(*SITE, lat, lon), abs=1_500.0)
    assert 1_000.0 < event.range_sigma_m < 10_000.0
    assert dict(event.classes)["SRBM"] > 0.99
    assert dict(event.p_outside_eez)["JPN"] > 0.99
    assert max(p for _, p in event.p_land) < 0.001


def test_the_path_runs_from_now_to_the_impact_about_every_ten_seconds(zones: Zones) -> None:
    line = Line(zones)
    (event,) = line.feed(0, track(SEAWARD, 0))
    times = [point.time_ns for point in event.path]
    steps = [(b - a) / 1e9 for a, b in itertools.pairwise(times)]
    assert times[0] == ns(0)
    assert event.path[-1].alt_m == 0.0
    assert abs(times[-1] - event.impact.time_ns) < 5e9
    assert set(steps[:-1]) == {10.0}
    assert max(point.alt_m for point in event.path) == pytest.approx(event.apogee_m, abs=1_500.0)


def test_a_long_flight_has_a_bounded_path(zones: Zones) -> None:
    state = coasting(0.68, 2.19, 60.0, alt_m=150.0 * KM, speed_mps=6_900.0, climb_deg=80.0)
    (event,) = Line(zones).feed(0, track(state, 0))
    assert 100 <= len(event.path) <= 130


def test_events_are_revised_every_second_of_data_and_time_alone_changes_nothing(zones: Zones) -> None:
    """The fall from the last plot holds what may befall it on the way down; a carried state's noise would make 1 km2 of 0.001."""
    line = Line(zones)
    fly(line, SEAWARD, range(10))
    assert [event.revision for event in line.events] == list(range(1, 11))
    assert [line.feed(t) for t in range(10, 31)] == [()] * 21
    (again,) = line.feed(31, track(at(SEAWARD, 31), 31))
    assert again.impact != line.events[9].impact


def test_lost_under_thrust_the_trace_moves_on_while_the_burn_is_carried_on(zones: Zones) -> None:
    line = Line(zones)
    for t in range(3):
        line.feed(t, track(at(SEAWARD, t), t, boost=0.9, thrust_mps2=20.0))
    later = [line.feed(t) for t in range(3, 24)]
    assert [events[0].impact.basis for events in later if events] == ["thrust-ended-now"] * 4  # every 5 s


def test_nothing_new_gives_no_revision(zones: Zones) -> None:
    line = Line(zones)
    line.feed(0, track(SEAWARD, 0))
    assert line.feed(0.5) == ()


def test_after_the_predicted_time_it_is_presumed_down_not_observed_and_later_closed(zones: Zones) -> None:
    line = Line(zones)
    fly(line, SEAWARD, range(40))
    last = line.events[-1]
    due_s = (last.impact.time_ns - ns(0)) / 1e9 + 3.0 * last.impact.time_sigma_s
    statuses = []
    for t in range(40, int(due_s) + 260):
        for event in line.feed(t):
            last = event
            statuses.append(event.status)
            if event.status == "presumed-down":
                assert t > due_s - 10.0
                assert event.remark == "presumed down, not observed"
                assert event.impact.basis == "predicted"
    assert [s for i, s in enumerate(statuses) if i == 0 or statuses[i - 1] != s] == ["presumed-down", "closed"]  # nothing changed before
    assert last.remark == "closed: presumed down, not observed"
    assert last.missiles_at_least == 1


def test_a_detection_after_presumed_down_brings_the_event_back(zones: Zones) -> None:
    line = Line(zones)
    high = coasting(39.374 * DEG, 126.077 * DEG, 75.0, speed_mps=2_100.0)
    fly(line, high, range(10))
    impact_s = fall(high)[2]
    for t in range(10, int(impact_s) + 40, 2):
        line.feed(t)
    assert line.events[-1].status == "presumed-down"
    # it flew farther than predicted: its nation sees it again, still falling
    again = int(impact_s) + 42
    late = track(at(high, impact_s - 30.0), again, first_s=0)
    line.feed(again, late)
    assert line.events[-1].status == "confirmed"
    assert "again" in line.events[-1].remark


def test_observed_is_never_said_without_a_detection(zones: Zones) -> None:
    line = Line(zones)
    fly(line, SEAWARD, range(0, 100, 5))
    for t in range(100, 600, 5):
        line.feed(t)
    assert {event.status for event in line.events} == {"confirmed", "presumed-down", "closed"}
    assert {event.impact.basis for event in line.events} == {"predicted"}


def test_a_track_followed_down_to_the_ground_is_an_observed_impact(zones: Zones) -> None:
    line = Line(zones)
    lat, lon, time_s, _ = fall(SEAWARD)
    sharp = covariance(30, 2, sigma_ln_beta=0.05)
    for t in (*range(0, int(time_s) - 10, 10), time_s - 10.0, time_s - 5.0, time_s - 3.0, time_s - 1.5):
        line.feed(t, track(at(SEAWARD, t), t, cov=sharp))
    for t in range(int(time_s), int(time_s) + 300, 2):
        line.feed(t)
    last = line.events[-1]
    assert [event.status for event in line.events][-2:] == ["observed", "closed"]
    assert line.events[-2].remark == "impact observed: detected until 1.5 s before it"
    assert last.remark == "closed: impact observed"
    assert last.impact.basis == "observed"
    assert ground_distance_m(last.impact.lat_rad, last.impact.lon_rad, lat, lon) < 200.0
    assert last.down_by_ns < ns(time_s + 5.0)
    assert last.zones


@pytest.mark.parametrize(("lost_s", "status"), [(8.0, "presumed-down"), (5.5, "presumed-down"), (4.5, "observed")])
def test_lost_seconds_earlier_it_is_only_presumed_down(zones: Zones, lost_s: float, status: str) -> None:
    line = Line(zones)
    time_s = fall(SEAWARD)[2]
    for t in (*range(0, int(time_s) - 20, 10), time_s - 12.0, time_s - lost_s):
        line.feed(t, track(at(SEAWARD, t), t, cov=covariance(30, 2, sigma_ln_beta=0.05)))
    for t in range(int(time_s) + 1, int(time_s) + 100, 2):
        line.feed(t)
    assert line.events[-1].status == status


def test_a_detection_after_an_observed_impact_brings_the_event_back(zones: Zones) -> None:
    """What came down may have been a part: a later detection of the same track counts more."""
    line = Line(zones)
    time_s = fall(SEAWARD)[2]
    for t in (*range(0, int(time_s) - 10, 10), time_s - 1.5):
        line.feed(t, track(at(SEAWARD, t), t, cov=covariance(30, 2, sigma_ln_beta=0.05)))
    for t in range(int(time_s), int(time_s) + 20, 2):
        line.feed(t)
    assert line.events[-1].status == "observed"
    later = int(time_s) + 22
    line.feed(later, track(at(SEAWARD, time_s - 30.0), later, first_s=0))
    assert (line.events[-1].status, line.events[-1].impact.basis) == ("confirmed", "predicted")


def test_a_nation_that_lost_it_under_thrust_has_no_figures_and_one_that_lost_it_on_the_way_keeps_what_it_predicted(zones: Zones) -> None:
    """Counts and ranges of two nations differ because each saw another part of the flight; the view says until when it saw it."""
    line = Line(zones)
    for t in range(60):
        kor = track(at(SEAWARD, min(t, 30)), min(t, 30), launch=launch_estimate())
        jpn = track(at(SEAWARD, t), t, nation="JPN", name="JPN-1", launch=launch_estimate())
        usa = track(SEAWARD, 0, nation="USA", name="USA-1", boost=0.9, thrust_mps2=20.0)
        line.feed(t, *((kor,) if t <= 30 else ()), jpn, *((usa,) if t == 0 else ()))
    views = {view.nation: view for view in line.events[-1].nations}
    assert (views["USA"].apogee_m, views["USA"].range_m, views["USA"].impact_lat_rad) == (None, None, None)
    assert (views["USA"].last_plot_ns, views["KOR"].last_plot_ns, views["JPN"].last_plot_ns) == (ns(0), ns(30), ns(59))
    assert views["KOR"].range_m == pytest.approx(views["JPN"].range_m, abs=2_000.0)


def test_apogee_is_frozen_once_it_is_past(zones: Zones) -> None:
    line = Line(zones)
    _, _, _, apogee_m = fall(SEAWARD)
    fly(line, SEAWARD, range(0, 200, 2))
    seen = [(event.apogee_m, event.apogee_sigma_m) for event in line.events]
    assert seen[-1] == seen[-20]
    assert seen[-1][0] == pytest.approx(apogee_m, abs=150.0)


def test_a_flight_first_seen_on_its_way_down_still_gets_its_apogee(zones: Zones) -> None:
    high = coasting(0.68, 2.19, 90.0, alt_m=60.0 * KM, speed_mps=3_000.0, climb_deg=50.0)
    _, _, _, apogee_m = fall(high)
    (event,) = Line(zones).feed(350, track(at(high, 350.0), 350, first_s=350))
    assert event.apogee_m == pytest.approx(apogee_m, rel=0.01)
    assert event.apogee_sigma_m >= 1_000.0


def test_beta_keeps_its_prior_where_there_is_no_drag(zones: Zones) -> None:
    sharp = covariance(50, 1, sigma_ln_beta=0.05)
    prior = covariance(50, 1, sigma_ln_beta=0.30)
    state = at(SEAWARD, 20.0)
    (one,), _ = Fusion("alone").step((track(state, 20, cov=sharp),), ns(20))
    (other,), _ = Fusion("alone").step((track(state, 20, cov=prior),), ns(20))
    assert fall_of(one).impact == fall_of(other).impact


def test_a_manoeuvring_track_gets_a_wide_ellipse_that_assumes_nothing(zones: Zones) -> None:
    (steady,) = Line(zones).feed(0, track(SEAWARD, 0, manoeuvre=0.2))
    (steering,) = Line(zones).feed(0, track(SEAWARD, 0, manoeuvre=0.8))
    assert (steady.impact.assumes, steering.impact.assumes) == ("no-manoeuvre", "none")
    assert steering.impact.cov_en_m2[0] > 50.0e3**2


def test_each_nations_own_figures_stay_beside_the_joint_ones(zones: Zones) -> None:
    other = SEAWARD.copy()
    other[3:6] *= 1.004
    line = Line(zones)
    for t in range(30):
        line.feed(
            t,
            track(at(SEAWARD, t), t, cov=covariance(900, 12), launch=launch_estimate(sigma_m=3_000)),
            track(at(other, t), t, cov=covariance(900, 12), nation="USA", name="USA-1", launch=launch_estimate(sigma_m=500)),
        )
    event = line.events[-1]
    assert event.detected_by == ("KOR", "USA")
    views = {view.nation: view for view in event.nations}
    assert views["KOR"].apogee_m == pytest.approx(fall(SEAWARD)[3], abs=100.0)
    assert views["USA"].apogee_m == pytest.approx(fall(other)[3], abs=100.0)
    assert views["KOR"].apogee_m < event.apogee_m < views["USA"].apogee_m
    assert views["USA"].range_m > views["KOR"].range_m
    assert event.launch.cov_en_m2[0] == 500.0**2  # the smaller ellipse, not an average


def test_two_missiles_of_one_site_within_15_minutes_are_one_salvo_counted_at_least_two(zones: Zones) -> None:
    line = Line(zones)
    fly(line, SEAWARD, range(5), launch=launch_estimate(-75))
    for t in range(480, 485):
        line.feed(t, track(at(SEAWARD, t - 480), t, name="KOR-2", first_s=480, launch=launch_estimate(405)))
    events = line.last()
    assert len(events) == 2
    assert {event.salvo for event in events.values()} == {"JPN-joint-2023-08-30-S1"}
    assert events["JPN-joint-2023-08-30-2"].missiles_at_least == 2


def test_another_site_or_a_later_hour_is_another_salvo(zones: Zones) -> None:
    line = Line(zones)
    fly(line, SEAWARD, range(5), launch=launch_estimate(-75))
    far = coasting(38.0 * DEG, 126.5 * DEG, 90.0)
    line.feed(100, track(far, 100, name="KOR-2", first_s=100, launch=launch_estimate(25, lat_rad=SITE[0] - 0.02)))
    line.feed(1_300, track(SEAWARD, 1_300, name="KOR-3", first_s=1_300, launch=launch_estimate(1_225)))
    assert len({event.salvo for event in line.last().values()}) == 3


def test_stages_and_debris_are_objects_of_their_missile_and_not_missiles(zones: Zones) -> None:
    part = SEAWARD.copy()
    part[3:6] *= 0.95
    line = Line(zones)
    line.feed(0, track(SEAWARD, 0))
    line.feed(1, track(at(SEAWARD, 1), 1), track(at(part, 1), 1, name="KOR-2", parent="KOR-1", first_s=1))
    (event,) = line.last().values()
    assert (event.missiles_at_least, event.objects) == (1, 2)


@pytest.mark.parametrize(("its_boost", "its_launch_s", "at_least"), [(0.0, -70.0, 1), (0.95, -70.0, 2), (0.0, 0.0, 2)])
def test_what_coasts_beside_a_missile_that_burns_on_is_no_sure_second_one(
    zones: Zones, its_boost: float, its_launch_s: float, at_least: int
) -> None:
    """A spent stage that nobody saw leave is an event, but no certain missile, unless it burns too or left at another time."""
    behind = SEAWARD.copy()
    behind[:3] += 30_000.0
    line = Line(zones)
    for t in range(25):
        line.feed(
            t,
            track(at(SEAWARD, t), t, boost=0.95, thrust_mps2=30.0, launch=launch_estimate(-75)),
            track(at(behind, t), t, name="KOR-2", boost=its_boost, launch=launch_estimate(its_launch_s)),
        )
    events = line.last()
    assert len(events) == 2
    assert {event.missiles_at_least for event in events.values()} == {at_least}


def test_a_later_launch_takes_nothing_from_the_count(zones: Zones) -> None:
    """Four that were only seen coasting are four, whatever burns minutes later: it was not yet flying, and left none of them."""
    line = Line(zones)
    states = [SEAWARD + np.array([40_000.0 * index, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]) for index in range(5)]
    for t in range(25):
        line.feed(t, *(track(at(states[index], t), t, name=f"KOR-{index}") for index in range(4)))
    assert {event.missiles_at_least for event in line.last().values()} == {4}
    for t in range(300, 325):
        line.feed(t, track(at(states[4], t - 300), t, name="KOR-9", first_s=300, boost=0.95, thrust_mps2=30.0))
    assert line.last()["JPN-joint-2023-08-30-5"].missiles_at_least == 5


def test_two_objects_that_turn_out_to_be_one_leave_one_event(zones: Zones) -> None:
    off = SEAWARD.copy()
    off[:3] += 20_000.0
    line = Line(zones)
    for t in range(16):
        line.feed(t, track(at(SEAWARD, t), t), track(at(off if t < 8 else SEAWARD, t), t, nation="USA", name="USA-1"))
    events = line.last()
    assert events["JPN-joint-2023-08-30-2"].status == "cancelled"
    assert events["JPN-joint-2023-08-30-2"].remark == "the same missile as JPN-joint-2023-08-30-1"
    assert events["JPN-joint-2023-08-30-1"].missiles_at_least == 1


def test_a_new_fused_id_that_continues_an_ended_one_keeps_its_event(zones: Zones) -> None:
    assessment = Assessment("JPN", "joint", "exercise", zones, NATIONS)
    (first,), _ = Fusion("a").step((track(SEAWARD, 0),), ns(0))
    (second,), _ = Fusion("b").step((track(at(SEAWARD, 20), 20, first_s=15, name="KOR-2"),), ns(20))
    assessment.step((first,), ns(0))
    assessment.step((msgspec.structs.replace(first, status="closed"),), ns(10))
    events, notes = assessment.step((second,), ns(20))
    assert [(e.event, e.tracks) for e in events] == [("JPN-joint-2023-08-30-1", ("b-1",))]
    assert [note.code for note in notes] == ["event-continued"]


def test_legal_context_shows_only_when_its_nation_launched(zones: Zones) -> None:
    line = Line(zones, legal=("PRK: resolution A, paragraph 5", "RUS: something else"))
    line.feed(0, track(SEAWARD, 0))
    assert line.events[-1].legal == ()
    line.feed(1, track(at(SEAWARD, 1), 1, launch=launch_estimate()))
    assert line.events[-1].legal == ("resolution A, paragraph 5",)


def test_a_prediction_far_from_home_still_gets_its_zones(zones: Zones) -> None:
    far = coasting(0.68, 2.19, 90.0, alt_m=150.0 * KM, speed_mps=6_800.0, climb_deg=25.0)
    (event,) = Line(zones).feed(0, track(far, 0))
    assert sum(share for _, share in event.zones) == pytest.approx(1.0, abs=1e-6)
    assert dict(event.p_outside_eez)["JPN"] > 0.99
    assert 0.0 <= dict(event.p_outside_eez)["USA"] <= 1.0


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [30.0, 120.0])
def test_95_percent_impact_ellipses_hold_95_percent_of_the_impacts(seconds: float) -> None:
    """240 flights with beta drawn from its prior and states drawn from their covariance; binomial 99 % limits of 240 x 0.95."""
    rng = np.random.default_rng(int(seconds))
    cov = covariance(90, 2.5)
    cov[0, 3] = cov[3, 0] = 120.0
    inside, times = 0, 0
    for _ in range(240):
        truth = at(coasting(39.374 * DEG, 126.077 * DEG, 75.0, speed_mps=2_100.0, ln_beta=LN_BETA + 0.30 * rng.standard_normal()), seconds)
        state = noisy(truth, cov, rng)
        state[6] = LN_BETA
        (fused,), _ = Fusion("alone").step((track(state, seconds, cov=cov),), ns(seconds))
        impact = fall_of(fused).impact
        lat, lon, time_s, _ = fall(truth)
        east = (lon - impact.lon_rad) * 6_387_000.0 * cos(lat)
        north = (lat - impact.lat_rad) * 6_361_000.0
        ee, en, nn = impact.cov_en_m2
        inside += (nn * east * east - 2.0 * en * east * north + ee * north * north) / (ee * nn - en * en) <= 5.991
        times += abs(impact.time_ns - ns(seconds + time_s)) <= 1.96e9 * impact.time_sigma_s
    assert 219 <= inside <= 236
    assert 219 <= times <= 237


def test_the_reference_flight_is_deterministic(zones: Zones) -> None:
    def night() -> bytes:
        line = Line(zones)
        fly(line, reference(), range(20), launch=launch_estimate())
        return msgspec.msgpack.encode(line.events)

    assert night() == night()
