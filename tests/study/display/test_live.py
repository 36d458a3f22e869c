"""What a running sweep prints."""

import logging
import sys
from collections.abc import Callable

import pytest
from rich.console import Console
from rich.live import Live

from scaling_lab.store.leases import LeaseState
from scaling_lab.store.schema import Result
from scaling_lab.study.display import live
from scaling_lab.study.display.live import LineDisplay, LiveDisplay, open_display
from scaling_lab.study.display.logs import configure_logging
from scaling_lab.study.display.progress import Progress
from scaling_lab.study.plan import Study, plan_study
from scaling_lab.study.resolve_question import QuestionSpec

MakeResult = Callable[..., Result]


@pytest.fixture
def study(make_spec: Callable[..., QuestionSpec]) -> Study:
    return plan_study("s", (), [make_spec(seed=seed) for seed in range(2)])


def progress_of(study: Study) -> Progress:
    labels = {key: planned.label for key, planned in study.points.items()}
    return Progress(labels, list(study.points), {}, workers=2)


def test_plain_lines_without_a_terminal(
    study: Study, make_result: MakeResult, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(live, "INTERVAL", 0.0)
    first, second = study.points
    with open_display(progress_of(study)) as display:
        assert type(display) is LineDisplay
        for key in (first, second):
            display.point_started(key)
        display.update({first: LeaseState(first, 1, 0.0, True, progress={"epoch": 1.0, "epochs": 5.0})})
        display.point_finished(first, make_result(study.points[first]))
        display.point_deferred(second, "killed")
        display.point_started(second)
        display.stopping()
    running, finished, deferred, stopping = capsys.readouterr().out.splitlines()
    assert running.startswith("0 done, 0 failed, 2 running, 0 waiting: ")
    assert "mobilenet_v1_small baseline seed 0, epoch 1.0 of 5; mobilenet_v1_small baseline seed 1, " in running
    assert finished.startswith("[1/2] mobilenet_v1_small baseline seed 0: 75.0 %")
    assert ", 48 s; 1 " in finished
    assert deferred == "mobilenet_v1_small baseline seed 1: killed"
    assert "checkpoint" in stopping


def test_frequent_updates_do_not_fill_a_log(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    display = LineDisplay(progress_of(study))
    for _ in range(100):
        display.update({})
    assert capsys.readouterr().out == ""


def test_a_terminal_shows_running_points_below_finished_ones(study: Study, make_result: MakeResult) -> None:
    first, second = study.points
    console = Console(force_terminal=True, width=120, record=True, file=sys.stderr)
    with Live(console=console, auto_refresh=False) as moving:
        display = LiveDisplay(progress_of(study), moving)
        display.point_started(second)
        display.point_finished(first, make_result(study.points[first]))
        display.update(
            {second: LeaseState(second, 1, 0.0, True, progress={"epoch": 1.0, "epochs": 5.0, "accuracy": 0.5})}
        )
    output = console.export_text()
    assert "[1/2] mobilenet_v1_small baseline seed 0: 75.0 %" in output
    last = output.rpartition("[1/2]")[2]
    assert "baseline seed 1  epoch 1.0 of 5, 50.0 %" in last
    assert "1 done, 0 failed, 1 running, 0 waiting" in last


def test_logs_go_to_stderr_with_their_level(capsys: pytest.CaptureFixture[str]) -> None:
    logger, handlers = logging.getLogger("scaling_lab"), list(logging.getLogger("scaling_lab").handlers)
    level = logger.level
    try:
        for _ in range(2):
            configure_logging()
        logging.getLogger("scaling_lab.x").warning("careful")
        logging.getLogger("scaling_lab.x").info("hello")
        logging.getLogger("scaling_lab.x").debug("unseen")
    finally:
        logger.handlers = handlers
        logger.setLevel(level)
    output = capsys.readouterr()
    assert output.err.splitlines() == ["warning: careful", "hello"]
    assert output.out == ""
