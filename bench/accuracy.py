"""How near the tracker comes to the Cramer-Rao bound, phase by phase, and whether it knows its own error.

    python bench/accuracy.py [--flights 100] [--seed 1] [--together 1] [--field standard|wide] [--scenario FILE.npz] [--detail]

Flights of the project's own generator (sites, headings, radars at random), or a scenario file (``scenes.read_scene``). The bound
is taken in the same run, along each truth, from the plots that really came (q = 1e-6 m2/s3). Prints a table with the target beside
each figure; exit code 1 if a target is missed. A hundred flights take about three minutes on one core.

The bound starts at burnout from 10 km and 1 km/s and knows nothing of the boost, so a tracker that saw the boost may be below it
for a minute or two. The seconds after burnout are told and not judged: a burnout shows in the plots two or three seconds late,
whoever looks, and an error asked for just then is large by selection, however honest the covariance is on average.
"""

import argparse
import math
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scenes import Scene, Truth, drawn_scene, read_scene
from scipy.optimize import linear_sum_assignment
from scipy.stats import chi2

from tocsin.evaluation.bound import BoundSettings, CoastBound, boost_bound, coast_bound, impact_bound, median_error_m, plot_rows
from tocsin.kernels.geodesy import altitude_and_up, altitude_m, geodetic2ecef
from tocsin.kernels.trajectory import HIT, propagate_to_altitude
from tocsin.messages.plot import Plot
from tocsin.messages.track import Track
from tocsin.tracking.tracker import Tracker
from tocsin.units import NS_PER_S

Array = NDArray[np.float64]

CUT_M: Final = 5_000.0  # GOSPA: c; a track farther from every truth is false
COAST_AFTER_S: Final = 20.0
COAST_ABOVE_M: Final = 60_000.0
EPOCHS_S: Final = (30.0, 60.0, 120.0)  # after burnout
HISTORY_S: Final = (-10.0, -5.0, -1.0, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0)
BOOST_EPOCHS_S: Final = (-10.0, -5.0, -1.0)
SETTLED_S: Final = 3.0  # a boost epoch counts once the missile has been seen that long
REENTRY_ALTS_M: Final = (50_000.0, 40_000.0, 30_000.0)
WIDE_KM: Final = {30.0: 1.0, 60.0: 0.40, 120.0: 0.30}  # targets of the 20-missile scene; elsewhere IMPACT_RATIO
IMPACT_RATIO: Final = 1.4
POSITION_RATIO: Final = 1.25
VELOCITY_RATIO: Final = 1.5
ANEES: Final = (0.85, 1.17)
CONFIRM_SCANS: Final = 2.6
LONGEST_FLIGHT_S: Final = 20_000.0
LEAST_FLIGHTS: Final = 5  # fewer say nothing about a population


@dataclass
class Sample:
    """One matched (truth, whole second)."""

    after_s: float  # since burnout
    pos2_m2: float
    vel2_m2ps2: float
    nees: float  # 6 degrees of freedom
    alt_m: float
    descending: bool
    track: Track


@dataclass
class Flown:
    """What the tracker made of one truth. Bounds of the same instants beside the errors."""

    name: str
    samples: list[Sample] = field(default_factory=list)
    confirm_s: float = math.nan
    confirm_scans: float = math.nan  # in scan periods of the sensor that saw it first
    impact_m: dict[float, tuple[float, tuple[float, float, float]]] = field(default_factory=dict)
    launch_m: tuple[float, tuple[float, float, float]] | None = None
    coast: list[tuple[float, float, float, float, float]] = field(default_factory=list)  # after_s, pos2, bound, vel2, bound
    reentry: list[tuple[float, float, float, float, float]] = field(default_factory=list)
    boost: list[tuple[float, float, float, float, float]] = field(default_factory=list)


