"""The launch estimate against flights drawn from the published priors: near the site, and honest about how near."""

from collections.abc import Iterator
from math import log, sqrt

import numpy as np
import pytest

from tests.stages.tracking_scene import KOREA, Launch, Scene, apogee_m, at_ns, fly, ground_offset_m
from tocsin.messages.track import LaunchEstimate, Track
from tocsin.tracking import Tracker

FLIGHTS = 16
CHI2_95_2DOF = 5.991  # any table of the chi-square distribution


def drawn(seed: int) -> Launch:
    """Return a launch by the priors (kick 4-15 s, slope +-20 %, ln beta), with an apogee that radars see: 40-250 km."""
    rng = np.random.default_rng(seed)
    while True:
        launch = Launch(
            bearing_deg=rng.uniform(30.0, 90.0),
            burn_s=rng.uniform(55.0, 95.0),
            thrust_mps2=rng.uniform(25.0, 42.0),
            slope=rng.uniform(-0.2, 0.2),
            kick_s=rng.uniform(4.0, 15.0),
            kick_rad=rng.uniform(0.1, 0.6),
            ln_beta_boost=rng.normal(log(8_000.0), 0.4),
            ln_beta=rng.normal(log(5_000.0), 0.3),
        )
        if 40_000.0 < apogee_m(fly(launch)) < 250_000.0:
            return launch


def estimate(launch: Launch, seed: int) -> LaunchEstimate | None:
    """Return what the Korean tracker says about a launch 10 s after burnout."""
    last = None
    for track in tracks_of(launch, seed, 25.0, launch.burn_s + 10.0):
        last = track.launch or last
    return last


def tracks_of(launch: Launch, seed: int, from_s: float, until_s: float) -> Iterator[Track]:
    """Yield what the Korean tracker says of a launch, launches fitted once a second."""
    tracker = Tracker("KOR", KOREA)
    due_ns = 0
    for scan in Scene(KOREA, [fly(launch)], seed=seed, from_s=from_s, until_s=until_s).scans():
        yield from tracker.step(scan, scan.time_ns)[0]
        if scan.time_ns >= due_ns:
            due_ns = scan.time_ns + 1_000_000_000
            yield from tracker.revise(scan.time_ns)[0]


@pytest.mark.slow
def test_launch_points_lie_in_their_ellipses_and_times_in_their_intervals() -> None:
    """16 flights: a 95 % ellipse that is honest misses more than three of them once in 160 (binomial)."""
    inside, in_time, errors_m, burn_errors_s = 0, 0, [], []
    for seed in range(FLIGHTS):
        launch = drawn(seed)
        found = estimate(launch, seed)
        assert found is not None
        error = np.array(ground_offset_m(found.lat_rad, found.lon_rad, launch))
        ee, en, nn = found.cov_en_m2
        inside += float(error @ np.linalg.solve([[ee, en], [en, nn]], error)) < CHI2_95_2DOF
        in_time += abs(found.time_ns - at_ns(0.0)) / 1e9 < 1.96 * found.time_sigma_s
        errors_m.append(sqrt(float(error @ error)))
        if found.burn_s is not None:
            burn_errors_s.append(found.burn_s - launch.burn_s)
    assert inside >= FLIGHTS - 3
    assert in_time >= FLIGHTS - 3
    assert np.median(errors_m) < 1_000.0
    assert np.abs(np.median(burn_errors_s)) < 10.0


@pytest.mark.slow
def test_the_estimate_is_frozen_after_burnout() -> None:
    launch = Launch()
    by_time = {track.time_ns: track.launch for track in tracks_of(launch, 3, 35.0, 180.0)}
    late = [value for time_ns, value in by_time.items() if time_ns > at_ns(launch.burn_s + 40.0)]  # last fitted 30 s after burnout is told
    assert late[0] is not None
    assert all(value == late[0] for value in late)
