"""Scalar kernels over the area rasters: which prefecture or province lies nearest to a point.

Only numbers live here: arrays in, arrays out. Codes, names and loading are in ``areas``.
"""

import math

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.jit import kernel
from tocsin.units import DEG

Bytes = NDArray[np.uint8]
Int32s = NDArray[np.int32]
Floats = NDArray[np.float64]


@kernel
def nearest_area(lat_rad: float, lon_rad: float, raster: Floats, shape: Int32s, cells: Bytes) -> int:
    """Index of the area whose land is nearest to a point, -1 if none is within the rasters' reach.

    Args:
        lat_rad, lon_rad: geodetic position; any turn of longitude is accepted.
        raster: (rasters, 3) south edge deg, west edge deg, cell size deg; finest first.
        shape: (rasters, 3) rows, columns, place of the first cell in ``cells``.
        cells: (all cells,) index + 1 of the nearest area, 0 for none; rows northwards, columns eastwards.

    Method: the cell of the first raster that holds the point. Limits: borders are sharp to half a cell.
    """
    lat_deg = lat_rad / DEG
    lon_deg = lon_rad / DEG
    for k in range(raster.shape[0]):
        row_f = (lat_deg - raster[k, 0]) / raster[k, 2]
        east_deg = lon_deg - raster[k, 1]
        east_deg = east_deg - 360.0 * math.floor(east_deg / 360.0)
        column_f = east_deg / raster[k, 2]
        if 0.0 <= row_f < shape[k, 0] and column_f < shape[k, 1]:
            return int(cells[shape[k, 2] + int(row_f) * shape[k, 1] + int(column_f)]) - 1
    return -1


@kernel
def land_areas(
    nation: Int32s,
    lat_rad: Floats,
    lon_rad: Floats,
    raster: Floats,
    shape: Int32s,
    cells: Bytes,
    area_nation: Int32s,
    has_areas: Bytes,
    out: Int32s,
) -> None:
    """Index of the area of each sample on land, -1 at sea and on land of no area.

    Args:
        nation: (samples,) index of the nation whose land holds the sample, -1 at sea.
        lat_rad, lon_rad: (samples,) positions.
        raster, shape, cells: as for :func:`nearest_area`.
        area_nation: (areas,) index of each area's nation.
        has_areas: (nations,) 1 for nations that have areas.
        out: (samples,) written.

    Land counts for the nearest area of its own nation. On the last kilometre of a border, where the two sources disagree, it
    counts for the area that the raster says; land of a nation without areas (Mongolia beside China) for none.
    """
    for k in range(out.shape[0]):
        out[k] = -1
        if nation[k] >= 0:
            area = nearest_area(lat_rad[k], lon_rad[k], raster, shape, cells)
            if area >= 0 and (area_nation[area] == nation[k] or has_areas[nation[k]] != 0):
                out[k] = area
