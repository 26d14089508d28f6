"""Compiled kernels and the same functions as plain Python give the same bits."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def probe(jit: str) -> list[str]:
    """Run the probe program and return its lines."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.kernels.bit_probe"],
        cwd=ROOT, env={**os.environ, "TOCSIN_JIT": jit}, check=True, capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    return run.stdout.splitlines()


@pytest.mark.slow
def test_every_physics_kernel_gives_the_same_bits_compiled_and_as_plain_python() -> None:
    compiled, plain = probe("1"), probe("0")
    assert len(compiled) > 900
    assert not any("nan" in line for line in compiled)
    assert [pair for pair in zip(compiled, plain, strict=True) if pair[0] != pair[1]] == []
