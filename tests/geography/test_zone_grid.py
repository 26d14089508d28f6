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


def test_nearest_coasts_agree_with_a_brute_force_search_over_the_source(zones: Zones) -> None:
    """300 random points; the reference comes from ``make_coast_reference.py``, geodesics on the ellipsoid."""
    with (ROOT / "tests" / "reference" / "nearest_coast.csv").open() as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    assert len(rows) == 300
    errors_m = []
    for row in rows:
        answer = zone_of(zones, float(row["lat_deg"]) * DEG, float(row["lon_deg"]) * DEG)
        assert answer.nearest_coast_m is not None
        errors_m.append(abs(answer.nearest_coast_m - float(row["nearest_coast_m"])))
        if float(row["second_coast_m"]) - float(row["nearest_coast_m"]) > 2.0 * KM:
            assert answer.nearest_nation == row["nation"]
    assert np.median(errors_m) < 0.1 * KM
    assert np.percentile(errors_m, 95) < 0.6 * KM
    assert max(errors_m) < 2.0 * KM  # interpolation cuts the ridge between two pieces of coast equally near (cell: 5.6 km)


def test_a_node_off_the_coast_returns_the_stored_quantum_exactly(zones: Zones) -> None:
    row, column = 560, 420  # 38.0 N 136.0 E, open sea
    stored_m = float(zones.coarse[0, row, column]) * zones.meta.quantum_m
    answer = zone_of(zones, (10.0 + 0.05 * row) * DEG, (115.0 + 0.05 * column) * DEG)
    assert answer.nearest_nation == "JPN"
    assert answer.nearest_coast_m == pytest.approx(stored_m, abs=0.01)


@pytest.mark.slow
def test_the_compiled_kernels_and_plain_python_give_the_same_bits() -> None:
    program = (
        "import numpy as np, json\n"
        "from tocsin.geography import *\n"
        "z = load_zones(); r = np.random.default_rng(3)\n"
        "lat, lon = r.uniform(0.2, 1.1, 400), r.uniform(2.0, 2.9, 400)\n"
        "p = zone_probabilities(z, lat, lon, 40e3)\n"
        "m = [eez_margin_m(z, 'JPN', a, o) for a, o in zip(lat.tolist(), lon.tolist())]\n"
        "print(json.dumps([[(k, v.hex()) for k, v in p], [v if v is None else v.hex() for v in m]]))\n"
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
    assert {"JPN", "KOR", "PRK", "CHN", "RUS", "TWN", "USA", "other"} == {p.nation for p in polygons}
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
    assert max(abs(m) for m in margins_m if m is not None) < 2.0 * KM
    assert eez_limit_lines("FRA") == ()
