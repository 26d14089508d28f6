"""Areas of a warning: what reaches a limit is named at once, what is let go was clear for long, and each change is logged."""

from itertools import pairwise
from math import cos, degrees, log, pi, radians, sin, sqrt

import msgspec
import pytest
from pyproj import Geod

from tests.stages.flights import ns
from tests.stages.warned import PLACES, ROW, Desk, crossing, event, impact
from tocsin.messages.event import PathPoint
from tocsin.messages.warning import Warning as TocsinWarning
from tocsin.units import KM
from tocsin.warning import rings
from tocsin.warning.areas import revise
from tocsin.warning.thresholds import load_thresholds

WGS84 = Geod(ellps="WGS84")
BOOK = load_thresholds()
LAND = BOOK.of("JPN").land
HOLD_S = LAND.hold_ns / 1e9


def land(warning: TocsinWarning) -> list[str]:
    return [area.area for area in warning.areas if area.kind == "land"]


def shares(**of: float) -> dict[str, object]:
    """Areas of the row by their last letter, and what they make on each nation's land."""
    areas = tuple((area, of[area[-1]]) for area in ROW if area[-1] in of)
    return {"areas": areas, "p_land": (("JPN", sum(p for a, p in areas if a[:2] == "JP")), ("KOR", of.get("E", 0.0)))}


@pytest.mark.parametrize(("p", "named"), [(LAND.raise_p - 1e-6, []), (LAND.raise_p, ["JP-A"])])
def test_a_prefecture_is_named_from_the_limit_on(p: float, named: list[str]) -> None:
    (warning,) = Desk().step(0, event(0, **shares(A=p)))
    assert land(warning) == named
    assert warning.land_alert == (("JPN",) if named else ())


def test_land_cut_into_many_small_areas_is_not_overlooked() -> None:
    part = 0.3 * LAND.raise_p
    (warning,) = Desk().step(0, event(0, **shares(A=part, B=part, C=part, D=part)))
    assert warning.land_alert == ("JPN",)
    assert len(land(warning)) >= 1
    unnamed = sum(p for area, p in shares(A=part, B=part, C=part, D=part)["areas"] if area not in land(warning))
    assert unnamed < LAND.raise_p


def test_a_neighbour_is_named_early_at_a_smaller_probability_and_one_farther_off_is_not() -> None:
    faint = LAND.neighbour_p
    (warning,) = Desk().step(0, event(0, **shares(A=0.5, B=faint, D=faint)))
    assert land(warning) == ["JP-A", "JP-B"]
    (beside,) = [text for text in warning.why if "JP-B" in text]
    assert "beside JP-A" in beside
    (warning,) = Desk().step(0, event(0, **shares(A=0.5, B=0.9 * faint, D=faint)))
    assert land(warning) == ["JP-A"]


def test_a_neighbour_of_another_nation_is_named_by_that_nations_own_limits() -> None:
    (warning,) = Desk().step(0, event(0, **shares(D=0.5, E=0.5 * BOOK.of("KOR").land.raise_p)))
    assert land(warning) == ["JP-D"]
    (warning,) = Desk().step(0, event(0, **shares(D=0.5, E=BOOK.of("KOR").land.raise_p)))
    assert warning.land_alert == ("JPN", "KOR")


def test_land_of_the_launching_state_is_reported_and_never_alerted() -> None:
    (warning,) = Desk().step(
        0, event(0, areas=(("KP-01", 0.9),), p_land=(("JPN", 0.0), ("KOR", 0.0)), zones=(("land:PRK", 0.9), ("eez:PRK", 0.1)))
    )
    assert warning.land_alert == ()
    assert land(warning) == []
    assert dict(warning.zones)["land:PRK"] == 0.9


def test_an_area_is_let_go_after_its_hold_time_and_danger_that_comes_back_starts_it_anew() -> None:
    desk = Desk()
    desk.step(0, event(0, **shares(A=0.5)))
    for t in range(1, 11):
        desk.step(t, event(t, **shares()))
    desk.step(11, event(11, **shares(A=1.01 * LAND.clear_p)))
    for t in range(12, 12 + int(HOLD_S)):
        assert [land(w) for w in desk.step(t, event(t, **shares()))] == []
    (narrow,) = desk.step(12 + HOLD_S, event(12 + HOLD_S, **shares()))
    assert land(narrow) == []
    assert "no longer land JP-A" in narrow.reason


