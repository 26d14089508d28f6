"""Everything that is scored, on one card: sections of figures, tables of confusion, one row per missile. It encodes as it stands."""

from collections.abc import Sequence

import msgspec
import numpy as np

from tocsin.evaluation.event_figures import (
    class_section,
    class_table,
    count_section,
    event_section,
    footprint_section,
    kind_sections,
    point_section,
)
from tocsin.evaluation.outcomes import LAST, EventBook, Outcome
from tocsin.evaluation.quantiles import CONFIDENCE
from tocsin.evaluation.score import TrackScore, in_windows
from tocsin.evaluation.track_figures import Confusion, Scene, Section, consistency_sections, kind_table, phase_section, set_section
from tocsin.units import KM, NS_PER_S


class MissileRow(msgspec.Struct, frozen=True, kw_only=True):
    """One missile. Errors at the last estimate; None where there is none."""

    missile: str
    kind: str
    in_sight_s: int | None
    followed_s: int
    tracks: tuple[str, ...]  # in order of first pairing
    events: tuple[str, ...]
    pos_rms_m: float | None
    vel_rms_mps: float | None
    launch_error_km: float | None
    launch_sigmas: float | None
    impact_error_km: float | None
    impact_sigmas: float | None


class ScoreCard(msgspec.Struct, frozen=True, kw_only=True):
    """The whole score. ``inputs``: what was read; ``problems``: lines left out, by reason."""

    version: str
    confidence: float
    cutoff_m: float
    hours: float
    inputs: dict[str, int]
    problems: dict[str, int]
    sections: tuple[Section, ...]
    confusions: tuple[Confusion, ...]
    missiles: tuple[MissileRow, ...]


def score_card(scene: Scene, book: EventBook, *, version: str, inputs: dict[str, int], problems: dict[str, int]) -> ScoreCard:
    """Return the card of a scene and its events."""
    outcomes = book.outcomes()
    classes = book.classes()
    sections = (
        set_section(scene),
        phase_section(scene),
        *consistency_sections(scene),
        event_section(book.tales, book.matched, scene.flights, scene.hours),
        point_section("launch", outcomes),
        point_section("impact", outcomes),
        *kind_sections(outcomes, scene.flights),
        footprint_section(outcomes),
        count_section(book.salvos()),
        class_section(classes),
    )
    return ScoreCard(
        version=version,
        confidence=CONFIDENCE,
        cutoff_m=scene.cutoff_m,
        hours=scene.hours,
        inputs=inputs,
        problems=problems,
        sections=sections,
        confusions=(kind_table(scene), class_table(classes)),
        missiles=missile_rows(scene, book, outcomes),
    )


def missile_rows(scene: Scene, book: EventBook, outcomes: Sequence[Outcome]) -> tuple[MissileRow, ...]:
    """Return one row per missile, in the order of the truth file."""
    last = {(o.flight, o.what): o for o in outcomes if o.epoch == LAST}
    inside = in_windows(scene.score, scene.windows)
    pairs = scene.score.pairs
    rows = []
    for index, flight in enumerate(scene.flights):
        if flight.group != "missile":
            continue
        mine = inside & (pairs.flight == index)
        window = scene.windows[index]
        launch, impact = last.get((index, "launch")), last.get((index, "impact"))
        rows.append(
            MissileRow(
                missile=flight.name,
                kind=flight.kind,
                in_sight_s=None if window is None else window[1] - window[0] + 1,
                followed_s=int(mine.sum()),
                tracks=tuple(dict.fromkeys(scene.score.names[number] for number in pairs.track[pairs.flight == index].tolist())),
                events=tuple(name for name, matched in book.matched.items() if matched == index),
                pos_rms_m=float(np.sqrt(pairs.pos2_m2[mine].mean())) if mine.any() else None,
                vel_rms_mps=float(np.sqrt(pairs.vel2_m2ps2[mine].mean())) if mine.any() else None,
                launch_error_km=_km(launch),
                launch_sigmas=_sigmas(launch),
                impact_error_km=_km(impact),
                impact_sigmas=_sigmas(impact),
            )
        )
    return tuple(rows)


def hours_of(score: TrackScore, span_ns: Sequence[int | None]) -> float:
    """Return the hours that false tracks are counted in: from the first to the last time in the given files."""
    known = [time_ns for time_ns in (*span_ns, score.first_ns, score.last_ns) if time_ns is not None]
    return (max(known) - min(known)) / NS_PER_S / 3_600.0 if known else 0.0


def _km(outcome: Outcome | None) -> float | None:
    return None if outcome is None or outcome.error_m is None else outcome.error_m / KM


def _sigmas(outcome: Outcome | None) -> float | None:
    return None if outcome is None or outcome.nees is None or not np.isfinite(outcome.nees) else float(np.sqrt(outcome.nees))
