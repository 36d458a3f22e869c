"""Batches of a dataset, in memory or streamed, for training and for evaluation."""

import warnings
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from scaling_lab.config.hyperparameters import Hyperparameters
from scaling_lab.data.augment.views import crop_middle
from scaling_lab.data.batches import InMemoryBatches, TrainingBatches, resize_images, split_into_batches
from scaling_lab.data.dataset import InMemoryDataset
from scaling_lab.data.files.cached_array import load_or_build_array
from scaling_lab.data.streaming.batches import StreamedBatches, read_ordered_batches
from scaling_lab.data.streaming.dataset import Dataset, StreamedDataset
from scaling_lab.data.summary import Part


def load_training_batches(
    dataset: Dataset, recipe: Hyperparameters, side: int, device: torch.device
) -> TrainingBatches:
    """Return the batches of the training part.

    Images in memory are resized to the network's side and moved to the device; for a recipe with a random resized crop
    they keep their own side. Streamed images are cropped by the reader processes.

    Args:
        dataset: Dataset to read.
        recipe: Resolved recipe, for `batch` and `crop`.
        side: Side of the network's input in pixels.
        device: Device of the batches.
    """
    if isinstance(dataset, StreamedDataset):
        return StreamedBatches(
            dataset.train,
            batch=recipe.batch,
            side=side,
            crop=recipe.crop,
            readers=dataset.readers,
            corrupt=dataset.corrupt,
            device=device,
        )
    images = _as_tensor(dataset.train.images) if recipe.crop else _resized_part(dataset, "train", side)
    return InMemoryBatches(images.to(device), torch.tensor(dataset.train.labels).to(device), recipe.batch)


def load_evaluation_batches(
    dataset: Dataset, part: Part, side: int, border: int, batch_size: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Return a part in its order, on the CPU: resized to side + border, then center-cropped to the side."""
    if isinstance(dataset, StreamedDataset):
        index = getattr(dataset, part)
        return read_ordered_batches(index, batch=batch_size, side=side, border=border, readers=dataset.readers)
    labels = torch.tensor(getattr(dataset, part).labels)
    return split_into_batches(crop_middle(_resized_part(dataset, part, side + border), side), labels, batch_size)


def _resized_part(dataset: InMemoryDataset, part: Part, side: int) -> Tensor:
    """Return the resized images of a part; those of a cached dataset are cached too, once for each side."""
    images: NDArray[np.uint8] = getattr(dataset, part).images
    if dataset.folder is None:
        return resize_images(images, side)
    if side == dataset.side:
        return _as_tensor(images)
    name = f"{part}_images_{side}px.npy"
    return _as_tensor(load_or_build_array(dataset.folder / name, lambda: resize_images(images, side).numpy()))


def _as_tensor(images: NDArray[np.uint8]) -> Tensor:
    """Return a tensor on the same, read-only memory: workers share the pages of a cached dataset."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(images)
