"""How soon do warnings come, and how soon are they taken back? Drawn flights through the three nations' nodes, people excluded.

    python bench/warning_times.py [--flights 60] [--seed 1] [--kind ...] [--workers 1]

Every night has one drawn flight of 300-1,500 km that comes down on or around Japan and Korea, and a satellite, meteors and aircraft
beside it; the coalition's notional sensors watch, the nodes run on a stand without delay on its links and without disks. Times are
simulated time; what this machine took on top is printed apart.

partner   from the first confirmation of a track of the missile by any nation (its own tracks) to each partner holding that
          nation's warning. Target 5 s.
area      from the true burnout to each nation's first warning whose impact is predicted and whose zones or areas are
          filled; for a flight that comes down on a member's land also to the first land alert for it. Target 30 s, for
          flights that any sensor had detected by burnout + FAIR_S (the others are listed: nobody could warn).
cancel    ended: an event that was warned of and is then withdrawn. The evidence is the fused track's first message that is no
          ballistic missile of its own any more (another kind, or closed into another track); the cancel is out when
          the nation's warning says "cancelled", and at the partners when they hold that of its own-sensors picture.
          area: a land alert whose event does not threaten that land any more. The evidence is the first revision from
          which on its probability stays below CLEAR_P until the flight is over; it is out when a warning no longer
          names that land. Target 10 s each; an alert that ends with the flight itself is not counted.

Exit code 1 if a target is missed. A night takes 5-10 s of one core.
"""

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final, get_args

import msgspec
import numpy as np
from cases import owner
from figures import Verdicts, fault_text, run_all

from tocsin.api.stand import Fed, Stand
from tocsin.errors import OurFault
from tocsin.geography import Zones, load_zones, zone_of
from tocsin.kernels.geodesy import ground_destination, ground_inverse
from tocsin.messages.basics import Nation
from tocsin.messages.coalition import Coalition
from tocsin.messages.event import LaunchEvent
from tocsin.messages.track import FusedTrack, Track
from tocsin.messages.warning import Warning
from tocsin.node.inputs import ScanIn
from tocsin.node.outputs import View
from tocsin.sim.coalition import place
from tocsin.sim.draw import LAUNCH_NS, Drawn, draw_flight
from tocsin.sim.field import night_of
from tocsin.sim.flight import FlightKind
from tocsin.sim.night import Night
from tocsin.sim.observe import play
from tocsin.sim.others import draw_aircraft, draw_meteor, draw_place, draw_satellite
from tocsin.sim.scenario import load_coalition
from tocsin.units import DEG, KM, NS_PER_S, s2ns

COALITION: Final = "northeast-asia"
RANGES_M: Final = (300.0 * KM, 1_500.0 * KM)
BEARINGS_DEG: Final = (40.0, 170.0)  # from the mainland towards the islands
BOX_DEG: Final = ((31.0, 45.0), (127.0, 147.0))  # where flights come down
MEMBERS: Final = ("JPN", "KOR")  # every other flight is aimed at their land
DRAWS: Final = 400
TAIL_S: Final = 100.0  # after the impact: presumed down and all-clear
CENTRE_DEG: Final = (38.0, 132.0)
AROUND_M: Final = 500.0 * KM
PARTNER_S, AREA_S, CANCEL_S = 5.0, 30.0, 10.0  # targets
FAIR_S: Final = 10.0  # a flight that no sensor saw by then after burnout could not be warned of in time
CLEAR_P: Final = 0.003  # below it the desk itself calls land out of danger
TOLD: Final = ("confirmed", "updated")
OVER: Final = ("presumed-down", "observed", "closed")


class Case(msgspec.Struct, frozen=True):
    """One night to draw and play."""

    seed: int
    index: int
    kind: FlightKind


