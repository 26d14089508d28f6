"""The judgement of the catalogue check on outcomes made by hand, and the spread that publications leave, against measured shares.

Shares of published sectors inside Japan's EEZ: measured with another coastline (GSHHG) and another program, 28 November 2026; the
same within 0.03 with the Marine Regions EEZ v12.
"""

import msgspec
import pytest

from tocsin.evaluation.catalogue import DateOutcome, MissileOutcome, check_rows, targets_of
from tocsin.evaluation.catalogue_spread import Impact, p_inside, published_points, with_own_error
from tocsin.geography import Zones, load_zones
from tocsin.kernels.geodesy import ground_destination
from tocsin.sim.catalogue import Record, load_catalogue, select
from tocsin.sim.catalogue_scenario import landing_of
from tocsin.units import DEG, KM

SHARP = (1.0e4, 0.0, 1.0e4)  # 100 m, 1 sigma


@pytest.fixture(scope="module")
def zones() -> Zones:
    return load_zones()


def record(row: str) -> Record:
    return select(load_catalogue(), row)[0]


def outcome(row: str, *, east_km: float = 0.0, p_outside: float = 0.0, **changes: object) -> MissileOutcome:
    """A missile whose last impact lies some kilometres east of its flown landing."""
    landing = landing_of(record(row))
    lat_rad, lon_rad = ground_destination(landing.lat_rad, landing.lon_rad, 90.0 * DEG, east_km * KM)
    impact = Impact(lat_rad=lat_rad, lon_rad=lon_rad, cov_en_m2=SHARP, flown_lat_rad=landing.lat_rad, flown_lon_rad=landing.lon_rad)
    made = MissileOutcome(
        row=row,
        events=1,
        impact=impact,
        p_outside=p_outside,
        p_land=0.0,
        classes=(("ICBM", 0.99), ("IRBM", 0.01)),
        apogee_m=4_475.0 * KM,
        predicted_s=150.0,
        down_before_impact_s=-5.0,
        warned_s=(("KOR", 43.0), ("JPN", 43.0), ("USA", 44.0)),
        areas=(),
        land_alert=False,
        overflight_p=0.0,
        crosses=False,
        flown_margin_m=80.0 * KM,
        flown_inside=True,
    )
    return msgspec.structs.replace(made, **changes)


def judged(zones: Zones, *missiles: MissileOutcome) -> tuple[tuple[str, ...], dict[str, bool | None]]:
    """The verdicts and which targets were met."""
    date = DateOutcome(event="date", missiles=missiles, standing=len(missiles), false=0, flight_minutes=1.0, seconds=1.0)
    rows = check_rows(load_catalogue(), (date,), zones)
    return tuple(row.eez_verdict for row in rows), {target.name.split(",")[0]: target.met for target in targets_of(rows)}


@pytest.mark.parametrize(
    ("row", "share"),
    [
        ("NK-20171128-01", 1.00),  # 250 km west of Aomori
        ("NK-20191001-01", 0.34),  # 350 km north of Oki
        ("NK-20221118-01", 0.90),  # 210 km west of Oshima-Oshima
        ("NK-20230218-01", 0.96),  # 200 km west of Oshima-Oshima
        ("NK-20230315-01", 0.48),  # 250 km west of Oshima-Oshima
        ("NK-20230712-01", 0.22),  # 250 km west of Okushiri
    ],
)
def test_a_published_sector_lies_in_the_eez_by_the_measured_share(row: str, share: float, zones: Zones) -> None:
    """Within 0.04: 0.02 of sampling (2 sigma), 0.02 of the two coastlines."""
    assert p_inside(zones, "JPN", published_points(record(row), landing_of(record(row)))) == pytest.approx(share, abs=0.04)


def test_the_system_s_own_error_is_added_to_what_publications_leave(zones: Zones) -> None:
    points = published_points(record("NK-20171128-01"), landing_of(record("NK-20171128-01")))
    landing = landing_of(record("NK-20171128-01"))
    away = ground_destination(landing.lat_rad, landing.lon_rad, 270.0 * DEG, 400.0 * KM)
    impact = Impact(lat_rad=away[0], lon_rad=away[1], cov_en_m2=SHARP, flown_lat_rad=landing.lat_rad, flown_lon_rad=landing.lon_rad)
    assert p_inside(zones, "JPN", points) > 0.99
    assert p_inside(zones, "JPN", with_own_error(points, impact)) < 0.01


