"""The catalogue check's judgement: what the system said of each missile against what was published, and the targets.

Pure functions from outcomes to rows and targets; playing is api/catalogue.py, printing is the command. Scored: class by energy,
Japan's EEZ answer, the sharp answer against the flown landing, overflights of Japan. Shown but not scored: published class labels,
counts, warned areas, times. Nothing says how well a real sensor would have seen these flights: sensors and boosts are notional.
"""

from typing import Final

import msgspec

from tocsin.evaluation.catalogue_energy import class_of, least_energy_range_m
from tocsin.evaluation.catalogue_spread import Impact, p_inside, published_points, with_own_error
from tocsin.geography import EEZ_LIMIT_SIGMA_M, Zones
from tocsin.kernels.geodesy import ground_distance_m
from tocsin.messages.basics import Nation
from tocsin.sim.catalogue import Catalogue, EezAnswer, Record
from tocsin.sim.catalogue_scenario import EEZ_NATION, Landing, boost_of, landing_of
from tocsin.units import KM

RIGHT_P: Final = 0.5  # the published answer must be the likelier one
WRONG_P: Final = 0.95  # more than this on the other side is never right
RESOLVED_P: Final = 0.95  # publications that put this much on one side resolve the answer; less is "near the limit"
CLASS_SHARE: Final = 0.95  # of missiles whose class must be right
OVERFLIGHT_P: Final = 0.5  # said to cross
SHARP_MARGIN_M: Final = 3.0 * EEZ_LIMIT_SIGMA_M  # nearer to the limit than its own 3 sigma no sharp answer is expected
EARLY_DOWN_S: Final = 30.0  # called down so long before it was: listed
AS_SRBM: Final = {"CRBM": "SRBM"}  # the published limits begin with 1,000 km
LABELS: Final = {"SLBM": "", "HGV": "", "Unknown": "", "SLV": ""}  # labels that are no range class

NOT_SCORED: Final = (
    "Not scored: published class labels (a name, not an energy), counts (sources disagree), warned areas and times (no public figure for "
    "each missile), detection by real sensors (these are notional), the landing itself (publications leave 25-120 km open). EEZ answers "
    "are approximate and of no legal value."
)


class MissileOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the joint picture said of one missile in the end, and what the simulation knows of it."""

    row: str
    events: int  # standing launch events about it: 1 is right, 0 is a miss
    impact: Impact | None  # of the last prediction or observation
    p_outside: float | None
    p_land: float
    classes: tuple[tuple[str, float], ...]
    apogee_m: float | None
    predicted_s: float | None  # from lift-off to the first predicted impact
    down_before_impact_s: float | None  # negative: after it
    warned_s: tuple[tuple[Nation, float | None], ...]  # from lift-off to the first confirmed warning, own or a partner's
    areas: tuple[str, ...]
    land_alert: bool
    overflight_p: float
    crosses: bool  # the flown ground track passes over Japan's land
    flown_margin_m: float | None  # of the flown landing to Japan's EEZ limit, positive inside; None outside the grid
    flown_inside: bool


class DateOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one date."""

    event: str
    missiles: tuple[MissileOutcome, ...]
    standing: int  # launch events that stand in the joint picture
    false: int  # ... about nothing real, or a second one about a missile
    flight_minutes: float
    seconds: float


