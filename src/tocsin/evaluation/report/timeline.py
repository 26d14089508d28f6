"""What happened when, one figure per missile: detections, confirmations, the life of each warning, all-clears, raised watch."""

from typing import Final

from tocsin.adapters.report.axes import Axis, at, time_ticks
from tocsin.adapters.report.draw import Key, label, legend, line, mark, rectangle, svg
from tocsin.adapters.report.markup import Markup, join
from tocsin.adapters.report.style import nation_class
from tocsin.evaluation.record import MissileTruth
from tocsin.evaluation.report.scene import Scene, Seen
from tocsin.messages.basics import Nation
from tocsin.messages.warning import Warning
from tocsin.units import seconds_between

WIDTH_PX: Final = 1180.0
LEFT_PX: Final = 150.0
RIGHT_PX: Final = 1160.0
TOP_PX: Final = 74.0
ROW_PX: Final = 30.0
BAR_PX: Final = 15.0
TAIL_S: Final = 40.0
STANDING: Final = ("confirmed", "updated")
ENDED: Final = ("all-clear", "cancelled", "expired")


def timeline(scene: Scene, missile: MissileTruth) -> Markup:
    """Return the timeline of one missile; two rows per nation, alone and together."""
    rows = [(spec.nation, picture) for spec in scene.nations for picture in ("alone", "together")]
    bottom = TOP_PX + ROW_PX * len(rows)
    x = Axis(0.0, _end_s(scene, missile), LEFT_PX, RIGHT_PX)
    parts = [label(8.0, 22.0, f"Missile {missile.missile}", "head"), _keys()]
    for seconds in time_ticks(x, 14):
        parts.append(line(at(x, seconds), TOP_PX, at(x, seconds), bottom, "grid"))
        parts.append(label(at(x, seconds), bottom + 16.0, f"{seconds:g}", "tick", "middle"))
    parts.append(label(0.5 * (LEFT_PX + RIGHT_PX), bottom + 34.0, "seconds after lift-off", "axis", "middle"))
    parts += [_moment(x, missile, bottom, when, name) for when, name in _moments(scene, missile)]
    for index, (nation, picture) in enumerate(rows):
        parts.append(_row(scene, missile, x, TOP_PX + ROW_PX * index, (nation, picture)))
    return svg(WIDTH_PX, bottom + 44.0, f"Missile {missile.missile}: timeline", *parts)


def _keys() -> Markup:
    """Return the legend in one line."""
    entries = (
        Key(label="first plot", css="truth-mark", mark="plus"),
        Key(label="own track confirmed", css="truth-mark", mark="diamond"),
        Key(label="partner's warning arrives", css="truth-mark", mark="triangle"),
        Key(label="all-clear", css="calm-dot", mark="circle"),
        Key(label="watch raised", css="truth-mark", mark="square"),
    )
    parts = [legend(LEFT_PX + 205.0 * index, 18.0, [entry]) for index, entry in enumerate(entries)]
    return join(parts)


def _end_s(scene: Scene, missile: MissileTruth) -> float:
    """Return the last second worth showing: the impact or the end of the last warning."""
    ends = [missile.impact_ns]
    for spec in scene.nations:
        seen = scene.seen[spec.nation, missile.missile]
        ends += [warning.time_ns for warning in (*seen.alone_warnings, *seen.joint_warnings)]
    return seconds_between(max(ends), missile.launch_ns) + TAIL_S


def _moments(scene: Scene, missile: MissileTruth) -> list[tuple[int, str]]:
    top = max(scene.truth[missile.missile], key=lambda fix: fix.alt_m)
    return [(missile.launch_ns, "lift-off"), (missile.burnout_ns, "burnout"), (top.time_ns, "apogee"), (missile.impact_ns, "impact")]


def _moment(x: Axis, missile: MissileTruth, bottom: float, when_ns: int, name: str) -> Markup:
    px = at(x, seconds_between(when_ns, missile.launch_ns))
    return join((line(px, TOP_PX - 8.0, px, bottom, "event"), label(px, TOP_PX - 13.0, name, "small", "middle")))


