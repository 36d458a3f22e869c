import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from scaling_lab.config.hyperparameters import Hyperparameters
from scaling_lab.data.augment import views as module
from scaling_lab.data.augment.views import augment_batch, crop_middle
from scaling_lab.data.batches import crop_and_flip, resize_images

PLAIN = Hyperparameters(
    steps=1, warmup_steps=0, batch=1, lr=1, momentum=0, weight_decay=0, label_smoothing=0, pad=0, flip=False
)
CROPS = replace(PLAIN, crop=0.08, flip=True)
ERASES = replace(PLAIN, erase=0.6)
AUTO = replace(PLAIN, policy="autoaugment", pad=2)
EVERYTHING = replace(CROPS, policy="randaugment", operations=2, magnitude=9.0, erase=0.3)
RECIPES = [replace(PLAIN, pad=3, flip=True), CROPS, ERASES, AUTO, EVERYTHING]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(count: int, channels: int = 3, side: int = 20) -> Tensor:
    return torch.randint(256, (count, channels, side, side), dtype=torch.uint8, generator=seeded(99))


def ramps(count: int, side: int) -> Tensor:
    """Images whose first channel is the column and whose second is the row."""
    row, column = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    return torch.stack([column, row, column + row]).to(torch.uint8).expand(count, -1, -1, -1)


