"""Figures of launch events: errors and coverage of launch and impact, footprints, times, counts, classes. Tracks are elsewhere."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from tocsin.evaluation.consistency import LEVELS, ellipse_limit
from tocsin.evaluation.flights import TrueFlight
from tocsin.evaluation.intervals import Figure, grouped_mean, grouped_median, rate, share
from tocsin.evaluation.outcomes import EPOCHS, EventTale, Outcome, SalvoOutcome
from tocsin.evaluation.track_figures import Confusion, Section
from tocsin.units import KM

TWO_SIGMA: Final = 1.959964  # holds 95 % of a normal variable (any table of the normal distribution)
KM2: Final = KM * KM
CLASSES: Final = ("CRBM", "SRBM", "MRBM", "IRBM", "ICBM", "SLV", "unknown")


def point_section(what: str, outcomes: Sequence[Outcome]) -> Section:
    """Return error, coverage, area and time error of the launch points, or of the impact points, at each epoch."""
    figures: list[Figure] = []
    for epoch in EPOCHS:
        mine = [o for o in outcomes if o.what == what and o.epoch == epoch]
        if not mine:
            continue
        wanted = [o for o in mine if o.scored]
        given = [o for o in wanted if o.error_m is not None]
        flights = np.array([o.flight for o in given], dtype=np.int64)
        figures.append(share(f"{epoch}: given", sum(o.given for o in wanted), len(wanted), "flights"))
        errors = np.array([o.error_m for o in given], dtype=np.float64) / KM
        areas = [(o.flight, o.area_m2 / KM2) for o in given if o.area_m2 is not None]
        figures.append(grouped_median(f"{epoch}: error, median", errors, flights, "km"))
        figures += coverage(epoch, given)
        numbers = np.array([flight for flight, _ in areas], dtype=np.int64)
        figures.append(grouped_median(f"{epoch}: area of the 95 % ellipse, median", np.array([a for _, a in areas]), numbers, "km2"))
        figures += _times(epoch, given)
    note = "Flights that manoeuvre after the epoch, or ended it less than 10 s before, are under Footprints." if what == "impact" else ""
    return Section(title=f"{what.capitalize()} point and time", figures=tuple(figures), grid="second", note=note)


def coverage(epoch: str, given: Sequence[Outcome]) -> list[Figure]:
    """Return the share of ellipses of each level that held the truth."""
    distances = [o.nees for o in given if o.nees is not None]
    return [
        share(
            f"{epoch}: {100 * level:.0f} % ellipse holds the truth",
            sum(d <= ellipse_limit(level) for d in distances),
            len(distances),
            "flights",
        )
        for level in LEVELS
    ]


def _times(epoch: str, given: Sequence[Outcome]) -> list[Figure]:
    """Return the error of the time, in seconds and in its own sigmas."""
    lags = [(o.flight, o.lag_s) for o in given if o.lag_s is not None]
    sigmas = [(o.flight, o.lag_sigmas) for o in given if o.lag_sigmas is not None]
    flights = np.array([flight for flight, _ in sigmas], dtype=np.int64)
    values = np.array([value for _, value in sigmas], dtype=np.float64)
    timed = np.array([flight for flight, _ in lags], dtype=np.int64)
    lag_s = np.array([lag for _, lag in lags], dtype=np.float64)
    return [
        grouped_median(f"{epoch}: time error, median", np.abs(lag_s), timed, "s"),
        grouped_mean(f"{epoch}: time error, mean (late is positive)", lag_s, timed, "s"),
        grouped_mean(f"{epoch}: time error in sigmas, root mean square", values * values, flights, "", root=True),
        share(f"{epoch}: time error within 1.96 sigma", int((np.abs(values) <= TWO_SIGMA).sum()), values.size, "flights"),
    ]


def kind_sections(outcomes: Sequence[Outcome], flights: Sequence[TrueFlight]) -> list[Section]:
    """Return the coverage of the 95 % ellipses for each kind of missile, where there are several kinds."""
    kinds = sorted({flights[o.flight].kind for o in outcomes})
    if len(kinds) < 2:
        return []
    limit = ellipse_limit(0.95)
    figures = []
    for kind in kinds:
        for what in ("launch", "impact"):
            for epoch in EPOCHS:
                mine = [o for o in outcomes if (o.what, o.epoch, flights[o.flight].kind) == (what, epoch, kind) and o.scored]
                held = [o.nees <= limit for o in mine if o.nees is not None]
                if held:
                    figures.append(share(f"{kind}, {what}: {epoch}", sum(held), len(held), "flights"))
    return [Section(title="Coverage of the 95 % ellipses by kind of missile", figures=tuple(figures), grid="first")]


def footprint_section(outcomes: Sequence[Outcome]) -> Section:
    """Return how often footprints were given and held the impact, for flights that still manoeuvre and for the others."""
    figures = []
    for epoch in EPOCHS:
        mine = [o for o in outcomes if o.what == "impact" and o.epoch == epoch]
        moving = [o for o in mine if o.manoeuvres and o.given]
        drawn = [o for o in mine if o.footprint is not None]
        if moving:
            held = sum(o.footprint is True for o in moving)
            figures.append(
                share(f"{epoch}: still to manoeuvre, footprint holds the impact", held, len(moving), "flights", "none given is a miss")
            )
        if drawn:
            figures.append(
                share(
                    f"{epoch}: any flight with a footprint, it holds the impact",
                    sum(o.footprint is True for o in drawn),
                    len(drawn),
                    "flights",
                )
            )
    return Section(
        title="Footprints (95 % of where a manoeuvre may end)",
        figures=tuple(figures),
        note="" if figures else "none given, and no flight that manoeuvres after an epoch",
    )


def event_section(events: Mapping[str, EventTale], matched: Mapping[str, int], flights: Sequence[TrueFlight], hours: float) -> Section:
    """Return how many missiles have an event, and what else was called one."""
    said = {name: tale for name, tale in events.items() if tale.said}
    missiles = [index for index, flight in enumerate(flights) if flight.group == "missile"]
    of_missile = [matched[name] for name in said if name in matched and flights[matched[name]].group == "missile"]
    of_other = [name for name in said if name in matched and flights[matched[name]].group != "missile"]
    of_nothing = [name for name in said if name not in matched]
    return Section(
        title="Launch events (confirmed)",
        figures=(
            share("missiles with an event", len(set(of_missile)), len(missiles), "missiles"),
            Figure(name="second events of one missile", value=float(len(of_missile) - len(set(of_missile))), n=len(said), of="events"),
            rate("false events, of nothing that flies", len(of_nothing), hours, ", ".join(sorted(of_nothing)[:5])),
            rate("false events, of aircraft, satellites, meteors or parts", len(of_other), hours, ", ".join(sorted(of_other)[:5])),
        ),
    )


def count_section(found: Sequence[SalvoOutcome]) -> Section:
    """Return whether "at least N" was true, and whether N was exact in the end."""
    lines, over = sum(s.lines for s in found), sum(s.over for s in found)
    ended = [s for s in found if s.at_least is not None]
    guessed = [s for s in found if s.estimate is not None]
    return Section(
        title="Count of missiles, per reported salvo",
        figures=(
            share(
                '"at least N" true in every line',
                sum(s.over == 0 for s in found),
                len(found),
                "salvos",
                f"{over} of {lines} lines claim too many",
            ),
            share('"at least N" exact in the last line', sum(s.at_least == s.missiles for s in ended), len(ended), "salvos"),
            share(
                "estimate, rounded, exact in the last line",
                sum(round(s.estimate or 0.0) == s.missiles for s in guessed),
                len(guessed),
                "salvos",
            ),
        ),
    )


def class_section(classes: Sequence[tuple[str, str, float]]) -> Section:
    """Return how often the class was right, and what probability the true class had."""
    chances = np.array([chance for _, _, chance in classes], dtype=np.float64)
    numbers = np.arange(len(classes), dtype=np.int64)
    return Section(
        title="Class, as last said",
        figures=(
            share("most probable class is the true one", sum(true == said for true, said, _ in classes), len(classes), "flights"),
            grouped_mean("probability of the true class, mean", 100.0 * chances, numbers, "%"),
        ),
        note="The true class is the file's own where it has one, else that of the energy at burnout.",
    )


def class_table(classes: Sequence[tuple[str, str, float]]) -> Confusion:
    """Return true classes (rows) against those said (columns)."""
    said = {said for _, said, _ in classes}
    columns = tuple(name for name in CLASSES if name in said) + tuple(sorted(said - set(CLASSES)))
    true = {true for true, _, _ in classes}
    rows = {
        name: tuple(sum((t, s) == (name, column) for t, s, _ in classes) for column in columns)
        for name in (*(c for c in CLASSES if c in true), *sorted(true - set(CLASSES)))
    }
    return Confusion(title="Class: true (rows), most probable (columns)", columns=columns, rows=rows)
