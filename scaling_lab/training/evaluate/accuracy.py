"""Which pictures a trained module classifies correctly."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from scaling_lab.data.normalization import Normalizer
from scaling_lab.networks.costs.memory import peak_memory
from scaling_lab.networks.network import Network

MAX_BATCH = 500
MAX_ACTIVATION_BYTES = 2**31


def correct_predictions(module: nn.Module, batches: Iterable[tuple[Tensor, Tensor]], dataset: Normalizer) -> list[bool]:
    """Whether the largest logit is the label, picture by picture in the order of the batches, in evaluation mode.

    batches: pictures, uint8 (n, channels, side, side), and labels, int64 (n,).
    """
    device = next(module.parameters()).device
    module.eval()
    correct: list[bool] = []
    with torch.inference_mode():
        for batch, labels in batches:
            logits = module(dataset.normalize(batch.to(device)))
            correct += (logits.argmax(1).cpu() == labels.cpu()).tolist()
    return correct


def evaluation_batch_size(network: Network) -> int:
    """Pictures of a batch in evaluation: 500, or as many as 2 GiB of activations hold."""
    return max(1, min(MAX_BATCH, MAX_ACTIVATION_BYTES // peak_memory(network).inference))
