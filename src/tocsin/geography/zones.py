"""In which zone does a point lie: land, territorial sea, contiguous zone, exclusive economic zone (EEZ) or high seas.

One mechanism answers everywhere on the earth: packaged grids (``zones.npz``, made by ``tools/build_zones.py`` from Natural Earth)
with the signed distance to the coast of each near nation, negative on its land. A point belongs to the nearest nation:
``land:X`` on its land, ``territorial:X`` up to 12 nautical miles, ``contiguous:X`` to 24, ``eez:X`` to 200; else ``high-seas``.
Where two nations are nearer than 400 nautical miles the limit is equidistance. X is an ISO 3166-1 code, also for territories.

Simplifications: no straight baselines, no lines agreed between two nations (where one differs from equidistance the limit's own
error is larger: ``limit_sigma_m``), islets are points without area, lakes are land. Disputed features are layers of their own
with a switch (``Claim``); ``perspective`` gives the claims by which one nation sees them. Approximate, no legal value.
"""

import math
from dataclasses import replace
from functools import lru_cache
from typing import Final

import msgspec
import numpy as np

from tocsin.errors import OurFault
from tocsin.geography import zone_kernels
from tocsin.geography.zone_grids import Claim, Layer, Perspective, ZoneMeta, Zones, owner_indices, read_zones
from tocsin.geography.zone_kernels import (
    EEZ_LIMIT_M,
    N_BANDS,
    Floats,
    Int32s,
    band_of,
    coast_distances,
    eez_margin,
    label_weights,
    limit_sigma,
    nearest_of,
)

__all__ = [
    "EEZ_LIMIT_SIGMA_M",
    "HIGH_SEAS",
    "NEAR_LIMIT_SIGMAS",
    "NOTICE",
    "SURE_SHARE",
    "WORLD_SIGMA_M",
    "Claim",
    "Layer",
    "Perspective",
    "ZoneAnswer",
    "ZoneMeta",
    "Zones",
    "eez_margin_m",
    "land_nations",
    "limit_answer",
    "limit_sigma_m",
    "load_zones",
    "p_land",
    "p_outside_eez",
    "perspective",
    "with_claims",
    "zone_of",
    "zone_probabilities",
]

NOTICE: Final = "approximate, no legal value"
HIGH_SEAS: Final = "high-seas"
BAND_NAMES: Final = ("land", "territorial", "contiguous", "eez")
# 1-sigma error of the computed JPN limit in the Sea of Japan: median 2.0 km, 95 % within 6.0 km, against the Marine Regions
# EEZ v12. It holds for the theatre where ``tools/islets.toml`` does not say more.
EEZ_LIMIT_SIGMA_M: Final = 3_000.0
# Elsewhere nothing was compared: 1:10m coasts lack islets, and agreed lines differ from equidistance. One sigma covers the cell of
# the world's coast grid (7 km) and the worst of the coast itself near home (95 % within 6 km for JPN, 16 km for KOR).
WORLD_SIGMA_M: Final = 10_000.0
NEAR_LIMIT_SIGMAS: Final = 2.0  # a point within 95 % of the limit's own error is neither inside nor outside
SURE_SHARE: Final = 0.95  # a probability up to which nobody should say "inside" or "outside" without a second word
FAINT: Final = 1.0e-9  # probabilities up to this are rounding, and are not listed
POLE_RAD: Final = math.nextafter(0.5 * math.pi, 2.0)


class ZoneAnswer(msgspec.Struct, frozen=True):
    """The zone of one point."""

    label: str  # "land:JPN", "territorial:JPN", "contiguous:JPN", "eez:JPN", "high-seas"
    nation: str | None  # of the label
    margin_to_limit_m: float | None  # to the EEZ limit of ``nation``, else of ``nearest_nation``, positive inside; None without
    nearest_nation: str | None  # whose coast is nearest; it need not have an EEZ
    nearest_coast_m: float | None  # signed, negative on land
    near_limit: bool  # within two sigmas of that EEZ limit: the label may be wrong
    limit_sigma_m: float  # 1-sigma error of EEZ limits at this place
    notice: str = NOTICE


def load_zones(claims: tuple[Claim, ...] = ()) -> Zones:
    """Return the packaged grids (read once, in about 0.3 s). ``claims`` replace the default owners of disputed features.

    Raises:
        OurFault: a claim names an unknown feature or nation, or the packaged file is of another format.
    """
    return with_claims(read_zones(), claims)


