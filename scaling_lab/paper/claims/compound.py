"""Compound scaling is more accurate than each single dimension at equal FLOPs.

Published rows do not have equal FLOPs. The accuracy of a single dimension is therefore moved to the FLOPs of the
compound network along its own straight line, in log FLOPs, from the baseline. Measured networks are on one budget.
"""

from math import log2

import pandas as pd

from scaling_lab.analysis.compare import RuleComparison
from scaling_lab.analysis.evidence import Evidence
from scaling_lab.analysis.rule_pairs import ALL_PAIRS
from scaling_lab.analysis.text.metrics import format_signed_estimate
from scaling_lab.analysis.verdict_options import VerdictOptions
from scaling_lab.formatting import format_split, join_words
from scaling_lab.paper.claims.finding import FAILS, HOLDS, UNDECIDED, Claim, Judgement, format_range, judge_gaps
from scaling_lab.paper.claims.measured import (
    SINGLE_DIMENSIONS,
    budget_comparisons,
    describe_budget,
    describe_tested,
    exclusion_reason,
)
from scaling_lab.paper.claims.printed import (
    curve_gaps,
    describe_noise,
    figure3_curves,
    interpolation_weights,
    published_curve,
    required_margin,
)
from scaling_lab.paper.tables import read_published_table

RULE = "compound"
VERSION_BY_COLUMN = {"top1_v5": "v5", "top1_v1": "v1"}


def _published() -> list[Judgement]:
    """Judge Table 3 by family, Table 7 as printed and from each baseline, and Figure 8."""
    table3 = read_published_table("table3").groupby("base_model", sort=False)
    judgements = [_printed_rows(f"Table 3, {name}", rows) for name, rows in table3]
    table7 = read_published_table("table7").rename(columns={"top1_v5": "top1"})
    judgements.append(_printed_rows("Table 7, EfficientNet-B0, as printed", table7))
    judgements += [_from_baselines(column, version) for column, version in VERSION_BY_COLUMN.items()]
    return [*judgements, _figure8()]


def _printed_rows(where: str, rows: pd.DataFrame) -> Judgement:
    numbers = rows[["row", "flops_B", "top1"]].to_numpy()
    base, *singles, best = [(str(name), float(flops), float(top1)) for name, flops, top1 in numbers]
    gaps, parts = [], []
    absent = [name for name in SINGLE_DIMENSIONS if name not in {_dimension(row) for row, *_ in singles}]
    for name, flops, top1 in singles:
        moved = log2(best[1] / flops) / log2(flops / base[1])
        gaps.append((best[2] - top1 - moved * (top1 - base[2]), required_margin([1, 1 + moved, moved])))
        parts.append(f"{_dimension(name)} by {gaps[-1][0]:.2f} ({best[2] - top1:.1f} as printed, at {flops:g} B)")
    evidence = (
        f"Compound scaling has {best[2]:.1f} % at {best[1]:g} B FLOPs (multiply-adds). At equal FLOPs it is ahead of "
        f"{join_words(parts)} points; {describe_noise()}, or up to {max(margin for _, margin in gaps):.2f} here"
        f"{f'. Scaling by {join_words(absent)} is not printed' if absent else ''}."
    )
    verdict = judge_gaps(gaps)
    return Judgement(where, UNDECIDED if absent and verdict == HOLDS else verdict, evidence)


def _from_baselines(column: str, version: str) -> Judgement:
    """Judge Table 7's compound row from its own baseline and Figure 3's curves from theirs, after as many doublings."""
    table = read_published_table("table7")
    base, best = (table.iloc[place][["flops_B", column]].astype(float).tolist() for place in (0, -1))
    times, gain = best[0] / base[0], best[1] - base[1]
    gaps, parts, starts = [], [], []
    for name, (flops, top1) in figure3_curves().items():
        weights = interpolation_weights(flops, flops[0] * times) - interpolation_weights(flops, flops[0])
        gaps.append((gain - float(weights @ top1), required_margin([1, 1, *weights])))
        parts.append(f"{name} {weights @ top1:.2f}")
        starts.append(f"{top1[0]:.1f} % at {flops[0]:.2f} B")
    evidence = (
        f"Figure 3's networks start from {join_words(dict.fromkeys(starts))} FLOPs (multiply-adds), Table 7's from "
        f"{base[1]:.1f} % at {base[0]:g} B. Over {log2(times):.2f} doublings from its own baseline, compound scaling "
        f"gains {gain:.1f} points, {join_words(parts)}; {describe_noise()}, or up to "
        f"{max(margin for _, margin in gaps):.2f} here."
    )
    return Judgement(f"Table 7, each from its own baseline ({version})", judge_gaps(gaps), evidence)


