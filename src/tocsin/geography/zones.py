"""In which zone does a point lie: land, territorial sea, contiguous zone, exclusive economic zone (EEZ) or high seas.

One mechanism answers everything: a packaged grid (``zones.npz``, made by ``tools/build_zones.py`` from Natural Earth) with
the signed distance to each nation's coast, negative on its land. A point belongs to the nearest nation: ``land:X`` on its
land, ``territorial:X`` up to 12 nautical miles, ``contiguous:X`` to 24, ``eez:X`` to 200; else ``high-seas``;
``not-covered`` outside the grid. Where two nations are nearer than 400 nautical miles the limit is equidistance.

Simplifications: no straight baselines, no agreed lines that differ from equidistance (Yellow Sea, off the Tumen mouth),
islets are points without area, lakes are land. Disputed features are layers of their own with a switch (``Claim``).
Approximate, no legal value.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.errors import OurFault
from tocsin.geography import zone_kernels
from tocsin.geography.zone_kernels import (
    EEZ_LIMIT_M,
    N_BANDS,
    Floats,
    Int16s,
    Int32s,
    band_of,
    coast_distances,
    eez_margin,
    label_weights,
)

NOTICE: Final = "approximate, no legal value"
HIGH_SEAS: Final = "high-seas"
NOT_COVERED: Final = "not-covered"
BAND_NAMES: Final = ("land", "territorial", "contiguous", "eez")
# 1-sigma error of the computed JPN limit in the Sea of Japan: median 2.0 km, 95 % within 6.0 km, against the Marine Regions
# EEZ v12. Far larger in the Yellow Sea (to 165 km) and off the Tumen mouth (to 52 km), where agreed lines are not modelled.
EEZ_LIMIT_SIGMA_M: Final = 3_000.0
FAINT: Final = 1.0e-9  # probabilities up to this are rounding, and are not listed
POLE_RAD: Final = 1.5707963267948968  # pi / 2 and one rounding step
TILE_K: Final = 4  # a grid cell that a coast crosses is cut into 4 x 4 (1.4 km, about the accuracy of the coast)
FORMAT: Final = 1  # version of the packaged file's layout


class Layer(msgspec.Struct, frozen=True):
    """One distance field of the grid: a nation's coast, or a feature that a claim gives to a nation or to none."""

    key: str  # the nation's code, or the feature's name
    owner: str  # nation that owns it unless a claim says otherwise; "" for none
    disputed: bool


class ZoneMeta(msgspec.Struct, frozen=True):
    """What the packaged file says about itself."""

    format: int
    source: str  # package and version the coast came from
    source_sha256: str  # of the countries file
    islets_sha256: str  # of the islet table
    credit: str
    notice: str
    south_deg: float
    west_deg: float
    step_deg: float
    rows: int
    columns: int
    quantum_m: float
    farthest_m: float  # distances are cut here; a point farther than this from every coast has no nearest nation
    deepest_m: float  # distances inside land are cut here
    nations: tuple[str, ...]
    whole_eez: tuple[str, ...]  # nations whose EEZ lies wholly inside the grid
    layers: tuple[Layer, ...]


class Claim(msgspec.Struct, frozen=True):
    """A choice about one disputed feature: the nation it counts for, or "" to give it no effect at all."""

    feature: str
    owner: str


class ZoneAnswer(msgspec.Struct, frozen=True):
    """The zone of one point. ``NOTICE`` belongs beside it wherever it is shown."""

    label: str  # "land:JPN", "territorial:JPN", "contiguous:JPN", "eez:JPN", "high-seas", "not-covered"
    nation: str | None  # of the label
    margin_to_limit_m: float | None  # to the EEZ limit of ``nearest_nation``, positive inside; None without one
    nearest_nation: str | None  # None beyond ``ZoneMeta.farthest_m`` from every coast
    nearest_coast_m: float | None  # signed, negative on land


