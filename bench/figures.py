"""What the benches share: intervals, ellipses, tables with a target beside each figure, work on both cores with a progress line."""

import math
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from tocsin.adapters.workers import workers
from tocsin.kernels.geodesy import ground_inverse

Task = TypeVar("Task")
Result = TypeVar("Result")

Z95: Final = 1.959963984540054  # two-sided 95 % of the normal distribution
CHI2_2: Final = {50: 1.3862943611, 90: 4.6051701860, 95: 5.9914645471}  # two degrees of freedom: -2 ln(1 - p)


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927)."""
    if trials == 0:
        return 0.0, 1.0
    p, z2 = hits / trials, Z95 * Z95
    middle = (p + z2 / (2.0 * trials)) / (1.0 + z2 / trials)
    half = Z95 * math.sqrt(p * (1.0 - p) / trials + z2 / (4.0 * trials * trials)) / (1.0 + z2 / trials)
    return max(0.0, middle - half), min(1.0, middle + half)


def poisson_interval(count: int) -> tuple[float, float]:
    """Return the exact 95 % interval of a Poisson mean (Garwood 1936), by bisection of its tail sums."""

    def tail(mean: float, below: int) -> float:
        """P(X <= below)."""
        term = total = math.exp(-mean)
        for k in range(1, below + 1):
            term *= mean / k
            total += term
        return total

    def solve(below: int, probability: float) -> float:
        low, high = 0.0, 10.0 * (below + 5.0)
        for _ in range(100):
            middle = 0.5 * (low + high)
            if tail(middle, below) > probability:
                low = middle
            else:
                high = middle
        return low

    return (solve(count - 1, 0.975) if count else 0.0), solve(count, 0.025)


def median(values: Sequence[float]) -> float:
    """Return the median, NaN of nothing."""
    ordered = sorted(values)
    n = len(ordered)
    return math.nan if n == 0 else 0.5 * (ordered[(n - 1) // 2] + ordered[n // 2])


def offset_en_m(from_lat_rad: float, from_lon_rad: float, lat_rad: float, lon_rad: float) -> tuple[float, float]:
    """Return the way to a point to the east and to the north, along the geodesic."""
    distance_m, bearing_rad = ground_inverse(from_lat_rad, from_lon_rad, lat_rad, lon_rad)
    return distance_m * math.sin(bearing_rad), distance_m * math.cos(bearing_rad)


def ellipse_d2(offset_m: tuple[float, float], cov_en_m2: tuple[float, float, float]) -> float:
    """Return the squared Mahalanobis distance of an offset (east, north) in a covariance (ee, en, nn); inf if it is singular."""
    ee, en, nn = cov_en_m2
    det = ee * nn - en * en
    if not det > 0.0:
        return math.inf
    e, n = offset_m
    return (nn * e * e - 2.0 * en * e * n + ee * n * n) / det


def ellipse_area_km2(cov_en_m2: tuple[float, float, float]) -> float:
    """Return the area of the 95 % ellipse."""
    ee, en, nn = cov_en_m2
    return math.pi * CHI2_2[95] * math.sqrt(max(0.0, ee * nn - en * en)) * 1e-6


def inside_ring(ring: Sequence[tuple[float, float]], lat_rad: float, lon_rad: float) -> bool:
    """Return whether a closed ring of (lat, lon) holds a point: even-odd rule in the plane around the point."""
    points = [offset_en_m(lat_rad, lon_rad, *corner) for corner in ring]
    inside = False
    for (e1, n1), (e2, n2) in zip(points, points[1:] + points[:1], strict=True):
        if (n1 > 0.0) != (n2 > 0.0) and e1 + (e2 - e1) * n1 / (n1 - n2) > 0.0:
            inside = not inside
    return inside


def ring_area_km2(ring: Sequence[tuple[float, float]]) -> float:
    """Return the area of a ring, in the plane around its first corner."""
    points = [offset_en_m(*ring[0], *corner) for corner in ring]
    twice = sum(e1 * n2 - e2 * n1 for (e1, n1), (e2, n2) in zip(points, points[1:] + points[:1], strict=True))
    return 0.5 * abs(twice) * 1e-6


def run_all(function: Callable[[Task], Result], tasks: Sequence[Task], count: int) -> list[Result]:
    """Apply a function to all tasks on so many cores; results in their order; a progress line on standard error.

    Ctrl-C ends the work and keeps what is done, so that a long bench can be cut short.
    """
    started = time.monotonic()
    results: list[Result] = []

    def tell() -> None:
        spent_s = time.monotonic() - started
        left_s = spent_s / len(results) * (len(tasks) - len(results))
        sys.stderr.write(f"\r{len(results)} of {len(tasks)} in {spent_s:.0f} s, about {left_s:.0f} s to go   ")
        sys.stderr.flush()

    try:
        if count <= 1:
            for task in tasks:
                results.append(function(task))
                tell()
        else:
            with workers(min(count, len(tasks))) as pool:
                futures = [pool.start(function, task) for task in tasks]
                for future in futures:
                    results.append(future.result())
                    tell()
    except KeyboardInterrupt:
        if not results:
            raise
        sys.stderr.write("\nstopped: the figures are those of what was done")
    sys.stderr.write("\n")
    return results


def fault_text(fault: BaseException) -> str:
    """Return what broke down and where, in one line."""
    frames = traceback.extract_tb(fault.__traceback__)[-2:]
    where = " < ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames))
    return f"{type(fault).__name__}: {fault} ({where})"


class Verdicts:
    """Counts what was missed, and prints each figure with its target."""

    def __init__(self) -> None:
        self.missed = 0

    def show(self, what: str, value: str, target: str, *, met: bool | None) -> None:
        """Print one line. ``met`` None: too few cases to say, or no target."""
        self.missed += met is False
        word = {True: "met", False: "MISSED", None: ""}[met]
        print(f"  {what:66s} {value:>32s}   {target:24s} {word}")
