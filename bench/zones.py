"""Is a zone's probability what it says? Drawn flights through the real line, put down near EEZ limits, 12-mile lines and coasts.

    python bench/zones.py [--flights 300] [--seed 1] [--field standard --field wide] [--workers 1] [--places 4]

Every flight is drawn, observed and tracked up to burnout + 120 s; its impact estimate (centre and ellipse) is taken at burnout
+ 30, 60 and 120 s. Then the earth is turned beneath it: the same flight with its sensors at another longitude is the same
flight exactly, but for the map. So each flight comes down ``--places`` times beside each kind of limit, for each of the
epochs at a distance of its own, even over 3 sigma to both sides (the estimate's, and the limit's where that is drawn). The
probabilities are made there by the same functions as in the line; at the flight's own place they must agree with its events.

EEZ limits are scored twice. "displaced": the truth is the flown impact against the packaged limit moved by a drawn error of the
stated 1-sigma, the probability is blurred by it, as in the product. "sharp": the packaged limit as it is, blur 0. Coasts and
12-mile lines have no blur in the product and are scored sharp. Targets: in each decile the mean probability within 5 points of
the share (where that is known to ENOUGH, flight by flight, it decides itself; else the exact binomial interval and two of those
sigmas must both lie outside), and a Brier score better than the point answer's (is the most likely impact point inside?), from
JUDGED samples on. Exit code 1 if one is missed. A flight takes about a second of one core.
"""

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final, Literal, get_args

import msgspec
import numpy as np
from cases import Watch, owned_events, owner
from figures import Verdicts, fault_text, run_all

from tocsin.api.offline import track_plots
from tocsin.assessment.samples import ellipse_samples
from tocsin.errors import OurFault
from tocsin.geography import Zones, eez_margin_m, limit_sigma_m, load_zones, zone_of, zone_probabilities
from tocsin.kernels.geodesy import ground_destination
from tocsin.messages.event import ImpactEstimate, LaunchEvent
from tocsin.messages.plot import Plot
from tocsin.sim.draw import Drawn, draw_flight
from tocsin.sim.field import Field, draw_sensors, night_of
from tocsin.sim.flight import FlightKind
from tocsin.sim.observe import play
from tocsin.units import DEG, KM, NAUTICAL_MILE_M, NS_PER_S, s2ns

Limit = Literal["eez displaced", "eez sharp", "12 nm", "coast"]
LIMITS: Final[tuple[Limit, ...]] = get_args(Limit)
EEZ: Final[tuple[Limit, ...]] = ("eez displaced", "eez sharp")
KINDS: Final[tuple[FlightKind, ...]] = ("minimum-energy", "lofted", "depressed", "staged-parts")
"""Flights without a manoeuvre to come: a prediction that assumes none is not a probability about the others."""
EPOCHS_S: Final = (30.0, 60.0, 120.0)  # after burnout
LATITUDES_DEG: Final = (22.0, 55.0)  # of impacts: where the packaged limits are
SCAN_DEG: Final = 0.05  # step of the search for limits along a parallel: 4 km
EDGE_DEG: Final = 6.0  # limits so near to the edge of the grid are left out: 600 km of window
SIGMAS: Final = 3.0  # to both sides of a limit
ALONG_LEAST: Final = 0.3  # a limit that runs nearly along the parallel is left out: the window would be endless
FLAT: Final = 0.3  # metres of margin per metre: less is no limit but a place where two of them are equally far
STEP_M: Final = 1.0 * KM  # of differences
ENOUGH: Final = 0.02  # 1-sigma of a decile's share, flight by flight, from which on the share itself decides
JUDGED: Final = 200
FEW: Final = 100  # ... and from so many samples
TOLERANCE: Final = 0.05
SAME_P: Final = 0.002  # probabilities made here and in the line; 1,024 samples move by less through rounding of angles
DRAWS: Final = 40
METRES_PER_RAD: Final = 6_371_000.0
BANDS: Final[dict[Limit, tuple[str, ...]]] = {
    "eez displaced": ("land", "territorial", "contiguous", "eez"),
    "eez sharp": ("land", "territorial", "contiguous", "eez"),
    "12 nm": ("land", "territorial"),
    "coast": ("land",),
}


