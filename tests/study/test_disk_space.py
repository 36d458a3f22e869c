"""Forecasts of disk space against what is really written, and folders without enough room."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from scaling_lab.config.hyperparameters import resolve_hyperparameters as resolve_recipe
from scaling_lab.config.hyperparameters import with_regularization
from scaling_lab.config.recipe import Recipe
from scaling_lab.errors import UserError
from scaling_lab.store.results import Store
from scaling_lab.store.schema import Point, Result
from scaling_lab.study import disk_space as module
from scaling_lab.study.disk_space import DiskNeeds, check_free_space, check_writable, checkpoint_bytes, disk_needs
from scaling_lab.study.plan import PlannedPoint
from scaling_lab.study.resolve_question import QuestionSpec, resolve_question
from scaling_lab.training.checkpoints import Checkpoints
from scaling_lab.training.module import build_module
from scaling_lab.training.precision import StepOptions
from scaling_lab.training.state import Training

MakeSpec = Callable[..., QuestionSpec]


def planned(spec: QuestionSpec) -> PlannedPoint:
    return PlannedPoint(resolve_question(spec)[1], spec.question, spec.dataset, spec.source, "a label")


def point_of(recipe: Recipe, spec: QuestionSpec) -> Point:
    _, point = resolve_question(spec)
    return replace(point, recipe=resolve_recipe(recipe, point.network, 9000))


@pytest.mark.parametrize("family", ["mobilenet_v1_small", "efficientnet_b0_small", "resnet50_small"])
@pytest.mark.parametrize(
    "recipe",
    [Recipe(), Recipe(ema=0.9), Recipe(optimizer="rmsprop", ema=0.9), Recipe(optimizer="adamw", weight_decay=0.05)],
)
def test_a_checkpoint_is_as_large_as_forecast(family: str, recipe: Recipe, make_spec: MakeSpec, tmp_path: Path) -> None:
    point = point_of(recipe, make_spec(family))
    module = build_module(with_regularization(point.network, point.recipe))
    training = Training(module, point.network.side, point.recipe, 0, StepOptions())
    training.step(torch.rand(4, 1, point.network.side, point.network.side), torch.arange(4))
    Checkpoints(tmp_path, "beef", 0).write(1, training.state_dict())
    [file] = tmp_path.iterdir()
    assert 0.6 * checkpoint_bytes(point) < file.stat().st_size < 1.05 * checkpoint_bytes(point)


def test_a_result_is_no_larger_than_forecast(
    make_spec: MakeSpec, make_result: Callable[..., Result], tmp_path: Path
) -> None:
    spec = make_spec("resnet50_small", times_flops=4)
    _, point = resolve_question(spec)
    bits = "A" * (4 * -(-len(spec.dataset.test) // 24))
    store = Store(tmp_path)
    store.open_for_writing()
    result = replace(make_result(point), train_loss=(1.234567,) * 20)
    store.add_result(result)
    [file] = store.points.iterdir()
    assert file.stat().st_size + len(bits) < disk_needs([planned(spec)], workers=0).size


def test_each_worker_needs_checkpoints_and_each_point_a_result(make_spec: MakeSpec) -> None:
    specs = [make_spec(times_flops=times) for times in (1, 2, 3)]
    points = [planned(spec) for spec in specs]
    alone, two, many = (disk_needs(points, workers) for workers in (1, 2, 99))
    small, middle, large = sorted(checkpoint_bytes(planned_point.point) for planned_point in points)
    assert two.size - alone.size == 3 * middle
    assert many.size - two.size == 3 * small
    assert alone.size > 3 * large
    assert disk_needs([], 2) == DiskNeeds(0, 0)


def test_too_small_a_disk_is_reported_with_both_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "not/there/yet"
    check_free_space(folder, DiskNeeds(10, 1))
    free = shutil.disk_usage(tmp_path).free
    with pytest.raises(UserError, match=rf"results folder {folder} .*[\d,]+ MB.* [\d,]+ MB"):
        check_free_space(folder, DiskNeeds(2 * free, 1))
    full = {"f_files": 100, "f_favail": 5, "f_bavail": 100, "f_bfree": 100, "f_blocks": 100, "f_frsize": 1}
    monkeypatch.setattr(module.os, "statvfs", lambda _: type("Left", (), full)())
    with pytest.raises(UserError, match=r"5 files.* 6"):
        check_free_space(folder, DiskNeeds(10, 6))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_created_is_reported_and_nothing_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_writable(tmp_path / "a/b", "results")
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file/in/the/way"):
        with pytest.raises(UserError, match=r"reports folder .* cannot be written to: Not a directory"):
            check_writable(folder, "reports")
    monkeypatch.setattr(module.os, "access", lambda *_: False)
    with pytest.raises(UserError, match=r"results folder .*/a cannot be written to: Permission denied"):
        check_writable(tmp_path / "a", "results")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
