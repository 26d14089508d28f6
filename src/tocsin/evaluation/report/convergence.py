"""How a prediction settles: impact error and 95 % half axis against the time left to impact, each nation alone against joint."""

from collections.abc import Callable
from typing import Final

from tocsin.adapters.report.axes import Axis, at, ticks, time_ticks
from tocsin.adapters.report.draw import axes, clip_path, group, label, line, path, svg
from tocsin.adapters.report.markup import Markup, join
from tocsin.adapters.report.style import nation_class
from tocsin.evaluation.record import MissileTruth
from tocsin.evaluation.report.insets import half_axes
from tocsin.evaluation.report.scene import Scene
from tocsin.kernels.geodesy import ground_distance_m
from tocsin.messages.event import ImpactEstimate, LaunchEvent
from tocsin.units import KM, seconds_between

WIDTH_PX: Final = 580.0
HEIGHT_PX: Final = 340.0
LEFT_PX: Final = 52.0
RIGHT_PX: Final = 480.0
TOP_PX: Final = 48.0
BOTTOM_PX: Final = 292.0
FLOOR_KM: Final = 0.01
Measure = Callable[[MissileTruth, ImpactEstimate], float]


def error_km(missile: MissileTruth, impact: ImpactEstimate) -> float:
    """Return the distance to the simulated impact."""
    return ground_distance_m(*missile.impact_rad, impact.lat_rad, impact.lon_rad) / KM


def half_axis_km(missile: MissileTruth, impact: ImpactEstimate) -> float:  # noqa: ARG001 - one signature for both measures
    """Return the larger half axis of the 95 % ellipse."""
    return half_axes(impact.cov_en_m2)[0] / KM


def convergence_plots(scene: Scene, missile: MissileTruth) -> tuple[Markup, Markup]:
    """Return the two plots of one missile: error, and larger half axis of the 95 % ellipse; same scales."""
    curves = [
        (f"{spec.nation} alone", f"{nation_class(scene.index[spec.nation])}-line", scene.seen[spec.nation, missile.missile].alone)
        for spec in scene.nations
    ]
    curves += [("joint", "joint", scene.seen[spec.nation, missile.missile].joint) for spec in scene.nations[:1]]
    series = [(name, css, _points(missile, events)) for name, css, events in curves]
    values = [measure(missile, impact) for _, _, points in series for _, impact in points for measure in (error_km, half_axis_km)]
    left_s = max((left for _, _, points in series for left, _ in points), default=60.0)
    x = Axis(left_s * 1.02, 0.0, LEFT_PX, RIGHT_PX)
    y = Axis(_decade(min(values, default=0.1), up=False), _decade(max(values, default=10.0), up=True), BOTTOM_PX, TOP_PX, logarithmic=True)
    return (
        _plot(missile, series, error_km, x, y, ("error", "Impact error, km")),
        _plot(missile, series, half_axis_km, x, y, ("axis", "95 % ellipse, larger half axis, km")),
    )


def _points(missile: MissileTruth, events: tuple[LaunchEvent, ...]) -> list[tuple[float, ImpactEstimate]]:
    """Return (seconds left, impact) of every prediction made before the impact; thrust-ended-now traces are not predictions."""
    return [
        (seconds_between(missile.impact_ns, event.time_ns), impact)
        for event in events
        if (impact := event.impact) is not None and impact.basis != "thrust-ended-now" and event.time_ns <= missile.impact_ns
    ]


def _plot(
    missile: MissileTruth,
    series: list[tuple[str, str, list[tuple[float, ImpactEstimate]]]],
    measure: Measure,
    x: Axis,
    y: Axis,
    names: tuple[str, str],
) -> Markup:
    """Return one plot; each curve is named at its end, names moved apart."""
    key, title = names
    clip = f"{key}-{missile.missile}"
    lines, ends = [], []
    for name, css, points in series:
        route = [(at(x, left), at(y, max(measure(missile, impact), FLOOR_KM))) for left, impact in points]
        lines.append(path(route, css))
        if route:
            ends.append((route[-1][1], name, css))
    y_ticks = [(v, f"{v:g}") for v in ticks(y)]
    frame = axes(x, y, [(v, f"{v:g}") for v in time_ticks(x)], y_ticks, x_title="seconds left to the simulated impact", y_title="")
    heading = label(LEFT_PX, 24.0, f"Missile {missile.missile}: {title}", "head")
    box = clip_path(clip, LEFT_PX, TOP_PX, RIGHT_PX - LEFT_PX, BOTTOM_PX - TOP_PX)
    return svg(WIDTH_PX, HEIGHT_PX, f"Missile {missile.missile}: {title}", heading, frame, box, group("", *lines, clip=clip), _names(ends))


def _names(ends: list[tuple[float, str, str]]) -> Markup:
    """Return the names to the right of the plot, at least a line apart."""
    parts = []
    last = 0.0
    for y_px, name, css in sorted(ends):
        row = max(y_px, last + 16.0)
        last = row
        parts += [line(RIGHT_PX + 6.0, row, RIGHT_PX + 24.0, row, css), label(RIGHT_PX + 28.0, row + 4.0, name, "small")]
    return join(parts)


def _decade(value: float, *, up: bool) -> float:
    """Return the next 1, 2 or 5 of a decade above or below."""
    steps = [factor * 10.0**power for power in range(-2, 5) for factor in (1.0, 2.0, 5.0)]
    if up:
        return next((step for step in steps if step >= value), steps[-1])
    return next((step for step in reversed(steps) if step <= value), steps[0])
