"""A raid: 100 missiles of all kinds in five minutes, 12 sensors with resolution cells. Is one core fast enough, and does it count right?

    python bench/raid.py [--missiles 100] [--sensors 12] [--minutes 5] [--seed 1] [--until S]

Plots to events in memory, impacts at 1 Hz, launch fits in a second process as in `tocsin track`. Prints how many times real
time it runs (wall clock and CPU), the time of a scan, memory at the start, in the middle and at the end, how many impacts a
second of data brought for each missile in flight, and tracks and events against the truth. Exit code 1 if a target is
missed. Memory is that of the tracking alone: plots are made one scan at a time from arrays that stand before the start.
"""

import argparse
import math
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from time import perf_counter, process_time
from typing import Final

import msgspec
import numpy as np
from cases import Watch, owned_events, owner, zones
from figures import Verdicts, median

from tocsin.adapters.fitting import launch_fitter
from tocsin.api.offline import track_plots
from tocsin.kernels.geodesy import ground_bearing_rad, ground_destination
from tocsin.messages.sensor import Sensor
from tocsin.sim.draw import KINDS, LAUNCH_NS, Drawn, draw_flight
from tocsin.sim.field import draw_sensors, night_of
from tocsin.sim.night import Night
from tocsin.sim.observe import SimScan, play
from tocsin.tracking.launch import BeginFits
from tocsin.units import DEG, KM, NS_PER_S, s2ns

SITES: Final = 6
SITES_M: Final = 150.0 * KM  # around the first
TARGET_M: Final = 700.0 * KM  # from it to the middle of the targets
SPREAD_RAD: Final = 25.0 * DEG  # of the bearings
LONGEST_M: Final = 1_500.0 * KM  # ranges of this raid
REAL_TIME: Final = 10.0
FLAT: Final = 1.15  # memory at the end to that in the middle
SCAN_MS: Final = 5.0
PAGE_BYTES: Final = 4_096


def draw_raid(seed: int, missiles: int, sensors: int, minutes: float) -> tuple[Night, tuple[Drawn, ...], tuple[Sensor, ...]]:
    """Return the raid's night, flights and sensors."""
    rng = np.random.default_rng([seed, 100])
    home = (float(rng.uniform(-50.0, 50.0)) * DEG, float(rng.uniform(-math.pi, math.pi)))
    toward_rad = float(rng.uniform(0.0, 2.0 * math.pi))
    target = ground_destination(*home, toward_rad, TARGET_M)
    sites = [ground_destination(*home, float(rng.uniform(0.0, 2.0 * math.pi)), SITES_M * float(rng.uniform())) for _ in range(SITES)]
    drawn: list[Drawn] = []
    while len(drawn) < missiles:
        site = sites[len(drawn) % SITES]
        bearing_rad = ground_bearing_rad(*site, *target) + float(rng.uniform(-SPREAD_RAD, SPREAD_RAD))
        launch_ns = LAUNCH_NS + s2ns(float(rng.uniform(0.0, minutes * 60.0)))
        one = draw_flight(KINDS[len(drawn) % len(KINDS)], rng, f"M{len(drawn) + 1}", *site, bearing_rad, launch_ns)
        if one.flight.range_m <= LONGEST_M:
            drawn.append(one)
    placed: list[Sensor] = []
    while len(placed) < sensors:
        around = drawn[int(rng.integers(len(drawn)))].flight
        for sensor in draw_sensors(rng, (around,), "standard"):
            name = f"radar-{len(placed) + 1:02d}"
            cell = {"resolution_range_m": float(rng.uniform(50.0, 150.0)), "resolution_angle_rad": float(rng.uniform(8e-3, 20e-3))}
            placed.append(msgspec.structs.replace(sensor, sensor=name, scan_period_s=float(rng.choice([1.0, 2.0])), **cell))
    return night_of(tuple(drawn)), tuple(drawn), tuple(placed[:sensors])


