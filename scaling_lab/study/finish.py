"""The end of a sweep: write the table, the snapshot of a finished study, and the report. No torch."""

from contextlib import suppress
from pathlib import Path

from scaling_lab.errors import EXIT_INTERRUPTED
from scaling_lab.store.epochs import collect_epochs
from scaling_lab.store.leftovers import remove_checkpoints
from scaling_lab.store.looks import record_look
from scaling_lab.store.results import PLAN_FILE, Store, StoredResults
from scaling_lab.store.snapshot import read_snapshot, write_snapshot
from scaling_lab.study.context import SweepContext
from scaling_lab.study.display.status_lines import print_status_lines
from scaling_lab.study.report_record import is_as_recorded, record_report
from scaling_lab.study.status import Status
from scaling_lab.study.unlearned import find_unlearned_points


def finish_sweep(sweep: SweepContext) -> Status:
    """Write table, snapshot and report, and print what is not done.

    Results that were added since `sweep` was opened are read; the others are not read again.

    Raises:
        UserError: something cannot be written.
    """
    from scaling_lab.report.files import INDEX_PAGE

    sweep = sweep.refresh()
    store, status, page = sweep.store, sweep.status, sweep.report_folder / INDEX_PAGE
    with suppress(OSError):
        remove_checkpoints(store, set(status.done))
    unlearned = find_unlearned_points(store, sweep.plan, sweep.results, status)
    if status.remaining or status.broken or unlearned.sentences:
        print_status_lines(store, sweep.plan, status, sweep.results)
    snapshot = read_snapshot(store)
    if is_report_current(store, page) and (snapshot or status.remaining):
        print(f"report: {page} (nothing has changed since it was written)")
        return status
    from scaling_lab.store.table import results_table, write_table

    rows = snapshot.rows if snapshot else results_table(sweep.plan, sweep.results)
    has_snapshot = bool(snapshot or write_snapshot(store, sweep.plan, rows, collect_epochs(sweep.results.results)))
    write_table(store, rows)
    if status.done:
        from scaling_lab.analysis.load import ResultsFolder, require_one_device
        from scaling_lab.analysis.study_comparison import StudyComparison
        from scaling_lab.report import write_index, write_report
        from scaling_lab.report.headline import summarize_study
        from scaling_lab.study.point_command import point_command

        require_one_device(rows, mixed_devices=False)
        results = StoredResults() if has_snapshot else sweep.results
        plan = sweep.plan
        folder = ResultsFolder(plan.study, plan.commands, rows, store, results, plan.skipped, plan.verdicts)
        study = StudyComparison(folder, folder.verdict_options)
        record_look(store, "sweep", folder.finished, folder.waiting)
        page = write_report(store.folder, sweep.report_folder, study, point_command=point_command)
        write_index(sweep.report_folder.parent)
        if not status.remaining:
            print(*summarize_study(study, study.gains), sep="\n")
        print(f"report: {page}")
        record_report(store, sweep.report_folder)
    return status


def end_interrupted() -> int:
    """Print how a sweep that the user stopped is resumed, and return the exit status."""
    print("run the same command again to resume")
    return EXIT_INTERRUPTED


def is_report_current(store: Store, page: Path) -> bool:
    """Return whether a report is complete, unchanged, and newer than the plan, all results, and all code."""
    try:
        written = page.stat().st_mtime_ns
        changed = [path.stat().st_mtime_ns for path in (store.points, store.folder / PLAN_FILE, *_package_files())]
    except OSError:
        return False
    return max(changed) < written and is_as_recorded(store, page.parent)


def _package_files() -> list[Path]:
    return [
        path
        for path in Path(__file__).parents[1].rglob("*")
        if path.suffix in (".py", ".j2", ".css", ".csv", ".js", ".gz")
    ]
