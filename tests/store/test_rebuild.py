"""The canonical form read back: for every family the same network, and nothing but tagged classes."""

import json
from dataclasses import replace
from typing import Any

import pytest

from scaling_lab.config import registry
from scaling_lab.config.hyperparameters import resolve_hyperparameters
from scaling_lab.config.recipe import Recipe
from scaling_lab.networks.families.efficientnet import efficientnet_b0_small
from scaling_lab.networks.network import Network
from scaling_lab.store.keys import canonical_form
from scaling_lab.store.rebuild import rebuild, rebuild_point
from scaling_lab.store.schema import DataRef, Point, Result


def stored(value: Any) -> Any:
    """Return the canonical form as a file gives it back."""
    return json.loads(json.dumps(canonical_form(value)))


@pytest.mark.parametrize("family", registry.list_names("family"))
def test_every_family_is_rebuilt(family: str) -> None:
    network: Network = registry.build_value("family", registry.read_yaml("family", family), family)
    smaller = replace(network, classes=7, channels=1)
    for value in (network, smaller):
        rebuilt = rebuild(stored(value))
        assert rebuilt == value
        assert rebuilt.layers() == value.layers()


@pytest.fixture
def result(quick: Any) -> Result:
    network = replace(efficientnet_b0_small(), classes=10, channels=1)
    recipe = Recipe(epochs=2, ema=0.9, dropout=0.2, drop_path=0.5, optimizer="rmsprop", schedule="staircase")
    point = Point(network, DataRef("noise", "0"), resolve_hyperparameters(recipe, network, 640), seed=3)
    return replace(next(iter(quick.results.values())), key=point.key, point=stored(point))


def test_a_point_is_rebuilt_from_its_result(result: Result) -> None:
    point = rebuild_point(result)
    assert point.key == result.key
    assert stored(point) == result.point
    assert point.recipe.drop_path == 0.5


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("network", {"side": "28"}, "Network.side"),
        ("network", {"eps": True}, "Network.eps"),
        ("network", {"stem": 3}, "Network.stem"),
        ("network", {"colour": 3}, "unknown fields colour"),
        ("network", {"is": "os.system"}, "unknown tag 'os.system'"),
        ("network", {"is": ["Network"]}, "unknown tag"),
        ("recipe", {"optimizer": "lion"}, "optimizer"),
        ("recipe", {"lr": 0.123}, "has the key"),
    ],
)
def test_what_was_changed_is_refused_by_name(part: str, change: dict[str, Any], message: str, result: Result) -> None:
    changed = json.loads(json.dumps(result.point))
    changed[part] |= change
    with pytest.raises(ValueError, match=message):
        rebuild_point(replace(result, point=changed))


def test_a_missing_field_and_another_class_are_refused(result: Result) -> None:
    changed = json.loads(json.dumps(result.point))
    del changed["network"]["stem"]
    with pytest.raises(ValueError, match="Network lacks stem"):
        rebuild_point(replace(result, point=changed))
    with pytest.raises(ValueError, match="is a Network"):
        rebuild_point(replace(result, point=result.point["network"]))
