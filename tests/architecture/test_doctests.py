"""The examples in docstrings run."""

import doctest
import importlib
from pathlib import Path

import pytest

from tests.architecture.source_tree import PACKAGE, parts, sources

WITH_EXAMPLES = [path for path in sources(*parts()) if ">>>" in path.read_text(encoding="utf-8")]


def module_name(path: Path) -> str:
    """Return the dotted name of a source file."""
    names = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(names[:-1] if names[-1] == "__init__" else names)


@pytest.mark.slow
@pytest.mark.parametrize("name", [module_name(path) for path in WITH_EXAMPLES])
def test_the_examples_of_a_module_give_what_they_say(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0, "doctest found no example although the file has one"
    assert result.failed == 0
