"""What a worker does with a point: claim it, train it, say how far it is. torch comes with the first call, so that the
process that hands out the work never imports it."""

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
from scaling_lab.store.results import Store, WriteError
from scaling_lab.store.schema import Point, Result
from scaling_lab.sweep.executors.processes import Failure, reason
from scaling_lab.training import interrupts

if TYPE_CHECKING:
    from scaling_lab.training.state import Training


@dataclass(frozen=True)
class Elsewhere:
    """Another process holds the point."""


Outcome = Result | Failure | Elsewhere | WriteError


def train(
    device: str, point: Point, pictures: Dataset, folder: Path, running: ExecutionOptions, failures: int
) -> Outcome:
    """Trains and stores one point on a device, on one thread whatever the machine, while this process holds its claim.

    failures: how often the point is known to have failed; where it has meanwhile failed elsewhere, that is the outcome.
    """
    if running.code not in (None, CODE_DIGEST):
        return Failure(
            f"same_version=true: the sweep was begun by version {running.code} of the code, this is {CODE_DIGEST}"
        )
    store = Store(folder)
    claims = Leases(store.leases, running.lease_seconds)
    try:
        claim = claims.acquire(point.key)
    except OSError as error:
        return WriteError(f"{store.leases} cannot be written to: {error.strerror}")
    if claim is None:
        return Elsewhere()
    with _held(claim, point, pictures, claims.heartbeat_seconds) as watched:
        if done := store.read_result(point.key):
            store.remove_checkpoints({point.key})
            return done
        if why := store.read_failure(point.key, failures + 1):
            return Failure(why, stored=True)
        store.remove_drafts(point.key)
        try:
            return _trained(device, point, pictures, folder, running, watched)
        except WriteError as error:
            return error
        except interrupts.StopRequested:
            if claim.is_lost():
                return Elsewhere()
            raise
        except Exception as error:
            return _failed(store, point.key, reason(error))


def _failed(store: Store, key: str, why: str) -> Failure | WriteError:
    """Written down while the claim is held, so that no other sweep tries the point meanwhile."""
    try:
        store.add_failure(key, why)
    except WriteError as error:
        return error
    return Failure(why, stored=True)


def _trained(
    device: str,
    point: Point,
    pictures: Dataset,
    folder: Path,
    running: ExecutionOptions,
    watched: "list[ref[Training]]",
) -> Result:
    import torch

    from scaling_lab.training.train_point import train_point

    torch.set_num_threads(1)
    return train_point(point, pictures, folder, replace(running, device=device), lambda one: watched.append(ref(one)))


@contextmanager
def _held(claim: Lease, point: Point, pictures: Dataset, between: float) -> "Iterator[list[ref[Training]]]":
    """Within, the claim is kept alive, with so many seconds between heartbeats, and its file says how far the last of
    the list's trainings is. The training stops at its next step when another has taken the point. The claim is given
    back at the end."""
    watched: list[ref[Training]] = []  # weak: a training that did not fit in memory must not stay there
    over = Event()
    epochs = point.recipe.steps / max(1, len(pictures.train) // point.recipe.batch)

    def beat() -> None:
        while not over.wait(between):
            if claim.is_lost():
                interrupts.request_stop()
            training = watched[-1]() if watched else None
            said: dict[str, Any] = {}
            with suppress(Exception):  # a training that is just failing; its claim is held all the same
                said = _progress(training, epochs) if training else {}
            del training
            with suppress(OSError):  # a full disk: silent until there is room
                claim.renew(said)

    heart = Thread(target=beat, daemon=True)
    heart.start()
    try:
        yield watched
    finally:
        over.set()
        heart.join()
        claim.release()


def _progress(training: "Training", epochs: float) -> dict[str, Any]:
    """How far it is, in numbers. accuracy: of the pictures of this epoch, as they were trained on."""
    done = training.progress.steps / training.recipe.steps
    found = {"steps": training.progress.steps, "of": training.recipe.steps, "epoch": done * epochs, "epochs": epochs}
    accuracy = training.running_accuracy.accuracy
    return found if accuracy is None else found | {"accuracy": accuracy}
