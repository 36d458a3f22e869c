"""One point, whole: the result is stored, repeatable, and refused when fvcore disagrees."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scaling_lab.config.hyperparameters import resolve_hyperparameters
from scaling_lab.config.recipe import Recipe
from scaling_lab.data.dataset import InMemoryDataset, Split
from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.families.mobilenet_v1 import mobilenet_v1_small
from scaling_lab.store.bits import unpack_bits
from scaling_lab.store.results import Store
from scaling_lab.store.schema import DataRef, Point
from scaling_lab.training import train_point as point_module
from scaling_lab.training.train_point import train_point

TIMES = {"train_seconds", "point_seconds", "latency_seconds", "peak_memory", "provenance"}


def pictures() -> InMemoryDataset:
    draw = np.random.default_rng(0)

    def split(count: int) -> Split:
        labels = draw.integers(0, 3, count)
        images = draw.integers(0, 60, (count, 1, 16, 16)) + 60 * labels[:, None, None, None]
        return Split(images.astype(np.uint8), labels.astype(np.int64))

    return InMemoryDataset("stripes", 3, split(128), split(30), split(50))


def a_point(data: InMemoryDataset) -> Point:
    network = replace(mobilenet_v1_small(), side=12, channels=1, classes=3)
    recipe = resolve_hyperparameters(Recipe(epochs=4, batch=16, lr=0.2), network, len(data.train))
    return Point(network, DataRef(data.name, data.fingerprint), recipe, seed=3)


def test_a_result_is_stored_with_counts_accuracy_and_bits(tmp_path: Path) -> None:
    data = pictures()
    store = Store(tmp_path)
    store.open_for_writing()
    point = a_point(data)
    result = train_point(point, data, tmp_path)
    assert store.read_results().results == {point.key: result}
    assert result.flops == result.flops_by_fvcore == network_cost(point.network).flops
    assert sum(unpack_bits(result.test_correct, 50)) / 50 == result.test_accuracy
    assert result.test_accuracy > 0.8
    assert result.provenance["torch"].startswith("2.")


def test_the_same_point_gives_the_same_bits(tmp_path: Path) -> None:
    data = pictures()
    results = []
    for name in ("a", "b"):
        Store(tmp_path / name).open_for_writing()
        result = train_point(a_point(data), data, tmp_path / name)
        results.append(vars(replace(result, epochs=tuple(replace(epoch, seconds=0.0) for epoch in result.epochs))))
    assert {k: v for k, v in results[0].items() if k not in TIMES} == {
        k: v for k, v in results[1].items() if k not in TIMES
    }


def test_a_count_that_fvcore_does_not_share_fails_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = pictures()
    monkeypatch.setattr(point_module, "network_cost", lambda network: replace(network_cost(network), flops=1))
    monkeypatch.setattr(point_module, "resume_training", lambda *_: pytest.fail("it trained"))
    with pytest.raises(ArithmeticError, match="fvcore counts"):
        train_point(a_point(data), data, tmp_path)
