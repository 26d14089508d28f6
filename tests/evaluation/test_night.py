"""The figures of a night: what counts as a launch event, as false, as merged, and what was known when and how well."""

from math import isnan, pi

import msgspec
import pytest

from tests.evaluation.nights import S, empty_night, fused_track, launch_event, missile, own_track, shared_night, warning_of
from tocsin.evaluation.night import match_tracks, nation_figures, night_figures, quantile
from tocsin.evaluation.record import NightRecord

FAR_OFF = missile("far", lat_deg=30.0)
CHI2_2_95 = 5.991  # 95 % point, 2 degrees of freedom: NIST/SEMATECH e-Handbook of Statistical Methods, table 1.3.6.7.4


def tell(record: NightRecord, name: str, track: str, statuses: str, *, flight_index: int | None = 0) -> None:
    """Let nation AAA's joint picture tell an event about one missile (or about nothing real) through some statuses."""
    flight = FAR_OFF if flight_index is None else record.missiles[flight_index]
    nation = record.nations["AAA"]
    for step, status in enumerate(statuses.split()):
        nation.fused.append(fused_track(track, *flight.samples[60 + step]))
        nation.joint_events.append(launch_event(name, track, flight, 60 + step, status))


def test_two_missiles_in_one_salvo_are_two_events_and_one_salvo() -> None:
    figures = night_figures(shared_night())
    assert (figures.launch_events, figures.salvos, figures.false_launch_events, figures.merged_events) == (2, 1, 0, 0)


def test_an_event_cancelled_as_the_same_missile_is_merged_and_neither_counted_nor_false() -> None:
    record = empty_night(missile("1"))
    tell(record, "AAA-joint-1", "joint-1", "suspected confirmed presumed-down closed")
    tell(record, "AAA-joint-2", "joint-2", "suspected confirmed cancelled")
    figures = night_figures(record)
    assert (figures.launch_events, figures.false_launch_events, figures.merged_events) == (1, 0, 1)
    assert figures.nations["AAA"].together.missiles_at_least == 1


def test_a_second_standing_event_for_one_missile_is_false() -> None:
    record = empty_night(missile("1"))
    tell(record, "AAA-joint-1", "joint-1", "confirmed")
    tell(record, "AAA-joint-2", "joint-2", "confirmed")
    figures = night_figures(record)
    assert (figures.launch_events, figures.false_launch_events) == (2, 1)


def test_an_event_about_nothing_real_stays_false_when_it_is_withdrawn_and_is_no_launch_event() -> None:
    record = empty_night(missile("1"))
    tell(record, "AAA-joint-1", "joint-1", "confirmed cancelled", flight_index=None)
    figures = night_figures(record)
    assert (figures.launch_events, figures.false_launch_events, figures.merged_events) == (0, 1, 0)


def test_an_event_that_was_never_confirmed_is_nothing_at_all() -> None:
    record = empty_night(missile("1"))
    tell(record, "AAA-joint-1", "joint-1", "suspected cancelled", flight_index=None)
    figures = night_figures(record)
    assert (figures.launch_events, figures.false_launch_events, figures.merged_events) == (0, 0, 0)


def test_a_false_event_on_an_aircraft_is_counted_as_a_warned_aircraft() -> None:
    record = shared_night()
    before = night_figures(record)
    aircraft = msgspec.structs.replace(record.aircraft[0], samples=FAR_OFF.samples)
    record.aircraft = (aircraft,)
    tell(record, "AAA-joint-9", "joint-9", "confirmed", flight_index=None)
    after = night_figures(record)
    assert (before.aircraft_warned, after.aircraft_warned, after.false_launch_events) == (0, 1, 1)


def test_alone_and_together_tell_what_a_partner_gave() -> None:
    bbb = night_figures(shared_night()).nations["BBB"]
    assert bbb.alone.first_detection_s == (None, 130.0)
    assert bbb.alone.first_warning_s == (None, 140.0)
    assert bbb.alone.impact_error_km[0] is None
    assert bbb.alone.missiles_at_least == 1
    assert bbb.together.first_detection_s == (50.0, 50.0)  # the earliest plot behind what the partner shared
    assert bbb.together.first_warning_s == (50.0, 50.0)
    assert bbb.together.p_outside_eez == (0.999, 0.999)
    assert bbb.together.missiles_at_least == 2
    error_km = bbb.alone.impact_error_km[1]
    assert error_km == pytest.approx(4.0, rel=0.005)  # the meridian at 45 N is 0.05 % off the mean sphere


