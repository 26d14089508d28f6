"""What is remembered of one track besides its numbers: identity, evidence, status, early plots and when to fit the launch again."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tocsin.messages.track import LaunchEstimate, TrackKind, TrackStatus
from tocsin.tracking.launch import LaunchFit
from tocsin.tracking.parts import Body, Moving
from tocsin.units import s2ns

Array = NDArray[np.float64]

EARLY_PLOTS = 160  # kept for the launch fit: when it is full, every second one of the older half goes
EARLY_AFTER_S = 30.0  # plots so long after burnout still say how it burned
LAUNCH_EVERY_S = 1.0  # while it burns and no fit has worked
LAUNCH_AGAIN_S = 4.0  # ... and once one has: 100 missiles must not wait for each other
LAUNCH_AFTER_S = (5.0, 30.0)  # after burnout: as the end of the burn becomes clear; later plots say nothing more
PAST_STATES = 90
UNSEEN_S = 8.0  # a push of 30 m/s2 that nobody sees moves a missile by a kilometre in this time
LONGEST_BURN_S = 60.0  # ... what is left of a burn of 40-120 s when radars see it
LINK_EVERY_S = 3.0  # in which its state has become sharper
YOUNG_S = 40.0  # a part's track is sharp enough to be told from a neighbour within this time
RECENT_HITS = 12  # for "both tracks had their own plot in one scan"


@dataclass(slots=True)
class Record:
    """One live track. Changed only by the Tracker that owns it."""

    key: int  # unique among all tracks of one tracker
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
    looked_ns: dict[str, int] = field(default_factory=dict)  # sensor -> when it last saw the track or looked for it
    missed: float = 0.0  # ln probability of the misses since the last plot, had it been there
    proof: float = 0.0  # ln odds that the object is there at all, 0 at best: falls with misses, and with plots that fit a neighbour as well
    confirmed_ns: int | None = None
    lost_ns: int | None = None
    burnt_out_ns: int | None = None  # since when the boost model is improbable
    can_boost: bool = True
    air_forbidden: bool = False
    coasting_ns: int | None = None  # since when the coast model is almost certain
    coasting_plots: int = 0
    registers: bool = False  # its plots went to registration, and no force was seen since
    boosting_seen: bool = False
    burnout_ns: int | None = None
    early: list[tuple[int, Array]] = field(default_factory=list)  # (time, plot row) until soon after burnout
    launch: LaunchEstimate | None = None
    launch_fitted_ns: int | None = None
    launch_fit: LaunchFit | None = None
    past: list[Moving] = field(default_factory=list)  # about one state a second, oldest first
    linked_ns: int | None = None  # when it was last asked whether it left another track
    parent: int | None = None  # number of the missile that it left
    left_ns: int = 0  # ... and when
    parent_seen_ns: int = 0  # ... and when that had its last plot
    origin_known: bool = False  # told from a part, or named as one; not shown as a ballistic track before
    asked_ns: tuple[int, int] | None = None  # since when it has waited to be told from a part, and when that was last tried
    bias_cov: Array | None = None  # [7, 7]: what the common biases of its sensors leave unsure; beyond the filter's covariance
    recent: list[tuple[int, int]] = field(default_factory=list)  # (scan counter, plot index) of the plots of its own
    hit: tuple[int, int] = (0, 0)  # the last plot, shared or not

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

    def credit(self, gain: float, time_ns: int, sensor: str, *, infrared: bool) -> None:
        """Book one plot: its gain in ln odds against false alarms, its time, its sensor."""
        self.evidence += gain
        self.missed = 0.0
        self.looked_ns[sensor] = time_ns
        self.plots += 1
        self.first_plot_ns = min(self.first_plot_ns, time_ns)
        self.last_plot_ns = max(self.last_plot_ns, time_ns)
        self.add_sensor(sensor, infrared=infrared)

    def keep_early(self, time_ns: int, plot: Array) -> None:
        """Keep a plot for the launch fit while it may say something about the burn."""
        ended_ns = self.burnout_ns if self.burnout_ns is not None else self.first_plot_ns if not self.boosting_seen else None
        if ended_ns is not None and time_ns - ended_ns > s2ns(EARLY_AFTER_S):
            return
        self.early.append((time_ns, plot.copy()))
        if len(self.early) > EARLY_PLOTS:
            half = EARLY_PLOTS // 2
            self.early = self.early[:half:2] + self.early[half:]

    def launch_due(self, now_ns: int) -> bool:
        """True when the launch should be fitted (again): while it burns, and at set times after burnout."""
        if self.kind != "ballistic" or self.parent is not None or self.last_plot_ns == self.first_plot_ns:
            return False
        fitted_ns = self.launch_fitted_ns
        ended_ns = self.burnout_ns if self.boosting_seen else self.first_plot_ns
        if ended_ns is None:
            again_s = LAUNCH_EVERY_S if self.launch_fit is None else LAUNCH_AGAIN_S
            return fitted_ns is None or now_ns - fitted_ns >= s2ns(again_s)
        times_ns = [ended_ns + s2ns(after) for after in LAUNCH_AFTER_S if self.boosting_seen or after > LAUNCH_AFTER_S[0]]
        return any(now_ns >= time_ns and (fitted_ns is None or fitted_ns < time_ns) for time_ns in times_ns)

    def launch_fitted(self, now_ns: int) -> None:
        """Note that the launch was fitted at now."""
        self.launch_fitted_ns = now_ns

    def keep_past(self, state: Moving) -> None:
        """Remember a state of now."""
        if not self.past or state.time_ns > self.past[-1].time_ns:
            self.past.append(state)
            del self.past[:-PAST_STATES]

    def can_be_quiet(self, now_ns: int) -> bool:
        """True if a track has been unseen for so long that no force is carried on: but a burn is, until it must have ended."""
        burning = self.boosting_seen and self.burnout_ns is None
        return now_ns - self.last_plot_ns > s2ns(LONGEST_BURN_S if burning else UNSEEN_S)

    def may_be_part(self, now_ns: int) -> bool:
        """True while it is asked whether this track left another one, or another one left it: young."""
        young = now_ns - self.first_plot_ns <= s2ns(YOUNG_S) and self.parent is None
        return young and (self.linked_ns is None or now_ns - self.linked_ns >= s2ns(LINK_EVERY_S))

    def body(self, now: Moving) -> Body:
        """Return this track as one that may have left another, or that another may have left; now: its latest state."""
        states = tuple(state for state in self.past if state.time_ns < now.time_ns)
        family = self.number if self.parent is None else self.parent
        return Body(number=self.number, family=family, states=(*states, now), first_plot_ns=self.first_plot_ns)

    def take_place_of(self, other: "Record") -> None:
        """Exchange what names a missile with another track that turned out to be its part: number, parent, launch, when first seen.

        What was seen of the launch and of the burn goes along only if the two were still one when it was seen; the launch is then
        fitted again.
        """
        self.number, other.number = other.number, self.number
        self.confirmed_ns, other.confirmed_ns = other.confirmed_ns, self.confirmed_ns
        self.parent, other.parent, other.left_ns = other.parent, self.parent, self.left_ns
        if other.first_plot_ns < self.left_ns:
            self.early = [plot for plot in other.early if plot[0] < self.first_plot_ns] + self.early
            self.launch, self.launch_fit, self.launch_fitted_ns = other.launch, other.launch_fit, None
            self.first_plot_ns, other.first_plot_ns = other.first_plot_ns, self.first_plot_ns
            if not self.boosting_seen:
                self.boosting_seen, self.burnout_ns = other.boosting_seen, other.burnout_ns
        other.launch, other.launch_fit, other.early = None, None, []

    def located(self) -> bool:
        """True if the plots fix a place: a radar, or two satellites. One satellite alone never confirms."""
        return self.radar_plots > 0 or len(self.satellites) >= 2

    def note_hit(self, scan: int, plot: int, *, own: bool) -> None:
        """Remember which plot of which scan this track took, and whether it was its own."""
        self.hit = scan, plot
        if own:
            self.recent.append((scan, plot))
            del self.recent[:-RECENT_HITS]

    def prove(self, gain: float, *, sole: bool = False) -> None:
        """Book what a look says about whether the object is there at all; sole: by a plot that no other track can have caused.

        Such a plot ends the doubt that misses had raised: a missile that was out of sight is found again, not begun anew.
        """
        self.proof = min(gain if sole else self.proof + gain, 0.0)

    def resolved_from(self, other: "Record") -> bool:
        """True if one recent scan gave each of the two tracks a plot of its own."""
        mine = dict(self.recent)
        return any(scan in mine and mine[scan] != plot for scan, plot in other.recent)
