"""Build the packaged zone grids and map outlines: ``python tools/build_zones.py [--sources FOLDER] [--out DIR]``.

Reads Natural Earth 1:10m countries through ``geo_sources`` and ``tools/islets.toml`` through ``coasts``; writes ``zones.npz``
and ``outlines.npz``. Needs numpy, scipy and shapely, which the package itself does not need for look-ups. Takes minutes.

Method: each nation's boundary is filled up with points and put into a KD-tree in Earth-centred coordinates; the chord to the
nearest point is turned into an arc; the sign comes from a point-in-polygon test. Four grids hold the fields, all cut into cells
of 8 x 8 sub-cells: the theatre and the world, and for each the finer cells that a coast crosses. A cell holds only the nations
near it. The same input gives the same arrays; the input's checksum is in the file's own description.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geo_sources
import msgspec
import numpy as np
import shapely
from coasts import (
    MEMBERS,
    ROOT,
    Blur,
    Coast,
    Floats,
    Ints,
    World,
    boundary_points,
    read_table,
    read_world,
    sea_points,
    table_sha256,
    to_ecef,
)
from numpy.typing import NDArray
from outline_file import write_outlines
from scipy.spatial import cKDTree
from shapely.geometry import MultiPolygon, Polygon

from tocsin.geography.zone_grids import COARSER, FORMAT, TILE_K, BlurFrame, GridMeta, ZoneMeta, last_columns, refined_tiles
from tocsin.geography.zone_kernels import EEZ_LIMIT_M, FAR_M
from tocsin.geography.zones import EEZ_LIMIT_SIGMA_M, NOTICE, WORLD_SIGMA_M

Int16s = NDArray[np.int16]

DEEPEST_M: Final = 100_000.0  # how far inland a point lies is cut here, which keeps the file small
LONGEST_QUANTA: Final = 32_000  # distances are cut at the range of 16 bits
FINE_M: Final = 200.0  # between coast points in the theatre: half of it is the largest error, and only beside the coast
ROUGH_M: Final = 1_000.0  # elsewhere
FINE_DEG: Final = (5.0, 110.0, 67.0, 170.0)  # the theatre and what lies around it
BATCH: Final = 200_000  # positions per KD-tree query, to bound memory
BLUR_STEP_DEG: Final = 0.1


@dataclass(frozen=True)
class Frame:
    """One grid of cells, and how far away a nation may be to be listed in a cell."""

    south_deg: float
    west_deg: float
    cell_deg: float
    rows: int
    columns: int
    quantum_m: float
    listed_m: float  # distance from a corner of the cell

    def lattice(self) -> tuple[Floats, Floats]:
        """Return latitudes and longitudes of all nodes."""
        step = self.cell_deg / TILE_K
        lat = self.south_deg + step * np.arange(self.rows * TILE_K + 1)
        lon = self.west_deg + step * np.arange(self.columns * TILE_K + 1)
        return lat, lon


# 0.05 degree (5.6 km) between nodes: the bilinear error near the JPN limit stays below 1 km; 0.0125 beside a coast (1.4 km, about
# its accuracy). The world: 0.25 and 0.0625. Quanta are well below the accuracy. A nation is listed if a corner of the cell lies
# this near to its coast: in the theatre 400 nautical miles and more, so that margins are whole wherever two nations share a limit;
# in the world so far that any limit within 45 km is where it should be, and margins beyond that are lower bounds.
THEATRE: Final = Frame(10.0, 115.0, 0.4, 130, 125, 50.0, 850_000.0)
THEATRE_COAST: Final = Frame(10.0, 115.0, 0.1, 520, 500, 50.0, 0.0)
WORLD: Final = Frame(-90.0, -180.0, 2.0, 90, 180, 500.0, 620_000.0)
WORLD_COAST: Final = Frame(-90.0, -180.0, 0.5, 360, 720, 500.0, 0.0)
REACH_M: Final = (800_000.0, 460_000.0)  # a nation that a cell does not list is at least this far from every point of it


@dataclass(frozen=True)
class Shore:
    """A layer's coast, ready to be searched."""

    coast: Coast
    lat_deg: Floats
    lon_deg: Floats
    tree: cKDTree


@dataclass(frozen=True)
class Tiles:
    """The entries of one grid, sorted by layer, then cell: (entries,), (entries,), (entries, 9, 9)."""

    layer: Ints
    cell: Ints
    nodes: Ints


