"""A training stopped after any step, killed while it writes, or met by a damaged checkpoint ends in the same bits."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from scaling_lab import atomic as module
from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.config.hyperparameters import resolve_hyperparameters
from scaling_lab.config.recipe import Recipe
from scaling_lab.data.dataset import InMemoryDataset, Split
from scaling_lab.networks.families.efficientnet import efficientnet_b0_small
from scaling_lab.store.results import Store
from scaling_lab.store.schema import DataRef, Point, Result
from scaling_lab.training.checkpoints import Checkpoints
from scaling_lab.training.train_point import train_point

EVERY_STEP = ExecutionOptions(checkpoint_minutes=0)
STEPS = 8


class Stopped(BaseException):
    """The process is gone."""


@pytest.fixture(scope="module")
def pictures() -> InMemoryDataset:
    draw = np.random.default_rng(0)

    def split(count: int) -> Split:
        return Split(draw.integers(0, 256, (count, 1, 12, 12), dtype=np.uint8), draw.integers(0, 3, count))

    return InMemoryDataset("noise", 3, split(32), split(9), split(20))


@pytest.fixture(scope="module")
def point(pictures: InMemoryDataset) -> Point:
    """Two epochs of four steps, with dropout, stochastic depth, averaged weights and random crops."""
    full_network = efficientnet_b0_small()
    network = replace(full_network, stages=full_network.stages[:4], side=8, channels=1, classes=3)
    recipe = Recipe(epochs=2, batch=8, lr=0.2, ema=0.9, dropout=0.3, drop_path=0.3, pad=0.2, mixup=0.2)
    return Point(network, DataRef("noise", "0"), resolve_hyperparameters(recipe, network, len(pictures.train)), seed=1)


def bits(result: Result) -> tuple[Any, ...]:
    measured = tuple(replace(record, seconds=0.0) for record in result.epochs)
    return result.train_loss, result.held_out_accuracy, result.test_correct, result.test_loss, measured


@pytest.fixture(scope="module")
def undisturbed(point: Point, pictures: InMemoryDataset, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, ...]:
    """Losses and bits, and the checkpoint after the last step but one."""
    folder = tmp_path_factory.mktemp("undisturbed")
    return bits(train_point(point, pictures, opened(folder)))


def opened(folder: Path) -> Path:
    Store(folder).open_for_writing()
    return folder


def stop_after(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process is gone when it has written the checkpoint of this step."""
    write = Checkpoints.write

    def written(self: Checkpoints, step: int, state: dict[str, Any]) -> None:
        write(self, step, state)
        if step == steps:
            raise Stopped

    monkeypatch.setattr(Checkpoints, "write", written)


def stopped(point: Point, pictures: InMemoryDataset, folder: Path, after: int) -> None:
    if not (folder / "points").exists():
        opened(folder)
    with pytest.MonkeyPatch.context() as patch:
        stop_after(after, patch)
        with pytest.raises(Stopped):
            train_point(point, pictures, folder, EVERY_STEP)
    torch.manual_seed(12345)  # whatever another process draws


