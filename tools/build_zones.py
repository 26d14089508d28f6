"""Build the packaged zone grid and map outlines: ``python tools/build_zones.py [--countries FILE] [--out DIR]``.

Reads Natural Earth 1:10m countries (TopoJSON ``countries-10m.json`` of the npm package world-atlas 2.0.2, fetched with
``npm pack`` unless ``--countries`` names the file) and ``tools/islets.toml``; writes ``zones.npz`` and ``outlines.npz``.
Needs numpy, scipy and shapely, which the package itself does not need for look-ups. Takes about three minutes.

Method: each nation's boundary is filled up to one point every 200 m and put into a KD-tree in Earth-centred coordinates;
the chord to the nearest point is turned into an arc; the sign comes from a point-in-polygon test. The fields are stored in
whole quanta at the nodes of a regular grid, with finer nodes in the cells that a coast crosses. The same input gives the
same arrays; the input's checksum is in the file's own description.
"""

import argparse
import hashlib
import json
import subprocess
import tarfile
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.ops import linemerge

from tocsin.geography.outlines import QUANTUM_DEG
from tocsin.geography.zone_kernels import EEZ_LIMIT_M, FAR_M
from tocsin.geography.zones import FORMAT, NOTICE, TILE_K, Layer, ZoneMeta, interpolate_tiles
from tocsin.units import WGS84_A_M, WGS84_E2

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]

ROOT: Final = Path(__file__).resolve().parent.parent
PACKAGE: Final = "world-atlas@2.0.2"
COUNTRIES_SHA256: Final = "3bc6f1d367a9bcec479841bae0e76092f512838411d0cef124e92eec4db45f79"
CREDIT: Final = "Made with Natural Earth (public domain), from the world-atlas package by Mike Bostock (ISC licence)"

SOUTH_DEG, NORTH_DEG, WEST_DEG, EAST_DEG = 10.0, 62.0, 115.0, 165.0
STEP_DEG: Final = 0.05  # 5.6 km: bilinear error near the JPN limit stays below 1 km
QUANTUM_M: Final = 50.0  # well below the accuracy of the coast
FARTHEST_M: Final = 1_000_000.0  # larger distances are cut: two nations that far off cannot share a 200 nm limit
DEEPEST_M: Final = 100_000.0  # how far inland a point lies is cut too; both halve the file
DENSIFY_M: Final = 200.0  # half of it is the largest error of a nearest point, and only beside the coast
BATCH: Final = 200_000  # positions per KD-tree query, to bound memory

# Natural Earth names per nation code; every other country is "other". Spratly Is. and Scarborough Reef have no effect.
MEMBERS: Final = {
    "JPN": ("Japan",),
    "KOR": ("South Korea",),
    "PRK": ("North Korea",),
    "CHN": ("China", "Hong Kong", "Macao"),
    "RUS": ("Russia",),
    "TWN": ("Taiwan",),
    "USA": ("United States of America", "Guam", "N. Mariana Is.", "U.S. Minor Outlying Is."),
    "other": (),
}
NO_EFFECT: Final = ("Spratly Is.", "Scarborough Reef")
RING_POINTS: Final = 4  # a triangle and its closing point: the least that makes a polygon
SIMPLIFY_DEG: Final = 0.01  # about 1 km, invisible on a page-wide map
SMALLEST_DEG2: Final = 0.0005  # about 5 km2: smaller pieces of land are not drawn


