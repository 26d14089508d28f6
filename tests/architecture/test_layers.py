"""The layers of ARCHITECTURE.md, held by import-linter, and what import-linter cannot see."""

import ast
import subprocess
import sys
import tomllib

import pytest

from tests.architecture.source_tree import ROOT, imported, parts, place, sources

GUARD_MAY_IMPORT = frozenset({"msgspec", "cryptography"})
GUARD_MAY_IMPORT_OF_US = frozenset({"tocsin.units", "tocsin.errors", "tocsin.guard"})


@pytest.mark.slow
def test_import_linter_keeps_every_contract() -> None:
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run([sys.executable, "-c", program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 broken" in done.stdout


def test_the_layer_list_names_every_package_once() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = next(contract for contract in settings["tool"]["importlinter"]["contracts"] if contract["id"] == "layers")
    named = [name.strip() for layer in contract["layers"] for name in layer.split("|")]
    assert sorted(named) == parts()


def test_the_guard_imports_only_units_errors_the_standard_library_msgspec_and_cryptography() -> None:
    strangers = []
    for path in sources("guard"):
        for name, node in imported(path):
            top = name.split(".")[0]
            ours = any(name == allowed or name.startswith(f"{allowed}.") for allowed in GUARD_MAY_IMPORT_OF_US)
            if not (ours or top in GUARD_MAY_IMPORT or top in sys.stdlib_module_names):
                strangers.append(f"{place(path, node)} imports {name}")
    assert strangers == []


def test_the_guard_uses_cryptography_for_ed25519_only() -> None:
    primitives = "cryptography.hazmat.primitives"
    allowed = {"cryptography.exceptions", primitives, f"{primitives}.serialization", f"{primitives}.asymmetric.ed25519"}
    used = [(name, place(path, node)) for path in sources("guard") for name, node in imported(path) if name.startswith("cryptography")]
    assert [f"{where} {name}" for name, where in used if name not in allowed] == []


def test_no_module_imports_relatively() -> None:
    wrong = [
        place(path, node)
        for path in sources(*parts())
        for name, node in imported(path)
        if name == "." or (isinstance(node, ast.ImportFrom) and node.level > 0)
    ]
    assert wrong == []
