"""A real Slurm, of one node, as `make test-slurm` starts it."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.faults.conftest import Study, study, undisturbed

__all__ = ["Study", "study", "undisturbed"]
PATIENCE = 600.0  # seconds
IDLE = 60.0  # seconds for a node to come to rest
SETTLED = 10.0  # seconds after its last process, a job is over for its node too


def command(*words: str) -> str:
    """What a command of Slurm's says."""
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout  # noqa: S603


def jobs() -> list[str]:
    """Those that wait or run."""
    return command("squeue", "--noheader", "--array", "--format=%i").split()


def processes(study: Study) -> dict[int, str]:
    """The processes of this study's jobs by number, with the job of each."""
    job_by_process = {}
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            environment = dict(line.partition("=")[::2] for line in (place / "environ").read_text().split("\0"))
            if "SLURM_JOB_ID" in environment and environment.get("PWD") == str(study.folder):
                array, own = environment.get("SLURM_ARRAY_JOB_ID"), environment["SLURM_JOB_ID"]
                job_by_process[int(place.name)] = f"{array}_{environment['SLURM_ARRAY_TASK_ID']}" if array else own
    return job_by_process


def power_off(study: Study) -> None:
    """Nothing of this study's jobs, nor what Slurm watches them with, is left on the node."""
    watching = subprocess.run(["pgrep", "-x", "slurmstepd"], capture_output=True, text=True, check=False).stdout  # noqa: S607
    for pid in [*map(int, watching.split()), *processes(study)]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    while processes(study):
        sleep(0.1)


def wait(done: Callable[[], bool], study: Study) -> None:
    """Until it is so. A job that was requeued is not left to wait for two minutes, as Slurm does, but until a while
    after its processes have ended: sooner, it is a second job of its number for the node, which is then drained."""
    until, alive = monotonic() + PATIENCE, dict.fromkeys(jobs(), monotonic())
    while not done():
        alive |= dict.fromkeys(processes(study).values(), monotonic())
        for job in jobs():
            if monotonic() - alive.setdefault(job, monotonic()) > SETTLED:
                again = ["scontrol", "update", f"JobId={job}", "StartTime=now"]
                subprocess.run(again, capture_output=True, check=False)  # noqa: S603
        assert monotonic() < until, "\n".join(path.read_text() for path in study.results.glob("slurm/*.out"))
        sleep(0.5)


@pytest.fixture(autouse=True)
def cluster() -> object:
    """Fails where there is none, for these tests are asked for by name; leaves no job behind."""
    until = monotonic() + IDLE
    while shutil.which("sinfo") is None or "idle" not in command("sinfo", "--noheader", "--format=%t"):
        if shutil.which("sinfo") is None or monotonic() > until:  # jobs of the test before may just be ending
            pytest.fail("no Slurm with an idle node; make test-slurm starts one")
        sleep(0.5)
    yield
    subprocess.run(["scancel", *jobs()], check=False)  # noqa: S603, S607