def test_an_answer_near_the_landing_meets_every_target_it_can(zones: Zones) -> None:
    verdicts, met = judged(zones, outcome("NK-20171128-01"))
    assert verdicts == ("right",)
    assert met["published EEZ answer has at least 0.5"]
    assert met["sharp EEZ answer agrees with the flown landing"]
    assert met["class by energy is right"]


def test_an_impact_said_400_km_off_is_missed_and_on_the_wrong_side(zones: Zones) -> None:
    verdicts, met = judged(zones, outcome("NK-20171128-01", east_km=-400.0, p_outside=1.0))
    assert verdicts == ("missed",)
    assert met["published EEZ answer has at least 0.5"] is False
    assert met["never more than 0.95 on the wrong side"] is False
    assert met["sharp EEZ answer agrees with the flown landing"] is False


def test_a_missile_without_an_impact_is_missed_not_left_out(zones: Zones) -> None:
    verdicts, met = judged(zones, outcome("NK-20171128-01", impact=None, p_outside=None, classes=()))
    assert verdicts == ("missed",)
    assert met["published EEZ answer has at least 0.5"] is False


def test_one_of_a_salvo_that_was_not_found_is_counted_by_itself(zones: Zones) -> None:
    """Japan's answer is for the salvo; the other three have it."""
    four = [outcome(f"NK-20240422-0{i}", p_outside=1.0, flown_inside=False, classes=(("SRBM", 1.0),)) for i in (1, 2, 3, 4)]
    four[2] = msgspec.structs.replace(four[2], impact=None, p_outside=None, classes=())
    date = DateOutcome(event="date", missiles=tuple(four), standing=3, false=0, flight_minutes=1.0, seconds=1.0)
    rows = check_rows(load_catalogue(), (date,), zones)
    found = next(target for target in targets_of(rows) if target.name.startswith("missiles with"))
    assert [row.eez_verdict for row in rows] == ["right", "right", "not found", "right"]
    assert (found.value, found.misses) == ("3 of 4", ("NK-20240422-03",))


def test_near_the_limit_is_allowed_only_where_publications_leave_it_open(zones: Zones) -> None:
    """250 km west of Okushiri, published as outside: seven of ten such places are; 60 km farther east most are not."""
    assert judged(zones, outcome("NK-20230712-01"))[0] == ("right",)
    assert judged(zones, outcome("NK-20230712-01", east_km=40.0))[0] == ("near the limit",)
    assert judged(zones, outcome("NK-20230712-01", east_km=200.0))[0] == ("missed",)


def test_three_of_four_inside_means_that_the_farthest_one_out_may_be_outside(zones: Zones) -> None:
    four = [outcome(f"NK-20170305-0{i}", classes=(("MRBM", 1.0),)) for i in (1, 2, 3, 4)]
    assert "missed" not in judged(zones, *four)[0]
    gone = [msgspec.structs.replace(one, impact=outcome(one.row, east_km=-500.0).impact) for one in four]
    assert judged(zones, *gone)[0].count("missed") == 3


def test_an_overflight_is_found_or_missed_or_invented(zones: Zones) -> None:
    row = "NK-20221003-01"
    said = {"overflight_p": 0.9, "flown_inside": False, "p_outside": 1.0, "classes": (("IRBM", 1.0),)}
    assert judged(zones, outcome(row, crosses=True, **said))[1]["overflights of Japan found"]
    assert judged(zones, outcome(row, crosses=True, **(said | {"overflight_p": 0.4})))[1]["overflights of Japan found"] is False
    assert judged(zones, outcome(row, crosses=False, **said))[1]["overflights of Japan invented"] is False


def test_close_range_counts_as_short_range(zones: Zones) -> None:
    both = (("CRBM", 0.4), ("MRBM", 0.3), ("SRBM", 0.3))
    rows = check_rows(load_catalogue(), (DateOutcome(event="d", missiles=(outcome("NK-20220416-01", classes=both),), standing=1, false=0,
                                                     flight_minutes=1.0, seconds=1.0),), zones)  # fmt: skip
    assert (rows[0].class_said, rows[0].class_right) == ("SRBM", True)


def test_a_published_label_that_differs_is_listed_and_not_scored(zones: Zones) -> None:
    """The 2017-08-29 flight is called an IRBM; 550 km over 2,700 km is the energy of an MRBM."""
    date = DateOutcome(event="d", missiles=(outcome("NK-20170828-01", classes=(("MRBM", 1.0),)),), standing=1, false=0, flight_minutes=1.0,
                       seconds=1.0)  # fmt: skip
    row = check_rows(load_catalogue(), (date,), zones)[0]
    assert (row.label, row.label_differs, row.class_right) == ("IRBM", True, True)
