"""Launch point and time of a track that was seen burning: a fit over ascent templates, off the scan's hot path.

Templates differ in the kick's time, which plots from after the horizon cannot tell; each is fitted with priors on thrust,
its slope and ln_beta, and the answer is their mixture, so that what was not seen is in the ellipse.
"""

from math import cos, exp, log, sqrt

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.messages.track import LaunchEstimate
from tocsin.models.ascent import REFUSED, fit_ascent, guess_ascent
from tocsin.models.ascent_kernels import ASCENT_LN_BETA, BEARING, EAST, KICK, KICK_TIME, NORTH, PARTS, SLOPE, THRUST_0, TIME
from tocsin.units import NS_PER_S, WGS84_A_M, WGS84_E2

Array = NDArray[np.float64]

KICK_TIMES_S = (5.5, 9.5, 13.5)  # published prior: 4-15 s, here in three parts of equal weight
KICK_TIME_SIGMA_S = 1.2
SLOPE_SIGMA = 0.115  # +-20 %, uniform
THRUST_MEAN_MPS2 = 30.0
THRUST_SIGMA_MPS2 = 12.0
ASCENT_LN_BETA_MEAN = log(8_000.0)  # a full tank is heavier than the empty body, same cross-section
ASCENT_LN_BETA_SIGMA = 0.5
KICK_MEAN_RAD = 0.25
KICK_SIGMA_RAD = 0.25
FREE_M = 1.0e6  # no prior worth the name on place, time, bearing
FREE_S = 300.0
FREE_RAD = 10.0
LEAST_PLOTS = 4
LEAST_SPAN_S = 2.0
MOST_PLOTS = 40  # later ones say little about the ground; the fit stays within milliseconds
FLOOR_M = 100.0  # 1 sigma of what the ascent model leaves out (wind, steering), added to the answer
FLOOR_S = 0.3
BURN_SIGMA_S = 2.0  # burnout is told from the phase probabilities, which lag


class LaunchFit(msgspec.Struct, frozen=True, kw_only=True):
    """A launch estimate and the parameters to start the next fit from: reference latitude, longitude, theta per template."""

    estimate: LaunchEstimate
    warm: Array  # [templates, 2 + PARTS]
    ref_ns: int
    plots: int  # how many it used


def fit_launch(
    early: list[tuple[int, Array]], state: Array, state_ns: int, warm: LaunchFit | None, burnout_ns: int | None
) -> LaunchFit | None:
    """Return where and when the plots (time, plot row; of the burn only) say that the missile left the ground.

    state[>= 6]: the track's state at state_ns, to start from when there is no earlier fit. None if the plots are too few
    or no ascent fits.
    """
    used = sorted(early, key=lambda item: item[0])[:MOST_PLOTS]
    if len(used) < LEAST_PLOTS or used[-1][0] - used[0][0] < LEAST_SPAN_S * NS_PER_S:
        return None
    ref_ns = state_ns if warm is None else warm.ref_ns
    times_s = np.array([(time_ns - ref_ns) / NS_PER_S for time_ns, _ in used])
    plots = np.array([row for _, row in used])
    fits: list[tuple[float, float, float, Array, Array]] = []  # cost, lat, lon, theta, cov
    starts = np.empty((len(KICK_TIMES_S), 2 + PARTS))
    for index, kick_time_s in enumerate(KICK_TIMES_S):
        prior = _priors(kick_time_s)
        theta = np.empty(PARTS)
        if warm is None:
            origin = guess_ascent(state[:6], prior[0], theta)
        else:
            origin = warm.warm[index, :2].copy()
            theta[:] = warm.warm[index, 2:]
        cov = np.empty((PARTS, PARTS))
        cost = fit_ascent(theta, prior, origin, plots, times_s, cov)
        starts[index, :2], starts[index, 2:] = origin, theta
        if cost < REFUSED:
            fits.append((cost, float(origin[0]), float(origin[1]), theta, cov))
    if not fits:
        return None
    estimate = _mixture(fits, ref_ns, 3 * len(used), burnout_ns)
    return LaunchFit(estimate=estimate, warm=starts, ref_ns=ref_ns, plots=len(used))


