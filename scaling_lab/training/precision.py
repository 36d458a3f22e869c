"""Options for computing a step on a device: precision, compilation and micro-batches. Recorded in every result."""

from dataclasses import dataclass
from typing import Literal

import torch

OUT_OF_MEMORY_MESSAGES = ("out of memory", "can't allocate memory", "status_alloc_failed")


@dataclass(frozen=True)
class StepOptions:
    """How a step is computed.

    Attributes:
        precision: Precision of convolutions and linear layers; weights are always float32.
        compiled: Whether the module is compiled by torch.compile.
        micro_batch_size: Images per forward pass; gradients of a batch are accumulated over such micro-batches. None
            computes the whole batch at once.
    """

    precision: Literal["float32", "bfloat16"] = "float32"
    compiled: bool = False
    micro_batch_size: int | None = None


def choose_step_options(device: torch.device, compiled: bool = False) -> StepOptions:
    """Return bfloat16 autocast for a GPU that supports it, else float32: autocast was not faster on CPUs."""
    bfloat16 = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return StepOptions("bfloat16" if bfloat16 else "float32", compiled)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether the error means that memory ran out, on the device or on the host."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    message = str(error).lower()
    return isinstance(error, RuntimeError) and any(phrase in message for phrase in OUT_OF_MEMORY_MESSAGES)
