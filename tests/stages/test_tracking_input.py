"""The tracker's door: every bad plot gets its own clear note, and the good ones around it are used."""

from math import inf, nan, pi

import numpy as np
import pytest
from msgspec.structs import replace

from tests.stages.tracking_scene import KOREA, SATELLITES, Flight, Launch, Scene, at_ns, fly
from tocsin.messages.plot import Plot, Scan
from tocsin.tracking import Tracker, TrackerSettings

RADAR = KOREA[0]
GOOD = Plot(time_ns=at_ns(100.0), sensor="KOR-EWR-N", azimuth_rad=0.1, elevation_rad=0.2, range_m=300_000.0)


@pytest.fixture(scope="module")
def flight() -> Flight:
    return fly(Launch())


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (replace(GOOD, azimuth_rad=nan), "not-finite"),
        (replace(GOOD, range_m=inf), "not-finite"),
        (replace(GOOD, range_rate_mps=nan), "not-finite"),
        (replace(GOOD, range_m=-5.0), "range-out-of-bounds"),
        (replace(GOOD, range_m=0.0), "range-out-of-bounds"),
        (replace(GOOD, elevation_rad=95.0 * pi / 180.0), "elevation-out-of-bounds"),
        (replace(GOOD, azimuth_rad=90.0), "azimuth-out-of-bounds"),
        (replace(GOOD, range_m=None), "missing-field"),
        (replace(GOOD, sigma_range_m=-1.0), "bad-sigma"),
        (replace(GOOD, sensor_pos_ecef_m=(nan, 0.0, 0.0)), "not-finite"),
        (replace(GOOD, sensor_pos_ecef_m=(37.0, 127.0, 0.3)), "bad-sensor-position"),
        (replace(GOOD, time_ns=at_ns(102.0)), "time-in-future"),
        (replace(GOOD, time_ns=at_ns(90.0)), "too-late"),
        (replace(GOOD, sensor="KOR-EWR-S"), "wrong-sensor"),
        (GOOD, "duplicate-plot"),
    ],
)
def test_a_bad_plot_is_dropped_with_one_clear_note_and_the_rest_is_used(bad: Plot, code: str) -> None:
    tracker = Tracker("KOR", KOREA)
    tracker.step(Scan(sensor="KOR-EWR-N", time_ns=at_ns(98.0)), at_ns(98.0))
    tracks, notes = tracker.step(Scan(sensor="KOR-EWR-N", time_ns=at_ns(100.0), plots=(GOOD, bad)), at_ns(100.0))
    assert tracks == ()
    assert [note.code for note in notes] == [code]
    assert notes[0].stage == "tracking"
    assert "expected" in notes[0].text
    assert "\n" not in notes[0].text
    assert len(tracker._memory.seeds) == 1  # the good plot waits for partners


def test_an_infrared_plot_must_be_a_finite_unit_vector() -> None:
    tracker = Tracker("USA", SATELLITES)
    plots = tuple(
        Plot(time_ns=at_ns(0.0), sensor="USA-IR-WEST", los_ecef=line) for line in ((nan, 0.0, 1.0), (2.0, 0.0, 0.0), None, (0.0, 0.0, -1.0))
    )
    _, notes = tracker.step(Scan(sensor="USA-IR-WEST", time_ns=at_ns(0.0), plots=plots), at_ns(0.0))
    assert [note.code for note in notes] == ["not-finite", "not-a-unit-vector", "missing-field"]


def test_a_scan_of_an_unknown_sensor_is_named_and_the_known_ones_are_listed() -> None:
    tracks, notes = Tracker("KOR", KOREA).step(Scan(sensor="X", time_ns=0), 0)
    assert tracks == ()
    assert notes[0].code == "unknown-sensor"
    assert "KOR-SHIP" in notes[0].text


