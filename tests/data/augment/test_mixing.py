"""Mixup and CutMix, against both written out."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from scaling_lab.config.hyperparameters import Hyperparameters
from scaling_lab.data.augment.views import mix_batch

PLAIN = Hyperparameters(
    steps=1, warmup_steps=0, batch=1, lr=1, momentum=0, weight_decay=0, label_smoothing=0, pad=0, flip=False
)
MIXES = [replace(PLAIN, mixup=0.4), replace(PLAIN, cutmix=1.0), replace(PLAIN, mixup=0.2, cutmix=1.0)]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_without_mixing_nothing_happens() -> None:
    images, labels, generator = torch.rand(4, 3, 8, 8), torch.tensor([0, 1, 2, 0]), seeded()
    same = mix_batch(images, labels, generator, PLAIN, 3)
    assert same[0] is images
    assert same[1] is labels
    assert torch.equal(generator.get_state(), seeded().get_state())


@pytest.mark.parametrize("recipe", MIXES)
@pytest.mark.parametrize("count", [6, 7])
def test_mixing_is_a_function_of_the_generator_and_targets_are_probabilities(
    recipe: Hyperparameters, count: int
) -> None:
    images = torch.rand(count, 3, 9, 9, generator=seeded(4)).contiguous(memory_format=torch.channels_last)
    labels, originals, before = torch.arange(count) % 4, images.clone(), torch.get_rng_state()
    generator = seeded()
    for _ in range(8):
        twin = torch.Generator()
        twin.set_state(generator.get_state())
        result, targets = mix_batch(images, labels, generator, recipe, 5)
        again = mix_batch(images, labels, twin, recipe, 5)
        assert torch.equal(result, again[0])
        assert torch.equal(targets, again[1])
        assert result.is_contiguous(memory_format=torch.channels_last)
        assert (targets.dtype, targets.shape) == (torch.float32, (count, 5))
        assert (targets >= 0).all()
        assert targets.sum(1).numpy() == pytest.approx(1, abs=1e-6)
    assert torch.equal(images, originals)
    assert torch.equal(before, torch.get_rng_state())
    meta = mix_batch(images.to("meta"), labels.to("meta"), generator, recipe, 5)
    assert (meta[0].shape, meta[1].shape) == (images.shape, (count, 5))


def test_mixup_written_out() -> None:
    images, labels, generator = torch.rand(5, 3, 8, 8, generator=seeded(4)), torch.arange(5), seeded()
    shares = []
    for _ in range(300):
        result, targets = mix_batch(images, labels, generator, MIXES[0], 5)
        share = float(targets[0, 0])
        expected = share * images.numpy() + (1 - share) * images.numpy()[::-1]
        assert np.abs(result.numpy() - expected).max() < 1e-6
        assert np.abs(targets.numpy() - share * np.eye(5) - (1 - share) * np.eye(5)[::-1]).max() < 1e-6
        shares.append(share)
    assert np.mean(shares) == pytest.approx(0.5, abs=0.07)
    assert np.var(shares) == pytest.approx(1 / (4 * (2 * 0.4 + 1)), abs=0.02)


def test_cutmix_pastes_a_rectangle_whose_area_is_the_labels_share() -> None:
    images = torch.arange(6).float()[:, None, None, None].expand(6, 2, 12, 16).contiguous()
    generator, areas = seeded(), []
    for _ in range(400):
        result, targets = mix_batch(images, torch.arange(6), generator, MIXES[1], 6)
        pasted = result != images
        rows, columns = pasted.any((0, 1, 3)), pasted.any((0, 1, 2))
        assert torch.equal(pasted, (rows[:, None] & columns).expand_as(pasted))
        assert torch.equal(result, torch.where(pasted, images.flip(0), images))
        area = float(pasted[0, 0].double().mean())
        assert np.abs(targets.numpy() - (1 - area) * np.eye(6) - area * np.eye(6)[::-1]).max() < 1e-6
        assert all((line[1:] != line[:-1]).sum() <= 2 for line in (rows, columns))
        areas.append(area)
    # 1 - Beta(1, 1) before clipping; a rectangle of half a side's length a loses a / 4 of it on average at the edges
    uniform = np.sqrt(np.random.default_rng(0).random(100_000))
    expected = float(((uniform - uniform**2 / 4) ** 2).mean())
    assert np.mean(areas) == pytest.approx(expected, abs=0.05)


def test_with_both_each_batch_takes_one_half_and_half() -> None:
    images, generator = torch.arange(2).float()[:, None, None, None].expand(2, 1, 20, 20), seeded()
    results = [mix_batch(images, torch.arange(2), generator, MIXES[2], 2)[0] for _ in range(300)]
    assert sum(bool(((mixed == 0) | (mixed == 1)).all()) for mixed in results) == pytest.approx(150, abs=40)


def test_cross_entropy_of_mixed_targets_is_the_mix_of_both_labels() -> None:
    scores, labels = torch.randn(6, 4, generator=seeded(3)), torch.arange(6) % 4
    _, targets = mix_batch(torch.rand(6, 1, 4, 4), labels, seeded(), MIXES[0], 4)
    share = float(targets[0, 0])
    both = [functional.cross_entropy(scores, classes, label_smoothing=0.1) for classes in (labels, labels.flip(0))]
    loss = functional.cross_entropy(scores, targets, label_smoothing=0.1)
    assert float(loss) == pytest.approx(float(share * both[0] + (1 - share) * both[1]), abs=1e-6)
