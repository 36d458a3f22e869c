"""Comparisons at equal cost as sentences."""

from scaling_lab.analysis.equal_cost import EqualCostComparison
from scaling_lab.analysis.evidence import COST_NAMES, Evidence
from scaling_lab.analysis.text.comparisons import format_cost
from scaling_lab.formatting import join_words


def describe_equal_cost(along: EqualCostComparison) -> list[str]:
    """Who leads where, and what has no curve along the cost."""
    said = []
    if len(along.leads) > 1:
        parts = [f"{lead.rule} up to {format_cost(along.cost, lead.last)}" for lead in along.leads[:-1]]
        last = f"{along.leads[-1].rule} up to {format_cost(along.cost, along.leads[-1].last)}"
        said.append(f"The highest mean belongs to {', then '.join([*parts, last])}: means alone, no verdict.")
    elif along.leads:
        reach = format_cost(along.cost, along.leads[0].last)
        said.append(f"{along.leads[0].rule} has the highest mean all the way to {reach}; the leader never changes.")
    reasons: dict[str, list[str]] = {}
    for rule, why in along.left_out:
        reasons.setdefault(why, []).append(rule)
    said += [f"Left out, {why}: {join_words(rules)}." for why, rules in reasons.items()]
    return said


def explain_no_comparison(evidence: Evidence, cost: str) -> str:
    """Why nothing is compared at all."""
    budgets = {arm.times_flops for arm in evidence.arms}
    if not budgets - {None}:
        return "Nothing to compare: explicit multipliers have no budget, and no rule with one was asked."
    if not budgets - {None, 1.0}:
        return "Nothing to compare: no budget other than the baseline's was asked."
    return f"Nothing to compare: fewer than two rules have a curve along {COST_NAMES[cost]}."
