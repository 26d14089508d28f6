"""Plots per second of one core: this tracker and Stone Soup on the same scans in the same run.

    python bench/speed.py [--missiles 1 5 20] [--seed 1] [--span 60] [--scenario FILE.npz] [--no-peer]

Scans of the project's own generator (three 1 Hz radars, false alarms), or of a scenario file (``scenes.read_scene``). Both trackers
take the scans one by one as objects of their own making; making those is not timed. Counted: all of a step, launch fits too. The peer
is slow, so the ratio is taken over the first ``--span`` seconds after the first true plot (five before it included), the same plots
for both; this tracker runs over the whole scene too. CPU time makes the ratio, wall time the latencies. Needs the extra ``bench``
(`make bench NAME=speed`). Exit code 1 if a target is missed.
"""

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Final, TypeVar

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):  # one core, before NumPy looks
    os.environ[name] = "1"

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from scenes import Scene, drawn_scene, read_scene  # noqa: E402

from tocsin.messages.plot import Scan  # noqa: E402
from tocsin.sim.observe import SimScan  # noqa: E402
from tocsin.tracking.tracker import Tracker  # noqa: E402
from tocsin.units import s2ns  # noqa: E402

T = TypeVar("T")

LEAD_NS: Final = s2ns(5.0)
NEAR_M: Final = 5_000.0
TARGET_PLOTS_PER_S: Final = 20_000.0  # 20 missiles with clutter, one core
TARGET_P99_S: Final = 0.005
TARGET_RATIO: Final = 80.0  # over the peer's head of August 2026, twice as fast as its release 1.9.1 on the same plots


@dataclass(frozen=True)
class Timed:
    """What one tracker needed for some scans."""

    plots: int
    cpu_s: float
    latencies_s: NDArray[np.float64]  # [scans] wall
    followed: int  # truths with a track nearby at the end
    tracks: int

    @property
    def plots_per_s(self) -> float:
        """Return plots per second of CPU time."""
        return self.plots / self.cpu_s


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(description="plots per second against Stone Soup")
    parser.add_argument("--missiles", type=int, nargs="+", default=[1, 5, 20])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--span", type=float, default=60.0, help="seconds after the first true plot that the peer gets")
    parser.add_argument("--scenario", type=Path, help="NumPy archive of detections instead of own draws")
    parser.add_argument("--no-peer", action="store_true")
    options = parser.parse_args()
    scenes = (
        [(options.scenario.name, read_scene(options.scenario))]
        if options.scenario
        else [(f"N = {count}", drawn_scene(options.seed, count)) for count in options.missiles]
    )
    warm_up()
    print(f"speed: {options.scenario or f'own draws, seed {options.seed}'}; peer over {options.span:g} s; one core\n")
    print(
        f"  {'scene':<14} {'tracker':<18} {'plots':>7} {'CPU s':>8} {'plots/s':>9} {'wall':>9}   scan ms p50 / p95 / p99 / max     follows"
    )
    missed = sum(measure(label, scene, options.span, peer=not options.no_peer) for label, scene in scenes)
    print(f"\n{missed} targets missed" if missed else "\nall targets reached")
    return int(missed > 0)


def warm_up() -> None:
    """Let every kernel be loaded before anything is timed."""
    scene = drawn_scene(7, 2)
    time_with_tracker(scene, scene.scans)


