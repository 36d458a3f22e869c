"""Normalization of uint8 image batches by per-channel mean and standard deviation. Imports torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import torch
from torch import Tensor


class Normalizer(Protocol):
    """The part of a dataset that a training step needs: the number of classes and the normalization."""

    @property
    def classes(self) -> int:
        """Number of classes."""

    def normalize(self, batch: Tensor) -> Tensor:
        """Return uint8 (n, channels, h, w) as normalized float32 in channels-last memory."""


@dataclass(frozen=True)
class FixedNormalizer:
    """A `Normalizer` with given constants, for batches that belong to no dataset.

    Args:
        classes: Number of classes.
        mean: One number per channel, in 0 .. 1.
        std: One number per channel, in 0 .. 1.
    """

    classes: int
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def normalize(self, batch: Tensor) -> Tensor:
        """Return the normalized batch, as in `normalize_images`."""
        return normalize_images(batch, self.mean, self.std)


def normalize_images(batch: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """Return (batch / 255 - mean) / std as float32 in channels-last memory.

    Args:
        batch: uint8 (n, channels, h, w).
        mean: One number per channel, in 0 .. 1.
        std: One number per channel, in 0 .. 1.

    Raises:
        ValueError: If mean or std do not have one number per channel, or a std is not positive.
    """
    if not len(mean) == len(std) == batch.shape[1] or min(std) <= 0:
        raise ValueError(
            f"mean is {mean} and std is {std}; a batch of {batch.shape[1]} channels needs one mean and one std > 0 each"
        )
    means, stds = _column(tuple(mean), batch.device), _column(tuple(std), batch.device)
    # empty_like gives channels-last strides to one channel too; .to(memory_format=...) would leave those as they are
    pixels = torch.empty_like(batch, dtype=torch.float32, memory_format=torch.channels_last).copy_(batch)
    return pixels.div_(255).sub_(means).div_(stds)


@lru_cache(maxsize=8)
def _column(values: tuple[float, ...], device: torch.device) -> Tensor:
    return torch.tensor(values, device=device)[:, None, None]
