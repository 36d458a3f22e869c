"""Compare rules at equal FLOPs, parameters, activations, latency or training time.

At costs other than FLOPs, accuracy is interpolated between neighbouring networks of each rule, linearly in the
logarithm of the cost. There is no extrapolation beyond a rule's last network.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import log

import numpy as np

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.compare import MAX_COST_RATIO, RuleComparison, compare_rules
from scaling_lab.analysis.evidence import COST_NAMES, Arm, Evidence
from scaling_lab.analysis.rule_pairs import ALL_PAIRS, compare_pairs
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.stats.contrast import WeightedCells, weighted_accuracy
from scaling_lab.analysis.stats.looks import Look
from scaling_lab.analysis.verdict_options import VerdictOptions
from scaling_lab.errors import unknown_name
from scaling_lab.networks.scaling.obtained import ObtainedShares

LEVEL_TOLERANCE = 1.02
"""Levels that differ by less than 2 % count as one."""
LEAD_STEPS = 200
"""Number of levels at which the leading rule is determined."""


@dataclass(frozen=True)
class LeadingRule:
    """The rule with the highest mean between two levels of a cost, in its unit."""

    rule: str
    first: float
    last: float


@dataclass(frozen=True)
class EqualCostComparison:
    """The rules of a setting compared along one cost.

    Attributes:
        cost: A name of `evidence.COST_NAMES`.
        comparisons: A comparison at the last network of each rule that another rule reaches.
        leads: The rules with the highest mean, by rising cost.
        left_out: Rules without a curve along the cost, each with the reason as a clause.
    """

    setting: Setting
    cost: str
    comparisons: tuple[RuleComparison, ...]
    leads: tuple[LeadingRule, ...]
    left_out: tuple[tuple[str, str], ...]


def compare_at_equal_cost(
    evidence: Evidence, cost: str, options: VerdictOptions = ALL_PAIRS
) -> list[EqualCostComparison]:
    """Compare the rules of every setting along a cost, at the recipe's own learning rate where that was tried.

    Raises:
        UserError: The cost is not in `evidence.COST_NAMES`.
    """
    if cost not in COST_NAMES:
        raise unknown_name("cost", cost, COST_NAMES)
    usual = evidence.at_recipe_lr()
    at_budgets = compare_rules(usual, options) if cost == "flops" else []
    return [
        _compare_setting(setting, usual, cost, [c for c in at_budgets if c.setting == setting], options)
        for setting in usual.settings
    ]


def interpolate_cells(curve: Sequence[Cell], cost: str, level: float) -> WeightedCells | None:
    """Return the two neighbouring networks around a level of a cost, with their weights; None outside of the curve."""
    for low, high in pairwise(curve):
        first, last = low.costs[cost], high.costs[cost]
        if first / 1.000001 <= level <= last * 1.000001:
            share = min(1.0, max(0.0, log(level / first) / log(last / first)))
            return [(cell, weight) for cell, weight in ((low, 1 - share), (high, share)) if weight > 0]
    return None


def _compare_setting(
    setting: Setting, evidence: Evidence, cost: str, at_budgets: list[RuleComparison], options: VerdictOptions
) -> EqualCostComparison:
    arms = [arm for arm in evidence.arms_of(setting) if arm.times_flops is not None]
    curves, left_out = {}, []
    for rule in dict.fromkeys(arm.rule for arm in arms):
        curve, reason = _make_cost_curve(rule, arms, cost)
        if curve:
            curves[rule] = curve
        elif reason:
            left_out.append((rule, reason))
    ratio = max((arm.cell.cost_ratios.get(cost, 1.0) for arm in arms if arm.cell), default=1.0)
    shares = {(arm.rule, arm.cell.keys): arm.shares for arm in arms if arm.cell and arm.shares}
    comparisons = (
        at_budgets
        if cost == "flops"
        else _compare_levels(setting, cost, curves, ratio, shares, options, evidence.looks)
    )
    return EqualCostComparison(setting, cost, tuple(comparisons), tuple(_find_leads(cost, curves)), tuple(left_out))


def _make_cost_curve(rule: str, arms: list[Arm], cost: str) -> tuple[list[Cell], str]:
    """Return the baseline and a rule's networks by rising cost, or why there is no curve."""
    networks = [arm.cell for arm in arms if arm.rule == rule and arm.times_flops != 1 and arm.cell]
    if not networks:
        return [], "no finished result"
    baselines = [arm.cell for arm in arms if arm.times_flops == 1 and arm.cell]
    cells = list({cell.keys: cell for cell in [*networks, *baselines]}.values())
    if len(cells) < 2:
        return [], "only one network, as the baseline has no finished result"
    unmeasured = sum(cost not in cell.costs for cell in cells)
    if unmeasured:
        return [], f"{unmeasured} of {len(cells)} networks without measured {cost}"
    rising = sorted(cells, key=lambda cell: cell.costs[cost])
    curve = rising[-1:]
    for cell in reversed(rising):
        if cell.costs[cost] * LEVEL_TOLERANCE < curve[0].costs[cost]:
            curve = [cell, *curve]
    if len(curve) < 2:
        return [], f"networks that differ by less than 2 % in {COST_NAMES[cost]}"
    return curve, ""


