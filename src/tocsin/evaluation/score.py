"""Tracks against true flights, second by second: who is paired with whom, how far off, in which phase. Files are not read here.

Every whole UTC second, each confirmed track stands where its newest line of that second puts it (moved on along its velocity),
and is paired with the true objects then in flight as GOSPA does. Whatever is in flight takes part, so that a track of an
aircraft, a separated part, or a missile out of sight is no false one; only missiles inside their windows are scored.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.evaluation.consistency import nees
from tocsin.evaluation.flights import PHASES, TrueFlight
from tocsin.evaluation.ospa import CUTOFF_M, ORDER, best_pairs, distance
from tocsin.messages.basics import Vec3
from tocsin.units import NS_PER_S, seconds_between

Array = NDArray[np.float64]
Rows = tuple[tuple[float, ...], ...]

BATCH: Final = 2_048  # pairs normalised together
COLUMNS: Final = ("flight", "second", "track", "phase", "gap_m", "pos2_m2", "vel2_m2ps2", "nees", "nees_pos", "nees_vel")
HELD_S: Final = 5  # seconds kept open for lines that come out of order, as a picture of several nations writes them
LIVE: Final = "confirmed"  # the status that is scored
LINGER_NS: Final = 15 * NS_PER_S  # a landed object still takes the tracks that reach it: predicted impacts are some seconds late
MISSILE: Final = "ballistic"  # the kind that claims a missile; a track with a parent does not


class TrackPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a track. ``cov``: 6 x 6, x y z vx vy vz; None if not given."""

    track: str
    time_ns: int
    kind: str
    status: str
    parent: str | None
    pos_ecef_m: Vec3
    vel_ecef_mps: Vec3
    cov: Rows | None
    predicted: bool = False


@dataclass
class TrackTale:
    """What one track was, over its life."""

    first_ns: int  # first line of any status
    confirmed_ns: int | None = None
    last_ns: int = 0
    updated_ns: int | None = None  # last line that is not predicted
    kind: str = "unknown"  # the last one while confirmed
    kinds: dict[str, int] = field(default_factory=dict)  # seconds as each kind
    parent: bool = False
    seconds: int = 0  # confirmed, at whole seconds
    votes: dict[int, int] = field(default_factory=dict)  # index of a true flight -> seconds paired
    near: int = 0  # seconds not paired, but within the cutoff of something that flies

    @property
    def claims_missile(self) -> bool:
        """True if it said ballistic for most of its confirmed life and was nobody's part."""
        return not self.parent and bool(self.kinds) and max(self.kinds, key=lambda kind: (self.kinds[kind], kind)) == MISSILE

    @property
    def flight(self) -> int | None:
        """The flight it was paired with longest."""
        return max(self.votes, key=lambda index: (self.votes[index], -index)) if self.votes else None


@dataclass(frozen=True, eq=False)
class Pairs:
    """All scored pairs as columns of equal length N, by second. ``phase``: index into ``PHASES``; ``gap_m``: at the second itself."""

    flight: NDArray[np.int64]
    second: NDArray[np.int64]
    track: NDArray[np.int64]
    phase: NDArray[np.int64]
    gap_m: Array
    pos2_m2: Array
    vel2_m2ps2: Array
    nees: Array
    nees_pos: Array
    nees_vel: Array


@dataclass(frozen=True, eq=False)
class TrackScore:
    """What pairing came to. ``false_seconds``: (second, claims of a missile that were paired with nothing) where not zero."""

    flights: tuple[TrueFlight, ...]
    pairs: Pairs
    tracks: dict[str, TrackTale]
    names: tuple[str, ...]  # of Pairs.track
    false_seconds: dict[int, int]
    duplicate_seconds: int  # of claims not paired but within the cutoff of something that flies
    first_ns: int | None
    last_ns: int | None
    late_lines: int  # lines more than ``HELD_S`` out of order: not used


