"""Areas of a warning: what reaches a limit is named at once, what is let go was clear for long, and each change is logged."""

from itertools import pairwise
from math import atan2, cos, degrees, hypot, log, pi, radians, sin, sqrt

import msgspec
import pytest
from pyproj import Geod, Proj

from tests.stages.flights import ns
from tests.stages.warned import PLACES, ROW, Desk, crossing, event, impact
from tocsin.messages.event import ImpactEstimate, PathPoint
from tocsin.messages.warning import Warning as TocsinWarning
from tocsin.units import DEG, KM
from tocsin.warning import rings
from tocsin.warning.areas import revise
from tocsin.warning.desk import WarningDesk
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


def test_land_that_is_in_no_area_is_named_as_other_land_and_has_no_neighbours() -> None:
    (warning,) = Desk().step(0, event(0, areas=(("JP-A", 0.002),), p_land=(("JPN", 0.05), ("KOR", 0.0))))
    assert land(warning) == ["land:JPN"]
    assert "other land of JPN" in warning.correction_ready


def test_a_neighbour_is_named_early_at_a_smaller_probability_and_one_farther_off_is_not() -> None:
    faint = LAND.neighbour_p
    (warning,) = Desk().step(0, event(0, **shares(A=0.5, B=faint, D=faint)))
    assert land(warning) == ["JP-A", "JP-B"]
    (beside,) = [text for text in warning.why if "JP-B" in text]
    assert "beside JP-A" in beside
    (warning,) = Desk().step(0, event(0, **shares(A=0.5, B=0.9 * faint, D=faint)))
    assert land(warning) == ["JP-A"]


def test_a_neighbour_across_a_border_is_named_early_by_its_own_nations_limit_also_where_the_other_side_is_not_alerted() -> None:
    faint = BOOK.of("KOR").land.neighbour_p
    (warning,) = Desk().step(0, event(0, **shares(D=0.5, E=faint)))
    assert warning.land_alert == ("JPN", "KOR")
    (warning,) = Desk().step(0, event(0, **shares(D=0.5, E=0.9 * faint)))
    assert warning.land_alert == ("JPN",)
    across = event(0, areas=(("KP-F", 0.5), ("KR-E", faint)), p_land=(("JPN", 0.0), ("KOR", faint)))
    (warning,) = Desk().step(0, across)
    assert land(warning) == ["KR-E"]


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
    back = int(HOLD_S)
    for t in range(1, back):
        desk.step(t, event(t, **shares()))
    desk.step(back, event(back, **shares(A=1.01 * LAND.clear_p)))
    for t in range(back + 1, 2 * back + 1):
        assert [land(w) for w in desk.step(t, event(t, **shares()))] == []
    (narrow,) = desk.step(2 * back + 1, event(2 * back + 1, **shares()))
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


def test_every_zone_of_a_warning_has_words_and_the_notice_that_it_has_no_legal_value() -> None:
    zones = (("eez:JPN", 0.4), ("high-seas", 0.3), ("not-covered", 0.3))
    (warning,) = Desk().step(0, event(0, zones=zones, **shares()))
    for words in (
        "waters of JPN to the limit of its EEZ",
        "high seas",
        "waters that the zone data does not cover",
        "approximate, no legal value",
    ):
        assert words in warning.correction_ready


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
    said = [revise((), e, BOOK, "JPN", PLACES, ns(0)) for e in (one, other)]
    assert said[0] == said[1]


def inside(ring: tuple[tuple[float, float], ...], lat_rad: float, lon_rad: float) -> bool:
    """Even-odd rule in pyproj's azimuthal equidistant plane around the point."""
    plane = Proj(proj="aeqd", lat_0=degrees(lat_rad), lon_0=degrees(lon_rad), ellps="WGS84")
    corners = [plane(degrees(lon), degrees(lat)) for lat, lon in ring]
    crossings = [x1 - y1 * (x2 - x1) / (y2 - y1) for (x1, y1), (x2, y2) in pairwise(corners) if (y1 > 0.0) != (y2 > 0.0)]
    return sum(x > 0.0 for x in crossings) % 2 == 1


def moved(lat_rad: float, lon_rad: float, bearing_deg: float, distance_m: float) -> tuple[float, float]:
    """By pyproj, which is not what the rings are drawn with."""
    lon, lat, _ = WGS84.fwd(degrees(lon_rad), degrees(lat_rad), bearing_deg, distance_m)
    return radians(lat), radians(lon)


def at_sigmas(point: ImpactEstimate, radius: float, angle: float) -> tuple[float, float]:
    """The place at so many sigmas from an impact."""
    ee, en, nn = point.cov_en_m2
    u, v = radius * cos(angle), radius * sin(angle)
    east_m, north_m = sqrt(ee) * u, en / sqrt(ee) * u + sqrt(nn - en * en / ee) * v
    return moved(point.lat_rad, point.lon_rad, degrees(atan2(east_m, north_m)), hypot(east_m, north_m))


def spread(point: ImpactEstimate, n: int, share: float = 1.0) -> list[tuple[float, float]]:
    """Places that a Gaussian impact comes down at: radii at the quantiles of a Rayleigh distribution, turned by the golden angle."""
    return [at_sigmas(point, share * sqrt(-2.0 * log(1.0 - (k + 0.5) / n)), k * pi * (3.0 - sqrt(5.0))) for k in range(n)]


PLACES_OF_IMPACT = [(40.9, 130.5), (0.0, 179.99), (89.9, 10.0), (-60.0, -179.9)]
TILTED = (400.0 * KM * KM, 120.0 * KM * KM, 100.0 * KM * KM)


