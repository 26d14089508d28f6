"""The tracker on whole scenes: what it must see, what it must never say, and how honest its covariance is."""

import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from tests.stages.tracking_scene import (
    KOREA,
    SATELLITES,
    SEONGJU,
    Flight,
    Launch,
    Scene,
    at_ns,
    fly,
    fly_level,
    nees6,
    radar,
    seconds,
)
from tocsin.messages.sensor import Sensor
from tocsin.messages.track import Track
from tocsin.sim.draw import draw_flight
from tocsin.sim.field import draw_sensors, night_of
from tocsin.sim.observe import play as play_night
from tocsin.tracking import Tracker

ROOT = Path(__file__).resolve().parents[2]
SCAN_S = 2.0  # of the Korean radars
JAPAN_SHIP = radar(
    "JPN-SHIP", "JPN", 38.5, 134.5, 20.0, sigma_mrad=0.8, sigma_range_m=40.0, scan_s=2.0, range_km=700.0,
    mask_deg=1.5, sector_deg=None, cell=(150.0, 25.0), alarms=8.0, pd=0.9,
)  # fmt: skip


@pytest.fixture(scope="module")
def flight() -> Flight:
    return fly(Launch())


def play(scene: Scene, nation: str) -> tuple[list[Track], Tracker]:
    """Return everything the tracker said, and the tracker."""
    tracker = Tracker(nation, tuple(scene.sensors))
    said: list[Track] = []
    for scan in scene.scans():
        tracks, notes = tracker.step(scan, scan.time_ns)
        assert notes == ()
        said.extend(tracks)
    return said, tracker


def by_track(said: list[Track]) -> dict[str, list[Track]]:
    out: dict[str, list[Track]] = defaultdict(list)
    for track in said:
        out[track.track].append(track)
    return out


def nearest(track: Track, flights: list[Flight]) -> tuple[int, float]:
    """Return which flight a track follows at its time, and how far off it is in metres."""
    where = [(i, f.at(seconds(track.time_ns))) for i, f in enumerate(flights)]
    return min(
        ((i, float(np.linalg.norm(x[:3] - track.pos_ecef_m))) for i, x in where if x is not None),
        key=lambda pair: pair[1],
        default=(-1, 1e9),
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_missile_becomes_one_confirmed_ballistic_track_within_three_scans(flight: Flight, seed: int) -> None:
    said, _ = play(Scene(KOREA, [flight], seed=seed, until_s=240.0), "KOR")
    assert {track.track for track in said} == {"KOR-1"}
    first = said[0]
    assert first.confirmed_ns is not None
    assert seconds(first.confirmed_ns) - seconds(first.first_plot_ns) <= 3.0 * SCAN_S
    assert said[-1].kind == "ballistic"
    assert next(t for t in said if t.kind == "ballistic").time_ns - first.confirmed_ns <= at_ns(6.0) - at_ns(0.0)
    assert all(nearest(track, [flight])[1] < 3_000.0 for track in said if track.status == "confirmed")


@pytest.mark.slow
def test_position_and_velocity_errors_match_their_covariance_in_every_phase(flight: Flight) -> None:
    """ANEES of one flight over three seeds: samples of one run hang together, so the bounds are wide (0.3 to 1.6)."""
    phases: dict[str, list[float]] = defaultdict(list)
    for seed in (11, 12, 13):
        said, _ = play(Scene(KOREA, [flight], seed=seed, until_s=240.0), "KOR")
        for track in said:
            truth = flight.at(seconds(track.time_ns))
            if truth is None or track.status != "confirmed":
                continue
            time_s = seconds(track.time_ns)
            phase = "boost" if time_s < flight.burnout_s else "after burnout" if time_s < flight.burnout_s + 20.0 else "coast"
            phases[phase].append(nees6(track.pos_ecef_m, track.vel_ecef_mps, track.cov, truth) / 6.0)
    assert {phase: 0.3 < float(np.mean(values)) < 1.6 for phase, values in phases.items()} == dict.fromkeys(phases, True)


@pytest.mark.slow
def test_twenty_minutes_of_false_alarms_confirm_nothing() -> None:
    said, _ = play(Scene(KOREA, [], seed=4, until_s=1_200.0), "KOR")
    assert said == []


@pytest.mark.slow
def test_aircraft_become_air_breathing_and_never_ballistic() -> None:
    turns = [(20.0, 35.0, 4.0), (50.0, 70.0, -5.0), (90.0, 130.0, 3.0), (150.0, 153.0, 5.0)]
    flights = [
        fly_level(38.5, 130.5, 9_000.0, 230.0, 200.0, 200.0),  # bomber
        fly_level(37.0, 131.0, 11_000.0, 250.0, 80.0, 200.0),  # airliner
        fly_level(38.0, 131.5, 12_000.0, 590.0, 250.0, 200.0, turns),  # fighter, 3-5 g
    ]
    said, _ = play(Scene(KOREA, flights, seed=5, until_s=200.0), "KOR")
    assert "ballistic" not in {track.kind for track in said}
    for index in range(len(flights)):
        mine = [t for t in said if nearest(t, flights)[0] == index]
        assert mine[-1].kind == "air-breathing"
        assert len({t.track for t in mine}) == 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("nation", "sensors"), [("KOR", KOREA), ("USA", (SEONGJU, *SATELLITES))])