class Case(msgspec.Struct, frozen=True):
    """One flight to draw, and how often it comes down beside each kind of limit."""

    seed: int
    index: int
    field: Field
    places: int


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One probability and what was true."""

    flight: int
    limit: Limit
    epoch: str
    p: float
    inside: bool
    point_inside: bool


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one flight gave. ``compared``, ``unlike``: zone answers of the line made again here, and those that came out otherwise."""

    case: Case
    samples: tuple[Sample, ...]
    estimates: int
    compared: int
    unlike: int
    crash: str


class Crossing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a parallel meets a limit of a nation; gradient of the margin there (per metre east, north)."""

    nation: str
    lon_rad: float
    east: float
    north: float


@cache
def zones() -> Zones:
    """Return the zones, loaded once a process."""
    return load_zones()


def margin_m(limit: Limit, nation: str, lat_rad: float, lon_rad: float) -> float | None:
    """Return the signed margin to a limit, positive inside; None where the map or another nation leaves it open."""
    if limit in EEZ:
        return eez_margin_m(zones(), nation, lat_rad, lon_rad)
    answer = zone_of(zones(), lat_rad, lon_rad)
    if answer.nearest_coast_m is None:
        return None
    edge_m = 12.0 * NAUTICAL_MILE_M if limit == "12 nm" else 0.0
    inside_m = edge_m - answer.nearest_coast_m
    return inside_m if answer.nearest_nation == nation else -abs(inside_m)


def crossings(limit: Limit, lat_rad: float) -> list[Crossing]:
    """Return where a parallel meets limits of a kind, as far as they cross it at a good angle."""
    frame = zones().meta.grids[0]  # the theatre, where limits are known best
    last_deg = frame.west_deg + frame.cell_deg * frame.columns - EDGE_DEG
    lons = [(frame.west_deg + EDGE_DEG + SCAN_DEG * k) * DEG for k in range(int((last_deg - frame.west_deg - EDGE_DEG) / SCAN_DEG))]
    owners = [_owner(limit, lat_rad, lon) for lon in lons]
    found = []
    for west, east, before, after in zip(lons, lons[1:], owners, owners[1:], strict=False):
        nation = after or before
        if before == after or not nation:
            continue
        low, high = (west, east) if nation == after else (east, west)  # outside, inside
        for _ in range(30):
            middle = 0.5 * (low + high)
            if _owner(limit, lat_rad, middle) == nation:
                high = middle
            else:
                low = middle
        crossing = _crossing(limit, nation, lat_rad, high)
        if crossing is not None:
            found.append(crossing)
    return found


def _owner(limit: Limit, lat_rad: float, lon_rad: float) -> str:
    """Return the nation inside whose limit a point lies, "" for none."""
    nation = zone_of(zones(), lat_rad, lon_rad).nearest_nation
    margin = None if nation is None else margin_m(limit, nation, lat_rad, lon_rad)
    return nation if nation is not None and margin is not None and margin > 0.0 else ""


def _crossing(limit: Limit, nation: str, lat_rad: float, lon_rad: float) -> Crossing | None:
    if limit in EEZ and zone_of(zones(), lat_rad, lon_rad).label.startswith("land:"):
        return None  # a border on land: it is sharp, and has no error of a sea limit
    step_rad = STEP_M / METRES_PER_RAD
    slopes = []
    for north, east in ((0.0, 1.0), (1.0, 0.0)):
        ends = [
            margin_m(limit, nation, lat_rad + s * north * step_rad, lon_rad + s * east * step_rad / math.cos(lat_rad)) for s in (-1.0, 1.0)
        ]
        if ends[0] is None or ends[1] is None:
            return None
        slopes.append((ends[1] - ends[0]) / (2.0 * STEP_M))
    size, here_m = math.hypot(*slopes), margin_m(limit, nation, lat_rad, lon_rad)
    if size < FLAT or abs(slopes[0]) < ALONG_LEAST * size or here_m is None or abs(here_m) > STEP_M:
        return None  # runs along the parallel, or the margin jumps: a corner of three zones
    return Crossing(nation=nation, lon_rad=lon_rad, east=slopes[0], north=slopes[1])


def run_case(case: Case) -> Outcome:
    """Draw, track, put down and score one flight."""
    rng = np.random.default_rng([case.seed, case.index, get_args(Field).index(case.field), 20])
    try:
        return _run(case, rng)
    except Exception as fault:  # noqa: BLE001 - a crash is a figure of the benches; the other cases go on
        return Outcome(case=case, samples=(), estimates=0, compared=0, unlike=0, crash=fault_text(fault))


def _run(case: Case, rng: np.random.Generator) -> Outcome:
    drawn = _draw(case, rng)
    flight = drawn.flight
    end_ns = min(flight.impact_ns, flight.burnout_ns + s2ns(EPOCHS_S[-1])) + NS_PER_S
    revisions = _revisions(case, drawn, end_ns, rng)
    estimates = [(f"+{epoch:.0f}", _latest(revisions, flight.burnout_ns + s2ns(epoch), flight.impact_ns)) for epoch in EPOCHS_S]
    known = [(epoch, event) for epoch, event in estimates if event is not None]
    unlike = sum(not _agrees(event) for _, event in known)
    samples: list[Sample] = []
    for limit in LIMITS:
        met = crossings(limit, flight.impact_lat_rad)
        for epoch, event in known:
            assert event.impact is not None
            for _ in range(case.places if met else 0):
                crossing = met[int(rng.integers(len(met)))]
                truth_rad = flight.impact_lat_rad, flight.impact_lon_rad
                samples += _put_down(case, limit, crossing, epoch, event.impact, truth_rad, rng)
    return Outcome(case=case, samples=tuple(samples), estimates=len(known), compared=len(known), unlike=unlike, crash="")


def _draw(case: Case, rng: np.random.Generator) -> Drawn:
    """Return a flight that comes down where the packaged limits are, by latitude."""
    low, high = (angle * DEG for angle in LATITUDES_DEG)
    for _ in range(DRAWS):
        lat_rad, lon_rad, bearing_rad = (float(rng.uniform(*span)) for span in ((low, high), (-math.pi, math.pi), (0.0, math.tau)))
        drawn = draw_flight(KINDS[case.index % len(KINDS)], rng, "M1", lat_rad, lon_rad, bearing_rad)
        if low <= drawn.flight.impact_lat_rad <= high:
            return drawn
    raise OurFault(f"expected an impact between {LATITUDES_DEG} degrees within {DRAWS} draws")


def _revisions(case: Case, drawn: Drawn, end_ns: int, rng: np.random.Generator) -> list[LaunchEvent]:
    """Return all revisions of the missile's events, from plots up to a time."""
    sensors, night = draw_sensors(rng, (drawn.flight,), case.field), night_of((drawn,))
    plots: list[Plot] = []
    for scan in play(night.scenario, sensors, int(rng.integers(2**31)), night):
        if scan.scan.time_ns > end_ns:
            break
        plots.extend(scan.scan.plots)
    watch = Watch(())
    for step in track_plots(plots, sensors, zones=zones(), until_ns=end_ns):
        for track in step.tracks:
            watch.take_track(track)
        for event in step.events:
            watch.take_event(event)
    owners = owned_events(watch, {name: owner(track, night) for name, track in watch.latest.items()})
    revisions = [event for name, whose in owners.items() if whose == "missile" for event in watch.revisions[name]]
    return sorted(revisions, key=lambda event: event.time_ns)


