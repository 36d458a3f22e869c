"""Latency of a forward pass with a batch of one image, as in Table 4 of the EfficientNet paper (arXiv 1905.11946)."""

from statistics import median
from time import perf_counter

import torch
from torch import nn

from scaling_lab.networks.module_network import AnyNetwork

WARM_UP = 5
RUNS = 20


def measure_latency(module: nn.Module, network: AnyNetwork) -> float:
    """Return the median seconds of 20 forward passes of one image in evaluation mode, after 5 warm-up passes.

    The image is in channels-last memory. A GPU is synchronized before and after each pass.
    """
    device = next(module.parameters()).device
    image = torch.zeros(1, network.channels, network.side, network.side, device=device)
    image = image.contiguous(memory_format=torch.channels_last)
    module.eval()
    with torch.inference_mode():
        for _ in range(WARM_UP):
            module(image)
        return median(_time_pass(module, image) for _ in range(RUNS))


def _time_pass(module: nn.Module, image: torch.Tensor) -> float:
    _synchronize(image.device)
    start = perf_counter()
    module(image)
    _synchronize(image.device)
    return perf_counter() - start


def _synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