@dataclass(frozen=True, slots=True, eq=False)
class Zones:
    """The loaded grid; the arrays are read-only and are described in ``zone_kernels.coast_distances``."""

    meta: ZoneMeta
    grid: Floats
    coarse: Int16s
    tile_first: Int32s
    tile_cell: Int32s
    tile_layer: Int32s
    tile_nodes: Int16s
    owner: Int32s


def load_zones(claims: tuple[Claim, ...] = ()) -> Zones:
    """Read the packaged grid (about 0.2 s; load once and pass it on). ``claims`` replace the default owners of features.

    Raises:
        OurFault: a claim names an unknown feature or nation, or the packaged file is of another format.
    """
    with np.load(BytesIO(files("tocsin.geography").joinpath("zones.npz").read_bytes())) as archive:
        meta = msgspec.json.decode(archive["meta"].tobytes(), type=ZoneMeta)
        if meta.format != FORMAT:
            raise OurFault(f"zones.npz: expected format {FORMAT}, found {meta.format}; run tools/build_zones.py again")
        folded = archive["coarse_low"] | (archive["coarse_high"].astype(np.uint16) << 8)
        tile_cell = np.cumsum(archive["tile_cell_step"], dtype=np.int32)
        tile_layer = archive["tile_layer"].astype(np.int32)
        tile_residual = archive["tile_residual"]
    # Second differences along each row, modulo 2^16 and folded (0, -1, 1, -2 ... as 0, 1, 2, 3 ...): undone exactly.
    folded = (folded >> 1) ^ (np.uint16(0) - (folded & 1))
    np.cumsum(folded, axis=2, out=folded)
    coarse = np.cumsum(folded, axis=2, out=folded).view(np.int16)
    tile_first = np.full((meta.rows - 1) * (meta.columns - 1), -1, np.int32)
    tile_first[tile_cell[::-1]] = np.arange(len(tile_cell) - 1, -1, -1, dtype=np.int32)
    zones = Zones(
        meta=meta,
        grid=np.array([meta.south_deg, meta.west_deg, meta.step_deg, meta.quantum_m]),
        coarse=coarse,
        tile_first=tile_first,
        tile_cell=tile_cell,
        tile_layer=tile_layer,
        tile_nodes=(interpolate_tiles(coarse, tile_cell, tile_layer) + tile_residual).astype(np.int16),
        owner=_owners(meta, claims),
    )
    for array in (zones.grid, coarse, tile_first, tile_cell, tile_layer, zones.tile_nodes, zones.owner):
        array.flags.writeable = False
    return zones


def zone_of(zones: Zones, lat_rad: float, lon_rad: float) -> ZoneAnswer:
    """Return the zone of one point, by the sharp limits.

    Raises:
        OurFault: the position is not finite, or the latitude lies beyond a pole.
    """
    distances_m = _distances(zones, lat_rad, lon_rad)
    if distances_m is None:
        return ZoneAnswer(NOT_COVERED, None, None, None, None)
    nearest = int(np.argmin(distances_m))
    nation = zones.meta.nations[nearest]
    coast_m = float(distances_m[nearest])
    if coast_m >= zones.meta.farthest_m:
        return ZoneAnswer(HIGH_SEAS, None, None, None, None)
    margin_m = float(eez_margin(distances_m, nearest))
    if coast_m > EEZ_LIMIT_M:
        return ZoneAnswer(HIGH_SEAS, None, margin_m, nation, coast_m)
    return ZoneAnswer(f"{BAND_NAMES[band_of(coast_m)]}:{nation}", nation, margin_m, nation, coast_m)


def eez_margin_m(zones: Zones, nation: str, lat_rad: float, lon_rad: float) -> float | None:
    """Return the signed margin to a nation's EEZ limit, positive inside; None outside the grid.

    It is min(200 nm - own, (other - own) / 2), with the distances to the nation's own and to the nearest other coast.
    Its size never exceeds the true distance to the limit, because each term changes by at most 1 m per metre: a safe
    lower bound, exact beside the limit, and far too small deep in another nation's waters.

    Raises:
        OurFault: unknown nation, or a position that is not finite.
    """
    index = _nation_index(zones, nation)
    distances_m = _distances(zones, lat_rad, lon_rad)
    return None if distances_m is None else float(eez_margin(distances_m, index))


