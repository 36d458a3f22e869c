"""Scaling curves: error = a + b FLOPs^-c for each rule of a setting, with 95 % bands. FLOPs are multiply-adds.

A curve is fitted to mean test errors over seeds, weighted by the variance of seeds (`noise.weights`), from the
setting's 1x baseline through the budgets the rule met. Bands are the middle 95 % of fits to redrawn means
(`noise.draws`), jointly for all rules of a setting. They hold if errors follow such a curve: `Curve.misfit`.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scaling_lab.analysis.curves.budgets import CurvePoint, collect_curve_points, format_budgets
from scaling_lab.analysis.evidence import Cell, Evidence, Setting
from scaling_lab.analysis.stats.contrast import CONFIDENCE
from scaling_lab.analysis.stats.noise import (
    NOISE_DRAWS,
    NoiseDraws,
    compute_fit_weights,
    draw_noise,
    explain_unknown_noise,
)
from scaling_lab.analysis.stats.power_law import EXPONENT_BOUNDS, PowerLaw, fit_power_law

Array = NDArray[np.float64]

MIN_BUDGETS = 4
"""Budgets with different FLOPs, the baseline's included, that three coefficients need."""
EXTRAPOLATION = 2.0
"""How many times the largest measured FLOPs, or a part of the smallest, a curve is read at."""


@dataclass(frozen=True, eq=False)
class SettingNoise:
    """The networks of a setting, and draws of their noise, made when first asked for."""

    cells: tuple[Cell, ...]
    count: int

    @cached_property
    def draws(self) -> NoiseDraws | None:
        """None where the noise is not known."""
        return draw_noise(self.cells, self.count)