@pytest.mark.parametrize("after", [1, STEPS // 2, STEPS // 2 + 1, STEPS - 1])  # ends of epochs and steps inside
def test_stopped_after_a_step(
    after: int, point: Point, pictures: InMemoryDataset, undisturbed: tuple[Any, ...], tmp_path: Path
) -> None:
    stopped(point, pictures, tmp_path, after)
    assert len(list(Store(tmp_path).checkpoints.iterdir())) == min(after, 2)
    result = train_point(point, pictures, tmp_path)
    assert bits(result) == undisturbed
    assert result.provenance["resumed"] == 1
    assert not list(Store(tmp_path).checkpoints.iterdir())


def test_stopped_twice(point: Point, pictures: InMemoryDataset, undisturbed: tuple[Any, ...], tmp_path: Path) -> None:
    for after in (2, 5):
        stopped(point, pictures, tmp_path, after)
    result = train_point(point, pictures, tmp_path)
    assert bits(result) == undisturbed
    assert result.provenance["resumed"] == 2
    assert result.point_seconds > result.train_seconds > 0


def cut(raw: bytes) -> bytes:
    return raw[: len(raw) // 2]


def flipped(raw: bytes) -> bytes:
    return raw[:5000] + bytes([raw[5000] ^ 1]) + raw[5001:]


def emptied(_: bytes) -> bytes:
    return b""


@pytest.mark.parametrize(("how_many", "damage"), [(1, cut), (1, flipped), (2, emptied)])
def test_a_damaged_checkpoint_is_named_and_the_one_before_it_used(
    how_many: int,
    damage: Callable[[bytes], bytes],
    point: Point,
    pictures: InMemoryDataset,
    undisturbed: tuple[Any, ...],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    stopped(point, pictures, tmp_path, 5)
    newest_first = sorted(Store(tmp_path).checkpoints.iterdir(), reverse=True)
    for path in newest_first[:how_many]:
        path.write_bytes(damage(path.read_bytes()))
    result = train_point(point, pictures, tmp_path)
    assert [path.name in caplog.text for path in newest_first] == [True, how_many == 2]
    assert "damaged" in caplog.text
    assert bits(result) == undisturbed
    assert result.provenance["resumed"] == 2 - how_many


def test_checkpoints_that_are_not_used_do_not_crowd_out_new_ones(
    point: Point, pictures: InMemoryDataset, undisturbed: tuple[Any, ...], tmp_path: Path
) -> None:
    stopped(point, pictures, tmp_path, 6)
    for path in Store(tmp_path).checkpoints.iterdir():
        path.write_bytes(b"")
    stopped(point, pictures, tmp_path, 3)
    result = train_point(point, pictures, tmp_path)
    assert bits(result) == undisturbed
    assert result.provenance["resumed"] == 1


def test_a_checkpoint_of_another_point_is_named_and_not_used(
    point: Point,
    pictures: InMemoryDataset,
    undisturbed: tuple[Any, ...],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    wider = replace(point.network, stem=replace(point.network.stem, width=12))
    other = replace(point, network=wider)
    stopped(other, pictures, tmp_path, 3)
    for path in Store(tmp_path).checkpoints.iterdir():
        path.rename(path.with_name(path.name.replace(other.key, point.key)))
    assert bits(train_point(point, pictures, tmp_path)) == undisturbed
    assert f"it belongs to point {other.key}" in caplog.text


def killed_in_write(point: Point, pictures: InMemoryDataset, folder: str, at: str, number: int) -> None:
    """In a process of its own: kill -9 before, in the middle of or after a write."""
    torch.set_num_threads(1)
    fsync, replaced, left = os.fsync, os.replace, [number]

    def gone(call: Callable[..., None], here: str) -> Callable[..., None]:
        def wrapped(*arguments: Any) -> None:
            left[0] -= here == at
            if here == at and not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            call(*arguments)

        return wrapped

    module.os.fsync, module.os.replace = gone(fsync, "fsync"), gone(replaced, "replace")  # type: ignore[assignment]
    train_point(point, pictures, Path(folder), EVERY_STEP)


@pytest.mark.parametrize(("at", "number"), [("fsync", 1), ("fsync", 4), ("replace", 3)])
def test_killed_in_the_middle_of_a_write(
    at: str, number: int, point: Point, pictures: InMemoryDataset, undisturbed: tuple[Any, ...], tmp_path: Path
) -> None:
    opened(tmp_path)
    worker = get_context("fork").Process(target=killed_in_write, args=(point, pictures, str(tmp_path), at, number))
    worker.start()
    worker.join()
    assert worker.exitcode == -signal.SIGKILL
    result = train_point(point, pictures, tmp_path)
    assert bits(result) == undisturbed
    assert result.provenance["resumed"] == (number > 1)
    assert not list(Store(tmp_path).checkpoints.iterdir())


def test_a_full_disk_ends_no_training(
    point: Point,
    pictures: InMemoryDataset,
    undisturbed: tuple[Any, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    checkpoints = Store(tmp_path).checkpoints
    stopped(point, pictures, tmp_path, 3)
    before = {path.name: path.read_bytes() for path in checkpoints.iterdir()}
    with monkeypatch.context() as patch:
        patch.setattr(module.os, "fsync", full)
        stopped(point, pictures, tmp_path, 6)
        assert {path.name: path.read_bytes() for path in checkpoints.iterdir()} == before
        assert f"to {checkpoints}: No space left on device" in caplog.text
    assert bits(train_point(point, pictures, tmp_path)) == undisturbed


def test_a_checkpoint_holds_nothing_but_tensors_and_plain_values(
    point: Point, pictures: InMemoryDataset, tmp_path: Path
) -> None:
    stopped(point, pictures, tmp_path, 3)
    [(_, state), *_] = Checkpoints(Store(tmp_path).checkpoints, point.key, 0).newest_first()
    assert state["progress"]["steps"] == 3
    assert set(state) >= {"module", "averaged", "optimizer", "schedule", "generator", "cpu", "cuda", "progress"}
