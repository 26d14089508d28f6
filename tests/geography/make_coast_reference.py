"""Write ``tests/reference/nearest_coast.csv``: ``python tests/geography/make_coast_reference.py countries-10m.json``.

A slow twin of the grid: no KD-tree, no chord, no interpolation. Every coast point of the source within reach is tried with
the haversine formula, and the geodesic (pyproj, WGS-84) decides among the 50 nearest of each nation.
"""

import sys
import tomllib
from pathlib import Path

import msgspec
import numpy as np
from pyproj import Geod
from shapely import contains_xy
from shapely.geometry import MultiPolygon

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import build_zones  # noqa: E402 - found through the line above

HEADER = """# Signed distance (m) from random points to the nearest coast, its nation, and the distance to the next nation's coast.
# Source: Natural Earth 1:10m through world-atlas 2.0.2 (public domain) and tools/islets.toml, default claims; computed by
# tests/geography/make_coast_reference.py with pyproj geodesics. Coast points lie at most 200 m apart (error below 30 m at sea).
"""


def main() -> None:
    table = msgspec.convert(tomllib.loads((ROOT / "tools" / "islets.toml").read_text()), build_zones.Table, strict=False)
    coasts, layers = build_zones.read_coasts(Path(sys.argv[1]).read_bytes(), table)
    owned = [(layer.owner, coasts[layer.key], build_zones.boundary_points(coasts[layer.key])) for layer in layers if layer.owner]
    random = np.random.default_rng(2023)
    geod = Geod(ellps="WGS84")
    lines = []
    while len(lines) < 300:
        lat, lon = round(random.uniform(10.0, 62.0), 4), round(random.uniform(115.0, 165.0), 4)
        nearest: dict[str, float] = {}
        for owner, coast, (coast_lat, coast_lon) in owned:
            half = np.sin(np.radians(coast_lat - lat) / 2) ** 2
            half += np.cos(np.radians(lat)) * np.cos(np.radians(coast_lat)) * np.sin(np.radians(coast_lon - lon) / 2) ** 2
            best = np.argsort(half)[:50]
            distance_m = min(geod.inv([lon] * len(best), [lat] * len(best), coast_lon[best], coast_lat[best])[2])
            sign = -1.0 if contains_xy(MultiPolygon(coast.polygons), lon, lat) else 1.0
            nearest[owner] = min(nearest.get(owner, 1e9), sign * distance_m)
        (first_m, nation), (second_m, _) = sorted((d, n) for n, d in nearest.items())[:2]
        if -80e3 < first_m < 950e3:
            lines.append(f"{lat},{lon},{nation},{first_m:.0f},{second_m:.0f}\n")
    out = ROOT / "tests" / "reference" / "nearest_coast.csv"
    out.write_text(HEADER + "lat_deg,lon_deg,nation,nearest_coast_m,second_coast_m\n" + "".join(lines))


if __name__ == "__main__":
    main()
