"""Track a file of plots offline: plots in, track states and launch events out, in time order, with nothing of any coalition.

Each nation of the sensor file has its tracker (a file without nations has one), and one picture makes events of all their
tracks. A step uses only plots up to its own time: what comes out up to a time T is the same bytes whether or not plots
after T follow. No file is opened here.

A scan is what one sensor delivered with one time. Of a rotating sensor that stamps each plot of a turn with its own time
every plot is a scan; what it did not see is judged once a turn.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heappop, heappush
from itertools import groupby
from time import perf_counter
from typing import Final

import msgspec
import numpy as np

from tocsin.errors import OperatorFault
from tocsin.fusion.states import carry, estimate_of, upper_triangle
from tocsin.geography import Zones, load_zones
from tocsin.kernels.geodesy import altitude_m
from tocsin.messages.basics import Nation, Note
from tocsin.messages.event import LaunchEvent
from tocsin.messages.health import SensorHealth
from tocsin.messages.plot import Plot, Scan
from tocsin.messages.release import Policy
from tocsin.messages.sensor import Sensor
from tocsin.messages.track import Track
from tocsin.node.config import NodeConfig
from tocsin.node.pipeline import Picture, PictureStep
from tocsin.tracking.launch import BeginFits, Fits, LaunchTask, fit_tasks
from tocsin.tracking.tracker import Tracker
from tocsin.units import NS_PER_S, s2ns

WINDOW_PLOTS: Final = 200_000  # held for sorting, about 100 MB: an hour of a busy night, so that usual files are sorted whole
RUN_ON_NS: Final = 3_600 * NS_PER_S  # the clock runs on without plots while something flies; an ICBM takes 35 minutes
UNSEEN_NS: Final = 60 * NS_PER_S  # an aircraft out of sight is shown no longer than that, as in the tracker
LOST_PERIODS: Final = 3.0  # scan periods of its slowest sensor without a plot, and
LOST_LEAST_S: Final = 2.0  # ... at least this long: whoever sees it sees it oftener, so its line says "lost" and where it should be
LOWEST_M: Final = -20_000.0  # a state carried deeper has no place to be
HIGHEST_M: Final = 1e8  # beyond the geostationary belt nothing is tracked
ENDED: Final = ("closed", "cancelled")  # states of an event that nothing follows


class OfflineStep(msgspec.Struct, frozen=True, kw_only=True):
    """What one scan, or one second of the clock, brought. ``seconds``: time a scan took on this machine, None for the clock.

    ``health``: of every radar, in the last step only, which brings nothing else.
    """

    time_ns: int
    tracks: tuple[Track, ...]
    events: tuple[LaunchEvent, ...]
    notes: tuple[Note, ...]  # plots that could not be used, and why
    seconds: float | None
    health: tuple[SensorHealth, ...] = ()


def track_plots(
    plots: Iterable[Plot],
    sensors: tuple[Sensor, ...],
    *,
    every_s: float = 1.0,
    until_ns: int | None = None,
    zones: Zones | None = None,
    window_plots: int = WINDOW_PLOTS,
    begin_fits: BeginFits | None = None,
) -> Iterator[OfflineStep]:
    """Track plots of any order and yield the steps in time order.

    Each update gives the track at its plot's time, and every live track is predicted to each whole multiple of ``every_s``
    (UTC). After the last plot the clock runs on, at most to ``until_ns``, until nothing flies any more. Plots that come
    more than ``window_plots`` too late in the input are refused with a note if they are older than the tracker takes.
    Raises ``OperatorFault`` without sensors.
    """
    if not sensors:
        raise OperatorFault("track_plots: expected at least one sensor, came none; give the sensors that the plots are from", exit_code=2)
    run = _Run(sensors, s2ns(every_s), zones if zones is not None else load_zones(), begin_fits or _fits_here)
    for (sensor, time_ns), group in groupby(in_order(plots, window_plots), key=lambda plot: (plot.sensor, plot.time_ns)):
        yield from run.clock(time_ns - 1)
        yield run.scan(Scan(sensor=sensor, time_ns=time_ns, plots=tuple(group)))
    yield from run.clock(until_ns)
    yield from run.end()


def in_order(plots: Iterable[Plot], window_plots: int) -> Iterator[Plot]:
    """Yield plots by time, then sensor, then measurement, as far as a window of that many plots can sort them."""
    heap: list[tuple[int, str, tuple[float, ...], int, Plot]] = []
    for index, plot in enumerate(plots):
        values = plot.los_ecef or (plot.range_m or 0.0, plot.azimuth_rad or 0.0, plot.elevation_rad or 0.0)
        heappush(heap, (plot.time_ns, plot.sensor, values, index, plot))
        if len(heap) > window_plots:
            yield heappop(heap)[-1]
    while heap:
        yield heappop(heap)[-1]


def _fits_here(tasks: Sequence[LaunchTask]) -> Callable[[], Fits]:
    """Fit launches in this process, when they are asked for."""
    return lambda: fit_tasks(tasks)


class _Run:
    """Tracker, picture and clock of one file."""

    def __init__(self, sensors: tuple[Sensor, ...], every_ns: int, zones: Zones, begin_fits: BeginFits) -> None:
        nations = tuple(dict.fromkeys(sensor.nation for sensor in sensors))  # in file order
        self._trackers = {nation: Tracker(nation, tuple(s for s in sensors if s.nation == nation)) for nation in nations}
        self._begin_fits = begin_fits
        self._fitting: dict[Nation, Callable[[], Fits]] = {}
        self._owners = {sensor.sensor: sensor.nation for sensor in sensors}
        self._period_s = {sensor.sensor: sensor.scan_period_s for sensor in sensors}
        policy = Policy(nation=nations[0], version=0, rules=())  # nothing leaves
        config = NodeConfig(nation=nations[0], world="test", epoch=1, nations=nations, routes=(), sensors=sensors, policy=policy, keys=())
        self._picture = Picture(config, zones, "alone" if len(nations) == 1 else "joint")
        self._nation = nations[0]  # its tracker says what is wrong with scans of unknown sensors
        self._every_ns = every_ns
        self._now_ns: int | None = None  # None before the first scan
        self._last_scan_ns = 0
        self._second_ns = self._line_ns = 0  # when the next whole second, and the next predicted line, are due
        self._open: set[str] = set()  # events that have not ended
        self._names: dict[str, tuple[str, ...]] = {}  # object of the picture -> the tracks that stood behind it

    def scan(self, scan: Scan) -> OfflineStep:
        """Take one scan; a late one (the clock is past it) leads to tracks at the clock's time."""
        started = perf_counter()
        now_ns = scan.time_ns if self._now_ns is None else max(self._now_ns, scan.time_ns)
        self._now_ns = self._last_scan_ns = now_ns
        self._second_ns = max(self._second_ns, _whole(now_ns, NS_PER_S))
        self._line_ns = max(self._line_ns, _whole(now_ns, self._every_ns))
        tracks, notes = self._trackers[self._owners.get(scan.sensor, self._nation)].step(scan, now_ns)
        events = self._events(self._picture.step(tracks, (), now_ns, self._apart))
        shown = tuple(later for track in tracks for later in _at(track, now_ns))
        return OfflineStep(time_ns=now_ns, tracks=shown, events=events, notes=notes, seconds=perf_counter() - started)

    def clock(self, until_ns: int | None) -> Iterator[OfflineStep]:
        """Let time pass up to and including a time, or until nothing flies; yield what whole seconds and intervals bring."""
        if self._now_ns is None:
            return
        end_ns = self._last_scan_ns + RUN_ON_NS
        end_ns = end_ns if until_ns is None else min(end_ns, until_ns)
        alive = True
        while alive and min(self._second_ns, self._line_ns) <= end_ns:
            now_ns = self._now_ns = min(self._second_ns, self._line_ns)
            revised: tuple[Track, ...] = ()
            notes: tuple[Note, ...] = ()
            if now_ns == self._second_ns:
                revised, notes = self._revised(now_ns)
            tracks = self._predicted(now_ns)
            shown: tuple[Track, ...] = ()
            events: tuple[LaunchEvent, ...] = ()
            if now_ns == self._line_ns:
                self._line_ns += self._every_ns
                shown = tracks
            if now_ns == self._second_ns:
                self._second_ns += NS_PER_S
                events = self._events(self._picture.step(revised, (), now_ns, self._apart))
            alive = bool(tracks or self._open)
            if shown or events or notes:
                yield OfflineStep(time_ns=now_ns, tracks=shown, events=events, notes=notes, seconds=None)

    def end(self) -> Iterator[OfflineStep]:
        """Yield what is thought of the radars at the end; nothing where no scan came."""
        if self._now_ns is not None:
            health = tuple(one for tracker in self._trackers.values() for one in tracker.health(self._now_ns))
            yield OfflineStep(time_ns=self._now_ns, tracks=(), events=(), notes=(), seconds=None, health=health)

    def _apart(self) -> dict[str, tuple[str, int]]:
        """Return what all trackers know of tracks that flew together."""
        return {name: group for tracker in self._trackers.values() for name, group in tracker.apart().items()}

    def _revised(self, now_ns: int) -> tuple[tuple[Track, ...], tuple[Note, ...]]:
        """Let every tracker do what is too slow for a scan; launches asked for a second ago are there now."""
        tracks: list[Track] = []
        notes: list[Note] = []
        for nation, tracker in self._trackers.items():
            fits = self._fitting.pop(nation)() if nation in self._fitting else []
            revised, more = tracker.revise_with(fits, now_ns)
            tasks = tracker.launch_tasks(now_ns)
            if tasks:
                self._fitting[nation] = self._begin_fits(tasks)
            tracks += revised
            notes += more
        return tuple(tracks), tuple(notes)

    def _predicted(self, now_ns: int) -> tuple[Track, ...]:
        """Return every live track at now: above the ground if ballistic, seen lately if not."""
        found = []
        for track in (track for tracker in self._trackers.values() for track in tracker.predicted(now_ns)):
            seen = now_ns - track.last_plot_ns <= UNSEEN_NS
            if 0.0 <= altitude_m(*track.pos_ecef_m) < HIGHEST_M if track.kind == "ballistic" else seen:
                patience_s = max(LOST_PERIODS * max(self._period_s[sensor] for sensor in track.sensors), LOST_LEAST_S)
                lost = now_ns - track.last_plot_ns > s2ns(patience_s)
                found.append(msgspec.structs.replace(track, predicted=True, status="lost" if lost else track.status))
        return tuple(found)

    def _events(self, step: PictureStep) -> tuple[LaunchEvent, ...]:
        """Return the events with the names of the tracks in the track file, and remember which have not ended."""
        for fused in step.fused:
            known = self._names.get(fused.track, ())
            self._names[fused.track] = known + tuple(member.track for member in fused.members if member.track not in known)
        for event in step.events:
            if event.status in ENDED:
                self._open.discard(event.event)
            else:
                self._open.add(event.event)
        return tuple(
            msgspec.structs.replace(event, tracks=tuple(name for fused in event.tracks for name in self._names.get(fused, ())))
            for event in step.events
        )


def _at(track: Track, now_ns: int) -> tuple[Track, ...]:
    """Return a track at now: what changed for want of plots (lost, closed) comes with an older state, which is carried on.

    Nothing where that state cannot be carried (far below the ground after a long gap).
    """
    if track.time_ns >= now_ns:
        return (track,)
    estimate = estimate_of(track)
    later = carry(estimate, now_ns) if estimate is not None else None
    if later is None or not (np.isfinite(later.x).all() and np.isfinite(later.P).all()):
        return ()
    if not LOWEST_M < altitude_m(*later.x[:3].tolist()) < HIGHEST_M:
        return ()
    x = later.x.tolist()
    moved = msgspec.structs.replace(
        track, time_ns=now_ns, pos_ecef_m=(x[0], x[1], x[2]), vel_ecef_mps=(x[3], x[4], x[5]), cov=upper_triangle(later.P), predicted=True
    )
    return (moved,)


def _whole(time_ns: int, step_ns: int) -> int:
    """Return the first whole multiple of a step that is not before a time."""
    return -(-time_ns // step_ns) * step_ns
