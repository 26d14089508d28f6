"""What sharing bought in one night, in three sentences made from the figures: time, place, and who saw nothing alone.

Where it bought nothing, or made a figure worse, they say so.
"""

from typing import Final

from tocsin.evaluation.night import NationFigures, NightFigures, PictureFigures
from tocsin.evaluation.record import NightRecord
from tocsin.evaluation.tables import kilometres
from tocsin.messages.basics import Nation

NOTHING_S: Final = 1.0  # less than a scan of the fastest radar: nobody acts differently
NOTHING_KM: Final = 0.1  # the rounding of what nations publish is ten times coarser
NOTHING_SHARE: Final = 0.1  # an ellipse a tenth smaller or larger is the same ellipse


def what_sharing_bought(record: NightRecord, figures: NightFigures, names: dict[Nation, str]) -> tuple[str, str, str]:
    """Return the sentences (time, place, who). ``names``: plain names of the nations; codes stand where one is missing."""
    called = {code: names.get(code, code) for code in figures.nations}
    return _time(record, figures, called), _place(record, figures, called), _who(record, figures, called)


def _time(record: NightRecord, figures: NightFigures, called: dict[Nation, str]) -> str:
    """Seconds of warning gained, nation by nation."""
    parts: list[str] = []
    nothing: list[str] = []
    for code, nation in figures.nations.items():
        words: list[str] = []
        for index, missile in enumerate(record.missiles):
            alone, together = nation.alone.first_warning_s[index], nation.together.first_warning_s[index]
            if together is None:
                words += [f"alone only (missile {missile.missile})"] if alone is not None else []
            elif alone is None:
                words.append(f"at {together:.0f} s and alone never (missile {missile.missile})")
            elif abs(alone - together) >= NOTHING_S:
                change = "sooner" if alone > together else "LATER"
                words.append(f"{abs(alone - together):.0f} s {change} (missile {missile.missile})")
        if words:
            parts.append(f"{called[code]} was warned {_and(words)}")
        else:
            nothing.append(called[code])
    if nothing:
        parts.append(f"{_and(nothing)} gained nothing in time" if parts else "sharing gained nobody a second")
    return f"Time: {'; '.join(parts)}."


def _place(record: NightRecord, figures: NightFigures, called: dict[Nation, str]) -> str:
    """Kilometres of error and the ellipse, of the last prediction, nation by nation."""
    parts: list[str] = []
    nothing: list[str] = []
    for code, nation in figures.nations.items():
        words = [word for index, missile in enumerate(record.missiles) if (word := _error(missile.missile, nation, index))]
        if words:
            parts.append(f"{called[code]} {_and(words)}")
        else:
            nothing.append(called[code])
    if nothing:
        parts.append(f"{_and(nothing)} gained nothing there" if parts else "sharing changed nobody's last prediction")
    return f"Place: error of the last predicted impact, alone -> together; {'; '.join(parts)}."


def _error(missile: str, nation: NationFigures, index: int) -> str:
    """Return how one nation's last prediction of one missile changed, "" if it did not."""
    alone, together = nation.alone.impact_error_km[index], nation.together.impact_error_km[index]
    alone_km2, together_km2 = nation.alone.ellipse95_km2[index], nation.together.ellipse95_km2[index]
    if together is None or together_km2 is None:
        return "" if alone is None else f"lost its prediction (missile {missile})"
    if alone is None or alone_km2 is None:
        return f"none -> {kilometres(together)} km (missile {missile}; ellipse {kilometres(together_km2)} km2)"
    same_error = abs(alone - together) < NOTHING_KM
    same_area = abs(alone_km2 - together_km2) < NOTHING_SHARE * alone_km2
    if same_error and same_area:
        return ""
    worse_point, worse_area = together - alone >= NOTHING_KM, together_km2 > alone_km2 and not same_area
    worse = "; WORSE" if worse_point and worse_area else "; point WORSE" if worse_point else "; ellipse WORSE" if worse_area else ""
    ellipse = f"ellipse {kilometres(alone_km2)} -> {kilometres(together_km2)} km2"
    return f"{kilometres(alone)} -> {kilometres(together)} km (missile {missile}; {ellipse}{worse})"


def _who(record: NightRecord, figures: NightFigures, called: dict[Nation, str]) -> str:
    """Who saw nothing alone, and what was counted."""
    total = len(record.missiles)
    blind: list[str] = []
    for code, nation in figures.nations.items():
        unseen = [missile.missile for index, missile in enumerate(record.missiles) if nation.alone.first_detection_s[index] is None]
        if unseen:
            what = "nothing at all" if len(unseen) == total else f"nothing of missile {_and(unseen)}"
            blind.append(f"{called[code]} alone saw {what}")
    seen = "; ".join(blind) if blind else "no nation was blind alone"
    alone = ", ".join(f"{called[code]} {nation.alone.missiles_at_least}" for code, nation in figures.nations.items())
    together = {nation.together.missiles_at_least for nation in figures.nations.values()}
    if len(together) == 1:
        joint = f"all count {together.pop()}"
    else:
        joint = ", ".join(f"{called[code]} {nation.together.missiles_at_least}" for code, nation in figures.nations.items())
    missed = _outside(figures)
    tail = f"; {missed}" if missed else ""
    return f"Who: {seen}; missiles counted alone: {alone}; together: {joint}, of {total} flown{tail}."


def _outside(figures: NightFigures) -> str:
    """Say where the last 95 % ellipse did not hold the simulated impact."""
    misses = 0
    counted = 0
    for nation in figures.nations.values():
        for picture in (nation.alone, nation.together):
            misses += _misses(picture)
            counted += sum(inside is not None for inside in picture.inside_ellipse95)
    return f"{misses} of {counted} last 95 % ellipses miss the simulated impact" if misses else ""


def _misses(picture: PictureFigures) -> int:
    return sum(inside is False for inside in picture.inside_ellipse95)


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
