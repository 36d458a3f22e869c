"""A snapshot gives the same table as the result files, and only while it is current and undamaged."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from scaling_lab.analysis.load import read_results_folder
from scaling_lab.cli import main
from scaling_lab.config.registry import CONF
from scaling_lab.report import write_report
from scaling_lab.store.epochs import collect_epochs
from scaling_lab.store.results import Store
from scaling_lab.store.snapshot import (
    read_snapshot,
    remove_outdated_snapshot,
    snapshot_keys,
    write_snapshot,
)
from scaling_lab.store.snapshot_file import SNAPSHOT_FILE
from scaling_lab.store.table import results_table

COMMITTED = [CONF.parent / "results" / f"{name}-reference" for name in ("quick", "cifar", "rules")]


@pytest.fixture
def study(make_study: Callable[..., Any]) -> Any:
    return make_study(families=["resnet_small"], seeds=[0, 1])


@pytest.fixture
def store(study: Any, tmp_path: Path) -> Store:
    """A study with a snapshot."""
    made = Store(study.written(tmp_path / "study"))
    assert (
        write_snapshot(made, study.plan, results_table(study.plan, made.read_results()), {})
        == made.folder / SNAPSHOT_FILE
    )
    return made


@pytest.mark.parametrize("folder", COMMITTED, ids=lambda folder: folder.name)
def test_rows_are_read_equal(folder: Path, tmp_path: Path) -> None:
    """For real studies, including the type of every column."""
    store = Store(Path(shutil.copytree(folder, tmp_path / "study")))
    plan = store.read_plan()
    rows = results_table(plan, store.read_results())
    write_snapshot(store, plan, rows, collect_epochs(store.read_results().results))
    snapshot = read_snapshot(store)
    assert snapshot
    pd.testing.assert_frame_equal(snapshot.rows, rows, check_exact=True)
    assert (snapshot.study, snapshot.commands) == (plan.study, (plan.asked,))
    assert snapshot_keys(store, plan) == set(rows["key"])


def test_a_snapshot_replaces_the_results_and_gives_the_same_report(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for the configuration of single points, which is in their result files alone."""
    monkeypatch.setattr("scaling_lab.report.point_rows.read_point_results", lambda *_: {})
    monkeypatch.setattr("scaling_lab.report.drawings.draw_all", lambda *_: [])
    (store.folder / SNAPSHOT_FILE).rename(tmp_path / SNAPSHOT_FILE)
    page = write_report(store.folder, tmp_path / "report").read_text()
    assert main(["seal", str(store.folder), "--remove-results"]) == 0
    assert not list(store.points.iterdir())
    shutil.rmtree(store.points)
    assert (read_results_folder(store.folder).table["state"] == "done").all()
    assert write_report(store.folder, tmp_path / "report").read_text() == page


def test_no_snapshot_of_an_unfinished_study_is_written(store: Store, study: Any) -> None:
    (store.folder / SNAPSHOT_FILE).unlink()
    min(store.points.iterdir()).unlink()
    assert write_snapshot(store, study.plan, results_table(study.plan, store.read_results()), {}) is None
    assert write_snapshot(store, study.plan, results_table(study.plan, store.read_results()).iloc[:0], {}) is None
    assert not (store.folder / SNAPSHOT_FILE).exists()


def test_a_snapshot_of_another_plan_is_ignored(store: Store, study: Any) -> None:
    other = replace(study.plan, entries=study.plan.entries[:-1])
    assert snapshot_keys(store, other) == set()
    store.write_plan(other)
    assert read_snapshot(store) is None
    assert snapshot_keys(store, study.plan)
    store.write_plan(study.plan)
    assert read_snapshot(store)


def test_a_snapshot_is_ignored_once_a_result_has_changed(store: Store, study: Any) -> None:
    first, *_ = sorted(store.points.iterdir())
    first.write_text(first.read_text() + " ")
    assert snapshot_keys(store, study.plan) == set()
    assert read_snapshot(store) is None
    assert set(read_results_folder(store.folder).table["state"]) == {"done"}
    remove_outdated_snapshot(store, study.plan)
    assert not (store.folder / SNAPSHOT_FILE).exists()


def test_a_snapshot_is_ignored_once_a_result_was_written_again(store: Store, study: Any) -> None:
    """Also with the same size; and it is older than the results of a copy in any order."""
    first, *_ = sorted(store.points.iterdir())
    later = (store.folder / SNAPSHOT_FILE).stat().st_mtime + 1
    os.utime(first, (later, later))
    assert snapshot_keys(store, study.plan) == set()
    assert read_snapshot(store) is None


