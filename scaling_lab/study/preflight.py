"""Checks before a sweep does anything: all mistakes at once. Writes nothing."""

from importlib import metadata

from scaling_lab.config.cores import usable_cores
from scaling_lab.errors import ErrorCollector, UserErrors
from scaling_lab.store.code_version import require_same_version
from scaling_lab.study.context import SweepContext
from scaling_lab.study.disk_space import check_free_space, check_writable, disk_needs
from scaling_lab.study.executors.protocol import Executor
from scaling_lab.study.other_plan import check_stored_plan
from scaling_lab.study.packages import check_packages


def check_sweep(sweep: SweepContext, executor: Executor) -> None:
    """Check the stored plan, folders, disk space, executor, code version, and that each remaining network can be built.

    Raises:
        UserErrors: all that is wrong.
    """
    options, errors, workers = sweep.options, ErrorCollector(), 1
    remaining = sweep.remaining
    with errors.collect():
        check_stored_plan(sweep)
    with errors.collect():
        executor.check(sweep)
    with errors.collect():
        workers = len(executor.slots(options, len(remaining)))
    with errors.collect():
        check_packages(options)
    with errors.collect():
        check_writable(sweep.store.folder, "results")
    with errors.collect():
        check_writable(sweep.report_folder, "reports")
    with errors.collect():
        if options.same_version:
            require_same_version(sweep.provenances, metadata.version("torch"))
    with errors.collect():
        check_free_space(sweep.store.folder, disk_needs(remaining.values(), workers, sweep.execution.keep_weights))
    if remaining:
        from scaling_lab.study.executors.build_check import find_unbuildable

        with errors.collect():
            reasons = find_unbuildable({key: planned.point for key, planned in remaining.items()}, usable_cores())
            if reasons:
                raise UserErrors(f"{remaining[key].label}: {reason}" for key, reason in reasons.items())
    errors.raise_collected()
