"""One decorator for every kernel: compiled by Numba with a disk cache, or left as plain Python (``TOCSIN_JIT=0``).

No fast-math, no parallel loops: a kernel and its plain-Python twin give the same bits (tests/kernels).

Numba asks only whether a kernel's own file has changed, and would silently go on with a compiled ``trajectory`` after an
edit of ``gravity``. So the cache folder is named by a hash over all that kernels are made of, and an edit anywhere leads
to an empty folder. If none is writable, kernels are compiled in memory and ``CACHE_PROBLEM`` says so.
"""

import os
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final, ParamSpec, Protocol, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")

FOLDER_STEM: Final = "tocsin-kernels-"  # followed by the hash; what begins so may be deleted when the hash is another
HASH_DIGITS: Final = 16  # 64 bits: one folder per edit will never meet another by chance
LEAST_FREE_BYTES: Final = 64 * 1024 * 1024  # the whole cache takes 7 MB; with less room than this a save could fail half-way


def kernel_sources(package: Path) -> tuple[Path, ...]:
    """Return every file of the package that kernels may come from: no other file may use ``@kernel``, nor feed constants to one."""
    return (*sorted(package.glob("kernels/*.py")), package / "units.py", *sorted(package.glob("*/*_kernels.py")))


def kernel_hash(package: Path) -> str:
    """Return the hash of all kernel sources and of the compiler's version. Raises ``OSError`` where a source cannot be read."""
    digest = sha256(numba.__version__.encode())
    for path in kernel_sources(package):
        digest.update(f"\0{path.relative_to(package).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:HASH_DIGITS]


def cache_base(environ: Mapping[str, str]) -> Path:
    """Return the folder that holds cache folders: TOCSIN_CACHE_DIR, else NUMBA_CACHE_DIR, else the user's own (XDG)."""
    for name in ("TOCSIN_CACHE_DIR", "NUMBA_CACHE_DIR"):
        if environ.get(name):
            return Path(environ[name]).absolute()
    xdg = Path(environ.get("XDG_CACHE_HOME", ""))
    return (xdg if xdg.is_absolute() else Path(os.path.expanduser("~/.cache"))) / "tocsin"  # noqa: PTH111 - Path.expanduser raises


def open_cache(package: Path, environ: Mapping[str, str]) -> tuple[Path | None, str]:
    """Return (this code's cache folder, "") and make it, or (None, one line that says why there is none)."""
    base = cache_base(environ)
    try:
        folder = base / f"{FOLDER_STEM}{kernel_hash(package)}"
        problem = _problem_of(folder)
        if not problem:
            return folder, ""
    except OSError as error:
        problem = (error.strerror or str(error)).lower()
    return None, (
        f"kernel cache: expected a folder that can be written, came {base} ({problem}); kernels are compiled anew at each start, "
        "which takes up to a minute: set TOCSIN_CACHE_DIR to a writable folder"
    )


def _problem_of(folder: Path) -> str:
    """Make a folder and return why it cannot be written, or nothing. Raises ``OSError`` where it cannot even be made."""
    if not folder.is_absolute():
        return "no home folder is known"
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        return "permission denied or read-only"
    room = os.statvfs(folder)
    few = room.f_bavail * room.f_frsize < LEAST_FREE_BYTES
    return f"less than {LEAST_FREE_BYTES // 1024 // 1024} MB free" if few else ""


class _NumbaSettings(Protocol):
    """The one setting of ``numba.config`` that is used here."""

    CACHE_DIR: str


_SETTINGS: Final = cast("_NumbaSettings", numba.config)
COMPILED: Final = os.environ.get("TOCSIN_JIT", "1") != "0"
CACHE_FOLDER, CACHE_PROBLEM = open_cache(Path(__file__).resolve().parent.parent, os.environ) if COMPILED else (None, "")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a scalar kernel (nopython, error model of Python, cached on disk where possible)."""
    if not COMPILED:
        return function
    if CACHE_FOLDER is None:
        return cast("Callable[P, R]", numba.njit(function))
    others = _SETTINGS.CACHE_DIR  # the place is chosen now, by this setting; other users of Numba keep theirs
    _SETTINGS.CACHE_DIR = str(CACHE_FOLDER)
    try:
        return cast("Callable[P, R]", numba.njit(cache=True)(function))
    finally:
        _SETTINGS.CACHE_DIR = others
