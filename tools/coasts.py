"""The land of every state and territory, the hand-kept tables, and the points of their coasts: what the builders start from.

Reads the TopoJSON of ``geo_sources`` and ``tools/islets.toml``. Nothing here knows a grid.
"""

import hashlib
import json
import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.affinity import translate
from shapely.geometry import Polygon, box

from tocsin.geography.zone_grids import Claim, Layer, Perspective
from tocsin.units import WGS84_A_M, WGS84_E2

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]

ROOT: Final = Path(__file__).resolve().parent.parent
TABLE: Final = ROOT / "tools" / "islets.toml"

# Natural Earth names of the nations the project knows best; they come first. Territories count for the state whose zones they
# are. Every other country or territory has its own ISO 3166-1 alpha-3 code, from the ISO number that the data gives.
MEMBERS: Final = {
    "JPN": ("Japan",),
    "KOR": ("South Korea",),
    "PRK": ("North Korea",),
    "CHN": ("China", "Hong Kong", "Macao"),
    "RUS": ("Russia",),
    "TWN": ("Taiwan",),
    "USA": (
        "United States of America",
        "Guam",
        "N. Mariana Is.",
        "U.S. Minor Outlying Is.",
        "Puerto Rico",
        "U.S. Virgin Is.",
        "American Samoa",
    ),
}
# Names without an ISO number: the state that administers them, or whose law the United Nations hold to apply there.
UNNUMBERED: Final = {
    "Akrotiri": "GBR",
    "Baikonur": "KAZ",
    "Bajo Nuevo Bank": "COL",
    "Clipperton I.": "FRA",
    "Coral Sea Is.": "AUS",
    "Cyprus U.N. Buffer Zone": "CYP",
    "Dhekelia": "GBR",
    "Indian Ocean Ter.": "AUS",
    "Kosovo": "XKX",
    "N. Cyprus": "CYP",
    "Serranilla Bank": "COL",
    "Siachen Glacier": "IND",
    "Somaliland": "SOM",
    "USNB Guantanamo Bay": "CUB",
}
NO_EFFECT: Final = ("Spratly Is.", "Scarborough Reef")  # claimed by several, no zone agreed for any
NO_ZONES: Final = ("ATA",)  # Antarctic Treaty, article IV: no new claim of sovereignty, and nobody's zones are recognised
RING_POINTS: Final = 4  # a triangle and its closing point: the least that makes a polygon
SEAM_DEG: Final = 179.999  # polygons are cut at the antimeridian and at the pole; those cuts are no coast
POLE_CUT_DEG: Final = -89.9


class Islet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of the table: a base point without area."""

    name: str
    nation: str
    lat_deg: float
    lon_deg: float
    source: str
    checked: str = ""  # the public source a coordinate was compared with, and by how many km it differed
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


class View(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one nation sees the disputed features."""

    nation: str
    owners: dict[str, str]
    source: str


