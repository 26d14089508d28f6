"""From a night's record to its figures: alone against together, missile by missile."""

from collections.abc import Sequence
from math import ceil, inf, pi, sqrt

import msgspec

from tocsin.evaluation.record import FirstPlot, MissileTruth, NationRecord, NightRecord
from tocsin.kernels.geodesy import ground_distance_m
from tocsin.messages.basics import Nation, Vec3
from tocsin.messages.event import LaunchEvent
from tocsin.messages.track import FusedTrack, Track
from tocsin.messages.warning import Warning
from tocsin.units import KM, seconds_between

CHI2_95_2 = 5.991464547107979  # 95 % point of chi-square with 2 degrees of freedom (tables; -2 ln 0.05)
MATCH_M = 20.0e3  # a track further than this from every missile belongs to none; the nearest one counts, which tells a salvo apart
AIRCRAFT_MATCH_M = 5.0e3
UNCOUNTED = ("suspected", "cancelled")  # an event whose last revision says this is not a launch event


class PictureFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One nation's figures in one picture; lists have one entry per missile, None where never."""

    missiles_at_least: int
    first_detection_s: tuple[float | None, ...]
    first_warning_s: tuple[float | None, ...]
    impact_error_km: tuple[float | None, ...]
    ellipse95_km2: tuple[float | None, ...]
    p_outside_eez: tuple[float | None, ...]
    inside_ellipse95: tuple[bool | None, ...]


class NationFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The same nation on its own sensors, and with what partners shared."""

    alone: PictureFigures
    together: PictureFigures


class NightFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that summary.json and the tables say."""

    nations: dict[Nation, NationFigures]
    launch_events: int
    salvos: int
    false_launch_events: int
    aircraft_tracked: int
    aircraft_warned: int
    merged_events: int = 0  # confirmed, then withdrawn as the same missile as another event: not false, but worth a note


def position_at(samples: tuple[tuple[int, Vec3], ...], time_ns: int) -> Vec3 | None:
    """Return the position at a time by straight interpolation between samples, None outside them."""
    if not samples or not samples[0][0] <= time_ns <= samples[-1][0]:
        return None
    step = samples[1][0] - samples[0][0] if len(samples) > 1 else 1
    index = min((time_ns - samples[0][0]) // step, max(len(samples) - 2, 0))
    (t0, p0), (t1, p1) = samples[index], samples[min(index + 1, len(samples) - 1)]
    part = 0.0 if t1 == t0 else (time_ns - t0) / (t1 - t0)
    return (p0[0] + part * (p1[0] - p0[0]), p0[1] + part * (p1[1] - p0[1]), p0[2] + part * (p1[2] - p0[2]))


def _distance_m(a: Vec3, b: Vec3) -> float:
    return sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) + (a[2] - b[2]) * (a[2] - b[2]))


def match_tracks(tracks: Sequence[Track | FusedTrack], missiles: tuple[MissileTruth, ...]) -> dict[str, str]:
    """Return which missile each track followed (the most often nearest one), by detected states only."""
    votes: dict[str, dict[str, int]] = {}
    for track in tracks:
        if track.predicted:
            continue
        best, name = MATCH_M, ""
        for missile in missiles:
            truth = position_at(missile.samples, track.time_ns)
            distance = inf if truth is None else _distance_m(truth, track.pos_ecef_m)
            if distance < best:
                best, name = distance, missile.missile
        if name:
            counts = votes.setdefault(track.track, {})
            counts[name] = counts.get(name, 0) + 1
    return {track: max(sorted(counts), key=lambda key: counts[key]) for track, counts in votes.items()}


def match_events(events: list[LaunchEvent], tracks: list[FusedTrack], missiles: tuple[MissileTruth, ...]) -> dict[str, str | None]:
    """Return which missile each event that was ever confirmed is about; None for an event about nothing real (a false one)."""
    of_track = match_tracks(tracks, missiles)
    matched: dict[str, str | None] = {}
    for event in events:
        if event.status in UNCOUNTED:  # never confirmed, or its withdrawal: what it was about was said before
            continue
        names = [of_track[track] for track in event.tracks if track in of_track]
        matched[event.event] = names[-1] if names else matched.get(event.event)
    return matched


def known_events(record: NightRecord, nation: NationRecord) -> dict[str, str | None]:
    """Return which missile each event of a nation is about, of both its pictures: what it tells partners is from its own evidence."""
    alone = match_events(nation.alone_events, nation.alone_fused, record.missiles)
    return alone | match_events(nation.joint_events, nation.fused, record.missiles)


def standing_events(events: list[LaunchEvent]) -> list[LaunchEvent]:
    """Return the revisions of the events that were confirmed and never withdrawn; the last revision of an event decides."""
    last = {event.event: event.status for event in events}
    return [event for event in events if event.status not in UNCOUNTED and last[event.event] not in UNCOUNTED]


