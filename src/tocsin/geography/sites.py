"""The launch site nearest to a point: a hint for people, never a fact and never an input to an estimate.

``sites.json`` is made by ``tools/build_places.py`` from ``tools/sites.toml`` (sites of the DPRK by the nk-missile-tests data,
derived from the CNS/NTI database; others from public gazetteers). Mobile launchers need no site, so "none near" is normal.
"""

from functools import lru_cache
from importlib.resources import files
from typing import Final

import msgspec

from tocsin.geography.places import Vector, check_position, nearest_index
from tocsin.kernels.geodesy import geodetic2ecef, ground_inverse
from tocsin.units import DEG

REACH_M: Final = 100_000.0  # farther away a site's name misleads; launch estimates are better than this


class Site(msgspec.Struct, frozen=True):
    """One launch site in the public record."""

    name: str
    nation: str
    lat_deg: float
    lon_deg: float


class SitesFile(msgspec.Struct, frozen=True):
    """The packaged file."""

    notice: str
    credit: str
    sites: tuple[Site, ...]


class SiteFix(msgspec.Struct, frozen=True):
    """The nearest site and how far it is."""

    name: str
    distance_m: float


def nearest_site(lat_rad: float, lon_rad: float) -> SiteFix | None:
    """Return the launch site nearest to a point, or None if none lies within 100 km.

    Raises:
        OurFault: the position is not finite, or the latitude lies beyond a pole.
    """
    sites, positions = _sites()
    point = check_position(lat_rad, lon_rad)
    site = sites[nearest_index(point, positions)]
    distance_m, _ = ground_inverse(site.lat_deg * DEG, site.lon_deg * DEG, float(lat_rad), float(lon_rad))
    return SiteFix(site.name, float(distance_m)) if distance_m <= REACH_M else None


@lru_cache(maxsize=1)
def _sites() -> tuple[tuple[Site, ...], tuple[Vector, ...]]:
    """Read the packaged file (once)."""
    content = msgspec.json.decode(files("tocsin.geography").joinpath("sites.json").read_bytes(), type=SitesFile)
    return content.sites, tuple(geodetic2ecef(s.lat_deg * DEG, s.lon_deg * DEG, 0.0) for s in content.sites)
