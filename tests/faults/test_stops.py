"""A sweep that is asked to stop, by whatever way, keeps what was trained; one that nobody listens to goes on."""

import json
import os
import signal
import subprocess
import sys
from time import monotonic, sleep

import pytest

from tests.faults.conftest import ROOT, Study, same

LONG = ("recipe.epochs=30", "checkpoint_minutes=1000", "workers=2")
pytestmark = pytest.mark.slow


def under_way(study: Study) -> None:
    """Until two points have reported their progress."""
    until = monotonic() + 60
    while monotonic() < until:
        message = [path.read_text() for path in study.results.glob("claims/*.*") if not path.name.startswith(".")]
        if sum('"steps"' in claim for claim in message) == 2:
            return
        sleep(0.05)
    raise AssertionError(study.log.read_text())


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The longer study, undisturbed."""
    study = Study(tmp_path_factory.mktemp("whole"))
    assert study.run(*LONG) == 0, study.log.read_text()
    return study


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_what_was_trained_is_kept(number: signal.Signals, uninterrupted: Study, study: Study) -> None:
    """Ctrl-C and a closed terminal reach every process of the sweep, and workers hear the parent as well."""
    sweep = study.start(*LONG)
    under_way(study)
    os.killpg(sweep.pid, number)
    assert sweep.wait(timeout=60) == 130, study.log.read_text()
    message = study.log.read_text()
    assert "Traceback" not in message
    assert "run the same command again" in message
    assert not list(study.results.glob("claims/*"))
    checkpointed = {path.name.split(".")[0] for path in study.results.glob("checkpoints/*")}
    assert checkpointed
    assert study.run(*LONG) == 0, study.log.read_text()
    same(study, uninterrupted)
    results = [json.loads(path.read_text()) for path in study.results.glob("points/*")]
    assert {result["key"] for result in results if result["provenance"]["resumed"]} == checkpointed
    assert not list(study.results.glob("checkpoints/*"))


def started(study: Study, *before: str, **streams: object) -> subprocess.Popen[bytes]:
    command = [*before, sys.executable, str(ROOT / "run_sweep.py"), *study.overrides, *LONG]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(command, cwd=study.folder, env=environment, start_new_session=True, **streams)  # type: ignore[call-overload,no-any-return]  # noqa: S603


def test_nohup_outlives_the_terminal(uninterrupted: Study, study: Study) -> None:
    with study.log.open("w") as log:
        sweep = started(study, "nohup", stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    under_way(study)
    os.killpg(sweep.pid, signal.SIGHUP)
    assert sweep.wait(timeout=200) == 0, study.log.read_text()
    same(study, uninterrupted)


@pytest.mark.parametrize("stopped", [False, True])
def test_one_that_nobody_reads_goes_on(stopped: bool, uninterrupted: Study, study: Study) -> None:
    """As `run_sweep.py | head`, and as `| tee` that Ctrl-C ends first."""
    sweep = started(study, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    under_way(study)
    assert sweep.stdout
    assert sweep.stderr
    sweep.stdout.close()
    if stopped:
        os.killpg(sweep.pid, signal.SIGINT)
    assert sweep.wait(timeout=200) == (130 if stopped else 0)
    with sweep.stderr as message:
        assert b"Traceback" not in message.read()
    if stopped:
        assert list(study.results.glob("checkpoints/*"))
        assert not list(study.results.glob("claims/*"))
    else:
        same(study, uninterrupted)
