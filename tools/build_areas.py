"""Build the packaged alert areas: ``python tools/build_areas.py [--sources FOLDER] [--out DIR]``.

Reads Natural Earth 1:10m admin-1 and the Unicode CLDR through ``geo_sources``, and ``tools/areas.toml``; writes ``areas.npz``:
rasters of the nearest area within 25 km of its land, names in three languages, and which areas lie within 10 km of each other.
Needs numpy, scipy and shapely, which the package itself does not need for look-ups. Takes about a minute.
"""

import argparse
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import geo_sources
import msgspec
import numpy as np
import shapely
from build_zones import read_table, to_ecef
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

from tocsin.geography.areas import FORMAT, NEAR_AREA_M, Area, AreaNames, AreasMeta, Raster
from tocsin.geography.zones import NOTICE

Floats = NDArray[np.float64]

ROOT: Final = Path(__file__).resolve().parent.parent
# South, west, north, east, cell (deg), finest first: 0.02 is 2 km, about the accuracy of the borders; 0.1 where areas are large.
RASTERS: Final = (
    (20.0, 117.0, 46.6, 150.0, 0.02),  # Japan, Korea, Taiwan and the coasts around
    (13.0, 143.6, 21.0, 147.0, 0.02),  # Guam and the Northern Mariana Islands
    (18.0, 199.0, 23.0, 206.0, 0.02),  # Hawaii
    (15.0, 105.0, 76.0, 232.0, 0.1),  # the rest of the Far East, outlying islands, Alaska
)
NEIGHBOUR_M: Final = 10_000.0  # areas nearer than this are neighbours: a strait or a river is no safety
DENSIFY_DEG: Final = 0.01  # 1 km between the boundary points of the nearest-area search
CREDIT: Final = "Made with Natural Earth (public domain); names from the Unicode CLDR (Unicode licence)"


