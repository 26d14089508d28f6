"""The examples of docs/python-api.md run, on a flight drawn for them."""

import doctest
from pathlib import Path

import numpy as np
import pytest

from tocsin.api.cases import write_case
from tocsin.sim.draw import draw_flight, draw_site
from tocsin.sim.field import draw_sensors, night_of
from tocsin.sim.observe import play

PAGE = Path(__file__).resolve().parents[2] / "docs" / "python-api.md"
LEAST_EXAMPLES = 15


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(4)
    drawn = draw_flight("minimum-energy", rng, "M1", *draw_site(rng))
    sensors = draw_sensors(rng, (drawn.flight,), "standard")
    night = night_of((drawn,))
    out = tmp_path_factory.mktemp("case")
    write_case(out, night, sensors, play(night.scenario, sensors, 4, night))
    return out


@pytest.mark.slow
def test_every_example_of_the_page_gives_what_it_says(folder: Path) -> None:
    results = doctest.testfile(str(PAGE), module_relative=False, globs={"folder": folder}, optionflags=doctest.FAIL_FAST)
    assert results.attempted > LEAST_EXAMPLES
    assert results.failed == 0
