"""The maps of a night: the whole area with radars, a close-up of the flights with ellipses, and the frame for a picture of its own."""

from collections.abc import Sequence
from math import cos
from typing import Final

from tocsin.adapters.report.axes import MapFrame, fit_map, on_map
from tocsin.adapters.report.draw import Key, clip_path, group, legend, mark, path, rectangle
from tocsin.adapters.report.labels import Box, Tag, box_around, place_tags
from tocsin.adapters.report.markup import Markup, join
from tocsin.adapters.report.style import nation_class
from tocsin.evaluation.report.insets import ellipse_ring, last_impacts, last_launches
from tocsin.evaluation.report.map_layers import detected, eez_layer, graticule, land_layer, radar_layer, radars, route_on
from tocsin.evaluation.report.scene import Fix, Scene, truth_at
from tocsin.messages.sensor import Sensor
from tocsin.units import DEG, seconds_between

KM_PER_DEG: Final = 111.195  # of latitude, sphere of mean radius: for drawing ellipses of kilometres on a map
LEGEND_PX: Final = 212.0
ROW_PX: Final = 18.0
TRACK_BOX_PX: Final = 7.0


def wide_map(scene: Scene, width_px: float, height_px: float, *, quiet: bool = False) -> Markup:
    """Return the map of the whole area. ``quiet``: only radars that detected a missile, no aircraft."""
    near = [sensor for sensor in radars(scene) if detected(scene, sensor) or (not quiet and _could_reach(scene, sensor))]
    flights = [(fix.lat_deg, fix.lon_deg) for fix in _flights(scene)]
    frame = fit_map((*flights, *((s.lat_rad / DEG, s.lon_rad / DEG) for s in near)), width_px, height_px)
    apogee_m = max(missile.apogee_m for missile in scene.record.missiles)
    sensor_shapes, sensor_tags, sensor_boxes = radar_layer(frame, scene, near if quiet else radars(scene), apogee_m)
    air = [] if quiet else [path(route_on(frame, [(f.lat_deg, f.lon_deg) for f in fixes]), "air") for _, fixes in scene.aircraft]
    keys = _keys(scene, reach=True, aircraft=bool(air))
    shapes = [*air, *sensor_shapes, *_tracks(frame, scene), *_ends(frame, scene)]
    return _sheet(frame, scene, shapes, [*_missile_tags(frame, scene), *sensor_tags], sensor_boxes, keys)


def close_map(scene: Scene, width_px: float, height_px: float) -> Markup:
    """Return the close-up of the flights: tracks, first detections, 95 % ellipses of launch and impact, alone and joint."""
    flights = [(fix.lat_deg, fix.lon_deg) for fix in _flights(scene)]
    frame = fit_map(tuple(flights), width_px, height_px, margin=0.16)
    rings = []
    for missile in scene.record.missiles:
        for truth_rad, ellipses in (
            (missile.launch_rad, last_launches(scene, missile)),
            (missile.impact_rad, last_impacts(scene, missile)),
        ):
            rings += [path(_ring_on(frame, truth_rad, ellipse_ring(e)), f"{e.css}-area", closed=True, title=e.whose) for e in ellipses]
    firsts, first_tags, first_boxes = _first_plots(frame, scene)
    shapes = [*_tracks(frame, scene), *rings, *firsts, *_ends(frame, scene, rings=False)]
    return _sheet(frame, scene, shapes, [*_missile_tags(frame, scene), *first_tags], first_boxes, _keys(scene, reach=False, aircraft=False))


def _sheet(
    frame: MapFrame, scene: Scene, shapes: Sequence[Markup], tags: Sequence[Tag], boxes: Sequence[Box], keys: Sequence[Key]
) -> Markup:
    """Return the shapes on land and sea, with their names and the legend in the emptiest corner."""
    land, land_tags, _ = land_layer(frame)
    track_boxes = [box_around(*on_map(frame, fix.lat_deg, fix.lon_deg), TRACK_BOX_PX) for fix in _flights(scene)]
    corner = _corner(frame, (LEGEND_PX, ROW_PX * len(keys) + ROW_PX), [*boxes, *track_boxes])
    taken = [*boxes, *track_boxes, corner]
    paper = (0.0, 0.0, frame.width_px, frame.height_px)
    names = place_tags([*tags, *land_tags], taken, paper)
    clip = f"map-{frame.width_px:.0f}-{frame.height_px:.0f}"
    ground = [
        rectangle(0.0, 0.0, frame.width_px, frame.height_px, "sea"),
        *land,
        graticule(frame),
        eez_layer(frame, scene.record.eez_nation),
    ]
    box = rectangle(corner[0], corner[1], corner[2] - corner[0], corner[3] - corner[1], "box")
    whole = group("", *ground, *shapes, *names, box, legend(corner[0] + 12.0, corner[1] + ROW_PX, keys, ROW_PX), clip=clip)
    return join((clip_path(clip, 0.0, 0.0, frame.width_px, frame.height_px), whole))


def _corner(frame: MapFrame, size: tuple[float, float], boxes: Sequence[Box]) -> Box:
    """Return the place for the legend: the corner whose box meets the fewest marks; the upper right one where they are equal."""
    wide, high = size
    xs = (frame.width_px - wide - 12.0, 12.0)
    ys = (12.0, frame.height_px - high - 22.0)
    corners = [(x, y, x + wide, y + high) for x in xs for y in ys]
    return min(corners, key=lambda c: sum(c[0] < b[2] and b[0] < c[2] and c[1] < b[3] and b[1] < c[3] for b in boxes))


