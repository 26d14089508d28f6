"""A drawn case as files: what is read back is what was drawn."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from tocsin.adapters.formats.plots import PlotReader
from tocsin.adapters.formats.truth import TruthFlightLine, TruthStateLine, read_truth_line
from tocsin.api.cases import write_case
from tocsin.messages.plot import Plot
from tocsin.node.settings import parse_sensors
from tocsin.sim.draw import draw_flight, draw_site
from tocsin.sim.field import draw_sensors, night_of
from tocsin.sim.observe import play


def angles(plot: Plot) -> tuple[float, float]:
    return plot.azimuth_rad or 0.0, plot.elevation_rad or 0.0


def plain(plot: Plot) -> Plot:
    return msgspec.structs.replace(plot, azimuth_rad=None, elevation_rad=None)


@pytest.mark.slow
def test_saved_case_reads_back_to_the_same_plots_and_sensors_and_truth(tmp_path: Path) -> None:
    kinds = set[str]()
    for seed in range(4):
        rng = np.random.default_rng(seed)
        drawn = draw_flight("staged-parts" if seed == 0 else "failed-boost", rng, "M1", *draw_site(rng))
        sensors = draw_sensors(rng, (drawn.flight,), "wide")
        kinds |= {sensor.kind for sensor in sensors}
        night = night_of((drawn,))
        scans = list(play(night.scenario, sensors, seed, night))[:400]
        write_case(tmp_path, night, sensors, scans)
        assert parse_sensors((tmp_path / "sensors.toml").read_text(), "sensors.toml") == sensors
        with (tmp_path / "plots.jsonl").open("rb") as stream:
            read = list(PlotReader(stream, "plots.jsonl", sensors=sensors))
        written = [plot for s in scans for plot in s.scan.plots]
        assert len(read) == len(written)
        for one, other in zip(read, written, strict=True):
            assert isinstance(one, Plot)
            assert plain(one) == plain(other)
            assert angles(one) == pytest.approx(angles(other), abs=1e-15)  # not every double of radians is one of degrees
        lines = [read_truth_line(line) for line in (tmp_path / "truth.jsonl").read_bytes().splitlines()]
        first = lines[0]
        assert isinstance(first, TruthFlightLine)
        assert (first.missile, first.kind) == ("M1", drawn.flight.kind)
        assert sum(isinstance(line, TruthStateLine) for line in lines) > 100
        others = (tmp_path / "others.jsonl").read_bytes().splitlines()
        assert bool(others) == bool(drawn.parts)
    assert kinds == {"radar", "infrared"}
