"""A missile out of every sensor's reach for minutes: false alarms come by the thousand, and none of them is it."""

import pytest

from tocsin.sim.catalogue_scenario import COALITION, catalogue_scenario
from tocsin.sim.coalition import place
from tocsin.sim.night import make_night
from tocsin.sim.observe import play
from tocsin.sim.scenario import load_coalition
from tocsin.tracking.tracker import SILENT_S, Tracker
from tocsin.units import NS_PER_S

UNTIL_S = 1_000.0  # it climbs until 1,560 s; no radar of Japan reaches it after 190 s


@pytest.mark.slow
def test_a_track_that_has_been_silent_for_minutes_takes_no_false_alarm_for_its_missile() -> None:
    """29 November 2017, lofted: Japan's track took a false alarm after 707 s, jumped by 3,000 km, and an all-clear followed."""
    scenario = catalogue_scenario("2017-11-29")
    night = make_night(scenario)
    sensors = tuple(sensor for sensor in place(load_coalition(COALITION)) if sensor.nation == "JPN")
    tracker = Tracker("JPN", sensors)
    launch_ns = night.flights[0].launch_ns
    last: dict[str, int] = {}
    seen = taken = 0
    for sim_scan in play(scenario, sensors, 1, night):
        if sim_scan.scan.time_ns - launch_ns > UNTIL_S * NS_PER_S:
            break
        tracks, _ = tracker.step(sim_scan.scan, sim_scan.scan.time_ns)
        seen += 0 in sim_scan.labels
        for track in tracks:
            silent_ns = track.last_plot_ns - last.get(track.track, track.last_plot_ns)
            taken += track.kind == "ballistic" and silent_ns > 3 * SILENT_S * NS_PER_S
            last[track.track] = track.last_plot_ns
    assert seen > 20
    assert len(last) >= 1
    assert taken == 0
