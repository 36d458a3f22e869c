"""Whether accuracy still grows with FLOPs: the gain of a doubling between neighbouring budgets of a rule. No fit.

The paper's first observation: scaling up any dimension improves accuracy, but the gain diminishes for bigger networks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log2

from scaling_lab.analysis.curves.budgets import CurvePoint, collect_curve_points
from scaling_lab.analysis.evidence import Evidence, Setting
from scaling_lab.analysis.stats.contrast import Estimate, estimate_contrast
from scaling_lab.analysis.stats.noise import explain_unknown_noise
from scaling_lab.analysis.stats.seed_correlation import correlate_seeds

SATURATION_RATIO = 0.25
"""Of the first gain, below which a later one counts as saturated."""


@dataclass(frozen=True, eq=False)
class Gain:
    """Accuracy (0 to 1) won a doubling of FLOPs from one network to the next; estimate: its interval, where known."""

    start: CurvePoint
    stop: CurvePoint
    value: float
    estimate: Estimate | None

    @property
    def is_above_zero(self) -> bool:
        """Whether it can be told to be above 0."""
        return self.estimate is not None and self.estimate.interval()[0] > 0

    @property
    def is_below_zero(self) -> bool:
        """Whether it can be told to be below 0."""
        return self.estimate is not None and self.estimate.interval()[1] < 0


@dataclass(frozen=True, eq=False)
class Growth:
    """A rule's gains by FLOPs.

    since: the network from which on no doubling's gain is both told to be above 0 and at least a quarter of the first;
    None while the last gain is, or where `reason` says why there is no verdict.
    """

    setting: Setting
    rule: str
    gains: tuple[Gain, ...]
    saturates_from: CurvePoint | None
    reason: str | None

    @property
    def is_growing(self) -> bool:
        """Whether the last doubling is told to be above 0 and at least a quarter of the first."""
        return self.reason is None and self.saturates_from is None


def measure_growth(evidence: Evidence) -> list[Growth]:
    """The gains of each rule of budgets, in the table's order."""
    return [
        _growth(setting, rule, points, why)
        for setting in evidence.settings
        for rule, (points, why) in collect_curve_points(evidence.arms_of(setting)).items()
    ]


def _growth(setting: Setting, rule: str, points: tuple[CurvePoint, ...], why: str | None) -> Growth:
    steps = [] if why else [pair for pair in pairwise(points) if pair[1].flops > pair[0].flops]
    pairing = correlate_seeds([point.cell for point in points])
    gains = tuple(_gain(a, b, pairing is not None and pairing.is_significant) for a, b in steps)
    if not why and not gains:
        why = "a gain needs two budgets with results"
    if not why and any(gain.estimate is None for gain in gains):
        why = explain_unknown_noise([point.cell for point in points]) or "no seed differs from another"
    return Growth(setting, rule, gains, None if why else _since(gains), why)


def _gain(start: CurvePoint, stop: CurvePoint, paired: bool) -> Gain:
    doublings = log2(stop.flops / start.flops)
    estimate = estimate_contrast([(stop.cell, 1 / doublings), (start.cell, -1 / doublings)], paired)
    return Gain(start, stop, (stop.accuracy - start.accuracy) / doublings, estimate)


def _since(gains: Sequence[Gain]) -> CurvePoint | None:
    first = gains[0]
    slow = [
        not gain.is_above_zero or (first.is_above_zero and gain.value < SATURATION_RATIO * first.value)
        for gain in gains
    ]
    found = None
    for gain, each in zip(reversed(gains), reversed(slow), strict=True):
        if not each:
            break
        found = gain.start
    return found
