"""The fixed strip's three answers for a whole night: my area, how sure, who knows. Made from last words of the joint pictures."""

from tocsin.adapters.report.page import Answer
from tocsin.evaluation.night import quantile
from tocsin.evaluation.report.insets import half_axes
from tocsin.evaluation.report.scene import Scene
from tocsin.evaluation.tables import MS_PER_S, place_text, probability
from tocsin.messages.event import LaunchEvent
from tocsin.units import KM


def answers(scene: Scene) -> tuple[Answer, Answer, Answer]:
    """Return the three cells."""
    return _area(scene), _sure(scene), _knows(scene)


def _last_joint(scene: Scene) -> list[LaunchEvent]:
    """Return the last joint event of each missile, in the first nation's picture that has one."""
    found = []
    for missile in scene.record.missiles:
        events = [event for spec in scene.nations for event in scene.seen[spec.nation, missile.missile].joint[-1:]]
        found += events[:1]
    return found


def _area(scene: Scene) -> Answer:
    """Land alerts, the EEZ answer, and where it came down."""
    record = scene.record
    warnings = [w for nation in record.nations.values() for w in nation.joint_warnings]
    alerted = sorted({code for warning in warnings for code in warning.land_alert})
    events = _last_joint(scene)
    places = [
        place_text(e.impact.lat_rad, e.impact.lon_rad, 2) for e in events if e.impact is not None and e.impact.basis != "thrust-ended-now"
    ]
    known = [dict(event.p_outside_eez).get(record.eez_nation) for event in events]
    outside = [p for p in known if p is not None]
    eez = f"Outside {record.eez_nation}'s EEZ with {probability(min(outside))}. " if outside and record.eez_nation else ""
    where = f"Last predicted impacts: {'; '.join(places)}." if places else "No impact was predicted."
    return Answer(
        question="My area", answer=f"Land alert: {', '.join(alerted)}" if alerted else "No land alert for any area", detail=eez + where
    )


def _sure(scene: Scene) -> Answer:
    """Status, who detected, and the ellipses."""
    figures, events = scene.figures, _last_joint(scene)
    statuses = sorted({event.status for event in events})
    detected = sorted({nation for event in events for nation in event.detected_by})
    sizes = [half_axes(event.impact.cov_en_m2) for event in events if event.impact is not None]
    ellipses = "; ".join(f"{major / KM:.1f} x {minor / KM:.1f} km" for major, minor, _ in sizes)
    counted = f"{figures.launch_events} launch event{'s' if figures.launch_events != 1 else ''}"
    salvos = f"{figures.salvos} salvo{'s' if figures.salvos != 1 else ''}"
    status = f"{', '.join(statuses) or 'nothing'}; detected by {', '.join(detected) or 'nobody'}. "
    ellipse = f"Last 95 % impact ellipses: {ellipses}." if ellipses else ""
    return Answer(question="How sure", answer=f"{counted} confirmed, {salvos}", detail=status + ellipse)


def _knows(scene: Scene) -> Answer:
    """Messages and how fast warnings went."""
    record = scene.record
    missing = record.sent - record.acknowledged
    answer = (
        "Every message acknowledged on disk"
        if missing == 0 and record.sent
        else f"{missing:,} of {record.sent:,} messages NOT acknowledged"
    )
    if record.sent == 0:
        answer = "No messages were exchanged"
    values = record.latency_s.get("warning_to_partner", [])
    fast = f" Warning to a partner's disk: median {quantile(values, 0.5) * MS_PER_S:.0f} ms." if values else ""
    return Answer(
        question="Who knows",
        answer=answer,
        detail=f"{record.sent:,} sent, {record.acknowledged:,} acknowledged, {record.refused:,} refused.{fast}",
    )
