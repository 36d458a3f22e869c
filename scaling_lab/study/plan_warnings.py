"""Warnings about a plan that can be trained, but hardly as its user means it: a function for each kind. No torch."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping

from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.formatting import format_duration, format_split, join_words, pluralize
from scaling_lab.networks.costs.memory import training_step_bytes
from scaling_lab.networks.module_network import ModuleNetwork
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.grid_budgets import find_grid_budgets
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.obtained import ObtainedShares, match_shares
from scaling_lab.store.plan_schema import Entry, Plan
from scaling_lab.study.context import SweepContext
from scaling_lab.study.executors.devices import CPU
from scaling_lab.study.plan import PlannedPoint, Study
from scaling_lab.study.schedule import Schedule

MAX_SHOWN = 5  # warnings of one kind
MOSTLY = 0.5  # share of the steps from which a warm-up is too long
DAY = 86_400.0


def plan_warnings(sweep: SweepContext, schedule: Schedule) -> list[str]:
    """Return a sentence for each doubt about a plan."""
    kinds = (
        long_warm_ups(sweep.study),
        ignored_budgets(sweep.study.plan),
        missing_baselines(sweep.study.plan),
        ignored_on_cpu(sweep.options, schedule.slots),
        equal_rules(sweep.study.plan),
        missed_shares(sweep.study.plan),
        better_budgets(sweep.study),
        too_large_networks(sweep.remaining.values(), schedule.slots, _machine_bytes()),
        long_forecasts(schedule),
    )
    return [line for kind in kinds for line in _limited(list(kind))]


def long_warm_ups(study: Study) -> Iterator[str]:
    """Yield for each recipe whose learning rate rises during all or most of the training."""
    for (steps, warmup), points in _by(study, lambda p: (p.point.recipe.steps, p.point.recipe.warmup_steps)).items():
        if warmup > MOSTLY * steps:
            recipes = ", ".join(dict.fromkeys(point.question.recipe for point in points))
            yield (
                f"recipe {recipes}: {warmup} of {steps} training steps are warm-up, in which the learning rate only "
                "rises; set recipe.warmup_epochs, for example to 0"
            )


def ignored_budgets(plan: Plan) -> Iterator[str]:
    """Yield if the command sets budgets and no question has one. A budget of 1, the default, means nothing."""
    has_budget = any(entry.question.times_flops is not None for entry in plan.entries)
    set_budgets = [override for override in plan.asked if override.startswith("times_flops=")]
    if not has_budget and set_budgets and set_budgets[-1] != "times_flops=1":
        yield "times_flops is ignored: rule=multipliers has no budget; set rule.d, rule.w and rule.r"


def missing_baselines(plan: Plan) -> Iterator[str]:
    """Yield the families that have budgets but no baseline, against which gains are measured."""
    budgets: dict[str, set[float]] = {}
    for entry in plan.entries:
        if entry.question.times_flops is not None:
            budgets.setdefault(entry.question.family, set()).add(entry.question.times_flops)
    families = [family for family, times in budgets.items() if 1 not in times]
    if families:
        yield (
            f"{join_words(families)}: no baseline, so no gains over it, and a rule with one other budget cannot be "
            "moved to the requested FLOPs; add 1 to times_flops"
        )


def ignored_on_cpu(options: SweepOptions, slots: Iterable[str]) -> Iterator[str]:
    """Yield for each setting that matters on GPUs only."""
    if set(slots) != {CPU}:
        return
    if options.execution.deterministic:
        yield "deterministic=true is ignored on a CPU, which is always deterministic"
    if options.workers_per_device != 1:
        yield f"workers_per_device={options.workers_per_device} is ignored on a CPU; set workers"


def equal_rules(plan: Plan) -> Iterator[str]:
    """Yield for each budget at which several rules come to one network."""
    for family, times, names in _find_equal_rules(plan):
        yield f"{family} at {times:g}x: {join_words(names)} are one network, trained once; nothing distinguishes them"


def missed_shares(plan: Plan) -> Iterator[str]:
    """Yield for each network whose shares of depth, width and resolution are far from the requested ones."""
    for (family, rule, times, _), shares in _find_missed_shares(plan).items():
        yield (
            f"{family} at {times:g}x is not {rule}: its shares of depth, width and resolution are "
            f"{format_split(shares.obtained)} instead of {format_split(shares.requested)}"
        )


def better_budgets(study: Study) -> Iterator[str]:
    """Yield the budgets at which rules are themselves, for each family with a rule off its shares or equal rules."""
    doubtful = {family for family, *_ in (*_find_equal_rules(study.plan), *_find_missed_shares(study.plan))}
    for family, scaled in study.families.items():
        if family not in doubtful or isinstance(scaled.baseline, ModuleNetwork):
            continue
        budgets = find_grid_budgets(scaled.baseline, scaled.rules, scaled.max_side)
        if not budgets:
            yield f"{family}: no side up to {scaled.max_side} px is exact; a smaller family.side leaves room to grow"
            continue
        listed = ", ".join(f"{budget.times_flops:g}x ({budget.side} px)" for budget in budgets)
        best = min(reversed(budgets), key=lambda budget: len(budget.off))
        rules = f"all rules but {join_words(best.off)}" if best.off else "all rules"
        yield f"{family}: budgets with an exact side are {listed}; at {best.times_flops:g}x {rules} have their shares"


def too_large_networks(points: Iterable[PlannedPoint], slots: Iterable[str], available: int | None) -> Iterator[str]:
    """Yield for each network of which a training step with one image needs more memory than this machine has.

    A batch is accumulated from micro-batches where it does not fit, so one image is what must.
    """
    if available is None or set(slots) != {CPU}:
        return
    networks: dict[Network, str] = {}
    for planned in points:
        if isinstance(planned.point.network, Network):  # the memory of a module is not known
            networks.setdefault(planned.point.network, planned.label)
    for network, label in networks.items():
        if (needed := training_step_bytes(network, 1)) > available:
            sizes = [f"{size / 2**30:,.1f} GiB" for size in (needed, available)]
            yield f"{label} needs {sizes[0]} to train on one image; this machine has {sizes[1]}"


def long_forecasts(schedule: Schedule) -> Iterator[str]:
    """Yield if the schedule takes more than a day."""
    seconds = schedule.wall_seconds if schedule.keys else None
    if seconds is not None and seconds > DAY:
        workers = pluralize(len(schedule.slots), "worker")
        yield (
            f"training takes about {format_duration(seconds)} ({seconds / DAY:.1f} days) on {workers}; "
            "budget_hours=... trains the comparisons that fit into a time"
        )


def _find_equal_rules(plan: Plan) -> list[tuple[str, float | None, tuple[str, ...]]]:
    """Return the family and the budget of each network to which several rules come, with the rules."""
    rules: dict[tuple[str, float | None, str, str], dict[str, None]] = {}
    for entry in _scaled(plan):
        q = entry.question
        rules.setdefault((q.family, q.times_flops, q.rounding, entry.key), {})[q.rule] = None
    return [
        *dict.fromkeys((family, times, tuple(names)) for (family, times, *_), names in rules.items() if len(names) > 1)
    ]


def _find_missed_shares(plan: Plan) -> dict[tuple[str, str, float | None, str], ObtainedShares]:
    """Return the shares of the networks that are not their rule's, by family, rule, budget and rounding."""
    shares: dict[tuple[str, str, float | None, str], ObtainedShares] = {}
    for entry in _scaled(plan):
        q = entry.question
        if q.d and q.w and q.r:
            obtained = Multipliers(entry.d_got, entry.w_got, entry.r_got).shares
            matched = match_shares(Multipliers(q.d, q.w, q.r), obtained)
            if matched and matched.is_off:
                shares[q.family, q.rule, q.times_flops, q.rounding] = matched
    return shares


def _scaled(plan: Plan) -> Iterator[Entry]:
    return (entry for entry in plan.entries if entry.question.times_flops not in (None, 1))


def _by(study: Study, key: Callable[[PlannedPoint], tuple[int, int]]) -> Mapping[tuple[int, int], list[PlannedPoint]]:
    groups: dict[tuple[int, int], list[PlannedPoint]] = {}
    for planned in study.points.values():
        groups.setdefault(key(planned), []).append(planned)
    return groups


def _machine_bytes() -> int | None:
    """Return the memory of this machine; None if the system does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return None


def _limited(lines: list[str]) -> list[str]:
    more = len(lines) - MAX_SHOWN
    return lines if more <= 0 else [*lines[:MAX_SHOWN], f"... and {more} more of this kind"]
