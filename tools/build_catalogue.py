"""Build the packaged event catalogue: ``python tools/build_catalogue.py --events FILE --landings FILE --reports FILE [--out DIR]``.

Reads three tables of public facts (one row per missile; splash places as published; what each nation reported) and writes
``catalogue.toml``, ``missiles.jsonl`` and ``reports.jsonl`` in the project's own schema (``tocsin.sim.catalogue``). Only facts are
taken, no prose. What is wrong or odd in the tables is listed in ``catalogue_facts.py``; each case becomes a flag that says
what stood there, what is used and why. The same tables give the same bytes. Neither the package nor its tests need the tables.
"""

import argparse
import csv
import datetime as dt
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from catalogue_facts import ADDED_PLACES, CORRECTIONS, GAZETTEER, ROW_FLAGS, SOURCES, TABLE_FLAGS, AddedPlace, published_source

from tocsin.sim.catalogue import FORMAT, CatalogueSource, EezAnswer, Flag, Manoeuvre, Outcome, Record, Report, Splash, SplashPlace
from tocsin.sim.catalogue_scenario import landing_of
from tocsin.units import KM

Row = dict[str, str]
Item = TypeVar("Item")

ROOT: Final = Path(__file__).resolve().parent.parent
NOTICE: Final = "Published facts, approximate and partly contradictory; flags say where. No figure here is a measurement of this project."
KST: Final = dt.timedelta(hours=9)
DEFAULT_BEARING: Final = "90.0"  # the upstream table's value where nobody published a direction
EEZ: Final[dict[str, EezAnswer]] = {"": "not-looked-up", "inside": "inside", "outside": "outside", "inside_3_of_4": "inside-3-of-4"}
OUTCOMES: Final[dict[str, Outcome]] = {"success": "success", "failure": "failure", "unknown": "unknown"}
NATIONS: Final = {"ROK": ("KOR",), "JP": ("JPN",), "KP": ("PRK",), "ROK+JP": ("KOR", "JPN")}


