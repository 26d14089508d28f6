"""A launch traced back from a coasting path against drawn flights, whose launch is known."""

from math import sqrt

import numpy as np
import pytest

from tocsin.assessment.traced import BEHIND, BEHIND_SIGMA, HIGH_M, trace_back
from tocsin.kernels.geodesy import ecef2geodetic, ground_distance_m
from tocsin.messages.event import PathPoint
from tocsin.sim.draw import draw_flight, draw_site
from tocsin.sim.flight import Flight
from tocsin.units import NS_PER_S, seconds_between

KINDS = ("ballistic", "lofted", "staged-parts")


def path_of(flight: Flight, after_burnout_s: int, alt_m: float | None = None) -> tuple[PathPoint, ...]:
    """Return three points of a flight 10 s apart, beginning so long after burnout."""
    points = []
    for step in range(3):
        time_ns = flight.burnout_ns + (after_burnout_s + 10 * step) * NS_PER_S
        state = flight.state_at(time_ns)
        assert state is not None
        lat, lon, alt = ecef2geodetic(*state[0])
        points.append(PathPoint(time_ns=time_ns, lat_rad=lat, lon_rad=lon, alt_m=alt if alt_m is None else alt_m))
    return tuple(points)


@pytest.mark.slow
def test_the_launch_of_drawn_flights_is_traced_within_its_stated_errors() -> None:
    """36 flights on a seed that was not looked at when the shares were set: times and distances within two sigmas, and not biased."""
    times: list[float] = []
    spans: list[float] = []
    for index in range(36):
        rng = np.random.default_rng([77, index])
        flight = draw_flight(KINDS[index % 3], rng, "m", 0, *draw_site(rng)).flight
        traced = trace_back(path_of(flight, 20))
        assert traced is not None
        times.append(seconds_between(traced.time_ns, flight.launch_ns) / traced.time_sigma_s)
        arc_m = ground_distance_m(traced.lat_rad, traced.lon_rad, flight.impact_lat_rad, flight.impact_lon_rad)
        spans.append(((1.0 - BEHIND) * arc_m / flight.range_m - 1.0) / BEHIND_SIGMA)
    for errors in (times, spans):
        assert sum(abs(error) <= 2.0 for error in errors) >= 33  # 34.4 expected of 36 at 95.5 %, 33 or more with p > 0.9
        assert abs(sum(errors) / 36) <= 3.0 / sqrt(36)


def test_a_path_that_begins_low_or_is_too_short_is_not_traced() -> None:
    rng = np.random.default_rng([77, 1])
    flight = draw_flight("lofted", rng, "m", 0, *draw_site(rng)).flight
    path = path_of(flight, 20)
    assert path[0].alt_m > HIGH_M
    assert trace_back(path) is not None
    assert trace_back(path[:2]) is None
    assert trace_back(path_of(flight, 20, HIGH_M - 1.0)) is None


def test_an_orbit_is_traced_to_no_launch() -> None:
    """A circle at 500 km never meets the ground."""
    radius_m, rate = 6_878_137.0, sqrt(3.986004418e14 / 6_878_137.0**3)
    points = []
    for second in (0, 10, 20):
        angle = rate * second - 7.292115e-5 * second
        lat, lon, alt = ecef2geodetic(radius_m * np.cos(angle), radius_m * np.sin(angle), 0.0)
        points.append(PathPoint(time_ns=second * NS_PER_S, lat_rad=lat, lon_rad=lon, alt_m=alt))
    assert trace_back(tuple(points)) is None
