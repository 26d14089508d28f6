"""Time without a missile, drawn at random: where, which sensors, what flies by. Nothing in it may become a launch event.

Around the sensors of one nation anywhere on earth (``standard`` and ``wide`` of ``field``), or over the seas that the
reference coalition watches. False alarms are the sensors' own (``observe``). Traffic is invented, and busier than published
averages where it says so.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal

import msgspec
import numpy as np

from tocsin.messages.sensor import Sensor
from tocsin.sim.coalition import place
from tocsin.sim.draw import LAUNCH_NS, Drawn, draw_flight, draw_site
from tocsin.sim.field import night_of, radar_at, standard_radar, wide_radar
from tocsin.sim.night import Night
from tocsin.sim.others import draw_aircraft, draw_meteor, draw_place, draw_satellite
from tocsin.sim.scenario import load_coalition
from tocsin.units import DEG, KM, s2ns

QuietField = Literal["standard", "wide", "coalition"]

PIECE_S: Final = 1_800.0
AIRCRAFT: Final = (5, 40)  # in the air around the sensors at one time, from a quiet sea to a busy coast
SATELLITES: Final = 6  # passes within SATELLITE_M in half an hour
METEORS: Final = 30  # bright enough for a radar, in half an hour over METEOR_M: a shower
RADAR_M: Final = 300.0 * KM
AIRCRAFT_M: Final = 500.0 * KM
SATELLITE_M: Final = 600.0 * KM
METEOR_M: Final = 500.0 * KM
CHANCE: Final = 77  # number of this module's stream beside seed and index
COALITION: Final = "northeast-asia"
SEAS: Final = (37.5 * DEG, 131.5 * DEG)  # middle of the Sea of Japan, which all three nations' sensors cover
SEAS_AIRCRAFT: Final = (20, 80)  # airliners, patrols and bombers between Korea and Japan
SEAS_M: Final = 700.0 * KM
DRILL_SITE: Final = (39.2 * DEG, 125.7 * DEG)  # the public site of the reference night
DRILL_BEARING_RAD: Final = (45.0 * DEG, 100.0 * DEG)
DRILL_S: Final = (20.0, 220.0)  # before and after the drill's lift-off


class Piece(msgspec.Struct, frozen=True):
    """Half an hour to draw."""

    seed: int
    index: int
    field: QuietField


@dataclass(frozen=True, eq=False)
class Quiet:
    """A drawn piece: what flies, who looks (the sensors name their nations), and the seed of the sensors' chance."""

    night: Night
    sensors: tuple[Sensor, ...]
    seed: int


def draw_quiet(piece: Piece, duration_s: float = PIECE_S) -> Quiet:
    """Return a piece; the same for the same arguments."""
    rng = np.random.default_rng([piece.seed, piece.index, CHANCE])
    span_ns = (LAUNCH_NS, LAUNCH_NS + s2ns(duration_s))
    share = duration_s / PIECE_S
    if piece.field == "coalition":
        sensors, centre, count = place(load_coalition(COALITION)), SEAS, int(rng.integers(*SEAS_AIRCRAFT))
        reach = (SEAS_M, SEAS_M, SEAS_M)
    else:
        lat_rad, lon_rad, _ = draw_site(rng)
        centre = (lat_rad, lon_rad)
        make, radars = (standard_radar, 3) if piece.field == "standard" else (wide_radar, int(rng.integers(2, 5)))
        sensors = tuple(radar_at(make(rng, f"radar-{i + 1}"), *draw_place(rng, *centre, RADAR_M)) for i in range(radars))
        reach = (AIRCRAFT_M, SATELLITE_M, METEOR_M)
        count = -1
    aircraft_m, satellite_m, meteor_m = reach
    aircraft = tuple(
        draw_aircraft(rng, f"A{i}", draw_place(rng, *centre, aircraft_m))
        for i in range(count if count >= 0 else int(rng.integers(*AIRCRAFT)))
    )
    others = [draw_satellite(rng, f"S{i}", draw_place(rng, *centre, satellite_m), *span_ns) for i in range(SATELLITES)]
    others += [draw_meteor(rng, f"P{i}", draw_place(rng, *centre, meteor_m), *span_ns) for i in range(math.ceil(METEORS * share))]
    night = night_of((), aircraft=aircraft, others=tuple(others), span_ns=span_ns)
    return Quiet(night, sensors, int(rng.integers(2**31)))


def draw_drill(piece: Piece) -> tuple[Drawn, Quiet]:
    """Return a drill beside a coalition's piece: a drawn missile, for an exercise world alone, and the sensors that it is played to."""
    rng = np.random.default_rng([piece.seed, piece.index, CHANCE, 1])
    drawn = draw_flight("minimum-energy", rng, "drill", *DRILL_SITE, float(rng.uniform(*DRILL_BEARING_RAD)))
    before_s, after_s = DRILL_S
    launch_ns = drawn.flight.launch_ns
    night = night_of((drawn,), span_ns=(launch_ns - s2ns(before_s), launch_ns + s2ns(after_s)))
    return drawn, Quiet(night, place(load_coalition(COALITION)), int(rng.integers(2**31)))