def _latest(revisions: Sequence[LaunchEvent], epoch_ns: int, impact_ns: int) -> LaunchEvent | None:
    """Return the latest revision of the missile's events at an epoch (a live one first) if it predicts an impact."""
    before = [event for event in revisions if event.time_ns <= epoch_ns < impact_ns]
    live = [event for event in before if event.status not in ("cancelled", "closed")]
    event = (live or before or [None])[-1]
    return event if event is not None and event.impact is not None and event.impact.basis == "predicted" and event.zones else None


def _agrees(event: LaunchEvent) -> bool:
    """Return whether the zones made here from an event's impact are those that the event carries."""
    assert event.impact is not None
    here, there = dict(_probabilities(event.impact, 0.0, None)), dict(event.zones)
    return all(abs(here.get(name, 0.0) - there.get(name, 0.0)) <= SAME_P for name in here | there)


def _probabilities(impact: ImpactEstimate, turn_rad: float, blur_m: float | None) -> tuple[tuple[str, float], ...]:
    """Return the zone probabilities of an impact after the earth has turned beneath it. blur_m None: each limit's own error."""
    lon_rad = math.remainder(impact.lon_rad + turn_rad, math.tau)
    lat, lon = ellipse_samples(impact.lat_rad, lon_rad, math.cos(impact.lat_rad), impact.cov_en_m2)
    return zone_probabilities(zones(), lat, lon, blur_m)