def with_claims(zones: Zones, claims: tuple[Claim, ...]) -> Zones:
    """Return the same grids, not copied, with these owners of disputed features in place of the default ones.

    Raises:
        OurFault: a claim names an unknown feature or nation.
    """
    features = sorted(layer.key for layer in zones.meta.layers if layer.disputed)
    owners = {}
    for claim in claims:
        if claim.feature not in features or claim.owner not in ("", *zones.meta.nations):
            raise OurFault(
                f"claim: expected a feature of {', '.join(features)} and the ISO 3166-1 alpha-3 code of a nation "
                f'(or "" for no effect), got {claim.feature!r} and {claim.owner!r}'
            )
        owners[claim.feature] = claim.owner
    return replace(zones, owner=owner_indices(zones.meta, owners))


def perspective(nation: str) -> tuple[Claim, ...]:
    """Return the claims by which a nation sees the disputed features, for ``load_zones``; empty where none is on record."""
    return next((view.claims for view in read_zones().meta.perspectives if view.nation == nation), ())


def zone_of(zones: Zones, lat_rad: float, lon_rad: float) -> ZoneAnswer:
    """Return the zone of one point, by the sharp limits.

    Raises:
        OurFault: the position is not finite, or the latitude lies beyond a pole.
    """
    n, near, near_m = _near(zones, lat_rad, lon_rad)
    sigma_m = float(limit_sigma(float(lat_rad), float(lon_rad), zones.blur_frame, zones.blur_km))
    slot = nearest_of(n, near_m)
    if slot < 0:
        return ZoneAnswer(HIGH_SEAS, None, None, None, None, near_limit=False, limit_sigma_m=sigma_m)
    coast_m = float(near_m[slot])
    owner = slot
    if coast_m >= 0.0:  # at sea only nations with maritime zones count
        owner = min((k for k in range(n) if zones.has_zones[near[k]]), key=lambda k: float(near_m[k]), default=slot)
    asked, label, nation = slot, HIGH_SEAS, None
    band = BAND_NAMES[band_of(float(near_m[owner]))]
    if coast_m < 0.0 or (zones.has_zones[near[owner]] and near_m[owner] <= EEZ_LIMIT_M):
        asked, nation = owner, zones.meta.nations[near[owner]]
        label = f"{band}:{nation}"
    has_limit = bool(zones.has_zones[near[asked]])
    margin_m = float(eez_margin(n, near, near_m, zones.has_zones, int(near[asked]))) if has_limit else None
    near_limit = coast_m >= 0.0 and margin_m is not None and abs(margin_m) <= NEAR_LIMIT_SIGMAS * sigma_m
    nearest = zones.meta.nations[near[slot]]
    return ZoneAnswer(label, nation, margin_m, nearest, coast_m, near_limit=near_limit, limit_sigma_m=sigma_m)


def eez_margin_m(zones: Zones, nation: str, lat_rad: float, lon_rad: float) -> float | None:
    """Return the signed margin to a nation's EEZ limit, positive inside; None for a nation without maritime zones.

    It is min(200 nm - own, (other - own) / 2), with the distances to the nation's own and to the nearest other coast. Its size
    never exceeds the true distance to the limit, because each term changes by at most 1 m per metre: a safe lower bound, exact
    beside the limit, and far too small deep in another nation's waters. Beyond 460 km (800 in the theatre) from a nation's coast
    that figure, or the distance to the nearest coast of all if that is longer, stands for its distance.

    Raises:
        OurFault: unknown nation, or a position that is not finite.
    """
    index = _nation_index(zones, nation)
    n, near, near_m = _near(zones, lat_rad, lon_rad)
    return float(eez_margin(n, near, near_m, zones.has_zones, index)) if zones.has_zones[index] else None


def limit_sigma_m(zones: Zones, lat_rad: float, lon_rad: float) -> float:
    """Return the 1-sigma error of EEZ limits at a place: larger where nations have agreed on no line, or on another one.

    Raises:
        OurFault: the position is not finite, or the latitude lies beyond a pole.
    """
    _check_positions(np.array([lat_rad], np.float64), np.array([lon_rad], np.float64))
    return float(limit_sigma(float(lat_rad), float(lon_rad), zones.blur_frame, zones.blur_km))


def zone_probabilities(zones: Zones, lat_rad: Floats, lon_rad: Floats, blur_m: float | None = None) -> tuple[tuple[str, float], ...]:
    """Return (label, probability) for equally likely positions, labels sorted; those up to 1e-9 are left out.

    ``blur_m`` is the 1-sigma error of the EEZ limits themselves, by default that of each place: a position at margin m counts
    with Phi(m / blur_m) for the inside. The probabilities add up to 1 within rounding. Coasts, 12 and 24 nautical miles are not
    blurred.

    Raises:
        OurFault: no positions, arrays that do not match, a position that is not finite, or a negative blur.
    """
    weights = _weights(zones, lat_rad, lon_rad, blur_m)
    n_samples = len(lat_rad)
    labels = _labels(zones.meta.nations)
    found = np.flatnonzero(weights > FAINT * n_samples).tolist()
    return tuple(sorted((labels[k], float(weights[k]) / n_samples) for k in found))


