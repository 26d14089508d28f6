"""True flights as scoring needs them: state at any time, phase, manoeuvre, what kind of thing it is. No tracks live here.

Simplifications: between given states the position is a cubic Hermite curve; what is not said (burnout, manoeuvres) is found
from the states themselves, as force that neither gravity nor drag along the path explains.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from tocsin.assessment.energy import class_probabilities
from tocsin.kernels.geodesy import altitude_and_up, altitude_m, ecef2geodetic, ground_distance_m
from tocsin.kernels.gravity import gravity_rotating
from tocsin.messages.basics import Vec3
from tocsin.units import KM, NS_PER_S, seconds_between

Array = NDArray[np.float64]
Times = NDArray[np.int64]
Group = Literal["missile", "aircraft", "orbital", "meteor", "part"]
Phase = Literal["boost", "coast", "re-entry", "manoeuvre"]

PHASES: Final[tuple[Phase, ...]] = ("boost", "coast", "re-entry", "manoeuvre")
GROUPS: Final[dict[str, Group]] = {
    "aircraft": "aircraft",
    "air-breathing": "aircraft",
    "airliner": "aircraft",
    "bomber": "aircraft",
    "fighter": "aircraft",
    "helicopter": "aircraft",
    "drone": "aircraft",
    "satellite": "orbital",
    "orbital": "orbital",
    "meteor": "meteor",
    "part": "part",
    "separated-part": "part",
    "stage": "part",
    "booster": "part",
    "debris": "part",
}
"""Kinds of truth that are no missiles; any other kind is one. A line with a parent is a part."""

REENTRY_M: Final = 60.0 * KM  # below it, descending, drag is felt; as the published scorer of the peer has it
GAP_NS: Final = 30 * NS_PER_S  # longest gap bridged: a cubic over 30 s of fall is off by some metres
DERIVE_STEP_NS: Final = 900_000_000  # states nearer than that are passed over: a second's mean force is enough
DERIVE_GAP_NS: Final = 3 * NS_PER_S  # a mean force over more tells nothing
THRUST_MPS2: Final = 2.0  # force along the velocity that only an engine makes
LIFT_MPS2: Final = 1.0  # force across the velocity that only lift or an engine makes ...
LIFT_SHARE: Final = 0.2  # ... unless it is a rest of strong drag turning with the path; lift-to-drag of a glider is above 0.5
AIRLESS_M: Final = 80.0 * KM  # above it drag on a missile is below 0.1 m/s2, so any force is thrust
SALVO_NS: Final = 900 * NS_PER_S  # as the documented salvo: one site, within 15 minutes, chained
SITE_M: Final = 30.0 * KM


@dataclass(frozen=True, kw_only=True)
class TruePoint:
    """Where and when, true: at a height above WGS-84, usually 0."""

    lat_rad: float
    lon_rad: float
    alt_m: float
    time_ns: int | None


@dataclass(frozen=True, eq=False, kw_only=True)
class TrueFlight:
    """One true object. ``times_ns``[N] ascending, ``pos_ecef_m``[N, 3], ``vel_ecef_mps``[N, 3]; N may be 0.

    ``manoeuvre_ns``: first and last time of a force after burnout that is neither gravity nor drag; None without one.
    """

    name: str
    kind: str
    group: Group
    times_ns: Times
    pos_ecef_m: Array
    vel_ecef_mps: Array
    launch: TruePoint | None = None
    burnout_ns: int | None = None
    impact: TruePoint | None = None
    manoeuvre_ns: tuple[int, int] | None = None
    reentry_ns: int | None = None  # last time of coming down through ``REENTRY_M``
    missile_class: str | None = None

    @property
    def first_ns(self) -> int | None:
        """Lift-off, or the first state."""
        if self.launch is not None and self.launch.time_ns is not None:
            return self.launch.time_ns
        return int(self.times_ns[0]) if self.times_ns.size else None

    def state_at(self, time_ns: int) -> tuple[Vec3, Vec3] | None:
        """Return (position, velocity) by cubic Hermite interpolation; None outside the states or in a long gap."""
        times = self.times_ns
        after = int(times.searchsorted(time_ns))
        if after == times.size:
            return None
        if int(times[after]) == time_ns:
            return _vec(self.pos_ecef_m[after]), _vec(self.vel_ecef_mps[after])
        if after == 0 or int(times[after] - times[after - 1]) > GAP_NS:
            return None
        before = after - 1
        return hermite(
            self.pos_ecef_m[before].tolist(),
            self.vel_ecef_mps[before].tolist(),
            self.pos_ecef_m[after].tolist(),
            self.vel_ecef_mps[after].tolist(),
            seconds_between(int(times[after]), int(times[before])),
            seconds_between(time_ns, int(times[before])),
        )

    def phase_at(self, time_ns: int, pos_ecef_m: Vec3, vel_ecef_mps: Vec3) -> Phase:
        """Return the phase of flight at a time with its state."""
        if self.burnout_ns is not None and time_ns < self.burnout_ns:
            return "boost"
        if self.manoeuvre_ns is not None and self.manoeuvre_ns[0] <= time_ns <= self.manoeuvre_ns[1]:
            return "manoeuvre"
        height_m, up_x, up_y, up_z = altitude_and_up(*pos_ecef_m)
        climb = up_x * vel_ecef_mps[0] + up_y * vel_ecef_mps[1] + up_z * vel_ecef_mps[2]
        return "re-entry" if height_m < REENTRY_M and climb < 0.0 else "coast"


def hermite(
    p0: Sequence[float], v0: Sequence[float], p1: Sequence[float], v1: Sequence[float], step_s: float, at_s: float
) -> tuple[Vec3, Vec3]:
    """Return position and velocity at_s into a step of step_s between two states [3]: the cubic through both with their velocities."""
    u = at_s / step_s
    u2 = u * u
    u3 = u2 * u
    a, b, c, d = 2 * u3 - 3 * u2 + 1, (u3 - 2 * u2 + u) * step_s, 3 * u2 - 2 * u3, (u3 - u2) * step_s
    e, f, g = (6 * u2 - 6 * u) / step_s, 3 * u2 - 4 * u + 1, 3 * u2 - 2 * u
    return (
        (
            a * p0[0] + b * v0[0] + c * p1[0] + d * v1[0],
            a * p0[1] + b * v0[1] + c * p1[1] + d * v1[1],
            a * p0[2] + b * v0[2] + c * p1[2] + d * v1[2],
        ),
        (
            e * (p0[0] - p1[0]) + f * v0[0] + g * v1[0],
            e * (p0[1] - p1[1]) + f * v0[1] + g * v1[1],
            e * (p0[2] - p1[2]) + f * v0[2] + g * v1[2],
        ),
    )


def group_of(kind: str, parent: str | None) -> Group:
    """Return what sort of object a kind of truth is; "aircraft:bomber" and "bomber" are the same."""
    if parent is not None:
        return "part"
    found = GROUPS.get(kind.lower())
    return found or GROUPS.get(kind.lower().split(":")[0], "missile")


def complete(flight: TrueFlight) -> TrueFlight:
    """Return the flight with what its states tell and its file did not: launch, impact, burnout, manoeuvre, class."""
    if flight.group != "missile" or flight.times_ns.size == 0:
        return flight
    launch, impact = flight.launch or _ground_end(flight, 0), flight.impact or _ground_end(flight, -1)
    forces = _forces(flight)
    burnout_ns = flight.burnout_ns if flight.burnout_ns is not None else _burnout_ns(forces)
    missile_class = flight.missile_class
    if missile_class is None and burnout_ns is not None and (state := flight.state_at(burnout_ns)) is not None:
        missile_class = max(class_probabilities(*state, 0.0), key=lambda pair: pair[1])[0]
    return replace(
        flight,
        launch=launch,
        impact=impact,
        burnout_ns=burnout_ns,
        manoeuvre_ns=_manoeuvre_ns(forces, burnout_ns),
        reentry_ns=_reentry_ns(flight),
        missile_class=missile_class,
    )


def salvos(flights: tuple[TrueFlight, ...]) -> list[tuple[int, ...]]:
    """Return the indices of the missiles of each salvo: one site, launches within 15 minutes of each other, chained."""
    order = sorted(
        (flight.launch.time_ns, index)
        for index, flight in enumerate(flights)
        if flight.group == "missile" and flight.launch is not None and flight.launch.time_ns is not None
    )
    found: list[list[tuple[int, int]]] = []
    for time_ns, index in order:
        mine = flights[index].launch
        assert mine is not None
        joined = [group for group in found if any(time_ns - t <= SALVO_NS and _same_site(mine, flights[i].launch) for t, i in group)]
        merged = [member for group in joined for member in group] + [(time_ns, index)]
        found = [group for group in found if group not in joined] + [sorted(merged)]
    return [tuple(index for _, index in group) for group in sorted(found)]


def _same_site(one: TruePoint, other: TruePoint | None) -> bool:
    return other is not None and ground_distance_m(one.lat_rad, one.lon_rad, other.lat_rad, other.lon_rad) <= SITE_M


def _ground_end(flight: TrueFlight, index: int) -> TruePoint | None:
    """Return the first (0) or last (-1) state as a point on the ground if it is there, within what a second of flight covers."""
    x, y, z = _vec(flight.pos_ecef_m[index])
    height_m = altitude_m(x, y, z)
    reach_m = 1.0 * KM + (2.0 * KM if index else 0.0)  # states a second apart end at most one second's fall above the ground
    if height_m > reach_m:
        return None
    lat_rad, lon_rad, alt_m = ecef2geodetic(x, y, z)
    return TruePoint(lat_rad=lat_rad, lon_rad=lon_rad, alt_m=alt_m, time_ns=int(flight.times_ns[index]))


@dataclass(frozen=True)
class _Force:
    """Mean specific force between two states, m/s2: along the velocity and across it."""

    start_ns: int
    end_ns: int
    along_mps2: float
    across_mps2: float
    alt_m: float


def _forces(flight: TrueFlight) -> list[_Force]:
    """Return the force over each second or so of the flight: change of velocity less gravity and apparent forces."""
    found: list[_Force] = []
    last = 0
    times, pos, vel = flight.times_ns, flight.pos_ecef_m, flight.vel_ecef_mps
    for index in range(1, times.size):
        step_ns = int(times[index] - times[last])
        if step_ns < DERIVE_STEP_NS:
            continue
        if step_ns <= DERIVE_GAP_NS:
            step_s = step_ns / NS_PER_S
            x, y, z = _vec(0.5 * (pos[index] + pos[last]))
            v = 0.5 * (vel[index] + vel[last])
            vx, vy, vz = _vec(v)
            force = (vel[index] - vel[last]) / step_s - np.array(gravity_rotating(x, y, z, vx, vy, vz))
            speed = sqrt(vx * vx + vy * vy + vz * vz)
            along = float((force * v).sum()) / speed if speed > 0.0 else 0.0
            across = sqrt(max(0.0, float((force * force).sum()) - along * along))
            found.append(_Force(int(times[last]), int(times[index]), along, across, altitude_m(x, y, z)))
        last = index
    return found


def _burnout_ns(forces: list[_Force]) -> int | None:
    """Return when the last forward thrust ended; None if none is seen."""
    ends = [force.end_ns for force in forces if force.along_mps2 > THRUST_MPS2]
    return ends[-1] if ends else None


def _manoeuvre_ns(forces: list[_Force], burnout_ns: int | None) -> tuple[int, int] | None:
    """Return the first and last time after burnout of thrust, or of lift."""
    after = [force for force in forces if burnout_ns is not None and force.start_ns > burnout_ns]
    acts = [
        force
        for force in after
        if force.along_mps2 > THRUST_MPS2
        or force.across_mps2 > max(LIFT_MPS2, LIFT_SHARE * abs(force.along_mps2))
        or (force.alt_m > AIRLESS_M and abs(force.along_mps2) > THRUST_MPS2)
    ]
    return (acts[0].start_ns, acts[-1].end_ns) if acts else None


def _reentry_ns(flight: TrueFlight) -> int | None:
    """Return the first given time below the re-entry altitude after the last one above it; None if it ends above or stays below."""
    for index in range(flight.times_ns.size - 1, -1, -1):
        if altitude_m(*_vec(flight.pos_ecef_m[index])) >= REENTRY_M:
            return int(flight.times_ns[index + 1]) if index + 1 < flight.times_ns.size else None
    return None


def _vec(row: Array) -> Vec3:
    return float(row[0]), float(row[1]), float(row[2])
