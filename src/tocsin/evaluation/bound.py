"""The Cramer-Rao bound of a flight: how well any unbiased tracker could know state, impact and launch from the plots that came.

The bound is taken along the truth and for the detections that really happened, so that a tracker's error over it says what the tracker
loses. Coast and re-entry: recursion of Tichavsky, Muravchik and Nehorai (IEEE Trans. Signal Processing 46(5), 1998, eq. 34-36 for additive
noise), here in covariance form. Launch: Fisher information of a gravity turn's parameters over all plots at once. Nothing here tracks.

Simplifications: no false alarms, no doubt which plot is whose, one ballistic coefficient, white acceleration q. The truth has no such
noise, so with q > 0 this is the bound for a filter that must allow for it. Matrices are small; BLAS may serve (nothing is replayed).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import ecef2geodetic, enu_axes, geodetic2ecef
from tocsin.kernels.measure import MAX_ROWS, PLOT_COLUMNS, measure
from tocsin.kernels.trajectory import HIT, boost_propagate, coast_flow, propagate_to_altitude
from tocsin.messages.plot import Plot
from tocsin.messages.sensor import Sensor
from tocsin.models.sensing import fill_plots, place_sensor, sensor_model
from tocsin.sim.trajectory import Boost
from tocsin.units import WGS84_A_M, WGS84_E2

Array = NDArray[np.float64]

FLOW_STEP_S: Final = 0.5  # of the derivative of the flight: RK4 in air keeps it to 1e-6 there
GAP_STEP_S: Final = 5.0  # a longer gap between plots is flown in pieces, so that process noise enters evenly
LONGEST_FLIGHT_S: Final = 20_000.0
PROBES: Final = (50.0, 50.0, 50.0, 0.5, 0.5, 0.5, 1e-3)  # central differences of the impact by state: m, m/s, ln beta
BOOST_STEP_S: Final = 0.5  # RK4 under thrust: 1 cm at burnout
MEDIAN_ANGLES: Final = 256  # of the integral for a median; the integrand is smooth and periodic
BISECTIONS: Final = 60


class BoundSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Priors at burnout and process noise of the recursion; publish q with every ratio."""

    q_m2ps3: float = 1e-6  # white acceleration: 1 mm/s in a second
    pos_sigma_m: float = 10_000.0  # per axis; knows nothing of the boost, so the first 10-20 s are pessimistic
    vel_sigma_mps: float = 1_000.0
    ln_beta_sigma: float = 0.30  # published prior of the reference coalition


class LaunchPriors(msgspec.Struct, frozen=True, kw_only=True):
    """1 sigma of what the boost's parameters are known to before any plot. Uniform priors enter with their standard deviation."""

    kick_s: float = 3.18  # 4-15 s after lift-off
    slope: float = 0.115  # thrust acceleration, relative growth over a stage: +-20 %
    burn_s: float = 23.0  # 40-120 s in all; matters only where a stage follows
    coast_s: float = 2.9  # between stages, 0-10 s
    thrust_mps2: float = 12.0  # not published; as wide as burns of 40-120 s to 1-3 km/s make it
    ln_beta: float = 0.45  # under thrust: the published 0.30 after burnout, and a full missile one to three times as heavy
    kick_rad: float = 0.5
    place_m: float = 1.0e6
    time_s: float = 300.0
    bearing_rad: float = 10.0


DEFAULT_SETTINGS: Final = BoundSettings()
DEFAULT_PRIORS: Final = LaunchPriors()


@dataclass(frozen=True, eq=False)
class CoastBound:
    """The bound after each plot: times_s[n] as given, states[n, 7] of the truth, cov[n, 7, 7] (ECEF m, m/s, ln beta)."""

    times_s: Array
    states: Array
    cov: Array

    def index_at(self, time_s: float) -> int | None:
        """Return the place of the last plot up to a time, or None before the first."""
        place = int(np.searchsorted(self.times_s, time_s + 1e-6, side="right")) - 1
        return place if place >= 0 else None

    def at(self, time_s: float, settings: BoundSettings = DEFAULT_SETTINGS) -> tuple[Array, Array] | None:
        """Return (state[7], cov[7, 7]) carried from the last plot to a time; None before the first plot."""
        place = self.index_at(time_s)
        if place is None:
            return None
        return _carry(self.states[place], self.cov[place], time_s - float(self.times_s[place]), settings.q_m2ps3)