@dataclass(frozen=True, eq=False)
class ScalingCurve:
    """A rule's curve in a setting. law: in FLOPs over those of the first point; None with the reason in words.

    points: by FLOPs. Without a band, `no_band` says why.
    """

    setting: Setting
    rule: str
    points: tuple[CurvePoint, ...]
    noise: SettingNoise
    law: PowerLaw | None
    reason: str | None

    @property
    def first_flops(self) -> float:
        """The smallest measured FLOPs."""
        return self.points[0].flops

    @property
    def valid_range(self) -> tuple[float, float]:
        """FLOPs between which the curve may be read: half the smallest and twice the largest measured."""
        return self.points[0].flops / EXTRAPOLATION, self.points[-1].flops * EXTRAPOLATION

    @property
    def a(self) -> float:
        """The error that no FLOPs go below, 0 to 1; NaN without a curve."""
        return float(self.law.a[0]) if self.law else float("nan")

    @property
    def b(self) -> float:
        """What is above a at 1 multiply-add; NaN without a curve."""
        return float(self.law.b[0] * self.first_flops**self.c) if self.law else float("nan")

    @property
    def c(self) -> float:
        """The exponent; NaN without a curve."""
        return float(self.law.c[0]) if self.law else float("nan")

    @property
    def is_flat(self) -> bool:
        """Whether the exponent is at its lower bound: no fall can be seen."""
        return self.law is not None and self.c < 1.01 * EXPONENT_BOUNDS[0]

    @cached_property
    def no_band_reason(self) -> str | None:
        """Why there is no band; None where there is one."""
        return self.reason or explain_unknown_noise(self._cells)

    @cached_property
    def redrawn_law(self) -> PowerLaw | None:
        """A curve a draw of the setting's noise; None without a band."""
        noise = None if self.no_band_reason else self.noise.draws
        return None if noise is None else self._fit(self._errors - noise.select_cells(self._cells))

    @cached_property
    def misfit(self) -> float | None:
        """p of residuals as large as these if the curve were the truth; None without a band."""
        noise = None if self.no_band_reason else self.noise.draws
        if self.law is None or noise is None:
            return None
        ideal = self.law.errors_at(self._x) - noise.select_cells(self._cells)
        return float((self._fit(ideal).residual_squares >= self.law.residual_squares[0]).mean())

    def accuracy(self, flops: Array) -> Array:
        """Fitted accuracy, 0 to 1, without a check of the range. Raises ValueError without a curve."""
        if self.law is None:
            raise ValueError(f"{self.rule} has no curve: {self.reason}")
        found: Array = 1 - self.law.errors_at(np.atleast_1d(flops) / self.first_flops)[0]
        return found

    def band(self, flops: Array, common: bool = True) -> tuple[Array, Array] | None:
        """Lower and upper end of the accuracy's 95 % interval at each of some FLOPs; None without a band.

        common: with what other test pictures would do to all networks of the setting alike; without it, bands of one
        setting may be compared with each other (Cousineau 2005). Ends stop at 0 and 1.
        """
        noise = self.noise.draws
        if self.redrawn_law is None or noise is None:
            return None
        found = 1 - self.redrawn_law.errors_at(np.atleast_1d(flops) / self.first_flops)
        shift = 0.0 if common else noise.common_image_shift[:, None]
        low, high = np.quantile(found - shift, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)
        return np.clip(low, 0, 1), np.clip(high, 0, 1)

    def coefficient(self, name: str) -> tuple[float, float] | None:
        """95 % interval of a or c; None without a band."""
        if self.redrawn_law is None:
            return None
        low, high = np.quantile(getattr(self.redrawn_law, name), [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
        return float(low), float(high)

    @property
    def _cells(self) -> list[Cell]:
        return [point.cell for point in self.points]

    @property
    def _errors(self) -> Array:
        return np.array([[1 - point.accuracy for point in self.points]])

    @property
    def _x(self) -> Array:
        return np.array([point.flops for point in self.points]) / self.first_flops

    def _fit(self, errors: Array) -> PowerLaw:
        return fit_power_law(self._x, np.clip(errors, 1e-9, 1.0), compute_fit_weights(self._cells))


@dataclass(frozen=True)
class Prediction:
    """Accuracy at some FLOPs, 0 to 1, and its 95 % interval; None where there is none."""

    flops: float
    accuracy: float
    interval: tuple[float, float] | None


def fit_curves(evidence: Evidence, count: int = NOISE_DRAWS) -> list[ScalingCurve]:
    """A curve a rule of budgets, fitted or with the reason why not, in the table's order. count: draws of the noise."""
    found = []
    for setting in evidence.settings:
        ways = collect_curve_points(evidence.arms_of(setting))
        cells = dict.fromkeys(point.cell for way, _ in ways.values() for point in way)
        joint = SettingNoise(tuple(cells), count)
        found += [_curve(setting, rule, *way, joint) for rule, way in ways.items()]
    return found


def predict_accuracy(curve: ScalingCurve, flops: float) -> Prediction:
    """The curve's accuracy. Raises ValueError without a curve, and beyond its range, naming the limit."""
    at = np.array([flops], dtype=float)
    accuracy = float(curve.accuracy(at)[0])
    low, high = curve.valid_range
    if not low <= flops <= high:
        raise ValueError(
            f"flops is {flops:g}; {curve.rule} was measured from {low * EXTRAPOLATION:g} to {high / EXTRAPOLATION:g} "
            f"and is predicted from {low:g} (half the smallest) to {high:g} (twice the largest)"
        )
    band = curve.band(at)
    return Prediction(flops, accuracy, (float(band[0][0]), float(band[1][0])) if band else None)


def _curve(
    setting: Setting, rule: str, points: tuple[CurvePoint, ...], why: str | None, joint: SettingNoise
) -> ScalingCurve:
    if why is None and len({point.flops for point in points}) < MIN_BUDGETS:
        there = f"only {format_budgets([each.times_flops for each in points])}" if points else "no budget"
        verb = "has a result" if len(points) < 2 else "have results"
        why = f"{there} {verb} at the FLOPs asked, and a curve needs {MIN_BUDGETS} budgets, the baseline included"
    bare = ScalingCurve(setting, rule, points, joint, None, why)
    return bare if why else ScalingCurve(setting, rule, points, joint, bare._fit(bare._errors), None)
