"""Scalar kernels over the zone grid: distance to each nation's coast, and the weight of each zone label over samples.

Only numbers live here: arrays in, arrays out. Nation names, labels and loading are in ``zones``.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.jit import kernel
from tocsin.units import DEG, NAUTICAL_MILE_M

Int16s = NDArray[np.int16]
Int32s = NDArray[np.int32]
Floats = NDArray[np.float64]

# Limits of the zones: UN Convention on the Law of the Sea (1982), articles 3, 33 and 57.
TERRITORIAL_LIMIT_M: Final = 12.0 * NAUTICAL_MILE_M
CONTIGUOUS_LIMIT_M: Final = 24.0 * NAUTICAL_MILE_M
EEZ_LIMIT_M: Final = 200.0 * NAUTICAL_MILE_M
LAND, TERRITORIAL, CONTIGUOUS, EEZ, N_BANDS = 0, 1, 2, 3, 4  # a band and a nation make a label
FAR_M: Final = 1.0e9  # "no coast of this nation near": longer than any distance on the Earth (2.0e7)
SURE_SIGMAS: Final = 6.0  # beyond this the normal distribution differs from 0 or 1 by less than 1e-9


@kernel
def coast_distances(
    lat_rad: float,
    lon_rad: float,
    grid: Floats,
    coarse: Int16s,
    tile_first: Int32s,
    tile_cell: Int32s,
    tile_layer: Int32s,
    tile_nodes: Int16s,
    owner: Int32s,
    out_m: Floats,
) -> bool:
    """Signed distance (m) from one point to the coast of each nation: negative on the nation's land.

    Args:
        lat_rad, lon_rad: geodetic position; any turn of longitude is accepted.
        grid: (4,) south edge deg, west edge deg, step deg, quantum m.
        coarse: (layers, rows, columns) distance in quanta at the grid nodes; rows northwards, columns eastwards.
        tile_first: (cells,) first tile of cell ``row * (columns - 1) + column``; -1 where no coast crosses it.
        tile_cell, tile_layer: (tiles,) cell and layer of each tile, sorted by cell, then layer.
        tile_nodes: (tiles, k + 1, k + 1) distance in quanta at the nodes of a cell that a coast crosses.
        owner: (layers,) index of the nation that owns the layer; -1 where the layer has no effect.
        out_m: (nations,) written; ``FAR_M`` for a nation that owns no layer.

    Returns:
        False outside the grid (then every ``out_m`` is ``FAR_M``).

    Method: bilinear interpolation in the cell, or in the sub-cell of its tile; least distance over a nation's layers.
    Limits: error 0.01 km (median), 0.3 km (95 %), up to 2 km where two pieces of coast are equally near (tests/geography).
    """
    for nation in range(out_m.shape[0]):
        out_m[nation] = FAR_M
    n_columns = coarse.shape[2]
    row_f = (lat_rad / DEG - grid[0]) / grid[2]
    lon_deg = lon_rad / DEG
    lon_deg = lon_deg - 360.0 * math.floor(lon_deg / 360.0)  # the grid's own longitudes lie in 0 to 360
    column_f = (lon_deg - grid[1]) / grid[2]
    if not (0.0 <= row_f <= coarse.shape[1] - 1.0 and 0.0 <= column_f <= n_columns - 1.0):
        return False
    row = min(int(row_f), coarse.shape[1] - 2)
    column = min(int(column_f), n_columns - 2)
    v = row_f - row
    u = column_f - column
    cell = row * (n_columns - 1) + column
    k = tile_nodes.shape[1] - 1
    i = min(int(v * k), k - 1)  # sub-cell of a tile
    j = min(int(u * k), k - 1)
    tile_v = v * k - i
    tile_u = u * k - j
    tile = tile_first[cell]
    for layer in range(coarse.shape[0]):
        if 0 <= tile < tile_cell.shape[0] and tile_cell[tile] == cell and tile_layer[tile] == layer:
            s, t = tile_v, tile_u
            south_west, south_east = tile_nodes[tile, i, j], tile_nodes[tile, i, j + 1]
            north_west, north_east = tile_nodes[tile, i + 1, j], tile_nodes[tile, i + 1, j + 1]
            tile += 1
        else:
            s, t = v, u
            south_west, south_east = coarse[layer, row, column], coarse[layer, row, column + 1]
            north_west, north_east = coarse[layer, row + 1, column], coarse[layer, row + 1, column + 1]
        nation = owner[layer]
        if nation >= 0:
            south = south_west * (1.0 - t) + south_east * t
            north = north_west * (1.0 - t) + north_east * t
            out_m[nation] = min(out_m[nation], grid[3] * (south * (1.0 - s) + north * s))
    return True


@kernel
def eez_margin(distances_m: Floats, nation: int) -> float:
    """Signed margin (m) to a nation's EEZ limit, positive inside: min(200 nm - own, (nearest other - own) / 2)."""
    other_m: float = FAR_M
    for k in range(distances_m.shape[0]):
        if k != nation:
            other_m = min(other_m, distances_m[k])
    own_m: float = distances_m[nation]
    return min(EEZ_LIMIT_M - own_m, 0.5 * (other_m - own_m))


