"""What a tracker is, and how one is chosen. No torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from scaling_lab.errors import UserError

Value = float | int | str | bool
PACKAGES = {"tensorboard": "tensorboard", "mlflow": "mlflow", "wandb": "wandb"}
"""Package that a tracker needs; the extra of pyproject.toml has the tracker's name."""
FINISHED, FAILED, STOPPED = "finished", "failed", "stopped"


@dataclass(frozen=True)
class TrackedRun:
    """The training of a point, as trackers see it.

    Attributes:
        key: Key of the point.
        name: Its label, such as `resnet18_small, depth 2x, seed 0`.
        config: Family, rule, budget, data set, recipe, seed, FLOPs (multiply-adds) and parameters.
    """

    key: str
    name: str
    config: Mapping[str, Value]


class Tracker(Protocol):
    """Writes what a sweep does. Any method may raise: a warning is logged once, and training goes on."""

    def start(self, run: TrackedRun) -> None:
        """Begin a run. A point that is trained again begins a new one."""

    def log(self, run: TrackedRun, step: int, values: Mapping[str, float]) -> None:
        """Write the measurements of an epoch, at its last optimizer step."""

    def finish(self, run: TrackedRun, status: str, summary: Mapping[str, Value]) -> None:
        """End a run: `FINISHED`, with the measurements of its result, `FAILED` or `STOPPED`."""

    def close(self) -> None:
        """Write what is left."""


def require_package(tracker: str) -> None:
    """Raise UserError if a tracker needs a package that is not installed."""
    package = PACKAGES.get(tracker)
    if package and find_spec(package) is None:
        raise UserError(
            f"tracker={tracker} needs the package {package}, which is not installed: pip install "
            f"'scaling-lab[{tracker}]', or set tracker=csv"
        )


def make_tracker(name: str, folder: Path, study: str) -> Tracker:
    """Return the tracker of a name.

    Args:
        name: Name of a module of this package: csv, tensorboard, mlflow or wandb.
        folder: Results folder, in which trackers without a server write.
        study: Name of the study, which is the project or experiment.
    """
    tracker: Tracker = import_module(f"scaling_lab.study.trackers.{name}_tracker").open_tracker(folder, study)
    return tracker
