"""Words of a warning in plain English: who, what, when, where, why, what to do. Numbers and decisions come from elsewhere.

Everything is said from an event, its areas and the tables below, so that another language is another set of tables and
sentences. The world's mark stands first and last in every text that is not live; texts of an exercise never contain a phrase
of the real thing (``live_phrase``). A cancel says its cause, and that it is not an all-clear. Drafts for the public are elsewhere.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from math import pi, sqrt
from typing import Final

from tocsin.geography.places import place_words
from tocsin.geography.zones import NOTICE
from tocsin.messages.basics import World
from tocsin.messages.event import ImpactEstimate, LaunchEvent
from tocsin.messages.warning import CancelCause, WarnedArea, WarningStatus
from tocsin.units import DEG, KM, NS_PER_S

MARKS: Final[dict[World, str]] = {"live": "", "exercise": "EXERCISE", "test": "TEST"}
CHI_95: Final = 2.4477  # sqrt of the 95 % point of chi-square with 2 degrees of freedom, 5.991
LIVE_PHRASES: Final = ("not a drill", "not an exercise", "not a test", "real attack", "this is real")
"""Said in a drill on 13 January 2018, one of them made an officer send a live alert (FCC report of April 2018)."""
STATUS_WORDS: Final[dict[WarningStatus, str]] = {
    "suspected": "Suspected missile launch (internal, not confirmed)",
    "confirmed": "Missile warning",
    "updated": "Missile warning, updated",
    "presumed-down": "Missile presumed down, not observed",
    "observed": "Missile impact observed",
    "passed": "Missile passed, detected beyond the areas on land; not yet down",
    "all-clear": "All clear",
    "cancelled": "Missile warning CANCELLED",
    "expired": "Missile warning expired without an all-clear",
}
CAUSE_WORDS: Final[dict[CancelCause, str]] = {
    "error": "it was an error",
    "threat-over": "the threat that it described is over",
    "outside-area": "the danger lies outside the areas that it named",
}
SCOPE_WORDS: Final = {
    "land": "land where it may come down",
    "overflight": "land that it may pass above",
    "sea": "waters where it may come down",
    "air": "airspace below its path",
}
TO_DO: Final = {
    "land": "people there: go into a building or below ground, away from windows, and wait for the next message",
    "sea": "ships there: watch for falling objects, do not approach them",
    "air": "aircraft: keep out",
}
PLAIN_WORDS: Final = {
    "high-seas": "high seas",
    "not-covered": "waters that the zone data does not cover",
    "corridor": "from the start of the ring to the impact",
}
NO_SCOPE: Final = "no area is warned"
SILENCE: Final = (
    "Areas that are not listed are not warned by this message. No message for an area means no warning for it; do not raise your own."
)
"""Seoul, 31 May 2023: "areas that have not received it should raise their own" made a city raise one (YTN 202305311301254604)."""
MOST_REASON: Final = 1_000  # characters of a reason: with the words around it a cancel stays below the 2,000 that a partner accepts
TO_BE_GIVEN: Final = "to be given by the person who sends it"


def marked(world: World, text: str) -> str:
    """Return the text with the world's mark first and last."""
    mark = MARKS[world]
    return f"{mark} {text} {mark}" if mark else text


def plain(text: str) -> str:
    """Return a reason on one line, printable and not too long, as partners accept it: a tab must not keep a cancel from them."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= MOST_REASON else f"{line[: MOST_REASON - 3]}..."


def live_phrase(text: str) -> str | None:
    """Return the phrase of the real thing that a text contains, None if it has none."""
    folded = " ".join(text.lower().split())
    return next((phrase for phrase in LIVE_PHRASES if phrase in folded), None)


def headline(status: WarningStatus, event: LaunchEvent, land_alert: tuple[str, ...], cause: CancelCause | None = None) -> str:
    """Return the one line of a warning."""
    parts = [STATUS_WORDS[status]]
    if status in ("all-clear", "cancelled", "expired"):
        parts.append(f"event {event.event}")
        parts.append(CAUSE_WORDS[cause] if cause is not None else "")
    else:
        parts.append(_count(event))
        parts.append(_launch(event))
        parts.append(_impact(event.impact, down=status in ("presumed-down", "observed", "passed")))
        if land_alert:
            parts.append(f"land alert: {', '.join(land_alert)}")
    return marked(event.world, "; ".join(part for part in parts if part) + ".")


def reason_text(world: World, reason: str) -> str:
    """Return the reason of a revision, marked."""
    return marked(world, reason)


def cancel_text(event: LaunchEvent, warning: str, cause: CancelCause | None, why: str) -> str:
    """Return the full cancel text: what is withdrawn, its cause and reason, and what it does not say. No cause yet: the prepared one."""
    words = CAUSE_WORDS[cause] if cause is not None else f"cause ({', '.join(CAUSE_WORDS)}) {TO_BE_GIVEN}"
    return marked(
        event.world,
        f"{STATUS_WORDS['cancelled']}: warning {warning} about event {event.event} is withdrawn: {words}. Reason: {why}. "
        "This message withdraws that warning only; it does not say that the danger is over.",
    )


def correction_text(event: LaunchEvent, warning: str, areas: tuple[WarnedArea, ...], reason: str, name: Callable[[str], str]) -> str:
    """Return the correction that stands prepared: what was wrong is left open, what stands now is said in full."""
    return marked(
        event.world,
        f"CORRECTION of warning {warning}: earlier messages about it are replaced. What was wrong: {TO_BE_GIVEN}. "
        f"Who: {event.origin}, detected by {', '.join(event.detected_by) or 'sensors that are not named'}. What: {_count(event)}. "
        f"When and where: {_launch(event)}; {_impact(event.impact, down=False)}. Why: {reason}. {scope_text(areas, name)}",
    )


def scope_text(areas: tuple[WarnedArea, ...], name: Callable[[str], str]) -> str:
    """Return the list of the areas that a warning is for, until when, what to do there, and what a missing message means."""
    listed: list[str] = []
    for kind, words in SCOPE_WORDS.items():
        there = [area for area in areas if area.kind == kind]
        if there:
            hours = f"{utc(min(area.from_ns for area in there))} to {utc(max(area.to_ns for area in there))}"
            listed.append(f"{words}, {hours}: {', '.join(area_name(area, name) for area in there)}")
    do = [TO_DO[kind] for kind in TO_DO if any(area.kind == kind or (kind == "land" and area.kind == "overflight") for area in areas)]
    todo = f" What to do: {'; '.join(do)}." if do else ""
    return f"Areas ({NOTICE}): {'; '.join(listed) or NO_SCOPE}.{todo} {SILENCE}"


def area_name(area: WarnedArea, name: Callable[[str], str]) -> str:
    """Return an area's name: "Aomori (JP-02)", or the words for what has no code."""
    return code_words(area.area, name)


