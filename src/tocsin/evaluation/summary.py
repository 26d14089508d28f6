"""summary.json of a night: the figures as plain JSON values, None where never. Only shapes; the figures come from ``night``."""

from math import isnan

from tocsin import __version__
from tocsin.evaluation.night import NightFigures, PictureFigures, quantile
from tocsin.evaluation.record import NightRecord
from tocsin.evaluation.tables import ShipRow

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

LATENCIES = ("plot_to_partner", "warning_to_partner")
MS_PER_S = 1_000.0


def summary(
    record: NightRecord, figures: NightFigures, *, replay_identical: bool | None, ships: tuple[ShipRow, ...] = ()
) -> dict[str, Json]:
    """Return the content of summary.json. ``replay_identical`` is None where no log was written or none was replayed."""
    return {
        "event": record.event,
        "world": record.world,
        "version": __version__,
        "seed": record.seed,
        "configuration": record.configuration,
        "truth": {"missiles": len(record.missiles), "aircraft": len(record.aircraft)},
        "launch_events": figures.launch_events,
        "salvos": figures.salvos,
        "false_launch_events": figures.false_launch_events,
        "merged_events": figures.merged_events,
        "nations": {
            code: {"alone": _picture(nation.alone, record.eez_nation), "together": _picture(nation.together, record.eez_nation)}
            for code, nation in figures.nations.items()
        },
        "messages": {"sent": record.sent, "acknowledged": record.acknowledged, "refused": record.refused},
        "latency_ms": {name: percentiles_ms(record.latency_s.get(name, [])) for name in LATENCIES},
        "stage_latency_ms": {name: percentiles_ms(values) for name, values in sorted(record.latency_s.items()) if name not in LATENCIES},
        "aircraft": {"tracked": figures.aircraft_tracked, "warned": figures.aircraft_warned},
        "plots": record.plots,
        "notes": {code: dict(sorted(nation.notes.items())) for code, nation in record.nations.items()},
        "placings": [
            {
                "configuration": row.configuration,
                "place": row.label,
                "nation": row.nation,
                "alone": _picture(row.figures.alone, record.eez_nation),
                "together": _picture(row.figures.together, record.eez_nation),
            }
            for row in ships
        ],
        "replay_identical": replay_identical,
    }


def eez_key(nation: str) -> str:
    """Return the key of the EEZ answer: "p_outside_jpn_eez" for "JPN"."""
    return f"p_outside_{nation.lower()}_eez"


def percentiles_ms(values_s: list[float]) -> dict[str, Json]:
    """Return median and 99th percentile in milliseconds, None where nothing was measured."""
    values = {"p50": quantile(values_s, 0.5), "p99": quantile(values_s, 0.99)}
    return {name: None if isnan(value) else round(value * MS_PER_S, 3) for name, value in values.items()}


def _picture(picture: PictureFigures, eez_nation: str) -> dict[str, Json]:
    listed: dict[str, Json] = {
        "missiles_at_least": picture.missiles_at_least,
        "first_detection_s": list(picture.first_detection_s),
        "first_warning_s": list(picture.first_warning_s),
        "impact_error_km": list(picture.impact_error_km),
        "ellipse95_km2": list(picture.ellipse95_km2),
        "inside_ellipse95": list(picture.inside_ellipse95),
    }
    if eez_nation:
        listed[eez_key(eez_nation)] = list(picture.p_outside_eez)
    return listed
