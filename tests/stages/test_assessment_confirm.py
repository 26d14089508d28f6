"""What makes an event suspected and confirmed: what is seen after the track's own confirmation, never that confirmation alone."""

from math import inf, sin

import msgspec
import numpy as np
import pytest

from tests.stages.flights import Array, at, coasting, covariance, ns, track
from tocsin.assessment.assess import Assessment
from tocsin.assessment.confirm import (
    BURNING_LEVEL,
    LIKELY_SIGMAS,
    SETTLED_MPS,
    SETTLED_SIGMAS,
    SHARP_MPS,
    SURE_SIGMAS,
    TENTATIVE_PLOTS,
    THRUST_LEVEL,
    THRUST_PLOTS,
    Proof,
    beyond_aircraft,
)
from tocsin.fusion.fuse import Fusion
from tocsin.fusion.states import estimate_of
from tocsin.geography.zones import Zones, load_zones
from tocsin.messages.event import LaunchEvent
from tocsin.messages.track import FusedTrack, Track
from tocsin.tracking.classify import STEEP_CLIMB_MPS
from tocsin.units import DEG, KM

MISSILE = coasting(39.374 * DEG, 126.077 * DEG, 61.0, alt_m=20.0 * KM, speed_mps=1_200.0, climb_deg=30.0)
YOUNG = covariance(200.0, 55.0)  # about what four plots of a 2 s radar know: 95 m/s in all, under SETTLED_MPS


def flying(speed_mps: float, climb_deg: float = 0.0, alt_m: float = 8.0 * KM) -> Array:
    return coasting(37.0 * DEG, 130.0 * DEG, 70.0, alt_m=alt_m, speed_mps=speed_mps, climb_deg=climb_deg)


def fused(one: Track) -> FusedTrack:
    """A picture's object of one nation's track."""
    (out,), _ = Fusion("alone").step((one,), one.time_ns)
    return out


def weighed(*tracks: Track) -> Proof:
    proof = Proof()
    for one in tracks:
        proof.weigh(fused(one))
    return proof


@pytest.fixture(scope="module")
def zones() -> Zones:
    return load_zones()


def play(zones: Zones, *tracks: Track, until_s: float = 0.0) -> list[LaunchEvent]:
    """Return all revisions that fusion and assessment make of tracks, a step a second after them too."""
    fusion, assessment = Fusion("alone"), Assessment("KOR", "alone", "live", zones, ("JPN", "KOR", "USA"))
    events: list[LaunchEvent] = []
    for one in tracks:
        fusion.step((one,), one.time_ns)
        events += assessment.step(fusion.live(one.time_ns), one.time_ns)[0]
    last_s = max((one.time_ns - ns(0)) / 1e9 for one in tracks)
    for t in np.arange(last_s + 1.0, until_s, 1.0).tolist():
        fusion.step((), ns(t))
        events += assessment.step(fusion.live(ns(t)), ns(t))[0]
    return events


def test_a_missile_that_is_seen_again_after_its_tracks_confirmation_is_confirmed(zones: Zones) -> None:
    events = play(zones, *(track(at(MISSILE, t), t, cov=YOUNG) for t in (0.0, 2.0)))
    assert [(event.status, event.time_ns) for event in events] == [("confirmed", ns(2.0))]


def test_a_track_that_gets_no_further_plot_is_no_event_however_long_it_is_carried_on(zones: Zones) -> None:
    """A chain of false alarms dies; its prediction alone makes nothing of it (it climbs beyond any aircraft by itself)."""
    assert play(zones, track(MISSILE, 0.0, cov=YOUNG), until_s=60.0) == []


def test_an_aircraft_that_one_look_put_beyond_all_aircraft_is_no_event(zones: Zones) -> None:
    """The false event of thirty quiet hours (bench/clutter.py, seed 4077, piece 17): three plots in 0.4 s, then what its plots said."""
    looks = (
        (0.38, 2_445.0, 2_415.0, 720.0),
        (0.77, 810.0, 705.0, 320.0),
        (1.53, 528.0, 340.0, 150.0),
        (2.49, 366.0, 7.0, 72.0),
        (5.16, 345.0, -28.0, 27.0),
        (8.42, 318.0, -26.0, 13.0),
    )
    tracks = []
    for time_s, speed_mps, climb_mps, sigma_mps in looks:
        state = flying(speed_mps, float(np.degrees(np.arcsin(climb_mps / speed_mps))), alt_m=6.7 * KM)
        tracks.append(track(state, time_s, cov=covariance(100.0, sigma_mps), first_s=0.0, confirmed_s=0.38))
    assert play(zones, *tracks, until_s=60.0) == []


