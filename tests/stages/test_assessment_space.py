"""Space launches are told by how they fly, missiles are not mistaken for them, and nothing about an impact is hidden."""

from math import asin, cos, log, sin

import numpy as np
import pytest
from msgspec.structs import replace

from tests.stages.flights import Array, at, covariance, fall, launch_estimate, noisy, ns, track
from tocsin.assessment.assess import Assessment
from tocsin.assessment.energy import MEAN_RADIUS_M, kepler_extremes_m
from tocsin.assessment.legal import legal_texts, load_legal
from tocsin.assessment.profile import with_space_launch
from tocsin.fusion.fuse import Fusion
from tocsin.geography.zones import Zones, load_zones
from tocsin.kernels.geodesy import altitude_and_up, enu_axes, geodetic2ecef, ground_bearing_rad, ground_distance_m
from tocsin.kernels.trajectory import boost_propagate
from tocsin.messages.event import LaunchEvent
from tocsin.units import DEG, KM

Stage = tuple[float, float, float, float]  # thrust acceleration at ignition and burnout m/s2, burn s, coast after it s
Row = tuple[float, bool, Array]  # seconds after lift-off, burning, state[8]
SOHAE, PYONGYANG = (39.66 * DEG, 124.70 * DEG), (39.20 * DEG, 125.67 * DEG)
STEP_S = 2.0
# Notional launcher of three stages: an orbit at 280 km, southward over the Yellow Sea.
LAUNCHER: tuple[Stage, ...] = ((14.0, 38.0, 120.0, 4.0), (14.0, 36.0, 110.0, 6.0), (7.0, 19.0, 260.0, 0.0))
# Notional missiles of two stages; the lofted one flies as published for 29 November 2017: 4,475 km high, 950 km far.
LOFTED: tuple[Stage, ...] = ((18.0, 44.0, 140.0, 3.0), (17.0, 43.5, 150.0, 0.0))
LONG: tuple[Stage, ...] = ((18.0, 44.0, 140.0, 3.0), (16.0, 40.0, 150.0, 0.0))
OVER_JAPAN: tuple[Stage, ...] = ((24.0, 72.0, 130.0, 0.0),)


def ascent(stages: tuple[Stage, ...], site: tuple[float, float], bearing_deg: float, kick_deg: float, until_s: float = 1e9) -> list[Row]:
    """A gravity turn, thrust along the velocity, from 10 s after lift-off; every 2 s."""
    axes = np.empty((3, 3))
    enu_axes(*site, axes)
    level, up = 120.0 * sin(kick_deg * DEG), 120.0 * cos(kick_deg * DEG)
    state = np.empty(8)
    state[:3] = geodetic2ecef(*site, 800.0)
    state[3:6] = level * (sin(bearing_deg * DEG) * axes[0] + cos(bearing_deg * DEG) * axes[1]) + up * axes[2]
    state[6] = log(8_000.0)
    rows, t = [], 10.0
    for begin, end, burn_s, coast_s in stages:
        steps = int(burn_s / STEP_S)
        for k in range(steps + int(coast_s / STEP_S)):
            if t > until_s:
                return rows
            burning = k < steps
            state[7] = begin + (end - begin) * (k + 0.5) / steps if burning else 0.0
            rows.append((t, burning, state.copy()))
            boost_propagate(state, STEP_S, 1.0, state)
            t += STEP_S
    return [*rows, (t, False, state.copy())]


def climb_deg(state: Array) -> float:
    _, *up = altitude_and_up(*state[:3])
    return asin(float(np.dot(up, state[3:6])) / float(np.linalg.norm(state[3:6]))) / DEG


@pytest.fixture(scope="module")
def zones() -> Zones:
    return load_zones()


class Watch:
    """Assessment of one nation's track of a flight, with noisy states."""

    def __init__(self, zones: Zones, legal: tuple[str, ...] = ()) -> None:
        self.assessment = Assessment("JPN", "joint", "exercise", zones, ("JPN", "KOR"), legal=legal)
        self.events: list[LaunchEvent] = []
        self.rng = np.random.default_rng(11)
        self.cov = covariance(300.0, 30.0)

    def fly(self, rows: list[Row], first_s: float = 40.0) -> None:
        for t, burning, state in rows:
            if t >= first_s:
                self.see(t, noisy(state[:7], self.cov, self.rng), burning=burning, thrust_mps2=float(state[7]), first_s=first_s)

    def see(self, t: float, state: Array, *, burning: bool = False, first_s: float = 40.0, **options: object) -> None:
        one = track(state, t, cov=self.cov, boost=0.95 if burning else 0.01, first_s=first_s, **options)
        (fused,), _ = Fusion("joint").step((one,), ns(t))
        events, _ = self.assessment.step((fused,), ns(t))
        self.events += events

    def p_space(self, before_s: float = 1e9) -> float:
        """Highest probability said until a time."""
        return max(dict(event.classes).get("SLV", 0.0) for event in self.events if event.time_ns <= ns(before_s))


