"""What each epoch measured is the same from result files and from a snapshot that replaced them."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from scaling_lab.analysis.load import read_results_folder
from scaling_lab.cli import main
from scaling_lab.config.registry import CONF
from scaling_lab.report.figures.learning_curves import LearningCurves
from scaling_lab.store.epochs import COLUMNS, EpochReader, Epochs
from scaling_lab.store.results import Store
from scaling_lab.store.snapshot import read_snapshot, write_snapshot
from scaling_lab.store.snapshot_file import SNAPSHOT_FILE
from scaling_lab.store.table import results_table


def copy_study(name: str, to: Path) -> Store:
    """Return a copy of a committed study."""
    return Store(Path(shutil.copytree(CONF.parent / "results" / name, to / name)))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return copy_study("quick-reference", tmp_path)


def read_files(store: Store) -> dict[str, Epochs]:
    """Return what the result files have, read without the package."""
    found = {}
    for path in store.points.glob("*.json"):
        raw: dict[str, Any] = json.loads(path.read_text())
        records = raw.get("epochs", [])
        names = ("held_out_accuracy", "held_out_loss", "lr")
        found[raw.get("key", path.stem)] = Epochs(
            tuple(raw["train_loss"]), *(tuple(one[name] for one in records) for name in names)
        )
    return found


@pytest.mark.parametrize(("name", "points", "records"), [("cifar-reference", 6, 0), ("quick-reference", 54, 3)])
def test_a_snapshot_keeps_what_each_epoch_measured(name: str, points: int, records: int, tmp_path: Path) -> None:
    """Sealed twice, the second time without result files; older results have losses only."""
    store = copy_study(name, tmp_path)
    expected = read_files(store)
    keys = sorted(expected)
    assert len(keys) == points
    assert {len(epochs.lr) for epochs in expected.values()} == {records}
    for arguments in (["--remove-results"], []):
        assert main(["seal", str(store.folder), *arguments]) == 0
        assert not list(store.points.glob("*.json"))
        assert EpochReader(store).read_all(keys) == expected


def test_the_figure_is_the_same_without_result_files(store: Store) -> None:
    table = read_results_folder(store.folder).table
    before = LearningCurves(store=store)
    assert before.is_shown(table)
    panels = before._panels(table)
    main(["seal", str(store.folder), "--remove-results"])
    after = LearningCurves(store=store)
    assert after.is_shown(table)
    for name, curves in after._panels(table).items():
        assert [vars(curve) for curve in curves] == [vars(curve) for curve in panels[name]]


def test_a_snapshot_of_an_older_version_has_no_epochs(store: Store) -> None:
    plan = store.read_plan()
    table = pq.read_table(store.folder / SNAPSHOT_FILE) if (store.folder / SNAPSHOT_FILE).exists() else None
    assert table is None or not set(COLUMNS) & set(table.column_names)
    rows = results_table(plan, store.read_results())
    assert write_snapshot(store, plan, rows, stands_alone=True)
    shutil.rmtree(store.points)
    assert read_snapshot(store)
    assert EpochReader(store).read_all(list(rows["key"])) == {}


def test_records_with_a_hole_are_left_out(store: Store) -> None:
    result = next(result for result in store.read_results().results.values() if len(result.epochs) > 1)
    holed = replace(result, epochs=result.epochs[1:])
    assert Epochs.from_result(holed).held_out_accuracy == ()
    assert Epochs.from_result(holed).train_loss == result.train_loss
