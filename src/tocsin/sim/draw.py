"""Flights drawn at random from published priors, of every kind that a missile may fly. No sensors here.

The priors (ln beta after burnout; one or two stages; 40-120 s of thrust; kick at 4-15 s; thrust slope +-20 % over a stage;
coast 0-10 s; the kinds) are those of the reference coalition. What they leave open is a named constant here: how ranges,
thrust and burnout angles are spread, how a boost-back burns, how much heavier the full missile is, what a spent stage
weighs against its drag.

A flight is made forwards: stages and burnout angle are drawn, the kick is found by bisection and the thrust by the square
law of range and speed, so that the ballistic range comes out near a drawn one (RANGE_SHARE). What cannot be flown is drawn
again, with the burnout angle kept.
"""

import math
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.errors import OurFault
from tocsin.kernels.geodesy import altitude_and_up, ecef2geodetic, ground_distance_m
from tocsin.sim.ephemeris import Ephemeris
from tocsin.sim.flight import Flight, FlightKind, flight_of
from tocsin.sim.others import Other
from tocsin.sim.trajectory import LIFT_TOP_M, Boost, Motor, Retro, burnout, fall, path, reach
from tocsin.units import DEG, EARTH_MU_M3PS2, KM, NS_PER_S, STANDARD_GRAVITY_MPS2, s2ns

Array = NDArray[np.float64]

KINDS: Final[tuple[FlightKind, ...]] = (
    "minimum-energy",
    "lofted",
    "depressed",
    "pull-up",
    "boost-back",
    "failed-boost",
    "staged-parts",
)
LAUNCH_NS: Final = 1_735_689_600 * NS_PER_S  # 2025-01-01 00:00 UTC, where no other time is asked for

# --- the published priors
LN_BETA: Final = (math.log(5_000.0), 0.30)
BURN_S: Final = (40.0, 120.0)
KICK_S: Final = (4.0, 15.0)
SLOPE: Final = 0.20
COAST_S: Final = (0.0, 10.0)
LOFTED_RAD: Final = (50.0 * DEG, 80.0 * DEG)
DEPRESSED_RAD: Final = (20.0 * DEG, 35.0 * DEG)
LIFT_TO_DRAG: Final = (0.5, 2.0)
GLIDE_M: Final = (50.0 * KM, 300.0 * KM)
FAILED_SHARE: Final = (0.30, 0.90)

# --- what they leave open
RANGE_M: Final = (150.0 * KM, 3_000.0 * KM)  # ballistic, evenly in its logarithm
PULL_UP_RANGE_M: Final = (200.0 * KM, 1_500.0 * KM)  # of the ballistic part: low, fast flights have the air to glide on
PULL_UP_RAD: Final = (20.0 * DEG, 42.0 * DEG)  # burnout angle
TWO_STAGES: Final = 0.35  # share, where the kind does not say
FIRST_BURN: Final = (0.35, 0.65)  # of the burning time
THRUST_RATIO: Final = (0.7, 1.5)  # second stage to first
FIRST_THRUST_MPS2: Final = 13.0  # least at ignition: 1.3 times the weight
MOST_THRUST_MPS2: Final = 85.0  # at mid burn: 9 g
BOOST_BETA: Final = (1.0, 3.0)  # beta under thrust to beta after it: the same cross-section carries the propellant
ANGLE_SIGMA_RAD: Final = 2.0 * DEG  # of a minimum-energy flight about the best angle
HIGHEST_APOGEE_M: Final = 2_500.0 * KM  # lofted flights above it take over 40 minutes
LOWEST_BURNOUT_M: Final = 15.0 * KM  # below it the air decides the range
RETRO_MPS2: Final = (20.0, 60.0)
RETRO_S: Final = (5.0, 30.0)
RETRO_SHARE: Final = 0.6  # of the speed at its start, at most, so that it does not turn round
RETRO_FLOOR_M: Final = 40.0 * KM  # a boost-back begins and ends above it
RETRO_AFTER_S: Final = 10.0  # ... and not before that long after burnout
FAILED_LEAST_M: Final = 15.0 * KM  # apogee and range of a failed boost that is worth the name of a flight
PART_SPEED_MPS: Final = (1.0, 20.0)
PART_LN_BETA: Final = (math.log(1_200.0), 0.40)  # an empty stage tumbles
PART_BETA_SHARE: Final = 0.6  # of the missile's beta, at most
LAST_PART: Final = 0.5  # share of staged flights whose last stage leaves the warhead too ...
LAST_PART_S: Final = (2.0, 12.0)  # ... that long after burnout

