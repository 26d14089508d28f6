"""Missile class from energy: the ground range that a coasting state's energy could reach at best, whatever its loft.

Simplifications: a spherical earth and no air for the equivalent range; the rotating frame's own energy (Jacobi integral),
so that the launch direction does not matter. Ground range itself never decides the class: lofted shots would look small.
"""

from math import asin, erf, pi, sqrt
from typing import Final

from tocsin.messages.basics import Vec3
from tocsin.units import EARTH_MU_M3PS2, EARTH_RATE_RADPS, KM

MEAN_RADIUS_M: Final = 6_371_008.8  # mean radius of the WGS-84 ellipsoid (IUGG R1)
CLASS_LIMITS: Final = (("CRBM", 300.0 * KM), ("SRBM", 1_000.0 * KM), ("MRBM", 3_000.0 * KM), ("IRBM", 5_500.0 * KM))
"""Upper range limits (NASIC, Ballistic and Cruise Missile Threat, 2020); above the last: ICBM."""
MODEL_SHARE: Final = 0.05  # 1-sigma of the equivalent range that drag after burnout and the spherical earth leave, relative
SLV_PERIGEE_M: Final = -1_000.0 * KM  # a 10,000 km minimum-energy flight has its perigee at -3,200 km, an orbit above 0
SLV_PERIGEE_SIGMA_M: Final = 300.0 * KM  # soft limit
UNKNOWN: Final = (("unknown", 1.0),)


def equivalent_range_m(pos_ecef_m: Vec3, vel_ecef_mps: Vec3) -> float:
    """Return the greatest ground range of a vacuum arc with this state's energy; half the circumference if it has no limit.

    The Jacobi integral J = v^2 / 2 - mu / r - (omega rho)^2 / 2 (earth-fixed speed v, distance rho from the axis) is
    constant in flight; it gives the speed v0 at the surface R below. With Q = v0^2 R / mu a Kepler arc from surface to
    surface spans at most the angle Psi with sin(Psi / 2) = Q / (2 - Q) (Bate, Mueller, White, Fundamentals of
    Astrodynamics, 1971, section 6.2, maximum range), and the range is R Psi.
    """
    x, y, z = pos_ecef_m
    vx, vy, vz = vel_ecef_mps
    r = sqrt(x * x + y * y + z * z)
    spin2 = EARTH_RATE_RADPS * EARTH_RATE_RADPS * (x * x + y * y)
    jacobi = 0.5 * (vx * vx + vy * vy + vz * vz) - EARTH_MU_M3PS2 / r - 0.5 * spin2
    shrink = MEAN_RADIUS_M / r
    v2 = 2.0 * (jacobi + EARTH_MU_M3PS2 / MEAN_RADIUS_M + 0.5 * spin2 * shrink * shrink)
    q = max(0.0, v2) * MEAN_RADIUS_M / EARTH_MU_M3PS2
    if q >= 1.0:
        return pi * MEAN_RADIUS_M
    return 2.0 * MEAN_RADIUS_M * asin(q / (2.0 - q))


def kepler_extremes_m(pos_ecef_m: Vec3, vel_ecef_mps: Vec3) -> tuple[float, float]:
    """Return (perigee, apogee) radii of the inertial Kepler orbit through a state; apogee is infinite if it escapes."""
    x, y, z = pos_ecef_m
    ux = vel_ecef_mps[0] - EARTH_RATE_RADPS * y
    uy = vel_ecef_mps[1] + EARTH_RATE_RADPS * x
    uz = vel_ecef_mps[2]
    r = sqrt(x * x + y * y + z * z)
    energy = 0.5 * (ux * ux + uy * uy + uz * uz) - EARTH_MU_M3PS2 / r
    hx, hy, hz = y * uz - z * uy, z * ux - x * uz, x * uy - y * ux
    h2 = hx * hx + hy * hy + hz * hz
    eccentricity = sqrt(max(0.0, 1.0 + 2.0 * energy * h2 / (EARTH_MU_M3PS2 * EARTH_MU_M3PS2)))
    perigee = h2 / EARTH_MU_M3PS2 / (1.0 + eccentricity)
    apogee = h2 / EARTH_MU_M3PS2 / (1.0 - eccentricity) if energy < 0.0 and eccentricity < 1.0 else float("inf")
    return perigee, apogee


def class_probabilities(pos_ecef_m: Vec3, vel_ecef_mps: Vec3, speed_sigma_mps: float) -> tuple[tuple[str, float], ...]:
    """Return ((class, probability), ...) sorted by name, adding to 1, for a coasting state and its speed's 1-sigma."""
    centre_m = equivalent_range_m(pos_ecef_m, vel_ecef_mps)
    speed = sqrt(sum(v * v for v in vel_ecef_mps))
    spread_m = 0.0
    if speed > 0.0:
        up = 1.0 + speed_sigma_mps / speed
        down = max(0.0, 1.0 - speed_sigma_mps / speed)
        more_m = equivalent_range_m(pos_ecef_m, _scaled(vel_ecef_mps, up))
        less_m = equivalent_range_m(pos_ecef_m, _scaled(vel_ecef_mps, down))
        spread_m = 0.5 * (more_m - less_m)
    sigma_m = sqrt(spread_m * spread_m + MODEL_SHARE * MODEL_SHARE * centre_m * centre_m) + 1.0
    perigee_m = kepler_extremes_m(pos_ecef_m, vel_ecef_mps)[0] - MEAN_RADIUS_M
    orbit = phi((perigee_m - SLV_PERIGEE_M) / SLV_PERIGEE_SIGMA_M)
    found = [("SLV", orbit)]
    below = 0.0
    for name, limit_m in CLASS_LIMITS:
        upto = phi((limit_m - centre_m) / sigma_m)
        found.append((name, (upto - below) * (1.0 - orbit)))
        below = upto
    found.append(("ICBM", (1.0 - below) * (1.0 - orbit)))
    return tuple(sorted(found))


def _scaled(vector: Vec3, factor: float) -> Vec3:
    return vector[0] * factor, vector[1] * factor, vector[2] * factor


def phi(z: float) -> float:
    """Normal distribution function."""
    return 0.5 * (1.0 + erf(z / sqrt(2.0)))
