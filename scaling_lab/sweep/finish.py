"""The end of a sweep: what is there becomes a table and a report. No torch."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from scaling_lab.atomic import replace_file
from scaling_lab.store.code_version import count_versions, describe_mixed_versions
from scaling_lab.store.leases import Leases
from scaling_lab.store.results import Store, StoredResults, WriteError
from scaling_lab.store.schema import Plan
from scaling_lab.store.snapshot import Snapshot, read_snapshot, snapshot_keys, write_snapshot
from scaling_lab.store.submissions import last_jobs
from scaling_lab.sweep.display.status_lines import status_lines
from scaling_lab.sweep.status import Status, status


def read_status(store: Store, plan: Plan, lease: float) -> tuple[StoredResults, Status]:
    """What a folder holds beside its sealed table, and how far the study is."""
    known = snapshot_keys(store, plan)
    stored = store.read_results(known)
    return stored, status(plan, stored, Leases(store.leases, lease).states(), known)


def quick_status(store: Store, plan: Plan, lease: float) -> Status:
    """How far the study is by the names of files alone, which takes a moment however many there are."""
    finished = store.result_sizes().keys() | snapshot_keys(store, plan)
    failed = dict.fromkeys(store.failure_counts().keys() - finished, "")
    return status(plan, StoredResults({}, failed), Leases(store.leases, lease).states(), finished)


def print_status(store: Store, plan: Plan, lease: float) -> None:
    """Prints how far a study is, and how many versions of the code its results are of."""
    stored, now = read_status(store, plan, lease)
    for line in status_lines(plan, now, last_jobs(store)):
        print(line)
    if mixed := describe_mixed_versions(count_versions(result_provenances(store, stored, now))):
        print(mixed)


def result_provenances(store: Store, stored: StoredResults, now: Status) -> list[Mapping[str, Any]]:
    """How each result of a plan was made, as far as versions go; of those that were not read, as the seal has it."""
    import pandas as pd

    found: list[Mapping[str, Any]] = [stored.results[key].provenance for key in now.done if key in stored.results]
    if len(found) < len(now.done) and (whole := read_snapshot(store)):
        rows = whole.rows.drop_duplicates("key")[["code", "commit", "torch"]]
        return [{str(name): value for name, value in row.items() if pd.notna(value)} for row in rows.to_dict("records")]
    return found


def finish_sweep(store: Store, plan: Plan, report: Path, lease: float) -> Status:
    """Writes the table and the report, seals a finished study, and prints what is not done. Raises UserError where
    something cannot be written."""
    from scaling_lab.report.files import INDEX_PAGE

    stored, now = read_status(store, plan, lease)
    with suppress(OSError):
        store.remove_checkpoints(set(now.done))
    if now.left or now.broken:
        for line in status_lines(plan, now, last_jobs(store)):
            print(line)
    whole = read_snapshot(store)
    if current(store, report / INDEX_PAGE) and (whole or now.left):
        print(f"report: {report / INDEX_PAGE} (nothing has changed since it was written)")
        return now
    _tabulate(store, plan, stored, whole)
    if now.done:
        from scaling_lab.report import write_report

        print(f"report: {write_report(store.folder, report)}")
    return now


def _tabulate(store: Store, plan: Plan, stored: StoredResults, whole: Snapshot | None) -> None:
    """Writes the table: for reading, and as a seal when it is finished."""
    from scaling_lab.store.table import results_table

    rows = whole.rows if whole else results_table(plan, stored)
    if not whole:
        write_snapshot(store, plan, rows)
    path = store.folder / "table.csv"
    try:
        replace_file(path, rows.to_csv(index=False).encode())
    except OSError as error:
        raise WriteError(f"{path} cannot be written: {error.strerror}") from None


def current(store: Store, page: Path) -> bool:
    """Whether a report is newer than the plan, than every result, and than all of this package that could write it."""
    try:
        written = page.stat().st_mtime_ns
        changed = [path.stat().st_mtime_ns for path in (store.points, store.folder / "plan.json", *_package())]
    except OSError:
        return False
    return (store.folder / "table.csv").exists() and max(changed) < written


def _package() -> list[Path]:
    return [path for path in Path(__file__).parents[1].rglob("*") if path.suffix in (".py", ".j2", ".css", ".csv")]
