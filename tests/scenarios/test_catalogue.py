"""The packaged catalogue: every row of the published tables, their errors flagged, and flights that reproduce what was published.

Expected numbers are the published ones (README of the catalogue's sources: CNS/NTI through nagix/nk-missile-tests, Japan's
Ministry of Defense), typed here by hand, not read from the packaged file.
"""

import msgspec
import pytest

from tocsin.errors import OperatorFault
from tocsin.kernels.geodesy import ground_distance_m
from tocsin.sim.catalogue import Record, lacking, load_catalogue, select
from tocsin.sim.catalogue_scenario import catalogue_scenario, landing_of, missing_text
from tocsin.sim.flight import fit_flight
from tocsin.units import DEG, KM, NS_PER_S


def record(row: str) -> Record:
    return select(load_catalogue(), row)[0]


def flags(row: str) -> dict[str, msgspec.Struct]:
    return {flag.code: flag for flag in record(row).flags}


def test_the_catalogue_holds_all_342_missiles_with_a_source_and_licence_each() -> None:
    catalogue = load_catalogue()
    licences = {source.source: source.licence for source in catalogue.sources}
    assert len(catalogue.records) == len({r.row for r in catalogue.records}) == 342
    assert {licences[r.source] for r in catalogue.records} == {"Apache-2.0", "CC0-1.0"}
    assert all(r.splash is None or r.splash.source in licences for r in catalogue.records)
    assert all(report.source in licences for report in catalogue.reports)


@pytest.mark.parametrize(
    ("row", "code", "launch_utc", "date_kst"),
    [
        ("NK-20170704-01", "time-12-hours-off", "2017-07-04T00:40:00Z", "2017-07-04"),
        ("NK-20170514-01", "date-24-hours-off", "2017-05-13T20:28:00Z", "2017-05-14"),
        ("NK-20220928-01", "am-pm", "2022-09-28T09:10:00Z", "2022-09-28"),
        ("NK-20260127-01", "count-disputed", "2026-01-27T06:54:00Z", "2026-01-27"),
        ("NK-20260314-12", "count-disputed", "2026-03-14T04:24:00Z", "2026-03-14"),
    ],
)
def test_a_wrong_or_disputed_row_says_what_stood_there_what_is_used_and_why(row: str, code: str, launch_utc: str, date_kst: str) -> None:
    flag = flags(row)[code]
    assert all(msgspec.structs.astuple(flag))
    assert (record(row).launch_utc, record(row).date_kst) == (launch_utc, date_kst)


def test_apogee_and_distance_swapped_between_two_sources_follow_the_nation_that_published_both() -> None:
    """Japan's minister on 25 May 2022: about 550 km high, about 300 km far."""
    swapped = record("NK-20220524-01")
    assert (swapped.apogee_km, swapped.distance_km) == (540.0, 360.0)
    assert "360" in flags("NK-20220524-01")["apogee-distance-swapped"].was


def test_a_default_bearing_is_flagged_and_never_called_published() -> None:
    """Eighty-six rows of the table have 90 degrees; eight of those that fly have it, and one of them a published place."""
    defaults = [r for r in load_catalogue().records if r.bearing_basis == "source-default"]
    assert len(defaults) == 86
    assert all("bearing-default" in {flag.code for flag in r.flags} for r in defaults)
    bases = {landing_of(r).basis for r in defaults if not lacking(r)}
    assert bases == {"default-bearing", "splash-place"}


def test_what_cannot_be_played_names_the_missing_facts() -> None:
    assert lacking(record("NK-20160802-01")) == ("apogee",)
    assert lacking(record("NK-20190417-01")) == ("launch site", "apogee", "distance")
    assert lacking(record("NK-198409-02")) == ("launch date", "distance")
    assert lacking(record("NK-20260820-01")) == ("bearing or splash place",)
    with pytest.raises(OperatorFault, match="NK-20160802-02: not published: apogee, distance") as fault:
        catalogue_scenario("2016-08-03")
    assert fault.value.exit_code == 3


def test_a_launch_that_reached_orbit_is_not_played_as_a_missile_but_one_that_fell_is() -> None:
    assert "orbit" in missing_text((record("NK-20231121-01"),))
    assert lacking(record("NK-20230823-01")) == ()


def test_an_unknown_date_names_its_neighbours_in_the_catalogue() -> None:
    with pytest.raises(OperatorFault, match="2017-09-15 and 2017-11-29") as fault:
        catalogue_scenario("2017-11-30")
    assert fault.value.exit_code == 2


def test_a_korean_date_plays_all_its_missiles_and_a_row_id_only_that_one() -> None:
    """3 November 2022 in Korea: three in the morning, three in the evening; in UTC they lie on two dates."""
    day = catalogue_scenario("2022-11-03")
    assert [m.row for m in day.missiles] == [f"NK-20221102-0{i}" for i in (1, 2, 3)] + [f"NK-20221103-0{i}" for i in (1, 2, 3)]
    assert [m.row for m in catalogue_scenario("NK-20221103-02").missiles] == ["NK-20221103-02"]


