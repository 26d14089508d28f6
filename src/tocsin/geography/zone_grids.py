"""The packaged zone grids: what ``zones.npz`` says about itself, and how its arrays are unpacked. No look-up lives here.

Four grids, in two pairs: the theatre (115-165 E, 10-62 N) and the world, each followed by the finer cells that a coast crosses. A
cell lists the nations near it, each with the signed distance to its coast at 9 x 9 nodes. ``tools/build_zones.py`` writes what
this reads.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Final

import msgspec
import numpy as np

from tocsin.errors import OurFault
from tocsin.geography.zone_kernels import Bytes, Floats, Int16s, Int32s

FORMAT: Final = 2  # version of the packaged file's layout
TILE_K: Final = 8  # a cell is cut into 8 x 8
FINER: Final = 4  # cells of a coast grid along one side of a cell of its base grid
COARSER: Final = {1: 0, 3: 2}  # coast grid: base grid


class Layer(msgspec.Struct, frozen=True):
    """One distance field: a nation's coast, or a feature that a claim gives to a nation or to none."""

    key: str  # the nation's code, or the feature's name
    owner: str  # nation that owns it unless a claim says otherwise; "" for none
    disputed: bool


class Claim(msgspec.Struct, frozen=True):
    """A choice about one disputed feature: the nation it counts for, or "" to give it no effect at all."""

    feature: str
    owner: str


class Perspective(msgspec.Struct, frozen=True):
    """The claims by which one nation sees the disputed features."""

    nation: str
    claims: tuple[Claim, ...]


class GridMeta(msgspec.Struct, frozen=True):
    """Frame of one grid."""

    south_deg: float
    west_deg: float
    cell_deg: float
    rows: int
    columns: int
    quantum_m: float
    reach_m: float  # a nation that a cell does not list is at least this far away


class BlurFrame(msgspec.Struct, frozen=True):
    """Frame of the raster of the limits' own error."""

    south_deg: float
    west_deg: float
    step_deg: float
    outside_m: float  # 1-sigma error outside the raster


class ZoneMeta(msgspec.Struct, frozen=True):
    """What the packaged file says about itself."""

    format: int
    source: str  # package and version the coast came from
    source_sha256: str  # of the countries file
    islets_sha256: str  # of the table of islets, claims and blurred limits
    credit: str
    notice: str
    grids: tuple[GridMeta, ...]
    deepest_m: float  # distances inside land are cut here
    nations: tuple[str, ...]  # ISO 3166-1 alpha-3 (XKX for Kosovo), the best known first
    whole_eez: tuple[str, ...]  # nations that have maritime zones: not the landlocked, not Antarctica
    layers: tuple[Layer, ...]  # nations in the order of ``nations``, then the disputed features
    perspectives: tuple[Perspective, ...]
    blur: BlurFrame


class _Format(msgspec.Struct, frozen=True):
    """The one field that every version of the file has."""

    format: int


@dataclass(frozen=True, slots=True, eq=False)
class Zones:
    """The loaded grids; the arrays are read-only and are described in ``zone_kernels.coast_distances``."""

    meta: ZoneMeta
    grid: Floats
    shape: Int32s
    cell_first: Int32s
    entry_layer: Bytes
    nodes: Int16s
    owner: Int32s
    has_zones: Bytes
    blur_frame: Floats
    blur_km: Bytes


@lru_cache(maxsize=1)
def read_zones() -> Zones:
    """Return the packaged grids with the default owners (read once: the arrays are read-only and may be shared).

    Raises:
        OurFault: the packaged file is of another format.
    """
    with np.load(BytesIO(files("tocsin.geography").joinpath("zones.npz").read_bytes())) as archive:
        meta = _checked_meta(archive["meta"].tobytes())
        cells: list[Int32s] = []
        layers: list[Int32s] = []
        nodes: list[Int16s] = []
        for k in range(len(meta.grids)):
            count = archive[f"count_{k}"]
            layer = np.repeat(np.arange(len(count), dtype=np.int32), count)
            cell = _cells(archive[f"cell_step_{k}"], count)
            folded = archive[f"low_{k}"] | (archive[f"high_{k}"].astype(np.uint16) << 8)
            residual = ((folded >> 1) ^ (np.uint16(0) - (folded & 1))).view(np.int16)
            if k in COARSER:
                base = COARSER[k]
                nodes.append(refined_tiles(meta, k, cell, layer, cells[base], layers[base], nodes[base]) + residual)
            else:
                nodes.append(unpack_strip(residual, cell, layer, meta.grids[k].columns))
            cells.append(cell)
            layers.append(layer)
        blur_km = archive["blur_km"]
    cell_first, entry_layer, sorted_nodes = _by_cell(meta, cells, layers, nodes)
    firsts = np.cumsum([0, *(g.rows * g.columns + 1 for g in meta.grids)]).tolist()
    zones = Zones(
        meta=meta,
        grid=np.array([(g.south_deg, g.west_deg, g.cell_deg, g.quantum_m, g.reach_m) for g in meta.grids]),
        shape=np.array([(g.rows, g.columns, first) for g, first in zip(meta.grids, firsts, strict=False)], np.int32),
        cell_first=cell_first,
        entry_layer=entry_layer,
        nodes=sorted_nodes,
        owner=owner_indices(meta, {}),
        has_zones=np.array([nation in meta.whole_eez for nation in meta.nations], np.uint8),
        blur_frame=np.array([meta.blur.south_deg, meta.blur.west_deg, meta.blur.step_deg, meta.blur.outside_m]),
        blur_km=blur_km,
    )
    for name in ("grid", "shape", "cell_first", "entry_layer", "nodes", "owner", "has_zones", "blur_frame", "blur_km"):
        getattr(zones, name).flags.writeable = False
    return zones