def test_a_lost_track_that_takes_one_false_alarm_is_no_event(zones: Zones) -> None:
    """The other one (piece 27): confirmed on three false alarms, unseen for 40 s, then one plot 20 km higher makes it ballistic."""
    state = flying(941.0, 44.7, alt_m=25.6 * KM)
    tracks = (
        track(flying(365.0, -6.0, alt_m=6.2 * KM), 24.62, cov=covariance(80.0, 19.0), first_s=0.0, confirmed_s=24.62, kind="unknown"),
        track(state, 65.65, cov=covariance(230.0, 113.0), first_s=0.0, confirmed_s=24.62),
        track(at(state, 3.0), 68.65, cov=covariance(560.0, 150.0), first_s=0.0, confirmed_s=24.62, last_plot_s=65.65, status="lost"),
    )
    assert play(zones, *tracks, until_s=120.0) == []


def tentative(time_s: float, *, plots: int, boost: float = 1.0) -> Track:
    """What one infrared satellite makes of a burning missile."""
    seen = track(at(MISSILE, time_s), time_s, cov=covariance(3_000.0, 200.0), status="tentative", boost=boost, sensors=("satellite",))
    return msgspec.structs.replace(seen, plots=plots)


def test_a_tentative_track_is_suspected_and_never_confirmed_by_itself(zones: Zones) -> None:
    """One infrared satellite alone starts a suspicion; its track is never confirmed, and so no event of it either."""
    events = play(zones, *(tentative(5.0 * i, plots=3 + i) for i in range(12)))
    assert events[0].time_ns == ns(5.0)
    assert {event.status for event in events} == {"suspected"}


@pytest.mark.parametrize(("plots", "suspected"), [(TENTATIVE_PLOTS - 1, False), (TENTATIVE_PLOTS, True), (0, False)])
def test_false_lines_of_two_satellites_that_cross_by_chance_are_no_suspicion(zones: Zones, plots: int, *, suspected: bool) -> None:
    """Ten quiet hours had one such pair, shown to three nations; it gets no later plot. How many there are may be withheld."""
    assert bool(play(zones, tentative(0.0, plots=plots), until_s=20.0)) is suspected


@pytest.mark.parametrize(("boost", "suspected"), [(BURNING_LEVEL, True), (BURNING_LEVEL - 0.01, False)])
def test_a_tentative_track_that_may_be_an_aircraft_must_burn_to_be_suspected(zones: Zones, boost: float, *, suspected: bool) -> None:
    assert bool(play(zones, *(tentative(float(t), plots=0, boost=boost) for t in (0, 5)))) is suspected


def test_a_partner_that_withholds_plots_and_sensors_is_believed_by_the_time_of_its_last_plot() -> None:
    shy = [msgspec.structs.replace(track(at(MISSILE, t), t, cov=YOUNG), plots=0, sensors=()) for t in (0.0, 2.0)]
    assert not weighed(shy[0]).sure
    assert weighed(*shy).sure


def test_time_alone_and_the_same_message_again_prove_nothing() -> None:
    first = track(MISSILE, 0.0, cov=YOUNG)
    later = track(at(MISSILE, 3.0), 3.0, cov=YOUNG, last_plot_s=0.0)
    proof = weighed(first, first, later)
    assert (proof.likely, proof.sure) == (False, False)


def test_a_sharp_track_that_is_heard_of_late_is_confirmed_by_its_first_message() -> None:
    """A partner's track after a cut link: dozens of plots are behind it, and none may follow."""
    high = coasting(39.0 * DEG, 129.0 * DEG, 61.0, alt_m=60.0 * KM, speed_mps=1_500.0)
    sharp = SHARP_MPS / 3.0**0.5
    assert weighed(track(high, 100.0, first_s=0.0, cov=covariance(100.0, 0.99 * sharp))).sure
    assert not weighed(track(high, 100.0, first_s=0.0, cov=covariance(100.0, 1.01 * sharp))).sure
    assert not weighed(track(flying(250.0), 100.0, first_s=0.0, cov=covariance(100.0, 0.99 * sharp))).sure


