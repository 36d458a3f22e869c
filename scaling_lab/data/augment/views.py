"""What a training step sees of a batch: random views, mixed pictures; and what an evaluation sees.

Pictures are uint8 until they are normalised. Random numbers come from a CPU generator alone, so that a view is a
function of the generator's state, drawn alike for every device. Nothing here waits for the device.
"""

from math import log

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from scaling_lab.config.hyperparameters import Hyperparameters
from scaling_lab.data.batches import crop_and_flip

MAX_RECTANGLE_DRAWS = 10
CROP_ASPECT = 4 / 3
ERASED_AREA = (0.02, 0.33)
ERASED_ASPECT = 3.3


def augment_batch(batch: Tensor, generator: torch.Generator, recipe: Hyperparameters, side: int) -> Tensor:
    """Return a random view of each picture: uint8 (n, channels, side, side) in channels-last memory.

    `batch` is uint8 (n, channels, h, h) on any device, `generator` on the CPU. In this order: a random resized crop
    if `crop`, else the crop out of `pad` zeros (then h must be `side`); mirroring; the policy; erasing. Without crop,
    policy and erase this is `augment`, draw by draw. A policy needs three channels and imports kornia at its first use.
    To be called outside autocast. ValueError if nothing makes `side` of pictures of another side.
    """
    if recipe.crop:
        boxes = _rectangles(len(batch), batch.shape[2], (recipe.crop, 1.0), CROP_ASPECT, generator)
        mirrored = torch.randint(2 if recipe.flip else 1, (len(batch),), generator=generator)
        pictures = (_cut if batch.device.type == "cpu" else _resampled)(batch, boxes, mirrored, side)
    elif batch.shape[3] != side:
        raise ValueError(f"pictures of {batch.shape[3]} px cannot become {side} px without a random resized crop")
    else:
        pictures = crop_and_flip(batch, generator, recipe.pad, recipe.flip)
    if recipe.policy != "none":
        from scaling_lab.data.augment.policies import apply_policy

        pictures = apply_policy(pictures, generator, recipe)
    return _erased(pictures, generator, recipe.erase) if recipe.erase else pictures


def mix_batch(
    pictures: Tensor, labels: Tensor, generator: torch.Generator, recipe: Hyperparameters, classes: int
) -> tuple[Tensor, Tensor]:
    """Mix each picture with one partner by mixup (arXiv 1710.09412) or CutMix (1905.04899): pictures and targets.

    `pictures` is float (n, channels, h, w), already normalised; it is not written to. `labels` is int64 (n,). Targets
    are probabilities, float32 (n, classes); with neither mixup nor cutmix the arguments come back untouched and nothing
    is drawn. One share, Beta(alpha, alpha), and one rectangle hold for the whole batch, as in both papers' code; the
    partner is the picture as far from the end as this one is from the start. With both alphas set, each batch takes one
    of the two, half and half.
    """
    if not recipe.mixup and not recipe.cutmix:
        return pictures, labels
    luck = np.random.default_rng(int(torch.randint(2**62, (1,), generator=generator)))
    cuts = recipe.cutmix > 0 and (recipe.mixup == 0 or luck.random() < 0.5)
    alpha = recipe.cutmix if cuts else recipe.mixup
    share = float(luck.beta(alpha, alpha))
    if cuts:
        place = (float(luck.random()), float(luck.random()))
        pictures, share = _pasted(pictures, share, place)
    else:
        pictures = pictures.lerp(pictures.flip(0), 1 - share)
    targets = (labels[:, None] == torch.arange(classes, device=labels.device)).float()
    return pictures, targets.lerp(targets.flip(0), 1 - share)


def crop_middle(larger: Tensor, side: int) -> Tensor:
    """Return the middle of pictures: (n, channels, s, s) to (n, channels, side, side).

    EfficientNet evaluates on the middle size / (size + 32) of a picture: s is side + 32. ValueError if s is under side.
    """
    first = (larger.shape[3] - side + 1) // 2
    if first < 0:
        raise ValueError(f"pictures of {larger.shape[3]} px have no middle of {side} px")
    return larger[:, :, first : first + side, first : first + side].contiguous()


def _cut(batch: Tensor, boxes: Tensor, mirrored: Tensor, side: int) -> Tensor:
    """Resize each picture's box to `side`, bicubic and antialiased, and mirror it where `mirrored` is 1, on the CPU."""
    pictures = torch.empty(len(batch), side, side, batch.shape[1], dtype=torch.uint8).permute(0, 3, 1, 2)
    for place, (top, left, height, width, mirror) in enumerate(zip(*boxes.tolist(), mirrored.tolist(), strict=True)):
        cut = batch[place : place + 1, :, top : top + height, left : left + width]
        cut = functional.interpolate(cut, size=(side, side), mode="bicubic", antialias=True)
        pictures[place] = cut[0].flip(2) if mirror else cut[0]
    return pictures