def test_two_sensors_with_one_id_are_reported_once_and_the_first_counts() -> None:
    tracker = Tracker("KOR", (RADAR, replace(RADAR, max_range_m=1.0)))
    scan = Scan(sensor="KOR-EWR-N", time_ns=at_ns(0.0))
    assert [note.code for note in tracker.step(scan, at_ns(0.0))[1]] == ["duplicate-sensor"]
    assert tracker.step(replace(scan, time_ns=at_ns(2.0)), at_ns(2.0))[1] == ()


def test_an_empty_scan_from_the_future_changes_nothing() -> None:
    tracker = Tracker("KOR", KOREA)
    _, notes = tracker.step(Scan(sensor="KOR-EWR-N", time_ns=at_ns(86_400.0)), at_ns(0.0))
    assert [note.code for note in notes] == ["time-in-future"]
    assert tracker.step(Scan(sensor="KOR-EWR-N", time_ns=at_ns(0.0), plots=(replace(GOOD, time_ns=at_ns(0.0)),)), at_ns(0.0))[1] == ()


@pytest.mark.slow
def test_a_scan_sent_twice_counts_once(flight: Flight) -> None:
    once, twice = Tracker("KOR", KOREA), Tracker("KOR", KOREA)
    for scan in Scene(KOREA, [flight], seed=1, until_s=70.0).scans():
        expected = once.step(scan, scan.time_ns)[0]
        assert twice.step(scan, scan.time_ns)[0] == expected
        _, notes = twice.step(scan, scan.time_ns)
        assert [note.code for note in notes] == ["duplicate-plot"] * len(scan.plots)
        if expected:
            break
    else:
        pytest.fail("no track was ever said")


@pytest.mark.slow
def test_scans_that_arrive_half_a_second_late_and_out_of_order_still_make_one_good_track(flight: Flight) -> None:
    """One radar's link is slower than the others': its plots come after younger ones."""
    scans = Scene(KOREA, [flight], seed=2, until_s=120.0).scans()
    delayed = sorted(scans, key=lambda scan: scan.time_ns + (500_000_000 if scan.sensor == "KOR-EWR-S" else 0))
    tracker = Tracker("KOR", KOREA)
    said = [track for scan in delayed for track in tracker.step(scan, scan.time_ns + 500_000_000)[0]]
    assert {track.track for track in said} == {"KOR-1"}
    assert "KOR-EWR-S" in said[-1].sensors
    truth = flight.at((said[-1].time_ns - at_ns(0.0)) / 1e9)
    assert truth is not None
    assert sum((a - b) ** 2 for a, b in zip(truth[:3], said[-1].pos_ecef_m, strict=True)) < 500.0**2


def test_more_tracks_than_allowed_are_refused_with_a_note(flight: Flight) -> None:
    tracker = Tracker("KOR", KOREA, TrackerSettings(max_tracks=0))
    notes = [
        note for scan in Scene(KOREA, [flight], seed=1, from_s=40.0, until_s=60.0).scans() for note in tracker.step(scan, scan.time_ns)[1]
    ]
    assert {note.code for note in notes} == {"too-many-tracks"}


def test_a_flood_of_plots_is_refused_with_a_note_and_costs_no_more_than_a_bounded_memory() -> None:
    """Hypotheses grow with the cube of the plots that nothing explains; a jammed radar must not stop the tracker."""
    rng = np.random.default_rng(1)
    tracker = Tracker("KOR", KOREA[2:])
    ship = KOREA[2].sensor
    codes = []
    for time_s in (100.0, 102.0):
        places = zip(
            rng.uniform(0.0, 6.2, 3_000).tolist(), rng.uniform(0.1, 1.2, 3_000).tolist(), rng.uniform(1e5, 7e5, 3_000).tolist(), strict=True
        )
        plots = tuple(
            replace(GOOD, time_ns=at_ns(time_s), sensor=ship, azimuth_rad=azimuth, elevation_rad=elevation, range_m=range_m)
            for azimuth, elevation, range_m in places
        )
        codes += [note.code for note in tracker.step(Scan(sensor=ship, time_ns=at_ns(time_s), plots=plots), at_ns(time_s))[1]]
    assert codes == ["too-many-plots", "too-many-plots"]
