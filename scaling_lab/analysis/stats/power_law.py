"""Least-squares fit of error = a + b x^-c to many sets of errors at once: c is searched, a and b follow from it.

For a given c the rest is a straight line in x^-c with 0 <= a <= the lowest error and b > 0, which is solved exactly. c
is searched on a grid and then by golden section, so there are no start values and the fit cannot fail to converge.
"""

from dataclasses import dataclass

import numpy as np

from scaling_lab.analysis.arrays import FloatArray

EXPONENT_BOUNDS = (0.01, 4.0)
"""Bounds of c: below, a doubling of x changes b by less than 1 %; above, it leaves less than a sixteenth of b."""
GRID_SIZE, GOLDEN_STEPS = 30, 18
GOLDEN = (5**0.5 - 1) / 2
MIN_COEFFICIENT = 1e-12


@dataclass(frozen=True, eq=False)
class PowerLaw:
    """Fitted coefficients of error = a + b x^-c for x >= 1, each of shape (sets,).

    Attributes:
        residual_squares: Weighted sum of squared residuals of each set.
    """

    a: FloatArray
    b: FloatArray
    c: FloatArray
    residual_squares: FloatArray

    def errors_at(self, x: FloatArray) -> FloatArray:
        """Return the fitted errors, shape (sets, len(x))."""
        errors: FloatArray = self.a[:, None] + self.b[:, None] * np.asarray(x, dtype=float) ** -self.c[:, None]
        return errors

    def solve_x(self, errors: FloatArray) -> FloatArray:
        """Return the x at which each set reaches its given error; infinity if it never does."""
        above = (np.asarray(errors, dtype=float) - self.a) / self.b
        power = -np.log(np.maximum(above, 1e-300)) / self.c
        return np.where(above > 0, np.exp(np.clip(power, -700, 700)), np.inf)


def fit_power_law(x: FloatArray, errors: FloatArray, weights: FloatArray) -> PowerLaw:
    """Fit a power law to each set of errors.

    Args:
        x: At least three different values >= 1, shape (points,).
        errors: Errors above 0, shape (sets, points).
        weights: Weights of the points, shape (points,).
    """
    grid = np.geomspace(*EXPONENT_BOUNDS, GRID_SIZE)
    grid_squares = np.stack([_fit_line(x, errors, weights, np.full(len(errors), c))[2] for c in grid])
    best = grid_squares.argmin(axis=0)
    low, high = np.log(grid[np.maximum(best - 1, 0)]), np.log(grid[np.minimum(best + 1, GRID_SIZE - 1)])
    for _ in range(GOLDEN_STEPS):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        falls = _fit_line(x, errors, weights, np.exp(left))[2] <= _fit_line(x, errors, weights, np.exp(right))[2]
        low, high = np.where(falls, low, left), np.where(falls, right, high)
    c = np.exp((low + high) / 2)
    a, b, squares = _fit_line(x, errors, weights, c)
    c = np.where(squares > grid_squares.min(axis=0), grid[best], c)
    a, b, squares = _fit_line(x, errors, weights, c)
    return PowerLaw(a, b, c, squares)


def _fit_line(
    x: FloatArray, errors: FloatArray, weights: FloatArray, c: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return a, b and the weighted sum of squares for given c: inside the bounds, or on the better bound of a."""
    u = x[None] ** -c[:, None]
    lowest = errors.min(axis=1)
    total, of_u, of_y = weights.sum(), u @ weights, errors @ weights
    of_uu, of_uy = (u * u) @ weights, (u * errors) @ weights
    determinant = total * of_uu - of_u**2
    solvable = determinant > MIN_COEFFICIENT
    b = np.where(solvable, (total * of_uy - of_u * of_y) / np.maximum(determinant, MIN_COEFFICIENT), 0.0)
    a = (of_y - b * of_u) / total
    inside = (b > 0) & (a >= 0) & (a <= lowest)
    b_at_zero = of_uy / of_uu
    b_at_lowest = np.maximum((of_uy - lowest * of_u) / of_uu, MIN_COEFFICIENT)

    def sum_squares(a: FloatArray, b: FloatArray) -> FloatArray:
        squares: FloatArray = (errors - a[:, None] - b[:, None] * u) ** 2 @ weights
        return squares

    zero = sum_squares(np.zeros_like(a), b_at_zero) <= sum_squares(lowest, b_at_lowest)
    a = np.where(inside, a, np.where(zero, 0.0, lowest))
    b = np.where(inside, b, np.where(zero, b_at_zero, b_at_lowest))
    return a, b, sum_squares(a, b)
