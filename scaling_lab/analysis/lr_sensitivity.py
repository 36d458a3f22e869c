"""Whether another learning rate would change a verdict: the same comparison with every rule at its own best one."""

from dataclasses import dataclass, replace

from scaling_lab.analysis.compare import RuleComparison, RulePair, compare_pairs, compare_rules
from scaling_lab.analysis.evidence import Arm, Cell, Evidence, Setting


@dataclass(frozen=True)
class LrSensitivity:
    """A comparison at the recipe's learning rate beside one in which each rule has its best of those tried.

    factors: times the recipe's learning rate, rising. best: by rule, chosen by mean accuracy on the held-out pictures.
    edge: rules whose best is the lowest or the highest tried: a wider grid could find a better one.
    changes: pairs whose verdict is another one, before and after.
    """

    at_recipe_lr: RuleComparison
    at_best_lr: RuleComparison
    factors: tuple[float, ...]
    best_factors: dict[str, float]
    at_grid_edge: tuple[str, ...]
    changes: tuple[tuple[RulePair, RulePair], ...]


def check_lr_sensitivity(evidence: Evidence) -> list[LrSensitivity]:
    """One for each comparison at the recipe's learning rate whose rules were also trained at others."""
    found = []
    for usual in compare_rules(evidence):
        if usual.setting.lr_times == 1:
            tried = {rule: _tried(evidence, usual, rule) for rule in usual.rules}
            if all(len(cells) > 1 for cells in tried.values()) and len(tried) > 1:
                found.append(_fairness(usual, tried))
    return found


def _fairness(usual: RuleComparison, tried: dict[str, dict[float, Cell]]) -> LrSensitivity:
    best = {
        rule: max(cells, key=lambda factor: float(cells[factor].held_out_accuracy.mean()))
        for rule, cells in tried.items()
    }
    tested, pairing = compare_pairs({rule: [(tried[rule][best[rule]], 1.0)] for rule in tried})
    tuned = replace(usual, pairs=tested, seed_correlation=pairing)
    factors = tuple(sorted({factor for cells in tried.values() for factor in cells}))
    edge = tuple(rule for rule, factor in best.items() if factor in (min(tried[rule]), max(tried[rule])))
    after = {frozenset((pair.first, pair.second)): pair for pair in tested}
    changes = tuple(
        (pair, after[frozenset((pair.first, pair.second))])
        for pair in usual.pairs
        if _verdict(pair) != _verdict(after[frozenset((pair.first, pair.second))])
    )
    return LrSensitivity(usual, tuned, factors, best, edge, changes)


def _verdict(pair: RulePair) -> str | None:
    return pair.first if pair.is_significant else None


def _tried(evidence: Evidence, usual: RuleComparison, rule: str) -> dict[float, Cell]:
    """The rule's network at each learning rate, at the budget of the comparison."""
    return {
        arm.setting.lr_times: arm.cell
        for arm in evidence.arms
        if arm.cell
        and _same(arm, usual.setting)
        and arm.rule == rule
        and arm.times_flops == usual.level
        and arm.is_on_budget
    }


def _same(arm: Arm, setting: Setting) -> bool:
    return replace(arm.setting, lr_times=setting.lr_times) == setting
