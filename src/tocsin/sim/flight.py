"""A flight through published facts: fit of thrust, kick and azimuth so that apogee, distance and bearing come out.

Three unknowns (thrust acceleration, kick to the east and to the north) meet three facts (apogee, ground distance, bearing)
by Newton's iteration from the best points of a coarse scan; a pull-up then finds its lift-to-drag ratio for the glide
beyond the ballistic point by bisection.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal

import msgspec
import numpy as np

from tocsin.errors import OperatorFault
from tocsin.kernels.geodesy import ecef2geodetic, ground_inverse
from tocsin.messages.basics import Vec3
from tocsin.sim.ephemeris import Ephemeris
from tocsin.sim.scenario import Missile
from tocsin.sim.trajectory import FINE_STEP_S, Boost, End, Motor, path, reach
from tocsin.units import DEG, EARTH_MU_M3PS2, KM, STANDARD_GRAVITY_MPS2, s2ns

FIT_TOLERANCE: Final = 1e-5  # of apogee and of distance; published figures are rounded to 1 %, the promise is 0.2 %
FIT_ITERATIONS: Final = 40
PROBE: Final = 1e-5  # change of an unknown for the derivative
PROBES: Final = ((PROBE, 0.0, 0.0), (0.0, PROBE, 0.0), (0.0, 0.0, PROBE))
LONGEST_STEP: Final = 0.2  # of ln thrust and of the kick in radians in one iteration
STARTS: Final = 5  # best points of the scan that are tried
SHORTEST_CUT: Final = 1.0 / 64.0  # of a Newton step before it is given up
SCAN_STEP_S: Final = 1.0  # of the coarse scan
SCAN_THRUSTS: Final = tuple(math.exp(0.09 * i) for i in range(-6, 9))  # times the guess
SCAN_KICKS_RAD: Final = tuple(0.4 * DEG * math.exp(0.35 * i) for i in range(15))  # 0.4 to 54 degrees
STEEPEST_KICK_RAD: Final = 80.0 * DEG
LIFT_LIMIT: Final = 2.0  # lift-to-drag, top of the published prior 0.5-2
LOWEST_APOGEE_M: Final = 100.0  # below it a trial did not fly
EARTH_RADIUS_M: Final = 6_371_000.0  # mean radius, for guesses only
LOFTED_RATIO: Final = 1.25  # apogee over the minimum-energy apogee; launch angle about 51 degrees
DEPRESSED_RATIO: Final = 0.75  # launch angle about 37 degrees

FlightKind = Literal["minimum-energy", "lofted", "depressed", "pull-up", "boost-back", "failed-boost", "staged-parts"]


@dataclass(frozen=True, eq=False)
class Flight:
    """A flown missile. Angles in radians; the impact is at WGS-84 height 0."""

    missile: str
    kind: FlightKind
    launch_ns: int
    burnout_ns: int  # of the last stage; a boost-back comes after it
    apogee_ns: int
    impact_ns: int
    launch_lat_rad: float
    launch_lon_rad: float
    impact_lat_rad: float
    impact_lon_rad: float
    apogee_m: float
    range_m: float
    bearing_rad: float
    ln_beta: float
    lift_to_drag: float
    thrust_mps2: float  # first stage, mid burn
    kick_rad: float
    burns_ns: tuple[tuple[int, int], ...]  # (ignition, burnout) of each stage, then of a boost-back
    path: Ephemeris

    def state_at(self, time_ns: int) -> tuple[Vec3, Vec3] | None:
        """Return (pos_ecef_m, vel_ecef_mps) at a time, or None before lift-off and after impact."""
        return self.path.state_at(time_ns)

    def thrusting(self, time_ns: int) -> bool:
        """Return whether a stage burns at a time."""
        return any(begin <= time_ns < end for begin, end in self.burns_ns)


class _Flown(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a trial, against the launch point."""

    end: End
    range_m: float
    bearing_rad: float