def _keys(scene: Scene, *, reach: bool, aircraft: bool) -> list[Key]:
    keys = [Key(label="true path (simulated)", css="truth")]
    for spec in scene.nations:
        css = nation_class(scene.index[spec.nation])
        keys.append(Key(label=f"{spec.nation} own track", css=f"{css}-band"))
        keys.append(
            Key(
                label=f"{spec.nation} radar reach" if reach else f"{spec.nation} alone, 95 %",
                css=f"{css}-reach" if reach else f"{css}-line",
            )
        )
    keys.append(Key(label="joint predicted impact", css="joint", mark="circle") if reach else Key(label="joint, 95 %", css="joint"))
    keys.append(Key(label="true launch, impact", css="truth-mark", mark="cross"))
    if aircraft:
        keys.append(Key(label="friendly aircraft", css="air"))
    if scene.record.eez_nation:
        keys.append(Key(label=f"EEZ limit {scene.record.eez_nation}, approx.", css="limit"))
    return keys


def _flights(scene: Scene) -> list[Fix]:
    """Return some twenty places of each true path, its ends among them."""
    return [fix for fixes in scene.truth.values() for fix in (*fixes[:: max(len(fixes) // 20, 1)], fixes[-1])]


def _could_reach(scene: Scene, sensor: Sensor) -> bool:
    """True if the radar's range would reach a flight if the Earth were flat."""
    range_deg = sensor.max_range_m / 1_000.0 / KM_PER_DEG
    lat, lon = sensor.lat_rad / DEG, sensor.lon_rad / DEG
    shrink = cos(sensor.lat_rad)
    return any((lat - f.lat_deg) ** 2 + (shrink * (lon - f.lon_deg)) ** 2 <= range_deg * range_deg for f in _flights(scene))


def _tracks(frame: MapFrame, scene: Scene) -> list[Markup]:
    """Return the tracks of all nations, wide below narrow, under the true paths."""
    parts = []
    for missile in scene.record.missiles:
        for spec in scene.nations:
            fixes = scene.seen[spec.nation, missile.missile].fixes
            parts.append(path(route_on(frame, [(f.lat_deg, f.lon_deg) for f in fixes]), f"{nation_class(scene.index[spec.nation])}-band"))
        parts.append(path(route_on(frame, [(f.lat_deg, f.lon_deg) for f in scene.truth[missile.missile]]), "truth"))
    return parts


def _ends(frame: MapFrame, scene: Scene, *, rings: bool = True) -> list[Markup]:
    """Return crosses at true launch and impact points and, if asked, a ring at each last joint impact."""
    parts = []
    for missile in scene.record.missiles:
        ends = (missile.launch_rad, missile.impact_rad)
        parts += [mark("cross", *on_map(frame, lat / DEG, lon / DEG), "truth-mark", 4.5) for lat, lon in ends]
        joint = [event for spec in scene.nations for event in scene.seen[spec.nation, missile.missile].joint[-1:]]
        impacts = [event.impact for event in joint if event.impact is not None][:1]
        if rings:
            parts += [mark("circle", *on_map(frame, i.lat_rad / DEG, i.lon_rad / DEG), "joint", 8.0) for i in impacts]
    return parts


def _missile_tags(frame: MapFrame, scene: Scene) -> list[Tag]:
    tags = []
    for missile in scene.record.missiles:
        x, y = on_map(frame, missile.impact_rad[0] / DEG, missile.impact_rad[1] / DEG)
        tags.append(Tag(x=x, y=y, words=f"missile {missile.missile}", css="key seahalo", gap_px=14.0))
    return tags


def _first_plots(frame: MapFrame, scene: Scene) -> tuple[list[Markup], list[Tag], list[Box]]:
    """Return where on its path each missile was when each nation first detected it."""
    shapes, tags, boxes = list[Markup](), list[Tag](), list[Box]()
    for missile in scene.record.missiles:
        for spec in scene.nations:
            times = [p.time_ns for p in scene.record.first_plots if p.nation == spec.nation and p.missile == missile.missile]
            fix = truth_at(scene, missile.missile, min(times)) if times else None
            if fix is None:
                continue
            x, y = on_map(frame, fix.lat_deg, fix.lon_deg)
            css = nation_class(scene.index[spec.nation])
            seconds = seconds_between(min(times), missile.launch_ns)
            shapes.append(mark("diamond", x, y, f"{css}-open", 5.0))
            tags.append(Tag(x=x, y=y, words=f"{spec.nation} first plot of {missile.missile}: {seconds:.0f} s", css=f"{css}-text seahalo"))
            boxes.append(box_around(x, y, TRACK_BOX_PX))
    return shapes, tags, boxes


def _ring_on(frame: MapFrame, truth_rad: tuple[float, float], ring: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return a ring of (east, north) km around a place as pixels."""
    lat, lon = truth_rad[0] / DEG, truth_rad[1] / DEG
    return [on_map(frame, lat + north / KM_PER_DEG, lon + east / (KM_PER_DEG * cos(truth_rad[0]))) for east, north in ring]
