"""What a policy may do to pictures: operations on uint8 (n, 3, side, side), each picture with a strength of its own.

They agree with Pillow's, half of them level by level (`tests/data/augment/test_operations.py`). Of kornia are those
that take more than a line on bytes and agree with Pillow there; the colours of its augmentation modules do not.
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


def _levels(pictures: Tensor) -> Tensor:
    """Round floats to levels; they are written to."""
    return pictures.round_().clamp_(0, 255).to(torch.uint8, memory_format=torch.channels_last)


def _each(values: Tensor) -> Tensor:
    return values[:, None, None, None]


def _by_kornia(adjust: Callable[[Tensor, Tensor], Tensor]) -> Operation:
    """Of kornia's pictures in 0 .. 1 and factors around 1, ours in whole levels and strengths around 0."""
    return lambda batch, excess: _levels(adjust(batch.float().div_(255), 1 + excess) * 255)


def _auto_contrast(batch: Tensor, _: Tensor) -> Tensor:
    """Each channel of each picture from black to white; one of a single level stays."""
    planes = batch.contiguous()
    low, high = planes.amin((2, 3), keepdim=True).float(), planes.amax((2, 3), keepdim=True).float()
    low, high = torch.where(high > low, low, 0), torch.where(high > low, high, 255)
    return _levels((batch - low) * (255 / (high - low)))


def _equalize(batch: Tensor, _: Tensor) -> Tensor:
    """Spread each channel's levels evenly. Not kornia's: torch's deterministic mode refuses its float sums on a GPU."""
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
    # 255 - level is level ^ 255; torch.where takes seven times as long on bytes
    return batch ^ ((batch >= _each(threshold.short())).to(torch.uint8) * 255)


def _posterize(batch: Tensor, bits: Tensor) -> Tensor:
    return batch & _each(256 - 2 ** (8 - bits.floor())).to(torch.uint8)


def _by_place(source: Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]) -> Operation:
    """Take each pixel from the nearest one to where `source` says, grey from beyond the edges.

    `source` maps columns and rows of the output and the strength to those of the input, in -1 .. 1 from edge to edge.
    """

    def warp(batch: Tensor, strength: Tensor) -> Tensor:
        side = batch.shape[3]
        centres = (2 * torch.arange(side, device=batch.device) + 1) / side - 1
        grid = torch.empty(len(batch), side, side, 2, device=batch.device)
        grid[..., 0], grid[..., 1] = source(centres[None, None], centres[None, :, None], strength[:, None, None])
        return _levels(
            functional.grid_sample(batch.float() - FILL_LEVEL, grid, mode="nearest", align_corners=False) + FILL_LEVEL
        )

    return warp


def _turned(x: Tensor, y: Tensor, degrees: Tensor) -> tuple[Tensor, Tensor]:
    """Counter-clockwise about the centre."""
    cos, sin = degrees.deg2rad().cos(), degrees.deg2rad().sin()
    return cos * x - sin * y, sin * x + cos * y


# Strengths: solarize, the level from which on to invert; posterize, bits to keep; the four of kornia, how far from 1
# the factor is; rotate, degrees; shear and translate, shares of the side. Shears keep the upper or left edge, as in
# AutoAugment's code. Pictures and results are in channels-last memory, strengths float32 (n,) on the same device.
OPERATIONS: dict[str, Operation] = {
    "identity": lambda batch, _: batch,
    "auto_contrast": _auto_contrast,
    "equalize": _equalize,
    "invert": lambda batch, _: 255 - batch,
    "solarize": _solarize,
    "posterize": _posterize,
    "color": _by_kornia(adjust_saturation_with_gray_subtraction),
    "contrast": _by_kornia(adjust_contrast_with_mean_subtraction),
    "brightness": _by_kornia(adjust_brightness_accumulative),
    "sharpness": _by_kornia(sharpness),
    "rotate": _by_place(_turned),
    "shear_x": _by_place(lambda x, y, share: (x + share * (y + 1), y)),
    "shear_y": _by_place(lambda x, y, share: (x, y + share * (x + 1))),
    "translate_x": _by_place(lambda x, y, share: (x + 2 * share, y)),
    "translate_y": _by_place(lambda x, y, share: (x, y + 2 * share)),
}
