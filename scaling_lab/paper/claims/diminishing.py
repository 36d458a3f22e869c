"""Observation 1: scaling one dimension improves accuracy, less and less.

The doublings of FLOPs between the smallest and the largest network are cut in half; the accuracy in the middle is read
off the straight line, in log FLOPs, between the points beside it. Both parts of the claim must show: the largest
network is better than the smallest, and the first half has more points per doubling than the second.
"""

from collections.abc import Sequence
from math import log2, sqrt

import numpy as np

from scaling_lab.analysis.evidence import Evidence, Setting
from scaling_lab.analysis.stats.contrast import MIN_SEEDS
from scaling_lab.paper.claims.finding import FAILS, HOLDS, UNTOLD, Judged, verdict
from scaling_lab.paper.claims.measured import SINGLES, place, rising, tested, usual
from scaling_lab.paper.claims.printed import Floats, figure3, margin, repeated, weights_at

NAME = "diminishing returns"
STATEMENT = (
    "Scaling up any dimension of network width, depth or resolution improves accuracy, but the gain diminishes for "
    "bigger models."
)
SOURCE = "arXiv 1905.11946, section 3.2, Observation 1 and Figure 3"

POINTS = 3
"""Networks that a curve needs, the baseline included."""


def halves(flops: Sequence[float] | Floats) -> tuple[Floats, Floats, Floats]:
    """Weights of a curve's points that give its whole gain, and its gain per doubling in either half."""
    first, middle, last = (weights_at(flops, x) for x in (flops[0], sqrt(flops[0] * flops[-1]), flops[-1]))
    doublings = log2(flops[-1] / flops[0]) / 2
    return last - first, (middle - first) / doublings, (last - middle) / doublings


def published() -> list[Judged]:
    """One finding a panel of Figure 3."""
    found = []
    for name, (flops, top1) in figure3().items():
        if len(flops) < POINTS:
            continue
        gain, early, late = halves(flops)
        needed = margin(early - late)
        gaps = [(float(gain @ top1), margin(gain)), (float((early - late) @ top1), needed)]
        said = (
            f"From {flops[0]:.2f} to {flops[-1]:.2f} B FLOPs (multiply-adds) top-1 goes up by {gain @ top1:.2f} "
            f"points: {early @ top1:.2f} points per doubling in the first half of the doublings and {late @ top1:.2f} "
            f"in the second, a difference of {(early - late) @ top1:.2f}; {repeated()}, which makes {needed:.2f} for "
            "such a difference."
        )
        found.append(Judged(f"Figure 3, {name}", verdict(gaps), said))
    return found


def measured(evidence: Evidence) -> list[Judged]:
    """One finding a rule of one dimension and setting."""
    return [
        _measured(evidence, setting, rule)
        for setting in usual(evidence)
        for rule in SINGLES
        if any(arm.rule == rule for arm in evidence.arms_of(setting))
    ]


def _measured(evidence: Evidence, setting: Setting, rule: str) -> Judged:
    where = f"{place(setting)}, {rule}"
    points = rising(evidence, setting, rule)
    if len(points) < POINTS or not np.isclose(points[0][0], 1):
        have = ", ".join(f"{times:.3g}" for times, _ in points) or "none"
        needs = (
            f"The baseline and two larger budgets with {MIN_SEEDS} seeds each are needed; there are, in times its FLOPs"
        )
        return Judged(where, UNTOLD, f"{needs} (multiply-adds): {have}.")
    flops, cells = [times for times, _ in points], [cell for _, cell in points]
    gain, early, late = (list(zip(cells, map(float, row), strict=True)) for row in halves(flops))
    bend = [(cell, a - b) for (cell, a), (_, b) in zip(early, late, strict=True)]
    whole, more = tested(gain), tested(bend)
    if whole is None or more is None:
        return Judged(where, UNTOLD, "No seed of these networks differs from another, so there is no interval.")
    holds, fails = whole.above and more.above, whole.below(2) or more.below(2)
    slopes = [100 * sum(weight * float(cell.accuracy.mean()) for cell, weight in half) for half in (early, late)]
    said = (
        f"From 1 to {flops[-1]:.3g} times the baseline's FLOPs (multiply-adds), {len(points)} networks, accuracy goes "
        f"up by {whole} points: {slopes[0]:.2f} points per doubling in the first half of the doublings and "
        f"{slopes[1]:.2f} in the second, a difference of {more}; brackets are 95 % intervals."
    )
    return Judged(where, HOLDS if holds else FAILS if fails else UNTOLD, said)