def test_each_change_of_an_area_leaves_a_note_with_its_hours_and_probability() -> None:
    desk = Desk()
    desk.step(0, event(0, **shares(A=0.25)))
    for t in range(1, 3 + int(HOLD_S)):
        desk.step(t, event(t, **shares()))
    (named,) = [note.text for note in desk.said if note.code == "area-named" and "JP-A" in note.text]
    (gone,) = [note.text for note in desk.said if note.code == "area-let-go" and "JP-A" in note.text]
    for words in ("Name of JP-A (JP-A)", "14:42:54Z to 14:43:06Z", "probability 0.25", f"reached {LAND.raise_p:g}", "2 sensors", "KOR"):
        assert words in named
    assert "probability 0.25" in gone


def test_stale_news_names_no_area_redraws_no_ring_and_clears_none() -> None:
    desk = Desk()
    (first,) = desk.step(0, event(0, **shares(A=0.5)))
    late = {"last_detection_ns": ns(0), "impact": impact(sigma_m=9_000.0)}
    (grown,) = desk.step(20, event(20, **late, **shares(A=0.5, B=0.5)))
    assert [a.ring for a in grown.areas] == [a.ring for a in first.areas]
    assert land(grown) == ["JP-A"]
    for t in range(21, 25 + int(HOLD_S)):
        for warning in desk.step(t, event(t, **late, **shares())):
            assert land(warning) == ["JP-A"]


def test_an_event_that_says_nothing_of_where_it_falls_clears_nothing() -> None:
    desk = Desk()
    desk.step(0, event(0, **shares(A=0.5)))
    for t in range(1, 60):
        blind = event(t, impact=impact("thrust-ended-now"), zones=(), p_outside_eez=(), p_land=())
        assert all(land(w) == ["JP-A"] for w in desk.step(t, blind))


def test_a_prediction_before_burnout_alerts_by_probability_and_a_trace_of_the_burn_never_does() -> None:
    desk = Desk()
    (trace,) = desk.step(0, event(0, impact=impact("thrust-ended-now"), models_boost=0.7, **shares(A=1.0)))
    assert trace.areas == ()
    (early,) = desk.step(1, event(1, impact=impact("predicted"), models_boost=0.4, **shares(A=1.0)))
    assert land(early) == ["JP-A"]


def test_a_fall_in_the_eez_warns_ships_and_never_land() -> None:
    (warning,) = Desk().step(0, event(0, zones=(("contiguous:JPN", 0.1), ("eez:JPN", 0.9)), p_outside_eez=(("JPN", 0.0),), **shares()))
    assert warning.land_alert == ()
    assert [(a.kind, a.area, a.nation, round(a.p, 6)) for a in warning.areas] == [
        ("sea", "eez:JPN", "JPN", 1.0),
        ("air", "corridor", "", 0.99),
    ]


@pytest.mark.parametrize("outside", [0.0, 0.5, 1.0])
def test_an_alert_on_land_does_not_depend_on_the_eez_answer(outside: float) -> None:
    (warning,) = Desk().step(0, event(0, p_outside_eez=(("JPN", outside), ("KOR", outside)), **shares(A=0.02)))
    assert land(warning) == ["JP-A"]


@pytest.mark.parametrize(("p", "named"), [(BOOK.of("JPN").overflight.raise_p - 1e-6, []), (BOOK.of("JPN").overflight.raise_p, ["JP-B"])])
def test_land_below_the_track_is_named_by_its_own_limit(p: float, named: list[str]) -> None:
    (warning,) = Desk().step(0, event(0, overflights=(crossing("JP-B", p),), **shares()))
    assert [a.area for a in warning.areas if a.kind == "overflight"] == named
    assert warning.land_alert == ()


def test_the_same_events_name_the_same_areas_whatever_the_order_of_their_codes() -> None:
    one = event(0, **shares(A=0.5, B=0.002, D=0.3))
    other = msgspec.structs.replace(one, areas=one.areas[::-1])
    said = [revise((), e, BOOK, ("JPN", "KOR"), PLACES, ns(0)) for e in (one, other)]
    assert said[0] == said[1]


