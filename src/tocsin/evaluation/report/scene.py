"""A night sorted for drawing: per nation and missile, what was detected where and what the events said. No shapes here."""

import msgspec

from tocsin.evaluation.night import NightFigures, known_events, match_tracks, standing_events
from tocsin.evaluation.record import MissileTruth, NationRecord, NightRecord
from tocsin.kernels.geodesy import ecef2geodetic
from tocsin.messages.basics import Nation
from tocsin.messages.coalition import Coalition, NationSpec
from tocsin.messages.event import LaunchEvent
from tocsin.messages.sensor import Sensor
from tocsin.messages.warning import Warning
from tocsin.sim.coalition import place
from tocsin.units import DEG


class Fix(msgspec.Struct, frozen=True):
    """A place on a path."""

    time_ns: int
    lat_deg: float
    lon_deg: float
    alt_m: float


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """All that one nation had of one missile."""

    fixes: tuple[Fix, ...]  # its own tracks' states with a plot, in order
    alone: tuple[LaunchEvent, ...]  # standing revisions
    joint: tuple[LaunchEvent, ...]
    alone_warnings: tuple[Warning, ...]
    joint_warnings: tuple[Warning, ...]
    partner_warned_ns: int | None  # when the first partner's confirmed warning about it arrived


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """What every drawing looks at. ``nations``: those in the record, in the coalition's order; ``sensors`` as they stood."""

    record: NightRecord
    figures: NightFigures
    nations: tuple[NationSpec, ...]
    index: dict[Nation, int]
    sensors: tuple[Sensor, ...]
    truth: dict[str, tuple[Fix, ...]]
    aircraft: tuple[tuple[str, tuple[Fix, ...]], ...]
    seen: dict[tuple[Nation, str], Seen]


def make_scene(record: NightRecord, figures: NightFigures, coalition: Coalition) -> Scene:
    """Return the night sorted for drawing."""
    nations = tuple(spec for spec in coalition.nations if spec.nation in record.nations)
    everyone: dict[str, str | None] = {}
    for nation in record.nations.values():
        everyone |= known_events(record, nation)
    return Scene(
        record=record,
        figures=figures,
        nations=nations,
        index={spec.nation: index for index, spec in enumerate(coalition.nations)},
        sensors=place(coalition, record.configuration),
        truth={missile.missile: _truth(missile) for missile in record.missiles},
        aircraft=tuple(
            (aircraft.kind, tuple(_fix(time_ns, pos) for time_ns, pos in aircraft.samples[::20])) for aircraft in record.aircraft
        ),
        seen={
            (spec.nation, missile.missile): seen
            for spec in nations
            for missile, seen in zip(record.missiles, _nation_seen(record, record.nations[spec.nation], everyone), strict=True)
        },
    )


def truth_at(scene: Scene, missile: str, time_ns: int) -> Fix | None:
    """Return the sample of the true path nearest in time, None outside the flight."""
    path = scene.truth[missile]
    if not path or not path[0].time_ns - 10**9 <= time_ns <= path[-1].time_ns + 10**9:
        return None
    return min(path, key=lambda fix: abs(fix.time_ns - time_ns))


def _truth(missile: MissileTruth) -> tuple[Fix, ...]:
    end = Fix(missile.impact_ns, missile.impact_rad[0] / DEG, missile.impact_rad[1] / DEG, 0.0)
    return (*(_fix(time_ns, pos) for time_ns, pos in missile.samples), end)


def _fix(time_ns: int, pos_ecef_m: tuple[float, float, float]) -> Fix:
    lat_rad, lon_rad, alt_m = ecef2geodetic(*pos_ecef_m)
    return Fix(time_ns, lat_rad / DEG, lon_rad / DEG, alt_m)


def _nation_seen(record: NightRecord, nation: NationRecord, everyone: dict[str, str | None]) -> list[Seen]:
    """Return what one nation had of each missile, in the record's order."""
    own = [track for track in nation.own_tracks if track.kind == "ballistic" and not track.predicted]
    of_track = match_tracks(own, record.missiles)
    seen = []
    for missile in record.missiles:
        name = missile.missile
        partner = [when for when, w in nation.partner_warnings if everyone.get(w.event) == name and w.status in ("confirmed", "updated")]
        seen.append(
            Seen(
                fixes=tuple(_fix(track.time_ns, track.pos_ecef_m) for track in own if of_track.get(track.track) == name),
                alone=tuple(event for event in standing_events(nation.alone_events) if everyone.get(event.event) == name),
                joint=tuple(event for event in standing_events(nation.joint_events) if everyone.get(event.event) == name),
                alone_warnings=tuple(w for w in nation.alone_warnings if everyone.get(w.event) == name),
                joint_warnings=tuple(w for w in nation.joint_warnings if everyone.get(w.event) == name),
                partner_warned_ns=min(partner, default=None),
            )
        )
    return seen
