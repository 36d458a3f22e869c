"""What each epoch measured is the same from result files and from a snapshot that replaced them."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from scaling_lab.analysis.load import read_results_folder
from scaling_lab.cli import main
from scaling_lab.config.registry import CONF
from scaling_lab.report.figures.learning_curves import LearningCurves
from scaling_lab.report.point_rows import make_point_rows
from scaling_lab.store.epochs import COLUMNS, EpochReader, Epochs, collect_epochs
from scaling_lab.store.results import PLAN_FILE, Store
from scaling_lab.store.snapshot import read_snapshot, write_snapshot
from scaling_lab.store.snapshot_file import entries_digest, plan_digest, read_snapshot_file, write_snapshot_file
from scaling_lab.store.table import results_table


def copy_study(name: str, to: Path) -> Store:
    """Return a copy of a committed study."""
    return Store(Path(shutil.copytree(CONF.parent / "results" / name, to / name)))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return copy_study("quick-reference", tmp_path)


def parse_files(store: Store) -> dict[str, Epochs]:
    """Return what the result files have, read without the package."""
    values = {}
    for path in store.points.glob("*.json"):
        raw: dict[str, Any] = json.loads(path.read_text())
        records = raw.get("epochs", [])
        names = ("held_out_accuracy", "held_out_loss", "lr")
        lists = [tuple(record[name] for record in records) for name in names]
        values[path.stem] = Epochs(tuple(raw["train_loss"]), *lists)
    return values


@pytest.mark.parametrize(("name", "points", "records"), [("cifar-reference", 6, 0), ("quick-reference", 90, 3)])
def test_a_snapshot_keeps_what_each_epoch_measured(name: str, points: int, records: int, tmp_path: Path) -> None:
    """Sealed twice, the second time without result files; older results have losses only."""
    store = copy_study(name, tmp_path)
    expected = parse_files(store)
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
    plan, rows = store.read_plan(), results_table(store.read_plan(), store.read_results())
    assert write_snapshot(store, plan, rows, {}, stands_alone=True)
    written = read_snapshot_file(store, plan_digest(plan))
    assert written
    assert set(COLUMNS) <= set(written[0].column_names)
    write_snapshot_file(store, plan, written[0].drop_columns(list(COLUMNS)), stands_alone=True)
    shutil.rmtree(store.points)
    snapshot = read_snapshot(store)
    assert snapshot
    pd.testing.assert_frame_equal(snapshot.rows, rows)
    assert EpochReader(store).read_all(list(rows["key"])) == {}


def test_a_plan_written_in_another_form_loses_no_epochs(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sealing writes the plan of an older version again, after which its digest is another one."""
    path, plan = store.folder / PLAN_FILE, store.read_plan()
    raw = json.loads(path.read_text())
    raw["entries"] = [dict(reversed(entry.items())) for entry in raw["entries"]]
    path.write_text(json.dumps(raw))
    results = store.read_results()
    expected, keys = collect_epochs(results.results), sorted(results.results)
    with monkeypatch.context() as patch:
        patch.setattr("scaling_lab.store.snapshot_file.plan_digest", lambda _: entries_digest(raw))
        assert write_snapshot(store, plan, results_table(plan, results), expected, stands_alone=True)
    shutil.rmtree(store.points)
    assert EpochReader(store).read_all(keys) == expected
    assert main(["seal", str(store.folder)]) == 0
    assert EpochReader(store).read_all(keys) == expected
    assert len(expected) > 10


def test_a_deleted_result_has_no_history_on_the_page(store: Store) -> None:
    assert main(["seal", str(store.folder)]) == 0
    deleted, *_ = sorted(store.points.glob("*.json"))
    deleted.unlink()
    histories = make_point_rows(read_results_folder(store.folder), None).histories
    assert deleted.stem not in histories
    assert len(histories) > 10


def test_records_with_a_hole_are_left_out(store: Store) -> None:
    result = next(result for result in store.read_results().results.values() if len(result.epochs) > 1)
    holed = replace(result, epochs=result.epochs[1:])
    assert Epochs.from_result(holed).held_out_accuracy == ()
    assert Epochs.from_result(holed).train_loss == result.train_loss
