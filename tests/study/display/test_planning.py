"""Progress of planning on stderr."""

import pytest

from scaling_lab.study.display import planning
from scaling_lab.study.display.planning import track


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock."""
    clock = [100.0]
    monkeypatch.setattr(planning, "monotonic", lambda: clock[0])
    return clock


def test_what_is_quick_says_nothing(seconds: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    assert list(track(range(5), "fitting networks", 5)) == [0, 1, 2, 3, 4]
    assert seconds == [100.0]
    assert capsys.readouterr() == ("", "")


def test_what_takes_longer_is_counted_now_and_then(seconds: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    for _ in track(range(5), "fitting networks", 5):
        seconds[0] += 4.0
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == ["fitting networks: 1 of 5", "fitting networks: 4 of 5"]