class ImpactBound(msgspec.Struct, frozen=True, kw_only=True):
    """Where a state comes down and how well that can be known. ``cov_en_m2``: east-east, east-north, north-north at that point."""

    lat_rad: float
    lon_rad: float
    time_s: float  # from the state's time
    cov_en_m2: tuple[float, float, float]


class LaunchBound(msgspec.Struct, frozen=True, kw_only=True):
    """How well place and time of a launch can be known, the form of the boost given. ``cov_en_m2`` as in ImpactBound."""

    cov_en_m2: tuple[float, float, float]
    time_sigma_s: float
    plots: int


def plot_rows(plots: Sequence[Plot], sensors: Sequence[Sensor]) -> Array:
    """Return plots as rows[n, PLOT_COLUMNS] of ``kernels.measure``. Raises KeyError for a sensor that is not listed."""
    models = {sensor.sensor: sensor_model(sensor, index) for index, sensor in enumerate(sensors)}
    out = np.empty((len(plots), PLOT_COLUMNS))
    for row, plot in zip(out, plots, strict=True):
        model = models[plot.sensor]
        place = model.row
        if plot.sensor_pos_ecef_m is not None:
            place = place.copy()
            place_sensor(place, plot.sensor_pos_ecef_m)
        fill_plots((plot,), model, place, row.reshape(1, -1))
    return out


def coast_bound(
    times_s: Array, pos_ecef_m: Array, vel_ecef_mps: Array, ln_beta: float, rows: Array, settings: BoundSettings = DEFAULT_SETTINGS
) -> CoastBound:
    """Return the bound along a flight without thrust.

    times_s[n] ascending, from burnout on; pos_ecef_m[n, 3], vel_ecef_mps[n, 3]: the truth at the plots' times; rows[n, PLOT_COLUMNS]: the
    plots that came (``plot_rows``). The priors hold at the first plot.
    """
    n = len(times_s)
    states = np.concatenate([pos_ecef_m, vel_ecef_mps, np.full((n, 1), ln_beta)], axis=1)
    cov = np.empty((n, 7, 7))
    sigmas = [settings.pos_sigma_m] * 3 + [settings.vel_sigma_mps] * 3 + [settings.ln_beta_sigma]
    P = np.diag(np.square(sigmas))
    for index in range(n):
        if index:
            _, P = _carry(states[index - 1], P, float(times_s[index] - times_s[index - 1]), settings.q_m2ps3)
        P = _learn(states[index], P, rows[index])
        cov[index] = P
    return CoastBound(np.asarray(times_s, dtype=np.float64), states, cov)


def impact_bound(state: Array, cov: Array) -> ImpactBound | None:
    """Return G cov G' at the point where state[7] comes down to WGS-84 height 0; None where it does not.

    G: derivative of east and north of the impact by the state, by central differences (PROBES) of the project's own flight.
    """
    middle = _impact(state)
    if middle is None:
        return None
    lat_rad, lon_rad, _ = ecef2geodetic(*(float(value) for value in middle[:3]))
    axes = np.empty((3, 3))
    enu_axes(lat_rad, lon_rad, axes)
    G = np.empty((2, 7))
    for column, probe in enumerate(PROBES):
        step = np.zeros(7)
        step[column] = probe
        ahead, behind = _impact(state + step), _impact(state - step)
        if ahead is None or behind is None:
            return None
        G[:, column] = axes[:2] @ (ahead[:3] - behind[:3]) / (2.0 * probe)
    C = G @ cov @ G.T
    return ImpactBound(
        lat_rad=lat_rad, lon_rad=lon_rad, time_s=float(middle[3]), cov_en_m2=(float(C[0, 0]), float(C[0, 1]), float(C[1, 1]))
    )


