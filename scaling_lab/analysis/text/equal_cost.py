"""Describe comparisons at equal cost in sentences."""

from scaling_lab.analysis.equal_cost import EqualCostComparison
from scaling_lab.analysis.evidence import COST_NAMES, Evidence
from scaling_lab.analysis.text.comparisons import format_cost
from scaling_lab.formatting import join_words


def describe_equal_cost(result: EqualCostComparison) -> list[str]:
    """Return sentences on which rule has the highest mean at which cost, and on rules without a curve."""
    sentences = []
    leads = [f"{lead.rule} up to {format_cost(result.cost, lead.last)}" for lead in result.leads]
    if len(leads) > 1:
        sentences.append(f"The highest mean belongs to {', then '.join(leads)} (means only, without a test).")
    elif leads:
        reach = format_cost(result.cost, result.leads[0].last)
        sentences.append(f"{result.leads[0].rule} has the highest mean at every level up to {reach}.")
    rules_by_reason: dict[str, list[str]] = {}
    for rule, reason in result.left_out:
        rules_by_reason.setdefault(reason, []).append(rule)
    sentences += [f"Left out ({reason}): {join_words(rules)}." for reason, rules in rules_by_reason.items()]
    return sentences


def explain_no_comparison(evidence: Evidence, cost: str) -> str:
    """Return a sentence on why there is no comparison at all."""
    budgets = {arm.times_flops for arm in evidence.arms}
    if not budgets - {None}:
        return "Nothing to compare: explicit multipliers have no budget, and the study has no rule with a budget."
    if not budgets - {None, 1.0}:
        return "Nothing to compare: the study has no budget other than the baseline's."
    return f"Nothing to compare: fewer than two rules have a curve along {COST_NAMES[cost]}."
