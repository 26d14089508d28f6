"""Plots that no track took, kept for seconds, and the starts that they make together.

No filter runs on a single plot: three plots (or two infrared ones) that fit one moving object start a track, with a
least-squares state whose covariance is honest about what three plots can know. In a salvo plots of neighbours also fit
together, across trajectories; hypotheses that claim the same plot are therefore weighed against each other, with every
other look that should have seen them, and while two stay about as likely the start waits for another look.
"""

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.kernels.measure import SEN_PD
from tocsin.models.sensing import PRIOR_ALTITUDE_SIGMA_M, SensorModel
from tocsin.tracking.start_kernels import LOOK_COLUMNS, MOST_MEMBERS, SEED_COLUMNS, SEED_TIME, K, distance2, fill_seeds, list_starts
from tocsin.units import NS_PER_S

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

CAPACITY = 1024  # seeds kept; beyond it the oldest go first
KEEP_PERIODS = 4.2  # one missed look between each two of three plots, and one look more that decides between neighbours
KEEP_LEAST_S = 3.0
KEEP_LINES_PERIODS = 3.2  # of infrared lines, which place an object so poorly that old ones mix up neighbours
KEEP_LINES_MOST_S = 16.0
KEEP_MOST_S = 33.0  # three looks and a missed one of a radar that turns once in 10 s
MOST_HYPOTHESES = 512  # of one scan; a salvo of 18 makes about 100
RIVAL_MARGIN = 7.0  # a rival within 1,000 to 1 of a start leaves it undecided
DEFER_PERIODS = 3.0  # an undecided start waits until its plots span this many scan periods
SAME_MOTION = 4.0  # squared distance in sigmas: hypotheses of one object share plots, so their states differ by little
GUIDE_EVERY_NS = NS_PER_S  # a followed missile leaves one guide a second
GUIDE_KEEP_NS = 60 * NS_PER_S  # the next missile of its salvo comes within this time
GUIDES_MOST = 2_000
GUIDE_REACH_M = 4_000.0  # launchers of one site; farther off, an object has nothing to do with the guide
GUIDE_SIGMA_MPS = 100.0  # spread of one type of missile at one place, and the guide's own error
GUIDE_GAIN = 6.0  # ln of how much denser the velocities of a salvo lie at one place than those of everything else
GUIDE_LOSS = -60.0  # ... and how rare it is that an unrelated object crosses a salvo's path inside it


TURNING_SHARE = 0.5  # of a scan period: plots nearer in time than this are of one turn


class Seed(msgspec.Struct, frozen=True, kw_only=True):
    """An unassociated plot: its plot row for the filter, when and whence."""

    time_ns: int
    sensor: str
    infrared: bool
    period_s: float
    plot: Array


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """A new object: its plots in time order, state at the last one (pos, vel; covariance), log odds against false alarms."""

    seeds: tuple[Seed, ...]
    pos_vel: Array
    cov: Array
    evidence: float


class _Hypothesis(msgspec.Struct, frozen=True, kw_only=True):
    """Seeds that may be one object; place: its row in the kernel's tables."""

    evidence: float
    members: tuple[int, ...]
    place: int


