"""Where is a point, in words: the nearest named place, its distance and the bearing from it ("250 km west of Oshima-Oshima").

``places.json`` is made by ``tools/build_places.py``: the places that announcements in the theatre refer to, and the cities of
all time zones, so that every point on the earth has an answer. A place is a point; nothing here knows areas or coasts.
Approximate, no legal value.
"""

import math
from functools import lru_cache
from importlib.resources import files
from typing import Final

import msgspec

from tocsin.errors import OurFault
from tocsin.geography.areas import AreaNames
from tocsin.kernels.geodesy import geodetic2ecef, ground_inverse
from tocsin.units import DEG, KM

Vector = tuple[float, float, float]

AT_PLACE_M: Final = 2_000.0  # nearer than this a direction says nothing: positions are rounded to 1 km
COMPASS: Final = ("north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest")
# Distances are said to a step that keeps the rounding below a tenth; announcements give tens of kilometres.
ROUNDING_M: Final = ((20.0 * KM, 1.0 * KM), (100.0 * KM, 5.0 * KM), (1_000.0 * KM, 10.0 * KM), (math.inf, 100.0 * KM))


class Place(msgspec.Struct, frozen=True):
    """One named place."""

    names: AreaNames
    lat_deg: float
    lon_deg: float


class PlacesFile(msgspec.Struct, frozen=True):
    """The packaged file."""

    notice: str
    credit: str
    places: tuple[Place, ...]


class PlaceFix(msgspec.Struct, frozen=True):
    """A point as seen from the nearest named place."""

    name: AreaNames
    distance_m: float
    bearing_rad: float  # from the place to the point, clockwise from north, 0 to 2 pi


def nearest_place(lat_rad: float, lon_rad: float) -> PlaceFix:
    """Return the named place nearest to a point (there is always one; it may be thousands of kilometres away).

    Raises:
        OurFault: the position is not finite, or the latitude lies beyond a pole.
    """
    places, positions = _places()
    point = check_position(lat_rad, lon_rad)
    place = places[nearest_index(point, positions)]
    distance_m, bearing_rad = ground_inverse(place.lat_deg * DEG, place.lon_deg * DEG, float(lat_rad), float(lon_rad))
    return PlaceFix(place.names, float(distance_m), float(bearing_rad))


def place_words(lat_rad: float, lon_rad: float) -> str:
    """Return the nearest place in English words, such as "250 km west of Oshima-Oshima" or "at Seoul".

    Raises:
        OurFault: as for ``nearest_place``.
    """
    fix = nearest_place(lat_rad, lon_rad)
    if fix.distance_m < AT_PLACE_M:
        return f"at {fix.name.en}"
    step_m = next(step for limit, step in ROUNDING_M if fix.distance_m < limit)
    distance_km = round(step_m * round(fix.distance_m / step_m) / KM)
    return f"{distance_km:,} km {compass_point(fix.bearing_rad)} of {fix.name.en}"


def compass_point(bearing_rad: float) -> str:
    """Return the nearest of eight compass points for a bearing clockwise from north."""
    return COMPASS[round(bearing_rad / (0.25 * math.pi)) % len(COMPASS)]


def check_position(lat_rad: float, lon_rad: float) -> Vector:
    """Return the Earth-centred position of a point on the ellipsoid.

    Raises:
        OurFault: the position is not finite, or the latitude lies beyond a pole.
    """
    if not (abs(lat_rad) <= math.nextafter(0.5 * math.pi, 2.0) and math.isfinite(lon_rad)):
        raise OurFault(f"position: expected finite radians with latitude within +-pi/2, got {lat_rad}, {lon_rad}")
    return geodetic2ecef(float(lat_rad), float(lon_rad), 0.0)


def nearest_index(point: Vector, positions: tuple[Vector, ...]) -> int:
    """Return the index of the position with the shortest chord to a point."""
    x, y, z = point
    best, best_m2 = 0, math.inf
    for index, (px, py, pz) in enumerate(positions):
        chord_m2 = (x - px) * (x - px) + (y - py) * (y - py) + (z - pz) * (z - pz)
        if chord_m2 < best_m2:
            best, best_m2 = index, chord_m2
    return best


@lru_cache(maxsize=1)
def _places() -> tuple[tuple[Place, ...], tuple[Vector, ...]]:
    """Read the packaged file (once)."""
    content = msgspec.json.decode(files("tocsin.geography").joinpath("places.json").read_bytes(), type=PlacesFile)
    return content.places, tuple(geodetic2ecef(p.lat_deg * DEG, p.lon_deg * DEG, 0.0) for p in content.places)