def median_error_m(covariances: Sequence[tuple[float, float, float]]) -> float:
    """Return the median distance of Gaussian errors with these covariances (m2: ee, en, nn), one drawn from each.

    For axes a, b: P(distance <= R) = 1 - mean over psi of exp(-R^2 / (2 (a^2 cos^2 psi + b^2 sin^2 psi))). A circle: a sqrt(2 ln 2).
    """
    if not covariances:
        return math.nan
    axes2 = np.array([axes_of(cov) for cov in covariances]) ** 2
    psi = (np.arange(MEDIAN_ANGLES) + 0.5) * (math.pi / MEDIAN_ANGLES)
    h = np.maximum(axes2[:, :1] * np.cos(psi) ** 2 + axes2[:, 1:] * np.sin(psi) ** 2, 1e-12)
    low, high = 0.0, 10.0 * math.sqrt(float(np.max(axes2)))
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        if 1.0 - float(np.mean(np.exp(-0.5 * middle * middle / h))) < 0.5:
            low = middle
        else:
            high = middle
    return high


def axes_of(cov_en_m2: tuple[float, float, float]) -> tuple[float, float]:
    """Return the 1-sigma half axes in m, longer first, of a covariance (ee, en, nn)."""
    ee, en, nn = cov_en_m2
    middle, half = 0.5 * (ee + nn), math.hypot(0.5 * (ee - nn), en)
    return math.sqrt(max(middle + half, 0.0)), math.sqrt(max(middle - half, 0.0))


def batch_bound(path: Callable[[Array], Array], theta: Array, steps: Array, sigmas: Array, rows: Array) -> tuple[Array, Array]:
    """Return the covariance bound [p, p] of parameters theta[p] of a path, from the plots' Fisher information and the priors.

    path: theta -> states [m >= n, 6], the first n at the plots' times; steps[p]: of central differences; sigmas[p]: 1-sigma priors;
    rows[n, PLOT_COLUMNS]: the plots. The second value is the derivative [m, 6, p] of the states. Scaled by the priors before it is
    inverted, so that unlike units do no harm.
    """
    base = path(theta)
    p = len(theta)
    by_theta = np.empty((len(base), 6, p))
    for column in range(p):
        step = np.zeros(p)
        step[column] = steps[column]
        by_theta[:, :, column] = (path(theta + step) - path(theta - step)) / (2.0 * steps[column])
    information = np.eye(p)
    H, nu, var = np.empty((MAX_ROWS, 6)), np.empty(MAX_ROWS), np.empty(MAX_ROWS)
    for index, row in enumerate(rows):
        count = measure(base[index], row, H, nu, var)
        G = (H[:count] @ by_theta[index]) * sigmas / np.sqrt(var[:count, None])
        information += G.T @ G
    C = np.linalg.inv(information)
    return 0.5 * (C + C.T) * np.outer(sigmas, sigmas), by_theta


def launch_bound(boost: Boost, times_s: Array, rows: Array, priors: LaunchPriors = DEFAULT_PRIORS) -> LaunchBound:
    """Return the bound of launch place and time from plots of the powered flight.

    times_s[n]: seconds after lift-off, ascending, up to burnout; rows[n, PLOT_COLUMNS]. Unknown: place, time, bearing, kick angle,
    kick time, ln beta, and thrust and slope of every stage that was seen, burn and coast of those before. The form (single kick,
    thrust along the velocity, linear in time) is taken as known, which no tracker has: real errors are larger.
    """
    return boost_bound(boost, times_s, rows, float(times_s[-1]), priors)[0]


def boost_bound(boost: Boost, times_s: Array, rows: Array, at_s: float, priors: LaunchPriors = DEFAULT_PRIORS) -> tuple[LaunchBound, Array]:
    """Return the launch bound and the covariance bound [6, 6] (ECEF m, m/s) of the state at at_s >= times_s[-1], still under thrust."""
    theta, steps, sigmas = _boost_parameters(boost, at_s, priors)
    all_s = np.append(times_s, at_s)
    C, by_theta = batch_bound(lambda values: _boost_path(boost, values, all_s), theta, steps, sigmas, rows)
    launch = LaunchBound(
        cov_en_m2=(float(C[0, 0]), float(C[0, 1]), float(C[1, 1])), time_sigma_s=math.sqrt(float(C[2, 2])), plots=len(times_s)
    )
    return launch, by_theta[-1] @ C @ by_theta[-1].T


