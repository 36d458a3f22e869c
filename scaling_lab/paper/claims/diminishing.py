"""Observation 1: scaling one dimension improves accuracy, with diminishing returns.

The doublings of FLOPs between the smallest and the largest network are split into two halves; the accuracy in the
middle is interpolated linearly, in log FLOPs, between the neighboring points. The claim has two parts, and both must
show: the largest network is more accurate than the smallest, and the first half has more points per doubling than the
second. Two budgets are enough to refute the first part: a larger network that is less accurate.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import log2, sqrt

import numpy as np

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.evidence import Evidence
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.stats.contrast import MIN_SEEDS
from scaling_lab.analysis.stats.looks import Look
from scaling_lab.formatting import format_points, pluralize
from scaling_lab.paper.claims.finding import FAILS, HOLDS, UNDECIDED, Claim, Judgement, judge_gaps
from scaling_lab.paper.claims.measured import (
    SINGLE_DIMENSIONS,
    contrast_test,
    name_settings,
    scaled_cells,
    settings_at_recipe_lr,
)
from scaling_lab.paper.claims.printed import (
    Floats,
    describe_noise,
    figure3_curves,
    interpolation_weights,
    required_margin,
)

MIN_POINTS = 3
"""Networks that a curve needs, including the baseline."""


def half_weights(flops: Sequence[float] | Floats) -> tuple[Floats, Floats, Floats]:
    """Return weights of a curve's points: for its total gain, and for its gain per doubling in either half."""
    ends = (flops[0], sqrt(flops[0] * flops[-1]), flops[-1])
    first, middle, last = (interpolation_weights(flops, at) for at in ends)
    doublings = log2(flops[-1] / flops[0]) / 2
    return last - first, (middle - first) / doublings, (last - middle) / doublings


def _published() -> list[Judgement]:
    """Judge each panel of Figure 3."""
    judgements = []
    for name, (flops, top1) in figure3_curves().items():
        if len(flops) < MIN_POINTS:
            continue
        gain, early, late = half_weights(flops)
        margin = required_margin(early - late)
        gaps = [(float(gain @ top1), required_margin(gain)), (float((early - late) @ top1), margin)]
        evidence = (
            f"From {flops[0]:.2f} to {flops[-1]:.2f} B FLOPs (multiply-adds), top-1 rises by {gain @ top1:.2f} points: "
            f"{early @ top1:.2f} points per doubling in the first half of the doublings and {late @ top1:.2f} in the "
            f"second, a difference of {(early - late) @ top1:.2f}; {describe_noise()}, or {margin:.2f} for "
            "such a difference."
        )
        judgements.append(Judgement(f"Figure 3, {name}", judge_gaps(gaps), evidence))
    return judgements


def _measured(evidence: Evidence) -> list[Judgement]:
    """Judge every setting and rule of one dimension."""
    return [
        _rule(evidence, setting, rule)
        for setting in settings_at_recipe_lr(evidence)
        for rule in SINGLE_DIMENSIONS
        if any(arm.rule == rule for arm in evidence.arms_of(setting))
    ]


def _rule(evidence: Evidence, setting: Setting, rule: str) -> Judgement:
    where = f"{name_settings(evidence)[setting]}, {rule}"
    points, metric = scaled_cells(evidence, setting, rule), evidence.metric
    if len(points) < 2 or not np.isclose(points[0][0], 1):
        budgets = ", ".join(f"{times:.3g}" for times, _ in points) or "none"
        reason = (
            f"The baseline and a larger budget are needed, with {MIN_SEEDS} seeds each; available, in multiples of "
            f"the baseline's FLOPs (multiply-adds): {budgets}."
        )
        return Judgement(where, UNDECIDED, reason)
    steps = [
        (start, stop, contrast_test([(stop[1], 1.0), (start[1], -1.0)], evidence.looks))
        for start, stop in pairwise(points)
    ]
    tests = len(steps) + (2 if len(points) >= MIN_POINTS else 0)
    for (start, _), (stop, _), change in steps:
        if change is not None and change.is_below(tests):
            text = (
                f"From {start:.3g} to {stop:.3g} times the baseline's FLOPs (multiply-adds) {metric.quantity} falls: "
                f"it changes by {change} {metric.unit} (95 % interval; significant after a correction for "
                f"{pluralize(tests, 'test')}). Scaling up does not improve it, whether or not gains diminish."
            )
            return Judgement(where, FAILS, text)
    if len(points) < MIN_POINTS:
        text = (
            f"From 1 to {points[-1][0]:.3g} times the baseline's FLOPs (multiply-adds) {metric.quantity} changes by "
            f"{steps[0][2] or 'an amount without an interval'} {metric.unit}, which does not refute the claim; whether "
            "gains diminish takes a third budget."
        )
        return Judgement(where, UNDECIDED, text)
    return _halves(where, points, tests, evidence.looks)


def _halves(where: str, points: Sequence[tuple[float, Cell]], tests: int, looks: Sequence[Look]) -> Judgement:
    """Judge three or more networks by their total gain and the difference between its halves."""
    flops, cells = [times for times, _ in points], [cell for _, cell in points]
    gain, early, late = (list(zip(cells, map(float, row), strict=True)) for row in half_weights(flops))
    bend = [(cell, a - b) for (cell, a), (_, b) in zip(early, late, strict=True)]
    total, difference = contrast_test(gain, looks), contrast_test(bend, looks)
    if total is None or difference is None:
        return Judgement(where, UNDECIDED, "The seeds of these networks do not differ, so there is no interval.")
    holds, fails = total.is_above and difference.is_above, total.is_below(tests) or difference.is_below(tests)
    metric = total.metric
    slopes = [sum(weight * float(cell.accuracy.mean()) for cell, weight in half) for half in (early, late)]
    first, second = (format_points(metric.scale * slope / 100, 2 + metric.digits) for slope in slopes)
    text = (
        f"From 1 to {flops[-1]:.3g} times the baseline's FLOPs (multiply-adds), over {len(points)} networks, "
        f"{metric.quantity} rises by {total} {metric.unit}: {first} {metric.unit} per doubling in the first half of "
        f"the doublings and {second} in the second, a difference of {difference}; brackets are 95 % intervals."
    )
    return Judgement(where, HOLDS if holds else FAILS if fails else UNDECIDED, text)


DIMINISHING_RETURNS = Claim(
    name="diminishing returns",
    statement=(
        "Scaling up any dimension of network width, depth, or resolution improves accuracy, but the accuracy gain "
        "diminishes for bigger models."
    ),
    source="arXiv 1905.11946, section 3.2, Observation 1",
    test=(
        "Holds for a dimension if the largest network is more accurate than the baseline and the first half of the "
        "doublings of FLOPs brings more points per doubling than the second; does not hold if a larger network is less "
        "accurate than the next smaller one, or if the second half brings more."
    ),
    judge_published=_published,
    judge_measured=_measured,
)