class Delay(msgspec.Struct, frozen=True, kw_only=True):
    """One measured time; inf: it never came. ``what``: "partner", "area", "land", "ended", "ended at partner", "land removed"."""

    what: str
    who: str
    seconds: float


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one night gave. ``fair``: detected by burnout + FAIR_S."""

    case: Case
    told: str
    seen: bool
    fair: bool
    on_land: str
    delays: tuple[Delay, ...]
    machine_s: tuple[float, ...]  # of deliveries of warnings, from the input that caused them
    areas: bool  # some warning named areas
    crash: str


class Watch:
    """What each nation's node showed, in order, with its time."""

    def __init__(self, nations: tuple[Nation, ...]) -> None:
        self.tracks: dict[Nation, list[Track]] = {nation: [] for nation in nations}
        self.fused: dict[tuple[Nation, str], list[FusedTrack]] = {}
        self.events: dict[tuple[Nation, str], list[LaunchEvent]] = {}
        self.warnings: dict[tuple[Nation, str], list[Warning]] = {}
        self.partner: dict[tuple[Nation, Nation], list[tuple[int, Warning]]] = {}  # (who holds it, who gave it)
        self.machine_s: list[float] = []

    def take(self, nation: Nation, time_ns: int, fed: Fed) -> None:
        """Keep what one input brought, there and at the partners."""
        self._views(nation, time_ns, fed.step.views)
        for delivery in fed.deliveries:
            self._views(delivery.nation, time_ns, delivery.step.views)
            if delivery.product == "warning":
                self.machine_s.append(delivery.seconds)

    def _views(self, nation: Nation, time_ns: int, views: Sequence[View]) -> None:
        for view in views:
            mine, key = view.source == nation, (nation, view.picture)
            match view.item:
                case Track() if mine:
                    self.tracks[nation].append(view.item)
                case FusedTrack():
                    self.fused.setdefault(key, []).append(view.item)
                case LaunchEvent() if mine:
                    self.events.setdefault(key, []).append(view.item)
                case Warning() if mine:
                    self.warnings.setdefault(key, []).append(view.item)
                case Warning():
                    self.partner.setdefault((nation, view.source), []).append((time_ns, view.item))


@cache
def shared() -> tuple[Zones, Coalition]:
    """Return zones and coalition, loaded once a process."""
    return load_zones(), load_coalition(COALITION)


# --- a night ----------------------------------------------------------------------------------------------------------


def draw_aimed(case: Case, rng: np.random.Generator) -> Drawn:
    """Return a flight that comes down near a point drawn in the box, every other one on land of a member."""
    target = _target(rng, on_land=case.index % 2 == 0)
    bearing_rad = float(rng.uniform(*BEARINGS_DEG)) * DEG
    for trial in range(DRAWS):
        seed = [case.seed, case.index, trial, 9]
        start = ground_destination(*target, bearing_rad + math.pi, 800.0 * KM)
        for _ in range(3):  # the same missile, moved until it comes down where it is to
            drawn = draw_flight(case.kind, np.random.default_rng(seed), "M1", start[0], start[1], bearing_rad)
            aimed_m = drawn.ballistic_range_m
            if drawn.manoeuvre_ns is None:
                off_m, back_rad = ground_inverse(drawn.flight.impact_lat_rad, drawn.flight.impact_lon_rad, *target)
                start = ground_destination(*start, back_rad, off_m)
            else:  # where it would come down without its manoeuvre
                start = ground_destination(*target, bearing_rad + math.pi, aimed_m)
            if not RANGES_M[0] <= aimed_m <= RANGES_M[1]:
                break
        else:
            return drawn
    raise OurFault(f"expected a {case.kind} flight of {RANGES_M} m within {DRAWS} draws")


def _target(rng: np.random.Generator, *, on_land: bool) -> tuple[float, float]:
    (south, north), (west, east) = BOX_DEG
    for _ in range(10_000):
        lat_rad, lon_rad = float(rng.uniform(south, north)) * DEG, float(rng.uniform(west, east)) * DEG
        label = zone_of(shared()[0], lat_rad, lon_rad).label
        if (label in [f"land:{nation}" for nation in MEMBERS]) if on_land else not label.startswith("land:"):
            return lat_rad, lon_rad
    raise OurFault("expected land and sea in the box")


