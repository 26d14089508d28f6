"""Space launches told apart by how they fly: they burn on where missiles have stopped, and lie flat while they do.

A missile's burn ends steep enough to come down where it is meant to: 22 degrees and more for the least energy over 10,000 km, 60-80
degrees lofted. A launcher burns for height first and then for speed: above the air it flies level and its perigee rises. What
fails before it has done so looks like a missile and is one, for everybody below. Nothing here hides an impact.
"""

from math import asin, sqrt
from typing import Final

from tocsin.assessment.energy import MEAN_RADIUS_M, SLV_PERIGEE_M, SLV_PERIGEE_SIGMA_M, kepler_extremes_m, phi
from tocsin.kernels.geodesy import altitude_and_up
from tocsin.messages.track import FusedTrack
from tocsin.units import DEG, KM

BURNING_LEVEL: Final = 0.5  # P(boost): it burns now
FLAT_RAD: Final = 12.0 * DEG  # half-way between a launcher's last stages (0-8 degrees) and a missile's burnout (from 18 degrees)
FLAT_SIGMA_RAD: Final = 2.5 * DEG  # soft limit
FLAT_ALT_M: Final = 150.0 * KM  # below it a pull-up, a turning second stage or a flat short-range shot may lie level under thrust
FLAT_ALT_SIGMA_M: Final = 15.0 * KM
FLAT_SPEED_MPS: Final = 3_500.0  # slower, and a level burn so high is a manoeuvre near the apogee, not the way to an orbit
FLAT_SPEED_SIGMA_MPS: Final = 300.0
LEAST: Final = 0.01  # below it nothing is said


def space_launch_probability(track: FusedTrack) -> float:
    """Return the probability that a burning flight is on its way to an orbit, 0 for one that coasts.

    From the angle of its path above the level, its height and speed, each with a soft limit and the track's own spread of the
    velocity; or from a perigee that has risen as no missile's does.
    """
    if track.models.boost < BURNING_LEVEL:
        return 0.0
    alt_m, *up = altitude_and_up(*track.pos_ecef_m)
    speed = sqrt(sum(v * v for v in track.vel_ecef_mps))
    if speed <= 0.0:
        return 0.0
    sine = sum(u * v for u, v in zip(up, track.vel_ecef_mps, strict=True)) / speed
    climb_rad = asin(max(-1.0, min(1.0, sine)))
    spread_rad = sqrt(FLAT_SIGMA_RAD * FLAT_SIGMA_RAD + _velocity_variance(track.cov) / (speed * speed))
    flat = phi((FLAT_RAD - climb_rad) / spread_rad)
    high = phi((float(alt_m) - FLAT_ALT_M) / FLAT_ALT_SIGMA_M)
    fast = phi((speed - FLAT_SPEED_MPS) / FLAT_SPEED_SIGMA_MPS)
    perigee_m = kepler_extremes_m(track.pos_ecef_m, track.vel_ecef_mps)[0] - MEAN_RADIUS_M
    return max(flat * high * fast, phi((perigee_m - SLV_PERIGEE_M) / SLV_PERIGEE_SIGMA_M))


def with_space_launch(classes: tuple[tuple[str, float], ...], p: float) -> tuple[tuple[str, float], ...]:
    """Return class probabilities after the flight profile said space launch with probability p: the others share the rest."""
    if p < LEAST:
        return classes
    shares = {name: (1.0 - p) * share for name, share in classes}
    shares["SLV"] = shares.get("SLV", 0.0) + p
    return tuple(sorted(shares.items()))


def _velocity_variance(cov: tuple[float, ...]) -> float:
    """Mean of the three velocity variances of a track's covariance (upper triangle of 7 x 7, row by row)."""
    return max(0.0, (cov[18] + cov[22] + cov[25]) / 3.0) if len(cov) > 25 else 0.0
