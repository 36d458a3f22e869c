"""Several sweeps of one study in one folder: every point is recorded once, and trained once."""

import json
import os
import re
import signal
from contextlib import suppress
from pathlib import Path
from subprocess import Popen
from time import monotonic, sleep

import pytest

from tests.faults.conftest import POINTS, Study, same


def outcomes(log: str) -> tuple[int, int]:
    """Return how many lines report a point that was trained by this sweep, and how many one of another."""
    lines = re.findall(r"^\[\d+/\d+\] .*held-out.*$", log, flags=re.MULTILINE)
    elsewhere = sum("trained by another process" in line for line in lines)
    return len(lines) - elsewhere, elsewhere


@pytest.mark.slow
@pytest.mark.parametrize("sweeps", [2, 8])
def test_sweeps_share_the_points(sweeps: int, undisturbed: Study, study: Study) -> None:
    running = [study.start("workers=1") for _ in range(sweeps)]
    message = study.log
    assert [sweep.wait(timeout=500) for sweep in running] == [0] * sweeps, message.read_text()
    trained, _ = outcomes(message.read_text())
    assert trained == POINTS
    assert len(list(study.results.glob("points/*"))) == POINTS
    same(study, undisturbed)


def holder(study: Study, sweep: Popen[str]) -> int:
    """The process that trains a point, once there is one that has begun."""
    until = monotonic() + 60
    while monotonic() < until and sweep.poll() is None:
        for path in study.results.glob("claims/*.*"):
            message = json.loads(path.read_text() or "{}")
            if message.get("progress"):
                return int(message["holder"]["pid"])
        sleep(0.05)
    raise AssertionError(study.log.read_text())


@pytest.mark.slow
def test_a_holder_that_falls_silent_is_replaced_and_records_nothing_twice(undisturbed: Study, study: Study) -> None:
    """A worker that is held up for longer than its lease goes on after another has trained its point."""
    lease = "lease_seconds=2"
    first = study.start("workers=1", lease)
    silent = holder(study, first)
    os.kill(silent, signal.SIGSTOP)
    try:
        second = study.start("workers=1", lease)
        deadline = monotonic() + 200
        while study.done() < POINTS and monotonic() < deadline:
            sleep(0.1)
        assert study.done() == POINTS, study.log.read_text()
    finally:
        with suppress(ProcessLookupError):  # on a slow machine its sweep has replaced it
            os.kill(silent, signal.SIGCONT)
    assert [sweep.wait(timeout=200) for sweep in (first, second)] == [0, 0], study.log.read_text()
    assert len(list(study.results.glob("points/*"))) == POINTS
    same(study, undisturbed)


@pytest.mark.slow
def test_what_is_edited_while_a_sweep_runs_changes_no_point(undisturbed: Study, study: Study, tmp_path: Path) -> None:
    """Recipe, family and training loop are broken in a copy of the project once its first point is under way."""
    import shutil

    from tests.faults.conftest import ROOT

    copy = tmp_path / "copy"
    for name in ("conf", "scaling_lab", "hydra_plugins"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "run_sweep.py", copy)
    sweep = study.start("workers=1", root=copy)
    holder(study, sweep)
    (copy / "conf/recipe/short.yaml").write_text("_target_: scaling_lab.config.recipe.Recipe\nlr: 99\n")
    (copy / "conf/config.yaml").write_text("broken: [")
    for name in (
        "networks/families/mobilenet_v1.py",
        "training/loop.py",
        "study/executors/worker.py",
        "config/recipe.py",
    ):
        (copy / "scaling_lab" / name).write_text("raise RuntimeError('edited')\n")
    assert sweep.wait(timeout=300) == 0, study.log.read_text()
    same(study, undisturbed)
