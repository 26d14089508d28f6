"""What a flight passes above: probabilities against flown samples, times against the flight, "passed" only from a detection."""

import numpy as np
import pytest
from msgspec.structs import replace

from tests.stages.flights import Array, at, coasting, covariance, fall, noisy, ns, track
from tocsin.assessment.assess import Assessment
from tocsin.assessment.estimate import fall_of
from tocsin.assessment.landing import landing_of
from tocsin.assessment.overflight import TRACKS, way_of
from tocsin.fusion.fuse import Fusion
from tocsin.geography.areas import area_codes, area_indices
from tocsin.geography.zones import Zones, load_zones
from tocsin.kernels.geodesy import ecef2geodetic
from tocsin.kernels.impact import path_points
from tocsin.messages.event import LaunchEvent, Overflight
from tocsin.messages.track import FusedTrack, Track
from tocsin.units import DEG, KM

# Like 4 October 2022 as published by Japan: from the north of the peninsula, over Aomori, 1,000 km high, into the Pacific.
OVER_JAPAN = coasting(40.7 * DEG, 127.5 * DEG, 86.0, alt_m=120.0 * KM, speed_mps=5_300.0, climb_deg=39.0)
SEAWARD = coasting(39.374 * DEG, 126.077 * DEG, 75.0, speed_mps=2_100.0)  # comes down in the sea, about 500 km from the site


@pytest.fixture(scope="module")
def zones() -> Zones:
    return load_zones()


def fused_of(one: Track) -> FusedTrack:
    (found,), _ = Fusion("joint").step((one,), one.time_ns)
    return found


class Events:
    """Assessment of one fused track, fed with what a nation's tracker would say."""

    def __init__(self, zones: Zones) -> None:
        self.assessment = Assessment("JPN", "joint", "exercise", zones, ("JPN", "KOR", "USA"))
        self.event: LaunchEvent | None = None

    def feed(self, t: float, state: Array, **options: object) -> dict[str, Overflight]:
        events, _ = self.assessment.step((fused_of(track(state, t, **options)),), ns(t))
        self.event = events[-1] if events else self.event
        return {flight.area: flight for flight in self.event.overflights} if self.event is not None else {}


def below(zones: Zones, state: Array, seconds: float) -> tuple[list[str], list[str]]:
    """Areas under a flight every second of its way, and in order of time; the area where it comes down is not among them."""
    grid = np.empty((int(seconds), 3))
    path_points(state, 1.0, grid)
    index = area_indices(zones, grid[:, 0].copy(), grid[:, 1].copy())
    lat, lon, _, _ = fall(state)
    end = area_indices(zones, np.array([lat]), np.array([lon]))[0]
    codes = area_codes(zones)
    return [codes[i] if i >= 0 and i != end else "" for i in index.tolist()], [codes[end]] if end >= 0 else []


@pytest.mark.slow
@pytest.mark.parametrize(("sigma_m", "sigma_mps"), [(2_000.0, 30.0), (500.0, 8.0), (100.0, 1.0)])
def test_the_chance_of_an_overflight_is_the_share_of_flown_samples_that_cross(zones: Zones, sigma_m: float, sigma_mps: float) -> None:
    """200 flights drawn from the track's covariance. Limits: three sigmas of 200 draws at one half, and two of 31 tracks."""
    rng = np.random.default_rng(int(sigma_m))
    cov = covariance(sigma_m, sigma_mps)
    fused = fused_of(track(OVER_JAPAN, 0, cov=cov))
    found = fall_of(fused)
    way = way_of(zones, found.path, found.impact, found.side_sigma_m, ecef2geodetic(*OVER_JAPAN[:3])[:2])
    said = {crossing.overflight.area: crossing.overflight.p for crossing in way.ahead}
    seconds = fall(OVER_JAPAN)[2]
    flown: dict[str, int] = {}
    for _ in range(200):
        crossed = below(zones, noisy(OVER_JAPAN, cov, rng), min(600.0, seconds))[0]
        for area in sorted(dict.fromkeys(crossed)):
            flown[area] = flown.get(area, 0) + 1
    del flown[""]
    assert any(area.startswith("JP-") for area in flown)
    for area in sorted(dict.fromkeys([*flown, *said])):
        assert said.get(area, 0.0) == pytest.approx(flown.get(area, 0) / 200, abs=3.0 * 0.5 / 200**0.5 + 2.0 / TRACKS), area


