"""Seconds a picture of a few networks, from training steps timed while all workers are busy."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from statistics import median
from time import perf_counter

from scaling_lab.engine.processes import Failure, each
from scaling_lab.records import Point

AT_MOST = 8.0  # seconds for all, beside starting the workers
STEPS = 20


def time_steps(points: Sequence[Point], workers: int) -> list[float | None]:
    """Seconds of training on one picture for each point's network; None where it could not be trained.

    Networks are timed again where there are more workers than networks, so that contention is in the numbers.
    """
    again = -(-workers // len(points))
    budget = AT_MOST * workers / (len(points) * again)
    calls = [(point, budget) for _ in range(again) for point in points]
    found: list[list[float]] = [[] for _ in points]
    with closing(each(timed, calls, workers)) as ended:
        for place, outcome in ended:
            if not isinstance(outcome, Failure):
                found[place % len(points)].append(outcome)
    return [median(times) if times else None for times in found]


def timed(point: Point, budget: float) -> float:
    """Seconds a picture of `point`'s network, on one thread, within about `budget` seconds."""
    import torch

    from scaling_lab.build import build
    from scaling_lab.training.train import train

    torch.set_num_threads(1)
    network, batch = point.network, point.recipe.batch
    module = build(network)
    images = torch.randint(256, (batch, network.channels, network.side, network.side), dtype=torch.uint8)
    labels = torch.randint(network.classes, (batch,))

    def steps(count: int) -> float:
        recipe = replace(point.recipe, steps=count, warmup_steps=0, lr=0.0)
        began = perf_counter()
        train(module, images, labels, recipe, (0.5,) * network.channels, (0.5,) * network.channels, seed=0)
        return perf_counter() - began

    first = steps(1) + steps(1)
    count = int(min(STEPS, max(1, (budget - first) / first)))
    return steps(count) / (count * batch)
