"""Coalition: which nations, sensors and links exist. Read from a data file; the code knows no nation by name."""

from typing import Literal

import msgspec

from tocsin.messages.basics import Nation
from tocsin.messages.sensor import Sensor


class NationSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One member: its code, its names in plain English, and how it speaks to the press."""

    nation: Nation
    name: str  # "Republic of Korea"
    ministry: str  # who speaks: "Joint Chiefs of Staff"
    clock: str = "UTC"  # name of the civil time of its statements
    clock_ahead_s: float = 0.0  # of UTC; civil time without summer time
    speaks_after_s: float = 0.0  # since the last new launch: 0 speaks at first evidence, a salvo's time waits for the whole salvo


class SensorMove(msgspec.Struct, frozen=True, kw_only=True):
    """A named configuration places one movable sensor elsewhere."""

    sensor: str
    lat_rad: float
    lon_rad: float


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """A variation of sensor places: "base" is the file as it stands."""

    name: str
    moves: tuple[SensorMove, ...]


class Coalition(msgspec.Struct, frozen=True, kw_only=True):
    """All members. ``topology`` "hub": every pair without the hub exchanges through ``hub``; "mesh": all pairs are linked."""

    coalition: str  # file stem, "northeast-asia"
    title: str
    notice: str
    topology: Literal["hub", "mesh"]
    hub: Nation | None
    nations: tuple[NationSpec, ...]  # first nation: whose joint picture is written to files
    sensors: tuple[Sensor, ...]
    configurations: tuple[Configuration, ...]