def main() -> None:
    """Build both files and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--sources", type=Path, default=ROOT / ".sources", help="folder of the fetched packages")
    parser.add_argument("--out", type=Path, default=ROOT / "src" / "tocsin" / "geography")
    options = parser.parse_args()
    sources = geo_sources.Sources(options.sources)
    table = read_table()
    world = read_world(sources.countries(), table, geo_sources.territory_codes(sources.cldr()))
    shores = [shore(world.coasts[layer.key]) for layer in world.layers]
    print(f"{len(world.nations)} nations, {sum(len(s.lat_deg) for s in shores):,} coast points")
    print("without zones:", *(n for n, zones in zip(world.nations, world.with_zones, strict=True) if not zones))
    grids = []
    for base, fine in ((THEATRE, THEATRE_COAST), (WORLD, WORLD_COAST)):
        grids += [base_tiles(base, shores), coast_tiles(fine, shores, world.border)]
        print(f"entries: {len(grids[-2].cell):,} and {len(grids[-1].cell):,} beside coasts")
    meta = ZoneMeta(
        format=FORMAT,
        source=f"{geo_sources.COUNTRIES_PACKAGE} countries-10m.json (Natural Earth 4.1.0, 1:10m)",
        source_sha256=geo_sources.SHA256["countries-10m.json"],
        islets_sha256=table_sha256(),
        credit=geo_sources.CREDIT,
        notice=NOTICE,
        grids=tuple(
            GridMeta(f.south_deg, f.west_deg, f.cell_deg, f.rows, f.columns, f.quantum_m, REACH_M[k // 2])
            for k, f in enumerate((THEATRE, THEATRE_COAST, WORLD, WORLD_COAST))
        ),
        deepest_m=DEEPEST_M,
        nations=world.nations,
        whole_eez=tuple(n for n, zones in zip(world.nations, world.with_zones, strict=True) if zones),
        layers=world.layers,
        perspectives=world.perspectives,
        blur=BlurFrame(THEATRE.south_deg, THEATRE.west_deg, BLUR_STEP_DEG, WORLD_SIGMA_M),
    )
    write_zones(options.out / "zones.npz", meta, grids, blur_raster(table.blur))
    lat_deg, lon_deg = THEATRE.lattice()
    margins, coast_m = margin_fields(grids[0], world, len(lat_deg), len(lon_deg))
    write_outlines(options.out / "outlines.npz", world, margins, coast_m, lat_deg, lon_deg)
    for name in ("zones.npz", "outlines.npz"):
        print(f"{options.out / name}: {(options.out / name).stat().st_size:,} bytes")


# --- distance fields -------------------------------------------------------------------------------------------------


def shore(coast: Coast) -> Shore:
    """Return a coast ready to be searched."""
    lat, lon = boundary_points(coast, FINE_DEG, FINE_M, ROUGH_M)
    return Shore(coast, lat, lon, cKDTree(to_ecef(lat, lon)))


def signed_m(one: Shore, lat_deg: Floats, lon_deg: Floats) -> Floats:
    """Signed distance (m) to a coast at flat arrays of positions, negative on its land."""
    land = MultiPolygon(one.coast.polygons) if one.coast.polygons else Polygon()
    shapely.prepare(land)
    out = np.empty(len(lat_deg))
    for start in range(0, len(lat_deg), BATCH):
        lat, lon = lat_deg[start : start + BATCH], lon_deg[start : start + BATCH]
        position_m = to_ecef(lat, lon)
        chord_m = one.tree.query(position_m)[0]
        radius_m = np.linalg.norm(position_m, axis=1)
        arc_m = 2.0 * radius_m * np.arcsin(np.minimum(chord_m / (2.0 * radius_m), 1.0))
        inside = shapely.contains_xy(land, np.clip(lon, -179.9999, 179.9999), np.clip(lat, -89.9999, 89.9999))  # off the seam
        out[start : start + BATCH] = np.where(inside, -1.0, 1.0) * arc_m
    return out


def quanta(distance_m: Floats, quantum_m: float) -> Ints:
    """Distances in whole quanta, cut at the deepest and the longest."""
    return np.clip(np.rint(np.maximum(distance_m, -DEEPEST_M) / quantum_m), -LONGEST_QUANTA, LONGEST_QUANTA).astype(np.int32)


def base_tiles(frame: Frame, shores: list[Shore]) -> Tiles:
    """Return the entries of a base grid: per cell all layers near one of its corners, and the nearest one anywhere."""
    lat = frame.south_deg + frame.cell_deg * np.arange(frame.rows + 1)
    lon = frame.west_deg + frame.cell_deg * np.arange(frame.columns + 1)
    corner_lat, corner_lon = (a.ravel() for a in np.meshgrid(lat, lon, indexing="ij"))
    corners = np.array([signed_m(one, corner_lat, corner_lon) for one in shores], np.float32).reshape(len(shores), len(lat), len(lon))
    nearest = corners.argmin(axis=0)
    tiles = []
    looked_up = np.ones(frame.rows * frame.columns, bool)
    if frame is WORLD:
        row, column = np.divmod(np.arange(frame.rows * frame.columns), frame.columns)
        middle_lat, middle_lon = (frame.south_deg + frame.cell_deg * (row + 0.5), frame.west_deg + frame.cell_deg * (column + 0.5))
        looked_up = ~in_theatre(middle_lat, middle_lon, 0.5 * frame.cell_deg)
    for index, one in enumerate(shores):
        wanted = (corners[index] <= frame.listed_m) | (nearest == index)
        near = wanted[:-1, :-1] | wanted[:-1, 1:] | wanted[1:, :-1] | wanted[1:, 1:]
        cell = np.flatnonzero(near.ravel() & looked_up).astype(np.int32)
        tiles.append(layer_tiles(frame, one, index, cell))
    return joined(tiles)


def coast_tiles(frame: Frame, shores: list[Shore], border: NDArray[np.int64]) -> Tiles:
    """Return the entries of a finer grid: the cells that a coast crosses; in the world only those at sea, outside the theatre."""
    tiles = []
    for index, one in enumerate(shores):
        lat, lon = (one.lat_deg, one.lon_deg) if frame is THEATRE_COAST else sea_points(one.coast, border)
        row, column = np.floor((lat - frame.south_deg) / frame.cell_deg), np.floor((lon - frame.west_deg) / frame.cell_deg)
        inside = (row >= 0) & (row < frame.rows) & (column >= 0) & (column < frame.columns)
        if frame is WORLD_COAST:
            inside &= ~in_theatre(lat, lon, WORLD_COAST.cell_deg)
        cell = np.unique((row * frame.columns + column)[inside].astype(np.int32))
        tiles.append(layer_tiles(frame, one, index, cell))
    return joined(tiles)


def in_theatre(lat_deg: Floats, lon_deg: Floats, edge_deg: float) -> NDArray[np.bool_]:
    """Whether points lie in the theatre, at least ``edge_deg`` from its edge."""
    north, east = THEATRE.south_deg + THEATRE.cell_deg * THEATRE.rows, THEATRE.west_deg + THEATRE.cell_deg * THEATRE.columns
    in_lat = (lat_deg >= THEATRE.south_deg + edge_deg) & (lat_deg <= north - edge_deg)
    return in_lat & (lon_deg >= THEATRE.west_deg + edge_deg) & (lon_deg <= east - edge_deg)


def layer_tiles(frame: Frame, one: Shore, index: int, cell: Ints) -> Tiles:
    """Return the entries of one layer in the given cells; each node is computed once."""
    lat, lon = frame.lattice()
    part = np.arange(TILE_K + 1)
    row, column = cell // frame.columns * TILE_K, cell % frame.columns * TILE_K
    node = (row[:, None, None] + part[None, :, None]) * len(lon) + column[:, None, None] + part[None, None, :]
    unique, inverse = np.unique(node, return_inverse=True)
    value = quanta(signed_m(one, lat[unique // len(lon)], lon[unique % len(lon)]), frame.quantum_m)
    return Tiles(np.full(len(cell), index, np.int32), cell, value[inverse.reshape(node.shape)])


def joined(tiles: list[Tiles]) -> Tiles:
    """Return all entries as one."""
    return Tiles(
        np.concatenate([t.layer for t in tiles]), np.concatenate([t.cell for t in tiles]), np.concatenate([t.nodes for t in tiles])
    )


def margin_fields(tiles: Tiles, world: World, rows: int, columns: int) -> tuple[dict[str, Floats], Floats]:
    """Margin (m) to each known nation's EEZ limit at the theatre's nodes, default owners, and the nearest coast (m)."""
    fields = {nation: np.full((rows, columns), FAR_M) for nation in (*MEMBERS, "")}  # "" for all other nations
    part = np.arange(TILE_K + 1)
    for index, layer in enumerate(world.layers):
        chosen = tiles.layer == index
        if not layer.owner or not world.with_zones[world.nations.index(layer.owner)] or not chosen.any():
            continue
        cell = tiles.cell[chosen]
        row, column = cell // THEATRE.columns * TILE_K, cell % THEATRE.columns * TILE_K
        field = fields[layer.owner if layer.owner in MEMBERS else ""]
        place = (row[:, None, None] + part[None, :, None], column[:, None, None] + part[None, None, :])
        np.minimum.at(field, place, tiles.nodes[chosen] * THEATRE.quantum_m)
    margins = {}
    for nation in MEMBERS:
        other_m = np.min([field for key, field in fields.items() if key != nation], axis=0)
        margins[nation] = np.minimum(EEZ_LIMIT_M - fields[nation], 0.5 * (other_m - fields[nation]))
    return margins, np.min(list(fields.values()), axis=0)


def blur_raster(blurs: tuple[Blur, ...]) -> NDArray[np.uint8]:
    """(rows, columns) 1-sigma error of the limits in km over the theatre; where two parts overlap the larger one."""
    rows, columns = round(THEATRE.rows * THEATRE.cell_deg / BLUR_STEP_DEG), round(THEATRE.columns * THEATRE.cell_deg / BLUR_STEP_DEG)
    lat = THEATRE.south_deg + BLUR_STEP_DEG * (np.arange(rows) + 0.5)
    lon = THEATRE.west_deg + BLUR_STEP_DEG * (np.arange(columns) + 0.5)
    x, y = np.meshgrid(lon, lat)
    out = np.full((rows, columns), round(EEZ_LIMIT_SIGMA_M / 1_000.0), np.uint8)
    for blur in blurs:
        area = Polygon([(lon_deg, lat_deg) for lat_deg, lon_deg in blur.polygon])
        inside = shapely.contains_xy(area, x, y)
        if not inside.any():
            raise SystemExit(f"blur {blur.name}: expected a polygon inside the theatre, found no cell in it")
        out[inside] = np.maximum(out[inside], round(blur.sigma_km))
    return out


# --- writing ---------------------------------------------------------------------------------------------------------


def write_zones(path: Path, meta: ZoneMeta, grids: list[Tiles], blur_km: NDArray[np.uint8]) -> None:
    """Write the grids in the form that ``zone_grids`` reads: differences that are mostly zero, in two byte planes."""
    arrays: dict[str, NDArray[np.generic]] = {"meta": np.frombuffer(msgspec.json.encode(meta), np.uint8), "blur_km": blur_km}
    for k, tiles in enumerate(grids):
        counts = np.bincount(tiles.layer, minlength=len(meta.layers))
        first = np.repeat(np.cumsum(counts) - counts, counts) == np.arange(len(tiles.cell))
        arrays[f"count_{k}"] = counts.astype(np.int32)
        arrays[f"cell_step_{k}"] = np.where(first, tiles.cell, np.diff(tiles.cell, prepend=np.int32(0))).astype(np.int32)
        nodes = tiles.nodes.astype(np.int16)
        if k in COARSER:
            base = grids[COARSER[k]]
            guess = refined_tiles(meta, k, tiles.cell, tiles.layer, base.cell, base.layer, base.nodes.astype(np.int16))
            folded = fold(nodes - guess)
        else:
            folded = fold_strip(tiles, nodes, meta.grids[k].columns)
        arrays[f"low_{k}"] = (folded & 0xFF).astype(np.uint8)
        arrays[f"high_{k}"] = (folded >> 8).astype(np.uint8)
    np.savez_compressed(path, **arrays)


def fold_strip(tiles: Tiles, nodes: Int16s, columns: int) -> NDArray[np.uint16]:
    """(9, entries * 8 + entries) what ``zone_grids.unpack_strip`` reads, folded."""
    strip = np.ascontiguousarray(nodes[:, :, :TILE_K].transpose(1, 0, 2)).reshape(TILE_K + 1, -1).view(np.uint16)
    step = np.diff(strip, axis=1, prepend=np.uint16(0))
    inner = np.diff(step, axis=1, prepend=np.uint16(0)).view(np.int16)
    edge = nodes[:, :, TILE_K] - last_columns(nodes, tiles.cell, tiles.layer, columns)
    return fold(np.concatenate([inner, edge.T], axis=1))


def fold(residual: Int16s) -> NDArray[np.uint16]:
    """Fold 0, -1, 1, -2 ... into 0, 1, 2, 3 ..., so that small residuals have an empty high byte."""
    return ((residual << 1) ^ (residual >> 15)).view(np.uint16)


if __name__ == "__main__":
    main()