def fit_flight(missile: Missile) -> Flight:
    """Return the flight that reproduces apogee, distance and bearing; OperatorFault where the facts cannot be flown."""
    ballistic_m = missile.range_m - missile.glide_m
    boost = _newton(missile, _scan(missile, ballistic_m), ballistic_m)
    if boost is None:
        raise OperatorFault(_cannot_fly(missile))
    if missile.flight == "pull-up":
        boost = _pull_up(missile, boost)
    return _flight(missile, boost)


def minimum_energy_apogee_m(range_m: float) -> float:
    """Return the apogee of the vacuum arc of least energy over a ground distance on a still sphere.

    Wheelon, ARS Journal 29 (1959) 915: R/2 (sin phi + cos phi - 1) with phi half the range angle; D/4 for short ranges.
    """
    phi = 0.5 * range_m / EARTH_RADIUS_M
    return 0.5 * EARTH_RADIUS_M * (math.sin(phi) + math.cos(phi) - 1.0)


def ground_speed_mps(apogee_m: float, range_m: float) -> float:
    """Return the speed at the ground of the vacuum arc through apogee and range on a still sphere (conic section)."""
    phi = 0.5 * range_m / EARTH_RADIUS_M
    top_m = EARTH_RADIUS_M + apogee_m
    e = apogee_m / (top_m - EARTH_RADIUS_M * math.cos(phi))
    return math.sqrt(EARTH_MU_M3PS2 * (2.0 / EARTH_RADIUS_M - (1.0 + e) / top_m))


def flight_kind(missile: Missile) -> FlightKind:
    """Return the kind that the facts imply."""
    if missile.flight == "pull-up":
        return "pull-up"
    ratio = missile.apogee_m / minimum_energy_apogee_m(missile.range_m)
    if ratio > LOFTED_RATIO:
        return "lofted"
    return "depressed" if ratio < DEPRESSED_RATIO else "minimum-energy"


def _fly(missile: Missile, boost: Boost, step_s: float = FINE_STEP_S) -> _Flown | None:
    """Return what a trial reaches, or None where it does not fly."""
    if math.hypot(boost.kick_east_rad, boost.kick_north_rad) > STEEPEST_KICK_RAD:
        return None
    end = reach(boost, step_s)
    if end is None or not end.apogee_m > LOWEST_APOGEE_M:
        return None
    lat_rad, lon_rad, _ = ecef2geodetic(*end.pos_ecef_m)
    range_m, bearing_rad = ground_inverse(missile.lat_rad, missile.lon_rad, lat_rad, lon_rad)
    return _Flown(end=end, range_m=range_m, bearing_rad=bearing_rad)


def _scan(missile: Missile, range_m: float) -> list[Boost]:
    """Return the coarse grid's trials, nearest to the facts first; those that did not fly are left out."""
    speed_mps = ground_speed_mps(missile.apogee_m, range_m)
    burn_s = sum(s.burn_s for s in missile.stages)
    impulse_s = sum(s.burn_s * s.thrust_ratio for s in missile.stages)
    guess_mps2 = (speed_mps + 0.5 * STANDARD_GRAVITY_MPS2 * burn_s) / impulse_s
    ranked: list[tuple[float, int, Boost]] = []
    for share in SCAN_THRUSTS:
        for kick_rad in SCAN_KICKS_RAD:
            boost = _boost(missile, share * guess_mps2, kick_rad)
            flown = _fly(missile, boost, SCAN_STEP_S)
            if flown is not None:
                ranked.append((math.hypot(*_errors(missile, flown, range_m)), len(ranked), boost))
    return [boost for _, _, boost in sorted(ranked, key=lambda item: item[:2])]


def _boost(missile: Missile, thrust_mps2: float, kick_rad: float) -> Boost:
    """Return a trial that leans along the published bearing."""
    return Boost(
        lat_rad=missile.lat_rad,
        lon_rad=missile.lon_rad,
        alt_m=missile.alt_m,
        motors=tuple(
            Motor(thrust_mps2=thrust_mps2 * s.thrust_ratio, burn_s=s.burn_s, coast_s=s.coast_s, slope=s.slope) for s in missile.stages
        ),
        kick_s=missile.kick_s,
        kick_east_rad=kick_rad * math.sin(missile.bearing_rad),
        kick_north_rad=kick_rad * math.cos(missile.bearing_rad),
        ln_beta=math.log(missile.beta_kgpm2),
    )


