from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from numpy.typing import NDArray

from scaling_lab.data.dataset import InMemoryDataset, Split, hold_out

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]


def some_images(count: int, channels: int = 1, side: int = 4, seed: int = 0) -> Images:
    return np.random.default_rng(seed).integers(0, 256, (count, channels, side, side), dtype=np.uint8)


def some_split(count: int = 6, channels: int = 1, side: int = 4, seed: int = 0) -> Split:
    return Split(some_images(count, channels, side, seed), np.arange(count) % 3)


def some_dataset(**parts: Split) -> InMemoryDataset:
    splits = {"train": some_split(seed=1), "held_out": some_split(seed=2), "test": some_split(seed=3)} | parts
    return InMemoryDataset("some", 3, **splits)


@pytest.mark.parametrize(
    "images",
    [
        some_images(3).astype(np.float32),
        some_images(3)[:, 0],
        some_images(3)[..., :2],
        some_images(0),
        np.zeros((3, 0, 4, 4), np.uint8),
    ],
    ids=["float", "no channel axis", "not square", "none", "no channels"],
)
def test_a_split_refuses_other_images(images: Images) -> None:
    with pytest.raises(ValueError, match="must be uint8"):
        Split(images, np.zeros(len(images), np.int64))


@pytest.mark.parametrize("labels", [np.zeros(3, np.uint8), np.zeros(2, np.int64), np.zeros((3, 1), np.int64)])
def test_a_split_refuses_other_labels(labels: Labels) -> None:
    with pytest.raises(ValueError, match="must be int64"):
        Split(some_images(3), labels)


def test_a_split_cannot_be_written_to_and_leaves_its_source_writeable() -> None:
    images = some_images(3)
    split = Split(images, np.arange(3))
    with pytest.raises(ValueError, match="read-only"):
        split.images[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        split.labels[0] = 0
    with pytest.raises(FrozenInstanceError):
        split.labels = np.arange(3)  # type: ignore[misc]
    images[0] = 0
    assert len(split) == 3


def test_images_refuse_parts_that_do_not_belong_together() -> None:
    for other in (some_split(side=5), some_split(channels=3)):
        with pytest.raises(ValueError, match="some: test images are"):
            some_dataset(test=other)
    for label in (-1, 3):
        with pytest.raises(ValueError, match=r"some: held_out has labels outside 0 \.\. 2"):
            some_dataset(held_out=Split(some_images(2), np.array([0, label])))
    with pytest.raises(ValueError, match="at least 2"):
        InMemoryDataset("some", 1, *[Split(some_images(2), np.zeros(2, np.int64))] * 3)
    with pytest.raises(ValueError, match="name"):
        InMemoryDataset("", 3, *[some_split()] * 3)


def test_side_and_channels() -> None:
    part = some_split(channels=3, side=5)
    loaded = some_dataset(train=part, held_out=part, test=part)
    assert (loaded.side, loaded.channels) == (5, 3)


def test_moments_are_those_of_the_training_part_alone_channel_by_channel() -> None:
    part = some_split(count=2500, channels=3)
    loaded = some_dataset(train=part, held_out=some_split(channels=3), test=some_split(channels=3))
    scaled = part.images.astype(np.float64) / 255
    assert loaded.mean == pytest.approx(scaled.mean(axis=(0, 2, 3)), abs=1e-12)
    assert loaded.std == pytest.approx(scaled.std(axis=(0, 2, 3)), abs=1e-12)
    assert len(set(loaded.mean)) == 3


@pytest.mark.parametrize("part", ["train", "held_out", "test"])
def test_the_fingerprint_sees_every_pixel_label_and_order(part: str) -> None:
    loaded = some_dataset()
    split: Split = getattr(loaded, part)
    pixel, label = split.images.copy(), split.labels.copy()
    pixel[-1, -1, -1, -1] ^= 1
    label[-1] = (label[-1] + 1) % 3
    others = [Split(pixel, split.labels), Split(split.images, label), Split(split.images[::-1], split.labels)]
    prints = {some_dataset(**{part: other}).fingerprint for other in others} | {loaded.fingerprint}
    assert len(prints) == 4
    assert loaded.fingerprint == some_dataset().fingerprint
    assert all(len(text) == 16 and int(text, 16) >= 0 for text in prints)


def test_the_fingerprint_sees_shapes() -> None:
    images = some_images(6, channels=1, side=4)
    wide = Split(images.reshape(6, 4, 2, 2), np.arange(6) % 3)
    assert some_dataset(train=wide, held_out=wide, test=wide).fingerprint != (
        some_dataset(**dict.fromkeys(("train", "held_out", "test"), Split(images, np.arange(6) % 3))).fingerprint
    )


def test_the_last_tenth_of_each_class_is_held_out_in_file_order() -> None:
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(3), [20, 30, 45]))
    images = np.zeros((95, 1, 1, 1), np.uint8)
    images[:, 0, 0, 0] = np.arange(95)
    train, held_out = hold_out(images, labels)
    tenths = ((0, 2), (1, 3), (2, 4))
    expected = sorted(place for label, last in tenths for place in np.flatnonzero(labels == label)[-last:])
    assert held_out.images.ravel().tolist() == expected
    assert train.images.ravel().tolist() == [place for place in range(95) if place not in expected]
    for split in (train, held_out):
        assert (split.labels == labels[split.images.ravel()]).all()
    assert len(hold_out(images, labels, every=5)[1]) == 4 + 6 + 9


def test_holding_out_refuses_what_leaves_a_class_out() -> None:
    with pytest.raises(ValueError, match="class 1 has 9 images"):
        hold_out(some_images(19), np.repeat([0, 1], [10, 9]))
    with pytest.raises(ValueError, match=r"every is 1; .* 2"):
        hold_out(some_images(20), np.repeat([0, 1], 10), every=1)