def _compare_levels(
    setting: Setting,
    cost: str,
    curves: dict[str, list[Cell]],
    cost_ratio: float,
    shares: Mapping[tuple[str, tuple[str, ...]], ObtainedShares],
    options: VerdictOptions,
    looks: tuple[Look, ...],
) -> list[RuleComparison]:
    """Return a comparison at the last network of each rule, without p values if the costs vary too much by seed."""
    levels: list[float] = []
    for top in sorted(curve[-1].costs[cost] for curve in curves.values()):
        if not levels or top > levels[-1] * LEVEL_TOLERANCE:
            levels.append(top)
    comparisons = []
    for level in levels:
        reached = {
            rule: weights for rule, curve in curves.items() if (weights := interpolate_cells(curve, cost, level))
        }
        if len(reached) > 1:
            pairs, correlation = compare_pairs(reached, options, looks)
            if cost_ratio > MAX_COST_RATIO:
                pairs = tuple(replace(pair, p=None, p_alike=None, required_seeds=None) for pair in pairs)
            comparison = RuleComparison(
                setting=setting,
                cost=cost,
                level=level,
                rules=tuple(reached),
                pairs=pairs,
                seed_correlation=correlation,
                off_budget=tuple(rule for rule in curves if rule not in reached),
                cost_ratio=cost_ratio,
                shares=_worst_shares(reached, shares),
                options=options,
                metric=pairs[0].metric,
            )
            comparisons.append(comparison)
    return comparisons


def _worst_shares(
    reached: Mapping[str, WeightedCells], shares: Mapping[tuple[str, tuple[str, ...]], ObtainedShares]
) -> dict[str, ObtainedShares]:
    """Return for each rule the shares of that of its two networks which differs more from what the rule requests."""
    by_rule = {
        rule: [shares[(rule, cell.keys)] for cell, _ in weights if (rule, cell.keys) in shares]
        for rule, weights in reached.items()
    }
    return {rule: max(matches, key=lambda match: match.difference) for rule, matches in by_rule.items() if matches}


def _find_leads(cost: str, curves: dict[str, list[Cell]]) -> list[LeadingRule]:
    """Return the rules with the highest mean, at levels that at least two rules reach, above the cheapest network."""
    if len(curves) < 2:
        return []
    low = min(curve[0].costs[cost] for curve in curves.values())
    high = max(curve[-1].costs[cost] for curve in curves.values())
    leads: list[LeadingRule] = []
    for level in map(float, np.geomspace(low, high, LEAD_STEPS + 1)[1:]):
        means = {
            rule: weighted_accuracy(weights)
            for rule, curve in curves.items()
            if (weights := interpolate_cells(curve, cost, level))
        }
        if len(means) < 2:
            continue
        best = max(means, key=means.__getitem__)
        if leads and leads[-1].rule == best:
            leads[-1] = LeadingRule(best, leads[-1].first, level)
        else:
            leads.append(LeadingRule(best, level, level))
    return leads
