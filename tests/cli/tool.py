"""Run the ``tocsin`` command inside this process, as the console script does: same entry point, same exit codes, same streams."""

import io
import sys
from dataclasses import dataclass

import pytest

from tocsin.cli.main import main


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


class Tool:
    """Calls ``tocsin``; an exception that is no exit is a traceback for the user, and fails the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: object, stdin: bytes = b"") -> Done:
        self._capsys.readouterr()
        with self._monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["tocsin", *(str(argument) for argument in arguments)])
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
            try:
                main()
                code: object = 0
            except SystemExit as end:
                code = end.code or 0
        streams = self._capsys.readouterr()
        assert isinstance(code, int)
        return Done(code, streams.out, streams.err)