class PlotMemory:
    """State over time: the recent seeds of one nation, oldest first. Owned by one Tracker."""

    def __init__(self) -> None:
        self.seeds: list[Seed] = []
        self._refused = 0  # seeds that a flood has pushed out before they were looked at; until told
        self._table: Array = np.empty((0, SEED_COLUMNS))  # the seeds' rows for the kernels, in the same order
        self._times_ns: Ints = np.empty((0, 2), np.int64)  # ... their times, and until when they are kept
        self._looks: list[tuple[int, int, int, int]] = []  # number, time, sensor, until when it is kept
        self._next_look = 0
        self._sensors: dict[int, Array] = {}
        self._looked_ns: dict[int, int] = {}  # sensor -> its last look
        self._turning: set[int] = set()  # sensors whose plots come one by one within a scan: no look of theirs says what was not seen
        self._guides: list[tuple[int, int, Array]] = []  # time, who, position and velocity of followed missiles
        self._guided_ns: dict[int, int] = {}  # who -> its last guide's time
        self._x: Array = np.empty((MOST_HYPOTHESES, K))
        self._P: Array = np.empty((MOST_HYPOTHESES, K, K))

    def add(self, plots: Array, times_ns: tuple[int, ...], taken: list[bool], model: SensorModel) -> None:
        """Remember those plots[n, PLOT_COLUMNS] of one sensor that no track has taken, unless they lie where nothing flies."""
        sensor = model.sensor
        infrared = sensor.kind == "infrared"
        periods, most_s = (KEEP_LINES_PERIODS, KEEP_LINES_MOST_S) if infrared else (KEEP_PERIODS, KEEP_MOST_S)
        keep_ns = int(min(max(periods * sensor.scan_period_s, KEEP_LEAST_S), most_s) * NS_PER_S)
        look = self._next_look
        if times_ns:
            self._next_look += 1
            self._looks.append((look, times_ns[-1], model.index, times_ns[-1] + keep_ns))
            self._sensors[model.index] = model.row
            since_ns = times_ns[-1] - self._looked_ns.get(model.index, times_ns[-1] - int(sensor.scan_period_s * NS_PER_S))
            if 0 <= since_ns < TURNING_SHARE * sensor.scan_period_s * NS_PER_S:
                self._turning.add(model.index)
            self._looked_ns[model.index] = times_ns[-1]
        free = [index for index, gone in enumerate(taken) if not gone]
        if not free:
            return
        rows = np.empty((len(free), SEED_COLUMNS))
        kept = np.empty(len(free), np.int64)
        count = fill_seeds(plots[free], PRIOR_ALTITUDE_SIGMA_M, model.index, float(sensor.scan_period_s), look, rows, kept)
        new = [free[place] for place in kept[:count].tolist()]
        self.seeds += [
            Seed(time_ns=times_ns[index], sensor=sensor.sensor, infrared=infrared, period_s=sensor.scan_period_s, plot=plots[index])
            for index in new
        ]
        if new:
            self._table = np.concatenate((self._table, rows[:count]))
            self._times_ns = np.concatenate((self._times_ns, [(times_ns[index], times_ns[index] + keep_ns) for index in new]))

    def guide(self, who: int, time_ns: int, x: Array) -> None:
        """Remember where a followed missile is and how it moves, x[>= 6]: the next of its salvo will move so at this place."""
        if time_ns - self._guided_ns.get(who, time_ns - GUIDE_EVERY_NS) >= GUIDE_EVERY_NS:
            self._guided_ns[who] = time_ns
            self._guides.append((time_ns, who, x[:6].copy()))

    def flood(self) -> str:
        """Return, once, what is wrong where more plots came than starts are looked for in; "" if nothing is."""
        refused, self._refused = self._refused, 0
        if not refused:
            return ""
        return f"expected at most {CAPACITY} recent plots that no track explains, {refused} more came and start nothing; mask its clutter"

    def forget(self, now_ns: int) -> None:
        """Drop seeds that are too old to be paired."""
        self._keep(np.flatnonzero(self._times_ns[:, 1] >= now_ns)[-CAPACITY:])
        self._looks = [look for look in self._looks if look[3] >= now_ns]
        if self._guides and self._guides[0][0] < now_ns - GUIDE_KEEP_NS:
            self._guides = [guide for guide in self._guides if guide[0] >= now_ns - GUIDE_KEEP_NS][-GUIDES_MOST:]
            present = {who for _, who, _ in self._guides}
            self._guided_ns = {who: time_ns for who, time_ns in self._guided_ns.items() if who in present}

    def starts(self, since: int, least_evidence: float) -> list[Start]:
        """Return the starts that seeds[since:] complete, best first; no seed is in two of them. Their seeds are taken out."""
        n = len(self.seeds)
        if n <= since or n < 2:
            return []
        if n > CAPACITY:  # a flood: hypotheses grow with the cube of the seeds
            self._refused += n - CAPACITY
            self._keep(np.arange(n - CAPACITY, n))
            since = max(0, since - (n - CAPACITY))
            n = CAPACITY
        found = [one for one in self._decide(self._list(since, least_evidence)) if one.members[-1] >= since]
        if not found:
            return []
        used = np.zeros(n, np.bool_)
        starts = []
        for one in found:
            used[list(one.members)] = True
            chosen = sorted((self.seeds[row] for row in one.members), key=lambda seed: seed.time_ns)
            x, P = self._x[one.place], self._P[one.place]
            starts.append(Start(seeds=tuple(chosen), pos_vel=x[:6].copy(), cov=P[:6, :6].copy(), evidence=one.evidence))
        self._keep(np.flatnonzero(~used))
        return starts

    def _list(self, since: int, least_evidence: float) -> list[_Hypothesis]:
        """Return all hypotheses that seeds[since:] complete, best first."""
        epoch_ns = int(self._times_ns[0, 0])
        self._table[:, SEED_TIME] = (self._times_ns[:, 0] - epoch_ns) / NS_PER_S
        looks = np.array([(number, (time_ns - epoch_ns) / NS_PER_S, sensor) for number, time_ns, sensor, _ in self._looks], np.float64)
        members = np.empty((MOST_HYPOTHESES, MOST_MEMBERS), np.int64)
        counts = np.empty(MOST_HYPOTHESES, np.int64)
        values = np.empty(MOST_HYPOTHESES)
        sensors = self._sensor_rows()
        found = list_starts(
            self._table, looks.reshape(-1, LOOK_COLUMNS), sensors, since, float(least_evidence), self._x, self._P, members, counts, values
        )
        listed = [
            _Hypothesis(evidence=float(values[k]) + self._guidance(k), members=tuple(members[k, : counts[k]].tolist()), place=k)
            for k in range(found)
        ]
        listed = [one for one in listed if one.evidence >= least_evidence]
        return sorted(listed, key=lambda one: (-one.evidence, one.members))

    def _guidance(self, place: int) -> float:
        """Return ln of what the followed missiles that passed here say of a hypothesis: 0 where none did."""
        x = self._x[place].tolist()
        variances = [float(self._P[place, 3 + axis, 3 + axis]) + GUIDE_SIGMA_MPS * GUIDE_SIGMA_MPS for axis in range(3)]
        best: float | None = None
        for _, _, guide in self._guides:
            g = guide.tolist()
            if abs(g[0] - x[0]) + abs(g[1] - x[1]) + abs(g[2] - x[2]) > GUIDE_REACH_M:
                continue
            distance2 = sum((g[3 + axis] - x[3 + axis]) * (g[3 + axis] - x[3 + axis]) / variances[axis] for axis in range(3))
            value = max(GUIDE_GAIN - 0.5 * distance2, GUIDE_LOSS)
            best = value if best is None else max(best, value)
        return 0.0 if best is None else best

    def _sensor_rows(self) -> Array:
        """Return the rows of the sensors that looked, by their number."""
        width = len(next(iter(self._sensors.values())))
        rows = np.zeros((max(self._sensors) + 1, width))
        for index, row in self._sensors.items():
            rows[index] = row
            if index in self._turning:
                rows[index, SEN_PD] = 0.0
        return rows

    def _decide(self, listed: list[_Hypothesis]) -> list[_Hypothesis]:
        """Return the hypotheses that start a track now: best first, each seed in one only, undecided ones not yet."""
        used: set[int] = set()
        chosen: list[_Hypothesis] = []
        for one in listed:
            if used.isdisjoint(one.members):
                used.update(one.members)
                chosen.append(one)
        return [one for one in chosen if self._ripe(one) or not self._has_rival(one, listed)]

    def _ripe(self, one: _Hypothesis) -> bool:
        """True if a hypothesis has waited for long enough; lines of sight only suggest a place, and more of them decide later."""
        if all(self.seeds[row].infrared for row in one.members):
            return True
        span_ns = self.seeds[one.members[-1]].time_ns - self.seeds[one.members[0]].time_ns
        period_s = max(self.seeds[row].period_s for row in one.members)
        return span_ns >= DEFER_PERIODS * period_s * NS_PER_S

    def _has_rival(self, one: _Hypothesis, listed: list[_Hypothesis]) -> bool:
        """True if another motion claims one of the same seeds and is about as likely."""
        mine = frozenset(one.members)
        work = np.empty((7, 6))
        for other in listed:
            if other.evidence < one.evidence - RIVAL_MARGIN:
                return False
            if other is one or mine.isdisjoint(other.members):
                continue
            if distance2(self._x[one.place], self._P[one.place], self._x[other.place], self._P[other.place], work) > SAME_MOTION:
                return True
        return False

    def _keep(self, rows: NDArray[np.intp]) -> None:
        """Keep only the seeds of these rows."""
        if len(rows) < len(self.seeds):
            self.seeds = [self.seeds[row] for row in rows.tolist()]
            self._table = self._table[rows]
            self._times_ns = self._times_ns[rows]