def cropped(recipe: Hyperparameters, count: int, native: int, side: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Views of ramps, and what was cut of each, read off them: (n, 2) first and length, columns first; mirrored."""
    result = augment_batch(ramps(count, native), seeded(), recipe, side)
    inner = slice(side // 6, side - side // 6)
    lines = torch.stack([result[:, 0].double().mean(1), result[:, 1].double().mean(2)], 1)[:, :, inner]
    places = torch.arange(side)[inner].double() + 0.5
    slope = ((lines - lines.mean(2, keepdim=True)) * (places - places.mean())).sum(2) / (
        places.var() * (len(places) - 1)
    )
    length = slope.abs() * side
    first = lines.mean(2) + 0.5 - slope * places.mean()
    mirrored = slope[:, 0] < 0
    first[mirrored, 0] -= length[mirrored, 0]
    return result, first, length, mirrored


@pytest.mark.parametrize(("pad", "flip"), [(0, False), (0, True), (3, False), (3, True)])
@pytest.mark.parametrize("channels", [1, 3])
def test_without_crop_policy_and_erase_views_are_augments_bits_and_draws(pad: int, flip: bool, channels: int) -> None:
    originals, ours, theirs = noise(40, channels), seeded(), seeded()
    for _ in range(2):
        result = augment_batch(originals, ours, replace(PLAIN, pad=pad, flip=flip), 20)
        expected = crop_and_flip(originals, theirs, pad, flip)
        assert torch.equal(result, expected)
        assert result.stride() == expected.stride()
    assert torch.equal(ours.get_state(), theirs.get_state())


def test_kornia_is_imported_only_for_a_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scaling_lab.data.augment.policies", None)
    for recipe in (PLAIN, CROPS, ERASES):
        augment_batch(noise(4), seeded(), recipe, 20)
    with pytest.raises(ImportError):
        augment_batch(noise(4), seeded(), AUTO, 20)


def test_images_of_another_side_need_a_crop() -> None:
    with pytest.raises(ValueError, match=r"20 px; .* 16 px"):
        augment_batch(noise(4), seeded(), PLAIN, 16)


@pytest.mark.parametrize("recipe", RECIPES)
def test_views_depend_on_the_generator_alone_and_leave_all_else(recipe: Hyperparameters) -> None:
    originals, generator = noise(24), seeded(1)
    copies = originals.clone()
    torch.manual_seed(5)
    before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].tolist()
    first, second = (augment_batch(originals, generator, recipe, 20) for _ in range(2))
    assert torch.equal(before, torch.get_rng_state())
    assert numpy_before == np.random.get_state()[1].tolist()
    torch.manual_seed(6)
    assert torch.equal(first, augment_batch(originals, seeded(1), recipe, 20))
    assert not torch.equal(first, second)
    assert torch.equal(originals, copies)
    assert first.dtype == torch.uint8
    assert first.stride() == (1200, 1, 60, 3)


@pytest.mark.parametrize("recipe", RECIPES)
def test_no_pixel_is_read_back_from_the_device(recipe: Hyperparameters) -> None:
    side = 16 if recipe.crop else 20
    result = augment_batch(noise(8).to("meta"), seeded(), recipe, side)
    assert (result.device.type, result.dtype, result.shape) == ("meta", torch.uint8, (8, 3, side, side))
    assert result.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("recipe", [CROPS, ERASES, replace(CROPS, flip=False, erase=1.0)])
def test_images_of_one_channel_are_cropped_and_erased_too(recipe: Hyperparameters) -> None:
    result = augment_batch(noise(8, 1), seeded(), recipe, 20)
    assert result.shape == (8, 1, 20, 20)
    assert result.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(("native", "side"), [(40, 24), (32, 32), (20, 48)])
def test_the_whole_image_is_resized_as_by_pillow(native: int, side: int) -> None:
    originals = noise(3, side=native)
    result = augment_batch(originals, seeded(), replace(PLAIN, crop=1.0), side).permute(0, 2, 3, 1).numpy()
    for one_image, original in zip(result, originals.permute(0, 2, 3, 1).numpy(), strict=True):
        # columns first, as Pillow did before version 13
        pillow = Image.fromarray(original).resize((side, native), Image.Resampling.BICUBIC)
        expected = np.asarray(pillow.resize((side, side), Image.Resampling.BICUBIC))
        assert np.abs(one_image.astype(int) - expected.astype(int)).max() <= 1


def test_crops_are_boxes_in_the_image_stretched_to_the_side() -> None:
    result, first, length, mirrored = cropped(CROPS, 200, native=120, side=96)
    assert (first >= -0.7).all()
    assert (first + length <= 120.7).all()
    places = torch.arange(96) + 0.5
    expected = (first + length * places[:, None, None] / 96 - 0.5).permute(2, 1, 0)
    across = torch.where(mirrored[:, None], expected[0].flip(1), expected[0])
    inner = slice(8, -8)
    off = result[:, 0].double() - across[:, None, :], result[:, 1].double() - expected[1][:, :, None]
    assert all(offset[:, inner, inner].abs().max() < 1 for offset in off)


def test_areas_and_aspects_of_crops_are_those_of_trying_until_one_fits() -> None:
    _, first, length, mirrored = cropped(CROPS, 1500, native=120, side=48)
    luck = np.random.default_rng(0)
    area, aspect = luck.uniform(0.08, 1, 100_000), luck.uniform(-1, 1, 100_000)
    fits = np.sqrt(area * (4 / 3) ** np.abs(aspect)) <= 1
    observed = length.prod(1).numpy() / 120**2, (length[:, 0] / length[:, 1]).log().numpy() / np.log(4 / 3)
    tenths = np.linspace(0, 1, 11)
    for ours, expected in zip(observed, (area[fits], aspect[fits]), strict=True):
        assert np.quantile(ours, tenths) == pytest.approx(np.quantile(expected, tenths), abs=0.08)
    room = 120 - length
    roomy = room > 20
    assert float((first[roomy] / room[roomy]).mean()) == pytest.approx(0.5, abs=0.03)
    assert float((first[roomy] / room[roomy]).std()) == pytest.approx(12**-0.5, abs=0.03)
    assert float(mirrored.double().mean()) == pytest.approx(0.5, abs=0.05)
    assert not cropped(replace(CROPS, flip=False), 50, 120, 48)[3].any()


@pytest.mark.parametrize(("native", "side"), [(40, 24), (40, 60), (32, 32)])
def test_crops_on_a_device_are_those_of_the_cpu(monkeypatch: pytest.MonkeyPatch, native: int, side: int) -> None:
    originals = noise(60, side=native)
    on_the_cpu = augment_batch(originals, seeded(), CROPS, side)
    monkeypatch.setattr(module, "_cut", module._resample)
    assert (augment_batch(originals, seeded(), CROPS, side).int() - on_the_cpu.int()).abs().max() <= 2


def test_erasing_fills_one_rectangle_of_its_share_of_the_images_with_noise() -> None:
    black = torch.zeros(1000, 3, 40, 40, dtype=torch.uint8)
    erased = (augment_batch(black, seeded(), replace(PLAIN, erase=0.3), 40) > 0).any(1)
    chosen = erased[erased.flatten(1).any(1)]
    assert len(chosen) == pytest.approx(300, abs=60)
    height, width = chosen.any(2).sum(1), chosen.any(1).sum(1)
    assert (chosen.sum((1, 2)) >= 0.99 * height * width).all()
    area, aspect = height * width / 1600, (width / height).log() / torch.tensor(3.3).log()
    assert (area.min(), area.max()) == (pytest.approx(0.02, abs=0.01), pytest.approx(0.33, abs=0.03))
    assert float(area.mean()) == pytest.approx(0.175, abs=0.02)
    assert aspect.abs().max() <= 1.2
    assert float(aspect.mean()) == pytest.approx(0, abs=0.1)
    assert float(aspect.std()) == pytest.approx(3**-0.5, abs=0.06)
    for line, length in ((chosen.any(2), height), (chosen.any(1), width)):
        assert ((line[:, 1:] != line[:, :-1]).sum(1) <= 2).all()
        assert float((line.int().argmax(1) / (40 - length).clamp(min=1)).mean()) == pytest.approx(0.5, abs=0.06)


def test_what_is_erased_is_noise_over_all_levels_and_the_rest_stays() -> None:
    originals = noise(200)
    result = augment_batch(originals, seeded(), replace(PLAIN, erase=1.0), 20)
    different = (result != originals).any(1)
    assert 0.1 <= different.double().mean() <= 0.25
    assert float(result[different[:, None].expand_as(result)].double().mean()) == pytest.approx(127.5, abs=5)


@pytest.mark.parametrize(("side", "border"), [(20, 0), (24, 8), (15, 5), (28, 32)])
def test_evaluation_cuts_the_middle_out_of_larger_images(side: int, border: int) -> None:
    images = noise(5, side=30).numpy()
    result = crop_middle(resize_images(images, side + border), side)
    assert result.is_contiguous()
    if not border:
        assert torch.equal(result, resize_images(images, side))
    first = -(-border // 2)
    for one_image, image in zip(result.permute(0, 2, 3, 1).numpy(), images.transpose(0, 2, 3, 1), strict=True):
        larger = Image.fromarray(image).resize((side + border, side + border), Image.Resampling.BILINEAR)
        expected = np.asarray(larger.crop((first, first, first + side, first + side)))
        assert np.abs(one_image.astype(int) - expected.astype(int)).max() <= 1


def test_a_middle_larger_than_the_image_is_refused() -> None:
    with pytest.raises(ValueError, match=r"side is 22; .* 20 px"):
        crop_middle(noise(1)[:, :, :20, :20], 22)
