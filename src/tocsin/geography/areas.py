"""Alert areas: the prefecture or province of a point, and the chance of each area from impact samples.

``areas.npz`` is made by ``tools/build_areas.py`` from Natural Earth 1:10m admin-1: 47 prefectures of Japan, 17 provinces and
cities of the Republic of Korea, 11 of the DPRK, 21 of Taiwan, Alaska, Hawaii, Guam, the Northern Mariana Islands, the Far East
of Russia and the coast of China. Codes are ISO 3166-2 ("JP-02"); names are English, Korean and Japanese. Whether a point is
land at all is answered by ``zones``. Nothing here decides who is warned. Approximate, no legal value.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.errors import OurFault
from tocsin.geography.area_kernels import Bytes, Floats, Int32s, land_areas, nearest_area
from tocsin.geography.zones import Zones, land_nations

FORMAT: Final = 1  # version of the packaged file's layout
NEAR_AREA_M: Final = 25_000.0  # a point at sea this near to an area's land belongs to it: fishing boats, ferries, islets


class AreaNames(msgspec.Struct, frozen=True):
    """A name in the three languages of the first coalition."""

    en: str
    ko: str
    ja: str


class Area(msgspec.Struct, frozen=True):
    """One prefecture, province, state or city."""

    code: str  # ISO 3166-2
    nation: str  # ISO 3166-1 alpha-3
    names: AreaNames
    neighbours: tuple[str, ...]  # codes of the areas whose land lies within 10 km, sorted


class Raster(msgspec.Struct, frozen=True):
    """Frame of one raster of the nearest area."""

    south_deg: float
    west_deg: float
    step_deg: float
    rows: int
    columns: int


class AreasMeta(msgspec.Struct, frozen=True):
    """What the packaged file says about itself."""

    format: int
    source: str
    source_sha256: str
    credit: str
    notice: str
    rasters: tuple[Raster, ...]
    areas: tuple[Area, ...]  # sorted by code


@dataclass(frozen=True, slots=True, eq=False)
class _Areas:
    """The loaded file; the arrays are read-only and are described in ``area_kernels.nearest_area``."""

    meta: AreasMeta
    codes: tuple[str, ...]
    by_code: dict[str, Area]
    raster: Floats
    shape: Int32s
    cells: Bytes


def area_codes(zones: Zones) -> tuple[str, ...]:  # noqa: ARG001 - the grid of zones and the areas are one package of data
    """Return the codes of all areas, sorted: what ``area_indices`` counts in."""
    return _areas().codes


def area_of(zones: Zones, lat_rad: float, lon_rad: float) -> str | None:
    """Return the code of the area whose land holds a point or lies within 25 km of it; None for other land and open sea.

    Raises:
        OurFault: the position is not finite, or the latitude lies beyond a pole.
    """
    lat, lon = np.array([lat_rad], np.float64), np.array([lon_rad], np.float64)
    areas = _areas()
    if land_nations(zones, lat, lon)[0] >= 0:
        index = int(area_indices(zones, lat, lon)[0])
    else:
        index = nearest_area(float(lat_rad), float(lon_rad), areas.raster, areas.shape, areas.cells)
    return areas.codes[index] if index >= 0 else None


def area_indices(zones: Zones, lat_rad: Floats, lon_rad: Floats) -> NDArray[np.int32]:
    """Return the index of each position's area in ``area_codes``; -1 at sea and on land of no area.

    Raises:
        OurFault: as for ``zone_probabilities``.
    """
    areas = _areas()
    lat = np.ascontiguousarray(lat_rad, np.float64)
    lon = np.ascontiguousarray(lon_rad, np.float64)
    nations = land_nations(zones, lat, lon)
    area_nation, has_areas = _nation_tables(zones.meta.nations)
    out = np.empty(len(lat), np.int32)
    land_areas(nations, lat, lon, areas.raster, areas.shape, areas.cells, area_nation, has_areas, out)
    return out


def area_probabilities(zones: Zones, lat_rad: Floats, lon_rad: Floats) -> tuple[tuple[str, float], ...]:
    """Return (code, share of the equally likely positions on that area's land), sorted by code, without empty areas.

    Raises:
        OurFault: as for ``zone_probabilities``.
    """
    indices = area_indices(zones, lat_rad, lon_rad)
    counts = np.bincount(indices[indices >= 0], minlength=len(_areas().codes)).tolist()
    return tuple((code, count / len(indices)) for code, count in zip(_areas().codes, counts, strict=True) if count > 0)


def area_nation(code: str) -> str:
    """Return the nation of an area ("JPN" for "JP-02").

    Raises:
        OurFault: unknown code.
    """
    return _area(code).nation


def area_names(code: str) -> AreaNames:
    """Return the English, Korean and Japanese name of an area.

    Raises:
        OurFault: unknown code.
    """
    return _area(code).names


def area_neighbours(code: str) -> tuple[str, ...]:
    """Return the codes of the areas whose land lies within 10 km of an area's, sorted; other nations' among them.

    Raises:
        OurFault: unknown code.
    """
    return _area(code).neighbours


@lru_cache(maxsize=4)
def _nation_tables(nations: tuple[str, ...]) -> tuple[Int32s, Bytes]:
    """Nation index of each area, and which nations have areas, as ``area_kernels.land_areas`` takes them."""
    area_nation = np.array([nations.index(area.nation) for area in _areas().meta.areas], np.int32)
    has_areas = np.zeros(len(nations), np.uint8)
    has_areas[area_nation] = 1
    return area_nation, has_areas


def _area(code: str) -> Area:
    area = _areas().by_code.get(code)
    if area is None:
        raise OurFault(f"area: expected an ISO 3166-2 code of a packaged area, such as JP-02, KR-11 or US-GU, got {code!r}")
    return area


@lru_cache(maxsize=1)
def _areas() -> _Areas:
    """Read the packaged file (once)."""
    with np.load(BytesIO(files("tocsin.geography").joinpath("areas.npz").read_bytes())) as archive:
        meta = msgspec.json.decode(archive["meta"].tobytes(), type=AreasMeta)
        cells = archive["cells"]
    if meta.format != FORMAT:
        raise OurFault(f"areas.npz: expected format {FORMAT}, found {meta.format}; run tools/build_areas.py again")
    first, shape = 0, []
    for raster in meta.rasters:
        shape.append((raster.rows, raster.columns, first))
        first += raster.rows * raster.columns
    areas = _Areas(
        meta=meta,
        codes=tuple(area.code for area in meta.areas),
        by_code={area.code: area for area in meta.areas},
        raster=np.array([(raster.south_deg, raster.west_deg, raster.step_deg) for raster in meta.rasters]),
        shape=np.array(shape, np.int32),
        cells=cells,
    )
    for array in (areas.raster, areas.shape, areas.cells):
        array.flags.writeable = False
    return areas
