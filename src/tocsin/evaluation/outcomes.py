"""Launch events against true flights: which event is which missile's, and how right it was at each epoch. Files are not read here.

Two goes over the events: ``EventBook.note`` learns which tracks stand behind each, ``EventBook.take`` then picks for every
missile what was in force at burnout + 30, 60, 120 s and at last. Nothing is averaged here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import hypot
from typing import Final, Literal

from tocsin.adapters.formats.rows import EventRow, PointRow
from tocsin.adapters.formats.times import iso2ns
from tocsin.evaluation.consistency import ellipse_area_m2, offset_en_m, point_nees, ring_holds
from tocsin.evaluation.flights import TrueFlight, TruePoint, salvos
from tocsin.evaluation.score import TrackTale
from tocsin.units import DEG, NS_PER_S, seconds_between

What = Literal["launch", "impact"]

EPOCHS_S: Final = (30, 60, 120)  # after burnout
LAST: Final = "last"
EPOCHS: Final = (*(f"burnout + {epoch_s} s" for epoch_s in EPOCHS_S), LAST)
SETTLED_NS: Final = 10 * NS_PER_S  # after a manoeuvre; only then the landing itself is scored
SAID: Final = ("confirmed", "presumed-down", "observed", "closed")  # a suspicion is not yet a claim
CANCELLED: Final = "cancelled"
TRACE: Final = "thrust-ended-now"  # a basis that predicts nothing
ELLIPSE: Final = 0.95


@dataclass
class EventTale:
    """What one event was, over its life."""

    tracks: list[str] = field(default_factory=list)
    salvo: str = ""
    said: bool = False  # ever confirmed
    status: str = ""
    confirmed_ns: int | None = None
    last_ns: int = 0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one estimate of one missile turned out at one epoch. None: not given, or nothing to compare it with.

    ``nees``: squared distance in sigmas; ``lag_s``: estimated less true time. ``scored``: False for an impact whose flight
    manoeuvres at or after the epoch; ``footprint``: whether the ring held the true impact, where one was given.
    """

    flight: int
    epoch: str
    what: What
    given: bool
    scored: bool = True
    manoeuvres: bool = False  # the true flight still manoeuvres after the epoch
    error_m: float | None = None
    nees: float | None = None
    area_m2: float | None = None
    lag_s: float | None = None
    lag_sigmas: float | None = None
    footprint: bool | None = None


@dataclass(frozen=True, kw_only=True)
class SalvoOutcome:
    """How one reported salvo was counted. ``lines``: of its events; ``over``: those that claimed more than had been launched.

    ``missiles``: of all true salvos that it touches, so that how near two sites may be is no matter of taste, and a true salvo
    that is reported as two is counted wrong.
    """

    salvo: str
    missiles: int
    lines: int
    over: int
    at_least: int | None  # in the last line
    estimate: float | None


@dataclass
class _Held:
    """What is in force for one missile while events are read."""

    rows: dict[str, EventRow] = field(default_factory=dict)  # newest of each of its events
    due: list[int] = field(default_factory=list)  # times of epochs to come, latest first
    kept: dict[int, EventRow | None] = field(default_factory=dict)  # epoch time -> what was in force
    launch: tuple[PointRow, int] | None = None  # the last one given, and when
    impact: tuple[PointRow, int] | None = None
    classes: dict[str, float] = field(default_factory=dict)


