"""Short memory: recognised, answered with smaller parts, told; parts add up to the batch."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.config.hyperparameters import resolve_hyperparameters
from scaling_lab.config.recipe import Recipe
from scaling_lab.data.dataset import InMemoryDataset, Split
from scaling_lab.networks.families.mobilenet_v1 import mobilenet_v1_small
from scaling_lab.store.results import Store
from scaling_lab.store.schema import DataRef, Point
from scaling_lab.training.precision import StepOptions, is_out_of_memory
from scaling_lab.training.state import Training
from scaling_lab.training.train_point import train_point

RECIPE = Recipe(epochs=2, batch=8, lr=0.1, pad=0)


@pytest.fixture(scope="module")
def pictures() -> InMemoryDataset:
    draw = np.random.default_rng(0)
    split = Split(draw.integers(0, 256, (24, 1, 12, 12), dtype=np.uint8), draw.integers(0, 3, 24))
    return InMemoryDataset("noise", 3, split, split, split)


@pytest.fixture(scope="module")
def point(pictures: InMemoryDataset) -> Point:
    network = replace(mobilenet_v1_small(), side=8, channels=1, classes=3)
    return Point(network, DataRef("noise", "0"), resolve_hyperparameters(RECIPE, network, len(pictures.train)), seed=1)


def memory_for(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device whose memory holds so many pictures in training."""
    loss = Training._loss

    def limited(self: Training, pictures: Tensor, targets: Tensor) -> Tensor:
        if len(pictures) > most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
        return loss(self, pictures, targets)

    monkeypatch.setattr(Training, "_loss", limited)


def opened(folder: Path) -> Path:
    Store(folder).open_for_writing()
    return folder


@pytest.mark.parametrize(("most", "at_once"), [(8, 8), (7, 4), (3, 2), (1, 1)])
def test_smaller_parts_are_tried_and_recorded(
    most: int, at_once: int, point: Point, pictures: InMemoryDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory_for(most, monkeypatch)
    result = train_point(point, pictures, opened(tmp_path))
    assert result.provenance["at_once"] == at_once
    assert len(result.train_loss) == 2


def test_a_training_in_parts_is_the_same_when_it_is_taken_up_again(
    point: Point, pictures: InMemoryDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory_for(3, monkeypatch)
    uninterrupted = train_point(point, pictures, opened(tmp_path / "whole"))
    step, left = Training.step, [4 + 3]

    def stopping(self: Training, batch: Tensor, targets: Tensor) -> Tensor:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        return step(self, batch, targets)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Training, "step", stopping)
        with pytest.raises(KeyboardInterrupt):
            train_point(point, pictures, opened(tmp_path / "twice"), ExecutionOptions(checkpoint_minutes=0))
    result = train_point(point, pictures, tmp_path / "twice")
    assert (result.provenance["at_once"], result.provenance["resumed"]) == (2, 1)
    assert (result.train_loss, result.test_correct) == (uninterrupted.train_loss, uninterrupted.test_correct)


def test_memory_that_runs_out_late_leaves_no_checkpoint_of_the_larger_parts(
    point: Point, pictures: InMemoryDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs out in the fourth step; the new training is stopped in its second, and taken up there."""
    step, calls = Training.step, [0]

    def short(self: Training, batch: Tensor, targets: Tensor) -> Tensor:
        calls[0] += 1
        if calls[0] == 4:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        if calls[0] == 6:
            raise KeyboardInterrupt
        return step(self, batch, targets)

    monkeypatch.setattr(Training, "step", short)
    with pytest.raises(KeyboardInterrupt):
        train_point(point, pictures, opened(tmp_path), ExecutionOptions(checkpoint_minutes=0))
    assert [path.name.split(".")[1] for path in Store(tmp_path).checkpoints.iterdir()] == ["000000001"]
    result = train_point(point, pictures, tmp_path)
    assert (result.provenance["at_once"], result.provenance["resumed"]) == (4, 1)


def test_a_loss_that_is_not_finite_leaves_no_checkpoint(
    point: Point, pictures: InMemoryDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the next run would go on from it. The loss of the second step is none, and the epoch has three."""
    step, calls = Training.step, [0]

    def spoilt(self: Training, batch: Tensor, targets: Tensor) -> Tensor:
        calls[0] += 1
        return step(self, batch, targets) * (float("nan") if calls[0] == 2 else 1.0)

    with monkeypatch.context() as patch:
        patch.setattr(Training, "step", spoilt)
        with pytest.raises(FloatingPointError, match="loss is nan in epoch 1"):
            train_point(point, pictures, opened(tmp_path), ExecutionOptions(checkpoint_minutes=0))
    assert calls == [2]
    assert not list(Store(tmp_path).checkpoints.iterdir())
    assert train_point(point, pictures, tmp_path).provenance["resumed"] == 0


def test_one_picture_that_does_not_fit_is_a_failure(
    point: Point, pictures: InMemoryDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory_for(0, monkeypatch)
    with pytest.raises(MemoryError, match="1 image: CUDA out of memory"):
        train_point(point, pictures, opened(tmp_path))


def test_parts_add_up_to_the_step_of_the_batch() -> None:
    """Where no batch norm looks at the whole batch."""
    draw = torch.Generator().manual_seed(0)
    batch, labels = torch.rand(8, 1, 4, 4, generator=draw), torch.arange(8) % 3
    weights = []
    for at_once in (None, 3):
        torch.manual_seed(2)
        module = nn.Sequential(nn.Flatten(), nn.Linear(16, 3))
        recipe = resolve_hyperparameters(RECIPE, mobilenet_v1_small(), 64)
        Training(module, 4, recipe, 0, StepOptions(micro_batch_size=at_once)).step(batch, labels)
        weights.append(torch.cat([value.flatten() for value in module.state_dict().values()]))
    torch.testing.assert_close(weights[0], weights[1])


def test_memory_that_really_runs_out_is_recognised() -> None:
    with pytest.raises(RuntimeError) as error:
        torch.empty(2**60, dtype=torch.uint8)
    assert is_out_of_memory(error.value)
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
