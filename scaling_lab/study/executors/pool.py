"""Train points in worker processes of this machine. Failures are stored and stop no other point."""

from collections import Counter, deque
from collections.abc import Sequence
from math import inf
from time import monotonic, sleep
from typing import Protocol

from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.data.streaming.dataset import Dataset
from scaling_lab.store.leases import Leases, LeaseState
from scaling_lab.store.results import Store, WriteError
from scaling_lab.store.schema import Point, Result
from scaling_lab.study.executors.hung_workers import HungWorkers
from scaling_lab.study.executors.processes import Failure, Interrupted, WorkerProcesses
from scaling_lab.study.executors.worker import LeasedElsewhere, train_with_lease

TICK = 0.5  # seconds between two updates of the watcher
RETRY_INTERVAL = 1.0  # seconds between two attempts at points that other processes train
STOP_SECONDS = 60.0  # for the current step when all workers are to stop
ATTEMPTS = 2  # of a point whose worker is killed
HUNG_ATTEMPTS = 5  # of a point whose worker is hung: the reason is often the system, not the point


class Watcher(Protocol):
    """Observer of points, by key, in the process that starts workers."""

    def point_started(self, key: str) -> object:
        """Handle that a worker trains the point."""

    def point_finished(self, key: str, result: Result) -> object:
        """Handle the result of the point."""

    def point_failed(self, key: str, reason: str) -> object:
        """Handle that the point has failed for good."""

    def point_deferred(self, key: str, reason: str) -> object:
        """Handle that the point has to wait: its worker died or was stopped, or another process trains it."""

    def stopping(self) -> object:
        """Handle that running workers are being stopped."""

    def update(self, leases: dict[str, LeaseState]) -> object:
        """Take in the current leases and their progress, by key. Called from time to time."""


class SilentWatcher(Watcher):
    """Shows nothing."""


class TooManyFailures(Exception):  # noqa: N818 - an event, not an error
    """The sweep was stopped after `failures` failures."""

    def __init__(self, failures: int) -> None:
        super().__init__(failures)
        self.failures = failures


def train_points(
    jobs: Sequence[tuple[Point, Dataset]],
    store: Store,
    slots: Sequence[str],
    execution: ExecutionOptions,
    watcher: Watcher,
    max_failures: int | None = None,
    stop_seconds: float = STOP_SECONDS,
) -> None:
    """Train points in this order, one per slot at a time. Workers store results; failures are stored here.

    A point whose worker is killed is tried once more, from its checkpoint. A hung worker is ended and replaced. A point
    that another process trains is waited for, and trained here if that process falls silent without a result.

    Args:
        jobs: points and their data.
        store: results folder.
        slots: device of each worker.
        execution: how points are executed.
        watcher: is informed.
        max_failures: stop if more points than this fail.
        stop_seconds: time that workers have to finish their step when they are stopped.

    Raises:
        KeyboardInterrupt: workers were stopped at their next step, with a checkpoint; at once by a second one.
        TooManyFailures: more than `max_failures`; workers were stopped in the same way, as for every exception.
        WriteError: nothing can be written any more.
    """
    with WorkerProcesses() as processes:
        pool = _Pool(jobs, store, slots, execution, watcher, processes)
        try:
            while pool.has_work:
                pool.start_points()
                if not processes:
                    sleep(TICK)
                for key, outcome in processes.wait_ended(TICK):
                    pool.take_outcome(key, outcome)
                pool.update_watcher()
                if max_failures is not None and pool.failures > max_failures:
                    raise TooManyFailures(pool.failures)
        except BaseException:
            pool.is_stopping = True
            watcher.stopping()
            for key, outcome in processes.stop(stop_seconds):
                pool.take_outcome(key, outcome)
            raise