def _put_down(
    case: Case, limit: Limit, at: Crossing, epoch: str, impact: ImpactEstimate, truth_rad: tuple[float, float], rng: np.random.Generator
) -> list[Sample]:
    """Turn the earth so that the true impact lies at an even distance from the limit, and score the probability to be inside."""
    ee, en, nn = impact.cov_en_m2
    displaced = limit == "eez displaced"
    blur_m = limit_sigma_m(zones(), truth_rad[0], at.lon_rad) if displaced else 0.0
    spread_m = math.sqrt(ee * at.east**2 + 2.0 * en * at.east * at.north + nn * at.north**2 + blur_m**2)
    window_m = SIGMAS * spread_m / abs(at.east)
    lat_rad = truth_rad[0]
    lon_rad = ground_destination(lat_rad, at.lon_rad, math.pi / 2.0, float(rng.uniform(-window_m, window_m)))[1]
    turn_rad = lon_rad - truth_rad[1]
    true_m = margin_m(limit, at.nation, lat_rad, lon_rad)
    point_m = margin_m(limit, at.nation, impact.lat_rad, math.remainder(impact.lon_rad + turn_rad, math.tau))
    on_land = blur_m > 0.0 and zone_of(zones(), lat_rad, lon_rad).label.startswith("land:")
    if true_m is None or point_m is None or on_land:  # land is land wherever a sea limit really runs
        return []
    true_m += float(blur_m * rng.standard_normal())  # where the limit really is, were its error known
    answer = dict(_probabilities(impact, turn_rad, None if displaced else 0.0))
    p = min(1.0, sum(answer.get(f"{band}:{at.nation}", 0.0) for band in BANDS[limit]))
    return [Sample(flight=case.index, limit=limit, epoch=epoch, p=p, inside=true_m > 0.0, point_inside=point_m > 0.0)]


# --- figures ----------------------------------------------------------------------------------------------------------


def exact_interval(hits: int, trials: int) -> tuple[float, float]:
    """Return the exact 95 % interval of a share (Clopper and Pearson 1934), by bisection of the binomial's tails."""

    def at_least(k: int, p: float) -> float:
        """P(X >= k)."""
        if k <= 0 or p >= 1.0:
            return 1.0
        if p <= 0.0:
            return 0.0
        log_p, log_q, total = math.log(p), math.log1p(-p), math.lgamma(trials + 1)
        terms = (total - math.lgamma(i + 1) - math.lgamma(trials - i + 1) + i * log_p + (trials - i) * log_q for i in range(k, trials + 1))
        return min(1.0, sum(math.exp(term) for term in terms))

    def solve(goes_up: Callable[[float], float], value: float) -> float:
        low, high = 0.0, 1.0
        for _ in range(50):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if goes_up(middle) < value else (low, middle)
        return 0.5 * (low + high)

    least = 0.0 if hits == 0 else solve(lambda p: at_least(hits, p), 0.025)
    most = 1.0 if hits == trials else solve(lambda p: at_least(hits + 1, p), 0.975)
    return least, most


