"""A plain statement as each ministry would give it: from its own evidence, rounded as published figures are, marked first and last.

Own evidence is the nation's own-sensors picture. What only partners saw is said as such, in a paragraph of its own.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from tocsin.evaluation.night import standing_events
from tocsin.evaluation.record import NationRecord, NightRecord
from tocsin.messages.basics import Nation
from tocsin.messages.coalition import Coalition, NationSpec
from tocsin.messages.event import LaunchEvent
from tocsin.units import DEG, KM, NS_PER_S
from tocsin.warning.texts import MARKS

LOCAL_TIMES: Final = {"KOR": ("KST", 9), "JPN": ("JST", 9)}  # civil time without summer time (IANA: Asia/Seoul, Asia/Tokyo); others: UTC
CLASS_WORDS: Final = {
    "CRBM": "close-range ballistic missile",
    "SRBM": "short-range ballistic missile",
    "MRBM": "medium-range ballistic missile",
    "IRBM": "intermediate-range ballistic missile",
    "ICBM": "intercontinental-range ballistic missile",
    "SLV": "satellite launch vehicle",
}
CLASS_P: Final = 0.9  # below it a statement says "ballistic missile" only
SURE_P: Final = 0.95  # "assessed outside" from here; "assessed inside" from its complement
SHARP_M: Final = 5.0 * KM  # twice this 1-sigma is the finer step: a range known better is published to 10 km, else to 50 km
STEP_M: Final = 10.0 * KM  # national reports of 2019-2024 give apogees as 50, 60, 100 km
COARSE_STEP_M: Final = 50.0 * KM  # and distances as 350, 400, 650 km
HIGH_M: Final = 1_000.0 * KM  # apogees above it are published as 1,000, 6,000 km
HIGH_STEP_M: Final = 50.0 * KM
ORDINALS: Final = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
NUMBERS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def statements(record: NightRecord, coalition: Coalition) -> tuple[str, ...]:
    """Return each nation's statement, in the coalition's order."""
    names = {spec.nation: spec.name for spec in coalition.nations}
    return tuple(statement(record, record.nations[spec.nation], spec, names) for spec in coalition.nations if spec.nation in record.nations)


def statement(record: NightRecord, nation: NationRecord, spec: NationSpec, names: dict[Nation, str]) -> str:
    """Return one nation's statement: lines, the first and the last of which carry the world's mark where it is not live."""
    own = _last_revisions(nation.alone_events)
    joint = _last_revisions(nation.joint_events)
    lines = [f"{spec.name}, {spec.ministry}"]
    if own:
        lines += _own_lines(own, spec.nation, record.eez_nation, names)
    elif suspected := _suspected(nation.alone_events):
        lines.append(f"At least {_number(suspected)} suspected ballistic {_missiles(suspected)}, not confirmed by our own sensors.")
    else:
        lines.append("Our own sensors detected no missile.")
    if joint and len(joint) > len(own):
        lines += _partner_lines(joint, len(own), spec.nation, record.eez_nation, names)
    if not joint and not own:
        lines.append("No launch is known to us.")
    mark = world_mark(record.world)
    return "\n".join([mark, *lines, mark] if mark else lines)


def world_mark(world: str) -> str:
    """Return the mark that stands first and last in a text of this world, "" for live."""
    return next((mark for name, mark in MARKS.items() if name == world), world.upper())


def _last_revisions(events: list[LaunchEvent]) -> list[LaunchEvent]:
    """Return the last revision of each event that stands, in order of first detection."""
    last = {event.event: event for event in standing_events(events)}
    return sorted(last.values(), key=lambda event: (event.first_detection_ns, event.event))


def _suspected(events: list[LaunchEvent]) -> int:
    """Count the events that were never more than suspected and were not withdrawn."""
    last = {event.event: event.status for event in events}
    return sum(status == "suspected" for status in last.values())


def _own_lines(events: list[LaunchEvent], nation: Nation, eez_nation: Nation, names: dict[Nation, str]) -> list[str]:
    count = len(events)
    first = f"At least {_number(count)} {_class_word(events)}{'s' if count > 1 else ''}, launched {_times(events, nation)}{_site(events)}."
    lines = [first]
    for index, event in enumerate(events):
        lines.append(_flight(event, "The missile" if count == 1 else f"The {_ordinal(index)}"))
    lines.append(_eez(events, eez_nation, names))
    return lines


def _partner_lines(events: list[LaunchEvent], own: int, nation: Nation, eez_nation: Nation, names: dict[Nation, str]) -> list[str]:
    """Say what is known only because partners shared it."""
    partners = sorted({code for event in events for code in event.detected_by if code != nation})
    givers = " and ".join(names.get(code, code) for code in partners) or "partners"
    count = len(events)
    more = "With data" if own == 0 else "With further data"
    what = f"{_class_word(events)}{'s' if count > 1 else ''}"
    lines = [f"{more} shared by {givers}: at least {_number(count)} {what}, launched {_times(events, nation)}."]
    if own == 0:
        lines.extend(_flight(event, "The missile" if count == 1 else f"The {_ordinal(index)}") for index, event in enumerate(events))
    lines.append(_eez(events, eez_nation, names))
    return lines


def _times(events: list[LaunchEvent], nation: Nation) -> str:
    """Return "at about 23:38 and 23:46 JST": launch times where fitted, else first detections said as such."""
    name, hours = LOCAL_TIMES.get(nation, ("UTC", 0))
    times = [event.first_detection_ns if event.launch is None else event.launch.time_ns for event in events]
    nearest_minute = [datetime.fromtimestamp(time_ns // NS_PER_S, tz=UTC) + timedelta(hours=hours, seconds=30) for time_ns in times]
    clocks = list(dict.fromkeys(moment.strftime("%H:%M") for moment in nearest_minute))  # a salvo within a minute has one time
    unfitted = any(event.launch is None for event in events)
    return f"{'before' if unfitted else 'at'} about {_and(clocks)} {name}"


def _site(events: list[LaunchEvent]) -> str:
    """Return the launch place to a tenth of a degree, "" if no fit is there."""
    launch = next((event.launch for event in events if event.launch is not None), None)
    if launch is None:
        return ""
    lat, lon = launch.lat_rad / DEG, launch.lon_rad / DEG
    return f" from near {abs(lat):.1f} {'N' if lat >= 0 else 'S'} {abs(lon):.1f} {'E' if lon >= 0 else 'W'}"


def _flight(event: LaunchEvent, subject: str) -> str:
    """Return one sentence on one flight with rounded figures."""
    known = []
    if event.apogee_m is not None:
        known.append(f"reached an altitude of about {round_km(event.apogee_m, HIGH_STEP_M if event.apogee_m >= HIGH_M else STEP_M):,} km")
    if event.range_m is not None:
        sharp = event.range_sigma_m is not None and event.range_sigma_m <= SHARP_M
        known.append(f"flew about {round_km(event.range_m, STEP_M if sharp else COARSE_STEP_M):,} km")
    if event.impact is None or event.impact.basis == "thrust-ended-now":
        return f"{subject}: flight under analysis, no impact point established."
    if not known:
        return f"{subject}: altitude and distance under analysis."
    fell = "its impact was detected" if event.impact.basis == "observed" else "its impact was predicted, not observed"
    return f"{subject} {' and '.join(known)}; {fell}."


def _eez(events: list[LaunchEvent], eez_nation: Nation, names: dict[Nation, str]) -> str:
    """Answer whether all of them came down outside the EEZ that the public asks about."""
    if not eez_nation:
        return "No exclusive economic zone is in question."
    zone = f"the exclusive economic zone of {names.get(eez_nation, eez_nation)}"
    answers = [dict(event.p_outside_eez).get(eez_nation) for event in events]
    known = [p for p in answers if p is not None]
    if len(known) < len(answers) or not known:
        return f"Whether {_it(events)} came down inside {zone} is not established."
    if min(known) >= SURE_P:
        return f"{_it(events).capitalize()} {'is' if len(events) == 1 else 'are'} assessed to have come down outside {zone}."
    if min(known) <= 1.0 - SURE_P:
        inside = sum(p <= 1.0 - SURE_P for p in known)
        return f"At least {_number(inside)} {'is' if inside == 1 else 'are'} assessed to have come down inside {zone}."
    return f"Whether {_it(events)} came down inside {zone} is not certain: outside with a probability of {100.0 * min(known):.0f} %."


def round_km(value_m: float, step_m: float) -> int:
    """Return kilometres rounded to a step, halves up."""
    return round(step_m * int(value_m / step_m + 0.5) / KM)


def _class_word(events: list[LaunchEvent]) -> str:
    """Return the class if every event has the same one with enough probability."""
    tops = [max(event.classes, key=lambda pair: pair[1], default=("unknown", 0.0)) for event in events]
    names = {name for name, p in tops if p >= CLASS_P}
    sure = len(names) == 1 and all(p >= CLASS_P for _, p in tops)
    return CLASS_WORDS.get(min(names), "ballistic missile") if sure else "ballistic missile"


def _it(events: list[LaunchEvent]) -> str:
    return "it" if len(events) == 1 else "they"


def _missiles(count: int) -> str:
    return "missile" if count == 1 else "missiles"


def _number(count: int) -> str:
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def _ordinal(index: int) -> str:
    return ORDINALS[index] if index < len(ORDINALS) else f"no. {index + 1}"


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
