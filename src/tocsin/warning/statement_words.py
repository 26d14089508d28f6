"""A statement's words, from its facts and a table of phrases. Another language is another ``Phrases``; nothing is measured or decided here.

Whole sentences stand in the table, with named places for what varies, so that a language may order them as it likes. The
world's mark stands first and last in every text that is not live.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from tocsin.geography.zones import NOTICE
from tocsin.messages.basics import Nation
from tocsin.messages.coalition import NationSpec
from tocsin.units import NS_PER_S
from tocsin.warning.statement import EezFacts, Figure, FlightFacts, GroupFacts, StatementFacts
from tocsin.warning.texts import MARKS


class Phrases(msgspec.Struct, frozen=True, kw_only=True):
    """One language. ``text``: sentences and parts of them by key; ``classes``: (one, many) by class, "" for any ballistic missile."""

    text: dict[str, str]
    classes: dict[str, tuple[str, str]]
    compass: dict[str, str]
    waters: dict[str, str]
    numbers: tuple[str, ...]
    ordinals: tuple[str, ...]


ENGLISH: Final = Phrases(
    text={
        "head": "{name}, {ministry}",
        "opening": "At least {number} {what}, {when}{place}{heading}.",
        "suspected": "suspected {what}",
        "when.launch": "launched at about {times} {clock}",
        "when.traced": "launched at about {times} {clock} (traced back along the path)",
        "when.before": "launched before about {times} {clock}",
        "when.detected": "detected at about {times} {clock}",
        "place": " from near {place}",
        "heading": ", towards the {compass}",
        "heading.waters": ", towards the {compass} and {waters}",
        "flight.the": "The missile",
        "flight.nth": "The {ordinal}",
        "flight.none": "{subject}: flight under analysis, no impact point established.",
        "flight.lost": "{subject} {figures} when it was last seen; no impact point established.",
        "flight.bare": "{subject}: altitude and distance under analysis.",
        "flight.up": "{subject} {figures}.",
        "flight.predicted": "{subject} {figures}; its impact was predicted, not observed.",
        "flight.observed": "{subject} {figures}; its impact was detected.",
        "apogee.up": "is predicted to reach an altitude of {km}",
        "apogee.down": "reached an altitude of {km}",
        "range.up": "is predicted to fly {km}",
        "range.down": "flew {km}",
        "km.about": "about {km} km",
        "km.exact": "{km} km",
        "km.at-least": "at least {km} km",
        "km.at-most": "at most {km} km",
        "eez.none": "No exclusive economic zone is in question.",
        "eez.zone": "the exclusive economic zone of {name}",
        "eez.outside.one": "It is assessed to have come down outside {zone} ({basis}).",
        "eez.outside.many": "They are assessed to have come down outside {zone} ({basis}).",
        "eez.outside.up.one": "It is predicted to come down outside {zone}.",
        "eez.outside.up.many": "They are predicted to come down outside {zone}.",
        "eez.inside.one": "At least {number} is assessed to have come down inside {zone} ({basis}).",
        "eez.inside.many": "At least {number} are assessed to have come down inside {zone} ({basis}).",
        "eez.inside.up.one": "At least {number} is predicted to come down inside {zone}.",
        "eez.inside.up.many": "At least {number} are predicted to come down inside {zone}.",
        "eez.near-limit.one": "It came down near the limit of {zone}: outside with a probability of about {percent} % ({basis}).",
        "eez.near-limit.many": "Not all came down clear of the limit of {zone}: all outside with about {percent} % at most ({basis}).",
        "eez.near-limit.up.one": "It is predicted to come down near the limit of {zone}: outside with a probability of about {percent} %.",
        "eez.near-limit.up.many": "Not all are predicted clear of the limit of {zone}: all outside with about {percent} % at most.",
        "eez.uncertain.one": "Whether it came down inside {zone} is not certain: outside with about {percent} % ({basis}).",
        "eez.uncertain.many": "Whether they came down inside {zone} is not certain: all outside with about {percent} % at most ({basis}).",
        "eez.uncertain.up.one": "Whether it will come down inside {zone} is not certain: outside with about {percent} %.",
        "eez.uncertain.up.many": "Whether they will come down inside {zone} is not certain: all outside with about {percent} % at most.",
        "eez.not-established.one": "Whether it came down inside {zone} is not established.",
        "eez.not-established.many": "Whether they came down inside {zone} is not established.",
        "eez.not-established.up.one": "Whether it will come down inside {zone} is not established.",
        "eez.not-established.up.many": "Whether they will come down inside {zone} is not established.",
        "basis.predicted": "predicted, not observed",
        "basis.observed": "observed",
        "space.one": "A launch using ballistic missile technology, {when}{heading}, assessed to be a space launch by its flight profile.",
        "space.many": "{number} launches using ballistic missile technology, {when}{heading}, assessed to be space launches by profile.",
        "never.one": "At least {number} suspected ballistic missile, not confirmed by our own sensors.",
        "never.many": "At least {number} suspected ballistic missiles, not confirmed by our own sensors.",
        "nothing": "Our own sensors detected no missile.",
        "no-launch": "No launch is known to us.",
        "withdrawn": "The report of a missile detected at about {times} {clock} is withdrawn: it was an error ({reason}).",
        "partners.first": "With data shared by {givers}: {opening}",
        "partners.more": "With further data shared by {givers}: {opening}",
        "partners.some": "partners",
        "notice": "Zones: {notice}.",
        "number": "{number}",
        "nth": "no. {number}",
        "and": " and ",
    },
    classes={
        "": ("ballistic missile", "ballistic missiles"),
        "CRBM": ("close-range ballistic missile", "close-range ballistic missiles"),
        "SRBM": ("short-range ballistic missile", "short-range ballistic missiles"),
        "MRBM": ("medium-range ballistic missile", "medium-range ballistic missiles"),
        "IRBM": ("intermediate-range ballistic missile", "intermediate-range ballistic missiles"),
        "ICBM": ("intercontinental-range ballistic missile", "intercontinental-range ballistic missiles"),
    },
    compass={
        "n": "north",
        "ne": "northeast",
        "e": "east",
        "se": "southeast",
        "s": "south",
        "sw": "southwest",
        "w": "west",
        "nw": "northwest",
    },
    waters={  # both names where neighbours differ
        "sea-of-japan": "the Sea of Japan / East Sea",
        "yellow-sea": "the Yellow Sea / West Sea",
        "east-china-sea": "the East China Sea",
        "sea-of-okhotsk": "the Sea of Okhotsk",
        "north-pacific": "the Pacific Ocean",
    },
    numbers=("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    ordinals=("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"),
)


def words(facts: StatementFacts, spec: NationSpec, names: Mapping[Nation, str], phrases: Phrases = ENGLISH) -> str:
    """Return the statement as lines. ``names`` of nations are in the language of ``phrases``."""
    own, text = facts.own, phrases.text
    lines = [text["head"].format(name=spec.name, ministry=spec.ministry)]
    lines += _group(facts, own, names, phrases)
    if not own.flights and own.never_confirmed:
        lines.append(_plural(phrases, "never", own.never_confirmed).format(number=_number(own.never_confirmed, phrases)))
    elif not own.flights:
        lines.append(text["nothing"])
    if facts.joint is not None:
        lines += _partners(facts, facts.joint, names, phrases)
    elif not own.flights and not own.never_confirmed:
        lines.append(text["no-launch"])
    lines += [
        text["withdrawn"].format(times=_clocks([one.time_ns], facts, phrases), clock=facts.clock, reason=one.reason)
        for one in facts.withdrawn
    ]
    if own.eez is not None or (facts.joint is not None and facts.joint.eez is not None):
        lines.append(text["notice"].format(notice=NOTICE))
    mark = MARKS[facts.world]
    return "\n".join([mark, *lines, mark] if mark else lines)


def _group(facts: StatementFacts, group: GroupFacts, names: Mapping[Nation, str], phrases: Phrases) -> list[str]:
    """Return the lines of one picture: how many of what, flight by flight, the EEZ, and space launches apart."""
    missiles, spaces = _split(group)
    lines = []
    if missiles:
        lines.append(_opening(facts, group, missiles, phrases))
        lines += _flights(missiles, phrases)
        lines.append(_eez(group.eez, names, phrases))
    if spaces:
        lines.append(_space(facts, spaces, phrases))
    return lines


def _partners(facts: StatementFacts, joint: GroupFacts, names: Mapping[Nation, str], phrases: Phrases) -> list[str]:
    """Return what is known only because partners shared it; flights are told one by one where there are none of our own."""
    text = phrases.text
    givers = text["and"].join(names.get(code, code) for code in facts.partners) or text["partners.some"]
    missiles, spaces = _split(joint)
    lines = []
    if missiles:
        opening = _opening(facts, joint, missiles, phrases)
        key = "partners.more" if facts.own.flights else "partners.first"
        lines.append(text[key].format(givers=givers, opening=opening[:1].lower() + opening[1:]))
        if not facts.own.flights:
            lines += _flights(missiles, phrases)
        lines.append(_eez(joint.eez, names, phrases))
    if len(spaces) > len(_split(facts.own)[1]):
        opening = _space(facts, spaces, phrases)
        lines.append(text["partners.first"].format(givers=givers, opening=opening[:1].lower() + opening[1:]))
    return lines


def _split(group: GroupFacts) -> tuple[list[FlightFacts], list[FlightFacts]]:
    """Return (missiles, space launches)."""
    return [flight for flight in group.flights if not flight.space], [flight for flight in group.flights if flight.space]


def _opening(facts: StatementFacts, group: GroupFacts, flights: Sequence[FlightFacts], phrases: Phrases) -> str:
    text = phrases.text
    classes = {flight.missile_class for flight in flights}
    one, many = phrases.classes.get(min(classes), phrases.classes[""]) if len(classes) == 1 else phrases.classes[""]
    what = one if group.at_least == 1 else many
    suspected = all(flight.suspected for flight in flights)
    return text["opening"].format(
        number=_number(group.at_least, phrases),
        what=text["suspected"].format(what=what) if suspected else what,
        when=_when(facts, flights, phrases, suspected=suspected),
        place="" if group.place_tenths_deg is None else text["place"].format(place=_place(group.place_tenths_deg)),
        heading=_heading(flights, phrases),
    )


def _when(facts: StatementFacts, flights: Sequence[FlightFacts], phrases: Phrases, *, suspected: bool) -> str:
    """Return launch times where known, else first detections said as such. A salvo within a minute has one time."""
    bases = {flight.time_basis for flight in flights}
    key = "launch"
    if "detected" in bases:
        key = "detected" if suspected else "before"
    elif "traced" in bases:
        key = "traced"
    times = _clocks([flight.time_ns for flight in flights], facts, phrases)
    return phrases.text[f"when.{key}"].format(times=times, clock=facts.clock)


def _clocks(times_ns: Sequence[int], facts: StatementFacts, phrases: Phrases) -> str:
    moments = [datetime.fromtimestamp(time_ns // NS_PER_S, tz=UTC) + timedelta(seconds=facts.clock_ahead_s) for time_ns in times_ns]
    return _listed(list(dict.fromkeys(moment.strftime("%H:%M") for moment in moments)), phrases)


def _heading(flights: Sequence[FlightFacts], phrases: Phrases) -> str:
    """Return the direction, and the waters, if all flights that have one have the same."""
    compass = {flight.compass for flight in flights if flight.compass}
    waters = {flight.waters for flight in flights if flight.waters}
    if len(compass) != 1:
        return ""
    direction = phrases.compass[min(compass)]
    if len(waters) != 1:
        return phrases.text["heading"].format(compass=direction)
    return phrases.text["heading.waters"].format(compass=direction, waters=phrases.waters[min(waters)])


def _flights(flights: Sequence[FlightFacts], phrases: Phrases) -> list[str]:
    if all(flight.suspected for flight in flights):
        return []  # nothing is known of them yet
    single = len(flights) == 1
    return [
        _flight(flight, phrases.text["flight.the"] if single else phrases.text["flight.nth"].format(ordinal=_ordinal(i, phrases)), phrases)
        for i, flight in enumerate(flights)
    ]


def _flight(flight: FlightFacts, subject: str, phrases: Phrases) -> str:
    text = phrases.text
    in_flight = flight.state == "in-flight"
    known = [
        text[f"{name}.{'down' if behind else 'up'}"].format(km=_km(figure, phrases))
        for name, figure, behind in (("apogee", flight.apogee, flight.past_apogee), ("range", flight.range, not in_flight))
        if figure is not None
    ]
    figures = text["and"].join(known)
    if flight.impact in ("none", "burning"):
        return text["flight.lost" if known else "flight.none"].format(subject=subject, figures=figures)
    if not known:
        return text["flight.bare"].format(subject=subject)
    return text["flight.up" if in_flight else f"flight.{flight.impact}"].format(subject=subject, figures=figures)


def _space(facts: StatementFacts, spaces: Sequence[FlightFacts], phrases: Phrases) -> str:
    count = len(spaces)
    when = _when(facts, spaces, phrases, suspected=True)
    return _plural(phrases, "space", count).format(number=_number(count, phrases), when=when, heading=_heading(spaces, phrases))


def _eez(eez: EezFacts | None, names: Mapping[Nation, str], phrases: Phrases) -> str:
    text = phrases.text
    if eez is None:
        return text["eez.none"]
    counted = eez.inside if eez.verdict == "inside" else eez.flights
    key = f"eez.{eez.verdict}.up" if eez.in_flight else f"eez.{eez.verdict}"
    return _plural(phrases, key, counted).format(
        number=_number(counted, phrases),
        zone=text["eez.zone"].format(name=names.get(eez.nation, eez.nation)),
        percent=eez.outside_percent,
        basis=text[f"basis.{eez.basis}"] if eez.basis else "",
    )


def _km(figure: Figure, phrases: Phrases) -> str:
    return phrases.text[f"km.{figure.bound}"].format(km=f"{figure.km:,}")


def _place(tenths_deg: tuple[int, int]) -> str:
    lat, lon = tenths_deg
    return f"{abs(lat) / 10:.1f} {'N' if lat >= 0 else 'S'} {abs(lon) / 10:.1f} {'E' if lon >= 0 else 'W'}"


def _plural(phrases: Phrases, key: str, count: int) -> str:
    return phrases.text[f"{key}.{'one' if count == 1 else 'many'}"]


def _number(count: int, phrases: Phrases) -> str:
    return phrases.numbers[count] if count < len(phrases.numbers) else phrases.text["number"].format(number=count)


def _ordinal(index: int, phrases: Phrases) -> str:
    return phrases.ordinals[index] if index < len(phrases.ordinals) else phrases.text["nth"].format(number=index + 1)


def _listed(parts: list[str], phrases: Phrases) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])}{phrases.text['and']}{parts[-1]}"
