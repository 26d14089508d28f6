"""What late plots cost: the same scans in order, and each one held up by the links for a while.

    python bench/late.py [--scenes 20] [--seed 1] [--late 2.5] [--field standard]

Every scene is drawn with one missile. A scan arrives up to ``--late`` seconds after its plots, each for itself, so that it is
overtaken by scans of other sensors; one in a hundred comes far too late. Printed: error of the states in each phase as root mean square, in
order and late, with the ratio, and the mean normalised error squared (6 is consistent); how many plots were refused, and under which
reason. Exit code 1 if coasting states lose more than a tenth, or a plot is missing from the count.
"""

import argparse
import sys
from collections import Counter
from typing import Final, get_args

import numpy as np
from numpy.typing import NDArray
from scenes import Scene, drawn_scene

from tocsin.messages.track import Track
from tocsin.sim.field import Field
from tocsin.sim.observe import SimScan
from tocsin.tracking.intake import PLOT_PROBLEMS
from tocsin.tracking.tracker import Tracker
from tocsin.units import s2ns

FAR_TOO_LATE_S: Final = 30.0
SHARE_FAR_TOO_LATE: Final = 0.01
SETTLED_S: Final = 20.0  # after burnout, from which a state counts as coasting
NEAR_M: Final = 5_000.0
MOST_LOSS: Final = 1.1  # of the position's root mean square in coast

Errors = dict[str, list[tuple[float, float, float]]]  # phase -> (position m, velocity m/s, normalised error squared)


def main() -> int:
    """Run all scenes both ways and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scenes", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--late", type=float, default=2.5, help="longest delay, s; the tracker takes what is up to 3 s late")
    parser.add_argument("--field", choices=get_args(Field), default="standard")
    options = parser.parse_args()
    ordered: Errors = {}
    late: Errors = {}
    counts: Counter[str] = Counter()
    for index in range(options.scenes):
        scene = drawn_scene(1_000 * options.seed + index, field=options.field)
        arrivals = [(one.scan.time_ns, one) for one in scene.scans]
        counts += follow(scene, arrivals, ordered, "in order: ")
        rng = np.random.default_rng([options.seed, index])
        waits_s = rng.uniform(0.0, options.late, len(arrivals))
        waits_s[rng.uniform(size=len(arrivals)) < SHARE_FAR_TOO_LATE] = FAR_TOO_LATE_S
        held = sorted(((one.scan.time_ns + s2ns(float(wait)), one) for wait, one in zip(waits_s, scene.scans, strict=True)), key=_arrival)
        counts += follow(scene, held, late, "late: ")
    print(f"{options.scenes} scenes, seed {options.seed}, {options.field}: up to {options.late:g} s late, 1 in 100 {FAR_TOO_LATE_S:g} s\n")
    print("  phase        states      position m, in order / late   ratio    velocity m/s          ratio    NEES / 6")
    for phase, one in ordered.items():
        show(phase, np.array(one), np.array(late.get(phase, [])))
    for name, count in sorted(counts.items()):
        print(f"  {name:48s} {count:8d}")
    ratio = float(np.sqrt(np.mean(np.square(np.array(late["coast"])[:, 0])) / np.mean(np.square(np.array(ordered["coast"])[:, 0]))))
    missed = ratio > MOST_LOSS or any(counts[f"{way}plots missing"] for way in ("in order: ", "late: "))
    print(f"\n  coast, late over in order: {ratio:.3f}; target <= {MOST_LOSS:g} {'MISSED' if missed else 'met'}")
    return int(missed)


def _arrival(item: tuple[int, SimScan]) -> int:
    return item[0]


def follow(scene: Scene, arrivals: list[tuple[int, SimScan]], errors: Errors, way: str) -> Counter[str]:
    """Track scans as they arrive; add the errors of what is updated; return how many plots came, were refused and went missing."""
    tracker = Tracker(scene.sensors[0].nation, scene.sensors)
    counts: Counter[str] = Counter()
    for now_ns, one in arrivals:
        tracks, notes = tracker.step(one.scan, now_ns)
        refused = sum(note.code in PLOT_PROBLEMS for note in notes)
        counts[f"{way}plots"] += len(one.scan.plots)
        for note in notes:
            counts[f"{way}note {note.code}"] += 1
        counts[f"{way}plots missing"] += refused > len(one.scan.plots)
        for track in tracks:
            if track.status == "confirmed" and not track.predicted:
                score(scene, track, errors)
    return counts


def score(scene: Scene, track: Track, errors: Errors) -> None:
    """Add the error of one track, if it is the missile's."""
    truth = scene.truths[0]
    state = truth.path.state_at(track.time_ns)
    if state is None:
        return
    error = np.concatenate([np.array(track.pos_ecef_m) - state[0], np.array(track.vel_ecef_mps) - state[1]])
    position_m = float(np.linalg.norm(error[:3]))
    if position_m > NEAR_M:
        return
    cov = np.zeros((7, 7))
    cov[np.triu_indices(7)] = track.cov
    cov = cov + np.triu(cov, 1).T
    nees = float(error @ np.linalg.solve(cov[:6, :6], error))
    phase = "boost" if track.time_ns < truth.burnout_ns else "burnout" if track.time_ns < truth.burnout_ns + s2ns(SETTLED_S) else "coast"
    errors.setdefault(phase, []).append((position_m, float(np.linalg.norm(error[3:])), nees))


def show(phase: str, one: NDArray[np.float64], other: NDArray[np.float64]) -> None:
    """Print one phase."""
    a, b = np.sqrt(np.mean(np.square(one[:, :2]), axis=0)), np.sqrt(np.mean(np.square(other[:, :2]), axis=0))
    print(
        f"  {phase:10s} {len(one):6d} / {len(other):6d}   {a[0]:8.1f} / {b[0]:8.1f}     {b[0] / a[0]:6.3f}   {a[1]:8.2f} / {b[1]:8.2f}"
        f"   {b[1] / a[1]:6.3f}   {np.mean(one[:, 2]) / 6:5.2f} / {np.mean(other[:, 2]) / 6:5.2f}"
    )


if __name__ == "__main__":
    sys.exit(main())
