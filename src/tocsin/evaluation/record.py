"""What a played night leaves behind for evaluation: what each node showed and when, and the truth of the scenario."""

import msgspec

from tocsin.messages.basics import Nation, Vec3, World
from tocsin.messages.event import LaunchEvent
from tocsin.messages.public import Proposal
from tocsin.messages.track import FusedTrack, Track
from tocsin.messages.warning import Posture, Warning


class MissileTruth(msgspec.Struct, frozen=True, kw_only=True):
    """One flight as simulated. Samples are (time_ns, ECEF position) at a steady interval from launch to impact."""

    missile: str
    launch_ns: int
    burnout_ns: int
    impact_ns: int
    launch_rad: tuple[float, float]
    impact_rad: tuple[float, float]
    apogee_m: float
    range_m: float
    samples: tuple[tuple[int, Vec3], ...]


class AircraftTruth(msgspec.Struct, frozen=True, kw_only=True):
    """One aircraft as simulated."""

    aircraft: str
    kind: str
    samples: tuple[tuple[int, Vec3], ...]


class FirstPlot(msgspec.Struct, frozen=True, kw_only=True):
    """When a sensor first detected a missile (simulation's own knowledge, for scoring only)."""

    missile: str
    sensor: str
    nation: Nation
    time_ns: int


class NationRecord(msgspec.Struct, kw_only=True):
    """What one nation's node showed, in order. Mutable while the night is played."""

    nation: Nation
    own_tracks: list[Track] = []
    partner_tracks: list[tuple[int, tuple[Track, ...]]] = []
    fused: list[FusedTrack] = []  # joint picture
    alone_fused: list[FusedTrack] = []
    alone_events: list[LaunchEvent] = []
    joint_events: list[LaunchEvent] = []
    partner_events: list[LaunchEvent] = []
    alone_warnings: list[Warning] = []
    joint_warnings: list[Warning] = []
    partner_warnings: list[tuple[int, Warning]] = []  # (received, warning)
    postures: list[Posture] = []
    proposals: list[Proposal] = []  # drafts for the public, each time their status changed
    notes: dict[str, int] = {}


class NightRecord(msgspec.Struct, kw_only=True):
    """A whole night."""

    event: str
    title: str
    world: World
    configuration: str
    seed: int
    start_ns: int
    end_ns: int
    eez_nation: Nation  # whose EEZ the public asks about
    missiles: tuple[MissileTruth, ...]
    aircraft: tuple[AircraftTruth, ...]
    first_plots: list[FirstPlot]
    nations: dict[Nation, NationRecord]
    sent: int = 0
    acknowledged: int = 0
    refused: int = 0
    plots: int = 0
    latency_s: dict[str, list[float]] = {}  # "plot_to_partner", "warning_to_partner", and stages: "node", "guard", "disk"