def boost_states(boost: Boost, times_s: Array) -> Array:
    """Return ECEF states [n, 6] of a powered flight at times_s[n] after lift-off, ascending; it stands on the ground before."""
    theta, _, _ = _boost_parameters(boost, float(times_s[-1]), DEFAULT_PRIORS)
    return _boost_path(boost, theta, times_s)


# --- recursion --------------------------------------------------------------------------------------------------------


def _carry(state: Array, P: Array, dt_s: float, q_m2ps3: float) -> tuple[Array, Array]:
    """Return (state[7], P[7, 7]) after dt_s of coast, with white acceleration added in pieces of GAP_STEP_S."""
    pieces = max(1, math.ceil(dt_s / GAP_STEP_S))
    h = dt_s / pieces
    F = np.empty((7, 7))
    noise = _noise(h, q_m2ps3)
    x = np.ascontiguousarray(state)
    for _ in range(pieces if dt_s > 0.0 else 0):
        after = np.empty(7)
        coast_flow(x, h, FLOW_STEP_S, after, F)
        P = F @ P @ F.T + noise
        x = after
    return x, 0.5 * (P + P.T)


def _noise(dt_s: float, q_m2ps3: float) -> Array:
    """Return Q[7, 7] of white acceleration over dt_s."""
    Q = np.zeros((7, 7))
    for axis in range(3):
        Q[axis, axis] = q_m2ps3 * dt_s**3 / 3.0
        Q[axis, axis + 3] = Q[axis + 3, axis] = q_m2ps3 * dt_s**2 / 2.0
        Q[axis + 3, axis + 3] = q_m2ps3 * dt_s
    return Q


def _learn(state: Array, P: Array, row: Array) -> Array:
    """Return P[7, 7] after one plot (Joseph form, well conditioned where the prior is wide)."""
    rows_h, nu, var = np.empty((MAX_ROWS, 6)), np.empty(MAX_ROWS), np.empty(MAX_ROWS)
    count = measure(state, row, rows_h, nu, var)
    H = np.zeros((count, 7))
    H[:, :6] = rows_h[:count]
    R = np.diag(var[:count])
    K = np.linalg.solve(H @ P @ H.T + R, H @ P).T
    keep = np.eye(7) - K @ H
    P = keep @ P @ keep.T + K @ R @ K.T
    return 0.5 * (P + P.T)


def _impact(state: Array) -> Array | None:
    """Return (x, y, z, seconds) of the impact of state[7], or None."""
    out = np.empty(7)
    status, time_s, _, _ = propagate_to_altitude(np.ascontiguousarray(state), 0.0, LONGEST_FLIGHT_S, out)
    return np.array([out[0], out[1], out[2], time_s]) if status == HIT else None


# --- boost ------------------------------------------------------------------------------------------------------------

PLACE, TIME, BEARING, KICK, KICK_TIME, LN_BETA, STAGES = 0, 2, 3, 4, 5, 6, 7  # columns of theta; then 4 of each stage
PER_STAGE: Final = 4  # thrust at mid burn, slope, burn, coast


