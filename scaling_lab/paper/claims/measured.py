"""Parts of a study's evidence that several claims use: settings, scaling curves, differences and their tests."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.compare import RuleComparison, compare_rules
from scaling_lab.analysis.evidence import Evidence
from scaling_lab.analysis.metrics import ACCURACY, Metric
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.stats.contrast import ALPHA, MIN_SEEDS, WeightedCells, estimate_contrast
from scaling_lab.analysis.stats.looks import Look, divide_error_rate, list_looks
from scaling_lab.analysis.stats.seed_correlation import correlate_seeds
from scaling_lab.analysis.text.settings import list_setting_names
from scaling_lab.analysis.verdict_options import VerdictOptions
from scaling_lab.formatting import format_estimate

SINGLE_DIMENSIONS = ("depth", "width", "resolution")


@dataclass(frozen=True)
class ContrastTest:
    """A weighted sum in the metric's unit, its 95 % interval, and its two-sided p-value, corrected for looks."""

    value: float
    low: float
    high: float
    p: float
    metric: Metric = ACCURACY

    @property
    def is_above(self) -> bool:
        """Whether the sum is significantly above zero."""
        return self.p < ALPHA and self.value > 0

    def is_below(self, tests: int = 1) -> bool:
        """Return whether the sum is significantly below zero, with Bonferroni's correction for some tests."""
        return self.p < ALPHA / tests and self.value < 0

    def __str__(self) -> str:
        return format_estimate(self.value, self.low, self.high, 2 + self.metric.digits)


def settings_at_recipe_lr(evidence: Evidence) -> list[Setting]:
    """Return the settings with the recipe's own learning rate; other learning rates are no evidence about a rule."""
    return [setting for setting in evidence.settings if setting.lr_times == 1]


def contrast_test(weights: WeightedCells, looks: Iterable[Look] = ()) -> ContrastTest | None:
    """Test a weighted sum of networks, paired by seed if their seeds correlate; None as for `estimate_contrast`.

    Args:
        weights: Networks with their weights.
        looks: Earlier looks at the verdicts of the study, oldest first. The p value counts for the part of the error
            rate that they have left for the present look.
    """
    pairing = correlate_seeds([cell for cell, weight in weights if weight])
    estimate = estimate_contrast(weights, pairing is not None and pairing.is_significant)
    if estimate is None:
        return None
    metric = weights[0][0].metric
    value, low, high = (metric.scale * number for number in (estimate.value, *estimate.interval()))
    return ContrastTest(value, low, high, min(1.0, estimate.p / _present_part(weights, looks)), metric)


def _present_part(weights: WeightedCells, looks: Iterable[Look]) -> float:
    """Return the part of the error rate of the present look at some networks."""
    at_looks = list_looks({"": [(cell, 1.0) for cell, weight in weights if weight]}, looks)
    return divide_error_rate([looked_at.share("") for looked_at in at_looks])[-1]


def scaled_cells(evidence: Evidence, setting: Setting, rule: str) -> list[tuple[float, Cell]]:
    """Return the networks of a rule from the baseline up, each with its FLOPs relative to the baseline's.

    Sorted by FLOPs; only networks on their budget and with at least three seeds.
    """
    arms = [arm for arm in evidence.arms_of(setting) if arm.cell and arm.times_flops and arm.times_flops >= 1]
    of_rule = [arm for arm in arms if arm.rule == rule and (arm.is_on_budget or arm.times_flops == 1)]
    baselines = [arm for arm in of_rule if arm.times_flops == 1] or [arm for arm in arms if arm.times_flops == 1]
    cells: dict[float, Cell] = {}
    for arm in [*baselines[:1], *(arm for arm in of_rule if arm.times_flops != 1)]:
        times = arm.cell.obtained["times_flops_got"] if arm.cell else float("nan")
        if arm.cell and isfinite(times) and times > 0 and len(arm.cell.seeds) >= MIN_SEEDS:
            cells.setdefault(times, arm.cell)
    return sorted(cells.items(), key=lambda item: item[0])


def budget_comparisons(evidence: Evidence, options: VerdictOptions) -> tuple[RuleComparison, ...]:
    """Return the comparisons of rules at budgets above the baseline's, at the recipe's own learning rate."""
    return tuple(comparison for comparison in compare_rules(evidence, options) if is_scaled_at_recipe_lr(comparison))


def is_scaled_at_recipe_lr(comparison: RuleComparison) -> bool:
    """Return whether a comparison is above the baseline's budget and at the recipe's own learning rate."""
    return comparison.level > 1 and comparison.setting.lr_times == 1


def name_settings(evidence: Evidence) -> dict[Setting, str]:
    """Return the family of each setting with the recipe's own learning rate, and what else tells it apart."""
    return list_setting_names(settings_at_recipe_lr(evidence))


def describe_budget(comparison: RuleComparison, evidence: Evidence) -> str:
    """Return the name of a comparison's setting, and its budget relative to the baseline's FLOPs."""
    return f"{name_settings(evidence)[comparison.setting]} at {comparison.level:g} times its FLOPs"


def describe_tested(comparison: RuleComparison) -> str:
    """Return what Holm's correction covers."""
    return "planned contrasts" if comparison.options.contrasts else "pairs of the budget"


def exclusion_reason(comparison: RuleComparison, rule: str) -> str:
    """Return why a rule takes no part in a comparison."""
    if rule in comparison.off_budget:
        return f"{rule} is off the budget"
    if rule in comparison.without_result:
        return f"{rule} has no finished result"
    return f"{rule} is not part of the study"
