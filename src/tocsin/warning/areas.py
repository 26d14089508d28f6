"""Which areas a warning names: wanted by probability, widened at once, let go late. Pure functions; words are in ``texts``.

Land and overflight come from the event's own area probabilities, waters from its zone probabilities, rings from its impact
and path. Only a predicted impact counts, and only news that is not stale adds anything. Land of nations that nobody here
answers for (the launching state's) is reported by the event and never named. An EEZ answer names waters, never land.
"""

from dataclasses import dataclass, replace
from typing import Final, Literal

import msgspec

from tocsin.messages.basics import Nation
from tocsin.messages.event import LaunchEvent, Overflight
from tocsin.messages.warning import WarnedArea
from tocsin.units import s2ns
from tocsin.warning import rings
from tocsin.warning.places import Places
from tocsin.warning.rings import Shape
from tocsin.warning.rules import stale
from tocsin.warning.thresholds import Level, ThresholdBook

Kind = Literal["land", "overflight", "sea", "air"]
Key = tuple[Kind, str]

TIME_SIGMAS: Final = 3.0  # around the predicted time: as for "presumed down"
RING_P: Final = 0.99  # what a ring promises to hold
CORRIDOR: Final = "corridor"  # the area's name of the air ring: no zone answers for what is below a path
RING_SHRINK: Final = 0.5  # a ring is drawn smaller when half of it would do
REST_P: Final = 1.0e-6  # land that is in no area, up to this, is rounding
ORDER: Final = ("land", "overflight", "sea", "air")


@dataclass(frozen=True, slots=True)
class Held:
    """One named area; ``clear_since_ns``: since when nothing keeps it, ``small_since_ns``: since when half its ring would do."""

    area: WarnedArea
    why: str  # the rule and the limit that it reached
    clear_since_ns: int | None = None
    small_since_ns: int | None = None
    shape: Shape | None = None  # what the ring was drawn for


@dataclass(frozen=True, slots=True)
class Wanted:
    """One area that the event speaks of, with what keeps it: named from now on, or at least not let go."""

    kind: Kind
    area: str
    nation: Nation
    p: float
    from_ns: int
    to_ns: int
    named: bool  # it reached a limit
    why: str


def revise(
    held: tuple[Held, ...], event: LaunchEvent, book: ThresholdBook, answers_for: tuple[Nation, ...], places: Places, now_ns: int
) -> tuple[Held, ...]:
    """Return the named areas after one event revision, sorted by kind and area.

    held: areas named so far. answers_for: nations whose land may be named, the desk's own first. Stale events keep areas and
    add none; a clear time begins only with news that is not stale. Nothing is dropped here but what was clear for its hold time.
    """
    kept: dict[Key, Held] = {(h.area.kind, h.area.area): h for h in held}
    fresh = not stale(event)
    seen: list[Key] = []
    for want in _wanted(event, book, answers_for, places):
        key = (want.kind, want.area)
        seen.append(key)
        old = kept.get(key)
        if old is not None:
            area = msgspec.structs.replace(old.area, p=want.p, from_ns=want.from_ns, to_ns=want.to_ns) if fresh else old.area
            kept[key] = _with_ring(replace(old, area=area, clear_since_ns=None), event, book, now_ns)
        elif want.named and fresh:
            area = WarnedArea(
                kind=want.kind, area=want.area, nation=want.nation, p=want.p, from_ns=want.from_ns, to_ns=want.to_ns, since_ns=now_ns
            )
            kept[key] = _with_ring(Held(area, want.why), event, book, now_ns)
    if fresh and _answers(event):
        for key, entry in kept.items():
            if key not in seen and entry.clear_since_ns is None:
                kept[key] = replace(entry, clear_since_ns=now_ns)
    return _sorted(tuple(kept.values()))


def let_go(held: tuple[Held, ...], book: ThresholdBook, now_ns: int) -> tuple[Held, ...]:
    """Return the areas without those that have been clear for their hold time."""
    return tuple(h for h in held if h.clear_since_ns is None or now_ns < h.clear_since_ns + level_of(h.area, book).hold_ns)


def next_let_go_ns(held: tuple[Held, ...], book: ThresholdBook) -> int | None:
    """Return when the first area may be let go, None if nothing waits for it."""
    due = [h.clear_since_ns + level_of(h.area, book).hold_ns for h in held if h.clear_since_ns is not None]
    return min(due) if due else None


def level_of(area: WarnedArea, book: ThresholdBook) -> Level:
    """Return the limits that an area is held by."""
    own = book.of(area.nation)
    return own.land if area.kind == "land" else own.overflight if area.kind == "overflight" else own.sea_air


def beyond(crossing: Overflight, event: LaunchEvent) -> bool:
    """Return whether a detection, not a prediction, lies beyond the area."""
    return crossing.passed_ns is not None and crossing.passed_ns <= event.last_detection_ns


def land_of(held: tuple[Held, ...]) -> tuple[Nation, ...]:
    """Return the nations whose land is named, sorted."""
    return tuple(sorted({h.area.nation for h in held if h.area.kind == "land"}))


def _answers(event: LaunchEvent) -> bool:
    """True if the event says something about where it comes down; silence clears nothing."""
    return event.impact is not None and event.impact.basis != "thrust-ended-now" and bool(event.p_land or event.areas or event.zones)


def _wanted(event: LaunchEvent, book: ThresholdBook, answers_for: tuple[Nation, ...], places: Places) -> list[Wanted]:
    """Return all areas that the event names or keeps."""
    if not _answers(event):
        return []
    out: list[Wanted] = []
    for nation in answers_for:
        out.extend(_land(event, nation, book.of(nation).land, places))
        out.extend(_overflown(event, nation, book.of(nation).overflight))
    own = answers_for[0]
    out.extend(_waters(event, book, own))
    out.extend(_corridor(event))
    return out


