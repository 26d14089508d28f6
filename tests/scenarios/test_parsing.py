"""Configuration and scenario text: what is read, and what each mistake is told."""

from importlib.resources import files
from math import radians

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.errors import OperatorFault
from tocsin.node.settings import OWN_NATION, parse_coalition, parse_sensors, unknown_keys
from tocsin.sim.coalition import moved, place
from tocsin.sim.scenario import load_coalition, load_scenario, packaged, parse_scenario

SCENARIO = (files("tocsin") / "data" / "scenarios" / "2023-08-30.toml").read_text(encoding="utf-8")
COALITION = (files("tocsin") / "data" / "coalitions" / "northeast-asia.toml").read_text(encoding="utf-8")
RADAR = """
[[sensor]]
id = "radar-1"
kind = "radar"
lat_deg = 37.0
lon_deg = 127.0
alt_m = 100.0
sigma_azimuth_deg = 0.05
sigma_elevation_deg = 0.06
sigma_range_m = 30.0
"""
MORE_KEYS = """
nation = "KOR"
sigma_range_rate_mps = 2.0
bias_sigma_azimuth_deg = 0.01
bias_sigma_elevation_deg = 0.02
bias_sigma_range_m = 5.0
bias_sigma_time_s = 0.1
detection_probability = 0.8
false_alarms_per_scan = 3
scan_period_s = 4.0
max_range_m = 500_000
min_elevation_deg = 0.5
azimuth_sector_deg = [300.0, 90.0]
resolution_range_m = 100.0
resolution_angle_deg = 1.0
range_doppler_s = -0.001
refraction = "none"
"""
INFRARED = '[[sensor]]\nid = "ir-1"\nkind = "infrared"\npos_ecef_m = [42164000.0, 0.0, 0.0]\nsigma_los_deg = 0.001\n'

# --- scenarios --------------------------------------------------------------------------------------------------------


def test_the_reference_night_is_read_as_published() -> None:
    scenario = load_scenario("2023-08-30")
    first, second = scenario.missiles
    assert scenario.world == "exercise"
    assert scenario.notes == ()
    assert (first.launch_ns, second.launch_ns) == (1_693_406_280 * 10**9, 1_693_406_760 * 10**9)
    assert (first.apogee_m, second.apogee_m, first.range_m, second.range_m) == (50e3, 50e3, 350e3, 400e3)
    assert first.row == "NK-20230830-01"
    assert first.bearing_rad == pytest.approx(radians(61.0))
    assert first.flight == "ballistic"
    assert first.manoeuvre_reported
    assert [(s.nation, s.missiles_at_least) for s in scenario.statements if s.first] == [("KOR", 2), ("JPN", 1)]
    assert any("2397 (2017)" in line for line in scenario.legal)


@pytest.mark.parametrize("name", packaged("scenarios"))
def test_every_packaged_scenario_is_read_without_a_remark(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.scenario == name
    assert scenario.notes == ()
    assert len(scenario.aircraft) == 16
    assert load_coalition(scenario.coalition).coalition == "northeast-asia"


def test_a_variant_takes_what_it_does_not_give_from_its_base() -> None:
    base, variant = load_scenario("2023-08-30"), load_scenario("2023-08-30-pull-up")
    assert variant.aircraft == base.aircraft
    assert variant.sources == base.sources
    assert [m.flight for m in variant.missiles] == ["pull-up", "pull-up"]
    salvo = load_scenario("2023-08-30-salvo").missiles
    assert salvo[1].launch_ns - salvo[0].launch_ns == 5_000_000_000


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("apogee_km = 50.0", "apogee_km = 50_000.0", r"missile 1 \(1\): apogee_km = 50000: expected 5..8000 km; did you give metres\?"),
        ("apogee_km = 50.0", "apogee_m = 50_000.0", r"apogee_km is missing \(found 'apogee_m': wrong unit\?\); expected 5..8000 km"),
        ("distance_km = 350.0", "", r"missile 1 \(1\): distance_km is missing; expected 10..15000 km"),
        ("distance_km = 350.0", "distance_km = 350_000.0", "did you give metres"),
        ("bearing_deg = 61.0", 'bearing_deg = "east"', "bearing_deg = 'east': expected a finite number, 0..360 deg"),
        ("bearing_deg = 61.0", "bearing_deg = nan", "expected a finite number"),
        ("bearing_deg = 61.0", "bearing_deg = true", "expected a finite number"),
        ("launch = 2023-08-30T14:38:00Z", "launch = 2023-08-30T23:38:00", "has no time zone; write UTC as 2023-08-30T23:38:00Z"),
        ("launch = 2023-08-30T14:38:00Z", 'launch = "14:38"', "expected a date and time without quotes such as"),
        ("launch = 2023-08-30T14:38:00Z", "launch = 2023-08-30", "expected a date and time"),
        ('flight = "ballistic"', 'flight = "pull-up"', "glide_km is missing"),
        ('flight = "ballistic"', 'flight = "cruise"', "expected one of ballistic, pull-up"),
        ('world = "exercise"', 'world = "live"', "world = 'live': expected one of exercise, test"),
        ('source = "press"', 'source = "nobody"', r"statement 3 \(KOR\): source = 'nobody': expected the id of a"),
        ("lat_deg = 39.200", "lat_deg = 392.00", "lat_deg = 392: expected -90..90 deg"),
        ('id = "2"', 'id = "1"', "id '1' is given twice"),
        ('id = "2023-08-30"', "", r"2023-08-30.toml: id is missing"),
        ('world = "exercise"', 'world = "exercise', r"expected TOML text, but .*line \d+"),
        ("{ leg_km = 120.0 }", "{ leg_km = 120.0, turn_deg = 3.0 }", "expected either leg_km or turn_deg"),
    ],
)
def test_a_mistake_in_a_scenario_is_told_in_one_line(old: str, new: str, told: str) -> None:
    assert old in SCENARIO
    with pytest.raises(OperatorFault, match=told) as caught:
        parse_scenario(SCENARIO.replace(old, new, 1), "2023-08-30.toml")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("2023-08-30.toml: ")
    assert caught.value.exit_code == 3


