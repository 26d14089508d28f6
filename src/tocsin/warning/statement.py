"""What a nation can tell the press, as figures: from its own events, and apart from them what only partners saw. No words here.

Every figure is rounded as published ones are, so two facts differ only where a reader would see it. A statement exists at any
moment: ``facts_at`` makes it from the events so far. Whether anybody publishes it is a person's act, somewhere else.
"""

from collections.abc import Sequence
from math import cos, hypot, sin, sqrt
from typing import Final, Literal

import msgspec

from tocsin.assessment.traced import BEHIND, BEHIND_SIGMA, Traced, trace_back
from tocsin.geography.waters import waters_of
from tocsin.kernels.geodesy import ground_bearing_rad, ground_distance_m
from tocsin.messages.basics import Nation, World
from tocsin.messages.coalition import NationSpec
from tocsin.messages.event import ImpactEstimate, LaunchEvent
from tocsin.messages.report import Bound
from tocsin.units import DEG, KM, NS_PER_S

CLASS_P: Final = 0.9  # below it a statement says "ballistic missile" only
SURE_P: Final = 0.95  # "outside" from here; "inside" from its complement
NEAR_M: Final = 30.0 * KM  # an impact known so well (1 sigma) and still in doubt is near the limit: ten times the limit's own error
MINUTE_NS: Final = 60 * NS_PER_S  # national reports give launch times to the minute
MINUTE_SIGMA_S: Final = 30.0  # half of it: a launch time known worse is not told
APOGEE_M: Final = 10.0 * KM  # national reports of 2016-2026 give apogees as 50, 60, 100, 550 km,
RANGE_M: Final = 10.0 * KM  # distances of a sharp measurement as 360, 590 km,
COARSE_M: Final = 50.0 * KM  # of others as 350, 400, 650 km,
HIGH_M: Final = 1_000.0 * KM  # and from here on
HIGH_STEP_M: Final = 100.0 * KM  # as 2,700, 4,600, 5,700 km
STEP_SIGMAS: Final = 2.0  # a figure is rounded to no less than so many of its sigmas: the digit that is told is known
TRACE_SIGMAS: Final = 3.0  # a path so long against its ellipse has a direction
HELD_NS: Final = 30 * NS_PER_S  # a class that young is not told: ministries' first notices say "possible", and early classes change
SEA_P: Final = 0.5  # waters are named where it comes down at sea rather than on land
MERGED: Final = ("the same missile as", "a separated part of")  # remarks of events that ended in another one: nothing to take back
SPACE: Final = "SLV"
UNKNOWN: Final = "unknown"
ONE_SITE_M: Final = 50.0 * KM  # launchers of one site disperse by 30 km (assessment.salvo), and estimates err
COMPASS: Final = ("n", "ne", "e", "se", "s", "sw", "w", "nw")

State = Literal["in-flight", "down", "observed"]
"""``down``: past its predicted time, or presumed down. Only ``observed`` was detected at the end of its fall."""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A length as it is told: a multiple of its step, and whether it is a bound."""

    km: int
    step_km: int
    bound: Bound = "about"


class FlightFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One missile. ``time_ns`` is a whole minute: of the launch, or of the first detection where that is all there is."""

    event: str
    suspected: bool  # not confirmed, or still flying and its class not yet known for HELD_NS
    state: State
    past_apogee: bool
    space: bool  # a space launch by its flight profile
    time_ns: int
    time_basis: Literal["launch", "traced", "detected"]
    missile_class: str  # "" below CLASS_P, and while suspected
    compass: str  # one of COMPASS, "" unknown
    waters: str  # key of geography.waters, "" unknown or land
    apogee: Figure | None
    range: Figure | None
    impact: Literal["none", "burning", "predicted", "observed"]


class EezFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Inside or outside one nation's EEZ, for all flights of a group together. ``basis`` is what that rests on."""

    nation: Nation
    verdict: Literal["outside", "inside", "near-limit", "uncertain", "not-established"]
    flights: int
    inside: int
    outside_percent: int | None  # least of all, in tens, where in doubt
    basis: Literal["predicted", "observed", ""]
    in_flight: bool


class GroupFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Flights of one picture, in order of first detection. ``at_least`` counts the missiles that are more than suspected in the picture."""

    at_least: int
    never_confirmed: int
    flights: tuple[FlightFacts, ...]
    place_tenths_deg: tuple[int, int] | None  # launch point (latitude, longitude), None unknown or where sites differ
    eez: EezFacts | None  # None without flights, or where nobody asks


class Withdrawn(msgspec.Struct, frozen=True, kw_only=True):
    """A launch that was confirmed and then taken back as an error."""

    event: str
    time_ns: int  # whole minute of its first detection
    reason: str


class StatementFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All that one nation's statement says. ``partners``: who shared what ``joint`` holds beyond ``own``; None where nothing is."""

    nation: Nation
    world: World
    clock: str
    clock_ahead_s: float
    own: GroupFacts
    joint: GroupFacts | None
    partners: tuple[Nation, ...]
    withdrawn: tuple[Withdrawn, ...]
    eez_nation: Nation