def _resampled(batch: Tensor, boxes: Tensor, mirrored: Tensor, side: int) -> Tensor:
    """The same as two matrix products for the whole batch, on any device; at most two levels off, slow on a CPU."""
    top, left, height, width, mirror = _moved(torch.cat([boxes, mirrored[None]]).float(), batch.device)
    rows, columns = _weights(top, height, batch.shape[2], side), _weights(left, width, batch.shape[3], side)
    columns = torch.where(mirror[:, None, None] == 1, columns.flip(1), columns)
    # whole levels in between, as Pillow and torch on bytes have them
    narrowed: Tensor = torch.matmul(batch.float(), columns[:, None].mT).round_().clamp_(0, 255)
    pictures: Tensor = torch.matmul(rows[:, None], narrowed).round_().clamp_(0, 255)
    return pictures.to(torch.uint8, memory_format=torch.channels_last)


def _weights(first: Tensor, length: Tensor, native: int, side: int) -> Tensor:
    """What each of `native` pixels gives to each of `side` ones: (n, side, native). Keys' cubic, widened to shrink."""
    scale = (length / side)[:, None, None]
    output = torch.arange(side, device=first.device)[:, None] + 0.5
    pixel = torch.arange(native, device=first.device) + 0.5 - first[:, None, None]
    x = ((pixel - output * scale) / scale.clamp(min=1)).abs()
    inner = (1.5 * x - 2.5) * x**2 + 1
    outer = ((2.5 - 0.5 * x) * x - 4) * x + 2
    cubic = torch.where(x < 1, inner, torch.where(x < 2, outer, 0))
    taps: Tensor = torch.where((pixel > 0) & (pixel < length[:, None, None]), cubic, 0)
    return taps / taps.sum(2, keepdim=True)


def _erased(batch: Tensor, generator: torch.Generator, share: float) -> Tensor:
    """Random erasing (arXiv 1708.04896) with noise, uniform over levels: one sheet of it for the whole batch."""
    count, channels, side, _ = batch.shape
    chosen = torch.rand(count, generator=generator) < share
    boxes = _rectangles(count, side, ERASED_AREA, ERASED_ASPECT, generator) * chosen
    noise = torch.randint(256, (1, side, side, channels), dtype=torch.uint8, generator=generator).permute(0, 3, 1, 2)
    top, left, height, width = _moved(boxes, batch.device)[..., None]
    pixel = torch.arange(side, device=batch.device)
    rows, columns = (pixel >= top) & (pixel < top + height), (pixel >= left) & (pixel < left + width)
    inside = (rows[:, None, :, None] & columns[:, None, None, :]).to(torch.uint8) * 255
    # noise where all bits are set, else the picture: torch.where takes seven times as long on bytes
    erased: Tensor = batch ^ ((batch ^ _moved(noise, batch.device)) & inside)
    return erased


def _rectangles(count: int, side: int, areas: tuple[float, float], aspect: float, generator: torch.Generator) -> Tensor:
    """Random rectangles inside a square: int64 (4, count) of top, left, height, width, on the CPU.

    The area is uniform on a share of the square's, width over height log-uniform on 1 / aspect .. aspect. The first of
    ten tries that fits counts; when none does, the whole square.
    """
    area, stretch, top, left = torch.rand(4, MAX_RECTANGLE_DRAWS, count, dtype=torch.float64, generator=generator)
    area = (areas[0] + (areas[1] - areas[0]) * area) * side**2
    stretch = torch.exp((2 * stretch - 1) * log(aspect))
    sizes = torch.stack([torch.sqrt(area / stretch), torch.sqrt(area * stretch)]).round_()
    fits = ((sizes >= 1) & (sizes <= side)).all(0)
    first = fits.int().argmax(0)[None]
    sizes = torch.where(fits.any(0), sizes.gather(1, first.expand(2, 1, -1)).squeeze(1), side)
    places = torch.stack([top, left])[:, 0] * (side - sizes + 1)
    return torch.cat([places.floor(), sizes]).long()


def _pasted(pictures: Tensor, share: float, place: tuple[float, float]) -> tuple[Tensor, float]:
    """Paste a rectangle of 1 - share of the area out of the partner; clipped at the edges, the share says what is left.

    `place` is the rectangle's centre as fractions of height and width.
    """
    height, width = pictures.shape[2:]
    spans = []
    for size, centre in zip((height, width), place, strict=True):
        half, middle = int(size * (1 - share) ** 0.5) // 2, int(size * centre)
        spans.append(slice(max(0, middle - half), min(size, middle + half)))
    pasted = pictures.clone()
    pasted[:, :, *spans] = pictures.flip(0)[:, :, *spans]
    area = (spans[0].stop - spans[0].start) * (spans[1].stop - spans[1].start)
    return pasted, 1 - area / (height * width)


def _moved(numbers: Tensor, device: torch.device) -> Tensor:
    return numbers.to(device, non_blocking=True)
