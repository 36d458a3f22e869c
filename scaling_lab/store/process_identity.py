"""A process as others know it, and whether it is still there. No torch."""

import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class ProcessIdentity:
    """A process: its machine and when that was started, the name space of its number, the number, when it began."""

    host: str
    boot: str
    space: str
    pid: int
    began: str


def current_process() -> ProcessIdentity:
    """The process that asks, also after a fork."""
    return _of_this(os.getpid())


def is_dead(holder: ProcessIdentity) -> bool:
    """Whether it was a process of this machine and is gone. Of another machine nobody can tell."""
    here = current_process()
    same = (holder.host, holder.boot, holder.space) == (here.host, here.boot, here.space)
    return same and (_gone(holder.pid) or _began(holder.pid) not in (holder.began, None))


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:  # another user's
        return False
    return False


def _began(pid: int) -> str | None:
    """When the process began, in the kernel's ticks; empty for one that only waits to be buried; None where that is not
    shown, as of other users on some machines."""
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return "" if state in "ZX" else rest[18]


@cache
def _of_this(pid: int) -> ProcessIdentity:
    boot, space = "", ""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        space = str(Path("/proc/self/ns/pid").readlink())
    return ProcessIdentity(socket.gethostname(), boot, space, pid, _began(pid) or "")
