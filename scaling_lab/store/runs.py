"""Record of the runs of a sweep. No torch.

results/<study>/runs.jsonl   one line per run
"""

import json
from dataclasses import asdict, dataclass

from scaling_lab.atomic import append_line
from scaling_lab.store.ranges import MAX_COUNT, MAX_SECONDS, require_range
from scaling_lab.store.reading import read_records
from scaling_lab.store.results import Store, reporting_write_errors

RUNS_FILE = "runs.jsonl"


@dataclass(frozen=True)
class Run:
    """One run of a sweep.

    Attributes:
        started: Time of the start, UTC.
        seconds: Wall time of the training.
        points: Number of points that were to be trained.
    """

    started: str
    seconds: float
    workers: int
    points: int

    def __post_init__(self) -> None:
        require_range(self, 0, MAX_SECONDS, "seconds")
        require_range(self, 0, MAX_COUNT, "workers", "points")


def record_run(store: Store, run: Run) -> None:
    """Append a run to the record.

    Raises:
        WriteError: The file cannot be written.
    """
    with reporting_write_errors(store.folder / RUNS_FILE) as path:
        append_line(path, json.dumps(asdict(run)))


def read_runs(store: Store) -> list[Run]:
    """Return all runs, oldest first, without lines that cannot be read."""
    return read_records(store.folder / RUNS_FILE, Run)
