"""Augmentation of training batches (random views and mixing), and the center crop of evaluation.

Images are uint8 until they are normalized. All random numbers come from a CPU generator, so that a view depends only on
the generator's state and is the same for every device. Nothing here waits for the device.
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
    """Return a random view of each image: uint8 (n, channels, side, side) in channels-last memory.

    The steps are, in this order: a random resized crop if `recipe.crop`, else a crop after padding with `recipe.pad`
    zeros; mirroring; the policy; erasing. Without crop, policy and erase this draws exactly as `crop_and_flip`. A
    policy needs three channels and imports kornia at its first use. Call this outside autocast.

    Args:
        batch: uint8 (n, channels, h, h) on any device; without a random resized crop, h must be `side`.
        generator: Generator on the CPU.
        recipe: Resolved recipe.
        side: Side of the views in pixels.

    Raises:
        ValueError: If h differs from `side` and the recipe has no random resized crop.
    """
    if recipe.crop:
        boxes = _rectangles(len(batch), batch.shape[2], (recipe.crop, 1.0), CROP_ASPECT, generator)
        mirrored = torch.randint(2 if recipe.flip else 1, (len(batch),), generator=generator)
        images = (_cut if batch.device.type == "cpu" else _resample)(batch, boxes, mirrored, side)
    elif batch.shape[3] != side:
        raise ValueError(f"images are {batch.shape[3]} px; without a random resized crop they must be {side} px")
    else:
        images = crop_and_flip(batch, generator, recipe.pad, recipe.flip)
    if recipe.policy != "none":
        from scaling_lab.data.augment.policies import apply_policy

        images = apply_policy(images, generator, recipe)
    return _erase(images, generator, recipe.erase) if recipe.erase else images


def mix_batch(
    images: Tensor, labels: Tensor, generator: torch.Generator, recipe: Hyperparameters, classes: int
) -> tuple[Tensor, Tensor]:
    """Mix each image with one partner by mixup (arXiv 1710.09412) or CutMix (1905.04899).

    One share, drawn from Beta(alpha, alpha), and one rectangle are used for the whole batch, as in both papers' code.
    The partner of image i is image n - 1 - i. With both alphas set, each batch takes one of the two with probability
    1/2.

    Args:
        images: float (n, channels, h, w), already normalized; not written to.
        labels: int64 (n,).
        generator: Generator on the CPU.
        recipe: Resolved recipe, for `mixup` and `cutmix`.
        classes: Number of classes.

    Returns:
        Images and targets, probabilities float32 (n, classes). Without mixup and cutmix the arguments are returned
        unchanged and nothing is drawn.
    """
    if not recipe.mixup and not recipe.cutmix:
        return images, labels
    random = np.random.default_rng(int(torch.randint(2**62, (1,), generator=generator)))
    use_cutmix = recipe.cutmix > 0 and (recipe.mixup == 0 or random.random() < 0.5)
    alpha = recipe.cutmix if use_cutmix else recipe.mixup
    share = float(random.beta(alpha, alpha))
    if use_cutmix:
        center = (float(random.random()), float(random.random()))
        images, share = _paste_rectangle(images, share, center)
    else:
        images = images.lerp(images.flip(0), 1 - share)
    targets = (labels[:, None] == torch.arange(classes, device=labels.device)).float()
    return images, targets.lerp(targets.flip(0), 1 - share)


def crop_middle(images: Tensor, side: int) -> Tensor:
    """Return the center crop of images: (n, channels, s, s) to (n, channels, side, side).

    EfficientNet evaluates on the central size / (size + 32) of an image: s is side + 32.

    Raises:
        ValueError: If s is under side.
    """
    first = (images.shape[3] - side + 1) // 2
    if first < 0:
        raise ValueError(f"side is {side}; must be <= {images.shape[3]} px, the side of the images")
    return images[:, :, first : first + side, first : first + side].contiguous()


def _cut(batch: Tensor, boxes: Tensor, mirrored: Tensor, side: int) -> Tensor:
    """Resize each image's box to `side`, bicubic and antialiased, and mirror it where `mirrored` is 1; on the CPU."""
    images = torch.empty(len(batch), side, side, batch.shape[1], dtype=torch.uint8).permute(0, 3, 1, 2)
    for index, (top, left, height, width, mirror) in enumerate(zip(*boxes.tolist(), mirrored.tolist(), strict=True)):
        cut = batch[index : index + 1, :, top : top + height, left : left + width]
        cut = functional.interpolate(cut, size=(side, side), mode="bicubic", antialias=True)
        images[index] = cut[0].flip(2) if mirror else cut[0]
    return images


