"""Public alerts that failed, played end to end: simulated sensors, three nodes, two persons; and what should have come out.

The causes are those of the record; each test names its source. What a single desk does with them is in
tests/stages/test_warning_stories.py, drills and keys in tests/api/test_drill.py and tests/node/test_duty.py. Sensors are notional.
"""

from functools import cache

import numpy as np
import pytest

from tests.scenarios.played import Played, play_event
from tocsin.geography import area_codes, area_indices, load_zones
from tocsin.kernels.geodesy import ecef2geodetic
from tocsin.units import NS_PER_S

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

OVERFLIGHT = "2022-10-04"  # flew over Aomori (Ministry of Defense of Japan)
VANISHED_S = 225.0  # a crossing has been predicted by then, and it has not reached Japan yet


@cache
def seen_through() -> Played:
    return play_event(OVERFLIGHT)


@cache
def vanished() -> Played:
    return play_event(OVERFLIGHT, lost_s=VANISHED_S)


@cache
def lost_at_once() -> Played:
    return play_event("2023-04-13", lost_s=55.0)


def crossed(played: Played) -> dict[str, float]:
    """Areas of Japan below the flown track -> seconds after lift-off when it was first above them: the truth of the simulation."""
    zones = load_zones()
    flight = played.flight
    times = list(range(flight.launch_ns, flight.impact_ns, NS_PER_S))
    points = [ecef2geodetic(*state[0])[:2] for t in times if (state := flight.state_at(t)) is not None]
    index = area_indices(zones, np.array([p[0] for p in points]), np.array([p[1] for p in points])).tolist()
    codes = area_codes(zones)
    first: dict[str, float] = {}
    for t, i in zip(times, index, strict=False):
        if i >= 0 and codes[i].startswith("JP-"):
            first.setdefault(codes[i], played.since(t))
    return first


# --- 4 October 2022: nine towns of Tokyo alerted from an old drill's list; Aomori heard of it as it passed (Asahi ajw 14736429) ---


def test_the_areas_below_the_track_are_released_by_two_persons_more_than_a_minute_before_it_is_above_them() -> None:
    played = seen_through()
    truth = crossed(played)
    assert truth  # the flight does cross Japan
    alerts = [(t, p) for t, p in played.released("JPN", "land") if p.kind in ("alert", "update")]
    for area, above_s in truth.items():
        told = [t for t, p in alerts if area in p.areas]
        assert told, area
        assert above_s - min(told) > 60.0, (area, above_s, min(told))


def test_no_area_far_from_the_track_is_alerted_and_none_of_tokyo() -> None:
    played = seen_through()
    alerted = {area for _, p in played.released("JPN", "land") for area in p.areas}
    assert "JP-13" not in alerted
    neighbours = {"JP-01", "JP-02", "JP-03", "JP-05"}  # Hokkaido, Aomori, Iwate, Akita: below the track or beside it
    assert alerted <= neighbours | set(crossed(played))


def test_passed_is_said_only_after_a_detection_beyond_and_reaches_who_was_alerted() -> None:
    played = seen_through()
    (t, passed), *_ = [(t, p) for t, p in played.released("JPN", "land") if p.kind == "passed"]
    beyond = [o.passed_ns for e in played.events["JPN"] for o in e.overflights if o.area in crossed(played) and o.passed_ns is not None]
    assert beyond
    assert t > played.since(min(beyond))
    alerted = {area for _, p in played.released("JPN", "land") if p.kind in ("alert", "update") for area in p.areas}
    assert set(passed.areas) == alerted
    assert passed.references


def test_every_warning_is_on_record_as_received_by_its_recipients() -> None:
    counts = seen_through().counts
    assert counts is not None
    assert counts.sent > 0
    assert (counts.acknowledged, counts.refused, counts.waiting) == (counts.sent, 0, 0)


def test_a_fall_far_out_in_the_pacific_is_told_to_ships_and_is_no_alert_on_land() -> None:
    played = seen_through()
    assert played.named("JPN", "land") == set()
    assert any(p.kind == "alert" for _, p in played.released("JPN", "sea-air"))


# --- 3 November 2022: said to have passed at a time that was only computed; it had vanished over the sea (nordot 960683318319333376) ---


def test_what_vanishes_before_it_crosses_is_never_said_to_have_passed() -> None:
    played = vanished()
    assert played.named("JPN", "overflight")  # the crossing was predicted, and people were told in time
    assert {w.status for w in played.warnings["JPN"]}.isdisjoint({"passed", "observed"})
    assert [p for _, p in played.proposals["JPN"] if p.kind == "passed"] == []
    assert all("passed" not in w.headline and "passed" not in w.reason for w in played.warnings["JPN"])


def test_what_vanishes_is_presumed_down_and_cleared_only_when_nothing_of_it_can_still_come_down() -> None:
    played = vanished()
    statuses = [w.status for w in played.warnings["JPN"]]
    assert "presumed-down" in statuses
    clear = [w for w in played.warnings["JPN"] if w.status == "all-clear"]
    down_by_ns = max(e.down_by_ns for e in played.events["JPN"] if e.down_by_ns is not None and e.status == "presumed-down")
    assert clear
    assert all(w.time_ns >= down_by_ns for w in clear)


def test_no_area_is_added_on_a_track_that_nobody_sees() -> None:
    played = vanished()
    after_ns = played.flight.launch_ns + int((VANISHED_S + 16.0) * NS_PER_S)
    assert [a.area for w in played.warnings["JPN"] for a in w.areas if a.since_ns > after_ns] == []


# --- 13 April 2023: a fall was foretold from few detections of a track that was lost at once; withdrawn 21 min later (TBS 431657) ---


def test_a_track_that_is_lost_at_once_alerts_nobody_on_land() -> None:
    played = lost_at_once()
    assert any(e.status == "confirmed" for e in played.events["JPN"])  # it was seen, and partners know
    assert played.named("JPN", "land", "overflight") == set()
    assert [p for _, p in played.proposals["JPN"] if p.audience == "land"] == []


def test_the_end_of_a_lost_track_goes_to_whoever_heard_of_it() -> None:
    """The withdrawal went by another channel than the alert. Here every partner that got a warning gets its end."""
    played = lost_at_once()
    last: dict[tuple[str, str], str] = {}
    for where, _, warning in played.at_partner:
        last[where, warning.warning] = warning.status
    assert last
    assert set(last.values()) <= {"all-clear", "cancelled", "expired", "presumed-down"}


# --- Ulleung, 2 November 2022: a siren for a missile that fell 167 km from the island (Yonhap 20221102011600315) ---


def test_a_fall_at_sea_near_an_island_is_told_to_ships_and_sounds_no_siren_on_it() -> None:
    played = play_event("NK-20221101-05", crew="KOR")
    assert any(w.status in ("confirmed", "updated") for w in played.warnings["KOR"])
    assert played.named("KOR", "land", "overflight") == set()
    assert [p for _, p in played.proposals["KOR"] if p.audience == "land"] == []
    kinds = [p.kind for _, p in played.released("KOR", "sea-air")]
    assert kinds[0] == "alert"
    assert kinds[-1] == "all-clear"