def make_night_of(drawn: Drawn, rng: np.random.Generator) -> Night:
    """Return the night of a flight with traffic beside it."""
    span_ns = LAUNCH_NS - s2ns(20.0), drawn.flight.impact_ns + s2ns(TAIL_S)
    centre = CENTRE_DEG[0] * DEG, CENTRE_DEG[1] * DEG
    aircraft = tuple(draw_aircraft(rng, f"A{i}", draw_place(rng, *centre, AROUND_M)) for i in range(2))
    others = [draw_satellite(rng, "S", draw_place(rng, *centre, AROUND_M), *span_ns)]
    others += [draw_meteor(rng, f"P{i}", draw_place(rng, *centre, AROUND_M), *span_ns) for i in range(2)]
    return night_of((drawn,), aircraft=aircraft, others=tuple(others), span_ns=span_ns)


def run_case(case: Case) -> Outcome:
    """Draw, play and time one night."""
    try:
        return _run(case)
    except Exception as fault:  # noqa: BLE001 - a crash is a figure of the benches; the other cases go on
        nothing = Outcome(case=case, told="", seen=False, fair=False, on_land="", delays=(), machine_s=(), areas=False, crash="")
        return msgspec.structs.replace(nothing, crash=fault_text(fault))


def _run(case: Case) -> Outcome:
    rng = np.random.default_rng([case.seed, case.index, 31])
    drawn = draw_aimed(case, rng)
    flight, night = drawn.flight, make_night_of(drawn, rng)
    watch, first_ns = play_stand(night, case.seed, int(rng.integers(2**31)))
    label = zone_of(shared()[0], flight.impact_lat_rad, flight.impact_lon_rad).label
    members = tuple(spec.nation for spec in shared()[1].nations)
    on_land = label[5:] if label.startswith("land:") and label[5:] in members else ""
    fair = first_ns is not None and first_ns <= flight.burnout_ns + s2ns(FAIR_S)
    delays = _partner(watch, night) + _ended(watch) + _removed(watch)
    if fair:
        delays += _area(watch, flight.burnout_ns, on_land)
    return Outcome(
        case=case,
        told=f"{case.kind}, {flight.range_m / KM:.0f} km, apogee {flight.apogee_m / KM:.0f} km, down in {label}",
        seen=first_ns is not None,
        fair=fair,
        on_land=on_land,
        delays=tuple(delays),
        machine_s=tuple(watch.machine_s),
        areas=any(warning.areas for warnings in watch.warnings.values() for warning in warnings),
        crash="",
    )


def play_stand(night: Night, seed: int, chance: int) -> tuple[Watch, int | None]:
    """Play a night on the stand; return what was shown and when the missile was first detected."""
    zones, coalition = shared()
    sensors = place(coalition)
    owners = {sensor.sensor: sensor.nation for sensor in sensors}
    stand = Stand(coalition, sensors, "test", zones, seed=seed, log_dir=None, legal=(), start_utc_ns=night.start_ns)
    watch, first_ns = Watch(stand.nations), None
    try:
        for one in play(night.scenario, sensors, chance, night):
            _tick(stand, watch, one.scan.time_ns)
            if first_ns is None and 0 in one.labels:
                first_ns = one.scan.time_ns
            nation = owners[one.scan.sensor]
            watch.take(nation, one.scan.time_ns, stand.feed(nation, ScanIn(scan=one.scan), one.scan.time_ns))
        _tick(stand, watch, night.end_ns)
    finally:
        stand.close(night.end_ns)
    return watch, first_ns


def _tick(stand: Stand, watch: Watch, until_ns: int) -> None:
    while due := stand.ticks_due(until_ns):
        for when, nations in due:
            for nation, fed in stand.tick(nations, when):
                watch.take(nation, when, fed)


# --- times ------------------------------------------------------------------------------------------------------------


def _since(time_ns: int | None, start_ns: int) -> float:
    return math.inf if time_ns is None else (time_ns - start_ns) / NS_PER_S


