from collections import Counter

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from scaling_lab.data.batches import (
    crop_and_flip,
    resize_images,
    shuffle_into_batches,
    split_into_batches,
)
from scaling_lab.data.normalization import normalize_images
from scaling_lab.data.sets.fashion_mnist import fashion_mnist


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(count: int, channels: int = 1, side: int = 6) -> Tensor:
    return torch.randint(1, 256, (count, channels, side, side), dtype=torch.uint8, generator=seeded(99))


def placed(image: Tensor, original: Tensor, pad: int) -> tuple[int, int, bool]:
    """Where in the padded original the image was cut, found by trying every place: (top, left, mirrored)."""
    side = original.shape[-1]
    padded = torch.zeros(original.shape[0], side + 2 * pad, side + 2 * pad, dtype=original.dtype)
    padded[:, pad : pad + side, pad : pad + side] = original
    placements = []
    for top in range(2 * pad + 1):
        for left in range(2 * pad + 1):
            window = padded[:, top : top + side, left : left + side]
            if torch.equal(window, image):
                placements.append((top, left, False))
            if torch.equal(window.flip(-1), image):
                placements.append((top, left, True))
    assert len(placements) == 1, f"the image is {len(placements)} windows of its padded original"
    return placements[0]


@pytest.mark.parametrize("side", [10, 14, 20, 24, 40])
def test_resizing_agrees_with_pillow(side: int) -> None:
    images = fashion_mnist().test.images[:40]
    pillow = [np.asarray(Image.fromarray(i[0]).resize((side, side), Image.Resampling.BILINEAR)) for i in images]
    resized = resize_images(images, side)
    assert resized.dtype == torch.uint8
    assert resized.shape == (40, 1, side, side)
    assert np.abs(resized[:, 0].numpy().astype(int) - np.stack(pillow)).max() <= 1


@pytest.mark.parametrize("side", [7, 20])
def test_shrinking_keeps_the_mean_of_the_finest_stripes(side: int) -> None:
    stripes = np.zeros((2, 1, 28, 28), np.uint8)
    stripes[0, 0, ::4] = 200
    stripes[1, 0, :, 1::4] = 200
    assert resize_images(stripes, side).float().mean((1, 2, 3)).numpy() == pytest.approx(50, abs=1.5)


def test_shrinking_by_a_whole_number_is_near_the_mean_of_each_cell() -> None:
    ramp = np.add.outer(np.arange(28) * 4, np.arange(28) * 5).astype(np.uint8)[None, None]
    cells = ramp.reshape(7, 4, 7, 4).mean((1, 3))
    inner = resize_images(ramp, 7)[0, 0].numpy()[1:-1, 1:-1]
    assert np.abs(inner - cells[1:-1, 1:-1]).max() <= 1


def test_the_native_side_is_an_untouched_copy_even_of_many_images() -> None:
    images = fashion_mnist().train.images[:2100]
    same = resize_images(images, 28)
    assert np.array_equal(same.numpy(), images)
    same.zero_()
    assert images.any()
    assert torch.equal(resize_images(images, 20)[2050:], resize_images(images[2050:], 20))


def test_side_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="side"):
        resize_images(fashion_mnist().test.images[:1], 0)


def test_normalised_training_images_have_mean_0_and_deviation_1() -> None:
    inputs = fashion_mnist()
    batch = normalize_images(torch.tensor(inputs.train.images), inputs.mean, inputs.std)
    assert batch.dtype == torch.float32
    assert float(batch.double().mean()) == pytest.approx(0, abs=1e-5)
    assert float(batch.double().std(correction=0)) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
def test_each_channel_has_its_own_moments_and_memory_is_channels_last(channels: int) -> None:
    batch, mean, std = noise(5, channels), (0.1, 0.5, 0.7)[:channels], (0.2, 0.3, 0.9)[:channels]
    expected = (batch.numpy() / 255 - np.reshape(mean, (-1, 1, 1))) / np.reshape(std, (-1, 1, 1))
    result = normalize_images(batch, mean, std)
    assert result.numpy() == pytest.approx(expected, abs=1e-5)
    assert result.stride() == (36 * channels, 1, 6 * channels, channels)


@pytest.mark.parametrize(("mean", "std"), [((0.5,), (0.2,)), ((0.5,) * 3, (0.2,) * 2), ((0.5,) * 3, (0.2, 0.2, 0.0))])
def test_moments_that_do_not_fit_are_refused(mean: tuple[float, ...], std: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="3 channels"):
        normalize_images(noise(2, 3), mean, std)


