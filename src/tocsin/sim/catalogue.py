"""The event catalogue: one record per missile, as published, and what each record lacks for a flight.

Facts, flags and sources only, read from ``data/catalogue`` (made by ``tools/build_catalogue.py``). How a record becomes a
scenario is catalogue_scenario.py. Nothing is corrected here: where publications contradict each other the record carries a
flag that says what was found, what is used and why.
"""

import datetime as dt
import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Final, Literal

import msgspec

from tocsin.errors import OperatorFault, OurFault
from tocsin.messages.basics import Nation

FORMAT: Final = 1  # version of the packaged files' layout
SPACE_LAUNCH: Final = "SLV"  # the class label of a space launch
KST: Final = dt.timezone(dt.timedelta(hours=9), "KST")  # Korean and Japanese civil time, without summer time

Manoeuvre = Literal["none", "pull-up", "glide"]
BearingBasis = Literal["source", "source-default", "none"]
Outcome = Literal["success", "failure", "unknown"]
EezAnswer = Literal["inside", "outside", "inside-3-of-4", "not-looked-up"]


class Flag(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong or odd in the publications: what stands there, what is used here, and why."""

    code: str
    was: str
    used: str
    why: str


class SplashPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A published place: about ``distance_km`` in a ``direction`` of ``reference``. ``spread_km``: half of a published span."""

    reference: str
    lat_deg: float
    lon_deg: float
    direction: str  # of the compass: "W", "NW"
    distance_km: float
    spread_km: float


class Splash(msgspec.Struct, frozen=True, kw_only=True):
    """Where it came down, as published. ``shared``: one place was given for several missiles, so that it is nobody's own."""

    places: tuple[SplashPlace, ...]
    shared: bool
    source: str


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One missile as published. None: not published. ``label`` is the published class, which need not be right."""

    row: str
    date_kst: str  # "2017-11-29", or "1984-09" where only the month is known
    launch_utc: str | None  # to the minute
    series: int  # number within the launches of its date in the source, 0 where not given
    name: str
    label: str
    site: str
    lat_deg: float | None
    lon_deg: float | None
    apogee_km: float | None
    distance_km: float | None
    bearing_deg: float | None
    bearing_basis: BearingBasis
    fell: str  # "sea-of-japan", "pacific-ocean", ...
    outcome: Outcome
    manoeuvre: Manoeuvre
    stands_for: int  # missiles that this one record stands for
    eez_japan: EezAnswer  # Japan's published answer
    splash: Splash | None
    flags: tuple[Flag, ...]
    source: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What one nation reported of the launches of a date. Figures as printed ("350, 400"), "" where it gave none."""

    date_kst: str
    event: str
    nation: Nation
    missiles_at_least: int | None
    count: str
    launch_kst: str
    distance_km: str
    apogee_km: str
    flight_time_s: str
    note: str
    source: str


class CatalogueSource(msgspec.Struct, frozen=True, kw_only=True):
    """Who published a fact, under which licence, and whom to credit."""

    source: str
    text: str
    licence: str
    url: str


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """All records in order of date and row, all reports, all sources."""

    records: tuple[Record, ...]
    reports: tuple[Report, ...]
    sources: tuple[CatalogueSource, ...]

    def dates(self) -> tuple[str, ...]:
        """Return the KST dates (or months) that have records, in order."""
        return tuple(dict.fromkeys(record.date_kst for record in self.records))


class _About(msgspec.Struct, frozen=True):
    """catalogue.toml."""

    format: int
    notice: str
    source: tuple[CatalogueSource, ...]


@lru_cache(maxsize=1)
def load_catalogue() -> Catalogue:
    """Return the packaged catalogue; OurFault where its files are of another format."""
    folder = files("tocsin") / "data" / "catalogue"
    about = msgspec.convert(tomllib.loads((folder / "catalogue.toml").read_text(encoding="utf-8")), _About)
    if about.format != FORMAT:
        raise OurFault(f"catalogue.toml: expected format {FORMAT}, found {about.format}; run tools/build_catalogue.py again")
    records = msgspec.json.Decoder(Record).decode_lines((folder / "missiles.jsonl").read_bytes())
    reports = msgspec.json.Decoder(Report).decode_lines((folder / "reports.jsonl").read_bytes())
    return Catalogue(records=tuple(records), reports=tuple(reports), sources=about.source)


def lacking(record: Record) -> tuple[str, ...]:
    """Return the facts that a flight would need and the record does not have; empty where it can be played."""
    if record.label == SPACE_LAUNCH and record.outcome == "success":
        return ("impact (a satellite went into orbit; its figures are the orbit's height and where stages fell)",)
    needed = (
        ("launch date", len(record.date_kst) == len("2017-11-29")),
        ("launch site", record.lat_deg is not None and record.lon_deg is not None),
        ("apogee", record.apogee_km is not None),
        ("distance", record.distance_km is not None),
        ("bearing or splash place", record.bearing_deg is not None or record.splash is not None),
    )
    return tuple(name for name, known in needed if not known)


def select(catalogue: Catalogue, event: str) -> tuple[Record, ...]:
    """Return the record of a row id, or all of a KST date, in order; OperatorFault where there is none."""
    if found := tuple(record for record in catalogue.records if event in (record.row, record.date_kst)):
        return found
    near = ""
    if (asked := as_date(event)) is not None:
        days = [day for day in map(as_date, catalogue.dates()) if day is not None]
        closest = sorted(days, key=lambda day: (abs((day - asked).days), day))[:2]
        near = f"; the nearest are {' and '.join(day.isoformat() for day in sorted(closest))}"
    text = f"event {event!r}: expected a KST date with launches or a row id of the catalogue{near}; `tocsin events` lists them"
    raise OperatorFault(text, exit_code=2)


def as_date(text: str) -> dt.date | None:
    """Return a calendar date from "2017-11-29", None from anything else."""
    try:
        return dt.date.fromisoformat(text) if len(text) == len("2017-11-29") else None
    except ValueError:
        return None