class Blur(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the sea where the computed limit is known less well than elsewhere."""

    name: str
    sigma_km: float
    reason: str
    source: str
    polygon: tuple[tuple[float, float], ...]  # (lat_deg, lon_deg)


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``tools/islets.toml``."""

    islet: tuple[Islet, ...]
    feature: tuple[Feature, ...]
    view: tuple[View, ...]
    blur: tuple[Blur, ...]


@dataclass(frozen=True)
class Coast:
    """The land of one layer: polygons, and base points without area as (lat_deg, lon_deg)."""

    polygons: tuple[Polygon, ...]
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class World:
    """All layers by key, nations first, then features; and which nations have maritime zones."""

    coasts: dict[str, Coast]
    layers: tuple[Layer, ...]
    nations: tuple[str, ...]
    with_zones: tuple[bool, ...]  # per nation: False for states without a coast and for Antarctica
    border: NDArray[np.int64]  # sorted keys (``vertex_keys``) of the vertices that two nations share
    perspectives: tuple[Perspective, ...]


def read_table() -> Table:
    """Return ``tools/islets.toml``."""
    return msgspec.convert(tomllib.loads(TABLE.read_text()), Table, strict=False)


def table_sha256() -> str:
    """Return the checksum of ``tools/islets.toml``."""
    return hashlib.sha256(TABLE.read_bytes()).hexdigest()


def read_world(countries: bytes, table: Table, alpha3: dict[str, tuple[str, str]]) -> World:
    """Return the land of all nations and features.

    ``alpha3`` gives alpha-2 and alpha-3 codes by ISO number. A nation whose every piece of boundary is shared with another one
    has no coast.
    """
    topology = json.loads(countries)
    arcs = [decode_arc(arc, topology["transform"]) for arc in topology["arcs"]]
    polygons: dict[str, list[Polygon]] = {nation: [] for nation in MEMBERS}
    points: dict[str, list[tuple[float, float]]] = {nation: [] for nation in MEMBERS}
    arc_nations: dict[int, set[str]] = {}
    for geometry in topology["objects"]["countries"]["geometries"]:
        name = geometry["properties"]["name"]
        if name in NO_EFFECT:
            continue
        nation = nation_of(name, geometry.get("id"), alpha3)
        polygons.setdefault(nation, [])
        points.setdefault(nation, [])
        for rings in geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]:
            for arc in (index for ring in rings for index in ring):
                arc_nations.setdefault(arc if arc >= 0 else ~arc, set()).add(nation)
            closed = [join_arcs(ring, arcs) for ring in rings]
            if len(closed[0]) >= RING_POINTS:
                polygons[nation].extend(planar([ring for ring in closed if len(ring) >= RING_POINTS]))
            else:  # an islet smaller than the quantisation of the source
                points[nation].append((float(closed[0][0, 1]), float(closed[0][0, 0])))
    for islet in table.islet:
        points[islet.nation].append((islet.lat_deg, islet.lon_deg))
    nations = (*MEMBERS, *sorted(set(polygons) - set(MEMBERS)))
    coastal = {nation for owners in arc_nations.values() if len(owners) == 1 for nation in owners}
    features = take_features(polygons, table.feature)
    coasts = {nation: Coast(tuple(polygons[nation]), tuple(points[nation])) for nation in nations}
    layers = [Layer(nation, nation, disputed=False) for nation in nations]
    layers += [Layer(feature.key, feature.owner, disputed=True) for feature in table.feature]
    return World(
        coasts=coasts | features,
        layers=tuple(layers),
        nations=nations,
        with_zones=tuple(nation in coastal and nation not in NO_ZONES for nation in nations),
        border=np.unique(vertex_keys(np.concatenate([arcs[arc] for arc, owners in sorted(arc_nations.items()) if len(owners) > 1]))),
        perspectives=tuple(Perspective(v.nation, tuple(Claim(k, o) for k, o in sorted(v.owners.items()))) for v in table.view),
    )


def nation_of(name: str, number: str | None, alpha3: dict[str, tuple[str, str]]) -> str:
    """Return the code a Natural Earth country counts for."""
    for nation, names in MEMBERS.items():
        if name in names:
            return nation
    if number is None:
        return UNNUMBERED[name]
    return alpha3[number][1]


def take_features(polygons: dict[str, list[Polygon]], features: tuple[Feature, ...]) -> dict[str, Coast]:
    """Return the features' coasts, and take their land out of the nations'."""
    coasts = {}
    for feature in features:
        taken: list[Polygon] = []
        if feature.box_deg is not None:
            south, west, north, east = feature.box_deg
            frame = box(west, south, east, north)
            taken = [p for p in polygons[feature.taken_from] if frame.contains(p.centroid)]
            if not taken:
                raise SystemExit(f"feature {feature.key}: expected land of {feature.taken_from} in {feature.box_deg}, found none")
            polygons[feature.taken_from] = [p for p in polygons[feature.taken_from] if not frame.contains(p.centroid)]
        coasts[feature.key] = Coast(tuple(taken), feature.points)
    return coasts


def decode_arc(arc: list[list[int]], transform: dict[str, list[float]]) -> Floats:
    """(points, 2) longitude and latitude of a quantised, delta-coded TopoJSON arc (TopoJSON specification, 2.1.3)."""
    points: Floats = np.cumsum(np.array(arc), axis=0) * np.array(transform["scale"]) + np.array(transform["translate"])
    return points


def join_arcs(ring: list[int], arcs: list[Floats]) -> Floats:
    """(points, 2) closed ring of arcs (a negative index is a reversed arc; shared end points are dropped)."""
    parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in ring]
    return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])


