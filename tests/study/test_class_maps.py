"""Figure 7 of a study that kept its weights: which networks and images, and the drawing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import scaling_lab as lab
from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.config.hyperparameters import resolve_hyperparameters
from scaling_lab.config.recipe import Recipe
from scaling_lab.data.dataset import InMemoryDataset, Split
from scaling_lab.errors import UserError
from scaling_lab.networks.families.resnet import resnet_tiny
from scaling_lab.store.plan_schema import Entry, Plan, Question
from scaling_lab.store.results import Store
from scaling_lab.store.schema import DataRef, Point
from scaling_lab.study import class_maps
from scaling_lab.training.train_point import train_point

pytest.importorskip("safetensors")


def noise() -> InMemoryDataset:
    draw = np.random.default_rng(0)

    def split(count: int) -> Split:
        return Split(draw.integers(0, 256, (count, 1, 12, 12), dtype=np.uint8), np.arange(count) % 3)

    return InMemoryDataset("noise", 3, split(24), split(12), split(30), class_names=("ant", "bee", "cat"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A baseline at 8 px and resolution at 12 px, both with weights."""
    store, data, entries = Store(tmp_path_factory.mktemp("study")), noise(), []
    store.open_for_writing()
    points = []
    for rule, times, side in (("resolution", 1.0, 8), ("resolution", 2.0, 12)):
        network = replace(resnet_tiny(), side=side, channels=1, classes=3)
        recipe = resolve_hyperparameters(Recipe(epochs=1, batch=8, lr=0.05), network, 24)
        points.append(Point(network, DataRef("noise", data.fingerprint), recipe, 0))
        question = Question("resnet_tiny", rule, "fitted", times, 1.0, 1.0, side / 8, "noise", "short", 0)
        sizes = {"flops": side, "flops_fvcore": 1, "params": 1, "activations": 1, "side": side}
        obtained = {"times_flops_got": times, "d_got": 1, "w_got": 1, "r_got": side / 8}
        entries.append(Entry(question, points[-1].key, depths=(1,), widths=(8,), **sizes, **obtained))
    store.write_plan(Plan("study", (), tuple(entries)))
    for point in points:
        train_point(point, data, store.folder, ExecutionOptions(keep_weights=True, log="none"))
    return store.folder


@pytest.fixture(autouse=True)
def dataset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(class_maps, "build_dataset", lambda *_: noise())


def test_the_baseline_and_the_scaled_network_see_the_first_image_of_each_class(folder):
    maps = class_maps.compute_class_maps(folder)
    assert maps.labels == ("ant", "bee", "cat")
    assert maps.images.shape == (3, 12, 12, 1)
    assert np.array_equal(maps.images[..., 0], noise().test.images[:3, 0])
    assert [(network.rule, network.side) for network in maps.networks] == [(None, 8), ("resolution", 12)]
    for network in maps.networks:
        assert network.maps.shape[0] == 3
        assert np.isfinite(network.maps).all()
        assert set(network.predicted) <= {"ant", "bee", "cat"}


@pytest.mark.parametrize("width", ["column", "page"])
def test_figure_7_has_a_panel_per_image_and_network(folder, width, monkeypatch):
    monkeypatch.setattr("scaling_lab.report.figures.drawing._is_shown", lambda figure, *_: figure.is_shown(None))
    figure = lab.figure(folder, "figure7", width=width)
    assert len(figure.axes) == 3 * 3
    assert sum(len(ax.images) for ax in figure.axes) == 3 * (1 + 2 * 2)


def test_without_weights_it_is_refused_with_the_setting(folder, tmp_path):
    copy = tmp_path / "study"
    copy.mkdir()
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix != ".safetensors":
            target = copy / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    with pytest.raises(UserError, match="keep_weights=true"):
        class_maps.compute_class_maps(copy)
