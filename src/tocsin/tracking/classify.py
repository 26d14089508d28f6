"""What kind of object a track is: decided by what the other kinds cannot do, at four sigma.

Ballistic: no aircraft flies so, and the path meets the earth. Orbital: its perigee lies above the air. Meteor: faster than
anything bound to the earth, where meteors shine. Air-breathing: what flies slowly and low for some time. Else unknown.
"""

from math import sqrt
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.describe import describe
from tocsin.kernels.orbit import ABOVE, BELOW, perigee_side
from tocsin.kernels.phases import AIR
from tocsin.messages.track import TrackKind
from tocsin.models.motion import AIR_SPEED_MPS, AIR_TOP_M
from tocsin.units import EARTH_MU_M3PS2, EARTH_RATE_RADPS, NS_PER_S, STANDARD_GRAVITY_MPS2, WGS84_A_M

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
ORBIT_LOWEST_M: Final = 100_000.0  # perigee of the lowest orbit that lasts a turn; below it an object comes down within one
BURNING_TOP_M: Final = 400_000.0  # missiles have burnt out below; what seems to burn higher is a satellite whose motion is not known yet
METEOR_LEAST_MPS: Final = 11_000.0  # parabolic speed at the earth: nothing bound to it is faster
METEOR_LOW_M: Final = 30_000.0  # most fade at 70-90 km, slow and bright ones glow down to here
METEOR_TOP_M: Final = 150_000.0


class Kinematics(msgspec.Struct, frozen=True, kw_only=True):
    """Altitude, speed and climb with 1 sigma, of one combined state.

    ``speed_sigma_mps`` holds along the velocity: less than so many of them slower it is not, but a velocity that is poorly known
    across itself may be far greater. ``velocity_sigma_mps`` (root of the covariance's trace) bounds that.
    """

    alt_m: float
    alt_sigma_m: float
    speed_mps: float
    speed_sigma_mps: float
    climb_mps: float
    climb_sigma_mps: float
    velocity_sigma_mps: float

    def speed_top_mps(self) -> float:
        """Return what the speed does not exceed at SIGMAS."""
        return self.speed_mps + SIGMAS * self.velocity_sigma_mps


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
        velocity_sigma_mps=velocity_sigma(P),
    )


def velocity_sigma(P: Array) -> float:
    """Return the root of the trace of the velocity's covariance in P[>= 6, >= 6], m/s."""
    return sqrt(max(float(P[3, 3]) + float(P[4, 4]) + float(P[5, 5]), 0.0))


def classify(
    kind: TrackKind, k: Kinematics, mu: Array, plots: int, infrared_plots: int, seen_ns: int, *, perigee: int | None = None
) -> TrackKind:
    """Return the kind after one more plot.

    Ballistic, once said, stays unless the object is proven to have reached orbit; orbital stays unless its perigee is proven
    to lie in the air; meteor stays; air-breathing yields to ballistic evidence. perigee: None where nobody asked
    (``needs_perigee``).
    """
    if kind == "meteor" or _is_meteor(k):
        return "meteor"
    if perigee == ABOVE:
        return "orbital"
    comes_down = perigee is None or perigee == BELOW
    if kind == "orbital" and not comes_down:
        return "orbital"
    thrust_seen = infrared_plots >= THRUST_PLOTS and float(mu[AIR]) < NOT_AIR
    if kind == "ballistic" or thrust_seen or (comes_down and not _may_be_meteor(k) and _beyond_aircraft(k, float(mu[AIR]))):
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


def needs_perigee(kind: TrackKind, k: Kinematics, burning: float) -> bool:
    """True if the perigee may decide: not surely below the lowest orbit's altitude, fast enough for an orbit, no missile that burns.

    Only what was told to be a missile before is taken to burn: of an object just found, the filter's word for it is a guess. A
    perigee is never above the object, and at a given altitude an orbit needs a least speed; its earth-fixed share is lower by
    at most the earth's turning.
    """
    burns = kind == "ballistic" and burning > 0.5 and k.alt_m - SIGMAS * k.alt_sigma_m < BURNING_TOP_M
    if kind == "meteor" or burns or k.alt_m + SIGMAS * k.alt_sigma_m < ORBIT_LOWEST_M:
        return False
    low = WGS84_A_M + ORBIT_LOWEST_M
    r = max(WGS84_A_M + k.alt_m, low)
    least_mps = sqrt(2.0 * EARTH_MU_M3PS2 * low / (r * (r + low))) - EARTH_RATE_RADPS * r
    return k.speed_top_mps() > least_mps


def perigee_of(x: Array, P: Array) -> int:
    """Return where the perigee of the orbit through x[>= 6] (ECEF, earth-fixed velocity), P[>= 6, >= 6] lies against ORBIT_LOWEST_M.

    ABOVE, BELOW or EITHER of kernels.orbit, at SIGMAS. Two-body: J2 moves it by some km over a turn, which the limit does not care about.
    """
    return perigee_side(x, P, SIGMAS, ORBIT_LOWEST_M)


def _is_meteor(k: Kinematics) -> bool:
    """True if speed and altitude are a meteor's at SIGMAS."""
    return k.speed_mps - SIGMAS * k.speed_sigma_mps > METEOR_LEAST_MPS and k.alt_m - SIGMAS * k.alt_sigma_m < METEOR_TOP_M


def _may_be_meteor(k: Kinematics) -> bool:
    """True while its speed, not yet well known, may be a meteor's where meteors shine."""
    fast = k.speed_top_mps() > METEOR_LEAST_MPS
    return fast and k.alt_m + SIGMAS * k.alt_sigma_m > METEOR_LOW_M and k.alt_m - SIGMAS * k.alt_sigma_m < METEOR_TOP_M


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