def test_a_key_that_means_nothing_is_noted_and_the_rest_is_used() -> None:
    scenario = parse_scenario(SCENARIO.replace("burn_s = 75.0", "burn_s = 75.0\nburn_ms = 3", 1), "x.toml")
    assert [note.text for note in scenario.notes] == ["x.toml: missile 1 (1): 'burn_ms' is unknown and ignored; check its spelling"]
    assert len(scenario.missiles) == 2


def test_an_unknown_scenario_names_those_there_are() -> None:
    with pytest.raises(OperatorFault, match="2023-08-31: No such file or directory; expected a file or one of: 2023-08-30, ") as caught:
        load_scenario("2023-08-31")
    assert caught.value.exit_code == 2


def test_a_scenario_without_missiles_is_refused() -> None:
    with pytest.raises(OperatorFault, match=r"no \[\[missile\]\] found"):
        parse_scenario('id = "x"', "x.toml")


@pytest.mark.slow
@settings(max_examples=60)
@given(st.data())
def test_damaged_text_is_read_or_refused_with_an_operator_fault(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(SCENARIO) - 1))
    end = data.draw(st.integers(at, min(len(SCENARIO), at + 60)))
    text = SCENARIO[:at] + data.draw(st.text(max_size=8)) + SCENARIO[end:]
    try:
        parse_scenario(text, "x.toml")
    except OperatorFault as fault:
        assert str(fault).startswith("x.toml: ")  # noqa: PT017


# --- sensors and coalitions -------------------------------------------------------------------------------------------


def test_a_sensor_file_without_nations_belongs_to_whoever_runs_the_tool() -> None:
    radar, infrared = parse_sensors(RADAR + INFRARED, "s.toml")
    assert radar.nation == OWN_NATION
    assert radar.sigma_azimuth_rad == pytest.approx(radians(0.05))
    assert radar.sigma_range_rate_mps is None
    assert radar.azimuth_sector_rad is None
    assert infrared.kind == "infrared"
    assert infrared.lat_rad == pytest.approx(0.0)
    assert infrared.alt_m == pytest.approx(42_164_000.0 - 6_378_137.0)


