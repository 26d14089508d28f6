"""Scalar kernels over the zone grid: distance to each nation's coast, margins to EEZ limits, label weights of samples.

Only numbers live here: arrays in, arrays out. Nation names, labels and loading are in ``zones``.

Codes used below: a band is 0 land, 1 territorial sea, 2 contiguous zone, 3 exclusive economic zone. The weight vector of
``label_weights`` is indexed ``band * n_nations + nation``, then high seas, then not covered.
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

TERRITORIAL_LIMIT_M: Final = 12.0 * NAUTICAL_MILE_M  # UN Convention on the Law of the Sea (UNCLOS), article 3
CONTIGUOUS_LIMIT_M: Final = 24.0 * NAUTICAL_MILE_M  # UNCLOS article 33
EEZ_LIMIT_M: Final = 200.0 * NAUTICAL_MILE_M  # UNCLOS article 57
N_BANDS: Final = 4
FAR_M: Final = 1.0e9  # "no coast of this nation anywhere near": beyond every real distance on the Earth
SQRT_2: Final = 1.4142135623730951


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
    """Signed distance from one point to the coast of each nation: negative on the nation's land.

    Args:
        lat_rad, lon_rad: geodetic position; any turn of longitude is accepted.
        grid: [south edge deg, west edge deg, step deg, quantum of a coarse node m, quantum of a tile node m].
        coarse: (layer, row, column) quantised distance at the grid nodes, rows northwards, columns eastwards.
        tile_first: (cells,) first tile of each grid cell (row * (columns - 1) + column), -1 where it has none.
        tile_cell, tile_layer: (tiles,) cell and layer of each tile, sorted by cell.
        tile_nodes: (tiles, k + 1, k + 1) finer nodes of a cell that a coast crosses.
        owner: (layers,) index of the nation that owns a layer, -1 where the layer is given no effect.
        out_m: (nations,) filled in place, ``FAR_M`` for a nation that owns no layer.
    Returns:
        False outside the grid (``out_m`` is then all ``FAR_M``).
    Method: bilinear interpolation inside the cell, of the tile's sub-cell if the coast crosses this cell; the nation's
    distance is the least over its layers. Error about 0.05 km far from coasts, up to 1 km where two coasts are equally near.
    """
    for nation in range(out_m.shape[0]):
        out_m[nation] = FAR_M
    n_rows = coarse.shape[1]
    n_columns = coarse.shape[2]
    row_f = (lat_rad / DEG - grid[0]) / grid[2]
    lon_deg = lon_rad / DEG
    lon_deg -= 360.0 * math.floor(lon_deg / 360.0)  # the grid lies between 0 and 360 degrees east
    column_f = (lon_deg - grid[1]) / grid[2]
    if not (0.0 <= row_f <= n_rows - 1.0 and 0.0 <= column_f <= n_columns - 1.0):
        return False
    row = min(int(row_f), n_rows - 2)
    column = min(int(column_f), n_columns - 2)
    v = row_f - row
    u = column_f - column
    for layer in range(coarse.shape[0]):
        nation = owner[layer]
        if nation >= 0:
            south = coarse[layer, row, column] * (1.0 - u) + coarse[layer, row, column + 1] * u
            north = coarse[layer, row + 1, column] * (1.0 - u) + coarse[layer, row + 1, column + 1] * u
            distance_m = grid[3] * (south * (1.0 - v) + north * v)
            out_m[nation] = min(out_m[nation], distance_m)
    cell = row * (n_columns - 1) + column
    if tile_first[cell] >= 0:
        _refine(cell, u, v, grid, coarse, row, column, tile_first, tile_cell, tile_layer, tile_nodes, owner, out_m)
    return True
