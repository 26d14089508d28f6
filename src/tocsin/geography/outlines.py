"""Lines to draw on a map: land polygons and EEZ limits, simplified to about 1 km. Never used to decide anything.

``outlines.npz`` is made by ``tools/build_zones.py`` from the same data as the zone grid. Approximate, no legal value.
"""

from importlib.resources import files
from io import BytesIO
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

Ring = tuple[tuple[float, float], ...]  # (lat_deg, lon_deg) points; the last repeats the first where it is closed

QUANTUM_DEG: Final = 0.001  # stored step, 0.11 km: a tenth of the simplification


class LandPolygon(msgspec.Struct, frozen=True):
    """One piece of land: its outer ring first, then the rings of its holes (land of others, seas)."""

    nation: str
    rings: tuple[Ring, ...]


class _Line(msgspec.Struct, frozen=True):
    kind: str  # "land" or "eez-limit"
    nation: str
    lengths: tuple[int, ...]  # points per ring


def land_polygons() -> tuple[LandPolygon, ...]:
    """Return the land of 115-165 E, 10-62 N (read from the package on every call: keep the result)."""
    return tuple(LandPolygon(line.nation, rings) for line, rings in _lines() if line.kind == "land")


def eez_limit_lines(nation: str) -> tuple[Ring, ...]:
    """Return the computed EEZ limit of a nation (empty if unknown): default claims, cut at the edge of the grid."""
    return tuple(ring for line, rings in _lines() if line.kind == "eez-limit" and line.nation == nation for ring in rings)


def _lines() -> list[tuple[_Line, tuple[Ring, ...]]]:
    with np.load(BytesIO(files("tocsin.geography").joinpath("outlines.npz").read_bytes())) as archive:
        lines = msgspec.json.decode(archive["lines"].tobytes(), type=tuple[_Line, ...])
        steps: NDArray[np.int32] = archive["steps"]  # (points, 2): lat and lon in quanta, first differences
    quanta = np.cumsum(steps, axis=0, dtype=np.int32).tolist()
    points = [(round(lat * QUANTUM_DEG, 3), round(lon * QUANTUM_DEG, 3)) for lat, lon in quanta]
    result: list[tuple[_Line, tuple[Ring, ...]]] = []
    start = 0
    for line in lines:
        rings: list[Ring] = []
        for length in line.lengths:
            rings.append(tuple(points[start : start + length]))
            start += length
        result.append((line, tuple(rings)))
    return result
