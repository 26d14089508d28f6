"""When a warning changes: what a reader would notice, how stale is too stale, what a withdrawal means. Pure functions.

Where land, waters and airspace are named is in ``areas``; from which probability is in ``thresholds``.
"""

from math import hypot
from typing import Final

from tocsin.kernels.geodesy import ground_distance_m
from tocsin.messages.event import ImpactEstimate, LaunchEvent
from tocsin.messages.warning import CancelCause, WarnedArea, Warning
from tocsin.units import KM, NS_PER_S
from tocsin.warning.texts import ellipse95_area_m2, ellipse95_axes_m

SURE_P: Final = 0.99
# Three looks of a 5 s infrared satellite, which sees a missile last as its thrust ends: older news is a prediction only and raises nothing.
STALE_NS: Final = 15 * NS_PER_S
MOVED_SHARE: Final = 0.5  # of the 95 % half axis that was last told
MOVED_FLOOR_M: Final = 1.0 * KM  # below this nobody on the ground acts differently
SHRUNK_SHARE: Final = 0.5  # ellipse area: half as large is news
GROWN_SHARE: Final = 2.0  # and twice as large too; less is the breathing of a covariance between two scans
TIME_MOVED_NS: Final = 10 * NS_PER_S  # change of the impact time
AUDIENCE_WORDS: Final = {"sea": "ships", "air": "aircraft"}
P_BANDS: Final = (0.05, 0.5, 0.95)  # a probability that crosses one of these reads differently (land has its own rule above)
P_SLACK: Final = 0.03  # and must pass it by this, so that a value on the line does not flutter


def stale(event: LaunchEvent) -> bool:
    """True if the event's newest detection is too old to raise anything."""
    return event.time_ns - event.last_detection_ns > STALE_NS


def machine_holds(event: LaunchEvent) -> bool:
    """True while the machine itself still holds the threat: its event is confirmed and neither down nor withdrawn.

    A cancel against it needs a second person, and the desk says so in a note.
    """
    return event.status == "confirmed"


def cause_of(event: LaunchEvent) -> CancelCause:
    """Return why the assessment's own withdrawal cancels: it has reached orbit, or it was no missile or one counted twice."""
    return "threat-over" if any(name == "SLV" and p >= SURE_P for name, p in event.classes) else "error"


def noticed(event: LaunchEvent, told: Warning, areas: tuple[WarnedArea, ...]) -> str | None:
    """Return what a reader would notice between the warning last told and the event and areas now, None if nothing."""
    found: list[str] = []
    if event.missiles_at_least != told.missiles_at_least:
        found.append(f"count is now at least {event.missiles_at_least}")
    found.extend(area_news(areas, told.areas))
    if event.detected_by != told.detected_by:
        found.append(f"detected by {', '.join(event.detected_by)}")
    if event.launch is not None and told.launch is None:
        found.append("launch point known")
    found.extend(_impact_news(event.impact, told.impact))
    if _crossed(event.p_outside_eez, told.p_outside_eez) or _crossed(event.zones, told.zones):
        found.append("zone answer changed")
    return "; ".join(found) if found else None


def area_news(now: tuple[WarnedArea, ...], told: tuple[WarnedArea, ...]) -> list[str]:
    """Return which areas came and went, and which rings were drawn anew. Both are sorted alike."""
    before, after = {(a.kind, a.area): a for a in told}, {(a.kind, a.area): a for a in now}
    found: list[str] = []
    for verb, here, there in (("now also", after, before), ("no longer", before, after)):
        names = [f"{kind} {area}" for kind, area in here if (kind, area) not in there]
        if names:
            found.append(f"{verb} {', '.join(names)}")
    redrawn = [kind for (kind, area), item in after.items() if (kind, area) in before and before[kind, area].ring != item.ring]
    if redrawn:
        found.append(f"area for {' and '.join(dict.fromkeys(AUDIENCE_WORDS[kind] for kind in redrawn))} drawn anew")
    return found


def _impact_news(now: ImpactEstimate | None, told: ImpactEstimate | None) -> list[str]:
    """News about the impact. A thrust-ended-now trace moves all the time: only its appearance is news."""
    if now is None:
        return []
    if told is None or now.basis != told.basis:
        return ["impact predicted"] if now.basis == "predicted" else [f"impact {now.basis}"]
    if now.basis == "thrust-ended-now":
        return []
    found: list[str] = []
    half_axis_m = hypot(MOVED_SHARE * ellipse95_axes_m(told)[0], MOVED_FLOOR_M)
    if ground_distance_m(now.lat_rad, now.lon_rad, told.lat_rad, told.lon_rad) > half_axis_m:
        found.append("predicted impact moved")
    share = ellipse95_area_m2(now) / max(1.0, ellipse95_area_m2(told))
    if share < SHRUNK_SHARE:
        found.append("predicted impact is more certain")
    elif share > GROWN_SHARE:
        found.append("predicted impact is less certain")
    if abs(now.time_ns - told.time_ns) > TIME_MOVED_NS:
        found.append("predicted time changed")
    return found


def _crossed(now: tuple[tuple[str, float], ...], told: tuple[tuple[str, float], ...]) -> bool:
    """True if a probability passed one of the bands clearly. Names that are missing count as 0."""
    before, after = dict(told), dict(now)
    if not after:
        return False
    for name in sorted(set(before) | set(after)):
        p, q = before.get(name, 0.0), after.get(name, 0.0)
        low, high = min(p, q), max(p, q)
        if any((low < band - P_SLACK and high >= band) or (low < band and high >= band + P_SLACK) for band in P_BANDS):
            return True
    return False
