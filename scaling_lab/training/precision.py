"""How a step is computed on a device: precision, compilation, pictures at once. Told in every result."""

from dataclasses import dataclass
from typing import Literal

import torch

OUT_OF_MEMORY_MESSAGES = ("out of memory", "can't allocate memory", "status_alloc_failed")


@dataclass(frozen=True)
class StepOptions:
    """precision: of convolutions and linear layers in a step; weights are float32 always. compiled: by torch.compile.
    at_once: pictures in memory at once, a batch being accumulated from such parts; None is the whole batch."""

    precision: Literal["float32", "bfloat16"] = "float32"
    compiled: bool = False
    micro_batch_size: int | None = None


def choose_step_options(device: torch.device, compiled: bool = False) -> StepOptions:
    """bfloat16 autocast on a GPU that has it, float32 on a CPU, where autocast was not seen to pay."""
    bfloat16 = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return StepOptions("bfloat16" if bfloat16 else "float32", compiled)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether this says that memory ran out, of the device or of the machine."""
    said = str(error).lower()
    known = isinstance(error, torch.OutOfMemoryError | MemoryError)
    return known or (isinstance(error, RuntimeError) and any(words in said for words in OUT_OF_MEMORY_MESSAGES))