RANGE_SHARE: Final = 0.04  # agreement of the ballistic range with the drawn one
DRAWS: Final = 400  # before a kind is given up
SOLVE_STEP_S: Final = 1.0  # of the solution; the flight itself is made at the fine step
ANGLE_TOLERANCE_RAD: Final = 0.02 * DEG
BISECTIONS: Final = 24
KICK_RAD: Final = (0.002, 1.25)
EARTH_RADIUS_M: Final = 6_371_000.0  # mean radius, for guesses only


@dataclass(frozen=True, eq=False)
class Drawn:
    """A drawn flight and what leaves it. ``manoeuvre_ns``: start and end of the pull-up or boost-back, if it does either."""

    flight: Flight
    boost: Boost
    parts: tuple[Other, ...]
    manoeuvre_ns: tuple[int, int] | None
    ballistic_range_m: float  # where it would come down without the manoeuvre; the range itself where there is none


class _Design(msgspec.Struct, frozen=True, kw_only=True):
    """Stages in relative thrust, and what they are to reach."""

    motors: tuple[Motor, ...]
    kick_s: float
    angle_rad: float
    range_m: float
    ln_beta: float
    ln_beta_boost: float


def draw_flight(
    kind: FlightKind, rng: np.random.Generator, name: str, lat_rad: float, lon_rad: float, bearing_rad: float, launch_ns: int = LAUNCH_NS
) -> Drawn:
    """Return a flight of a kind from a place; it leans along the bearing (the earth turns beneath a long one).

    Raises ``OurFault`` if DRAWS trials give none, which the priors do not allow.
    """
    angle_rad = _burnout_angle(kind, rng)
    for _ in range(DRAWS):
        design = _design(kind, rng, angle_rad)
        boost = _solve(design, lat_rad, lon_rad, bearing_rad)
        drawn = None if boost is None else _FINISH.get(kind, _ballistic)(kind, rng, name, launch_ns, boost)
        if drawn is not None:
            return drawn
    raise OurFault(f"draw_flight: expected a {kind} flight within {DRAWS} trials from {lat_rad / DEG:.2f} N, came none; draw another site")


def draw_site(rng: np.random.Generator) -> tuple[float, float, float]:
    """Return (latitude, longitude, bearing) of a launch anywhere on earth, evenly over its surface."""
    return math.asin(float(rng.uniform(-0.98, 0.98))), float(rng.uniform(-math.pi, math.pi)), float(rng.uniform(0.0, 2.0 * math.pi))


def free_range_m(speed_mps: float, angle_rad: float) -> float:
    """Return the ground distance between equal heights of a vacuum flight on a still sphere; inf where it does not come back.

    Bate, Mueller, White, Fundamentals of Astrodynamics (1971), chapter 6: tan(psi / 2) = Q sin cos / (1 - Q cos^2) with
    Q = v^2 r / mu and psi the range angle, at r the mean radius.
    """
    q = speed_mps * speed_mps * EARTH_RADIUS_M / EARTH_MU_M3PS2
    if q >= 2.0:
        return math.inf
    return 2.0 * EARTH_RADIUS_M * math.atan2(q * math.sin(angle_rad) * math.cos(angle_rad), 1.0 - q * math.cos(angle_rad) ** 2)