def _resample(batch: Tensor, boxes: Tensor, mirrored: Tensor, side: int) -> Tensor:
    """Do the same as `_cut` by two matrix products on any device; off by at most 2 levels, slow on a CPU."""
    top, left, height, width, mirror = _to_device(torch.cat([boxes, mirrored[None]]).float(), batch.device)
    rows, columns = _weights(top, height, batch.shape[2], side), _weights(left, width, batch.shape[3], side)
    columns = torch.where(mirror[:, None, None] == 1, columns.flip(1), columns)
    # integer levels in between, as in Pillow and in torch on bytes
    narrowed: Tensor = torch.matmul(batch.float(), columns[:, None].mT).round_().clamp_(0, 255)
    images: Tensor = torch.matmul(rows[:, None], narrowed).round_().clamp_(0, 255)
    return images.to(torch.uint8, memory_format=torch.channels_last)


def _weights(first: Tensor, length: Tensor, native: int, side: int) -> Tensor:
    """Return weights of input for output pixels, (n, side, native): Keys' cubic, widened to shrink."""
    scale = (length / side)[:, None, None]
    output = torch.arange(side, device=first.device)[:, None] + 0.5
    pixel = torch.arange(native, device=first.device) + 0.5 - first[:, None, None]
    x = ((pixel - output * scale) / scale.clamp(min=1)).abs()
    inner = (1.5 * x - 2.5) * x**2 + 1
    outer = ((2.5 - 0.5 * x) * x - 4) * x + 2
    cubic = torch.where(x < 1, inner, torch.where(x < 2, outer, 0))
    taps: Tensor = torch.where((pixel > 0) & (pixel < length[:, None, None]), cubic, 0)
    return taps / taps.sum(2, keepdim=True)


def _erase(batch: Tensor, generator: torch.Generator, share: float) -> Tensor:
    """Replace random rectangles (random erasing, arXiv 1708.04896) with uniform noise, the same for all images."""
    count, channels, side, _ = batch.shape
    is_erased = torch.rand(count, generator=generator) < share
    boxes = _rectangles(count, side, ERASED_AREA, ERASED_ASPECT, generator) * is_erased
    noise = torch.randint(256, (1, side, side, channels), dtype=torch.uint8, generator=generator).permute(0, 3, 1, 2)
    top, left, height, width = _to_device(boxes, batch.device)[..., None]
    pixel = torch.arange(side, device=batch.device)
    rows, columns = (pixel >= top) & (pixel < top + height), (pixel >= left) & (pixel < left + width)
    inside = (rows[:, None, :, None] & columns[:, None, None, :]).to(torch.uint8) * 255
    # noise where all bits are set, else the image; torch.where is seven times slower on bytes
    erased: Tensor = batch ^ ((batch ^ _to_device(noise, batch.device)) & inside)
    return erased


def _rectangles(count: int, side: int, areas: tuple[float, float], aspect: float, generator: torch.Generator) -> Tensor:
    """Return random rectangles inside a square: int64 (4, count) of top, left, height, width, on the CPU.

    The area is uniform on a share of the square's, width over height log-uniform on 1 / aspect .. aspect. The first of
    ten draws that fits is used; if none fits, the whole square.
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


def _paste_rectangle(images: Tensor, share: float, center: tuple[float, float]) -> tuple[Tensor, float]:
    """Paste a rectangle of area 1 - share from the partner, clipped at the edges; return the share that remains.

    `center` is the rectangle's center as fractions of height and width.
    """
    height, width = images.shape[2:]
    spans = []
    for size, fraction in zip((height, width), center, strict=True):
        half, middle = int(size * (1 - share) ** 0.5) // 2, int(size * fraction)
        spans.append(slice(max(0, middle - half), min(size, middle + half)))
    pasted = images.clone()
    pasted[:, :, *spans] = images.flip(0)[:, :, *spans]
    area = (spans[0].stop - spans[0].start) * (spans[1].stop - spans[1].start)
    return pasted, 1 - area / (height * width)


def _to_device(numbers: Tensor, device: torch.device) -> Tensor:
    return numbers.to(device, non_blocking=True)
