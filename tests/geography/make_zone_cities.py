"""Write ``tests/reference/zone_cities.csv``: ``python tests/geography/make_zone_cities.py FOLDER`` (of fetched sources).

Facts of the time zone database: the country and position of each zone's city. Territories that the coast data counts with their
state are named by the state.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import build_places  # noqa: E402 - found through the line above
import geo_sources  # noqa: E402

STATE_OF = dict.fromkeys(("GU", "MP", "PR", "VI", "AS", "UM"), "USA") | dict.fromkeys(("HK", "MO"), "CHN")
STATE_OF |= dict.fromkeys(("GF", "GP", "MQ", "RE", "YT"), "FRA") | dict.fromkeys(("CX", "CC"), "AUS")
STATE_OF |= {"SJ": "NOR", "BQ": "NLD", "TK": "NZL"}
DISPUTED = {"Europe/Simferopol": "UKR/RUS"}
HEADER = """# City of each time zone, the country it is in (ISO 3166-1 alpha-3) and its position, degrees. Source: the time zone database,
# zone.tab (public domain), written by tests/geography/make_zone_cities.py. Positions are given there to a minute of arc, some to a second.
city,nation,lat_deg,lon_deg
"""


def main() -> None:
    sources = geo_sources.Sources(Path(sys.argv[1]))
    alpha3 = dict(geo_sources.territory_codes(sources.cldr()).values())
    lines = []
    for line in sources.zone_tab().splitlines():
        if not line.startswith("#"):
            iso2, position, zone = line.split("\t")[:3]
            if not zone.startswith("Antarctica/"):
                lat_deg, lon_deg = build_places.read_position(position)
                lines.append(f"{zone},{DISPUTED.get(zone) or STATE_OF.get(iso2) or alpha3[iso2]},{lat_deg},{lon_deg}\n")
    (ROOT / "tests" / "reference" / "zone_cities.csv").write_text(HEADER + "".join(lines))


if __name__ == "__main__":
    main()