def facts_at(
    own: Sequence[LaunchEvent], joint: Sequence[LaunchEvent], now_ns: int, spec: NationSpec, *, world: World, eez_nation: Nation
) -> StatementFacts:
    """Return what a nation can say at a time.

    own, joint: all revisions of the events of its two pictures, in order; later ones than ``now_ns`` are not looked at.
    eez_nation: whose EEZ the public asks about, "" for none.
    """
    own_past = [event for event in own if event.time_ns <= now_ns]
    joint_past = [event for event in joint if event.time_ns <= now_ns]
    alone, together = _group(own_past, now_ns, eez_nation), _group(joint_past, now_ns, eez_nation)
    more = together.at_least > alone.at_least or len(_spaces(together)) > len(_spaces(alone))
    partners = {nation for event in joint_past for nation in event.detected_by if nation != spec.nation} if more else set()
    return StatementFacts(
        nation=spec.nation,
        world=world,
        clock=spec.clock,
        clock_ahead_s=spec.clock_ahead_s,
        own=alone,
        joint=together if more else None,
        partners=tuple(sorted(partners)),
        withdrawn=_withdrawn(own_past),
        eez_nation=eez_nation,
    )


def figure_of(value_m: float, sigma_m: float | None, finest_m: float, bound: Bound = "about") -> Figure | None:
    """Return a length rounded to the finest published step that its sigma allows, halves up; None where even the coarsest is too fine.

    A lower bound is rounded down. Without a sigma the step is the coarse one.
    """
    steps = (HIGH_STEP_M,) if value_m >= HIGH_M else (finest_m, COARSE_M)
    step_m = steps[-1] if sigma_m is None else next((step for step in steps if STEP_SIGMAS * sigma_m <= step), 0.0)
    if step_m <= 0.0:
        return None
    return Figure(km=round_km(value_m, step_m, down=bound == "at-least"), step_km=round(step_m / KM), bound=bound)


def round_km(value_m: float, step_m: float, *, down: bool = False) -> int:
    """Return kilometres rounded to a step, halves up, or down to it."""
    return round(step_m * int(value_m / step_m + (0.0 if down else 0.5)) / KM)


# --- one picture ------------------------------------------------------------------------------------------------------


def _group(events: Sequence[LaunchEvent], now_ns: int, eez_nation: Nation) -> GroupFacts:
    kept = _standing(events)
    missiles = [r[-1] for r in kept.values() if not _is_space(r[-1])]
    at_least = 0
    for salvo in dict.fromkeys(event.salvo for event in missiles):
        members = [event for event in missiles if event.salvo == salvo]
        latest = max(members, key=lambda event: event.time_ns)
        at_least += min(len(members), max(1, latest.missiles_at_least))
    never = sum(r[-1].status == "suspected" and not _confirmed(r) for r in _revisions(events).values())
    return GroupFacts(
        at_least=at_least,
        never_confirmed=never,
        flights=tuple(_flight(r, now_ns) for r in kept.values()),
        place_tenths_deg=_one_site(missiles),
        eez=_eez(missiles, now_ns, eez_nation),
    )


def _standing(events: Sequence[LaunchEvent]) -> dict[str, list[LaunchEvent]]:
    """Return the revisions of each event that was confirmed and that stands, or was a space launch; in order of first detection."""
    revisions = _revisions(events)
    kept = {name: r for name, r in revisions.items() if _confirmed(r) and (r[-1].status != "cancelled" or _is_space(r[-1]))}
    return dict(sorted(kept.items(), key=lambda pair: (pair[1][-1].first_detection_ns, pair[0])))


def _one_site(events: list[LaunchEvent]) -> tuple[int, int] | None:
    """Return the first known launch point if all known ones are those of one site."""
    launches = [event.launch for event in events if event.launch is not None]
    if not launches:
        return None
    first = launches[0]
    apart_m = max(ground_distance_m(first.lat_rad, first.lon_rad, launch.lat_rad, launch.lon_rad) for launch in launches)
    return (_tenths(first.lat_rad), _tenths(first.lon_rad)) if apart_m <= ONE_SITE_M else None


def _revisions(events: Sequence[LaunchEvent]) -> dict[str, list[LaunchEvent]]:
    revisions: dict[str, list[LaunchEvent]] = {}
    for event in events:
        revisions.setdefault(event.event, []).append(event)
    return revisions


def _confirmed(revisions: list[LaunchEvent]) -> bool:
    return any(event.status not in ("suspected", "cancelled") for event in revisions)