@pytest.mark.parametrize("all_of_them", [True, False])
def test_a_deleted_result_is_missing(
    store: Store, study: Any, all_of_them: bool, caplog: pytest.LogCaptureFixture
) -> None:
    deleted = list(store.points.iterdir())[: None if all_of_them else 1]
    for path in deleted:
        path.unlink()
    assert snapshot_keys(store, study.plan) == set()
    table = read_results_folder(store.folder).table.drop_duplicates("key")
    assert set(table["key"][table["state"] == "missing"]) == {path.stem for path in deleted}
    assert f"{len(deleted)} result" in caplog.text
    remove_outdated_snapshot(store, study.plan)
    assert not (store.folder / SNAPSHOT_FILE).exists()


def test_a_snapshot_that_stands_alone_counts_without_results(store: Store, study: Any) -> None:
    """Also when it is made to stand alone after the files were deleted, and when it is sealed again."""
    rows = read_results_folder(store.folder).table
    shutil.rmtree(store.points)
    for arguments in (["--remove-results"], []):
        assert main(["seal", str(store.folder), *arguments]) == 0
        snapshot = read_snapshot(store)
        assert snapshot
        assert snapshot.stands_alone
        pd.testing.assert_frame_equal(snapshot.rows, rows)
        assert snapshot_keys(store, study.plan) == set(study.results)
        remove_outdated_snapshot(store, study.plan)


def test_a_snapshot_does_not_depend_on_the_overrides(store: Store, study: Any) -> None:
    other = replace(study.plan, asked=("workers=1", "do=status"))
    assert snapshot_keys(store, other) == set(study.results)
    store.write_plan(other)
    snapshot = read_snapshot(store)
    assert snapshot
    assert snapshot.commands == (other.asked,)


def test_any_flipped_bit_is_reported(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    rng, path = random.Random(0), store.folder / SNAPSHOT_FILE  # noqa: S311
    content = path.read_bytes()
    places = [*range(8), *(rng.randrange(len(content)) for _ in range(150)), *range(len(content) - 150, len(content))]
    for place in places:
        raw = bytearray(content)
        raw[place] ^= 1 << rng.randrange(8)
        path.write_bytes(raw)
        assert read_snapshot(store) is None, place
        assert "which cannot be read" in caplog.text
        caplog.clear()


@pytest.mark.parametrize("length", [0, 4, 100, 0.5, 0.99, -1])
def test_a_truncated_snapshot_is_reported_and_the_results_are_read(
    store: Store, study: Any, length: float, caplog: pytest.LogCaptureFixture
) -> None:
    content = (store.folder / SNAPSHOT_FILE).read_bytes()
    (store.folder / SNAPSHOT_FILE).write_bytes(content[: int(length * len(content)) if 0 < length < 1 else int(length)])
    assert read_snapshot(store) is None
    assert snapshot_keys(store, study.plan) == set()
    assert f"ignoring {store.folder / SNAPSHOT_FILE}" in caplog.text
    pd.testing.assert_frame_equal(
        read_results_folder(store.folder).table, results_table(study.plan, store.read_results())
    )


def test_another_parquet_file_is_not_a_snapshot(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    pd.DataFrame({"a": [1]}).to_parquet(store.folder / SNAPSHOT_FILE)
    assert read_snapshot(store) is None
    assert "which cannot be read" in caplog.text


def test_no_drafts_remain(store: Store) -> None:
    assert not list(store.folder.glob(".*"))


def test_reading_starts_no_threads_that_abort_the_exit(store: Store, study: Any) -> None:
    write_snapshot(store, study.plan, study.table(), {})
    code = (
        "import os, sys, pandas, pyarrow.parquet, scaling_lab.store.table\n"
        "from pathlib import Path\n"
        "from scaling_lab.store.results import Store\n"
        "from scaling_lab.store.snapshot import read_snapshot\n"
        "before = len(os.listdir('/proc/self/task'))\n"
        "assert read_snapshot(Store(Path(sys.argv[1]))) is not None\n"
        "print(len(os.listdir('/proc/self/task')) - before)\n"
    )
    command = [sys.executable, "-c", code, str(store.folder)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "0\n"  # noqa: S603
