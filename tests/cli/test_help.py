"""``tocsin --help`` answers at once and names every command; nothing heavy is imported for it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.tool import Tool
from tocsin import __version__

COMMANDS = ("demo", "run", "replay", "track", "evaluate", "drill", "warmup", "policy")
HEAVY = ("numba", "numpy", "msgspec", "cryptography", "rich.progress", "asyncio")


def test_help_imports_nothing_heavy() -> None:
    """The budget is 0.25 s; what would break it is an import, and that can be tested without a clock."""
    code = (
        "import sys\n"
        "from tocsin.cli.main import main\n"
        "sys.argv = ['tocsin', '--help']\n"
        "try:\n"
        "    main()\n"
        "except SystemExit:\n"
        f"    print('LOADED', [name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "LOADED []"


def test_help_names_every_command_and_says_that_it_is_warning_only(tocsin: Tool) -> None:
    done = tocsin("--help")
    assert done.code == 0
    assert "missile WARNING only" in done.out
    listed = {line.split()[0] for line in done.out.splitlines() if line.startswith("  ") and line.split()}
    assert set(COMMANDS) <= listed


@pytest.mark.parametrize("command", [*COMMANDS, "policy explain"])
def test_every_command_has_help_with_what_it_takes(tocsin: Tool, command: str) -> None:
    done = tocsin(*command.split(), "--help")
    assert done.code == 0
    assert done.out.startswith(f"Usage: tocsin {command}")


def test_version_is_the_package_version(tocsin: Tool) -> None:
    assert tocsin("--version").out == f"tocsin {__version__}\n"


def test_the_console_script_and_the_module_are_the_same_command() -> None:
    script = Path(sys.executable).with_name("tocsin")
    calls = [[sys.executable, "-m", "tocsin", "--version"]] + ([[str(script), "--version"]] if script.exists() else [])
    for call in calls:
        done = subprocess.run(call, capture_output=True, text=True, check=True, timeout=60)
        assert done.stdout == f"tocsin {__version__}\n"


def test_an_unknown_command_is_a_matter_of_usage(tocsin: Tool) -> None:
    done = tocsin("launch")
    assert done.code == 2
    assert "No such command" in done.err
