"""Scaling curves: error = a + b FLOPs^-c for each rule of a setting, with 95 % bands. FLOPs are multiply-adds.

A curve is fitted to mean test errors over seeds, weighted by the variance due to seeds (`noise.compute_fit_weights`),
from the setting's 1x baseline through the budgets the rule met. Bands contain the middle 95 % of curves fitted to
redrawn means (`noise.draw_noise`), drawn jointly for all rules of a setting. They are valid if the errors follow such a
curve, which `ScalingCurve.misfit` tests. By loss, the error is the loss.
"""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from scaling_lab.analysis.arrays import FloatArray
from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.curves.budgets import CurvePoint, format_budgets
from scaling_lab.analysis.curves.rule_points import RulePoints, SettingNoise, list_rule_points
from scaling_lab.analysis.evidence import Evidence
from scaling_lab.analysis.metrics import ACCURACY, Metric
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.stats.contrast import CONFIDENCE
from scaling_lab.analysis.stats.curve_forms import clip_errors, compute_fit_p
from scaling_lab.analysis.stats.noise import (
    MIN_FIT_P,
    NOISE_DRAWS,
    compute_fit_weights,
    explain_unknown_noise,
)
from scaling_lab.analysis.stats.power_law import EXPONENT_BOUNDS, PowerLaw, fit_power_law

MIN_BUDGETS = 4
"""Budgets with different FLOPs, including the baseline, that the three coefficients need."""
EXTRAPOLATION = 2.0
"""A curve whose fit is accepted is evaluated up to this many times the largest measured FLOPs, and down to the smallest
divided by this; others are evaluated at the measured FLOPs only."""


