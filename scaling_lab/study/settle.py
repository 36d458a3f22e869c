"""`do=settle`: train further seeds, round by round, until every pair of rules has a verdict. A loop over sweeps.

Each round is a recorded look. All that decides what comes next is in the results folder (plan, results, looks), so a
settle that was killed goes on where it was.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from time import monotonic

from scaling_lab.analysis.compare import RuleComparison, compare_rules
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.load import ResultsFolder
from scaling_lab.analysis.settle import count_open_pairs, list_open_rules, share_of_look
from scaling_lab.analysis.stats.looks import FIRST_SHARE
from scaling_lab.config.sweep_options import EXTEND, SweepOptions
from scaling_lab.errors import UserError
from scaling_lab.formatting import format_duration, pluralize
from scaling_lab.store.looks import read_looks, record_look
from scaling_lab.store.plan_schema import Plan, Question
from scaling_lab.store.results import Store
from scaling_lab.store.table import results_table
from scaling_lab.study.context import SweepContext
from scaling_lab.study.display.verdicts import print_verdicts
from scaling_lab.study.executors.protocol import Executor, Outcome
from scaling_lab.study.finish import end_interrupted, finish_sweep
from scaling_lab.study.more_seeds import add_seeds, next_seeds, seeds_by_question
from scaling_lab.study.open_folders import open_folders
from scaling_lab.study.other_plan import stored_plan
from scaling_lab.study.plan import Study
from scaling_lab.study.preflight import check_sweep
from scaling_lab.study.settle_plan import check_settling
from scaling_lab.study.time_budget import HOUR

logger = logging.getLogger(__name__)


def settle_study(options: SweepOptions, study: Study, executor: Executor) -> int:
    """Train further seeds until every pair has a verdict, the seeds reach their maximum, or the time is used.

    Args:
        options: options of the sweep; `delta` is required.
        study: the study with its first seeds.
        executor: trains the points.

    Returns:
        Exit status: 0; 1 if a point has no result; 130 if the user stopped it.

    Raises:
        UserError: mistakes in the options, before any work, or a folder that cannot be written to.
    """
    counts, began = check_settling(options, study), monotonic()
    _warn_of_usual_looks(Store(options.results / options.name))
    while True:
        study = _with_planned_seeds(options, study)
        sweep, outcome = _train_round(options, study, executor, began)
        if outcome is Outcome.INTERRUPTED:
            return end_interrupted()
        if outcome is Outcome.SUBMITTED:
            print("run the same command again when the jobs have ended: it takes the next look")
            return 0
        sweep = sweep.refresh()
        larger = study if outcome is None else _look_and_choose(sweep, study, counts)
        if len(larger.points) == len(study.points):
            status = finish_sweep(sweep)
            return 1 if outcome and set(status.remaining) & set(study.points) else 0
        study = larger
        sweep.store.write_plan(SweepContext.open(_extending(options), study).plan)


def _warn_of_usual_looks(store: Store) -> None:
    """Log what looks that were not planned leave of the error rate."""
    if usual := sum(look.share is None for look in read_looks(store)):
        logger.warning(
            "verdicts of %s were shown before, %s not planned by settle: the first such look at a pair with all its "
            "seeds has spent %.0f %% of the error rate; a study under another name would have all of it",
            store.folder,
            pluralize(usual, "time"),
            100 * FIRST_SHARE,
        )


def _extending(options: SweepOptions) -> SweepOptions:
    return replace(options, on_other_plan=EXTEND, budget_hours=None)


def _with_planned_seeds(options: SweepOptions, study: Study) -> Study:
    """Return the study with the seeds that the plan in the results folder has of its questions."""
    stored = stored_plan(SweepContext.open(_extending(options), study).store)
    return add_seeds(study, seeds_by_question(stored)) if stored else study


def _train_round(
    options: SweepOptions, study: Study, executor: Executor, began: float
) -> tuple[SweepContext, Outcome | None]:
    """Train what the plan has left. The outcome is None if that is forecast not to end within the time budget."""
    sweep = SweepContext.open(replace(options, budget_hours=None), study)
    check_sweep(sweep, executor)
    open_folders(sweep)
    schedule = executor.schedule(sweep)
    if not schedule.keys:
        return sweep, Outcome.FINISHED
    left = None if options.budget_hours is None else options.budget_hours * HOUR - (monotonic() - began)
    needed = schedule.wall_seconds
    if left is not None and needed is None:
        raise UserError("budget_hours needs a forecast, but the training time of these networks is unknown")
    forecast = "" if needed is None else f", about {format_duration(needed)}"
    if left is not None and needed is not None and needed > left:
        points = pluralize(len(schedule.keys), "point")
        print(f"stopping: the next round ({points}{forecast}) does not fit into budget_hours={options.budget_hours:g}")
        return sweep, None
    print(f"training {pluralize(len(schedule.keys), 'point')}{forecast}")
    return sweep, executor.run(sweep, schedule)


def _look_and_choose(sweep: SweepContext, study: Study, counts: Sequence[int]) -> Study:
    """Take a look, print the verdicts, and return the study with the seeds of the next round; the same at the end."""
    place, before = _find_round(study.plan, counts), len(read_looks(sweep.store))
    comparisons = _look(sweep, share_of_look(counts, place))
    print_verdicts(comparisons)
    print(_describe_state(comparisons, counts, place))
    if len(read_looks(sweep.store)) == before and sweep.remaining:
        print("stopping: the last round gave no result")
        return study
    return _choose_seeds(study, comparisons, counts[place + 1]) if place + 1 < len(counts) else study


def _find_round(plan: Plan, counts: Sequence[int]) -> int:
    """Return the index of the last round: the one whose seeds the network with the most seeds has.

    The plan says so, not the number of looks: a study may have been trained and looked at before it is settled.
    """
    most = max(len(seeds) for seeds in seeds_by_question(plan).values())
    return max(place for place, count in enumerate(counts) if count <= most)


def _look(sweep: SweepContext, share: float) -> list[RuleComparison]:
    """Record a look at the verdicts, unless there are no results that are new, and return them."""
    plan = sweep.plan
    rows = results_table(plan, sweep.store.read_results())
    folder = ResultsFolder(plan.study, plan.commands, rows, sweep.store, sweep.results, plan.skipped, plan.verdicts)
    record_look(sweep.store, "settle", folder.finished, share=share)
    return compare_rules(collect_evidence(rows, folder.looks).at_recipe_lr(), folder.verdict_options)


def _choose_seeds(study: Study, comparisons: Sequence[RuleComparison], count: int) -> Study:
    """Return the study with further seeds, up to `count`, of all networks in open pairs."""
    present = seeds_by_question(study.plan)
    further: dict[Question, list[int]] = {}
    for comparison in comparisons:
        rules = list_open_rules(comparison)
        for question, seeds in present.items():
            setting = {name: getattr(question, name) for name in vars(comparison.setting)}
            if (
                question.rule in rules
                and question.times_flops == comparison.level
                and setting == vars(comparison.setting)
            ):
                further[question] = next_seeds(seeds, count)
    return add_seeds(study, further)


def _describe_state(comparisons: Sequence[RuleComparison], counts: Sequence[int], place: int) -> str:
    left, looks = count_open_pairs(comparisons), place + 1
    if not left:
        return f"every pair has a verdict after {pluralize(looks, 'look')}"
    more = f"; up to {counts[looks]} seeds of their networks follow" if looks < len(counts) else ""
    return f"look {looks} of {len(counts)}: {pluralize(left, 'pair')} without a verdict{more}"
