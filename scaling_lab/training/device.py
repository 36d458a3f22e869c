"""The device of this process, set up."""

import os

import torch

from scaling_lab.config.execution import ExecutionOptions

CUBLAS_VARIABLE = "CUBLAS_WORKSPACE_CONFIG"


def prepare_device(running: ExecutionOptions) -> torch.device:
    """The device, with deterministic algorithms on a CPU, and on a GPU when asked; there the fastest ones else.

    Raises RuntimeError for a GPU that is not there.
    """
    device = torch.device(running.device)
    exact = device.type == "cpu" or running.deterministic
    torch.use_deterministic_algorithms(exact)
    torch.utils.deterministic.fill_uninitialized_memory = False  # else each new tensor is written twice
    if device.type == "cuda":
        if exact:
            os.environ.setdefault(CUBLAS_VARIABLE, ":4096:8")  # what cuBLAS needs to give the same bits
        torch.backends.cudnn.benchmark = not exact
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        torch.cuda.set_device(device)
    return device
