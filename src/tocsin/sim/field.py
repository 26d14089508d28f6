"""Sensors drawn at random around drawn flights, and the night that they watch. What sensors report is ``observe``'s.

``standard``: three 1 Hz radars around the flight, as in most of the literature. ``wide``: two to four radars anywhere from
which the flight is seen, of any quality, and sometimes one or two infrared satellites. Performance is notional.
"""

import math
from typing import Final, Literal

import msgspec
import numpy as np

from tocsin.errors import OurFault
from tocsin.kernels.geodesy import ecef2geodetic, geodetic2ecef, ground_destination
from tocsin.messages.basics import Nation
from tocsin.messages.sensor import Sensor
from tocsin.sim.aircraft import fly_aircraft
from tocsin.sim.draw import Drawn
from tocsin.sim.flight import Flight
from tocsin.sim.night import Interval, Night
from tocsin.sim.observe import coverage
from tocsin.sim.others import Other
from tocsin.sim.scenario import Aircraft, Scenario
from tocsin.units import DEG, KM, NS_PER_S, s2ns

Field = Literal["standard", "wide"]

NATION: Final[Nation] = "TST"
LOOK_S: Final = 2.0  # of the grid on which visibility is judged
SEEN_LEAST_S: Final = 60.0  # a radar that sees less of the flight is placed again ...
SEEN_SHARE: Final = 0.3  # ... unless this share of a short flight
FIRST_SIGHT_S: Final = 25.0  # one radar sees the missile within this time of its burnout
PLACES: Final = 300  # tried for one radar
EASED: Final = 100  # after so many the mask is lowered to the horizon and the radar comes nearer
STANDARD_RANGE_M: Final = 1_000.0 * KM  # or REACH_SHARE of a longer flight
REACH_SHARE: Final = 0.75
FALSE_PER_S: Final = 20.0  # per radar: 20 a scan at 1 Hz; faster scans have fewer each
GEOSTATIONARY_M: Final = 35_786.0 * KM
INFRARED_SHARE: Final = 0.4
HIGHEST_LAT_RAD: Final = 60.0 * DEG  # of a launch that geostationary satellites see well


def draw_sensors(rng: np.random.Generator, flights: tuple[Flight, ...], field: Field = "wide") -> tuple[Sensor, ...]:
    """Return sensors that see the flights (the first radar the first flight, and so on in turn)."""
    if field == "standard":
        return tuple(_standard(rng, flights[i % len(flights)], i) for i in range(3))
    radars = [_wide(rng, flights[i % len(flights)], i) for i in range(int(rng.integers(2, 5)))]
    flight = flights[0]
    if float(rng.uniform()) < INFRARED_SHARE and abs(flight.launch_lat_rad) < HIGHEST_LAT_RAD:
        side = float(rng.choice([-1.0, 1.0]))
        radars += [_satellite(rng, flight, i, side if i == 0 else -side) for i in range(int(rng.integers(1, 3)))]
    return tuple(radars)


def night_of(
    drawn: tuple[Drawn, ...],
    *,
    aircraft: tuple[Aircraft, ...] = (),
    others: tuple[Other, ...] = (),
    span_ns: tuple[int, int] | None = None,
    lead_s: float = 20.0,
    tail_s: float = 20.0,
) -> Night:
    """Return the night of drawn flights, with their parts, aircraft and what else flies. ``span_ns``: its start and end."""
    if span_ns is None:
        span_ns = min(d.flight.launch_ns for d in drawn) - s2ns(lead_s), max(d.flight.impact_ns for d in drawn) + s2ns(tail_s)
    scenario = Scenario(
        scenario="drawn",
        title="Drawn at random",
        notice="Notional: every flight and sensor is drawn at random from published priors.",
        world="test",
        coalition="",
        missiles=(),
        aircraft=aircraft,
        statements=(),
        legal=(),
        eez_nation="",
        sources=(),
    )
    return Night(
        scenario=scenario,
        flights=tuple(d.flight for d in drawn),
        aircraft=tuple(fly_aircraft(one, *span_ns) for one in aircraft),
        start_ns=span_ns[0],
        end_ns=span_ns[1],
        watched=(Interval(start_ns=span_ns[0], end_ns=span_ns[1]),),
        quiet=(),
        others=tuple(part for d in drawn for part in d.parts) + others,
    )


