"""All checks in one command: `make check`. Each one runs even if an earlier one failed; a table at the end says how it went.

`--fix` formats and repairs what ruff can, and stops there. Other arguments go to pytest.
"""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

CHECKS: dict[str, list[str]] = {
    "ruff check": ["ruff", "check"],
    "ruff format": ["ruff", "format", "--check"],
    "mypy --strict": ["mypy"],
    "layers": ["lint-imports", "--no-logo"],
    "fast tests": ["pytest", "-q", "-m", "not slow"],
    "doctests": ["pytest", "-q", "tests/architecture/test_doctests.py"],
}
FIXES: list[list[str]] = [["ruff", "check", "--fix", "--exit-zero"], ["ruff", "format"]]
TAKES_ARGUMENTS = "fast tests"


def main(arguments: list[str]) -> int:
    """Run the checks, or the fixes, and return the exit code."""
    if arguments == ["--fix"]:
        return max(run(command)[0] for command in FIXES)
    rows = []
    for name, command in CHECKS.items():
        print(f"--- {name}", flush=True)
        code, seconds = run(command + arguments if name == TAKES_ARGUMENTS else command)
        rows.append((name, "ok" if code == 0 else f"FAILED (exit code {code})", seconds))
    print()
    for name, outcome, seconds in rows:
        print(f"{name:<14} {seconds:6.1f} s  {outcome}")
    return int(any(outcome != "ok" for _, outcome, _ in rows))


def run(command: list[str]) -> tuple[int, float]:
    """Run one program of this environment and return its exit code and how long it took."""
    program, *rest = command
    start = time.monotonic()
    done = subprocess.run([str(BIN / program), *rest], cwd=ROOT, check=False, stdin=subprocess.DEVNULL)
    return done.returncode, time.monotonic() - start


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
