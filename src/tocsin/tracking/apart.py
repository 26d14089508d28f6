"""How many missiles there are at least: by the plots of one scan, which no track can have made up.

In a dense salvo tracks come and go, follow one missile and then the next, or run along beside two that are not resolved. But
one scan of one sensor gives each object one plot at most, so as many different plots as it had for ballistic tracks, so many
objects there were; merged plots only make it fewer. Objects far apart are counted place by place.
"""

import msgspec

from tocsin.messages.basics import Vec3

REACH_M = 100_000.0  # farther apart, two objects need no scan in common to be two


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """A confirmed ballistic track's plot: when, the track's number, the plot's number (unique in the tracker), the track's place."""

    time_ns: int
    track: int
    plot: int
    pos_ecef_m: Vec3


class SeenApart:
    """State over time: which tracks flew together, and the most plots that they had in one scan. Owned by one Tracker."""

    def __init__(self) -> None:
        self._group: dict[int, int] = {}  # track -> group
        self._most: dict[int, int] = {}  # group -> most plots of one scan
        self._recent: dict[str, list[Sight]] = {}  # sensor -> what it gave in the last half of its scan period
        self._known: frozenset[int] = frozenset()  # tracks of a scan that all had plots of their own: fewer of them say nothing new

    def note(self, sensor: str, half_period_ns: int, new: list[Sight]) -> None:
        """Take what a sensor gave to the confirmed ballistic tracks, all at once or, turning, plot by plot.

        Within half a turn no object is met twice, so these plots are as many objects.
        """
        if not new:
            return
        kept = [sight for sight in self._recent.get(sensor, []) if new[-1].time_ns - sight.time_ns <= half_period_ns]
        sights = self._recent[sensor] = kept + new
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
            group = self._join([sight.track for sight in cluster])
            self._most[group] = max(self._most[group], len({sight.plot for sight in cluster}))

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


def _near(one: Sight, other: Sight) -> bool:
    """True if two tracks are within REACH_M of each other."""
    x, y, z = (a - b for a, b in zip(one.pos_ecef_m, other.pos_ecef_m, strict=True))
    return x * x + y * y + z * z < REACH_M * REACH_M
