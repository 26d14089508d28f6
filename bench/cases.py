"""A drawn case run through the real line and scored: flight, sensors, plots, tracks, events against the truth.

No tables here. A case is made from (seed, index, kind, field) alone, so that any one of them can be run again:

    python bench/cases.py --seed 1 --index 17 --kind lofted --field wide [--out DIR]

prints what it scored; with --out it also writes plots.jsonl, sensors.toml and truth.jsonl.
"""

import argparse
import math
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from time import process_time
from typing import Final, get_args

import msgspec
import numpy as np
from figures import ellipse_area_km2, ellipse_d2, fault_text, inside_ring, offset_en_m, ring_area_km2

from tocsin.api.cases import write_case
from tocsin.api.offline import track_plots
from tocsin.evaluation.bound import CoastBound, coast_bound, impact_bound, launch_bound, plot_rows
from tocsin.geography import Zones, load_zones
from tocsin.kernels.geodesy import altitude_m
from tocsin.messages.event import LaunchEvent
from tocsin.messages.sensor import Sensor
from tocsin.messages.track import LaunchEstimate, Track
from tocsin.sim.draw import KINDS, Drawn, draw_flight, draw_site
from tocsin.sim.ephemeris import Ephemeris
from tocsin.sim.field import Field, draw_sensors, night_of
from tocsin.sim.flight import FlightKind
from tocsin.sim.night import Night
from tocsin.sim.observe import SimScan, play
from tocsin.units import DEG, EARTH_MU_M3PS2, KM, NS_PER_S, s2ns

EPOCHS_S: Final = (30.0, 60.0, 120.0)  # after burnout
LAST: Final = "last"
SETTLED_S: Final = 10.0  # after a manoeuvre's end the landing counts again
NEAR_M: Final = 30.0 * KM  # a track further from every truth belongs to none
STALE_NS: Final = s2ns(1.5)  # a state older than this at an epoch is not one of that epoch
TAIL_S: Final = 15.0
EARTH_RADIUS_M: Final = 6_371_000.0  # mean radius


class Case(msgspec.Struct, frozen=True):
    """One flight to draw and track."""

    seed: int
    index: int
    kind: FlightKind
    field: Field


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """One estimate of a place against the truth. ``d2``: squared Mahalanobis distance; ``footprint``: truth inside, if given."""

    epoch: str
    d2: float
    error_km: float
    area_km2: float
    basis: str = ""
    manoeuvring: bool = False  # the manoeuvre is to come, under way or just over
    footprint: bool | None = None
    footprint_km2: float = math.nan
    bound_km2: float = math.nan  # area of the 95 % ellipse of the Cramer-Rao bound, where there is one


