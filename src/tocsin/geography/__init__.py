"""Zones and map outlines from one packaged file each: pure look-ups, no state. Public names are listed here.

``zones`` answers in which zone points lie; ``outlines`` holds lines for drawing. Both are approximate and of no legal value
(``NOTICE``). The data is made by ``tools/build_zones.py``; nothing here reads anything else.
"""

from tocsin.geography.outlines import LandPolygon, Ring, eez_limit_lines, land_polygons
from tocsin.geography.zones import (
    EEZ_LIMIT_SIGMA_M,
    NOTICE,
    Claim,
    ZoneAnswer,
    ZoneMeta,
    Zones,
    eez_margin_m,
    load_zones,
    p_land,
    p_outside_eez,
    zone_of,
    zone_probabilities,
)

__all__ = [
    "EEZ_LIMIT_SIGMA_M",
    "NOTICE",
    "Claim",
    "LandPolygon",
    "Ring",
    "ZoneAnswer",
    "ZoneMeta",
    "Zones",
    "eez_limit_lines",
    "eez_margin_m",
    "land_polygons",
    "load_zones",
    "p_land",
    "p_outside_eez",
    "zone_of",
    "zone_probabilities",
]
