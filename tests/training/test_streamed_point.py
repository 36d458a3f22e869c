"""A streamed point: the same with any number of readers, also when it is stopped and taken up again."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from made_up import class_folders

from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.config.hyperparameters import resolve_hyperparameters
from scaling_lab.config.recipe import Recipe
from scaling_lab.data.streaming.dataset import StreamedDataset, streamed_dataset
from scaling_lab.networks.families.resnet import resnet18_small
from scaling_lab.store.results import Store
from scaling_lab.store.schema import DataRef, Point, Result
from scaling_lab.training.state import Training
from scaling_lab.training.train_point import train_point

NETWORK = replace(resnet18_small(), side=8, classes=3)


def opened(path: Path, readers: int = 0) -> StreamedDataset:
    return streamed_dataset(str(path), 16, (0.5,) * 3, (0.25,) * 3, readers=readers)


def streamed_point(data: StreamedDataset, epochs: int) -> Point:
    by = resolve_hyperparameters(Recipe(epochs=epochs, batch=8, pad=0, crop=0.3, lr=0.05), NETWORK, len(data.train))
    return Point(NETWORK, DataRef(data.name, data.fingerprint), by, seed=1)


def bits(result: Result) -> tuple[object, ...]:
    return result.key, result.train_loss, result.test_correct


def trained(data: StreamedDataset, folder: Path, epochs: int) -> Result:
    Store(folder).open_for_writing()
    return train_point(streamed_point(data, epochs), data, folder)


def stopped(data: StreamedDataset, folder: Path, epochs: int, at: int) -> Result:
    """Of a point that was stopped at a step, counted from 1, and taken up again."""
    step, left = Training.step, [at]

    def stopping(self: Training, *batch: torch.Tensor) -> torch.Tensor:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        return step(self, *batch)

    Store(folder).open_for_writing()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Training, "step", stopping)
        with pytest.raises(KeyboardInterrupt):
            train_point(streamed_point(data, epochs), data, folder, ExecutionOptions(checkpoint_minutes=0))
    return train_point(streamed_point(data, epochs), data, folder)


def test_a_streamed_point_is_the_same_with_any_readers_and_when_stopped_in_an_epoch(tmp_path: Path) -> None:
    path, results = class_folders(tmp_path), []
    for readers in (0, 2):
        data = opened(path, readers)
        results.append(bits(trained(data, tmp_path / str(readers), epochs=2)))
    assert results[0] == results[1]
    again = stopped(data, tmp_path / "stopped", epochs=2, at=4)
    assert bits(again) == results[0]
    assert again.provenance["resumed"] == 1


@pytest.mark.parametrize("at", [2, 7])
def test_a_corrupt_picture_is_counted_in_the_result_also_when_stopped(at: int, tmp_path: Path) -> None:
    """One of the training pictures is, and in the only epoch it is met once, before or after the stop."""
    path = class_folders(tmp_path)
    raw = path.read_bytes()
    begins = raw.index(b"\x89PNG", raw.index(b"made_up/train/"))
    path.write_bytes(raw[:begins] + b"broken" + raw[begins + 6 :])
    data = replace(opened(path), corrupt="skip")
    uninterrupted = trained(data, tmp_path / "whole", epochs=1)
    assert uninterrupted.provenance["skipped"] == 1
    again = stopped(data, tmp_path / "stopped", epochs=1, at=at)
    assert again.provenance["skipped"] == 1
    assert bits(again) == bits(uninterrupted)
