"""The repository's own papers: code map, lock files, sizes, decisions, and tests that can fail."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.source_tree import ROOT, TESTS, parts, place, sources, tree_of

LONGEST_FUNCTION_LINES = 70  # our rule; about 40 is usual
LONGEST_MODULE_LINES = 500
LOCKS = ("runtime", "test", "bench")
EXPECTING = frozenset({"raises", "warns", "fail", "run_state_machine_as_test"})
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


def test_the_code_map_of_architecture_md_names_every_package_and_nothing_else() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    code_map = text.split("## Code map")[1].split("\n## ")[0]
    named = re.findall(r"^\| `([a-z_]+?)/?(?:\.py)?` \|", code_map, re.MULTILINE)
    assert sorted(named) == sorted([*parts(), "data"])


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_names_no_index_host_and_no_path(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    assert re.findall(r".*(?:://|--index|--extra|--find-links|--trusted|(?m:^)-|\s@\s|file:|(?m:^)\s*/).*", text) == []


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_is_pinned_and_hashed(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) > 10
    right = re.compile(r"[a-z0-9-]+==[^\s;]+( ; [^\\]+)? \\(\n    --hash=sha256:[0-9a-f]{64}( \\)?)+")
    wrong = [entry.split("\n")[0] for entry in entries if not right.fullmatch(entry)]
    assert wrong == []


def test_the_test_lock_contains_the_run_time_lock() -> None:
    texts = {name: (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8") for name in LOCKS}
    pins = {name: set(re.findall(r"^\S+==\S+", text, re.MULTILINE)) for name, text in texts.items()}
    assert pins["runtime"] <= pins["test"]


def test_no_function_is_longer_than_seventy_lines() -> None:
    long = [
        f"{place(path, node)} {node.name}: {node.end_lineno - node.lineno + 1}"
        for path in sources(*parts())
        for node in ast.walk(tree_of(path))
        if isinstance(node, FUNCTION) and node.end_lineno is not None and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION_LINES
    ]
    assert long == []


def test_no_module_is_longer_than_five_hundred_lines() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in sources(*parts())}
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE_LINES} == {}


def test_every_module_says_what_lives_in_it() -> None:
    modules = [path for path in sources(*parts()) if path.name != "__init__.py"]
    silent = [str(path.relative_to(ROOT)) for path in modules if not ast.get_docstring(tree_of(path))]
    assert silent == []


def test_decision_records_are_numbered_without_gaps_and_have_four_parts() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    for path in records:
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Context", "Decision", "Cost", "What would change our mind"], path.name


def test_every_dependency_has_a_decision_record() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    match = re.search(r"^dependencies = \[(.*?)\]", project, re.MULTILINE | re.DOTALL)
    assert match
    records = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs" / "decisions").glob("*.md")))
    wanted = re.findall(r'"([a-zA-Z0-9-]+)', match[1])
    assert "numpy" in wanted
    assert [name for name in wanted if f"**{name}**" not in records] == []


def test_every_test_can_fail() -> None:
    empty = [
        f"{place(path, node)} {node.name}"
        for path in sorted(TESTS.rglob("test_*.py"))
        for node in ast.walk(tree_of(path))
        if isinstance(node, FUNCTION) and node.name.startswith("test_") and not can_fail(node, helpers_that_can_fail(path))
    ]
    assert empty == []


def helpers_that_can_fail(path: Path) -> frozenset[str]:
    """Return the functions of a file that assert something themselves."""
    return frozenset(node.name for node in ast.walk(tree_of(path)) if isinstance(node, FUNCTION) and can_fail(node, frozenset()))


def can_fail(function: ast.FunctionDef | ast.AsyncFunctionDef, helpers: frozenset[str]) -> bool:
    """Return whether a function asserts, expects an error, or calls something that does."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in helpers | EXPECTING or name.startswith(("assert_", "check_", "expect_", "verify_")):
                return True
    return False
