"""Kept weights give the result's numbers again: exactly on the same images, and refused where they do not belong."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

pytest.importorskip("safetensors")

from safetensors.torch import load_file

import scaling_lab as lab
from scaling_lab.cli import main
from scaling_lab.config import registry
from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.config.hyperparameters import resolve_hyperparameters, with_regularization
from scaling_lab.config.recipe import Recipe
from scaling_lab.data.batches import resize_images
from scaling_lab.data.dataset import InMemoryDataset, Split
from scaling_lab.errors import UserError
from scaling_lab.networks.families.efficientnet import efficientnet_b0_small
from scaling_lab.store.plan_schema import DataSource, Entry, Plan, Question
from scaling_lab.store.results import Store
from scaling_lab.store.schema import DataRef, Point, Result
from scaling_lab.study.disk_space import weights_bytes
from scaling_lab.study.evaluation import EvaluationOptions, evaluate_weights
from scaling_lab.training.module import build_module
from scaling_lab.training.train_point import train_point
from scaling_lab.training.weights import WeightsFile

NAMES = tuple("abcdefg")


def noise(seed: int, classes: int = 7) -> InMemoryDataset:
    draw = np.random.default_rng(seed)

    def split(count: int) -> Split:
        return Split(draw.integers(0, 256, (count, 1, 12, 12), dtype=np.uint8), np.arange(count) % classes)

    return InMemoryDataset("noise", classes, split(32), split(14), split(40), class_names=NAMES[:classes])


def entry(point: Point, seed: int) -> Entry:
    question = Question("efficientnet_b0_small", "depth", "fitted", 1.0, 1.0, 1.0, 1.0, "noise", "short", seed)
    sizes: dict[str, Any] = {"flops": 1, "flops_fvcore": 1, "params": 1, "activations": 1, "side": 8}
    return Entry(question, point.key, depths=(1,), widths=(8,), **sizes, times_flops_got=1, d_got=1, w_got=1, r_got=1)


@pytest.fixture(scope="module")
def points() -> list[Point]:
    """Two seeds with an EMA, dropout and stochastic depth, and one without."""
    data, network = noise(0), replace(efficientnet_b0_small(), side=8, channels=1, classes=7)
    usual = Recipe(epochs=1, batch=8, lr=0.05, ema=0.6, dropout=0.3, drop_path=0.2, eval_border=2)
    recipes = [usual, replace(usual, ema=0.0)]
    return [
        Point(network, DataRef("noise", data.fingerprint), resolve_hyperparameters(recipe, network, 32), seed)
        for recipe, seed in ((recipes[0], 0), (recipes[0], 1), (recipes[1], 2))
    ]


@pytest.fixture(scope="module")
def folder(points: list[Point], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished study; the second point has no weights."""
    store = Store(tmp_path_factory.mktemp("study"))
    store.open_for_writing()
    store.write_plan(Plan("study", (), tuple(entry(point, seed) for seed, point in enumerate(points))))
    for point in points:
        train_point(point, noise(0), store.folder, ExecutionOptions(keep_weights=point.seed != 1, log="none"))
    return store.folder


