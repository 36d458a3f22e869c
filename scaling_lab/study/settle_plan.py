"""Check what `do=settle` needs and forecast what it would train, before any work."""

from scaling_lab.analysis.settle import plan_rounds
from scaling_lab.analysis.stats.contrast import MIN_SEEDS
from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.errors import UserErrors
from scaling_lab.formatting import format_duration, pluralize
from scaling_lab.store.plan_schema import Plan
from scaling_lab.study.context import SweepContext
from scaling_lab.study.more_seeds import compared_rules, seeds_by_question, without_seed
from scaling_lab.study.plan import Study
from scaling_lab.study.schedule import Schedule


def check_settling(options: SweepOptions, study: Study) -> tuple[int, ...]:
    """Return the seeds after each round. Raises UserErrors for all mistakes."""
    first = min(len(seeds) for seeds in seeds_by_question(study.plan).values())
    errors = []
    if options.delta is None:
        errors.append("do=settle needs delta=..., the smallest difference that matters in percentage points")
    if first < MIN_SEEDS:
        errors.append(
            f"do=settle starts with {pluralize(first, 'seed')}; must be at least {MIN_SEEDS}: 'seed=range(0,5)'"
        )
    if options.max_seeds < first:
        errors.append(f"max_seeds is {options.max_seeds}; must be at least the {first} seeds to start with")
    if not _has_pairs(study.plan):
        errors.append("do=settle needs two rules at one budget (times_flops) other than 1x; there is no pair to settle")
    if errors:
        raise UserErrors(errors)
    return plan_rounds(first, options.max_seeds)


def describe_settling(sweep: SweepContext, schedule: Schedule) -> str:
    """Return a sentence on what `do=settle` would train at most beyond the schedule; empty without delta or pairs."""
    options, seeds = sweep.options, seeds_by_question(sweep.study.plan)
    first = min(len(present) for present in seeds.values())
    is_possible = MIN_SEEDS <= first <= options.max_seeds and _has_pairs(sweep.study.plan)
    if options.delta is None or not is_possible:
        return ""
    counts = plan_rounds(first, options.max_seeds)
    trained = {key: result.point_seconds for key, result in sweep.results.results.items()}
    seconds: dict[str, tuple[int, float | None]] = {}  # by a point of each compared network
    for entry in sweep.study.plan.entries:
        question = without_seed(entry.question)
        if entry.question.seed == min(seeds[question]) and question.times_flops not in (None, 1):
            price = schedule.seconds.get(entry.key, trained.get(entry.key))
            seconds[entry.key] = (counts[-1] - len(seeds[question]), price)
    points = sum(number for number, _ in seconds.values())
    known = [number * price for number, price in seconds.values() if price is not None]
    time = f" ({format_duration(sum(known) / len(schedule.slots))})" if len(known) == len(seconds) else ""
    return (
        f"do=settle would take up to {pluralize(len(counts), 'look')}, at {', '.join(map(str, counts))} seeds, and "
        f"train up to {pluralize(points, 'further point')}{time}, fewer the sooner pairs have a verdict"
    )


def _has_pairs(plan: Plan) -> bool:
    """Return whether two rules of a plan have a budget and everything but the seed in common."""
    return any(len(rules) > 1 for rules in compared_rules(plan).values())