def _is_space(event: LaunchEvent) -> bool:
    return dict(event.classes).get(SPACE, 0.0) >= CLASS_P


def _spaces(group: GroupFacts) -> list[FlightFacts]:
    return [flight for flight in group.flights if flight.space]


def _withdrawn(events: Sequence[LaunchEvent]) -> tuple[Withdrawn, ...]:
    return tuple(
        Withdrawn(event=name, time_ns=_minute(r[-1].first_detection_ns), reason=r[-1].remark)
        for name, r in _revisions(events).items()
        if r[-1].status == "cancelled" and _confirmed(r) and not _is_space(r[-1]) and not r[-1].remark.startswith(MERGED)
    )


# --- one flight -------------------------------------------------------------------------------------------------------


def _flight(revisions: list[LaunchEvent], now_ns: int) -> FlightFacts:
    event = revisions[-1]
    traced = None if event.launch is not None else _traced(revisions)
    state = _state(event, now_ns)
    top, p = max(event.classes, key=lambda pair: pair[1], default=(UNKNOWN, 1.0))
    time_ns, basis = _launch_time(event, traced)
    space = _is_space(event)
    apogee, span = _figures(event, traced, state)
    suspected = event.status == "suspected" or (state == "in-flight" and not _class_held(revisions, now_ns))
    return FlightFacts(
        event=event.event,
        suspected=suspected,
        state=state,
        past_apogee=state != "in-flight" or _descends(event),
        space=space,
        time_ns=_minute(time_ns),
        time_basis=basis,
        missile_class=top if p >= CLASS_P and top != UNKNOWN and not suspected else "",
        compass=_compass(event, traced),
        waters="" if space else _waters(event),
        apogee=apogee,
        range=span,
        impact=_impact(event),
    )


def _traced(revisions: list[LaunchEvent]) -> Traced | None:
    """Trace back the path of the revision whose impact was known best while it was still high; the path's error joins the burn's."""
    predicted = (event for event in revisions if event.impact is not None and event.impact.basis == "predicted")
    for event in sorted(predicted, key=_spread_m):
        if STEP_SIGMAS * _spread_m(event) > COARSE_M:
            return None
        traced = trace_back(event.path)
        if traced is not None and event.impact is not None:
            sigma_s = hypot(traced.time_sigma_s, event.impact.time_sigma_s)
            return msgspec.structs.replace(traced, time_sigma_s=sigma_s)
    return None


def _class_held(revisions: list[LaunchEvent], now_ns: int) -> bool:
    """True if some class has been the likeliest in every revision for HELD_NS."""
    since_ns = now_ns
    for event in reversed(revisions):
        if max(event.classes, key=lambda pair: pair[1], default=(UNKNOWN, 1.0))[0] == UNKNOWN:
            break
        since_ns = event.time_ns
    return now_ns - since_ns >= HELD_NS


def _spread_m(event: LaunchEvent) -> float:
    return 0.0 if event.impact is None else largest_sigma_m(event.impact)


def largest_sigma_m(impact: ImpactEstimate) -> float:
    """Return the 1-sigma of an impact along the longer axis of its ellipse."""
    ee, en, nn = impact.cov_en_m2
    return sqrt(max(0.0, 0.5 * (ee + nn) + sqrt(max(0.0, 0.25 * (ee - nn) * (ee - nn) + en * en))))


def _state(event: LaunchEvent, now_ns: int) -> State:
    if event.status == "observed" or (event.impact is not None and event.impact.basis == "observed"):
        return "observed"
    ended = event.status in ("presumed-down", "closed", "cancelled")
    due = event.impact is not None and event.impact.basis == "predicted" and event.impact.time_ns <= now_ns
    return "down" if ended or due else "in-flight"


def _descends(event: LaunchEvent) -> bool:
    return len(event.path) > 1 and event.path[1].alt_m < event.path[0].alt_m


def _impact(event: LaunchEvent) -> Literal["none", "burning", "predicted", "observed"]:
    if event.impact is None:
        return "none"
    return "burning" if event.impact.basis == "thrust-ended-now" else event.impact.basis


def _launch_time(event: LaunchEvent, traced: Traced | None) -> tuple[int, Literal["launch", "traced", "detected"]]:
    if event.launch is not None and event.launch.time_sigma_s <= MINUTE_SIGMA_S:
        return event.launch.time_ns, "launch"
    if traced is not None and traced.time_sigma_s <= MINUTE_SIGMA_S:
        return traced.time_ns, "traced"
    return event.first_detection_ns, "detected"


