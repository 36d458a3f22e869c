"""Forget points of a study: take their results, failures, checkpoints, logs and weights out of its folder.

Files are moved to `forgotten/<time>/` in the results folder, from where they can be moved back, or deleted.
"""

import shutil
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from scaling_lab.analysis.where import select_rows
from scaling_lab.errors import UserError
from scaling_lab.formatting import pluralize
from scaling_lab.store.files import file_names
from scaling_lab.store.leases import Leases
from scaling_lab.store.names import point_of_file
from scaling_lab.store.plan_schema import Plan
from scaling_lab.store.results import Store, reporting_write_errors
from scaling_lab.store.snapshot import read_snapshot
from scaling_lab.store.snapshot_file import SNAPSHOT_FILE
from scaling_lab.store.studies import open_store
from scaling_lab.store.table import results_table, write_table

FORGOTTEN_FOLDER = "forgotten"


@dataclass(frozen=True, eq=False)
class Forgetting:
    """What would be forgotten; nothing has been changed yet.

    Attributes:
        store: The results folder.
        rows: Rows of the table whose points are forgotten.
        shared: Rows that fulfil the condition, but whose points also answer questions that do not; they are kept.
        files: The files of the points.
    """

    store: Store
    rows: pd.DataFrame
    shared: pd.DataFrame
    files: tuple[Path, ...]


def plan_forgetting(results: Path, where: str | None = None, keys: Collection[str] = ()) -> Forgetting:
    """Return what would be forgotten from a results folder.

    Args:
        results: The results folder.
        where: Condition on the table's columns (`analysis.where`). A point that also answers other questions is kept.
        keys: Keys of further points, for any questions that they answer.

    Raises:
        UserError: No such folder or plan, a wrong condition, an unknown key, a point that is being trained, or a study
            whose results are in its table alone.
    """
    if where is None and not keys:
        raise UserError("nothing to forget is given; a condition or keys of points are needed")
    store = open_store(results)
    plan = store.read_plan()
    table = _table(store, plan)
    unknown = sorted(set(keys) - set(table["key"]) - {point_of_file(name) for name in file_names(store.points)})
    if unknown:
        raise UserError(f"there is no point {', '.join(unknown)[:200]} in {results}")
    matching = select_rows(table, where) if where is not None else pd.Series(False, index=table.index)
    others = set(table["key"][~matching])
    is_shared = matching & table["key"].isin(others) & ~table["key"].isin(list(keys))
    rows = table[(matching & ~is_shared) | table["key"].isin(list(keys))]
    chosen = {*rows["key"], *keys}
    leased = [key for key, lease in Leases(store.leases, 60).states(chosen).items() if lease.is_alive]
    if leased:
        raise UserError(f"{pluralize(len(leased), 'point')} is being trained: {leased[0]}; stop the sweep first")
    return Forgetting(store, rows, table[is_shared], _files(store, chosen))


def forget(forgetting: Forgetting, delete: bool = False) -> Path | None:
    """Move the files to the folder of forgotten ones and return that, or delete them; then write the table again.

    Raises:
        WriteError: A file cannot be moved or deleted.
    """
    store, aside = forgetting.store, None
    if not delete:
        aside = store.folder / FORGOTTEN_FOLDER / f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%S.%f}"
    for path in forgetting.files:
        with reporting_write_errors(path):
            if aside is None:
                _delete(path)
                continue
            target = aside / path.relative_to(store.folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
    with reporting_write_errors(store.folder / SNAPSHOT_FILE) as path:
        path.unlink(missing_ok=True)
    plan = store.read_plan()
    write_table(store, results_table(plan, store.read_results()))
    return aside


def _table(store: Store, plan: Plan) -> pd.DataFrame:
    snapshot = read_snapshot(store)
    if snapshot and snapshot.stands_alone:
        raise UserError(f"the results of {store.folder} are in its table alone; there is nothing to forget")
    return results_table(plan, store.read_results())


def _files(store: Store, keys: Collection[str]) -> tuple[Path, ...]:
    """Return the files of these points, and the folders of their logs."""
    places = ((store.points, point_of_file), (store.checkpoints, point_of_file), (store.logs, _first_part))
    return tuple(
        folder / name
        for folder, key_of in (*places, (store.weights, _first_part))
        for name in sorted(file_names(folder))
        if key_of(name) in keys
    )


def _first_part(name: str) -> str:
    return name.partition(".")[0]


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
