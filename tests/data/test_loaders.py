"""From a data set to batches: in memory and streamed alike, resized once, and a streamed point stopped midway."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from made_up import class_folders

from scaling_lab.config.hyperparameters import Hyperparameters, resolve_hyperparameters
from scaling_lab.config.recipe import Recipe
from scaling_lab.data import loaders
from scaling_lab.data.batches import InMemoryBatches, resize_images
from scaling_lab.data.dataset import InMemoryDataset
from scaling_lab.data.files.cached_dataset import open_cached_dataset
from scaling_lab.data.loaders import load_evaluation_batches, load_training_batches
from scaling_lab.data.normalization import FixedNormalizer
from scaling_lab.data.sets.image_folder import image_folder
from scaling_lab.data.streaming.dataset import Dataset, StreamedDataset, streamed_dataset
from scaling_lab.data.summary import Part
from scaling_lab.networks.families.resnet import resnet18_small
from scaling_lab.store.results import Store
from scaling_lab.store.schema import DataRef, Point
from scaling_lab.training import recorder
from scaling_lab.training import train_point as point_module
from scaling_lab.training.loop import train
from scaling_lab.training.module import build_module
from scaling_lab.training.precision import StepOptions
from scaling_lab.training.state import Training
from scaling_lab.training.train_point import train_point

CPU = torch.device("cpu")
NETWORK = replace(resnet18_small(), side=8, classes=3)


@pytest.fixture
def stored(tmp_path: Path) -> InMemoryDataset:
    """Kept: 54 training, 6 held-out and 12 test images of 8 px."""
    return image_folder(str(class_folders(tmp_path)), cache=str(tmp_path / "cache"))


def stream(tmp_path: Path, readers: int) -> StreamedDataset:
    path = class_folders(tmp_path) if not (tmp_path / "made_up.tar").exists() else tmp_path / "made_up.tar"
    return streamed_dataset(str(path), 16, (0.5,) * 3, (0.25,) * 3, readers=readers)


def recipe(**changes: object) -> Hyperparameters:
    return resolve_hyperparameters(
        Recipe(**({"epochs": 2, "batch": 8, "pad": 0, "flip": False} | changes)), NETWORK, 50
    )


def test_the_images_of_a_side_are_resized_once(stored: InMemoryDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stored.folder is not None
    first = load_training_batches(stored, recipe(), 6, CPU)
    monkeypatch.setattr(loaders, "resize_images", lambda *_: pytest.fail("resized again"))
    again = load_training_batches(open_cached_dataset(stored.folder), recipe(), 6, CPU)
    assert torch.equal(first.images, again.images)
    assert torch.equal(first.images, resize_images(stored.train.images, 6))


def test_what_was_kept_of_a_side_and_is_damaged_is_made_again(stored: InMemoryDataset) -> None:
    assert stored.folder is not None
    [resized, _] = next(load_evaluation_batches(stored, "test", 6, 0, 12))
    [cached] = stored.folder.glob("test_images_6px.npy")
    for content in (cached.read_bytes()[:-5], b"", b"x" * 100):
        cached.write_bytes(content)
        assert torch.equal(next(load_evaluation_batches(stored, "test", 6, 0, 12))[0], resized)
        assert np.array_equal(np.load(cached), resized.numpy())


def test_images_in_a_folder_that_cannot_be_written_are_resized_in_memory(
    stored: InMemoryDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("scaling_lab.data.files.cached_array.np.save", full)
    [images, _] = next(load_evaluation_batches(stored, "held_out", 6, 0, 6))
    assert torch.equal(images, resize_images(stored.held_out.images, 6))
    assert stored.folder is not None
    assert not list(stored.folder.glob("*6px*"))


def test_a_border_is_resized_with_and_cut_off(stored: InMemoryDataset) -> None:
    [images, labels] = next(load_evaluation_batches(stored, "test", 6, 3, 12))
    assert torch.equal(images, resize_images(stored.test.images, 9)[:, :, 2:8, 2:8])
    assert labels.tolist() == stored.test.labels.tolist()


def test_a_recipe_that_crops_is_given_images_at_their_own_side(stored: InMemoryDataset) -> None:
    batches = load_training_batches(stored, recipe(crop=0.5), 6, CPU)
    images, _ = next(batches.epoch(torch.Generator().manual_seed(0)))
    assert images.shape == (8, 3, 8, 8)
    assert not batches.cropped


def test_streamed_images_are_evaluated_as_those_in_memory(stored: InMemoryDataset, tmp_path: Path) -> None:
    ours, theirs = (next(load_evaluation_batches(data, "test", 8, 0, 12)) for data in (stored, stream(tmp_path, 0)))
    assert torch.equal(ours[0], theirs[0])
    assert torch.equal(ours[1], theirs[1])


def test_what_a_recipe_and_a_streamed_set_ask_is_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, dict[str, object]] = {}

    def settings_recorder(name: str) -> Callable[..., None]:
        return lambda _, **settings: seen.update({name: settings})

    monkeypatch.setattr(loaders, "StreamedBatches", settings_recorder("train"))
    monkeypatch.setattr(loaders, "read_ordered_batches", settings_recorder("test"))
    data = replace(stream(tmp_path, 1), corrupt="skip")
    load_training_batches(data, recipe(crop=0.25), 6, CPU)
    load_evaluation_batches(data, "test", 6, 2, 5)
    train_settings = {"batch": 8, "side": 6, "crop": 0.25, "readers": 1, "corrupt": "skip", "device": CPU}
    assert seen == {"train": train_settings, "test": {"batch": 5, "side": 6, "border": 2, "readers": 1}}


def test_images_that_were_cropped_on_the_way_are_not_cropped_again() -> None:
    draw = torch.Generator().manual_seed(0)
    images = torch.randint(256, (16, 3, 8, 8), dtype=torch.uint8, generator=draw)
    weights = []
    for crop, cropped in ((0.0, False), (0.3, True), (0.3, False)):
        torch.manual_seed(0)
        by = replace(recipe(), crop=crop, steps=4)
        training = Training(build_module(NETWORK), 8, by, 1, StepOptions())
        train(
            training,
            InMemoryBatches(images, torch.arange(16) % 3, 8, cropped),
            FixedNormalizer(3, (0.5,) * 3, (0.5,) * 3),
        )
        weights.append(torch.cat([value.flatten() for value in training.module.state_dict().values()]))
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_the_border_and_what_was_left_out_reach_the_result(
    stored: InMemoryDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    borders = []
    real = point_module.load_evaluation_batches

    def watched(data: Dataset, part: Part, side: int, border: int, at_once: int) -> object:
        borders.append((part, border))
        return real(data, part, side, border, at_once)

    for module in (point_module, recorder):
        monkeypatch.setattr(module, "load_evaluation_batches", watched)
    data = replace(stored, skipped=2)
    Store(tmp_path).open_for_writing()
    result = train_point(
        Point(NETWORK, DataRef("x", "0"), recipe(eval_border=2, epochs=1, warmup_epochs=0), 0), data, tmp_path
    )
    assert result.provenance["skipped"] == 2
    assert borders == [("held_out", 2), ("test", 2)]
