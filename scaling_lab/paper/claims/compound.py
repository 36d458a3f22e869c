"""Compound scaling beats each single dimension at equal FLOPs.

Published rows are not at equal FLOPs as printed. A single dimension's accuracy is moved to the compound network's FLOPs
along its own straight line, in log FLOPs, from the baseline; `measured` has networks on one budget.
"""

from math import log2

import pandas as pd

from scaling_lab.analysis.compare import RuleComparison
from scaling_lab.analysis.evidence import Evidence
from scaling_lab.formatting import format_estimate, join_words
from scaling_lab.paper.claims.finding import FAILS, HOLDS, UNTOLD, Judged, span, verdict
from scaling_lab.paper.claims.measured import SINGLES, at_budget, budgets, pair_of, why_not
from scaling_lab.paper.claims.printed import ahead, curve, figure3, margin, repeated, weights_at
from scaling_lab.paper.tables import read_published_table

NAME = "compound scaling"
STATEMENT = "At about the same FLOPs, compound scaling is more accurate than scaling depth, width or resolution alone."
SOURCE = "arXiv 1905.11946, sections 5.1 and 6, Tables 3 and 7, Figure 8"

RULE = "compound"
OWN = {"top1_v5": "v5", "top1_v1": "v1"}


def published() -> list[Judged]:
    """Table 3 family by family, Table 7 as printed and from each one's own baseline, and Figure 8."""
    rows = [
        _printed(f"Table 3, {name}", own)
        for name, own in read_published_table("table3").groupby("base_model", sort=False)
    ]
    table7 = read_published_table("table7").rename(columns={"top1_v5": "top1"})
    rows.append(_printed("Table 7, EfficientNet-B0, as printed", table7))
    rows += [_from_baselines(column, version) for column, version in OWN.items()]
    return [*rows, _figure8()]


def _printed(where: str, rows: pd.DataFrame) -> Judged:
    base, *singles, best = [(str(n), float(f), float(t)) for n, f, t in rows[["row", "flops_B", "top1"]].to_numpy()]
    gaps, said = [], []
    for name, flops, top1 in singles:
        moved = log2(best[1] / flops) / log2(flops / base[1])
        gaps.append((best[2] - top1 - moved * (top1 - base[2]), margin([1, 1 + moved, moved])))
        said.append(f"{_short(name)} by {gaps[-1][0]:.2f} ({best[2] - top1:.1f} as printed, at {flops:g} B)")
    whole = (
        f"{best[2]:.1f} % at {best[1]:g} B FLOPs (multiply-adds) is ahead, at equal FLOPs, of "
        f"{join_words(said)} points; "
        f"{repeated()}, which makes up to {max(needed for _, needed in gaps):.2f} here."
    )
    return Judged(where, verdict(gaps), whole)


def _from_baselines(column: str, version: str) -> Judged:
    """Table 7's compound row from its own baseline against Figure 3's curves from theirs, after as many doublings."""
    table = read_published_table("table7")
    base, best = (table.iloc[place][["flops_B", column]].astype(float).tolist() for place in (0, -1))
    times, gained = best[0] / base[0], best[1] - base[1]
    gaps, said, starts = [], [], []
    for name, (flops, top1) in figure3().items():
        weights = weights_at(flops, flops[0] * times) - weights_at(flops, flops[0])
        gaps.append((gained - float(weights @ top1), margin([1, 1, *weights])))
        said.append(f"{name} {weights @ top1:.2f}")
        starts.append(f"{top1[0]:.1f} % at {flops[0]:.2f} B")
    whole = (
        f"Figure 3's networks start from {join_words(dict.fromkeys(starts))} FLOPs (multiply-adds), Table 7's from "
        f"{base[1]:.1f} % at {base[0]:g} B: over {log2(times):.2f} doublings of its own baseline compound gains "
        f"{gained:.1f} points, {join_words(said)}; {repeated()}, which makes up to {max(m for _, m in gaps):.2f} here."
    )
    return Judged(f"Table 7, each from its own baseline ({version})", verdict(gaps), whole)


def _figure8() -> Judged:
    figure = read_published_table("figure8")
    figure = figure[figure["clipped"] == "no"]
    curves = {str(name): curve(rows) for name, rows in figure.groupby("curve", sort=False)}
    best = curves.pop(RULE)
    found = {name: ahead(best, other, above=best[0][0]) for name, other in curves.items()}
    said = [f"{name} by {span(gap for _, gap, _ in gaps)} points" for name, gaps in found.items()]
    starts = dict.fromkeys(f"{flops[0]:.2f}" for flops, _ in figure3().values())
    whole = (
        f"Above the first point, which all curves share, and at equal FLOPs (multiply-adds) compound is ahead "
        f"of "
        f"{join_words(said)}; {repeated()}. The figure draws its single dimensions from {best[0][0]:.2f} B, "
        f"Figure 3 the "
        f"same networks from {join_words(starts)} B."
    )
    return Judged("Figure 8", verdict(gap[1:] for gaps in found.values() for gap in gaps), whole)


def measured(evidence: Evidence) -> list[Judged]:
    """One finding a family and budget above the baseline's."""
    return [_at(comparison) for comparison in budgets(evidence)]


def _at(comparison: RuleComparison) -> Judged:
    where = at_budget(comparison)
    if RULE not in comparison.rules:
        return Judged(where, UNTOLD, f"Nothing can be compared: {why_not(comparison, RULE)}.")
    won, lost, said = 0, 0, []
    for rule in SINGLES:
        pair = pair_of(comparison, RULE, rule)
        if pair is None:
            said.append(why_not(comparison, rule))
        elif pair.estimate is None or pair.p is None:
            said.append(
                f"{rule} came to the same network"
                if pair.is_same_network
                else f"{rule} has too few seeds for an interval"
            )
        else:
            sign = 1 if pair.first == RULE else -1
            low, high = sorted(100 * sign * end for end in pair.estimate.interval())
            won, lost = won + (pair.is_significant and sign > 0), lost + (pair.is_significant and sign < 0)
            value = 100 * sign * pair.difference
            said.append(f"{format_estimate(value, low, high)} points from {rule} (p = {pair.p:.2g})")
    whole = (
        f"Compound beats {won} and is beaten by {lost} of the {len(SINGLES)} single dimensions at equal FLOPs "
        f"(multiply-adds), by Holm over all pairs of the budget: {join_words(said)}."
    )
    return Judged(where, FAILS if lost else HOLDS if won == len(SINGLES) else UNTOLD, whole)


def _short(row: str) -> str:
    return next((name for name in SINGLES if name in row), row)
