"""Progress of planning on stderr."""

from collections.abc import Iterator
from threading import Event

import pytest

from scaling_lab.study.display import planning
from scaling_lab.study.display.planning import track


def test_what_is_quick_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(track(range(5), "fitting networks", 5)) == [0, 1, 2, 3, 4]
    assert capsys.readouterr() == ("", "")


def test_what_takes_longer_is_counted_also_while_it_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "QUIET_SECONDS", 0.01)
    monkeypatch.setattr(planning, "LINE_SECONDS", 0.01)
    lines, shown = list[str](), Event()

    def take(line: str) -> None:
        lines.append(line)
        shown.set()

    def slow() -> Iterator[int]:
        for number in range(3):
            shown.clear()
            assert shown.wait(30)
            yield number

    monkeypatch.setattr(planning, "_print_line", take)
    assert list(track(slow(), "fitting networks", 5)) == [0, 1, 2]
    assert lines[0] == "fitting networks: 0 of 5"
    assert "fitting networks: 2 of 5" in lines
