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
def nearest_areas(lat_rad: Floats, lon_rad: Floats, raster: Floats, shape: Int32s, cells: Bytes, out: Int32s) -> None:
    """Fill out[n] with ``nearest_area`` of each position lat_rad[n], lon_rad[n]."""
    for k in range(lat_rad.shape[0]):
        out[k] = nearest_area(lat_rad[k], lon_rad[k], raster, shape, cells)
