"""A point for several processes, and the private folder by which they and their worker talk.

With several nodes that folder is in the results folder, which all nodes see, and has the name of a draft of the point:
if its worker is killed, the next one with the lease removes it.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from scaling_lab.atomic import DRAFT_SUFFIX
from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.data.streaming.dataset import Dataset
from scaling_lab.store.results import WriteError
from scaling_lab.store.schema import Point, Result
from scaling_lab.store.submissions import private_folder
from scaling_lab.study.executors.devices import devices_of_slot
from scaling_lab.study.executors.lease_progress import Numbers
from scaling_lab.study.executors.processes import Failure, Interrupted
from scaling_lab.study.executors.worker_logs import log_address

MAX_RESTARTS = 3  # of all processes of a point, by torchrun
RankOutcome = Result | Failure | Interrupted | WriteError


@dataclass(frozen=True)
class RankTask:
    """A point for several processes.

    Attributes:
        devices: device of each process of a node.
        point, dataset, folder, execution: as in `train_point`.
        work: private folder that these processes share with their worker.
        log_address: where log messages are sent.
        attempt: number of earlier attempts of the worker; torchrun's own restarts come on top.
    """

    devices: tuple[str, ...]
    point: Point
    dataset: Dataset
    folder: Path
    execution: ExecutionOptions
    work: Path
    log_address: str | None
    attempt: int = 0

    @property
    def nodes(self) -> int:
        """Number of nodes of a Slurm job that the processes run on; 1 for this machine."""
        return self.execution.nodes

    @property
    def processes(self) -> int:
        """Number of processes on all nodes."""
        return self.nodes * len(self.devices)

    @property
    def restart(self) -> int:
        """Number of earlier attempts, in one of the processes."""
        return self.attempt + int(os.environ["TORCHELASTIC_RESTART_COUNT"])

    @property
    def task_file(self) -> Path:
        """File with the function to call and the task, for several nodes."""
        return self.work / "task.pkl"

    @property
    def outcome_file(self) -> Path:
        """File with the outcome of process 0, of several nodes."""
        return self.work / "outcome.pkl"

    @property
    def stop_file(self) -> Path:
        """File that exists once the processes are to stop."""
        return self.work / "stop"

    @property
    def progress_file(self) -> Path:
        """File with the numbers for the lease."""
        return self.work / "progress.json"

    @property
    def memory_file(self) -> Path:
        """File with the images of a micro-batch, and the attempt in which memory ran out with twice as many."""
        return self.work / "memory.json"

    def micro_batch(self) -> tuple[int | None, int]:
        """Return the contents of `memory_file`; (None, -1) as long as memory has not run out."""
        size, attempt = json.loads(self.memory_file.read_bytes()) if self.memory_file.exists() else (None, -1)
        return size, attempt

    def read_progress(self) -> Numbers:
        """Return the numbers that process 0 has written; empty before its first step."""
        numbers: Numbers = json.loads(self.progress_file.read_bytes()) if self.progress_file.exists() else {}
        return numbers


@contextmanager
def private_task(
    slot: str, point: Point, dataset: Dataset, folder: Path, execution: ExecutionOptions
) -> Iterator[RankTask]:
    """Context manager: a task with a private folder, which is deleted at the end."""
    devices = devices_of_slot(slot, execution.processes // execution.nodes)
    shared, prefix, suffix = None, "scaling_lab.", ""
    if execution.nodes > 1:
        shared, prefix, suffix = private_folder(folder), f".{point.key}.", DRAFT_SUFFIX
    with TemporaryDirectory(suffix, prefix, shared, ignore_cleanup_errors=True) as work:
        yield RankTask(devices, point, dataset, folder, execution, Path(work), log_address())
