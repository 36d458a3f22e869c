"""Setup of the device that this process trains on."""

import os

import torch
from torch.utils import deterministic

from scaling_lab.config.execution import ExecutionOptions

CUBLAS_VARIABLE = "CUBLAS_WORKSPACE_CONFIG"


def prepare_device(execution: ExecutionOptions) -> torch.device:
    """Return the device after setting torch's global flags for it.

    Algorithms are deterministic on a CPU always, on a GPU if `execution.deterministic`; otherwise the fastest ones.

    Raises:
        RuntimeError: If the machine has no such GPU.
    """
    device = torch.device(execution.device)
    is_deterministic = device.type == "cpu" or execution.deterministic
    torch.use_deterministic_algorithms(is_deterministic)
    deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]  # otherwise each new tensor is written twice
    if device.type == "cuda":
        if is_deterministic:
            os.environ.setdefault(CUBLAS_VARIABLE, ":4096:8")  # required by cuBLAS for reproducible results
        torch.backends.cudnn.benchmark = not is_deterministic
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        torch.cuda.set_device(device)
    return device
