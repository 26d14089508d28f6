"""From the catalogue's records of a date, or one record, to a scenario that can be played: landing, boost, statements.

What was not published is assumed here, by rules that are the same for all records: where the landing lies when publications
differ (``landing_of``), how long the stages burn (``boost_of``), how far a manoeuvring one glides, when a launch without a
time of day was. Every assumption is said in the scenario's notice or in the missile's texts. No record has a rule of its own.
"""

import datetime as dt
import math
import re
from typing import Final, Literal

import msgspec

from tocsin.errors import OperatorFault
from tocsin.kernels.geodesy import ground_destination, ground_inverse
from tocsin.sim.catalogue import KST, Catalogue, Record, Report, SplashPlace, lacking, load_catalogue, select
from tocsin.sim.flight import ground_speed_mps
from tocsin.sim.scenario import (
    DEFAULT_BETA_KGPM2,
    DEFAULT_BURN_S,
    DEFAULT_KICK_S,
    Missile,
    Scenario,
    Source,
    Stage,
    Statement,
    load_scenario,
)
from tocsin.units import DEG, KM, NS_PER_S

# --- where it came down
PLACE_ROUNDING_KM: Final = 25.0  # half of the 50 km to which "about 250 km west of" is rounded
PLACE_NEAR_KM: Final = 500.0  # a direction of 1 in 16 (+-11 degrees) from farther off leaves over 100 km: no better than the distance
COMPASS: Final = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")

# --- boost, where nothing is published
SMALL_KM: Final = 150.0  # up to this distance a rocket with a short burn
SMALL_BURN_S: Final = 45.0  # inside the published prior 40-120 s
GAIN_MPS2: Final = 30.0  # burnout speed over burn: about 3 g, as the published figures of liquid-fuelled missiles give
LONGEST_BURN_S: Final = 150.0  # of one stage
TWO_STAGE_MPS: Final = 5_600.0  # burnout speed from which a second stage is assumed: about 5,000 km at least energy
TWO_STAGE_GAIN_MPS2: Final = 27.0
STAGING_COAST_S: Final = 2.0
# A manoeuvring one comes down this share of its distance beyond the ballistic point; with it the lift-to-drag ratio stays inside
# the published prior 0.5-2 for the catalogue's low flights.
PULL_UP_SHARE: Final = 0.15
GLIDE_SHARE: Final = 0.20

# --- time
NOON: Final = dt.time(12, 0)  # Korean time, where no time of day was published
APART: Final = dt.timedelta(minutes=5)  # ... and after an earlier launch of that date
# Times are published to the minute. Launches of one minute and one site are spread over it, at most as far apart as the Joint Chiefs
# of Staff of the Republic of Korea gave for 2 March 2020: 20 s. At one instant they would fly inside each other.
SALVO_APART: Final = dt.timedelta(seconds=20)
MINUTE: Final = dt.timedelta(minutes=1)
NS_PER_MS: Final = NS_PER_S // 1_000

SAID_BY_LANDING: Final = ("no-time-of-day", "bearing-default", "place-contradicts-distance")  # flags that other sentences say
COALITION: Final = "northeast-asia"
LEGAL_FROM: Final = "2023-08-30"  # the packaged scenario whose legal context is taken, as far as it existed at the time
EEZ_NATION: Final = "JPN"


class Landing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a record's flight comes down, by which publication. ``text`` says it in words."""

    lat_rad: float
    lon_rad: float
    range_m: float
    bearing_rad: float
    basis: Literal["splash-place", "splash-bearing", "source-bearing", "default-bearing"]
    text: str


class Boost(msgspec.Struct, frozen=True, kw_only=True):
    """The assumed boost and glide of a record."""

    stages: tuple[Stage, ...]
    kick_s: float
    glide_m: float


def catalogue_scenario(event: str) -> Scenario:
    """Return the scenario of a KST date (all its missiles that can be played) or of one row id.

    Raises ``OperatorFault`` (exit code 2) for an unknown event, (3) for one whose facts are not enough, naming what is missing.
    """
    catalogue = load_catalogue()
    records = select(catalogue, event)
    playable = tuple(record for record in records if not lacking(record))
    if not playable:
        raise OperatorFault(f"event {event} cannot be played: {missing_text(records)}")
    date = playable[0].date_kst
    same_day = tuple(record for record in catalogue.records if record.date_kst == date)
    missiles = sorted((missile_of(record, same_day) for record in playable), key=lambda m: (m.launch_ns, m.missile))
    reports = tuple(report for report in catalogue.reports if report.date_kst == date)
    return Scenario(
        scenario=event,
        title=_title(playable, date),
        notice=_notice(playable, records),
        world="exercise",
        coalition=COALITION,
        missiles=tuple(missiles),
        aircraft=(),
        statements=tuple(statement for report in reports for statement in _statement(report)),
        legal=_legal(date),
        eez_nation=EEZ_NATION,
        sources=_sources(catalogue, playable, reports),
    )


