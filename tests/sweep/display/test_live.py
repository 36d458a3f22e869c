"""What a sweep prints as it runs."""

import sys
from collections.abc import Callable

import pytest
from rich.console import Console
from rich.live import Live

from scaling_lab.store.leases import LeaseState
from scaling_lab.store.schema import Result
from scaling_lab.sweep.display import live
from scaling_lab.sweep.display.live import Lines, Screen, shown
from scaling_lab.sweep.display.progress import Progress
from scaling_lab.sweep.plan import QuestionSpec, Study, plan_study, point_labels

MakeResult = Callable[..., Result]


@pytest.fixture
def two(make_ask: Callable[..., QuestionSpec]) -> Study:
    return plan_study("s", (), [make_ask(seed=seed) for seed in range(2)])


def test_lines_where_there_is_no_terminal(
    two: Study, make_result: MakeResult, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(live, "EVERY", 0.0)
    first, second = two.points
    with shown(Progress(point_labels(two), [first, second], {}, workers=2)) as lines:
        assert type(lines) is Lines
        for key in (first, second):
            lines.began(key)
        lines.look({first: LeaseState(first, 1, 0.0, True, progress={"epoch": 1.0, "epochs": 5.0})})
        lines.done(first, make_result(two.points[first]))
        lines.waits(second, "killed")
        lines.began(second)
        lines.stopping()
    assert capsys.readouterr().out.splitlines() == [
        "0 done, 0 failed, 2 running, 0 waiting: mobilenet_v1_small baseline seed 0, epoch 1.0 of 5; "
        "mobilenet_v1_small baseline seed 1, starting",
        "[1/2] mobilenet_v1_small baseline seed 0: 75.0 % held-out, 48 s; 1 left",
        "mobilenet_v1_small baseline seed 1: killed",
        "stopping after the steps under way, with a checkpoint",
    ]


def test_a_log_is_not_filled_with_what_runs(two: Study, capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(Progress(point_labels(two), list(two.points), {}, workers=2))
    for _ in range(100):
        lines.look({})
    assert capsys.readouterr().out == ""


def test_a_terminal_shows_what_runs_below_what_ended(two: Study, make_result: MakeResult) -> None:
    first, second = two.points
    console = Console(force_terminal=True, width=120, record=True, file=sys.stderr)
    with Live(console=console, auto_refresh=False) as moving:
        screen = Screen(Progress(point_labels(two), [first, second], {}, workers=2), moving)
        screen.began(second)
        screen.done(first, make_result(two.points[first]))
        screen.look({second: LeaseState(second, 1, 0.0, True, progress={"epoch": 1.0, "epochs": 5.0, "accuracy": 0.5})})
    said = console.export_text()
    assert "[1/2] mobilenet_v1_small baseline seed 0: 75.0 % held-out" in said
    last = said.rpartition("[1/2]")[2]
    assert "baseline seed 1  epoch 1.0 of 5, 50.0 % of training pictures right" in last
    assert "1 done, 0 failed, 1 running, 0 waiting" in last