def best_angle_rad(range_m: float) -> float:
    """Return the launch angle of least energy over a range: 45 degrees less a quarter of the range angle (same source)."""
    return 0.25 * (math.pi - range_m / EARTH_RADIUS_M)


# --- the design -------------------------------------------------------------------------------------------------------


def _burnout_angle(kind: FlightKind, rng: np.random.Generator) -> float | None:
    """Return the flight-path angle at burnout where the kind says it, None where it follows from the range."""
    spans = {"lofted": LOFTED_RAD, "depressed": DEPRESSED_RAD, "pull-up": PULL_UP_RAD}
    return float(rng.uniform(*spans[kind])) if kind in spans else None


def _design(kind: FlightKind, rng: np.random.Generator, angle_rad: float | None) -> _Design:
    """Return stages, kick time, range and betas, all drawn."""
    low_m, high_m = PULL_UP_RANGE_M if kind == "pull-up" else RANGE_M
    range_m = low_m * (high_m / low_m) ** float(rng.uniform())
    if angle_rad is None:
        angle_rad = best_angle_rad(range_m) + ANGLE_SIGMA_RAD * float(rng.standard_normal())
    ln_beta = LN_BETA[0] + LN_BETA[1] * float(rng.standard_normal())
    return _Design(
        motors=_motors(rng, two=kind == "staged-parts" or float(rng.uniform()) < TWO_STAGES),
        kick_s=float(rng.uniform(*KICK_S)),
        angle_rad=angle_rad,
        range_m=range_m,
        ln_beta=ln_beta,
        ln_beta_boost=ln_beta + math.log(float(rng.uniform(*BOOST_BETA))),
    )


def _motors(rng: np.random.Generator, *, two: bool) -> tuple[Motor, ...]:
    """Return one or two stages with thrust 1 in the first."""
    burn_s = float(rng.uniform(*BURN_S))
    slopes = rng.uniform(-SLOPE, SLOPE, 2)
    if not two:
        return (Motor(thrust_mps2=1.0, burn_s=burn_s, coast_s=0.0, slope=float(slopes[0])),)
    first_s = burn_s * float(rng.uniform(*FIRST_BURN))
    coast_s, ratio = float(rng.uniform(*COAST_S)), float(rng.uniform(*THRUST_RATIO))
    return (
        Motor(thrust_mps2=1.0, burn_s=first_s, coast_s=coast_s, slope=float(slopes[0])),
        Motor(thrust_mps2=ratio, burn_s=burn_s - first_s, coast_s=0.0, slope=float(slopes[1])),
    )


def _solve(design: _Design, lat_rad: float, lon_rad: float, bearing_rad: float) -> Boost | None:
    """Return the boost that reaches the design's angle and range, or None where no sane thrust does."""
    impulse_s = sum(motor.thrust_mps2 * motor.burn_s for motor in design.motors)
    burn_s = sum(motor.burn_s + motor.coast_s for motor in design.motors)
    speed_mps = _free_speed_mps(design.range_m, design.angle_rad)
    thrust_mps2 = (speed_mps + 0.6 * STANDARD_GRAVITY_MPS2 * burn_s * math.sin(design.angle_rad)) / impulse_s
    for _ in range(6):
        if not _sane(design, thrust_mps2):
            return None
        boost, reached_mps = _kicked(design, thrust_mps2, (lat_rad, lon_rad, bearing_rad))
        end = None if boost is None else reach(boost, SOLVE_STEP_S)
        if boost is None or end is None or end.apogee_m > HIGHEST_APOGEE_M:
            return None
        range_m = _range_m(boost, end.pos_ecef_m)
        if abs(range_m / design.range_m - 1.0) < RANGE_SHARE:
            return boost
        thrust_mps2 += reached_mps * (math.sqrt(design.range_m / max(range_m, 1.0)) - 1.0) / impulse_s
    return None


