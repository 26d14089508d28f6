"""The night's tables as plain text cells, for the command line and the report alike. Only words; figures come from ``night``."""

from collections.abc import Callable, Iterable

import msgspec

from tocsin.evaluation.night import NationFigures, NightFigures, PictureFigures, match_events, quantile, standing_events
from tocsin.evaluation.record import MissileTruth, NightRecord
from tocsin.messages.basics import Nation
from tocsin.messages.coalition import Coalition
from tocsin.messages.event import LaunchEvent
from tocsin.messages.sensor import Sensor
from tocsin.messages.track import FusedTrack
from tocsin.units import DEG, KM, seconds_between

NEVER = "never"
UNKNOWN = "-"
MS_PER_S = 1_000.0
STAGES = {  # what is timed, in the order of the work; keys as in NightRecord.latency_s
    "node": "one input through tracking, fusion, assessment, warning and sharing",
    "guard": "release check and signature of what leaves",
    "disk": "commit before anything is sent",
    "plot_to_partner": "a nation's plot to its track in a partner's picture, on disk",
    "warning_to_partner": "a nation's warning to a partner's disk",
}


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One table of text cells; every row is as long as the header. ``text_columns``: the first so many are words, the rest figures."""

    title: str
    note: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    text_columns: int = 1


class ShipRow(msgspec.Struct, frozen=True, kw_only=True):
    """One placing of a movable sensor, and what its own nation got from it."""

    configuration: str
    label: str  # "JPN-SHIP at 38.5 N 136.0 E"
    nation: Nation
    figures: NationFigures


def ship_label(coalition: Coalition, configuration: str) -> str:
    """Return where a configuration puts the sensors that any configuration moves: "JPN-SHIP at 38.5 N 136.0 E"."""
    movable = {move.sensor for config in coalition.configurations for move in config.moves}
    chosen = [config for config in coalition.configurations if config.name == configuration]
    moved = {move.sensor: (move.lat_rad, move.lon_rad) for config in chosen for move in config.moves}
    places = [(sensor.sensor, *moved.get(sensor.sensor, _own_place(sensor))) for sensor in coalition.sensors if sensor.sensor in movable]
    return ", ".join(f"{name} at {place_text(lat, lon)}" for name, lat, lon in places)


def place_text(lat_rad: float, lon_rad: float, digits: int = 1) -> str:
    """Return "38.5 N 136.0 E"."""
    lat, lon = lat_rad / DEG, lon_rad / DEG
    return f"{abs(lat):.{digits}f} {'N' if lat >= 0 else 'S'} {abs(lon):.{digits}f} {'E' if lon >= 0 else 'W'}"


def alone_against_together(record: NightRecord, figures: NightFigures) -> Table:
    """Return each nation on its own sensors against the same nation with what partners shared, missile by missile."""
    rows: list[tuple[str, ...]] = []
    for code, nation in figures.nations.items():
        for index, missile in enumerate(record.missiles):
            for word, picture in (("alone", nation.alone), ("together", nation.together)):
                rows.append((code, missile.missile, word, *_cells(picture, index)))
    return Table(
        title="Each nation alone against together",
        note=(
            "Times in seconds after lift-off; warned: first confirmed warning, own or a partner's. Error and 95 % ellipse: of the last"
            " prediction, against the simulated impact; * where the ellipse does not hold it. At least: missiles that the nation counts."
        ),
        header=("nation", "missile", "picture", "detected s", "warned s", "error km", "ellipse km2", _eez(record.eez_nation), "at least"),
        rows=tuple(rows),
        text_columns=3,
    )


def ship_table(rows: Iterable[ShipRow]) -> Table:
    """Return what one nation gets from each place of its movable sensor; cells list the missiles in order of launch."""
    body: list[tuple[str, ...]] = []
    for row in rows:
        alone, together = row.figures.alone, row.figures.together
        gained = tuple(_gain_text(a, t) for a, t in zip(alone.first_warning_s, together.first_warning_s, strict=True))
        body.append(
            (
                row.configuration,
                row.label,
                _list(alone.first_detection_s, seconds),
                _list(alone.first_warning_s, seconds),
                _list(together.first_warning_s, seconds),
                " / ".join(gained),
                _list(alone.impact_error_km, kilometres),
                _list(together.impact_error_km, kilometres),
            )
        )
    return Table(
        title="Where the ship stands",
        note=(
            "One cell lists the missiles in order of launch. Seconds after lift-off; last prediction's error in km. Gained 'all': alone it"
            " was never warned. Places other than the played one: that nation was played again with what its partners had shared."
        ),
        header=(
            "configuration",
            "ship",
            "detected alone s",
            "warned alone s",
            "warned together s",
            "gained s",
            "error alone km",
            "error together km",
        ),
        rows=tuple(body),
        text_columns=2,
    )


def latency_table(record: NightRecord) -> Table:
    """Return how long each stage took on this machine."""
    names = [*(name for name in STAGES if name in record.latency_s), *sorted(set(record.latency_s) - set(STAGES))]
    rows = []
    for name in names:
        values = record.latency_s[name]
        figures = ("-", "-") if not values else (f"{quantile(values, 0.5) * MS_PER_S:.2f}", f"{quantile(values, 0.99) * MS_PER_S:.2f}")
        rows.append((name.replace("_", " "), STAGES.get(name, ""), f"{len(values):,}", *figures))
    return Table(
        title="Latency per stage",
        note="Wall-clock milliseconds on the machine that played the night, all nations' nodes on it together.",
        header=("stage", "what", "count", "p50 ms", "p99 ms"),
        rows=tuple(rows),
        text_columns=2,
    )


def own_figures(record: NightRecord) -> Table:
    """Return each nation's own figures (its own picture's last event) beside the first nation's joint ones; and the truth."""
    rows: list[tuple[str, ...]] = []
    nations = list(record.nations.values())
    for missile in record.missiles:
        whose = [(nation.nation, last_event(record, nation.alone_events, nation.alone_fused, missile.missile)) for nation in nations]
        whose += [("joint", last_event(record, nation.joint_events, nation.fused, missile.missile)) for nation in nations[:1]]
        rows += [(missile.missile, name, *_event_cells(event, missile)) for name, event in whose]
        truth = (km_text(missile.apogee_m), km_text(missile.range_m), _where(*missile.impact_rad))
        rows.append((missile.missile, "simulated", UNKNOWN, UNKNOWN, *truth))
    return Table(
        title="Each nation's own figures beside the joint ones",
        note="Never averaged away: where nations differ, the difference stays. Last seen: seconds after lift-off; range over ground.",
        header=("missile", "whose", "sensors", "last seen s", "apogee km", "range km", "impact"),
        rows=tuple(rows),
        text_columns=2,
    )