@dataclass(frozen=True, eq=False)
class ScalingCurve:
    """The curve of a rule in a setting.

    Attributes:
        points: The rule's networks, by FLOPs.
        noise: Noise of all networks of the setting.
        law: The fit, in FLOPs divided by those of the first point; None if there is no curve.
        reason: Why there is no curve, as a clause; None if there is one.
    """

    setting: Setting
    rule: str
    points: tuple[CurvePoint, ...]
    noise: SettingNoise
    law: PowerLaw | None
    reason: str | None

    @property
    def metric(self) -> Metric:
        """The measurement whose error, or loss, falls along the curve."""
        return self.points[0].cell.metric if self.points else ACCURACY

    @property
    def first_flops(self) -> float:
        """Smallest measured FLOPs."""
        return self.points[0].flops

    @property
    def may_extrapolate(self) -> bool:
        """Whether the fit was tested and not rejected, so that the curve may be read beyond the measured FLOPs."""
        return self.misfit is not None and self.misfit > MIN_FIT_P

    @property
    def valid_range(self) -> tuple[float, float]:
        """FLOPs between which the curve may be evaluated: half the smallest and twice the largest measured.

        Without an accepted fit the range ends at the measured FLOPs.
        """
        beyond = EXTRAPOLATION if self.may_extrapolate else 1.0
        return self.points[0].flops / beyond, self.points[-1].flops * beyond

    @property
    def a(self) -> float:
        """Limit of the error, 0 to 1, or of the loss for many FLOPs; NaN without a curve."""
        return float(self.law.a[0]) if self.law else float("nan")

    @property
    def b(self) -> float:
        """Error above a at one multiply-add; NaN without a curve."""
        return float(self.law.b[0] * self.first_flops**self.c) if self.law else float("nan")

    @property
    def c(self) -> float:
        """Exponent; NaN without a curve."""
        return float(self.law.c[0]) if self.law else float("nan")

    @property
    def is_flat(self) -> bool:
        """Whether the exponent is at its lower bound, so that the error does not visibly fall."""
        return self.law is not None and self.c < 1.01 * EXPONENT_BOUNDS[0]

    @cached_property
    def no_band_reason(self) -> str | None:
        """Why there is no band, as a clause; None if there is one."""
        return self.reason or explain_unknown_noise(self._cells)

    @cached_property
    def redrawn_law(self) -> PowerLaw | None:
        """Curves fitted to the means of each noise draw; None without a band."""
        noise = None if self.no_band_reason else self.noise.draws
        return None if noise is None else self._fit(self._errors - noise.select_cells(self._cells))

    @cached_property
    def misfit(self) -> float | None:
        """p value of residuals as large as these under the fitted curve; None without a band."""
        noise = None if self.no_band_reason else self.noise.draws
        if self.law is None or noise is None:
            return None
        return compute_fit_p(self._fit, self.law, self._x, noise.select_cells(self._cells))

    def accuracy(self, flops: FloatArray) -> FloatArray:
        """Return the fitted accuracy, 0 to 1, without checking the range.

        Raises:
            ValueError: There is no curve.
        """
        if self.law is None:
            raise ValueError(f"{self.rule} has no curve: {self.reason}")
        accuracy: FloatArray = 1 - self.law.errors_at(np.atleast_1d(flops) / self.first_flops)[0]
        return accuracy

    def band(self, flops: FloatArray, common: bool = True) -> tuple[FloatArray, FloatArray] | None:
        """Return the lower and upper ends of the 95 % interval of the accuracy; None without a band.

        Args:
            flops: Multiply-adds, shape (n,).
            common: Whether to include the shift that other test images cause in all networks of the setting alike.
                Without it, bands of one setting can be compared with each other (Cousineau 2005).

        Returns:
            Two arrays of shape (n,), clipped to 0 and 1; 1 less the loss, which may be negative, is clipped to 1 only.
        """
        noise = self.noise.draws
        if self.redrawn_law is None or noise is None:
            return None
        accuracy = 1 - self.redrawn_law.errors_at(np.atleast_1d(flops) / self.first_flops)
        shift = 0.0 if common else noise.common_image_shift[:, None]
        low, high = np.quantile(accuracy - shift, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)
        least = -np.inf if self.metric.is_loss else 0.0
        return np.clip(low, least, 1), np.clip(high, least, 1)

    def coefficient(self, name: str) -> tuple[float, float] | None:
        """Return the 95 % interval of a or c; None without a band."""
        if self.redrawn_law is None:
            return None
        low, high = np.quantile(getattr(self.redrawn_law, name), [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
        return float(low), float(high)

    @property
    def _cells(self) -> list[Cell]:
        return [point.cell for point in self.points]

    @property
    def _errors(self) -> FloatArray:
        return np.array([[1 - point.accuracy for point in self.points]])

    @property
    def _x(self) -> FloatArray:
        return np.array([point.flops for point in self.points]) / self.first_flops

    def _fit(self, errors: FloatArray) -> PowerLaw:
        return fit_power_law(self._x, clip_errors(errors, self.metric), compute_fit_weights(self._cells))


def fit_curves(evidence: Evidence, count: int = NOISE_DRAWS) -> list[ScalingCurve]:
    """Return the curve of each rule with budgets, fitted or with the reason why not, in the table's order.

    The last few are kept, because the answers, tables and figures of a study show the same curves.

    Args:
        evidence: The arms of a study.
        count: Number of noise draws.
    """
    return list(_fit_all(evidence, count))


@lru_cache(maxsize=4)
def _fit_all(evidence: Evidence, count: int) -> tuple[ScalingCurve, ...]:
    return tuple(_fit_curve(rule_points) for rule_points in list_rule_points(evidence, count))


def _fit_curve(rule_points: RulePoints) -> ScalingCurve:
    points, reason = rule_points.points, rule_points.reason
    if reason is None and len({point.flops for point in points}) < MIN_BUDGETS:
        budgets = f"only {format_budgets([point.times_flops for point in points])}" if points else "no budget"
        verb = "has a result" if len(points) < 2 else "have results"
        reason = f"{budgets} {verb} at the requested FLOPs, and a curve needs {MIN_BUDGETS}, including the baseline"
    unfitted = ScalingCurve(rule_points.setting, rule_points.rule, points, rule_points.noise, None, reason)
    return unfitted if reason else replace(unfitted, law=unfitted._fit(unfitted._errors))
