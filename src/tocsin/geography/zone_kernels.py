"""Scalar kernels over the zone grids: distance to each near nation's coast, and the weight of each zone label over samples.

Only numbers live here: arrays in, arrays out. Nation names, labels and loading are in ``zones`` and ``zone_grids``.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.jit import kernel
from tocsin.units import DEG, NAUTICAL_MILE_M

Bytes = NDArray[np.uint8]
Int16s = NDArray[np.int16]
Int32s = NDArray[np.int32]
Floats = NDArray[np.float64]

# Limits of the zones: UN Convention on the Law of the Sea (1982), articles 3, 33 and 57.
TERRITORIAL_LIMIT_M: Final = 12.0 * NAUTICAL_MILE_M
CONTIGUOUS_LIMIT_M: Final = 24.0 * NAUTICAL_MILE_M
EEZ_LIMIT_M: Final = 200.0 * NAUTICAL_MILE_M
LAND, TERRITORIAL, CONTIGUOUS, EEZ, N_BANDS = 0, 1, 2, 3, 4  # a band and a nation make a label
FAR_M: Final = 1.0e9  # longer than any distance on the Earth (2.0e7)
SURE_SIGMAS: Final = 6.0  # beyond this the normal distribution differs from 0 or 1 by less than 1e-9


@kernel
def sub_cell(place_f: float, cells: int, k: int) -> tuple[int, int, float]:
    """Cell of a place along one axis (in cells), its sub-cell of ``k``, and the share of that sub-cell passed (outside: cut)."""
    cell = min(max(int(place_f), 0), cells - 1)
    inner_f = min(max((place_f - cell) * k, 0.0), float(k))
    sub = min(int(inner_f), k - 1)
    return cell, sub, inner_f - sub


@kernel
def bilinear(nodes: Int16s, entry: int, i: int, j: int, v: float, u: float) -> float:
    """Interpolate in sub-cell (i, j) of an entry; v northwards, u eastwards, from 0 to 1."""
    south = nodes[entry, i, j] * (1.0 - u) + nodes[entry, i, j + 1] * u
    north = nodes[entry, i + 1, j] * (1.0 - u) + nodes[entry, i + 1, j + 1] * u
    value: float = south * (1.0 - v) + north * v
    return value


@kernel
def noted(n: int, near: Int32s, near_m: Floats, nation: int, distance_m: float) -> int:
    """Note a nation's distance among the first ``n``, the least of its layers; return how many are noted now."""
    for slot in range(n):
        if near[slot] == nation:
            near_m[slot] = min(near_m[slot], distance_m)
            return n
    near[n] = nation
    near_m[n] = distance_m
    return n + 1


@kernel
def nearest_of(n: int, near_m: Floats) -> int:
    """Slot of the least distance among the first ``n``, -1 if there is none."""
    nearest = -1
    for k in range(n):
        if nearest < 0 or near_m[k] < near_m[nearest]:
            nearest = k
    return nearest


