"""The peak of this process's memory."""

from contextlib import suppress
from pathlib import Path
from resource import RUSAGE_SELF, getrusage


def lowered_peak() -> int:
    """Kilobytes of memory held now, after letting go of the peak that imports and building left behind (Linux)."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return peak()


def peak() -> int:
    """Kilobytes of the peak; ru_maxrss only where there is no /proc, because it starts from that of the parent."""
    with suppress(OSError):
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    return getrusage(RUSAGE_SELF).ru_maxrss