def _free_speed_mps(range_m: float, angle_rad: float) -> float:
    """Return the speed of the vacuum flight: free_range_m solved for it."""
    half = math.tan(0.5 * range_m / EARTH_RADIUS_M)
    q = half / (math.cos(angle_rad) * math.sin(angle_rad) + half * math.cos(angle_rad) ** 2)
    return math.sqrt(q * EARTH_MU_M3PS2 / EARTH_RADIUS_M)


def _sane(design: _Design, thrust_mps2: float) -> bool:
    """Return whether it lifts off and no stage pushes harder than missiles do."""
    if thrust_mps2 * (1.0 - 0.5 * abs(design.motors[0].slope)) < FIRST_THRUST_MPS2:
        return False
    return all(motor.thrust_mps2 * thrust_mps2 <= MOST_THRUST_MPS2 for motor in design.motors)


def _kicked(design: _Design, thrust_mps2: float, place: tuple[float, float, float]) -> tuple[Boost | None, float]:
    """Return (boost with the kick that gives the burnout angle, speed at burnout); None where no kick does."""
    low, high = KICK_RAD
    for _ in range(BISECTIONS):
        kick_rad = math.sqrt(low * high)
        boost = _boost(design, thrust_mps2, kick_rad, place)
        state, _ = burnout(boost, SOLVE_STEP_S)
        alt_m, angle_rad, speed_mps = _burnout_figures(state)
        if abs(angle_rad - design.angle_rad) < ANGLE_TOLERANCE_RAD:
            return (boost if alt_m > LOWEST_BURNOUT_M else None), speed_mps
        if angle_rad > design.angle_rad:
            low = kick_rad
        else:
            high = kick_rad
    return None, 0.0


def _boost(design: _Design, thrust_mps2: float, kick_rad: float, place: tuple[float, float, float]) -> Boost:
    lat_rad, lon_rad, bearing_rad = place
    return Boost(
        lat_rad=lat_rad,
        lon_rad=lon_rad,
        alt_m=0.0,
        motors=tuple(msgspec.structs.replace(motor, thrust_mps2=motor.thrust_mps2 * thrust_mps2) for motor in design.motors),
        kick_s=design.kick_s,
        kick_east_rad=kick_rad * math.sin(bearing_rad),
        kick_north_rad=kick_rad * math.cos(bearing_rad),
        ln_beta=design.ln_beta,
        ln_beta_boost=design.ln_beta_boost,
    )


def _burnout_figures(state: Array) -> tuple[float, float, float]:
    """Return (altitude m, flight-path angle rad, speed m/s) of a state, earth-relative."""
    x, y, z, vx, vy, vz = state[:6].tolist()
    alt_m, up_x, up_y, up_z = altitude_and_up(x, y, z)
    speed_mps = math.sqrt(vx * vx + vy * vy + vz * vz)
    return alt_m, math.asin((up_x * vx + up_y * vy + up_z * vz) / speed_mps), speed_mps


def _range_m(boost: Boost, pos_ecef_m: tuple[float, float, float]) -> float:
    lat_rad, lon_rad, _ = ecef2geodetic(*pos_ecef_m)
    return ground_distance_m(boost.lat_rad, boost.lon_rad, lat_rad, lon_rad)


# --- what each kind does with it --------------------------------------------------------------------------------------


def _ballistic(kind: FlightKind, rng: np.random.Generator, name: str, launch_ns: int, boost: Boost) -> Drawn | None:
    """Return the flight as it is; the chance is not used."""
    del rng
    end = reach(boost)
    if end is None:
        return None
    flight = flight_of(boost, name, kind, launch_ns, (end.apogee_s, end.apogee_m))
    return Drawn(flight=flight, boost=boost, parts=(), manoeuvre_ns=None, ballistic_range_m=flight.range_m)


