"""Where and by when a flight could still come down: the ring that holds its impact with 95 % if it manoeuvres as the priors allow.

The priors (notional, published with the reference coalition): a pull-up with a lift-to-drag ratio of 0.5-2 below 50 km on the
way down, which glides at most 300 km beyond the ballistic point; a thrust against the velocity, before or after the apogee,
which brings the impact back, at most to about the launch point; and, while it burns, the rest of a burn of 40-120 s. The
manoeuvres are flown by ``kernels.impact``; the ring is their hull, each with the spread of the ballistic impact.
"""

from dataclasses import dataclass
from math import cos, pi, sin, sqrt
from typing import Final

import numpy as np

from tocsin.assessment.estimate import Fall
from tocsin.fusion.states import Array
from tocsin.kernels.geodesy import ecef2geodetic, ground_bearing_rad, ground_destination, ground_inverse
from tocsin.kernels.impact import POINTS, RING_POINTS, manoeuvre_points, ring_around
from tocsin.messages.basics import Vec3
from tocsin.messages.event import ImpactEstimate
from tocsin.messages.track import LaunchEstimate
from tocsin.units import KM, NS_PER_S, s2ns, seconds_between

Ring = tuple[tuple[float, float], ...]  # (lat_rad, lon_rad), the last corner equal to the first

CHI2_95: Final = 5.991  # chi-square, 2 degrees of freedom (Abramowitz and Stegun, table 26.8)
TIME_SIGMAS: Final = 3.0  # of the impact time, as for "presumed down" (DESIGN section 6)
LOWEST_M: Final = 2.0 * KM  # falling below it, some seconds are left ...
LEAST_TIME_S: Final = 8.0  # ... but not in a flat glide; in as long, lift of two drags that hold a falling body moves it by 0.6 km
LEAST_REACH_M: Final = 500.0  # what moves the impact by less is inside the ellipse
MARGIN_M: Final = 500.0  # all round: manoeuvres between the flown ones, their coarse steps
LONGEST_BURN_S: Final = 120.0  # all stages together (published prior)
LEAST_REST_S: Final = 30.0  # ... but what still burns then breaks the prior and may go on (space launchers: 150-160 s)
YOUNG_NS: Final = 10 * NS_PER_S  # what climbs and has been seen for less may burn, whatever the models say so far
YOUNG_ALT_M: Final = 80.0 * KM  # most burns end below
LEAST_THRUST_MPS2: Final = 20.0  # a missile lifts off with more; what the track says of its first seconds may be less
FARTHEST_BEHIND_M: Final = 500.0 * KM  # the tangent of a flat climb meets the ground anywhere
LAUNCH_MARGIN_M: Final = 15.0 * KM  # "about the launch point": landing places of returning stages lie 5-10 km from their pads
QUARTERS_RAD: Final = (0.0, 0.5 * pi, pi, 1.5 * pi)
SECOND_STAGE_NS: Final = 12 * NS_PER_S  # published coast between stages 0-10 s, and 2 s until a burnout is told


@dataclass(frozen=True, slots=True)
class Past:
    """What an event knows of its flight besides the state of now."""

    first_plot_ns: int
    launch: LaunchEstimate | None = None
    burning_ns: int | None = None  # the last time it was seen burning
    thrust_mps2: float = 0.0  # the strongest thrust seen


def can_manoeuvre(fall: Fall) -> bool:
    """Return whether height or time is left to manoeuvre in."""
    return fall.alt_m > LOWEST_M or fall.climb_mps > 0.0 or fall.time_s > LEAST_TIME_S


@dataclass(frozen=True, slots=True)
class Footprint:
    """Where it may still come down, and by when at the latest. ``ring``: closed, at most 40 corners; None once it cannot manoeuvre."""

    ring: Ring | None
    down_by_ns: int


