"""Worker processes for independent work: results come back in the order of the tasks, whatever finishes first."""

import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


def _ignore_interrupt() -> None:
    """Ctrl-C is the parent's to handle: it ends the workers; their tracebacks would only confuse."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def in_order(function: Callable[[Task], Result], tasks: Sequence[Task], workers: int) -> list[Result]:
    """Apply a module-level function to every task in worker processes and return the results in the order of the tasks."""
    if workers <= 1 or len(tasks) <= 1:
        return [function(task) for task in tasks]
    with ProcessPoolExecutor(max_workers=min(workers, len(tasks)), mp_context=get_context("spawn"), initializer=_ignore_interrupt) as pool:
        try:
            return list(pool.map(function, tasks))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
