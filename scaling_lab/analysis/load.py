"""Read a results folder into the table of its study: the first step of every analysis."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from scaling_lab.errors import UserError
from scaling_lab.formatting import make_printable, pluralize
from scaling_lab.store.results import Store, StoredResults
from scaling_lab.store.schema import Skipped
from scaling_lab.store.snapshot import read_snapshot
from scaling_lab.store.studies import open_store
from scaling_lab.store.table import results_table

MAX_LISTED = 3  # unreadable files in a note


@dataclass(frozen=True, eq=False)
class ResultsFolder:
    """The content of a results folder.

    Attributes:
        study: Name of the study.
        commands: Command-line overrides of each command that has questions in the study, oldest first.
        table: One row per question, as `scaling_lab.store.table` makes it.
        store: The folder's store.
        stored: The result files that were read; empty if the table comes from a snapshot.
        skipped: Questions that the plan leaves out because no network answers them.
    """

    study: str
    commands: tuple[tuple[str, ...], ...]
    table: pd.DataFrame
    store: Store
    stored: StoredResults
    skipped: tuple[Skipped, ...] = ()

    @property
    def notes(self) -> list[str]:
        """Sentences on unreadable files and on points of the plan without a result."""
        states = self.table.drop_duplicates(subset=["key"])["state"].value_counts()
        notes = []
        if broken := self.stored.broken:
            files = [f"{make_printable(name)} ({reason})" for name, reason in broken.items()]
            listed = ", ".join(files[:MAX_LISTED]) + (" ..." if len(files) > MAX_LISTED else "")
            notes.append(f"{pluralize(len(files), 'file')} cannot be read and {_was(len(files))} left out: {listed}.")
        points = pluralize(int(states.sum()), "point")
        if failed := int(states.get("failed", 0)):
            notes.append(f"{failed} of {points} failed.")
        if missing := int(states.get("missing", 0)):
            notes.append(f"{missing} of {points} {'has' if missing == 1 else 'have'} no result.")
        return notes


def read_results_folder(results: Path, mixed_devices: bool = False) -> ResultsFolder:
    """Read a results folder; if it has a snapshot, only the snapshot.

    Args:
        results: The folder.
        mixed_devices: Whether results of several devices may be compared.

    Raises:
        UserError: The folder does not exist, its plan is missing or unreadable, or its results come from several
            devices and `mixed_devices` is false.
    """
    store = open_store(results)
    if snapshot := read_snapshot(store):
        folder = ResultsFolder(
            snapshot.study, snapshot.commands, snapshot.rows, store, StoredResults(), snapshot.skipped
        )
    else:
        plan, stored = store.read_plan(), store.read_results()
        folder = ResultsFolder(plan.study, plan.commands, results_table(plan, stored), store, stored, plan.skipped)
    require_one_device(folder.table, mixed_devices)
    return folder


def _was(number: int) -> str:
    return "was" if number == 1 else "were"


def require_one_device(rows: pd.DataFrame, mixed_devices: bool) -> None:
    """Raise UserError if the results come from several devices, unless `mixed_devices`."""
    devices = sorted(map(str, rows.loc[rows["state"] == "done", "device"].dropna().unique()))
    if len(devices) > 1 and not mixed_devices:
        raise UserError(
            f"the results come from several devices ({', '.join(devices)}), whose times and accuracies are not "
            "comparable; use --mixed-devices to analyse them together"
        )