def _pull_up(kind: FlightKind, rng: np.random.Generator, name: str, launch_ns: int, boost: Boost) -> Drawn | None:
    """Return the flight with lift below 50 km on the way down; None if its glide is not as long as promised."""
    ballistic = reach(boost)
    lifted = msgspec.structs.replace(boost, lift_to_drag=float(rng.uniform(*LIFT_TO_DRAG)))
    end = reach(lifted)
    if ballistic is None or end is None or ballistic.apogee_m < LIFT_TOP_M:
        return None
    short_m = _range_m(boost, ballistic.pos_ecef_m)
    if not GLIDE_M[0] <= _range_m(boost, end.pos_ecef_m) - short_m <= GLIDE_M[1]:
        return None
    flight = flight_of(lifted, name, kind, launch_ns, (end.apogee_s, end.apogee_m))
    return Drawn(
        flight=flight,
        boost=lifted,
        parts=(),
        manoeuvre_ns=(_comes_below_ns(flight, LIFT_TOP_M), flight.impact_ns),
        ballistic_range_m=short_m,
    )


def _boost_back(kind: FlightKind, rng: np.random.Generator, name: str, launch_ns: int, boost: Boost) -> Drawn | None:
    """Return the flight with thrust against its velocity somewhere above RETRO_FLOOR_M; None where there is no room for it."""
    plain = _ballistic(kind, rng, name, launch_ns, boost)
    if plain is None or plain.flight.apogee_m < 1.5 * RETRO_FLOOR_M:
        return None
    thrust_mps2, burn_s = float(rng.uniform(*RETRO_MPS2)), float(rng.uniform(*RETRO_S))
    first_s = (plain.flight.burnout_ns - launch_ns) / NS_PER_S + RETRO_AFTER_S
    last_s = (_comes_below_ns(plain.flight, RETRO_FLOOR_M) - launch_ns) / NS_PER_S - burn_s
    if last_s <= first_s:
        return None
    start_s = float(rng.uniform(first_s, last_s))
    state = plain.flight.state_at(launch_ns + s2ns(start_s))
    assert state is not None
    alt_m, _, speed_mps = _burnout_figures(np.array([*state[0], *state[1]]))
    if alt_m < RETRO_FLOOR_M:
        return None
    burn_s = min(burn_s, RETRO_SHARE * speed_mps / thrust_mps2)
    if burn_s < RETRO_S[0]:
        return None
    turned = msgspec.structs.replace(boost, retro=Retro(start_s=start_s, burn_s=burn_s, thrust_mps2=thrust_mps2))
    rows = np.array(path(turned))
    after = flight_of(turned, name, kind, launch_ns, _apogee(rows))
    manoeuvre_ns = (launch_ns + s2ns(start_s), launch_ns + s2ns(start_s + burn_s))
    return Drawn(flight=after, boost=turned, parts=(), manoeuvre_ns=manoeuvre_ns, ballistic_range_m=plain.flight.range_m)


def _failed(kind: FlightKind, rng: np.random.Generator, name: str, launch_ns: int, boost: Boost) -> Drawn | None:
    """Return the flight with its thrust cut off early; None if hardly anything is left of it."""
    left_s = float(rng.uniform(*FAILED_SHARE)) * sum(motor.burn_s for motor in boost.motors)
    motors: list[Motor] = []
    for motor in boost.motors:
        if left_s > 0.0:
            motors.append(_cut(motor, left_s))
        left_s -= motor.burn_s
    if motors[0].burn_s <= boost.kick_s + 1.0:
        return None
    drawn = _ballistic(kind, rng, name, launch_ns, msgspec.structs.replace(boost, motors=tuple(motors)))
    if drawn is None or min(drawn.flight.apogee_m, drawn.flight.range_m) < FAILED_LEAST_M:
        return None
    return drawn


def _cut(motor: Motor, burn_s: float) -> Motor:
    """Return the motor that ends early: the same thrust until then, so another mean and slope."""
    share = min(1.0, burn_s / motor.burn_s)
    mean_mps2 = motor.thrust_mps2 * (1.0 + 0.5 * motor.slope * (share - 1.0))
    return Motor(
        thrust_mps2=mean_mps2,
        burn_s=share * motor.burn_s,
        coast_s=motor.coast_s,
        slope=motor.slope * share * motor.thrust_mps2 / mean_mps2,
    )


