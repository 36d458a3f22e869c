"""Accuracy and loss of a module on a part of a dataset."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

import torch
from torch import Tensor, nn
from torch.nn import functional

from scaling_lab.data.normalization import Normalizer
from scaling_lab.networks.costs.memory import peak_memory
from scaling_lab.networks.network import Network

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


def score_predictions(module: nn.Module, batches: Iterable[tuple[Tensor, Tensor]], dataset: Normalizer) -> Scores:
    """Return how a module classifies images. The module is put into evaluation mode; no random number is drawn.

    Args:
        module: Trained module.
        batches: Pairs of images, uint8 (n, channels, side, side), and labels, int64 (n,).
        dataset: Dataset of the batches: normalization and number of classes.
    """
    device = next(module.parameters()).device
    module.eval()
    correct, labels_seen = list[bool](), list[Tensor]()
    loss, in_top = 0.0, 0
    with torch.inference_mode():
        for batch, cpu_labels in batches:
            labels = cpu_labels.to(device)
            logits = module(dataset.normalize(batch.to(device))).float()
            correct += (logits.argmax(1) == labels).tolist()
            loss += float(functional.cross_entropy(logits, labels, reduction="none").double().sum())
            if dataset.classes > TOP:
                in_top += int((logits.topk(TOP).indices == labels[:, None]).sum())
            labels_seen.append(cpu_labels)
    images = len(correct)
    most_frequent = int(torch.cat(labels_seen).bincount().max())
    return Scores(
        correct=correct,
        loss=loss / images if isfinite(loss) else None,
        top5_accuracy=in_top / images if dataset.classes > TOP else None,
        chance=max(1 / dataset.classes, most_frequent / images),
    )


def evaluation_batch_size(network: Network) -> int:
    """Return the number of images in an evaluation batch: 500, or fewer so that activations fit in 2 GiB."""
    return max(1, min(MAX_EVALUATION_BATCH, MAX_ACTIVATION_BYTES // peak_memory(network).inference))