def code_words(code: str, name: Callable[[str], str]) -> str:
    """Return the words for what a warned area is called inside: an ISO 3166-2 code, a zone label or the corridor."""
    band, _, nation = code.partition(":")
    if nation:
        return f"other land of {nation}" if band == "land" else f"waters of {nation} to the limit of its EEZ"
    return PLAIN_WORDS.get(code) or f"{name(code)} ({code})"


def area_words(area: WarnedArea, name: Callable[[str], str]) -> str:
    """Return one area with its hours and probability, for notes and for why it was named."""
    return f"{area.kind} {area_name(area, name)}, {utc(area.from_ns)} to {utc(area.to_ns)}, probability {area.p:.3g}"


def evidence(event: LaunchEvent) -> str:
    """Return what a decision about an event rested on: who detected it, with how many sensors, and until when."""
    seen = f"detections up to {utc(event.last_detection_ns)} by {', '.join(event.detected_by) or 'nobody named'}"
    basis = event.impact.basis.replace("-", " ") if event.impact is not None else "not predicted"
    return f"impact {basis}; {seen}; {event.sensors} {'sensor' if event.sensors == 1 else 'sensors'}; event revision {event.revision}"


def utc(time_ns: int) -> str:
    """Return hours, minutes and seconds UTC."""
    return datetime.fromtimestamp(time_ns // NS_PER_S, tz=UTC).strftime("%H:%M:%SZ")


def place(lat_rad: float, lon_rad: float) -> str:
    """Return a position to 0.01 degree (about 1 km)."""
    lat, lon = lat_rad / DEG, lon_rad / DEG
    return f"{abs(lat):.2f} {'N' if lat >= 0 else 'S'} {abs(lon):.2f} {'E' if lon >= 0 else 'W'}"


def ellipse95_axes_m(impact: ImpactEstimate) -> tuple[float, float]:
    """Return (larger, smaller) half axis of the 95 % ellipse in metres."""
    ee, en, nn = impact.cov_en_m2
    mean, half = 0.5 * (ee + nn), sqrt(max(0.0, 0.25 * (ee - nn) * (ee - nn) + en * en))
    return CHI_95 * sqrt(max(0.0, mean + half)), CHI_95 * sqrt(max(0.0, mean - half))


def ellipse95_area_m2(impact: ImpactEstimate) -> float:
    """Return the area of the 95 % ellipse."""
    larger_m, smaller_m = ellipse95_axes_m(impact)
    return pi * larger_m * smaller_m


def _count(event: LaunchEvent) -> str:
    number = max(1, event.missiles_at_least)
    word = "missile" if number == 1 else "missiles"
    return f"at least {number} {word}, detected by {', '.join(event.detected_by)}" if event.detected_by else f"at least {number} {word}"


def _launch(event: LaunchEvent) -> str:
    if event.launch is None:
        return f"first detected {utc(event.first_detection_ns)}, launch point not yet known"
    return f"launched {utc(event.launch.time_ns)} near {place(event.launch.lat_rad, event.launch.lon_rad)}"


def _impact(impact: ImpactEstimate | None, *, down: bool) -> str:
    if impact is None:
        return "impact not yet predicted"
    where = f"{place(impact.lat_rad, impact.lon_rad)} ({place_words(impact.lat_rad, impact.lon_rad)})"
    within = f"95 % within {ellipse95_axes_m(impact)[0] / KM:.0f} km"
    if impact.basis == "thrust-ended-now":
        return f"still burning; if thrust ended now it would come down near {where} at {utc(impact.time_ns)} (not a prediction)"
    if impact.basis == "observed":
        return f"impact observed near {where} at {utc(impact.time_ns)}"
    verb = "impact was predicted" if down else "impact predicted"
    return f"{verb} near {where} at {utc(impact.time_ns)} ({within})"