class EventBook:
    """Reads events twice; memory grows with events, not with lines."""

    def __init__(self, flights: Sequence[TrueFlight]) -> None:
        self.tales: dict[str, EventTale] = {}
        self.matched: dict[str, int] = {}  # event -> index of the true object
        self._flights = tuple(flights)
        self._held: dict[int, _Held] = {}
        self._votes: dict[str, int] = {}
        self._groups = salvos(self._flights)
        self._group_of = {index: number for number, group in enumerate(self._groups) for index in group}
        self._touched: dict[str, list[int]] = {}  # reported salvo -> true salvos of the missiles in it
        self._counts: dict[str, tuple[int, int, int | None, float | None]] = {}

    def note(self, row: EventRow, time_ns: int) -> None:
        """First go: learn the tracks behind an event and what was said of it."""
        tale = self.tales.setdefault(str(row.event), EventTale())
        tale.salvo = _salvo_of(row)
        tale.tracks += [str(name) for name in row.tracks if str(name) not in tale.tracks]
        tale.status, tale.last_ns = row.status, time_ns
        if row.status in SAID and not tale.said:
            tale.said, tale.confirmed_ns = True, time_ns

    def match(self, tracks: Mapping[str, TrackTale]) -> None:
        """Match each event to the true object that its tracks were paired with longest. Call between the goes."""
        for name, tale in self.tales.items():
            votes: dict[int, int] = {}
            for track in tale.tracks:
                for index, seconds in tracks[track].votes.items() if track in tracks else ():
                    votes[index] = votes.get(index, 0) + seconds
            if votes:
                self.matched[name] = max(votes, key=lambda index: (votes[index], -index))
                self._votes[name] = votes[self.matched[name]]
        for name, index in self.matched.items():
            group = self._group_of.get(index)
            touched = self._touched.setdefault(self.tales[name].salvo, [])
            if group is not None and group not in touched:
                touched.append(group)
        for index in sorted(set(self.matched.values())):
            flight = self._flights[index]
            if flight.group == "missile":
                due = [] if flight.burnout_ns is None else [flight.burnout_ns + epoch_s * NS_PER_S for epoch_s in EPOCHS_S]
                self._held[index] = _Held(due=sorted((t for t in due if _in_flight(flight, t)), reverse=True))

    def take(self, row: EventRow, time_ns: int) -> None:
        """Second go: keep what is in force at each epoch."""
        name = str(row.event)
        index = self.matched.get(name)
        if index is None or index not in self._held:
            return
        held = self._held[index]
        while held.due and held.due[-1] < time_ns:
            held.kept[held.due.pop()] = self._in_force(held)
        held.rows[name] = row
        if row.status == CANCELLED:
            return
        if self._in_force(held) is row:
            held.launch = (row.launch, time_ns) if row.launch is not None else held.launch
            if row.impact is not None and row.impact.basis != TRACE:
                held.impact = (row.impact, time_ns)
            held.classes = row.classes or held.classes
        self._count(row, time_ns)

    def outcomes(self) -> list[Outcome]:
        """Return how every estimate turned out, for every missile with an event or without."""
        found: list[Outcome] = []
        for index, flight in enumerate(self._flights):
            if flight.group != "missile":
                continue
            held = self._held.get(index, _Held())
            for epoch_s, label in zip(EPOCHS_S, EPOCHS, strict=False):
                if flight.burnout_ns is None or not _in_flight(flight, flight.burnout_ns + epoch_s * NS_PER_S):
                    continue
                when = flight.burnout_ns + epoch_s * NS_PER_S
                row = held.kept[when] if when in held.kept else self._in_force(held)
                launch = None if row is None else row.launch
                impact = None if row is None or row.impact is None or row.impact.basis == TRACE else row.impact
                found += [_launch_outcome(index, flight, label, launch), _impact_outcome(index, flight, label, impact, when)]
            last_launch, last_impact = held.launch, held.impact
            found.append(_launch_outcome(index, flight, LAST, last_launch[0] if last_launch else None))
            found.append(
                _impact_outcome(index, flight, LAST, last_impact[0] if last_impact else None, last_impact[1] if last_impact else None)
            )
        return found

    def classes(self) -> list[tuple[str, str, float]]:
        """Return (true class, most probable class, probability given to the true one) of each missile, as last said."""
        found = []
        for index, held in sorted(self._held.items()):
            true = self._flights[index].missile_class
            if true is not None and held.classes:
                said = max(held.classes, key=lambda name: (held.classes[name], name))
                found.append((true, said, held.classes.get(true, 0.0)))
        return found

    def salvos(self) -> list[SalvoOutcome]:
        """Return how each reported salvo that holds a missile was counted."""
        return [
            SalvoOutcome(
                salvo=salvo,
                missiles=sum(len(self._groups[group]) for group in self._touched[salvo]),
                lines=lines,
                over=over,
                at_least=at_least,
                estimate=estimate,
            )
            for salvo, (lines, over, at_least, estimate) in self._counts.items()
        ]

    def _in_force(self, held: _Held) -> EventRow | None:
        """Return the newest line of the missile's event: the one whose tracks followed it longest and that is not cancelled."""
        standing = [name for name, row in held.rows.items() if row.status != CANCELLED]
        return held.rows[max(standing, key=lambda name: (self._votes[name], name))] if standing else None

    def _count(self, row: EventRow, time_ns: int) -> None:
        """Compare the count a line claims with the missiles launched by then."""
        salvo = _salvo_of(row)
        groups = self._touched.get(salvo)
        if not groups or row.missiles_at_least is None:
            return
        launched = sum(_launched(self._flights[member], time_ns) for group in groups for member in self._groups[group])
        lines, over, _, _ = self._counts.get(salvo, (0, 0, None, None))
        self._counts[salvo] = (lines + 1, over + (row.missiles_at_least > launched), row.missiles_at_least, row.missiles_estimate)


