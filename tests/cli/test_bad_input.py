"""Bad input gets one clear line and the right exit code (2 usage, 3 data), and never a traceback; good data around it is kept."""

import json
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from tests.cli.tool import Tool

SCENARIO = (files("tocsin") / "data" / "scenarios" / "2023-08-30.toml").read_text(encoding="utf-8")
FIRST_MISSILE_LINE = SCENARIO.splitlines().index("[[missile]]") + 1
SENSORS = """
[[sensor]]
id = "radar-1"
kind = "radar"
lat_deg = 37.0
lon_deg = 128.0
alt_m = 500.0
sigma_azimuth_deg = 0.1
sigma_elevation_deg = 0.1
sigma_range_m = 50.0
"""
GOOD = {"time": "2023-08-30T14:39:12.345Z", "sensor": "radar-1", "azimuth_deg": 43.2, "elevation_deg": 5.6, "range_m": 512345.6}


def one_line(text: str) -> str:
    """Return the only line of an error output."""
    lines = text.splitlines()
    assert len(lines) == 1, text
    assert "Traceback" not in lines[0]
    return lines[0]


def changed(pattern: str, replacement: str) -> str:
    """Return the packaged scenario with its first match replaced."""
    text, count = re.subn(pattern, replacement, SCENARIO, count=1, flags=re.MULTILINE)
    assert count == 1
    return text


@pytest.mark.parametrize("command", ["demo", "run"])
def test_an_unknown_event_names_the_known_ones(tocsin: Tool, command: str) -> None:
    done = tocsin(command, "1999-01-01")
    assert (done.code, done.out) == (2, "")
    assert "'1999-01-01'" in one_line(done.err)
    assert "2023-08-30" in done.err


@pytest.mark.parametrize("command", ["demo", "run"])
def test_a_missing_scenario_file_is_a_matter_of_usage(tocsin: Tool, command: str) -> None:
    done = tocsin(command, "absent.toml")
    assert (done.code, done.out) == (2, "")
    assert one_line(done.err).startswith("tocsin: absent.toml: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(changed(r"^\[\[missile\]\]", "[[missile]"), f"line {FIRST_MISSILE_LINE}", id="malformed TOML"),
        pytest.param(changed(r"^apogee_km = .*\n", ""), "missile 1 (1): apogee_km is missing; expected 5..8000 km", id="missing fact"),
        pytest.param(
            changed(r"^apogee_km = .*$", "apogee_km = 50000"),
            "apogee_km = 50000: expected 5..8000 km; did you give metres?",
            id="wrong unit",
        ),
        pytest.param(changed(r"^apogee_km = .*$", "apogee_km = nan"), "apogee_km = nan: expected a finite number", id="NaN"),
        pytest.param(changed(r"^distance_km = .*$", 'distance_km = "350"'), "distance_km = '350': expected a finite number", id="text"),
        pytest.param(changed(r"^coalition = .*$", 'coalition = "atlantis"'), "atlantis: ", id="unknown coalition"),
        pytest.param("\x00\x01 garbage", "expected TOML text", id="garbage"),
        pytest.param("", "no [[missile]] found", id="empty file"),
    ],
)
def test_a_bad_scenario_file_is_one_line_that_says_where_and_what(tmp_path: Path, tocsin: Tool, text: str, said: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    done = tocsin("run", path, "--out", tmp_path / "out")
    assert done.code in {2, 3}
    assert done.code == (2 if "atlantis" in text else 3)
    assert said in one_line(done.err)
    assert not (tmp_path / "out").exists()


def test_an_unknown_configuration_and_an_absent_transport_are_matters_of_usage(tocsin: Tool) -> None:
    done = tocsin("run", "2023-08-30", "--configuration", "nowhere")
    assert done.code == 2
    assert "configuration 'nowhere'" in one_line(done.err)
    done = tocsin("demo", "--transport", "pigeon")
    assert done.code == 2
    assert "--transport pigeon: expected embedded" in one_line(done.err)


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        pytest.param(SENSORS.replace("[[sensor]]", "[[sensor]"), 3, "expected TOML text", id="malformed TOML"),
        pytest.param(SENSORS.replace("lat_deg = 37.0\n", ""), 3, "sensor 1 (radar-1): lat_deg is missing", id="missing fact"),
        pytest.param(SENSORS.replace("alt_m = 500.0", "alt_m = 1e12"), 3, "alt_m = 1e+12: expected", id="wrong unit"),
        pytest.param(SENSORS.replace("lon_deg = 128.0", "lon_deg = nan"), 3, "lon_deg = nan: expected a finite number", id="NaN"),
        pytest.param(SENSORS + SENSORS, 3, "sensor id 'radar-1' is given twice", id="twice"),
        pytest.param("", 3, "no [[sensor]] found", id="empty file"),
        pytest.param(None, 2, "expected a sensor file (TOML), found no file", id="no file"),
    ],
)
def test_a_bad_sensor_file_is_one_line(tmp_path: Path, tocsin: Tool, text: str | None, code: int, said: str) -> None:
    plots, sensors = tmp_path / "plots.jsonl", tmp_path / "sensors.toml"
    plots.write_text(json.dumps(GOOD) + "\n")
    if text is not None:
        sensors.write_text(text)
    done = tocsin("track", plots, "--sensors", sensors, "--out", tmp_path / "out")
    assert (done.code, done.out) == (code, "")
    assert said in one_line(done.err)


