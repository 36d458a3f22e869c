"""Seconds a picture of a few networks, from training steps timed while all workers are busy."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from statistics import median
from time import perf_counter

from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.store.schema import Point
from scaling_lab.sweep.executors.processes import Failure, Interrupted
from scaling_lab.sweep.executors.slots import call_on_devices

AT_MOST = 4.0  # seconds for all, beside starting the workers
STEPS = 20
MOST_PICTURES = 64  # of a batch: more take as long a picture, and may not fit


def time_steps(points: Sequence[Point], slots: Sequence[str], running: ExecutionOptions) -> list[float | None]:
    """Seconds of training on one picture for each point's network; None where it could not be trained.

    slots: the device of each worker. Networks are timed again where there are more workers than networks, so that
    contention is in the numbers.
    """
    again = -(-len(slots) // len(points))
    budget = AT_MOST * len(slots) / (len(points) * again)
    calls = [(point, budget, running) for _ in range(again) for point in points]
    found: list[list[float]] = [[] for _ in points]
    with closing(call_on_devices(timed, calls, slots)) as ended:
        for place, outcome in ended:
            if not isinstance(outcome, Failure | Interrupted):
                found[place % len(points)].append(outcome)
    return [median(times) if times else None for times in found]


def timed(device: str, point: Point, budget: float, running: ExecutionOptions) -> float:
    """Seconds a picture of `point`'s network, on one thread, within about `budget` seconds."""
    import torch

    from scaling_lab.config.hyperparameters import with_regularization
    from scaling_lab.data.batches import InMemoryBatches
    from scaling_lab.data.normalization import FixedNormalizer
    from scaling_lab.training.device import prepare_device
    from scaling_lab.training.loop import train
    from scaling_lab.training.module import build_module
    from scaling_lab.training.precision import choose_step_options
    from scaling_lab.training.state import Training

    torch.set_num_threads(1)
    where = prepare_device(replace(running, device=device))
    network, batch = point.network, min(point.recipe.batch, MOST_PICTURES)
    module = build_module(with_regularization(network, point.recipe)).to(where)
    images = torch.randint(256, (batch, network.channels, network.side, network.side), dtype=torch.uint8)
    batches = InMemoryBatches(images.to(where), torch.randint(network.classes, (batch,)).to(where), batch)
    halves = (0.5,) * network.channels
    normalizer = FixedNormalizer(network.classes, halves, halves)

    def steps(count: int) -> float:
        recipe = replace(point.recipe, steps=count, warmup_steps=0, lr=0.0)
        training = Training(module, network.side, recipe, 0, choose_step_options(where, running.compiled))
        began = perf_counter()
        train(training, batches, normalizer)
        return perf_counter() - began

    first = steps(1) + steps(1)
    count = int(min(STEPS, max(1, (budget - first) / first)))
    return steps(count) / (count * batch)
