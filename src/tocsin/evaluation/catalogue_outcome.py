"""From a played date's record to what is checked of each missile: found, class, EEZ answer, overflight, areas, times. No judgement.

The picture is the joint one of the nation whose EEZ is asked about; times are given for every nation.
"""

from typing import Final

from tocsin.evaluation.catalogue import MissileOutcome
from tocsin.evaluation.catalogue_spread import Impact
from tocsin.evaluation.night import match_events, nation_figures, standing_events
from tocsin.evaluation.record import MissileTruth, NationRecord, NightRecord
from tocsin.geography import Zones, eez_margin_m, zone_of
from tocsin.kernels.geodesy import ecef2geodetic
from tocsin.messages.basics import Nation
from tocsin.messages.event import LaunchEvent
from tocsin.messages.warning import Warning
from tocsin.units import seconds_between

TRACK_STEPS: Final = 5  # points per second of flight under which land is looked for: 1.4 km apart at 7 km/s
DOWN: Final = ("presumed-down", "observed", "closed")


def outcomes_of(record: NightRecord, nation: Nation, zones: Zones) -> tuple[tuple[MissileOutcome, ...], int, int]:
    """Return (outcome per missile, launch events that stand, those of them that are about nothing real or doubled)."""
    own = record.nations[nation]
    standing = standing_events(own.joint_events)
    matched = match_events(own.joint_events, own.fused, record.missiles)
    warned = {code: nation_figures(record, other).together.first_warning_s for code, other in record.nations.items()}
    events = {event.event for event in standing}
    found = {matched[name] for name in events if matched.get(name) is not None}
    outcomes = []
    for index, missile in enumerate(record.missiles):
        mine = [event for event in standing if matched.get(event.event) == missile.missile]
        times = tuple((code, seconds[index]) for code, seconds in warned.items())
        outcomes.append(_outcome(missile, mine, own, nation, times, zones))
    return tuple(outcomes), len(events), len(events) - len(found)


def _outcome(
    missile: MissileTruth,
    mine: list[LaunchEvent],
    own: NationRecord,
    nation: Nation,
    warned_s: tuple[tuple[Nation, float | None], ...],
    zones: Zones,
) -> MissileOutcome:
    """Return one missile's outcome from the revisions that are about it."""
    names = {event.event for event in mine}
    predicted = [event for event in mine if event.impact is not None and event.impact.basis != "thrust-ended-now"]
    last = predicted[-1] if predicted else None
    warnings = [w for w in own.joint_warnings if w.event in names and w.status != "suspected"]
    down = next((event.time_ns for event in mine if event.status in DOWN), None)
    lat_rad, lon_rad = missile.impact_rad
    margin_m = eez_margin_m(zones, nation, lat_rad, lon_rad)
    return MissileOutcome(
        row=missile.missile,
        events=len(names),
        impact=None if last is None else _impact(last, missile),
        p_outside=None if last is None else dict(last.p_outside_eez).get(nation),
        p_land=0.0 if last is None else dict(last.p_land).get(nation, 0.0),
        classes=() if last is None else last.classes,
        apogee_m=None if last is None else last.apogee_m,
        predicted_s=None if not predicted else seconds_between(predicted[0].time_ns, missile.launch_ns),
        down_before_impact_s=None if down is None else seconds_between(missile.impact_ns, down),
        warned_s=warned_s,
        areas=_areas(warnings),
        land_alert=any(nation in warning.land_alert for warning in warnings),
        overflight_p=max((o.p for event in predicted for o in event.overflights if o.nation == nation), default=0.0),
        crosses=_crosses(missile, nation, zones),
        flown_margin_m=None if margin_m is None else float(margin_m),
        flown_inside=margin_m is not None and margin_m > 0.0,
    )


def _impact(event: LaunchEvent, missile: MissileTruth) -> Impact | None:
    if event.impact is None:
        return None
    return Impact(
        lat_rad=event.impact.lat_rad,
        lon_rad=event.impact.lon_rad,
        cov_en_m2=event.impact.cov_en_m2,
        flown_lat_rad=missile.impact_rad[0],
        flown_lon_rad=missile.impact_rad[1],
    )


def _areas(warnings: list[Warning]) -> tuple[str, ...]:
    """Return the areas on land that any of the warnings named, with why ("land JP-01"), sorted."""
    named = {f"{area.kind} {area.area}" for warning in warnings for area in warning.areas if area.kind in ("land", "overflight")}
    return tuple(sorted(named))


def _crosses(missile: MissileTruth, nation: Nation, zones: Zones) -> bool:
    """Return whether the flown ground track passes over a nation's land."""
    for (_, a), (_, b) in zip(missile.samples, missile.samples[1:], strict=False):
        for k in range(TRACK_STEPS):
            part = k / TRACK_STEPS
            lat_rad, lon_rad, _ = ecef2geodetic(*(p + part * (q - p) for p, q in zip(a, b, strict=True)))
            if zone_of(zones, lat_rad, lon_rad).label == f"land:{nation}":
                return True
    return False