def radar_at(sensor: Sensor, lat_rad: float, lon_rad: float, alt_m: float = 0.0) -> Sensor:
    """Return the sensor standing at a place."""
    lat_rad, lon_rad, alt_m = tidy(lat_rad, 4), tidy(math.remainder(lon_rad, 2.0 * math.pi), 4), round(alt_m, 1)
    place = geodetic2ecef(lat_rad, lon_rad, alt_m)
    return msgspec.structs.replace(sensor, lat_rad=lat_rad, lon_rad=lon_rad, alt_m=alt_m, pos_ecef_m=place)


def tidy(angle_rad: float, digits: int) -> float:
    """Return the angle as a person would write it into a sensor file: so many digits of a degree, read back to the same bits."""
    return round(angle_rad / DEG, digits) * DEG


def standard_radar(rng: np.random.Generator, name: str, max_range_m: float = STANDARD_RANGE_M) -> Sensor:
    """Return one 1 Hz radar of the standard field, not yet in its place."""
    sigma_rad = tidy(float(rng.uniform(0.5e-3, 1.0e-3)), 5)
    return Sensor(
        sensor=name,
        nation=NATION,
        kind="radar",
        pos_ecef_m=(0.0, 0.0, 0.0),
        lat_rad=0.0,
        lon_rad=0.0,
        alt_m=0.0,
        sigma_azimuth_rad=sigma_rad,
        sigma_elevation_rad=sigma_rad,
        sigma_range_m=float(rng.uniform(20.0, 50.0)),
        detection_probability=0.9,
        false_alarms_per_scan=5.0,
        scan_period_s=1.0,
        max_range_m=max_range_m,
        min_elevation_rad=1.5 * DEG,
    )


def wide_radar(rng: np.random.Generator, name: str) -> Sensor:
    """Return one radar of any quality, not yet in its place."""
    period_s = 0.1 * 100.0 ** float(rng.uniform())
    doppler = float(rng.uniform()) < 0.3
    cell = float(rng.uniform()) < 0.5
    return msgspec.structs.replace(
        standard_radar(rng, name, float(rng.uniform(600.0, 1_500.0)) * KM),
        sigma_azimuth_rad=tidy(_between(rng, 0.3e-3, 1.5e-3), 5),
        sigma_elevation_rad=tidy(_between(rng, 0.3e-3, 1.5e-3), 5),
        sigma_range_m=_between(rng, 10.0, 60.0),
        sigma_range_rate_mps=_between(rng, 0.5, 10.0) if doppler else None,
        range_doppler_s=float(rng.uniform(-0.2, 0.2)) if doppler and float(rng.uniform()) < 0.5 else 0.0,
        detection_probability=float(rng.uniform(0.6, 0.95)),
        false_alarms_per_scan=min(float(rng.uniform(0.0, 20.0)), FALSE_PER_S * period_s),
        scan_period_s=period_s,
        min_elevation_rad=tidy(float(rng.uniform(0.5, 3.0)) * DEG, 2),
        resolution_range_m=float(rng.uniform(30.0, 200.0)) if cell else 0.0,
        resolution_angle_rad=tidy(float(rng.uniform(8e-3, 30e-3)), 3) if cell else 0.0,
    )


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    """Return a number drawn evenly in its logarithm."""
    return low * math.exp(math.log(high / low) * float(rng.uniform()))


def _standard(rng: np.random.Generator, flight: Flight, index: int) -> Sensor:
    """Return one of the three: ahead of the flight, to its left, to its right, near enough to see its burnout or soon after."""
    reach_m = max(STANDARD_RANGE_M, REACH_SHARE * flight.range_m)
    radar = standard_radar(rng, f"radar-{index + 1}", reach_m)
    sides = ((0.6, 1.1, 0.0), (0.2, 0.7, -1.0), (0.2, 0.7, 1.0))
    low, high, side = sides[index]
    span_m = min(flight.range_m, 800.0 * KM)
    for trial in range(PLACES):
        along_m = float(rng.uniform(low, high)) * span_m
        across_m = (side * float(rng.uniform(150.0, 350.0)) + (1.0 - abs(side)) * float(rng.uniform(-80.0, 80.0))) * KM
        lat_rad, lon_rad = ground_destination(flight.launch_lat_rad, flight.launch_lon_rad, flight.bearing_rad, along_m * _ease(trial))
        lat_rad, lon_rad = ground_destination(lat_rad, lon_rad, flight.bearing_rad + math.pi / 2.0, across_m * _ease(trial))
        placed = radar_at(_eased(radar, trial), lat_rad, lon_rad)
        if _sees(placed, flight, early=index == 0):
            return placed
    raise _nowhere(flight)