@kernel
def coast_distances(
    lat_rad: float,
    lon_rad: float,
    grid: Floats,
    shape: Int32s,
    cell_first: Int32s,
    entry_layer: Bytes,
    nodes: Int16s,
    owner: Int32s,
    near: Int32s,
    near_m: Floats,
) -> int:
    """Signed distance (m) from one point to the coasts of the nations near it: negative on the nation's land.

    Args:
        lat_rad, lon_rad: geodetic position; any turn of longitude is accepted.
        grid: (grids, 5) south, west, cell deg, quantum, reach m; base and coast grids in turn, the last pair covers the Earth.
        shape: (grids, 3) rows, columns, place of the first cell in ``cell_first``; rows northwards, columns eastwards.
        cell_first: (cells + 1 per grid,) first entry of each cell; it ends where the next one begins.
        entry_layer: (entries,) layer of each entry, rising within a cell.
        nodes: (entries, k + 1, k + 1) distance in quanta at the nodes of the cell.
        owner: (layers,) index of the nation that owns the layer; -1 where the layer has no effect.
        near: (nations + 1,) written: index of each near nation, then -1.
        near_m: (nations + 1,) written: its distance, then how far all other nations are at least: the reach, or the nearest one.

    Returns how many nations were written.
    Method: the first pair of grids that holds the point; bilinear interpolation in the sub-cell, of the coast grid for the layers
    it lists in its cell, else of the base grid; least distance over a nation's layers.
    Limits: error 0.01 km (median), 0.3 km (95 %), up to 2 km in the theatre where two pieces of coast are equally near; 0.2 km,
    2 km, up to 12 km in the rest of the world (tests/geography).
    """
    lat_deg = lat_rad / DEG
    lon_deg = lon_rad / DEG
    k = nodes.shape[1] - 1
    n = 0
    for base in range(0, grid.shape[0], 2):
        east_deg = lon_deg - grid[base, 1] - 360.0 * math.floor((lon_deg - grid[base, 1]) / 360.0)
        row_f = (lat_deg - grid[base, 0]) / grid[base, 2]
        column_f = east_deg / grid[base, 2]
        inside = 0.0 <= row_f <= shape[base, 0] and column_f <= shape[base, 1]
        if not inside and base + 2 < grid.shape[0]:
            continue
        row, i, v = sub_cell(row_f, shape[base, 0], k)
        column, j, u = sub_cell(column_f, shape[base, 1], k)
        cell = shape[base, 2] + row * shape[base, 1] + column
        fine = base + 1
        row, fine_i, fine_v = sub_cell((lat_deg - grid[fine, 0]) / grid[fine, 2], shape[fine, 0], k)
        column, fine_j, fine_u = sub_cell(east_deg / grid[fine, 2], shape[fine, 1], k)
        fine_cell = shape[fine, 2] + row * shape[fine, 1] + column
        fine_entry = cell_first[fine_cell]
        fine_end = cell_first[fine_cell + 1]
        for entry in range(cell_first[cell], cell_first[cell + 1]):
            layer = entry_layer[entry]
            while fine_entry < fine_end and entry_layer[fine_entry] < layer:
                fine_entry += 1
            if owner[layer] < 0:
                continue
            if fine_entry < fine_end and entry_layer[fine_entry] == layer:
                steps = bilinear(nodes, fine_entry, fine_i, fine_j, fine_v, fine_u)
            else:
                steps = bilinear(nodes, entry, i, j, v, u)
            n = noted(n, near, near_m, owner[layer], grid[base, 3] * steps)
        near[n] = -1
        near_m[n] = grid[base, 4]
        if n > 0:  # the nearest nation is always listed
            near_m[n] = max(near_m[n], near_m[nearest_of(n, near_m)])
        break
    return n


@kernel
def eez_margin(n: int, near: Int32s, near_m: Floats, has_zones: Bytes, nation: int) -> float:
    """Signed margin (m) to a nation's EEZ limit, positive inside: min(200 nm - own, (nearest other - own) / 2).

    A nation farther than what ``coast_distances`` wrote last counts with that; only nations with maritime zones share a limit.
    """
    reach_m: float = near_m[n]
    own_m = reach_m
    other_m = reach_m
    for k in range(n):
        if near[k] == nation:
            own_m = min(own_m, near_m[k])
        elif has_zones[near[k]] != 0:
            other_m = min(other_m, near_m[k])
    margin_m: float = min(EEZ_LIMIT_M - own_m, 0.5 * (other_m - own_m))
    return margin_m


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
def limit_sigma(lat_rad: float, lon_rad: float, frame: Floats, blur_km: Bytes) -> float:
    """1-sigma error (m) of the EEZ limits at a place.

    Args:
        lat_rad, lon_rad: geodetic position; any turn of longitude is accepted.
        frame: (4,) south edge deg, west edge deg, step deg, error outside the raster m.
        blur_km: (rows, columns) error in km; rows northwards, columns eastwards.
    """
    row_f = (lat_rad / DEG - frame[0]) / frame[2]
    east_deg = lon_rad / DEG - frame[1]
    column_f = (east_deg - 360.0 * math.floor(east_deg / 360.0)) / frame[2]
    if 0.0 <= row_f < blur_km.shape[0] and column_f < blur_km.shape[1]:
        sigma_m: float = 1_000.0 * blur_km[int(row_f), int(column_f)]
        return sigma_m
    return float(frame[3])


