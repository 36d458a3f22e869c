"""Observation 2: it is critical to balance all dimensions.

Published: Figure 4 widens four networks. The paper draws the observation from two of them: the one that is also deeper
and has a larger side (d=2.0, r=1.3; the text prints r=2.0) against the one that is only widened (d=1.0, r=1.0). The
first must be above the second at equal FLOPs, over the range of both curves.

Measured: the best rule that scales all three dimensions is compared with the best rule that scales one. Which is which
depends on the networks, not on the rules' names, so that Dollar's rules and any others take part. The claim of compound
scaling is a different one: its rule compared with each of three. Both winners are chosen by the accuracies that are
then compared; Holm's correction over all pairs of the budget covers this choice.
"""

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.compare import RuleComparison
from scaling_lab.analysis.evidence import Evidence
from scaling_lab.analysis.obtained_scaling import OBTAINED_SHARES
from scaling_lab.analysis.rule_pairs import ALL_PAIRS
from scaling_lab.analysis.text.metrics import format_signed_estimate
from scaling_lab.analysis.verdict_options import VerdictOptions
from scaling_lab.paper.claims.finding import FAILS, HOLDS, UNDECIDED, Claim, Judgement, format_range, judge_gaps
from scaling_lab.paper.claims.measured import budget_comparisons, describe_budget, describe_tested
from scaling_lab.paper.claims.printed import curve_gaps, describe_noise, published_curve
from scaling_lab.paper.tables import read_published_table

RAISED_CURVE, WIDENED_CURVE = "d=2.0,r=1.3", "d=1.0,r=1.0"
MIN_SHARE = 0.05
"""Share of the scaling from which a dimension counts as scaled."""


def _published() -> list[Judgement]:
    """Judge the curve with both depth and side raised against the one that is only widened."""
    table = read_published_table("figure4")
    raised, widened = (published_curve(table[table["curve"] == name]) for name in (RAISED_CURVE, WIDENED_CURVE))
    gaps = curve_gaps(raised, widened)
    passed = sum(gap > margin for _, gap, margin in gaps)
    evidence = (
        f"From {gaps[0][0]:.2f} to {gaps[-1][0]:.2f} B FLOPs (multiply-adds) the curve {RAISED_CURVE} is "
        f"{format_range(gap for _, gap, _ in gaps)} points above {WIDENED_CURVE}, and by more than the noise at "
        f"{passed} of {len(gaps)} points ({describe_noise()}, or {format_range(margin for *_, margin in gaps)} "
        "points between two curves)."
    )
    verdict = judge_gaps(gap[1:] for gap in gaps)
    return [Judgement(f"Figure 4, {RAISED_CURVE} against {WIDENED_CURVE}", verdict, evidence)]


def _measured(evidence: Evidence, options: VerdictOptions = ALL_PAIRS) -> list[Judgement]:
    """Judge every family and budget above the baseline's."""
    return [_at_budget(evidence, comparison) for comparison in budget_comparisons(evidence, options)]


def count_dimensions(cell: Cell) -> int | None:
    """Return how many dimensions of a network are scaled; None if that is not known."""
    shares = [cell.obtained.get(name, float("nan")) for name in OBTAINED_SHARES]
    return None if any(share != share for share in shares) else sum(share >= MIN_SHARE for share in shares)


def _at_budget(evidence: Evidence, comparison: RuleComparison) -> Judgement:
    where = describe_budget(comparison, evidence)
    cells = {
        arm.rule: arm.cell
        for arm in evidence.arms_of(comparison.setting)
        if arm.cell and arm.is_on_budget and arm.times_flops == comparison.level and arm.rule in comparison.rules
    }
    best: dict[int, str] = {}
    for dimensions in (3, 1):
        rules = [rule for rule, cell in cells.items() if count_dimensions(cell) == dimensions]
        if not rules:
            kind = "all three dimensions" if dimensions == 3 else "one dimension alone"
            reason = f"No finished network on this budget is known to be scaled in {kind}."
            return Judgement(where, UNDECIDED, reason)
        best[dimensions] = max(rules, key=lambda rule: float(cells[rule].accuracy.mean()))
    pair = comparison.find_pair(best[3], best[1])
    if pair is not None and not pair.is_planned:
        reason = f"The best rules, {best[3]} and {best[1]}, are no planned contrast, so they are not tested."
        return Judgement(where, UNDECIDED, reason)
    if pair is None or pair.estimate is None or pair.p is None:
        reason = f"{best[3]} and {best[1]} have fewer than three seeds each, or none that differ"
        return Judgement(where, UNDECIDED, f"There is no interval: {reason}.")
    sign = 1 if pair.first == best[3] else -1
    difference = format_signed_estimate(pair.estimate, sign, pair.metric)
    text = (
        f"The best rule that scales all three dimensions, {best[3]}, differs from the best that scales one, {best[1]}, "
        f"by {difference} {pair.metric.unit} at equal FLOPs (multiply-adds); "
        f"p = {pair.p:.2g}, with Holm's correction over all {describe_tested(comparison)}."
    )
    return Judgement(where, UNDECIDED if not pair.is_significant else HOLDS if sign > 0 else FAILS, text)


BALANCE = Claim(
    name="balance",
    statement=(
        "With deeper (d=2.0) and higher resolution (r=2.0), width scaling achieves much better accuracy under the same "
        "FLOPS cost. [...] In order to pursue better accuracy and efficiency, it is critical to balance all dimensions "
        "of network width, depth, and resolution during ConvNet scaling."
    ),
    source="arXiv 1905.11946, section 3.3, the sentence before Observation 2, and Observation 2",
    test=(
        "Holds at a budget if the best rule that scales all three dimensions is more accurate than the best that "
        "scales one; does not hold if it is less accurate. That balance is critical, no such difference can show."
    ),
    judge_published=_published,
    judge_measured=_measured,
    needs_options=True,
)
