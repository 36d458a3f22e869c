"""Number of CPU cores that this process may use."""

import os
from math import ceil
from pathlib import Path

QUOTA = Path("/sys/fs/cgroup/cpu.max")


def usable_cores(quota: Path = QUOTA) -> int:
    """Return the cores of the affinity mask, or fewer if a container's CPU quota (cgroup v2) is lower; at least 1."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        allowed, period = quota.read_text().split()
        cores = min(cores, ceil(int(allowed) / int(period)))
    except (OSError, ValueError):
        pass  # no quota
    return max(1, cores)