@pytest.mark.parametrize(
    ("line", "reason", "said"),
    [
        pytest.param(json.dumps({**GOOD, "sensor": "radar-9"}), "unknown-sensor", "field sensor: expected one of the 1 known", id="sensor"),
        pytest.param(
            json.dumps({**GOOD, "time": "2190-01-01T00:00:00Z"}), "time-in-future", "field time: expected a time up to", id="future"
        ),
        pytest.param(json.dumps({**GOOD, "range_m": float("nan")}), "not-finite", "field range_m: expected a finite number", id="NaN"),
        pytest.param(json.dumps({**GOOD, "elevation_deg": 95.0}), "out-of-range", "field elevation_deg: expected -90 to 90", id="unit"),
        pytest.param("]]garbage{{", "not-json", "expected one JSON object", id="garbage"),
    ],
)
def test_a_bad_plot_is_one_line_and_the_good_ones_around_it_are_kept(
    tmp_path: Path, tocsin: Tool, line: str, reason: str, said: str
) -> None:
    plots, sensors = tmp_path / "plots.jsonl", tmp_path / "sensors.toml"
    after = {**GOOD, "time": "2023-08-30T14:39:13.345Z"}
    plots.write_text("\n".join((json.dumps(GOOD), line, json.dumps(after))) + "\n")
    sensors.write_text(SENSORS)
    done = tocsin("track", plots, "--sensors", sensors, "--out", tmp_path / "out")
    assert done.code == 0
    assert one_line(done.err).startswith("plots.jsonl line 2")
    assert said in done.err
    summary = json.loads((tmp_path / "out" / "summary.json").read_bytes())
    assert summary["input_problems"] == {reason: 1}
    assert summary["counts"]["plots"] == 2


def test_an_unknown_key_of_a_sensor_is_said_and_ignored(tmp_path: Path, tocsin: Tool) -> None:
    plots, sensors = tmp_path / "plots.jsonl", tmp_path / "sensors.toml"
    plots.write_text(json.dumps(GOOD) + "\n")
    sensors.write_text(SENSORS + 'colour = "grey"\n')
    done = tocsin("track", plots, "--sensors", sensors, "--out", tmp_path / "out")
    assert done.code == 0
    assert "'colour' is unknown and ignored" in one_line(done.err)


def test_an_output_folder_that_cannot_be_made_is_one_line(tmp_path: Path, tocsin: Tool) -> None:
    plots, sensors = tmp_path / "plots.jsonl", tmp_path / "sensors.toml"
    plots.write_text(json.dumps(GOOD) + "\n")
    sensors.write_text(SENSORS)
    done = tocsin("track", plots, "--sensors", sensors, "--out", plots / "out")
    assert done.code in {2, 3}
    assert "expected a folder for the output" in one_line(done.err)


def test_a_log_that_is_none_is_said_without_a_traceback(tmp_path: Path, tocsin: Tool) -> None:
    assert tocsin("replay", tmp_path / "absent.db").code == 2
    (tmp_path / "garbage.db").write_bytes(b"\x00\x01garbage" * 100)
    for options, lines in (((), 1), (("--verify",), 2)):  # the second line is the verdict
        done = tocsin("replay", tmp_path / "garbage.db", *options)
        assert done.code == 3
        assert "not a database" in done.out + done.err
        assert len((done.out + done.err).splitlines()) == lines


def test_the_installed_command_prints_one_line_and_no_traceback() -> None:
    done = subprocess.run([sys.executable, "-m", "tocsin", "run", "absent.toml"], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert one_line(done.stderr).startswith("tocsin: absent.toml: ")
