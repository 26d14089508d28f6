"""What a flight could still do: the ring that holds it, ellipses that assume nothing, and counts that stay true."""

from itertools import pairwise
from math import cos, hypot, sin

import msgspec
import numpy as np
import pytest

from tests.stages.flights import Array, at, coasting, covariance, fall, launch_estimate, ns, track
from tocsin.assessment.assess import Assessment
from tocsin.assessment.estimate import fall_of
from tocsin.assessment.footprint import Past, rest_of_burn
from tocsin.fusion.fuse import Fusion
from tocsin.geography.zones import Zones, load_zones
from tocsin.kernels.geodesy import ecef2geodetic, ground_inverse
from tocsin.kernels.impact import fall_with_lift
from tocsin.kernels.trajectory import boost_propagate, propagate_to_altitude
from tocsin.messages.event import ImpactEstimate, LaunchEvent
from tocsin.messages.track import FusedTrack, Track
from tocsin.units import DEG, KM

FLIGHT = coasting(30.0 * DEG, 179.0 * DEG, 60.0, alt_m=50.0 * KM, speed_mps=2_100.0, climb_deg=40.0)  # across the date line
CHI2_95 = 5.991


@pytest.fixture(scope="module")
def zones() -> Zones:
    return load_zones()


class Events:
    """Assessment of one nation's tracks, each a fused track of its own name."""

    def __init__(self, zones: Zones) -> None:
        self.assessment = Assessment("JPN", "joint", "exercise", zones, ("JPN", "KOR"))
        self.last: dict[str, LaunchEvent] = {}

    def feed(self, t: float, *tracks: FusedTrack) -> None:
        events, _ = self.assessment.step(tracks, ns(t))
        self.last |= {event.event: event for event in events}

    @property
    def only(self) -> LaunchEvent:
        (event,) = self.last.values()
        return event

    @property
    def impact(self) -> ImpactEstimate:
        assert self.only.impact is not None
        return self.only.impact


def fused(one: Track) -> FusedTrack:
    """A fused track of one national track."""
    found, _ = Fusion("joint").step((msgspec.structs.replace(one, parent=None),), one.time_ns)
    return msgspec.structs.replace(found[0], track=one.track, parent=one.parent, status=one.status)


def plane(impact: ImpactEstimate, place: tuple[float, float]) -> tuple[float, float]:
    distance, bearing = ground_inverse(impact.lat_rad, impact.lon_rad, *place)
    return distance * sin(bearing), distance * cos(bearing)


def inside(impact: ImpactEstimate, place: tuple[float, float]) -> bool:
    """Left of every edge of the ring, in the plane of the impact: the ring is convex there."""
    assert impact.manoeuvre_footprint is not None
    corners = [plane(impact, corner) for corner in impact.manoeuvre_footprint]
    x, y = plane(impact, place)
    edges = pairwise(corners)
    return all((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) > -1e-3 * hypot(b[0] - a[0], b[1] - a[1]) for a, b in edges)


def chi2(impact: ImpactEstimate, place: tuple[float, float]) -> float:
    ee, en, nn = impact.cov_en_m2
    return float(np.array(plane(impact, place)) @ np.linalg.solve(np.array(((ee, en), (en, nn))), plane(impact, place)))


def descending(alt_m: float) -> tuple[Array, float]:
    """State and time at which the flight comes down through an altitude."""
    out = np.empty(7)
    _, time_s, _, _ = propagate_to_altitude(FLIGHT, alt_m, 2_000.0, out)
    return out, time_s


@pytest.mark.parametrize("alt_km", [20.0, 45.0, 150.0])
def test_the_ring_holds_pull_ups_and_losses_of_speed(zones: Zones, alt_km: float) -> None:
    state, t = descending(alt_km * KM)
    events = Events(zones)
    events.feed(t, fused(track(state, t)))
    impact, out = events.impact, np.empty(4)
    assert impact.manoeuvre_footprint[0] == impact.manoeuvre_footprint[-1]
    assert 9 <= len(impact.manoeuvre_footprint) <= 40
    for lift_to_drag in (0.0, 0.5, 1.2, 2.0):
        assert fall_with_lift(state, lift_to_drag, 0.0, 2_000.0, out)
        assert inside(impact, (out[0], out[1]))
    for share in (0.2, 0.6, 0.95):
        slower = state.copy()
        slower[3:6] *= 1.0 - share
        assert inside(impact, fall(slower)[:2])


