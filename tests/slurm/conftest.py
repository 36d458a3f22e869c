"""A real Slurm, of one node, as `make test-slurm` starts it."""

import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.surviving.conftest import Study, study, undisturbed

__all__ = ["Study", "study", "undisturbed"]
PATIENCE = 200.0  # seconds


def command(*words: str) -> str:
    """What a command of Slurm's says."""
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout  # noqa: S603


def jobs() -> list[str]:
    """Those that wait or run."""
    return command("squeue", "--noheader", "--array", "--format=%i").split()


def processes(study: Study) -> list[str]:
    """The processes of jobs of this study, by number, that are there."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            said = (place / "cmdline").read_text()
            if "submitit" in said and str(study.folder) in said:
                found.append(place.name)
    return found


def wait(done: Callable[[], bool], study: Study) -> None:
    """Until it is so; what was requeued is not left to wait for two minutes, as Slurm does."""
    until = monotonic() + PATIENCE
    while not done():
        for job in jobs():
            subprocess.run(["scontrol", "update", f"JobId={job}", "StartTime=now"], capture_output=True, check=False)  # noqa: S603, S607
        assert monotonic() < until, "\n".join(path.read_text() for path in study.results.glob("slurm/*.out"))
        sleep(0.5)


@pytest.fixture(autouse=True)
def cluster() -> object:
    """Skips where there is none; leaves no job behind."""
    if shutil.which("sinfo") is None or "idle" not in command("sinfo", "--noheader", "--format=%t"):
        pytest.skip("no Slurm with an idle node; make test-slurm starts one")
    yield
    subprocess.run(["scancel", *jobs()], check=False)  # noqa: S603, S607
