"""Close-ups of launch and impact: the 95 % ellipses of the joint picture and of each nation alone, around the simulated point."""

from math import atan2, cos, pi, sin, sqrt
from typing import Final

import msgspec

from tocsin.adapters.report.axes import Axis, at, step_for, ticks
from tocsin.adapters.report.draw import axes, clip_path, group, label, line, mark, path, svg
from tocsin.adapters.report.markup import Markup, join
from tocsin.adapters.report.style import nation_class
from tocsin.evaluation.night import CHI2_95_2
from tocsin.evaluation.record import MissileTruth
from tocsin.evaluation.report.scene import Scene
from tocsin.kernels.geodesy import ground_bearing_rad, ground_distance_m
from tocsin.messages.basics import Vec3
from tocsin.messages.event import LaunchEvent
from tocsin.units import KM

WIDTH_PX: Final = 580.0
HEIGHT_PX: Final = 430.0
CORNERS: Final = 72
MARGIN: Final = 1.12
SMALLEST_KM: Final = 0.5  # half width of the closest close-up


class Ellipse(msgspec.Struct, frozen=True, kw_only=True):
    """One estimate around the simulated point (origin): east and north in km, covariance in km2."""

    whose: str
    css: str  # "n0", "joint"
    east_km: float
    north_km: float
    cov_en_km2: Vec3


def impact_inset(scene: Scene, missile: MissileTruth) -> Markup:
    """Return the last predicted impacts of one missile around the simulated impact."""
    return _inset(f"Missile {missile.missile}: last predicted impact", last_impacts(scene, missile), f"impact-{missile.missile}")


def launch_inset(scene: Scene, missile: MissileTruth) -> Markup:
    """Return the last launch points of one missile around the simulated launch point."""
    return _inset(f"Missile {missile.missile}: launch point", last_launches(scene, missile), f"launch-{missile.missile}")


def last_impacts(scene: Scene, missile: MissileTruth) -> list[Ellipse]:
    """Return the last predicted impact of every nation alone, then the joint one; thrust-ended-now traces are not predictions."""
    return [
        _ellipse(whose, css, missile.impact_rad, (impact.lat_rad, impact.lon_rad), impact.cov_en_m2)
        for whose, css, event in _last(scene, missile.missile)
        if (impact := event.impact) is not None and impact.basis != "thrust-ended-now"
    ]


def last_launches(scene: Scene, missile: MissileTruth) -> list[Ellipse]:
    """Return the last launch point of every nation alone, then the joint one."""
    return [
        _ellipse(whose, css, missile.launch_rad, (launch.lat_rad, launch.lon_rad), launch.cov_en_m2)
        for whose, css, event in _last(scene, missile.missile)
        if (launch := event.launch) is not None
    ]


def ellipse_ring(ellipse: Ellipse) -> list[tuple[float, float]]:
    """Return the corners of the 95 % ellipse, (east, north) in km."""
    major, minor, turn = half_axes(ellipse.cov_en_km2)
    ring = []
    for corner in range(CORNERS):
        angle = 2.0 * pi * corner / CORNERS
        u, v = major * cos(angle), minor * sin(angle)
        ring.append((ellipse.east_km + u * cos(turn) - v * sin(turn), ellipse.north_km + u * sin(turn) + v * cos(turn)))
    return ring


def half_axes(cov_en: Vec3) -> tuple[float, float, float]:
    """Return (larger, smaller, angle from east to north) of the 95 % ellipse; unit: the root of the covariance's."""
    ee, en, nn = cov_en
    middle, spread = 0.5 * (ee + nn), sqrt(0.25 * (ee - nn) * (ee - nn) + en * en)
    turn = 0.5 * atan2(2.0 * en, ee - nn)
    return sqrt(CHI2_95_2 * max(middle + spread, 0.0)), sqrt(CHI2_95_2 * max(middle - spread, 0.0)), turn


def holds(ellipse: Ellipse) -> bool:
    """True if the 95 % ellipse holds the simulated point."""
    ee, en, nn = ellipse.cov_en_km2
    east, north = ellipse.east_km, ellipse.north_km
    det = ee * nn - en * en
    return det > 0.0 and (nn * east * east - 2.0 * en * east * north + ee * north * north) / det <= CHI2_95_2


