"""The process of a contender: prepare a network on command, then train it for some seconds on command.

Commands are lines of JSON, each answered by one line; the end of the input ends the process.
"""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from time import perf_counter

CHUNKS = 8  # of a round, between two looks at the clock
Steps = Callable[[int], None]
"""Train for a number of steps; work queued on a GPU may not be finished at return."""


@dataclass(frozen=True)
class Job:
    """What a process is for. folder: the pictures (`train_pictures`). threads: of torch, 0 for as many as it takes.
    loaders: processes that read pictures ahead. timm: its name for the network to train in place of
    the one that is asked for."""

    folder: str
    device: str
    batch: int
    threads: int
    loaders: int = 0
    ema: float = 0.0
    compiled: bool = False
    timm: str = ""

    def text(self) -> str:
        """Return the job as the argument of a worker."""
        return json.dumps(asdict(self))


def serve(prepare: Callable[[Job, str], Steps]) -> None:
    """Answer commands until the input ends. prepare: function from a network's name to what trains it."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    import torch

    job = Job(**json.loads(sys.argv[1]))
    if job.threads:
        torch.set_num_threads(job.threads)
    steps: Steps | None = None
    rate = 0.0
    for line in sys.stdin:
        request = json.loads(line)
        if "network" in request:
            steps = prepare(job, request["network"])
            rate = _calibrated(steps, job)
        elif steps is not None:
            rate = _trained(steps, job, request["seconds"], rate)
        print(json.dumps(rate * job.batch), file=answers, flush=True)


def _calibrated(steps: Steps, job: Job) -> float:
    """Return steps per second after a warm-up, in which convolutions are selected and steps compiled."""
    steps(3)
    _wait(job)
    began = perf_counter()
    steps(3)
    _wait(job)
    return 3 / (perf_counter() - began)


def _trained(steps: Steps, job: Job, seconds: float, rate: float) -> float:
    """Return steps per second. Batches that were prefetched while others were timed are used up first."""
    steps(2 * job.loaders + 2)
    _wait(job)
    chunk, done = max(1, int(rate * seconds / CHUNKS)), 0
    began = perf_counter()
    while perf_counter() - began < seconds:
        steps(chunk)
        _wait(job)
        done += chunk
    return done / (perf_counter() - began)


def _wait(job: Job) -> None:
    if job.device != "cpu":
        import torch

        torch.cuda.synchronize(job.device)
