"""From one track to its impact, path, apogee and class: pure functions of one state. Events and their history are in ``assess``."""

from dataclasses import dataclass
from functools import lru_cache
from math import atan2, sqrt
from typing import Final

import numpy as np

from tocsin.assessment.energy import MEAN_RADIUS_M, class_probabilities, kepler_extremes_m
from tocsin.fusion.states import Array, estimate_of
from tocsin.kernels.geodesy import altitude_and_up, ecef2geodetic, ground_destination
from tocsin.kernels.impact import impact_moments, path_points
from tocsin.kernels.trajectory import HIT, propagate_to_altitude
from tocsin.messages.basics import Vec3
from tocsin.messages.event import ImpactEstimate, PathPoint
from tocsin.messages.track import FusedTrack, Track
from tocsin.units import KM, STANDARD_GRAVITY_MPS2, s2ns

BOOST_LEVEL: Final = 0.10  # above this P(boost) an impact is only "if thrust ended now": one in ten would be a false alert
LN_BETA_SIGMA: Final = 0.30  # prior of ln beta (reference coalition, published); nothing in vacuum can shrink it
DRAG_ALT_M: Final = 70.0 * KM  # above it drag on 5,000 kg/m2 at 3 km/s is below 0.1 m/s2: beta is not observed
MANOEUVRE_LEVEL: Final = 0.5  # from it on it manoeuvres, and the impact no longer assumes a ballistic end
GLIDE_ALT_M: Final = 60.0 * KM  # above it, or climbing, what turns a flight is thrust: it will end, and so the impact is a trace
GRAVITY_MPS2: Final = 1.5e-4  # 1-sigma of what gravity beyond J2 adds: half of its bound (kernels.gravity)
LEAST_SIGMA_M: Final = 1.0  # rounding of angles and steps
LEAST_SIGMA_S: Final = 1e-3
LONGEST_FALL_S: Final = 7_200.0  # no ballistic flight that ends on the earth and matters here lasts longer
PATH_STEP_S: Final = 10.0
PATH_POINTS: Final = 120  # longer flights get wider steps
APOGEE_FLOOR_M: Final = 100.0  # model error of a predicted apogee
KEPLER_FLOOR_M: Final = 1_000.0  # what J2 and the local radius leave in an apogee from orbit elements
RISING_MPS: Final = 10.0  # slower than this it is at its apogee


@dataclass(frozen=True, slots=True)
class Fall:
    """What one state says about the flight. ``climbing``: still below its apogee."""

    impact: ImpactEstimate
    path: tuple[PathPoint, ...]
    apogee_m: float
    apogee_sigma_m: float
    climbing: bool
    coasting: bool
    steering: bool  # it manoeuvres now
    x: Array  # state[7] that it was made from
    ln_beta_sigma: float
    alt_m: float
    climb_mps: float
    time_s: float  # to the impact
    classes: tuple[tuple[str, float], ...] | None  # None while burning
    side_sigma_m: float  # 1-sigma of the position across the track, level


