"""At most one update per track and interval: the memory that ``release`` does not have.

Intervals are counted in the track's own time, not in time of arrival: the same data thin to the same stream whatever the
load. A change of status passes at once, since it opens a mark of its own.
"""

from collections.abc import Mapping
from typing import Final

from tocsin.messages.release import Rule
from tocsin.messages.track import Track
from tocsin.units import s2ns

MARK_LIFE_NS: Final = 900 * 1_000_000_000  # 15 min: no missile within this coalition flies longer unseen; then the mark goes


def pace(marks: Mapping[str, int], rule: Rule, tracks: tuple[Track, ...]) -> tuple[Mapping[str, int], tuple[Track, ...]]:
    """Return new marks and the tracks that are due under the rule's interval.

    Args:
        marks: for each "track status" the time_ns last let through; start with an empty mapping. One mapping per rule.
        rule: its ``detail.interval_s`` and ``detail.kinds`` apply; kinds that may not leave make no mark.
        tracks: in the order in which they would be released.
    """
    interval_ns = s2ns(rule.detail.interval_s)
    if interval_ns <= 0 or not tracks:
        return marks, tracks
    newest_ns = max(track.time_ns for track in tracks)
    fresh = {key: time_ns for key, time_ns in marks.items() if newest_ns - time_ns <= MARK_LIFE_NS}
    due: list[Track] = []
    for track in tracks:
        key = f"{track.track} {track.status}"
        last_ns = fresh.get(key)
        if track.kind in rule.detail.kinds and (last_ns is None or track.time_ns - last_ns >= interval_ns):
            fresh[key] = track.time_ns
            due.append(track)
    return fresh, tuple(due)
