"""Why an event was revised, in plain words: what a reader would notice against the revision before. No status is decided here."""

from typing import Final

from tocsin.assessment.record import FINAL
from tocsin.messages.event import LaunchEvent

PLAIN: Final = "estimate revised"  # figures moved, nothing that a reader would call news
LIKELY: Final = 0.5  # the side of an answer
NAMED: Final = 0.05  # an area or an overflight is news from here on; the alert thresholds are the warning desk's
BASIS: Final[dict[tuple[str | None, str | None], str]] = {
    ("thrust-ended-now", "predicted"): "thrust has ended: the impact is predicted",
    ("predicted", "thrust-ended-now"): "it burns again or is steered: the impact is only a trace",
    (None, "predicted"): "an impact is predicted",
    (None, "thrust-ended-now"): "a trace of where it would come down if thrust ended now",
}


def what_changed(event: LaunchEvent, sent: LaunchEvent | None, remark: str) -> str:
    """Return why the revision exists: the status rule's remark where it has one, then what else is news, then ``PLAIN``."""
    if sent is None or (event.status in FINAL and event.status != sent.status):
        return remark  # how it ended says it all
    parts = [remark] if remark and remark != PLAIN else []
    parts += [*_count(event, sent), *_impact(event, sent), *_class(event, sent), *_beside(event, sent)]
    return "; ".join(parts) or PLAIN


def _count(event: LaunchEvent, sent: LaunchEvent) -> list[str]:
    """News of the salvo's count; the first missile's own confirmation says it already."""
    found = []
    if event.missiles_at_least != sent.missiles_at_least and (sent.missiles_at_least, event.missiles_at_least) != (0, 1):
        found.append(f"at least {event.missiles_at_least} in the salvo, was {sent.missiles_at_least}")
    if event.objects != sent.objects:
        found.append(f"{event.objects} objects, was {sent.objects}")
    if event.launch is not None and sent.launch is None:
        found.append("launch point estimated")
    return found


def _impact(event: LaunchEvent, sent: LaunchEvent) -> list[str]:
    """News of the impact: its basis, the zone answers, areas and overflights."""
    now, before = (one.impact.basis if one.impact is not None else None for one in (event, sent))
    found = [BASIS[before, now]] if (before, now) in BASIS else []
    if event.impact is not None and sent.impact is not None and event.impact.assumes != sent.impact.assumes:
        found.append("it manoeuvres" if event.impact.assumes == "none" else "it coasts again")
    if not (event.zones and sent.zones):
        return found
    zone, was = _likeliest(event.zones), _likeliest(sent.zones)
    if zone != was:
        found.append(f"most likely {zone}, was {was}")
    earlier = dict(sent.p_outside_eez)
    for nation, p in event.p_outside_eez:
        if nation in earlier and (p >= LIKELY) != (earlier[nation] >= LIKELY):
            found.append(f"more likely {'outside' if p >= LIKELY else 'inside'} the EEZ of {nation}")
    return found + _named("may come down in", event.areas, sent.areas) + _named("may pass above", _above(event), _above(sent))


def _class(event: LaunchEvent, sent: LaunchEvent) -> list[str]:
    """News of the class."""
    name, was = _likeliest(event.classes), _likeliest(sent.classes)
    if name == was:
        return []
    if name == "SLV":
        return [f"space launch (by flight profile), probability {dict(event.classes)[name]:.2f}"]
    return [f"class {name}, was {was}"] if name != "unknown" else ["class no longer known"]


def _beside(event: LaunchEvent, sent: LaunchEvent) -> list[str]:
    """News of what people said."""
    known = {(one.report.report, one.verdict) for one in sent.reports}
    found = [f"report of {one.report.nation} {one.verdict}" for one in event.reports if (one.report.report, one.verdict) not in known]
    entries = [entry.entry for entry in sent.context]
    return found + [f"context noted: {entry.kind}" for entry in event.context if entry.entry not in entries]


def _named(words: str, now: tuple[tuple[str, float], ...], before: tuple[tuple[str, float], ...]) -> list[str]:
    """Areas that have come to be named, or are named no more."""
    is_named, was_named = ([code for code, p in shares if p >= NAMED] for shares in (now, before))
    new = [code for code in is_named if code not in was_named]
    gone = [code for code in was_named if code not in is_named]
    return [f"{words} {', '.join(new)}"] * bool(new) + [f"no longer {words.removeprefix('may ')} {', '.join(gone)}"] * bool(gone)


def _above(event: LaunchEvent) -> tuple[tuple[str, float], ...]:
    return tuple((flight.area, flight.p) for flight in event.overflights)


def _likeliest(shares: tuple[tuple[str, float], ...]) -> str:
    return max(shares, key=lambda share: (share[1], share[0]))[0]