def zone_probabilities(zones: Zones, lat_rad: Floats, lon_rad: Floats, blur_m: float = EEZ_LIMIT_SIGMA_M) -> tuple[tuple[str, float], ...]:
    """Return (label, probability) for equally likely positions, labels sorted; those up to 1e-9 are left out.

    ``blur_m`` is the 1-sigma error of the EEZ limits themselves: a position at margin m counts with Phi(m / blur_m) for
    the inside. The probabilities add up to 1 within rounding. Coasts, 12 and 24 nautical miles are not blurred.

    Raises:
        OurFault: no positions, arrays that do not match, a position that is not finite, or a negative blur.
    """
    weights: list[float] = _weights(zones, lat_rad, lon_rad, blur_m).tolist()
    n_samples = len(lat_rad)
    labels = zip(_labels(zones.meta.nations), weights, strict=True)
    return tuple(sorted((label, weight / n_samples) for label, weight in labels if weight > FAINT * n_samples))


@lru_cache(maxsize=4)
def _labels(nations: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the weights, in the order of ``zone_kernels.label_weights``."""
    return (*(f"{band}:{nation}" for band in BAND_NAMES for nation in nations), HIGH_SEAS, NOT_COVERED)


def p_outside_eez(zones: Zones, nation: str, lat_rad: Floats, lon_rad: Floats, blur_m: float = EEZ_LIMIT_SIGMA_M) -> float:
    """Return the probability to be outside a nation's EEZ as the public question means it.

    Inside = the nation's land, territorial sea, contiguous zone or EEZ: "outside Japan's EEZ" never means "on Japan".
    A position outside the grid counts as outside for nations whose whole EEZ the grid holds (``meta.whole_eez``).

    Raises:
        OurFault: as for ``zone_probabilities``; unknown nation; or a position outside the grid and another nation.
    """
    index = _nation_index(zones, nation)
    weights = _weights(zones, lat_rad, lon_rad, blur_m)
    n_nations = len(zones.meta.nations)
    if weights[N_BANDS * n_nations + 1] > 0.0 and nation not in zones.meta.whole_eez:
        raise OurFault(
            f"p_outside_eez: the grid holds only part of the EEZ of {nation} and a position lies outside the grid; "
            f"ask for one of {', '.join(zones.meta.whole_eez)}, or use zone_probabilities"
        )
    inside = 0.0
    for band in range(N_BANDS):
        inside += float(weights[band * n_nations + index])
    return max(0.0, 1.0 - inside / len(lat_rad))


def p_land(zones: Zones, nation: str, lat_rad: Floats, lon_rad: Floats) -> float:
    """Return the share of equally likely positions on a nation's land (positions outside the grid are not on it).

    Raises:
        OurFault: as for ``zone_probabilities``, or unknown nation.
    """
    return float(_weights(zones, lat_rad, lon_rad, 0.0)[_nation_index(zones, nation)]) / len(lat_rad)


def land_nations(zones: Zones, lat_rad: Floats, lon_rad: Floats) -> Int32s:
    """Return the index in ``meta.nations`` of the nation whose land holds each position, -1 at sea.

    Raises:
        OurFault: as for ``zone_probabilities``.
    """
    _check_positions(lat_rad, lon_rad)
    out = np.empty(len(lat_rad), np.int32)
    zone_kernels.land_nations(
        lat_rad,
        lon_rad,
        zones.grid,
        zones.coarse,
        zones.tile_first,
        zones.tile_cell,
        zones.tile_layer,
        zones.tile_nodes,
        zones.owner,
        np.empty(len(zones.meta.nations)),
        out,
    )
    return out


def _distances(zones: Zones, lat_rad: float, lon_rad: float) -> Floats | None:
    """Signed distance to each nation's coast (m), or None outside the grid."""
    positions = np.array([[lat_rad], [lon_rad]], np.float64)
    _check_positions(positions[0], positions[1])
    out_m = np.empty(len(zones.meta.nations))
    covered = coast_distances(
        float(lat_rad),
        float(lon_rad),
        zones.grid,
        zones.coarse,
        zones.tile_first,
        zones.tile_cell,
        zones.tile_layer,
        zones.tile_nodes,
        zones.owner,
        out_m,
    )
    return out_m if covered else None


def _weights(zones: Zones, lat_rad: Floats, lon_rad: Floats, blur_m: float) -> Floats:
    """Label weights of all positions, laid out as ``zone_kernels.label_weights`` says."""
    lat = np.ascontiguousarray(lat_rad, np.float64)
    lon = np.ascontiguousarray(lon_rad, np.float64)
    _check_positions(lat, lon)
    if not blur_m >= 0.0:
        raise OurFault(f"blur_m: expected a 1-sigma error of 0 m or more, got {blur_m}")
    n_nations = len(zones.meta.nations)
    out = np.zeros(N_BANDS * n_nations + 2)
    label_weights(
        lat,
        lon,
        float(blur_m),
        zones.grid,
        zones.coarse,
        zones.tile_first,
        zones.tile_cell,
        zones.tile_layer,
        zones.tile_nodes,
        zones.owner,
        np.empty(n_nations),
        np.empty(n_nations),
        out,
    )
    return out


def _check_positions(lat_rad: Floats, lon_rad: Floats) -> None:
    """Refuse what is not a set of positions; a NaN here means that an estimate went wrong further up."""
    if lat_rad.ndim != 1 or lat_rad.shape != lon_rad.shape or len(lat_rad) == 0:
        raise OurFault(f"positions: expected two arrays of one length >= 1, got shapes {lat_rad.shape} and {lon_rad.shape}")
    if not (np.all(np.abs(lat_rad) <= POLE_RAD) and np.all(np.isfinite(lon_rad))):
        raise OurFault(
            "positions: expected finite radians with latitude within +-pi/2, got NaN, infinity or degrees; "
            "drop failed samples before asking for zones"
        )


def _nation_index(zones: Zones, nation: str) -> int:
    if nation not in zones.meta.nations:
        raise OurFault(f"nation: expected one of {', '.join(zones.meta.nations)}, got {nation!r}")
    return zones.meta.nations.index(nation)


def _owners(meta: ZoneMeta, claims: tuple[Claim, ...]) -> Int32s:
    """Nation index per layer after the claims, -1 for none."""
    owners = {layer.key: layer.owner for layer in meta.layers}
    features = sorted(layer.key for layer in meta.layers if layer.key not in meta.nations)
    for claim in claims:
        if claim.feature not in features or claim.owner not in ("", *meta.nations):
            raise OurFault(
                f"claim: expected a feature of {', '.join(features)} and a nation of {', '.join(meta.nations)} "
                f'(or "" for no effect), got {claim.feature!r} and {claim.owner!r}'
            )
        owners[claim.feature] = claim.owner
    return np.array([meta.nations.index(owners[layer.key]) if owners[layer.key] else -1 for layer in meta.layers], np.int32)


def interpolate_tiles(coarse: Int16s, cell: Int32s, layer: Int32s, k: int = TILE_K) -> NDArray[np.int32]:
    """(tiles, k + 1, k + 1) whole-number bilinear interpolation of the cells' corners; what a tile's residual adds to."""
    n_columns = coarse.shape[2] - 1
    row, column = cell // n_columns, cell % n_columns
    corner = [coarse[layer, row + i, column + j].astype(np.int32) for i, j in ((0, 0), (0, 1), (1, 0), (1, 1))]
    south_west, south_east, north_west, north_east = (c[:, None, None] for c in corner)
    east = np.arange(k + 1, dtype=np.int32)
    north = east[:, None]
    south_edge = south_west * (k - east) + south_east * east
    north_edge = north_west * (k - east) + north_east * east
    interpolated: NDArray[np.int32] = (south_edge * (k - north) + north_edge * north) // (k * k)
    return interpolated
