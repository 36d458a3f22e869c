"""Time a few training steps of some networks, while all workers are busy."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from statistics import median
from time import perf_counter

from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.store.process_identity import processor_name
from scaling_lab.store.schema import Point
from scaling_lab.study.context import SweepContext
from scaling_lab.study.executors.devices import call_on_devices
from scaling_lab.study.executors.processes import Failure, Interrupted
from scaling_lab.study.forecast import TimedNetwork, comparable_results, forecast_seconds, networks_to_time
from scaling_lab.study.resumable import checkpoint_steps

MAX_SECONDS = 4.0  # for all networks, without the start of the workers
STEPS = 20
MAX_TIMED_BATCH = 64  # images: more take as long per image, and may not fit
MAX_STEP_FLOPS = 4_000_000_000  # multiply-adds of a timed step's forward pass, unless one image has more
LIMIT_SECONDS = 45.0  # for all networks; what takes longer is extrapolated from the others


def forecast_with_timing(sweep: SweepContext, slots: Sequence[str], execution: ExecutionOptions) -> dict[str, float]:
    """Return the seconds of each remaining point; time training steps on `slots` for networks without a result.

    Results of another processor show nothing about this one. With several processes per point nothing is timed: only
    results of as many processes show how long that takes.
    """
    remaining, timed = sweep.remaining, list[TimedNetwork]()
    results = comparable_results(sweep.results, execution.processes, processor_name())
    networks = networks_to_time(sweep.study, remaining, results) if execution.processes == 1 else []
    if networks:
        eager = " without torch.compile, which makes them faster" * execution.compiled
        print(f"timing a few training steps ({len(networks)} of the networks){eager} ...", flush=True)
        rates = time_steps([point for _, point in networks], slots, replace(execution, compiled=False))
        if slow := rates.count(None):
            how = "extrapolated from the others" if slow < len(rates) else "unknown"
            print(
                f"{slow} of {len(rates)} networks could not be timed within {LIMIT_SECONDS:.0f} s; their time is {how}"
            )
        timed = [
            TimedNetwork(family, point.network, rate)
            for (family, point), rate in zip(networks, rates, strict=True)
            if rate
        ]
    return forecast_seconds(sweep.study, remaining, results, timed, checkpoint_steps(sweep.store))


def time_steps(points: Sequence[Point], slots: Sequence[str], execution: ExecutionOptions) -> list[float | None]:
    """Return the seconds of training on one image for each point's network; None if it could not be timed.

    Networks are timed again if there are more workers than networks, so that the times include contention.

    Args:
        points: points whose networks are timed.
        slots: device of each worker.
        execution: how points are executed.
    """
    repeats = -(-len(slots) // len(points))
    budget = MAX_SECONDS * len(slots) / (len(points) * repeats)
    calls = [(point, budget, execution) for _ in range(repeats) for point in points]
    times: list[list[float]] = [[] for _ in points]
    with closing(call_on_devices(time_network, calls, slots, LIMIT_SECONDS)) as outcomes:
        for place, outcome in outcomes:
            if not isinstance(outcome, Failure | Interrupted):
                times[place % len(points)].append(outcome)
    return [median(seconds) if seconds else None for seconds in times]


def time_network(device: str, point: Point, budget: float, execution: ExecutionOptions) -> float:
    """Return seconds per image of `point`'s network, on one thread, measured within about `budget` seconds."""
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
    where = prepare_device(replace(execution, device=device))
    network = point.network
    batch = min(point.recipe.batch, MAX_TIMED_BATCH, max(1, MAX_STEP_FLOPS // network_cost(network).flops))
    module = build_module(with_regularization(network, point.recipe)).to(where)
    images = torch.randint(256, (batch, network.channels, network.side, network.side), dtype=torch.uint8)
    batches = InMemoryBatches(images.to(where), torch.randint(network.classes, (batch,)).to(where), batch)

    halves = (0.5,) * network.channels
    normalizer = FixedNormalizer(network.classes, halves, halves)

    def seconds_of(count: int) -> float:
        recipe = replace(point.recipe, steps=count, warmup_steps=0, lr=0.0)
        training = Training(module, network.side, recipe, 0, choose_step_options(where, execution.compiled))
        start = perf_counter()
        train(training, batches, normalizer)
        return perf_counter() - start

    first = seconds_of(1) + seconds_of(1)
    count = int(min(STEPS, max(1, (budget - first) / first)))
    return seconds_of(count) / (count * batch)