def test_all_documented_keys_of_a_sensor_are_read() -> None:
    text = RADAR + MORE_KEYS
    sensor = parse_sensors(text, "s.toml")[0]
    assert unknown_keys(text, "s.toml", "sensors") == ()
    assert sensor.nation == "KOR"
    assert sensor.sigma_range_rate_mps == 2.0
    assert sensor.azimuth_sector_rad == pytest.approx((radians(300.0), radians(90.0)))
    assert (sensor.bias_sigma_time_s, sensor.detection_probability, sensor.false_alarms_per_scan) == (0.1, 0.8, 3.0)
    assert (sensor.scan_period_s, sensor.max_range_m, sensor.refraction, sensor.range_doppler_s) == (4.0, 500e3, "none", -0.001)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('kind = "radar"', 'kind = "sonar"', r"sensor 1 \(radar-1\): kind = 'sonar': expected one of radar, infrared"),
        ("sigma_range_m = 30.0", "", "sigma_range_m is missing"),
        ("sigma_range_m = 30.0", "sigma_range_km = 0.03", r"sigma_range_m is missing \(found 'sigma_range_km': wrong unit\?\)"),
        ("sigma_azimuth_deg = 0.05", "sigma_azimuth_deg = 0.0", "expected 1e-06..10 deg"),
        ("alt_m = 100.0", "alt_m = 100.0\npos_ecef_m = [1.0, 2.0, 3.0]", "both given; expected only one"),
        ("alt_m = 100.0", "azimuth_sector_deg = [1.0]", r"azimuth_sector_deg = \[1.0\]: expected a list of 2 finite numbers"),
        ('id = "radar-1"', 'id = "radar 1"', "expected letters, digits"),
    ],
)
def test_a_mistake_in_a_sensor_file_is_told_in_one_line(old: str, new: str, told: str) -> None:
    with pytest.raises(OperatorFault, match=told):
        parse_sensors(RADAR.replace(old, new, 1), "s.toml")


def test_sensors_given_twice_or_in_kilometres_from_the_centre_are_refused() -> None:
    with pytest.raises(OperatorFault, match="sensor id 'radar-1' is given twice"):
        parse_sensors(RADAR + RADAR, "s.toml")
    with pytest.raises(OperatorFault, match="did you give km"):
        parse_sensors(INFRARED.replace("42164000.0", "42164.0"), "s.toml")


# The table of the reference coalition, as its designers published it: id, nation, lat, lon, alt km, azimuth mrad, elevation mrad,
# range m, scan s, range km, mask deg, sector deg, cell m x mrad, false alarms per scan, detection probability.
TABLE = [
    ("KOR-EWR-N", "KOR", 36.9, 127.4, 0.3, 1.0, 1.0, 50, 2, 900, 1.0, (300, 90), 150, 20, 5, 0.9),
    ("KOR-EWR-S", "KOR", 35.9, 127.9, 0.5, 1.0, 1.0, 50, 2, 900, 1.0, (300, 90), 150, 20, 5, 0.9),
    ("KOR-SHIP", "KOR", 37.8, 130.2, 0.0, 0.8, 0.8, 40, 2, 700, 1.0, None, 150, 25, 8, 0.9),
    ("USA-XBR-SEONGJU", "USA", 36.0, 128.3, 0.4, 0.4, 0.4, 15, 1, 900, 1.0, (290, 50), 30, 8, 3, 0.95),
    ("USA-XBR-KYOGAMISAKI", "USA", 35.8, 135.2, 0.0, 0.4, 0.4, 15, 1, 1_100, 1.0, (270, 30), 30, 8, 3, 0.95),
    ("USA-XBR-SHARIKI", "USA", 40.9, 140.3, 0.0, 0.4, 0.4, 15, 1, 1_100, 1.0, (230, 350), 30, 8, 3, 0.95),
    ("JPN-EWR-N", "JPN", 41.2, 141.1, 0.3, 0.9, 0.9, 40, 2, 1_000, 1.0, (200, 20), 120, 18, 5, 0.9),
    ("JPN-EWR-SADO", "JPN", 38.2, 138.4, 1.0, 0.9, 0.9, 40, 2, 1_000, 0.5, (220, 40), 120, 18, 5, 0.9),
    ("JPN-EWR-KOSHIKI", "JPN", 31.6, 129.7, 0.5, 0.9, 0.9, 40, 2, 1_000, 1.0, (250, 70), 120, 18, 5, 0.9),
    ("JPN-EWR-OKINAWA", "JPN", 26.1, 127.8, 0.3, 0.9, 0.9, 40, 2, 1_000, 1.0, (250, 70), 120, 18, 5, 0.9),
    ("JPN-SHIP", "JPN", 38.5, 134.5, 0.0, 0.8, 0.8, 40, 2, 700, 1.5, None, 150, 25, 8, 0.9),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda r: r[0])
