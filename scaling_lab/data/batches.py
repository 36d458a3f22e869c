"""Batches of images in memory: resizing, shuffling, cropping and flipping of whole batches.

Tensors stay on their device. Random numbers are drawn on the generator's device, so that a CPU generator gives the same
batches on every device.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

RESIZE_CHUNK = 1000  # images


class TrainingBatches(Protocol):
    """Source of a training's batches: the same number in every epoch, in an order decided by the generator."""

    @property
    def cropped(self) -> bool:
        """Whether a recipe's random resized crop is already done."""

    @property
    def skipped(self) -> Mapping[str, str]:
        """Corrupt images that were replaced by others so far: reason by name."""

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""

    def epoch(self, generator: torch.Generator, skip: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """Return the batches of an epoch without the first `skip`.

        All random numbers are drawn from the generator before this returns, the same ones for every `skip`.

        Returns:
            Pairs of images, uint8 (batch, channels, h, w), and labels, int64 (batch,), on the training device.
        """


@dataclass(frozen=True, eq=False)
class InMemoryBatches:
    """Batches of images that are on the device.

    Attributes:
        images: uint8 (n, channels, h, w).
        labels: int64 (n,).
        batch: Images per batch.
        cropped: Whether a recipe's random resized crop is already done.
        skipped: Always empty.
    """

    images: Tensor
    labels: Tensor
    batch: int
    cropped: bool = False
    skipped: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.images) // self.batch

    def epoch(self, generator: torch.Generator, skip: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """Return the batches of an epoch, as in `TrainingBatches`."""
        return shuffle_into_batches(self.images, self.labels, self.batch, generator, skip)


def resize_images(images: NDArray[np.uint8], side: int) -> Tensor:
    """Return a resized copy as a uint8 tensor (n, channels, side, side) on the CPU.

    Bilinear and antialiased, rounded to integer levels; unchanged if the images already have that side.

    Args:
        images: uint8 (n, channels, h, w).
        side: New side in pixels.

    Raises:
        ValueError: If side is under 1.
    """
    if side < 1:
        raise ValueError(f"side is {side}; must be >= 1 pixel")
    pixels = torch.tensor(images)
    if tuple(pixels.shape[2:]) == (side, side):
        return pixels
    return torch.cat([_resize(part, side) for part in torch.split(pixels, RESIZE_CHUNK)])


def crop_and_flip(batch: Tensor, generator: torch.Generator, pad: int, flip: bool) -> Tensor:
    """Pad each image with zeros, crop it at a random offset to its own size, and mirror it with probability 1/2.

    Args:
        batch: (n, channels, h, w); uint8 before normalization, where 0 is black.
        generator: Source of the offsets, uniform on 0 .. 2 * pad, and of the mirroring.
        pad: Zeros on each side, in pixels.
        flip: Whether images are mirrored.

    Returns:
        A batch of the same shape and dtype in channels-last memory.

    Raises:
        ValueError: If pad is negative.
    """
    if pad < 0:
        raise ValueError(f"pad is {pad}; must be >= 0 pixels")
    count, channels, height, width = batch.shape
    offsets = torch.randint(2 * pad + 1, (2, count, 1), generator=generator, device=generator.device)
    mirrored = torch.randint(2, (count, 1), generator=generator, device=generator.device) if flip else None
    if not pad and mirrored is None:
        return batch.clone(memory_format=torch.channels_last)
    top, left = offsets.to(batch.device, non_blocking=True)
    columns = torch.arange(width, device=batch.device)
    if mirrored is None:
        x = left + columns
    else:
        x = left + torch.where(mirrored.to(batch.device, non_blocking=True) == 1, columns.flip(0), columns)
    y = top + torch.arange(height, device=batch.device)
    padded = functional.pad(batch.permute(0, 2, 3, 1), (0, 0, pad, pad, pad, pad))
    rows = torch.arange(count, device=batch.device)[:, None] * padded.shape[1] + y
    pixels = rows[:, :, None] * padded.shape[2] + x[:, None, :]
    selected = padded.reshape(-1, channels).index_select(0, pixels.flatten())
    return selected.view(count, height, width, channels).permute(0, 3, 1, 2)


def shuffle_into_batches(
    images: Tensor, labels: Tensor, batch: int, generator: torch.Generator, skip: int = 0
) -> Iterator[tuple[Tensor, Tensor]]:
    """Return the batches of one epoch in random order, without the first `skip` and without an incomplete last one.

    The order is drawn here, before the first batch is taken.

    Raises:
        ValueError: If batch is not in 1 .. n, or the numbers of images and labels differ.
    """
    _check_batch(images, labels, batch)
    if batch > len(images):
        raise ValueError(f"batch is {batch}; must be <= {len(images)}, the number of images")
    order = torch.randperm(len(images), generator=generator, device=generator.device).to(images.device)
    full = torch.split(order[: len(order) // batch * batch], batch)
    return ((images.index_select(0, indices), labels.index_select(0, indices)) for indices in full[skip:])


def split_into_batches(images: Tensor, labels: Tensor, batch: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Return all images in their order, `batch` at a time; the last batch may be smaller.

    Raises:
        ValueError: If batch is under 1, or the numbers of images and labels differ.
    """
    _check_batch(images, labels, batch)
    return zip(torch.split(images, batch), torch.split(labels, batch), strict=True)


def _check_batch(images: Tensor, labels: Tensor, batch: int) -> None:
    if batch < 1:
        raise ValueError(f"batch is {batch}; must be >= 1")
    if len(images) != len(labels):
        raise ValueError(f"{len(images)} images and {len(labels)} labels; their numbers must be equal")


def _resize(images: Tensor, side: int) -> Tensor:
    pixels = functional.interpolate(images.float(), size=(side, side), mode="bilinear", antialias=True)
    return pixels.round_().clamp_(0, 255).to(torch.uint8)
