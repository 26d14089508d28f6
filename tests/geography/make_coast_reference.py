"""Write ``tests/reference/nearest_coast.csv``: ``python tests/geography/make_coast_reference.py FOLDER`` (of fetched sources).

A slow twin of the grids: no KD-tree, no chord, no interpolation. Every coast point of the source is tried on the sphere, and the
geodesic (pyproj, WGS-84) decides among the 50 nearest of each nation.
"""

import sys
from pathlib import Path

import numpy as np
from pyproj import Geod
from shapely import contains_xy
from shapely.geometry import MultiPolygon

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import build_zones  # noqa: E402 - found through the line above
import coasts  # noqa: E402
import geo_sources  # noqa: E402

HEADER = """# Signed distance (m) from random points to the nearest coast, its nation, and the distance to the next nation's coast.
# Source: Natural Earth 1:10m through world-atlas 2.0.2 (public domain) and tools/islets.toml, default claims; computed by
# tests/geography/make_coast_reference.py with pyproj geodesics. Coast points lie at most 200 m apart in the theatre (error below
# 30 m at sea), 1 km elsewhere.
where,lat_deg,lon_deg,nation,nearest_coast_m,second_coast_m
"""
SAMPLES = 300
DEEPEST_M = 80e3  # distances inland are cut at 100 km in the grids


def main() -> None:
    sources = geo_sources.Sources(Path(sys.argv[1]))
    world = coasts.read_world(sources.countries(), coasts.read_table(), geo_sources.territory_codes(sources.cldr()))
    owned = [
        (layer.owner, world.coasts[layer.key], coasts.boundary_points(world.coasts[layer.key], build_zones.FINE_DEG, 200.0, 1_000.0))
        for layer in world.layers
        if layer.owner
    ]
    units = [unit_vectors(*points) for _, _, points in owned]
    random = np.random.default_rng(2023)
    lines = []
    for where in ("theatre", "world"):
        found = 0
        while found < SAMPLES:
            if where == "theatre":
                lat, lon = round(random.uniform(10.0, 62.0), 4), round(random.uniform(115.0, 165.0), 4)
            else:
                lat, lon = round(np.degrees(np.arcsin(random.uniform(-1.0, 1.0))), 4), round(random.uniform(-180.0, 180.0), 4)
            nearest = nearest_coasts(owned, units, lat, lon)
            (first_m, nation), (second_m, _) = sorted((d, n) for n, d in nearest.items())[:2]
            if first_m > -DEEPEST_M:
                found += 1
                lines.append(f"{where},{lat},{lon},{nation},{first_m:.0f},{second_m:.0f}\n")
    (ROOT / "tests" / "reference" / "nearest_coast.csv").write_text(HEADER + "".join(lines))


def nearest_coasts(
    owned: list[tuple[str, coasts.Coast, tuple[coasts.Floats, coasts.Floats]]], units: list[coasts.Floats], lat: float, lon: float
) -> dict[str, float]:
    """Signed distance (m) to the coast of every nation, exact for the nearest ones."""
    geod = Geod(ellps="WGS84")
    here = unit_vectors(np.array([lat]), np.array([lon]))[0]
    cosines = [unit @ here for unit in units]
    nearest: dict[str, float] = {}
    for k in sorted(range(len(owned)), key=lambda k: -float(cosines[k].max()))[:12]:
        owner, coast, (coast_lat, coast_lon) = owned[k]
        best = np.argpartition(-cosines[k], min(50, len(cosines[k]) - 1))[:50]
        distance_m = min(geod.inv([lon] * len(best), [lat] * len(best), coast_lon[best], coast_lat[best])[2])
        sign = -1.0 if contains_xy(MultiPolygon(coast.polygons), lon, lat) else 1.0
        nearest[owner] = min(nearest.get(owner, 1e9), sign * distance_m)
    return nearest


def unit_vectors(lat_deg: coasts.Floats, lon_deg: coasts.Floats) -> coasts.Floats:
    """(n, 3) directions on the sphere."""
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


if __name__ == "__main__":
    main()
