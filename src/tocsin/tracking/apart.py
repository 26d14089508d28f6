"""How many missiles there are at least: by plots that no track can have made up, of one scan or of many.

In a dense salvo tracks come and go, follow one missile and then the next, or run along beside two that are not resolved. But
one scan of one sensor gives each object one plot at most, so as many different plots as it had for ballistic tracks, so many
objects there were; merged and missed plots only make it fewer. What one scan misses the next may show: two tracks that each had
PROOFS plots of its own of one sensor in the last seconds that the other, alive at the time, cannot have caused, are two objects, and
tracks of which that is true pair by pair are as many. Objects far apart are counted place by place.
"""

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.messages.basics import Vec3
from tocsin.units import s2ns

Ints = NDArray[np.int64]

REACH_M = 100_000.0  # farther apart, two objects need no scan in common to be two
LATELY_NS = s2ns(30.0)  # within this time a missile flies less than REACH_M: what is seen there may be what was seen there
PROOFS = 2  # plots of a track's own that tell it from another: once may be a false alarm
PROVEN_NS = s2ns(
    20.0
)  # ... within this time, ten scans of 2 s: in a minute, tracks that slid or were at odds with each other made 19 of 18
RECOUNT_NS = s2ns(1.0)
MOST_STEPS = 300  # of the search for the largest set, a hard problem: 2 ms for 25 tracks, once a second
NEVER_NS = -(2**62)


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """A confirmed ballistic track's plot: when, the track's number, the plot's number (unique in the tracker), the track's place.

    own: False for a plot that it has in common with a track that the sensor cannot tell from it. rivals: confirmed tracks that the plot
    may belong to all the same.
    """

    time_ns: int
    track: int
    plot: int
    pos_ecef_m: Vec3
    own: bool = True
    rivals: frozenset[int] = frozenset()


class SeenApart:
    """State over time: which tracks flew together, and how many objects they were at least. Owned by one Tracker."""

    def __init__(self) -> None:
        self._group: dict[int, int] = {}  # track -> group
        self._most: dict[int, int] = {}  # group -> objects that it held at least
        self._recent: dict[str, list[Sight]] = {}  # sensor -> what it gave in the last half of its scan period
        self._known: frozenset[int] = frozenset()  # tracks of a scan that all had plots of their own: fewer of them say nothing new
        self._last: dict[int, Sight] = {}  # track -> its latest
        self._proofs = _Proofs()
        self._recount_ns = NEVER_NS

    def note(self, sensor: str, half_period_ns: int, new: list[Sight], alive: tuple[int, ...] = ()) -> None:
        """Take what a sensor gave to the confirmed ballistic tracks, all at once or, turning, plot by plot; alive: these and all others.

        Within half a turn no object is met twice, so these plots are as many objects.
        """
        if not new:
            return
        kept = [sight for sight in self._recent.get(sensor, []) if new[-1].time_ns - sight.time_ns <= half_period_ns]
        sights = self._recent[sensor] = kept + new
        self._count_scan(sights)
        self._last.update((sight.track, sight) for sight in new)
        self._proofs.add(sensor, [one for one in new if one.own], alive or tuple(one.track for one in new), new[-1].time_ns)
        if new[-1].time_ns >= self._recount_ns + RECOUNT_NS:
            self._recount_ns = new[-1].time_ns
            self._count_proven(new[-1].time_ns)

    def _count_scan(self, sights: list[Sight]) -> None:
        """Count the different plots of one scan, place by place."""
        tracks = frozenset(sight.track for sight in sights)
        if tracks <= self._known:
            return
        if len({sight.plot for sight in sights}) == len(sights) == len(tracks):
            self._known = tracks
        left = list(sights)
        while left:
            cluster = [left.pop(0)]
            for member in cluster:  # grows while it is walked
                near = [other for other in left if _near(member, other)]
                cluster += near
                left = [other for other in left if other not in near]
            group = self._join([*(sight.track for sight in cluster), *self._met(cluster)])
            self._most[group] = max(self._most[group], len({sight.plot for sight in cluster}))

    def _met(self, cluster: list[Sight]) -> list[int]:
        """Return the tracks that were lately where new ones are: no scan need have shown both, and they may be one object."""
        new = [sight for sight in cluster if sight.track not in self._group]
        return [
            track
            for track, last in self._last.items()
            if any(sight.time_ns - last.time_ns <= LATELY_NS and _near(sight, last) for sight in new)
        ]

    def _count_proven(self, now_ns: int) -> None:
        """Count tracks that are proven apart pair by pair, group by group."""
        tracks, linked = self._proofs.graph(now_ns)
        places: dict[int, int] = {}  # group -> its tracks as bits
        for place, track in enumerate(tracks):
            group = self._group.get(track)
            if group is None:  # alive, but it has not had a plot since it was confirmed
                continue
            places[group] = places.get(group, 0) | 1 << place
        for group, members in places.items():
            if members.bit_count() > self._most[group]:
                self._most[group] = max(self._most[group], largest_set(linked, members))

    def at_least(self) -> int:
        """Return how many objects there have been at least."""
        return sum(self._most.values())

    def groups(self) -> dict[int, tuple[int, int]]:
        """Return track number -> (group, objects that the group held at least)."""
        return {track: (group, self._most[group]) for track, group in self._group.items()}

    def _join(self, tracks: list[int]) -> int:
        """Put tracks, and all that flew with them, into one group; return it: its lowest track's number."""
        groups = {self._group[track] for track in tracks if track in self._group}
        joined = min(*groups, *tracks) if groups else min(tracks)
        members = [track for track, group in self._group.items() if group in groups]
        for track in (*members, *tracks):
            self._group[track] = joined
        self._most[joined] = max([self._most.pop(group) for group in sorted(groups)], default=0)
        return joined


