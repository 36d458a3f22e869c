"""Any process of a sweep may be killed at any moment: the study ends in the same bits."""

import os
import random
import signal
from contextlib import suppress
from pathlib import Path
from subprocess import Popen
from time import monotonic, sleep

import pytest

from tests.faults.conftest import POINTS, Study, same

KILLS = 50
LONGEST = 9.0  # seconds to the next kill: a start takes about four, a point two more


def group(leader: int) -> dict[int, str]:
    """The processes of a group and their command lines."""
    processes = {}
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):
            fields = (place / "stat").read_text().rpartition(")")[2].split()
            if int(fields[2]) == leader and fields[0] not in "ZX":
                processes[int(place.name)] = (place / "cmdline").read_text()
    return processes


def kill(sweep: Popen[str], luck: random.Random) -> str:
    """Kills one process of the sweep, or all of them, with -9. Which."""
    processes = group(sweep.pid)
    victims = {"all": list(processes), "parent": [sweep.pid]}
    for kind, word in {"worker": "forkserver", "server": "forkserver", "tracker": "resource_tracker"}.items():
        own = [pid for pid, line in processes.items() if word in line]
        first = min(own, default=0)  # the server of forks is older than what it forks
        chosen = [first] if kind == "server" else own if kind == "tracker" else [pid for pid in own if pid != first]
        if own and chosen:
            victims[kind] = [luck.choice(chosen)]
    which = luck.choice(sorted(victims))
    for pid in victims[which]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return which


@pytest.mark.slow
def test_killed_at_any_moment_and_started_again(undisturbed: Study, tmp_path: Path) -> None:
    """Fifty times, at random moments; a study that is done is followed by a fresh one."""
    luck, kills, studies = random.Random(6), [], []  # noqa: S311
    while len(kills) < KILLS:
        folder = tmp_path / f"{len(studies)}"
        folder.mkdir()
        studies.append(study := Study(folder))
        while study.done() < POINTS and len(kills) < KILLS:
            sweep, until = study.start(), monotonic() + luck.uniform(0, LONGEST)
            while sweep.poll() is None and len(kills) < KILLS:
                if monotonic() >= until:
                    kills.append(kill(sweep, luck))
                    until = monotonic() + luck.uniform(0, LONGEST)
                sleep(0.01)
            for pid in group(sweep.pid):  # what outlives its parent ends by itself; the next start must not need it to
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL) if luck.random() < 0.5 else None
            sweep.wait(timeout=300)
    assert set(kills) >= {"all", "parent", "worker", "server"}
    for study in studies:
        assert study.run() == 0, study.log.read_text()[-3000:]
        same(study, undisturbed)
        assert not list(study.results.glob("claims/*"))
        assert not list(study.results.glob("checkpoints/*"))
        assert "Traceback" not in study.log.read_text()
