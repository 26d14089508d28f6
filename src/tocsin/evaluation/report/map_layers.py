"""Layers of a map that are there before anything flies: land, graticule, EEZ limit, radars with what they reach."""

from collections.abc import Sequence
from functools import cache
from typing import Final

import msgspec

from tocsin.adapters.report.axes import MapFrame, map_bounds, on_map, step_for
from tocsin.adapters.report.draw import label, line, mark, path, shape, thin
from tocsin.adapters.report.labels import Box, Tag, box_around
from tocsin.adapters.report.markup import EMPTY, Markup, join
from tocsin.adapters.report.style import nation_class
from tocsin.evaluation.report.reach import coverage_deg, reach_m
from tocsin.evaluation.report.scene import Scene
from tocsin.geography.outlines import LandPolygon, Ring, eez_limit_lines, land_polygons
from tocsin.messages.sensor import Sensor
from tocsin.units import DEG

STEP_PX: Final = 0.8  # finer than a screen shows
NAMED_PX2: Final = 4_000.0  # land smaller than this on paper gets no name
MARK_PX: Final = 7.0
Layer = tuple[list[Markup], list[Tag], list[Box]]  # shapes, names to place, what names must not cover


class _Name(msgspec.Struct, frozen=True):
    area_px2: float
    x: float
    y: float


def route_on(frame: MapFrame, places: Sequence[tuple[float, float]], step_px: float = STEP_PX) -> list[tuple[float, float]]:
    """Return (lat_deg, lon_deg) places as pixels, without those closer than a step."""
    return thin([on_map(frame, lat, lon) for lat, lon in places], step_px)


def land_layer(frame: MapFrame) -> Layer:
    """Return the land that touches the frame, and the code of its nation where there is room."""
    shapes: list[Markup] = []
    names: dict[str, _Name] = {}
    for polygon in _land():
        if not _touches(frame, polygon.rings[0]):
            continue
        rings = [route_on(frame, ring) for ring in polygon.rings]
        shapes.append(shape(rings, "land"))
        known = names.get(polygon.nation)
        name = _middle(_cut(rings[0], frame))
        if name.area_px2 > (NAMED_PX2 if known is None else known.area_px2):
            names[polygon.nation] = name
    tags = [Tag(x=name.x, y=name.y, words=nation, css="country", gap_px=-15.0, letter_px=11.0) for nation, name in sorted(names.items())]
    return shapes, tags, []


def graticule(frame: MapFrame) -> Markup:
    """Return meridians and parallels with their degrees at the edge."""
    south, north, west, east = map_bounds(frame)
    step = max(step_for(north - south, 5), 0.5)
    parts = []
    for index in range(int(south // step) + 1, int(north // step) + 1):
        y = on_map(frame, index * step, frame.lon_mid_deg)[1]
        name = f"{abs(index * step):g} {'N' if index >= 0 else 'S'}"
        parts += [line(0.0, y, frame.width_px, y, "graticule"), label(5.0, y - 3.0, name, "small seahalo")]
    for index in range(int(west // step) + 1, int(east // step) + 1):
        x = on_map(frame, frame.lat_mid_deg, index * step)[0]
        lon = (index * step + 180.0) % 360.0 - 180.0
        name = f"{abs(lon):g} {'E' if lon >= 0 else 'W'}"
        parts += [line(x, 0.0, x, frame.height_px, "graticule"), label(x + 4.0, frame.height_px - 5.0, name, "small seahalo")]
    return join(parts)


def eez_layer(frame: MapFrame, nation: str) -> Markup:
    """Return the EEZ limit of the nation that the public asks about, nothing if nobody asks."""
    return join(path(route_on(frame, ring), "limit") for ring in eez_limit_lines(nation)) if nation else EMPTY


def radars(scene: Scene) -> tuple[Sensor, ...]:
    """Return the radars of the nations in the record, in file order; satellites are not on a map of the ground."""
    return tuple(sensor for sensor in scene.sensors if sensor.kind == "radar" and sensor.nation in scene.index)


def detected(scene: Scene, sensor: Sensor) -> bool:
    """True if the sensor had a plot of any missile."""
    return any(plot.sensor == sensor.sensor for plot in scene.record.first_plots)


def radar_layer(frame: MapFrame, scene: Scene, sensors: Sequence[Sensor], altitude_m: float) -> Layer:
    """Return each radar with the edge of what it sees at an altitude; filled where it detected a missile, open where it did not."""
    shapes, marks, tags, boxes = list[Markup](), list[Markup](), list[Tag](), list[Box]()
    for sensor in sensors:
        css = nation_class(scene.index[sensor.nation])
        found = detected(scene, sensor)
        if reach_m(sensor, altitude_m) > 0.0:
            shapes.append(path(route_on(frame, coverage_deg(sensor, altitude_m)), f"{css}-reach"))
        x, y = on_map(frame, sensor.lat_rad / DEG, sensor.lon_rad / DEG)
        tip = f"{sensor.sensor}: detected {'a' if found else 'no'} missile"
        marks.append(mark("square" if sensor.moving else "triangle", x, y, f"{css}-{'dot' if found else 'open'}", 5.5, tip))
        tags.append(Tag(x=x, y=y, words=sensor.sensor, css=f"{css}-text seahalo"))
        boxes.append(box_around(x, y, MARK_PX))
    return [*shapes, *marks], tags, boxes


@cache
def _land() -> tuple[LandPolygon, ...]:
    """Return the packaged land, read once: two maps of one report draw it."""
    return land_polygons()


def _touches(frame: MapFrame, ring: Ring) -> bool:
    """True if a ring's box touches the frame."""
    south, north, west, east = map_bounds(frame)
    lats, lons = [lat for lat, _ in ring], [lon for _, lon in ring]
    return max(lats) >= south and min(lats) <= north and max(lons) >= west and min(lons) <= east


def _cut(ring: Sequence[tuple[float, float]], frame: MapFrame) -> list[tuple[float, float]]:
    """Return a ring cut to the paper, edge by edge (Sutherland and Hodgman, Comm. ACM 17 (1974) 32)."""
    cut = list(ring)
    for axis, limit, sign in ((0, 0.0, 1.0), (0, frame.width_px, -1.0), (1, 0.0, 1.0), (1, frame.height_px, -1.0)):
        kept: list[tuple[float, float]] = []
        for start, end in zip(cut, [*cut[1:], *cut[:1]], strict=True):
            before, after = sign * (start[axis] - limit), sign * (end[axis] - limit)
            if before >= 0.0:
                kept.append(start)
            if before * after < 0.0:
                part = before / (before - after)
                kept.append((start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])))
        cut = kept
    return cut


def _middle(ring: Sequence[tuple[float, float]]) -> _Name:
    """Return the area (square pixels) and the centroid of a ring."""
    double = x = y = 0.0
    for a, b in zip(ring, [*ring[1:], *ring[:1]], strict=True):
        cross = a[0] * b[1] - b[0] * a[1]
        double += cross
        x += (a[0] + b[0]) * cross
        y += (a[1] + b[1]) * cross
    return _Name(0.0, 0.0, 0.0) if double == 0.0 else _Name(abs(0.5 * double), x / (3.0 * double), y / (3.0 * double))
