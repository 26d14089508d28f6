"""Sensor files, tracks, events, truth and summaries: exact keys, units, and round trips."""

import json
import math
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tocsin
from tocsin.adapters.formats.angles import deg, short_deg
from tocsin.adapters.formats.events import event_line, read_event_line
from tocsin.adapters.formats.lines import json_line
from tocsin.adapters.formats.sensors import sensors_toml
from tocsin.adapters.formats.summary import (
    Percentiles,
    TrackCounts,
    TrackSummary,
    summary_json,
)
from tocsin.adapters.formats.tracks import full_cov, read_track_line, track_line
from tocsin.adapters.formats.truth import TruthFlightLine, TruthPoint, TruthStateLine, read_truth_line
from tocsin.errors import OurFault
from tocsin.messages.event import ImpactEstimate, LaunchEvent
from tocsin.messages.track import FusedTrack, LaunchEstimate, ModelProbabilities, Track
from tocsin.node.settings import parse_coalition, parse_sensors
from tocsin.units import DEG

PACKAGE = Path(tocsin.__file__).parent
TIME_NS = 1_693_406_352_345_000_000  # 2023-08-30T14:39:12.345Z

TRACK = Track(
    track="KOR-7",
    nation="KOR",
    time_ns=TIME_NS,
    kind="ballistic",
    status="confirmed",
    pos_ecef_m=(-3.0e6, 4.0e6, 3.9e6),
    vel_ecef_mps=(1.0, -2.5, 1_500.0),
    ln_beta=8.5,
    cov=tuple(float(10 * i + j) for i in range(7) for j in range(i, 7)),
    thrust_mps2=0.0,
    thrust_sigma_mps2=0.0,
    models=ModelProbabilities(boost=0.125, coast=0.75, reentry=0.0625, manoeuvre=0.0625),
    first_plot_ns=TIME_NS - 10_000_000_000,
    last_plot_ns=TIME_NS - 1_500_000_001,
    plots=9,
    predicted=True,
    sensors=("KOR-EWR-N", "KOR-SHIP"),
)

LAUNCH = LaunchEstimate(lat_rad=39.2 * DEG, lon_rad=125.67 * DEG, time_ns=TIME_NS, time_sigma_s=1.25, cov_en_m2=(4.0e6, -1.0e5, 9.0e6))
IMPACT = ImpactEstimate(
    lat_rad=40.0 * DEG,
    lon_rad=-179.5 * DEG,
    time_ns=TIME_NS + 1,
    time_sigma_s=2.0,
    cov_en_m2=(1.0, 0.5, 2.0),
    basis="predicted",
    manoeuvre_footprint=((40.0 * DEG, 130.0 * DEG), (41.0 * DEG, 130.0 * DEG), (40.0 * DEG, 131.0 * DEG), (40.0 * DEG, 130.0 * DEG)),
)
EVENT = LaunchEvent(
    event="JPN-joint-2023-08-30-1",
    revision=3,
    origin="JPN",
    picture="joint",
    time_ns=TIME_NS,
    salvo="S1",
    world="exercise",
    status="confirmed",
    tracks=("joint-1",),
    missiles_at_least=1,
    missiles_estimate=1.0,
    objects=2,
    first_detection_ns=TIME_NS,
    last_detection_ns=TIME_NS,
    detected_by=("KOR",),
    sensors=2,
    launch=LAUNCH,
    impact=IMPACT,
    path=(),
    apogee_m=50_000.0,
    apogee_sigma_m=800.0,
    range_m=350_000.0,
    range_sigma_m=2_000.0,
    classes=(("CRBM", 0.0), ("ICBM", 0.0), ("IRBM", 0.0), ("MRBM", 0.25), ("SLV", 0.0), ("SRBM", 0.75), ("unknown", 0.0)),
    zones=(("eez:JPN", 0.125), ("high-seas", 0.875)),
    p_outside_eez=(("JPN", 0.875),),
    p_land=(),
    nations=(),
    models_boost=0.0,
)

# --- angles ---------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@given(st.floats(-360.0, 360.0))
@settings(derandomize=True, deadline=None)
def test_degrees_come_back_to_the_same_radians(angle_deg: float) -> None:
    assert deg(angle_deg * DEG) * DEG == angle_deg * DEG
    assert short_deg(angle_deg * DEG) * DEG == angle_deg * DEG


@given(st.integers(-3_600_000, 3_600_000))
@settings(derandomize=True, deadline=None)
def test_a_number_of_degrees_that_a_person_wrote_comes_back_as_written(ten_thousandths: int) -> None:
    assert short_deg(ten_thousandths / 10_000 * DEG) == ten_thousandths / 10_000


# --- sensors --------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_packaged_coalitions_sensors_read_back_bit_for_bit() -> None:
    path = PACKAGE / "data" / "coalitions" / "northeast-asia.toml"
    sensors = parse_coalition(path.read_text("utf-8"), path.name).sensors
    assert len(sensors) >= 12
    assert parse_sensors(sensors_toml(sensors), "sensors.toml") == sensors


