"""What ``build_catalogue.py`` adds to the tables it reads: sources and licences, reference places, known errors, further splash places.

Hand-kept, one entry per fact, each with its source. A correction never happens silently: it carries the flag that the
record will show. Nothing here is computed.
"""

from typing import Final

import msgspec

from tocsin.sim.catalogue import CatalogueSource, Flag

Change = str | float


class Spot(msgspec.Struct, frozen=True):
    """A reference place, typed from public maps to 0.01 degree: published distances from it are rounded to 10 km or more."""

    name: str
    lat_deg: float
    lon_deg: float


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """A known error of some rows: the flag they get, and the fields that are replaced (none: it is only flagged)."""

    rows: tuple[str, ...]
    flag: Flag
    changes: tuple[tuple[str, Change], ...] = ()


class AddedPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A splash place that the tables do not have."""

    rows: tuple[str, ...]
    reference: str
    direction: str
    distance_km: str
    source: str


NAGIX: Final = "cns-nti"
CSIS: Final = "csis"

SOURCES: Final = (
    CatalogueSource(
        source=NAGIX,
        text="CNS/NTI North Korea Missile Test Database (credit: James Martin Center for Nonproliferation Studies, Nuclear Threat "
        "Initiative) through nagix/nk-missile-tests at a0cc65874d, whose author added bearings and manoeuvre classes",
        licence="Apache-2.0",
        url="https://github.com/nagix/nk-missile-tests",
    ),
    CatalogueSource(
        source=CSIS,
        text="CSIS Beyond Parallel database, facts only, through stiles/north-korea-provocations at 523c75b8",
        licence="CC0-1.0",
        url="https://github.com/stiles/north-korea-provocations",
    ),
    CatalogueSource(
        source="national-reports",
        text="Figures that the Joint Chiefs of Staff of the Republic of Korea, the Ministry of Defense of Japan and the Korean Central "
        "News Agency published, as collected from the database above and press copies",
        licence="facts only",
        url="",
    ),
    CatalogueSource(
        source="place-2019-10-02",
        text="Ministry of Defense of Japan, 2 October 2019, press copy: about 350 km north of Dogo (Oki), inside the EEZ",
        licence="facts only",
        url="https://b.hatena.ne.jp/vndn/?url=http%3A%2F%2Fblog.livedoor.jp%2Fnonreal-pompandcircumstance%2F",
    ),
    CatalogueSource(
        source="place-2022-11-18",
        text="Ministry of Defense of Japan, 18 November 2022, press copy: about 210 km west of Oshima-Oshima, inside the EEZ",
        licence="facts only",
        url="https://www.asahi.com/articles/ASQCL3RZDQCLUTIL00C.html",
    ),
    CatalogueSource(
        source="place-2023-03-16",
        text="Minister of Defense of Japan, 16 March 2023, press copy: about 250 km west of Oshima-Oshima, outside the EEZ "
        "(another copy says 200 km)",
        licence="facts only",
        url="https://www.minyu-net.com/newspack/KD2023031601000209.php",
    ),
    CatalogueSource(
        source="place-2023-07-12",
        text="Ministry of Defense of Japan, 12 July 2023, press copy: about 250 km west of Okushiri, outside the EEZ",
        licence="facts only",
        url="https://news.tv-asahi.co.jp/news_politics/articles/000307030.html",
    ),
    CatalogueSource(
        source="place-2023-12-18",
        text="Ministry of Defense of Japan, 18 December 2023, press copy: about 250 km north-west of Okushiri, outside the EEZ "
        "(earlier: west)",
        licence="facts only",
        url="https://sun-tv.co.jp/suntvnews/?p=74483",
    ),
    CatalogueSource(
        source="place-2024-10-31",
        text="Ministry of Defense of Japan, 31 October 2024, press copy: about 200 km west of Okushiri, outside the EEZ "
        "(while it flew: 300 km)",
        licence="facts only",
        url="https://jwing.net/news/85188",
    ),
    CatalogueSource(
        source="figures-2022-05-25",
        text="Minister of Defense of Japan, 25 May 2022, press copy: the first missile reached 550 km and flew 300 km",
        licence="facts only",
        url="https://www.devdiscourse.com/article/law-order/2049140-japan-defence-minister-says-north-korean-missile-launches-a-provocative-act",
    ),
)

GAZETTEER: Final = {
    "Oga Peninsula (Akita)": Spot("Oga Peninsula", 39.94, 139.70),
    "Oga Peninsula": Spot("Oga Peninsula", 39.94, 139.70),
    "Okushiri I.": Spot("Okushiri", 42.16, 139.45),
    "Oki Is.": Spot("Oki (Dogo)", 36.25, 133.27),
    "Sado I.": Spot("Sado", 38.05, 138.37),
    "Shakotan Pen.": Spot("Shakotan Peninsula", 43.33, 140.35),
    "Cape Erimo": Spot("Cape Erimo", 41.92, 143.24),
    "Aomori coast": Spot("west coast of Aomori", 40.65, 139.93),
    "Oshima Pen.": Spot("Oshima Peninsula", 41.87, 140.12),
    "Cape Tappi": Spot("Cape Tappi", 41.26, 140.34),
    "Japan (Kamaishi)": Spot("Kamaishi", 39.27, 141.89),
    "Oshima-Oshima I.": Spot("Oshima-Oshima", 41.51, 139.37),
}

ADDED_PLACES: Final = (
    AddedPlace(rows=("NK-20191001-01",), reference="Oki Is.", direction="N", distance_km="350", source="place-2019-10-02"),
    AddedPlace(rows=("NK-20221118-01",), reference="Oshima-Oshima I.", direction="W", distance_km="210", source="place-2022-11-18"),
    AddedPlace(rows=("NK-20230315-01",), reference="Oshima-Oshima I.", direction="W", distance_km="250", source="place-2023-03-16"),
    AddedPlace(rows=("NK-20230712-01",), reference="Okushiri I.", direction="W", distance_km="250", source="place-2023-07-12"),
    AddedPlace(rows=("NK-20231217-02",), reference="Okushiri I.", direction="NW", distance_km="250", source="place-2023-12-18"),
    AddedPlace(rows=("NK-20241030-01",), reference="Okushiri I.", direction="W", distance_km="200", source="place-2024-10-31"),
)

ROW_FLAGS: Final = {
    "bearing-default": Flag(
        code="bearing-default",
        was="bearing 90 degrees, the source's default where no direction was published",
        used="the published splash place where there is one, else 90 degrees marked as a default",
        why="east is right for most launches, but it is nobody's figure",
    ),
    "no-time-of-day": Flag(
        code="no-time-of-day",
        was="a date without a time",
        used="the date as the Korean date; a player assumes a time and says so",
        why="apogee, distance and zone do not depend on the time of day; dates of this kind are Korean ones where both are known",
    ),
    "month-only": Flag(code="month-only", was="a month without a day", used="the month", why="no day was published"),
    "eez-three-of-four": Flag(
        code="eez-three-of-four",
        was="three of four inside Japan's EEZ",
        used="the answer of the four together",
        why="which one fell outside was not published",
    ),
}

TABLE_FLAGS: Final = (
    (
        "facility_unknown_placeholder_coords",
        Flag(
            code="site-unknown",
            was="coordinates of Pyongyang's airport as a placeholder",
            used="no site",
            why="the source itself says that the site is unknown",
        ),
    ),
    (
        "facility_coords_are_area_centroids",
        Flag(code="site-is-an-area", was="the centre of a named area", used="that point", why="no site was published"),
    ),
    (
        "times_rounded_by_source",
        Flag(code="time-rounded", was="a time rounded to the hour", used="that time", why="no better one was published"),
    ),
    (
        "manoeuvring_glide_profile",
        Flag(
            code="glide-figures-assumed",
            was="a manoeuvring flight described by two segments that the source assumed",
            used="apogee and whole distance, flown with a glide",
            why="the segments were not published by any nation",
        ),
    ),
)

_COUNT_WHY: Final = "the two cannot both be right; the rows are kept as lower bound, nothing is invented or dropped"

CORRECTIONS: Final = (
    Correction(
        rows=("NK-20170704-01",),
        flag=Flag(
            code="time-12-hours-off",
            was="12:40 UTC",
            used="00:40 UTC (09:40 KST)",
            why="Japan published 09:40; the source gives the hour of a twelve-hour clock",
        ),
        changes=(("launch_utc", "2017-07-04T00:40:00Z"),),
    ),
    Correction(
        rows=("NK-20170514-01",),
        flag=Flag(
            code="date-24-hours-off",
            was="20:28 UTC on 14 May (05:28 KST on the 15th)",
            used="20:28 UTC on 13 May (05:28 KST on the 14th)",
            why="Japan published 05:28 on 14 May; the source gives the Korean date beside the UTC hour",
        ),
        changes=(("launch_utc", "2017-05-13T20:28:00Z"),),
    ),
    Correction(
        rows=("NK-20220524-01",),
        flag=Flag(
            code="apogee-distance-swapped",
            was="apogee 360 km, distance 540 km (CNS); apogee 540 km, distance 360 km (CSIS)",
            used="apogee 540 km, distance 360 km",
            why="Japan's minister said 550 km high and 300 km far (source figures-2022-05-25): CNS has the two in the wrong columns",
        ),
        changes=(("apogee_km", 540.0), ("distance_km", 360.0)),
    ),
    Correction(
        rows=("NK-20220928-01", "NK-20220928-02"),
        flag=Flag(
            code="am-pm",
            was="morning in the source's text, 09:10 and 09:17 UTC in its column",
            used="the column: 18:10 and 18:17 KST",
            why="both nations published 18:10",
        ),
    ),
    Correction(
        rows=("NK-20260127-01", "NK-20260127-02"),
        flag=Flag(code="count-disputed", was="2 missiles (CNS), 5 (CSIS)", used="these 2 rows", why=_COUNT_WHY),
    ),
    Correction(
        rows=tuple(f"NK-20260314-{number:02d}" for number in range(1, 13)),
        flag=Flag(code="count-disputed", was="12 missiles (CNS), about 10 (CSIS)", used="these 12 rows", why=_COUNT_WHY),
    ),
    Correction(
        rows=("NK-20260820-01",),
        flag=Flag(
            code="row-is-a-salvo",
            was="one row for about 10 missiles",
            used="one record that stands for 10",
            why="no figures for each were published",
        ),
    ),
    Correction(
        rows=("NK-20241030-01",),
        flag=Flag(
            code="apogee-is-the-launching-states",
            was="7,687 km",
            used="7,687 km",
            why="the launching state's news agency gave it; Japan said more than 7,000 km",
        ),
    ),
    Correction(
        rows=("NK-20121212-01", "NK-20160207-01", "NK-20231121-01"),
        flag=Flag(
            code="figures-of-an-orbit",
            was="an apogee and a distance",
            used="neither: it is not played",
            why="a satellite was put into orbit; the figures are the orbit's height and where stages fell",
        ),
    ),
)


def published_source(text: str) -> str:
    """Return our id of an upstream source column."""
    return CSIS if text.startswith("stiles") else NAGIX