def _staged(kind: FlightKind, rng: np.random.Generator, name: str, launch_ns: int, boost: Boost) -> Drawn | None:
    """Return the flight with its first stage, and sometimes its last, as objects of their own."""
    drawn = _ballistic(kind, rng, name, launch_ns, boost)
    if drawn is None:
        return None
    first = boost.motors[0]
    left_ns = [launch_ns + s2ns(first.burn_s + float(rng.uniform(0.1, 1.0)) * first.coast_s)]
    if float(rng.uniform()) < LAST_PART:
        left_ns.append(drawn.flight.burnout_ns + s2ns(float(rng.uniform(*LAST_PART_S))))
    parts = [_part(rng, drawn.flight, f"{name}/stage-{i + 1}", at_ns) for i, at_ns in enumerate(left_ns)]
    flown = tuple(part for part in parts if part is not None)
    if len(flown) < len(parts):
        return None
    return Drawn(flight=drawn.flight, boost=boost, parts=flown, manoeuvre_ns=None, ballistic_range_m=drawn.ballistic_range_m)


def _part(rng: np.random.Generator, flight: Flight, name: str, at_ns: int) -> Other | None:
    """Return a spent stage that leaves a flight backwards, give or take, and falls on its own; None if it does not come down."""
    state = flight.state_at(at_ns)
    assert state is not None
    velocity = np.array(state[1])
    away = -velocity / math.sqrt(float(np.sum(velocity * velocity))) + 0.3 * rng.standard_normal(3)
    away *= float(rng.uniform(*PART_SPEED_MPS)) / math.sqrt(float(np.sum(away * away)))
    ln_beta = min(PART_LN_BETA[0] + PART_LN_BETA[1] * float(rng.standard_normal()), flight.ln_beta + math.log(PART_BETA_SHARE))
    rows = fall(np.array([*state[0], *(velocity + away), ln_beta]), (at_ns - flight.launch_ns) / NS_PER_S)
    if not rows:
        return None
    table = np.array(rows)
    path_of = Ephemeris(flight.launch_ns, table[:, 0], table[:, 1:4], table[:, 4:7])
    return Other(name, "part", path_of, at_ns, flight.missile)


_FINISH: Final = {"pull-up": _pull_up, "boost-back": _boost_back, "failed-boost": _failed, "staged-parts": _staged}


# --- along a path -----------------------------------------------------------------------------------------------------


def _comes_below_ns(flight: Flight, alt_m: float) -> int:
    """Return when the flight comes down through an altitude below its apogee; bisection to a microsecond."""
    low_ns, high_ns = flight.apogee_ns, flight.impact_ns
    while high_ns - low_ns > 1_000:
        middle_ns = (low_ns + high_ns) // 2
        state = flight.state_at(middle_ns)
        assert state is not None
        if altitude_and_up(*state[0])[0] > alt_m:
            low_ns = middle_ns
        else:
            high_ns = middle_ns
    return high_ns


def _apogee(rows: Array) -> tuple[float, float]:
    """Return (time s, altitude m) of the highest row [n, 7], by the parabola of its climb: 1 m at rows 5 s apart."""
    heights = np.array([altitude_and_up(*row)[0] for row in rows[:, 1:4].tolist()])
    top = int(np.argmax(heights))
    x, y, z, vx, vy, vz = rows[top, 1:].tolist()
    _, up_x, up_y, up_z = altitude_and_up(x, y, z)
    climb_mps = up_x * vx + up_y * vy + up_z * vz
    fall_mps2 = EARTH_MU_M3PS2 / float(np.sum(rows[top, 1:4] ** 2))
    return float(rows[top, 0]) + climb_mps / fall_mps2, float(heights[top]) + 0.5 * climb_mps * climb_mps / fall_mps2
