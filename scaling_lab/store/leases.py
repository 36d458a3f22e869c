"""Who trains a point: a file a holder, so that many sweeps of one folder train each point once. No torch.

claims/<key>.<n>   made by one holder (O_EXCL), whose heartbeat writes into it how far the training is

The holder of a point is the one of the highest n. Whoever finds it dead or silent for longer than the lease makes
n + 1, which one of them can; the earlier holder sees that and stops. No file is ever taken over, and no removal races.
Silence is measured by the clock of the file system, which all machines share.
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

HEARTBEATS_PER_LEASE = 30  # of a holder's heart, in a lease


@dataclass(frozen=True)
class LeaseContent:
    """What is in a claim's file. lease: seconds that its holder may be silent, None in older ones."""

    holder: ProcessIdentity
    progress: Mapping[str, Any]
    lease: float | None = None


@dataclass(frozen=True)
class LeaseState:
    """A claim as others see it. silent: seconds since the last heartbeat. alive: whether the holder may be at work.
    progress: what it said last of its training, empty when that cannot be read."""

    key: str
    number: int
    silent_seconds: float
    is_alive: bool
    host: str = ""
    pid: int = 0
    progress: Mapping[str, Any] = field(default_factory=dict)


class Leases:
    """The claims in a folder. lease: seconds that a holder may be silent, of claims that are taken here; each says its
    own."""

    def __init__(self, folder: Path, lease: float) -> None:
        self.folder, self.lease = folder, lease

    @property
    def heartbeat_seconds(self) -> float:
        """Seconds between two heartbeats: to look more often shows nothing new."""
        return self.lease / HEARTBEATS_PER_LEASE

    def states(self, keys: Container[str] | None = None) -> dict[str, LeaseState]:
        """The last claim of each point that has any, by key; of these points alone, which spares reading the others."""
        last = {key: number for key, number in self._last().items() if keys is None or key in keys}
        now = _clock(self.folder) if last else 0.0
        seen = (self._seen(key, number, now) for key, number in last.items())
        return {one.key: one for one in seen if one}

    def acquire(self, key: str) -> "Lease | None":
        """The claim of a point; None when another, who may be at work, holds it. OSError when none can be made."""
        self.folder.mkdir(parents=True, exist_ok=True)
        number = self._last().get(key, 0)
        if number and (last := self._seen(key, number, _clock(self.folder))) and last.is_alive:
            return None
        try:
            made = Lease(self.folder / f"{key}.{number + 1}", self.lease)
        except FileExistsError:
            return None
        if self._last().get(key) != made.number:  # a listing may miss what is made and removed meanwhile
            made.release()
            return None
        for old in range(1, number + 1):
            (self.folder / f"{key}.{old}").unlink(missing_ok=True)
        return made

    def _last(self) -> dict[str, int]:
        """The highest number of each key."""
        numbers: dict[str, int] = {}
        for name in _names(self.folder):
            key, _, number = name.rpartition(".")
            if key and number.isdigit():
                numbers[key] = max(int(number), numbers.get(key, 0))
        return numbers

    def _seen(self, key: str, number: int, now: float) -> LeaseState | None:
        path = self.folder / f"{key}.{number}"
        try:
            with path.open("rb") as file:
                silent = max(0.0, now - os.fstat(file.fileno()).st_mtime)
                said = file.read()
        except OSError:
            return None  # given back meanwhile
        whole = _read(said)
        if whole is None:
            return LeaseState(key, number, silent, is_alive=silent <= self.lease)
        alive = silent <= (whole.lease or self.lease) and not is_dead(whole.holder)
        progress = {name: value for name, value in whole.progress.items() if is_number(value)}
        return LeaseState(key, number, silent, alive, whole.holder.host, whole.holder.pid, progress)


class Lease:
    """A claim that this process holds. Raises FileExistsError when another has made the file."""

    def __init__(self, path: Path, lease: float) -> None:
        self.path, self.number, self.lease = path, int(path.suffix[1:]), lease
        self.descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o644)
        try:
            self.renew({})
        except OSError:
            self.release()
            raise

    def renew(self, progress: Mapping[str, Any]) -> None:
        """Says that the holder is at work, and how far. It writes into the file that it made, whatever has its name."""
        said = json.dumps(asdict(LeaseContent(current_process(), dict(progress), self.lease))).encode()
        os.pwrite(self.descriptor, said, 0)
        os.ftruncate(self.descriptor, len(said))
        os.utime(self.descriptor)

    def is_lost(self) -> bool:
        """Whether another has taken the point."""
        try:
            here, own = self.path.stat(), os.fstat(self.descriptor)
        except OSError:
            return True
        later = self.path.with_suffix(f".{self.number + 1}")
        return (here.st_dev, here.st_ino) != (own.st_dev, own.st_ino) or later.exists()

    def release(self) -> None:
        """The point is free again, unless another has taken it."""
        if not self.is_lost():
            self.path.unlink(missing_ok=True)
        os.close(self.descriptor)


def _names(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except OSError:
        return []


def _clock(folder: Path) -> float:
    """Now, as the file system has it; this machine's time where nothing can be written."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            return os.fstat(file.fileno()).st_mtime
    except OSError:
        return time.time()


def _read(said: bytes) -> LeaseContent | None:
    """None of a file that is just being written, or damaged."""
    try:
        return decode(LeaseContent, json.loads(said))
    except (ValueError, RecursionError):
        return None