def fall_of(track: FusedTrack) -> Fall | None:
    """Return the predicted fall of a track from its own time; None if it does not come down or its state is unusable."""
    estimate = estimate_of(track)
    if estimate is None:
        return None
    x, P = estimate.x, estimate.P.copy()  # noqa: N806 - textbook name
    alt_m, up_x, up_y, up_z = altitude_and_up(*track.pos_ecef_m)
    up = (up_x, up_y, up_z)
    climb_mps = sum(u * v for u, v in zip(up, track.vel_ecef_mps, strict=True))
    if alt_m <= 0.0 and climb_mps <= 0.0:
        return None  # it should be down: the last estimate from above the ground stands
    if alt_m > DRAG_ALT_M or climb_mps > 0.0:
        P[6, 6] = max(P[6, 6], LN_BETA_SIGMA * LN_BETA_SIGMA)
    out, mean, cov = np.empty(4), np.empty(4), np.empty((4, 4))
    if not _moments(x, P, out, mean, cov):
        return None
    steering = track.models.manoeuvre >= MANOEUVRE_LEVEL
    pushed = steering and (climb_mps > 0.0 or alt_m > GLIDE_ALT_M)
    coasting = track.models.boost <= BOOST_LEVEL and not pushed
    climbing = climb_mps > RISING_MPS
    apogee_m, apogee_sigma_m = float(out[3] + mean[3]), sqrt(float(cov[3, 3]) + APOGEE_FLOOR_M * APOGEE_FLOOR_M)
    if not climbing:
        apogee_m, apogee_sigma_m = _apogee_behind(track, alt_m, up, climb_mps, P)
    return Fall(
        impact=_impact(track, out, mean, cov, coasting=coasting),
        path=_path(x, track.time_ns, out),
        apogee_m=apogee_m,
        apogee_sigma_m=apogee_sigma_m,
        climbing=climbing,
        coasting=coasting,
        steering=steering,
        x=x,
        ln_beta_sigma=sqrt(float(P[6, 6])),
        alt_m=float(alt_m),
        climb_mps=float(climb_mps),
        time_s=float(out[2] + mean[2]),
        classes=class_probabilities(track.pos_ecef_m, track.vel_ecef_mps, _speed_sigma(track.vel_ecef_mps, P)) if coasting else None,
        side_sigma_m=_side_sigma_m(up, track.vel_ecef_mps, P),
    )


def _moments(x: Array, P: Array, out: Array, mean: Array, cov: Array) -> bool:  # noqa: N803 - textbook name
    """Fill the moments of the impact; False if it does not come down, or if its state is too wide to be flown at all.

    A partner may send an ellipse of any width: sigma points with a drag of 10^60 end in a division by zero, not in an impact.
    """
    try:
        return bool(impact_moments(x, P, LONGEST_FALL_S, out, mean, cov))
    except ZeroDivisionError:
        return False


@dataclass(frozen=True, slots=True)
class OwnFigures:
    """What one nation's mean state alone says: for the figures beside the joint ones, which carry no ellipse."""

    lat_rad: float
    lon_rad: float
    apogee_m: float
    climbing: bool


@lru_cache(maxsize=64)  # both pictures ask for the same track in turn
def own_figures(track: Track) -> OwnFigures | None:
    """Return a nation's own impact and apogee from its mean state; None while burning or if it does not come down."""
    estimate = estimate_of(track)
    if estimate is None or track.models.boost > BOOST_LEVEL:
        return None
    end = np.empty(7)
    status, _, apogee_m, _ = propagate_to_altitude(estimate.x, 0.0, LONGEST_FALL_S, end)
    if status != HIT:
        return None
    alt_m, *up = altitude_and_up(*track.pos_ecef_m)
    climb_mps = sum(u * v for u, v in zip(up, track.vel_ecef_mps, strict=True))
    climbing = climb_mps > RISING_MPS
    if not climbing:
        apogee_m = _apogee_behind(track, alt_m, (up[0], up[1], up[2]), climb_mps, estimate.P)[0]
    lat, lon, _ = ecef2geodetic(end[0], end[1], end[2])
    return OwnFigures(float(lat), float(lon), float(apogee_m), climbing)


def own_of(fall: Fall) -> OwnFigures | None:
    """Return the same figures where the fall was made from the nation's own state; None while burning."""
    if not fall.coasting:
        return None
    return OwnFigures(fall.impact.lat_rad, fall.impact.lon_rad, fall.apogee_m, fall.climbing)


def _impact(track: FusedTrack, out: Array, mean: Array, cov: Array, *, coasting: bool) -> ImpactEstimate:
    """Put moments into a message, with the error of the gravity model over the fall; it assumes that nothing follows."""
    fall_s = float(out[2] + mean[2])
    drift_m = 0.5 * GRAVITY_MPS2 * fall_s * fall_s + LEAST_SIGMA_M
    drift_s = GRAVITY_MPS2 * fall_s / STANDARD_GRAVITY_MPS2 + LEAST_SIGMA_S
    lat, lon = offset_point(float(out[0]), float(out[1]), float(mean[0]), float(mean[1]))
    return ImpactEstimate(
        lat_rad=lat,
        lon_rad=lon,
        time_ns=track.time_ns + s2ns(fall_s),
        time_sigma_s=sqrt(float(cov[2, 2]) + drift_s * drift_s),
        cov_en_m2=(float(cov[0, 0]) + drift_m * drift_m, float(cov[0, 1]), float(cov[1, 1]) + drift_m * drift_m),
        basis="predicted" if coasting else "thrust-ended-now",
    )


