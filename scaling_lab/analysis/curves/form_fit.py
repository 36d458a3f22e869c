"""Fit a form of curve to the networks of a rule at some budgets, and compare its prediction with another network."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scaling_lab.analysis.arrays import FloatArray
from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.curves.budgets import CurvePoint, format_budgets
from scaling_lab.analysis.curves.rule_points import SettingNoise
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

    def predict(self, flops: float) -> float:
        """Return the predicted accuracy of a network, 0 to 1, or 1 less its loss; the form may leave these bounds."""
        return 1 - float(self._fitted.errors_at(self._place(flops))[0, 0])

    def interval(self, flops: float) -> tuple[float, float] | None:
        """Return the 95 % interval of the predicted accuracy for other seeds and test images, computed as for a miss.

        None if the noise of a fitted network is unknown.
        """
        if self._deviations is None:
            return None
        if (parts := self._weights_at(flops)) is not None:
            estimate = estimate_contrast(list(zip(self._cells, parts, strict=True)), self.paired)
            return None if estimate is None else estimate.interval()
        return _middle(1 - self._redrawn.errors_at(self._place(flops))[:, 0])

    def miss_interval(self, target: CurvePoint) -> tuple[float, float] | None:
        """Return the 95 % interval of measured minus predicted accuracy, for other seeds and other test images.

        Exact for the noise of a weighted sum of means (`stats.contrast`) if the prediction is one, otherwise from fits
        to redrawn means. None if the noise of a network is unknown.
        """
        if self._deviations is None or explain_unknown_noise([target.cell]):
            return None
        if (parts := self._weights_at(target.flops)) is not None:
            estimate = estimate_contrast([(target.cell, 1.0), *zip(self._cells, -parts, strict=True)], self.paired)
            return None if estimate is None else estimate.interval()
        draws = self.noise.draws
        if draws is None:
            return None
        predicted = 1 - self._redrawn.errors_at(self._place(target.flops))[:, 0]
        return _middle(target.accuracy + draws.select_cells([target.cell])[:, 0] - predicted)

    def _weights_at(self, flops: float) -> FloatArray | None:
        """Return the weight of each fitted accuracy in the prediction; None if that is no weighted sum."""
        if self.form.linear_basis is None:
            return None
        weights = compute_fit_weights(self._cells)
        at: FloatArray = weights_of_points(self.form.linear_basis, self._x, weights, self._place(flops))[0]
        return at

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

    def _place(self, flops: float) -> FloatArray:
        return np.array([flops / self.points[0].flops])

    def _fit(self, errors: FloatArray) -> FittedForm:
        return self.form.fit(self._x, clip_errors(errors, self.points[0].cell.metric), compute_fit_weights(self._cells))


def choose_forms(fits: Sequence[FormFit]) -> tuple[FormFit, list[FormFit]] | None:
    """Return the accepted fit with the smallest Akaike criterion, and all that are not ruled out; None without one."""
    accepted = [fit for fit in fits if fit.is_accepted]
    if not accepted:
        return None
    best = min(accepted, key=lambda fit: fit.information or 0.0)
    return best, [*accepted, *(fit for fit in fits if not fit.is_testable)]


def explain_no_form(fits: Sequence[FormFit]) -> str:
    """Return why no form is accepted, as a clause."""
    budgets = format_budgets(point.times_flops for point in fits[0].points)
    tested = [fit for fit in fits if fit.p is not None]
    if not tested:
        return f"{budgets} determine a form but cannot test it, which needs one more budget"
    best = max(tested, key=lambda fit: fit.p or 0.0)
    return f"no form fits {budgets}: the best, {best.form.name}, has p = {best.p:.2g} ({MIN_FIT_P:g} is needed)"


def _middle(values: FloatArray) -> tuple[float, float]:
    """Return the ends of the middle 95 % of some values."""
    low, high = np.quantile(values, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)
