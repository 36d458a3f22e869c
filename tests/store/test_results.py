"""The results folder: results are written once; a truncated file is reported and affects no other."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scaling_lab.errors import UserError
from scaling_lab.store.leases import Leases
from scaling_lab.store.leftovers import remove_drafts
from scaling_lab.store.results import Store


@pytest.fixture
def study(make_study: Callable[..., Any]) -> Any:
    return make_study(seeds=(0,))


@pytest.fixture
def store(tmp_path: Path, study: Any) -> Store:
    return Store(study.written(tmp_path / "study"))


def test_plan_and_results_are_read_equal(store: Store, study: Any) -> None:
    assert store.read_plan() == study.plan
    assert store.read_results().results == study.results


def test_a_result_is_written_once(store: Store, study: Any) -> None:
    key, first = next(iter(study.results.items()))
    store.add_result(replace(first, train_seconds=1.0))
    assert store.read_results().results[key] == first


def test_no_drafts_remain(store: Store) -> None:
    store.add_failure("feed", "so")
    assert not [path.name for path in store.points.iterdir() if not path.name.endswith(".json")]
    assert not list(store.leases.iterdir())


def test_drafts_of_killed_writers_are_removed_by_the_holder_of_the_lease(store: Store) -> None:
    """Drafts are in the folder of leases, which has few files, not in the folder of results."""
    drafts = [store.leases / ".feed.abc.draft", store.leases / ".beef.abc.draft"]
    for path in drafts:
        path.touch()
    remove_drafts(store, "feed")
    assert [path.exists() for path in drafts] == [False, True]
    assert Leases(store.leases, 60).states() == {}


@pytest.mark.parametrize("length", [0, 1, 100, -2])
def test_a_truncated_file_is_reported_and_affects_no_other(store: Store, study: Any, length: int) -> None:
    key = next(iter(study.results))
    path = store.points / f"{key}.json"
    path.write_bytes(path.read_bytes()[:length])
    stored = store.read_results()
    assert set(stored.broken) == {path.name}
    assert stored.results == {k: v for k, v in study.results.items() if k != key}


def test_a_result_under_another_name_is_broken(store: Store, study: Any) -> None:
    key = next(iter(study.results))
    (store.points / f"{key}.json").rename(store.points / "0000000000000000.json")
    assert store.read_results().broken == {"0000000000000000.json": f"it contains the result of {key}"}


def test_failures_are_numbered_and_ignored_once_there_is_a_result(store: Store, study: Any) -> None:
    store.add_failure("feed", "first")
    store.add_failure("feed", "second")
    done = next(iter(study.results))
    store.add_failure(done, "before it worked")
    assert (store.points / "feed.failed.2.json").exists()
    assert store.read_results().failures == {"feed": "second"}


def test_a_folder_that_cannot_be_written_to_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"file/study.*Not a directory"):
        Store(tmp_path / "file" / "study").open_for_writing()


def test_a_missing_and_a_broken_plan_are_errors(tmp_path: Path, store: Store) -> None:
    with pytest.raises(UserError, match=r"no plan\.json in"):
        Store(tmp_path).read_plan()
    (store.folder / "plan.json").write_text('{"study": "x", "asked": [], "entries": [{}]}')
    with pytest.raises(UserError, match=r"plan\.json.*missing fields"):
        store.read_plan()
