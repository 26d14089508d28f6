"""A dense salvo from one site: are there ever more missiles claimed than there are, and are all of them told apart?

    python bench/salvo.py [--missiles 18] [--spacing 1.1] [--seeds 100] [--sensors kor|fast|all]

All missiles leave one site, one after the other, with small differences of thrust, kick and azimuth, so that they fly almost
one path; plots inside a resolution cell are merged. Sensors: ``kor``, the three notional radars of the reference coalition at
2 s (150 m x 20 mrad); ``fast``, three notional radars at 1 s (30 m x 8 mrad). Prints a row for each seed and a table with
the targets; exit code 1 if one is missed. "At least N" is what ``Tracker.seen_apart`` says after each scan, against the missiles in
flight. "Resolved": every missile has had plots of its own in RESOLVED_S different seconds. The tracks are shown beside it.
"""

import argparse
import sys
from dataclasses import dataclass
from math import cos, sin
from time import process_time

import msgspec
import numpy as np

from tocsin.messages.sensor import Sensor
from tocsin.messages.track import Track
from tocsin.sim.ephemeris import Ephemeris
from tocsin.sim.flight import Flight
from tocsin.sim.night import Night
from tocsin.sim.observe import SimScan, observe
from tocsin.sim.scenario import load_coalition, load_scenario
from tocsin.sim.trajectory import Boost, Motor, path
from tocsin.tracking import Tracker
from tocsin.units import DEG, NS_PER_S, s2ns

START_NS = 1_700_000_000 * NS_PER_S
SITE = (39.20 * DEG, 125.67 * DEG)  # the site of the reference night
BEARING_RAD = 61.0 * DEG
AZIMUTH_SIGMA_RAD = 0.3 * DEG  # launchers of one battalion fire at one place
THRUST_MPS2, THRUST_SIGMA = 34.0, 0.005  # one type from one lot
KICK_RAD, KICK_SIGMA = 0.25, 0.005  # about minimum energy: 250 km, apogee 84 km
BURN_S, BURN_SIGMA_S = 75.0, 0.3
KICK_S = 8.0
WATCHED_S = 130.0  # after the last launch: boost, burnout and half a minute of coast
RESOLVED_S = 10
NEAR_M = 3_000.0  # a track nearer to no missile than this follows none


@dataclass(frozen=True)
class Outcome:
    """What one seed gave."""

    seed: int
    missiles: int
    resolved: bool
    apart: int  # missiles that the tracker says there are at least
    most_over: int  # most that this was beyond the missiles in flight, at any time
    ever: int  # confirmed ballistic tracks, all told
    at_end: int  # live at the end
    switches: int  # times that a track went over to another missile
    plots: int
    cpu_s: float


def salvo(missiles: int, spacing_s: float, seed: int) -> Night:
    """Return the flights of one salvo as a night without aircraft."""
    rng = np.random.default_rng([seed, 20_230_830])
    flights = []
    for index in range(missiles):
        bearing = BEARING_RAD + AZIMUTH_SIGMA_RAD * rng.normal()
        kick = KICK_RAD * (1.0 + KICK_SIGMA * rng.normal())
        motor = Motor(
            thrust_mps2=THRUST_MPS2 * (1.0 + THRUST_SIGMA * rng.normal()),
            burn_s=BURN_S + BURN_SIGMA_S * rng.normal(),
            coast_s=0.0,
            slope=0.1,
        )
        boost = Boost(
            lat_rad=SITE[0] + 1e-5 * rng.normal(),
            lon_rad=SITE[1] + 1e-5 * rng.normal(),
            alt_m=0.0,
            motors=(motor,),
            kick_s=KICK_S,
            kick_east_rad=kick * sin(bearing),
            kick_north_rad=kick * cos(bearing),
            ln_beta=float(np.log(5_000.0)),
        )
        flights.append(_flight(boost, START_NS + s2ns(20.0 + index * spacing_s)))
    end_ns = START_NS + s2ns(20.0 + missiles * spacing_s + WATCHED_S)
    return Night(
        scenario=load_scenario("2023-08-30"), flights=tuple(flights), aircraft=(), start_ns=START_NS, end_ns=end_ns, watched=(), quiet=()
    )


def _flight(boost: Boost, launch_ns: int) -> Flight:
    """Return a flown boost; what the observation does not ask for is left at zero."""
    table = np.array(path(boost))
    motor = boost.motors[0]
    burnout_ns = launch_ns + s2ns(motor.burn_s)
    return Flight(
        missile=f"m{launch_ns}",
        kind="minimum-energy",
        launch_ns=launch_ns,
        burnout_ns=burnout_ns,
        apogee_ns=0,
        impact_ns=launch_ns + s2ns(float(table[-1, 0])),
        launch_lat_rad=boost.lat_rad,
        launch_lon_rad=boost.lon_rad,
        impact_lat_rad=0.0,
        impact_lon_rad=0.0,
        apogee_m=0.0,
        range_m=0.0,
        bearing_rad=BEARING_RAD,
        ln_beta=boost.ln_beta,
        lift_to_drag=0.0,
        thrust_mps2=motor.thrust_mps2,
        kick_rad=KICK_RAD,
        burns_ns=((launch_ns, burnout_ns),),
        path=Ephemeris(launch_ns, table[:, 0], table[:, 1:4], table[:, 4:7]),
    )


