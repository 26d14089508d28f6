"""The after-action report of a made-up night: one file with nothing from outside, everything in it, marked and escaped."""

import os
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from math import radians
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import sync_playwright

from tests.evaluation.nights import coalition, empty_night, missile, shared_night
from tocsin.adapters.report.page import page_html
from tocsin.evaluation.night import night_figures
from tocsin.evaluation.record import NightRecord
from tocsin.evaluation.report import picture_svg, report_page, write_picture, write_report
from tocsin.evaluation.report.insets import Ellipse, ellipse_ring, half_axes, holds
from tocsin.evaluation.report.reach import MEAN_RADIUS_M, coverage_deg, lowest_seen_m, reach_m
from tocsin.evaluation.tables import ShipRow, ship_label

SECTIONS = ("bought", "map", "altitude", "impact", "timeline", "figures", "statements", "warnings", "notes", "sources")
HOSTILE = "<img src=x onerror=alert(1)>"
CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_FLAGS = (
    "--no-sandbox",  # containers of build machines run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Collector(HTMLParser):
    """Notes tags, ids, references and whether every element that opens also closes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: dict[str, int] = {}
        self.ids: list[str] = []
        self.references: list[str] = []
        self.handlers: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1
        if tag not in ("meta", "br", "hr", "link", "col"):
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src", "srcset", "action", "data"):
                self.references.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def html_of(record: NightRecord, *, title: str = "A made-up night") -> str:
    record.title = title
    figures = night_figures(record)
    ships = tuple(
        ShipRow(configuration=name, label=ship_label(coalition(), name), nation="BBB", figures=figures.nations["BBB"])
        for name in ("base", "east")
    )
    return page_html(report_page(record, figures, ships, coalition(), (f"AAA: said {HOSTILE}",), ("A book, 1999",)))


def read(html: str) -> Collector:
    collector = Collector()
    collector.feed(html)
    assert collector.open == []
    return collector


@pytest.fixture(scope="module")
def html() -> str:
    """The report of the shared night."""
    return html_of(shared_night())


def test_the_report_is_one_file_without_script_and_without_anything_from_outside(html: str) -> None:
    found = read(html)
    assert not {"script", "link", "iframe", "img", "object"} & set(found.tags)
    assert found.handlers == []
    assert all(reference.startswith("#") for reference in found.references)
    assert set(re.findall(r"https?://[^\"' ]+", html)) == {"http://www.w3.org/2000/svg"}
    assert len(html) < 1_000_000


def test_the_report_has_every_section_once_and_no_id_twice(html: str) -> None:
    found = read(html)
    assert [name for name in found.ids if name in SECTIONS] == list(SECTIONS)
    assert len(found.ids) == len(set(found.ids))
    assert found.tags["svg"] == 2 + 2 * (1 + 4 + 1)  # two maps; per missile: altitude, two curves, two close-ups, timeline
    assert found.tags["table"] >= 4


def test_the_mark_is_the_first_and_the_last_thing_in_the_body(html: str) -> None:
    body = re.sub(r"<[^>]+>", " ", html[html.index("<body") :]).split()
    assert body[0] == "EXERCISE"
    notice = "Exercise: reconstruction from published facts, sensors notional. Nothing here is happening."
    assert " ".join(body).startswith(f"EXERCISE {notice}")
    assert " ".join(body).endswith(f"EXERCISE {notice}")
    assert re.search(r"<title>EXERCISE .* EXERCISE</title>", html)


def test_a_live_night_has_no_mark() -> None:
    record = shared_night()
    record.world = "live"
    assert 'class="mark"' not in html_of(record)


def test_hostile_texts_are_shown_and_never_run() -> None:
    record = shared_night()
    record.nations["AAA"].notes = {HOSTILE: 3}
    html = html_of(record, title=HOSTILE)
    assert "<img" not in html
    assert html.count("&lt;img src=x onerror=alert(1)&gt;") >= 4


def test_the_strip_answers_the_three_questions(html: str) -> None:
    for words in ("No land alert for any area", "2 launch events confirmed, 1 salvo", "Every message acknowledged on disk"):
        assert words in html
    record = shared_night()
    record.acknowledged -= 1
    alerted = record.nations["BBB"].joint_warnings[0]
    record.nations["BBB"].joint_warnings.append(msgspec.structs.replace(alerted, land_alert=("BBB",)))
    worse = html_of(record)
    assert "Land alert: BBB" in worse
    assert "1 of 24 messages NOT acknowledged" in worse


def test_a_night_that_nobody_saw_is_reported_too() -> None:
    record = empty_night(missile("1"))
    record.eez_nation = ""
    html = html_of(record)
    read(html)
    for words in ("No messages were exchanged", "No warning was issued.", "No node noted a problem.", "no estimate", "detected nothing"):
        assert words in html


def test_every_warning_stands_in_full_with_its_prepared_cancel(html: str) -> None:
    assert html.count("EXERCISE Missile warning; event BBB-joint-2. EXERCISE") == 15
    assert html.count("Cancel that stands ready: EXERCISE withdrawn EXERCISE") == 4


def test_the_picture_stands_alone_is_well_formed_and_marked(tmp_path: Path) -> None:
    record = shared_night()
    write_picture(tmp_path / "picture.svg", record, night_figures(record), coalition())
    drawn = (tmp_path / "picture.svg").read_text(encoding="utf-8")
    assert drawn == picture_svg(record, night_figures(record), coalition())
    texts = ["".join(node.itertext()) for node in ET.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")]
    assert texts.count("EXERCISE") == 2
    assert "missile 1" in texts
    assert len(drawn) < 300_000


def test_a_radar_reaches_to_its_horizon_and_never_beyond_its_range() -> None:
    """At sea level with mask 0 the reach to altitude h is R acos(R / (R + h)): 252.5 km at 5 km."""
    radar = msgspec.structs.replace(coalition().sensors[0], min_elevation_rad=0.0, max_range_m=5_000e3)
    assert reach_m(radar, 5_000.0) == pytest.approx(252.4e3, rel=0.002)
    assert reach_m(msgspec.structs.replace(radar, max_range_m=100e3), 5_000.0) == pytest.approx(100e3, rel=0.01)
    assert reach_m(msgspec.structs.replace(radar, alt_m=9_000.0, min_elevation_rad=radians(5.0)), 1_000.0) == 0.0


def test_the_lowest_altitude_seen_at_the_edge_of_the_reach_is_the_targets_altitude() -> None:
    radar = msgspec.structs.replace(coalition().sensors[0], max_range_m=5_000e3)
    edge = reach_m(radar, 40_000.0) / MEAN_RADIUS_M
    assert lowest_seen_m(radar, radar.lat_rad + edge, radar.lon_rad) == pytest.approx(40_000.0, rel=1e-6)
    assert lowest_seen_m(radar, radar.lat_rad + edge / 2.0, radar.lon_rad) == pytest.approx(15_000.0, rel=0.2)
    assert lowest_seen_m(msgspec.structs.replace(radar, max_range_m=10e3), radar.lat_rad + edge, radar.lon_rad) is None


@pytest.mark.parametrize(("bearing_deg", "seen"), [(350.0, True), (10.0, True), (311.0, True), (309.0, False), (180.0, False)])
def test_a_sector_may_span_north(bearing_deg: float, *, seen: bool) -> None:
    radar = msgspec.structs.replace(coalition().sensors[0], azimuth_sector_rad=(radians(310.0), radians(50.0)), lat_rad=0.0, lon_rad=0.0)
    lat, lon = {350.0: (1.0, -0.1763), 10.0: (1.0, 0.1763), 311.0: (0.656, -0.7547), 309.0: (0.629, -0.7771), 180.0: (-1.0, 0.0)}[
        bearing_deg
    ]
    assert (lowest_seen_m(radar, radians(lat), radians(lon)) is not None) == seen
    ring = coverage_deg(radar, 50e3)
    assert ring[0] == ring[-1] == (0.0, 0.0)


def test_an_ellipse_has_the_half_axes_of_its_covariance() -> None:
    """Rotating diag(9, 1) by 30 degrees: half axes 3 and 1 sigmas x 2.4477 (chi-square table)."""
    c, s = 0.8660254, 0.5
    cov = (9.0 * c * c + s * s, 8.0 * c * s, 9.0 * s * s + c * c)
    major, minor, turn = half_axes(cov)
    assert (major, minor, turn) == (pytest.approx(7.343, abs=1e-3), pytest.approx(2.448, abs=1e-3), pytest.approx(radians(30.0)))
    ellipse = Ellipse(whose="AAA", css="n0", east_km=1.0, north_km=0.0, cov_en_km2=cov)
    assert max((x - 1.0) * c + y * s for x, y in ellipse_ring(ellipse)) == pytest.approx(major, rel=1e-3)
    assert holds(ellipse)
    assert not holds(msgspec.structs.replace(ellipse, east_km=0.0, north_km=6.0))


@pytest.mark.slow
def test_a_browser_shows_the_report_without_an_error_or_a_request(tmp_path: Path) -> None:
    if not CHROMIUM.exists():
        reason = "chromium is missing; `make test` installs it with apt as root or through sudo"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    record = shared_night()
    write_report(tmp_path / "report.html", record, night_figures(record), (), coalition(), (), ())
    address = (tmp_path / "report.html").as_uri()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_FLAGS))
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        said: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        assert page.locator("body").evaluate("e => getComputedStyle(e).borderTopStyle") == "dashed"
        assert page.locator(".mark").first.bounding_box() is not None
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
        for name in SECTIONS:
            box = page.locator(f"#{name}").bounding_box()
            assert box is not None
            assert box["height"] > 40.0
        for index in range(page.locator("svg[role=img]").count()):
            box = page.locator("svg[role=img]").nth(index).bounding_box()
            assert box is not None
            assert box["height"] > 100.0
        page.locator("#sources").scroll_into_view_if_needed()
        strip = page.locator(".strip").bounding_box()
        assert strip is not None
        assert strip["y"] == 0.0  # the strip stays at the top
        assert said == []
        assert asked == [address]
        browser.close()