@dataclass
class Score:
    """What a scene gave as a whole, per whole second."""

    gospa_m: list[float] = field(default_factory=list)
    missed: int = 0
    false: int = 0
    switches: int = 0


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(description="the tracker's error over the Cramer-Rao bound")
    parser.add_argument("--flights", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--together", type=int, default=1, help="missiles in one scene")
    parser.add_argument("--scenario", type=Path, help="NumPy archive of detections instead of own draws")
    parser.add_argument("--field", choices=("standard", "wide"), default="standard", help="sensors: three 1 Hz radars, or of any quality")
    parser.add_argument("--detail", action="store_true", help="also one row for each flight")
    options = parser.parse_args()
    scenes: Iterable[tuple[str, Scene]]
    if options.scenario:
        scenes = [(options.scenario.name, read_scene(options.scenario))]
    else:
        scenes = (
            (f"seed {seed}", drawn_scene(seed, options.together, options.field))
            for seed in _seeds(options.seed, options.flights, options.together)
        )
    score, flown = Score(), []
    try:
        for name, scene in scenes:
            flown += follow(name, scene, score)
            if sys.stderr.isatty():
                print(f"\r{len(flown)} flights", end="", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("stopped: what follows is of the flights so far", file=sys.stderr)
    if not flown:
        return 1
    source = options.scenario or f"own draws from seed {options.seed}, field {options.field}"
    print(f"accuracy: {source}, {len(flown)} flights, q = {BoundSettings().q_m2ps3:g} m2/s3")
    history(flown)
    if options.detail:
        details(flown)
    return table(flown, score, wide=bool(options.scenario) and len(flown) == 20)


def _seeds(first: int, flights: int, together: int) -> range:
    """Return the seeds of the scenes."""
    return range(first * 100_000, first * 100_000 + -(-flights // together))


# --- following a scene -------------------------------------------------------------------------------------------------


def follow(name: str, scene: Scene, score: Score) -> list[Flown]:
    """Run the tracker over a scene and compare it with truth and bound at every whole second."""
    flown = [Flown(f"{name}/{index + 1}") for index in range(len(scene.truths))]
    plots = [_plots_of(scene, index) for index in range(len(scene.truths))]
    bounds = [_bound(scene, truth, own) for truth, own in zip(scene.truths, plots, strict=True)]
    tracker = Tracker(scene.sensors[0].nation, scene.sensors)
    names: dict[int, str] = {}
    second_ns = -(-scene.scans[0].scan.time_ns // NS_PER_S) * NS_PER_S
    confirmed: dict[str, int] = {}
    periods_s = {sensor.sensor: sensor.scan_period_s for sensor in scene.sensors}
    for one in scene.scans:
        while one.scan.time_ns > second_ns:
            _compare(tracker, second_ns, scene, (plots, bounds, flown), names, score)
            second_ns += NS_PER_S
        for track in tracker.step(one.scan, one.scan.time_ns)[0]:
            if track.confirmed_ns is not None:
                confirmed.setdefault(track.track, track.confirmed_ns)
            _note_launch(track, scene, flown, names)
    for index, own in enumerate(plots):
        if index in names and names[index] in confirmed:
            first = next((plot for plot in own if plot.los_ecef is None), own[0])  # one satellite alone confirms nothing, by design
            flown[index].confirm_s = max(0.0, (confirmed[names[index]] - first.time_ns) / NS_PER_S)
            flown[index].confirm_scans = flown[index].confirm_s / periods_s[first.sensor]
        _boost_errors(scene, scene.truths[index], own, flown[index])
    return flown


def _plots_of(scene: Scene, index: int) -> list[Plot]:
    """Return the true plots of a truth."""
    return [plot for one in scene.scans for plot, label in zip(one.scan.plots, one.labels, strict=True) if label == index]


def _bound(scene: Scene, truth: Truth, own: list[Plot]) -> CoastBound | None:
    """Return the bound from burnout on."""
    later = [plot for plot in own if plot.time_ns >= truth.burnout_ns]
    if not later:
        return None
    pos, vel, _ = truth.path.sample(np.array([plot.time_ns for plot in later], dtype=np.int64))
    times_s = np.array([(plot.time_ns - truth.burnout_ns) / NS_PER_S for plot in later])
    return coast_bound(times_s, pos, vel, truth.ln_beta, plot_rows(later, scene.sensors))


def _compare(
    tracker: Tracker,
    time_ns: int,
    scene: Scene,
    about: tuple[list[list[Plot]], list[CoastBound | None], list[Flown]],
    names: dict[int, str],
    score: Score,
) -> None:
    """Match tracks and truths at one second (between each truth's first and last plot) and book the errors."""
    plots, bounds, flown = about
    live = [index for index, own in enumerate(plots) if own and own[0].time_ns <= time_ns <= own[-1].time_ns]
    tracks = [track for track in tracker.predicted(time_ns) if altitude_m(*track.pos_ecef_m) >= 0.0]
    if not live and not tracks:
        return
    states = [scene.truths[index].path.state_at(time_ns) for index in live]
    truth_x = np.array([[*state[0], *state[1]] for state in states if state is not None]).reshape(-1, 6)
    track_x = np.array([[*track.pos_ecef_m, *track.vel_ecef_mps] for track in tracks]).reshape(-1, 6)
    apart = np.minimum(np.linalg.norm(truth_x[:, None, :3] - track_x[None, :, :3], axis=2), CUT_M)
    pairs = [(a, b) for a, b in zip(*linear_sum_assignment(apart**2), strict=True) if apart[a, b] < CUT_M]
    landed = sum(1 for b, track in enumerate(tracks) if b not in {b for _, b in pairs} and not _counts(track, scene, plots, time_ns))
    misses, extra = len(live) - len(pairs), len(tracks) - len(pairs) - landed
    if live:
        score.gospa_m.append(math.sqrt(sum(apart[a, b] ** 2 for a, b in pairs) + CUT_M**2 / 2.0 * (misses + extra)))
        score.missed += misses
        score.false += extra
    for a, b in pairs:
        index = live[a]
        if names.setdefault(index, tracks[b].track) != tracks[b].track:
            score.switches += 1
            names[index] = tracks[b].track
        _book(scene.truths[index], bounds[index], flown[index], tracks[b], track_x[b] - truth_x[a], time_ns)


def _counts(track: Track, scene: Scene, plots: list[list[Plot]], time_ns: int) -> bool:
    """True if a track that matches no visible truth is false; one that follows a truth out of sight is not."""
    for truth, own in zip(scene.truths, plots, strict=True):
        state = truth.path.state_at(min(max(time_ns, truth.launch_ns), truth.impact_ns - 1))
        if own and time_ns > own[-1].time_ns and state is not None and math.dist(state[0], track.pos_ecef_m) < CUT_M:
            return False
    return True


def _book(truth: Truth, bound: CoastBound | None, flown: Flown, track: Track, error: Array, time_ns: int) -> None:
    """Book one matched second."""
    after_s = (time_ns - truth.burnout_ns) / NS_PER_S
    alt_m, up_x, up_y, up_z = altitude_and_up(*track.pos_ecef_m)
    descending = up_x * track.vel_ecef_mps[0] + up_y * track.vel_ecef_mps[1] + up_z * track.vel_ecef_mps[2] < 0.0
    P = full_cov(track)[:6, :6]  # noqa: N806 - textbook name
    pos2, vel2 = float(error[:3] @ error[:3]), float(error[3:] @ error[3:])
    flown.samples.append(Sample(after_s, pos2, vel2, float(error @ np.linalg.solve(P, error)), alt_m, descending, track))
    known = bound.at(after_s) if bound is not None and after_s > 0.0 else None
    if known is None:
        return
    state, cov = known
    row = (after_s, pos2, float(np.trace(cov[:3, :3])), vel2, float(np.trace(cov[3:6, 3:6])))
    if after_s > COAST_AFTER_S and alt_m > COAST_ABOVE_M:
        flown.coast.append(row)
    elif after_s > COAST_AFTER_S and descending:
        flown.reentry.append(row)
    for epoch_s in EPOCHS_S:
        if epoch_s <= after_s < epoch_s + 1.0:
            error_m, least = impact_error_m(truth, track), impact_bound(state, cov)
            if least is not None and error_m is not None:
                flown.impact_m[epoch_s] = (error_m, least.cov_en_m2)


def full_cov(track: Track) -> Array:
    """Return the track's covariance [7, 7]."""
    P = np.zeros((7, 7))  # noqa: N806 - textbook name
    P[np.triu_indices(7)] = track.cov
    return P + P.T - np.diag(np.diag(P))


def impact_error_m(truth: Truth, track: Track) -> float | None:
    """Return how far from the true impact the track's state comes down; None where it does not."""
    out = np.empty(7)
    state = np.array([*track.pos_ecef_m, *track.vel_ecef_mps, track.ln_beta])
    status, _, _, _ = propagate_to_altitude(state, 0.0, LONGEST_FLIGHT_S, out)
    return math.dist(out[:3], truth.impact_ecef_m) if status == HIT else None


def _note_launch(track: Track, scene: Scene, flown: list[Flown], names: dict[int, str]) -> None:
    """Keep a track's latest launch error with its own covariance; the bound replaces that at the end."""
    for index, name in names.items():
        if name == track.track and track.launch is not None:
            point = geodetic2ecef(track.launch.lat_rad, track.launch.lon_rad, 0.0)
            flown[index].launch_m = (math.dist(point, scene.truths[index].launch_ecef_m), track.launch.cov_en_m2)


def _boost_errors(scene: Scene, truth: Truth, own: list[Plot], flown: Flown) -> None:
    """Book errors and bounds before burnout, and the bound of the launch point; nothing where the boost is not known or not seen."""
    early = [plot for plot in own if plot.time_ns < truth.burnout_ns]
    if truth.boost is None or len(early) < 4:
        flown.launch_m = None
        return
    times_s = np.array([(plot.time_ns - truth.launch_ns) / NS_PER_S for plot in early])
    rows = plot_rows(early, scene.sensors)
    burn_s = (truth.burnout_ns - truth.launch_ns) / NS_PER_S
    if flown.launch_m is not None:
        flown.launch_m = (flown.launch_m[0], boost_bound(truth.boost, times_s, rows, burn_s)[0].cov_en_m2)
    for epoch_s in BOOST_EPOCHS_S:
        at_s = burn_s + epoch_s
        found = [s for s in flown.samples if epoch_s <= s.after_s < epoch_s + 1.0]
        if not found or at_s - times_s[0] < SETTLED_S:
            continue
        at_s = burn_s + found[0].after_s
        cov = boost_bound(truth.boost, times_s[times_s <= at_s], rows[times_s <= at_s], at_s)[1]
        row = (found[0].after_s, found[0].pos2_m2, float(np.trace(cov[:3, :3])), found[0].vel2_m2ps2, float(np.trace(cov[3:, 3:])))
        flown.boost.append(row)


# --- tables -----------------------------------------------------------------------------------------------------------


def history(flown: list[Flown]) -> None:
    """Print errors, consistency and phase probabilities against time after burnout."""
    print("\n  s after    n   position  velocity   95 % of    bound        ANEES   boost  coast  re-entry manoeuvre")
    print("  burnout        median m  median m/s  velocity  median m/s                (mean probability)")
    for at_s in HISTORY_S:
        found = [next((s for s in one.samples if at_s <= s.after_s < at_s + 1.0), None) for one in flown]
        samples = [s for s in found if s is not None]
        if not samples:
            continue
        bound = [math.sqrt(row[4]) for one in flown for row in one.coast + one.reentry + one.boost if at_s <= row[0] < at_s + 1.0]
        vel = np.sqrt([s.vel2_m2ps2 for s in samples])
        pos = np.sqrt([s.pos2_m2 for s in samples])
        weights = [float(np.mean([getattr(s.track.models, name) for s in samples])) for name in ("boost", "coast", "reentry", "manoeuvre")]
        print(
            f"  {at_s:7.0f} {len(samples):4d}  {np.median(pos):9.0f} {np.median(vel):9.2f} {np.quantile(vel, 0.95):10.1f}"
            f" {np.median(bound) if bound else math.nan:10.2f} {np.mean([s.nees for s in samples]) / 6.0:13.2f}  "
            + " ".join(f"{value:7.3f}" for value in weights)
        )


def details(flown: list[Flown]) -> None:
    """Print one row for each flight."""
    print("\n  flight                 confirm s   over the bound: coast pos, vel; re-entry pos, vel   impact km at 30 / 60 / 120 s (bound)")
    for one in flown:
        impact = "  ".join(f"{e / 1e3:.2f} ({median_error_m([c]) / 1e3:.2f})" for _, (e, c) in sorted(one.impact_m.items()))
        ratios = [*_ratios(one.coast), *_ratios(one.reentry)]
        print(f"  {one.name:<22} {one.confirm_s:9.1f}  " + "  ".join(f"{value:9.2f}" for value in ratios) + f"   {impact}")


def _ratios(rows: list[tuple[float, float, float, float, float]]) -> tuple[float, float]:
    """Return (position, velocity) RMS error over RMS bound; NaN without rows."""
    if not rows:
        return math.nan, math.nan
    mean = np.mean(np.array(rows), axis=0)
    return math.sqrt(mean[1] / mean[2]), math.sqrt(mean[3] / mean[4])


class Verdicts:
    """Rows of the final table: figure, target, whether it holds."""

    def __init__(self) -> None:
        self.missed = 0
        print(f"\n  {'figure':<58} {'here':>10}   target")

    def row(self, name: str, value: float, *, low: float = -math.inf, high: float = math.inf, note: str = "", held: bool = True) -> None:
        """Print a figure; one with a target that is not reached counts as missed. ``held`` False: told, not judged."""
        target = "" if low == -math.inf and high == math.inf else (f"<= {high:g}" if low == -math.inf else f"{low:g} to {high:g}")
        missed = held and bool(target) and not low <= value <= high and not math.isnan(value)
        self.missed += missed
        print(f"  {name:<58} {value:10.3f}   {target:<14}{'MISSED' if missed else '':<8}{note}")


def table(flown: list[Flown], score: Score, *, wide: bool) -> int:
    """Print the figures with their targets; return the exit code."""
    verdicts = Verdicts()
    _ratio_rows(verdicts, flown)
    _anees_rows(verdicts, flown)
    _impact_rows(verdicts, flown, wide=wide)
    launches = [one.launch_m for one in flown if one.launch_m is not None]
    if launches:
        error_m, least_m = float(np.median([e for e, _ in launches])), median_error_m([c for _, c in launches])
        verdicts.row("launch point: median error, km", error_m / 1e3, note=f"{len(launches)} flights; bound {least_m / 1e3:.3f} km")
        verdicts.row("launch point: median error over the bound's median", error_m / least_m)
    delays = [(one.confirm_scans, one.confirm_s) for one in flown if not math.isnan(one.confirm_s)]
    scans, seconds_s = (float(value) for value in np.mean(delays, axis=0))
    note = f"{seconds_s:.2f} s; {len(delays)} of {len(flown)} flights"
    verdicts.row("confirmation after the first radar plot: mean, scan periods", scans, high=CONFIRM_SCANS, note=note)
    verdicts.row("GOSPA, mean, m (c = 5 km, p = 2, each second)", float(np.mean(score.gospa_m)))
    seconds = len(score.gospa_m)
    verdicts.row("missed, false per second", score.missed / seconds, note=f"{score.false / seconds:.4f} false; {score.switches} switches")
    print(f"\n{verdicts.missed} targets missed" if verdicts.missed else "\nall targets reached")
    return int(verdicts.missed > 0)


def _ratio_rows(verdicts: Verdicts, flown: list[Flown]) -> None:
    """Print RMS over the bound for each phase: pooled, and the middle and worst flight."""
    for name, judged in (("boost", False), ("coast", True), ("reentry", False)):
        per_flight: list[list[tuple[float, float, float, float, float]]] = [getattr(one, name) for one in flown]
        pooled = _ratios([row for rows in per_flight for row in rows])
        each = np.array([_ratios(rows) for rows in per_flight if rows]).reshape(-1, 2)
        for index, (what, limit) in enumerate((("position", POSITION_RATIO), ("velocity", VELOCITY_RATIO))):
            note = f"flights: {len(each)}, median {np.median(each[:, index]):.2f}, worst {np.max(each[:, index]):.2f}" if len(each) else ""
            verdicts.row(f"{name}: {what} RMS over the bound", pooled[index], high=limit if judged else math.inf, note=note)


def _anees_rows(verdicts: Verdicts, flown: list[Flown]) -> None:
    """Print ANEES at fixed epochs of each phase; one sample a flight, so that chi-square says what chance allows."""
    epochs = [(f"boost, {-s:g} s before burnout", [_after(one, s) for one in flown]) for s in (-10.0, -5.0)]
    epochs += [(f"burnout + {s:g} s", [_after(one, s) for one in flown]) for s in (2.0, 5.0, 10.0)]
    epochs += [(f"coast, burnout + {s:g} s", [_after(one, s, above_m=COAST_ABOVE_M) for one in flown]) for s in EPOCHS_S]
    epochs += [(f"re-entry, below {alt_m / 1e3:g} km", [_below(one, alt_m) for one in flown]) for alt_m in REENTRY_ALTS_M]
    for name, found in epochs:
        nees = [sample.nees for sample in found if sample is not None]
        if len(nees) < LEAST_FLIGHTS:
            continue
        low, high = (float(chi2.ppf(p, 6 * len(nees))) / (6 * len(nees)) for p in (0.025, 0.975))
        middle = float(np.median(nees)) / float(chi2.ppf(0.5, 6))
        note = f"n {len(nees)}; chance allows {low:.2f}-{high:.2f}; median {middle:.2f}"
        judged = not name.startswith("burnout")
        verdicts.row(f"ANEES {name}", float(np.mean(nees)) / 6.0, low=ANEES[0], high=ANEES[1], note=note, held=judged)


def _after(one: Flown, epoch_s: float, above_m: float = 0.0) -> Sample | None:
    """Return the sample at an epoch after burnout, if it was above an altitude then."""
    return next((s for s in one.samples if epoch_s <= s.after_s < epoch_s + 1.0 and s.alt_m >= above_m), None)


def _below(one: Flown, alt_m: float) -> Sample | None:
    """Return the first sample below an altitude on the way down."""
    found = next((s for s in one.samples if s.descending and s.alt_m < alt_m and s.after_s > COAST_AFTER_S), None)
    return found if found is not None and found.alt_m > alt_m - 5_000.0 else None


def _impact_rows(verdicts: Verdicts, flown: list[Flown], *, wide: bool) -> None:
    """Print the impact error at the epochs against the bound's median."""
    for epoch_s in EPOCHS_S:
        found = [one.impact_m[epoch_s] for one in flown if epoch_s in one.impact_m]
        if not found:
            continue
        error_m, least_m = float(np.median([e for e, _ in found])), median_error_m([c for _, c in found])
        limit = WIDE_KM[epoch_s] if wide else math.inf
        note = f"n {len(found)}; bound {least_m / 1e3:.3f} km; 90 % {np.quantile([e for e, _ in found], 0.9) / 1e3:.2f} km"
        verdicts.row(f"impact, burnout + {epoch_s:g} s: median error, km", error_m / 1e3, high=limit, note=note)
        verdicts.row("   ... over the bound's median", error_m / least_m, high=IMPACT_RATIO, held=not wide)


if __name__ == "__main__":
    sys.exit(main())