def test_the_ring_shrinks_on_the_way_down_and_is_gone_at_the_end(zones: Zones) -> None:
    reaches = []
    for alt_m in (100.0 * KM, 40.0 * KM, 20.0 * KM, 8.0 * KM):
        state, t = descending(alt_m)
        events = Events(zones)
        events.feed(t, fused(track(state, t)))
        reaches.append(max(hypot(*plane(events.impact, corner)) for corner in events.impact.manoeuvre_footprint))
    assert reaches == sorted(reaches, reverse=True)
    assert reaches[2] < 100.0 * KM
    state, t = descending(1.5 * KM)
    events.feed(t, fused(track(state, t)))
    assert events.impact.manoeuvre_footprint is None


def test_what_went_out_of_sight_while_it_could_pull_up_keeps_its_ring_when_it_is_presumed_down(zones: Zones) -> None:
    """Six of twenty pull-ups were last seen at 15-40 km and said to be down at the ballistic point, 27-126 km from where they were."""
    state, t = descending(30.0 * KM)
    events = Events(zones)
    events.feed(t, fused(track(state, t)))
    ring = events.impact.manoeuvre_footprint
    events.feed(t + 6.0, fused(track(at(state, 6.0), t + 6.0, last_plot_s=t)))
    assert events.impact.manoeuvre_footprint == ring
    for later in range(10, 90, 10):
        events.feed(t + later)
    assert events.only.status == "presumed-down"
    assert events.impact.manoeuvre_footprint == ring
    glide = np.empty(4)
    assert fall_with_lift(state, 1.5, 0.0, 2_000.0, glide)
    assert inside(events.impact, (glide[0], glide[1]))


@pytest.mark.parametrize("launch", [None, launch_estimate(-60.0, lat_rad=29.7 * DEG, lon_rad=178.6 * DEG)])
def test_while_it_burns_the_ring_holds_the_rest_of_the_burn_and_the_way_back(zones: Zones, launch: object) -> None:
    events = Events(zones)
    one = track(FLIGHT, 0.0, boost=0.9, thrust_mps2=25.0, first_s=-30.0)
    events.feed(0.0, msgspec.structs.replace(fused(one), launches=(("KOR", launch),) if launch is not None else ()))
    assert events.impact.basis == "thrust-ended-now"
    for burn_s in (10.0, 30.0, 60.0):
        state8 = np.append(FLIGHT, 25.0)
        boost_propagate(state8, burn_s, 1.0, state8)
        assert inside(events.impact, fall(state8[:7])[:2])
    back = coasting(30.0 * DEG, 179.0 * DEG, 240.0, alt_m=50.0 * KM, speed_mps=50.0, climb_deg=0.0)
    assert inside(events.impact, fall(back)[:2])
    assert inside(events.impact, ecef2geodetic(*FLIGHT[:3])[:2])


@pytest.mark.parametrize("alt_km", [20.0, 45.0, 150.0])
def test_down_by_is_late_enough_for_every_pull_up_and_loss_of_speed_inside_the_ring(zones: Zones, alt_km: float) -> None:
    """An unseen glide may land minutes after the ballistic time; glides that leave the ring are not promised."""
    state, t = descending(alt_km * KM)
    events, out = Events(zones), np.empty(4)
    events.feed(t, fused(track(state, t)))
    latest_s, below = 0.0, np.empty(7)
    _, until_s, _, _ = propagate_to_altitude(state, min(alt_km * KM, 50.0 * KM), 2_000.0, below)
    for lift_to_drag in (0.0, 0.5, 1.0, 1.5, 2.0):
        for scale in (-0.3, 0.0, 0.3):
            glide = (below if alt_km > 50.0 else state).copy()
            glide[6] += scale
            assert fall_with_lift(glide, lift_to_drag, 0.0, 3_000.0, out)
            if inside(events.impact, (out[0], out[1])):
                latest_s = max(latest_s, out[2] + (until_s if alt_km > 50.0 else 0.0))
    for share in (0.2, 0.6, 0.95):
        slower = state.copy()
        slower[3:6] *= 1.0 - share
        latest_s = max(latest_s, fall(slower)[2])
    assert latest_s > 1.2 * fall(state)[2]  # the ballistic time is far too early
    assert ns(t + latest_s) <= events.only.down_by_ns <= ns(t + 3.0 * latest_s + 60.0)


def test_down_by_is_never_before_the_ballistic_time_and_three_sigmas(zones: Zones) -> None:
    for alt_m in (100.0 * KM, 40.0 * KM, 20.0 * KM, 8.0 * KM, 1.5 * KM):
        state, t = descending(alt_m)
        for boost in (0.0, 0.9):
            events = Events(zones)
            events.feed(t, fused(track(state, t, boost=boost, thrust_mps2=20.0 * (boost > 0.0))))
            assert events.only.down_by_ns >= events.impact.time_ns + int(3e9 * events.impact.time_sigma_s)