@kernel
def label_weights(
    lat_rad: Floats,
    lon_rad: Floats,
    blur_m: float,
    grid: Floats,
    shape: Int32s,
    cell_first: Int32s,
    entry_layer: Bytes,
    nodes: Int16s,
    owner: Int32s,
    has_zones: Bytes,
    blur_frame: Floats,
    blur_km: Bytes,
    near: Int32s,
    near_m: Floats,
    chance: Floats,
    out: Floats,
) -> None:
    """Add up how many of the samples fall under each label; a sample near an EEZ limit counts for both of its sides.

    Args:
        lat_rad, lon_rad: (samples,) positions.
        blur_m: 1-sigma error of the EEZ limits themselves; 0 makes them sharp, a negative one takes that of each place.
        grid ... owner: as for :func:`coast_distances`.
        has_zones: (nations,) 0 for nations without maritime zones.
        blur_frame, blur_km: as for :func:`limit_sigma`.
        near, near_m, chance: (nations + 1,) scratch.
        out: (N_BANDS * nations + 1,) added to: ``band * nations + nation``, then high seas.

    Method: land is sharp. At sea each nation weighs Phi(margin / blur), scaled down if the weights pass 1 in total (three
    limits meeting); what is missing to 1 is high seas. The weights of one sample always add up to 1.
    """
    n_nations = has_zones.shape[0]
    high_seas = N_BANDS * n_nations
    for sample in range(lat_rad.shape[0]):
        lat, lon = lat_rad[sample], lon_rad[sample]
        n = coast_distances(lat, lon, grid, shape, cell_first, entry_layer, nodes, owner, near, near_m)
        nearest = nearest_of(n, near_m)
        if nearest >= 0 and near_m[nearest] < 0.0:
            out[LAND * n_nations + near[nearest]] += 1.0
            continue
        sigma_m = blur_m if blur_m >= 0.0 else limit_sigma(lat, lon, blur_frame, blur_km)
        first_m = near_m[n]  # nearest and second among the nations with zones
        second_m = first_m
        first = -1
        for k in range(n):
            if has_zones[near[k]] != 0:
                if near_m[k] < first_m:
                    second_m = first_m
                    first_m = near_m[k]
                    first = k
                else:
                    second_m = min(second_m, near_m[k])
        total = 0.0
        for k in range(n):
            chance[k] = 0.0
            if has_zones[near[k]] != 0:
                other_m = second_m if k == first else first_m
                chance[k] = inside_probability(min(EEZ_LIMIT_M - near_m[k], 0.5 * (other_m - near_m[k])), sigma_m)
                total += chance[k]
        scale = 1.0 / max(total, 1.0)
        for k in range(n):
            if chance[k] > 0.0:
                out[band_of(near_m[k]) * n_nations + near[k]] += scale * chance[k]
        out[high_seas] += 1.0 - scale * total


@kernel
def land_nations(
    lat_rad: Floats,
    lon_rad: Floats,
    grid: Floats,
    shape: Int32s,
    cell_first: Int32s,
    entry_layer: Bytes,
    nodes: Int16s,
    owner: Int32s,
    near: Int32s,
    near_m: Floats,
    out: Int32s,
) -> None:
    """Index of the nation whose land holds each sample, -1 at sea; arguments as for :func:`label_weights`, out: (samples,)."""
    for sample in range(lat_rad.shape[0]):
        n = coast_distances(lat_rad[sample], lon_rad[sample], grid, shape, cell_first, entry_layer, nodes, owner, near, near_m)
        nearest = nearest_of(n, near_m)
        out[sample] = near[nearest] if nearest >= 0 and near_m[nearest] < 0.0 else -1