def planar(rings: list[Floats]) -> list[Polygon]:
    """Return a spherical polygon as flat ones: cut at the antimeridian, closed along a pole that it holds.

    The source stitches what maps cut there: a ring may jump from 180 to -180 degrees, and that of Antarctica goes once around.
    """
    outer = unwrapped(rings[0], 0.0)
    turns = round((outer[-1, 0] - outer[0, 0]) / 360.0)
    if turns != 0:
        pole_deg = math.copysign(90.0, outer[:, 1].mean())
        outer = np.concatenate([outer, [[outer[-1, 0], pole_deg], [outer[0, 0], pole_deg], outer[0]]])
    middle_deg = 0.5 * float(outer[:, 0].min() + outer[:, 0].max())
    whole = Polygon(outer, [unwrapped(ring, middle_deg) for ring in rings[1:]])
    if whole.bounds[0] >= -180.0 and whole.bounds[2] <= 180.0:
        return [whole]
    pieces = []
    for shift_deg in (-360.0, 0.0, 360.0):
        part = shapely.make_valid(translate(whole, shift_deg)).intersection(box(-180.0, -90.0, 180.0, 90.0))
        pieces += [piece for piece in getattr(part, "geoms", [part]) if isinstance(piece, Polygon) and not piece.is_empty]
    return pieces


def unwrapped(ring: Floats, near_deg: float) -> Floats:
    """(points, 2) ring without jumps in longitude, its first point within half a turn of ``near_deg``."""
    step = np.diff(ring[:, 0])
    lon = ring[0, 0] + np.concatenate([[0.0], np.cumsum(step - 360.0 * np.rint(step / 360.0))])
    return np.stack([lon - 360.0 * np.rint((lon[0] - near_deg) / 360.0), ring[:, 1]], axis=-1)


def vertex_keys(points: Floats) -> NDArray[np.int64]:
    """(n,) one whole number per (longitude, latitude), exact to a metre."""
    keys: NDArray[np.int64] = np.rint(points[:, 0] * 1e5).astype(np.int64) * 100_000_000 + np.rint(points[:, 1] * 1e5).astype(np.int64)
    return keys


def to_ecef(lat_deg: Floats, lon_deg: Floats) -> Floats:
    """(n, 3) Earth-centred metres on the WGS-84 ellipsoid."""
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    normal_m = WGS84_A_M / np.sqrt(1.0 - WGS84_E2 * np.sin(lat) ** 2)
    return np.stack(
        [normal_m * np.cos(lat) * np.cos(lon), normal_m * np.cos(lat) * np.sin(lon), normal_m * (1.0 - WGS84_E2) * np.sin(lat)],
        axis=-1,
    )


def boundary_points(coast: Coast, fine_deg: tuple[float, float, float, float], fine_m: float, rough_m: float) -> tuple[Floats, Floats]:
    """Latitude and longitude of points on a coast: at most ``fine_m`` apart inside south, west, north, east, else ``rough_m``."""
    south, west, north, east = fine_deg
    lats, lons = [np.array([p[0] for p in coast.points])], [np.array([p[1] for p in coast.points])]
    for ring in coast_rings(coast):
        lon, lat = ring.T
        step_m = 111_200.0 * np.hypot(np.diff(lat), np.diff(lon) * np.cos(np.radians(lat[:-1])))
        inside = (lat[:-1] > south) & (lat[:-1] < north) & (lon[:-1] > west) & (lon[:-1] < east)
        pieces = np.maximum(1, np.ceil(step_m / np.where(inside, fine_m, rough_m))).astype(int)
        seam = (np.abs(lon[:-1]) > SEAM_DEG) & (np.abs(lon[1:]) > SEAM_DEG) | (lat[:-1] < POLE_CUT_DEG) | (lat[1:] < POLE_CUT_DEG)
        pieces[seam] = 0
        start = np.repeat(np.arange(len(pieces)), pieces)
        share = (np.arange(len(start)) - np.repeat(np.cumsum(pieces) - pieces, pieces)) / pieces[start]
        lats.append(lat[start] + share * (lat[start + 1] - lat[start]))
        lons.append(lon[start] + share * (lon[start + 1] - lon[start]))
    return np.concatenate(lats), np.concatenate(lons)


def sea_points(coast: Coast, border: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Latitude and longitude of a coast's vertices and base points, without the borders on land."""
    lats, lons = [np.array([p[0] for p in coast.points])], [np.array([p[1] for p in coast.points])]
    for ring in coast_rings(coast):
        key = vertex_keys(ring)
        at_sea = border[np.minimum(np.searchsorted(border, key), len(border) - 1)] != key
        lats.append(ring[at_sea, 1])
        lons.append(ring[at_sea, 0])
    return np.concatenate(lats), np.concatenate(lons)


def coast_rings(coast: Coast) -> list[Floats]:
    """Return every ring of a coast as (points, 2) longitude and latitude."""
    return [np.array(ring.coords) for polygon in coast.polygons for ring in (polygon.exterior, *polygon.interiors)]