class CheckRow(msgspec.Struct, frozen=True, kw_only=True):
    """One missile of the table."""

    date_kst: str
    row: str
    name: str
    label: str
    landing: str
    class_said: str
    class_p: float
    class_true: str
    class_true_ballistic: str  # from the distance without the assumed glide; the same where nothing glides
    class_right: bool
    label_differs: bool
    eez_published: EezAnswer
    p_inside_sharp: float | None  # the system's own, about the flown landing
    sharp_right: bool | None  # None: nearer to the limit than its error, or nothing said
    p_inside_published: float  # what publications alone leave
    p_inside_spread: float | None  # ... with the system's error: this is asked for the published answer
    eez_verdict: str  # "right", "near the limit", "missed", "not found", "" where nothing was published
    crosses: bool
    overflight_p: float
    events: int
    impact_km: float | None  # error of the last impact against the flown one
    areas: tuple[str, ...]
    land_alert: bool
    warned_s: tuple[tuple[Nation, float | None], ...]
    predicted_s: float | None
    early_down_s: float | None


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A figure with what it must reach. ``met`` None: nothing to count. ``misses``: rows."""

    name: str
    value: str
    target: str
    met: bool | None
    misses: tuple[str, ...] = ()


def check_rows(catalogue: Catalogue, outcomes: tuple[DateOutcome, ...], zones: Zones) -> tuple[CheckRow, ...]:
    """Return the table, in the order of the outcomes."""
    records = {record.row: record for record in catalogue.records}
    rows = [_row(records[missile.row], missile, zones) for outcome in outcomes for missile in outcome.missiles]
    return _whole_salvo(_three_of_four(rows))


def targets_of(rows: tuple[CheckRow, ...]) -> tuple[Target, ...]:
    """Return the targets."""
    found = [row for row in rows if row.impact_km is not None]
    lost = tuple(row.row for row in rows if row.impact_km is None)
    asked = [row for row in rows if row.eez_verdict not in ("", "not found")]
    right = sum(row.eez_verdict == "right" for row in asked)
    near = sum(row.eez_verdict == "near the limit" for row in asked)
    missed = tuple(row.row for row in asked if row.eez_verdict == "missed")
    wrong = tuple(row.row for row in asked if row.p_inside_spread is not None and _p_published(row) < 1.0 - WRONG_P)
    sharp = [row for row in found if row.sharp_right is not None]
    blunt = tuple(row.row for row in sharp if not row.sharp_right)
    unclear = tuple(row.row for row in found if not row.class_right)
    share = 1.0 - len(unclear) / len(found) if found else 0.0
    crossing = [row for row in rows if row.crosses]
    unseen = tuple(row.row for row in crossing if row.overflight_p < OVERFLIGHT_P)
    invented = tuple(row.row for row in rows if not row.crosses and row.overflight_p >= OVERFLIGHT_P)
    return (
        Target(
            name="published EEZ answer has at least 0.5, or near the limit",
            value=f"{right} right, {near} near the limit, {len(missed)} missed of {len(asked)}",
            target="0 missed",
            met=not missed if asked else None,
            misses=missed,
        ),
        Target(
            name="never more than 0.95 on the wrong side",
            value=f"{len(wrong)} of {len(asked)}",
            target="0",
            met=not wrong if asked else None,
            misses=wrong,
        ),
        Target(
            name="sharp EEZ answer agrees with the flown landing",
            value=f"{len(sharp) - len(blunt)} of {len(sharp)}",
            target="all",
            met=not blunt if sharp else None,
            misses=blunt,
        ),
        Target(
            name="class by energy is right",
            value=f"{100.0 * share:.1f} % of {len(found)}",
            target=f">= {100.0 * CLASS_SHARE:.0f} %",
            met=share >= CLASS_SHARE if found else None,
            misses=unclear,
        ),
        Target(
            name="overflights of Japan found",
            value=f"{len(crossing) - len(unseen)} of {len(crossing)}",
            target="all",
            met=not unseen if crossing else None,
            misses=unseen,
        ),
        Target(
            name="overflights of Japan invented",
            value=f"{len(invented)} of {len(rows) - len(crossing)}",
            target="0",
            met=not invented if len(rows) > len(crossing) else None,
            misses=invented,
        ),
        Target(
            name="missiles with a launch event and an impact of their own",
            value=f"{len(found)} of {len(rows)}",
            target="shown, no target",
            met=None,
            misses=lost,
        ),
    )


def _row(record: Record, missile: MissileOutcome, zones: Zones) -> CheckRow:
    landing = landing_of(record)
    said, said_p = max(
        ((name, p) for name, p in _as_published(missile.classes)), key=lambda item: (item[1], item[0]), default=("none", 0.0)
    )
    full, ballistic = _true_classes(record, landing)
    points = published_points(record, landing)
    spread = None if missile.impact is None else p_inside(zones, EEZ_NATION, with_own_error(points, missile.impact))
    published = p_inside(zones, EEZ_NATION, points)
    sharp = None if missile.p_outside is None else 1.0 - missile.p_outside
    row = CheckRow(
        date_kst=record.date_kst,
        row=record.row,
        name=record.name,
        label=record.label,
        landing=landing.text,
        class_said=said,
        class_p=said_p,
        class_true=full,
        class_true_ballistic=ballistic,
        class_right=said == ballistic,
        label_differs=LABELS.get(record.label, record.label) not in ("", full, ballistic),
        eez_published=record.eez_japan,
        p_inside_sharp=sharp,
        sharp_right=_sharp_right(missile, sharp),
        p_inside_published=published,
        p_inside_spread=spread,
        eez_verdict="",
        crosses=missile.crosses,
        overflight_p=missile.overflight_p,
        events=missile.events,
        impact_km=_impact_km(missile.impact),
        areas=missile.areas,
        land_alert=missile.land_alert,
        warned_s=missile.warned_s,
        predicted_s=missile.predicted_s,
        early_down_s=missile.down_before_impact_s if (missile.down_before_impact_s or 0.0) > EARLY_DOWN_S else None,
    )
    return msgspec.structs.replace(row, eez_verdict=_verdict(row))


def _as_published(classes: tuple[tuple[str, float], ...]) -> list[tuple[str, float]]:
    """Return the class probabilities in the classes whose limits were published (CRBM counts as SRBM)."""
    summed: dict[str, float] = {}
    for name, p in classes:
        key = AS_SRBM.get(name, name)
        summed[key] = summed.get(key, 0.0) + p
    return list(summed.items())


def _true_classes(record: Record, landing: Landing) -> tuple[str, str]:
    """Return the class from apogee and whole distance, and from the ballistic part of it where a glide is assumed."""
    apogee_m = (record.apogee_km or 0.0) * KM
    ballistic_m = landing.range_m - boost_of(record, landing.range_m).glide_m
    return class_of(least_energy_range_m(apogee_m, landing.range_m)), class_of(least_energy_range_m(apogee_m, ballistic_m))


def _sharp_right(missile: MissileOutcome, p_inside_sharp: float | None) -> bool | None:
    """Return whether the system's answer is that of the flown landing; None too near to the limit to ask; no answer is wrong."""
    if missile.flown_margin_m is not None and abs(missile.flown_margin_m) < SHARP_MARGIN_M:
        return None
    if p_inside_sharp is None:
        return False
    return (p_inside_sharp >= RIGHT_P) == missile.flown_inside