def test_two_missiles_five_seconds_apart_are_two_tracks_that_never_change_places(
    flight: Flight, nation: str, sensors: tuple[Sensor, ...], seed: int
) -> None:
    flights = [flight, Flight(start_s=5.0, states=flight.states, burnout_s=flight.burnout_s + 5.0)]
    said, _ = play(Scene(sensors, flights, seed=seed, until_s=200.0), nation)
    confirmed = by_track([track for track in said if track.status == "confirmed"])
    assert len(confirmed) == 2
    followed = [{nearest(t, flights)[0] for t in tracks[5:]} for tracks in confirmed.values()]
    assert sorted(followed, key=min) == [{0}, {1}]


@pytest.mark.slow
def test_a_missile_first_seen_on_its_way_down_is_ballistic_at_once_and_has_no_launch_estimate(flight: Flight) -> None:
    said, _ = play(Scene((JAPAN_SHIP,), [flight], seed=6, from_s=150.0, until_s=200.0), "JPN")
    assert said[0].kind == "ballistic"
    assert said[0].plots == 3
    assert all(track.launch is None for track in said)


@pytest.mark.slow
def test_one_satellite_alone_suspects_but_never_confirms(flight: Flight) -> None:
    said, _ = play(Scene(SATELLITES[:1], [flight], seed=7, until_s=75.0), "USA")
    assert said
    assert {(track.status, track.kind) for track in said[:-1]} == {("tentative", "ballistic")}
    assert all(track.confirmed_ns is None for track in said)


@pytest.mark.slow
def test_two_satellites_confirm_in_three_dimensions(flight: Flight) -> None:
    said, _ = play(Scene(SATELLITES, [flight], seed=7, until_s=75.0), "USA")
    confirmed = [track for track in said if track.status == "confirmed"]
    assert confirmed[-1].sensors == ("USA-IR-EAST", "USA-IR-WEST")
    assert nearest(confirmed[-1], [flight])[1] < 5_000.0


@pytest.mark.slow
def test_an_infrared_cue_confirms_a_missile_earlier_than_radar_alone(flight: Flight) -> None:
    def confirmed_s(sensors: tuple[Sensor, ...]) -> float:
        said, _ = play(Scene(sensors, [flight], seed=8, until_s=90.0, phases_s={"USA-XBR-SEONGJU": 0.0}), "USA")
        return seconds(next(track.confirmed_ns for track in said if track.confirmed_ns is not None))

    assert confirmed_s((SEONGJU, SATELLITES[0])) < confirmed_s((SEONGJU,))


@pytest.mark.slow
def test_a_ballistic_track_out_of_sight_is_carried_on_to_the_ground_and_closed_once(flight: Flight) -> None:
    end_s = flight.start_s + len(flight.states) / 4.0
    said, tracker = play(Scene(KOREA, [flight], seed=9, until_s=end_s + 60.0), "KOR")
    assert [track.status for track in said].count("closed") == 1
    last = said[-1]
    assert last.status == "closed"
    assert last.predicted
    assert seconds(last.time_ns) >= end_s - 5.0
    assert tracker.predicted(at_ns(end_s + 61.0)) == ()


