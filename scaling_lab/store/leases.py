"""Per-point leases, so that several sweeps can share one results folder. No torch.

claims/<key>.<n>   one lease, made with O_EXCL; its holder's heartbeat writes the training progress into it

The lease with the highest n of a point is valid. When its holder is dead, or silent for longer than the lease, another
process acquires the point by creating n + 1, which only one can; the earlier holder notices that and stops. No file is
ever taken over, and no two removals race. Silence is measured with the clock of the file system, which all machines
share.
"""

import json
import os
import tempfile
import time
from collections.abc import Container, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from scaling_lab.store.decode import decode
from scaling_lab.store.process_identity import ProcessIdentity, current_process, is_dead
from scaling_lab.validation import is_number

HEARTBEATS_PER_LEASE = 30


@dataclass(frozen=True)
class LeaseContent:
    """Content of a lease's file.

    Attributes:
        holder: The process that trains the point.
        progress: Training progress at the last heartbeat.
        lease: Seconds that the holder may be silent; None in files of older versions.
    """

    holder: ProcessIdentity
    progress: Mapping[str, Any]
    lease: float | None = None


@dataclass(frozen=True)
class LeaseState:
    """A lease as other processes see it.

    Attributes:
        key: Key of the point.
        number: The n of the lease's file.
        silent_seconds: Seconds since the last heartbeat.
        is_alive: Whether the holder may still be training.
        host: Host of the holder; empty when the file cannot be read.
        pid: PID of the holder; 0 when the file cannot be read.
        progress: Training progress at the last heartbeat; empty when the file cannot be read.
    """

    key: str
    number: int
    silent_seconds: float
    is_alive: bool
    host: str = ""
    pid: int = 0
    progress: Mapping[str, Any] = field(default_factory=dict)


class Leases:
    """The leases of a results folder.

    Args:
        folder: Folder of the lease files.
        lease: Seconds that a holder may be silent, for leases acquired here; each file records its own.
    """

    def __init__(self, folder: Path, lease: float) -> None:
        self.folder, self.lease = folder, lease

    @property
    def heartbeat_seconds(self) -> float:
        """Seconds between two heartbeats; looking more often shows nothing new."""
        return self.lease / HEARTBEATS_PER_LEASE

    def states(self, keys: Container[str] | None = None) -> dict[str, LeaseState]:
        """Return the latest lease of each point that has one, by key.

        Args:
            keys: Only look at these points, which saves reading the other files.
        """
        latest = {key: number for key, number in self._latest_numbers().items() if keys is None or key in keys}
        now = _file_system_time(self.folder) if latest else 0.0
        states = (self._state(key, number, now) for key, number in latest.items())
        return {state.key: state for state in states if state}

    def acquire(self, key: str) -> "Lease | None":
        """Return a lease on a point; None when another process, which may be training, has it.

        Raises:
            OSError: The file cannot be created.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        number = self._latest_numbers().get(key, 0)
        if number and (state := self._state(key, number, _file_system_time(self.folder))) and state.is_alive:
            return None
        try:
            lease = Lease(self.folder / f"{key}.{number + 1}", self.lease)
        except FileExistsError:
            return None
        if self._latest_numbers().get(key) != lease.number:  # a listing may miss files created and removed meanwhile
            lease.release()
            return None
        for earlier in range(1, number + 1):
            (self.folder / f"{key}.{earlier}").unlink(missing_ok=True)
        return lease

    def _latest_numbers(self) -> dict[str, int]:
        """Return the highest n of each key."""
        numbers: dict[str, int] = {}
        for name in _file_names(self.folder):
            key, _, number = name.rpartition(".")
            if key and number.isdigit():
                numbers[key] = max(int(number), numbers.get(key, 0))
        return numbers

    def _state(self, key: str, number: int, now: float) -> LeaseState | None:
        path = self.folder / f"{key}.{number}"
        try:
            with path.open("rb") as file:
                silent = max(0.0, now - os.fstat(file.fileno()).st_mtime)
                raw = file.read()
        except OSError:
            return None  # released meanwhile
        content = _parse(raw)
        if content is None:
            return LeaseState(key, number, silent, is_alive=silent <= self.lease)
        is_alive = silent <= (content.lease or self.lease) and not is_dead(content.holder)
        progress = {name: value for name, value in content.progress.items() if is_number(value)}
        return LeaseState(key, number, silent, is_alive, content.holder.host, content.holder.pid, progress)


class Lease:
    """A lease that this process holds.

    Raises:
        FileExistsError: Another process has created the file.
    """

    def __init__(self, path: Path, lease: float) -> None:
        self.path, self.number, self.lease = path, int(path.suffix[1:]), lease
        self.descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o644)
        try:
            self.renew({})
        except OSError:
            self.release()
            raise

    def renew(self, progress: Mapping[str, Any]) -> None:
        """Write a heartbeat with the training progress.

        It goes to the file that this lease created, even if another file has its name by now.
        """
        content = json.dumps(asdict(LeaseContent(current_process(), dict(progress), self.lease))).encode()
        os.pwrite(self.descriptor, content, 0)
        os.ftruncate(self.descriptor, len(content))
        os.utime(self.descriptor)

    def is_lost(self) -> bool:
        """Return whether another process has acquired the point."""
        try:
            current, created = self.path.stat(), os.fstat(self.descriptor)
        except OSError:
            return True
        later = self.path.with_suffix(f".{self.number + 1}")
        return (current.st_dev, current.st_ino) != (created.st_dev, created.st_ino) or later.exists()

    def release(self) -> None:
        """Free the point, unless another process has acquired it."""
        if not self.is_lost():
            self.path.unlink(missing_ok=True)
        os.close(self.descriptor)


def _file_names(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except OSError:
        return []


def _file_system_time(folder: Path) -> float:
    """Return the time of the file system's clock; this machine's where nothing can be written."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            return os.fstat(file.fileno()).st_mtime
    except OSError:
        return time.time()


def _parse(raw: bytes) -> LeaseContent | None:
    """Return the content of a lease's file; None when it is damaged or just being written."""
    try:
        return decode(LeaseContent, json.loads(raw))
    except (ValueError, RecursionError):
        return None