def _errors(missile: Missile, flown: _Flown, range_m: float) -> Vec3:
    """Return (ln apogee error, error of the impact to the east and to the north over the distance)."""
    share = flown.range_m / range_m
    return (
        math.log(flown.end.apogee_m / missile.apogee_m),
        share * math.sin(flown.bearing_rad) - math.sin(missile.bearing_rad),
        share * math.cos(flown.bearing_rad) - math.cos(missile.bearing_rad),
    )


def _trial(missile: Missile, boost: Boost, range_m: float) -> Vec3 | None:
    """Return the errors of a trial, or None where it does not fly."""
    flown = _fly(missile, boost)
    return None if flown is None else _errors(missile, flown, range_m)


def _newton(missile: Missile, starts: list[Boost], range_m: float) -> Boost | None:
    """Return the fitted boost from the first start that converges, or None."""
    for start in starts[:STARTS]:
        boost: Boost | None = start
        for _ in range(FIT_ITERATIONS):
            if boost is None:
                break
            errors = _trial(missile, boost, range_m)
            if errors is None:
                break
            if math.hypot(*errors) < FIT_TOLERANCE:
                return boost
            boost = _newton_step(missile, boost, range_m, errors)
    return None


def _newton_step(missile: Missile, boost: Boost, range_m: float, errors: Vec3) -> Boost | None:
    """Return the boost after one damped step in all three unknowns, or None where no step helps."""
    probes = [_trial(missile, _moved(boost, step), range_m) for step in PROBES]
    error = np.array(errors)
    columns = [(np.array(probe) - error) / PROBE for probe in probes if probe is not None]
    if len(columns) < len(PROBES):
        return None
    try:
        step = -np.linalg.solve(np.array(columns).T, error)
    except np.linalg.LinAlgError:
        return None
    cut = min(1.0, LONGEST_STEP / max(float(np.max(np.abs(step))), PROBE))
    while cut > SHORTEST_CUT:
        tried = _moved(boost, (float(cut * step[0]), float(cut * step[1]), float(cut * step[2])))
        reached = _trial(missile, tried, range_m)
        if reached is not None and math.hypot(*reached) < math.hypot(*errors):
            return tried
        cut *= 0.5
    return None


def _moved(boost: Boost, step: Vec3) -> Boost:
    """Return the boost with (ln thrust, kick east, kick north) changed."""
    factor = math.exp(step[0])
    return msgspec.structs.replace(
        boost,
        motors=tuple(msgspec.structs.replace(motor, thrust_mps2=motor.thrust_mps2 * factor) for motor in boost.motors),
        kick_east_rad=boost.kick_east_rad + step[1],
        kick_north_rad=boost.kick_north_rad + step[2],
    )


def _pull_up(missile: Missile, boost: Boost) -> Boost:
    """Return the boost with the lift-to-drag ratio that brings it to the published distance and bearing."""
    longest = _fly(missile, msgspec.structs.replace(boost, lift_to_drag=LIFT_LIMIT))
    if longest is None or longest.range_m < missile.range_m:
        reached_km = 0.0 if longest is None else max(0.0, longest.range_m - missile.range_m + missile.glide_m) / KM
        raise OperatorFault(
            f"missile {missile.missile}: glide_km = {missile.glide_m / KM:g} cannot be flown with a lift-to-drag ratio up to "
            f"{LIFT_LIMIT:g} (longest {reached_km:.0f} km here); expected a shorter glide_km or a higher apogee_km"
        )
    low, high = 0.0, LIFT_LIMIT  # regula falsi with the Illinois rule: the end that stays counts half
    short_m, far_m = -missile.glide_m, longest.range_m - missile.range_m
    for _ in range(FIT_ITERATIONS):
        ratio = low + (high - low) * short_m / (short_m - far_m)
        boost = msgspec.structs.replace(boost, lift_to_drag=ratio)
        flown = _fly(missile, boost)
        if flown is None:
            break
        over_m = flown.range_m - missile.range_m
        boost = _swung(boost, math.remainder(missile.bearing_rad - flown.bearing_rad, 2.0 * math.pi))
        if abs(over_m) < FIT_TOLERANCE * missile.range_m:
            break
        if over_m < 0.0:
            low, short_m, far_m = ratio, over_m, 0.5 * far_m
        else:
            high, far_m, short_m = ratio, over_m, 0.5 * short_m
    return boost


