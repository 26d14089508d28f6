"""One decorator for every kernel: compiled by Numba with a disk cache, or left as plain Python (``TOCSIN_JIT=0``).

No fast-math, no parallel loops: a kernel and its plain-Python twin give the same bits (tests/kernels). If no cache
directory is writable the kernel is compiled in memory and ``CACHE_PROBLEM`` says why.
"""

import os
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")

COMPILED: Final = os.environ.get("TOCSIN_JIT", "1") != "0"
CACHE_PROBLEM: list[str] = []  # one line once the disk cache turned out to be unusable


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a scalar kernel (nopython, error model of Python, cached on disk where possible)."""
    if not COMPILED:
        return function
    if not CACHE_PROBLEM:
        try:
            return cast("Callable[P, R]", numba.njit(cache=True)(function))
        except RuntimeError as problem:  # numba: "cannot cache function ...: no locator available"
            CACHE_PROBLEM.append(str(problem))
    return cast("Callable[P, R]", numba.njit(function))