def test_the_packaged_coalition_is_the_published_table(row: tuple) -> None:
    (name, nation, lat, lon, alt, az, el, rng, scan, far, mask, sector, cell, angle, false, pd) = row
    sensor = next(s for s in load_coalition("northeast-asia").sensors if s.sensor == name)
    assert (sensor.nation, sensor.kind, sensor.moving) == (nation, "radar", "SHIP" in name)
    found = [sensor.lat_rad, sensor.lon_rad, sensor.min_elevation_rad]
    assert found == pytest.approx([radians(v) for v in (lat, lon, mask)], rel=1e-14)
    errors = [sensor.sigma_azimuth_rad, sensor.sigma_elevation_rad, sensor.resolution_angle_rad]
    assert errors == pytest.approx([v * 1e-3 for v in (az, el, angle)], rel=1e-12)
    assert (sensor.alt_m, sensor.sigma_range_m, sensor.max_range_m, sensor.resolution_range_m) == (alt * 1e3, rng, far * 1e3, cell)
    assert (sensor.scan_period_s, sensor.false_alarms_per_scan, sensor.detection_probability) == (scan, false, pd)
    assert (sensor.azimuth_sector_rad is None) == (sector is None)
    if sector is not None:
        assert sensor.azimuth_sector_rad == pytest.approx([radians(v) for v in sector], rel=1e-14)


def test_the_packaged_coalition_has_its_satellites_order_hub_and_words() -> None:
    coalition = load_coalition("northeast-asia")
    assert unknown_keys(COALITION, "c", "coalition") == ()
    assert [n.nation for n in coalition.nations] == ["KOR", "JPN", "USA"]
    assert (coalition.topology, coalition.hub) == ("hub", "USA")
    assert len(coalition.sensors) == 13
    assert coalition.notice.startswith("Positions are public, to 0.1 degree. Performance, masks, sectors and scan times are invented")
    for name, lon in (("USA-IR-WEST", 100.0), ("USA-IR-EAST", 160.0)):
        sensor = next(s for s in coalition.sensors if s.sensor == name)
        assert (sensor.kind, sensor.scan_period_s, sensor.false_alarms_per_scan, sensor.detection_probability) == (
            "infrared",
            5.0,
            0.1,
            0.95,
        )
        assert (sensor.sigma_los_rad, sensor.min_altitude_seen_m) == (pytest.approx(20e-6), 8_000.0)
        assert (sensor.lat_rad, sensor.lon_rad) == (0.0, pytest.approx(radians(lon)))


def test_each_configuration_moves_only_the_japanese_ship() -> None:
    coalition = load_coalition("northeast-asia")
    names = [c.name for c in coalition.configurations]
    assert names[:2] == ["base", "ship-east"]
    assert len(names) >= 5
    for name in names[1:]:
        changed = [(a, b) for a, b in zip(place(coalition), place(coalition, name), strict=True) if a != b]
        assert [a.sensor for a, _ in changed] == ["JPN-SHIP"]
    ship = next(s for s in place(coalition, "ship-east") if s.sensor == "JPN-SHIP")
    assert (ship.lat_rad, ship.lon_rad) == (pytest.approx(radians(38.5)), pytest.approx(radians(136.0)))
    with pytest.raises(
        OperatorFault, match="configuration 'ship-nowhere' is not in coalition northeast-asia; expected one of base, ship-east"
    ):
        place(coalition, "ship-nowhere")
    with pytest.raises(OperatorFault, match="sensor 'X' is not among"):
        moved(coalition.sensors, "X", 0.0, 0.0)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('hub = "USA"', 'hub = "PRK"', "hub = 'PRK': expected one of KOR, JPN, USA"),
        ('hub = "USA"', "", "hub is missing"),
        ('topology = "hub"', 'topology = "star"', "expected one of hub, mesh"),
        ('nation = "JPN"', 'nation = "AUS"', "belongs to 'AUS'; expected one of KOR, JPN, USA"),
        ('code = "KOR"', 'code = "Korea"', "expected 2 to 8 capital letters"),
        ('{ sensor = "JPN-SHIP"', '{ sensor = "JPN-EWR-N"', "expected a sensor with moving = true"),
        ('name = "ship-east"', 'name = "base"', "configuration 'base' is given twice"),
    ],
)
def test_a_mistake_in_a_coalition_is_told_in_one_line(old: str, new: str, told: str) -> None:
    assert old in COALITION
    with pytest.raises(OperatorFault, match=told):
        parse_coalition(COALITION.replace(old, new, 1), "c.toml")


def test_a_mesh_needs_no_hub() -> None:
    coalition = parse_coalition(COALITION.replace('topology = "hub"', 'topology = "mesh"').replace('hub = "USA"', ""), "c.toml")
    assert (coalition.topology, coalition.hub) == ("mesh", None)