def _swung(boost: Boost, angle_rad: float) -> Boost:
    """Return the boost with its kick turned clockwise."""
    turn, keep = math.sin(angle_rad), math.cos(angle_rad)
    east, north = boost.kick_east_rad, boost.kick_north_rad
    return msgspec.structs.replace(boost, kick_east_rad=keep * east + turn * north, kick_north_rad=keep * north - turn * east)


def _cannot_fly(missile: Missile) -> str:
    """Return the error text for facts that no thrust and kick reproduce."""
    burn_s = sum(s.burn_s for s in missile.stages)
    best_km = minimum_energy_apogee_m(missile.range_m) / KM
    return (
        f"missile {missile.missile}: apogee {missile.apogee_m / KM:g} km with distance {missile.range_m / KM:g} km cannot be flown "
        f"with a burn of {burn_s:g} s (the arc of least energy over this distance has an apogee of {best_km:.0f} km); "
        'expected facts nearer to that, another burn_s, or flight = "pull-up"'
    )


def _flight(missile: Missile, boost: Boost) -> Flight:
    """Return the flight of a fitted boost."""
    flown = _fly(missile, boost)
    if flown is None:
        raise OperatorFault(_cannot_fly(missile))
    return flight_of(boost, missile.missile, flight_kind(missile), missile.launch_ns, (flown.end.apogee_s, flown.end.apogee_m))


def flight_of(boost: Boost, name: str, kind: FlightKind, launch_ns: int, apogee: tuple[float, float]) -> Flight:
    """Return the flight of a boost that comes down. apogee: (seconds after lift-off, m)."""
    table = np.array(path(boost))
    impact_lat_rad, impact_lon_rad, _ = ecef2geodetic(float(table[-1, 1]), float(table[-1, 2]), float(table[-1, 3]))
    range_m, bearing_rad = ground_inverse(boost.lat_rad, boost.lon_rad, impact_lat_rad, impact_lon_rad)
    burns: list[tuple[int, int]] = []
    begin_s = 0.0
    for motor in boost.motors:
        burns.append((launch_ns + s2ns(begin_s), launch_ns + s2ns(begin_s + motor.burn_s)))
        begin_s += motor.burn_s + motor.coast_s
    burnout_ns = burns[-1][1]
    if boost.retro is not None:
        burns.append((launch_ns + s2ns(boost.retro.start_s), launch_ns + s2ns(boost.retro.start_s + boost.retro.burn_s)))
    return Flight(
        missile=name,
        kind=kind,
        launch_ns=launch_ns,
        burnout_ns=burnout_ns,
        apogee_ns=launch_ns + s2ns(apogee[0]),
        impact_ns=launch_ns + s2ns(float(table[-1, 0])),
        launch_lat_rad=boost.lat_rad,
        launch_lon_rad=boost.lon_rad,
        impact_lat_rad=impact_lat_rad,
        impact_lon_rad=impact_lon_rad,
        apogee_m=apogee[1],
        range_m=range_m,
        bearing_rad=bearing_rad,
        ln_beta=boost.ln_beta,
        lift_to_drag=boost.lift_to_drag,
        thrust_mps2=boost.motors[0].thrust_mps2,
        kick_rad=math.hypot(boost.kick_east_rad, boost.kick_north_rad),
        burns_ns=tuple(burns),
        path=Ephemeris(launch_ns, table[:, 0], table[:, 1:4], table[:, 4:7]),
    )