def _land(event: LaunchEvent, nation: Nation, level: Level, places: Places) -> list[Wanted]:
    """Return a nation's land areas: the most probable ones, until the rest together stays below the limit; and their neighbours."""
    shares = _land_shares(event, nation, places)
    lower = level.clear_p / level.raise_p
    named = _reached(shares, level.raise_p, level.neighbour_p, places)
    kept = _reached(shares, level.clear_p, level.neighbour_p * lower, places)
    times = _impact_times(event)
    return [
        Wanted("land", code, nation, min(1.0, p), *times, code in named, named.get(code, ""))
        for code, p in shares
        if code in kept or code in named
    ]


def _land_shares(event: LaunchEvent, nation: Nation, places: Places) -> list[tuple[str, float]]:
    """Return (area, probability) on one nation's land, most probable first; land that is in no area stands as "land:XXX"."""
    shares = [(code, p) for code, p in event.areas if p > 0.0 and places.nation(code) == nation]
    rest = dict(event.p_land).get(nation, 0.0) - sum(p for _, p in shares)
    if rest > REST_P:
        shares.append((f"land:{nation}", rest))
    return sorted(shares, key=lambda share: (-share[1], share[0]))


def _reached(shares: list[tuple[str, float]], limit_p: float, neighbour_p: float, places: Places) -> dict[str, str]:
    """Return area -> the rule by which it is named, for limits of one level."""
    out: dict[str, str] = {}
    left = sum(p for _, p in shares)
    for code, p in shares:
        if left < limit_p:
            break
        left -= p
        rule = "reached" if p >= limit_p else "with others that are not named reaches"
        out[code] = f"{rule} {limit_p:g}"
    seeds = tuple(code for code in out if ":" not in code)  # land that is in no area has no neighbours
    for code, p in shares:
        beside = next((seed for seed in seeds if code not in out and p >= neighbour_p and code in places.neighbours(seed)), None)
        if beside is not None:
            out[code] = f"beside {beside}, reached {neighbour_p:g}"
    return out


def _overflown(event: LaunchEvent, nation: Nation, level: Level) -> list[Wanted]:
    """Return a nation's areas below the track; one that a detection lies beyond is neither named nor kept."""
    return [
        Wanted("overflight", o.area, nation, o.p, o.from_ns, o.to_ns, o.p >= level.raise_p, f"reached {level.raise_p:g}")
        for o in event.overflights
        if o.nation == nation and o.p >= level.clear_p and not beyond(o, event)
    ]


def _waters(event: LaunchEvent, book: ThresholdBook, own: Nation) -> list[Wanted]:
    """Return the waters it may come down in: a nation's (from its coast to the limit of its EEZ), and those of nobody."""
    shares: dict[str, float] = {}
    for label, p in event.zones:
        band, _, nation = label.partition(":")
        if band != "land":
            name = f"eez:{nation}" if nation else label
            shares[name] = shares.get(name, 0.0) + p
    times = _impact_times(event)
    out: list[Wanted] = []
    for name in sorted(shares):
        nation = name.partition(":")[2]
        level = book.of(nation or own).sea_air
        if shares[name] >= level.clear_p:
            reached = shares[name] >= level.raise_p
            out.append(Wanted("sea", name, nation, min(1.0, shares[name]), *times, reached, f"reached {level.raise_p:g}"))
    return out


def _corridor(event: LaunchEvent) -> list[Wanted]:
    """Return the airspace below the path, from the path's first time to the latest impact."""
    from_ns, to_ns = _impact_times(event)
    if event.path:
        from_ns = min(from_ns, event.path[0].time_ns)
    return [Wanted("air", CORRIDOR, "", RING_P, from_ns, to_ns, named=True, why="a predicted path")]


def _impact_times(event: LaunchEvent) -> tuple[int, int]:
    """Return the earliest and latest time of the impact, UTC ns."""
    if event.impact is None:
        return 0, 0
    slack_ns = s2ns(TIME_SIGMAS * event.impact.time_sigma_s)
    return event.impact.time_ns - slack_ns, event.impact.time_ns + slack_ns


def _with_ring(entry: Held, event: LaunchEvent, book: ThresholdBook, now_ns: int) -> Held:
    """Draw a ring anew: at once where it must grow, after the hold time where half would do; never from stale news."""
    impact, kind, old = event.impact, entry.area.kind, entry.shape
    if impact is None or kind not in ("sea", "air") or (old is not None and stale(event)):
        return entry
    new = rings.shape_of(impact, event.path)
    if old is not None and rings.fits(impact, old):
        size = rings.contour_area_m2(new) / rings.contour_area_m2(old)
        if kind == "air" and old.path_ns > 0:
            size = min(1.0, max(size, new.path_ns / old.path_ns))
        if size >= RING_SHRINK:
            return entry if entry.small_since_ns is None else replace(entry, small_since_ns=None)
        since_ns = now_ns if entry.small_since_ns is None else entry.small_since_ns
        if now_ns - since_ns < level_of(entry.area, book).hold_ns:
            return replace(entry, small_since_ns=since_ns)
    ring = rings.sea_ring(impact, new) if kind == "sea" else rings.air_ring(impact, event.path, new)
    return replace(entry, area=msgspec.structs.replace(entry.area, ring=ring), small_since_ns=None, shape=new)


def _sorted(held: tuple[Held, ...]) -> tuple[Held, ...]:
    return tuple(sorted(held, key=lambda h: (ORDER.index(h.area.kind), h.area.area)))
