"""Replaces training; the seed of the point decides the outcome. Workers find it on the path that the test sets."""

import os
import signal
import time
from pathlib import Path

from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.data.dataset import InMemoryDataset
from scaling_lab.store.bits import pack_bits
from scaling_lab.store.keys import canonical_form
from scaling_lab.store.leases import Leases
from scaling_lab.store.results import Store, WriteError
from scaling_lab.store.schema import Point, Result
from scaling_lab.study.executors.worker import WorkerOutcome

KILLED, RAISING, SLOW, KILLED_ONCE, FULL, SHORT, HUNG_ONCE, HUNG = 101, 102, 103, 104, 105, 106, 107, 108


def train(
    device: str, point: Point, pictures: InMemoryDataset, folder: Path, execution: ExecutionOptions, failures: int
) -> WorkerOutcome:
    """Replaces `worker.train_with_lease`."""
    with (folder / f"{point.seed}.tries").open("a") as file:
        file.write(f"{failures}\n")
    if point.seed == KILLED or (point.seed == KILLED_ONCE and (folder / f"{point.seed}.tries").stat().st_size == 2):
        os.kill(os.getpid(), signal.SIGKILL)
    if point.seed == HUNG or (point.seed == HUNG_ONCE and (folder / f"{point.seed}.tries").stat().st_size == 2):
        Leases(folder / "claims", execution.lease_seconds).acquire(point.key)
        os.kill(os.getpid(), signal.SIGSTOP)
    if point.seed == FULL:
        return WriteError("points/x.json cannot be written: No space left on device")
    if point.seed % 1000 == RAISING:
        raise FloatingPointError("loss is nan\nin epoch 1")
    if point.seed == SLOW:
        (folder / f"{os.getpid()}.worker").touch()
        time.sleep(60)
    if point.seed == SHORT:
        time.sleep(1)
    result = make_result(device, point, pictures, execution)
    Store(folder).add_result(result)
    return result


def make_result(device: str, point: Point, pictures: InMemoryDataset, execution: ExecutionOptions) -> Result:
    return Result(
        key=point.key,
        point=canonical_form(point),
        flops=1,
        flops_fvcore=1,
        flops_by_fvcore=1,
        params=1,
        activations=1,
        held_out_accuracy=0.5,
        test_accuracy=1.0,
        test_pictures=len(pictures.test),
        test_correct=pack_bits([True] * len(pictures.test)),
        train_loss=(1.0,),
        train_seconds=1.0,
        point_seconds=2.0,
        provenance={
            "threads": int(os.environ["OMP_NUM_THREADS"]),
            "pid": os.getpid(),
            "device": device,
            "minutes": execution.checkpoint_minutes,
        },
    )


def sleep_in(folder: str) -> None:
    """Leave a file with the process id and sleep."""
    Path(folder, f"{os.getpid()}.worker").touch()
    time.sleep(60)


def busy_on(device: str, seconds: float) -> tuple[str, float, float]:
    """Return the device, and when the call began and ended."""
    began = time.monotonic()
    time.sleep(seconds)
    return device, began, time.monotonic()
