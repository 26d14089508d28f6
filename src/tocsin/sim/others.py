"""What else is seen in the sky: separated parts, satellites in orbit, meteors. Drawn at random or flown from a state.

Simplifications: a satellite feels gravity with J2 and no air; a meteor flies straight at constant speed, is seen by radar
as long as it glows and not in the infrared; nothing tumbles.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from tocsin.kernels.geodesy import enu_axes, geodetic2ecef, ground_destination
from tocsin.kernels.trajectory import coast_propagate
from tocsin.sim.ephemeris import Ephemeris
from tocsin.sim.scenario import Aircraft, Leg
from tocsin.units import DEG, EARTH_MU_M3PS2, EARTH_RATE_RADPS, KM, NS_PER_S, s2ns

LN_BETA_VACUUM: Final = 40.0  # e40 kg/m2: no drag at all
ORBIT_STEP_S: Final = 5.0  # rows of an orbit: the cubic between them is exact to 1 mm
ORBIT_ALT_M: Final = (350.0 * KM, 1_500.0 * KM)  # where most low satellites are; above it few radars reach
ORBIT_EXCESS: Final = 0.02  # of the circular speed, at most, at the lowest point
METEOR_SPEED_MPS: Final = (11_200.0, 40_000.0)  # escape speed; the faster ones are rare
METEOR_TOP_M: Final = (80.0 * KM, 120.0 * KM)  # where they begin to be seen
METEOR_END_M: Final = 50.0 * KM  # few glow below
METEOR_S: Final = (1.0, 5.0)
METEOR_DIVE_RAD: Final = (10.0 * DEG, 75.0 * DEG)  # below level
AIRLINER_MPS: Final = (200.0, 260.0)
FIGHTER_MPS: Final = (220.0, 420.0)
BOMBER_MPS: Final = (180.0, 280.0)

OtherKind = Literal["part", "satellite", "meteor"]


@dataclass(frozen=True, eq=False)
class Other:
    """One such object. ``parent``: the missile that a part came from; ``from_ns``: when it separated, rose or lit up."""

    name: str
    kind: OtherKind
    path: Ephemeris
    from_ns: int
    parent: str | None = None


def draw_place(rng: np.random.Generator, lat_rad: float, lon_rad: float, radius_m: float) -> tuple[float, float]:
    """Return a point drawn evenly from the disc of a radius around a point (latitude, longitude)."""
    return ground_destination(lat_rad, lon_rad, float(rng.uniform(0.0, 2.0 * math.pi)), radius_m * math.sqrt(float(rng.uniform())))


def draw_satellite(rng: np.random.Generator, name: str, over: tuple[float, float], start_ns: int, end_ns: int) -> Other:
    """Return a satellite that passes over a point at some time in between, seen from start to end."""
    lat_rad, lon_rad = over
    alt_m = float(rng.uniform(*ORBIT_ALT_M))
    course_rad = float(rng.uniform(0.0, 2.0 * math.pi))
    axes = np.empty((3, 3))
    enu_axes(lat_rad, lon_rad, axes)
    state = np.empty(7)
    state[:3] = geodetic2ecef(lat_rad, lon_rad, alt_m)
    speed_mps = math.sqrt(EARTH_MU_M3PS2 / math.sqrt(float(np.sum(state[:3] ** 2)))) * (1.0 + ORBIT_EXCESS * float(rng.uniform()))
    inertial = speed_mps * (math.sin(course_rad) * axes[0] + math.cos(course_rad) * axes[1])
    state[3:6] = inertial - EARTH_RATE_RADPS * np.array([-state[1], state[0], 0.0])
    state[6] = LN_BETA_VACUUM
    duration_s = (end_ns - start_ns) / NS_PER_S
    times_s = np.linspace(0.0, duration_s, max(2, math.ceil(duration_s / ORBIT_STEP_S) + 1))
    rows = np.empty((len(times_s), 7))
    passage_s = float(rng.uniform(0.0, duration_s))
    coast_propagate(state, -passage_s, ORBIT_STEP_S, rows[0])
    for i in range(1, len(times_s)):
        coast_propagate(rows[i - 1], float(times_s[i] - times_s[i - 1]), ORBIT_STEP_S, rows[i])
    return Other(name, "satellite", Ephemeris(start_ns, times_s, rows[:, :3], rows[:, 3:6]), start_ns)


def draw_meteor(rng: np.random.Generator, name: str, over: tuple[float, float], start_ns: int, end_ns: int) -> Other:
    """Return a meteor above a point at some time in between."""
    lat_rad, lon_rad = over
    top_m, dive_rad = float(rng.uniform(*METEOR_TOP_M)), float(rng.uniform(*METEOR_DIVE_RAD))
    slow, fast = METEOR_SPEED_MPS
    speed_mps = slow * (fast / slow) ** float(rng.uniform())
    course_rad = float(rng.uniform(0.0, 2.0 * math.pi))
    axes = np.empty((3, 3))
    enu_axes(lat_rad, lon_rad, axes)
    level = math.sin(course_rad) * axes[0] + math.cos(course_rad) * axes[1]
    velocity = speed_mps * (math.cos(dive_rad) * level - math.sin(dive_rad) * axes[2])
    seen_s = min(float(rng.uniform(*METEOR_S)), (top_m - METEOR_END_M) / (speed_mps * math.sin(dive_rad)))
    start = np.array(geodetic2ecef(lat_rad, lon_rad, top_m))
    begin_ns = start_ns + s2ns(float(rng.uniform(0.0, (end_ns - start_ns) / NS_PER_S)))
    times_s = np.array([0.0, seen_s])
    return Other(name, "meteor", Ephemeris(begin_ns, times_s, start + times_s[:, None] * velocity, np.tile(velocity, (2, 1))), begin_ns)


def draw_aircraft(rng: np.random.Generator, name: str, over: tuple[float, float]) -> Aircraft:
    """Return an airliner, a fighter that turns, or a bomber that flies legs, starting above a point."""
    kind: Literal["bomber", "fighter", "airliner"] = "airliner"
    share = float(rng.uniform())
    speed, alt_m, legs = AIRLINER_MPS, float(rng.uniform(8.0 * KM, 12.5 * KM)), []
    if share > 0.8:
        kind, speed, alt_m = "fighter", FIGHTER_MPS, float(rng.uniform(1.0 * KM, 15.0 * KM))
        for _ in range(4):
            turn_rad = float(rng.choice([-1.0, 1.0])) * float(rng.uniform(30.0 * DEG, 270.0 * DEG))
            legs += [Leg(length_m=float(rng.uniform(5.0, 40.0)) * KM), Leg(turn_rad=turn_rad, load_factor=float(rng.uniform(1.5, 5.0)))]
    elif share > 0.65:
        kind, speed, alt_m = "bomber", BOMBER_MPS, float(rng.uniform(3.0 * KM, 12.0 * KM))
        legs = [Leg(length_m=float(rng.uniform(50.0, 200.0)) * KM), Leg(turn_rad=180.0 * DEG, load_factor=1.3)]
    return Aircraft(
        aircraft=name,
        kind=kind,
        lat_rad=over[0],
        lon_rad=over[1],
        alt_m=alt_m,
        heading_rad=float(rng.uniform(0.0, 2.0 * math.pi)),
        speed_mps=float(rng.uniform(*speed)),
        legs=tuple(legs),
        repeat=bool(legs),
    )
