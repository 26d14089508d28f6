"""Words of a warning in plain English: what, where, when, why. Numbers and decisions come from elsewhere.

The world's mark stands first and last in every text that is not live; texts of an exercise never contain a phrase of the
real thing (``live_phrase``). A cancel says why, and that it is not an all-clear.
"""

from datetime import UTC, datetime
from math import pi, sqrt
from typing import Final

from tocsin.messages.basics import World
from tocsin.messages.event import ImpactEstimate, LaunchEvent
from tocsin.messages.warning import WarningStatus
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
    "passed": "Missile passed, detected beyond the area",
    "all-clear": "All clear",
    "cancelled": "Missile warning CANCELLED",
    "expired": "Missile warning expired without an all-clear",
}


def marked(world: World, text: str) -> str:
    """Return the text with the world's mark first and last."""
    mark = MARKS[world]
    return f"{mark} {text} {mark}" if mark else text


def live_phrase(text: str) -> str | None:
    """Return the phrase of the real thing that a text contains, None if it has none."""
    folded = " ".join(text.lower().split())
    return next((phrase for phrase in LIVE_PHRASES if phrase in folded), None)


def headline(status: WarningStatus, event: LaunchEvent, land_alert: tuple[str, ...]) -> str:
    """Return the one line of a warning."""
    parts = [STATUS_WORDS[status]]
    if status in ("all-clear", "cancelled", "expired"):
        parts.append(f"event {event.event}")
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


def cancel_text(event: LaunchEvent, warning: str, why: str) -> str:
    """Return the full cancel text: what is withdrawn, why, and what it does not say."""
    return marked(
        event.world,
        f"{STATUS_WORDS['cancelled']}: warning {warning} about event {event.event} is withdrawn. Reason: {why}. "
        "This message withdraws that warning only; it does not say that the danger is over.",
    )


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
    where = place(impact.lat_rad, impact.lon_rad)
    within = f"95 % within {ellipse95_axes_m(impact)[0] / KM:.0f} km"
    if impact.basis == "thrust-ended-now":
        return f"still burning; if thrust ended now it would come down near {where} at {utc(impact.time_ns)} (not a prediction)"
    if impact.basis == "observed":
        return f"impact observed near {where} at {utc(impact.time_ns)}"
    verb = "impact was predicted" if down else "impact predicted"
    return f"{verb} near {where} at {utc(impact.time_ns)} ({within})"
