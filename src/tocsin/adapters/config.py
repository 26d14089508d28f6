"""Files in and out, with every failure of the file system turned into one clear line for the operator.

Parsing is elsewhere: here are only paths, bytes and text. Every function raises ``OperatorFault`` (exit code 3).
"""

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Final, Self

from tocsin.errors import OperatorFault

TEXT_CAP_BYTES: Final = 16 * 1024 * 1024  # the largest configuration in the package is below 100 kB; a wrong file is refused unread


def read_text(path: Path) -> str:
    """Return a UTF-8 text file whole (a byte-order mark is dropped)."""
    data = read_bytes(path, TEXT_CAP_BYTES)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        came = f"byte 0x{data[problem.start]:02x} in line {line}"
        raise OperatorFault(f"{path}: expected UTF-8 text, came {came}; save the file as UTF-8") from problem


def read_bytes(path: Path, cap_bytes: int) -> bytes:
    """Return a file whole; refuse one above the cap without holding it."""
    with open_input(path) as file:
        try:
            data = file.read(cap_bytes + 1)
        except OSError as problem:
            raise _unreadable(path, problem) from problem
    if len(data) > cap_bytes:
        raise OperatorFault(f"{path}: expected at most {cap_bytes} bytes, came more; is it the right file?")
    return data


def open_input(path: Path) -> BinaryIO:
    """Open a file for reading bytes; the caller closes it."""
    try:
        return path.open("rb")
    except OSError as problem:
        raise _unreadable(path, problem) from problem


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole, over an older one."""
    write_lines(path, (data,))


def write_lines(path: Path, lines: Iterable[bytes]) -> int:
    """Write lines (each with its own line end) as they come, over an older file; return how many."""
    with LineFile(path) as file:
        for line in lines:
            file.write(line)
    return file.lines


class LineFile:
    """A file that is written line by line while something runs, over an older one. Use it in a ``with`` block."""

    def __init__(self, path: Path) -> None:
        self.lines = 0
        self._path = path
        try:
            self._file = path.open("wb")
        except OSError as problem:
            raise _unwritable(path, problem) from problem

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, line: bytes) -> None:
        """Write a line; it brings its own line end."""
        try:
            self._file.write(line)
        except OSError as problem:
            raise _unwritable(self._path, problem) from problem
        self.lines += 1

    def close(self) -> None:
        """Write out what is buffered and close."""
        try:
            self._file.close()
        except OSError as problem:
            raise _unwritable(self._path, problem) from problem


def make_folder(path: Path) -> None:
    """Make a folder and those above it, unless it is there."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise OperatorFault(f"{path}: expected a folder for the output, came: {_reason(problem)}; choose another with --out") from problem


def _unreadable(path: Path, problem: OSError) -> OperatorFault:
    return OperatorFault(f"{path}: expected a file that can be read, came: {_reason(problem)}; check the path and its permissions")


def _unwritable(path: Path, problem: OSError) -> OperatorFault:
    return OperatorFault(f"{path}: expected a file that can be written, came: {_reason(problem)}; check folder, permissions and space")


def _reason(problem: OSError) -> str:
    """Return the system's words without its number and the path a second time."""
    return (problem.strerror or str(problem)).lower()