def test_down_by_holds_the_rest_of_a_burn_and_stays_when_it_is_lost_under_thrust(zones: Zones) -> None:
    events = Events(zones)
    events.feed(0.0, fused(track(FLIGHT, 0.0, boost=0.9, thrust_mps2=25.0, first_s=-30.0)))
    said = events.only.down_by_ns
    for burn_s in (10.0, 30.0, 60.0, 85.0):
        state8 = np.append(FLIGHT, 25.0)
        boost_propagate(state8, burn_s, 1.0, state8)
        assert ns(burn_s + fall(state8[:7])[2]) <= said
    for t in (5.0, 10.0):
        events.feed(t, fused(track(at(FLIGHT, t), t, boost=0.9, thrust_mps2=25.0, first_s=-30.0, last_plot_s=0.0)))
        assert events.only.down_by_ns >= said


def test_a_flight_that_steers_assumes_nothing_and_goes_on_so_once_it_has_been_seen_for_seconds(zones: Zones) -> None:
    events = Events(zones)
    for t in range(8):
        events.feed(t, fused(track(at(FLIGHT, t), t, manoeuvre=0.9 if t < 6 else 0.1)))
        assert events.impact.assumes == "none"
        assert events.impact.basis == ("thrust-ended-now" if t < 6 else "predicted")
        assert max(chi2(events.impact, corner) for corner in events.impact.manoeuvre_footprint) == pytest.approx(CHI2_95, rel=1e-6)
    assert sum(p for _, p in events.only.zones) == pytest.approx(1.0)


@pytest.mark.parametrize(("alt_km", "over_s"), [(150.0, 5), (35.0, 16)])
def test_seen_to_coast_again_its_end_is_ballistic_and_the_ring_stays_beside_it(zones: Zones, alt_km: float, over_s: int) -> None:
    """A boost-back's 7,000 km2 ellipse is of use to nobody once it coasts; lift, which comes and goes, is waited for longer."""
    state, t0 = descending(alt_km * KM)
    state = at(state, -4.0)
    events = Events(zones)
    assumes = []
    for t in range(4 + over_s):
        events.feed(t0 + t, fused(track(at(state, t), t0 + t, manoeuvre=0.9 if t < 4 else 0.01)))
        assumes.append(events.impact.assumes)
    assert assumes == ["none"] * (4 + over_s - 1) + ["no-manoeuvre"]
    assert events.impact.manoeuvre_footprint is not None
    area = events.impact.cov_en_m2[0] * events.impact.cov_en_m2[2] - events.impact.cov_en_m2[1] ** 2
    assert area < (5.0 * KM) ** 4


def test_a_model_that_wins_for_a_moment_leaves_no_mark(zones: Zones) -> None:
    events = Events(zones)
    for t in range(5):
        events.feed(t, fused(track(at(FLIGHT, t), t, manoeuvre=0.9 if t == 2 else 0.0)))
        assert events.impact.assumes == ("none" if t == 2 else "no-manoeuvre")


def test_a_pull_up_on_the_way_down_keeps_its_zones_so_that_no_alert_is_lost(zones: Zones) -> None:
    state, t = descending(40.0 * KM)
    events = Events(zones)
    events.feed(t, fused(track(state, t, manoeuvre=0.9)))
    assert (events.impact.basis, events.impact.assumes) == ("predicted", "none")
    assert events.only.zones != ()


def test_thrust_long_after_burnout_is_a_manoeuvre_and_a_second_stage_is_none(zones: Zones) -> None:
    for gap_s, assumes in ((8, "no-manoeuvre"), (30, "none")):
        events = Events(zones)
        for t in range(gap_s + 8):
            burns = t >= gap_s
            events.feed(t, fused(track(at(FLIGHT, t), t, boost=0.9 if burns else 0.0, thrust_mps2=20.0 if burns else 0.0)))
        assert (events.impact.basis, events.impact.assumes) == ("thrust-ended-now", assumes)


