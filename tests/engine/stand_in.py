"""Stands in for training, by the seed of the point; workers find it on the path that the test sets."""

import os
import signal
import time
from pathlib import Path

from scaling_lab.data.pictures import Pictures
from scaling_lab.records import Point, Result, canonical, pack
from scaling_lab.results import Store
from scaling_lab.running import Running

KILLED, RAISING, SLOW = 101, 102, 103


def train(device: str, point: Point, pictures: Pictures, folder: Path, running: Running) -> Result:
    if point.seed == KILLED:
        os.kill(os.getpid(), signal.SIGKILL)
    if point.seed == RAISING:
        raise FloatingPointError("loss is nan\nin epoch 1")
    if point.seed == SLOW:
        (folder / f"{os.getpid()}.worker").touch()
        time.sleep(60)
    result = Result(
        key=point.key,
        point=canonical(point),
        flops=1,
        flops_fvcore=1,
        flops_by_fvcore=1,
        params=1,
        activations=1,
        held_out_accuracy=0.5,
        test_accuracy=0.5,
        test_pictures=len(pictures.test),
        test_correct=pack([True] * len(pictures.test)),
        train_loss=(1.0,),
        train_seconds=1.0,
        point_seconds=2.0,
        provenance={
            "threads": os.environ["OMP_NUM_THREADS"],
            "pid": os.getpid(),
            "device": device,
            "minutes": running.checkpoint_minutes,
        },
    )
    Store(folder).add(result)
    return result


def sleep_in(folder: str) -> None:
    """Leaves the worker's id and sleeps."""
    Path(folder, f"{os.getpid()}.worker").touch()
    time.sleep(60)


def busy_on(device: str, seconds: float) -> tuple[str, float, float]:
    """The device, and when the call began and ended."""
    began = time.monotonic()
    time.sleep(seconds)
    return device, began, time.monotonic()
