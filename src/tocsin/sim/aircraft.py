"""Aircraft on notional routes: great-circle legs and coordinated turns at constant speed and altitude.

Simplifications: no climb, no wind, instant roll into and out of a turn; over the route the altitude is above the ellipsoid.
"""

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from tocsin.kernels.geodesy import enu_axes, geodetic2ecef
from tocsin.sim.ephemeris import Ephemeris
from tocsin.sim.scenario import Aircraft, Leg
from tocsin.units import NS_PER_S, STANDARD_GRAVITY_MPS2, WGS84_A_M, WGS84_E2

STRAIGHT_STEP_S: Final = 5.0  # a straight leg is almost a circle around the earth: the cubic between rows is exact to 1 mm
TURN_STEP_S: Final = 0.25  # a 5 g turn at 300 m/s goes 2 degrees in it
COURSE_STEPS: Final = 2  # midpoint steps of the course equations between rows

Course = tuple[float, float, float]  # latitude, longitude, heading in radians


def fly_aircraft(aircraft: Aircraft, start_ns: int, end_ns: int) -> Ephemeris:
    """Return the aircraft's states from start_ns (at its first place) to end_ns."""
    duration_s = (end_ns - start_ns) / NS_PER_S
    course: Course = (aircraft.lat_rad, aircraft.lon_rad, aircraft.heading_rad)
    time_s = 0.0
    rows = [_row(time_s, course, aircraft)]
    for length_s, turn_radps in _pieces(aircraft):
        left_s = min(length_s, duration_s - time_s)
        steps = max(1, math.ceil(left_s / (TURN_STEP_S if turn_radps else STRAIGHT_STEP_S) - 1e-9))
        for i in range(steps):
            course = _advance(course, aircraft, turn_radps, left_s / steps)
            rows.append(_row(time_s + (i + 1) * left_s / steps, course, aircraft))
        time_s += left_s
        if time_s >= duration_s - 1e-9:
            break
    table = np.array(rows)
    return Ephemeris(start_ns, table[:, 0], table[:, 1:4], table[:, 4:7])


def turn_rate_radps(speed_mps: float, load_factor: float) -> float:
    """Return the rate of a level coordinated turn: g sqrt(n^2 - 1) / v (any flight mechanics text, e.g. Hull 2007, chapter 7)."""
    return STANDARD_GRAVITY_MPS2 * math.sqrt(load_factor * load_factor - 1.0) / speed_mps


def _pieces(aircraft: Aircraft) -> Iterator[tuple[float, float]]:
    """Yield (duration s, turn rate rad/s) for ever: the legs, once or over and over, then straight on."""
    while aircraft.legs:
        for leg in aircraft.legs:
            yield _piece(leg, aircraft.speed_mps)
        if not aircraft.repeat:
            break
    yield math.inf, 0.0


def _piece(leg: Leg, speed_mps: float) -> tuple[float, float]:
    """Return (duration s, turn rate rad/s) of one leg."""
    if leg.turn_rad == 0.0:
        return leg.length_m / speed_mps, 0.0
    rate_radps = turn_rate_radps(speed_mps, leg.load_factor)
    return abs(leg.turn_rad) / rate_radps, math.copysign(rate_radps, leg.turn_rad)


def _advance(course: Course, aircraft: Aircraft, turn_radps: float, dt_s: float) -> Course:
    """Return the course after dt_s: midpoint steps of the geodesic equations on the ellipsoid plus the turn."""
    h = dt_s / COURSE_STEPS
    for _ in range(COURSE_STEPS):
        k = _rates(course, aircraft, turn_radps)
        middle = (course[0] + 0.5 * h * k[0], course[1] + 0.5 * h * k[1], course[2] + 0.5 * h * k[2])
        k = _rates(middle, aircraft, turn_radps)
        course = (course[0] + h * k[0], course[1] + h * k[1], course[2] + h * k[2])
    return course


def _rates(course: Course, aircraft: Aircraft, turn_radps: float) -> Course:
    """Return d(latitude, longitude, heading)/dt at constant speed; heading drifts by the meridians' convergence."""
    lat_rad, _, heading_rad = course
    w = 1.0 - WGS84_E2 * math.sin(lat_rad) ** 2
    normal_m = WGS84_A_M / math.sqrt(w)
    meridian_m = normal_m * (1.0 - WGS84_E2) / w
    north_mps = aircraft.speed_mps * math.cos(heading_rad)
    east_mps = aircraft.speed_mps * math.sin(heading_rad)
    east_radius_m = normal_m + aircraft.alt_m
    return (
        north_mps / (meridian_m + aircraft.alt_m),
        east_mps / (east_radius_m * math.cos(lat_rad)),
        turn_radps + east_mps * math.tan(lat_rad) / east_radius_m,
    )


def _row(time_s: float, course: Course, aircraft: Aircraft) -> list[float]:
    """Return [time, position, velocity] of a course."""
    lat_rad, lon_rad, heading_rad = course
    axes = np.empty((3, 3))
    enu_axes(lat_rad, lon_rad, axes)
    velocity = aircraft.speed_mps * (math.sin(heading_rad) * axes[0] + math.cos(heading_rad) * axes[1])
    return [time_s, *geodetic2ecef(lat_rad, lon_rad, aircraft.alt_m), *(float(v) for v in velocity)]
