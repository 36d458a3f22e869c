"""Operations of augmentation policies on uint8 (n, 3, side, side), with one strength per image.

They agree with Pillow's, half of them exactly (`tests/data/augment/test_operations.py`). Operations that take more than
a line on bytes are kornia's where these agree with Pillow; the color operations of kornia's augmentation modules do
not.
"""

from collections.abc import Callable

import torch
from kornia.enhance import (
    adjust_brightness_accumulative,
    adjust_contrast_with_mean_subtraction,
    adjust_saturation_with_gray_subtraction,
    sharpness,
)
from torch import Tensor
from torch.nn import functional

FILL_LEVEL = 128
Operation = Callable[[Tensor, Tensor], Tensor]


def _to_levels(images: Tensor) -> Tensor:
    """Round floats to uint8 levels, in place where possible."""
    return images.round_().clamp_(0, 255).to(torch.uint8, memory_format=torch.channels_last)


def _per_image(values: Tensor) -> Tensor:
    return values[:, None, None, None]


def _from_kornia(adjust: Callable[[Tensor, Tensor], Tensor]) -> Operation:
    """Convert an operation of kornia, on 0 .. 1 with factors around 1, to integer levels with strengths around 0."""
    return lambda batch, excess: _to_levels(adjust(batch.float().div_(255), 1 + excess) * 255)


def _auto_contrast(batch: Tensor, _: Tensor) -> Tensor:
    """Stretch each channel of each image from black to white; a channel with a single level is unchanged."""
    planes = batch.contiguous()
    low, high = planes.amin((2, 3), keepdim=True).float(), planes.amax((2, 3), keepdim=True).float()
    low, high = torch.where(high > low, low, 0), torch.where(high > low, high, 255)
    return _to_levels((batch - low) * (255 / (high - low)))


def _equalize(batch: Tensor, _: Tensor) -> Tensor:
    """Equalize each channel's histogram. Not kornia's: on a GPU, torch's deterministic mode rejects its float sums."""
    levels = batch.contiguous().flatten(2)
    planes = levels.long()
    counts = torch.zeros(*planes.shape[:2], 256, dtype=torch.int64, device=batch.device)
    counts.scatter_add_(2, planes, torch.ones_like(planes))
    brightest = counts.gather(2, levels.amax(2, keepdim=True).long())
    step = (planes.shape[2] - brightest) // 255
    below = counts.cumsum(2) - counts
    table = ((below + step // 2) // step.clamp(min=1)).clamp_(max=255)
    table = torch.where(step > 0, table, torch.arange(256, device=batch.device)).to(torch.uint8)
    return table.gather(2, planes).view(batch.shape).contiguous(memory_format=torch.channels_last)


def _solarize(batch: Tensor, threshold: Tensor) -> Tensor:
    # 255 - level equals level ^ 255; torch.where is seven times slower on bytes
    return batch ^ ((batch >= _per_image(threshold.short())).to(torch.uint8) * 255)


def _posterize(batch: Tensor, bits: Tensor) -> Tensor:
    return batch & _per_image(256 - 2 ** (8 - bits.floor())).to(torch.uint8)


def _from_coordinates(source: Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]) -> Operation:
    """Return an operation that takes each pixel from the nearest input pixel of `source`, gray beyond the edges.

    `source` maps columns and rows of the output, and the strength, to columns and rows of the input, in -1 .. 1 from
    edge to edge.
    """

    def warp(batch: Tensor, strength: Tensor) -> Tensor:
        side = batch.shape[3]
        centers = (2 * torch.arange(side, device=batch.device) + 1) / side - 1
        grid = torch.empty(len(batch), side, side, 2, device=batch.device)
        grid[..., 0], grid[..., 1] = source(centers[None, None], centers[None, :, None], strength[:, None, None])
        return _to_levels(
            functional.grid_sample(batch.float() - FILL_LEVEL, grid, mode="nearest", align_corners=False) + FILL_LEVEL
        )

    return warp


def _rotate(x: Tensor, y: Tensor, degrees: Tensor) -> tuple[Tensor, Tensor]:
    """Rotate counterclockwise about the center."""
    cos, sin = degrees.deg2rad().cos(), degrees.deg2rad().sin()
    return cos * x - sin * y, sin * x + cos * y


# Strengths: for solarize the lowest level that is inverted; for posterize the bits to keep; for the four of kornia the
# factor minus 1; for rotate degrees; for shear and translate shares of the side. Shears fix the upper or left edge, as
# in AutoAugment's code. Images and results are in channels-last memory, strengths are float32 (n,) on the same device.
OPERATIONS: dict[str, Operation] = {
    "identity": lambda batch, _: batch,
    "auto_contrast": _auto_contrast,
    "equalize": _equalize,
    "invert": lambda batch, _: 255 - batch,
    "solarize": _solarize,
    "posterize": _posterize,
    "color": _from_kornia(adjust_saturation_with_gray_subtraction),
    "contrast": _from_kornia(adjust_contrast_with_mean_subtraction),
    "brightness": _from_kornia(adjust_brightness_accumulative),
    "sharpness": _from_kornia(sharpness),
    "rotate": _from_coordinates(_rotate),
    "shear_x": _from_coordinates(lambda x, y, share: (x + share * (y + 1), y)),
    "shear_y": _from_coordinates(lambda x, y, share: (x, y + share * (x + 1))),
    "translate_x": _from_coordinates(lambda x, y, share: (x + 2 * share, y)),
    "translate_y": _from_coordinates(lambda x, y, share: (x, y + 2 * share)),
}
