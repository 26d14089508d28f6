"""What is remembered of one track besides its numbers: identity, evidence, status, early plots. Plain values only."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tocsin.messages.track import LaunchEstimate, TrackKind, TrackStatus
from tocsin.tracking.launch import LaunchFit

Array = NDArray[np.float64]

EARLY_PLOTS = 60  # enough for the launch fit: 20 s of three radars
RECENT_HITS = 12  # for "both tracks had their own plot in one scan"


@dataclass(slots=True)
class Record:
    """One live track. Changed only by the Tracker that owns it."""

    row: int
    first_plot_ns: int
    last_plot_ns: int
    evidence: float  # ln odds against false alarms
    number: int = 0  # 0: not yet shown to anyone
    status: TrackStatus = "tentative"
    kind: TrackKind = "unknown"
    plots: int = 0
    radar_plots: int = 0
    infrared_plots: int = 0
    sensors: tuple[str, ...] = ()
    satellites: tuple[str, ...] = ()
    missed: float = 0.0  # ln probability of the misses since the last plot, had it been there
    confirmed_ns: int | None = None
    lost_ns: int | None = None
    quiet_since_ns: int | None = None  # when the boost model became improbable
    boosting_seen: bool = False
    burnout_ns: int | None = None
    early: list[tuple[int, Array]] = field(default_factory=list)  # (time, plot row) while it burns
    launch: LaunchEstimate | None = None
    launch_due_ns: int = 0
    launch_frozen: bool = False
    launch_fit: LaunchFit | None = None
    recent: list[tuple[int, int]] = field(default_factory=list)  # (scan counter, plot index)

    def add_sensor(self, sensor: str, *, infrared: bool) -> None:
        """Note that a sensor contributed."""
        if sensor not in self.sensors:
            self.sensors = tuple(sorted((*self.sensors, sensor)))
        if infrared and sensor not in self.satellites:
            self.satellites = tuple(sorted((*self.satellites, sensor)))
        if infrared:
            self.infrared_plots += 1
        else:
            self.radar_plots += 1

    def located(self) -> bool:
        """True if the plots fix a place: a radar, or two satellites. One satellite alone never confirms."""
        return self.radar_plots > 0 or len(self.satellites) >= 2

    def note_hit(self, scan: int, plot: int) -> None:
        """Remember which plot of which scan this track took."""
        self.recent.append((scan, plot))
        del self.recent[:-RECENT_HITS]

    def resolved_from(self, other: "Record") -> bool:
        """True if one recent scan gave each of the two tracks a plot of its own."""
        mine = dict(self.recent)
        return any(scan in mine and mine[scan] != plot for scan, plot in other.recent)
