"""Gains of accuracy per doubling of FLOPs between neighbouring budgets of a rule, without a fit.

The first observation of Tan and Le (2019): scaling up any dimension improves accuracy, but the gain diminishes for
bigger networks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log2

from scaling_lab.analysis.curves.budgets import CurvePoint, collect_curve_points
from scaling_lab.analysis.evidence import Evidence
from scaling_lab.analysis.metrics import Metric
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.stats.contrast import Estimate, estimate_contrast
from scaling_lab.analysis.stats.noise import explain_unknown_noise
from scaling_lab.analysis.stats.seed_correlation import correlate_seeds

SATURATION_RATIO = 0.25
"""A gain below this part of the first one counts as saturated."""


@dataclass(frozen=True, eq=False)
class Gain:
    """Accuracy gained per doubling of FLOPs from one network to the next.

    Attributes:
        start: The smaller network.
        stop: The larger network.
        value: The gain, 0 to 1.
        estimate: The gain with its uncertainty, if known.
    """

    start: CurvePoint
    stop: CurvePoint
    value: float
    estimate: Estimate | None

    @property
    def metric(self) -> Metric:
        """The measurement that is gained."""
        return self.start.cell.metric

    @property
    def is_above_zero(self) -> bool:
        """Whether the gain is significantly above 0."""
        return self.estimate is not None and self.estimate.interval()[0] > 0

    @property
    def is_below_zero(self) -> bool:
        """Whether the gain is significantly below 0."""
        return self.estimate is not None and self.estimate.interval()[1] < 0


@dataclass(frozen=True, eq=False)
class Growth:
    """A rule's gains by FLOPs.

    Attributes:
        gains: Gains between neighbouring networks.
        saturates_from: The network from which no gain is both significantly above 0 and at least a quarter of the
            first; None if the last gain is, or if there is no verdict.
        reason: Why there is no verdict, as a clause; None if there is one.
    """

    setting: Setting
    rule: str
    gains: tuple[Gain, ...]
    saturates_from: CurvePoint | None
    reason: str | None

    @property
    def is_growing(self) -> bool:
        """Whether the last gain is significantly above 0 and at least a quarter of the first."""
        return self.reason is None and self.saturates_from is None


def measure_growth(evidence: Evidence) -> list[Growth]:
    """Return the gains of each rule with budgets, in the table's order."""
    return [
        _measure_rule(setting, rule, points, reason)
        for setting in evidence.settings
        for rule, (points, reason) in collect_curve_points(evidence.arms_of(setting)).items()
    ]


def _measure_rule(setting: Setting, rule: str, points: tuple[CurvePoint, ...], reason: str | None) -> Growth:
    steps = [] if reason else [(start, stop) for start, stop in pairwise(points) if stop.flops > start.flops]
    correlation = correlate_seeds([point.cell for point in points])
    paired = correlation is not None and correlation.is_significant
    gains = tuple(_measure_gain(start, stop, paired) for start, stop in steps)
    if not reason and not gains:
        reason = "a gain needs two budgets with results"
    if not reason and any(gain.estimate is None for gain in gains):
        reason = explain_unknown_noise([point.cell for point in points]) or "all seeds answer alike"
    return Growth(setting, rule, gains, None if reason else _find_saturation(gains), reason)


def _measure_gain(start: CurvePoint, stop: CurvePoint, paired: bool) -> Gain:
    doublings = log2(stop.flops / start.flops)
    estimate = estimate_contrast([(stop.cell, 1 / doublings), (start.cell, -1 / doublings)], paired)
    return Gain(start, stop, (stop.accuracy - start.accuracy) / doublings, estimate)


def _find_saturation(gains: Sequence[Gain]) -> CurvePoint | None:
    first = gains[0]
    saturated = [
        not gain.is_above_zero or (first.is_above_zero and gain.value < SATURATION_RATIO * first.value)
        for gain in gains
    ]
    start = None
    for gain, is_saturated in zip(reversed(gains), reversed(saturated), strict=True):
        if not is_saturated:
            break
        start = gain.start
    return start