@pytest.mark.parametrize("channels", [1, 3])
def test_every_place_and_both_directions_are_drawn_alike_for_each_image_by_itself(channels: int) -> None:
    originals = noise(1800, channels)
    changed = crop_and_flip(originals, seeded(), pad=1, flip=True)
    assert changed.shape == originals.shape
    assert changed.dtype == torch.uint8
    counts = Counter(placed(*pair, pad=1) for pair in zip(changed, originals, strict=True))
    assert len(counts) == 18
    assert all(60 <= count <= 140 for count in counts.values()), counts


def test_without_flip_no_image_is_mirrored_and_without_pad_none_is_moved() -> None:
    originals = noise(200)
    unmirrored = crop_and_flip(originals, seeded(), pad=2, flip=False)
    places = [placed(*pair, pad=2) for pair in zip(unmirrored, originals, strict=True)]
    assert len({place[:2] for place in places}) == 25
    assert not any(mirrored for *_, mirrored in places)
    unmoved = crop_and_flip(originals, seeded(), pad=0, flip=True)
    assert {placed(*pair, pad=0)[2] for pair in zip(unmoved, originals, strict=True)} == {False, True}
    assert torch.equal(crop_and_flip(originals, seeded(), pad=0, flip=False), originals)


def test_augmenting_depends_on_the_generator_alone_and_leaves_its_input() -> None:
    originals = noise(64)
    copies, generator = originals.clone(), seeded(1)
    torch.manual_seed(5)
    first, second = (crop_and_flip(originals, generator, pad=2, flip=True) for _ in range(2))
    torch.manual_seed(6)
    assert torch.equal(first, crop_and_flip(originals, seeded(1), pad=2, flip=True))
    assert not torch.equal(first, second)
    assert torch.equal(originals, copies)
    as_float = crop_and_flip(originals.float(), seeded(1), pad=2, flip=True)
    assert as_float.dtype == torch.float32
    assert torch.equal(as_float, first.float())


def test_a_negative_pad_is_refused() -> None:
    with pytest.raises(ValueError, match="pad"):
        crop_and_flip(noise(2), seeded(), pad=-1, flip=False)


def test_an_epoch_takes_each_image_at_most_once_with_its_label_in_a_new_order_each_time() -> None:
    images, labels = torch.arange(23)[:, None, None, None], torch.arange(23) * 7
    generator = seeded()
    orders = []
    for _ in range(2):
        batches = list(shuffle_into_batches(images, labels, 5, generator))
        assert [len(image) for image, _ in batches] == [5, 5, 5, 5]
        order = torch.cat([image for image, _ in batches]).flatten()
        assert torch.equal(torch.cat([label for _, label in batches]), order * 7)
        assert len(set(order.tolist())) == 20
        orders.append(order.tolist())
    assert orders[0] != orders[1]
    assert orders[0] != list(range(20))
    again = torch.cat([image for image, _ in shuffle_into_batches(images, labels, 5, seeded())]).flatten()
    assert again.tolist() == orders[0]
    assert len(list(shuffle_into_batches(images, labels, 23, generator))) == 1


def test_in_order_keeps_everything_and_the_short_last_batch() -> None:
    images, labels = noise(23), torch.arange(23)
    batches = list(split_into_batches(images, labels, 5))
    assert [len(label) for _, label in batches] == [5, 5, 5, 5, 3]
    assert torch.equal(torch.cat([image for image, _ in batches]), images)
    assert torch.equal(torch.cat([label for _, label in batches]), labels)


def test_impossible_batches_are_refused_before_the_first_is_requested() -> None:
    labels = torch.arange(4)
    with pytest.raises(ValueError, match=r"batch is 0; .* 1"):
        shuffle_into_batches(noise(4), labels, 0, seeded())
    with pytest.raises(ValueError, match=r"batch is 0; .* 1"):
        split_into_batches(noise(4), labels, 0)
    with pytest.raises(ValueError, match="5 images and 4 labels"):
        shuffle_into_batches(noise(5), labels, 2, seeded())
    with pytest.raises(ValueError, match="5 images and 4 labels"):
        split_into_batches(noise(5), labels, 2)
    with pytest.raises(ValueError, match=r"batch is 5; .* 4"):
        shuffle_into_batches(noise(4), labels, 5, seeded())