def p_outside_eez(zones: Zones, nation: str, lat_rad: Floats, lon_rad: Floats, blur_m: float | None = None) -> float:
    """Return the probability to be outside a nation's EEZ as the public question means it.

    Inside = the nation's land, territorial sea, contiguous zone or EEZ: "outside Japan's EEZ" never means "on Japan".

    Raises:
        OurFault: as for ``zone_probabilities``, or unknown nation.
    """
    index = _nation_index(zones, nation)
    weights = _weights(zones, lat_rad, lon_rad, blur_m)
    inside = 0.0
    for band in range(N_BANDS):
        inside += float(weights[band * len(zones.meta.nations) + index])
    return max(0.0, 1.0 - inside / len(lat_rad))


def limit_answer(p_outside: float) -> str:
    """Return what may be said of a probability to be outside: "inside", "outside" or, up to 0.95 for either, "near the limit"."""
    if p_outside > SURE_SHARE:
        return "outside"
    return "inside" if p_outside < 1.0 - SURE_SHARE else "near the limit"


def p_land(zones: Zones, nation: str, lat_rad: Floats, lon_rad: Floats) -> float:
    """Return the share of equally likely positions on a nation's land.

    Raises:
        OurFault: as for ``zone_probabilities``, or unknown nation.
    """
    return float(_weights(zones, lat_rad, lon_rad, 0.0)[_nation_index(zones, nation)]) / len(lat_rad)


def land_nations(zones: Zones, lat_rad: Floats, lon_rad: Floats) -> Int32s:
    """Return the index in ``meta.nations`` of the nation whose land holds each position, -1 at sea.

    Raises:
        OurFault: as for ``zone_probabilities``.
    """
    lat, lon = _positions(lat_rad, lon_rad)
    n_nations = len(zones.meta.nations)
    out = np.empty(len(lat), np.int32)
    zone_kernels.land_nations(
        lat,
        lon,
        zones.grid,
        zones.shape,
        zones.cell_first,
        zones.entry_layer,
        zones.nodes,
        zones.owner,
        np.empty(n_nations + 1, np.int32),
        np.empty(n_nations + 1),
        out,
    )
    return out


@lru_cache(maxsize=4)
def _labels(nations: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the weights, in the order of ``zone_kernels.label_weights``."""
    return (*(f"{band}:{nation}" for band in BAND_NAMES for nation in nations), HIGH_SEAS)


def _near(zones: Zones, lat_rad: float, lon_rad: float) -> tuple[int, Int32s, Floats]:
    """How many nations are near a point, their indices and signed distances (m); see ``zone_kernels.coast_distances``."""
    _check_positions(np.array([lat_rad], np.float64), np.array([lon_rad], np.float64))
    near = np.empty(len(zones.meta.nations) + 1, np.int32)
    near_m = np.empty(len(zones.meta.nations) + 1)
    n = coast_distances(
        float(lat_rad),
        float(lon_rad),
        zones.grid,
        zones.shape,
        zones.cell_first,
        zones.entry_layer,
        zones.nodes,
        zones.owner,
        near,
        near_m,
    )
    return n, near, near_m


def _weights(zones: Zones, lat_rad: Floats, lon_rad: Floats, blur_m: float | None) -> Floats:
    """Label weights of all positions, laid out as ``zone_kernels.label_weights`` says."""
    lat, lon = _positions(lat_rad, lon_rad)
    if blur_m is not None and not blur_m >= 0.0:
        raise OurFault(f"blur_m: expected a 1-sigma error of 0 m or more, got {blur_m}")
    n_nations = len(zones.meta.nations)
    out = np.zeros(N_BANDS * n_nations + 1)
    label_weights(
        lat,
        lon,
        -1.0 if blur_m is None else float(blur_m),
        zones.grid,
        zones.shape,
        zones.cell_first,
        zones.entry_layer,
        zones.nodes,
        zones.owner,
        zones.has_zones,
        zones.blur_frame,
        zones.blur_km,
        np.empty(n_nations + 1, np.int32),
        np.empty(n_nations + 1),
        np.empty(n_nations + 1),
        out,
    )
    return out


def _positions(lat_rad: Floats, lon_rad: Floats) -> tuple[Floats, Floats]:
    """Return the positions as the kernels take them, checked."""
    lat = np.ascontiguousarray(lat_rad, np.float64)
    lon = np.ascontiguousarray(lon_rad, np.float64)
    _check_positions(lat, lon)
    return lat, lon


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
        known = ", ".join(zones.meta.nations[:7])
        raise OurFault(f"nation: expected one of {known}, or another ISO 3166-1 alpha-3 code, got {nation!r}")
    return zones.meta.nations.index(nation)