class Scorer:
    """Takes the lines of tracks about in order of time and pairs them second by second; memory grows with missile seconds only."""

    def __init__(self, flights: Sequence[TrueFlight], *, cutoff_m: float = CUTOFF_M) -> None:
        self._flights = tuple(flights)
        self._cutoff_m = cutoff_m
        self._waiting = sorted(
            (i for i, f in enumerate(flights) if f.times_ns.size), key=lambda i: int(flights[i].times_ns[0]), reverse=True
        )
        self._flying: list[int] = []
        self._open: dict[int, dict[str, TrackPoint]] = {}  # second being filled -> track -> its newest line
        self._closed: int | None = None  # the last second scored
        self._tales: dict[str, TrackTale] = {}
        self._numbers: dict[str, int] = {}
        self._columns = {name: array("d") for name in COLUMNS}
        self._errors: list[list[float]] = []
        self._covs: list[Rows | None] = []
        self._false: dict[int, int] = {}
        self._duplicates = self._late = 0
        self._first_ns: int | None = None
        self._last_ns: int | None = None

    def take(self, point: TrackPoint) -> None:
        """Take the next line."""
        second = -(-point.time_ns // NS_PER_S)  # the whole second it counts for: its own or the next
        if self._closed is not None and second <= self._closed:
            self._late += 1
            return
        if second not in self._open:
            self._open[second] = {}
            self._close_until(second - HELD_S)
        known = self._open[second].get(point.track) if second in self._open else None
        if known is None or known.time_ns <= point.time_ns:
            self._open[second][point.track] = point
        self._first_ns = point.time_ns if self._first_ns is None else min(self._first_ns, point.time_ns)
        self._last_ns = point.time_ns if self._last_ns is None else max(self._last_ns, point.time_ns)
        self._tell(point)

    def finish(self) -> TrackScore:
        """Return the score of all lines taken."""
        self._close_until(None)
        self._normalise()
        columns = {name: np.array(values) for name, values in self._columns.items()}
        return TrackScore(
            flights=self._flights,
            pairs=Pairs(
                flight=columns["flight"].astype(np.int64),
                second=columns["second"].astype(np.int64),
                track=columns["track"].astype(np.int64),
                phase=columns["phase"].astype(np.int64),
                gap_m=columns["gap_m"],
                pos2_m2=columns["pos2_m2"],
                vel2_m2ps2=columns["vel2_m2ps2"],
                nees=columns["nees"],
                nees_pos=columns["nees_pos"],
                nees_vel=columns["nees_vel"],
            ),
            tracks=self._tales,
            names=tuple(self._numbers),
            false_seconds=self._false,
            duplicate_seconds=self._duplicates,
            first_ns=self._first_ns,
            last_ns=self._last_ns,
            late_lines=self._late,
        )

    def _tell(self, point: TrackPoint) -> None:
        """Note what the line says of its track."""
        tale = self._tales.get(point.track)
        if tale is None:
            tale = self._tales[point.track] = TrackTale(first_ns=point.time_ns)
        tale.last_ns = max(tale.last_ns, point.time_ns)
        tale.parent = tale.parent or point.parent is not None
        if point.status == LIVE:
            tale.kind = point.kind
            tale.confirmed_ns = point.time_ns if tale.confirmed_ns is None else tale.confirmed_ns
            if not point.predicted:
                tale.updated_ns = max(point.time_ns, tale.updated_ns or point.time_ns)

    def _close_until(self, last: int | None) -> None:
        """Score all open seconds up to one, or all."""
        for second in sorted(number for number in self._open if last is None or number <= last):
            self._score(second, [point for point in self._open.pop(second).values() if point.status == LIVE])
            self._closed = second

    def _score(self, second: int, live: list[TrackPoint]) -> None:
        """Pair the tracks of a second that has ended."""
        now_ns = second * NS_PER_S
        self._board(now_ns)
        truths = [(index, state) for index in self._flying if (state := self._place(index, now_ns)) is not None]
        places = [_moved(point, now_ns) for point in live]
        near: dict[tuple[int, int], float] = {}
        for row, (_, state) in enumerate(truths):
            for column, place in enumerate(places):
                if (gap := distance(state[0], place) / self._cutoff_m) < 1.0:
                    near[row, column] = gap
        pairs = best_pairs(near, ORDER)
        for row, column in pairs:
            self._pair(truths[row][0], live[column], second, near[row, column] * self._cutoff_m)
        self._unpaired(second, live, {column for _, column in pairs}, {column for _, column in near})

    def _board(self, now_ns: int) -> None:
        """Bring the list of what may be in flight up to date."""
        while self._waiting and int(self._flights[self._waiting[-1]].times_ns[0]) <= now_ns:
            self._flying.append(self._waiting.pop())
        self._flying = [index for index in self._flying if int(self._flights[index].times_ns[-1]) + LINGER_NS >= now_ns]

    def _place(self, index: int, now_ns: int) -> tuple[Vec3, Vec3] | None:
        """Return where a flight is, or where it has come down just now."""
        flight = self._flights[index]
        return flight.state_at(min(now_ns, int(flight.times_ns[-1])))

    def _pair(self, index: int, point: TrackPoint, second: int, gap_m: float) -> None:
        """Note a pair, and its errors at the line's own time if the flight is a missile's."""
        tale = self._tales[point.track]
        tale.votes[index] = tale.votes.get(index, 0) + 1
        flight = self._flights[index]
        truth = flight.state_at(point.time_ns)
        if flight.group != "missile" or truth is None:
            return
        error = [
            *(a - b for a, b in zip(point.pos_ecef_m, truth[0], strict=True)),
            *(a - b for a, b in zip(point.vel_ecef_mps, truth[1], strict=True)),
        ]
        phase = PHASES.index(flight.phase_at(point.time_ns, *truth))
        number = self._numbers.setdefault(point.track, len(self._numbers))
        for name, value in zip(COLUMNS[:5], (index, second, number, phase, gap_m), strict=True):
            self._columns[name].append(float(value))
        self._columns["pos2_m2"].append(sum(e * e for e in error[:3]))
        self._columns["vel2_m2ps2"].append(sum(e * e for e in error[3:]))
        self._errors.append(error)
        self._covs.append(point.cov)
        if len(self._errors) >= BATCH:
            self._normalise()

    def _unpaired(self, second: int, live: list[TrackPoint], paired: set[int], near: set[int]) -> None:
        """Count the tracks that claim a missile and are paired with nothing."""
        for column, point in enumerate(live):
            tale = self._tales[point.track]
            tale.seconds += 1
            tale.kinds[point.kind] = tale.kinds.get(point.kind, 0) + 1
            if column in paired:
                continue
            tale.near += column in near
            if point.kind == MISSILE and point.parent is None:
                self._false[second] = self._false.get(second, 0) + 1
                self._duplicates += column in near

    def _normalise(self) -> None:
        """Normalise the errors that wait."""
        if not self._errors:
            return
        errors = np.array(self._errors)
        covs = np.full((len(errors), 6, 6), np.nan)
        for index, cov in enumerate(self._covs):
            if cov is not None:
                covs[index] = cov
        self._columns["nees"].extend(nees(errors, covs))
        self._columns["nees_pos"].extend(nees(errors[:, :3], covs[:, :3, :3]))
        self._columns["nees_vel"].extend(nees(errors[:, 3:], covs[:, 3:, 3:]))
        self._errors, self._covs = [], []


def _moved(point: TrackPoint, now_ns: int) -> Vec3:
    """Return where a track stands at most a second after its line."""
    ahead_s = seconds_between(now_ns, point.time_ns)
    x, y, z = point.pos_ecef_m
    vx, vy, vz = point.vel_ecef_mps
    return x + ahead_s * vx, y + ahead_s * vy, z + ahead_s * vz


def windows_seen(score: TrackScore) -> list[tuple[int, int] | None]:
    """Return for each flight the seconds between which its tracks followed it, first pair to last update; None if never.

    What stands for "in sight" where no plots are given: a missile seen but never tracked, and the delay of confirmation, do
    not show in it.
    """
    updated = np.array([score.tracks[name].updated_ns or 0 for name in score.names], dtype=np.int64)
    found: list[tuple[int, int] | None] = []
    for index in range(len(score.flights)):
        mine = score.pairs.flight == index
        seconds = score.pairs.second[mine]
        seen = seconds[seconds * NS_PER_S <= updated[score.pairs.track[mine]]] if seconds.size else seconds
        if seconds.size == 0:
            found.append(None)
        else:
            found.append((int(seconds[0]), int(seen[-1] if seen.size else seconds[0])))
    return found


def set_distances(score: TrackScore, windows: Sequence[tuple[int, int] | None], cutoff_m: float = CUTOFF_M) -> dict[str, Array]:
    """Return per second with anything to score: ``second, gospa_m, ospa_m, localisation_m2, missed, false`` as arrays.

    ``windows``: first and last scored second of each flight. GOSPA and OSPA as in ``ospa.gospa``, order 2.
    """
    truths: dict[int, int] = {}
    for flight, window in zip(score.flights, windows, strict=True):
        if flight.group == "missile" and window is not None:
            for second in range(window[0], window[1] + 1):
                truths[second] = truths.get(second, 0) + 1
    paired: dict[int, tuple[int, float]] = {}
    inside = in_windows(score, windows)
    for second, gap_m in zip(score.pairs.second[inside].tolist(), score.pairs.gap_m[inside].tolist(), strict=True):
        count, total = paired.get(second, (0, 0.0))
        paired[second] = (count + 1, total + gap_m * gap_m)
    seconds = sorted({*truths, *score.false_seconds})
    rows = []
    for second in seconds:
        count, local_m2 = paired.get(second, (0, 0.0))
        missed, false = truths.get(second, 0) - count, score.false_seconds.get(second, 0)
        larger = count + max(missed, false)
        square = cutoff_m * cutoff_m
        rows.append(
            (
                second,
                sqrt(local_m2 + 0.5 * square * (missed + false)),
                sqrt((local_m2 + square * (larger - count)) / larger),
                local_m2,
                missed,
                false,
            )
        )
    table = np.array(rows, dtype=np.float64).reshape(-1, 6)
    return dict(zip(("second", "gospa_m", "ospa_m", "localisation_m2", "missed", "false"), table.T, strict=True))


def in_windows(score: TrackScore, windows: Sequence[tuple[int, int] | None]) -> NDArray[np.bool_]:
    """Return for each pair whether its flight is inside its window then."""
    starts = np.array([window[0] if window else 1 for window in windows], dtype=np.int64)
    ends = np.array([window[1] if window else 0 for window in windows], dtype=np.int64)
    flight = score.pairs.flight
    if flight.size == 0:
        return np.zeros(0, dtype=np.bool_)
    inside: NDArray[np.bool_] = (score.pairs.second >= starts[flight]) & (score.pairs.second <= ends[flight])
    return inside
