"""Truth flights and national tracks made from them, for the tests of fusion, assessment and warning."""

from math import cos, log, sin, sqrt

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.geodesy import ecef2geodetic, enu_axes, geodetic2ecef
from tocsin.kernels.trajectory import coast_propagate, propagate_to_altitude
from tocsin.messages.track import LaunchEstimate, ModelProbabilities, Track
from tocsin.units import DEG, KM, NS_PER_S, s2ns

T0_NS = 1_693_406_280 * NS_PER_S  # 2023-08-30 14:38:00 UTC
Array = NDArray[np.float64]
UPPER = np.triu_indices(7)
LN_BETA = log(5_000.0)
SITE = (39.20 * DEG, 125.67 * DEG)  # public position of the reference coalition's example


def coasting(
    lat_rad: float,
    lon_rad: float,
    bearing_deg: float,
    *,
    alt_m: float = 35.0 * KM,
    speed_mps: float = 1_750.0,
    climb_deg: float = 18.0,
    ln_beta: float = LN_BETA,
) -> Array:
    """State[7] at burnout."""
    axes = np.empty((3, 3))
    enu_axes(lat_rad, lon_rad, axes)
    level = speed_mps * cos(climb_deg * DEG)
    enu = (level * sin(bearing_deg * DEG), level * cos(bearing_deg * DEG), speed_mps * sin(climb_deg * DEG))
    state = np.empty(7)
    state[:3] = geodetic2ecef(lat_rad, lon_rad, alt_m)
    state[3:6] = enu[0] * axes[0] + enu[1] * axes[1] + enu[2] * axes[2]
    state[6] = ln_beta
    return state


def reference(ln_beta: float = LN_BETA) -> Array:
    """A flight like the reference night's, at burnout 40 km down range: about 55 km apogee, 350 km range."""
    return coasting(39.374 * DEG, 126.077 * DEG, 61.0, ln_beta=ln_beta)


def at(state: Array, seconds: float) -> Array:
    """State after some seconds of coast."""
    out = np.empty(7)
    coast_propagate(state, seconds, 1.0, out)
    return out


def fall(state: Array) -> tuple[float, float, float, float]:
    """Latitude, longitude (rad), time (s) and apogee (m) of the true impact."""
    out = np.empty(7)
    status, time_s, apogee_m, _ = propagate_to_altitude(state, 0.0, 7_200.0, out)
    assert status == 0
    lat, lon, _ = ecef2geodetic(*out[:3])
    return lat, lon, time_s, apogee_m


def covariance(sigma_m: float = 100.0, sigma_mps: float = 3.0, sigma_ln_beta: float = 0.30) -> Array:
    return np.diag([sigma_m**2] * 3 + [sigma_mps**2] * 3 + [sigma_ln_beta**2])


def track(
    state: Array,
    seconds: float,
    *,
    nation: str = "KOR",
    name: str = "KOR-1",
    cov: Array | None = None,
    first_s: float = 0.0,
    last_plot_s: float | None = None,
    status: str = "confirmed",
    kind: str = "ballistic",
    boost: float = 0.0,
    manoeuvre: float = 0.0,
    thrust_mps2: float = 0.0,
    launch: LaunchEstimate | None = None,
    parent: str | None = None,
    confirmed_s: float | None = None,
    sensors: tuple[str, ...] = ("radar-1",),
) -> Track:
    """A national track at T0 + seconds."""
    cov = covariance() if cov is None else cov
    last_plot_s = seconds if last_plot_s is None else last_plot_s
    confirmed = confirmed_s if confirmed_s is not None else (first_s if status == "confirmed" else None)
    return Track(
        track=name,
        nation=nation,
        time_ns=ns(seconds),
        kind=kind,
        status=status,
        pos_ecef_m=tuple(state[:3].tolist()),
        vel_ecef_mps=tuple(state[3:6].tolist()),
        ln_beta=float(state[6]),
        cov=tuple(cov[UPPER].tolist()),
        thrust_mps2=thrust_mps2,
        thrust_sigma_mps2=2.0 if thrust_mps2 else 0.0,
        models=ModelProbabilities(boost=boost, coast=1.0 - boost - manoeuvre, reentry=0.0, manoeuvre=manoeuvre),
        first_plot_ns=ns(first_s),
        last_plot_ns=ns(last_plot_s),
        plots=int(last_plot_s - first_s) + 1,
        predicted=last_plot_s < seconds,
        sensors=sensors,
        parent=parent,
        confirmed_ns=ns(confirmed) if confirmed is not None else None,
        launch=launch,
    )


def launch_estimate(
    seconds: float = -75.0, *, lat_rad: float = SITE[0], lon_rad: float = SITE[1], sigma_m: float = 800.0
) -> LaunchEstimate:
    return LaunchEstimate(lat_rad=lat_rad, lon_rad=lon_rad, time_ns=ns(seconds), time_sigma_s=2.0, cov_en_m2=(sigma_m**2, 0.0, sigma_m**2))


def ns(seconds: float) -> int:
    return T0_NS + s2ns(seconds)


def noisy(state: Array, cov: Array, rng: np.random.Generator) -> Array:
    return state + np.linalg.cholesky(cov) @ rng.standard_normal(7)


def apart_m(one: Array, other: Array) -> float:
    return sqrt(float(((one[:3] - other[:3]) ** 2).sum()))
