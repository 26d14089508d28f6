"""Launch fits in a second process: begun when they are asked for, joined in the order of the asking.

What comes out is the same wherever a fit is made. So while the second process is still starting (it loads the kernels), or
where there is no second core, fits are made here.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager

from tocsin.adapters.workers import Workers, workers
from tocsin.tracking.launch import BeginFits, Fits, LaunchFit, LaunchTask, fit_task, fit_tasks


@contextmanager
def launch_fitter() -> Iterator[BeginFits | None]:
    """Hold a process that fits launches, for ``track_plots``; None on a machine with one core."""
    if len(os.sched_getaffinity(0)) < 2:
        yield None
        return
    with workers(1) as pool:
        ready = pool.start(_get_ready, 0)
        yield lambda tasks: begin_fits(tasks, pool, ready)


def begin_fits(tasks: Sequence[LaunchTask], pool: Workers, ready: "Future[int]") -> Callable[[], Fits]:
    """Begin to fit, elsewhere if the other process is ready; return what waits for the results."""
    if not ready.done():
        return lambda: fit_tasks(tasks)
    try:
        futures = [pool.start(fit_task, task) for task in tasks]
    except BrokenExecutor:
        return lambda: fit_tasks(tasks)
    return lambda: [(task.key, _result(task, future)) for task, future in zip(tasks, futures, strict=True)]


def _result(task: LaunchTask, future: "Future[LaunchFit | None]") -> LaunchFit | None:
    """Return a fit; one whose process has died is made here."""
    try:
        return future.result()
    except BrokenExecutor:
        return fit_task(task)


def _get_ready(number: int) -> int:
    """Return when this process has loaded what fits need."""
    return number