def offset_point(lat_rad: float, lon_rad: float, east_m: float, north_m: float) -> tuple[float, float]:
    """Return the point a way east and north along a geodesic, longitude within +-pi."""
    lat, lon = ground_destination(lat_rad, lon_rad, atan2(east_m, north_m), sqrt(east_m * east_m + north_m * north_m))
    return float(lat), float(lon)


def _path(x: Array, time_ns: int, out: Array) -> tuple[PathPoint, ...]:
    """Points from now to the impact, about every 10 s, the mean state's impact last."""
    duration_s = float(out[2])
    step_s = max(PATH_STEP_S, duration_s / PATH_POINTS)
    grid = np.empty((int(duration_s / step_s) + 1, 3))
    path_points(x, step_s, grid)
    points = [
        PathPoint(time_ns=time_ns + s2ns(i * step_s), lat_rad=lat, lon_rad=lon, alt_m=max(0.0, alt))
        for i, (lat, lon, alt) in enumerate(grid.tolist())
    ]
    points.append(PathPoint(time_ns=time_ns + s2ns(duration_s), lat_rad=float(out[0]), lon_rad=float(out[1]), alt_m=0.0))
    return tuple(points)


def _apogee_behind(track: FusedTrack | Track, alt_m: float, up: Vec3, climb_mps: float, P: Array) -> tuple[float, float]:  # noqa: N803
    """Apogee of a flight first judged on its way down: from its Kepler orbit, never below where it is; with 1-sigma.

    The spread is that of a vertical throw, h + w^2 / 2g, so that d apogee = d h + (w / g) d w.
    """
    radius_m = sqrt(sum(p * p for p in track.pos_ecef_m))
    _, apogee_radius_m = kepler_extremes_m(track.pos_ecef_m, track.vel_ecef_mps)
    apogee_m = max(alt_m, apogee_radius_m - (radius_m - alt_m)) if apogee_radius_m < 10.0 * MEAN_RADIUS_M else alt_m
    lever_s = climb_mps / STANDARD_GRAVITY_MPS2
    weights = (*up, *(lever_s * u for u in up))
    variance = 0.0
    for i, a in enumerate(weights):
        for j, b in enumerate(weights):
            variance += a * b * float(P[i, j])
    return apogee_m, sqrt(max(0.0, variance) + KEPLER_FLOOR_M * KEPLER_FLOOR_M)


def _side_sigma_m(up: Vec3, vel_mps: Vec3, P: Array) -> float:  # noqa: N803
    """1-sigma of the position along velocity x up, the level direction to the right of the track; 0 for a vertical flight."""
    (ux, uy, uz), (vx, vy, vz) = up, vel_mps
    right = (vy * uz - vz * uy, vz * ux - vx * uz, vx * uy - vy * ux)
    length2 = sum(r * r for r in right)
    variance = 0.0
    for i, a in enumerate(right):
        for j, b in enumerate(right):
            variance += a * b * float(P[i, j])
    return sqrt(max(0.0, variance) / length2) if length2 > 0.0 else 0.0


def _speed_sigma(vel_mps: Vec3, P: Array) -> float:  # noqa: N803
    """1-sigma of the speed: the velocity covariance along the velocity."""
    speed2 = sum(v * v for v in vel_mps)
    variance = 0.0
    for i in range(3):
        for j in range(3):
            variance += vel_mps[i] * vel_mps[j] * float(P[3 + i, 3 + j])
    return sqrt(max(0.0, variance) / speed2) if speed2 > 0.0 else 0.0
