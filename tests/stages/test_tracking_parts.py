"""Staged flights through the whole line: one missile, one event, its parts linked, and the event follows the missile."""

from math import dist

import numpy as np
import pytest

from tocsin.api.offline import track_plots
from tocsin.messages.event import LaunchEvent
from tocsin.messages.track import Track
from tocsin.sim.draw import draw_flight, draw_site
from tocsin.sim.field import draw_sensors, night_of
from tocsin.sim.observe import play


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3])
def test_a_missile_that_drops_its_stages_is_one_event_that_follows_the_missile(seed: int) -> None:
    rng = np.random.default_rng([20, seed])
    lat_rad, lon_rad, bearing_rad = draw_site(rng)
    drawn = draw_flight("staged-parts", rng, "M1", lat_rad, lon_rad, bearing_rad)
    sensors = draw_sensors(rng, (drawn.flight,), "standard")
    night = night_of((drawn,), tail_s=5.0)
    plots = [plot for scan in play(night.scenario, sensors, seed, night) for plot in scan.scan.plots]
    events: dict[str, LaunchEvent] = {}
    tracks: dict[str, Track] = {}
    for step in track_plots(plots, sensors, until_ns=night.end_ns):
        events.update((event.event, event) for event in step.events)
        tracks.update((track.track, track) for track in step.tracks if track.kind == "ballistic" and not track.predicted)
    (event,) = (event for event in events.values() if event.status != "cancelled")
    assert event.missiles_at_least == 1
    (missile,) = (track for track in tracks.values() if track.parent is None)
    assert missile.track in event.tracks
    true = drawn.flight.state_at(missile.time_ns)
    assert true is not None
    assert dist(true[0], missile.pos_ecef_m) < 500.0
    assert all(track.parent == missile.track for track in tracks.values() if track is not missile)
