"""The store: written once and whole; what is cut short is named and loses nothing else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scaling_lab.errors import UserError
from scaling_lab.store.leases import Leases
from scaling_lab.store.results import Store


@pytest.fixture
def study(make_study: Callable[..., Any]) -> Any:
    return make_study(seeds=(0,))


@pytest.fixture
def store(tmp_path: Path, study: Any) -> Store:
    return Store(study.written(tmp_path / "study"))


def test_plan_and_results_come_back_equal(store: Store, study: Any) -> None:
    assert store.read_plan() == study.plan
    assert store.read_results().results == study.results


def test_a_result_is_written_once(store: Store, study: Any) -> None:
    key, first = next(iter(study.results.items()))
    store.add_result(replace(first, test_accuracy=0.0))
    assert store.read_results().results[key] == first


def test_no_drafts_are_left(store: Store) -> None:
    store.add_failure("feed", "so")
    assert not [path.name for path in store.points.iterdir() if not path.name.endswith(".json")]
    assert not list(store.leases.iterdir())


def test_what_a_killed_writer_left_is_removed_by_who_holds_the_point(store: Store) -> None:
    """A draft is beside the claim, where few files are, and not among the results."""
    left = [store.leases / ".feed.abc.draft", store.leases / ".beef.abc.draft"]
    for path in left:
        path.touch()
    store.remove_drafts("feed")
    assert [path.exists() for path in left] == [False, True]
    assert Leases(store.leases, 60).states() == {}


@pytest.mark.parametrize("kept", [0, 1, 100, -2])
def test_a_file_cut_short_is_named_and_loses_nothing_else(store: Store, study: Any, kept: int) -> None:
    key = next(iter(study.results))
    path = store.points / f"{key}.json"
    path.write_bytes(path.read_bytes()[:kept])
    stored = store.read_results()
    assert stored.broken == (path.name,)
    assert stored.results == {k: v for k, v in study.results.items() if k != key}


def test_a_result_under_another_name_is_broken(store: Store, study: Any) -> None:
    key = next(iter(study.results))
    (store.points / f"{key}.json").rename(store.points / "0000000000000000.json")
    assert store.read_results().broken == ("0000000000000000.json",)


def test_failures_are_numbered_and_forgotten_once_there_is_a_result(store: Store, study: Any) -> None:
    store.add_failure("feed", "first")
    store.add_failure("feed", "second")
    done = next(iter(study.results))
    store.add_failure(done, "before it worked")
    assert (store.points / "feed.failed.2.json").exists()
    assert store.read_results().failures == {"feed": "second"}


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written to: Not a directory"):
        Store(tmp_path / "file" / "study").open_for_writing()


def test_no_plan_and_a_broken_plan_are_said(tmp_path: Path, store: Store) -> None:
    with pytest.raises(UserError, match=r"no plan\.json in"):
        Store(tmp_path).read_plan()
    (store.folder / "plan.json").write_text('{"study": "x", "asked": [], "entries": [{}]}')
    with pytest.raises(UserError, match=r"plan\.json cannot be read as a plan"):
        store.read_plan()
