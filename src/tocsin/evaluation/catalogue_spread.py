"""How far publications leave open where a missile came down, and what that leaves of an answer about the EEZ.

A published place is a sector ("about 250 km west of" is 225-275 km, west by west-north-west to west-south-west); a site with
bearing and distance is worse. The system's own error is added to it before the published answer is asked. Nothing here looks
at that answer. Zones are approximate and of no legal value.
"""

import math
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.geography import Zones, p_outside_eez
from tocsin.kernels.geodesy import ground_destination, ground_inverse
from tocsin.messages.basics import Vec3
from tocsin.sim.catalogue import Record
from tocsin.sim.catalogue_scenario import COMPASS, PLACE_NEAR_KM, PLACE_ROUNDING_KM, Landing
from tocsin.units import DEG, KM

Array = NDArray[np.float64]

SAMPLES: Final = 2_000  # a probability of 0.5 is known to 0.011
SEED: Final = 20_230_830  # fixed: the same record gives the same probability
HALF_POINT_RAD: Final = 22.5 * DEG  # "west" is the sector half-way to the next of eight directions
# Facility + bearing + distance against eleven published splash places: 29-118 km apart at 400-1,000 km (measured on this catalogue's
# sources). 5 % of the distance along and across gives 70 km at 1,000 km; below 300 km the rounding of the figures is left.
SHARE: Final = 0.05
LEAST_SIGMA_M: Final = 15.0 * KM  # figures rounded to 50 km: 50 / sqrt(12)
DEFAULT_BEARING_RAD: Final = 45.0 * DEG  # a direction that nobody published: anything from north-east to south-east


class Impact(msgspec.Struct, frozen=True, kw_only=True):
    """The last impact of a tracked missile, and where its simulated flight came down."""

    lat_rad: float
    lon_rad: float
    cov_en_m2: Vec3
    flown_lat_rad: float
    flown_lon_rad: float


def published_points(record: Record, landing: Landing) -> tuple[Array, Array]:
    """Return (latitudes, longitudes) in radians of equally likely landing points, as far as publications tell."""
    rng = np.random.default_rng(SEED)
    places = () if record.splash is None or not landing.basis.startswith("splash") else record.splash.places
    if places and max(place.distance_km for place in places) <= PLACE_NEAR_KM:
        points = []
        for index, (along, turn) in enumerate(rng.uniform(-1.0, 1.0, (SAMPLES, 2)).tolist()):
            place = places[index % len(places)]
            distance_km = place.distance_km + along * max(PLACE_ROUNDING_KM, place.spread_km)
            bearing_rad = COMPASS.index(place.direction) * math.pi / 8.0 + turn * HALF_POINT_RAD
            points.append(ground_destination(place.lat_deg * DEG, place.lon_deg * DEG, bearing_rad, distance_km * KM))
        return _columns(points)
    sigma_m = max(LEAST_SIGMA_M, SHARE * landing.range_m)
    along_m = rng.normal(0.0, sigma_m, SAMPLES)
    if landing.basis == "default-bearing":
        turn_rad = rng.uniform(-DEFAULT_BEARING_RAD, DEFAULT_BEARING_RAD, SAMPLES)
    else:
        turn_rad = rng.normal(0.0, sigma_m / landing.range_m, SAMPLES)
    lat_rad, lon_rad = (record.lat_deg or 0.0) * DEG, (record.lon_deg or 0.0) * DEG
    moved = zip(along_m.tolist(), turn_rad.tolist(), strict=True)
    return _columns([ground_destination(lat_rad, lon_rad, landing.bearing_rad + turn, landing.range_m + far) for far, turn in moved])


def with_own_error(points: tuple[Array, Array], impact: Impact) -> tuple[Array, Array]:
    """Return the points moved by the system's error against the flown landing, with the spread that it states."""
    rng = np.random.default_rng(SEED + 1)
    distance_m, bearing_rad = ground_inverse(impact.flown_lat_rad, impact.flown_lon_rad, impact.lat_rad, impact.lon_rad)
    ee, en, nn = impact.cov_en_m2
    east_sigma = math.sqrt(max(ee, 1e-6))
    slope = en / east_sigma
    rest = math.sqrt(max(nn - slope * slope, 0.0))
    first, second = rng.normal(size=(2, SAMPLES))
    east_m = distance_m * math.sin(bearing_rad) + east_sigma * first
    north_m = distance_m * math.cos(bearing_rad) + slope * first + rest * second
    rows = zip(points[0].tolist(), points[1].tolist(), east_m.tolist(), north_m.tolist(), strict=True)
    return _columns([ground_destination(lat, lon, math.atan2(e, n), math.hypot(e, n)) for lat, lon, e, n in rows])


def p_inside(zones: Zones, nation: str, points: tuple[Array, Array]) -> float:
    """Return the probability to be inside a nation's EEZ (as ``geography.p_outside_eez`` means it)."""
    return 1.0 - p_outside_eez(zones, nation, points[0], points[1])


def _columns(points: list[tuple[float, float]]) -> tuple[Array, Array]:
    table = np.array(points)
    return np.ascontiguousarray(table[:, 0]), np.ascontiguousarray(table[:, 1])