def _figures(event: LaunchEvent, traced: Traced | None, state: State) -> tuple[Figure | None, Figure | None]:
    """Return (apogee, ground range); of a flight that was lost under thrust what it reached at least."""
    if event.impact is not None and event.impact.basis == "thrust-ended-now":
        if state == "in-flight" or not event.path:
            return None, None
        last = event.path[0]
        apogee = figure_of(last.alt_m, 0.0, APOGEE_M, "at-least")
        if event.launch is None:
            return apogee, None
        flown_m = ground_distance_m(event.launch.lat_rad, event.launch.lon_rad, last.lat_rad, last.lon_rad)
        return apogee, figure_of(float(flown_m), None, RANGE_M, "at-least")
    apogee = None if event.apogee_m is None else figure_of(event.apogee_m, event.apogee_sigma_m, APOGEE_M)
    if event.range_m is not None:
        return apogee, figure_of(event.range_m, event.range_sigma_m, RANGE_M)
    if traced is None or event.impact is None:
        return apogee, None
    arc_m = float(ground_distance_m(traced.lat_rad, traced.lon_rad, event.impact.lat_rad, event.impact.lon_rad))
    sigma_m = sqrt(BEHIND_SIGMA * BEHIND_SIGMA * arc_m * arc_m + 2.0 * _along_m2(event.impact, traced))
    return apogee, figure_of((1.0 - BEHIND) * arc_m, sigma_m, COARSE_M)


def _along_m2(impact: ImpactEstimate, traced: Traced) -> float:
    """Return the variance of an impact along the arc; the other end of the same arc has about the same."""
    bearing = ground_bearing_rad(traced.lat_rad, traced.lon_rad, impact.lat_rad, impact.lon_rad)
    ee, en, nn = impact.cov_en_m2
    east, north = sin(bearing), cos(bearing)
    return ee * east * east + 2.0 * en * east * north + nn * north * north


def _compass(event: LaunchEvent, traced: Traced | None) -> str:
    """Return the direction of flight from launch to impact, or along what is known of the path."""
    if event.impact is None:
        return ""
    start: tuple[float, float] | None = None
    if event.launch is not None:
        start = event.launch.lat_rad, event.launch.lon_rad
    elif traced is not None:
        start = traced.lat_rad, traced.lon_rad
    elif event.path:
        start = event.path[0].lat_rad, event.path[0].lon_rad
    if start is None:
        return ""
    if ground_distance_m(*start, event.impact.lat_rad, event.impact.lon_rad) < TRACE_SIGMAS * largest_sigma_m(event.impact):
        return ""
    return compass_of(ground_bearing_rad(*start, event.impact.lat_rad, event.impact.lon_rad))


def compass_of(bearing_rad: float) -> str:
    """Return the nearest of the eight directions of the compass."""
    return COMPASS[int(bearing_rad / (45.0 * DEG) + 0.5) % len(COMPASS)]


def _waters(event: LaunchEvent) -> str:
    land = sum(p for label, p in event.zones if label.startswith("land:"))
    if event.impact is None or event.impact.basis == "thrust-ended-now" or not event.zones or land >= SEA_P:
        return ""
    return waters_of(event.impact.lat_rad, event.impact.lon_rad)


# --- the EEZ ----------------------------------------------------------------------------------------------------------


def _eez(events: list[LaunchEvent], now_ns: int, nation: Nation) -> EezFacts | None:
    if not nation or not events:
        return None
    answers = [dict(event.p_outside_eez).get(nation) for event in events]
    known = [p for p in answers if p is not None]
    least = min(known, default=None)
    doubtful = [event for event, p in zip(events, answers, strict=True) if p is not None and 1.0 - SURE_P < p < SURE_P]
    inside = sum(p <= 1.0 - SURE_P for p in known)
    verdict: Literal["outside", "inside", "near-limit", "uncertain", "not-established"]
    if inside:
        verdict = "inside"
    elif least is None or len(known) < len(answers):
        verdict = "not-established"
    elif not doubtful:
        verdict = "outside"
    else:
        verdict = "near-limit" if all(_spread_m(event) <= NEAR_M for event in doubtful) else "uncertain"
    observed = all(event.impact is not None and event.impact.basis == "observed" for event in events)
    return EezFacts(
        nation=nation,
        verdict=verdict,
        flights=len(events),
        inside=inside,
        outside_percent=_tens(least) if verdict in ("near-limit", "uncertain") and least is not None else None,
        basis="" if not known else "observed" if observed else "predicted",
        in_flight=any(_state(event, now_ns) == "in-flight" for event in events),
    )


def _tens(p: float) -> int:
    """Return a probability in doubt in tens of a per cent, never 0 or 100."""
    return min(90, max(10, 10 * int(10.0 * p + 0.5)))


def _minute(time_ns: int) -> int:
    return MINUTE_NS * ((time_ns + MINUTE_NS // 2) // MINUTE_NS)


def _tenths(angle_rad: float) -> int:
    return round(10.0 * angle_rad / DEG)