def resident_mb() -> float:
    """Return the memory of this process, MB (Linux)."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE_BYTES / 1e6


class Pace:
    """What a run took, and what it brought."""

    def __init__(self) -> None:
        self.scans_s: list[float] = []
        self.marks: list[tuple[int, float, float]] = []  # about every ten seconds: (time, MB, CPU s so far)
        self.impacts: Counter[int] = Counter()  # whole second -> revisions with an impact


def run(
    scans: list[SimScan], sensors: tuple[Sensor, ...], watch: Watch, pace: Pace, until_ns: int, begin_fits: BeginFits | None
) -> tuple[float, float]:
    """Track the raid; return (wall s, CPU s)."""
    wall, cpu, due_ns = perf_counter(), process_time(), 0
    plots = (plot for sim_scan in scans for plot in sim_scan.scan.plots)
    for step in track_plots(plots, sensors, zones=zones(), until_ns=until_ns, window_plots=1, begin_fits=begin_fits):
        if step.seconds is not None:
            pace.scans_s.append(step.seconds)
        for track in step.tracks:
            watch.take_track(track)
        for event in step.events:
            watch.revisions[event.event] = [*watch.revisions.get(event.event, [])[:1], event]  # first and last: memory stays flat
            if event.impact is not None:
                pace.impacts[event.time_ns // NS_PER_S] += 1
        if step.time_ns >= due_ns:
            due_ns = step.time_ns + 10 * NS_PER_S
            pace.marks.append((step.time_ns, resident_mb(), process_time()))
            sys.stderr.write(f"\r{(step.time_ns - LAUNCH_NS) / NS_PER_S:.0f} s of data in {perf_counter() - wall:.0f} s   ")
            sys.stderr.flush()
    sys.stderr.write("\n")
    return perf_counter() - wall, process_time() - cpu


def main() -> None:
    """Draw, run, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--missiles", type=int, default=100)
    parser.add_argument("--sensors", type=int, default=12)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--until", type=float, help="seconds after the first launch at which to stop")
    options = parser.parse_args()
    night, drawn, sensors = draw_raid(options.seed, options.missiles, options.sensors, options.minutes)
    until_ns = night.end_ns if options.until is None else LAUNCH_NS + s2ns(options.until)
    scans = [s for s in play(night.scenario, sensors, options.seed, night) if s.scan.time_ns <= until_ns]
    warm(scans, sensors)
    watch, pace = Watch(()), Pace()
    with launch_fitter() as begin_fits:
        wall_s, cpu_s = run(scans, sensors, watch, pace, until_ns, begin_fits)
    verdicts = Verdicts()
    speed(scans, pace, (wall_s, cpu_s), verdicts)
    impacts(night, scans, pace, verdicts)
    truth(night, drawn, scans, watch, verdicts)
    sys.exit(verdicts.missed > 0)


def warm(scans: list[SimScan], sensors: tuple[Sensor, ...]) -> None:
    """Track the first scans once, so that no compilation is timed."""
    some = [plot for sim_scan in scans[:600] for plot in sim_scan.scan.plots]
    for _ in track_plots(some, sensors, zones=zones(), until_ns=some[-1].time_ns):
        pass