def _last(scene: Scene, missile: str) -> list[tuple[str, str, LaunchEvent]]:
    """Return (whose, style, last event): every nation alone, then the first nation's joint picture."""
    alone = [(f"{s.nation} alone", nation_class(scene.index[s.nation]), scene.seen[s.nation, missile].alone) for s in scene.nations]
    joint = [("joint", "joint", scene.seen[s.nation, missile].joint) for s in scene.nations[:1]]
    return [(whose, css, events[-1]) for whose, css, events in (*alone, *joint) if events]


def _ellipse(whose: str, css: str, truth_rad: tuple[float, float], found_rad: tuple[float, float], cov_en_m2: Vec3) -> Ellipse:
    distance_km = ground_distance_m(*truth_rad, *found_rad) / KM
    bearing = ground_bearing_rad(*truth_rad, *found_rad) if distance_km > 1e-9 else 0.0
    ee, en, nn = (value / (KM * KM) for value in cov_en_m2)
    return Ellipse(whose=whose, css=css, east_km=distance_km * sin(bearing), north_km=distance_km * cos(bearing), cov_en_km2=(ee, en, nn))


def _inset(title: str, ellipses: list[Ellipse], name: str) -> Markup:
    """Return the close-up; its half width holds all ellipses."""
    rings = [ellipse_ring(ellipse) for ellipse in ellipses]
    reach = max((max(abs(x), abs(y)) for ring in rings for x, y in ring), default=SMALLEST_KM)
    high = max(reach * MARGIN, SMALLEST_KM)
    left, top, bottom = 54.0, 40.0, HEIGHT_PX - 46.0
    side = bottom - top
    x = Axis(-high, high, left, left + side)
    y = Axis(-high, high, bottom, top)
    step = step_for(2.0 * high, 6)
    names = [(value, f"{value:g}") for value in ticks(x)]
    shapes = []
    for ellipse, ring in sorted(zip(ellipses, rings, strict=True), key=lambda pair: -half_axes(pair[0].cov_en_km2)[0]):
        shapes.append(path([(at(x, e), at(y, n)) for e, n in ring], f"{ellipse.css}-area", closed=True, title=ellipse.whose))
        shapes.append(mark("circle", at(x, ellipse.east_km), at(y, ellipse.north_km), f"{ellipse.css}-dot", 3.0))
    shapes.append(mark("cross", at(x, 0.0), at(y, 0.0), "truth-mark", 6.0))
    frame = axes(x, y, names, names, x_title=f"km east (grid {step:g} km)", y_title="")
    parts = [label(left, 22.0, title, "head"), frame, clip_path(name, left, top, side, side), group("", *shapes, clip=name)]
    parts.append(_figures(left + side + 16.0, top + 12.0, ellipses))
    return svg(WIDTH_PX, HEIGHT_PX, title, *parts)


def _figures(x: float, y: float, ellipses: list[Ellipse]) -> Markup:
    """Return the key with each estimate's error and half axes."""
    parts = [mark("cross", x + 13.0, y, "truth-mark", 5.0), label(x + 33.0, y + 4.0, "simulated", "key")]
    for index, ellipse in enumerate(ellipses):
        top = y + 34.0 + 62.0 * index
        major, minor, _ = half_axes(ellipse.cov_en_km2)
        error_km = sqrt(ellipse.east_km * ellipse.east_km + ellipse.north_km * ellipse.north_km)
        parts.append(line(x, top, x + 26.0, top, f"{ellipse.css}-line" if ellipse.css != "joint" else "joint"))
        parts.append(label(x + 33.0, top + 4.0, ellipse.whose, "key"))
        parts.append(label(x + 33.0, top + 18.0, f"off by {error_km:.2f} km", "small"))
        parts.append(label(x + 33.0, top + 32.0, f"95 %: {major:.1f} x {minor:.1f} km", "small"))
        if not holds(ellipse):
            parts.append(label(x + 33.0, top + 46.0, "misses the cross", "miss"))
    if not ellipses:
        parts.append(label(x, y + 38.0, "no estimate", "small"))
    return join(parts)
