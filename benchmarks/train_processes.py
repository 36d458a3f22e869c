"""Processes that train at the same time on command, and their total rate."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal

from train_worker import Job

from scaling_lab.study.executors.fork_server import REUSED_MEMORY

HERE = Path(__file__).resolve().parent
ENDING = 10.0  # seconds
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass
class Pool:
    """Processes of one script with the same job.

    Attributes:
        failed: reason why they cannot train any more; empty while they can."""

    workers: Sequence[subprocess.Popen[str]]
    errors: IO[str]
    failed: str = ""

    def prepare(self, network: str, count: int) -> None:
        """Let the first `count` processes build a network and warm up, all at once."""
        self._exchange({"network": network}, count)

    def rate(self, seconds: float, count: int) -> float | None:
        """Return the total images per second of `count` processes, or None after one failed."""
        rates = self._exchange({"seconds": seconds}, count)
        return None if self.failed else sum(rates)

    def _exchange(self, what: dict[str, str | float], count: int) -> list[float]:
        if self.failed:
            return []
        try:
            for worker in self.workers[:count]:
                print(json.dumps(what), file=worker.stdin, flush=True)
            return [json.loads(worker.stdout.readline()) for worker in self.workers[:count] if worker.stdout]
        except (OSError, ValueError):
            self.errors.seek(0)
            lines = [line.strip() for line in self.errors if line.strip()]
            self.failed = lines[-1] if lines else "it ended without a word"
            return []


@dataclass(frozen=True)
class Line:
    """A line of the table: a number of processes of a pool.

    Attributes:
        kind: the group that ratios are computed between.
        only: the only network that it is for; empty for all."""

    kind: Literal["lab", "limit", "timm", "extra"]
    title: str
    pool: Pool
    count: int
    only: str = ""
    rates: list[float] = field(default_factory=list)


@contextmanager
def pool(script: str, job: Job, count: int, python: str = sys.executable) -> Iterator[Pool]:
    """Context manager: start `count` processes of a script in this folder and end them at exit."""
    environment = {name: value for name, value in os.environ.items() if name not in THREADS}
    environment |= dict.fromkeys(THREADS, str(job.threads)) if job.threads else {}
    environment |= REUSED_MEMORY if python == sys.executable else {}  # as workers have it; and the limit's
    python_path = environment.get("PYTHONPATH")
    environment["PYTHONPATH"] = os.pathsep.join([str(HERE.parent), *([python_path] if python_path else [])])
    with ExitStack() as stack:
        errors = stack.enter_context(tempfile.TemporaryFile("w+"))
        command = [python, str(HERE / script), job.text()]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": errors, "text": True}
        workers = [subprocess.Popen(command, env=environment, **pipes) for _ in range(count)]  # noqa: S603
        try:
            yield Pool(workers, errors)
        finally:
            for worker in workers:
                _ended(worker)


def _ended(worker: subprocess.Popen[str]) -> None:
    """Close the input of a process, which ends it and its loaders; a signal would leave the loaders running."""
    if worker.stdin:
        with suppress(BrokenPipeError):
            worker.stdin.close()
    try:
        worker.wait(ENDING)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
    if worker.stdout:
        worker.stdout.close()
