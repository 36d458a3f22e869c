"""A result file that is changed in place is noticed, named and moved aside when its point is trained again."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scaling_lab.config.registry import CONF
from scaling_lab.store.integrity import CHECKSUM
from scaling_lab.store.results import Store

FLIPS = 300


@pytest.fixture
def study(make_study: Callable[..., Any]) -> Any:
    return make_study(families=["resnet_small"], rules=["width"], times=[1, 2], seeds=[0])


@pytest.fixture
def store(tmp_path: Path, study: Any) -> Store:
    return Store(study.written(tmp_path / "study"))


def change(path: Path, **fields: Any) -> None:
    content = json.loads(path.read_text()) | fields
    path.write_text(json.dumps({name: value for name, value in content.items() if value != "leave out"}, indent=1))


@pytest.mark.parametrize("name", ["quick", "rules", "cifar"])
def test_committed_results_are_valid(name: str) -> None:
    """Those have no checksum."""
    store = Store(CONF.parent / f"results/{name}-reference")
    stored = store.read_results()
    assert stored.broken == {}
    assert set(stored.results) == {entry.key for entry in store.read_plan().entries}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"train_seconds": 1.0}, "checksum"),
        ({CHECKSUM: None}, "checksum"),
        ({CHECKSUM: "leave out", "test_accuracy": 0.5}, "test_accuracy is 0.5; test_correct has "),
        ({CHECKSUM: "leave out", "point": {"is": "Point"}}, "its point has the key "),
        ({CHECKSUM: "leave out", "test_pictures": 1999}, "of 1999 images"),
    ],
)
def test_an_edited_result_is_named_and_moved_aside(
    store: Store, study: Any, fields: dict[str, Any], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    key = next(iter(study.results))
    path = store.points / f"{key}.json"
    change(path, **fields)
    edited = path.read_bytes()
    stored = store.read_results()
    assert reason in stored.broken[path.name]
    assert key not in stored.results
    for number in (1, 2):
        store.add_result(study.results[key])
        assert store.read_results().results == study.results
        aside = store.points / f"{path.name}.broken.{number}"
        assert aside.read_bytes() == edited
        assert f"{path} cannot be read (" in caplog.text
        path.write_bytes(edited)
    assert set(store.read_results().broken) == {path.name}


def test_any_flipped_bit_of_a_value_is_noticed(store: Store, study: Any) -> None:
    key, luck = next(iter(study.results)), random.Random(0)  # noqa: S311
    path = store.points / f"{key}.json"
    content = path.read_bytes()
    for _ in range(FLIPS):
        raw, place = bytearray(content), luck.randrange(len(content))
        raw[place] ^= 1 << luck.randrange(8)
        path.write_bytes(raw)
        stored = store.read_results()
        assert stored.results.get(key) in (None, study.results[key])
        assert (key in stored.results) != (path.name in stored.broken)
