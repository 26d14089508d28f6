"""A drawn or played case as files that ``tocsin track`` and ``tocsin evaluate`` take: plots.jsonl, sensors.toml, truth.jsonl.

What is no missile (parts, satellites, meteors) goes to others.jsonl beside them, so that truth.jsonl holds missiles only.
"""

from collections.abc import Iterable
from pathlib import Path

from tocsin.adapters.formats.lines import json_line
from tocsin.adapters.formats.plots import plot_line
from tocsin.adapters.formats.sensors import sensors_toml
from tocsin.messages.sensor import Sensor
from tocsin.sim.night import Night, other_rows, truth_rows
from tocsin.sim.observe import SimScan


def write_case(out: Path, night: Night, sensors: tuple[Sensor, ...], scans: Iterable[SimScan]) -> None:
    """Write the files into a folder, which is made; files of those names are replaced. Raises ``OSError``."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "sensors.toml").write_text(sensors_toml(sensors), encoding="utf-8")
    with (out / "plots.jsonl").open("wb") as plots:
        plots.writelines(plot_line(plot) for sim_scan in scans for plot in sim_scan.scan.plots)
    with (out / "truth.jsonl").open("wb") as truth:
        truth.writelines(json_line(row) for row in truth_rows(night))
    with (out / "others.jsonl").open("wb") as others:
        others.writelines(json_line(row) for row in other_rows(night))