def _salvo_of(row: EventRow) -> str:
    """Return the salvo a line belongs to: its own name where it names none."""
    return str(row.event if row.salvo is None else row.salvo)


def _launched(flight: TrueFlight, time_ns: int) -> bool:
    return flight.first_ns is not None and flight.first_ns <= time_ns


def _in_flight(flight: TrueFlight, time_ns: int) -> bool:
    """Return whether the missile had not come down yet."""
    end_ns = flight.impact.time_ns if flight.impact is not None else None
    if end_ns is None:
        end_ns = int(flight.times_ns[-1]) if flight.times_ns.size else None
    return end_ns is not None and time_ns < end_ns


def _launch_outcome(index: int, flight: TrueFlight, epoch: str, launch: PointRow | None) -> Outcome:
    bare = Outcome(flight=index, epoch=epoch, what="launch", given=launch is not None)
    return _compared(bare, launch, flight.launch)


def _impact_outcome(index: int, flight: TrueFlight, epoch: str, impact: PointRow | None, when_ns: int | None) -> Outcome:
    """Return an impact's outcome; one given before the end of a manoeuvre is scored by its footprint only."""
    manoeuvres, scored = False, True
    if flight.manoeuvre_ns is not None and when_ns is not None:
        manoeuvres = when_ns < flight.manoeuvre_ns[1]
        scored = when_ns >= flight.manoeuvre_ns[1] + SETTLED_NS
    footprint: bool | None = None
    if impact is not None and impact.manoeuvre_footprint is not None and flight.impact is not None:
        footprint = ring_holds(impact.manoeuvre_footprint, flight.impact.lat_rad / DEG, flight.impact.lon_rad / DEG)
    bare = Outcome(
        flight=index, epoch=epoch, what="impact", given=impact is not None, scored=scored, manoeuvres=manoeuvres, footprint=footprint
    )
    return _compared(bare, impact, flight.impact)


def _compared(bare: Outcome, point: PointRow | None, truth: TruePoint | None) -> Outcome:
    """Return the outcome with error, normalised error, area and time lag, as far as estimate and truth tell."""
    if point is None or truth is None or point.lat_deg is None or point.lon_deg is None:
        return bare
    offset = offset_en_m(point.lat_deg * DEG, point.lon_deg * DEG, truth.lat_rad, truth.lon_rad)
    cov, sigma_s = point.cov_en_m2, point.time_sigma_s
    lag_s = seconds_between(iso2ns(point.time), truth.time_ns) if point.time is not None and truth.time_ns is not None else None
    return replace(
        bare,
        error_m=hypot(*offset),
        nees=None if cov is None else point_nees(offset, cov),
        area_m2=None if cov is None else ellipse_area_m2(cov, ELLIPSE),
        lag_s=lag_s,
        lag_sigmas=lag_s / sigma_s if lag_s is not None and sigma_s else None,
    )
