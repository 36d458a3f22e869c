"""A results folder to the table of its study, checked: what every answer starts from."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from scaling_lab.errors import UserError
from scaling_lab.formatting import pluralize
from scaling_lab.store.results import Store, StoredResults
from scaling_lab.store.snapshot import read_snapshot
from scaling_lab.store.table import results_table


@dataclass(frozen=True, eq=False)
class ResultsFolder:
    """What lies in a results folder: the study's name, the overrides that asked it, its table, a row a question; and
    what was read beside, which is nothing where the table is sealed."""

    study: str
    overrides: tuple[str, ...]
    table: pd.DataFrame
    store: Store
    stored: StoredResults

    @property
    def notes(self) -> list[str]:
        """What of the plan has no result that can be read, and what cannot be read."""
        states = self.table.drop_duplicates(subset=["key"])["state"].value_counts()
        said = []
        if self.stored.broken:
            named = ", ".join(self.stored.broken[:3]) + (" ..." if len(self.stored.broken) > 3 else "")
            said.append(f"{pluralize(len(self.stored.broken), 'file')} cannot be read and left out: {named}.")
        for state, why in (("failed", "failed"), ("missing", "without a result")):
            if states.get(state, 0):
                said.append(f"{states[state]} of {pluralize(int(states.sum()), 'point')} {why}.")
        return said


def read_results_folder(results: Path, mixed_devices: bool = False) -> ResultsFolder:
    """Reads a results folder; of one that is sealed, the seal alone.

    Raises UserError when it is not there or has no plan that can be read, and when results of several devices would be
    compared without `mixed_devices`.
    """
    store = open_store(results)
    if whole := read_snapshot(store):
        folder = ResultsFolder(whole.study, whole.overrides, whole.rows, store, StoredResults())
    else:
        plan, stored = store.read_plan(), store.read_results()
        folder = ResultsFolder(plan.study, plan.asked, results_table(plan, stored), store, stored)
    _one_device(folder.table, mixed_devices)
    return folder


def open_store(results: Path) -> Store:
    """What is written in a results folder. Raises UserError when it is not there."""
    try:
        there = results.is_dir()
    except OSError:  # a name too long for the file system
        there = False
    if not there:
        raise UserError(f"there is no results folder {str(results)[:80]}")
    return Store(results)


def _one_device(rows: pd.DataFrame, mixed: bool) -> None:
    devices = sorted(map(str, rows.loc[rows["state"] == "done", "device"].dropna().unique()))
    if len(devices) > 1 and not mixed:
        raise UserError(
            f"the results were made on several devices ({', '.join(devices)}), whose times and accuracies do not "
            "compare; --mixed-devices takes them together all the same"
        )