def main() -> None:
    """Read the tables, write the files, say what came of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    for name, text in (("events", "one row per missile"), ("landings", "splash places"), ("reports", "what each nation reported")):
        parser.add_argument(f"--{name}", type=Path, required=True, metavar="FILE", help=f"CSV: {text}")
    parser.add_argument("--out", type=Path, default=ROOT / "src" / "tocsin" / "data" / "catalogue")
    asked = parser.parse_args()
    events, landings, reports = (read(path) for path in (asked.events, asked.landings, asked.reports))
    records = sorted(place_all([record_of(row) for row in events], landings), key=lambda record: (record.date_kst, record.row))
    told = sorted([*table_reports(reports), *landing_reports(landings, records)], key=lambda report: report.date_kst)
    sources = [*SOURCES, *landing_sources(landings)]
    write(asked.out, records, told, sources)
    print(
        f"{len(records)} missiles on {len({r.date_kst for r in records})} dates, {len(told)} reports, {len(sources)} sources in {asked.out}"
    )


def read(path: Path) -> list[Row]:
    """Return the rows of a table."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write(out: Path, records: list[Record], reports: list[Report], sources: list[CatalogueSource]) -> None:
    """Write the three files."""
    out.mkdir(parents=True, exist_ok=True)
    encoder = msgspec.json.Encoder()
    (out / "missiles.jsonl").write_bytes(encoder.encode_lines(records))
    (out / "reports.jsonl").write_bytes(encoder.encode_lines(reports))
    lines = [
        "# The event catalogue: sources, licences, credit. Made by tools/build_catalogue.py; do not edit.",
        "# missiles.jsonl: one record per missile. reports.jsonl: what nations reported. The schema is tocsin.sim.catalogue.",
        "",
        f"format = {FORMAT}",
        f"notice = {quoted(NOTICE)}",
    ]
    for source in sources:
        lines += ["", "[[source]]", *(f"{key} = {quoted(value)}" for key, value in msgspec.structs.asdict(source).items())]
    (out / "catalogue.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def quoted(text: str) -> str:
    """Return a TOML basic string; JSON's escapes are a subset of TOML's."""
    return msgspec.json.encode(text).decode()


# --- missiles ---


def record_of(row: Row) -> Record:
    """Return the record of one row with its flags, before splash places."""
    flags = [flag for needle, flag in TABLE_FLAGS if needle in row["flags"].split(";") or row["flags"].startswith(needle)]
    basis = "none" if not row["bearing_deg"] else "source-default" if row["bearing_deg"] == DEFAULT_BEARING else "source"
    if basis == "source-default":
        flags.append(ROW_FLAGS["bearing-default"])
    utc = None
    if row["time_utc"]:
        utc = f"{row['date_utc']}T{row['time_utc']}:00Z"
    else:
        flags.append(ROW_FLAGS["no-time-of-day" if len(row["date_utc"]) == len("2017-11-29") else "month-only"])
    if row["inside_japan_eez_reported"] == "inside_3_of_4":
        flags.append(ROW_FLAGS["eez-three-of-four"])
    unknown_site = "facility_unknown" in row["flags"]
    record = Record(
        row=row["row_id"],
        date_kst=kst_date(utc) or row["date_utc"],
        launch_utc=utc,
        series=int(row["series_index"] or 0),
        name="ballistic missile" if row["missile_name"].startswith("Unknown") else row["missile_name"],
        label=row["missile_class"],
        site="unknown" if unknown_site else row["facility"],
        lat_deg=None if unknown_site else float(row["facility_lat"]),
        lon_deg=None if unknown_site else float(row["facility_lon"]),
        apogee_km=number(row["apogee_km"]),
        distance_km=number(row["distance_km"]),
        bearing_deg=number(row["bearing_deg"]),
        bearing_basis=basis,  # type: ignore[arg-type]  # one of the three literals above
        fell=row["landing_area"],
        outcome=OUTCOMES[row["outcome"]],
        manoeuvre=manoeuvre(row["flags"]),
        stands_for=int(row["missiles_recorded_same_utc_date"]) if "about" in row["missile_name"] else 1,
        eez_japan=EEZ[row["inside_japan_eez_reported"]],
        splash=None,
        flags=tuple(flags),
        source=published_source(row["source"]),
    )
    return corrected(record)


def corrected(record: Record) -> Record:
    """Return the record with the known errors of its row flagged and, where the flag says so, replaced."""
    for correction in CORRECTIONS:
        if record.row in correction.rows:
            changes = dict(correction.changes)
            record = msgspec.structs.replace(record, **changes, flags=(*record.flags, correction.flag))
            record = msgspec.structs.replace(record, date_kst=kst_date(record.launch_utc) or record.date_kst)
    return record


def manoeuvre(flags: str) -> Manoeuvre:
    """Return the upstream table's manoeuvre class."""
    return "glide" if "maneuver_glide" in flags else "pull-up" if "maneuver_pullup" in flags else "none"


def number(text: str) -> float | None:
    """Return a number, None of nothing."""
    return float(text) if text else None


def kst_date(utc: str | None) -> str | None:
    """Return the Korean date of a time like 2017-11-28T18:18:00Z."""
    return None if utc is None else (dt.datetime.fromisoformat(utc) + KST).date().isoformat()


# --- splash places ---


def place_all(records: list[Record], landings: list[Row]) -> list[Record]:
    """Return the records with the splash places that were published for them."""
    found: dict[str, tuple[tuple[SplashPlace, ...], str]] = {}
    for row in landings:
        places = places_of(row["reference_place"], row["bearing_from_place"], row["distance_from_place_km"])
        for record in matching(records, row["date_kst"], row["which"]):
            if places and record.distance_km is not None:
                found[record.row] = (places, landing_id(row["date_kst"]))
    for added in ADDED_PLACES:
        for name in added.rows:
            found[name] = (places_of(added.reference, added.direction, added.distance_km), added.source)
    owners = [(places, next(r.date_kst for r in records if r.row == name)) for name, (places, _) in found.items()]
    placed = []
    for record in records:
        if record.row not in found:
            placed.append(record)
            continue
        places, source = found[record.row]
        splash = Splash(places=places, shared=owners.count((places, record.date_kst)) > 1, source=source)
        placed.append(msgspec.structs.replace(record, splash=splash))
    return [contradicted(record) for record in placed]


def contradicted(record: Record) -> Record:
    """Return the record with a flag where its published splash place and its published distance cannot both be right."""
    if record.splash is None or record.distance_km is None or record.lat_deg is None:
        return record
    landing = landing_of(record)
    if landing.basis != "splash-place":
        return record
    flag = Flag(
        code="place-contradicts-distance",
        was=f"distance {record.distance_km:g} km, and a splash place {landing.range_m / KM:.0f} km from the site",
        used="the place",
        why="it is rounded to about 50 km; the distance is rounded too, and no point of the place lies at it",
    )
    return msgspec.structs.replace(record, flags=(*record.flags, flag))


def matching(records: list[Record], date: str, which: str) -> list[Record]:
    """Return the records of a landing row: of its date, all or by number."""
    return [r for r in records if r.date_kst == date and which in ("all", str(r.series))]


def places_of(references: str, directions: str, distances: str) -> tuple[SplashPlace, ...]:
    """Return the places of a landing row, () where direction, distance or a reference that the gazetteer knows is missing."""
    places: list[SplashPlace] = []
    names, ways = split(references), split(directions)
    ways = ways if len(ways) == len(names) else ways * len(names)  # one direction may hold for all
    for reference, direction, distance in zip(names, ways, split(distances), strict=False):
        spot = GAZETTEER.get(reference)
        try:
            low, _, high = distance.partition("-")
            ends = float(low), float(high or low)
        except ValueError:
            continue
        if spot is not None:
            places.append(
                SplashPlace(
                    reference=spot.name,
                    lat_deg=spot.lat_deg,
                    lon_deg=spot.lon_deg,
                    direction=direction,
                    distance_km=0.5 * (ends[0] + ends[1]),
                    spread_km=0.5 * (ends[1] - ends[0]),
                )
            )
    return tuple(places)


def split(text: str) -> list[str]:
    """Return the parts of "Oki Is. / Sado I."."""
    return [part.strip() for part in text.split("/")]


# --- reports ---


def table_reports(rows: list[Row]) -> list[Report]:
    """Return the reports of the reports' table, one per nation."""
    return [
        Report(
            date_kst=row["date_kst"],
            event=row["event"],
            nation=nation,
            missiles_at_least=at_least(row["count_reported"]),
            count=row["count_reported"],
            launch_kst=listed(row["launch_times_kst"]),
            distance_km=listed(row["distance_km"]),
            apogee_km=listed(row["apogee_km"]),
            flight_time_s=row["flight_time_s"],
            note=row["note"],
            source="national-reports",
        )
        for row in rows
        for nation in NATIONS[row["reporter"]]
    ]


def landing_reports(rows: list[Row], records: list[Record]) -> list[Report]:
    """Return what Japan published with its splash places, one per date."""
    reports: list[Report] = []
    for row in rows:
        if any(report.date_kst == row["date_kst"] for report in reports):
            continue
        flown = [r for r in matching(records, row["date_kst"], "all") if r.distance_km is not None]
        where = (
            ""
            if not row["distance_from_place_km"]
            else f"{row['distance_from_place_km']} km {row['bearing_from_place']} of {row['reference_place']}"
        )
        answer = {"inside": "inside the EEZ", "outside": "outside the EEZ", "inside_3_of_4": "three of four inside the EEZ"}
        reports.append(
            Report(
                date_kst=row["date_kst"],
                event=flown[0].name if flown else row["missile_or_event"],
                nation="JPN",
                missiles_at_least=None,
                count="",
                launch_kst=listed(row["launch_jst"]),
                distance_km=listed(row["distance_km_jp"]),
                apogee_km=listed(row["apogee_km_jp"]),
                flight_time_s=str(60 * int(row["flight_min"])) if row["flight_min"] else "",
                note="; ".join(part for part in (f"fell {where}" if where else "", answer.get(row["inside_japan_eez"], "")) if part),
                source=landing_id(row["date_kst"]),
            )
        )
    return reports


def at_least(count: str) -> int | None:
    """Return the number in "at least 2", "1 then 2" (the last one stands), None of words."""
    numbers = [int(word) for word in count.replace("(", " ").replace("+", " + ").split() if word.isdigit()]
    return None if not numbers else numbers[-1]


def listed(text: str) -> str:
    """Return "350; 400" and "50 / 50" as "350, 400" and "50, 50"."""
    return ", ".join(part.strip() for part in text.replace(" / ", ";").split(";"))


def landing_id(date: str) -> str:
    """Return the source id of a date's landing."""
    return f"landing-{date}"


def landing_sources(rows: list[Row]) -> list[CatalogueSource]:
    """Return one source per date with a published splash place, with its address."""
    found: dict[str, CatalogueSource] = {}
    for row in rows:
        name = landing_id(row["date_kst"])
        text = f"Ministry of Defense of Japan as copied by the press, on the launch of {row['date_kst']}: splash place, EEZ answer, figures"
        found.setdefault(name, CatalogueSource(source=name, text=text, licence="facts only", url=row["source_url"]))
    return list(found.values())


def check(added: AddedPlace) -> None:
    """Refuse an added place that the gazetteer does not know."""
    if added.reference not in GAZETTEER:
        raise SystemExit(f"{added.rows[0]}: {added.reference!r} is not in the gazetteer of tools/catalogue_facts.py")


if __name__ == "__main__":
    for one in ADDED_PLACES:
        check(one)
    main()
