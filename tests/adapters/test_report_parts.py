"""What a report is drawn with: escaping, axes and ticks, map frame, labels that do not cover one another, tables."""

import xml.etree.ElementTree as ET
from math import cos, radians
from pathlib import Path

import pytest

from tocsin.adapters.report import labels
from tocsin.adapters.report.axes import Axis, at, fit_map, map_bounds, on_map, step_for, ticks, time_ticks
from tocsin.adapters.report.draw import MARKS, Key, axes, label, legend, mark, path, rectangle, svg, thin
from tocsin.adapters.report.markup import element, number, text, words
from tocsin.adapters.report.page import card, table, write_text
from tocsin.adapters.report.style import NATION_STYLES, nation_class, page_style, picture_style
from tocsin.errors import OperatorFault

HOSTILE = "<script>alert('1')</script> & \"more\""


def test_texts_and_attributes_are_escaped() -> None:
    assert text(HOSTILE) == "&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt; &amp; &quot;more&quot;"
    assert words("p", "a < b", {"title": 'x"y'}) == '<p title="x&quot;y">a &lt; b</p>'
    assert "<script" not in card(HOSTILE, HOSTILE) + table(HOSTILE, HOSTILE, [HOSTILE], [[HOSTILE]]) + label(0.0, 0.0, HOSTILE)


def test_an_attribute_of_none_is_left_out_and_a_void_element_has_no_end() -> None:
    assert element("meta", {"charset": "utf-8", "name": None}) == '<meta charset="utf-8">'
    assert element("rect", {"x": 1.0, "y": 0.0}) == '<rect x="1" y="0"></rect>'


@pytest.mark.parametrize(("value", "written"), [(1.0, "1"), (0.126, "0.13"), (-0.001, "0"), (100.0, "100"), (-2.5, "-2.5")])
def test_numbers_are_short(value: float, written: str) -> None:
    assert number(value) == written


def test_axes_place_values_and_hold_what_lies_outside() -> None:
    linear = Axis(0.0, 10.0, 100.0, 200.0)
    assert [at(linear, v) for v in (0.0, 5.0, 10.0, 99.0, -1.0)] == [100.0, 150.0, 200.0, 200.0, 100.0]
    logarithmic = Axis(0.1, 100.0, 300.0, 0.0, logarithmic=True)
    assert at(logarithmic, 1.0) == pytest.approx(200.0)
    assert at(logarithmic, 0.0) == 300.0
    assert at(Axis(180.0, 0.0, 0.0, 90.0), 60.0) == pytest.approx(60.0)  # time left runs down


def test_ticks_are_round_and_inside() -> None:
    assert ticks(Axis(0.0, 357.0, 0.0, 1.0), 9) == (0.0, 50.0, 100.0, 150.0, 200.0, 250.0, 300.0, 350.0)
    assert ticks(Axis(0.01, 50.0, 0.0, 1.0, logarithmic=True)) == (0.01, 0.1, 1.0, 10.0)
    assert ticks(Axis(1.0, 10.0, 0.0, 1.0, logarithmic=True)) == (1.0, 2.0, 5.0, 10.0)
    assert time_ticks(Axis(190.0, 0.0, 0.0, 1.0)) == (0.0, 30.0, 60.0, 90.0, 120.0, 150.0, 180.0)
    assert step_for(0.0, 5) == 1.0


def test_a_map_frame_holds_its_points_true_to_scale_also_across_180_degrees() -> None:
    points = ((44.0, 178.0), (46.0, -178.0))
    frame = fit_map(points, 800.0, 600.0)
    corners = [on_map(frame, *point) for point in points]
    assert all(0.0 < x < 800.0 and 0.0 < y < 600.0 for x, y in corners)
    assert corners[0][0] < corners[1][0]
    assert corners[0][1] > corners[1][1]
    east = on_map(frame, 45.0, -179.0)[0] - on_map(frame, 45.0, 180.0)[0]
    north = on_map(frame, 45.0, 180.0)[1] - on_map(frame, 46.0, 180.0)[1]
    assert east / north == pytest.approx(cos(radians(45.0)))
    south, high, west, far = map_bounds(frame)
    assert (south < 44.0, high > 46.0, west < 178.0, far > 182.0) == (True, True, True, True)


def test_names_cover_neither_marks_nor_each_other() -> None:
    tags = [labels.Tag(x=100.0 + 3.0 * i, y=100.0, words=f"SENSOR-{i}", css="key") for i in range(4)]
    taken = [labels.box_around(tag.x, tag.y, 7.0) for tag in tags]
    placed = labels.place_tags(tags, taken, (0.0, 0.0, 400.0, 300.0))
    found = [ET.fromstring(part).attrib for part in placed]
    assert len({(float(a["x"]), float(a["y"])) for a in found}) == 4
    assert labels.place_tags([labels.Tag(x=-5.0, y=0.0, words="outside", css="key")], [], (0.0, 0.0, 9.0, 9.0)) == []


def test_a_crowded_name_is_still_written() -> None:
    tag = labels.Tag(x=5.0, y=5.0, words="much too long for this paper", css="key")
    assert len(labels.place_tags([tag], [(0.0, 0.0, 10.0, 10.0)], (0.0, 0.0, 10.0, 10.0))) == 1


def test_thinning_keeps_the_ends() -> None:
    points = [(0.1 * i, 0.0) for i in range(101)]
    kept = thin(points, 1.0)
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert 10 <= len(kept) <= 12
    assert thin([], 1.0) == []


def test_a_figure_is_well_formed_and_says_what_it_is() -> None:
    frame = axes(Axis(0.0, 1.0, 10.0, 90.0), Axis(0.0, 1.0, 90.0, 10.0), [(0.5, "half")], [(0.5, "half")], x_title="x", y_title="y")
    marks = [mark(kind, 1.0, 1.0, "key", title=HOSTILE) for kind in MARKS]
    keys = legend(0.0, 0.0, [Key(label="line", css="joint"), Key(label="mark", css="joint", mark="cross")])
    parts = (
        frame,
        *marks,
        keys,
        path([(0.0, 0.0), (1e9, 1.0)], "joint"),
        path([(0.0, 0.0)], "joint"),
        rectangle(0.0, 0.0, -1.0, 1.0, "box"),
    )
    tree = ET.fromstring(svg(100.0, 100.0, HOSTILE, *parts, style="svg{}"))
    title = tree.find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert title.text == HOSTILE


def test_a_table_marks_groups_and_the_wanted_rows() -> None:
    drawn = table("T", "", ["a", "b"], [["1", "x"], ["1", "joint"], ["2", "x"]], bold="joint")
    assert drawn.count('class="strong"') == 1
    assert drawn.count('class="break"') == 1


def test_styles_ask_nothing_of_the_outside_and_know_every_nation_class() -> None:
    for sheet in (page_style(), picture_style()):
        assert "url(" not in sheet
        assert "@import" not in sheet
        assert "prefers-color-scheme:dark" in sheet
        assert all(
            f".{nation_class(i)}-{kind}{{" in sheet
            for i in range(9)
            for kind in ("line", "band", "reach", "area", "dot", "open", "bar", "text")
        )
    assert nation_class(NATION_STYLES) == nation_class(0)


def test_a_file_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(OperatorFault, match=r"report\.html: expected a file that can be written, came: No such file or directory"):
        write_text(tmp_path / "missing" / "report.html", "x")