def _row(scene: Scene, missile: MissileTruth, x: Axis, top: float, row: tuple[Nation, str]) -> Markup:
    """Return one nation's row in one picture."""
    nation, picture = row
    css = nation_class(scene.index[nation])
    seen = scene.seen[nation, missile.missile]
    middle = top + 0.5 * ROW_PX
    shade = rectangle(0.0, top, RIGHT_PX, ROW_PX, "shade") if picture == "together" else join(())
    name = label(8.0, middle + 4.0, nation if picture == "alone" else "", f"{css}-text")
    parts = [shade, name, label(62.0, middle + 4.0, picture, "small"), line(LEFT_PX, middle, RIGHT_PX, middle, "lane")]
    warnings = seen.alone_warnings if picture == "alone" else seen.joint_warnings
    parts.append(_bar(missile, x, middle, css, warnings))
    parts.append(_first(scene, missile, x, middle, row))
    confirmed = _confirmed_ns(scene, nation, missile.missile) if picture == "alone" else None
    if confirmed is not None:
        parts.append(
            mark("diamond", at(x, seconds_between(confirmed, missile.launch_ns)), middle, f"{css}-open", 5.0, "own track confirmed")
        )
    if picture == "together":
        parts.append(_arrivals(scene, missile, x, middle, nation))
    return join(parts)


def _first(scene: Scene, missile: MissileTruth, x: Axis, middle: float, row: tuple[Nation, str]) -> Markup:
    """Return the mark of the first plot (own, or anyone's), or the word "nothing"."""
    nation, picture = row
    figures = scene.figures.nations[nation]
    index = [m.missile for m in scene.record.missiles].index(missile.missile)
    first_s = (figures.alone if picture == "alone" else figures.together).first_detection_s[index]
    if first_s is None:
        return label(LEFT_PX + 8.0, middle + 4.0, "nothing", "small")
    return mark("plus", at(x, first_s), middle, "truth-mark", 6.0, f"first plot at {first_s:.0f} s")


def _bar(missile: MissileTruth, x: Axis, middle: float, css: str, warnings: tuple[Warning, ...]) -> Markup:
    """Return the life of a warning: full while it stands, calm once presumed down, a dot at its end, a tick at each update."""
    told = [(seconds_between(w.time_ns, missile.launch_ns), w.status) for w in warnings if w.status != "suspected"]
    if not told:
        return join(())
    parts = []
    for index, (start_s, status) in enumerate(told):
        if status in ENDED:
            parts.append(
                mark(
                    "circle",
                    at(x, start_s),
                    middle,
                    "calm-dot" if status == "all-clear" else "truth-mark",
                    5.0,
                    f"{status} at {start_s:.0f} s",
                )
            )
            continue
        end_s = told[index + 1][0] if index + 1 < len(told) else x.high
        kind = f"{css}-bar" if status in STANDING else "bar-calm"
        parts.append(
            rectangle(at(x, start_s), middle - 0.5 * BAR_PX, at(x, end_s) - at(x, start_s), BAR_PX, kind, f"{status} at {start_s:.0f} s")
        )
    start_s, end_s = told[0][0], told[-1][0]
    parts.append(label(at(x, start_s) + 9.0, middle + 4.0, f"{start_s:.0f} s", "on-bar"))
    if told[-1][1] in ENDED:
        parts.append(label(at(x, end_s) + 9.0, middle + 4.0, f"{end_s:.0f} s", "small halo"))
    return join(parts)


def _arrivals(scene: Scene, missile: MissileTruth, x: Axis, middle: float, nation: Nation) -> Markup:
    """Return when the first partner's warning arrived and when the watch was raised."""
    parts = []
    seen: Seen = scene.seen[nation, missile.missile]
    if seen.partner_warned_ns is not None:
        when_s = seconds_between(seen.partner_warned_ns, missile.launch_ns)
        parts.append(mark("triangle", at(x, when_s), middle - 10.0, "truth-mark", 3.5, f"first partner's warning at {when_s:.0f} s"))
    raised = [
        p.since_ns
        for p in scene.record.nations[nation].postures
        if p.level == "raised" and missile.launch_ns <= p.since_ns <= missile.impact_ns
    ]
    if raised:
        when_s = seconds_between(min(raised), missile.launch_ns)
        parts.append(mark("square", at(x, when_s), middle + 10.0, "truth-mark", 2.5, f"watch raised at {when_s:.0f} s"))
    return join(parts)


def _confirmed_ns(scene: Scene, nation: Nation, missile: str) -> int | None:
    """Return when the nation's own picture first had a confirmed event."""
    alone = scene.seen[nation, missile].alone
    return alone[0].time_ns if alone else None
