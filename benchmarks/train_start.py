"""Time from a point to its first step, and points per hour of a sweep, with the lab's executor."""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import monotonic
from typing import Any
from unittest.mock import patch

import train_networks

from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.data.dataset import InMemoryDataset
from scaling_lab.store.results import Store
from scaling_lab.store.schema import DataRef, Point
from scaling_lab.study.executors.devices import call_on_devices
from scaling_lab.study.executors.pool import SilentWatcher, train_points
from scaling_lab.study.executors.processes import Failure

TRIES, STEPS = 3, 40
PARTS = ("handed over", "device", "counted", "data", "first step")
"""Process and images ready, device set up, network counted by fvcore, images on the device, built and one step."""


class Reached(BaseException):
    """Raised when the first step is done."""


def point(name: str, pictures: InMemoryDataset, batch: int, seed: int = 0) -> Point:
    """Return a point with a network of the benchmark and a few steps."""
    subject = train_networks.subject(name, batch, len(pictures.train))
    recipe = replace(subject.recipe, steps=STEPS)
    return Point(subject.network, DataRef(pictures.name, pictures.fingerprint), recipe, seed)


def to_first_step(device: str, given: Point, pictures: InMemoryDataset, folder: Path) -> list[float]:
    """Do what a worker does up to the first step, and return when each of `PARTS` was done, by the common clock."""
    import torch

    from scaling_lab.study.executors import worker
    from scaling_lab.training import train_point as points
    from scaling_lab.training.state import Training

    marks = [monotonic()]

    def marked(function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*given: Any) -> Any:
            result = function(*given)
            marks.append(monotonic())
            return result

        return called

    def last(*given: Any) -> Any:
        step(*given)
        if device != "cpu":
            torch.cuda.synchronize(device)
        marks.append(monotonic())
        raise Reached

    step = Training.step
    with ExitStack() as stack:
        for name in ("prepare_device", "_count_costs", "load_training_batches"):
            stack.enter_context(patch.object(points, name, marked(getattr(points, name))))
        stack.enter_context(patch.object(Training, "step", last))
        try:
            worker.train_with_lease(device, given, pictures, folder, ExecutionOptions(), 0)
        except Reached:
            return marks
    raise ValueError("a training without a step")


def first_steps(
    names: Sequence[str], pictures: InMemoryDataset, batch: int, device: str
) -> dict[str, list[float] | str]:
    """Return the seconds of each of `PARTS` for each network, as medians of some tries; or the reason for their lack.

    Before them, one point starts the fork server, which a sweep does once.
    """
    seconds: dict[str, list[float] | str] = {}
    with tempfile.TemporaryDirectory() as folder:
        _tried(point(names[0], pictures, batch), pictures, folder, device)
        for name in names:
            given = point(name, pictures, batch)
            tries = [_tried(given, pictures, folder, device) for _ in range(TRIES)]
            failed = [attempt for attempt in tries if isinstance(attempt, str)]
            done = [attempt for attempt in tries if not isinstance(attempt, str)]
            seconds[name] = failed[0] if failed else [median(parts) for parts in zip(*done, strict=True)]
    return seconds


def _tried(given: Point, pictures: InMemoryDataset, folder: str, device: str) -> list[float] | str:
    began = monotonic()
    with closing(call_on_devices(to_first_step, [(given, pictures, Path(folder))], [device])) as ended:
        for _, marks in ended:
            if isinstance(marks, Failure):
                return marks.reason
            return [after - before for before, after in zip([began, *marks], marks, strict=False)]
    return "no outcome"


def sweep(names: Sequence[str], pictures: InMemoryDataset, batch: int, slots: Sequence[str]) -> str:
    """Train points of a few steps with the executor and describe how many per hour that is."""
    seeds = range(max(2, -(-2 * len(slots) // len(names))))
    jobs = [(point(name, pictures, batch, seed), pictures) for seed in seeds for name in names]
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        store.open_for_writing()
        began = monotonic()
        train_points(jobs, store, slots, ExecutionOptions(), SilentWatcher())
        wall = monotonic() - began
        stored = store.read_results()
    if stored.failures:
        return next(iter(stored.failures.values()))
    trained = sum(result.train_seconds for result in stored.results.values())
    return (
        f"{3600 * len(jobs) / wall:,.0f} points an hour, measured: {len(jobs)} points of {STEPS} steps of "
        f"{batch} pictures in {wall:.1f} s on {len(slots)} workers; besides its training loop a point took "
        f"{(wall * len(slots) - trained) / len(jobs):.2f} s"
    )
