"""Work of a worker process on a point: lease it, train it, report progress.

torch is imported with the first call, so that the process that starts workers never imports it.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any
from weakref import ref

from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.data.streaming.dataset import Dataset
from scaling_lab.store.code_version import CODE_DIGEST
from scaling_lab.store.leases import Lease, Leases
from scaling_lab.store.leftovers import remove_checkpoints, remove_drafts
from scaling_lab.store.results import Store, WriteError
from scaling_lab.store.schema import Point, Result
from scaling_lab.study.executors.processes import Failure, format_error
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
    if execution.code not in (None, CODE_DIGEST):
        return Failure(
            f"same_version=true: the sweep was started by version {execution.code} of the code; this is {CODE_DIGEST}"
        )
    store = Store(folder)
    leases = Leases(store.leases, execution.lease_seconds)
    try:
        lease = leases.acquire(point.key)
    except OSError as error:
        return WriteError(f"{store.leases} cannot be written to: {error.strerror}")
    if lease is None:
        return LeasedElsewhere()
    with _heartbeat(lease, point, dataset, leases.heartbeat_seconds) as trainings:
        if result := store.read_result(point.key):
            remove_checkpoints(store, {point.key})
            return result
        if reason := store.read_failure(point.key, failures + 1):
            return Failure(reason, stored=True)
        remove_drafts(store, point.key)
        try:
            return _train(device, point, dataset, folder, execution, trainings)
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
    trainings: "list[ref[Training]]",
) -> Result:
    import torch

    from scaling_lab.training.train_point import train_point

    torch.set_num_threads(1)

    def started(training: "Training") -> None:
        trainings.append(ref(training))
        if steps := training.progress.steps:
            logger.info("resuming %s from step %d of %d", point.key, steps, training.recipe.steps)

    return train_point(point, dataset, folder, replace(execution, device=device), started)


@contextmanager
def _heartbeat(lease: Lease, point: Point, dataset: Dataset, interval: float) -> "Iterator[list[ref[Training]]]":
    """Context manager: renew the lease every `interval` seconds, and release it at the end.

    Yields a list; the progress of its last training is written into the lease. If another process takes the point, the
    training stops at its next step.
    """
    trainings: list[ref[Training]] = []  # weak: a training that did not fit in memory must not stay there
    over = Event()
    epochs = point.recipe.steps / max(1, len(dataset.train) // point.recipe.batch)

    def beat() -> None:
        while not over.wait(interval):
            if lease.is_lost():
                interrupts.request_stop()
            training = trainings[-1]() if trainings else None
            progress: dict[str, Any] = {}
            with suppress(Exception):  # a training that is just failing; the lease is renewed all the same
                progress = _progress(training, epochs) if training else {}
            del training
            with suppress(OSError):  # a full disk: silent until there is room
                lease.renew(progress)

    heart = Thread(target=beat, daemon=True)
    heart.start()
    try:
        yield trainings
    finally:
        over.set()
        heart.join()
        lease.release()


def _progress(training: "Training", epochs: float) -> dict[str, Any]:
    """Return numbers for the lease. accuracy: of the images of this epoch, as they were trained on."""
    done = training.progress.steps / training.recipe.steps
    numbers = {"steps": training.progress.steps, "of": training.recipe.steps, "epoch": done * epochs, "epochs": epochs}
    accuracy = training.running_accuracy.accuracy
    return numbers if accuracy is None else numbers | {"accuracy": accuracy}