def test_the_event_carries_what_each_nation_said() -> None:
    said = {statement.nation: statement.text for statement in catalogue_scenario("2023-02-18").statements}
    assert set(said) == {"KOR", "JPN", "PRK"}
    assert "5700" in said["JPN"]
    assert "989" in said["PRK"]


def test_the_legal_context_is_not_younger_than_the_event() -> None:
    assert [text.split("(")[1][:4] for text in catalogue_scenario("2006-07-05").legal] == ["2006", "2006"]


def test_missiles_without_a_time_of_day_fly_one_after_the_other_and_the_notice_says_so() -> None:
    day = catalogue_scenario("2006-07-05")
    times = [m.launch_ns for m in day.missiles]
    assert len(set(times)) == len(times) == 7
    assert "No time of day was published" in day.notice


def test_missiles_of_one_published_minute_fly_apart_inside_it_and_the_notice_says_so() -> None:
    """Eighteen on 30 May 2024, all at 06:13; two on 2 March 2020, of which Korea said 20 s apart."""
    for date, count, apart_s in (("2024-05-30", 18, 60.0 / 18.0), ("2020-03-02", 2, 20.0)):
        day = catalogue_scenario(date)
        times_s = [(m.launch_ns - day.missiles[0].launch_ns) / NS_PER_S for m in day.missiles]
        assert times_s == pytest.approx([i * apart_s for i in range(count)], abs=2e-3)
        assert "One minute was published for several" in day.notice


@pytest.mark.parametrize(
    ("row", "lat_deg", "lon_deg"),
    [
        ("NK-20171128-01", 40.65, 136.97),  # about 250 km west of the coast of Aomori
        ("NK-20230218-01", 41.51, 136.97),  # about 200 km west of Oshima-Oshima
        ("NK-20220324-01", 41.55, 138.31),  # about 150 km west of the Oshima Peninsula, 170 km west of Tappi
    ],
)
def test_the_landing_is_the_published_splash_place(row: str, lat_deg: float, lon_deg: float) -> None:
    """Within the 25 km to which "about 250 km west" is rounded; places typed from public maps."""
    landing = landing_of(record(row))
    assert ground_distance_m(landing.lat_rad, landing.lon_rad, lat_deg * DEG, lon_deg * DEG) < 25.0 * KM


def test_a_place_that_contradicts_the_published_distance_is_flagged() -> None:
    """18 February 2023: 900 km published, the place lies 990 km away; 29 November 2017: they agree."""
    assert "place-contradicts-distance" in flags("NK-20230218-01")
    assert "place-contradicts-distance" not in flags("NK-20171128-01")


NAMED = [
    ("NK-20171128-01", 4_475.0, 950.0, 53.0),  # Japan: 53 minutes
    ("NK-20220324-01", 6_248.0, 1_090.0, 71.0),  # Japan: 71 minutes
    ("NK-20221003-01", 970.0, 4_500.0, 22.0),  # Japan: 22 minutes
    ("NK-20230218-01", 5_700.0, 992.0, 66.0),  # Japan: 66 minutes; 992 km to the published place
    ("NK-20241030-01", 7_687.0, 1_001.0, 86.0),  # Japan: 86 minutes
    ("NK-20221103-01", 130.0, 490.0, None),
    ("NK-20220126-01", 20.0, 190.0, None),  # the lowest, a pull-up
    ("NK-20220104-01", 30.0, 700.0, None),  # the flattest, a glide
]


@pytest.mark.slow
@pytest.mark.parametrize(("row", "apogee_km", "distance_km", "minutes"), NAMED)
def test_a_flight_reproduces_the_published_apogee_and_distance_within_2_percent(
    row: str, apogee_km: float, distance_km: float, minutes: float | None
) -> None:
    """And, where it was published, the time of flight within 5 %, which nothing was fitted to."""
    flight = fit_flight(catalogue_scenario(row).missiles[0])
    assert flight.apogee_m / KM == pytest.approx(apogee_km, rel=0.02)
    assert flight.range_m / KM == pytest.approx(distance_km, rel=0.02)
    if minutes is not None:
        assert (flight.impact_ns - flight.launch_ns) / NS_PER_S / 60.0 == pytest.approx(minutes, rel=0.05)


@pytest.mark.slow
def test_every_record_that_lacks_nothing_can_be_flown_with_the_acceleration_of_a_rocket() -> None:
    """1.3 to 12 g at mid burn; the published distance within 2 % unless a published place contradicts it."""
    flown = [r for r in load_catalogue().records if not lacking(r)]
    assert len(flown) == 213
    for one in {(r.site, r.apogee_km, r.distance_km, r.manoeuvre, r.bearing_deg): r for r in flown}.values():
        missile = catalogue_scenario(one.row).missiles[0]
        flight = fit_flight(missile)
        assert flight.apogee_m / KM == pytest.approx(one.apogee_km, rel=0.02), one.row
        if "place-contradicts-distance" not in {flag.code for flag in one.flags}:
            assert flight.range_m / KM == pytest.approx(one.distance_km, rel=0.02), one.row
        assert 13.0 < flight.thrust_mps2 < 118.0, one.row
