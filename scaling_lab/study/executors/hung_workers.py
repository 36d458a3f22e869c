"""Which workers of this process have stopped working, by their leases: a hung worker must not hang its sweep."""

from collections.abc import Callable, Collection, Mapping
from time import monotonic

from scaling_lab.store.leases import LeaseState

START_SECONDS = 600.0  # until a worker has its first lease: it imports and receives the dataset before that
MIN_SECONDS = 30.0  # without a lease, before a worker counts as hung: it hands over its result after the release


class HungWorkers:
    """Follows the leases of running points.

    A healthy worker renews its lease thirty times before it is stale. One whose lease is stale, or was taken over by
    another process, and that has not ended by itself for as long again, is hung: stopped by a signal, or waiting for a
    device or a file system.

    Args:
        lease_seconds: how long a holder of a lease may be silent.
        clock: returns seconds.
    """

    def __init__(self, lease_seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self.seconds, self.clock = max(lease_seconds, MIN_SECONDS), clock
        self._since: dict[str, float] = {}  # when a point was first seen without a lease of its worker
        self._leased: set[str] = set()

    def forget(self, key: str) -> None:
        """Follow the point anew; to be called when a worker starts."""
        self._since.pop(key, None)
        self._leased.discard(key)

    def find(self, running: Collection[str], leases: Mapping[str, LeaseState], pids: Mapping[str, int]) -> list[str]:
        """Return the running points whose workers are hung.

        Args:
            running: points in training here.
            leases: latest lease of each point.
            pids: process id of the worker of each point.
        """
        hung = []
        for key in running:
            lease = leases.get(key)
            if lease and lease.is_alive and lease.pid in (pids.get(key), 0):  # 0: just being written
                self._leased.add(key)
                self._since.pop(key, None)
                continue
            limit = self.seconds if key in self._leased else max(self.seconds, START_SECONDS)
            if self.clock() - self._since.setdefault(key, self.clock()) > limit:
                hung.append(key)
        return hung
