"""A share of the training images of every dataset: balanced, nested, with the same held-out and test images."""

import importlib
import pickle
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from scaling_lab.api.compose import compose
from scaling_lab.config import registry
from scaling_lab.data.dataset import InMemoryDataset
from scaling_lab.data.fraction import first_of_each_class, name_fraction, take_fraction
from scaling_lab.data.sets.fashion_mnist import fashion_mnist
from scaling_lab.errors import UserError
from scaling_lab.study.assemble import make_sweep

NAMES = [file.stem for file in sorted((registry.CONF / "dataset").glob("*.yaml"))]
Build = Callable[..., Any]


@pytest.fixture(params=NAMES)
def build(request: pytest.FixtureRequest, needed: Callable[..., dict[str, Any]]) -> Build:
    """Return a function that builds a dataset with further settings."""
    content = registry.read_yaml("dataset", request.param)
    return lambda **settings: registry.build_value("dataset", content | needed(request.param, content) | settings)


def identities(dataset: Any, part: str) -> list[tuple[int, object]]:
    """Return label and pixels, or label and name, of each image of a part."""
    split = getattr(dataset, part)
    if isinstance(dataset, InMemoryDataset):
        return [(int(label), image.tobytes()) for label, image in zip(split.labels, split.images, strict=True)]
    return [(int(label), split.entry(place)) for place, label in enumerate(split.labels)]


@pytest.mark.parametrize("fraction", [0.01, 0.1, 0.25, 1 / 3, 0.5, 0.999, 1.0])
def test_the_first_of_each_class_are_taken(fraction: float) -> None:
    labels = np.random.default_rng(0).integers(0, 7, 1000)
    labels = np.concatenate([labels, [7]])
    expected: list[int] = []
    for label in range(8):
        mine = [place for place, other in enumerate(labels) if other == label]
        expected += mine[: max(1, int(fraction * len(mine) + 0.5))]
    assert first_of_each_class(labels, fraction).tolist() == sorted(expected)


def test_fractions_are_nested() -> None:
    labels = np.random.default_rng(1).integers(0, 3, 100)
    taken = [set(first_of_each_class(labels, percent / 100).tolist()) for percent in range(1, 101)]
    assert all(small <= large for small, large in pairwise(taken))
    assert len(taken[-1]) == 100


def test_every_dataset_has_fractions(build: Build) -> None:
    full, half, tenth = build(), build(fraction=0.5), build(fraction=0.1)
    for part in ("held_out", "test"):
        assert identities(full, part) == identities(half, part) == identities(tenth, part)
    everything, more, less = (identities(dataset, "train") for dataset in (full, half, tenth))
    taken = set(more)
    assert [identity for identity in everything if identity in taken][: len(more)] == more
    assert set(less) < taken < set(everything)
    counts = np.bincount([label for label, _ in everything])
    assert np.bincount([label for label, _ in more]).tolist() == np.floor(counts / 2 + 0.5).tolist()
    assert len({full.fingerprint, half.fingerprint, tenth.fingerprint}) == 3
    assert half.name == name_fraction(full.name, 0.5)
    assert [part.images for part in half.summary.parts] == [len(more), len(full.held_out), len(full.test)]
    assert "50 %" in half.summary.parts[0].origin


def test_a_fraction_of_one_is_the_same_dataset(build: Build) -> None:
    full, explicit = build(), build(fraction=1.0)
    assert (full.name, full.fingerprint) == (explicit.name, explicit.fingerprint)


@pytest.mark.parametrize("value", [0, -0.1, 1.01, 10, float("nan"), "half", True, None])
def test_other_values_are_refused(value: Any, build: Build) -> None:
    with pytest.raises(UserError, match=r"fraction is .* must be a number above 0 and at most 1"):
        build(fraction=value)


def test_moments_are_those_of_the_images_that_are_trained_on() -> None:
    tenth = fashion_mnist(0.1)
    assert tenth.mean[0] == pytest.approx(tenth.train.images.mean() / 255, abs=1e-9)
    assert tenth.mean != fashion_mnist().mean


def test_a_fraction_of_cached_images_is_cached_by_itself(needed: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    content = yaml.safe_load((registry.CONF / "dataset" / "image_folder.yaml").read_text())
    arguments = needed("image_folder", content) | {"cache": str(tmp_path)}
    load = importlib.import_module("scaling_lab.data.sets.image_folder").image_folder
    full, half = load(**arguments), load(**arguments, fraction=0.5)
    assert len({full.folder, half.folder, None}) == 3
    assert len(pickle.dumps(half)) < 1000
    assert half.fingerprint == take_fraction(full, 0.5).fingerprint


@pytest.mark.parametrize(
    ("name", "expected"),
    [("cifar10", "cifar10(fraction=0.1)"), ("image_folder(x, 32 px)", "image_folder(x, 32 px, fraction=0.1)")],
)
def test_the_fraction_is_in_the_name(name: str, expected: str) -> None:
    assert name_fraction(name, 0.1) == expected
    assert name_fraction(name, 1) == name


def test_fractions_are_settings_that_are_not_mixed() -> None:
    def keys(**settings: Any) -> dict[str, str]:
        settings |= {"name": "fractions", "do": "plan"}
        composition = compose(None, {"times_flops": 1, "rule": "width"}, settings)
        entries = make_sweep(list(composition.configs()), ())[1].plan.entries
        return {entry.question.dataset: entry.key for entry in entries}

    usual, explicit, half = keys(), keys(**{"dataset.fraction": 1}), keys(**{"dataset.fraction": 0.5})
    assert usual == explicit
    assert list(usual) == ["fashion_mnist"]
    assert list(half) == ["fashion_mnist(fraction=0.5)"]
    assert usual["fashion_mnist"] != half["fashion_mnist(fraction=0.5)"]