def _p_published(row: CheckRow) -> float:
    """Return the probability of the published answer; of being inside where that is one of three."""
    p = row.p_inside_spread if row.p_inside_spread is not None else 0.0
    return 1.0 - p if row.eez_published == "outside" else p


def _verdict(row: CheckRow) -> str:
    """Return how the answer stands to the published one."""
    if row.eez_published == "not-looked-up":
        return ""
    if row.p_inside_spread is None:
        return "not found"
    p = _p_published(row)
    if p >= RIGHT_P:
        return "right"
    unresolved = 1.0 - RESOLVED_P < row.p_inside_published < RESOLVED_P
    return "near the limit" if unresolved and p >= 1.0 - WRONG_P else "missed"


def _three_of_four(rows: list[CheckRow]) -> tuple[CheckRow, ...]:
    """Return the rows with the one of a "three of four inside" that is most likely outside judged as outside."""
    group = [row for row in rows if row.eez_published == "inside-3-of-4"]
    if len(group) < 4:
        return tuple(rows)
    least = min(group, key=lambda row: (row.p_inside_spread if row.p_inside_spread is not None else 1.0, row.row))
    judged = msgspec.structs.replace(least, eez_published="outside")
    return tuple(msgspec.structs.replace(judged, eez_verdict=_verdict(judged)) if row is least else row for row in rows)


def _whole_salvo(rows: tuple[CheckRow, ...]) -> tuple[CheckRow, ...]:
    """Return the rows with "missed" where none of a date has an answer.

    An answer is published for a salvo, not for each missile: where others of it have one, a missile that was not found lacks a
    track, which is counted by itself, and no answer.
    """
    answered = {row.date_kst for row in rows if row.eez_verdict in ("right", "near the limit", "missed")}
    return tuple(
        msgspec.structs.replace(row, eez_verdict="missed") if row.eez_verdict == "not found" and row.date_kst not in answered else row
        for row in rows
    )


def _impact_km(impact: Impact | None) -> float | None:
    if impact is None:
        return None
    return ground_distance_m(impact.lat_rad, impact.lon_rad, impact.flown_lat_rad, impact.flown_lon_rad) / KM
