"""`run_sweep`: from a planned study to its report. Read this first to follow a sweep.

Plan, preflight, schedule, execution, table and report. No Hydra here, and torch in worker processes only.
"""

import logging

from scaling_lab.config.sweep_options import AUDIT, SETTLE, SweepOptions
from scaling_lab.errors import UserError
from scaling_lab.formatting import pluralize
from scaling_lab.store.code_version import count_results_on_other_data
from scaling_lab.store.studies import open_store
from scaling_lab.study.context import SweepContext
from scaling_lab.study.display.plan_table import show_plan, show_schedule
from scaling_lab.study.display.status_lines import print_status
from scaling_lab.study.executors.protocol import Executor, Outcome
from scaling_lab.study.finish import end_interrupted, finish_sweep
from scaling_lab.study.open_folders import open_folders
from scaling_lab.study.plan import Study
from scaling_lab.study.plan_warnings import plan_warnings
from scaling_lab.study.preflight import check_sweep
from scaling_lab.study.schedule import Schedule
from scaling_lab.study.settle import settle_study
from scaling_lab.study.settle_plan import describe_settling

logger = logging.getLogger(__name__)


def run_sweep(options: SweepOptions, study: Study, executor: Executor) -> int:
    """Do what `options.do` says with a study.

    Args:
        options: options of the sweep.
        study: the plan and its points.
        executor: trains the points.

    Returns:
        Exit status: 0; 1 if a scheduled point has no result; 130 if the user stopped the sweep.

    Raises:
        UserError: mistakes in the options, all at once and before any work, or a folder that cannot be written to.
    """
    if options.do == AUDIT:
        raise UserError("do=audit needs study=published and a sweep (hydra.mode=MULTIRUN)")
    if options.do == "status":
        store = open_store(options.results / options.name)
        print_status(store, study.plan, options.execution.lease_seconds)
        return 0
    if options.do == SETTLE:
        return settle_study(options, study, executor)
    sweep = SweepContext.open(options, study)
    if changed := count_results_on_other_data([planned.point for planned in study.points.values()], sweep.results):
        logger.warning(
            "ignoring %s trained on a different version of this dataset (same name, other fingerprint)",
            pluralize(changed, "result"),
        )
    if options.execution.keep_weights:
        _warn_without_weights(sweep)
    check_sweep(sweep, executor)
    if options.do == "run":
        open_folders(sweep)
    schedule = executor.schedule(sweep)
    _show(sweep, schedule)
    if options.do == "plan":
        return 0
    outcome = Outcome.FINISHED
    if sweep.remaining:
        outcome = executor.run(sweep, schedule)
    else:
        print("nothing to train: every point is finished" if not sweep.status.remaining else "nothing to train")
    if outcome is not Outcome.FINISHED:
        return end_interrupted() if outcome is Outcome.INTERRUPTED else 0
    status = finish_sweep(sweep)
    return 1 if set(status.remaining) & set(schedule.keys) else 0


def _show(sweep: SweepContext, schedule: Schedule) -> None:
    """Print the plan and the schedule, log doubts about them, and print the price of settling for `do=plan`."""
    is_plan = sweep.options.do == "plan"
    show_plan(sweep)
    show_schedule(schedule, sweep.options.budget_hours)
    if is_plan or schedule.keys:
        for sentence in plan_warnings(sweep, schedule):
            logger.warning(sentence)
    if is_plan and (sentence := describe_settling(sweep, schedule)):
        print(sentence)


def _warn_without_weights(sweep: SweepContext) -> None:
    """Log which finished points have no weights: a result is never replaced, so they are not trained again."""
    keys = [key for key in sweep.status.done if not sweep.store.weights_path(key).is_file()]
    if keys:
        logger.warning(
            "keep_weights=true: %s finished without weights and will not be trained again: %s; to train them with "
            "weights, take them out with `scaling-lab forget %s --where ...` and repeat the command, or choose another "
            "name=...",
            pluralize(len(keys), "point"),
            ", ".join(keys[:3]) + (" ..." if len(keys) > 3 else ""),
            sweep.store.folder,
        )
