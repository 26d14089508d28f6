"""Ballistic, air-breathing or not yet known: decided by what no aircraft can do, at four sigma; and by what missiles never do."""

from math import sqrt

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.describe import describe
from tocsin.kernels.imm import AIR
from tocsin.messages.track import TrackKind
from tocsin.models.motion import AIR_SPEED_MPS, AIR_TOP_M
from tocsin.units import NS_PER_S, STANDARD_GRAVITY_MPS2

Array = NDArray[np.float64]

SIGMAS = 4.0  # 3e-5 one-sided per look: aircraft are seen thousands of times
ENERGY_TOP_M = 38_000.0  # energy height (altitude + v2 / 2g): 600 m/s at 18 km, the best of fighters, has 36 km
STEEP_CLIMB_MPS = 250.0  # steady climb or dive that no aircraft keeps
STEEP_SIGMAS = 3.0  # fewer, as the air model must have been ruled out as well
NOT_AIR = 1e-3  # probability of the air model below which its climb is believed
THRUST_PLOTS = 2  # infrared plots of a satellite that sees only strong thrust; one alone may be a false alarm
SURELY_AIR = 0.9
AIR_LEAST_S = 8.0  # seen this long before "air-breathing" is said: a rising missile passes 500 m/s too
AIR_LEAST_PLOTS = 5


class Kinematics(msgspec.Struct, frozen=True, kw_only=True):
    """Altitude, speed and climb with 1 sigma, of one combined state."""

    alt_m: float
    alt_sigma_m: float
    speed_mps: float
    speed_sigma_mps: float
    climb_mps: float
    climb_sigma_mps: float


def kinematics(x: Array, P: Array) -> Kinematics:
    """Return altitude, speed and climb of a combined state x[8], P[8, 8]."""
    out = np.empty(6)
    describe(x, P, out)
    values = out.tolist()
    return Kinematics(
        alt_m=values[0],
        alt_sigma_m=values[1],
        speed_mps=values[2],
        speed_sigma_mps=values[3],
        climb_mps=values[4],
        climb_sigma_mps=values[5],
    )


def classify(kind: TrackKind, k: Kinematics, mu: Array, plots: int, infrared_plots: int, seen_ns: int) -> TrackKind:
    """Return the kind after one more plot. Ballistic, once said, stays; air-breathing yields to ballistic evidence."""
    thrust_seen = infrared_plots >= THRUST_PLOTS and float(mu[AIR]) < NOT_AIR
    if kind == "ballistic" or thrust_seen or _beyond_aircraft(k, float(mu[AIR])):
        return "ballistic"
    if (
        float(mu[AIR]) > SURELY_AIR
        and plots >= AIR_LEAST_PLOTS
        and seen_ns >= AIR_LEAST_S * NS_PER_S
        and k.speed_mps + k.speed_sigma_mps < AIR_SPEED_MPS
        and k.alt_m + k.alt_sigma_m < AIR_TOP_M
    ):
        return "air-breathing"
    return kind


def _beyond_aircraft(k: Kinematics, air_weight: float) -> bool:
    """True if speed, altitude, energy or a steep climb excludes an aircraft at SIGMAS."""
    climb_low = max(abs(k.climb_mps) - STEEP_SIGMAS * k.climb_sigma_mps, 0.0)
    alt_low = k.alt_m - SIGMAS * k.alt_sigma_m
    energy_m = k.alt_m + k.speed_mps * k.speed_mps / (2.0 * STANDARD_GRAVITY_MPS2)
    speed_share_m = k.speed_mps * k.speed_sigma_mps / STANDARD_GRAVITY_MPS2
    energy_sigma_m = sqrt(k.alt_sigma_m * k.alt_sigma_m + speed_share_m * speed_share_m)
    return (
        k.speed_mps - SIGMAS * k.speed_sigma_mps > AIR_SPEED_MPS
        or alt_low > AIR_TOP_M
        or energy_m - SIGMAS * energy_sigma_m > ENERGY_TOP_M
        or (air_weight < NOT_AIR and climb_low > STEEP_CLIMB_MPS)
    )
