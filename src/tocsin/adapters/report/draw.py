"""SVG shapes: lines, marks, labels, axes with a grid, and the figure around them. Colours come from style classes, never from here."""

from collections.abc import Sequence
from math import hypot
from typing import Final

import msgspec

from tocsin.adapters.report.axes import Axis, at
from tocsin.adapters.report.markup import EMPTY, Attributes, Markup, element, join, number, text

Points = Sequence[tuple[float, float]]
MARKS: Final = ("circle", "diamond", "triangle", "square", "cross", "plus", "bar")
FAR_PX: Final = 20_000.0  # coordinates are held inside this: renderers lose precision far outside


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a legend: a line (``css`` of a line) or a mark."""

    label: str
    css: str
    mark: str = ""  # one of MARKS; "" draws a line


def svg(width: float, height: float, label: str, *children: Markup, style: str = "", css: str = "") -> Markup:
    """Return a figure of this size that scales with its column. ``label`` is read to those who cannot see it.

    ``style``: a style sheet inside the figure, for one that stands alone.
    """
    head = element("title", None, text(label))
    sheet = element("style", None, Markup(style)) if style else EMPTY
    attributes: Attributes = {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {number(width)} {number(height)}", "role": "img"}
    return element("svg", attributes | {"class": css or None}, head, sheet, *children)


def inner(x: float, y: float, width: float, height: float, *children: Markup) -> Markup:
    """Return a drawing inside another, with its own origin."""
    attributes: Attributes = {"x": x, "y": y, "width": width, "height": height, "viewBox": f"0 0 {number(width)} {number(height)}"}
    return element("svg", attributes, *children)


def group(css: str, *children: Markup, clip: str | None = None) -> Markup:
    """Return shapes that share a style class, cut to a clip path if its name is given."""
    return element("g", {"class": css or None, "clip-path": f"url(#clip-{clip})" if clip else None}, *children)


def clip_path(name: str, x: float, y: float, width: float, height: float) -> Markup:
    """Return a rectangle to which ``group`` can cut."""
    return element("clipPath", {"id": f"clip-{name}"}, element("rect", {"x": x, "y": y, "width": width, "height": height}))


def rectangle(x: float, y: float, width: float, height: float, css: str, title: str = "") -> Markup:
    """Return a rectangle."""
    return element("rect", {"x": x, "y": y, "width": max(width, 0.0), "height": height, "class": css}, _tip(title))


def line(x1: float, y1: float, x2: float, y2: float, css: str) -> Markup:
    """Return one straight line."""
    return element("line", {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "class": css})


def path(points: Points, css: str, *, closed: bool = False, title: str = "") -> Markup:
    """Return a line through points (nothing for fewer than two)."""
    return EMPTY if len(points) < 2 else element("path", {"d": route(points, closed=closed), "class": css}, _tip(title))


def shape(rings: Sequence[Points], css: str) -> Markup:
    """Return a filled shape of closed rings; inner rings are holes."""
    routes = "".join(route(ring, closed=True) for ring in rings if len(ring) > 2)
    return element("path", {"d": routes, "class": css, "fill-rule": "evenodd"}) if routes else EMPTY


def route(points: Points, *, closed: bool = False) -> str:
    """Return the SVG path data of points."""
    written = [f"{number(_held(x))} {number(_held(y))}" for x, y in points]
    return f"M{'L'.join(written)}{'Z' if closed else ''}"


def label(x: float, y: float, content: str, css: str = "label", anchor: str = "start", turn_deg: float = 0.0) -> Markup:
    """Return a text whose baseline starts, is centred or ends at a point."""
    turn = f"rotate({number(turn_deg)} {number(x)} {number(y)})" if turn_deg else None
    attributes: Attributes = {"x": x, "y": y, "class": css, "text-anchor": None if anchor == "start" else anchor, "transform": turn}
    return element("text", attributes, text(content))


def mark(kind: str, x: float, y: float, css: str, size: float = 5.0, title: str = "") -> Markup:
    """Return one mark of MARKS; its shape says what it is where colour cannot."""
    tip = _tip(title)
    if kind == "circle":
        return element("circle", {"cx": x, "cy": y, "r": size, "class": css}, tip)
    corners: dict[str, Points] = {
        "diamond": ((0.0, -1.2), (1.2, 0.0), (0.0, 1.2), (-1.2, 0.0)),
        "triangle": ((0.0, -1.2), (1.1, 0.9), (-1.1, 0.9)),
        "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    }
    if kind in corners:
        return element("path", {"d": route([(x + size * dx, y + size * dy) for dx, dy in corners[kind]], closed=True), "class": css}, tip)
    strokes = {"cross": ((-1.0, -1.0, 1.0, 1.0), (-1.0, 1.0, 1.0, -1.0)), "plus": ((0.0, -1.2, 0.0, 1.2), (-1.2, 0.0, 1.2, 0.0))}
    arms = strokes.get(kind, ((0.0, -1.0, 0.0, 1.0),))
    data = "".join(route([(x + size * x1, y + size * y1), (x + size * x2, y + size * y2)]) for x1, y1, x2, y2 in arms)
    return element("path", {"d": data, "class": css}, tip)


def axes(
    x: Axis, y: Axis, x_ticks: Sequence[tuple[float, str]], y_ticks: Sequence[tuple[float, str]], *, x_title: str, y_title: str
) -> Markup:
    """Return a grid with tick labels below and to the left, and titles. ``y.start`` is the lower edge."""
    parts = [rectangle(min(x.start, x.end), min(y.start, y.end), abs(x.end - x.start), abs(y.end - y.start), "plot")]
    for value, name in x_ticks:
        parts.append(line(at(x, value), y.start, at(x, value), y.end, "grid"))
        parts.append(label(at(x, value), y.start + 16.0, name, "tick", "middle"))
    for value, name in y_ticks:
        parts.append(line(x.start, at(y, value), x.end, at(y, value), "grid"))
        parts.append(label(x.start - 7.0, at(y, value) + 4.0, name, "tick", "end"))
    parts.append(label(0.5 * (x.start + x.end), y.start + 34.0, x_title, "axis", "middle"))
    parts.append(label(x.start, y.end - 9.0, y_title, "axis"))
    return join(parts)


def legend(x: float, y: float, keys: Sequence[Key], row_px: float = 18.0) -> Markup:
    """Return legend entries below one another, the first at (x, y)."""
    parts = []
    for index, key in enumerate(keys):
        middle = y + index * row_px
        parts.append(mark(key.mark, x + 13.0, middle, key.css) if key.mark else line(x, middle, x + 26.0, middle, key.css))
        parts.append(label(x + 33.0, middle + 4.0, key.label, "key"))
    return join(parts)


def thin(points: Points, step_px: float) -> list[tuple[float, float]]:
    """Return the points without those closer than a step to the one kept before; the last one stays."""
    kept: list[tuple[float, float]] = []
    for point in points:
        if not kept or hypot(point[0] - kept[-1][0], point[1] - kept[-1][1]) >= step_px:
            kept.append(point)
    if points and kept[-1] != points[-1]:
        kept.append(points[-1])
    return kept


def _held(value: float) -> float:
    return min(max(value, -FAR_PX), FAR_PX)


def _tip(title: str) -> Markup:
    return element("title", None, text(title)) if title else EMPTY