@pytest.mark.parametrize(
    ("plots", "first_s", "boost", "sure"),
    [
        (THRUST_PLOTS, 0.0, 1.0, True),
        (THRUST_PLOTS - 1, 0.0, 1.0, False),
        (THRUST_PLOTS, 6.5, 1.0, False),
        (THRUST_PLOTS, 0.0, THRUST_LEVEL - 0.01, False),
    ],
)
def test_thrust_that_two_satellites_saw_for_a_scan_needs_no_further_look(plots: int, first_s: float, boost: float, *, sure: bool) -> None:
    """They place it poorly (here to 1 km and 100 m/s each way): what they see is thrust."""
    state = flying(1_250.0, 25.0, alt_m=14.0 * KM)
    seen = track(state, 10.0, first_s=first_s, cov=covariance(1_000.0, 100.0), boost=boost, sensors=("east", "west"))
    assert weighed(msgspec.structs.replace(seen, plots=plots)).sure is sure


@pytest.mark.parametrize(
    ("beyond", "sigma_mps", "likely", "sure"),
    [
        (LIKELY_SIGMAS - 0.1, 0.5 * SETTLED_MPS, False, False),
        (LIKELY_SIGMAS + 0.1, 0.5 * SETTLED_MPS, True, False),
        (SETTLED_SIGMAS - 0.1, 0.99 * SETTLED_MPS, True, False),
        (SETTLED_SIGMAS + 0.1, 0.99 * SETTLED_MPS, True, True),
        (SETTLED_SIGMAS + 0.1, 1.01 * SETTLED_MPS, True, False),
        (SURE_SIGMAS - 0.1, 1.01 * SETTLED_MPS, True, False),
        (SURE_SIGMAS + 0.1, 1.01 * SETTLED_MPS, True, True),
    ],
)
def test_the_second_look_decides_by_sigmas_beyond_aircraft_and_by_how_well_the_velocity_is_known(
    beyond: float, sigma_mps: float, *, likely: bool, sure: bool
) -> None:
    each = sigma_mps / 3.0**0.5
    state = flying((STEEP_CLIMB_MPS + beyond * each) / sin(60.0 * DEG), 60.0, alt_m=2.0 * KM)
    cov = covariance(100.0, each)
    proof = weighed(track(state, 0.0, cov=cov), track(at(state, 0.001), 1.0, cov=cov))
    assert (proof.likely, proof.sure) == (likely, sure)


@pytest.mark.parametrize(
    ("speed_mps", "climb_deg", "alt_km"),
    [
        (600.0, 0.0, 18.0),  # Concorde: Mach 2.04 (about 600 m/s) at up to 60,000 ft, published
        (280.0, 60.0, 9.0),  # a zoom climb
        (85.0, 0.0, 0.1),
    ],
)
def test_no_aircraft_is_beyond_aircraft(speed_mps: float, climb_deg: float, alt_km: float) -> None:
    estimate = estimate_of(track(flying(speed_mps, climb_deg, alt_km * KM), 0.0))
    assert estimate is not None
    assert -inf < beyond_aircraft(estimate) < 0.0


def test_what_is_nearly_as_fast_as_a_satellite_waits_until_its_velocity_is_known() -> None:
    """A quiet hour: a satellite at 461 km and 7.1 km/s, its climb unknown by 0.5 km/s, was taken for a missile of long range."""
    fast = flying(7_150.0, climb_deg=-14.0, alt_m=461.0 * KM)
    rough, sharp = covariance(900.0, 300.0), covariance(200.0, 30.0)
    assert not weighed(*(track(at(fast, t), t, confirmed_s=0, cov=rough) for t in (0, 2, 4))).likely
    assert weighed(*(track(at(fast, t), t, confirmed_s=0, cov=sharp) for t in (0, 2))).sure
    slow = flying(5_000.0, climb_deg=30.0, alt_m=300.0 * KM)
    assert weighed(*(track(at(slow, t), t, confirmed_s=0, cov=rough) for t in (0, 2))).sure
