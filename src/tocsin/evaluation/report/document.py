"""The report put together: which sections there are, in which order, and the words between the drawings."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tocsin import __version__
from tocsin.adapters.report.draw import svg
from tocsin.adapters.report.markup import Markup, element, join, text, words
from tocsin.adapters.report.page import Page, Section, bullets, card, columns, figure, fold, table, write_page
from tocsin.evaluation import tables
from tocsin.evaluation.bought import what_sharing_bought
from tocsin.evaluation.night import NightFigures
from tocsin.evaluation.record import NightRecord
from tocsin.evaluation.report.altitude import altitude_plot
from tocsin.evaluation.report.convergence import convergence_plots
from tocsin.evaluation.report.insets import impact_inset, launch_inset
from tocsin.evaluation.report.night_map import close_map, wide_map
from tocsin.evaluation.report.scene import Scene, make_scene
from tocsin.evaluation.report.strip import answers
from tocsin.evaluation.report.timeline import timeline
from tocsin.evaluation.statements import history, nation_names, statements, world_mark
from tocsin.messages.coalition import Coalition
from tocsin.units import KM, NS_PER_S

BREAK: Final = re.compile(r"; (?![^(]*\))")  # between the parts of a sentence, not inside brackets
WIDE_PX: Final = (1180.0, 720.0)
CLOSE_PX: Final = (1180.0, 460.0)
NOTICES: Final = {
    "exercise": "Exercise: reconstruction from published facts, sensors notional. Nothing here is happening.",
    "test": "Test: notional data. Nothing here is happening.",
}


def report_page(
    record: NightRecord,
    figures: NightFigures,
    ships: tuple[tables.ShipRow, ...],
    coalition: Coalition,
    published_statements: tuple[str, ...],
    sources: tuple[str, ...],
) -> Page:
    """Return the whole report of a night.

    ``ships``: placings of a movable sensor, the played one first (none: no such table). ``published_statements``: what nations said
    in public, beside what they would say here. ``sources``: where the facts are from.
    """
    scene = make_scene(record, figures, coalition)
    start = datetime.fromtimestamp(record.start_ns // NS_PER_S, tz=UTC).strftime("%Y-%m-%d %H:%M:%S")
    lead = (
        f"After-action report. {len(coalition.nations)} nations ({coalition.title}), each with its own node; night from {start} UTC.",
        f"Event {record.event}, configuration {record.configuration}, seed {record.seed}, Tocsin {__version__}, {record.plots:,} plots.",
    )
    return Page(
        title=record.title,
        lead=lead,
        mark=world_mark(record.world),
        mark_text=NOTICES.get(record.world, ""),
        answers=answers(scene),
        sections=(
            Section(name="bought", title="What sharing bought", body=_bought(scene)),
            Section(name="map", title="Map", body=_map(scene)),
            Section(name="altitude", title="Who could see it: altitude against ground distance", body=_altitude(scene)),
            Section(name="impact", title="Impact: how far off, how sure, how early", body=_impact(scene)),
            Section(name="timeline", title="Timeline", body=_timeline(scene)),
            Section(name="figures", title="Figures", body=_figures(scene, ships)),
            Section(name="statements", title="Statements", body=_statements(scene, coalition, published_statements)),
            Section(name="warnings", title="Warnings in full", body=_warnings(scene)),
            Section(name="notes", title="Data problems and remarks", body=_notes(scene)),
            Section(name="sources", title="Sources and notices", body=_sources(coalition, sources)),
        ),
    )


def write_report(
    path: Path,
    record: NightRecord,
    figures: NightFigures,
    ships: tuple[tables.ShipRow, ...],
    coalition: Coalition,
    published_statements: tuple[str, ...],
    sources: tuple[str, ...],
) -> None:
    """Write the report as one self-contained HTML file; OperatorFault where it cannot be written."""
    write_page(path, report_page(record, figures, ships, coalition, published_statements, sources))


def _bought(scene: Scene) -> Markup:
    sentences = what_sharing_bought(scene.record, scene.figures, {spec.nation: spec.name for spec in scene.nations})
    items = []
    for sentence in sentences:
        title, _, rest = sentence.partition(": ")
        lines = (part[:1].upper() + part[1:] for part in BREAK.split(rest.rstrip(".")))
        items.append(element("li", None, words("h3", title), *(words("p", line) for line in lines)))
    return element("ul", {"class": "bought"}, *items)


def _map(scene: Scene) -> Markup:
    apogee_km = max(missile.apogee_m for missile in scene.record.missiles) / KM
    wide = svg(*WIDE_PX, f"Map of {scene.record.title}", wide_map(scene, *WIDE_PX))
    close = svg(*CLOSE_PX, f"Flights of {scene.record.title}", close_map(scene, *CLOSE_PX))
    caption = (
        f"Reach: where a radar sees a target at {apogee_km:.0f} km, the highest apogee of the night, above its mask, in its sector and"
        " range. Filled mark: the radar detected a missile; open: it did not. Triangle: on land; square: ship. Own tracks of several"
        " nations lie on each other, wide below narrow. The EEZ limit is approximate and has no legal value."
    )
    close_caption = "The flights larger: where each nation first had a plot, and the last 95 % ellipses of launch and impact point."
    return join((figure(wide, caption), figure(close, close_caption)))


def _altitude(scene: Scene) -> Markup:
    caption = (
        "The grey line is the simulated path. Dots below it, one lane per nation: own detections in a track; diamonds: the first plot of"
        " each sensor (satellites see thrust only). Pale line: the lowest altitude above the ground track that any radar of that nation"
        " can see; what flies below it is behind the horizon, the mask or out of the sector."
    )
    return join((*(figure(altitude_plot(scene, missile), "") for missile in scene.record.missiles), words("p", caption, {"class": "note"})))


def _impact(scene: Scene) -> Markup:
    parts = []
    for missile in scene.record.missiles:
        parts.append(columns("two", [figure(plot, "") for plot in convergence_plots(scene, missile)]))
        parts.append(columns("two", [figure(launch_inset(scene, missile), ""), figure(impact_inset(scene, missile), "")]))
    caption = (
        "Joint: the picture of the coalition's first nation; the others differ by what the release rules let through. Close-ups: 95 %"
        " ellipses of the last estimate, north up, around the simulated point. An honest ellipse holds the cross 19 times in 20."
    )
    return join((*parts, words("p", caption, {"class": "note"})))


def _timeline(scene: Scene) -> Markup:
    caption = (
        "Bar: a confirmed warning stands, from the second written in it; green: presumed down, not observed; green dot: all-clear. An"
        " edge inside a bar is an update that a reader would notice."
    )
    return join((*(figure(timeline(scene, missile), "") for missile in scene.record.missiles), words("p", caption, {"class": "note"})))


def _figures(scene: Scene, ships: tuple[tables.ShipRow, ...]) -> Markup:
    listed = [(tables.alone_against_together(scene.record, scene.figures), "together"), (tables.own_figures(scene.record), "joint")]
    if ships:
        listed.append((tables.ship_table(ships), scene.record.configuration))
    listed.append((tables.latency_table(scene.record), ""))
    return join(table(t.title, t.note, t.header, t.rows, text_columns=t.text_columns, bold=bold) for t, bold in listed)


def _statements(scene: Scene, coalition: Coalition, published: tuple[str, ...]) -> Markup:
    texts = statements(scene.record, coalition)
    lead = "What each ministry would say, from its own sensors, rounded as published figures are; what only partners saw is said as such."
    parts = [words("p", lead), columns("cards", [card("", statement) for statement in texts])]
    parts.append(_history(scene, coalition))
    if published:
        parts += [words("h3", "What was said in public that night"), bullets(published)]
    return join(parts)


def _history(scene: Scene, coalition: Coalition) -> Markup:
    """Each nation's statements of the night, folded: one row where something in it changed."""
    names = nation_names(coalition)
    folds = []
    for spec in scene.nations:
        told = history(scene.record, scene.record.nations[spec.nation], spec, names)
        if told:
            rows = [(clock(one.time_ns), one.text) for one in told]
            folds.append(
                fold(f"{spec.nation}: statements of the night, {len(told)}", table("", "", ("UTC", "statement"), rows, text_columns=2))
            )
    return join(folds)