@pytest.mark.parametrize(("lat", "lon"), [(40.9, 130.5), (0.0, 179.99), (89.9, 10.0), (-60.0, -179.9)])
def test_the_ring_for_ships_holds_the_99_percent_ellipse_also_at_a_pole_and_at_the_date_line(lat: float, lon: float) -> None:
    point = msgspec.structs.replace(impact(lat=lat, lon=lon), cov_en_m2=(400.0 * KM * KM, 100.0 * KM * KM, 100.0 * KM * KM))
    ring = rings.sea_ring(point)
    larger_m, smaller_m, _ = rings.half_axes_99_m(point)
    assert ring[0] == ring[-1]
    assert rings.holds(ring, point, rings.sea_needs(point))
    assert pi * larger_m * smaller_m < rings.ring_area_m2(ring, point) < 1.7 * pi * larger_m * smaller_m
    assert not rings.holds(ring, point, [(1.3 * larger_m, 0.0), (-1.3 * larger_m, 0.0), (0.0, 1.3 * larger_m)])


def test_99_percent_of_impacts_drawn_on_a_sunflower_of_the_covariance_lie_in_the_ring_for_ships() -> None:
    point = msgspec.structs.replace(impact(), cov_en_m2=(400.0 * KM * KM, 0.0, 100.0 * KM * KM))
    ring, inside, n = rings.sea_ring(point), 0, 2_000
    for k in range(n):  # Rayleigh quantiles at the golden angle
        radius = sqrt(-2.0 * log(1.0 - (k + 0.5) / n))
        angle = k * pi * (3.0 - sqrt(5.0))
        inside += rings.holds(ring, point, [(20.0 * KM * radius * cos(angle), 10.0 * KM * radius * sin(angle))])
    assert inside >= 0.99 * n


def moved(lat_rad: float, lon_rad: float, bearing_deg: float, distance_m: float) -> tuple[float, float]:
    """By pyproj, which is not what the rings are drawn with."""
    lon, lat, _ = WGS84.fwd(degrees(lon_rad), degrees(lat_rad), bearing_deg, distance_m)
    return radians(lat), radians(lon)


def test_the_ring_for_aircraft_holds_what_lies_below_a_long_path_and_keeps_its_distance() -> None:
    point = impact(lat=37.0, lon=178.0, sigma_m=15_000.0)  # 4,600 km across the date line, as on 2022-10-04
    below = [moved(point.lat_rad, point.lon_rad, -70.0, (1.0 - k / 40.0) * 4_600.0 * KM) for k in range(41)]
    ring = rings.air_ring(
        point, tuple(PathPoint(time_ns=ns(10.0 * k), lat_rad=lat, lon_rad=lon, alt_m=0.0) for k, (lat, lon) in enumerate(below))
    )
    near = tuple(moved(lat, lon, 20.0 + side, 0.9 * rings.AIR_FLOOR_M) for lat, lon in below for side in (0.0, 180.0))
    far = tuple(moved(lat, lon, 20.0 + side, 20.0 * rings.AIR_FLOOR_M) for lat, lon in below[:5] for side in (0.0, 180.0))
    assert rings.holds(ring, point, rings.in_plane(point, near))
    assert not any(rings.holds(ring, point, [place]) for place in rings.in_plane(point, far))
    assert 20 <= len(ring) <= 100
    edges_m = [WGS84.inv(degrees(a[1]), degrees(a[0]), degrees(b[1]), degrees(b[0]))[2] for a, b in pairwise(ring)]
    assert max(edges_m) <= 1.01 * rings.STEP_M


def test_a_ring_grows_at_once_and_shrinks_after_its_hold_time() -> None:
    desk, hold_s = Desk(), BOOK.of("JPN").sea_air.hold_ns / 1e9

    def sea(t: float, sigma_m: float) -> list[object]:
        told = desk.step(t, event(t, impact=impact(sigma_m=sigma_m), **shares()))
        return [next(a.ring for a in w.areas if a.kind == "sea") for w in told]

    (first,) = sea(0, 1_000.0)
    (grown,) = sea(2, 2_000.0)
    assert rings.ring_area_m2(grown, impact()) > 2.0 * rings.ring_area_m2(first, impact())
    for t in range(3, 3 + int(hold_s)):
        assert all(ring == grown for ring in sea(t, 500.0))
    rings_then = sea(3 + hold_s, 500.0)
    assert len(rings_then) == 1
    assert rings.ring_area_m2(rings_then[0], impact()) < 0.5 * rings.ring_area_m2(grown, impact())
    assert desk.notes.count("area-redrawn") >= 2