def measure(label: str, scene: Scene, span_s: float, *, peer: bool) -> int:
    """Measure one scene, print its rows, and return how many targets it misses."""
    first_ns = min(
        (one.scan.time_ns for one in scene.scans if any(label >= 0 for label in one.labels)), default=scene.scans[0].scan.time_ns
    )
    span = tuple(one for one in scene.scans if first_ns - LEAD_NS <= one.scan.time_ns < first_ns + s2ns(span_s))
    whole, short = time_with_tracker(scene, scene.scans), time_with_tracker(scene, span)
    show(label, "this, whole scene", whole, len(scene.truths))
    show("", "this, span", short, len(scene.truths), follows=True)
    missed = 0
    if peer:
        other = time_with_peer(scene, span)
        show("", "Stone Soup, span", other, len(scene.truths), follows=True)
        ratio = short.plots_per_s / other.plots_per_s
        print(f"  {'':<14} ratio over the release, CPU: {ratio:.0f}; target {2 * TARGET_RATIO:.0f}, as its head is about twice as fast")
        missed += ratio < 2 * TARGET_RATIO
    if len(scene.truths) == 20:
        p99 = float(np.quantile(whole.latencies_s, 0.99))
        for name, reached, value in (
            (f">= {TARGET_PLOTS_PER_S:.0f} plots/s", whole.plots_per_s >= TARGET_PLOTS_PER_S, f"{whole.plots_per_s:.0f}"),
            (f"p99 scan <= {1e3 * TARGET_P99_S:.0f} ms", p99 <= TARGET_P99_S, f"{1e3 * p99:.1f} ms"),
        ):
            print(f"  {'':<14} target {name}: {value} {'' if reached else 'MISSED'}")
            missed += not reached
    return missed


def time_with_tracker(scene: Scene, scans: tuple[SimScan, ...]) -> Timed:
    """Return what this tracker needs."""
    tracker = Tracker(scene.sensors[0].nation, scene.sensors)

    def step(scan: Scan) -> None:
        tracker.step(scan, scan.time_ns)

    cpu_s, latencies_s = timed(step, [one.scan for one in scans])
    tracks = tracker.predicted(scans[-1].scan.time_ns)
    places = np.array([track.pos_ecef_m for track in tracks]).reshape(-1, 3)
    return Timed(_plots(scans), cpu_s, latencies_s, followed(scene, places, scans[-1].scan.time_ns), len(tracks))


def time_with_peer(scene: Scene, scans: tuple[SimScan, ...]) -> Timed:
    """Return what Stone Soup needs."""
    try:
        from peer import Peer  # noqa: PLC0415 - the rest of this bench works without it
    except ImportError as problem:
        raise SystemExit(f"speed: expected Stone Soup ({problem}); run `make bench NAME=speed`, or use --no-peer") from problem
    tracker = Peer(scene)
    prepared = [tracker.detections(one.scan) for one in scans]
    cpu_s, latencies_s = timed(tracker.step, prepared)
    places = tracker.positions()
    return Timed(_plots(scans), cpu_s, latencies_s, followed(scene, places, scans[-1].scan.time_ns), len(places))


def timed(step: Callable[[T], None], inputs: list[T]) -> tuple[float, NDArray[np.float64]]:
    """Return CPU seconds in all and wall seconds of each step."""
    walls = []
    begin_s = process_time()
    for one in inputs:
        start_s = perf_counter()
        step(one)
        walls.append(perf_counter() - start_s)
    return process_time() - begin_s, np.array(walls)


def followed(scene: Scene, places: NDArray[np.float64], time_ns: int) -> int:
    """Return how many truths in the air have a track nearby: that a tracker is fast is no merit if it does not track."""
    found = 0
    for truth in scene.truths:
        state = truth.path.state_at(time_ns)
        if state is not None and len(places):
            found += float(np.min(np.linalg.norm(places - np.array(state[0]), axis=1))) < NEAR_M
    return found


def show(scene: str, tracker: str, one: Timed, truths: int, *, follows: bool = False) -> None:
    """Print a row; what it follows at the end of a whole scene, when all is down, is not told."""
    p50, p95, p99, worst = (1e3 * float(np.quantile(one.latencies_s, q)) for q in (0.5, 0.95, 0.99, 1.0))
    wall_s = float(np.sum(one.latencies_s))
    ending = f"   {one.followed} of {truths}, {one.tracks} tracks" if follows else ""
    print(
        f"  {scene:<14} {tracker:<18} {one.plots:7d} {one.cpu_s:8.2f} {one.plots_per_s:9.0f} {wall_s:8.2f}s"
        f"   {p50:7.2f} / {p95:7.2f} / {p99:7.2f} / {worst:7.1f}{ending}",
        flush=True,
    )


def _plots(scans: tuple[SimScan, ...]) -> int:
    return sum(len(one.scan.plots) for one in scans)


if __name__ == "__main__":
    sys.exit(main())