def owner_indices(meta: ZoneMeta, owners: dict[str, str]) -> Int32s:
    """Nation index per layer, -1 for none; ``owners`` replaces the default owners of disputed features."""
    chosen = [owners.get(layer.key, layer.owner) for layer in meta.layers]
    indices = np.array([meta.nations.index(owner) if owner else -1 for owner in chosen], np.int32)
    indices.flags.writeable = False
    return indices


def unpack_strip(residual: Int16s, cell: Int32s, layer: Int32s, columns: int) -> Int16s:
    """(entries, 9, 9) nodes of a base grid from residuals (9, entries * 8 + entries).

    The first eight columns of all entries, laid side by side, are second differences along the rows. The ninth is what the next
    entry begins with, if that is the next cell of the same layer, else the straight continuation; its residual follows.
    """
    k, n = TILE_K, len(cell)
    strip = residual[:, : n * k].view(np.uint16)
    strip = np.cumsum(np.cumsum(strip, axis=1, dtype=np.uint16), axis=1, dtype=np.uint16)
    nodes = np.empty((n, k + 1, k + 1), np.int16)
    nodes[:, :, :k] = strip.view(np.int16).reshape(k + 1, n, k).transpose(1, 0, 2)
    nodes[:, :, k] = last_columns(nodes, cell, layer, columns) + residual[:, n * k :].T
    return nodes


def last_columns(nodes: Int16s, cell: Int32s, layer: Int32s, columns: int) -> Int16s:
    """(entries, 9) guess of the ninth column of each entry from the other columns."""
    guess = 2 * nodes[:, :, TILE_K - 1] - nodes[:, :, TILE_K - 2]
    next_to = np.flatnonzero((np.diff(cell) == 1) & (np.diff(layer) == 0) & (cell[1:] % columns != 0))
    guess[next_to] = nodes[next_to + 1, :, 0]
    return guess


def refined_tiles(
    meta: ZoneMeta, grid: int, cell: Int32s, layer: Int32s, base_cell: Int32s, base_layer: Int32s, base_nodes: Int16s
) -> Int16s:
    """(entries, 9, 9) nodes of a coast grid, interpolated from its base grid in whole numbers; what a residual adds to.

    ``cell`` and ``layer`` describe the entries of the coast grid; ``base_cell``, ``base_layer`` (both sorted by layer, then cell)
    and ``base_nodes`` those of the base grid.
    """
    fine, base = meta.grids[grid], meta.grids[COARSER[grid]]
    row, column = cell // fine.columns, cell % fine.columns
    key = layer.astype(np.int64) * (base.rows * base.columns) + (row // FINER) * base.columns + column // FINER
    entry = np.searchsorted(base_layer.astype(np.int64) * (base.rows * base.columns) + base_cell, key)
    step = TILE_K // FINER  # base sub-cells along one side of a fine cell
    offset = np.arange(step + 1)
    i, j = row % FINER * step, column % FINER * step
    corner = base_nodes[entry[:, None, None], i[:, None, None] + offset[None, :, None], j[:, None, None] + offset[None, None, :]]
    part = np.arange(TILE_K + 1)
    left = np.minimum(part // FINER, step - 1)
    share = (part - left * FINER).astype(np.int32)
    wide = corner.astype(np.int32)
    rows = wide[:, left, :] * (FINER - share)[None, :, None] + wide[:, left + 1, :] * share[None, :, None]
    nodes = rows[:, :, left] * (FINER - share) + rows[:, :, left + 1] * share
    interpolated: Int16s = (nodes // (FINER * FINER)).astype(np.int16)
    return interpolated


def _checked_meta(content: bytes) -> ZoneMeta:
    found = msgspec.json.decode(content, type=_Format).format
    if found != FORMAT:
        raise OurFault(f"zones.npz: expected format {FORMAT}, found {found}; run tools/build_zones.py again")
    return msgspec.json.decode(content, type=ZoneMeta)


def _cells(step: Int32s, count: Int32s) -> Int32s:
    """Cell of each entry from differences that start anew with each layer."""
    cell = np.cumsum(step, dtype=np.int32)
    first = np.cumsum(count, dtype=np.int32) - count
    used = count > 0
    before = np.where(first[used] > 0, cell[first[used] - 1], 0)
    return cell - np.repeat(before, count[used]).astype(np.int32)


def _by_cell(meta: ZoneMeta, cells: list[Int32s], layers: list[Int32s], nodes: list[Int16s]) -> tuple[Int32s, Bytes, Int16s]:
    """Return all entries sorted by grid, cell and layer, and where each cell begins (one more than cells, per grid)."""
    starts, order, first = [], [], 0
    for grid, cell in zip(meta.grids, cells, strict=True):
        counts = np.bincount(cell, minlength=grid.rows * grid.columns)
        starts.append(first + np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]))
        order.append(first + np.argsort(cell, kind="stable"))
        first += len(cell)
    index = np.concatenate(order)
    return (
        np.concatenate(starts).astype(np.int32),
        np.concatenate(layers).astype(np.uint8)[index],
        np.concatenate(nodes)[index],
    )