def test_every_optional_figure_of_a_sensor_is_written() -> None:
    text = """
        [[sensor]]
        id = "r-1"
        kind = "radar"
        lat_deg = 36.9
        lon_deg = -127.4
        alt_m = 300.0
        sigma_azimuth_deg = 0.05
        sigma_elevation_deg = 0.06
        sigma_range_m = 40.0
        sigma_range_rate_mps = 3.0
        bias_sigma_azimuth_deg = 0.01
        bias_sigma_elevation_deg = 0.02
        bias_sigma_range_m = 5.0
        bias_sigma_time_s = 0.001
        detection_probability = 0.8
        false_alarms_per_scan = 7.0
        scan_period_s = 2.5
        max_range_m = 900000.0
        min_elevation_deg = 1.0
        azimuth_sector_deg = [300.0, 90.0]
        resolution_range_m = 150.0
        resolution_angle_deg = 1.1
        range_doppler_s = -0.003
        refraction = "none"
        moving = true

        [[sensor]]
        id = "ir-1"
        kind = "infrared"
        pos_ecef_m = [42164000.0, 10.0, -20.0]
        sigma_los_deg = 0.001
        min_altitude_seen_m = 8000.0
    """
    sensors = parse_sensors(text, "sensors.toml")
    written = sensors_toml(sensors)
    assert parse_sensors(written, "sensors.toml") == sensors
    for line in text.splitlines():
        if line.strip():
            assert line.strip() in written


@pytest.mark.slow
@given(st.floats(-90.0, 90.0), st.floats(-180.0, 180.0), st.floats(-100.0, 9_000.0), st.floats(1e-4, 5.0))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_any_sensor_reads_back_bit_for_bit(lat_deg: float, lon_deg: float, alt_m: float, sigma_deg: float) -> None:
    text = f"""
        [[sensor]]
        id = "r-1"
        nation = "JPN"
        kind = "radar"
        lat_deg = {lat_deg!r}
        lon_deg = {lon_deg!r}
        alt_m = {alt_m!r}
        sigma_azimuth_deg = {sigma_deg!r}
        sigma_elevation_deg = {sigma_deg!r}
        sigma_range_m = 40.0
    """
    sensors = parse_sensors(text, "sensors.toml")
    assert parse_sensors(sensors_toml(sensors), "sensors.toml") == sensors


# --- tracks ---------------------------------------------------------------------------------------------------------------


def test_a_track_line_has_the_published_keys_and_values() -> None:
    line = track_line(TRACK)
    assert line.endswith(b"}\n")
    values = json.loads(line)
    assert list(values) == [
        "time",
        "track",
        "kind",
        "status",
        "parent",
        "pos_ecef_m",
        "vel_ecef_mps",
        "cov",
        "model_probabilities",
        "age_s",
        "predicted",
        "sensors",
    ]
    assert values["time"] == "2023-08-30T14:39:12.345Z"
    assert values["model_probabilities"] == {"boost": 0.125, "coast": 0.75, "reentry": 0.0625, "manoeuvre": 0.0625}
    assert values["age_s"] == 1.500000001
    assert (values["predicted"], values["parent"], values["sensors"]) == (True, None, ["KOR-EWR-N", "KOR-SHIP"])
    assert values["pos_ecef_m"] == [-3.0e6, 4.0e6, 3.9e6]


def test_the_covariance_is_written_whole_symmetric_and_without_the_ballistic_coefficient() -> None:
    cov = json.loads(track_line(TRACK))["cov"]
    assert cov == [[float(10 * min(i, j) + max(i, j)) for j in range(6)] for i in range(6)]
    assert full_cov(TRACK.cov)[2][5] == 25.0


def test_a_triangle_of_the_wrong_size_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 28 numbers"):
        full_cov(TRACK.cov[:21])


def test_a_fused_track_is_written_like_a_nations_own() -> None:
    shared = {name: getattr(TRACK, name) for name in FusedTrack.__struct_fields__ if name in Track.__struct_fields__}
    fused = msgspec.convert(shared | {"sources": (), "members": ()}, FusedTrack)
    assert track_line(fused) == track_line(TRACK)


def test_a_track_line_reads_back() -> None:
    read = read_track_line(track_line(TRACK))
    assert read.cov == full_cov(TRACK.cov)
    assert read.model_probabilities == TRACK.models


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_track_that_is_not_finite_is_never_written(bad: float) -> None:
    with pytest.raises(OurFault, match="track KOR-7: expected finite numbers"):
        track_line(msgspec.structs.replace(TRACK, cov=(*TRACK.cov[:5], bad, *TRACK.cov[6:])))


# --- events ---------------------------------------------------------------------------------------------------------------