class NationAreas(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The areas of one nation: Natural Earth names by area code."""

    code: str
    iso2: str
    areas: dict[str, tuple[str, ...]]


class Move(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Pieces of land that the source draws in the wrong area."""

    from_: str
    to: str
    box_deg: tuple[float, float, float, float]  # south, west, north, east
    source: str


class AreaTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``tools/areas.toml``."""

    nation: tuple[NationAreas, ...]
    move: tuple[Move, ...]
    names: dict[str, AreaNames]


@dataclass(frozen=True)
class Region:
    """One area as the builder needs it."""

    code: str
    nation: str
    shape: BaseGeometry
    points: tuple[tuple[float, float], ...]  # islets that the source leaves out: (lat_deg, lon_deg)


def main() -> None:
    """Build the file and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--sources", type=Path, default=ROOT / ".sources", help="folder of the fetched packages")
    parser.add_argument("--out", type=Path, default=ROOT / "src" / "tocsin" / "geography")
    options = parser.parse_args()
    sources = geo_sources.Sources(options.sources)
    table = msgspec.convert(tomllib.loads((ROOT / "tools" / "areas.toml").read_text()), AreaTable)
    regions = read_regions(sources.world_map(), table)
    names = area_names(table, [region.code for region in regions], sources.cldr())
    boundary = [boundary_points(region) for region in regions]
    near = neighbours(regions, boundary)
    rasters, cells = [], []
    for south, west, north, east, step in RASTERS:
        rows, columns = round((north - south) / step), round((east - west) / step)
        rasters.append(Raster(south, west, step, rows, columns))
        cells.append(fill(regions, boundary, rasters[-1]))
    meta = AreasMeta(
        format=FORMAT,
        source="qgis-common world_map.gpkg (Natural Earth 4.1.0, 1:10m admin-1)",
        source_sha256=geo_sources.SHA256["world_map.gpkg"],
        credit=CREDIT,
        notice=NOTICE,
        rasters=tuple(rasters),
        areas=tuple(Area(r.code, r.nation, names[r.code], near[r.code]) for r in regions),
    )
    path = options.out / "areas.npz"
    packed = np.frombuffer(msgspec.json.encode(meta), np.uint8)
    np.savez_compressed(path, meta=packed, cells=np.concatenate([raster.ravel() for raster in cells]))
    print(f"{path}: {path.stat().st_size:,} bytes, {len(regions)} areas")


def read_regions(world_map: Path, table: AreaTable) -> list[Region]:
    """Return all areas, sorted by code, with the islets that the table of islets assigns to them."""
    islets = read_table().islet
    regions = []
    for nation in table.nation:
        polygons = geo_sources.admin1_polygons(world_map, nation.iso2)
        for code, names in nation.areas.items():
            missing = [name for name in names if name not in polygons]
            if missing:
                raise SystemExit(f"{code}: expected a region of {sorted(polygons)}, got {missing}; mend tools/areas.toml")
            shape = shapely.unary_union([shapely.make_valid(g) for name in names for g in polygons[name]])
            points = tuple((islet.lat_deg, islet.lon_deg) for islet in islets if islet.area == code)
            regions.append(Region(code, nation.code, shape, points))
    for move in table.move:
        regions = moved(regions, move)
    known = {region.code for region in regions}
    unknown = sorted({islet.area for islet in islets} - known - {""})
    if unknown:
        raise SystemExit(f"tools/islets.toml: expected area codes of tools/areas.toml, got {unknown}")
    return sorted(regions, key=lambda region: region.code)


def moved(regions: list[Region], move: Move) -> list[Region]:
    """Return the regions with the pieces of one in the other."""
    south, west, north, east = move.box_deg
    frame = shapely.box(west, south, east, north)
    pieces = shapely.get_parts(next(region.shape for region in regions if region.code == move.from_))
    inside = np.array([bool(frame.contains(piece.centroid)) for piece in pieces])
    if not inside.any():
        raise SystemExit(f"move to {move.to}: expected pieces of {move.from_} in {move.box_deg}, found none")
    shapes = {move.from_: shapely.union_all(pieces[~inside])}
    shapes[move.to] = shapely.union_all([*pieces[inside], next(region.shape for region in regions if region.code == move.to)])
    return [replace(region, shape=shapes.get(region.code, region.shape)) for region in regions]


def area_names(table: AreaTable, codes: list[str], cldr: Path) -> dict[str, AreaNames]:
    """Return the names of all areas: the table's own, else those of the CLDR (a territory's where it has no subdivision)."""
    subdivisions, territories = geo_sources.subdivision_names(cldr), geo_sources.territory_names(cldr)
    names = {}
    for code in codes:
        found = territories.get(code[3:], {}) | subdivisions.get(code, {}) if code in {"US-GU", "US-MP"} else subdivisions.get(code, {})
        if code not in table.names and set(found) != set(geo_sources.LANGUAGES):
            raise SystemExit(f"{code}: expected a name in {geo_sources.LANGUAGES}, found {found}; add it to [names] of tools/areas.toml")
        names[code] = table.names[code] if code in table.names else AreaNames(**found)
    return names


def boundary_points(region: Region) -> Floats:
    """(n, 2) latitude and longitude of points at most 1 km apart on an area's boundary, and its islets."""
    rings = shapely.get_coordinates(shapely.segmentize(shapely.boundary(region.shape), DENSIFY_DEG))[:, ::-1]
    return np.concatenate([rings, np.array(region.points).reshape(-1, 2)])


def neighbours(regions: list[Region], boundary: list[Floats]) -> dict[str, tuple[str, ...]]:
    """Return the codes of the areas within ``NEIGHBOUR_M`` of each area."""
    trees = [cKDTree(to_ecef(points[:, 0], points[:, 1])) for points in boundary]
    near: dict[str, list[str]] = {region.code: [] for region in regions}
    for i, one in enumerate(regions):
        for j in range(i):
            if trees[i].count_neighbors(trees[j], NEIGHBOUR_M) > 0:
                near[one.code].append(regions[j].code)
                near[regions[j].code].append(one.code)
    return {code: tuple(sorted(codes)) for code, codes in near.items()}


def fill(regions: list[Region], boundary: list[Floats], raster: Raster) -> NDArray[np.uint8]:
    """(rows, columns) index + 1 of the area that holds a cell's middle, else of the nearest one within reach, else 0."""
    lat = raster.south_deg + raster.step_deg * (np.arange(raster.rows) + 0.5)
    lon = raster.west_deg + raster.step_deg * (np.arange(raster.columns) + 0.5)
    out = np.zeros((raster.rows, raster.columns), np.uint8)
    west_lon = np.where(lon > 180.0, lon - 360.0, lon)
    for index, region in enumerate(regions):
        for part in getattr(region.shape, "geoms", [region.shape]):
            west, south, east, north = part.bounds
            rows, columns = np.flatnonzero((lat >= south) & (lat <= north)), np.flatnonzero((west_lon >= west) & (west_lon <= east))
            if len(rows) and len(columns):
                shapely.prepare(part)
                x, y = np.meshgrid(west_lon[columns], lat[rows])
                block = out[np.ix_(rows, columns)]
                block[shapely.contains_xy(part, x, y)] = index + 1
                out[np.ix_(rows, columns)] = block
    points = np.concatenate(boundary)
    label = np.repeat(np.arange(len(regions)), [len(p) for p in boundary])
    tree = cKDTree(to_ecef(points[:, 0], points[:, 1]))
    row, column = np.nonzero(out == 0)
    distance_m, nearest = tree.query(to_ecef(lat[row], lon[column]), distance_upper_bound=NEAR_AREA_M)
    found = np.isfinite(distance_m)
    out[row[found], column[found]] = label[nearest[found]] + 1
    return out


if __name__ == "__main__":
    main()
