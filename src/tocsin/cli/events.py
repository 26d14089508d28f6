"""``tocsin events``: the catalogue as a table, JSON or CSV, with what can be played and what the others lack."""

import csv
import datetime as dt
import io
import sys
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table

from tocsin.errors import OperatorFault
from tocsin.sim.catalogue import KST, Catalogue, Flag, Record, as_date, lacking, load_catalogue
from tocsin.sim.catalogue_scenario import landing_of
from tocsin.sim.scenario import packaged
from tocsin.units import DEG, KM

HEADS: Final = (
    "KST date", "time", "row id", "name", "class", "site", "apogee km", "distance km", "direction", "outcome", "JPN EEZ", "plays", "flags"
)  # fmt: skip
WIDE_ONLY: Final = ("name", "site", "direction", "outcome", "flags")  # left out on a narrow terminal
LEAST: Final = {
    "KST date": 10,
    "time": 5,
    "row id": 14,
    "class": 7,
    "apogee km": 9,
    "distance km": 11,
    "JPN EEZ": 7,
}  # never cut, they name and tell
WIDE: Final = 200  # columns that the whole table needs
UNLIMITED: Final = 400  # ... and more than any row has, for files and pipes
CREDIT: Final = (
    "Facts: CNS/NTI North Korea Missile Test Database through nagix/nk-missile-tests (Apache-2.0); CSIS Beyond Parallel through "
    "stiles/north-korea-provocations (CC0-1.0); Japan's Ministry of Defense. Addresses: tocsin/data/catalogue/catalogue.toml."
)


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """One missile as listed. ``missing`` is empty where it plays; ``landing`` says by which publication it then comes down."""

    row: str
    date_kst: str
    launch_utc: str | None
    name: str
    label: str
    site: str
    lat_deg: float | None
    lon_deg: float | None
    apogee_km: float | None
    distance_km: float | None
    bearing_deg: float | None
    fell: str
    outcome: str
    manoeuvre: str
    eez_japan: str
    missiles: int
    plays: bool
    missing: tuple[str, ...]
    landing: str
    flown_distance_km: float | None
    flown_bearing_deg: float | None
    flags: tuple[Flag, ...]
    source: str


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """What ``--json`` prints."""

    credit: str
    missiles: int
    playable: int
    packaged: tuple[str, ...]  # scenarios that have their own file, and play under their name
    events: tuple[EventRow, ...]


def run_events(since: str | None, *, as_json: bool, as_csv: bool) -> None:
    """Print the catalogue; OperatorFault (2) for a date that is none, or for two formats at once."""
    if as_json and as_csv:
        raise OperatorFault("--json and --csv are both given; expected one of them", exit_code=2)
    if since is not None and as_date(since) is None:
        raise OperatorFault(f"--since {since}: expected a date such as 2022-01-01", exit_code=2)
    rows = listed(load_catalogue(), since)
    if as_json:
        listing = Listing(
            credit=CREDIT, missiles=len(rows), playable=sum(row.plays for row in rows), packaged=packaged("scenarios"), events=rows
        )
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(listing), indent=1) + b"\n")
    elif as_csv:
        sys.stdout.write(csv_text(rows))
    else:
        _show(rows)


def listed(catalogue: Catalogue, since: str | None) -> tuple[EventRow, ...]:
    """Return the rows from a KST date on."""
    return tuple(_row(record) for record in catalogue.records if since is None or record.date_kst >= since[: len(record.date_kst)])


def csv_text(rows: tuple[EventRow, ...]) -> str:
    """Return the rows as CSV with a header; flags by their codes."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(EventRow.__struct_fields__)
    for row in rows:
        values = msgspec.structs.asdict(row) | {"missing": "; ".join(row.missing), "flags": "; ".join(flag.code for flag in row.flags)}
        writer.writerow("" if value is None else value for value in values.values())
    return out.getvalue()


def _row(record: Record) -> EventRow:
    missing = lacking(record)
    landing = None if missing else landing_of(record)
    return EventRow(
        row=record.row,
        date_kst=record.date_kst,
        launch_utc=record.launch_utc,
        name=record.name,
        label=record.label,
        site=record.site,
        lat_deg=record.lat_deg,
        lon_deg=record.lon_deg,
        apogee_km=record.apogee_km,
        distance_km=record.distance_km,
        bearing_deg=record.bearing_deg,
        fell=record.fell,
        outcome=record.outcome,
        manoeuvre=record.manoeuvre,
        eez_japan=record.eez_japan,
        missiles=record.stands_for,
        plays=not missing,
        missing=missing,
        landing="" if landing is None else landing.text,
        flown_distance_km=None if landing is None else round(landing.range_m / KM, 1),
        flown_bearing_deg=None if landing is None else round(landing.bearing_rad / DEG, 1),
        flags=record.flags,
        source=record.source,
    )


def _show(rows: tuple[EventRow, ...]) -> None:
    """Print the table, one line a row, then how to play one; a narrow terminal gets fewer columns."""
    console = Console(highlight=False)
    narrow = console.is_terminal and console.width < WIDE
    if not console.is_terminal:
        console = Console(highlight=False, width=UNLIMITED, soft_wrap=True)
    shown = [head for head in HEADS if not (narrow and head in WIDE_ONLY)]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in shown:
        table.add_column(head, justify="right" if head.endswith("km") else "left", no_wrap=True, min_width=LEAST.get(head))
    for row in rows:
        cells = dict(zip(HEADS, _cells(row), strict=True))
        table.add_row(*(cells[head] for head in shown))
    console.print(table)
    playable = [row for row in rows if row.plays]
    console.print(f"\n{len(rows)} missiles, {len(playable)} on {len({row.date_kst for row in playable})} dates can be played.")
    console.print("Play one:  tocsin demo 2017-11-29  (all of a Korean date)   or   tocsin demo NK-20171128-01  (one row).")
    console.print(f"Scenarios with a file of their own: {', '.join(packaged('scenarios'))}. What a flag means: --json. {CREDIT}")


def _cells(row: EventRow) -> tuple[str, ...]:
    time = "" if row.launch_utc is None else f"{dt.datetime.fromisoformat(row.launch_utc).astimezone(KST):%H:%M}"
    direction = "" if row.flown_bearing_deg is None else f"{row.flown_bearing_deg:.0f} {_basis(row)}"
    plays = "yes" if row.plays else f"no: {', '.join(fact.split(' (')[0] for fact in row.missing)}"
    return (
        row.date_kst,
        time,
        row.row,
        row.name,
        row.label,
        row.site,
        _number(row.apogee_km),
        _number(row.distance_km),
        direction,
        row.outcome,
        "" if row.eez_japan == "not-looked-up" else row.eez_japan,
        plays,
        ", ".join(flag.code for flag in row.flags),
    )


def _basis(row: EventRow) -> str:
    """Return where the direction is from, in a word."""
    return "place" if "splash place" in row.landing else "default" if "default" in row.landing else ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"