def _priors(kick_time_s: float) -> Array:
    """Return prior[2, PARTS]: mean and sigma of the ascent parameters for one template."""
    prior = np.zeros((2, PARTS))
    for part, value, spread in (
        (EAST, 0.0, FREE_M),
        (NORTH, 0.0, FREE_M),
        (TIME, 0.0, FREE_S),
        (BEARING, 0.0, FREE_RAD),
        (KICK, KICK_MEAN_RAD, KICK_SIGMA_RAD),
        (THRUST_0, THRUST_MEAN_MPS2, THRUST_SIGMA_MPS2),
        (SLOPE, 0.0, SLOPE_SIGMA),
        (ASCENT_LN_BETA, ASCENT_LN_BETA_MEAN, ASCENT_LN_BETA_SIGMA),
        (KICK_TIME, kick_time_s, KICK_TIME_SIGMA_S),
    ):
        prior[0, part] = value
        prior[1, part] = spread
    return prior


def _mixture(fits: list[tuple[float, float, float, Array, Array]], ref_ns: int, values: int, burnout_ns: int | None) -> LaunchEstimate:
    """Return the mixture of the templates' answers; a bad best fit widens the ellipse by its chi-square per value."""
    least = min(cost for cost, *_ in fits)
    weights = [exp(-0.5 * (cost - least)) for cost, *_ in fits]
    total = sum(weights)
    lat0, lon0 = fits[0][1], fits[0][2]
    meridian = 1.0 - WGS84_E2 * _sin2(lat0)
    normal_m = WGS84_A_M / sqrt(meridian)
    per_north = normal_m * (1.0 - WGS84_E2) / meridian
    per_east = normal_m * cos(lat0)
    places = []
    for weight, (_, lat, lon, theta, cov) in zip(weights, fits, strict=True):
        east = (lon - lon0) * per_east + float(theta[EAST])
        north = (lat - lat0) * per_north + float(theta[NORTH])
        places.append((weight / total, east, north, float(theta[TIME]), cov))
    east = sum(w * e for w, e, _, _, _ in places)
    north = sum(w * n for w, _, n, _, _ in places)
    time_s = sum(w * t for w, _, _, t, _ in places)
    widen = max(1.0, least / max(values, 1))
    ee = widen * sum(w * (float(c[EAST, EAST]) + (e - east) * (e - east)) for w, e, _, _, c in places) + FLOOR_M * FLOOR_M
    en = widen * sum(w * (float(c[EAST, NORTH]) + (e - east) * (n - north)) for w, e, n, _, c in places)
    nn = widen * sum(w * (float(c[NORTH, NORTH]) + (n - north) * (n - north)) for w, _, n, _, c in places) + FLOOR_M * FLOOR_M
    tt = widen * sum(w * (float(c[TIME, TIME]) + (t - time_s) * (t - time_s)) for w, _, _, t, c in places) + FLOOR_S * FLOOR_S
    launch_ns = ref_ns + round(time_s * NS_PER_S)
    burn_s = None if burnout_ns is None else (burnout_ns - launch_ns) / NS_PER_S
    return LaunchEstimate(
        lat_rad=lat0 + north / per_north,
        lon_rad=lon0 + east / per_east,
        time_ns=launch_ns,
        time_sigma_s=sqrt(tt),
        cov_en_m2=(ee, en, nn),
        burn_s=burn_s,
        burn_sigma_s=None if burn_s is None else sqrt(BURN_SIGMA_S * BURN_SIGMA_S + tt),
    )


def _sin2(angle_rad: float) -> float:
    """Return the squared sine."""
    c = cos(angle_rad)
    return 1.0 - c * c
