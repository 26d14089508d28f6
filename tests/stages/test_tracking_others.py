"""What flies and is no missile, seen by radars that look often or measure range rate: followed, and never called one."""

import numpy as np
import pytest
from msgspec.structs import replace

from tests.stages.tracking_scene import GRID_S, Flight, Scene, at_ns, fly_level, radar
from tocsin.kernels.geodesy import enu_axes, geodetic2ecef
from tocsin.kernels.trajectory import coast_propagate
from tocsin.messages.track import Track
from tocsin.tracking import Tracker
from tocsin.units import DEG, EARTH_MU_M3PS2, EARTH_RATE_RADPS

FAST = radar(
    "FAST", "TST", 38.0, 130.0, 100.0, sigma_mrad=1.3, sigma_range_m=40.0, scan_s=0.2, range_km=1_800.0,
    mask_deg=1.0, sector_deg=None, cell=(0.0, 0.0), alarms=1.0, pd=0.85,
)  # fmt: skip
DOPPLER = replace(FAST, sensor="DOPPLER", sigma_range_rate_mps=0.6, max_range_m=600e3, resolution_range_m=120.0, resolution_angle_rad=0.025)


def play(scene: Scene) -> list[Track]:
    """Return everything that a tracker said of a scene."""
    tracker = Tracker("TST", tuple(scene.sensors))
    return [track for scan in scene.scans() for track in tracker.step(scan, scan.time_ns)[0]]


def orbit(alt_m: float, course_deg: float, until_s: float) -> Flight:
    """Return a satellite on a circular orbit that passes north-east of the radar."""
    lat, lon, course = 39.0 * DEG, 131.0 * DEG, course_deg * DEG
    axes = np.empty((3, 3))
    enu_axes(lat, lon, axes)
    state = np.empty(7)
    state[:3] = geodetic2ecef(lat, lon, alt_m)
    speed = np.sqrt(EARTH_MU_M3PS2 / np.sqrt(np.sum(state[:3] ** 2)))
    state[3:6] = speed * (np.sin(course) * axes[0] + np.cos(course) * axes[1]) - EARTH_RATE_RADPS * np.array([-state[1], state[0], 0.0])
    state[6] = 40.0  # no drag
    states = []
    for _ in range(int(until_s / GRID_S) + 1):
        states.append(state[:6].copy())
        coast_propagate(state, GRID_S, GRID_S, state)
    return Flight(start_s=0.0, states=np.array(states), ballistic=False)


@pytest.mark.slow
@pytest.mark.parametrize(("alt_km", "course_deg"), [(360.0, 20.0), (700.0, 100.0), (1_300.0, 200.0), (1_300.0, 300.0)])
def test_a_satellite_is_never_a_missile_even_after_three_looks_in_half_a_second(alt_km: float, course_deg: float) -> None:
    for seed in range(8):
        said = play(Scene((FAST,), [orbit(1e3 * alt_km, course_deg, 20.0)], seed=seed, until_s=20.0, clutter=False))
        assert {track.kind for track in said} <= {"unknown", "orbital"}
        assert said[-1].kind == "orbital"


@pytest.mark.slow
@pytest.mark.parametrize("bearing_deg", [0.0, 60.0, 130.0])
def test_an_airliner_before_a_radar_with_range_rate_stays_one_track_of_an_aircraft(bearing_deg: float) -> None:
    """Its straight flight is foretold best by whatever model is quietest, but only one of them does not fall."""
    flight = fly_level(39.0, 131.2, 10_500.0, 230.0, bearing_deg, 60.0)
    for seed in range(3):
        said = play(Scene((DOPPLER,), [flight], seed=seed, until_s=60.0, clutter=False))
        assert len({track.track for track in said}) == 1
        assert {track.kind for track in said} <= {"unknown", "air-breathing"}
        assert said[-1].kind == "air-breathing"


def test_a_meteor_that_has_gone_out_is_closed_and_not_kept_alive_by_false_alarms() -> None:
    """Two seconds at 15 km/s through a radar's noisy sky; nothing of it is left three seconds later."""
    lat, lon = 38.8 * DEG, 130.6 * DEG
    axes = np.empty((3, 3))
    enu_axes(lat, lon, axes)
    velocity = 15_000.0 * (0.6 * axes[0] + 0.5 * axes[1] - 0.6245 * axes[2])
    start = np.array(geodetic2ecef(lat, lon, 95_000.0))
    states = [np.concatenate([start + k * GRID_S * velocity, velocity]) for k in range(9)]
    noisy = replace(FAST, false_alarms_per_scan=20.0)
    said = play(Scene((noisy,), [Flight(start_s=5.0, states=np.array(states), ballistic=False)], seed=3, until_s=14.0))
    assert "meteor" in {track.kind for track in said} <= {"meteor", "unknown"}
    assert said[-1].status == "closed"
    assert (said[-1].last_plot_ns - at_ns(5.0)) / 1e9 < 2.3
