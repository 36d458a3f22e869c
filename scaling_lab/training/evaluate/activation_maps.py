"""Class activation maps (Zhou et al. 2016, arXiv 1512.04150): which places of an image speak for a class.

A network with global pooling and a linear classifier gives a class the logit sum_k w_k mean(F_k) + b, where F_k are the
channels before the pooling; its map is sum_k w_k F_k. The weights are taken as gradients of the logit, summed over
places, which are w_k there, and which also exist where further layers follow the pooling (Selvaraju et al. 2017).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.config.hyperparameters import with_regularization
from scaling_lab.data.loaders import load_evaluation_batches
from scaling_lab.data.streaming.dataset import Dataset
from scaling_lab.errors import UserError
from scaling_lab.store.schema import Point
from scaling_lab.training.device import prepare_device
from scaling_lab.training.evaluate.accuracy import evaluation_batch_size
from scaling_lab.training.module import build_module
from scaling_lab.training.weights import WeightsFile

MAX_SEARCHED = 2000
"""Number of test images among which one of each class is looked for."""


@dataclass(frozen=True, eq=False)
class StoredMaps:
    """The maps of one trained network.

    Attributes:
        images: uint8 (n, channels, side, side), as the network saw them.
        labels: Class of each image.
        maps: (n, h, w), of the class of each image.
        predicted: Class with the largest logit.
    """

    images: Tensor
    labels: list[int]
    maps: Tensor
    predicted: list[int]


def map_activations(module: nn.Module, images: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
    """Return the activation map of a class of each image, and the logits.

    Args:
        module: Network with global average pooling, put into evaluation mode.
        images: Normalized images (n, channels, side, side).
        classes: int64 (n,).

    Returns:
        (n, h, w) at the size of the feature map before the pooling, and (n, classes).

    Raises:
        UserError: The network has no global average pooling.
    """
    pools = [part for part in module.modules() if isinstance(part, nn.AdaptiveAvgPool2d)]
    if not pools:
        raise UserError("the network has no global average pooling, so it has no class activation maps")
    features: list[Tensor] = []

    def keep(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        features.append(inputs[0])

    module.eval()
    handle = pools[-1].register_forward_pre_hook(keep)  # earlier ones are in squeeze-and-excitation
    try:
        with torch.enable_grad():
            logits: Tensor = module(images.requires_grad_())
            chosen = logits.gather(1, classes[:, None]).sum()
            (gradient,) = torch.autograd.grad(chosen, features[0])
    finally:
        handle.remove()
    weights = gradient.sum(dim=(2, 3), keepdim=True)
    return (weights * features[0]).sum(dim=1).detach(), logits.detach()


def find_class_examples(point: Point, dataset: Dataset, count: int) -> list[int]:
    """Return the places of the first test image of each class, for at most `count` classes."""
    examples: dict[int, int] = {}
    seen = 0
    for _, labels in _evaluation_batches(point, dataset):
        for place, label in enumerate(labels.tolist(), start=seen):
            examples.setdefault(label, place)
        seen += len(labels)
        if len(examples) >= count or seen >= MAX_SEARCHED:
            break
    return sorted(examples.values())[:count]


def map_stored(point: Point, weights: WeightsFile, dataset: Dataset, places: Sequence[int]) -> StoredMaps:
    """Return the maps of a point's stored weights, of the classes of these test images.

    Args:
        point: Point of the weights.
        weights: Their file.
        dataset: Dataset of the test images.
        places: Places of the images in the test part, rising.

    Raises:
        UserError: The weights cannot be read, or the network has no global average pooling.
    """
    torch.set_num_threads(1)
    network = point.network
    trained = weights.read_metadata()
    module = build_module(with_regularization(network, point.recipe)).to(prepare_device(ExecutionOptions(device="cpu")))
    weights.load_into(module, trained.is_averaged)
    images, labels = _gather(_evaluation_batches(point, dataset), places)
    maps, logits = map_activations(module, trained.normalizer(network.classes).normalize(images), labels)
    return StoredMaps(images, labels.tolist(), maps, logits.argmax(1).tolist())


def _evaluation_batches(point: Point, dataset: Dataset) -> Iterable[tuple[Tensor, Tensor]]:
    network = point.network
    size = evaluation_batch_size(network)
    return load_evaluation_batches(dataset, "test", network.side, point.recipe.eval_border, size)


def _gather(batches: Iterable[tuple[Tensor, Tensor]], places: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Return the images at these places, and their labels."""
    images, labels, start = list[Tensor](), list[Tensor](), 0
    for batch, classes in batches:
        inside = [place - start for place in places if start <= place < start + len(classes)]
        images.append(batch[inside])
        labels.append(classes[inside])
        start += len(classes)
        if start > max(places):
            break
    return torch.cat(images), torch.cat(labels)
