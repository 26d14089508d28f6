"""Fixtures of the command tests."""

import pytest

from tests.cli.tool import Tool


@pytest.fixture
def tocsin(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tool:
    return Tool(monkeypatch, capsys)