def test_a_part_told_after_its_event_was_born_is_taken_back_and_counted_as_an_object(zones: Zones) -> None:
    events = Events(zones)
    events.feed(0.0, fused(track(FLIGHT, 0.0)))
    stage = coasting(30.3 * DEG, 179.0 * DEG, 60.0, alt_m=50.0 * KM, speed_mps=2_050.0, climb_deg=40.0)
    events.feed(1.0, fused(track(stage, 1.0, name="KOR-2")))
    missile, part = events.last.values()
    assert part.missiles_at_least == 2
    events.feed(2.0, fused(track(at(FLIGHT, 2.0), 2.0)), fused(track(at(stage, 1.0), 2.0, name="KOR-2", parent="KOR-1")))
    missile, part = events.last.values()
    assert (part.status, part.remark) == ("cancelled", f"a separated part of {missile.event}")
    assert (missile.missiles_at_least, missile.missiles_estimate, missile.objects) == (1, 1.0, 2)
    events.feed(3.0, fused(track(at(stage, 2.0), 3.0, name="KOR-3", parent="KOR-2")))
    events.feed(4.0, fused(track(at(FLIGHT, 4.0), 4.0)))
    assert next(iter(events.last.values())).objects == 3


def test_a_missile_lost_and_found_again_may_be_one_and_is_not_counted_twice(zones: Zones) -> None:
    events = Events(zones)
    for t in range(3):
        events.feed(t, fused(track(at(FLIGHT, t), t)))
    turned = at(FLIGHT, 20.0)
    turned[3:6] *= 0.7  # after a strong loss of speed
    events.feed(20.0, fused(track(turned, 20.0, name="KOR-2", first_s=19.0)))
    events.feed(21.0, fused(track(at(turned, 1.0), 21.0, name="KOR-2", first_s=19.0)))
    assert [event.missiles_at_least for event in events.last.values()][-1] == 1
    assert [event.missiles_estimate for event in events.last.values()][-1] == 1.5
    beside = coasting(30.2 * DEG, 179.0 * DEG, 60.0, alt_m=50.0 * KM, speed_mps=2_100.0, climb_deg=40.0)
    both = Events(zones)
    for t in range(3):
        both.feed(t, fused(track(at(FLIGHT, t), t)), fused(track(at(beside, t), t, name="KOR-2")))
    assert [event.missiles_at_least for event in both.last.values()] == [2, 2]


def test_what_burnt_and_reached_orbit_is_a_space_launch_and_its_event_ends(zones: Zones) -> None:
    events = Events(zones)
    events.feed(0.0, fused(track(FLIGHT, 0.0, boost=0.9, thrust_mps2=25.0)))
    events.feed(1.0, fused(track(at(FLIGHT, 1.0), 1.0)))
    orbital = msgspec.structs.replace(fused(track(at(FLIGHT, 2.0), 2.0)), kind="orbital")
    events.feed(2.0, orbital)
    assert (events.only.status, events.only.classes) == ("cancelled", (("SLV", 1.0),))
    assert events.only.remark == "a space launch: it has reached orbit, no impact is expected"
    assert events.only.missiles_at_least == 0


def test_the_ellipse_of_a_sharp_state_near_the_ground_is_not_blown_up(zones: Zones) -> None:
    state, t = descending(5.0 * KM)
    events = Events(zones)
    events.feed(t, fused(track(state, t, cov=covariance(10.0, 1.0, 0.02))))
    assert events.impact.cov_en_m2[0] < 40.0**2
    assert events.impact.time_sigma_s < 0.08


def test_no_launch_time_that_a_partner_may_name_makes_the_rest_of_a_burn_longer_than_a_burn() -> None:
    """A launch a century ahead once made a burn that was flown for as long, and the node stood still."""
    for launch_s in (-1e6, -60.0, 0.0, 60.0, 3.0e9):
        launch = msgspec.structs.replace(launch_estimate(), time_ns=ns(launch_s))
        _, rest_s = rest_of_burn(Past(ns(0.0), launch, burning_ns=ns(5.0), thrust_mps2=30.0), ns(5.0), young=True)
        assert 30.0 <= rest_s <= 120.0


def test_a_state_too_wide_to_be_flown_has_no_fall_and_stops_nothing() -> None:
    """A partner may send a sound track whose drag is known to a factor of 10^39: no impact, and no error that stops the node."""
    wide = (1.1e2, *(0.0,) * 6, 1.1e2, *(0.0,) * 5, 1.1e2, *(0.0,) * 4, 2e-3, *(0.0,) * 3, 2e-3, *(0.0,) * 2, 2e-3, 0.0, 8.0e3)
    down = msgspec.structs.replace(
        track(at(FLIGHT, 0.0), 0.0), pos_ecef_m=(0.0, 0.0, 6_360_000.0), vel_ecef_mps=(0.0, 0.0, -2_981.25), ln_beta=8.0, cov=wide
    )
    fusion, events = Fusion("joint"), []
    for t in range(4):
        fused, _ = fusion.step((msgspec.structs.replace(down, time_ns=ns(t), last_plot_ns=ns(t)),), ns(t))
        events += [fall_of(one) for one in fused]
    assert events
    assert all(found is None for found in events)
