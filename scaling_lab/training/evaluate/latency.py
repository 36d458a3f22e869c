"""Seconds from one picture to its logits: a batch of one, as in Table 4 of the EfficientNet paper."""

from statistics import median
from time import perf_counter

import torch
from torch import nn

from scaling_lab.networks.network import Network

WARM_UP = 5
RUNS = 20


def measure_latency(module: nn.Module, network: Network) -> float:
    """Median seconds of 20 forward passes of one picture (channels-last, evaluation mode), after 5 that do not count.

    A GPU is waited for before and after each pass.
    """
    device = next(module.parameters()).device
    picture = torch.zeros(1, network.channels, network.side, network.side, device=device)
    picture = picture.contiguous(memory_format=torch.channels_last)
    module.eval()
    with torch.inference_mode():
        for _ in range(WARM_UP):
            module(picture)
        return median(_timed(module, picture) for _ in range(RUNS))


def _timed(module: nn.Module, picture: torch.Tensor) -> float:
    _wait(picture.device)
    began = perf_counter()
    module(picture)
    _wait(picture.device)
    return perf_counter() - began


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
