"""Writes ``outlines.npz``: lines to draw on a map of the theatre, simplified to about 1 km. Called by ``build_zones``."""

import json
from pathlib import Path
from typing import Final

import numpy as np
from coasts import Coast, World
from numpy.typing import NDArray
from shapely.geometry import Polygon, box
from shapely.ops import linemerge

from tocsin.geography.outlines import QUANTUM_DEG

Floats = NDArray[np.float64]

SIMPLIFY_DEG: Final = 0.01  # about 1 km, invisible on a page-wide map
SMALLEST_DEG2: Final = 0.0005  # about 5 km2: smaller pieces of land are not drawn


def write_outlines(path: Path, world: World, margins: dict[str, Floats], coast_m: Floats, lat_deg: Floats, lon_deg: Floats) -> None:
    """Write the land polygons and the EEZ limits of the nations in ``margins``, in whole quanta, delta-coded.

    ``margins`` and ``coast_m`` are fields at the nodes of ``lat_deg`` and ``lon_deg``: margin to each limit, nearest coast.
    """
    lines: list[tuple[str, str, list[Floats]]] = []
    frame = (float(lon_deg[0]), float(lat_deg[0]), float(lon_deg[-1]), float(lat_deg[-1]))
    for layer in world.layers:
        lines.extend(
            ("land", layer.owner, [np.array(ring.coords) for ring in (polygon.exterior, *polygon.interiors)])
            for polygon in drawn_land(world.coasts[layer.key], frame)
        )
    lines.extend(("eez-limit", nation, limit_lines(margin_m, coast_m, lat_deg, lon_deg)) for nation, margin_m in margins.items())
    head = [{"kind": kind, "nation": nation, "lengths": [len(ring) for ring in rings]} for kind, nation, rings in lines]
    points = np.concatenate([ring for _, _, rings in lines for ring in rings])[:, ::-1]
    quanta = np.rint(points / QUANTUM_DEG).astype(np.int32)
    steps = np.diff(quanta, axis=0, prepend=np.zeros((1, 2), np.int32))
    np.savez_compressed(path, lines=np.frombuffer(json.dumps(head).encode(), np.uint8), steps=steps)


def drawn_land(coast: Coast, frame: tuple[float, float, float, float]) -> list[Polygon]:
    """Land inside a west, south, east, north frame, simplified; pieces too small to see are left out."""
    window = box(*frame)
    pieces = []
    for polygon in coast.polygons:
        if not polygon.intersects(window):
            continue
        cut = polygon.intersection(window).simplify(SIMPLIFY_DEG)
        pieces += [p for p in getattr(cut, "geoms", [cut]) if isinstance(p, Polygon) and p.area >= SMALLEST_DEG2]
    return pieces


def limit_lines(margin_m: Floats, coast_m: Floats, lat_deg: Floats, lon_deg: Floats) -> list[Floats]:
    """(points, 2) longitude and latitude along margin zero at sea, joined and simplified.

    Marching triangles: each cell is cut along one diagonal, so that every triangle of mixed signs holds one segment.
    """
    step_deg = float(lat_deg[1] - lat_deg[0])
    lon, lat = np.meshgrid(lon_deg, lat_deg)
    corner = {(i, j): np.s_[i : lat.shape[0] - 1 + i, j : lat.shape[1] - 1 + j] for i in (0, 1) for j in (0, 1)}
    segments = []
    for triangle in (((0, 0), (0, 1), (1, 1)), ((0, 0), (1, 0), (1, 1))):
        m, x, y, c = (np.stack([a[corner[k]].ravel() for k in triangle]) for a in (margin_m, lon, lat, coast_m))
        inside = m >= 0.0
        mixed = (inside.any(axis=0)) & (~inside.all(axis=0)) & (c.min(axis=0) > step_deg * 60.0 * 1852.0)
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
    return [np.array(line.simplify(SIMPLIFY_DEG).coords) for line in getattr(joined, "geoms", [joined]) if line.length > step_deg]
