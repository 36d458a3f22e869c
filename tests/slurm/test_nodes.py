"""One point on the two nodes of a real Slurm: the numbers of one process, and restarts after processes are killed."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from scaling_lab.store.names import parse_failure_name
from scaling_lab.study.executors.node_step import AGENT
from tests.faults.conftest import Study
from tests.slurm.conftest import jobs
from tests.slurm.two_nodes import two_nodes

pytestmark = pytest.mark.slurm
ON_NODES = ("engine=slurm", "engine.nodes_per_point=2", "engine.minutes=30")
POINT = (
    *("name=tiny", "family=module", "trust=true", "rule=width", "times_flops=1", "seed=0"),
    *("recipe.epochs=8", "recipe.warmup_epochs=0", "recipe.batch=300", "checkpoint_minutes=0"),
)
PATIENCE = 600.0  # seconds
# Without batch norm, whose statistics are those of a process, the losses are the same for any number of them.
PLAIN = """from torch import nn


def make(depth, width, resolution=12, classes=10, channels=1):
    wide = round(16 * width)
    return nn.Sequential(
        nn.Conv2d(channels, wide, 3, stride=2, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(wide, classes),
    )
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with two_nodes(tmp_path_factory.mktemp("slurm")):
        yield


@pytest.fixture
def plain(tmp_path: Path) -> Study:
    (tmp_path / "plain.py").write_text(PLAIN)
    return Study(tmp_path, (*POINT, f"family.path={tmp_path / 'plain.py'}"))


def wait(study: Study, done: Callable[[], bool]) -> None:
    until = monotonic() + PATIENCE
    while not done():
        logs = [path.read_text() for path in study.results.glob("slurm/*.[eo]*")]
        assert monotonic() < until, "\n".join([study.log.read_text(), *logs])
        sleep(0.3)


def agents(study: Study) -> list[int]:
    """The agents of this study's points: processes that have the task in their command line, without srun."""
    pids = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (place / "cmdline").read_text().split("\0")
            if AGENT in words and words[0] != "srun" and any(str(study.folder) in word for word in words):
                pids.append(int(place.name))
    return pids


def leftovers(study: Study) -> list[str]:
    """Private folders of points, and processes of steps: agents and what they started."""
    remains = [str(folder) for folder in study.results.glob("slurm/.*") if folder.is_dir()]
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            environment = (place / "environ").read_bytes()
            if b"PYTHONSAFEPATH=1" in environment and b"SLURM_STEP_ID=" in environment:
                remains.append((place / "cmdline").read_text())
    return remains


def result(study: Study) -> dict[str, Any]:
    [path] = [path for path in study.results.glob("points/*.json") if not parse_failure_name(path.name)]
    content: dict[str, Any] = json.loads(path.read_text())
    return content


@pytest.mark.usefixtures("cluster")
def test_two_nodes_have_the_losses_of_one_process_also_after_one_of_them_failed(plain: Study) -> None:
    assert plain.run(*ON_NODES) == 0, plain.log.read_text()
    wait(plain, lambda: bool(list(plain.results.glob("checkpoints/*"))))
    second = agents(plain)[-1]
    os.kill(second, signal.SIGKILL)
    wait(plain, lambda: plain.done() == 1 and not jobs())
    several = result(plain)
    assert several["provenance"]["processes"] == 2
    assert several["provenance"]["resumed"] >= 1
    wait(plain, lambda: not leftovers(plain))
    assert not [path for path in plain.results.glob("points/*") if parse_failure_name(path.name)]
    alone = Study(plain.folder / "alone", plain.overrides)
    alone.folder.mkdir()
    assert alone.run() == 0, alone.log.read_text()
    reference = result(alone)
    assert several["key"] == reference["key"]
    assert several["train_loss"][0] == pytest.approx(reference["train_loss"][0], abs=1e-5)  # of 30 steps
    assert several["train_loss"] == pytest.approx(reference["train_loss"], abs=1e-3)  # roundings grow from step to step


@pytest.mark.usefixtures("cluster")
def test_agents_end_with_their_worker(plain: Study) -> None:
    """The worker is killed: the agents of all nodes end, and the job tries the point once more."""
    assert plain.run(*ON_NODES) == 0, plain.log.read_text()
    wait(plain, lambda: bool(list(plain.results.glob("checkpoints/*"))))
    before = agents(plain)
    [lease] = plain.results.glob("claims/*")
    os.kill(int(json.loads(lease.read_text())["holder"]["pid"]), signal.SIGKILL)
    wait(plain, lambda: not set(before) & set(agents(plain)))
    wait(plain, lambda: plain.done() == 1 and not jobs())
    wait(plain, lambda: not leftovers(plain))
