"""Fit a form of curve to the networks of a rule at some budgets, and compare its prediction with another network."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scaling_lab.analysis.arrays import FloatArray
from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.curves.budgets import CurvePoint
from scaling_lab.analysis.curves.fit import SettingNoise
from scaling_lab.analysis.stats.contrast import CONFIDENCE, estimate_contrast
from scaling_lab.analysis.stats.curve_forms import CurveForm, FittedForm, clip_errors, compute_fit_p, weights_of_points
from scaling_lab.analysis.stats.noise import (
    MIN_FIT_P,
    compute_fit_weights,
    explain_unknown_noise,
    smooth_seed_variances,
)


@dataclass(frozen=True, eq=False)
class FormFit:
    """A form fitted to the mean test errors of some budgets of a rule.

    Attributes:
        form: The form.
        points: The fitted networks, by FLOPs, each with FLOPs of its own.
        noise: Noise of the networks of the setting.
        paired: Whether networks are compared seed by seed.
    """

    form: CurveForm
    points: tuple[CurvePoint, ...]
    noise: SettingNoise
    paired: bool

    @cached_property
    def p(self) -> float | None:
        """p value of residuals as large as these under the form.

        None if the form has as many coefficients as there are budgets, or if the noise is unknown.
        """
        if self._deviations is None or not self.is_testable:
            return None
        return compute_fit_p(self._fit, self._fitted, self._x, self._deviations)

    @property
    def is_testable(self) -> bool:
        """Whether there are more budgets than coefficients."""
        return len(self.points) > self.form.parameters

    @property
    def is_accepted(self) -> bool:
        """Whether the fit was tested and not rejected."""
        return self.p is not None and self.p > MIN_FIT_P

    @cached_property
    def information(self) -> float | None:
        """Akaike's criterion, for noise as estimated from seeds; None if that is unknown."""
        if explain_unknown_noise(self._cells):
            return None
        variances = smooth_seed_variances(self._cells) / [len(cell.seeds) for cell in self._cells]
        residuals = self._errors[0] - self._fitted.errors_at(self._x)[0]
        return float((residuals**2 / variances).sum()) + 2 * self.form.parameters

    def predict(self, target: CurvePoint) -> float:
        """Return the predicted accuracy of a network, 0 to 1, or 1 less its loss; the form may leave these bounds."""
        return 1 - float(self._fitted.errors_at(self._place(target))[0, 0])

    def miss_interval(self, target: CurvePoint) -> tuple[float, float] | None:
        """Return the 95 % interval of measured minus predicted accuracy, for other seeds and other test images.

        Exact for the noise of a weighted sum of means (`stats.contrast`) if the prediction is one, otherwise from fits
        to redrawn means. None if the noise of a network is unknown.
        """
        if self._deviations is None or explain_unknown_noise([target.cell]):
            return None
        if self.form.linear_basis is not None:
            basis, weights = self.form.linear_basis, compute_fit_weights(self._cells)
            parts = weights_of_points(basis, self._x, weights, self._place(target))[0]
            estimate = estimate_contrast([(target.cell, 1.0), *zip(self._cells, -parts, strict=True)], self.paired)
            return None if estimate is None else estimate.interval()
        draws = self.noise.draws
        if draws is None:
            return None
        predicted = 1 - self._redrawn.errors_at(self._place(target))[:, 0]
        misses = target.accuracy + draws.select_cells([target.cell])[:, 0] - predicted
        low, high = np.quantile(misses, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
        return float(low), float(high)

    @cached_property
    def _fitted(self) -> FittedForm:
        return self._fit(self._errors)

    @cached_property
    def _redrawn(self) -> FittedForm:
        if self._deviations is None:
            raise ValueError("the noise of the fitted networks is unknown")
        return self._fit(self._errors - self._deviations)

    @cached_property
    def _deviations(self) -> FloatArray | None:
        draws = None if explain_unknown_noise(self._cells) else self.noise.draws
        return None if draws is None else draws.select_cells(self._cells)

    @cached_property
    def _cells(self) -> Sequence[Cell]:
        return [point.cell for point in self.points]

    @cached_property
    def _errors(self) -> FloatArray:
        return np.array([[1 - point.accuracy for point in self.points]])

    @cached_property
    def _x(self) -> FloatArray:
        return np.array([point.flops for point in self.points]) / self.points[0].flops

    def _place(self, target: CurvePoint) -> FloatArray:
        return np.array([target.flops / self.points[0].flops])

    def _fit(self, errors: FloatArray) -> FittedForm:
        return self.form.fit(self._x, clip_errors(errors, self.points[0].cell.metric), compute_fit_weights(self._cells))