class Islet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of the table: a base point without area."""

    name: str
    nation: str
    lat_deg: float
    lon_deg: float
    source: str
    area: str = ""  # alert area it belongs to, where that is not the area of the nearest large land


class Feature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One disputed feature: its own points, and what it takes out of a nation's land."""

    key: str
    claimed_by: tuple[str, ...]
    owner: str
    source: str
    points: tuple[tuple[float, float], ...]
    taken_from: str = ""
    box_deg: tuple[float, float, float, float] | None = None  # south, west, north, east


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``tools/islets.toml``."""

    islet: tuple[Islet, ...]
    feature: tuple[Feature, ...]


@dataclass(frozen=True)
class Coast:
    """The land of one layer: polygons, and base points without area as (lat_deg, lon_deg)."""

    polygons: tuple[Polygon, ...]
    points: tuple[tuple[float, float], ...]


def main() -> None:
    """Build both files and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--countries", type=Path, help="countries-10m.json of world-atlas 2.0.2 (fetched if left out)")
    parser.add_argument("--islets", type=Path, default=ROOT / "tools" / "islets.toml")
    parser.add_argument("--out", type=Path, default=ROOT / "src" / "tocsin" / "geography")
    options = parser.parse_args()
    countries = options.countries.read_bytes() if options.countries else fetch_countries()
    if hashlib.sha256(countries).hexdigest() != COUNTRIES_SHA256:
        raise SystemExit(f"countries file: expected sha256 {COUNTRIES_SHA256}, got another file; use that of {PACKAGE}")
    islets = options.islets.read_bytes()
    table = msgspec.convert(tomllib.loads(islets.decode()), Table, strict=False)
    coasts, layers = read_coasts(countries, table)
    lat_deg: Floats = np.arange(round((NORTH_DEG - SOUTH_DEG) / STEP_DEG) + 1, dtype=np.float64) * STEP_DEG + SOUTH_DEG
    lon_deg: Floats = np.arange(round((EAST_DEG - WEST_DEG) / STEP_DEG) + 1, dtype=np.float64) * STEP_DEG + WEST_DEG
    coarse, tiles = fields(coasts, lat_deg, lon_deg)
    margins = {nation: margin_field(coarse, layers, nation) for nation in MEMBERS}
    meta = ZoneMeta(
        format=FORMAT,
        source=f"{PACKAGE} countries-10m.json (Natural Earth 4.1.0, 1:10m)",
        source_sha256=COUNTRIES_SHA256,
        islets_sha256=hashlib.sha256(islets).hexdigest(),
        credit=CREDIT,
        notice=NOTICE,
        south_deg=SOUTH_DEG,
        west_deg=WEST_DEG,
        step_deg=STEP_DEG,
        rows=len(lat_deg),
        columns=len(lon_deg),
        quantum_m=QUANTUM_M,
        farthest_m=FARTHEST_M,
        deepest_m=DEEPEST_M,
        nations=tuple(MEMBERS),
        whole_eez=tuple(n for n in MEMBERS if n != "other" and not touches_edge(margins[n]) and is_inside(coasts[n])),
        layers=layers,
    )
    write_zones(options.out / "zones.npz", meta, coarse, tiles)
    write_outlines(options.out / "outlines.npz", coasts, layers, coarse, margins, lat_deg, lon_deg)
    for name in ("zones.npz", "outlines.npz"):
        print(f"{options.out / name}: {(options.out / name).stat().st_size:,} bytes")
    print(f"whole EEZ inside the grid: {', '.join(meta.whole_eez)}; tiles: {len(tiles[0]):,}")


# --- reading ---------------------------------------------------------------------------------------------------------


def fetch_countries() -> bytes:
    """Return countries-10m.json of the npm package, fetched into a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            member = archive.extractfile("package/countries-10m.json")
            if member is None:
                raise SystemExit(f"{PACKAGE}: expected package/countries-10m.json in the archive, found none")
            return member.read()


def read_coasts(countries: bytes, table: Table) -> tuple[dict[str, Coast], tuple[Layer, ...]]:
    """Return the land of every layer by key, nations first, then features; and the layers' descriptions."""
    topology = json.loads(countries)
    arcs = [decode_arc(arc, topology["transform"]) for arc in topology["arcs"]]
    nation_of = {name: nation for nation, names in MEMBERS.items() for name in names}
    polygons: dict[str, list[Polygon]] = {nation: [] for nation in MEMBERS}
    points: dict[str, list[tuple[float, float]]] = {nation: [] for nation in MEMBERS}
    for geometry in topology["objects"]["countries"]["geometries"]:
        name = geometry["properties"]["name"]
        if name not in NO_EFFECT and "arcs" in geometry:
            shapes = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
            nation = nation_of.get(name, "other")
            for rings in shapes:
                closed = [join_arcs(ring, arcs) for ring in rings]
                if len(closed[0]) >= RING_POINTS:
                    polygons[nation].append(Polygon(closed[0], [ring for ring in closed[1:] if len(ring) >= RING_POINTS]))
                else:  # an islet smaller than the quantisation of the source
                    points[nation].append((float(closed[0][0, 1]), float(closed[0][0, 0])))
    for islet in table.islet:
        points[islet.nation].append((islet.lat_deg, islet.lon_deg))
    coasts: dict[str, Coast] = {}
    layers = [Layer(nation, nation, disputed=False) for nation in MEMBERS]
    for feature in table.feature:
        taken: list[Polygon] = []
        if feature.box_deg is not None:
            south, west, north, east = feature.box_deg
            frame = box(west, south, east, north)
            taken = [p for p in polygons[feature.taken_from] if frame.contains(p.centroid)]
            polygons[feature.taken_from] = [p for p in polygons[feature.taken_from] if not frame.contains(p.centroid)]
        coasts[feature.key] = Coast(tuple(taken), feature.points)
        layers.append(Layer(feature.key, feature.owner, disputed=True))
    nations = {nation: Coast(tuple(polygons[nation]), tuple(points[nation])) for nation in MEMBERS}
    return nations | coasts, tuple(layers)