@pytest.mark.slow
@pytest.mark.parametrize(("lat", "lon"), PLACES_OF_IMPACT)
def test_the_ring_for_ships_holds_99_percent_of_impacts_also_at_a_pole_and_at_the_date_line(lat: float, lon: float) -> None:
    point = msgspec.structs.replace(impact(lat=lat, lon=lon), cov_en_m2=TILTED)
    ring = rings.sea_ring(point, rings.shape_of(point, ()))
    assert ring[0] == ring[-1]
    assert len(ring) == rings.CORNERS + 1
    assert sum(inside(ring, *place) for place in spread(point, 200)) >= 198
    assert sum(inside(ring, *place) for place in spread(point, 200, share=1.6)) < 198  # and is no larger than its room asks for


@pytest.mark.slow
@pytest.mark.parametrize(("lat", "lon"), PLACES_OF_IMPACT)
def test_an_impact_that_is_said_to_fit_lies_in_the_ring_and_one_that_pokes_out_is_seen(lat: float, lon: float) -> None:
    point = msgspec.structs.replace(impact(lat=lat, lon=lon), cov_en_m2=TILTED)
    shape = rings.shape_of(point, ())
    ring, fitting = rings.sea_ring(point, shape), 0
    for k in range(30):
        where = moved(lat * DEG, lon * DEG, 37.0 * k, 150.0 * k)
        cov = tuple((0.7 + 0.02 * k) * share for share in TILTED)
        other = msgspec.structs.replace(point, lat_rad=where[0], lon_rad=where[1], cov_en_m2=(cov[0], (1.0 - 0.01 * k) * cov[1], cov[2]))
        if rings.fits(other, shape):
            fitting += 1
            assert all(inside(ring, *at_sigmas(other, 0.999 * rings.CHI_99, 0.5 * n)) for n in range(13))
    assert 5 <= fitting <= 25
    assert rings.fits(point, shape)
    assert not rings.fits(msgspec.structs.replace(point, cov_en_m2=tuple(1.3**2 * share for share in TILTED)), shape)
    away = moved(lat * DEG, lon * DEG, 45.0, 30_000.0)
    assert not rings.fits(msgspec.structs.replace(point, lat_rad=away[0], lon_rad=away[1]), shape)


@pytest.mark.slow
def test_the_ring_for_aircraft_holds_what_lies_below_a_long_path_and_keeps_its_distance() -> None:
    point = impact(lat=37.0, lon=178.0, sigma_m=15_000.0)  # 4,600 km, as on 2022-10-04, and then across the date line
    below = [moved(point.lat_rad, point.lon_rad, -70.0, (1.0 - k / 40.0) * 4_600.0 * KM) for k in range(41)]
    path = tuple(PathPoint(time_ns=ns(10.0 * k), lat_rad=lat, lon_rad=lon, alt_m=0.0) for k, (lat, lon) in enumerate(below))
    point = msgspec.structs.replace(point, lat_rad=moved(*below[-1], 110.0, 300.0 * KM)[0], lon_rad=moved(*below[-1], 110.0, 300.0 * KM)[1])
    ring = rings.air_ring(point, path, rings.shape_of(point, path))
    assert all(inside(ring, *moved(lat, lon, 20.0 + side, 0.9 * rings.AIR_FLOOR_M)) for lat, lon in below for side in (0.0, 180.0))
    assert not any(inside(ring, *moved(lat, lon, 20.0 + side, 20.0 * rings.AIR_FLOOR_M)) for lat, lon in below[:5] for side in (0.0, 180.0))
    assert all(inside(ring, *place) for place in spread(point, 100))
    assert 20 <= len(ring) <= 100
    edges_m = [WGS84.inv(degrees(a[1]), degrees(a[0]), degrees(b[1]), degrees(b[0]))[2] for a, b in pairwise(ring)]
    assert max(edges_m) <= 1.01 * rings.STEP_M


def test_a_ring_grows_at_once_and_shrinks_after_its_hold_time() -> None:
    desk, hold_s = Desk(), BOOK.of("JPN").sea_air.hold_ns / 1e9

    def sea(t: float, sigma_m: float) -> list[tuple[tuple[float, float], ...]]:
        told = desk.step(t, event(t, impact=impact(sigma_m=sigma_m), **shares()))
        return [next(a.ring for a in w.areas if a.kind == "sea") for w in told]

    at = moved(impact().lat_rad, impact().lon_rad, 0.0, 10_000.0)
    (first,) = sea(0, 2_000.0)
    (grown,) = sea(2, 4_000.0)
    assert not inside(first, *at)
    assert inside(grown, *at)
    for t in range(3, 3 + int(hold_s)):
        assert all(ring == grown for ring in sea(t, 1_000.0))
    (small,) = sea(3 + hold_s, 1_000.0)
    assert not inside(small, *at)
    assert desk.notes.count("area-redrawn") >= 2


@pytest.mark.slow
def test_prefectures_have_their_names_and_a_desk_asks_geography_unless_told_otherwise() -> None:
    below = (crossing("JP-02", 0.9),)
    (warning,), _, notes = WarningDesk("JPN", "exercise").step(
        (event(0, areas=(("JP-02", 0.3), ("JP-03", 0.002), ("JP-13", 0.002)), p_land=(("JPN", 0.304),), overflights=below),), (), ns(0)
    )
    assert land(warning) == ["JP-02", "JP-03"]  # Iwate lies beside Aomori, Tokyo does not
    assert "Aomori (JP-02)" in warning.correction_ready
    assert any("Aomori (JP-02)" in note.text for note in notes)
