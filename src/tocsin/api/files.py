"""Sensor and plot files for programs: what ``tocsin track`` reads, as objects."""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

from tocsin.adapters.config import open_input, read_text
from tocsin.adapters.formats.plots import PlotReader
from tocsin.adapters.formats.problem import Problem, problem_text
from tocsin.messages.plot import Plot
from tocsin.messages.sensor import Sensor
from tocsin.node.settings import parse_sensors


def read_sensors(path: Path | str) -> tuple[Sensor, ...]:
    """Return the sensors of a sensor file (TOML), in file order. Raises ``OperatorFault`` where the file is none, or one is wrong."""
    path = Path(path)
    return parse_sensors(read_text(path), path.name)


def read_plots(path: Path | str, sensors: tuple[Sensor, ...], *, on_problem: Callable[[str], None] = warnings.warn) -> Iterator[Plot]:
    """Yield the good plots of a file (JSON Lines or CSV) in file order; each bad line is told to on_problem in one line of text.

    Raises ``OperatorFault`` where there is no such file.
    """
    path = Path(path)
    with open_input(path) as stream:
        for item in PlotReader(stream, path.name, sensors=sensors):
            if isinstance(item, Problem):
                on_problem(problem_text(item))
            else:
                yield item
