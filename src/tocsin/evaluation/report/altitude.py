"""Altitude against ground distance: the true path, what each nation detected of it, and the lowest altitude its radars could see."""

from typing import Final

from tocsin.adapters.report.axes import Axis, at, ticks
from tocsin.adapters.report.draw import Key, axes, clip_path, group, label, legend, mark, path, svg, thin
from tocsin.adapters.report.markup import Markup, join
from tocsin.adapters.report.style import nation_class
from tocsin.evaluation.record import MissileTruth
from tocsin.evaluation.report.reach import lowest_seen_m
from tocsin.evaluation.report.scene import Fix, Scene, truth_at
from tocsin.kernels.geodesy import ground_distance_m
from tocsin.messages.basics import Nation
from tocsin.units import DEG, KM, seconds_between

WIDTH_PX: Final = 1180.0
HEIGHT_PX: Final = 400.0
LEFT_PX: Final = 56.0
RIGHT_PX: Final = 930.0
TOP_PX: Final = 44.0
BOTTOM_PX: Final = 352.0
LANE_PX: Final = 7.0  # detections stand beside the path, one lane per nation
HEADROOM: Final = 1.35


def altitude_plot(scene: Scene, missile: MissileTruth) -> Markup:
    """Return the plot of one missile."""
    truth = scene.truth[missile.missile]
    distances = {fix.time_ns: _distance_km(missile, fix) for fix in truth}
    x = Axis(0.0, max(distances.values()) * 1.02, LEFT_PX, RIGHT_PX)
    y = Axis(0.0, max(fix.alt_m for fix in truth) / KM * HEADROOM, BOTTOM_PX, TOP_PX)
    name = f"altitude-{missile.missile}"
    shapes = [_horizon(scene, spec.nation, truth, distances, x, y) for spec in scene.nations]
    shapes += [_detected(scene, spec.nation, lane, missile.missile, distances, x, y) for lane, spec in enumerate(scene.nations)]
    shapes.append(path([(at(x, distances[f.time_ns]), at(y, f.alt_m / KM)) for f in truth], "truth"))
    shapes.append(_phases(scene, missile, distances, x, y))
    frame = axes(
        x,
        y,
        [(v, f"{v:g}") for v in ticks(x, 9)],
        [(v, f"{v:g}") for v in ticks(y, 6)],
        x_title="ground distance from launch, km",
        y_title="altitude, km",
    )
    parts = [label(LEFT_PX + 90.0, 30.0, f"Missile {missile.missile}", "head"), frame]
    parts += [clip_path(name, x.start, TOP_PX, x.end - x.start, BOTTOM_PX - TOP_PX), group("", *shapes, clip=name)]
    parts.append(_key(scene, missile))
    return svg(WIDTH_PX, HEIGHT_PX, f"Missile {missile.missile}: altitude against ground distance", *parts)


def _distance_km(missile: MissileTruth, fix: Fix) -> float:
    return ground_distance_m(*missile.launch_rad, fix.lat_deg * DEG, fix.lon_deg * DEG) / KM


def _horizon(scene: Scene, nation: Nation, truth: tuple[Fix, ...], distances: dict[int, float], x: Axis, y: Axis) -> Markup:
    """Return the lowest altitude above the ground track that any radar of a nation could see."""
    radars = [sensor for sensor in scene.sensors if sensor.nation == nation and sensor.kind == "radar"]
    runs: list[list[tuple[float, float]]] = [[]]
    for fix in truth:
        lows = [low for radar in radars if (low := lowest_seen_m(radar, fix.lat_deg * DEG, fix.lon_deg * DEG)) is not None]
        if not lows or min(lows) / KM > y.high:
            runs.append([])
            continue
        runs[-1].append((at(x, distances[fix.time_ns]), at(y, min(lows) / KM)))
    return join(path(thin(run, 2.0), f"{nation_class(scene.index[nation])}-line quiet") for run in runs)


def _detected(scene: Scene, nation: Nation, lane: int, missile: str, distances: dict[int, float], x: Axis, y: Axis) -> Markup:
    """Return a mark on the nation's lane below the true path for each own detection, and a bigger one for each sensor's first."""
    css = nation_class(scene.index[nation])
    below = LANE_PX * (lane + 1)
    parts = []
    for fix in scene.seen[nation, missile].fixes:
        true = truth_at(scene, missile, fix.time_ns)
        if true is not None:
            parts.append(mark("circle", at(x, distances[true.time_ns]), at(y, true.alt_m / KM) + below, f"{css}-dot", 1.7))
    for plot in scene.record.first_plots:
        true = truth_at(scene, missile, plot.time_ns) if plot.nation == nation and plot.missile == missile else None
        if true is not None:
            tip = f"{plot.sensor} first at {true.alt_m / KM:.0f} km"
            parts.append(mark("diamond", at(x, distances[true.time_ns]), at(y, true.alt_m / KM) + below, f"{css}-open", 4.5, tip))
    return join(parts)


def _phases(scene: Scene, missile: MissileTruth, distances: dict[int, float], x: Axis, y: Axis) -> Markup:
    """Return marks at burnout and apogee."""
    truth = scene.truth[missile.missile]
    top = max(truth, key=lambda fix: fix.alt_m)
    parts = [
        label(at(x, distances[top.time_ns]), at(y, top.alt_m / KM) - 10.0, f"apogee {missile.apogee_m / KM:.0f} km", "small", "middle")
    ]
    burnout = truth_at(scene, missile.missile, missile.burnout_ns)
    if burnout is not None:
        px, py = at(x, distances[burnout.time_ns]), at(y, burnout.alt_m / KM)
        parts += [mark("plus", px, py, "truth-mark", 5.0), label(px - 8.0, py - 8.0, "burnout", "small", "end")]
    return join(parts)


def _key(scene: Scene, missile: MissileTruth) -> Markup:
    """Return the legend, with the altitude and time at which each nation first detected."""
    x = RIGHT_PX + 22.0
    parts = [
        legend(
            x, TOP_PX + 8.0, [Key(label="true path", css="truth"), Key(label="first plot of a sensor", css="truth-mark", mark="diamond")]
        )
    ]
    for index, spec in enumerate(scene.nations):
        css = nation_class(scene.index[spec.nation])
        top = TOP_PX + 54.0 + 74.0 * index
        keys = [
            Key(label=f"{spec.nation} detections", css=f"{css}-dot", mark="circle"),
            Key(label="lowest its radars see", css=f"{css}-line quiet"),
        ]
        parts.append(legend(x, top, keys))
        first = min(
            (plot.time_ns for plot in scene.record.first_plots if plot.nation == spec.nation and plot.missile == missile.missile),
            default=None,
        )
        true = None if first is None else truth_at(scene, missile.missile, first)
        if first is None or true is None:
            parts.append(label(x + 33.0, top + 38.0, "detected nothing", "small"))
        else:
            words = f"from {true.alt_m / KM:.0f} km up, {seconds_between(first, missile.launch_ns):.0f} s"
            parts.append(label(x + 33.0, top + 38.0, words, "small"))
    return join(parts)