def missing_text(records: tuple[Record, ...]) -> str:
    """Return what records lack, records that lack the same together."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for record in records:
        groups.setdefault(lacking(record), []).append(record.row)
    return "; ".join(f"{', '.join(rows)}: not published: {', '.join(facts)}" for facts, rows in groups.items() if facts)


def missile_of(record: Record, same_day: tuple[Record, ...]) -> Missile:
    """Return the missile of a record that lacks nothing. ``same_day``: all records of its date."""
    if record.apogee_km is None or record.lat_deg is None or record.lon_deg is None:
        raise OperatorFault(f"{record.row} cannot be played: {missing_text((record,))}")
    landing = landing_of(record)
    boost = boost_of(record, landing.range_m)
    return Missile(
        missile=record.row,
        row=record.row,
        name=record.name,
        site=record.site,
        launch_ns=round(launch_time(record, same_day).timestamp() * 1e3) * NS_PER_MS,
        lat_rad=record.lat_deg * DEG,
        lon_rad=record.lon_deg * DEG,
        alt_m=0.0,
        apogee_m=record.apogee_km * KM,
        range_m=landing.range_m,
        bearing_rad=landing.bearing_rad,
        flight="pull-up" if boost.glide_m > 0.0 else "ballistic",
        manoeuvre_reported=record.manoeuvre != "none",
        glide_m=boost.glide_m,
        kick_s=boost.kick_s,
        stages=boost.stages,
        beta_kgpm2=DEFAULT_BETA_KGPM2,
    )


def landing_of(record: Record) -> Landing:
    """Return where a record's flight comes down.

    The direction is that of the published splash place; without one, or where one place was given for several missiles, it is
    the source's bearing; last, its default. The distance is the published one, unless a place within PLACE_NEAR_KM of its
    reference contradicts it by more than the place is rounded: then the place stands.
    Raises ``OperatorFault`` for a record that lacks site, distance, or direction.
    """
    if record.lat_deg is None or record.lon_deg is None or record.distance_km is None:
        raise OperatorFault(f"{record.row} cannot be placed: {missing_text((record,))}")
    lat_rad, lon_rad, range_m = record.lat_deg * DEG, record.lon_deg * DEG, record.distance_km * KM
    splash = record.splash
    if splash is not None and not (splash.shared and record.bearing_basis == "source"):
        place_rad = splash_point(splash.places)
        place_m, bearing_rad = ground_inverse(lat_rad, lon_rad, *place_rad)
        words = " and ".join(f"about {place.distance_km:g} km {place.direction} of {place.reference}" for place in splash.places)
        near = max(place.distance_km for place in splash.places) <= PLACE_NEAR_KM
        if near and abs(place_m - range_m) > PLACE_ROUNDING_KM * KM:
            far = f"{place_m / KM:.0f} km off, against a published distance of {record.distance_km:g} km"
            text = f"at the published splash place ({words}), {far}"
            return Landing(
                lat_rad=place_rad[0], lon_rad=place_rad[1], range_m=place_m, bearing_rad=bearing_rad, basis="splash-place", text=text
            )
        basis: Literal["splash-bearing", "source-bearing", "default-bearing"] = "splash-bearing"
        text = f"towards the published splash place ({words}), published distance"
    elif record.bearing_deg is not None:
        bearing_rad = record.bearing_deg * DEG
        basis = "source-bearing" if record.bearing_basis == "source" else "default-bearing"
        text = (
            "source's bearing" if basis == "source-bearing" else "bearing 90 degrees is the source's default: nobody published a direction"
        )
        text += ", published distance"
    else:
        raise OperatorFault(f"{record.row} cannot be placed: {missing_text((record,))}")
    end = ground_destination(lat_rad, lon_rad, bearing_rad, range_m)
    return Landing(lat_rad=end[0], lon_rad=end[1], range_m=range_m, bearing_rad=bearing_rad, basis=basis, text=text)


def splash_point(places: tuple[SplashPlace, ...]) -> tuple[float, float]:
    """Return (lat_rad, lon_rad) of a splash place; the middle of several (they lie within 2 degrees, so degrees may be averaged)."""
    points = [
        ground_destination(p.lat_deg * DEG, p.lon_deg * DEG, COMPASS.index(p.direction) * math.pi / 8.0, p.distance_km * KM) for p in places
    ]
    return sum(p[0] for p in points) / len(points), sum(p[1] for p in points) / len(points)


def boost_of(record: Record, range_m: float) -> Boost:
    """Return the assumed boost of a record over a distance: burns from the speed that its arc needs."""
    share = {"none": 0.0, "pull-up": PULL_UP_SHARE, "glide": GLIDE_SHARE}[record.manoeuvre]
    apogee_m = (record.apogee_km or 0.0) * KM
    speed_mps = ground_speed_mps(apogee_m, range_m * (1.0 - share))
    if speed_mps > TWO_STAGE_MPS:
        burn_s = 0.5 * speed_mps / TWO_STAGE_GAIN_MPS2
        stages: tuple[Stage, ...] = (Stage(burn_s=burn_s, coast_s=STAGING_COAST_S), Stage(burn_s=burn_s))
    elif range_m <= SMALL_KM * KM and speed_mps < GAIN_MPS2 * DEFAULT_BURN_S:
        stages = (Stage(burn_s=SMALL_BURN_S),)
    else:
        stages = (Stage(burn_s=min(LONGEST_BURN_S, max(DEFAULT_BURN_S, speed_mps / GAIN_MPS2))),)
    return Boost(stages=stages, kick_s=DEFAULT_KICK_S, glide_m=share * range_m)


def launch_time(record: Record, same_day: tuple[Record, ...]) -> dt.datetime:
    """Return the launch: in the published minute; without one APART after the record before it on that date, else noon in Korea."""
    if record.launch_utc is not None:
        together = [other.row for other in same_day if (other.launch_utc, other.site) == (record.launch_utc, record.site)]
        apart = min(SALVO_APART, MINUTE / len(together))
        return dt.datetime.fromisoformat(record.launch_utc) + together.index(record.row) * apart
    before = [other for other in same_day if (other.series, other.row) < (record.series, record.row)]
    if before:
        return launch_time(max(before, key=lambda other: (other.series, other.row)), same_day) + APART
    return dt.datetime.combine(dt.date.fromisoformat(record.date_kst), NOON, KST)


def _title(records: tuple[Record, ...], date: str) -> str:
    day = dt.date.fromisoformat(date)
    sites = " and ".join(dict.fromkeys(record.site for record in records))
    names = ", ".join(dict.fromkeys(record.name for record in records))
    count = f"{len(records)} missiles" if len(records) > 1 else "1 missile"
    return f"{count} from {sites}, {day.day} {day:%B} {day.year} ({names})"


def _notice(playable: tuple[Record, ...], records: tuple[Record, ...]) -> str:
    """Return what this is, what was assumed, which flags the records carry and which missiles are left out."""
    parts = ["Reconstruction from published facts; sensors and boost are notional."]
    texts: dict[str, list[str]] = {}
    for record in playable:
        texts.setdefault(f"Landing {landing_of(record).text}", []).append(record.row)
        if record.launch_utc is None:
            texts.setdefault("No time of day was published: one is assumed", []).append(record.row)
        elif sum((other.launch_utc, other.site) == (record.launch_utc, record.site) for other in playable) > 1:
            texts.setdefault("One minute was published for several: they are spread over it", []).append(record.row)
        for flag in record.flags:
            if flag.was != flag.used and flag.code not in SAID_BY_LANDING:
                texts.setdefault(f"Published {flag.was}; used {flag.used}, because {flag.why}", []).append(record.row)
    parts += [f"{_rows(rows, playable)}{text}." for text, rows in texts.items()]
    left_out = tuple(record for record in records if lacking(record))
    if left_out:
        parts.append(f"Left out: {missing_text(left_out)}.")
    return " ".join(parts)


def _rows(rows: list[str], playable: tuple[Record, ...]) -> str:
    """Return for which rows a text holds; nothing where it holds for all."""
    return "" if len(rows) == len(playable) else f"{', '.join(rows)}: "


def _statement(report: Report) -> tuple[Statement, ...]:
    """Return a report as a statement; none where it gave no figure."""
    figures = [
        f"{words} {value}{unit}"
        for words, value, unit in (
            ("count", report.count, ""),
            ("launched", report.launch_kst, " KST"),
            ("distance", report.distance_km, " km"),
            ("apogee", report.apogee_km, " km"),
            ("flight time", report.flight_time_s, " s"),
        )
        if value
    ]
    if report.note:
        figures.append(report.note)
    if not figures:
        return ()
    return (
        Statement(
            nation=report.nation,
            text=f"{report.event}: {'; '.join(figures)}.",
            missiles_at_least=report.missiles_at_least if report.missiles_at_least is not None else 1,
            first=False,
            source=report.source,
        ),
    )


def _legal(date: str) -> tuple[str, ...]:
    """Return the packaged legal context, without what is younger than the event."""
    years = {text: re.search(r"\((\d{4})\)", text) for text in load_scenario(LEGAL_FROM).legal}
    return tuple(text for text, year in years.items() if year is None or year[1] <= date[:4])


def _sources(catalogue: Catalogue, records: tuple[Record, ...], reports: tuple[Report, ...]) -> tuple[Source, ...]:
    """Return the sources behind the records and reports, in the catalogue's order."""
    used = {record.source for record in records} | {record.splash.source for record in records if record.splash is not None}
    used |= {report.source for report in reports}
    return tuple(
        Source(source=one.source, text=f"{one.text} ({', '.join(part for part in (one.licence, one.url) if part)})")
        for one in catalogue.sources
        if one.source in used
    )