class _Pool:
    """Waiting points, points in training, and free slots."""

    def __init__(
        self,
        jobs: Sequence[tuple[Point, Dataset]],
        store: Store,
        slots: Sequence[str],
        execution: ExecutionOptions,
        watcher: Watcher,
        processes: WorkerProcesses,
    ) -> None:
        self.jobs = {point.key: (point, dataset) for point, dataset in jobs}
        self.store, self.execution, self.watcher, self.processes = store, execution, watcher, processes
        self.leases = Leases(store.leases, execution.lease_seconds)
        self.known_failures = store.failure_counts()
        self.waiting, self.free_slots, self.taken_slots = deque(self.jobs), list(slots), dict[str, str]()
        self.hung, self.hung_attempts = HungWorkers(execution.lease_seconds), Counter[str]()
        self.ended_as_hung: set[str] = set()
        self.deaths, self.failures, self.last_attempt = Counter[str](), 0, -inf
        self.is_stopping = False
        self.current_leases, self.last_look = dict[str, LeaseState](), -inf

    @property
    def has_work(self) -> bool:
        """Whether any point waits or is in training."""
        return bool(self.waiting or self.taken_slots)

    def start_points(self) -> None:
        """Start the next points on free slots; points that other processes train are tried again a little later."""
        if not self.free_slots or not self.waiting or monotonic() - self.last_attempt < RETRY_INTERVAL:
            return
        leases = self.leases.states(self.jobs)
        for _ in range(len(self.waiting)):
            if not self.free_slots:
                return
            key = self.waiting.popleft()
            if result := self.store.read_result(key):
                self.watcher.point_finished(key, result)
            elif (lease := leases.get(key)) and lease.is_alive:
                self.waiting.append(key)
            else:
                self._start(key)
        self.last_attempt = monotonic() if self.waiting else -inf

    def take_outcome(self, key: str, outcome: object) -> None:
        """Handle the outcome of a worker. Raises WriteError if nothing can be written any more."""
        self.free_slots.append(self.taken_slots.pop(key))
        match outcome:
            case Failure(died=True) if self.is_stopping:
                self._defer(key, "stopped")
            case Failure(died=True) if key in self.ended_as_hung and (result := self.store.read_result(key)):
                self.watcher.point_finished(key, result)
            case Failure(died=True) if key in self.ended_as_hung and self.hung_attempts[key] < HUNG_ATTEMPTS:
                self._defer(key, f"its worker did not answer for {self.hung.seconds:.0f} s and was ended; trying again")
            case Failure(died=True) if self.deaths[key] + 1 < ATTEMPTS:
                self.deaths[key] += 1
                self._defer(key, f"{outcome.reason}; trying once more", first=True)
            case Failure():
                self.failures += 1
                if not outcome.stored:
                    self.store.add_failure(key, outcome.reason)
                self.watcher.point_failed(key, outcome.reason)
            case Result():
                self.watcher.point_finished(key, outcome)
            case LeasedElsewhere():
                self._defer(key, "another process trains it")
            case Interrupted():
                self._defer(key, "stopped")
            case WriteError():
                self._defer(key, "cannot be stored")
                raise outcome
            case _:
                raise TypeError(f"a worker returned {type(outcome).__name__}")

    def update_watcher(self) -> None:
        """Inform the watcher of the progress in the current leases."""
        if monotonic() - self.last_look >= self.leases.heartbeat_seconds:
            self.current_leases, self.last_look = self.leases.states(self.jobs), monotonic()
            self._end_hung_workers()
        self.watcher.update(self.current_leases)

    def _end_hung_workers(self) -> None:
        for key in self.hung.find(self.taken_slots, self.current_leases, self.processes.pids):
            if key not in self.ended_as_hung:
                self.ended_as_hung.add(key)
                self.hung_attempts[key] += 1
                self.processes.kill(key)

    def _start(self, key: str) -> None:
        self.hung.forget(key)
        self.ended_as_hung.discard(key)
        point, dataset = self.jobs[key]
        self.taken_slots[key] = slot = self.free_slots.pop(0)
        arguments = (slot, point, dataset, self.store.folder, self.execution, self.known_failures.get(key, 0))
        self.processes.start(key, train_with_lease, arguments)
        self.watcher.point_started(key)

    def _defer(self, key: str, reason: str, first: bool = False) -> None:
        (self.waiting.appendleft if first else self.waiting.append)(key)
        self.watcher.point_deferred(key, reason)