class Nees(msgspec.Struct, frozen=True, kw_only=True):
    """Normalised error squared of position and velocity at a fixed epoch."""

    epoch: str
    phase: str
    nees: float
    position_m: float
    velocity_mps: float


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one case gave."""

    case: Case
    plots: int
    cpu_s: float
    seen: bool  # any detection of the missile before its impact
    confirmed_scans: float | None  # from first detection to confirmation, in scan periods of the sensor that first saw it
    confirmed_s: float | None
    launches: tuple[Score, ...]
    impacts: tuple[Score, ...]
    due: tuple[str, ...]  # epochs before the impact and after the first detection
    nees: tuple[Nees, ...]
    events_missile: int
    events_part: int
    events_false: int
    tracks_missile: int
    tracks_part: int
    tracks_false: int
    parts: int
    objects: int  # said by the missile's event at the end
    missiles_at_least: int
    range_class: str
    true_class: str
    kind_said: str
    crash: str  # "" where the line ran through


def make_case(case: Case) -> tuple[Drawn, Night, tuple[Sensor, ...], list[SimScan]]:
    """Return flight, night, sensors and scans of a case; the same for the same case."""
    rng = np.random.default_rng([case.seed, case.index, KINDS.index(case.kind), get_args(Field).index(case.field)])
    lat_rad, lon_rad, bearing_rad = draw_site(rng)
    drawn = draw_flight(case.kind, rng, "M1", lat_rad, lon_rad, bearing_rad)
    sensors = draw_sensors(rng, (drawn.flight,), case.field)
    night = night_of((drawn,), tail_s=TAIL_S)
    return drawn, night, sensors, list(play(night.scenario, sensors, int(rng.integers(2**31)), night))


@cache
def zones() -> Zones:
    """Return the zones, loaded once a process."""
    return load_zones()


class Watch:
    """Takes the steps of a run and keeps what is scored: each event's revisions, each track's states near the epochs."""

    def __init__(self, epochs_ns: tuple[int, ...]) -> None:
        self.revisions: dict[str, list[LaunchEvent]] = {}
        self.confirmed: dict[str, Track] = {}  # first confirmed message of each track
        self.latest: dict[str, Track] = {}  # latest updated (not predicted) message
        self.at_epoch: dict[tuple[str, int], Track] = {}
        self._epochs_ns = epochs_ns

    def take_track(self, track: Track) -> None:
        """Keep one track message."""
        if track.status != "confirmed":
            return
        self.confirmed.setdefault(track.track, track)
        if not track.predicted:
            self.latest[track.track] = track
        for epoch_ns in self._epochs_ns:
            if epoch_ns - STALE_NS <= track.time_ns <= epoch_ns:
                self.at_epoch[track.track, epoch_ns] = track

    def take_event(self, event: LaunchEvent) -> None:
        """Keep one revision."""
        self.revisions.setdefault(event.event, []).append(event)


def run_case(case: Case) -> Outcome:
    """Draw, observe, track and score one case."""
    drawn, night, sensors, scans = make_case(case)
    plots = [plot for sim_scan in scans for plot in sim_scan.scan.plots]
    epochs = _nees_epochs(drawn)
    watch = Watch(tuple(time_ns for _, time_ns in epochs))
    started, crash = process_time(), ""
    try:
        for step in track_plots(plots, sensors, zones=zones(), until_ns=night.end_ns):
            for track in step.tracks:
                watch.take_track(track)
            for event in step.events:
                watch.take_event(event)
    except Exception as fault:  # noqa: BLE001 - a crash is a figure of the benches; the other cases go on
        crash = fault_text(fault)
    cpu_s = process_time() - started
    owners = {name: owner(track, night) for name, track in watch.latest.items()}
    events = owned_events(watch, owners)
    mine = [revision for name, whose in events.items() if whose == "missile" for revision in watch.revisions[name]]
    mine.sort(key=lambda revision: revision.time_ns)
    first = _first_detection(scans, sensors)
    said = [t.time_ns for t in watch.confirmed.values() if owner(t, night) in ("missile", "part")]  # a stack is missile and part
    delay_s = None if first is None or not said else max(0.0, (min(said) - first[0]) / NS_PER_S)
    due = _due(drawn, first)
    bounds = Bounds(drawn, sensors, scans)
    counts, tracks = Counter(events.values()), Counter(owners.values())
    return Outcome(
        case=case,
        plots=len(plots),
        cpu_s=cpu_s,
        seen=first is not None,
        confirmed_scans=None if delay_s is None or first is None else delay_s / first[1],
        confirmed_s=delay_s,
        launches=tuple(_launches(mine, drawn, due, bounds)),
        impacts=tuple(_impacts(mine, drawn, due, bounds)),
        due=tuple(name for name, _ in due),
        nees=tuple(_nees(watch, owners, drawn, epochs)),
        events_missile=counts["missile"],
        events_part=counts["part"],
        events_false=counts["none"],
        tracks_missile=tracks["missile"],
        tracks_part=tracks["part"],
        tracks_false=tracks["none"],
        parts=len(drawn.parts),
        objects=mine[-1].objects if mine else 0,
        missiles_at_least=mine[-1].missiles_at_least if mine else 0,
        range_class=max(mine[-1].classes, key=lambda item: item[1])[0] if mine and mine[-1].classes else "",
        true_class=_energy_class(drawn),
        kind_said=next((t.kind for name, t in watch.latest.items() if owners.get(name) == "missile"), ""),
        crash=crash,
    )


def _energy_class(drawn: Drawn) -> str:
    """Return the class by the longest range that the energy at burnout allows (300, 1,000, 3,000, 5,500 km are the usual limits).

    Bate, Mueller, White (1971), chapter 6: sin(psi / 2) = Q / (2 - Q), Q = v^2 r / mu, with the speed carried down to the ground.
    """
    state = drawn.flight.state_at(drawn.flight.burnout_ns)
    assert state is not None
    r_m, v2 = math.hypot(*state[0]), sum(v * v for v in state[1])
    ground_v2 = v2 + 2.0 * EARTH_MU_M3PS2 * (1.0 / EARTH_RADIUS_M - 1.0 / r_m)
    q = min(1.0, ground_v2 * EARTH_RADIUS_M / EARTH_MU_M3PS2)
    range_m = 2.0 * EARTH_RADIUS_M * math.asin(min(1.0, q / (2.0 - q)))
    limits = ((300.0, "CRBM"), (1_000.0, "SRBM"), (3_000.0, "MRBM"), (5_500.0, "IRBM"))
    return next((name for km, name in limits if range_m < km * KM), "ICBM")


def _first_detection(scans: list[SimScan], sensors: tuple[Sensor, ...]) -> tuple[int, float] | None:
    """Return (time of the missile's first plot, scan period of that sensor)."""
    period = {sensor.sensor: sensor.scan_period_s for sensor in sensors}
    return next(((s.scan.time_ns, period[s.scan.sensor]) for s in scans if 0 in s.labels), None)


def _due(drawn: Drawn, first: tuple[int, float] | None) -> list[tuple[str, int]]:
    """Return (name, time) of the epochs that are scored: after the first detection, before the impact; the last is the end."""
    flight = drawn.flight
    if first is None:
        return []
    named = [(f"+{epoch:.0f}", flight.burnout_ns + s2ns(epoch)) for epoch in EPOCHS_S]
    return [(name, time_ns) for name, time_ns in named if first[0] < time_ns < flight.impact_ns] + [(LAST, flight.impact_ns + s2ns(TAIL_S))]


def owner(track: Track, night: Night, near_m: float = NEAR_M) -> str:
    """Return whose track it is: of the truth nearest to its latest update, "none" if none is near."""
    truths: list[tuple[str, Ephemeris]] = [("missile", flight.path) for flight in night.flights]
    truths += [(other.kind, other.path) for other in night.others]
    truths += [("aircraft", path) for path in night.aircraft]
    best, whose = near_m, "none"
    for name, path in truths:
        state = path.state_at(track.time_ns)
        if state is not None:
            away_m = math.dist(state[0], track.pos_ecef_m)
            if away_m < best:
                best, whose = away_m, name
    return whose


def owned_events(watch: Watch, owners: dict[str, str]) -> dict[str, str]:
    """Return whose each confirmed event is: the missile's if any of its tracks is, else a part's, else nobody's."""
    found: dict[str, str] = {}
    for name, revisions in watch.revisions.items():
        if all(revision.status in ("suspected", "cancelled") for revision in revisions):
            continue
        whose = {owners.get(track, "none") for revision in revisions for track in revision.tracks}
        found[name] = next((one for one in ("missile", "part", "satellite", "meteor", "aircraft") if one in whose), "none")
    return found


def _latest(revisions: list[LaunchEvent], until_ns: int) -> LaunchEvent | None:
    """Return the last revision up to a time, a live one before an ended one."""
    before = [revision for revision in revisions if revision.time_ns <= until_ns]
    live = [revision for revision in before if revision.status not in ("cancelled", "closed")]
    return (live or before or [None])[-1]


class Bounds:
    """The Cramer-Rao bounds of a case from the plots that came: of the launch from the boost's, of the impact from those after it."""

    def __init__(self, drawn: Drawn, sensors: tuple[Sensor, ...], scans: list[SimScan]) -> None:
        self._drawn = drawn
        flight = drawn.flight
        own = [plot for s in scans for label, plot in zip(s.labels, s.scan.plots, strict=True) if label == 0]
        ended_ns = flight.impact_ns if drawn.manoeuvre_ns is None else drawn.manoeuvre_ns[0]
        before = [plot for plot in own if plot.time_ns < flight.burnout_ns]
        after = [plot for plot in own if flight.burnout_ns <= plot.time_ns < ended_ns]
        self.launch_km2 = math.nan
        if before:
            times_s = np.array([(plot.time_ns - flight.launch_ns) / NS_PER_S for plot in before])
            self.launch_km2 = ellipse_area_km2(launch_bound(drawn.boost, times_s, plot_rows(before, sensors)).cov_en_m2)
        self._coast: CoastBound | None = None
        if after:
            times_s = np.array([(plot.time_ns - flight.burnout_ns) / NS_PER_S for plot in after])
            pos, vel, _ = flight.path.sample(np.array([plot.time_ns for plot in after]))
            self._coast = coast_bound(times_s, pos, vel, flight.ln_beta, plot_rows(after, sensors))

    def impact_km2(self, time_ns: int) -> float:
        """Return the area of the impact's 95 % ellipse at a time; NaN without plots, and for flights that manoeuvre."""
        flight = self._drawn.flight
        if self._coast is None or self._drawn.manoeuvre_ns is not None:
            return math.nan
        time_ns = min(time_ns, flight.impact_ns - NS_PER_S)
        known = self._coast.at((time_ns - flight.burnout_ns) / NS_PER_S)
        bound = None if known is None else impact_bound(*known)
        return math.nan if bound is None else ellipse_area_km2(bound.cov_en_m2)


def _launches(revisions: list[LaunchEvent], drawn: Drawn, due: list[tuple[str, int]], bounds: Bounds) -> Iterator[Score]:
    """Yield the launch estimates at the epochs."""
    flight = drawn.flight
    for name, time_ns in due:
        event = _latest(revisions, time_ns)
        launch: LaunchEstimate | None = event.launch if event is not None else None
        if launch is None:
            continue
        offset_m = offset_en_m(launch.lat_rad, launch.lon_rad, flight.launch_lat_rad, flight.launch_lon_rad)
        yield Score(
            epoch=name,
            d2=ellipse_d2(offset_m, launch.cov_en_m2),
            error_km=math.hypot(*offset_m) / KM,
            area_km2=ellipse_area_km2(launch.cov_en_m2),
            bound_km2=bounds.launch_km2,
        )


def _impacts(revisions: list[LaunchEvent], drawn: Drawn, due: list[tuple[str, int]], bounds: Bounds) -> Iterator[Score]:
    """Yield the impact estimates at the epochs; what nobody saw of a manoeuvre is still to come for the estimate."""
    flight, manoeuvre_ns = drawn.flight, drawn.manoeuvre_ns
    for name, time_ns in due:
        event = _latest(revisions, time_ns)
        if event is None or event.impact is None:
            continue
        impact = event.impact
        offset_m = offset_en_m(impact.lat_rad, impact.lon_rad, flight.impact_lat_rad, flight.impact_lon_rad)
        ring = impact.manoeuvre_footprint
        yield Score(
            epoch=name,
            d2=ellipse_d2(offset_m, impact.cov_en_m2),
            error_km=math.hypot(*offset_m) / KM,
            area_km2=ellipse_area_km2(impact.cov_en_m2),
            basis=impact.basis,
            manoeuvring=manoeuvre_ns is not None and min(time_ns, event.last_detection_ns) < manoeuvre_ns[1] + s2ns(SETTLED_S),
            footprint=inside_ring(ring, flight.impact_lat_rad, flight.impact_lon_rad) if ring else None,
            footprint_km2=ring_area_km2(ring) if ring else math.nan,
            bound_km2=bounds.impact_km2(time_ns),
        )


def _nees_epochs(drawn: Drawn) -> list[tuple[str, int]]:
    """Return the fixed epochs at which states are scored."""
    flight = drawn.flight
    found = [(f"burnout{s:+.0f}", flight.burnout_ns + s2ns(s)) for s in (-15.0, -5.0, 5.0, 15.0, 30.0, 60.0, 120.0)]
    found += [(f"impact{s:+.0f}", flight.impact_ns + s2ns(s)) for s in (-45.0, -30.0, -20.0)]
    return [(name, time_ns) for name, time_ns in found if flight.launch_ns < time_ns < flight.impact_ns]


def _nees(watch: Watch, owners: dict[str, str], drawn: Drawn, epochs: list[tuple[str, int]]) -> Iterator[Nees]:
    """Yield the normalised errors of the missile's track (the one seen latest) at the epochs."""
    for name, epoch_ns in epochs:
        found = [t for (track, at_ns), t in watch.at_epoch.items() if at_ns == epoch_ns and owners.get(track) == "missile"]
        if not found:
            continue
        track = max(found, key=lambda t: (t.last_plot_ns, t.plots))
        state = drawn.flight.state_at(track.time_ns)
        if state is None or epoch_ns - track.last_plot_ns > s2ns(15.0):
            continue
        cov = np.zeros((7, 7))
        cov[np.triu_indices(7)] = track.cov
        cov = cov + np.triu(cov, 1).T
        position, velocity = np.array(track.pos_ecef_m) - state[0], np.array(track.vel_ecef_mps) - state[1]
        error = np.concatenate([position, velocity])
        nees = float(error @ np.linalg.solve(cov[:6, :6], error))
        phase = _phase(drawn, track.time_ns)
        yield Nees(
            epoch=name, phase=phase, nees=nees, position_m=float(np.linalg.norm(position)), velocity_mps=float(np.linalg.norm(velocity))
        )


def _phase(drawn: Drawn, time_ns: int) -> str:
    """Return the true phase at a time."""
    state = drawn.flight.state_at(time_ns)
    assert state is not None
    manoeuvre_ns = drawn.manoeuvre_ns
    if manoeuvre_ns is not None and manoeuvre_ns[0] <= time_ns < manoeuvre_ns[1] + s2ns(SETTLED_S):
        return "manoeuvre"
    if time_ns < drawn.flight.burnout_ns:
        return "boost"
    return "coast" if altitude_m(*state[0]) > 60.0 * KM else "air"


def main() -> None:
    """Run one case and print everything."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--index", type=int, default=0)
    parser.add_argument("--kind", choices=KINDS, default="minimum-energy")
    parser.add_argument("--field", choices=get_args(Field), default="standard")
    parser.add_argument("--out", type=Path, help="write plots, sensors and truth there")
    options = parser.parse_args()
    case = Case(options.seed, options.index, options.kind, options.field)
    drawn, night, sensors, scans = make_case(case)
    flight = drawn.flight
    burnout_s, impact_s = ((time_ns - flight.launch_ns) / NS_PER_S for time_ns in (flight.burnout_ns, flight.impact_ns))
    print(
        f"{flight.kind}: range {flight.range_m / KM:.0f} km (ballistic {drawn.ballistic_range_m / KM:.0f}), "
        f"apogee {flight.apogee_m / KM:.0f} km, burnout {burnout_s:.0f} s, impact {impact_s:.0f} s, "
        f"from {flight.launch_lat_rad / DEG:.1f} N {flight.launch_lon_rad / DEG:.1f} E, {len(drawn.parts)} parts"
    )
    for sensor in sensors:
        seen = [s.scan.time_ns for s in scans if s.scan.sensor == sensor.sensor and 0 in s.labels]
        span = f"{(seen[0] - flight.launch_ns) / NS_PER_S:.0f}-{(seen[-1] - flight.launch_ns) / NS_PER_S:.0f} s" if seen else "never"
        print(f"  {sensor.sensor}: sees it {span} ({len(seen)} times), scan {sensor.scan_period_s:.2f} s")
    if options.out is not None:
        write_case(options.out, night, sensors, scans)
    print(msgspec.json.format(msgspec.json.encode(run_case(case)), indent=1).decode())


if __name__ == "__main__":
    main()