def test_a_partners_warning_belongs_to_the_missile_of_its_own_event_though_both_fly_at_once() -> None:
    one, two = missile("1"), missile("2", launch_s=25.0, lat_deg=45.05)
    record = empty_night(one, two)
    aaa = record.nations["AAA"]
    event = launch_event("AAA-alone-1", "alone-1", two, 50)
    blank = msgspec.structs.replace(event, launch=None, impact=None)
    aaa.alone_fused.append(fused_track("alone-1", *two.samples[50]))
    aaa.alone_events.append(blank)
    record.nations["BBB"].partner_warnings.append((two.launch_ns + 51 * S, warning_of(blank)))
    assert nation_figures(record, record.nations["BBB"]).together.first_warning_s == (None, 51.0)


def test_a_warning_about_an_event_that_nobody_recorded_is_matched_by_its_launch_point_and_time() -> None:
    one, two = missile("1"), missile("2", launch_s=120.0)
    record = empty_night(one, two)
    told = warning_of(launch_event("ZZZ-alone-1", "alone-1", two, 50))
    record.nations["BBB"].partner_warnings.append((two.launch_ns + 51 * S, told))
    assert nation_figures(record, record.nations["BBB"]).together.first_warning_s == (None, 51.0)


def test_what_no_partner_shared_is_not_known_together() -> None:
    """A neighbour's early plots count only if a track that rests on them reached this picture."""
    record = shared_night()
    record.nations["BBB"].fused.clear()
    figures = night_figures(record).nations["BBB"]
    assert figures.together.first_detection_s == figures.alone.first_detection_s


@pytest.mark.parametrize(("off_km", "inside"), [(2.44, True), (2.46, False)])  # sqrt(5.991) = 2.448 sigmas of 1 km
def test_the_ellipse_holds_the_impact_up_to_the_95_percent_point_of_chi_square(off_km: float, *, inside: bool) -> None:
    record = empty_night(missile("1"))
    record.nations["AAA"].fused.append(fused_track("joint-1", *record.missiles[0].samples[60]))
    record.nations["AAA"].joint_events.append(launch_event("AAA-joint-1", "joint-1", record.missiles[0], 60, off_km=off_km / 1.0005))
    together = night_figures(record).nations["AAA"].together
    assert together.inside_ellipse95 == (inside,)
    assert together.ellipse95_km2[0] == pytest.approx(pi * CHI2_2_95, rel=1e-3)


def test_a_thrust_ended_now_trace_is_no_prediction() -> None:
    record = empty_night(missile("1"))
    event = launch_event("AAA-joint-1", "joint-1", record.missiles[0], 60)
    assert event.impact is not None
    trace = msgspec.structs.replace(event.impact, basis="thrust-ended-now")
    record.nations["AAA"].fused.append(fused_track("joint-1", *record.missiles[0].samples[60]))
    record.nations["AAA"].joint_events.append(msgspec.structs.replace(event, impact=trace))
    together = night_figures(record).nations["AAA"].together
    assert (together.missiles_at_least, together.impact_error_km, together.p_outside_eez) == (1, (None,), (None,))


def test_a_track_belongs_to_the_missile_it_is_nearest_to_most_often_and_to_none_beyond_20_km() -> None:
    one, two = missile("1"), missile("2", launch_s=25.0, lat_deg=45.05)
    tracks = [own_track("AAA", 1, one, 60), own_track("AAA", 1, one, 61), own_track("AAA", 1, two, 61), own_track("AAA", 2, FAR_OFF, 60)]
    assert match_tracks(tracks, (one, two)) == {"AAA-1": "1"}


@pytest.mark.parametrize(("q", "expected"), [(0.05, 15.0), (0.3, 20.0), (0.4, 20.0), (0.5, 35.0), (1.0, 50.0)])
def test_quantiles_are_nearest_ranks(q: float, expected: float) -> None:
    assert quantile([35.0, 20.0, 15.0, 50.0, 40.0], q) == expected  # the usual textbook example of the nearest-rank method


def test_a_quantile_of_nothing_is_not_a_number() -> None:
    assert isnan(quantile([], 0.5))