@pytest.mark.slow
def test_a_track_that_should_be_seen_and_is_not_is_lost_then_closed_each_said_once() -> None:
    level = fly_level(37.5, 130.5, 10_000.0, 250.0, 180.0, 60.0)  # vanishes in full view
    said, _ = play(Scene(KOREA, [level], seed=10, until_s=120.0), "KOR")
    statuses = [track.status for track in said]
    assert statuses.count("lost") == 1
    assert statuses.count("closed") == 1
    assert statuses[-2:] == ["lost", "closed"]
    assert 3.0 <= seconds(said[-2].time_ns) - 60.0 <= 12.0


@pytest.mark.slow
def test_a_prediction_grows_its_covariance_and_changes_nothing_that_follows(flight: Flight) -> None:
    scans = Scene(KOREA, [flight], seed=12, until_s=110.0).scans()
    plain, asked = Tracker("KOR", KOREA), Tracker("KOR", KOREA)
    spread = 0.0
    for scan in scans:
        expected = plain.step(scan, scan.time_ns)
        near = asked.predicted(scan.time_ns)
        far = asked.predicted(scan.time_ns + 20_000_000_000)
        assert asked.step(scan, scan.time_ns) == expected
        if near and far:
            assert far[0].predicted
            spread = far[0].cov[0] - near[0].cov[0]
    assert spread > 0.0


@pytest.mark.slow
def test_a_crooked_radar_does_not_make_two_tracks_of_one_missile(flight: Flight) -> None:
    """A radar that is 2.5 sigma off in azimuth makes no second track: its starts agree with the track that is there."""
    crooked = []
    for scan in Scene(KOREA, [flight], seed=13, until_s=200.0).scans():
        if scan.sensor == "KOR-SHIP":
            plots = tuple(replace(plot, azimuth_rad=(plot.azimuth_rad or 0.0) + 2.0e-3) for plot in scan.plots)
            crooked.append(replace(scan, plots=plots))
        else:
            crooked.append(scan)
    tracker = Tracker("KOR", KOREA)
    live = [track for scan in crooked for track in tracker.step(scan, scan.time_ns)[0] if track.status == "confirmed"]
    assert {track.track for track in live} == {"KOR-1"}


@pytest.mark.slow
def test_the_same_scans_give_the_same_bytes_whatever_the_hash_seed_and_without_the_compiler() -> None:
    def probe(**extra: str) -> str:
        env = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", **extra}
        done = subprocess.run(
            [sys.executable, ROOT / "tests/stages/tracking_probe.py"], env=env, check=True, capture_output=True, text=True, timeout=200
        )
        return done.stdout

    compiled = probe(PYTHONHASHSEED="1")
    assert int(compiled.split()[0]) >= 2
    assert probe(PYTHONHASHSEED="2") == compiled
    assert probe(TOCSIN_JIT="0") == compiled


@pytest.mark.slow
def test_a_boost_back_is_followed_and_registration_forgets_the_track_that_it_turned() -> None:
    """Registration coasts its targets itself: through a burn of a few seconds it made 2.4 km of bias and moved the track by it."""
    rng = np.random.default_rng([5, 2])
    drawn = draw_flight("boost-back", rng, "M1", 0.6, 2.2, 1.0)
    assert drawn.manoeuvre_ns is not None
    begin_ns, end_ns = drawn.manoeuvre_ns
    sensors = draw_sensors(rng, (drawn.flight,), "standard")
    night = night_of((drawn,), tail_s=0.0)
    tracker, due_ns, told_ns = Tracker(sensors[0].nation, sensors), 0, None
    before = during = False
    for found in play_night(night.scenario, sensors, 7, night):
        scan = found.scan
        for track in tracker.step(scan, scan.time_ns)[0]:
            if track.models.manoeuvre > 0.5 and begin_ns < track.time_ns and told_ns is None:
                told_ns = track.time_ns
        if scan.time_ns >= due_ns:
            tracker.revise(scan.time_ns)
            due_ns = scan.time_ns + 1_000_000_000
            followed = tracker._registration.estimate(1) is not None
            before = before or (followed and scan.time_ns < begin_ns)
            during = during or (followed and told_ns is not None and told_ns + 2_000_000_000 < scan.time_ns < end_ns)
    assert before
    assert told_ns is not None
    assert told_ns - begin_ns < 8_000_000_000
    assert not during
