"""What the page opens with: every comparison as a headline and a table of its pairs, and what else can be said."""

from typing import Any

import pandas as pd

from scaling_lab.analysis.compare import RuleComparison, compare_rules
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.lr_sensitivity import check_lr_sensitivity
from scaling_lab.analysis.shares.surface import fit_surfaces
from scaling_lab.analysis.text.comparisons import describe_comparison, format_level, format_title, summarize_comparison
from scaling_lab.analysis.text.curves import describe_curves
from scaling_lab.analysis.text.lr_sensitivity import describe_lr_sensitivity
from scaling_lab.analysis.text.pairs import describe_required_sample, format_difference, format_p_value
from scaling_lab.analysis.text.shares import describe_surface
from scaling_lab.analysis.verdict_table import name_verdict
from scaling_lab.formatting import TIMES
from scaling_lab.paper.claims import judge_claims


def build_answers(table: pd.DataFrame) -> dict[str, Any]:
    """Headlines, tables of pairs, whether the learning rate would change them, and what was left out."""
    found = collect_evidence(table)
    usual = found.at_recipe_lr()
    comparisons = compare_rules(usual)
    return {
        "headlines": [(format_level(one), summarize_comparison(one)) for one in comparisons],
        "comparisons": [_comparison(one) for one in comparisons],
        "fairness": [sentence for one in check_lr_sensitivity(found) for sentence in describe_lr_sensitivity(one)],
        "notes": list(found.notes),
        "curves": [(f"{where.family}; {where}", said) for where, said in describe_curves(usual).items() if said],
        "simplex": [
            (f"{one.setting.family}, {one.times_flops:g}{TIMES}", describe_surface(one)) for one in fit_surfaces(usual)
        ],
        "claims": judge_claims(found),
    }


def _comparison(one: RuleComparison) -> dict[str, Any]:
    return {
        "title": format_title(one),
        "pairs": [_pair(pair) for pair in one.pairs],
        "said": describe_comparison(one)[len(one.pairs) :],
    }


def _pair(pair: Any) -> dict[str, str]:
    return {
        "first": pair.first,
        "second": pair.second,
        "difference": "" if pair.is_same_network else format_difference(pair),
        "p": "" if pair.is_same_network else format_p_value(pair).removeprefix("= "),
        "better": "" if pair.is_same_network else f"{100 * pair.improvement:.0f}",
        "verdict": name_verdict(pair),
        "more": describe_required_sample(pair.required_sample),
    }
