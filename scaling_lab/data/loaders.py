"""From a data set to the batches of a training and of an evaluation, in memory or streamed."""

import warnings
from collections.abc import Iterator
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from scaling_lab.config.hyperparameters import Resolved
from scaling_lab.data.augment.views import evaluated
from scaling_lab.data.batches import Batches, InMemory, at_side, in_order
from scaling_lab.data.dataset import Pictures
from scaling_lab.data.files.cache import kept_array
from scaling_lab.data.streaming.batches import StreamBatches
from scaling_lab.data.streaming.batches import in_order as streamed_in_order
from scaling_lab.data.streaming.dataset import DataSet, Streamed

Part = Literal["train", "held_out", "test"]


def training_batches(pictures: DataSet, recipe: Resolved, side: int, device: torch.device) -> Batches:
    """Batches of the training part at the network's side. In memory they lie on the device, and at their own side where
    the recipe crops and resizes; streamed ones are cropped by those who read them."""
    if isinstance(pictures, Streamed):
        return StreamBatches(
            pictures.train,
            batch=recipe.batch,
            side=side,
            crop=recipe.crop,
            readers=pictures.readers,
            corrupt=pictures.corrupt,
            device=device,
        )
    images = _mapped(pictures.train.images) if recipe.crop else _at_side(pictures, "train", side)
    return InMemory(images.to(device), torch.tensor(pictures.train.labels).to(device), recipe.batch)


def evaluation_batches(
    pictures: DataSet, part: Part, side: int, border: int, at_once: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """A part in its order, on the CPU: resized to side + border, and the side cropped out of its middle."""
    if isinstance(pictures, Streamed):
        catalogue = getattr(pictures, part)
        return streamed_in_order(catalogue, batch=at_once, side=side, border=border, readers=pictures.readers)
    labels = torch.tensor(getattr(pictures, part).labels)
    return in_order(evaluated(_at_side(pictures, part, side + border), side), labels, at_once)


def _at_side(pictures: Pictures, part: Part, side: int) -> Tensor:
    """As `at_side`; of a kept data set the pictures of each side are kept, too, so that they are resized once."""
    images: NDArray[np.uint8] = getattr(pictures, part).images
    if pictures.folder is None:
        return at_side(images, side)
    if side == pictures.side:
        return _mapped(images)
    name = f"{part}_images_{side}px.npy"
    return _mapped(kept_array(pictures.folder / name, lambda: at_side(images, side).numpy()))


def _mapped(images: NDArray[np.uint8]) -> Tensor:
    """The same memory as a tensor, which nobody writes to: workers share the pages of a kept data set."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(images)
