"""Where is a point: look-ups in packaged files, loaded once, no state. Public names are listed here.

``zones`` answers in which zone points lie, ``areas`` in which prefecture or province, ``places`` how far and in which direction
from the nearest named place, ``sites`` which launch site is near (a hint); ``outlines`` holds lines for drawing. All of it is
approximate and of no legal value (``NOTICE``). The data is made by ``tools/build_*.py``; nothing here reads anything else.
"""

from tocsin.geography.areas import (
    NEAR_AREA_M,
    AreaNames,
    area_codes,
    area_indices,
    area_names,
    area_nation,
    area_neighbours,
    area_of,
    area_probabilities,
)
from tocsin.geography.outlines import LandPolygon, Ring, eez_limit_lines, land_polygons
from tocsin.geography.places import PlaceFix, compass_point, nearest_place, place_words
from tocsin.geography.sites import SiteFix, nearest_site
from tocsin.geography.zones import (
    EEZ_LIMIT_SIGMA_M,
    NEAR_LIMIT_SIGMAS,
    NOTICE,
    Claim,
    ZoneAnswer,
    ZoneMeta,
    Zones,
    eez_margin_m,
    limit_answer,
    limit_sigma_m,
    load_zones,
    p_land,
    p_outside_eez,
    perspective,
    with_claims,
    zone_of,
    zone_probabilities,
)

__all__ = [
    "EEZ_LIMIT_SIGMA_M",
    "NEAR_AREA_M",
    "NEAR_LIMIT_SIGMAS",
    "NOTICE",
    "AreaNames",
    "Claim",
    "LandPolygon",
    "PlaceFix",
    "Ring",
    "SiteFix",
    "ZoneAnswer",
    "ZoneMeta",
    "Zones",
    "area_codes",
    "area_indices",
    "area_names",
    "area_nation",
    "area_neighbours",
    "area_of",
    "area_probabilities",
    "compass_point",
    "eez_limit_lines",
    "eez_margin_m",
    "land_polygons",
    "limit_answer",
    "limit_sigma_m",
    "load_zones",
    "nearest_place",
    "nearest_site",
    "p_land",
    "p_outside_eez",
    "perspective",
    "place_words",
    "with_claims",
    "zone_of",
    "zone_probabilities",
]