def _figures(
    record: NightRecord, events: list[LaunchEvent], matched: dict[str, str | None], warned: list[int | None], first: dict[str, int]
) -> PictureFigures:
    standing = standing_events(events)
    predicted: dict[str, LaunchEvent] = {}
    for event in standing:
        missile = matched.get(event.event)
        if missile is not None and event.impact is not None and event.impact.basis != "thrust-ended-now":
            predicted[missile] = event
    detections = [None if m.missile not in first else seconds_between(first[m.missile], m.launch_ns) for m in record.missiles]
    errors = [_impact(m, predicted.get(m.missile)) for m in record.missiles]
    return PictureFigures(
        missiles_at_least=len({event.event for event in standing}),
        first_detection_s=tuple(detections),
        first_warning_s=tuple(None if t is None else seconds_between(t, m.launch_ns) for t, m in zip(warned, record.missiles, strict=True)),
        impact_error_km=tuple(e[0] for e in errors),
        ellipse95_km2=tuple(e[1] for e in errors),
        p_outside_eez=tuple(_p_outside(record, predicted.get(m.missile)) for m in record.missiles),
        inside_ellipse95=tuple(e[2] for e in errors),
    )


def _p_outside(record: NightRecord, event: LaunchEvent | None) -> float | None:
    return None if event is None else dict(event.p_outside_eez).get(record.eez_nation)


def _impact(missile: MissileTruth, event: LaunchEvent | None) -> tuple[float | None, float | None, bool | None]:
    """Return (error in km, area of the 95 % ellipse in km2, whether it holds the true impact)."""
    if event is None or event.impact is None:
        return None, None, None
    impact = event.impact
    error_m = ground_distance_m(missile.impact_rad[0], missile.impact_rad[1], impact.lat_rad, impact.lon_rad)
    ee, en, nn = impact.cov_en_m2
    det = ee * nn - en * en
    area_m2 = pi * CHI2_95_2 * sqrt(max(det, 0.0))
    east, north = _offset_m(impact.lat_rad, impact.lon_rad, missile.impact_rad)
    inside = det > 0 and (nn * east * east - 2.0 * en * east * north + ee * north * north) / det <= CHI2_95_2
    return error_m / KM, area_m2 / (KM * KM), inside


def _offset_m(lat_rad: float, lon_rad: float, to_rad: tuple[float, float]) -> tuple[float, float]:
    """Return (east, north) metres from a point to another some tens of kilometres away (local scale from exact distances)."""
    north = ground_distance_m(lat_rad, lon_rad, to_rad[0], lon_rad) * (1.0 if to_rad[0] >= lat_rad else -1.0)
    east = ground_distance_m(to_rad[0], lon_rad, to_rad[0], to_rad[1]) * (1.0 if to_rad[1] >= lon_rad else -1.0)
    return east, north


def _first_warnings(record: NightRecord, warnings: list[tuple[int, Warning]], matched: dict[str, str | None]) -> list[int | None]:
    """Return when each missile was first warned of (confirmed or later).

    A warning names its event, and the events of every nation that is in the record are matched to missiles by their tracks.
    Only a warning about an unknown event is matched by its own launch and impact figures.
    """
    index_of = {missile.missile: index for index, missile in enumerate(record.missiles)}
    first: list[int | None] = [None] * len(record.missiles)
    for time_ns, warning in sorted(warnings, key=lambda pair: pair[0]):
        if warning.status not in ("confirmed", "updated"):
            continue
        if warning.event in matched:
            name = matched[warning.event]
            index = None if name is None else index_of[name]
        else:
            index = _missile_of(record, warning, time_ns)
        if index is not None and first[index] is None:
            first[index] = time_ns
    return first


def _missile_of(record: NightRecord, warning: Warning, time_ns: int) -> int | None:
    best, found = inf, None
    for index, missile in enumerate(record.missiles):
        if not missile.launch_ns <= time_ns <= missile.impact_ns:
            continue
        score = 0.0
        if warning.launch is not None:
            score += abs(seconds_between(warning.launch.time_ns, missile.launch_ns)) * KM
        if warning.impact is not None:
            score += ground_distance_m(warning.impact.lat_rad, warning.impact.lon_rad, missile.impact_rad[0], missile.impact_rad[1]) * 0.1
        if score < best:
            best, found = score, index
    return found


def _aircraft_tracked(record: NightRecord) -> int:
    """Count the aircraft that some nation tracked as air-breathing."""
    by_aircraft: set[str] = set()
    for nation in record.nations.values():
        for track in nation.own_tracks:
            if track.kind != "air-breathing" or track.status != "confirmed":
                continue
            for aircraft in record.aircraft:
                if aircraft.aircraft in by_aircraft:
                    continue
                truth = position_at(aircraft.samples, track.time_ns)
                if truth is not None and _distance_m(truth, track.pos_ecef_m) < AIRCRAFT_MATCH_M:
                    by_aircraft.add(aircraft.aircraft)
    return len(by_aircraft)


