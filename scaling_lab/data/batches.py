"""From pictures in memory to batches: resize once, then shuffle, crop, flip and normalise whole batches.

Tensors stay on the device they are on. Random numbers are drawn on the generator's device, so that a CPU generator
gives the same batches on every device.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

RESIZE_CHUNK = 1000


class TrainingBatches(Protocol):
    """Where the batches of a training come from: as many in every epoch, in an order that the generator decides.

    cropped: whether the random resized crop of a recipe that has one is done already. skipped: names of the corrupt
    pictures in whose place others were taken, and why.
    """

    cropped: bool
    skipped: Mapping[str, str]

    def __len__(self) -> int:
        """Batches in an epoch."""

    def epoch(self, generator: torch.Generator, skip: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """Pictures, uint8 (batch, channels, h, w), and labels, int64 (batch,), on the device, after the first `skip`.

        What is drawn from the generator is drawn before this returns, and is the same whatever is skipped.
        """


@dataclass(frozen=True, eq=False)
class InMemoryBatches:
    """Batches of pictures that lie on the device. images: uint8 (n, channels, h, w); labels: int64 (n,)."""

    images: Tensor
    labels: Tensor
    batch: int
    cropped: bool = False
    skipped: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.images) // self.batch

    def epoch(self, generator: torch.Generator, skip: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """As in `Batches`."""
        return shuffle_into_batches(self.images, self.labels, self.batch, generator, skip)


def resize_images(images: NDArray[np.uint8], side: int) -> Tensor:
    """Return a uint8 tensor (n, channels, side, side) on the CPU: antialiased bilinear, rounded to whole levels.

    A copy; unchanged at the pictures' own side. `images` is (n, channels, h, w). ValueError if `side` is under 1.
    """
    if side < 1:
        raise ValueError(f"side must be at least 1 pixel, not {side}")
    pixels = torch.tensor(images)
    if tuple(pixels.shape[2:]) == (side, side):
        return pixels
    return torch.cat([_resized(part, side) for part in torch.split(pixels, RESIZE_CHUNK)])


def crop_and_flip(batch: Tensor, generator: torch.Generator, pad: int, flip: bool) -> Tensor:
    """Crop each picture at its own random place out of itself with `pad` zeros around it; mirror half if `flip`.

    `batch` is (n, channels, h, w), uint8 before normalisation (0 is black); shape and dtype are kept, the memory is
    channels-last. Offsets are uniform on 0 .. 2 * pad. ValueError if `pad` is negative.
    """
    if pad < 0:
        raise ValueError(f"pad must not be negative, not {pad}")
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
    chosen = padded.reshape(-1, channels).index_select(0, pixels.flatten())
    return chosen.view(count, height, width, channels).permute(0, 3, 1, 2)


def shuffle_into_batches(
    images: Tensor, labels: Tensor, batch: int, generator: torch.Generator, skip: int = 0
) -> Iterator[tuple[Tensor, Tensor]]:
    """Return the batches of one pass in random order, without the first `skip`; pictures that do not fill a last batch
    are left out.

    The order is drawn here, before the first batch is asked for. ValueError if `batch` is not in 1 .. n or if there
    are not as many labels as pictures.
    """
    _check(images, labels, batch)
    if batch > len(images):
        raise ValueError(f"a batch of {batch} cannot be filled from {len(images)} pictures")
    order = torch.randperm(len(images), generator=generator, device=generator.device).to(images.device)
    full = torch.split(order[: len(order) // batch * batch], batch)
    return ((images.index_select(0, places), labels.index_select(0, places)) for places in full[skip:])


def split_into_batches(images: Tensor, labels: Tensor, batch: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Return all pictures in their order, `batch` at a time; the last batch may be short. ValueError as for `epoch`."""
    _check(images, labels, batch)
    return zip(torch.split(images, batch), torch.split(labels, batch), strict=True)


def _check(images: Tensor, labels: Tensor, batch: int) -> None:
    if batch < 1:
        raise ValueError(f"a batch must hold at least 1 picture, not {batch}")
    if len(images) != len(labels):
        raise ValueError(f"{len(images)} pictures and {len(labels)} labels")


def _resized(images: Tensor, side: int) -> Tensor:
    pixels = functional.interpolate(images.float(), size=(side, side), mode="bilinear", antialias=True)
    return pixels.round_().clamp_(0, 255).to(torch.uint8)
