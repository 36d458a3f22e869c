"""Delete files of a results folder that are not needed: checkpoints of finished points, drafts of killed writers,
results that a snapshot has. No torch."""

import shutil
from collections.abc import Collection
from pathlib import Path

from scaling_lab.atomic import file_system_time, is_draft
from scaling_lab.store.files import file_names, file_stats
from scaling_lab.store.names import parse_result_name
from scaling_lab.store.results import Store, reporting_write_errors
from scaling_lab.store.submissions import FOLDER

DRAFT_SECONDS = 3600  # a draft of this age has no writer


def remove_results(store: Store, keys: Collection[str]) -> int:
    """Delete the results of these points and return their number.

    Raises:
        WriteError: A file cannot be deleted.
    """
    names = [name for name in file_names(store.points) if parse_result_name(name) in keys]
    for name in names:
        with reporting_write_errors(store.points / name) as path:
            path.unlink(missing_ok=True)
    return len(names)


def remove_checkpoints(store: Store, finished: Collection[str]) -> None:
    """Delete the checkpoints of these points, which have a result: a worker killed at the end leaves them."""
    for name in file_names(store.checkpoints):
        if name.lstrip(".").partition(".")[0] in finished:
            (store.checkpoints / name).unlink(missing_ok=True)


def remove_drafts(store: Store, key: str) -> None:
    """Delete what killed writers of this point have left: drafts of its result, and its private folders for the
    processes of several nodes. The caller must hold the lease.
    """
    for name in file_names(store.leases):  # drafts are not in points/, which may hold very many files
        if name.startswith(f".{key}.") and is_draft(name):
            (store.leases / name).unlink(missing_ok=True)
    for folder in store.folder.glob(f"{FOLDER}/.{key}.*"):
        if is_draft(folder.name):
            shutil.rmtree(folder, ignore_errors=True)


def remove_old_drafts(*folders: Path) -> None:
    """Delete the drafts in these folders that are too old to be in the writing."""
    for folder in folders:
        drafts = {name: status.st_mtime for name, status in file_stats(folder).items() if is_draft(name)}
        now = file_system_time(folder) if drafts else 0.0
        for name, modified in drafts.items():
            if now - modified > DRAFT_SECONDS:
                (folder / name).unlink(missing_ok=True)
