"""Identity of a process, and whether it still runs: decides if a lease is alive. And of the processor. No torch."""

import os
import platform
import socket
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scaling_lab.store.ranges import require_range

MAX_PID = 2**31 - 1  # of the kernel's type


@dataclass(frozen=True)
class ProcessIdentity:
    """Identity of a process. The PID alone is not enough, because PIDs are reused.

    Attributes:
        host: Host name.
        boot: Boot id of the host; empty where /proc does not show it.
        space: PID namespace; empty where /proc does not show it.
        pid: PID in that namespace.
        began: Start time in the kernel's clock ticks since boot; empty where /proc does not show it.
    """

    host: str
    boot: str
    space: str
    pid: int
    began: str

    def __post_init__(self) -> None:
        require_range(self, 1, MAX_PID, "pid")


def current_process() -> ProcessIdentity:
    """Return the identity of the calling process, also after a fork."""
    return _identity(os.getpid())


def is_dead(process: ProcessIdentity) -> bool:
    """Return whether a process ran on this machine and has ended. Processes of other machines never count as dead."""
    here = current_process()
    same = (process.host, process.boot, process.space) == (here.host, here.boot, here.space)
    return same and (_is_gone(process.pid) or _start_time(process.pid) not in (process.began, None))


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:  # the process belongs to another user
        return False
    return False


def _start_time(pid: int) -> str | None:
    """Return the start time in clock ticks; empty for a zombie; None where /proc does not show the process."""
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return "" if state in "ZX" else rest[18]


@cache
def _identity(pid: int) -> ProcessIdentity:
    boot, space = "", ""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        space = str(Path("/proc/self/ns/pid").readlink())
    return ProcessIdentity(socket.gethostname(), boot, space, pid, _start_time(pid) or "")


@cache
def processor_name() -> str:
    """Return the model of this machine's processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
