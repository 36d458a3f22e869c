"""Per-point leases, so that several sweeps can share one results folder. No torch.

claims/<key>.<n>   one lease, made with O_EXCL; its holder's heartbeat writes the training progress into it

The lease with the highest n of a point is valid. When its holder is dead, or silent for longer than the lease, another
process acquires the point by creating n + 1, which only one can; the earlier holder notices that and stops. No file is
ever taken over, and no two removals race. Silence is measured with the clock of the file system, which all machines
share: a heartbeat in its future is as far away as one in its past.
"""

import errno
import json
import os
from collections.abc import Container, Mapping
from dataclasses import asdict, dataclass, field
from math import inf
from pathlib import Path
from typing import Any

from scaling_lab.atomic import file_system_time, is_draft
from scaling_lab.config.execution import MAX_LEASE_SECONDS
from scaling_lab.errors import UserError
from scaling_lab.formatting import make_printable
from scaling_lab.store.decode import decode
from scaling_lab.store.files import UNREADABLE, file_names, parse_json, read_file, warn_left_out
from scaling_lab.store.names import MAX_NUMBER, lease_name, parse_lease_name
from scaling_lab.store.process_identity import ProcessIdentity, current_process, is_dead
from scaling_lab.store.ranges import MAX_COUNT, require_positive, require_range
from scaling_lab.validation import is_number

HEARTBEATS_PER_LEASE = 30
MAX_LEASE_BYTES = 2**16


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

    def __post_init__(self) -> None:
        require_positive(self, "lease")
        require_range(self, 0, MAX_LEASE_SECONDS, "lease")


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
        latest = {key: max(numbers) for key, numbers in self._numbers().items() if keys is None or key in keys}
        now = file_system_time(self.folder) if latest else 0.0
        states = (self._state(key, number, now) for key, number in latest.items())
        return {state.key: state for state in states if state}

    def acquire(self, key: str) -> "Lease | None":
        """Return a lease on a point; None when another process, which may be training, has it.

        Raises:
            OSError: The file cannot be created.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        number = max(self._numbers().get(key, [0]))
        if number and (state := self._state(key, number, file_system_time(self.folder))) and state.is_alive:
            return None
        if number == MAX_NUMBER:
            raise OSError(errno.EFBIG, f"{lease_name(key, number)} has the highest number; delete it")
        try:
            lease = Lease(self.folder / lease_name(key, number + 1), self.lease)
        except FileExistsError:
            return None
        numbers = self._numbers().get(key, [0])
        if max(numbers) != lease.number:  # a listing may miss files created and removed meanwhile
            lease.release()
            return None
        for earlier in numbers:
            if earlier < lease.number:
                (self.folder / lease_name(key, earlier)).unlink(missing_ok=True)
        return lease

    def _numbers(self) -> dict[str, list[int]]:
        """Return every n of each key."""
        numbers: dict[str, list[int]] = {}
        try:
            names = file_names(self.folder)
        except UserError as error:
            warn_left_out(self.folder, str(error))
            return {}
        for name in names:
            if lease := parse_lease_name(name):
                numbers.setdefault(lease.key, []).append(lease.number)
            elif not is_draft(name):
                warn_left_out(self.folder / name, "not a name of a lease")
        return numbers

    def _state(self, key: str, number: int, now: float) -> LeaseState | None:
        path, silent = self.folder / lease_name(key, number), inf
        try:
            silent = abs(now - path.stat().st_mtime)
            content = decode(LeaseContent, parse_json(read_file(path, MAX_LEASE_BYTES)))
        except FileNotFoundError:
            return None  # released meanwhile
        except UNREADABLE:  # damaged, or just being written
            return LeaseState(key, number, silent, is_alive=silent <= self.lease)
        is_alive = silent <= (content.lease or self.lease) and not is_dead(content.holder)
        progress = _possible_progress(content.progress)
        host = make_printable(content.holder.host)
        return LeaseState(key, number, silent, is_alive, host, content.holder.pid, progress)


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
        numbers = {name: value for name, value in progress.items() if is_number(value)}
        content = json.dumps(asdict(LeaseContent(current_process(), numbers, self.lease))).encode()
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


def _possible_progress(progress: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers of a training's progress; none if a part is larger than the whole."""
    numbers = {name: value for name, value in progress.items() if is_number(value) and 0 <= value <= MAX_COUNT}
    parts = (("steps", "of"), ("epoch", "epochs"))
    return {} if any(numbers.get(part, 0) > numbers.get(total, inf) for part, total in parts) else numbers
