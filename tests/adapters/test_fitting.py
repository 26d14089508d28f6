"""Launch fits in a second process: the same results as here, whatever becomes of that process."""

import os

import numpy as np
import pytest

from tests.stages.launch_flights import FAR, fly, one_stage, plots
from tests.stages.tracking_scene import at_ns
from tocsin.adapters.fitting import begin_fits, launch_fitter
from tocsin.adapters.workers import workers
from tocsin.tracking.launch import LaunchTask, fit_tasks


def _tasks() -> tuple[LaunchTask, ...]:
    flown = fly(one_stage())
    found = []
    for key, until_s in ((7, 60.0), (3, 66.0)):
        state = np.concatenate([flown.at(until_s), [8.5, 30.0]])
        found.append(LaunchTask(key, plots(flown, FAR, key, until_s), state, at_ns(until_s), None, None))
    return tuple(found)


def _die(code: int) -> int:
    os._exit(code)


@pytest.mark.slow
def test_launches_fitted_by_another_process_are_the_same_and_in_the_order_asked_for() -> None:
    tasks = _tasks()
    here = fit_tasks(tasks)
    with workers(1) as pool:
        ready = pool.start(abs, 0)
        assert ready.result(timeout=60.0) == 0
        there = begin_fits(tasks, pool, ready)()
    assert [key for key, _ in there] == [7, 3]
    assert [fit.estimate for _, fit in here if fit] == [fit.estimate for _, fit in there if fit]
    assert all(fit is not None for _, fit in here)


@pytest.mark.slow
def test_launches_are_fitted_here_when_the_other_process_has_died() -> None:
    tasks = _tasks()[:1]
    with workers(1) as pool:
        ready = pool.start(abs, 0)
        ready.result(timeout=60.0)
        waiting = pool.start(_die, 1)
        later = begin_fits(tasks, pool, ready)
        assert waiting.exception(timeout=60.0) is not None
        fits = later()
        again = begin_fits(tasks, pool, ready)()
    assert [key for key, _ in fits] == [key for key, _ in again] == [7]
    assert fits[0][1] is not None
    assert again[0][1] is not None


def test_the_fitter_is_there_before_its_process_is() -> None:
    with launch_fitter() as begin:
        fits = begin(())() if begin is not None else []
    assert fits == []
