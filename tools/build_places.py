"""Build the packaged names of places and launch sites: ``python tools/build_places.py [--sources FOLDER] [--out DIR]``.

Reads ``tools/places.toml`` and ``tools/sites.toml``, the cities of the time zone database and their names in the Unicode CLDR
through ``geo_sources``; writes ``places.json`` and ``sites.json``. Takes seconds.
"""

import argparse
import re
import tomllib
from pathlib import Path
from typing import Final

import geo_sources
import msgspec

from tocsin.geography.areas import AreaNames
from tocsin.geography.places import Place, PlacesFile
from tocsin.geography.sites import Site, SitesFile
from tocsin.geography.zones import NOTICE

ROOT: Final = Path(__file__).resolve().parent.parent
CREDIT: Final = "Positions of cities from the time zone database (public domain), their names from the Unicode CLDR (Unicode licence)"
SITES_CREDIT: Final = (
    "Launch sites of the DPRK from the nk-missile-tests data (Apache-2.0), derived from the CNS/NTI North Korea Missile Test Database"
)


class PlaceRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of the table of places."""

    en: str
    ko: str
    ja: str
    lat_deg: float
    lon_deg: float
    source: str


class PlaceTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``tools/places.toml``."""

    place: tuple[PlaceRow, ...]
    leave_out: tuple[str, ...]
    former: dict[str, str]
    english: dict[str, str]


class SiteRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of the table of launch sites."""

    name: str
    nation: str
    lat_deg: float
    lon_deg: float
    source: str


class SiteTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``tools/sites.toml``."""

    site: tuple[SiteRow, ...]


def main() -> None:
    """Build both files and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--sources", type=Path, default=ROOT / ".sources", help="folder of the fetched packages")
    parser.add_argument("--out", type=Path, default=ROOT / "src" / "tocsin" / "geography")
    options = parser.parse_args()
    sources = geo_sources.Sources(options.sources)
    table = msgspec.convert(tomllib.loads((ROOT / "tools" / "places.toml").read_text()), PlaceTable, strict=False)
    rows = [Place(AreaNames(r.en, r.ko, r.ja), r.lat_deg, r.lon_deg) for r in table.place]
    places = PlacesFile(NOTICE, CREDIT, (*rows, *cities(sources, table)))
    sites = msgspec.convert(tomllib.loads((ROOT / "tools" / "sites.toml").read_text()), SiteTable, strict=False)
    listed = SitesFile(NOTICE, SITES_CREDIT, tuple(Site(r.name, r.nation, r.lat_deg, r.lon_deg) for r in sites.site))
    for name, content in (("places.json", msgspec.json.encode(places)), ("sites.json", msgspec.json.encode(listed))):
        path = options.out / name
        path.write_bytes(msgspec.json.format(content, indent=0) + b"\n")
        print(f"{path}: {path.stat().st_size:,} bytes")
    print(f"{len(places.places)} places, {len(listed.sites)} sites")


def cities(sources: geo_sources.Sources, table: PlaceTable) -> list[Place]:
    """Return the city of each time zone that has a name in all languages."""
    names = geo_sources.city_names(sources.cldr())
    found = []
    for line in sources.zone_tab().splitlines():
        if line.startswith("#"):
            continue
        _, position, zone = line.split("\t")[:3]
        if zone in table.leave_out:
            continue
        name = names.get(zone) or names.get(table.former.get(zone, ""), {})
        english = table.english.get(zone) or name.get("en") or zone.rsplit("/", 1)[-1].replace("_", " ")
        if "ko" in name and "ja" in name:
            lat_deg, lon_deg = read_position(position)
            found.append(Place(AreaNames(english, name["ko"], name["ja"]), lat_deg, lon_deg))
    return found


def read_position(text: str) -> tuple[float, float]:
    """Return degrees of an ISO 6709 position: +DDMM+DDDMM or +DDMMSS+DDDMMSS."""
    match = re.fullmatch(r"([+-])(\d\d)(\d\d)(\d\d)?([+-])(\d{3})(\d\d)(\d\d)?", text)
    if match is None:
        raise SystemExit(f"zone.tab: expected an ISO 6709 position, got {text!r}")
    sign_lat, d, m, s, sign_lon, dd, mm, ss = match.groups()
    lat = int(d) + int(m) / 60 + int(s or 0) / 3600
    lon = int(dd) + int(mm) / 60 + int(ss or 0) / 3600
    return round(-lat if sign_lat == "-" else lat, 2), round(-lon if sign_lon == "-" else lon, 2)


if __name__ == "__main__":
    main()
