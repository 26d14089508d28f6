"""Worker processes for independent work: results are taken in the order of the tasks, whatever finishes first."""

import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


class Workers:
    """Started by ``workers``; tasks and results must be picklable, functions at module level."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def start(self, function: Callable[[Task], Result], task: Task) -> "Future[Result]":
        """Begin one piece of work and go on; ask the future for its result."""
        return self._pool.submit(function, task)


@contextmanager
def workers(count: int) -> Iterator[Workers]:
    """Hold a pool of worker processes; on any exception, Ctrl-C included, waiting work is dropped and the workers end."""
    pool = ProcessPoolExecutor(max_workers=count, mp_context=get_context("spawn"), initializer=_ignore_interrupt)
    try:
        yield Workers(pool)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in list((pool._processes or {}).values()):  # noqa: SLF001  # no public way to end running work before Python 3.14
            process.terminate()
        raise
    pool.shutdown()


def in_order(function: Callable[[Task], Result], tasks: Sequence[Task], count: int) -> list[Result]:
    """Apply a function to every task in worker processes and return the results in the order of the tasks."""
    if count <= 1 or len(tasks) <= 1:
        return [function(task) for task in tasks]
    with workers(min(count, len(tasks))) as pool:
        futures = [pool.start(function, task) for task in tasks]
        return [future.result() for future in futures]


def _ignore_interrupt() -> None:
    """Ctrl-C is the parent's to handle: it ends the workers; their tracebacks would only confuse."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