def speed(scans: list[SimScan], pace: Pace, took_s: tuple[float, float], verdicts: Verdicts) -> None:
    """Print rates and memory."""
    wall_s, cpu_s = took_s
    span_s = (scans[-1].scan.time_ns - scans[0].scan.time_ns) / NS_PER_S
    plots = sum(len(s.labels) for s in scans)
    real = sum(label >= 0 for s in scans for label in s.labels)
    print(f"{plots} plots ({real} of targets) in {len(scans)} scans over {span_s:.0f} s")
    verdicts.show(
        "times real time on both cores, wall clock",
        f"{span_s / wall_s:.1f} ({plots / wall_s:.0f} plots/s)",
        f">= {REAL_TIME:g}",
        met=span_s >= REAL_TIME * wall_s,
    )
    verdicts.show("times real time, CPU of the process that tracks", f"{span_s / cpu_s:.1f}", "", met=None)
    slowest = min((b[0] - a[0]) / NS_PER_S / max(b[2] - a[2], 1e-9) for a, b in pairwise(pace.marks))
    verdicts.show("times real time, CPU of one core, worst ten seconds", f"{slowest:.1f}", ">= 1", met=slowest >= 1.0)
    ordered = sorted(pace.scans_s)
    p99 = ordered[int(0.99 * (len(ordered) - 1))] * 1e3
    value = f"median {median(ordered) * 1e3:.1f}, p99 {p99:.1f}, worst {ordered[-1] * 1e3:.0f}"
    verdicts.show("a scan with fusion and events, ms", value, f"p99 <= {SCAN_MS:g} (20 missiles)", met=None)
    memory = [mb for _, mb, _ in pace.marks]
    start, middle, end = memory[0], memory[len(memory) // 2], memory[-1]
    value = f"{start:.0f} / {middle:.0f} / {end:.0f} MB"
    verdicts.show("memory at the start / in the middle / at the end", value, f"end <= {FLAT} x middle", met=end <= FLAT * middle)


def impacts(night: Night, scans: list[SimScan], pace: Pace, verdicts: Verdicts) -> None:
    """Print how many revisions with an impact came for each second that a missile was in sight."""
    in_sight = {(label, s.scan.time_ns // NS_PER_S) for s in scans for label in s.labels if 0 <= label < len(night.flights)}
    revisions = sum(pace.impacts.values())
    value = f"{revisions} in {len(in_sight)} missile seconds = {revisions / max(1, len(in_sight)):.2f}"
    verdicts.show("revisions with an impact per second of a missile in sight", value, ">= 0.8", met=revisions >= 0.8 * len(in_sight))


def truth(night: Night, drawn: tuple[Drawn, ...], scans: list[SimScan], watch: Watch, verdicts: Verdicts) -> None:
    """Print tracks and events against what flew and was seen by then."""
    hits = Counter(label for s in scans for label in s.labels)
    seen = sum(hits[i] >= 5 for i in range(len(drawn)))
    owners = {name: owner(track, night) for name, track in watch.latest.items()}
    print(f"  {len(drawn)} missiles flown, {seen} seen five times or more, {sum(len(d.parts) for d in drawn)} parts")
    kinds = Counter(f"{owners[name]} called {track.kind}" for name, track in watch.latest.items())
    print("  confirmed tracks: " + ", ".join(f"{n} {what}" for what, n in sorted(kinds.items())))
    events = owned_events(watch, owners)
    counts = Counter(events.values())
    verdicts.show("launch events of missiles", f"{counts['missile']} of {seen}", "all", met=counts["missile"] == seen)
    others = sum(counts.values()) - counts["missile"]
    verdicts.show("launch events of anything else", f"{others}: {dict(counts)}", "none", met=others == 0)
    missed = missiles_missed(night, watch, hits)
    verdicts.show("missiles without any confirmed track near them at the end of sight", f"{missed} of {seen}", "none", met=missed == 0)
    last = {name: revisions[-1] for name, revisions in watch.revisions.items() if name in events}
    at_least = sum(
        max((e.missiles_at_least for e in last.values() if e.salvo == salvo), default=0) for salvo in {e.salvo for e in last.values()}
    )
    verdicts.show('sum of "at least N" over the salvos', f"{at_least} of {len(drawn)}", "<= flown", met=at_least <= len(drawn))


def missiles_missed(night: Night, watch: Watch, hits: Counter[int]) -> int:
    """Return how many missiles that were seen were never the nearest truth of a confirmed track."""
    found: set[str] = set()
    for track in (*watch.latest.values(), *watch.confirmed.values()):
        near = [
            (math.dist(state[0], track.pos_ecef_m), f.missile) for f in night.flights if (state := f.state_at(track.time_ns)) is not None
        ]
        if near:
            found.add(min(near)[1])
    return sum(hits[i] >= 5 and flight.missile not in found for i, flight in enumerate(night.flights))


if __name__ == "__main__":
    main()
