"""Which waters does a point at sea belong to: a few coarse outlines with a key each. Names in any language live with the words.

Outlines follow the limits of "Limits of Oceans and Seas" (IHO Special Publication 23, 3rd edition, 1953), to about half a degree,
and run over land where land ends a sea: they are for points already known to lie at sea. Approximate, no legal value.
"""

from typing import Final

from tocsin.units import DEG

SEAS: Final[tuple[tuple[str, tuple[tuple[float, float], ...]], ...]] = (
    (
        "sea-of-japan",
        (
            (34.3, 130.9),
            (35.1, 129.1),
            (38.0, 127.8),
            (39.8, 127.0),
            (41.3, 129.0),
            (42.6, 130.3),
            (43.6, 132.0),
            (45.0, 136.5),
            (49.0, 140.1),
            (52.2, 141.2),
            (52.2, 141.9),
            (46.0, 142.3),
            (45.4, 141.7),
            (43.2, 141.4),
            (42.0, 140.4),
            (41.3, 140.5),
            (40.5, 140.3),
            (38.3, 139.8),
            (37.0, 137.9),
            (36.5, 136.9),
            (35.4, 136.0),
            (35.0, 133.0),
        ),
    ),
    (
        "yellow-sea",
        (
            (33.3, 126.3),
            (34.3, 126.6),
            (36.5, 126.9),
            (38.0, 126.3),
            (39.0, 125.6),
            (40.2, 124.6),
            (40.2, 122.6),
            (41.1, 122.2),
            (41.0, 120.8),
            (39.2, 117.4),
            (37.0, 118.5),
            (36.0, 119.8),
            (34.5, 119.0),
            (31.9, 121.6),
        ),
    ),
    (
        "east-china-sea",
        (
            (33.3, 126.3),
            (31.9, 121.6),
            (30.0, 121.3),
            (25.2, 118.9),
            (25.2, 121.6),
            (24.4, 122.9),
            (26.0, 127.5),
            (28.4, 129.4),
            (31.0, 130.6),
            (33.0, 129.8),
            (33.3, 129.0),
        ),
    ),
    (
        "sea-of-okhotsk",
        (
            (45.4, 142.0),
            (46.0, 142.3),
            (52.2, 141.9),
            (54.3, 139.0),
            (59.5, 150.0),
            (62.0, 160.0),
            (57.0, 156.8),
            (51.0, 156.7),
            (45.5, 149.0),
            (44.3, 145.4),
        ),
    ),
    ("north-pacific", ((0.0, 131.0), (0.0, 240.0), (60.0, 240.0), (60.0, 160.0), (34.0, 131.0))),
)
"""Key and outline (lat_deg, lon_deg from 0 to 360). The first that holds a point counts: the ocean stands last."""


def waters_of(lat_rad: float, lon_rad: float) -> str:
    """Return the key of the waters around a point at sea, "" where no outline holds it."""
    lat_deg, lon_deg = lat_rad / DEG, (lon_rad / DEG) % 360.0
    return next((key for key, ring in SEAS if _inside(ring, lat_deg, lon_deg)), "")


def _inside(ring: tuple[tuple[float, float], ...], lat_deg: float, lon_deg: float) -> bool:
    """True if a ray eastwards crosses the outline an odd number of times."""
    odd = False
    for (lat_a, lon_a), (lat_b, lon_b) in zip(ring, (*ring[1:], ring[0]), strict=True):
        if (lat_a > lat_deg) != (lat_b > lat_deg) and lon_deg < lon_a + (lat_deg - lat_a) * (lon_b - lon_a) / (lat_b - lat_a):
            odd = not odd
    return odd
