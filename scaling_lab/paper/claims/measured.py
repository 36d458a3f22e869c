"""What claims ask of a study's evidence: its settings, its curves and its differences."""

from dataclasses import dataclass, replace
from functools import lru_cache
from math import isfinite

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.compare import RuleComparison, compare_rules
from scaling_lab.analysis.evidence import Evidence, Setting
from scaling_lab.analysis.rule_pairs import ALPHA, RulePair
from scaling_lab.analysis.stats.contrast import MIN_SEEDS, WeightedCells, estimate_contrast
from scaling_lab.analysis.stats.seed_correlation import correlate_seeds
from scaling_lab.formatting import format_estimate

SINGLES = ("depth", "width", "resolution")


@dataclass(frozen=True)
class Tested:
    """A weighted sum of accuracies in points, its 95 % interval, and its two-sided p."""

    value: float
    low: float
    high: float
    p: float

    @property
    def above(self) -> bool:
        """Whether it is told apart from zero, on the upper side."""
        return self.p < ALPHA and self.value > 0

    def below(self, looks: int = 1) -> bool:
        """The same on the lower side, where `looks` such sums would each have done (Bonferroni)."""
        return self.p < ALPHA / looks and self.value < 0

    def __str__(self) -> str:
        return format_estimate(self.value, self.low, self.high)


def usual(evidence: Evidence) -> list[Setting]:
    """The settings with the recipe's own learning rate; studies of the learning rate are no evidence of a rule."""
    return [setting for setting in evidence.settings if setting.lr_times == 1]


def place(setting: Setting) -> str:
    """A family and its setting."""
    return f"{setting.family} ({setting})"


def tested(weights: WeightedCells) -> Tested | None:
    """A weighted sum of networks, seed by seed where their seeds go together; None as for `contrast`."""
    pairing = correlate_seeds([cell for cell, weight in weights if weight])
    estimate = estimate_contrast(weights, pairing is not None and pairing.is_significant)
    if estimate is None:
        return None
    low, high = estimate.interval()
    return Tested(100 * estimate.value, 100 * low, 100 * high, estimate.p)


def rising(evidence: Evidence, setting: Setting, rule: str) -> list[tuple[float, Cell]]:
    """FLOPs in times the baseline's and network of a rule from the baseline up, by FLOPs; with three seeds or more."""
    arms = [arm for arm in evidence.arms_of(setting) if arm.cell and arm.times_flops and arm.times_flops >= 1]
    own = [arm for arm in arms if arm.rule == rule and (arm.is_on_budget or arm.times_flops == 1)]
    base = [arm for arm in own if arm.times_flops == 1] or [arm for arm in arms if arm.times_flops == 1]
    found: dict[float, Cell] = {}
    for arm in [*base[:1], *(arm for arm in own if arm.times_flops != 1)]:
        times = arm.cell.obtained["times_flops_got"] if arm.cell else float("nan")
        if arm.cell and isfinite(times) and times > 0 and len(arm.cell.seeds) >= MIN_SEEDS:
            found.setdefault(times, arm.cell)
    return sorted(found.items(), key=lambda item: item[0])


@lru_cache(maxsize=1)
def budgets(evidence: Evidence) -> tuple[RuleComparison, ...]:
    """The comparisons at budgets above the baseline's, at the recipe's own learning rate."""
    return tuple(found for found in compare_rules(evidence) if found.level > 1 and found.setting.lr_times == 1)


def at_budget(comparison: RuleComparison) -> str:
    """A family, how often the baseline's FLOPs, and its setting."""
    return f"{comparison.setting.family} at {comparison.level:g} times its FLOPs ({comparison.setting})"


def pair_of(comparison: RuleComparison, one: str, other: str) -> RulePair | None:
    """The comparison of two rules, in either order; a rule that came to another's network is compared as that one."""
    same = {pair.second: pair.first for pair in comparison.pairs if pair.is_same_network}
    a, b = same.get(one, one), same.get(other, other)
    asked = {a: one, b: other}
    if a == b:
        twin = next((pair for pair in comparison.pairs if pair.is_same_network and pair.first == a), None)
        return twin and replace(twin, first=one, second=other)
    found = next((pair for pair in comparison.pairs if {pair.first, pair.second} == {a, b}), None)
    return found and replace(found, first=asked[found.first], second=asked[found.second])


def why_not(comparison: RuleComparison, rule: str) -> str:
    """Why a rule takes no part in a comparison."""
    if rule in comparison.off_budget:
        return f"{rule} is off the budget"
    return f"{rule} has no finished result" if rule in comparison.without_result else f"{rule} was not asked for"
