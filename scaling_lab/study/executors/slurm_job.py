"""The body of a Slurm job: train its points as a local sweep does, and continue in another job when time is up."""

import logging
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from socket import gethostname
from types import FrameType
from typing import TYPE_CHECKING, Any

from scaling_lab.config import registry
from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.data.streaming.dataset import Dataset
from scaling_lab.errors import UserError
from scaling_lab.formatting import pluralize
from scaling_lab.store.code_version import CODE_DIGEST
from scaling_lab.store.results import Store
from scaling_lab.store.schema import Point
from scaling_lab.study.display.live import LineDisplay
from scaling_lab.study.display.logs import configure_logging
from scaling_lab.study.display.progress import Progress
from scaling_lab.study.executors.devices import CPU, GPU, group_into_slots, resolve_devices
from scaling_lab.study.executors.pool import TooManyFailures, train_points

if TYPE_CHECKING:
    from submitit.helpers import DelayedSubmission

TIME_SIGNAL = signal.SIGUSR2  # submitit's: time is nearly up, or the job is preempted

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Batch:
    """The points of one job.

    Attributes:
        points: in the order in which they are trained.
        sources: settings that each dataset is built from, by name.
        folder: results folder.
        execution: how points are executed.
        labels: label of each point, by key.
        seconds: forecast of each point by key, where there is one.
        workers: points in training at the same time.
        gpus: GPUs of each node of the job; 0 trains on cores.
        max_failures: stop when more points than this have failed.
        stop_seconds: time for the current step when the job receives the signal to stop.
    """

    points: tuple[Point, ...]
    sources: Mapping[str, Mapping[str, Any]]
    folder: Path
    execution: ExecutionOptions
    labels: Mapping[str, str]
    seconds: Mapping[str, float]
    workers: int
    gpus: int
    max_failures: int | None
    stop_seconds: float

    def __call__(self) -> None:
        """Train the points without a result."""
        configure_logging()
        code = self.execution.code
        if code not in (None, CODE_DIGEST):
            raise UserError(
                f"same_version=true: these points were submitted by version {code} of the code; this is {CODE_DIGEST}"
            )
        store = Store(self.folder)
        remaining = [point for point in self.points if store.read_result(point.key) is None]
        datasets = self._build_datasets(remaining, store)
        jobs = [
            (point, datasets[point.data.name])
            for point in remaining
            if point.data.name in datasets and _is_as_planned(point, datasets, store)
        ]
        on_this_node = self.execution.processes // self.execution.nodes
        groups = group_into_slots(resolve_devices(GPU if self.gpus else CPU), on_this_node)
        slots = tuple(islice(cycle(groups), self.workers))
        watcher = LineDisplay(Progress(self.labels, [point.key for point, _ in jobs], self.seconds, len(slots)))
        with JobSignals() as signals:
            try:
                train_points(jobs, store, slots, self.execution, watcher, self.max_failures, self.stop_seconds)
            except TooManyFailures as stop:
                failures = pluralize(stop.failures, "failure")
                print(f"stopped after {failures} (max_failures={self.max_failures})", flush=True)
            except KeyboardInterrupt:
                signals.requeue()

    def _build_datasets(self, points: Sequence[Point], store: Store) -> dict[str, Dataset]:
        """Return the datasets by name. If one cannot be built on this machine, its points fail with the reason."""
        datasets: dict[str, Dataset] = {}
        for name, source in self.sources.items():
            try:
                datasets[name] = registry.build_value("dataset", source, name)
            except UserError as error:
                for point in points:
                    if point.data.name == name:
                        store.add_failure(point.key, f"on {gethostname()}: {error}")
                logger.error("dataset %s cannot be read: %s", name, error)
        return datasets

    def checkpoint(self) -> "DelayedSubmission":
        """Return the job that continues this one, the same batch: finished points are skipped. Called by submitit."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)


def _is_as_planned(point: Point, datasets: Mapping[str, Dataset], store: Store) -> bool:
    """Return whether a point's dataset is the planned one; otherwise store a failure."""
    name, fingerprint = point.data.name, datasets[point.data.name].fingerprint
    if fingerprint == point.data.fingerprint:
        return True
    reason = f"its fingerprint is {fingerprint}, not {point.data.fingerprint}"
    store.add_failure(point.key, f"dataset {name} has changed since the plan: {reason}")
    return False


class JobSignals:
    """Context manager: turn the signals that Slurm sends before it ends a job into a KeyboardInterrupt.

    That stops workers at their next step. submitit's own handler, which requeues the job, is called afterwards by
    `requeue`: it ends the process.
    """

    def __enter__(self) -> "JobSignals":
        self.received: int | None = None
        self.before = {number: signal.signal(number, self._handle) for number in (TIME_SIGNAL, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def requeue(self) -> None:
        """Let submitit requeue the job, which ends this process; not if it was cancelled, as by scancel."""
        handler = self.before[TIME_SIGNAL]
        if self.received == TIME_SIGNAL and callable(handler):
            handler(TIME_SIGNAL, None)
        print("stopped; remaining points are trained when the job runs again, or by the next sweep", flush=True)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        earlier, self.received = self.received, self.received or number
        if earlier is None:
            raise KeyboardInterrupt
