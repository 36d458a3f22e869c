"""Accuracy of a trained module, image by image."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from scaling_lab.data.normalization import Normalizer
from scaling_lab.networks.costs.memory import peak_memory
from scaling_lab.networks.network import Network

MAX_EVALUATION_BATCH = 500
MAX_ACTIVATION_BYTES = 2**31


def correct_predictions(module: nn.Module, batches: Iterable[tuple[Tensor, Tensor]], dataset: Normalizer) -> list[bool]:
    """Return for each image, in the order of the batches, whether the largest logit is its label.

    The module is put into evaluation mode.

    Args:
        module: Trained module.
        batches: Pairs of images, uint8 (n, channels, side, side), and labels, int64 (n,).
        dataset: Dataset of the batches, for their normalization.
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
    """Return the number of images in an evaluation batch: 500, or fewer so that activations fit in 2 GiB."""
    return max(1, min(MAX_EVALUATION_BATCH, MAX_ACTIVATION_BYTES // peak_memory(network).inference))
