"""Peak memory of this process."""

from contextlib import suppress
from pathlib import Path
from resource import RUSAGE_SELF, getrusage


def lowered_peak() -> int:
    """Reset the peak left by imports and building (Linux) and return the kilobytes of memory in use."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return peak()


def peak() -> int:
    """Return the peak in kilobytes; without /proc from ru_maxrss, which starts at the parent's peak."""
    with suppress(OSError):
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    return getrusage(RUSAGE_SELF).ru_maxrss
