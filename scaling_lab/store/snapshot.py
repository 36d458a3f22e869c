"""Snapshot of a finished study in one file, `table.parquet`: its table with the checks whether it is current.
No torch.

Results never change, and a snapshot is only written when every question has a result. So it is current as long as the
plan has the same questions (it contains their digest) and every result file is there, has the same size and is older.
A result whose file was deleted is missing, unless the snapshot says that it stands alone: `scaling-lab seal
--remove-results` writes such a snapshot before it deletes the files, and it counts from then on. A snapshot that is
not current or damaged is ignored: it contains the SHA-256 of its own bytes, computed with zeros in that place.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from scaling_lab.formatting import pluralize
from scaling_lab.store.decode import decode
from scaling_lab.store.epochs import Epochs, make_epoch_columns
from scaling_lab.store.files import MAX_RECORD_BYTES, file_stats, parse_json, read_file
from scaling_lab.store.names import result_name
from scaling_lab.store.plan_schema import DEFAULT_VERDICTS, Plan, PlannedVerdicts, Skipped
from scaling_lab.store.results import PLAN_FILE, Store
from scaling_lab.store.snapshot_file import (
    SNAPSHOT_ERRORS,
    SNAPSHOT_FILE,
    entries_digest,
    plan_digest,
    read_snapshot_file,
    write_snapshot_file,
)

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa

RESULT_BYTES_COLUMN = "result_bytes"  # a column that only the snapshot has, like those of `epochs`

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The table of a finished study.

    Attributes:
        study: Name of the study.
        commands: The command-line overrides of each command that has questions in its plan.
        rows: The table of `table.results_table`.
        stands_alone: Whether it counts without the result files.
        skipped: Questions that the plan leaves out.
        verdicts: Which pairs of rules the plan tests, and which difference matters.
    """

    study: str
    commands: tuple[tuple[str, ...], ...]
    rows: "pd.DataFrame"
    stands_alone: bool
    skipped: tuple[Skipped, ...] = ()
    verdicts: PlannedVerdicts = DEFAULT_VERDICTS


def write_snapshot(
    store: Store, plan: Plan, rows: "pd.DataFrame", epochs: Mapping[str, Epochs], stands_alone: bool = False
) -> "Path | None":
    """Write the snapshot of a finished study atomically.

    Args:
        store: The results folder.
        plan: The plan whose questions the rows answer.
        rows: The table of `table.results_table`.
        epochs: What each epoch of a training measured, by key.
        stands_alone: Whether it counts without the result files.

    Returns:
        The path of the snapshot; None, with nothing written, when a question has no result.

    Raises:
        WriteError: The file cannot be written.
    """
    import pyarrow as pa

    if rows.empty or not (rows["state"] == "done").all():
        return None
    sizes = store.result_sizes()
    columns = {RESULT_BYTES_COLUMN: rows["key"].map(sizes).astype("Int64")} | make_epoch_columns(rows["key"], epochs)
    sized = rows.assign(**columns)
    return write_snapshot_file(store, plan, pa.Table.from_pandas(sized, preserve_index=False), stands_alone)


def read_snapshot(store: Store, keep_deleted: bool = False) -> Snapshot | None:
    """Return the snapshot of a folder; None when there is none or it is not current. A damaged one is logged.

    Args:
        keep_deleted: Also return a snapshot of which result files have been deleted.
    """
    try:
        plan = parse_json(read_file(store.folder / PLAN_FILE, MAX_RECORD_BYTES))
        stored = read_snapshot_file(store, entries_digest(plan))
        if stored is None or not _is_current(store, *stored, keep_deleted):
            return None
        from scaling_lab.store.table import TABLE_COLUMNS

        table, stands_alone = stored
        commands = tuple(tuple(map(str, command)) for command in (*plan.get("earlier_commands", ()), plan["asked"]))
        known = table.select([name for name in TABLE_COLUMNS if name in table.column_names])
        rows = known.to_pandas(use_threads=False).reindex(columns=list(TABLE_COLUMNS))  # older ones have fewer
        skipped = tuple(decode(Skipped, raw) for raw in plan.get("skipped", ()))
        verdicts = decode(PlannedVerdicts, plan.get("verdicts", {}))
        return Snapshot(str(plan["study"]), commands, rows, stands_alone, skipped, verdicts)
    except SNAPSHOT_ERRORS:
        return None


def snapshot_keys(store: Store, plan: Plan) -> frozenset[str]:
    """Return the keys of the results in a folder's snapshot; none when it is not current for the plan."""
    stored = read_snapshot_file(store, plan_digest(plan), ["key", RESULT_BYTES_COLUMN])
    return frozenset(stored[0].column("key").to_pylist()) if stored and _is_current(store, *stored) else frozenset()


def keys_in_table_alone(store: Store, plan: Plan) -> frozenset[str]:
    """Return the keys of the results that only the snapshot has, which stands alone."""
    stored = read_snapshot_file(store, plan_digest(plan), ["key"])
    if stored is None or not stored[1]:
        return frozenset()
    return frozenset(stored[0].column("key").to_pylist()) - store.result_sizes().keys()


def remove_outdated_snapshot(store: Store, plan: Plan) -> None:
    """Delete the snapshot of a plan when result files have changed: a later file could have the same size again."""
    stored = read_snapshot_file(store, plan_digest(plan), ["key", RESULT_BYTES_COLUMN])
    if stored and not _is_current(store, *stored):
        (store.folder / SNAPSHOT_FILE).unlink(missing_ok=True)


def _is_current(store: Store, table: "pa.Table", stands_alone: bool, keep_deleted: bool = False) -> bool:
    """Return whether each result has the file that it had: of the same size, and older than the snapshot.

    A snapshot that stands alone counts whatever files there are.
    """
    if stands_alone:
        return True
    stats = file_stats(store.points)
    written = (store.folder / SNAPSHOT_FILE).stat().st_mtime_ns
    deleted = set[str]()
    for key, size in zip(*(table.column(name).to_pylist() for name in ("key", RESULT_BYTES_COLUMN)), strict=True):
        file = stats.get(result_name(key))
        if file is None:
            deleted.add(key)
        elif file.st_size != size or file.st_mtime_ns > written:
            return False
    if deleted and not keep_deleted:
        _warn_deleted(store.folder / SNAPSHOT_FILE, len(deleted))
    return not deleted or keep_deleted


@cache
def _warn_deleted(path: "Path", deleted: int) -> None:
    logger.warning(
        "%s is not used: the files of %s have been deleted, which are missing now "
        "(`scaling-lab seal --remove-results` makes it stand alone)",
        path,
        pluralize(deleted, "result"),
    )
