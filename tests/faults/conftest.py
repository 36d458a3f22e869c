"""A study of a few real, tiny points, run from outside as a user does."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from scaling_lab.config import registry

ROOT = registry.CONF.parent
POINTS = 6
TINY = (
    "name=tiny",
    "family=mobilenet_v1_small",
    "rule=multipliers",
    "rule.w=0.25",
    "rule.r=0.4",
    "times_flops=1",
    f"seed=range(0,{POINTS})",
    "recipe.epochs=12",
    "recipe.warmup_epochs=0",
    "recipe.batch=300",
    "checkpoint_minutes=0.002",
)
# Times, and what tells how a point came about: everything else must be the same.
CIRCUMSTANCES = [
    *("train_seconds", "point_seconds", "latency_seconds", "images_per_second", "peak_memory"),
    *("finished", "resumed", "commit"),
]


RUN_SECONDS = 900  # some trainings take minutes on a busy machine


@dataclass(frozen=True)
class Study:
    """The study in a folder, whose results may lie elsewhere."""

    folder: Path
    overrides: tuple[str, ...] = TINY

    def start(self, *more: str, root: Path = ROOT) -> subprocess.Popen[str]:
        """Starts the sweep in a process group of its own, its output in a file."""
        command = [sys.executable, str(root / "run_sweep.py"), *self.overrides, *more]
        environment = os.environ | {"PYTHONPATH": str(root), "PYTHONUNBUFFERED": "1"}
        with self.log.open("a") as log:
            return subprocess.Popen(  # noqa: S603
                command, cwd=self.folder, env=environment, stdout=log, stderr=log, text=True, start_new_session=True
            )

    def run(self, *more: str) -> int:
        """Run it to its end, within RUN_SECONDS. The exit status; its output is added to the log."""
        process = self.start(*more)
        try:
            return process.wait(timeout=RUN_SECONDS)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)

    @property
    def log(self) -> Path:
        """What all runs have printed."""
        return self.folder / "log"

    @property
    def results(self) -> Path:
        """Where the results are."""
        return self.folder / "results/tiny"

    def done(self) -> int:
        """How many points have a result."""
        return len([path for path in self.results.glob("points/*.json") if ".failed." not in path.name])

    def table(self) -> pd.DataFrame:
        """All that must not depend on what happened on the way."""
        return pd.read_csv(self.results / "table.csv").drop(columns=CIRCUMSTANCES)

    def losses(self) -> dict[str, list[float]]:
        """The losses of all epochs of each point, by key."""
        read = (json.loads(path.read_text()) for path in self.results.glob("points/????????????????.json"))
        return {result["key"]: result["train_loss"] for result in read}


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study(tmp_path)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The same, to its end without a disturbance."""
    study = Study(tmp_path_factory.mktemp("undisturbed"))
    assert study.run() == 0, study.log.read_text()
    return study


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(  # noqa: S603
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)],  # noqa: S607
        capture_output=True,
        text=True,
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)  # noqa: S603, S607


def same(study: Study, other: Study) -> None:
    """Asserts that two studies came to the same in every number that is not a time."""
    pd.testing.assert_frame_equal(study.table(), other.table(), check_exact=True)
    assert study.losses() == other.losses()
