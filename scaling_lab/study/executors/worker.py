"""Work of a worker process on a point: lease it, train it, report progress.

torch is imported with the first call, so that the process that starts workers never imports it.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING
from weakref import ref

from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.data.streaming.dataset import Dataset
from scaling_lab.store.code_version import version_conflict
from scaling_lab.store.leases import Lease, Leases
from scaling_lab.store.leftovers import remove_checkpoints, remove_drafts
from scaling_lab.store.results import Store, WriteError
from scaling_lab.store.schema import Point, Result
from scaling_lab.study.executors.lease_progress import Numbers, ProgressSource, epochs_of, read_progress
from scaling_lab.study.executors.processes import Failure, format_error
from scaling_lab.study.executors.rank_task import private_task
from scaling_lab.study.executors.ranks import train_in_ranks
from scaling_lab.training import interrupts

if TYPE_CHECKING:
    from scaling_lab.training.state import Training

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LeasedElsewhere:
    """Another process has the lease of the point."""


WorkerOutcome = Result | Failure | LeasedElsewhere | WriteError


def train_with_lease(
    device: str, point: Point, dataset: Dataset, folder: Path, execution: ExecutionOptions, failures: int
) -> WorkerOutcome:
    """Train one point and store its result, on one thread, while this process has its lease.

    Args:
        device: device to train on.
        point: point to train.
        dataset: dataset of the point.
        folder: results folder.
        execution: how the point is executed.
        failures: known number of failures of the point. If it has failed since, in another process, that failure is
            the outcome.
    """
    if conflict := version_conflict(execution.code):
        return Failure(conflict)
    store = Store(folder)
    leases = Leases(store.leases, execution.lease_seconds)
    try:
        lease = leases.acquire(point.key)
    except OSError as error:
        return WriteError(f"{store.leases} cannot be written to: {error.strerror}")
    if lease is None:
        return LeasedElsewhere()
    with _heartbeat(lease, leases.heartbeat_seconds) as sources:
        if result := store.read_result(point.key):
            remove_checkpoints(store, {point.key})
            return result
        if reason := store.read_failure(point.key, failures + 1):
            return Failure(reason, stored=True)
        remove_drafts(store, point.key)
        try:
            return _train(device, point, dataset, folder, execution, sources)
        except WriteError as error:
            return error
        except interrupts.StopRequested:
            if lease.is_lost():
                return LeasedElsewhere()
            raise
        except Exception as error:  # any error of a training is the failure of its point
            return _store_failure(store, point.key, format_error(error))


def _store_failure(store: Store, key: str, reason: str) -> Failure | WriteError:
    """Store a failure while the lease is valid, so that no other sweep tries the point in the meantime."""
    try:
        store.add_failure(key, reason)
    except WriteError as error:
        return error
    return Failure(reason, stored=True)


def _train(
    device: str,
    point: Point,
    dataset: Dataset,
    folder: Path,
    execution: ExecutionOptions,
    sources: list[ProgressSource],
) -> Result | Failure | WriteError:
    if execution.processes > 1:
        with private_task(device, point, dataset, folder, execution) as task:
            sources.append(task.read_progress)
            outcome = train_in_ranks(task)
        if isinstance(outcome, Failure) and not outcome.died:
            return _store_failure(Store(folder), point.key, outcome.reason)
        return outcome

    import torch

    from scaling_lab.training.train_point import train_point

    torch.set_num_threads(1)
    epochs = epochs_of(point, dataset)

    def started(training: "Training") -> None:
        alive = ref(training)  # weak: a training that did not fit in memory must not stay there
        sources.append(lambda: read_progress(alive(), epochs))
        if steps := training.progress.steps:
            logger.info("resuming %s from step %d of %d", point.key, steps, training.recipe.steps)

    return train_point(point, dataset, folder, replace(execution, device=device), started)


@contextmanager
def _heartbeat(lease: Lease, interval: float) -> Iterator[list[ProgressSource]]:
    """Context manager: renew the lease every `interval` seconds, and release it at the end.

    Yields a list; what its last function returns is written into the lease. If another process takes the point, the
    training stops at its next step.
    """
    sources: list[ProgressSource] = []
    over = Event()

    def beat() -> None:
        while not over.wait(interval):
            if lease.is_lost():
                interrupts.request_stop()
            progress: Numbers = {}
            with suppress(Exception):  # a training that is just failing; the lease is renewed all the same
                progress = sources[-1]() if sources else {}
            with suppress(OSError):  # a full disk: silent until there is room
                lease.renew(progress)

    heart = Thread(target=beat, daemon=True)
    heart.start()
    try:
        yield sources
    finally:
        over.set()
        heart.join()
        lease.release()
