"""Observation 2: a network scaled in all dimensions beats one scaled in a single dimension.

Published: Figure 4 widens four networks. The one that is also deeper and finer (d=2.0, r=1.3) must be above each of the
other three at equal FLOPs, wherever both are drawn.

Measured: the best rule that spends its budget on all three dimensions against the best that spends it on one; which is
which is read off the networks, not off the rules' names, so that Dollar's rules and any other take part. The claim of
compound scaling is another one: its rule, against each of three. Both winners are picked by the accuracies that they
are then compared by; Holm's correction over all pairs of the budget covers that.
"""

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.compare import RuleComparison
from scaling_lab.analysis.evidence import Evidence
from scaling_lab.formatting import format_estimate
from scaling_lab.paper.claims.finding import FAILS, HOLDS, UNTOLD, Judged, span, verdict
from scaling_lab.paper.claims.measured import at_budget, budgets, pair_of
from scaling_lab.paper.claims.printed import ahead, curve, repeated
from scaling_lab.paper.tables import read_published_table

NAME = "balance"
STATEMENT = (
    "To pursue better accuracy and efficiency it is critical to balance all dimensions of width, depth and resolution: "
    "at equal FLOPs, width scaling is better with depth and resolution raised."
)
SOURCE = "arXiv 1905.11946, section 3.3, Observation 2 and Figure 4"

RAISED = "d=2.0,r=1.3"
SHARES = ("depth_share", "width_share", "resolution_share")
LEAST = 0.05
"""Share of the scaling that each dimension of a balanced network has; a network of one dimension has less in two."""


def published() -> list[Judged]:
    """The curve with both raised against each of the others."""
    curves = {str(name): curve(rows) for name, rows in read_published_table("figure4").groupby("curve", sort=False)}
    found = []
    for name, other in curves.items():
        if name == RAISED or RAISED not in curves:
            continue
        gaps = ahead(curves[RAISED], other)
        if not gaps:
            continue
        passed = sum(gap > needed for _, gap, needed in gaps)
        said = (
            f"From {gaps[0][0]:.2f} to {gaps[-1][0]:.2f} B FLOPs (multiply-adds) the curve {RAISED} is "
            f"{span(gap for _, gap, _ in gaps)} points above {name}, and by more than the noise at {passed} of "
            f"{len(gaps)} points ({repeated()}, which makes {span(needed for *_, needed in gaps)} between the "
            "points of two curves)."
        )
        found.append(Judged(f"Figure 4, {RAISED} against {name}", verdict(gap[1:] for gap in gaps), said))
    return found


def measured(evidence: Evidence) -> list[Judged]:
    """One finding a family and budget above the baseline's."""
    return [_at(evidence, comparison) for comparison in budgets(evidence)]


def dimensions(cell: Cell) -> int | None:
    """How many dimensions have a share of a network's scaling; None where that is not known."""
    shares = [cell.obtained.get(name, float("nan")) for name in SHARES]
    return None if any(share != share for share in shares) else sum(share >= LEAST for share in shares)


def _at(evidence: Evidence, comparison: RuleComparison) -> Judged:
    where = at_budget(comparison)
    cells = {
        arm.rule: arm.cell
        for arm in evidence.arms_of(comparison.setting)
        if arm.cell and arm.is_on_budget and arm.times_flops == comparison.level and arm.rule in comparison.rules
    }
    best: dict[int, str] = {}
    for count in (3, 1):
        rules = [rule for rule, cell in cells.items() if dimensions(cell) == count]
        if not rules:
            kind = "all three dimensions" if count == 3 else "one dimension alone"
            return Judged(where, UNTOLD, f"No finished network on this budget is known to be scaled in {kind}.")
        best[count] = max(rules, key=lambda rule: float(cells[rule].accuracy.mean()))
    pair = pair_of(comparison, best[3], best[1])
    if pair is None or pair.estimate is None or pair.p is None:
        few = f"{best[3]} and {best[1]} have fewer than three seeds each, or none that differ"
        return Judged(where, UNTOLD, f"No interval can be given: {few}.")
    sign = 1 if pair.first == best[3] else -1
    low, high = sorted(100 * sign * end for end in pair.estimate.interval())
    said = (
        f"The best of the rules of all three dimensions, {best[3]}, is "
        f"{format_estimate(100 * sign * pair.difference, low, high)} points from the best of one "
        f"dimension, {best[1]}, at equal FLOPs (multiply-adds); "
        f"p = {pair.p:.2g} by Holm over all pairs of the budget."
    )
    return Judged(where, UNTOLD if not pair.is_significant else HOLDS if sign > 0 else FAILS, said)
