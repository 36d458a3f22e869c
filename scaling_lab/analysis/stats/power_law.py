"""Least squares of  error = a + b x^-c  for many sets of errors at once: c is searched, a and b follow from it.

For a given c the rest is a straight line in x^-c with 0 <= a <= the lowest error and b > 0, solved exactly. The search
over c goes over a grid and then by golden section, so there are no start values and nothing that fails to converge.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

EXPONENT_BOUNDS = (0.01, 4.0)
"""Bounds of c: below, a doubling of x changes b by less than 1 %; above, it leaves less than a sixteenth of b."""
GRID_SIZE, GOLDEN_STEPS = 30, 18
GOLDEN = (5**0.5 - 1) / 2
MIN_COEFFICIENT = 1e-12


@dataclass(frozen=True, eq=False)
class PowerLaw:
    """Coefficients, one of each a set of errors, for x from 1 on; squares: weighted sum of squared residuals."""

    a: Array
    b: Array
    c: Array
    residual_squares: Array

    def errors_at(self, x: Array) -> Array:
        """The errors at each x: a row a set."""
        found: Array = self.a[:, None] + self.b[:, None] * np.asarray(x, dtype=float) ** -self.c[:, None]
        return found

    def solve_x(self, errors: Array) -> Array:
        """The x at which each set has an error of its own; infinity where it never falls so far."""
        above = (np.asarray(errors, dtype=float) - self.a) / self.b
        power = -np.log(np.maximum(above, 1e-300)) / self.c
        return np.where(above > 0, np.exp(np.clip(power, -700, 700)), np.inf)


def fit_power_law(x: Array, errors: Array, weights: Array) -> PowerLaw:
    """The best curve of each row of errors. x: from 1 on, at least three different; errors above 0."""
    grid = np.geomspace(*EXPONENT_BOUNDS, GRID_SIZE)
    tried = np.stack([_line(x, errors, weights, np.full(len(errors), c))[2] for c in grid])
    best = tried.argmin(axis=0)
    low, high = np.log(grid[np.maximum(best - 1, 0)]), np.log(grid[np.minimum(best + 1, GRID_SIZE - 1)])
    for _ in range(GOLDEN_STEPS):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        falls = _line(x, errors, weights, np.exp(left))[2] <= _line(x, errors, weights, np.exp(right))[2]
        low, high = np.where(falls, low, left), np.where(falls, right, high)
    found = np.exp((low + high) / 2)
    a, b, squares = _line(x, errors, weights, found)
    at_grid = squares > tried.min(axis=0)
    found = np.where(at_grid, grid[best], found)
    a, b, squares = _line(x, errors, weights, found)
    return PowerLaw(a, b, found, squares)


def _line(x: Array, errors: Array, weights: Array, c: Array) -> tuple[Array, Array, Array]:
    """a and b for given c, and the weighted sum of squares: inside the bounds, else on the better of the two for a."""
    u = x[None] ** -c[:, None]
    lowest = errors.min(axis=1)
    whole, of_u, of_y = weights.sum(), u @ weights, errors @ weights
    of_uu, of_uy = (u * u) @ weights, (u * errors) @ weights
    determinant = whole * of_uu - of_u**2
    b = np.where(
        determinant > MIN_COEFFICIENT, (whole * of_uy - of_u * of_y) / np.maximum(determinant, MIN_COEFFICIENT), 0.0
    )
    a = (of_y - b * of_u) / whole
    inside = (b > 0) & (a >= 0) & (a <= lowest)
    on_zero = of_uy / of_uu
    on_lowest = np.maximum((of_uy - lowest * of_u) / of_uu, MIN_COEFFICIENT)

    def squares(a: Array, b: Array) -> Array:
        found: Array = (errors - a[:, None] - b[:, None] * u) ** 2 @ weights
        return found

    zero = squares(np.zeros_like(a), on_zero) <= squares(lowest, on_lowest)
    a = np.where(inside, a, np.where(zero, 0.0, lowest))
    b = np.where(inside, b, np.where(zero, on_zero, on_lowest))
    return a, b, squares(a, b)
