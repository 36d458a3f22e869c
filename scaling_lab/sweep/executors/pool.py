"""Trains the points of a study in processes; whatever becomes of one is written down and stops no other."""

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
from scaling_lab.sweep.executors.processes import Failure, Interrupted, Processes
from scaling_lab.sweep.executors.worker import Elsewhere, train

TICK = 0.5  # seconds between two looks at what runs
LOOK = 1.0  # seconds between two looks at points that others hold
GRACE = 60.0  # seconds for the step under way when all are to stop
LIVES = 2  # a worker may be killed once


class Watcher(Protocol):
    """Who is told of points, by key, in the process that hands them out."""

    def began(self, key: str) -> object:
        """A worker has been given the point."""

    def done(self, key: str, result: Result) -> object:
        """The point has a result."""

    def fails(self, key: str, reason: str) -> object:
        """The point has failed for good."""

    def waits(self, key: str, why: str) -> object:
        """The point is put off: a worker died, another process holds it, or it was stopped."""

    def stopping(self) -> object:
        """What runs is asked to stop."""

    def look(self, held: dict[str, LeaseState]) -> object:
        """Some time has passed; what is claimed now, and how far it says it is."""


class SilentWatcher(Watcher):
    """Says nothing."""


class TooManyFailures(Exception):  # noqa: N818 - what happened, and no mistake
    """The sweep was stopped after so many failures."""

    def __init__(self, failures: int) -> None:
        super().__init__(failures)
        self.failures = failures


def train_points(
    jobs: Sequence[tuple[Point, Dataset]],
    store: Store,
    slots: Sequence[str],
    running: ExecutionOptions,
    watcher: Watcher,
    max_failures: int | None = None,
    grace: float = GRACE,
) -> None:
    """Trains the points in this order, one a slot at a time; the workers store the results, failures are stored here.

    slots: the device of each worker. A point whose worker is killed is tried once more, from its checkpoint. A point
    that another process holds is waited for, and trained here if that falls silent without a result.
    KeyboardInterrupt stops the workers at their next step, with a checkpoint, for which they have so many seconds; a
    second one at once. TooManyFailures, WriteError and whatever else goes wrong here stop all in the same way.
    """
    with Processes() as processes:
        pool = _Pool(jobs, store, slots, running, watcher, processes)
        try:
            while pool.left:
                pool.hand_out()
                if not processes:
                    sleep(TICK)
                for key, outcome in processes.ended(TICK):
                    pool.take_in(key, outcome)
                pool.look()
                if max_failures is not None and pool.failures > max_failures:
                    raise TooManyFailures(pool.failures)
        except BaseException:
            pool.stopping = True
            watcher.stopping()
            for key, outcome in processes.stop(grace):
                pool.take_in(key, outcome)
            raise


class _Pool:
    """Who waits, who is held elsewhere, and which slots are free."""

    def __init__(
        self,
        jobs: Sequence[tuple[Point, Dataset]],
        store: Store,
        slots: Sequence[str],
        running: ExecutionOptions,
        watcher: Watcher,
        processes: Processes,
    ) -> None:
        self.jobs = {point.key: (point, pictures) for point, pictures in jobs}
        self.store, self.running, self.watcher, self.processes = store, running, watcher, processes
        self.claims = Leases(store.leases, running.lease_seconds)
        self.known = store.failure_counts()
        self.waiting, self.free, self.taken = deque(self.jobs), list(slots), dict[str, str]()
        self.deaths, self.failures, self.looked = Counter[str](), 0, -inf
        self.stopping = False
        self.held, self.asked = dict[str, LeaseState](), -inf

    @property
    def left(self) -> bool:
        """Whether any point waits or is being trained."""
        return bool(self.waiting or self.taken)

    def hand_out(self) -> None:
        """Gives the next points to free slots. Points that others hold are looked at again a little later."""
        if not self.free or not self.waiting or monotonic() - self.looked < LOOK:
            return
        held = self.claims.states(self.jobs)
        for _ in range(len(self.waiting)):
            if not self.free:
                return
            key = self.waiting.popleft()
            if result := self.store.read_result(key):
                self.watcher.done(key, result)
            elif (claim := held.get(key)) and claim.is_alive:
                self.waiting.append(key)
            else:
                self._start(key)
        self.looked = monotonic() if self.waiting else -inf

    def take_in(self, key: str, outcome: object) -> None:
        """What a worker came to. Raises WriteError where nothing can be written any more."""
        self.free.append(self.taken.pop(key))
        match outcome:
            case Failure(died=True) if self.stopping:
                self._put_off(key, "stopped")
            case Failure(died=True) if self.deaths[key] + 1 < LIVES:
                self.deaths[key] += 1
                self._put_off(key, f"{outcome.reason}; it is tried once more", first=True)
            case Failure():
                self.failures += 1
                if not outcome.stored:
                    self.store.add_failure(key, outcome.reason)
                self.watcher.fails(key, outcome.reason)
            case Result():
                self.watcher.done(key, outcome)
            case Elsewhere():
                self._put_off(key, "another process trains it")
            case Interrupted():
                self._put_off(key, "stopped")
            case WriteError():
                self._put_off(key, "nothing can be written")
                raise outcome
            case _:
                raise TypeError(f"a worker returned {type(outcome).__name__}")

    def look(self) -> None:
        """Shows how far points are, as they last said."""
        if monotonic() - self.asked >= self.claims.heartbeat_seconds:
            self.held, self.asked = self.claims.states(self.jobs), monotonic()
        self.watcher.look(self.held)

    def _start(self, key: str) -> None:
        point, pictures = self.jobs[key]
        self.taken[key] = slot = self.free.pop(0)
        arguments = (slot, point, pictures, self.store.folder, self.running, self.known[key])
        self.processes.start(key, train, arguments)
        self.watcher.began(key)

    def _put_off(self, key: str, why: str, first: bool = False) -> None:
        (self.waiting.appendleft if first else self.waiting.append)(key)
        self.watcher.waits(key, why)
