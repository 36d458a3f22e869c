"""Forms that a scaling curve can have, each fitted by weighted least squares to many sets of errors at once.

With x the FLOPs over those of the smallest network, and u = log x:

    line       error = a - b u              every doubling gains the same
    power      error = b x^-c               every doubling takes the same part of the error
    offset     error = a + b x^-c           the same, above an error that no FLOPs remove
    quadratic  error = a - b u + c u^2      gains change steadily; the accuracy may fall
    broken     error = b x^-c               with another c from one of the inner budgets on

The exponents of `power` and `broken` may have either sign. All but `offset` are weighted sums of known functions of u,
for the error or its logarithm, and are solved exactly.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from scaling_lab.analysis.arrays import FloatArray
from scaling_lab.analysis.metrics import Metric
from scaling_lab.analysis.stats.power_law import fit_power_law

LOWEST_ERROR = 1e-9
"""Errors below are not fitted, because forms have their logarithm."""
MOST_LOG_ERROR = 50.0

Basis = Callable[[FloatArray], list[FloatArray]]
"""Functions of log x whose weighted sum is a form, each of the shape of the argument."""


class FittedForm(Protocol):
    """A form fitted to several sets of errors."""

    @property
    def residual_squares(self) -> FloatArray:
        """Weighted sum of squared residuals of each set, shape (sets,)."""

    def errors_at(self, x: FloatArray) -> FloatArray:
        """Return the fitted errors, shape (sets, len(x))."""


@dataclass(frozen=True, eq=False)
class BasisFit:
    """A weighted sum of functions of log x, fitted to several sets of errors or of their logarithms.

    Attributes:
        bases: Functions of each candidate.
        coefficients: Weights of each candidate's functions, each of shape (sets, functions).
        chosen: Index of the best candidate of each set, shape (sets,).
        is_logarithmic: Whether the sum is the logarithm of the error.
        residual_squares: Weighted sum of squared residuals of the errors, shape (sets,).
    """

    bases: tuple[Basis, ...]
    coefficients: tuple[FloatArray, ...]
    chosen: NDArray[np.intp]
    is_logarithmic: bool
    residual_squares: FloatArray

    def errors_at(self, x: FloatArray) -> FloatArray:
        """Return the fitted errors, shape (sets, len(x))."""
        candidates = [
            _evaluate(basis, of_basis, x, self.is_logarithmic)
            for basis, of_basis in zip(self.bases, self.coefficients, strict=True)
        ]
        errors: FloatArray = np.stack(candidates)[self.chosen, np.arange(len(self.chosen))]
        return errors


@dataclass(frozen=True)
class CurveForm:
    """A form of curve.

    Attributes:
        name: Name in tables and sentences.
        parameters: Number of coefficients. As many budgets determine it, and one more tests it.
        fit: Takes x of shape (points,), errors of shape (sets, points) and weights of shape (points,).
        linear_basis: Functions of log x of a form whose prediction is a weighted sum of the errors; None for others.
    """

    name: str
    parameters: int
    fit: Callable[[FloatArray, FloatArray, FloatArray], FittedForm]
    linear_basis: Basis | None = None


def clip_errors(errors: FloatArray, metric: Metric) -> FloatArray:
    """Return errors, or losses, within the bounds that a fit needs."""
    return np.clip(errors, LOWEST_ERROR, None if metric.is_loss else 1.0)


def compute_fit_p(
    fit: Callable[[FloatArray], FittedForm], fitted: FittedForm, x: FloatArray, deviations: FloatArray
) -> float:
    """Return the p value of residuals as large as those of a fit, if the errors follow it.

    Args:
        fit: Fits sets of errors at `x`.
        fitted: The fit to the observed errors, one set.
        x: Positions of the errors, shape (points,).
        deviations: Simulated deviations of mean accuracies, shape (draws, points).
    """
    simulated = fit(fitted.errors_at(x) - deviations)
    return float((simulated.residual_squares >= fitted.residual_squares[0]).mean())


def weights_of_points(basis: Basis, x: FloatArray, weights: FloatArray, at: FloatArray) -> FloatArray:
    """Return how much each fitted error counts in the prediction of a linear form, shape (len(at), points)."""
    return np.stack(basis(np.log(at)), axis=1) @ _solve(basis, x, weights)


def _line_basis(u: FloatArray) -> list[FloatArray]:
    return [np.ones_like(u), u]


def _quadratic_basis(u: FloatArray) -> list[FloatArray]:
    return [np.ones_like(u), u, u**2]


def _hinge_basis(knot: float) -> Basis:
    return lambda u: [np.ones_like(u), u, np.maximum(u - knot, 0.0)]


def _fit_line(x: FloatArray, errors: FloatArray, weights: FloatArray) -> BasisFit:
    return _fit_bases((_line_basis,), x, errors, weights)


def _fit_quadratic(x: FloatArray, errors: FloatArray, weights: FloatArray) -> BasisFit:
    return _fit_bases((_quadratic_basis,), x, errors, weights)


def _fit_power(x: FloatArray, errors: FloatArray, weights: FloatArray) -> BasisFit:
    return _fit_bases((_line_basis,), x, errors, weights, is_logarithmic=True)


def _fit_broken(x: FloatArray, errors: FloatArray, weights: FloatArray) -> BasisFit:
    knots = np.log(np.unique(x))[1:-1]
    return _fit_bases(tuple(map(_hinge_basis, knots)), x, errors, weights, is_logarithmic=True)


FORMS = (
    CurveForm("line", 2, _fit_line, _line_basis),
    CurveForm("power", 2, _fit_power),
    CurveForm("offset", 3, fit_power_law),
    CurveForm("quadratic", 3, _fit_quadratic, _quadratic_basis),
    CurveForm("broken", 4, _fit_broken),
)


def _fit_bases(
    bases: tuple[Basis, ...], x: FloatArray, errors: FloatArray, weights: FloatArray, is_logarithmic: bool = False
) -> BasisFit:
    values, weights_of_values = errors, weights
    if is_logarithmic:  # the logarithm of an error e that is off by d is off by d / e
        values = np.log(np.maximum(errors, LOWEST_ERROR))
        weights_of_values = weights * np.maximum(errors.mean(axis=0), LOWEST_ERROR) ** 2
    coefficients = tuple(values @ _solve(basis, x, weights_of_values).T for basis in bases)
    residuals = [
        errors - _evaluate(basis, of_basis, x, is_logarithmic)
        for basis, of_basis in zip(bases, coefficients, strict=True)
    ]
    squares = np.stack([of_basis**2 @ weights for of_basis in residuals])
    return BasisFit(bases, coefficients, squares.argmin(axis=0), is_logarithmic, squares.min(axis=0))


def _solve(basis: Basis, x: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the matrix that takes the values at the points to the coefficients of the weighted fit."""
    design = np.stack(basis(np.log(np.asarray(x, dtype=float))), axis=1)
    root = np.sqrt(weights)
    return np.asarray(np.linalg.pinv(design * root[:, None]) * root, dtype=float)


def _evaluate(basis: Basis, coefficients: FloatArray, x: FloatArray, is_logarithmic: bool) -> FloatArray:
    values: FloatArray = coefficients @ np.stack(basis(np.log(np.asarray(x, dtype=float))))
    return np.exp(np.minimum(values, MOST_LOG_ERROR)) if is_logarithmic else values
