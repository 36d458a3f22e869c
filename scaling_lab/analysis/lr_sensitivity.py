"""Learning-rate sensitivity: whether a verdict changes if each rule is trained at its best learning rate."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from scaling_lab.analysis.compare import RuleComparison, compare_rules
from scaling_lab.analysis.evidence import Evidence
from scaling_lab.analysis.rates.cross_fit import TunedCell, TunedWeights, compare_tuned, tune
from scaling_lab.analysis.rates.grids import RateGrid, group_by_rate
from scaling_lab.analysis.rule_pairs import ALL_PAIRS, RulePair
from scaling_lab.analysis.stats.contrast import WeightedCells
from scaling_lab.analysis.stats.looks import Look
from scaling_lab.analysis.verdict_options import VerdictOptions

RECIPE_LR = 1.0


@dataclass(frozen=True)
class LrSensitivity:
    """A comparison at the recipe's learning rate, and the same with each rule at its best learning rate.

    Attributes:
        at_recipe_lr: Comparison at the recipe's learning rate.
        at_best_lr: Comparison with each rule at the best learning rate that was tried (`rates.cross_fit`).
        factors: Learning rates that were tried, in times the recipe's, rising.
        tuned: The network of each rule at its best learning rate, chosen by accuracy on the held-out images.
        at_grid_edge: Rules whose best factor is the lowest or highest tried, so that a wider grid could find a better.
        changes: Pairs whose verdict changes, at the recipe's and at the best learning rate.
    """

    at_recipe_lr: RuleComparison
    at_best_lr: RuleComparison
    factors: tuple[float, ...]
    tuned: dict[str, TunedCell]
    at_grid_edge: tuple[str, ...]
    changes: tuple[tuple[RulePair, RulePair], ...]

    @property
    def best_factors(self) -> dict[str, float]:
        """Best factor of each rule by mean accuracy of all seeds on the held-out images."""
        return {rule: tuned.best for rule, tuned in self.tuned.items()}


def check_lr_sensitivity(
    evidence: Evidence, options: VerdictOptions = ALL_PAIRS, grids: Sequence[RateGrid] | None = None
) -> list[LrSensitivity]:
    """Return the sensitivity of each comparison whose rules were all trained at several learning rates.

    Args:
        evidence: The networks that verdicts are about.
        options: Which pairs are tested, and which difference matters.
        grids: Every network at its learning rates (`rates.grids.collect_grids`); None: those of `evidence`.
    """
    if grids is None:
        grids = group_by_rate(evidence)
    sensitivities: list[LrSensitivity | None] = []
    for comparison in compare_rules(evidence, options):
        if comparison.setting.lr_times == RECIPE_LR:
            cells = {rule: _find_grid(rule, comparison, grids) for rule in comparison.rules}
            several = {rule: grid for rule, grid in cells.items() if grid and len(grid.tried) > 1}
            if len(several) > 1 and len(several) == len(cells):
                sensitivities.append(_check_comparison(comparison, several, grids, evidence.looks))
    return [sensitivity for sensitivity in sensitivities if sensitivity]


def _check_comparison(
    comparison: RuleComparison, own: dict[str, RateGrid], grids: Sequence[RateGrid], looks: tuple[Look, ...]
) -> LrSensitivity | None:
    tuned = {rule: made for rule, grid in own.items() if (made := tune(grid.cells))}
    if len(tuned) < len(own):
        return None
    at_best = {rule: _tune_weights(comparison.candidates[rule], grids) for rule in own}
    pairs = compare_tuned(at_best, comparison.options, looks)
    after = {frozenset((pair.first, pair.second)): pair for pair in pairs}
    before_and_after = [
        (pair, after[ends]) for pair in comparison.pairs if (ends := frozenset((pair.first, pair.second))) in after
    ]
    return LrSensitivity(
        at_recipe_lr=comparison,
        at_best_lr=replace(
            comparison, pairs=pairs, candidates={rule: weights.cross_fitted for rule, weights in at_best.items()}
        ),
        factors=tuple(sorted({factor for grid in own.values() for factor in grid.factors})),
        tuned=tuned,
        at_grid_edge=tuple(rule for rule in tuned if tuned[rule].best in (own[rule].factors[0], own[rule].factors[-1])),
        changes=tuple((old, new) for old, new in before_and_after if _winner(old) != _winner(new)),
    )


def _tune_weights(weights: WeightedCells, grids: Sequence[RateGrid]) -> TunedWeights:
    """Return a rule at its budget with every network at its best rate, where it was trained at several."""
    at_best, cross_fitted = [], []
    for cell, weight in weights:
        grid = next((candidate for candidate in grids if _has_points(candidate, cell.keys)), None)
        tuned = tune(grid.cells) if grid and len(grid.cells) > 1 else None
        at_best.append((tuned.at_best if tuned else cell, weight))
        cross_fitted.append((tuned.cross_fitted if tuned else cell, weight))
    return TunedWeights(at_best, cross_fitted)


def _has_points(grid: RateGrid, keys: tuple[str, ...]) -> bool:
    """Return whether these are points of the network at the recipe's learning rate."""
    return RECIPE_LR in grid.cells and set(keys) <= set(grid.cells[RECIPE_LR].keys)


def _winner(pair: RulePair) -> str | None:
    return pair.first if pair.is_significant else None


def _find_grid(rule: str, comparison: RuleComparison, grids: Sequence[RateGrid]) -> RateGrid | None:
    """Return the rule's network at the comparison's budget with its learning rates."""
    own, _ = comparison.candidates[rule][0]
    return next((grid for grid in grids if _has_points(grid, own.keys)), None)
