"""The grid against its own definition, the kernels against their plain-Python twin, and the outlines for maps."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tocsin.geography import Zones, eez_limit_lines, eez_margin_m, land_polygons, load_zones, zone_of
from tocsin.units import DEG, KM

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def zones() -> Zones:
    return load_zones()


@pytest.mark.parametrize(
    ("where", "median_km", "most_km", "largest_km"),
    [("theatre", 0.1, 0.6, 2.0), ("world", 0.4, 2.5, 12.0)],  # interpolation cuts the ridge between two pieces of coast equally near
)
def test_nearest_coasts_agree_with_a_brute_force_search_over_the_source(
    zones: Zones, where: str, median_km: float, most_km: float, largest_km: float
) -> None:
    """300 random points each; the reference comes from ``make_coast_reference.py``, geodesics on the ellipsoid."""
    with (ROOT / "tests" / "reference" / "nearest_coast.csv").open() as file:
        rows = [row for row in csv.DictReader(line for line in file if not line.startswith("#")) if row["where"] == where]
    assert len(rows) == 300
    errors_m = []
    for row in rows:
        answer = zone_of(zones, float(row["lat_deg"]) * DEG, float(row["lon_deg"]) * DEG)
        assert answer.nearest_coast_m is not None
        errors_m.append(abs(answer.nearest_coast_m - float(row["nearest_coast_m"])))
        if float(row["second_coast_m"]) - float(row["nearest_coast_m"]) > largest_km * KM:
            assert answer.nearest_nation == row["nation"]
    assert np.median(errors_m) < median_km * KM
    assert np.percentile(errors_m, 95) < most_km * KM
    assert max(errors_m) < largest_km * KM


def test_a_node_off_the_coast_returns_a_whole_quantum(zones: Zones) -> None:
    for lat_deg, lon_deg, quantum_m in ((38.0, 136.0, 50.0), (-30.0, -120.0, 500.0)):  # theatre and world: nodes in open sea
        coast_m = zone_of(zones, lat_deg * DEG, lon_deg * DEG).nearest_coast_m
        assert coast_m is not None
        assert coast_m % quantum_m == pytest.approx(0.0, abs=0.01) or coast_m % quantum_m == pytest.approx(quantum_m, abs=0.01)


def test_the_grids_fit_each_other_and_list_their_layers_in_order(zones: Zones) -> None:
    assert zones.meta.nations[:7] == ("JPN", "KOR", "PRK", "CHN", "RUS", "TWN", "USA")
    assert zones.cell_first[-1] == len(zones.entry_layer) == len(zones.nodes)
    assert bool(np.all(np.diff(zones.cell_first) >= 0))
    base, fine = zones.meta.grids[2], zones.meta.grids[3]
    assert (base.south_deg, base.west_deg, base.rows * base.cell_deg, base.columns * base.cell_deg) == (-90.0, -180.0, 180.0, 360.0)
    assert fine.cell_deg * 4 == base.cell_deg
    rising = np.diff(zones.entry_layer.astype(int)) > 0
    starts = np.unique(zones.cell_first[(zones.cell_first > 0) & (zones.cell_first <= len(rising))]) - 1
    rising[starts] = True  # from one cell to the next anything may follow
    assert bool(np.all(rising))


@pytest.mark.slow
def test_the_compiled_kernels_and_plain_python_give_the_same_bits() -> None:
    program = (
        "import numpy as np, json\n"
        "from tocsin.geography import *\n"
        "z = load_zones(); r = np.random.default_rng(3)\n"
        "lat = np.concatenate([r.uniform(0.2, 1.1, 300), np.arcsin(r.uniform(-1.0, 1.0, 100))])\n"
        "lon = np.concatenate([r.uniform(2.0, 2.9, 300), r.uniform(-3.2, 3.2, 100)])\n"
        "p = zone_probabilities(z, lat, lon, 40e3)\n"
        "m = [eez_margin_m(z, 'JPN', a, o) for a, o in zip(lat.tolist(), lon.tolist())]\n"
        "a = area_indices(z, lat, lon).tolist()\n"
        "f = [limit_sigma_m(z, a, o) for a, o in zip(lat.tolist(), lon.tolist())]\n"
        "w = [place_words(a, o) for a, o in zip(lat.tolist(), lon.tolist())]\n"
        "print(json.dumps([[(k, v.hex()) for k, v in p], [v if v is None else v.hex() for v in m], a, f, w]))\n"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "TOCSIN_JIT": jit, "PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for jit in ("0", "1")
    ]
    assert len(json.loads(outputs[0])[1]) == 400
    assert outputs[0] == outputs[1]


def test_land_polygons_are_closed_rings_of_the_named_nations_inside_the_grid(zones: Zones) -> None:
    polygons = land_polygons()
    assert {"JPN", "KOR", "PRK", "CHN", "RUS", "TWN", "USA", "PHL"} <= {p.nation for p in polygons}
    for polygon in polygons:
        for ring in polygon.rings:
            assert len(ring) >= 4
            assert ring[0] == ring[-1]
            assert all(10.0 <= lat <= 62.0 and 115.0 <= lon <= 165.0 for lat, lon in ring)
    assert sum(len(ring) for p in polygons for ring in p.rings) < 20_000  # small enough for one page of SVG


def test_the_drawn_limit_of_japan_lies_where_the_margin_is_zero(zones: Zones) -> None:
    lines = eez_limit_lines("JPN")
    points = [point for line in lines for point in line]
    assert len(points) > 200
    margins_m = [eez_margin_m(zones, "JPN", lat * DEG, lon * DEG) for lat, lon in points]
    off_km = [abs(m) / KM for m in margins_m if m is not None]
    assert np.percentile(off_km, 98) < 0.6
    assert max(off_km) < 3.0  # lines are simplified to about 1 km; a narrow tip of high seas loses more
    assert eez_limit_lines("FRA") == ()
