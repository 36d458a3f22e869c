"""What the page opens with: every comparison as a headline and a table of its pairs, and what else can be said."""

from typing import Any

import pandas as pd

from scaling_lab.analysis.compare import Comparison, compare
from scaling_lab.analysis.evidence import evidence
from scaling_lab.analysis.lr_sensitivity import fairness
from scaling_lab.analysis.lr_sensitivity import sentences as fair
from scaling_lab.analysis.shares.surface import surfaces
from scaling_lab.analysis.text import curves, shares
from scaling_lab.analysis.text.comparisons import headline, sentences, title, where
from scaling_lab.analysis.text.pairs import difference, p_value, would
from scaling_lab.analysis.verdict_table import verdict
from scaling_lab.formatting import TIMES
from scaling_lab.paper.claims import judge_claims


def build_answers(table: pd.DataFrame) -> dict[str, Any]:
    """Headlines, tables of pairs, whether the learning rate would change them, and what was left out."""
    found = evidence(table)
    usual = found.usual()
    comparisons = compare(usual)
    return {
        "headlines": [(where(one), headline(one)) for one in comparisons],
        "comparisons": [_comparison(one) for one in comparisons],
        "fairness": [sentence for one in fairness(found) for sentence in fair(one)],
        "notes": list(found.notes),
        "curves": [(f"{where.family}; {where}", said) for where, said in curves.sentences(usual).items() if said],
        "simplex": [
            (f"{one.setting.family}, {one.times_flops:g}{TIMES}", shares.sentences(one)) for one in surfaces(usual)
        ],
        "claims": judge_claims(found),
    }


def _comparison(one: Comparison) -> dict[str, Any]:
    return {"title": title(one), "pairs": [_pair(pair) for pair in one.pairs], "said": sentences(one)[len(one.pairs) :]}


def _pair(pair: Any) -> dict[str, str]:
    return {
        "first": pair.first,
        "second": pair.second,
        "difference": "" if pair.same else difference(pair),
        "p": "" if pair.same else p_value(pair).removeprefix("= "),
        "better": "" if pair.same else f"{100 * pair.improvement:.0f}",
        "verdict": verdict(pair),
        "more": would(pair.more),
    }