def last_event(record: NightRecord, events: list[LaunchEvent], fused: list[FusedTrack], missile: str) -> LaunchEvent | None:
    """Return the last standing revision of the event about one missile, None if there is none."""
    matched = match_events(events, fused, record.missiles)
    found = [event for event in standing_events(events) if matched.get(event.event) == missile]
    return found[-1] if found else None


def seconds(value: float | None) -> str:
    """Return whole seconds, "never" for None."""
    return NEVER if value is None else f"{value:.0f}"


def kilometres(value: float | None) -> str:
    """Return kilometres to two digits below ten, "-" for None."""
    return UNKNOWN if value is None else f"{value:.2f}" if value < 10.0 else f"{value:.0f}"


def km_text(value_m: float | None) -> str:
    """Return metres as kilometres to 0.1, "-" for None."""
    return UNKNOWN if value_m is None else f"{value_m / KM:.1f}"


def probability(value: float | None) -> str:
    """Return per cent; never "100 %" for what is only nearly certain from a finite number of samples."""
    if value is None:
        return UNKNOWN
    return "> 99.9 %" if value > 0.999 else "< 0.1 %" if value < 0.001 else f"{100.0 * value:.1f} %"


def _own_place(sensor: Sensor) -> tuple[float, float]:
    return sensor.lat_rad, sensor.lon_rad


def _event_cells(event: LaunchEvent | None, missile: MissileTruth) -> tuple[str, ...]:
    if event is None:
        return (UNKNOWN, NEVER, UNKNOWN, UNKNOWN, UNKNOWN)
    seen = f"{seconds_between(event.last_detection_ns, missile.launch_ns):.0f}"
    where = UNKNOWN if event.impact is None else _where(event.impact.lat_rad, event.impact.lon_rad)
    return (str(event.sensors), seen, km_text(event.apogee_m), km_text(event.range_m), where)


def _where(lat_rad: float | None, lon_rad: float | None) -> str:
    return UNKNOWN if lat_rad is None or lon_rad is None else place_text(lat_rad, lon_rad, 2)


def _cells(picture: PictureFigures, index: int) -> tuple[str, ...]:
    missed = "*" if picture.inside_ellipse95[index] is False else ""
    return (
        seconds(picture.first_detection_s[index]),
        seconds(picture.first_warning_s[index]),
        kilometres(picture.impact_error_km[index]) + missed,
        kilometres(picture.ellipse95_km2[index]),
        probability(picture.p_outside_eez[index]),
        str(picture.missiles_at_least),
    )


def _eez(eez_nation: Nation) -> str:
    return f"outside {eez_nation} EEZ" if eez_nation else "outside EEZ"


def _list(values: tuple[float | None, ...], text: Callable[[float | None], str]) -> str:
    return " / ".join(text(value) for value in values)


def _gain_text(alone: float | None, together: float | None) -> str:
    if alone is None or together is None:
        return UNKNOWN if together is None else "all"
    gained = alone - together
    return f"{gained:+.0f}" if abs(gained) >= 0.5 else "0"