def footprint(fall: Fall, past: Past, time_ns: int) -> Footprint:
    """Return the ring that holds the impact with 95 % if it manoeuvres, and the time by which the longest manoeuvre is over.

    ``time_ns``: the time of the fall's state. Corners run counter-clockwise; an edge may cross the date line. The time is that of
    the latest manoeuvre plus three sigmas of the ballistic impact time, grown as the manoeuvre's spread is: never before the
    ballistic time plus three of its sigmas.
    """
    late_ns = fall.impact.time_ns + s2ns(TIME_SIGMAS * fall.impact.time_sigma_s)
    if not can_manoeuvre(fall):
        return Footprint(None, late_ns)
    impact = fall.impact
    ballistic = np.array((impact.lat_rad, impact.lon_rad, fall.time_s))
    young = time_ns - past.first_plot_ns < YOUNG_NS and fall.climb_mps > 0.0 and fall.alt_m < YOUNG_ALT_M
    thrust_mps2, rest_s = rest_of_burn(past, time_ns, young=young)
    rows = np.empty((POINTS, 4))
    count = manoeuvre_points(fall.x, ballistic, fall.ln_beta_sigma, thrust_mps2, rest_s, rows)
    latest_s = max((time_s + TIME_SIGMAS * impact.time_sigma_s * spread for _, _, spread, time_s in rows[:count].tolist()), default=0.0)
    rows[count] = impact.lat_rad, impact.lon_rad, 1.0, fall.time_s
    count += 1
    if fall.climb_mps > 0.0 or not fall.coasting:
        lat, lon = _behind(fall, past.launch)
        for bearing in QUARTERS_RAD:
            rows[count] = *ground_destination(lat, lon, bearing, LAUNCH_MARGIN_M), 1.0, fall.time_s
            count += 1
    corners = np.empty((RING_POINTS, 2))
    root = _contour_root_m(impact.cov_en_m2)
    used = ring_around(impact.lat_rad, impact.lon_rad, rows, count, root, MARGIN_M, LEAST_REACH_M, corners)
    ring = tuple((lat, lon) for lat, lon in corners[:used].tolist())
    return Footprint((*ring, ring[0]) if ring else None, max(late_ns, time_ns + s2ns(latest_s)))


def _behind(fall: Fall, launch: LaunchEstimate | None) -> tuple[float, float]:
    """Return the launch point; where none is estimated, where the tangent of the climb meets the ground: behind it."""
    if launch is not None:
        return launch.lat_rad, launch.lon_rad
    lat, lon, alt_m = ecef2geodetic(*fall.x[:3].tolist())
    bearing = ground_bearing_rad(lat, lon, fall.impact.lat_rad, fall.impact.lon_rad)
    speed2 = sum(v * v for v in fall.x[3:6].tolist())
    level_mps = sqrt(max(0.0, speed2 - fall.climb_mps * fall.climb_mps))
    back_m = min(FARTHEST_BEHIND_M, alt_m * level_mps / max(1.0, fall.climb_mps))
    behind_lat, behind_lon = ground_destination(lat, lon, bearing + pi, back_m)
    return float(behind_lat), float(behind_lon)


def rest_of_burn(past: Past, time_ns: int, *, young: bool) -> tuple[float, float]:
    """Return (thrust acceleration m/s2, seconds) that may still follow: all burns together last 120 s; 0 after the last one."""
    burns = past.burning_ns is not None and time_ns - past.burning_ns <= SECOND_STAGE_NS
    if not burns and not young:
        return 0.0, 0.0
    began_ns = past.launch.time_ns if past.launch is not None else past.first_plot_ns
    rest_s = min(
        LONGEST_BURN_S, max(LEAST_REST_S, LONGEST_BURN_S - seconds_between(time_ns, began_ns))
    )  # a partner may name any launch time
    return max(past.thrust_mps2, LEAST_THRUST_MPS2), rest_s


def held_by_ellipse(impact: ImpactEstimate, ring: Ring) -> Vec3:
    """Return the covariance about the impact whose 95 % ellipse holds a ring: second moments of its corners, scaled."""
    ee, en, nn = impact.cov_en_m2
    places = []
    for lat, lon in ring[1:]:
        distance_m, bearing = ground_inverse(impact.lat_rad, impact.lon_rad, lat, lon)
        places.append((distance_m * sin(bearing), distance_m * cos(bearing)))
    for east, north in places:
        ee, en, nn = ee + east * east / len(places), en + east * north / len(places), nn + north * north / len(places)
    det = ee * nn - en * en
    farthest = max((nn * east * east - 2.0 * en * east * north + ee * north * north) / det for east, north in places)
    scale = farthest / CHI2_95  # the ring holds the ballistic ellipse, so it never gets smaller than that
    return ee * scale, en * scale, nn * scale


def _contour_root_m(cov_en_m2: Vec3) -> Array:
    """Return the lower triangular root of the 95 % contour's matrix."""
    ee, en, nn = (CHI2_95 * c for c in cov_en_m2)
    east_m = sqrt(max(ee, 1e-6))
    return np.array(((east_m, 0.0), (en / east_m, sqrt(max(nn - en * en / (east_m * east_m), 0.0)))))