def test_an_event_line_has_the_published_keys() -> None:
    values = json.loads(event_line(EVENT))
    assert list(values) == [
        "time",
        "event",
        "revision",
        "salvo",
        "world",
        "status",
        "tracks",
        "missiles_at_least",
        "missiles_estimate",
        "objects",
        "launch",
        "impact",
        "apogee_m",
        "apogee_sigma_m",
        "range_m",
        "range_sigma_m",
        "class",
        "zones",
    ]
    assert values["class"] == {"CRBM": 0.0, "ICBM": 0.0, "IRBM": 0.0, "MRBM": 0.25, "SLV": 0.0, "SRBM": 0.75, "unknown": 0.0}
    assert values["zones"] == {"eez:JPN": 0.125, "high-seas": 0.875}


def test_launch_and_impact_are_in_degrees_with_east_before_north() -> None:
    values = json.loads(event_line(EVENT))
    assert (values["launch"].pop("lat_deg"), values["launch"].pop("lon_deg")) == pytest.approx((39.2, 125.67), abs=1e-13)
    assert (values["impact"].pop("lat_deg"), values["impact"].pop("lon_deg")) == pytest.approx((40.0, -179.5), abs=1e-13)
    assert values["launch"] == {
        "time": "2023-08-30T14:39:12.345Z",
        "time_sigma_s": 1.25,
        "cov_en_m2": [[4.0e6, -1.0e5], [-1.0e5, 9.0e6]],
    }
    assert values["impact"] == {
        "time": "2023-08-30T14:39:12.345000001Z",
        "time_sigma_s": 2.0,
        "cov_en_m2": [[1.0, 0.5], [0.5, 2.0]],
        "basis": "predicted",
        "assumes": "no-manoeuvre",
        "manoeuvre_footprint": [[40.0, 130.0], [41.0, 130.0], [40.0, 131.0], [40.0, 130.0]],
    }


def test_what_is_not_yet_known_of_an_event_is_null() -> None:
    bare = msgspec.structs.replace(EVENT, launch=None, impact=None, apogee_m=None, apogee_sigma_m=None, zones=())
    values = json.loads(event_line(bare))
    assert (values["launch"], values["impact"], values["apogee_m"], values["zones"]) == (None, None, None, {})
    quiet = msgspec.structs.replace(EVENT, impact=msgspec.structs.replace(IMPACT, manoeuvre_footprint=None))
    assert json.loads(event_line(quiet))["impact"]["manoeuvre_footprint"] is None


def test_an_event_line_reads_back() -> None:
    read = read_event_line(event_line(EVENT))
    assert read.classes["SRBM"] == 0.75
    assert read.impact is not None
    assert read.impact.basis == "predicted"


@pytest.mark.parametrize(
    "broken",
    [
        msgspec.structs.replace(EVENT, apogee_m=math.nan),
        msgspec.structs.replace(EVENT, zones=(("high-seas", math.inf),)),
        msgspec.structs.replace(EVENT, launch=msgspec.structs.replace(LAUNCH, cov_en_m2=(1.0, math.nan, 1.0))),
        msgspec.structs.replace(EVENT, impact=msgspec.structs.replace(IMPACT, manoeuvre_footprint=((math.nan, 0.0),))),
    ],
)
def test_an_event_that_is_not_finite_is_never_written(broken: LaunchEvent) -> None:
    with pytest.raises(OurFault, match="expected finite numbers"):
        event_line(broken)


# --- truth and summaries --------------------------------------------------------------------------------------------------


def test_truth_lines_are_told_apart_by_their_keys() -> None:
    state = TruthStateLine(
        time="2023-08-30T14:39:12.000Z", missile="M-1", kind="ballistic", pos_ecef_m=(1.0, 2.0, 3.0), vel_ecef_mps=(4.0, 5.0, 6.0)
    )
    place = TruthPoint(time="2023-08-30T14:38:00.000Z", lat_deg=39.2, lon_deg=125.67)
    flight = TruthFlightLine(missile="M-1", kind="ballistic", launch=place, burnout=state, impact=place, apogee_m=5e4, range_m=3.5e5)
    assert list(json.loads(json_line(state))) == ["time", "missile", "kind", "pos_ecef_m", "vel_ecef_mps"]
    assert read_truth_line(json_line(state)) == state
    assert read_truth_line(json_line(flight)[:-2] + b',"bearing_deg":61.0}\n') == flight
    with pytest.raises(msgspec.ValidationError):
        read_truth_line(b'{"missile":"M-1"}')


def test_the_summary_of_a_tracked_file_counts_input_problems_by_reason() -> None:
    summary = TrackSummary(
        version="0.1.0",
        seed=None,
        config_sha256="00",
        counts=TrackCounts(lines=5, plots=3, tracks=1, track_lines=9, events=0, event_lines=0),
        plots_per_s=None,
        scan_latency_ms=Percentiles(p50=0.5, p99=2.0),
        input_problems={"not-finite": 2},
    )
    text = summary_json(summary)
    assert text.endswith(b"}\n")
    assert json.loads(text)["input_problems"] == {"not-finite": 2}
