"""`tracker=wandb`: one Weights & Biases run per training. Offline unless WANDB_MODE says otherwise: nothing is sent."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scaling_lab.study.trackers.base import FINISHED, TrackedRun, Value

MODE = "WANDB_MODE"
OFFLINE = "offline"


class WandbTracker:
    """Writes runs of one project, which has the name of the study."""

    def __init__(self, folder: Path, study: str) -> None:
        self._folder, self._study = folder, study
        self._runs: dict[str, Any] = {}

    def start(self, run: TrackedRun) -> None:
        """Begin a run with the configuration."""
        import wandb

        self._runs[run.key] = wandb.init(
            project=self._study,
            name=run.name,
            config={**run.config, "key": run.key},
            dir=str(self._folder),
            mode=os.environ.get(MODE, OFFLINE),
            reinit="create_new",
            settings=wandb.Settings(silent=True, console="off", disable_git=True, disable_code=True),
        )

    def log(self, run: TrackedRun, step: int, values: Mapping[str, float]) -> None:
        """Write the measurements of an epoch."""
        self._runs[run.key].log(dict(values), step=step)

    def finish(self, run: TrackedRun, status: str, summary: Mapping[str, Value]) -> None:
        """Write the measurements of the result to the summary, and end the run."""
        started = self._runs.pop(run.key)
        started.summary.update({**summary, "status": status})
        started.finish(exit_code=int(status != FINISHED))

    def close(self) -> None:
        """End the runs that did not end."""
        for run in self._runs.values():
            run.finish(exit_code=1)


def open_tracker(folder: Path, study: str) -> WandbTracker:
    """Return the tracker of a results folder. Offline, W&B's own reports of its errors are off too."""
    if os.environ.get(MODE, OFFLINE) == OFFLINE:
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # read when W&B is imported
    return WandbTracker(folder, study)