def _partner(watch: Watch, night: Night) -> list[Delay]:
    """Return how long each partner of the nation that confirmed first waited for that nation's warning."""
    confirmed = [
        (track.time_ns, nation)
        for nation, tracks in watch.tracks.items()
        for track in tracks
        if track.status == "confirmed" and track.kind == "ballistic" and owner(track, night) in ("missile", "part")
    ]
    if not confirmed:
        return []
    start_ns, giver = min(confirmed)
    found = []
    for nation in watch.tracks:
        if nation != giver:
            held = [time_ns for time_ns, warning in watch.partner.get((nation, giver), []) if warning.status in TOLD]
            found.append(Delay(what="partner", who=f"{giver} to {nation}", seconds=_since(min(held, default=None), start_ns)))
    return found


def _area(watch: Watch, burnout_ns: int, on_land: str) -> list[Delay]:
    """Return how long after burnout each nation had a warning with predicted areas, and with a land alert where it is due."""
    found = []
    for nation in watch.tracks:
        own = [w for w in watch.warnings.get((nation, "joint"), []) if w.impact is not None and w.impact.basis == "predicted"]
        ready = [w.time_ns for w in own if w.status in TOLD and (w.zones or w.areas)]
        found.append(Delay(what="area", who=nation, seconds=_since(min(ready, default=None), burnout_ns)))
        if on_land:
            alerted = [w.time_ns for w in own if on_land in w.land_alert]
            found.append(Delay(what="land", who=f"{on_land}, told by {nation}", seconds=_since(min(alerted, default=None), burnout_ns)))
    return found


def _ended(watch: Watch) -> list[Delay]:
    """Return how long cancels of withdrawn events took, at home and at the partners."""
    found = []
    for (nation, picture), events in watch.events.items():
        warnings = watch.warnings.get((nation, picture), [])
        for name in dict.fromkeys(event.event for event in events if event.status == "cancelled"):
            told = [w for w in warnings if w.event == name]
            if not told or told[0].status == "cancelled":
                continue
            end_ns = max(event.time_ns for event in events if event.event == name and event.status == "cancelled")
            start_ns = _evidence_ns(watch.fused.get((nation, picture), []), [e for e in events if e.event == name], end_ns)
            out = [w.time_ns for w in told if w.status == "cancelled"]
            found.append(Delay(what="ended", who=f"{nation} {picture} {name}", seconds=_since(min(out, default=None), start_ns)))
            for (holder, giver), received in watch.partner.items():
                if giver == nation and picture == "alone" and any(w.event == name for _, w in received):
                    there = [time_ns for time_ns, w in received if w.event == name and w.status == "cancelled"]
                    found.append(
                        Delay(
                            what="ended at partner", who=f"{giver} to {holder} {name}", seconds=_since(min(there, default=None), start_ns)
                        )
                    )
    return found


def _evidence_ns(fused: Sequence[FusedTrack], revisions: Sequence[LaunchEvent], end_ns: int) -> int:
    """Return when the event's fused track was first told to be no missile of its own, and stayed so; the withdrawal itself if none was."""
    names = {track for event in revisions for track in event.tracks}
    start_ns: int | None = None
    for track in fused:
        if track.track not in names or track.time_ns > end_ns:
            continue
        own = track.kind == "ballistic" and track.parent is None
        start_ns = None if own else start_ns if start_ns is not None else track.time_ns
    return end_ns if start_ns is None else start_ns


def _removed(watch: Watch) -> list[Delay]:
    """Return how long land stayed alerted after its danger was over for good, while the flight went on."""
    found = []
    for (nation, picture), warnings in watch.warnings.items():
        for name in dict.fromkeys(warning.event for warning in warnings):
            told = [w for w in warnings if w.event == name]
            revisions = [e for e in watch.events.get((nation, picture), []) if e.event == name]
            over_ns = next((e.time_ns for e in revisions if e.status in OVER or e.status == "cancelled"), None)
            for land in sorted({one for w in told for one in w.land_alert}):
                start_ns = _clear_ns(revisions, land, next(w.time_ns for w in told if land in w.land_alert), over_ns)
                if start_ns is None or (over_ns is not None and over_ns - start_ns < s2ns(CANCEL_S)):
                    continue
                out = [w.time_ns for w in told if w.time_ns >= start_ns and land not in w.land_alert]
                seconds = _since(min(out, default=None), start_ns)
                found.append(Delay(what="land removed", who=f"{land} by {nation} {picture} {name}", seconds=seconds))
    return found


