"""Where the geography comes from: fetches the packages by name, checks them, and reads what the builders need.

Only public packages, each pinned: ``world-atlas`` (npm; Natural Earth 1:10m countries), ``qgis-common`` (Debian; Natural Earth
1:10m admin-1), ``unicode-cldr-core`` (Debian; names in English, Korean, Japanese) and ``tzdata`` (PyPI; positions of cities).
No computation lives here.
"""

import hashlib
import re
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import shapely
from shapely.geometry.base import BaseGeometry

COUNTRIES_PACKAGE: Final = "world-atlas@2.0.2"
ADMIN1_PACKAGE: Final = "qgis-common"
CLDR_PACKAGE: Final = "unicode-cldr-core"
TZDATA_PACKAGE: Final = "tzdata==2026.6"
SHA256: Final = {
    "countries-10m.json": "3bc6f1d367a9bcec479841bae0e76092f512838411d0cef124e92eec4db45f79",
    "world_map.gpkg": "ff5cceefc4b27abea094fa82459d8aef9417023236c326a666978b62ffe85db2",
    "zone.tab": "e2e8e31c4e10f44576c79345e76060591dbb3eef6ce14e006afc8a373caa9593",
}
CREDIT: Final = "Made with Natural Earth (public domain), from the world-atlas package by Mike Bostock (ISC licence)"
WITHDRAWN: Final = ("BU", "ZR", "TP", "CS", "YU")  # codes of Burma, Zaire ...: the CLDR still lists them under the same numbers
LANGUAGES: Final = ("en", "ko", "ja")
GPKG_HEADER_BYTES: Final = (8, 40, 56, 56, 72)  # GeoPackage 1.2, 2.1.3: header length by envelope kind


@dataclass(frozen=True)
class Sources:
    """Folder of the fetched files; each is fetched when it is first asked for."""

    folder: Path

    def countries(self) -> bytes:
        """Return countries-10m.json (TopoJSON)."""
        return self._file("countries-10m.json", fetch_npm).read_bytes()

    def world_map(self) -> Path:
        """Return the path of world_map.gpkg (GeoPackage)."""
        return self._file("world_map.gpkg", fetch_world_map)

    def zone_tab(self) -> str:
        """Return zone.tab of the time zone database: country, position and name of each zone's city."""
        return self._file("zone.tab", fetch_zone_tab).read_text()

    def cldr(self) -> Path:
        """Return the folder ``common`` of the Unicode CLDR."""
        if not (self.folder / "common").exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            extract_deb(CLDR_PACKAGE, self.folder, "usr/share/unicode/cldr/common")
        return self.folder / "common"

    def _file(self, name: str, fetch: Callable[[Path], None]) -> Path:
        path = self.folder / name
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            fetch(self.folder)
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != SHA256[name]:
            raise SystemExit(f"{name}: expected sha256 {SHA256[name]}, got {found}; the pinned package has changed")
        return path


def fetch_npm(folder: Path) -> None:
    """Write countries-10m.json of the npm package."""
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["npm", "pack", "--silent", COUNTRIES_PACKAGE], cwd=scratch, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(Path(scratch).glob("*.tgz"))) as archive:
            member = archive.extractfile("package/countries-10m.json")
            if member is None:
                raise SystemExit(f"{COUNTRIES_PACKAGE}: expected package/countries-10m.json in the archive, found none")
            (folder / "countries-10m.json").write_bytes(member.read())


def fetch_world_map(folder: Path) -> None:
    """Write world_map.gpkg of the Debian package."""
    extract_deb(ADMIN1_PACKAGE, folder, "usr/share/qgis/resources/data/world_map.gpkg")


def fetch_zone_tab(folder: Path) -> None:
    """Write zone.tab of the PyPI package."""
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", TZDATA_PACKAGE, "-d", scratch], check=True)
        with zipfile.ZipFile(next(Path(scratch).glob("*.whl"))) as archive:
            (folder / "zone.tab").write_bytes(archive.read("tzdata/zoneinfo/zone.tab"))


def extract_deb(package: str, folder: Path, inside: str) -> None:
    """Fetch a Debian package and move one of its files or folders into ``folder``."""
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["apt-get", "download", "-q", package], cwd=scratch, check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["dpkg-deb", "-x", str(next(Path(scratch).glob("*.deb"))), f"{scratch}/tree"], check=True)
        source = Path(scratch) / "tree" / inside
        subprocess.run(["cp", "-r", str(source), str(folder / source.name)], check=True)


# --- reading ---------------------------------------------------------------------------------------------------------


def admin1_polygons(world_map: Path, iso2: str) -> dict[str, list[BaseGeometry]]:
    """Return the geometries of a country's first-level regions by Natural Earth name."""
    connection = sqlite3.connect(f"file:{world_map}?mode=ro", uri=True)
    rows = connection.execute("select name, geom from states_provinces where iso_a2 = ? order by fid", (iso2,)).fetchall()
    connection.close()
    regions: dict[str, list[BaseGeometry]] = {}
    for name, blob in rows:
        if name is not None:
            regions.setdefault(name, []).append(shapely.from_wkb(blob[GPKG_HEADER_BYTES[(blob[3] >> 1) & 7] :]))
    return regions


def subdivision_names(cldr: Path) -> dict[str, dict[str, str]]:
    """Return names by ISO 3166-2 code ("JP-02"), then by language."""
    return by_language(cldr, "subdivisions", r'<subdivision type="(\w+)"[^>]*>([^<]+)<', lambda key: f"{key[:2]}-{key[2:]}".upper())


def territory_names(cldr: Path) -> dict[str, dict[str, str]]:
    """Return names by ISO 3166-1 alpha-2 code, then by language."""
    return by_language(cldr, "main", r'<territory type="([A-Z]{2})"(?! alt)[^>]*>([^<]+)<', str)


def by_language(cldr: Path, folder: str, pattern: str, code: Callable[[str], str]) -> dict[str, dict[str, str]]:
    """Return the names that a pattern finds in the files of all languages; the first of a code wins."""
    names: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        for key, name in re.findall(pattern, (cldr / folder / f"{language}.xml").read_text()):
            names.setdefault(code(key), {}).setdefault(language, name)
    return names


def territory_codes(cldr: Path) -> dict[str, tuple[str, str]]:
    """Return alpha-2 and alpha-3 code by ISO numeric code ("392": ("JP", "JPN"))."""
    tree = ET.parse(cldr / "supplemental" / "supplementalData.xml")  # noqa: S314 - a pinned Debian package
    codes = {}
    for row in tree.iterfind(".//codeMappings/territoryCodes"):
        if "numeric" in row.attrib and "alpha3" in row.attrib and row.attrib["type"] not in WITHDRAWN:
            codes[row.attrib["numeric"]] = (row.attrib["type"], row.attrib["alpha3"])
    return codes


def city_names(cldr: Path) -> dict[str, dict[str, str]]:
    """Return the city of each time zone ("Asia/Seoul") by language, where the language has a name of its own for it."""
    names: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        tree = ET.parse(cldr / "main" / f"{language}.xml")  # noqa: S314 - a pinned Debian package
        for zone in tree.iterfind(".//timeZoneNames/zone"):
            city = zone.find("exemplarCity")
            if city is not None and city.text:
                names.setdefault(zone.attrib["type"], {})[language] = city.text
    return names
