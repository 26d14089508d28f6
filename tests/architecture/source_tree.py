"""What the architecture tests share: where the sources are, which packages lie below the adapters, how a file parses."""

import ast
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = ROOT / "src" / "tocsin"
TESTS: Final = ROOT / "tests"
ABOVE: Final = frozenset({"adapters", "sim", "guard", "evaluation", "api", "cli"})  # these may meet the world, each in its own way
IGNORED: Final = frozenset({"__init__", "__main__", "__pycache__", "py.typed", "data"})


def parts() -> list[str]:
    """Return the names of all packages and modules directly under src/tocsin (data files are not code)."""
    return sorted({path.stem for path in PACKAGE.iterdir() if path.is_dir() or path.suffix == ".py"} - IGNORED)


def sources(*names: str) -> list[Path]:
    """Return the Python files of these packages or modules."""
    folders = [path for name in names for path in sorted((PACKAGE / name).rglob("*.py"))]
    modules = [PACKAGE / f"{name}.py" for name in names if (PACKAGE / f"{name}.py").exists()]
    return folders + modules


def below_adapters() -> list[Path]:
    """Return the Python files that must be free of clocks, sockets, threads and chance."""
    return sources(*(name for name in parts() if name not in ABOVE))


@cache
def tree_of(path: Path) -> ast.Module:
    """Return the parsed file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def place(path: Path, node: ast.AST) -> str:
    """Return `file:line` for a message."""
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def dotted(node: ast.expr) -> str:
    """Return `a.b.c` for a name or attribute chain, and an empty string for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def imported(path: Path) -> list[tuple[str, ast.AST]]:
    """Return every module that a file imports, relative imports not allowed."""
    found: list[tuple[str, ast.AST]] = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found += [(alias.name, node) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append((node.module or ".", node))
    return found