def _warnings(scene: Scene) -> Markup:
    parts = []
    for spec in scene.nations:
        own = scene.record.nations[spec.nation]
        for name in dict.fromkeys(warning.warning for warning in own.joint_warnings):
            revisions = [warning for warning in own.joint_warnings if warning.warning == name]
            title = f"{spec.nation}: {name}, {len(revisions)} revision{'s' if len(revisions) != 1 else ''}, last {revisions[-1].status}"
            rows = [
                (clock(warning.time_ns), str(warning.revision), warning.status, warning.headline, warning.reason) for warning in revisions
            ]
            body = table("", "", ("UTC", "revision", "status", "headline", "reason"), rows, text_columns=5)
            parts.append(
                fold(title, join((body, words("p", f"Cancel that stands ready: {revisions[-1].cancel_ready}", {"class": "note"}))))
            )
    return join(parts) if parts else words("p", "No warning was issued.")


def clock(time_ns: int) -> str:
    """Return hours, minutes and seconds UTC."""
    return datetime.fromtimestamp(time_ns // NS_PER_S, tz=UTC).strftime("%H:%M:%S")


def _notes(scene: Scene) -> Markup:
    rows = [(code, note, f"{count:,}") for code, nation in scene.record.nations.items() for note, count in sorted(nation.notes.items())]
    figures = scene.figures
    aircraft = len(scene.record.aircraft)
    lines = [
        f"{figures.false_launch_events} false launch events, {figures.merged_events} events withdrawn as the same missile as another.",
        f"{figures.aircraft_tracked} of {aircraft} aircraft tracked as air-breathing, {figures.aircraft_warned} warned of.",
    ]
    if not rows:
        return join((bullets(lines), words("p", "No node noted a problem.")))
    body = table("", "How often each node noted it.", ("nation", "note", "count"), rows, text_columns=2)
    return join((bullets(lines), body))


def _sources(coalition: Coalition, sources: tuple[str, ...]) -> Markup:
    notices = (
        f"Sensors are notional. {coalition.notice}",
        "Coast and EEZ limit are approximate, computed from public-domain data, and have no legal value.",
        "Warning only: nothing in this report or in the software directs anything but words.",
    )
    listed = join((words("h3", "Facts from"), bullets(sources))) if sources else text("")
    return join((bullets(notices), listed))