def _wide(rng: np.random.Generator, flight: Flight, index: int) -> Sensor:
    """Return a radar anywhere from which the flight is seen; the first sees it soon after burnout."""
    radar = wide_radar(rng, f"radar-{index + 1}")
    sector = float(rng.uniform()) < 0.25
    for trial in range(PLACES):
        at_ns = flight.launch_ns + round(float(rng.uniform()) * (flight.impact_ns - flight.launch_ns))
        state = flight.state_at(min(at_ns, flight.impact_ns - 1))
        assert state is not None
        lat_rad, lon_rad, _ = ecef2geodetic(*state[0])
        away_m = float(rng.uniform(50.0, 700.0)) * KM * _ease(trial)
        lat_rad, lon_rad = ground_destination(lat_rad, lon_rad, float(rng.uniform(0.0, 2.0 * math.pi)), away_m)
        placed = radar_at(_eased(radar, trial), lat_rad, lon_rad, float(rng.uniform(0.0, 1_000.0)))
        if sector:
            start_deg, width_deg = round(float(rng.uniform(0.0, 360.0))), round(float(rng.uniform(90.0, 180.0)))
            placed = msgspec.structs.replace(placed, azimuth_sector_rad=(start_deg * DEG, (start_deg + width_deg) % 360 * DEG))
        if _sees(placed, flight, early=index == 0):
            return placed
    raise _nowhere(flight)


def _ease(trial: int) -> float:
    """Return how much nearer a radar comes that found no place so far."""
    return 1.0 if trial < EASED else EASED / (trial + 1.0)


def _eased(radar: Sensor, trial: int) -> Sensor:
    """Return the radar, with its mask at the horizon after many trials: a low flight is seen from no other."""
    return radar if trial < EASED else msgspec.structs.replace(radar, min_elevation_rad=0.5 * DEG)


def _sees(radar: Sensor, flight: Flight, *, early: bool) -> bool:
    """Return whether a radar sees enough of the flight; early: and the missile soon after its burnout."""
    duration_s = (flight.impact_ns - flight.launch_ns) / NS_PER_S
    times_ns = flight.launch_ns + (np.arange(0.0, duration_s, LOOK_S) * NS_PER_S).astype(np.int64)
    seen = coverage(radar, flight.path, times_ns)
    if LOOK_S * float(np.sum(seen)) < min(SEEN_LEAST_S, SEEN_SHARE * duration_s):
        return False
    after = (times_ns >= flight.burnout_ns) & (times_ns <= flight.burnout_ns + s2ns(FIRST_SIGHT_S))
    return not early or bool(np.any(seen & after))


def _satellite(rng: np.random.Generator, flight: Flight, index: int, side: float) -> Sensor:
    """Return a geostationary infrared satellite to one side of the launch."""
    lon_rad = flight.launch_lon_rad + side * float(rng.uniform(5.0, 45.0)) * DEG
    infrared = Sensor(
        sensor=f"infrared-{index + 1}",
        nation=NATION,
        kind="infrared",
        pos_ecef_m=(0.0, 0.0, 0.0),
        lat_rad=0.0,
        lon_rad=0.0,
        alt_m=0.0,
        sigma_los_rad=tidy(_between(rng, 10e-6, 40e-6), 7),
        detection_probability=float(rng.uniform(0.85, 0.95)),
        false_alarms_per_scan=0.1,
        scan_period_s=float(rng.uniform(2.0, 10.0)),
        max_range_m=5.0e7,
        min_altitude_seen_m=8.0 * KM,
    )
    return radar_at(infrared, 0.0, lon_rad, GEOSTATIONARY_M)


def _nowhere(flight: Flight) -> OurFault:
    return OurFault(
        f"draw_sensors: expected a place that sees {flight.missile} ({flight.kind}, apogee {flight.apogee_m / KM:.0f} km) within {PLACES} "
        "trials, came none; draw another flight"
    )