def decode_arc(arc: list[list[int]], transform: dict[str, list[float]]) -> Floats:
    """(points, 2) longitude and latitude of a quantised, delta-coded TopoJSON arc (TopoJSON specification, 2.1.3)."""
    points: Floats = np.cumsum(np.array(arc), axis=0) * np.array(transform["scale"]) + np.array(transform["translate"])
    return points


def join_arcs(ring: list[int], arcs: list[Floats]) -> Floats:
    """(points, 2) closed ring of arcs (a negative index is a reversed arc; shared end points are dropped)."""
    parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in ring]
    return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])


def read_table() -> Table:
    """Return ``tools/islets.toml``."""
    return msgspec.convert(tomllib.loads((ROOT / "tools" / "islets.toml").read_text()), Table, strict=False)


# --- distance fields -------------------------------------------------------------------------------------------------


def to_ecef(lat_deg: Floats, lon_deg: Floats) -> Floats:
    """(n, 3) Earth-centred metres on the WGS-84 ellipsoid."""
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    normal_m = WGS84_A_M / np.sqrt(1.0 - WGS84_E2 * np.sin(lat) ** 2)
    return np.stack(
        [normal_m * np.cos(lat) * np.cos(lon), normal_m * np.cos(lat) * np.sin(lon), normal_m * (1.0 - WGS84_E2) * np.sin(lat)],
        axis=-1,
    )


def boundary_points(coast: Coast) -> tuple[Floats, Floats]:
    """Latitude and longitude of points at most ``DENSIFY_M`` apart on the coast, where the grid can feel them."""
    lats, lons = [np.array([p[0] for p in coast.points])], [np.array([p[1] for p in coast.points])]
    for polygon in coast.polygons:
        west, south, east, north = polygon.bounds
        if north < SOUTH_DEG - 16.0 or south > NORTH_DEG + 16.0 or (east < WEST_DEG - 30.0 and west > -165.0):
            continue
        for ring in (polygon.exterior, *polygon.interiors):
            lon, lat = np.array(ring.coords).T
            step_m = 111_200.0 * np.hypot(np.diff(lat), np.diff(lon) * np.cos(np.radians(lat[:-1])))
            pieces = np.maximum(1, np.ceil(step_m / DENSIFY_M)).astype(int)
            start = np.repeat(np.arange(len(pieces)), pieces)
            share = (np.arange(len(start)) - np.repeat(np.cumsum(pieces) - pieces, pieces)) / pieces[start]
            lats.append(lat[start] + share * (lat[start + 1] - lat[start]))
            lons.append(lon[start] + share * (lon[start + 1] - lon[start]))
    lat_all, lon_all = np.concatenate(lats), np.concatenate(lons)
    east_deg = lon_all % 360.0
    near = (lat_all > SOUTH_DEG - 16.0) & (lat_all < NORTH_DEG + 16.0) & (east_deg > WEST_DEG - 30.0) & (east_deg < EAST_DEG + 30.0)
    return lat_all[near], lon_all[near]


def signed_quanta(coast: Coast, tree: cKDTree, lat_deg: Floats, lon_deg: Floats) -> Ints:
    """Signed distance to a coast in quanta at flat arrays of positions, cut at the farthest and the deepest."""
    land = MultiPolygon(coast.polygons) if coast.polygons else Polygon()
    shapely.prepare(land)
    out = np.empty(len(lat_deg), np.int32)
    for start in range(0, len(lat_deg), BATCH):
        lat, lon = lat_deg[start : start + BATCH], lon_deg[start : start + BATCH]
        position_m = to_ecef(lat, lon)
        chord_m = np.minimum(tree.query(position_m, distance_upper_bound=1.1 * FARTHEST_M)[0], 1.1 * FARTHEST_M)
        radius_m = np.linalg.norm(position_m, axis=1)
        arc_m = 2.0 * radius_m * np.arcsin(chord_m / (2.0 * radius_m))
        sign = np.where(shapely.contains_xy(land, lon, lat), -1.0, 1.0)
        out[start : start + BATCH] = np.rint(np.clip(sign * arc_m, -DEEPEST_M, FARTHEST_M) / QUANTUM_M)
    return out


