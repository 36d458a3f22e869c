"""Accuracy and loss of a module on a part of a dataset."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

import torch
from torch import Tensor, nn
from torch.nn import functional

from scaling_lab.data.normalization import Normalizer
from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.costs.memory import FLOAT_BYTES, peak_memory
from scaling_lab.networks.module_network import AnyNetwork, ModuleNetwork
from scaling_lab.training.distributed import ALONE, ProcessGroup

MAX_EVALUATION_BATCH = 500
MAX_ACTIVATION_BYTES = 2**31
TOP = 5


@dataclass(frozen=True)
class Scores:
    """How a module classified the images of a part.

    Attributes:
        correct: Whether the largest logit of each image is its label, in order.
        loss: Mean cross entropy, without label smoothing; None if it is not finite.
        top5_accuracy: Share of images whose label is among the five largest logits; None for five classes or fewer.
        chance: Accuracy of the best constant answer, and at least 1 / classes: the share of the most frequent class.
    """

    correct: list[bool]
    loss: float | None
    top5_accuracy: float | None
    chance: float

    @property
    def accuracy(self) -> float:
        """Share of images classified correctly."""
        return sum(self.correct) / len(self.correct)


def score_predictions(
    module: nn.Module, batches: Iterable[tuple[Tensor, Tensor]], dataset: Normalizer, group: ProcessGroup = ALONE
) -> Scores:
    """Return how a module classifies images. The module is put into evaluation mode; no random number is drawn.

    Several processes classify a slice of each batch, and each of them returns the scores of all images.

    Args:
        module: Trained module.
        batches: Pairs of images, uint8 (n, channels, side, side), and labels, int64 (n,).
        dataset: Dataset of the batches: normalization and number of classes.
        group: Processes that classify the images together; all have the same weights and the same batches.
    """
    device = next(module.parameters()).device
    group.share_buffers(module)
    module.eval()
    correct, labels_seen = list[bool](), list[Tensor]()
    loss, in_top = 0.0, 0
    with torch.inference_mode():
        for batch, cpu_labels in batches:
            own = group.own_slice(len(batch))
            scores = torch.zeros(3, len(batch), dtype=torch.double, device=device)
            if own.start < own.stop:
                scores[:, own] = _score(module, dataset, batch[own].to(device), cpu_labels[own].to(device))
            is_correct, losses, is_in_top = group.sum(scores)  # of numbers and zeros: exact, and in order
            correct += is_correct.bool().tolist()
            loss += float(losses.sum())
            in_top += int(is_in_top.sum())
            labels_seen.append(cpu_labels)
    images = len(correct)
    most_frequent = int(torch.cat(labels_seen).bincount().max())
    return Scores(
        correct=correct,
        loss=loss / images if isfinite(loss) else None,
        top5_accuracy=in_top / images if dataset.classes > TOP else None,
        chance=max(1 / dataset.classes, most_frequent / images),
    )


def _score(module: nn.Module, dataset: Normalizer, images: Tensor, labels: Tensor) -> Tensor:
    """Return (3, n): whether each image is classified correctly, its loss, and whether its label is among the top."""
    logits = module(dataset.normalize(images)).float()
    is_in_top = (logits.topk(min(TOP, logits.shape[1])).indices == labels[:, None]).any(1)
    losses = functional.cross_entropy(logits, labels, reduction="none")
    return torch.stack([logits.argmax(1) == labels, losses, is_in_top]).double()


def evaluation_batch_size(network: AnyNetwork) -> int:
    """Return the number of images in an evaluation batch: 500, or fewer so that activations fit in 2 GiB.

    The peak memory of a module is not known; all its activations together are more.
    """
    if isinstance(network, ModuleNetwork):
        peak = FLOAT_BYTES * network_cost(network).activations
    else:
        peak = peak_memory(network).inference
    return max(1, min(MAX_EVALUATION_BATCH, MAX_ACTIVATION_BYTES // peak))
