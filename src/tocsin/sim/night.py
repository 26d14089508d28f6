"""A night made ready to play: flights fitted, aircraft flown, and which minutes are worth watching."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import msgspec

from tocsin.messages.basics import Vec3
from tocsin.sim.aircraft import fly_aircraft
from tocsin.sim.ephemeris import Ephemeris
from tocsin.sim.flight import Flight, FlightKind, fit_flight
from tocsin.sim.others import Other, OtherKind
from tocsin.sim.scenario import Scenario
from tocsin.units import DEG, NS_PER_S, s2ns

LEAD_NS: Final = 20 * NS_PER_S  # watched before a lift-off: trackers settle on the aircraft, clutter rates are learnt
TAIL_NS: Final = 80 * NS_PER_S  # watched after an impact: predicted time + 3 sigma, presumed down


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """A span of time, end not included."""

    start_ns: int
    end_ns: int


@dataclass(frozen=True, eq=False)
class Night:
    """Truth of a scenario. ``watched``: around the flights; ``quiet``: between them, which a player may skip."""

    scenario: Scenario
    flights: tuple[Flight, ...]  # as scenario.missiles
    aircraft: tuple[Ephemeris, ...]  # as scenario.aircraft
    start_ns: int
    end_ns: int
    watched: tuple[Interval, ...]
    quiet: tuple[Interval, ...]
    others: tuple[Other, ...] = ()  # parts of the missiles, satellites, meteors


class GroundPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A place and a time at WGS-84 height ``alt_m``."""

    time: str
    lat_deg: float
    lon_deg: float
    alt_m: float = 0.0


class TruthState(msgspec.Struct, frozen=True, kw_only=True):
    """One line of truth.jsonl; encodes as it stands."""

    time: str
    missile: str
    kind: FlightKind
    pos_ecef_m: Vec3
    vel_ecef_mps: Vec3


class TruthOther(msgspec.Struct, frozen=True, kw_only=True):
    """One line of truth.jsonl for what is no missile: a separated part with its parent, a satellite, a meteor."""

    time: str
    object: str
    parent: str | None
    kind: OtherKind
    pos_ecef_m: Vec3
    vel_ecef_mps: Vec3


class TruthFlight(msgspec.Struct, frozen=True, kw_only=True):
    """The line of one missile in truth.jsonl; encodes as it stands."""

    missile: str
    kind: FlightKind
    launch: GroundPoint
    burnout: TruthState
    impact: GroundPoint
    apogee_m: float
    range_m: float
    bearing_deg: float
    burn_s: float
    ln_beta: float


def make_night(scenario: Scenario) -> Night:
    """Return the scenario's night; OperatorFault where its facts cannot be flown. Sensors play no part in it."""
    flights = tuple(fit_flight(missile) for missile in scenario.missiles)
    watched: list[Interval] = []
    for flight in flights:
        start_ns, end_ns = flight.launch_ns - LEAD_NS, flight.impact_ns + TAIL_NS
        if watched and start_ns <= watched[-1].end_ns:
            last = watched.pop()
            start_ns, end_ns = last.start_ns, max(last.end_ns, end_ns)
        watched.append(Interval(start_ns=start_ns, end_ns=end_ns))
    start_ns, end_ns = watched[0].start_ns, watched[-1].end_ns
    return Night(
        scenario=scenario,
        flights=flights,
        aircraft=tuple(fly_aircraft(aircraft, start_ns, end_ns) for aircraft in scenario.aircraft),
        start_ns=start_ns,
        end_ns=end_ns,
        watched=tuple(watched),
        quiet=tuple(Interval(start_ns=a.end_ns, end_ns=b.start_ns) for a, b in pairwise(watched)),
    )


def other_rows(night: Night, every_s: float = 1.0) -> Iterator[TruthOther]:
    """Yield the states of parts, satellites and meteors, each from its first moment to its last or the night's end."""
    for other in night.others:
        end_ns = min(night.end_ns, other.path.epoch_ns + s2ns(float(other.path.times_s[-1])))
        for time_ns in range(other.from_ns, end_ns, s2ns(every_s)):
            state = other.path.state_at(time_ns)
            if state is not None:
                yield TruthOther(
                    time=iso_utc(time_ns),
                    object=other.name,
                    parent=other.parent,
                    kind=other.kind,
                    pos_ecef_m=state[0],
                    vel_ecef_mps=state[1],
                )


def truth_rows(night: Night, every_s: float = 1.0) -> Iterator[TruthState | TruthFlight]:
    """Yield truth.jsonl: one line per missile, then its states from lift-off to impact (the last at the impact)."""
    for flight in night.flights:
        yield _summary(flight)
        times_ns = [*range(flight.launch_ns, flight.impact_ns, s2ns(every_s)), flight.impact_ns]
        for time_ns in times_ns:
            yield _state(flight, time_ns)


def iso_utc(time_ns: int) -> str:
    """Return a time as ISO 8601 UTC to the nanosecond, without trailing zeros below the millisecond."""
    seconds, rest = divmod(time_ns, NS_PER_S)
    digits = f"{rest:09d}".rstrip("0").ljust(3, "0")
    days, second = divmod(seconds, 86_400)
    year, month, day = _civil(days)
    return f"{year:04d}-{month:02d}-{day:02d}T{second // 3600:02d}:{second % 3600 // 60:02d}:{second % 60:02d}.{digits}Z"


def _civil(days: int) -> tuple[int, int, int]:
    """Return (year, month, day) of days since 1970-01-01 (H. Hinnant, chrono-compatible date algorithms)."""
    z = days + 719_468
    era, doe = divmod(z, 146_097)
    yoe = (doe - doe // 1_460 + doe // 36_524 - doe // 146_096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    month = mp + 3 if mp < 10 else mp - 9
    return yoe + era * 400 + (month <= 2), month, doy - (153 * mp + 2) // 5 + 1


def _state(flight: Flight, time_ns: int) -> TruthState:
    """Return the line of one time; at the ends of the flight its own end states."""
    state = flight.state_at(time_ns)
    if state is None:  # the impact, rounded to a nanosecond outside the table
        state = flight.state_at(time_ns - 1)
    assert state is not None
    return TruthState(time=iso_utc(time_ns), missile=flight.missile, kind=flight.kind, pos_ecef_m=state[0], vel_ecef_mps=state[1])


def _summary(flight: Flight) -> TruthFlight:
    """Return the line of one missile."""
    return TruthFlight(
        missile=flight.missile,
        kind=flight.kind,
        launch=GroundPoint(time=iso_utc(flight.launch_ns), lat_deg=flight.launch_lat_rad / DEG, lon_deg=flight.launch_lon_rad / DEG),
        burnout=_state(flight, flight.burnout_ns),
        impact=GroundPoint(time=iso_utc(flight.impact_ns), lat_deg=flight.impact_lat_rad / DEG, lon_deg=flight.impact_lon_rad / DEG),
        apogee_m=flight.apogee_m,
        range_m=flight.range_m,
        bearing_deg=flight.bearing_rad / DEG,
        burn_s=(flight.burnout_ns - flight.launch_ns) / NS_PER_S,
        ln_beta=flight.ln_beta,
    )
