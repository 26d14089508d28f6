"""A bad place in an input file, as a value: where, what was expected, what came, what to do."""

from typing import Final

import msgspec

CAME_CAP: Final = 60  # characters of the offending value that are repeated


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One refused line, or one warning about a file. ``reason`` is stable and kebab-case; counts go by it."""

    file: str
    line: int  # from 1, header and empty lines included
    field: str  # "" where it concerns the whole line
    reason: str
    expected: str
    came: str
    todo: str


class BadInput(Exception):
    """What a check found wrong, before file and line are known. It never leaves the formats: readers turn it into a Problem."""

    def __init__(self, reason: str, field: str, expected: str, came: str, todo: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field
        self.expected = expected
        self.came = came
        self.todo = todo


def problem_text(problem: Problem) -> str:
    """Return the one clear line."""
    where = f", field {problem.field}" if problem.field else ""
    return f"{problem.file} line {problem.line}{where}: expected {problem.expected}, came {problem.came}; {problem.todo}"


def shown(value: object) -> str:
    """Return a value safe to print: escaped, on one line, cut to ``CAME_CAP`` characters."""
    try:
        text = ascii(value)
    except (ValueError, RecursionError):  # integers of thousands of digits, lists in lists in lists
        return f"a {type(value).__name__} too large to show"
    return text if len(text) <= CAME_CAP else text[: CAME_CAP - 3] + "..."
