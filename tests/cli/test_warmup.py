"""``tocsin warmup``: after it nothing is left to compile, it tidies up after earlier code, and a missing cache is no failure."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.tool import Tool
from tocsin.cli import warmup
from tocsin.kernels import jit

LATER_NIGHT = """
import dataclasses
import numba.core.event as event
compiled = event.RecordingListener()
event.register("numba:compile", compiled)

from tocsin.api.night import Plan, play_night
from tocsin.cli.warmup_steps import FIRST_MISSILE
from tocsin.evaluation.night import night_figures
from tocsin.geography import load_zones
from tocsin.api.offline import track_plots
from tocsin.sim.coalition import place
from tocsin.sim.night import make_night
from tocsin.sim.observe import play
from tocsin.sim.scenario import load_coalition, load_scenario
import msgspec

scenario = load_scenario("2023-08-30-pull-up")
scenario = msgspec.structs.replace(scenario, missiles=scenario.missiles[-1:])
coalition = load_coalition(scenario.coalition)
sensors, night, zones = place(coalition, "ship-east"), make_night(scenario), load_zones()
night = dataclasses.replace(night, end_ns=night.flights[0].launch_ns + 140_000_000_000)
plan = Plan(
    scenario=scenario, coalition=coalition, sensors=sensors, configuration="ship-east", seed=5, skip_quiet=True, log_dir=None
)
night_figures(play_night(plan, night, zones))
plots = [plot for scan in play(scenario, sensors, 5, night) if FIRST_MISSILE in scan.labels for plot in scan.scan.plots]
steps = list(track_plots(plots, sensors, zones=zones))
assert any(step.events for step in steps)
names = {e.data["dispatcher"].__module__ + "." + e.data["dispatcher"].__name__ for _, e in compiled.buffer}
print("COMPILED", sorted(name for name in names if name.startswith("tocsin.")))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder in place of the real one; steps that compile nothing in place of the real ones."""
    found = tmp_path / "tocsin-kernels-0123456789abcdef"
    found.mkdir()
    monkeypatch.setattr(warmup, "CACHE_FOLDER", found)
    monkeypatch.setattr(warmup, "CACHE_PROBLEM", "")
    monkeypatch.setattr(warmup, "COMPILED", True)
    monkeypatch.setattr(warmup, "STEPS", tuple(warmup.Step(title=title, work=list, beside=False) for title in ("first", "second")))
    return found


def test_each_step_is_a_numbered_line_without_animation(folder: Path, tocsin: Tool) -> None:
    done = tocsin("warmup")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[1:3] == ["  1/2 first ... 0.0 s", "  2/2 second ... 0.0 s"]
    assert len(lines) == 4
    assert "\r" not in done.out
    assert "\x1b" not in done.out


def test_a_second_warmup_says_that_all_is_compiled(folder: Path, tocsin: Tool) -> None:
    tocsin("warmup")
    (folder / "kernel.1.nbc").write_bytes(b"")
    done = tocsin("warmup")
    assert done.out.startswith("kernels: all 1 already compiled, checked in 0.0 s")
    assert len(done.out.splitlines()) == 1


def test_cache_folders_of_earlier_code_are_removed_and_nothing_else(folder: Path, tocsin: Tool) -> None:
    old, other = folder.with_name("tocsin-kernels-ffffffffffffffff"), folder.with_name("numba-of-somebody")
    for path in (old, other):
        path.mkdir()
        (path / "kernel.1.nbc").write_bytes(b"")
    tocsin("warmup")
    assert not old.exists()
    assert other.exists()
    assert folder.exists()


def test_an_interrupted_warmup_is_not_taken_for_a_whole_one(folder: Path, tocsin: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(warmup, "STEPS", (warmup.Step(title="long", work=interrupt, beside=False),))
    done = tocsin("warmup")
    assert done.code == 130
    assert "Traceback" not in done.out + done.err
    assert list(folder.iterdir()) == []


def test_without_a_cache_it_says_so_in_one_line_and_compiles_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    env = {**os.environ, "TOCSIN_CACHE_DIR": str(tmp_path / "file" / "cache"), "TOCSIN_JIT": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tocsin", "warmup"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1
    assert done.stdout.startswith("kernel cache: expected a folder that can be written")
    assert "Nothing was compiled now" in done.stdout


def test_plain_python_kernels_need_no_warmup(folder: Path, tocsin: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warmup, "COMPILED", False)
    assert tocsin("warmup").out == "kernels: TOCSIN_JIT=0 is set, they run as plain Python; nothing to compile\n"
    assert list(folder.iterdir()) == []


@pytest.mark.slow
@pytest.mark.skipif(not jit.COMPILED or jit.CACHE_FOLDER is None, reason="needs compiled kernels and a cache on disk")
def test_after_a_warmup_another_night_and_an_offline_run_compile_nothing() -> None:
    """Another scenario (a pull-up), other places, another seed: production must meet only what was compiled."""
    warm = subprocess.run([sys.executable, "-m", "tocsin", "warmup"], capture_output=True, text=True, check=True, timeout=280)
    assert "ompiled" in warm.stdout
    done = subprocess.run([sys.executable, "-c", LATER_NIGHT], capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "COMPILED []"
