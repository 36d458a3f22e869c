"""Command lines that are mistakes."""

from collections.abc import Callable

import pytest

from scaling_lab.cli import main


@pytest.fixture
def error_of(capsys: pytest.CaptureFixture[str]) -> Callable[[str], str]:
    """Run a command line that is a mistake and return its error: one line, with exit status 2 and no output."""

    def run(line: str) -> str:
        assert main(line.split()) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.startswith("error: ")
        assert captured.err.count("\n") == 1
        return captured.err

    return run
