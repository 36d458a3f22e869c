"""The same comparison at equal parameters, activations, latency or training time: between neighbouring points of each
rule's curve, linear in the logarithm of the cost. Nothing is said beyond a rule's last point."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import log

import numpy as np

from scaling_lab.analysis.compare import MAX_COST_RATIO, RuleComparison, compare_pairs, compare_rules
from scaling_lab.analysis.evidence import COST_NAMES, Arm, Cell, Evidence, Setting
from scaling_lab.analysis.stats.contrast import WeightedCells, weighted_accuracy
from scaling_lab.errors import unknown_name

LEVEL_TOLERANCE = 1.02
"""Levels within 2 % are one level."""
LEAD_STEPS = 200


@dataclass(frozen=True)
class LeadingRule:
    """Between two levels of a cost (in its unit), the rule with the highest mean."""

    rule: str
    first: float
    last: float


@dataclass(frozen=True)
class EqualCostComparison:
    """A setting along one cost: a comparison at the last point of each rule that another rule reaches, who leads where,
    and the rules without a curve along it, each with the reason.
    """

    setting: Setting
    cost: str
    comparisons: tuple[RuleComparison, ...]
    leads: tuple[LeadingRule, ...]
    left_out: tuple[tuple[str, str], ...]


def compare_at_equal_cost(evidence: Evidence, cost: str) -> list[EqualCostComparison]:
    """Every setting along a cost, those at the recipe's own learning rate where that was tried.

    Raises UserError for a cost that is not in `COSTS`.
    """
    if cost not in COST_NAMES:
        raise unknown_name("cost", cost, COST_NAMES)
    usual = evidence.at_recipe_lr()
    budgets = compare_rules(usual) if cost == "flops" else []
    return [_along(one, usual, cost, [c for c in budgets if c.setting == one]) for one in usual.settings]


def interpolate_cells(curve: Sequence[Cell], cost: str, level: float) -> WeightedCells | None:
    """The two neighbouring networks that make up a level of a cost, with their weights; None outside of the curve."""
    for low, high in pairwise(curve):
        first, last = low.costs[cost], high.costs[cost]
        if first / 1.000001 <= level <= last * 1.000001:
            share = min(1.0, max(0.0, log(level / first) / log(last / first)))
            return [(cell, weight) for cell, weight in ((low, 1 - share), (high, share)) if weight > 0]
    return None


def _along(setting: Setting, evidence: Evidence, cost: str, budgets: list[RuleComparison]) -> EqualCostComparison:
    arms = [arm for arm in evidence.arms_of(setting) if arm.times_flops is not None]
    found, left_out = {}, []
    for rule in dict.fromkeys(arm.rule for arm in arms):
        curve, why = _curve(rule, arms, cost)
        if curve:
            found[rule] = curve
        elif why:
            left_out.append((rule, why))
    unrest = max((arm.cell.cost_ratios.get(cost, 1.0) for arm in arms if arm.cell), default=1.0)
    comparisons = tuple(budgets) if cost == "flops" else tuple(_levels(setting, cost, found, unrest))
    return EqualCostComparison(setting, cost, comparisons, tuple(_leads(cost, found)), tuple(left_out))


def _curve(rule: str, arms: list[Arm], cost: str) -> tuple[list[Cell], str]:
    """A rule's networks and the baseline by rising cost, or why there is no curve."""
    own = [arm.cell for arm in arms if arm.rule == rule and arm.times_flops != 1 and arm.cell]
    if not own:
        return [], "for want of a finished result"
    baselines = [arm.cell for arm in arms if arm.times_flops == 1 and arm.cell]
    cells = list({cell.keys: cell for cell in [*own, *baselines]}.values())
    if len(cells) < 2:
        return [], "as the baseline has no finished result, and one network is no curve"
    without = sum(cost not in cell.costs for cell in cells)
    if without:
        return [], f"as {without} of {len(cells)} networks have no measured {cost}"
    rising = sorted(cells, key=lambda cell: cell.costs[cost])
    kept = rising[-1:]
    for cell in reversed(rising):
        if cell.costs[cost] * LEVEL_TOLERANCE < kept[0].costs[cost]:
            kept = [cell, *kept]
    if len(kept) < 2:
        return [], f"as networks of the rule differ by less than 2 % in {COST_NAMES[cost]}"
    return kept, ""


def _levels(setting: Setting, cost: str, curves: dict[str, list[Cell]], unrest: float) -> list[RuleComparison]:
    """A comparison at the last point of each rule; without verdicts where the costs themselves are not settled."""
    levels: list[float] = []
    for top in sorted(curve[-1].costs[cost] for curve in curves.values()):
        if not levels or top > levels[-1] * LEVEL_TOLERANCE:
            levels.append(top)
    found = []
    for level in levels:
        spanned = {
            rule: weights for rule, curve in curves.items() if (weights := interpolate_cells(curve, cost, level))
        }
        if len(spanned) > 1:
            tested, pairing = compare_pairs(spanned)
            if unrest > MAX_COST_RATIO:
                tested = tuple(replace(pair, p=None, required_sample=None) for pair in tested)
            beyond = tuple(rule for rule in curves if rule not in spanned)
            whole = (setting, cost, level, tuple(spanned), tested, pairing)
            found.append(RuleComparison(*whole, off_budget=beyond, cost_ratio=unrest))
    return found


def _leads(cost: str, curves: dict[str, list[Cell]]) -> list[LeadingRule]:
    """Who has the highest mean where at least two rules have one, from just above the cheapest network on."""
    if len(curves) < 2:
        return []
    low = min(curve[0].costs[cost] for curve in curves.values())
    high = max(curve[-1].costs[cost] for curve in curves.values())
    leads: list[LeadingRule] = []
    for level in np.geomspace(low, high, LEAD_STEPS + 1)[1:]:
        means = {
            rule: weighted_accuracy(weights)
            for rule, curve in curves.items()
            if (weights := interpolate_cells(curve, cost, float(level)))
        }
        if len(means) < 2:
            continue
        best = max(means, key=means.__getitem__)
        if leads and leads[-1].rule == best:
            leads[-1] = LeadingRule(best, leads[-1].first, float(level))
        else:
            leads.append(LeadingRule(best, float(level), float(level)))
    return leads