def _clear_ns(revisions: Sequence[LaunchEvent], land: Nation, alerted_ns: int, over_ns: int | None) -> int | None:
    """Return from when on the land stayed out of danger, after its alert and before the flight was over; None if it never was."""
    start_ns: int | None = None
    for event in revisions:
        if event.time_ns < alerted_ns or not event.p_land:
            continue
        if over_ns is not None and event.time_ns >= over_ns:
            break
        clear = dict(event.p_land).get(land, 0.0) < CLEAR_P
        start_ns = None if not clear else start_ns if start_ns is not None else event.time_ns
    return start_ns


# --- figures ----------------------------------------------------------------------------------------------------------


def show(title: str, delays: Sequence[tuple[Delay, Outcome]], limit_s: float, verdicts: Verdicts) -> None:
    """Print quantiles and the worst of one kind of time, and the cases that missed."""
    if not delays:
        verdicts.show(title, "none", f"<= {limit_s:g} s", met=None)
        return
    ordered = sorted(delay.seconds for delay, _ in delays)
    at: Callable[[float], float] = lambda q: ordered[min(len(ordered) - 1, math.ceil(q * len(ordered)) - 1)]  # noqa: E731
    late = [(delay, outcome) for delay, outcome in delays if not delay.seconds <= limit_s]
    value = f"n {len(ordered)}, 50/90/99 % {at(0.5):.1f}/{at(0.9):.1f}/{at(0.99):.1f}, worst {ordered[-1]:.1f} s"
    verdicts.show(title, value, f"<= {limit_s:g} s", met=not late)
    for delay, outcome in sorted(late, key=lambda pair: -pair[0].seconds)[:12]:
        print(f"      {delay.seconds:6.1f} s  {delay.who}   --index {outcome.case.index}: {outcome.told}")


def main() -> None:
    """Draw, play, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--flights", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--index", type=int, help="this flight only")
    parser.add_argument("--kind", action="append", choices=get_args(FlightKind), help="default: all")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    kinds = options.kind or list(get_args(FlightKind))
    indices = range(options.flights) if options.index is None else [options.index]
    cases = [Case(options.seed, i, kinds[i % len(kinds)]) for i in indices]
    outcomes = run_all(run_case, cases, options.workers)
    verdicts = Verdicts()
    crashes, seen = [o for o in outcomes if o.crash], [o for o in outcomes if o.seen]
    fair = [o for o in seen if o.fair]
    print(
        f"{len(outcomes)} flights, seed {options.seed}: {len(seen)} seen, {len(fair)} by burnout + {FAIR_S:g} s, "
        f"{sum(bool(o.on_land) for o in fair)} of those down on land of a member"
    )
    verdicts.show("nights that broke down", str(len(crashes)), "none", met=not crashes)
    for o in crashes:
        print(f"      --index {o.case.index}: {o.crash[:300]}")
    limits = {
        "partner": PARTNER_S,
        "area": AREA_S,
        "land": AREA_S,
        "ended": CANCEL_S,
        "ended at partner": CANCEL_S,
        "land removed": CANCEL_S,
    }
    for what, limit_s in limits.items():
        show(what, [(d, o) for o in outcomes for d in o.delays if d.what == what], limit_s, verdicts)
    silent = [o for o in seen if not any(d.what == "partner" for d in o.delays)]
    print(f"  seen and never confirmed by anybody: {len(silent)}; not seen in time: {len(seen) - len(fair)}")
    for o in [o for o in seen if not o.fair or o in silent][:12]:
        print(f"      --index {o.case.index}: {o.told}")
    machine = sorted(1e3 * s for o in outcomes for s in o.machine_s)
    if machine:
        print(f"  this machine, input to a partner's memory: median {machine[len(machine) // 2]:.0f} ms, worst {machine[-1]:.0f} ms")
    print(f"  nights with named areas in a warning: {sum(o.areas for o in outcomes)} of {len(outcomes)}")
    sys.exit(verdicts.missed > 0)


if __name__ == "__main__":
    main()
