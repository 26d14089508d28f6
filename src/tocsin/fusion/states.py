"""Between messages and kernels: the estimate of a track as arrays, carried to a common time, compared and combined.

Nothing about which track belongs to which object lives here.
"""

from dataclasses import dataclass
from math import hypot, isfinite, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.fuse import THRUST_HOLD_S, covariance_intersection, difference_chi2, predict_with_noise
from tocsin.messages.track import FusedTrack, Track
from tocsin.units import seconds_between

Array = NDArray[np.float64]

COVARIANCE_NUMBERS: Final = 28  # upper triangle of 7 x 7
UPPER: Final = np.flatnonzero(np.triu(np.ones((7, 7))))  # place of each of them in the flat matrix
FULL: Final = np.array([[7 * min(i, j) - min(i, j) * (min(i, j) + 1) // 2 + max(i, j) for j in range(7)] for i in range(7)])  # and back
BIAS_POS_SIGMA_M: Final = 150.0  # per axis: two nations' sensors disagree by unestimated bias, 0.2 mrad at 700 km
BIAS_VEL_SIGMA_MPS: Final = 3.0  # what such a bias, changing along the track, does to the velocity
GAP_ACCEL_SIGMA_MPS2: Final = 0.3  # slack for an unseen stretch: 1.5 km and 30 m/s after 100 s; 5 s of flight are >= 5 km
GAP_LIMIT_S: Final = 120.0  # longer gaps are mostly vacuum and add no more


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """State x[7] and covariance P[7, 7] at a time, with what is needed to carry them on. Arrays are never edited."""

    time_ns: int
    x: Array
    P: Array
    thrust_mps2: float
    thrust_sigma_mps2: float
    p_manoeuvre: float
    last_plot_ns: int


def estimate_of(track: Track | FusedTrack) -> Estimate | None:
    """Return the arrays of a track; None if it is not finite or its covariance has not 28 numbers."""
    state = (*track.pos_ecef_m, *track.vel_ecef_mps, track.ln_beta)
    if len(track.cov) != COVARIANCE_NUMBERS or not (all(map(isfinite, state)) and all(map(isfinite, track.cov))):
        return None
    x, P = np.array(state), np.array(track.cov).take(FULL)
    return Estimate(track.time_ns, x, P, track.thrust_mps2, track.thrust_sigma_mps2, track.models.manoeuvre, track.last_plot_ns)


def upper_triangle(P: Array) -> tuple[float, ...]:
    """Return the 28 numbers of a message from P[7, 7]."""
    return tuple(P.take(UPPER).tolist())


def carry(estimate: Estimate, time_ns: int) -> Estimate:
    """Return the estimate at a later time with honest process noise; an earlier time returns it unchanged."""
    dt_s = seconds_between(time_ns, estimate.time_ns)
    if dt_s <= 0.0:
        return estimate
    x = np.empty(7)
    P = np.empty((7, 7))
    predict_with_noise(estimate.x, estimate.P, dt_s, estimate.thrust_mps2, estimate.thrust_sigma_mps2, estimate.p_manoeuvre, x, P)
    held = dt_s < THRUST_HOLD_S
    thrust_mps2 = estimate.thrust_mps2 if held else 0.0
    return Estimate(time_ns, x, P, thrust_mps2, estimate.thrust_sigma_mps2, estimate.p_manoeuvre, estimate.last_plot_ns)


def compare(one: Estimate, other: Estimate) -> tuple[float, float]:
    """Return (chi-square, log determinant) of the 6-D difference at the later of the two times.

    Sensor bias is in the slack, and for each side the seconds since its last plot, as an unmodelled constant acceleration.
    """
    time_ns = max(one.time_ns, other.time_ns)
    a, b = carry(one, time_ns), carry(other, time_ns)
    pos_m, vel_mps = BIAS_POS_SIGMA_M, BIAS_VEL_SIGMA_MPS
    for side in (a, b):
        gap_s = min(GAP_LIMIT_S, max(0.0, seconds_between(time_ns, side.last_plot_ns)))
        vel_mps = hypot(vel_mps, GAP_ACCEL_SIGMA_MPS2 * gap_s)
        pos_m = hypot(pos_m, 0.5 * GAP_ACCEL_SIGMA_MPS2 * gap_s * gap_s)
    chi2, log_det = difference_chi2(a.x, a.P, b.x, b.P, pos_m, vel_mps)
    return float(chi2), float(log_det)


def position_sigma_m(estimate: Estimate) -> float:
    """Return the root of the trace of the position covariance."""
    return sqrt(max(0.0, float(estimate.P[0, 0] + estimate.P[1, 1] + estimate.P[2, 2])))


def combine(estimates: tuple[Estimate, ...], time_ns: int) -> tuple[Estimate, tuple[float, ...]] | None:
    """Return (joint estimate, weights) at ``time_ns`` by covariance intersection; None if a covariance is not positive."""
    carried = [carry(estimate, time_ns) for estimate in estimates]
    xs = np.array([estimate.x for estimate in carried])
    Ps = np.array([estimate.P for estimate in carried])
    weights = np.empty(len(carried))
    x, P = np.empty(7), np.empty((7, 7))
    if not covariance_intersection(xs, Ps, weights, x, P):
        return None
    shares = tuple(float(weight) for weight in weights)
    thrust = sum(share * estimate.thrust_mps2 for share, estimate in zip(shares, carried, strict=True))
    variance = 0.0  # of the mixture: own variances and the spread of the means
    for share, estimate in zip(shares, carried, strict=True):
        apart = estimate.thrust_mps2 - thrust
        variance += share * (estimate.thrust_sigma_mps2 * estimate.thrust_sigma_mps2 + apart * apart)
    manoeuvre = sum(share * estimate.p_manoeuvre for share, estimate in zip(shares, carried, strict=True))
    last_plot_ns = max(estimate.last_plot_ns for estimate in carried)
    return Estimate(time_ns, x, P, thrust, sqrt(variance), manoeuvre, last_plot_ns), shares