def reliability(title: str, samples: Sequence[Sample], verdicts: Verdicts) -> None:
    """Print the deciles: samples, mean probability, share inside with its exact interval, difference with the spread between flights."""
    print(f"\n{title}: {len(samples)} probabilities of {len({s.flight for s in samples})} flights")
    for decile in range(10):
        found = [s for s in samples if min(9, int(10.0 * s.p)) == decile]
        if not found:
            continue
        n, hits = len(found), sum(s.inside for s in found)
        mean = sum(s.p for s in found) / n
        least, most = exact_interval(hits, n)
        off = hits / n - mean
        spread = _spread(found)
        beyond = least > mean + TOLERANCE or most < mean - TOLERANCE
        met: bool | None = False if beyond and abs(off) - 2.0 * spread > TOLERANCE else None
        if 0.0 < spread <= ENOUGH and n >= FEW:
            met = abs(off) <= TOLERANCE
        value = f"n {n:5d}  p {mean:.3f}  share {hits / n:.3f} [{least:.3f}, {most:.3f}]  {100.0 * off:+5.1f}"
        verdicts.show(
            f"{decile * 10:3d}-{decile * 10 + 10:3d} %  {value} +-{100.0 * spread:.1f}", "", f"within {100 * TOLERANCE:.0f} points", met=met
        )


def _spread(samples: Sequence[Sample]) -> float:
    """Return the standard error of share minus mean probability, flight by flight: samples of one flight are not independent."""
    sums: dict[int, float] = {}
    for s in samples:
        sums[s.flight] = sums.get(s.flight, 0.0) + (float(s.inside) - s.p)
    return math.sqrt(sum(value * value for value in sums.values())) / len(samples)


def brier(samples: Sequence[Sample], verdicts: Verdicts) -> None:
    """Print Brier scores of the probability and of the point answer, per limit and epoch."""
    print("\nBrier score, and the point answer's")
    for limit in dict.fromkeys(s.limit for s in samples):
        for epoch in (*(f"+{epoch:.0f}" for epoch in EPOCHS_S), "all"):
            found = [s for s in samples if s.limit == limit and epoch in (s.epoch, "all")]
            if not found:
                continue
            score = sum((s.p - s.inside) ** 2 for s in found) / len(found)
            point = sum((float(s.point_inside) - s.inside) ** 2 for s in found) / len(found)
            value = f"{score:.4f} against {point:.4f}"
            verdicts.show(f"{limit}, {epoch} s, n {len(found)}", value, "less", met=score < point if len(found) >= JUDGED else None)


def main() -> None:
    """Draw, run, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--flights", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--field", action="append", choices=get_args(Field), help="default: both in turn")
    parser.add_argument("--places", type=int, default=4, help="so often a flight comes down beside each kind of limit, for each epoch")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    fields = options.field or list(get_args(Field))
    cases = [Case(options.seed, i, fields[i // len(KINDS) % len(fields)], options.places) for i in range(options.flights)]
    outcomes = run_all(run_case, cases, options.workers)
    samples = [sample for outcome in outcomes for sample in outcome.samples]
    print(f"{len(outcomes)} flights, seed {options.seed}, fields {', '.join(fields)}, {options.places} places beside each kind of limit")
    verdicts = Verdicts()
    crashes = [o for o in outcomes if o.crash]
    verdicts.show("flights with an estimate at an epoch", f"{sum(o.estimates > 0 for o in outcomes)} of {len(outcomes)}", "", met=None)
    verdicts.show("cases in which the line broke down", str(len(crashes)), "none", met=not crashes)
    for o in crashes:
        print(f"      index {o.case.index}, field {o.case.field}: {o.crash[:300]}")
    unlike, compared = sum(o.unlike for o in outcomes), sum(o.compared for o in outcomes)
    verdicts.show("zone answers made here that differ from the line's", f"{unlike} of {compared}", "none", met=unlike == 0)
    for limit in dict.fromkeys(s.limit for s in samples):
        reliability(limit, [s for s in samples if s.limit == limit], verdicts)
    reliability("all as in the product (EEZ displaced)", [s for s in samples if s.limit != "eez sharp"], verdicts)
    for epoch in (f"+{epoch:.0f}" for epoch in EPOCHS_S):
        product = [s for s in samples if s.limit != "eez sharp" and s.epoch == epoch]
        reliability(f"the same at burnout {epoch} s", product, verdicts)
    brier(samples, verdicts)
    sys.exit(verdicts.missed > 0)


if __name__ == "__main__":
    main()
