"""Zone probabilities of 10,000 impact samples: this grid and prepared polygons of shapely in the same run.

    python bench/zones_speed.py [--samples 10000] [--repeats 20] [--seed 1]

The samples are a 40 x 15 km Gaussian across Japan's computed limit in the Sea of Japan. The peer answers less: it counts the samples
inside one polygon, Japan's zone out of the same grid, without margins, other nations, land or the limit's own error. Needs the extra
``test`` (shapely). Exit code 1 if the target is missed.
"""

import argparse
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Final

import numpy as np
import shapely

from tocsin.geography import Zones, area_probabilities, eez_margin_m, load_zones, zone_probabilities
from tocsin.units import DEG, KM

TARGET_S: Final = 0.005  # 10,000 samples
MIDDLE_DEG: Final = (41.0, 136.5)  # about on the limit, west of Oshima-Oshima
SIGMA_M: Final = (40.0 * KM, 15.0 * KM)  # north, east
CELL_DEG: Final = 0.05  # of the peer's polygon
EARTH_M: Final = 6_371_008.8


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(description="zone probabilities per second against shapely")
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    zones = load_zones()
    north, east = np.random.default_rng(options.seed).normal(0.0, 1.0, (2, options.samples))
    lat_rad = MIDDLE_DEG[0] * DEG + north * SIGMA_M[0] / EARTH_M
    lon_rad = MIDDLE_DEG[1] * DEG + east * SIGMA_M[1] / (EARTH_M * np.cos(MIDDLE_DEG[0] * DEG))
    polygon = japans_zone(zones)
    shapely.prepare(polygon)
    lon_deg, lat_deg = lon_rad / DEG, lat_rad / DEG
    rows = (
        ("zone_probabilities, all zones, limits blurred", best(lambda: zone_probabilities(zones, lat_rad, lon_rad), options.repeats)),
        ("area_probabilities", best(lambda: area_probabilities(zones, lat_rad, lon_rad), options.repeats)),
        ("shapely prepared contains_xy, one zone", best(lambda: shapely.contains_xy(polygon, lon_deg, lat_deg), options.repeats)),
    )
    print(f"{options.samples:,} samples, best of {options.repeats}, seed {options.seed}")
    for name, seconds in rows:
        print(f"  {name:<48} {1e3 * seconds:7.2f} ms")
    print(f"  ratio to shapely: {rows[0][1] / rows[2][1]:.2f}")
    inside = float(shapely.contains_xy(polygon, lon_deg, lat_deg).mean())
    grid = dict(zone_probabilities(zones, lat_rad, lon_rad, 0.0)).get("eez:JPN", 0.0)
    print(f"  share inside Japan's zone: {grid:.4f} here, {inside:.4f} by the polygon")
    margin_m = eez_margin_m(zones, "JPN", MIDDLE_DEG[0] * DEG, MIDDLE_DEG[1] * DEG)
    print(f"  the peer's polygon has {shapely.get_num_coordinates(polygon):,} vertices")
    print(f"  margin of the middle: {(margin_m or 0.0) / KM:.1f} km")
    reached = rows[0][1] <= TARGET_S * options.samples / 10_000
    print(f"  target {1e3 * TARGET_S:.0f} ms per 10,000: {'reached' if reached else 'MISSED'}")
    return 0 if reached else 1


def japans_zone(zones: Zones) -> shapely.Geometry:
    """Return Japan's zone in the Sea of Japan as one polygon of cells whose middle the grid says is inside."""
    lat, lon = (a.ravel() for a in np.meshgrid(np.arange(36.0, 46.0, CELL_DEG), np.arange(130.0, 142.0, CELL_DEG)))
    margins_m = [eez_margin_m(zones, "JPN", a * DEG, b * DEG) or 0.0 for a, b in zip(lat.tolist(), lon.tolist(), strict=True)]
    inside = np.array(margins_m) > 0.0
    lat, lon = lat[inside], lon[inside]
    half = 0.5 * CELL_DEG
    return shapely.union_all(shapely.box(lon - half, lat - half, lon + half, lat + half))


def best(call: Callable[[], object], repeats: int) -> float:
    """Return the shortest wall time of a call, after one that compiles."""
    call()
    times = []
    for _ in range(repeats):
        start = perf_counter()
        call()
        times.append(perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    sys.exit(main())