def sensors_of(name: str) -> tuple[Sensor, ...]:
    """Return the radars of a set."""
    coalition = load_coalition("northeast-asia")
    kor = tuple(sensor for sensor in coalition.sensors if sensor.nation == "KOR" and sensor.kind == "radar")
    if name == "kor":
        return kor
    fast = {
        "sigma_azimuth_rad": 0.4e-3,
        "sigma_elevation_rad": 0.4e-3,
        "sigma_range_m": 15.0,
        "scan_period_s": 1.0,
        "resolution_range_m": 30.0,
        "resolution_angle_rad": 8e-3,
        "false_alarms_per_scan": 3.0,
        "detection_probability": 0.95,
    }
    return tuple(msgspec.structs.replace(sensor, **fast) for sensor in kor)


def play_seed(missiles: int, spacing_s: float, sensors: tuple[Sensor, ...], seed: int) -> Outcome:
    """Play one salvo and return what the tracker made of it."""
    night = salvo(missiles, spacing_s, seed)
    scans = [scan for sensor in sensors for scan in observe(night, sensor, seed)]
    scans.sort(key=lambda one: (one.scan.time_ns, one.scan.sensor))
    tracker = Tracker("KOR", sensors)
    latest: dict[str, Track] = {}
    follows: dict[str, int] = {}
    switches = plots = 0
    most_over = -missiles
    ever: set[str] = set()
    cpu_s = 0.0
    for one in scans:
        started = process_time()
        tracks, _ = tracker.step(one.scan, one.scan.time_ns)
        cpu_s += process_time() - started
        plots += len(one.scan.plots)
        for track in tracks:
            latest[track.track] = track
            if track.status == "confirmed" and track.kind == "ballistic":
                ever.add(track.track)
                missile = _nearest(track, night)
                switches += follows.get(track.track, missile) != missile and missile >= 0
                follows[track.track] = missile
        flying = sum(flight.launch_ns <= one.scan.time_ns for flight in night.flights)
        most_over = max(most_over, tracker.seen_apart() - flying)
    return Outcome(
        seed=seed,
        missiles=missiles,
        resolved=_resolved(scans, missiles),
        apart=tracker.seen_apart(),
        most_over=most_over,
        ever=len(ever),
        at_end=_live(latest),
        switches=switches,
        plots=plots,
        cpu_s=cpu_s,
    )


def _live(latest: dict[str, Track]) -> int:
    """Return how many confirmed ballistic tracks live."""
    return sum(track.confirmed_ns is not None and track.kind == "ballistic" and track.status != "closed" for track in latest.values())


def _nearest(track: Track, night: Night) -> int:
    """Return the missile that a track is nearest to, -1 if none is near."""
    best, least = -1, NEAR_M
    for index, flight in enumerate(night.flights):
        state = flight.state_at(track.time_ns)
        if state is not None:
            away = float(np.sqrt(sum((a - b) ** 2 for a, b in zip(state[0], track.pos_ecef_m, strict=True))))
            if away < least:
                best, least = index, away
    return best


def _resolved(scans: list[SimScan], missiles: int) -> bool:
    """Return whether every missile has had plots of its own in RESOLVED_S different seconds."""
    seconds: list[set[int]] = [set() for _ in range(missiles)]
    for one in scans:
        for label in one.labels:
            if 0 <= label < missiles:
                seconds[label].add(one.scan.time_ns // NS_PER_S)
    return all(len(found) >= RESOLVED_S for found in seconds)


def report(name: str, outcomes: list[Outcome]) -> int:
    """Print the table of a set of sensors; return how many targets were missed."""
    n = len(outcomes)
    true = sum(o.apart <= o.missiles and o.most_over <= 0 for o in outcomes)
    resolved = [o for o in outcomes if o.resolved]
    exact = sum(o.apart == o.missiles for o in resolved)
    tracks = sum(o.ever == o.missiles and o.at_end == o.missiles for o in resolved)
    needed = 0.95 * len(resolved)
    rate = sum(o.plots for o in outcomes) / max(sum(o.cpu_s for o in outcomes), 1e-9)
    print(f"{name}: {outcomes[0].missiles} missiles, {n} seeds")
    print(f"  'at least N' true             {true} of {n}   (target {n})")
    print(f"  exact N where resolved        {exact} of {len(resolved)}   (target {needed:.0f})")
    said = [o.apart for o in outcomes]
    print(f"  missiles said, at least       mean {sum(said) / n:.2f}, {min(said)} to {max(said)}")
    print(f"  exactly N tracks, ever        {tracks} of {len(resolved)}")
    print(f"  tracks ever confirmed         mean {sum(o.ever for o in outcomes) / n:.2f}, most {max(o.ever for o in outcomes)}")
    print(f"  live at the end               mean {sum(o.at_end for o in outcomes) / n:.2f}, fewest {min(o.at_end for o in outcomes)}")
    print(f"  track went to another missile {sum(o.switches for o in outcomes) / n:.2f} times a seed")
    print(f"  plots per second of CPU       {rate:.0f}   (launch fits included)")
    return (true < n) + (exact < needed)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--missiles", type=int, default=18)
    parser.add_argument("--spacing", type=float, default=1.1, help="seconds between launches")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=1, help="first seed")
    parser.add_argument("--sensors", choices=("kor", "fast", "all"), default="all")
    parser.add_argument("--rows", action="store_true", help="print a row for each seed")
    options = parser.parse_args()
    failed = 0
    for name in ("kor", "fast") if options.sensors == "all" else (options.sensors,):
        sensors = sensors_of(name)
        outcomes = []
        for seed in range(options.first, options.first + options.seeds):
            outcomes.append(play_seed(options.missiles, options.spacing, sensors, seed))
            if options.rows:
                print(outcomes[-1], flush=True)
        failed += report(name, outcomes)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