def _figure8() -> Judgement:
    figure = read_published_table("figure8")
    figure = figure[figure["clipped"] == "no"]
    curves = {str(name): published_curve(rows) for name, rows in figure.groupby("curve", sort=False)}
    compound = curves.pop(RULE)
    gaps = {name: curve_gaps(compound, other, above=compound[0][0]) for name, other in curves.items()}
    parts = [f"{name} by {format_range(gap for _, gap, _ in rows)} points" for name, rows in gaps.items()]
    starts = dict.fromkeys(f"{flops[0]:.2f}" for flops, _ in figure3_curves().values())
    evidence = (
        "Above the first point, which all curves share, compound scaling is ahead at equal FLOPs (multiply-adds) of "
        f"{join_words(parts)}; {describe_noise()}. The figure draws its single dimensions from {compound[0][0]:.2f} B, "
        f"Figure 3 the same networks from {join_words(starts)} B."
    )
    return Judgement("Figure 8", judge_gaps(gap[1:] for rows in gaps.values() for gap in rows), evidence)


def _measured(evidence: Evidence, options: VerdictOptions = ALL_PAIRS) -> list[Judgement]:
    """Judge every family and budget above the baseline's."""
    comparisons = budget_comparisons(evidence, options)
    return [_at_budget(comparison, describe_budget(comparison, evidence)) for comparison in comparisons]


def _at_budget(comparison: RuleComparison, where: str) -> Judgement:
    if RULE not in comparison.rules:
        return Judgement(where, UNDECIDED, f"Nothing can be compared: {exclusion_reason(comparison, RULE)}.")
    if RULE in comparison.off_rule:
        return Judgement(where, UNDECIDED, f"At this budget, {_describe_off_rule(comparison, RULE)}.")
    won, lost, parts, metric = 0, 0, list[str](), comparison.metric
    for rule in SINGLE_DIMENSIONS:
        pair = comparison.find_pair(RULE, rule)
        if rule in comparison.off_rule:
            parts.append(_describe_off_rule(comparison, rule))
        elif pair is None:
            parts.append(exclusion_reason(comparison, rule))
        elif not pair.is_planned:
            parts.append(f"{rule} is in no planned contrast with it")
        elif pair.estimate is None or pair.p is None:
            same = f"{rule} gives the same network"
            parts.append(same if pair.is_same_network else f"{rule} has too few seeds for an interval")
        else:
            sign = 1 if pair.first == RULE else -1
            won, lost = won + (pair.is_significant and sign > 0), lost + (pair.is_significant and sign < 0)
            value = format_signed_estimate(pair.estimate, sign, pair.metric)
            parts.append(f"{value} {pair.metric.unit} from {rule} (p = {pair.p:.2g})")
    evidence = (
        f"Compound scaling is significantly {metric.better} than {won} and {metric.worse} than {lost} of the "
        f"{len(SINGLE_DIMENSIONS)} single dimensions at equal FLOPs (multiply-adds), with Holm's correction over all "
        f"{describe_tested(comparison)}: {join_words(parts)}."
    )
    return Judgement(where, FAILS if lost else HOLDS if won == len(SINGLE_DIMENSIONS) else UNDECIDED, evidence)


def _describe_off_rule(comparison: RuleComparison, rule: str) -> str:
    shares = comparison.shares[rule]
    return (
        f"the network of {rule} is not that rule's: rounding gave it shares of depth, width and resolution of "
        f"{format_split(shares.obtained)} instead of {format_split(shares.requested)} %"
    )


def _dimension(row: str) -> str:
    return next((name for name in SINGLE_DIMENSIONS if name in row), row)


COMPOUND_SCALING = Claim(
    name="compound scaling",
    statement=(
        "In general, all scaling methods improve accuracy with the cost of more FLOPS, but our compound scaling method "
        "can further improve accuracy, by up to 2.5%, than other single-dimension scaling methods [...]"
    ),
    source="arXiv 1905.11946, section 6; section 5.1 says the same of MobileNets and ResNet-50",
    test=(
        "Holds at a budget if compound scaling is more accurate than each of depth, width and resolution alone; does "
        "not hold if it is less accurate than one of them. Rounding must leave all four within 0.1 of their shares of "
        "the budget. The rule has EfficientNet-B0's constants; the paper's step "
        "1, a search of them for each baseline, is not part of it. By how much is not judged."
    ),
    judge_published=_published,
    judge_measured=_measured,
    needs_options=True,
)