@pytest.mark.slow
def test_a_launcher_is_told_by_its_flat_burn_minutes_before_its_orbit(zones: Zones) -> None:
    rows = ascent(LAUNCHER, SOHAE, 180.0, 3.8)
    perigee_m = kepler_extremes_m(tuple(rows[-1][2][:3]), tuple(rows[-1][2][3:6]))[0] - MEAN_RADIUS_M
    assert perigee_m > -100.0 * KM  # it does reach an orbit, or all but
    watch = Watch(zones)
    watch.fly(rows)
    assert watch.p_space(before_s=200.0) < 0.1
    told_ns = next(event.time_ns for event in watch.events if dict(event.classes).get("SLV", 0.0) >= 0.9)
    assert told_ns < ns(rows[-1][0] - 120.0)
    assert any("space launch (by flight profile), probability 0." in event.remark for event in watch.events)
    last = watch.events[-1]
    assert dict(last.classes)["SLV"] > 0.99
    assert sum(p for _, p in last.classes) == pytest.approx(1.0)
    assert last.status == "confirmed"  # a launch event all the same


@pytest.mark.parametrize(
    ("stages", "bearing_deg", "kick_deg", "apogee_km", "range_km"),
    [
        (LOFTED, 70.0, 0.77, (4_300, 4_650), (850, 1_050)),
        (LONG, 40.0, 5.5, (800, 2_600), (8_000, 13_000)),
        (OVER_JAPAN, 80.0, 11.0, (800, 1_300), (3_000, 5_000)),
    ],
)
def test_no_missile_becomes_a_space_launch(
    zones: Zones, stages: tuple[Stage, ...], bearing_deg: float, kick_deg: float, apogee_km: tuple[int, int], range_km: tuple[int, int]
) -> None:
    """The lofted flight of 29 November 2017 burns for nearly five minutes; a flight of 10,000 km and one over Japan."""
    rows = ascent(stages, PYONGYANG, bearing_deg, kick_deg)
    lat, lon, _, apogee_m = fall(rows[-1][2][:7])
    assert apogee_km[0] <= apogee_m / KM <= apogee_km[1]
    assert range_km[0] <= ground_distance_m(*PYONGYANG, lat, lon) / KM <= range_km[1]
    watch = Watch(zones)
    watch.fly(rows)
    for k in range(1, 4):
        watch.see(rows[-1][0] + k, at(rows[-1][2][:7], k))
    assert watch.p_space() < 0.05
    assert max(watch.events[-1].classes, key=lambda share: share[1])[0] in ("ICBM", "IRBM")
    assert watch.events[-1].impact.basis == "predicted"


def test_a_launcher_that_fails_in_its_first_stages_stays_a_missile_with_an_impact(zones: Zones) -> None:
    """31 May 2023: the second stage failed and it fell into the Yellow Sea. Until it is told apart it is what it looks like."""
    rows = ascent(LAUNCHER, SOHAE, 180.0, 3.8, until_s=190.0)
    watch = Watch(zones)
    watch.fly(rows)
    state = rows[-1][2][:7]
    for k in range(1, 10):
        watch.see(rows[-1][0] + k, at(state, k))
    last = watch.events[-1]
    assert watch.p_space() < 0.05
    assert (last.impact.basis, last.status) == ("predicted", "confirmed")
    assert last.zones


@pytest.mark.slow
def test_a_launcher_that_fails_late_is_told_and_its_impact_is_predicted_all_the_same(zones: Zones) -> None:
    rows = ascent(LAUNCHER, SOHAE, 180.0, 3.8, until_s=330.0)
    watch = Watch(zones)
    watch.fly(rows)
    for k in range(1, 10):
        watch.see(rows[-1][0] + k, at(rows[-1][2][:7], k))
    last = watch.events[-1]
    assert dict(last.classes)["SLV"] > 0.9
    assert last.impact.basis == "predicted"
    assert last.zones


