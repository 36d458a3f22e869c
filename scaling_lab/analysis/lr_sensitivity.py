"""Learning-rate sensitivity: whether a verdict changes if each rule is trained at its best learning rate."""

from dataclasses import dataclass, replace

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.compare import RuleComparison, compare_rules
from scaling_lab.analysis.evidence import Arm, Evidence, Setting
from scaling_lab.analysis.rule_pairs import ALL_PAIRS, RulePair, compare_pairs
from scaling_lab.analysis.stats.looks import Look
from scaling_lab.analysis.verdict_options import VerdictOptions


@dataclass(frozen=True)
class LrSensitivity:
    """A comparison at the recipe's learning rate, and the same with each rule at its best learning rate.

    Attributes:
        at_recipe_lr: Comparison at the recipe's learning rate.
        at_best_lr: Comparison with each rule at the best learning rate that was tried.
        factors: Learning rates that were tried, in times the recipe's, rising.
        best_factors: Best factor of each rule, chosen by mean accuracy on the held-out images.
        at_grid_edge: Rules whose best factor is the lowest or highest tried, so that a wider grid could find a better.
        changes: Pairs whose verdict changes, at the recipe's and at the best learning rate.
    """

    at_recipe_lr: RuleComparison
    at_best_lr: RuleComparison
    factors: tuple[float, ...]
    best_factors: dict[str, float]
    at_grid_edge: tuple[str, ...]
    changes: tuple[tuple[RulePair, RulePair], ...]


def check_lr_sensitivity(evidence: Evidence, options: VerdictOptions = ALL_PAIRS) -> list[LrSensitivity]:
    """Return the sensitivity of each comparison whose rules were all trained at several learning rates."""
    sensitivities = []
    for comparison in compare_rules(evidence, options):
        if comparison.setting.lr_times == 1:
            cells = {rule: _cells_by_lr(evidence, comparison, rule) for rule in comparison.rules}
            if len(cells) > 1 and all(len(by_factor) > 1 for by_factor in cells.values()):
                sensitivities.append(_check_comparison(comparison, cells, evidence.looks))
    return sensitivities


def _check_comparison(
    comparison: RuleComparison, cells: dict[str, dict[float, Cell]], looks: tuple[Look, ...]
) -> LrSensitivity:
    best = {
        rule: max(by_factor, key=lambda factor: float(by_factor[factor].held_out_accuracy.mean()))
        for rule, by_factor in cells.items()
    }
    at_best = {rule: [(cells[rule][best[rule]], 1.0)] for rule in cells}
    pairs, correlation = compare_pairs(at_best, comparison.options, looks)
    after = {frozenset((pair.first, pair.second)): pair for pair in pairs}
    before_and_after = [(pair, after[frozenset((pair.first, pair.second))]) for pair in comparison.pairs]
    return LrSensitivity(
        at_recipe_lr=comparison,
        at_best_lr=replace(comparison, pairs=pairs, seed_correlation=correlation, candidates=at_best),
        factors=tuple(sorted({factor for by_factor in cells.values() for factor in by_factor})),
        best_factors=best,
        at_grid_edge=tuple(rule for rule in best if best[rule] in (min(cells[rule]), max(cells[rule]))),
        changes=tuple((old, new) for old, new in before_and_after if _winner(old) != _winner(new)),
    )


def _winner(pair: RulePair) -> str | None:
    return pair.first if pair.is_significant else None


def _cells_by_lr(evidence: Evidence, comparison: RuleComparison, rule: str) -> dict[float, Cell]:
    """Return the rule's network at the comparison's budget, by factor of the learning rate."""
    return {
        arm.setting.lr_times: arm.cell
        for arm in evidence.arms
        if arm.cell
        and arm.is_on_budget
        and arm.rule == rule
        and arm.times_flops == comparison.level
        and _differs_only_in_lr(arm, comparison.setting)
    }


def _differs_only_in_lr(arm: Arm, setting: Setting) -> bool:
    return replace(arm.setting, lr_times=setting.lr_times) == setting
