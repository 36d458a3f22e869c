"""`Executor`: the interface that trains the points of a sweep. Read this to add one.

An executor is a frozen dataclass of its settings in a file of this package, with the methods below, and a
conf/engine/<name>.yaml whose `_target_` names it.
"""

from enum import Enum
from typing import Protocol

from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.study.context import SweepContext
from scaling_lab.study.schedule import Schedule


class Outcome(Enum):
    """How `Executor.run` ended."""

    FINISHED = "finished"  # each point has a result or a failure, or the sweep ended early; the report follows
    SUBMITTED = "submitted"  # points are trained later, by other processes
    INTERRUPTED = "interrupted"  # the user stopped it


class Executor(Protocol):
    """Trains the points of a sweep."""

    def check(self, sweep: SweepContext) -> None:
        """Raise UserErrors for all that keeps this executor from training the sweep. Writes nothing.

        Options of the sweep that the executor ignores, such as `workers`, are refused here.
        """

    def slots(self, options: SweepOptions, points: int) -> tuple[str, ...]:
        """Return the device of each worker, for this number of points; at least one. Raises UserError."""

    def schedule(self, sweep: SweepContext) -> Schedule:
        """Return what `run` would train now. With `do=plan` this is all that is called. Raises UserError."""

    def run(self, sweep: SweepContext, schedule: Schedule) -> Outcome:
        """Train the scheduled points into `sweep.store`, or submit them.

        `pool.train_points` trains in worker processes of this machine, with retries, failures, stops and progress, and
        stores everything. An executor with processes of its own calls `worker.train_with_lease` in each of them, once
        per point, with `sweep.store.failure_count(key)`: it stores the result, and returns a `Failure`, which the
        executor stores with `sweep.store.add_failure` unless its `stored` is true. A point of a process that died has
        no result, and its lease ends by itself. KeyboardInterrupt is answered with `Outcome.INTERRUPTED`.
        """
