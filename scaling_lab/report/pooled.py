"""The section of the page about verdicts over several settings."""

from collections.abc import Iterable
from typing import Any

from scaling_lab.analysis.pooling.pooled_pair import PooledBudget, PooledPair
from scaling_lab.analysis.text.pairs import format_p_cell
from scaling_lab.analysis.text.pooled import (
    describe_pooled,
    format_here,
    format_pooled_mean,
    format_pooled_title,
    format_prediction,
    format_tau,
    summarize_pooled,
)
from scaling_lab.analysis.verdict_table import name_verdict


def pooled_sections(budgets: Iterable[PooledBudget]) -> list[dict[str, Any]]:
    """Return the template values of each budget that has a pooled pair."""
    return [
        {
            "title": format_pooled_title(budget),
            "unit": budget.pairs[0].metric.unit,
            "delta": budget.options.delta,
            "summary": summarize_pooled(budget),
            "pairs": [_pair(pair) for pair in budget.pairs if pair.effect],
            "sentences": describe_pooled(budget),
        }
        for budget in budgets
        if any(pair.effect for pair in budget.pairs)
    ]


def _pair(pair: PooledPair) -> dict[str, Any]:
    return {
        "first": pair.first,
        "second": pair.second,
        "settings": len(pair.differences),
        "mean": format_pooled_mean(pair),
        "p": format_p_cell(pair.p),
        "p_alike": format_p_cell(pair.p_alike),
        "tau": format_tau(pair),
        "i_squared": f"{100 * pair.effect.i_squared:.0f}" if pair.effect else "",
        "prediction": format_prediction(pair),
        "here": format_here(pair),
        "verdict": name_verdict(pair),
        "apart": pair.is_significant,
    }
