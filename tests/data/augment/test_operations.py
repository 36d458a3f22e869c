from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance, ImageOps
from torch import Tensor
from torch.nn import functional

from scaling_lab.data.augment.operations import OPERATIONS

SIDE = 40
GREY = (128, 128, 128)
Pillow = Callable[[Image.Image, float], Image.Image]


def images() -> Tensor:
    """Smooth and rough, dark, bright and flat ones: uint8 (12, 3, 40, 40) in channels-last memory."""
    generator = torch.Generator().manual_seed(5)
    coarse = torch.rand(12, 3, 5, 5, generator=generator)
    fields = functional.interpolate(coarse, size=(SIDE, SIDE), mode="bicubic", align_corners=False) * 255
    fields += torch.randn(12, 3, SIDE, SIDE, generator=generator) * torch.linspace(0, 40, 12)[:, None, None, None]
    fields[1] = fields[1] * 0.3 + 20
    fields[2] = fields[2] * 0.2 + 190
    fields[3, 1], fields[4] = 77, 0
    fields[5] = 255
    return fields.round().clamp(0, 255).to(torch.uint8).contiguous(memory_format=torch.channels_last)


def moved(image: Image.Image, *matrix: float) -> Image.Image:
    return image.transform(image.size, Image.Transform.AFFINE, matrix, fillcolor=GREY)


EXACT: list[tuple[str, tuple[float, ...], Pillow]] = [
    ("identity", (0,), lambda image, _: image),
    ("equalize", (0,), lambda image, _: ImageOps.equalize(image)),
    ("invert", (0,), lambda image, _: ImageOps.invert(image)),
    ("solarize", (0, 100, 204.8, 255, 256), lambda image, level: ImageOps.solarize(image, int(level))),
    ("posterize", (1, 2, 4, 6.8, 7, 8), lambda image, bits: ImageOps.posterize(image, int(bits))),
    ("shear_x", (-0.27, 0, 0.15), lambda image, share: moved(image, 1, share, 0, 0, 1, 0)),
    ("shear_y", (-0.27, 0, 0.15), lambda image, share: moved(image, 1, 0, 0, share, 1, 0)),
    ("translate_x", (-0.405, 0, 0.2), lambda image, share: moved(image, 1, 0, share * SIDE, 0, 1, 0)),
    ("translate_y", (-0.405, 0, 0.2), lambda image, share: moved(image, 1, 0, 0, 0, 1, share * SIDE)),
]
WITHIN_A_LEVEL: list[tuple[str, tuple[float, ...], Pillow]] = [
    ("auto_contrast", (0,), lambda image, _: ImageOps.autocontrast(image)),
    ("color", (-0.9, -0.3, 0, 0.9), lambda image, excess: ImageEnhance.Color(image).enhance(1 + excess)),
    ("contrast", (-0.9, -0.3, 0, 0.9), lambda image, excess: ImageEnhance.Contrast(image).enhance(1 + excess)),
    ("brightness", (-0.9, -0.3, 0, 0.9), lambda image, excess: ImageEnhance.Brightness(image).enhance(1 + excess)),
    ("sharpness", (-0.9, -0.3, 0, 0.9), lambda image, excess: ImageEnhance.Sharpness(image).enhance(1 + excess)),
]


def differences(name: str, strength: float, pillow: Pillow) -> Tensor:
    originals = images()
    copies = originals.clone()
    result = OPERATIONS[name](originals, torch.full((len(originals),), float(strength)))
    assert torch.equal(originals, copies)
    assert result.dtype == torch.uint8
    assert result.is_contiguous(memory_format=torch.channels_last)
    expected = [np.asarray(pillow(Image.fromarray(image.permute(1, 2, 0).numpy()), strength)) for image in originals]
    return (result.permute(0, 2, 3, 1).int() - torch.tensor(np.stack(expected)).int()).abs()


@pytest.mark.parametrize(("name", "strengths", "pillow"), EXACT, ids=[row[0] for row in EXACT])
def test_operation_is_pillows_level_by_level(name: str, strengths: tuple[float, ...], pillow: Pillow) -> None:
    assert all(differences(name, strength, pillow).max() == 0 for strength in strengths)


@pytest.mark.parametrize(("name", "strengths", "pillow"), WITHIN_A_LEVEL, ids=[row[0] for row in WITHIN_A_LEVEL])
def test_operation_is_pillows_but_for_rounding(name: str, strengths: tuple[float, ...], pillow: Pillow) -> None:
    assert all(differences(name, strength, pillow).max() <= 1 for strength in strengths)
    if 0 in strengths[1:]:
        assert differences(name, 0, pillow).max() == 0


@pytest.mark.parametrize("degrees", [-27.0, -6.0, 0.0, 15.0, 30.0])
def test_rotation_is_pillows_but_for_pixels_halfway_between_two(degrees: float) -> None:
    off = differences("rotate", degrees, lambda image, angle: image.rotate(angle, fillcolor=GREY))
    assert (off.amax(3) > 0).float().mean() <= 0.01


def test_each_image_has_its_own_strength() -> None:
    originals = images()
    strengths = torch.linspace(0.5, 4, len(originals))
    for name, operation in OPERATIONS.items():
        own = [operation(image[None], strength[None])[0] for image, strength in zip(originals, strengths, strict=True)]
        together = operation(originals, strengths)
        assert (together.int() - torch.stack(own).int()).abs().max() <= 1, name