def test_a_burn_that_is_carried_on_unseen_proves_nothing(zones: Zones) -> None:
    """Lost under thrust, the state drifts towards an orbit by itself."""
    rows = ascent(LAUNCHER, SOHAE, 180.0, 3.8)
    watch = Watch(zones)
    watch.fly([row for row in rows if row[0] <= 200.0])
    before = watch.p_space()
    for t, burning, state in rows:
        if t > 200.0:
            watch.see(t, state[:7], burning=burning, thrust_mps2=float(state[7]), last_plot_s=200.0)
    assert watch.p_space() == before


@pytest.mark.slow
def test_a_space_launch_shows_the_resolutions_on_any_launch_only(zones: Zones) -> None:
    watch = Watch(zones, legal_texts(load_legal()))
    rows = ascent(LAUNCHER, SOHAE, 180.0, 3.8)
    pad = launch_estimate(0.0, lat_rad=SOHAE[0], lon_rad=SOHAE[1])
    for t, burning, state in rows:
        if t >= 40.0:
            watch.see(t, state[:7], burning=burning, launch=pad)
    first, last = watch.events[0], watch.events[-1]
    assert any("paragraph 2: no launch of a ballistic missile" in text for text in first.legal)
    assert not any("paragraph 2: no launch of a ballistic missile" in text for text in last.legal)
    assert any("1874 (2009), paragraph 2" in text for text in last.legal)


@pytest.mark.slow
def test_a_launcher_told_as_one_names_the_land_ahead_while_it_still_burns(zones: Zones) -> None:
    """The launches of 2012, 2016 and 2023 went over the Sakishima islands of Okinawa; a burning missile names no land."""
    miyako = (24.75 * DEG, 125.30 * DEG)
    rows = ascent(LAUNCHER, SOHAE, ground_bearing_rad(*SOHAE, *miyako) / DEG, 3.8)
    watch = Watch(zones)
    watch.cov = covariance(100.0, 5.0)
    watch.fly([row for row in rows if row[0] <= 420.0])
    early = [e for e in watch.events if dict(e.classes).get("SLV", 0.0) < 0.4 and e.impact.basis == "thrust-ended-now"]
    assert early
    assert not any(flight.nation == "JPN" for event in early for flight in event.overflights)
    last = watch.events[-1]
    assert last.impact.basis == "thrust-ended-now"
    assert last.areas == ()
    assert "JP-47" in {flight.area for flight in last.overflights}


def test_its_stages_are_objects_of_the_launch_with_a_drop_zone_of_their_own_and_no_missiles(zones: Zones) -> None:
    """The first stage of a launch over the Yellow Sea comes down some hundred km from the pad, in nobody's count."""
    rows = ascent(LAUNCHER, SOHAE, 180.0, 3.8)
    watch = Watch(zones)
    watch.fly([row for row in rows if row[0] <= 160.0])
    stage = next(state for t, _, state in rows if t >= 130.0)[:7]
    lat, lon, fall_s, _ = fall(stage)
    notes = []
    for k in range(3):
        t = 162.0 + 2.0 * k
        (main,), _ = Fusion("joint").step((track(rows[76 + k][2][:7], t, cov=watch.cov, boost=0.95, first_s=40.0),), ns(t))
        (spent,), _ = Fusion("other").step((track(at(stage, t - 130.0), t, name="KOR-2", first_s=140.0),), ns(t))
        events, more = watch.assessment.step((main, replace(spent, parent=main.track)), ns(t))
        notes += [note for note in more if note.code == "part-falls"]
        assert [(event.missiles_at_least, event.objects) for event in events] == [(1, 2)]
    (note,) = notes  # once
    assert f"near {lat / DEG:.1f}"[:-1] in note.text
    assert f"{lon / DEG:.1f}"[:-1] in note.text
    assert "approximate, no legal value" in note.text
    assert fall_s > 60.0


def test_the_profile_takes_its_share_from_the_other_classes_and_leaves_them_their_proportion() -> None:
    found = dict(with_space_launch((("ICBM", 0.6), ("IRBM", 0.2), ("SLV", 0.2)), 0.5))
    assert found == {"ICBM": pytest.approx(0.3), "IRBM": pytest.approx(0.1), "SLV": pytest.approx(0.6)}
    assert with_space_launch((("unknown", 1.0),), 0.001) == (("unknown", 1.0),)
