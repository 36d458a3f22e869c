"""Which pictures a trained module classifies correctly."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from scaling_lab.data.batches import normalise
from scaling_lab.networks.costs.memory import memory
from scaling_lab.networks.network import Network

MOST_AT_ONCE = 500
MOST_BYTES = 2**31


def correctness(
    module: nn.Module, batches: Iterable[tuple[Tensor, Tensor]], mean: Sequence[float], std: Sequence[float]
) -> list[bool]:
    """Whether the largest logit is the label, picture by picture in the order of the batches, in evaluation mode.

    batches: pictures, uint8 (n, channels, side, side), and labels, int64 (n,). mean, std: in 0 .. 1, one a channel.
    """
    device = next(module.parameters()).device
    module.eval()
    correct: list[bool] = []
    with torch.inference_mode():
        for batch, labels in batches:
            logits = module(normalise(batch.to(device), mean, std))
            correct += (logits.argmax(1).cpu() == labels.cpu()).tolist()
    return correct


def at_once(network: Network) -> int:
    """Pictures of a batch in evaluation: 500, or as many as 2 GiB of activations hold."""
    return max(1, min(MOST_AT_ONCE, MOST_BYTES // memory(network).inference))