@pytest.fixture
def dataset(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that makes the dataset `noise` known by name."""

    def put(data: InMemoryDataset) -> None:
        monkeypatch.setattr(registry, "list_names", lambda _: ["noise"])
        monkeypatch.setattr(registry, "read_yaml", lambda *_: {})
        monkeypatch.setattr(registry, "build_value", lambda *_: data)

    return put


def result_of(folder: Path, point: Point) -> Result:
    result = Store(folder).read_result(point.key)
    assert result
    return result


def test_the_same_images_get_the_same_answers(folder: Path, points: list[Point], dataset: Any) -> None:
    dataset(noise(0))
    table = evaluate_weights(folder, EvaluationOptions(latency=True))
    assert list(table["key"]) == [points[0].key, points[2].key]
    assert list(table["changed"]) == [0, 0]
    for row, point in zip(table.to_dict("records"), (points[0], points[2]), strict=True):
        result = result_of(folder, point)
        assert row["test_accuracy"] == row["recorded_test_accuracy"] == result.test_accuracy
        assert row["test_loss"] == row["recorded_test_loss"] == result.test_loss
        assert row["test_top5"] == row["recorded_test_top5"] == result.test_top5
        assert row["latency_seconds"] > 0
        assert row["recorded_latency_seconds"] == result.latency_seconds


def test_other_images_are_normalized_as_in_training(folder: Path, points: list[Point], dataset: Any) -> None:
    other = noise(5)
    dataset(other)
    table = evaluate_weights(folder, EvaluationOptions(key=points[0].key[:6]))
    module, trained = build_module(with_regularization(points[0].network, points[0].recipe)), noise(0)
    tensors = load_file(WeightsFile.of(Store(folder), points[0].key).path)
    averaged = {name.removeprefix("averaged."): part for name, part in tensors.items() if name.startswith("averaged.")}
    module.load_state_dict(averaged)
    images = resize_images(other.test.images, 10)[:, :, 1:-1, 1:-1]
    with torch.no_grad():
        logits = module.eval()((images.float() / 255 - trained.mean[0]) / trained.std[0])
    loss = nn.functional.cross_entropy(logits, torch.tensor(other.test.labels))
    [row] = table.to_dict("records")
    assert row["test_loss"] == pytest.approx(float(loss), rel=1e-5)
    assert row["changed"] is None
    assert row["dataset"] == "noise (changed)"


def test_the_file_has_last_and_averaged_weights_and_is_as_large_as_forecast(folder: Path, points: list[Point]) -> None:
    first, last = (WeightsFile.of(Store(folder), points[place].key) for place in (0, 2))
    tensors = load_file(first.path)
    assert {name.partition(".")[0] for name in tensors} == {"final", "averaged"}
    assert not torch.equal(tensors["final.head.classifier.weight"], tensors["averaged.head.classifier.weight"])
    assert {name.partition(".")[0] for name in load_file(last.path)} == {"final"}
    assert first.read_metadata().class_names == NAMES
    assert [first.read_metadata().is_averaged, last.read_metadata().is_averaged] == [True, False]
    for file, point in ((first, points[0]), (last, points[2])):
        assert 0.6 * weights_bytes(point) < file.path.stat().st_size < 1.05 * weights_bytes(point)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (EvaluationOptions(key="zzzz"), "no finished point has the key zzzz"),
        (EvaluationOptions(where="seed == 9"), "no finished point meets"),
        (EvaluationOptions(where="seed =="), "not a condition"),
        (EvaluationOptions(where="sed == 0"), "did you mean seed"),
        (EvaluationOptions(where="@rows.seed == 0"), "not a condition"),
        (EvaluationOptions(where="seed == 1"), "keep_weights=true"),
    ],
)
def test_what_cannot_be_selected_is_reported(
    options: EvaluationOptions, message: str, folder: Path, dataset: Any
) -> None:
    dataset(noise(0))
    with pytest.raises(UserError, match=message):
        evaluate_weights(folder, options)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (noise(0, classes=5), "5 classes"),
        (replace(noise(0), class_names=tuple("bacdefg")), "has the classes b, a"),
    ],
)
def test_a_dataset_of_other_classes_is_refused(
    other: InMemoryDataset, message: str, folder: Path, dataset: Any
) -> None:
    dataset(other)
    with pytest.raises(UserError, match=message):
        evaluate_weights(folder, EvaluationOptions(where="seed == 0"))


@pytest.mark.parametrize("damage", ["cut", "another point", "no safetensors"])
def test_damaged_weights_are_refused_by_name(damage: str, folder: Path, points: list[Point], dataset: Any) -> None:
    dataset(noise(0))
    first, last = (WeightsFile.of(Store(folder), points[place].key).path for place in (0, 2))
    content = first.read_bytes()
    first.write_bytes(
        {"cut": content[:-100], "another point": last.read_bytes(), "no safetensors": b"\x80\x04K."}[damage]
    )
    try:
        with pytest.raises(UserError, match=first.name):
            evaluate_weights(folder, EvaluationOptions(where="seed == 0"))
    finally:
        first.write_bytes(content)


def test_the_dataset_is_built_from_what_the_plan_records(
    folder: Path, points: list[Point], monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = {"_target_": "scaling_lab.data.sets.image_folder.load", "path": "/x/my,images", "fraction": 0.5}
    entries = tuple(entry(point, seed) for seed, point in enumerate(points))
    store, built = Store(folder), list[dict[str, Any]]()
    before = store.read_plan()
    monkeypatch.setattr(registry, "build_value", lambda _group, content, _name: (built.append(content), noise(0))[1])
    try:
        store.write_plan(Plan("study", (), entries, datasets=(DataSource("noise", recorded),)))
        lab.evaluate(folder, "seed == 0")
        lab.evaluate(folder, "seed == 0", dataset_path="elsewhere")
        store.write_plan(Plan("study", (), entries))
        with pytest.raises(UserError, match="--dataset"):
            lab.evaluate(folder, "seed == 0")
    finally:
        store.write_plan(before)
    assert built == [recorded, recorded | {"path": "elsewhere"}]


def test_the_command_prints_and_writes_the_table(
    folder: Path, points: list[Point], dataset: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset(noise(0))
    assert main(["evaluate", str(folder), "--to", str(tmp_path / "scores.csv")]) == 0
    printed = capsys.readouterr().out
    assert points[0].key in printed
    assert "2 of 2" in printed
    assert (tmp_path / "scores.csv").read_text().count("\n") == 3
    assert main(["evaluate", str(folder), "--to", str(tmp_path / "none/scores.csv")]) == 2
