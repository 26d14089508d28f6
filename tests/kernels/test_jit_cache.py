"""The kernel cache: compiled code is never older than any source it was made from, and no cache is no failure."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from tests.architecture.source_tree import PACKAGE, imported, sources, tree_of
from tocsin.kernels.jit import cache_base, kernel_hash, kernel_sources, open_cache

INNER = "from tocsin.kernels.jit import kernel\n\n\n@kernel\ndef inner(x: float) -> float:\n    return {factor} * x\n"
OUTER = """
from tocsin.kernels.inner import inner
from tocsin.kernels.jit import CACHE_PROBLEM, kernel


@kernel
def outer(x: float) -> float:
    return inner(x) + 1.0


if __name__ == "__main__":
    print(outer(10.0), "hits", sum(outer.stats.cache_hits.values()), CACHE_PROBLEM)
"""


def python_files() -> list[Path]:
    return [path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts]


def has_kernels(path: Path) -> bool:
    decorators = (d for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef) for d in node.decorator_list)
    return any(isinstance(decorator, ast.Name) and decorator.id == "kernel" for decorator in decorators)


def test_every_file_with_kernels_is_among_those_that_the_cache_is_keyed_by() -> None:
    keyed = kernel_sources(PACKAGE)
    with_kernels = [path for path in python_files() if has_kernels(path)]
    assert len(with_kernels) >= 5
    assert [str(path.relative_to(PACKAGE)) for path in with_kernels if path not in keyed] == []


def test_kernels_take_functions_and_constants_only_from_files_that_the_cache_is_keyed_by() -> None:
    keyed = {".".join(("tocsin", *path.relative_to(PACKAGE).with_suffix("").parts)) for path in kernel_sources(PACKAGE)}
    found = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in sources("kernels") + [path for path in python_files() if path.name.endswith("_kernels.py")]
        for name, _ in imported(path)
        if name.split(".")[0] == "tocsin" and name not in keyed
    ]
    assert found == []


def copied(folder: Path) -> Path:
    """Return a copy of the package's kernel sources."""
    for path in kernel_sources(PACKAGE):
        target = folder / path.relative_to(PACKAGE)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return folder


def test_an_edit_of_any_kernel_source_changes_the_hash_and_an_edit_elsewhere_does_not(tmp_path: Path) -> None:
    package = copied(tmp_path / "tocsin")
    before = kernel_hash(package)
    assert before == kernel_hash(PACKAGE)
    (package / "errors.py").write_text("# not a kernel\n")
    assert kernel_hash(package) == before
    seen = {before}
    for path in kernel_sources(package):
        path.write_text(path.read_text() + "# edited\n")
        seen.add(kernel_hash(package))
    assert len(seen) == 1 + len(kernel_sources(package))


def test_a_renamed_kernel_file_changes_the_hash(tmp_path: Path) -> None:
    package = copied(tmp_path / "tocsin")
    before = kernel_hash(package)
    (package / "kernels" / "gravity.py").rename(package / "kernels" / "gravitation.py")
    assert kernel_hash(package) != before


def test_the_cache_goes_where_tocsin_then_numba_then_the_user_keeps_caches() -> None:
    everything = {"TOCSIN_CACHE_DIR": "/a", "NUMBA_CACHE_DIR": "/b", "XDG_CACHE_HOME": "/c"}
    assert cache_base(everything) == Path("/a")
    assert cache_base({**everything, "TOCSIN_CACHE_DIR": ""}) == Path("/b")
    assert cache_base({"XDG_CACHE_HOME": "/c"}) == Path("/c/tocsin")
    assert cache_base({"XDG_CACHE_HOME": "not/absolute"}) == cache_base({})  # as the XDG specification says
    assert cache_base({}) == Path(os.path.expanduser("~/.cache/tocsin"))  # noqa: PTH111
    assert cache_base({"TOCSIN_CACHE_DIR": "here"}) == Path.cwd() / "here"


def test_the_cache_folder_is_made_and_carries_the_hash(tmp_path: Path) -> None:
    folder, problem = open_cache(PACKAGE, {"TOCSIN_CACHE_DIR": str(tmp_path / "new" / "cache")})
    assert problem == ""
    assert folder == tmp_path / "new" / "cache" / f"tocsin-kernels-{kernel_hash(PACKAGE)}"
    assert folder.is_dir()


def test_without_a_writable_folder_there_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    folder, problem = open_cache(PACKAGE, {"TOCSIN_CACHE_DIR": str(tmp_path / "file" / "cache")})
    assert folder is None
    assert "\n" not in problem
    assert str(tmp_path / "file" / "cache") in problem
    assert "not a directory" in problem
    assert "set TOCSIN_CACHE_DIR to a writable folder" in problem


def test_other_users_of_numba_keep_their_cache_folder() -> None:
    assert "tocsin-kernels" not in numba.config.CACHE_DIR


def run_outer(folder: Path, cache: Path) -> str:
    """Run the little package's outer kernel in a process of its own and return what it printed."""
    env = {**os.environ, "PYTHONPATH": str(folder), "TOCSIN_CACHE_DIR": str(cache), "TOCSIN_JIT": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tocsin.kernels.outer"], env=env, cwd=folder, capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout.strip()


def little_package(folder: Path) -> Path:
    """Return the folder of a package named tocsin with this package's decorator and two kernels, one calling the other."""
    kernels = folder / "tocsin" / "kernels"
    kernels.mkdir(parents=True)
    for empty in (folder / "tocsin" / "__init__.py", folder / "tocsin" / "units.py", kernels / "__init__.py"):
        empty.write_text("")
    shutil.copy(PACKAGE / "kernels" / "jit.py", kernels)
    (kernels / "inner.py").write_text(INNER.format(factor="2.0"))
    (kernels / "outer.py").write_text(OUTER)
    return folder


@pytest.mark.slow
def test_after_an_edit_of_the_inner_kernel_the_outer_one_in_another_file_is_compiled_anew(tmp_path: Path) -> None:
    """The bug that this cache is about: Numba alone would go on printing 21.0."""
    folder = little_package(tmp_path)
    assert run_outer(folder, tmp_path / "cache") == "21.0 hits 0"
    assert run_outer(folder, tmp_path / "cache") == "21.0 hits 1"
    (folder / "tocsin" / "kernels" / "inner.py").write_text(INNER.format(factor="3.0"))
    assert run_outer(folder, tmp_path / "cache") == "31.0 hits 0"


@pytest.mark.slow
def test_without_a_writable_folder_kernels_run_compiled_in_memory(tmp_path: Path) -> None:
    folder = little_package(tmp_path)
    (tmp_path / "file").write_text("in the way")
    printed = run_outer(folder, tmp_path / "file" / "cache")
    assert printed.startswith("21.0 hits 0 kernel cache: expected a folder that can be written")
    assert list(folder.rglob("*.nbc")) == []
