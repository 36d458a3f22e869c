"""`tracker=csv`: results/<study>/tracker.csv, one row per measurement. No package is needed."""

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from scaling_lab.atomic import append_line
from scaling_lab.study.trackers.base import TrackedRun, Value

FILE = "tracker.csv"
COLUMNS = ("time", "key", "run", "step", "name", "value")


class CsvTracker:
    """Appends rows to a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def start(self, run: TrackedRun) -> None:
        """Write the configuration."""
        self._append(run, None, {"status": "started", **run.config})

    def log(self, run: TrackedRun, step: int, values: Mapping[str, float]) -> None:
        """Write the measurements of an epoch."""
        self._append(run, step, values)

    def finish(self, run: TrackedRun, status: str, summary: Mapping[str, Value]) -> None:
        """Write the measurements of the result."""
        self._append(run, None, {**summary, "status": status})

    def close(self) -> None:
        """Do nothing: each row is written at once."""

    def _append(self, run: TrackedRun, step: int | None, values: Mapping[str, Value]) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        if not self._path.exists():
            rows.writerow(COLUMNS)
        rows.writerows((now, run.key, run.name, "" if step is None else step, *row) for row in values.items())
        append_line(self._path, text.getvalue().removesuffix("\n"))


def open_tracker(folder: Path, study: str) -> CsvTracker:  # noqa: ARG001 - every tracker has a study
    """Return the tracker of a results folder."""
    return CsvTracker(folder / FILE)