@kernel
def band_of(distance_m: float) -> int:
    """Band of a signed coast distance (m): ``LAND``, ``TERRITORIAL``, ``CONTIGUOUS`` or ``EEZ`` (also beyond 200 nm)."""
    if distance_m < 0.0:
        return LAND
    if distance_m <= TERRITORIAL_LIMIT_M:
        return TERRITORIAL
    if distance_m <= CONTIGUOUS_LIMIT_M:
        return CONTIGUOUS
    return EEZ


@kernel
def inside_probability(margin_m: float, blur_m: float) -> float:
    """Phi(margin / blur): chance to be inside a limit whose own place is known to a 1-sigma error of ``blur_m``."""
    if margin_m >= SURE_SIGMAS * blur_m:
        return 1.0
    if margin_m <= -SURE_SIGMAS * blur_m:
        return 0.0
    return 0.5 * math.erfc(-margin_m / (blur_m * math.sqrt(2.0)))


@kernel
def label_weights(
    lat_rad: Floats,
    lon_rad: Floats,
    blur_m: float,
    grid: Floats,
    coarse: Int16s,
    tile_first: Int32s,
    tile_cell: Int32s,
    tile_layer: Int32s,
    tile_nodes: Int16s,
    owner: Int32s,
    distances_m: Floats,
    chance: Floats,
    out: Floats,
) -> None:
    """Add up how many of the samples fall under each label; a sample near an EEZ limit counts for both of its sides.

    Args:
        lat_rad, lon_rad: (samples,) positions.
        blur_m: 1-sigma error of the EEZ limits themselves; 0 makes them sharp.
        grid ... owner: as for :func:`coast_distances`.
        distances_m, chance: (nations,) scratch.
        out: (N_BANDS * nations + 2,) added to: ``band * nations + nation``, then high seas, then not covered.

    Method: land is sharp. At sea each nation weighs Phi(margin / blur), scaled down if the weights pass 1 in total (three
    limits meeting); what is missing to 1 is high seas. The weights of one sample always add up to 1.
    """
    n_nations = distances_m.shape[0]
    high_seas = N_BANDS * n_nations
    for sample in range(lat_rad.shape[0]):
        covered = coast_distances(
            lat_rad[sample], lon_rad[sample], grid, coarse, tile_first, tile_cell, tile_layer, tile_nodes, owner, distances_m
        )
        if not covered:
            out[high_seas + 1] += 1.0
            continue
        nearest = 0
        second_m = FAR_M
        for nation in range(1, n_nations):
            if distances_m[nation] < distances_m[nearest]:
                second_m = distances_m[nearest]
                nearest = nation
            else:
                second_m = min(second_m, distances_m[nation])
        if distances_m[nearest] < 0.0:
            out[LAND * n_nations + nearest] += 1.0
            continue
        nearest_m = distances_m[nearest]
        total = 0.0
        for nation in range(n_nations):
            own_m = distances_m[nation]
            other_m = second_m if nation == nearest else nearest_m
            chance[nation] = inside_probability(min(EEZ_LIMIT_M - own_m, 0.5 * (other_m - own_m)), blur_m)
            total += chance[nation]
        scale = 1.0 / max(total, 1.0)
        for nation in range(n_nations):
            if chance[nation] > 0.0:
                out[band_of(distances_m[nation]) * n_nations + nation] += scale * chance[nation]
        out[high_seas] += 1.0 - scale * total


@kernel
def land_nations(
    lat_rad: Floats,
    lon_rad: Floats,
    grid: Floats,
    coarse: Int16s,
    tile_first: Int32s,
    tile_cell: Int32s,
    tile_layer: Int32s,
    tile_nodes: Int16s,
    owner: Int32s,
    distances_m: Floats,
    out: Int32s,
) -> None:
    """Fill out[n] with the index of the nation whose land holds each position, -1 at sea; distances_m: (nations,) to work in."""
    for k in range(lat_rad.shape[0]):
        out[k] = -1
        if not coast_distances(lat_rad[k], lon_rad[k], grid, coarse, tile_first, tile_cell, tile_layer, tile_nodes, owner, distances_m):
            continue
        nearest = 0
        for i in range(1, distances_m.shape[0]):
            if distances_m[i] < distances_m[nearest]:
                nearest = i
        if distances_m[nearest] < 0.0:
            out[k] = nearest
