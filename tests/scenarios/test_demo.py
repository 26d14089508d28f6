"""The demo as a user runs it: one command, its files, its words, and the proof of its logs."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

FILES = {
    "log-KOR.db",
    "log-JPN.db",
    "log-USA.db",
    "report.html",
    "tracks.jsonl",
    "events.jsonl",
    "plots.jsonl",
    "sensors.toml",
    "truth.jsonl",
    "summary.json",
}
NATIONS = ("KOR", "JPN", "USA")
PER_MISSILE = ("first_detection_s", "first_warning_s", "impact_error_km", "ellipse95_km2", "p_outside_jpn_eez")


@dataclass
class Demo:
    """What one run of the demo left."""

    out: Path
    stdout: str
    stderr: str
    code: int


def tocsin(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command as a user without a terminal would."""
    environment = {key: value for key, value in os.environ.items() if key not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    return subprocess.run(
        [sys.executable, "-m", "tocsin", *arguments], capture_output=True, text=True, check=False, env=environment, timeout=500
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The reference night, played once for all tests here."""
    out = tmp_path_factory.mktemp("demo") / "night"
    done = tocsin("demo", "--fast", "--out", str(out))
    return Demo(out, done.stdout, done.stderr, done.returncode)


def test_the_demo_ends_well_and_leaves_exactly_its_files(demo: Demo) -> None:
    """Exit code 0, nothing on standard error, one log file per nation and no side files."""
    assert (demo.code, demo.stderr) == (0, "")
    assert {path.name for path in demo.out.iterdir()} == FILES


def test_it_says_first_what_it_is_and_warns_only(demo: Demo) -> None:
    """The first lines mark the exercise and the notional sensors."""
    first = demo.stdout.splitlines()[:3]
    assert "EXERCISE" in first[0]
    assert "notional" in " ".join(first)
    assert "Warning only" in " ".join(first)


def test_the_story_shows_japan_alone_beside_japan_with_partners(demo: Demo) -> None:
    """Alone nothing, with partners confirmed: what sharing is for."""
    assert re.search(r"JPN\s+ALONE: nothing\s+\|\s+WITH PARTNERS: confirmed", demo.stdout)
    for words in ("impact predicted", "outside JPN's EEZ", "presumed down, not observed", "all-clear", "watch raised"):
        assert words in demo.stdout


def test_no_escape_codes_without_a_terminal(demo: Demo) -> None:
    """No terminal: no animation, no colour codes."""
    assert "\x1b" not in demo.stdout


def test_the_summary_has_every_key_and_keeps_the_promises_of_the_night(demo: Demo) -> None:
    """Two launches, one salvo, nothing false, no aircraft warned of, outside the EEZ, everything acknowledged, replay identical."""
    summary = json.loads((demo.out / "summary.json").read_text())
    assert (summary["event"], summary["world"], summary["truth"]["missiles"]) == ("2023-08-30", "exercise", 2)
    assert (summary["launch_events"], summary["salvos"], summary["false_launch_events"]) == (2, 1, 0)
    assert summary["aircraft"]["warned"] == 0
    assert summary["aircraft"]["tracked"] > 0
    assert summary["replay_identical"] is True
    assert summary["messages"]["sent"] == summary["messages"]["acknowledged"] > 0
    assert summary["messages"]["refused"] == 0
    for name in ("plot_to_partner", "warning_to_partner"):
        assert 0.0 < summary["latency_ms"][name]["p50"] <= summary["latency_ms"][name]["p99"]
    for nation in NATIONS:
        for picture in ("alone", "together"):
            figures = summary["nations"][nation][picture]
            assert isinstance(figures["missiles_at_least"], int)
            assert all(len(figures[key]) == 2 for key in PER_MISSILE)
        together = summary["nations"][nation]["together"]
        assert together["missiles_at_least"] == 2
        assert all(p > 0.99 for p in together["p_outside_jpn_eez"])


def test_with_the_ship_further_east_japan_alone_has_nothing_and_together_it_has_both(demo: Demo) -> None:
    """What sharing buys is ship placement against horizon: the whole pipeline says so for every placing of the coalition file."""
    placings = {row["configuration"]: row for row in json.loads((demo.out / "summary.json").read_text())["placings"]}
    assert len(placings) >= 5
    east = placings["ship-east"]
    assert east["nation"] == "JPN"
    assert east["alone"]["first_detection_s"] == east["alone"]["first_warning_s"] == [None, None]
    assert east["alone"]["missiles_at_least"] == 0
    assert all(row["together"]["missiles_at_least"] == 2 for row in placings.values())


def test_the_first_joint_warning_at_japan_carries_launch_point_path_and_impact(demo: Demo) -> None:
    """Within 5 s of Korea's own confirmation; while it burns the impact is the labelled trace, never called a prediction."""
    from tocsin.adapters.store.reading import read  # noqa: PLC0415

    def warnings(nation: str, picture: str) -> list[dict[str, object]]:
        outputs = [json.loads(record.body) for _, record in read(demo.out / f"log-{nation}.db") if record.kind == "output"]
        return [item for where, item in outputs if where == picture and "warning" in item and item["status"] == "confirmed"]

    korea = sorted(str(item["event"]) for item in warnings("KOR", "alone"))
    japan = warnings("JPN", "joint")
    assert len(korea) == len(japan) == 2
    for item in japan:
        assert item["launch"] is not None
        assert item["path"]
        assert item["impact"] is not None
    confirmed = sorted(int(str(item["time_ns"])) for item in warnings("KOR", "alone"))
    joint = sorted(int(str(item["time_ns"])) for item in japan)
    assert all(there - here <= 5_000_000_000 for here, there in zip(confirmed, joint, strict=True))


def test_the_files_of_the_run_can_be_read_line_by_line(demo: Demo) -> None:
    """JSON on every line, with the documented keys; events are in the exercise world."""
    tracks = [json.loads(line) for line in (demo.out / "tracks.jsonl").read_text().splitlines()]
    assert {
        "time",
        "track",
        "kind",
        "status",
        "pos_ecef_m",
        "vel_ecef_mps",
        "cov",
        "model_probabilities",
        "age_s",
        "predicted",
        "sensors",
    } <= set(tracks[0])
    assert any(track["predicted"] for track in tracks)
    events = [json.loads(line) for line in (demo.out / "events.jsonl").read_text().splitlines()]
    assert {event["world"] for event in events} == {"exercise"}
    truth = [json.loads(line) for line in (demo.out / "truth.jsonl").read_text().splitlines()]
    assert sum("launch" in line for line in truth) == 2
    assert len((demo.out / "plots.jsonl").read_text().splitlines()) == json.loads((demo.out / "summary.json").read_text())["plots"]


def test_a_log_replays_identically_from_the_command_line(demo: Demo) -> None:
    """The proof that a partner or auditor would run."""
    done = tocsin("replay", str(demo.out / "log-JPN.db"), "--verify")
    assert (done.returncode, done.stderr) == (0, "")
    assert "identical" in done.stdout


@pytest.mark.parametrize(("column", "place"), [("record", 0.3), ("record", 0.9), ("hash", 0.6)])
def test_a_flipped_bit_in_any_record_is_found_and_named(demo: Demo, tmp_path: Path, column: str, place: float) -> None:
    """One bit of one record: exit code 3 and the record's number in the message."""
    log = tmp_path / "log-JPN.db"
    shutil.copy(demo.out / "log-JPN.db", log)
    with sqlite3.connect(log) as connection:
        count = connection.execute("SELECT count(*) FROM records").fetchone()[0]
        position = int(place * count)
        blob = bytearray(connection.execute(f"SELECT {column} FROM records WHERE position = ?", (position,)).fetchone()[0])
        blob[len(blob) // 2] ^= 1
        connection.execute(f"UPDATE records SET {column} = ? WHERE position = ?", (bytes(blob), position))
    connection.close()
    done = tocsin("replay", str(log), "--verify")
    assert done.returncode == 3
    assert f"record {position} " in done.stdout
    assert "Traceback" not in done.stderr


def test_a_rewritten_payload_with_repaired_hashes_is_still_found(demo: Demo, tmp_path: Path) -> None:
    """Whoever repairs the whole hash chain after a change cannot repair the signature or the replay."""
    from tocsin.adapters.store.port import FIRST_PREVIOUS, chain_hash  # noqa: PLC0415  # the forger knows the format

    log = tmp_path / "log-JPN.db"
    shutil.copy(demo.out / "log-JPN.db", log)
    with sqlite3.connect(log) as connection:
        rows = connection.execute("SELECT position, record FROM records ORDER BY position").fetchall()
        target = next(p for p, record in rows if b"sealed" in record and b'"warning"' in record and b'"confirmed"' in record)
        previous = FIRST_PREVIOUS
        for position, record in rows:
            forged = record.replace(b'"confirmed"', b'"cancelled"', 1) if position == target else record
            previous = chain_hash(previous, position, forged)
            connection.execute("UPDATE records SET record = ?, hash = ? WHERE position = ?", (forged, previous, position))
    connection.close()
    done = tocsin("replay", str(log), "--verify")
    assert done.returncode == 3
    assert f"record {target} " in done.stdout


def test_the_logs_of_two_runs_with_one_seed_are_the_same_night(demo: Demo, tmp_path: Path) -> None:
    """Same seed, same records: every input, payload and signature agrees between runs."""
    out = tmp_path / "again"
    done = tocsin("run", "2023-08-30", "--out", str(out))
    assert (done.returncode, done.stderr) == (0, "")
    for nation in NATIONS:
        with sqlite3.connect(demo.out / f"log-{nation}.db") as one, sqlite3.connect(out / f"log-{nation}.db") as two:
            last = "SELECT hash FROM records ORDER BY position DESC LIMIT 1"
            assert one.execute(last).fetchone() == two.execute(last).fetchone()
        one.close()
        two.close()