def _boost_parameters(boost: Boost, until_s: float, priors: LaunchPriors) -> tuple[Array, Array, Array]:
    """Return theta, difference steps and prior sigmas of a boost; what comes after until_s is held (tiny sigma)."""
    kick_rad = math.hypot(boost.kick_east_rad, boost.kick_north_rad)
    theta = [
        0.0,
        0.0,
        0.0,
        math.atan2(boost.kick_east_rad, boost.kick_north_rad),
        kick_rad,
        boost.kick_s,
        boost.ln_beta if boost.ln_beta_boost is None else boost.ln_beta_boost,
    ]
    steps = [10.0, 10.0, 0.05, 1e-3, 1e-3, 0.05, 0.01]
    sigmas = [priors.place_m, priors.place_m, priors.time_s, priors.bearing_rad, priors.kick_rad, priors.kick_s, priors.ln_beta]
    begin_s = 0.0
    for motor in boost.motors:
        seen, passed = begin_s < until_s, begin_s + motor.burn_s + motor.coast_s < until_s
        theta += [motor.thrust_mps2, motor.slope, motor.burn_s, motor.coast_s]
        steps += [0.02, 0.005, 0.05, 0.05]
        for sigma, free in ((priors.thrust_mps2, seen), (priors.slope, seen), (priors.burn_s, passed), (priors.coast_s, passed)):
            sigmas.append(sigma if free else 1e-9)
        begin_s += motor.burn_s + motor.coast_s
    return np.array(theta), np.array(steps), np.array(sigmas)


def _boost_path(boost: Boost, theta: Array, times_s: Array) -> Array:
    """Return states [n, 6] at times_s[n] (after the true lift-off) of the boost with parameters theta."""
    meridian = 1.0 - WGS84_E2 * math.sin(boost.lat_rad) ** 2
    normal_m = WGS84_A_M / math.sqrt(meridian)
    lat = boost.lat_rad + theta[PLACE + 1] * meridian / (normal_m * (1.0 - WGS84_E2))
    lon = boost.lon_rad + theta[PLACE] / (normal_m * math.cos(boost.lat_rad))
    axes = np.empty((3, 3))
    enu_axes(lat, lon, axes)
    state8 = np.zeros(8)
    state8[:3] = geodetic2ecef(lat, lon, boost.alt_m)
    state8[6] = theta[LN_BETA]
    turn = (math.cos(theta[KICK]), math.sin(theta[KICK]), math.sin(theta[BEARING]), math.cos(theta[BEARING]))
    kicked = False
    now_s = 0.0
    out = np.empty((len(times_s), 6))
    for index, until_s in enumerate((times_s - theta[TIME]).tolist()):
        if not kicked and until_s >= theta[KICK_TIME]:
            _burn(state8, theta[STAGES:], now_s, float(theta[KICK_TIME]))
            speed = math.sqrt(float(np.sum(state8[3:6] * state8[3:6])))
            state8[3:6] = speed * (turn[0] * axes[2] + turn[1] * (turn[2] * axes[0] + turn[3] * axes[1]))
            now_s, kicked = float(theta[KICK_TIME]), True
        _burn(state8, theta[STAGES:], now_s, until_s)
        now_s = max(now_s, until_s)
        out[index] = state8[:6]
    return out


def _burn(state8: Array, stages: Array, now_s: float, until_s: float) -> None:
    """Carry state8 in place from one time after lift-off to another (nothing if that is earlier) through burns and gaps.

    stages[4 k]: thrust acceleration at mid burn, relative slope, burn, coast after it of each stage; coast after the last.
    """
    out = np.empty(8)
    ignition_s = 0.0
    for k in range(len(stages) // PER_STAGE):
        thrust_mps2, slope, burn_s, coast_s = stages[PER_STAGE * k : PER_STAGE * (k + 1)].tolist()
        last = PER_STAGE * (k + 1) == len(stages)
        end_s = math.inf if last else ignition_s + burn_s + coast_s
        for begin, end, burning in ((ignition_s, ignition_s + burn_s, True), (ignition_s + burn_s, end_s, False)):
            start_s, stop_s = max(begin, now_s), min(end, until_s)
            steps = max(0, math.ceil((stop_s - start_s) / BOOST_STEP_S - 1e-9))
            h = (stop_s - start_s) / max(steps, 1)
            for step in range(steps):
                middle_s = start_s + (step + 0.5) * h - ignition_s
                state8[7] = thrust_mps2 * (1.0 + slope * (middle_s / burn_s - 0.5)) if burning else 0.0
                boost_propagate(state8, h, h, out)
                state8[:] = out
        ignition_s = end_s
