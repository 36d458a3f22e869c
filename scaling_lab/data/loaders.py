"""From a data set to the batches of a training and of an evaluation, in memory or streamed."""

import warnings
from collections.abc import Iterator
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from scaling_lab.config.hyperparameters import Hyperparameters
from scaling_lab.data.augment.views import crop_middle
from scaling_lab.data.batches import InMemoryBatches, TrainingBatches, resize_images, split_into_batches
from scaling_lab.data.dataset import InMemoryDataset
from scaling_lab.data.files.cache import load_or_build_array
from scaling_lab.data.streaming.batches import StreamedBatches, read_ordered_batches
from scaling_lab.data.streaming.dataset import Dataset, StreamedDataset

Part = Literal["train", "held_out", "test"]


def load_training_batches(
    pictures: Dataset, recipe: Hyperparameters, side: int, device: torch.device
) -> TrainingBatches:
    """Batches of the training part at the network's side. In memory they lie on the device, and at their own side where
    the recipe crops and resizes; streamed ones are cropped by those who read them."""
    if isinstance(pictures, StreamedDataset):
        return StreamedBatches(
            pictures.train,
            batch=recipe.batch,
            side=side,
            crop=recipe.crop,
            readers=pictures.readers,
            corrupt=pictures.corrupt,
            device=device,
        )
    images = _mapped(pictures.train.images) if recipe.crop else _at_side(pictures, "train", side)
    return InMemoryBatches(images.to(device), torch.tensor(pictures.train.labels).to(device), recipe.batch)


def load_evaluation_batches(
    pictures: Dataset, part: Part, side: int, border: int, batch_size: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """A part in its order, on the CPU: resized to side + border, and the side cropped out of its middle."""
    if isinstance(pictures, StreamedDataset):
        catalogue = getattr(pictures, part)
        return read_ordered_batches(catalogue, batch=batch_size, side=side, border=border, readers=pictures.readers)
    labels = torch.tensor(getattr(pictures, part).labels)
    return split_into_batches(crop_middle(_at_side(pictures, part, side + border), side), labels, batch_size)


def _at_side(pictures: InMemoryDataset, part: Part, side: int) -> Tensor:
    """As `at_side`; of a kept data set the pictures of each side are kept, too, so that they are resized once."""
    images: NDArray[np.uint8] = getattr(pictures, part).images
    if pictures.folder is None:
        return resize_images(images, side)
    if side == pictures.side:
        return _mapped(images)
    name = f"{part}_images_{side}px.npy"
    return _mapped(load_or_build_array(pictures.folder / name, lambda: resize_images(images, side).numpy()))


def _mapped(images: NDArray[np.uint8]) -> Tensor:
    """The same memory as a tensor, which nobody writes to: workers share the pages of a kept data set."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(images)