def test_times_of_an_overflight_hold_the_flight_and_it_is_passed_only_by_a_detection_beyond(zones: Zones) -> None:
    under, _ = below(zones, OVER_JAPAN, 600.0)
    over_s = [second for second, area in enumerate(under) if area == "JP-02"]
    assert over_s  # it does cross Aomori
    events = Events(zones)
    first = events.feed(0, OVER_JAPAN, cov=covariance(50, 1))["JP-02"]
    assert (first.p, first.passed_ns) == (1.0, None)
    assert ns(over_s[0] - 6) <= first.from_ns <= ns(over_s[0])
    assert ns(over_s[-1]) <= first.to_ns <= ns(over_s[-1] + 6)
    middle = (over_s[0] + over_s[-1]) // 2
    for t in (over_s[0] - 10, middle):
        assert events.feed(t, at(OVER_JAPAN, t), cov=covariance(50, 1))["JP-02"].passed_ns is None
    later = over_s[-1] + 200
    for t in (middle + 5, over_s[-1] + 20, later):  # lost above the area: time goes on, the state is carried on
        assert events.feed(t, at(OVER_JAPAN, t), last_plot_s=middle)["JP-02"].passed_ns is None
    seen = events.feed(later + 5, at(OVER_JAPAN, later + 5), cov=covariance(50, 1))["JP-02"]
    assert (seen.p, seen.passed_ns) == (1.0, ns(later + 5))
    assert seen.from_ns == pytest.approx(first.from_ns, abs=6e9)
    again = events.feed(later + 10, at(OVER_JAPAN, later + 10), cov=covariance(50, 1))["JP-02"]
    assert again == seen


def test_what_turns_out_to_pass_beside_an_area_is_no_longer_named(zones: Zones) -> None:
    events = Events(zones)
    under, _ = below(zones, OVER_JAPAN, 600.0)
    for t in (0, 1):  # so rough a track may have to be seen twice before it is an event
        wide = events.feed(t, at(OVER_JAPAN, t), cov=covariance(3_000, 300))
    beside = [area for area in wide if area not in under]
    assert beside
    for t in (7, 14):
        sharp = events.feed(t, at(OVER_JAPAN, t), cov=covariance(50, 1))
    assert "JP-02" in sharp
    assert [area for area in beside if area in sharp] == []


def test_a_flight_into_the_sea_of_japan_overflies_nothing_of_japan(zones: Zones) -> None:
    flights = Events(zones).feed(0, SEAWARD)
    assert flights  # the land it was launched over
    assert {flight.nation for flight in flights.values()} == {"PRK"}


def test_where_it_comes_down_is_no_overflight_but_an_area_of_the_impact(zones: Zones) -> None:
    on_land = coasting(39.374 * DEG, 126.077 * DEG, 101.0, alt_m=60.0 * KM, speed_mps=3_150.0, climb_deg=38.0)
    lat, lon, _, _ = fall(on_land)
    (index,) = area_indices(zones, np.array([lat]), np.array([lon])).tolist()
    assert index >= 0
    code = area_codes(zones)[index]
    events = Events(zones)
    flights = events.feed(0, on_land, cov=covariance(50, 1))
    assert dict(events.event.areas)[code] > 0.5
    assert code not in flights


def test_the_probability_of_land_is_that_of_its_areas_together(zones: Zones) -> None:
    """500 impacts of 20 km spread off and on the coast of Japan and Korea: by areas and by the zones' own grid within 1 %."""
    rng = np.random.default_rng(7)
    fused = fused_of(track(SEAWARD, 0))
    impact = fall_of(fused).impact
    for _ in range(40):
        lat, lon = rng.uniform(33.0, 43.0) * DEG, rng.uniform(126.0, 143.0) * DEG
        landing = landing_of(zones, ("JPN", "KOR", "PRK"), replace(impact, lat_rad=lat, lon_rad=lon, cov_en_m2=(4e8, 0.0, 4e8)))
        zoned = dict(landing.zones)
        for nation, p in landing.land:
            assert p == pytest.approx(zoned.get(f"land:{nation}", 0.0), abs=0.01)


def test_a_trace_under_thrust_names_no_area(zones: Zones) -> None:
    events = Events(zones)
    assert events.feed(0, OVER_JAPAN, boost=0.9, thrust_mps2=20.0) == {}
    assert events.event.areas == ()
    assert "JP-02" in events.feed(1, at(OVER_JAPAN, 1))
