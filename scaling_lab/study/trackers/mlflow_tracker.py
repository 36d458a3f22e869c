"""`tracker=mlflow`: one MLflow run per training, in results/<study>/mlruns or where MLFLOW_TRACKING_URI says."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scaling_lab.study.trackers.base import FAILED, FINISHED, TrackedRun, Value

STATUSES = {FINISHED: "FINISHED", FAILED: "FAILED"}
LOCAL_FOLDER = "mlruns"


class MlflowTracker:
    """Writes runs of one experiment, which has the name of the study."""

    def __init__(self, client: Any, study: str) -> None:
        self._client = client
        known = client.get_experiment_by_name(study)
        self._experiment = known.experiment_id if known else client.create_experiment(study)
        self._runs: dict[str, str] = {}

    def start(self, run: TrackedRun) -> None:
        """Create a run with the configuration as parameters."""
        tags = {"scaling_lab.key": run.key}
        created = self._client.create_run(self._experiment, run_name=run.name, tags=tags)
        self._runs[run.key] = created.info.run_id
        for name, value in run.config.items():
            self._client.log_param(created.info.run_id, name, value)

    def log(self, run: TrackedRun, step: int, values: Mapping[str, float]) -> None:
        """Write the measurements of an epoch as metrics."""
        for name, value in values.items():
            self._client.log_metric(self._runs[run.key], name, value, step=step)

    def finish(self, run: TrackedRun, status: str, summary: Mapping[str, Value]) -> None:
        """Write the measurements of the result as metrics, and end the run."""
        identity = self._runs.pop(run.key)
        for name, value in summary.items():
            if isinstance(value, int | float):
                self._client.log_metric(identity, name, float(value))
            else:
                self._client.set_tag(identity, name, value)
        self._client.set_terminated(identity, STATUSES.get(status, "KILLED"))

    def close(self) -> None:
        """Do nothing: everything is written at once."""


def open_tracker(folder: Path, study: str) -> MlflowTracker:
    """Return the tracker of a results folder. Usage statistics, which newer versions of MLflow send, are off."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # read when MLflow is imported
    from mlflow import MlflowClient

    local = (folder / LOCAL_FOLDER).absolute()
    given = os.environ.get("MLFLOW_TRACKING_URI")
    if given is None:  # newer versions ask for this before they write to a folder
        os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
    return MlflowTracker(MlflowClient(tracking_uri=given or local.as_uri()), study)
