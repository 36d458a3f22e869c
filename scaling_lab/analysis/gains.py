"""Gains over the baseline: whether scaling by a rule helps at all, at each budget.

The FLOPs of a scaled network and of the baseline differ by design, so a gain is also given per doubling of measured
FLOPs. Each rule is tested against the baseline with the method of pairs of rules (`rule_pairs`); p values are adjusted
for the rules of the budget.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import log2

from scaling_lab.analysis.evidence import Arm, Evidence
from scaling_lab.analysis.rule_pairs import ALL_PAIRS, RulePair, compare_pairs
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.stats.contrast import Estimate, WeightedCells
from scaling_lab.analysis.stats.looks import Look
from scaling_lab.analysis.verdict_options import VerdictOptions
from scaling_lab.networks.scaling.obtained import ObtainedShares

BASELINE = "the baseline"


@dataclass(frozen=True)
class BaselineGain:
    """The difference of a rule's network from the baseline. Accuracies are 0 to 1.

    Attributes:
        rules: The rule, then others that led to the same network.
        times_flops: Measured FLOPs over the baseline's.
        pair: The comparison of the rule and `BASELINE`, the one with the higher mean first.
        shares: Requested and obtained shares of the rules that split a budget.
    """

    rules: tuple[str, ...]
    times_flops: float
    pair: RulePair
    shares: Mapping[str, ObtainedShares] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """Mean accuracy less that of the baseline."""
        return -self.pair.difference if self.pair.first == BASELINE else self.pair.difference

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the gain; None without one."""
        return self._signed.interval() if self._signed else None

    @property
    def doublings(self) -> float:
        """Doublings of FLOPs from the baseline; negative for smaller networks."""
        return log2(self.times_flops)

    @property
    def is_gain(self) -> bool:
        """Whether the network is significantly better than the baseline."""
        return self.pair.is_significant and self.value > 0

    @property
    def is_loss(self) -> bool:
        """Whether the network is significantly worse than the baseline."""
        return self.pair.is_significant and self.value < 0

    @property
    def per_doubling(self) -> tuple[float, float, float] | None:
        """Gain per doubling of FLOPs and its 95 % interval; None without one, and at the baseline's FLOPs."""
        if self.interval is None or not self.doublings:
            return None
        low, high = sorted(end / self.doublings for end in self.interval)
        return self.value / self.doublings, low, high

    @property
    def _signed(self) -> Estimate | None:
        estimate = self.pair.estimate
        return replace(estimate, value=-estimate.value) if estimate and self.pair.first == BASELINE else estimate


@dataclass(frozen=True)
class BudgetGains:
    """The gains of all rules at one budget.

    Attributes:
        times_flops: The requested budget in times the baseline's FLOPs.
        gains: One per network, the highest first.
        delta: Smallest difference that matters; None if not given.
    """

    setting: Setting
    times_flops: float
    gains: tuple[BaselineGain, ...]
    delta: float | None = None


def compare_with_baseline(evidence: Evidence, options: VerdictOptions = ALL_PAIRS) -> list[BudgetGains]:
    """Return the gains at each setting and budget that has a finished network, if the baseline is finished too.

    Networks off their budget count too: a gain is not a comparison at equal FLOPs. Planned contrasts are about pairs of
    rules, so they do not limit which rules are compared with the baseline.
    """
    return list(_compare(evidence, options.delta))


def _compare(evidence: Evidence, delta: float | None) -> Iterator[BudgetGains]:
    for setting in evidence.settings:
        arms = [arm for arm in evidence.arms_of(setting) if arm.times_flops is not None and arm.cell]
        baselines = [arm for arm in arms if arm.times_flops == 1]
        for times in sorted({arm.times_flops for arm in arms if arm.times_flops is not None} - {1}):
            if baselines:
                at_budget = [arm for arm in arms if arm.times_flops == times]
                yield BudgetGains(setting, times, _measure_gains(baselines[0], at_budget, delta, evidence.looks), delta)


def _measure_gains(
    baseline: Arm, arms: list[Arm], delta: float | None, looks: tuple[Look, ...]
) -> tuple[BaselineGain, ...]:
    cells = {arm.rule: arm.cell for arm in (replace(baseline, rule=BASELINE), *arms) if arm.cell}
    candidates: dict[str, WeightedCells] = {rule: [(cell, 1.0)] for rule, cell in cells.items()}
    contrasts = tuple((arm.rule, BASELINE) for arm in arms)
    pairs, _ = compare_pairs(candidates, VerdictOptions(contrasts, delta), looks, with_unplanned=False)
    twins = [(pair.first, pair.second) for pair in pairs if pair.is_same_network]
    gains = []
    for pair in pairs:
        if BASELINE in (pair.first, pair.second) and not pair.is_same_network:
            rule = pair.second if pair.first == BASELINE else pair.first
            names = (rule, *(twin for first, twin in twins if first == rule))
            times = cells[rule].costs["flops"] / cells[BASELINE].costs["flops"]
            shares = {arm.rule: arm.shares for arm in arms if arm.rule in names and arm.shares}
            gains.append(BaselineGain(names, times, pair, shares))
    return tuple(sorted(gains, key=lambda gain: -gain.value))
