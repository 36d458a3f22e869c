"""Peak memory of a training."""

import resource
import sys

import torch

MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes


def peak_memory_bytes(device: torch.device) -> int:
    """Return the most memory that was used at once so far.

    On a GPU, what torch allocated on it in this process; on a CPU, the resident memory of the process with all
    libraries and data.
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS_UNIT
