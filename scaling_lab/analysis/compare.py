"""Compare scaling rules at equal cost: which differ significantly, which do not, and how many seeds would decide.

At equal FLOPs the groups are the budgets of the study: networks of one family and setting whose obtained FLOPs are the
requested ones, moved to the budget along each rule's slope (`at_budget`). Each pair of rules has its difference in mean
test accuracy over seeds, a 95 % interval for other seeds and other test images (`stats.contrast`), and a p value
adjusted by the method of Holm (1979) for all pairs of its comparison, which decides.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

import numpy as np

from scaling_lab.analysis.at_budget import has_two_budgets, list_other_networks, move_to_budget
from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.evidence import Arm, Evidence
from scaling_lab.analysis.metrics import ACCURACY, Metric
from scaling_lab.analysis.rule_pairs import ALL_PAIRS, RulePair, compare_pairs
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.stats.contrast import WeightedCells
from scaling_lab.analysis.stats.looks import Look
from scaling_lab.analysis.stats.seed_correlation import SeedCorrelation
from scaling_lab.analysis.verdict_options import VerdictOptions
from scaling_lab.networks.scaling.obtained import ObtainedShares

MAX_COST_RATIO = 1.2
"""Largest ratio of one network's costs over seeds for a verdict at equal cost; an idle machine stays below it."""


@dataclass(frozen=True)
class RuleComparison:
    """The rules of one family at one level of a cost.

    Attributes:
        cost: A name of `evidence.COST_NAMES`.
        level: In times the baseline's FLOPs for requested budgets, otherwise in the cost's unit.
        rules: Rules that are compared.
        pairs: Every pair of them.
        seed_correlation: Correlation of the seeds between networks, which decides whether pairs are compared by seed.
        off_budget: Rules whose networks are not at this level.
        without_result: Rules without a finished result.
        test_images: Number of test images; None without any result.
        clusters: Number of clusters of test images; None if images are independent draws.
        sampling_error: Standard error of one network's accuracy due to the choice of test images; None without result.
        incomplete: Rules with fewer finished seeds than requested, the number finished, the number requested.
        cost_ratio: Largest ratio of one network's costs over seeds.
        shares: Requested and obtained shares of each rule that splits a budget; between two networks of a rule, those
            that differ more.
        options: Which pairs are tested, and which difference matters.
        flops_ratios: Obtained FLOPs over the budget, of each rule that misses it.
        not_moved: Those whose accuracy could not be moved to the budget.
        moved_by_two: Those that were moved along a slope from two budgets alone.
        metric: The measurement that is compared.
        candidates: The weighted networks that stand for each rule at a budget; empty at other costs.
    """

    setting: Setting
    cost: str
    level: float
    rules: tuple[str, ...]
    pairs: tuple[RulePair, ...]
    seed_correlation: SeedCorrelation | None = None
    off_budget: tuple[str, ...] = ()
    without_result: tuple[str, ...] = ()
    test_images: int | None = None
    clusters: int | None = None
    sampling_error: float | None = None
    incomplete: tuple[tuple[str, int, int], ...] = ()
    cost_ratio: float = 1.0
    shares: Mapping[str, ObtainedShares] = field(default_factory=dict)
    options: VerdictOptions = ALL_PAIRS
    flops_ratios: Mapping[str, float] = field(default_factory=dict)
    not_moved: tuple[str, ...] = ()
    moved_by_two: tuple[str, ...] = ()
    metric: Metric = ACCURACY
    candidates: Mapping[str, WeightedCells] = field(default_factory=dict, compare=False, repr=False)

    @property
    def planned_pairs(self) -> tuple[RulePair, ...]:
        """The pairs to be tested, and those of one network; without planned contrasts all pairs."""
        return tuple(pair for pair in self.pairs if pair.is_planned or pair.is_same_network)

    @cached_property
    def off_rule(self) -> tuple[str, ...]:
        """Compared rules whose networks are not theirs, because rounding gave them other shares."""
        return tuple(rule for rule in self.rules if rule in self.shares and self.shares[rule].is_off)

    def find_pair(self, rule: str, other_rule: str) -> RulePair | None:
        """Return the pair of two rules under their own names, the one with the higher mean first; None without one.

        A rule that gives another rule's network is compared as that rule.
        """
        same = {pair.second: pair.first for pair in self.pairs if pair.is_same_network}
        first, second = same.get(rule, rule), same.get(other_rule, other_rule)
        requested = {first: rule, second: other_rule}
        if first == second:
            twin = next((pair for pair in self.pairs if pair.is_same_network and pair.first == first), None)
            return twin and replace(twin, first=rule, second=other_rule)
        match = next((pair for pair in self.pairs if {pair.first, pair.second} == {first, second}), None)
        return match and replace(match, first=requested[match.first], second=requested[match.second])