def _near_aircraft(record: NightRecord, tracks: list[FusedTrack], names: tuple[str, ...]) -> bool:
    for track in tracks:
        if track.track not in names:
            continue
        for aircraft in record.aircraft:
            truth = position_at(aircraft.samples, track.time_ns)
            if truth is not None and _distance_m(truth, track.pos_ecef_m) < AIRCRAFT_MATCH_M:
                return True
    return False


def _count_false(record: NightRecord, nation: NationRecord) -> tuple[int, int, int]:
    """Return (false confirmed events, those of them that were aircraft, merged events) over both pictures.

    False: about nothing real (even if withdrawn later: it was told), or a second standing event for one missile. Merged: about a
    real missile, and withdrawn.
    """
    false = aircraft = merged = 0
    for events, fused in ((nation.alone_events, nation.alone_fused), (nation.joint_events, nation.fused)):
        seen: set[str] = set()
        last = {event.event: event for event in events}
        for name, missile in match_events(events, fused, record.missiles).items():
            if missile is not None and last[name].status == "cancelled":
                merged += 1
            elif missile is None or missile in seen:
                false += 1
                aircraft += missile is None and _near_aircraft(record, fused, last[name].tracks)
            else:
                seen.add(missile)
    return false, aircraft, merged


def first_by(plots: list[FirstPlot], nations: tuple[Nation, ...]) -> dict[str, int]:
    """Return when each missile was first detected by any sensor of these nations."""
    first: dict[str, int] = {}
    for plot in plots:
        if plot.nation in nations:
            first[plot.missile] = min(first.get(plot.missile, plot.time_ns), plot.time_ns)
    return first


def first_in_picture(fused: list[FusedTrack], missiles: tuple[MissileTruth, ...], own: dict[str, int]) -> dict[str, int]:
    """Return the earliest plot behind each missile in a picture: the nation's own, or one that a partner's shared track rests on."""
    first = dict(own)
    of_track = match_tracks(fused, missiles)
    for track in fused:
        missile = of_track.get(track.track)
        if missile is not None:
            first[missile] = min(first.get(missile, track.first_plot_ns), track.first_plot_ns)
    return first


def nation_figures(record: NightRecord, nation: NationRecord) -> NationFigures:
    """Return one nation's figures, alone and together. ``nation`` need not be in the record (a ship elsewhere), its plots must be."""
    alone_matched = match_events(nation.alone_events, nation.alone_fused, record.missiles)
    joint_matched = match_events(nation.joint_events, nation.fused, record.missiles)
    everyone = dict(joint_matched)
    for other in record.nations.values():
        if other.nation != nation.nation:
            everyone |= known_events(record, other)
    alone_warned = _first_warnings(record, [(warning.time_ns, warning) for warning in nation.alone_warnings], alone_matched)
    joint_warned = _first_warnings(record, [(w.time_ns, w) for w in nation.joint_warnings] + nation.partner_warnings, everyone)
    alone_first = first_by(record.first_plots, (nation.nation,))
    joint_first = first_in_picture(nation.fused, record.missiles, alone_first)
    return NationFigures(
        alone=_figures(record, nation.alone_events, alone_matched, alone_warned, alone_first),
        together=_figures(record, nation.joint_events, joint_matched, joint_warned, joint_first),
    )


def night_figures(record: NightRecord) -> NightFigures:
    """Return all figures of a night. Launch events and salvos are those of the first nation's joint picture, as in events.jsonl."""
    launch_events = salvos = false = aircraft = merged = 0
    for nation in record.nations.values():
        if nation is next(iter(record.nations.values())):
            salvo_of = {event.event: event.salvo for event in standing_events(nation.joint_events)}
            launch_events, salvos = len(salvo_of), len(set(salvo_of.values()))
        counts = _count_false(record, nation)
        false, aircraft, merged = false + counts[0], aircraft + counts[1], merged + counts[2]
    return NightFigures(
        nations={code: nation_figures(record, nation) for code, nation in record.nations.items()},
        launch_events=launch_events,
        salvos=salvos,
        false_launch_events=false,
        aircraft_tracked=_aircraft_tracked(record),
        aircraft_warned=aircraft,
        merged_events=merged,
    )


def quantile(values: list[float], q: float) -> float:
    """Return the q-quantile (nearest rank: the smallest value with at least a share q at or below it), nan for none."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(max(ceil(q * len(ordered)) - 1, 0), len(ordered) - 1)]