class _Proofs:
    """State over time: when each track last had plots of its own that another living track cannot have caused, sensor by sensor."""

    def __init__(self) -> None:
        self._tracks: list[int] = []  # track of each row
        self._row: dict[int, int] = {}
        self._seen_ns: list[int] = []
        self._times_ns: dict[str, Ints] = {}  # sensor -> [PROOFS, tracks, tracks], newest first

    def add(self, sensor: str, own: list[Sight], alive: tuple[int, ...], time_ns: int) -> None:
        """Note plots of tracks' own, and which tracks lived that are not their rivals."""
        if not own:
            return
        self._make_room(alive, time_ns)
        count = len(self._tracks)
        times_ns = self._times_ns.setdefault(sensor, np.full((PROOFS, count, count), NEVER_NS, np.int64))
        noted = np.zeros((count, count), np.bool_)
        living = [self._row[track] for track in alive]
        for sight in own:
            row = self._row[sight.track]
            noted[row, living] = True
            noted[row, [row, *(self._row[track] for track in sight.rivals if track in self._row)]] = False
        for back in range(PROOFS - 1, 0, -1):
            times_ns[back][noted] = times_ns[back - 1][noted]
        times_ns[0][noted] = time_ns

    def _make_room(self, tracks: tuple[int, ...], time_ns: int) -> None:
        """Give every track a row, and forget those that were last alive too long ago to prove anything."""
        missing = [track for track in dict.fromkeys(tracks) if track not in self._row]
        if missing:
            kept = [row for row, seen_ns in enumerate(self._seen_ns) if time_ns - seen_ns <= PROVEN_NS or self._tracks[row] in tracks]
            count = len(kept) + len(missing)
            for sensor, times_ns in self._times_ns.items():
                grown = np.full((PROOFS, count, count), NEVER_NS, np.int64)
                grown[:, : len(kept), : len(kept)] = times_ns[np.ix_(range(PROOFS), kept, kept)]
                self._times_ns[sensor] = grown
            self._tracks = [self._tracks[row] for row in kept] + missing
            self._seen_ns = [self._seen_ns[row] for row in kept] + [time_ns] * len(missing)
            self._row = {track: row for row, track in enumerate(self._tracks)}
        for track in tracks:
            self._seen_ns[self._row[track]] = time_ns

    def graph(self, now_ns: int) -> tuple[list[int], list[int]]:
        """Return the tracks, and for each as bits with which others it is proven apart now: by one sensor that proves it of both.

        What has died since is left out: a track that began after it may follow its missile.
        """
        apart = np.zeros((len(self._tracks), len(self._tracks)), np.bool_)
        living = np.array([seen_ns == max(self._seen_ns) for seen_ns in self._seen_ns], np.bool_)
        for times_ns in self._times_ns.values():
            proven = times_ns[-1] >= now_ns - PROVEN_NS
            apart |= proven & proven.T & living[:, None] & living[None, :]
        linked = [sum(1 << other for other, is_apart in enumerate(row) if is_apart) for row in apart.tolist()]
        return self._tracks, linked


def largest_set(linked: list[int], members: int) -> int:
    """Return the size of the largest set of members (bits) that are all linked with each other, or of a smaller one after MOST_STEPS.

    Few pairs are not linked, so it branches on the member with fewest links: left out first, then kept without those it is not linked with.
    """
    best, steps = 0, 0
    open_ = [(members, 0)]  # who may still be kept, how many are kept
    while open_ and steps < MOST_STEPS:
        steps += 1
        left, size = open_.pop()
        count = left.bit_count()
        if size + count <= best:
            continue
        worst = min(_bits(left), key=lambda place: ((linked[place] & left).bit_count(), place))
        if (linked[worst] & left).bit_count() == count - 1:
            best = size + count
            continue
        open_.append((left & linked[worst], size + 1))
        open_.append((left & ~(1 << worst), size))
    return best


def _bits(members: int) -> list[int]:
    """Return the places of the bits that are set, lowest first."""
    return [place for place in range(members.bit_length()) if members >> place & 1]


def _near(one: Sight, other: Sight) -> bool:
    """True if two tracks are within REACH_M of each other."""
    x, y, z = (a - b for a, b in zip(one.pos_ecef_m, other.pos_ecef_m, strict=True))
    return x * x + y * y + z * z < REACH_M * REACH_M