def fields(coasts: dict[str, Coast], lat_deg: Floats, lon_deg: Floats) -> tuple[NDArray[np.int16], tuple[Ints, Ints, Ints]]:
    """Return the coarse fields (layers, rows, columns) and the tiles (cell, layer, nodes), sorted by cell, then layer."""
    coarse, cells, owners, nodes = [], [], [], []
    lat_all, lon_all = (a.ravel() for a in np.meshgrid(lat_deg, lon_deg, indexing="ij"))
    part = np.arange(TILE_K + 1) * (STEP_DEG / TILE_K)
    for layer, coast in enumerate(coasts.values()):
        lat, lon = boundary_points(coast)
        tree = cKDTree(to_ecef(lat, lon))
        coarse.append(signed_quanta(coast, tree, lat_all, lon_all).reshape(len(lat_deg), len(lon_deg)))
        row, column = np.floor((lat - SOUTH_DEG) / STEP_DEG), np.floor((lon - WEST_DEG) / STEP_DEG)
        inside = (row >= 0) & (row < len(lat_deg) - 1) & (column >= 0) & (column < len(lon_deg) - 1)
        cell = np.unique((row * (len(lon_deg) - 1) + column)[inside].astype(np.int32))
        cell_lat, cell_lon = lat_deg[cell // (len(lon_deg) - 1)], lon_deg[cell % (len(lon_deg) - 1)]
        shape = (len(cell), TILE_K + 1, TILE_K + 1)
        node_lat = np.broadcast_to(cell_lat[:, None, None] + part[None, :, None], shape)
        node_lon = np.broadcast_to(cell_lon[:, None, None] + part[None, None, :], shape)
        cells.append(cell)
        owners.append(np.full(len(cell), layer, np.int32))
        nodes.append(signed_quanta(coast, tree, node_lat.ravel(), node_lon.ravel()).reshape(shape))
        print(f"layer {layer}: {len(lat):,} coast points, {len(cell):,} tiles")
    cell, owner = np.concatenate(cells), np.concatenate(owners)
    order = np.lexsort((owner, cell))
    return np.array(coarse, np.int16), (cell[order], owner[order], np.concatenate(nodes)[order])


def margin_field(coarse: NDArray[np.int16], layers: tuple[Layer, ...], nation: str) -> Floats:
    """Margin (m) to a nation's EEZ limit at the grid nodes, with the default owners; see ``zone_kernels.eez_margin``."""
    own_m = np.full(coarse.shape[1:], FAR_M)
    other_m = np.full(coarse.shape[1:], FAR_M)
    for layer, field in zip(layers, coarse, strict=True):
        target = own_m if layer.owner == nation else other_m
        if layer.owner:
            np.minimum(target, field * QUANTUM_M, out=target)
    margin_m: Floats = np.minimum(EEZ_LIMIT_M - own_m, 0.5 * (other_m - own_m))
    return margin_m


def touches_edge(margin_m: Floats) -> bool:
    """Whether a zone reaches the edge of the grid (a node of the edge lies inside)."""
    return bool(max(margin_m[0].max(), margin_m[-1].max(), margin_m[:, 0].max(), margin_m[:, -1].max()) >= 0.0)


def is_inside(coast: Coast) -> bool:
    """Whether all the land of a nation lies inside the grid."""
    frame = box(WEST_DEG, SOUTH_DEG, EAST_DEG, NORTH_DEG)
    return all(frame.contains(polygon) for polygon in coast.polygons)


# --- writing ---------------------------------------------------------------------------------------------------------


def write_zones(path: Path, meta: ZoneMeta, coarse: NDArray[np.int16], tiles: tuple[Ints, Ints, Ints]) -> None:
    """Write the grid: second differences along each row in two byte planes, tiles as residuals of bilinear interpolation."""
    cell, layer, nodes = tiles
    step = np.diff(coarse.view(np.uint16), axis=2, prepend=np.uint16(0))
    residual = np.diff(step, axis=2, prepend=np.uint16(0)).view(np.int16)
    folded = ((residual << 1) ^ (residual >> 15)).view(np.uint16)  # 0, -1, 1, -2 ... become 0, 1, 2, 3 ...
    tile_residual = nodes - interpolate_tiles(coarse, cell, layer)
    if np.abs(tile_residual).max() > 127:  # the range of the stored 8 bits
        raise SystemExit(f"tile residual: expected at most 127 quanta, got {np.abs(tile_residual).max()}; raise QUANTUM_M")
    np.savez_compressed(
        path,
        meta=np.frombuffer(msgspec.json.encode(meta), np.uint8),
        coarse_low=(folded & 0xFF).astype(np.uint8),
        coarse_high=(folded >> 8).astype(np.uint8),
        tile_cell_step=np.diff(cell, prepend=np.int32(0)).astype(np.int32),
        tile_layer=layer.astype(np.uint8),
        tile_residual=tile_residual.astype(np.int8),
    )


def write_outlines(
    path: Path,
    coasts: dict[str, Coast],
    layers: tuple[Layer, ...],
    coarse: NDArray[np.int16],
    margins: dict[str, Floats],
    lat_deg: Floats,
    lon_deg: Floats,
) -> None:
    """Write the land polygons and the EEZ limits of all named nations, in whole quanta, delta-coded."""
    lines: list[tuple[str, str, list[Floats]]] = []
    for layer in layers:
        lines.extend(
            ("land", layer.owner, [np.array(ring.coords) for ring in (polygon.exterior, *polygon.interiors)])
            for polygon in drawn_land(coasts[layer.key])
        )
    coast_m = np.min([field * QUANTUM_M for layer, field in zip(layers, coarse, strict=True) if layer.owner], axis=0)
    for nation, margin_m in margins.items():
        if nation != "other":
            lines.append(("eez-limit", nation, limit_lines(margin_m, coast_m, lat_deg, lon_deg)))
    head = [{"kind": kind, "nation": nation, "lengths": [len(ring) for ring in rings]} for kind, nation, rings in lines]
    points = np.concatenate([ring for _, _, rings in lines for ring in rings])[:, ::-1]
    quanta = np.rint(points / QUANTUM_DEG).astype(np.int32)
    steps = np.diff(quanta, axis=0, prepend=np.zeros((1, 2), np.int32))
    np.savez_compressed(path, lines=np.frombuffer(json.dumps(head).encode(), np.uint8), steps=steps)


def drawn_land(coast: Coast) -> list[Polygon]:
    """Land inside the grid, simplified; pieces too small to see are left out."""
    frame = box(WEST_DEG, SOUTH_DEG, EAST_DEG, NORTH_DEG)
    pieces = []
    for polygon in coast.polygons:
        if not polygon.intersects(frame):
            continue
        cut = polygon.intersection(frame).simplify(SIMPLIFY_DEG)
        pieces += [p for p in getattr(cut, "geoms", [cut]) if isinstance(p, Polygon) and p.area >= SMALLEST_DEG2]
    return pieces


def limit_lines(margin_m: Floats, coast_m: Floats, lat_deg: Floats, lon_deg: Floats) -> list[Floats]:
    """(points, 2) longitude and latitude along margin zero at sea, joined and simplified.

    Marching triangles: each cell is cut along one diagonal, so that every triangle of mixed signs holds one segment.
    """
    lon, lat = np.meshgrid(lon_deg, lat_deg)
    corner = {(i, j): np.s_[i : lat.shape[0] - 1 + i, j : lat.shape[1] - 1 + j] for i in (0, 1) for j in (0, 1)}
    segments = []
    for triangle in (((0, 0), (0, 1), (1, 1)), ((0, 0), (1, 0), (1, 1))):
        m, x, y, c = (np.stack([a[corner[k]].ravel() for k in triangle]) for a in (margin_m, lon, lat, coast_m))
        inside = m >= 0.0
        mixed = (inside.any(axis=0)) & (~inside.all(axis=0)) & (c.min(axis=0) > STEP_DEG * 60.0 * 1852.0)
        m, x, y = (a[:, mixed] for a in (m, x, y))
        inside = inside[:, mixed]
        alone = np.where(inside.sum(axis=0) == 1, inside.argmax(axis=0), (~inside).argmax(axis=0))
        ends = []
        for other in ((alone + 1) % 3, (alone + 2) % 3):
            low, high = np.minimum(alone, other), np.maximum(alone, other)  # one order per edge: neighbours meet exactly
            n = np.arange(len(low))
            share = m[low, n] / (m[low, n] - m[high, n])
            ends.append(np.stack([x[low, n] + share * (x[high, n] - x[low, n]), y[low, n] + share * (y[high, n] - y[low, n])], -1))
        segments.append(np.stack(ends, axis=1))
    joined = linemerge([np.round(segment, 6) for segment in np.concatenate(segments)])
    return [np.array(line.simplify(SIMPLIFY_DEG).coords) for line in getattr(joined, "geoms", [joined]) if line.length > STEP_DEG]


if __name__ == "__main__":
    main()
