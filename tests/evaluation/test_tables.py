"""The tables and the sentences on what sharing bought, as cells and words."""

import msgspec
import pytest

from tests.evaluation.nights import coalition, empty_night, missile, shared_night
from tocsin.evaluation.bought import what_sharing_bought
from tocsin.evaluation.night import NightFigures, PictureFigures, night_figures
from tocsin.evaluation.tables import (
    ShipRow,
    Table,
    alone_against_together,
    kilometres,
    latency_table,
    own_figures,
    probability,
    seconds,
    ship_label,
    ship_table,
)

NAMES = {"AAA": "Alpha", "BBB": "Bravo"}


def all_tables() -> tuple[Table, ...]:
    record = shared_night()
    figures = night_figures(record)
    rows = [
        ShipRow(configuration=name, label=ship_label(coalition(), name), nation="BBB", figures=figures.nations["BBB"])
        for name in ("base", "east")
    ]
    return alone_against_together(record, figures), ship_table(rows), latency_table(record), own_figures(record)


def with_together(figures: NightFigures, nation: str, **changes: tuple[float | None, ...]) -> NightFigures:
    """Return the figures with one nation's joint ones changed."""
    old = figures.nations[nation]
    together: PictureFigures = msgspec.structs.replace(old.together, **changes)
    return msgspec.structs.replace(figures, nations=figures.nations | {nation: msgspec.structs.replace(old, together=together)})


@pytest.mark.parametrize("table", all_tables(), ids=lambda table: table.title)
def test_every_row_is_as_long_as_its_header_and_no_cell_is_empty(table: Table) -> None:
    assert table.rows
    assert {len(row) for row in table.rows} == {len(table.header)}
    assert all(cell for row in table.rows for cell in row)


def test_alone_stands_beside_together_for_each_nation_and_missile() -> None:
    record = shared_night()
    rows = alone_against_together(record, night_figures(record)).rows
    assert [row[:3] for row in rows[4:]] == [
        ("BBB", "1", "alone"),
        ("BBB", "1", "together"),
        ("BBB", "2", "alone"),
        ("BBB", "2", "together"),
    ]
    assert rows[4][3:7] == ("never", "never", "-", "-")
    assert rows[5][3:5] == ("50", "50")


def test_a_missed_ellipse_is_marked() -> None:
    record = shared_night()
    figures = with_together(night_figures(record), "AAA", inside_ellipse95=(False, True))
    rows = alone_against_together(record, figures).rows
    assert (rows[1][5][-1], rows[3][5][-1] == "*") == ("*", False)


def test_ship_rows_say_where_the_ship_is_and_what_was_gained() -> None:
    table = all_tables()[1]
    assert [row[1] for row in table.rows] == ["BBB-SHIP at 45.0 N 156.0 E", "BBB-SHIP at 45.0 N 158.5 E"]
    assert table.rows[0][2:6] == ("never / 130", "never / 140", "50 / 50", "all / +90")


def test_own_figures_stand_beside_the_joint_and_the_simulated_ones() -> None:
    rows = all_tables()[3].rows
    assert [row[1] for row in rows[:4]] == ["AAA", "BBB", "joint", "simulated"]
    assert rows[1][3] == "never"
    assert rows[3][4:] == ("60.0", "300.0", "45.00 N 153.82 E")  # 150 E + 300 km / (111.195 km x cos 45)


@pytest.mark.parametrize(
    ("value", "said"), [(None, "-"), (1.0, "> 99.9 %"), (0.9991, "> 99.9 %"), (0.999, "99.9 %"), (0.5, "50.0 %"), (0.0, "< 0.1 %")]
)
def test_a_probability_is_never_said_to_be_certain(value: float | None, said: str) -> None:
    assert probability(value) == said


def test_never_is_a_word_and_small_errors_keep_two_digits() -> None:
    assert (seconds(None), seconds(33.4), kilometres(None), kilometres(9.994), kilometres(27.4)) == ("never", "33", "-", "9.99", "27")


def test_the_sentences_say_what_was_gained_in_time_and_place_and_who_was_blind() -> None:
    record = shared_night()
    time, place, who = what_sharing_bought(record, night_figures(record), NAMES)
    assert time == "Time: Bravo was warned at 50 s and alone never (missile 1) and 90 s sooner (missile 2); Alpha gained nothing in time."
    assert place == (
        "Place: error of the last predicted impact, alone -> together; Bravo none -> 0.50 km (missile 1; ellipse 19 km2)"
        " and 4.00 -> 0.50 km (missile 2; ellipse 75 -> 19 km2); Alpha gained nothing there."
    )
    assert who == "Who: Bravo alone saw nothing of missile 1; missiles counted alone: Alpha 2, Bravo 1; together: all count 2, of 2 flown."


def test_the_sentences_say_where_sharing_bought_nothing() -> None:
    record = shared_night()
    figures = night_figures(record)
    same = {code: msgspec.structs.replace(nation, together=nation.alone) for code, nation in figures.nations.items()}
    time, place, _ = what_sharing_bought(record, msgspec.structs.replace(figures, nations=same), NAMES)
    assert time == "Time: sharing gained nobody a second."
    assert place.endswith("sharing changed nobody's last prediction.")


def test_the_sentences_do_not_hide_what_sharing_made_worse() -> None:
    record = shared_night()
    worse = with_together(
        night_figures(record),
        "BBB",
        first_warning_s=(50.0, 150.0),
        impact_error_km=(None, 9.0),
        ellipse95_km2=(None, 20.0),
        inside_ellipse95=(None, False),
    )
    time, place, who = what_sharing_bought(record, worse, NAMES)
    assert "10 s LATER (missile 2)" in time
    assert "4.00 -> 9.00 km (missile 2; ellipse 75 -> 20 km2; point WORSE)" in place
    assert "1 of 6 last 95 % ellipses miss the simulated impact" in who


def test_a_night_that_nobody_saw_has_tables_and_sentences_too() -> None:
    record = empty_night(missile("1"))
    figures = night_figures(record)
    assert len(alone_against_together(record, figures).rows) == 4
    assert latency_table(record).rows == ()
    _, _, who = what_sharing_bought(record, figures, {})
    assert who.startswith("Who: AAA alone saw nothing at all; BBB alone saw nothing at all; missiles counted alone: AAA 0, BBB 0")