def compare_rules(evidence: Evidence, options: VerdictOptions = ALL_PAIRS) -> list[RuleComparison]:
    """Return a comparison for each setting and budget other than 1x, with or without results, the lowest budget first.

    The last few are kept, because verdicts, claims and figures of a study compare the same networks.
    """
    return list(_compare_all(evidence, options))


@lru_cache(maxsize=4)
def _compare_all(evidence: Evidence, options: VerdictOptions) -> tuple[RuleComparison, ...]:
    groups: dict[tuple[Setting, float], list[Arm]] = {}
    for arm in evidence.arms:
        if arm.times_flops is not None and arm.times_flops != 1:
            groups.setdefault((arm.setting, arm.times_flops), []).append(arm)
    by_setting = {setting: evidence.arms_of(setting) for setting in evidence.settings}
    place = {setting: number for number, setting in enumerate(dict.fromkeys(setting for setting, _ in groups))}
    return tuple(
        _compare_at_budget(times, groups[setting, times], by_setting[setting], options, evidence.looks)
        for setting, times in sorted(groups, key=lambda at_budget: (place[at_budget[0]], at_budget[1]))
    )


def _compare_at_budget(
    times: float, arms: list[Arm], every_arm: list[Arm], options: VerdictOptions, looks: tuple[Look, ...]
) -> RuleComparison:
    finished = {arm.rule: arm.cell for arm in arms if arm.is_on_budget and arm.cell}
    moved = _move_to_budget(finished, times, every_arm)
    candidates = {rule: moved[cell] or [(cell, 1.0)] for rule, cell in finished.items()}
    by_two = [rule for rule in finished if has_two_budgets(candidates[rule], list_other_networks(rule, every_arm))]
    pairs, correlation = compare_pairs(candidates, options, looks)
    metric = next((cell.metric for cell in finished.values()), ACCURACY)
    images = next((cell.test_images for cell in finished.values()), None)
    return RuleComparison(
        setting=arms[0].setting,
        cost="flops",
        level=times,
        rules=tuple(finished),
        pairs=pairs,
        options=options,
        metric=metric,
        candidates=candidates,
        seed_correlation=correlation,
        off_budget=tuple(dict.fromkeys(arm.rule for arm in arms if not arm.is_on_budget)),
        without_result=tuple(dict.fromkeys(arm.rule for arm in arms if arm.is_on_budget and not arm.cell)),
        test_images=images,
        sampling_error=_measure_sampling_error(finished.values()) if metric.has_answers else None,
        clusters=next((cell.answers.shape[1] for cell in finished.values() if cell.clusters is not None), None),
        incomplete=tuple(
            (arm.rule, len(arm.cell.seeds), arm.requested_seeds)
            for arm in arms
            if arm.is_on_budget and arm.cell and len(arm.cell.seeds) < arm.requested_seeds
        ),
        shares={arm.rule: arm.shares for arm in arms if arm.shares and arm.is_on_budget},
        flops_ratios={
            rule: cell.obtained["times_flops_got"] / times
            for rule, cell in finished.items()
            if candidates[rule] != [(cell, 1.0)] or not moved[cell]
        },
        not_moved=tuple(rule for rule, cell in finished.items() if not moved[cell]),
        moved_by_two=tuple(by_two),
    )


def _move_to_budget(
    finished: Mapping[str, Cell], times: float, every_arm: list[Arm]
) -> dict[Cell, WeightedCells | None]:
    """Return each network moved to the budget, or None; one of several rules along the slope of the first."""
    moved: dict[Cell, WeightedCells | None] = {}
    for rule, cell in finished.items():
        if cell not in moved:
            moved[cell] = move_to_budget(cell, times, list_other_networks(rule, every_arm))
    return moved


def _measure_sampling_error(cells: Collection[Cell]) -> float | None:
    variances = [cell.answers.var(axis=1).mean() / cell.answers.shape[1] for cell in cells]
    return float(np.mean(variances)) ** 0.5 if variances else None
