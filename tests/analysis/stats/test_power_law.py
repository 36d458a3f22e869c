"""The fit against known coefficients and against scipy's."""

import numpy as np
import pytest
from scipy.optimize import least_squares

from scaling_lab.analysis.stats.power_law import EXPONENT_BOUNDS, fit_power_law

X = np.array([1.0, 2, 4, 8, 16])
EVEN = np.ones(5)


@pytest.mark.parametrize("law", [(0.05, 0.07, 0.5), (0.0, 0.12, 0.12), (0.1, 0.02, 2.5), (0.02, 0.3, 0.9)])
def test_synthetic_coefficients_are_found(law):
    a, b, c = law
    fit = fit_power_law(X, (a + b * X**-c)[None], EVEN)
    assert (fit.a[0], fit.b[0], fit.c[0]) == pytest.approx(law, abs=1e-4)
    assert fit.residual_squares[0] == pytest.approx(0, abs=1e-10)


def test_never_worse_than_scipy_within_the_bounds():
    rng = np.random.default_rng(0)
    for _ in range(30):
        errors = 0.08 + 0.05 * X ** -rng.uniform(0.05, 2) + rng.normal(0, 0.003, 5)
        weights = rng.uniform(0.2, 5, 5)
        bounds = ([0, 1e-12, EXPONENT_BOUNDS[0]], [errors.min(), 1, EXPONENT_BOUNDS[1]])
        ours = float(fit_power_law(X, errors[None], weights).residual_squares[0])
        for start in ((0.5 * errors.min(), 0.05, 0.3), (0.9 * errors.min(), 0.03, 1.5)):
            theirs = least_squares(
                lambda p, e=errors, w=weights: np.sqrt(w) * (e - p[0] - p[1] * X ** -p[2]), start, bounds=bounds
            )
            assert ours <= 2 * theirs.cost * (1 + 1e-6) + 1e-12


def test_bounds_hold_for_errors_that_rise_or_stand():
    errors = np.array([[0.1, 0.11, 0.12, 0.13, 0.14], [0.1] * 5, [0.2, 0.1, 0.1, 0.1, 0.1], [1e-9] * 5])
    line, dip = 0.14 - 0.01 * np.log2(X), np.array([0.3, 0.1, 0.12, 0.12, 0.12])
    errors = np.vstack([errors, line, dip])
    fit = fit_power_law(X, errors, EVEN)
    assert (fit.a >= 0).all()
    assert (fit.a <= errors.min(axis=1)).all()
    assert (fit.b > 0).all()
    assert (fit.c >= EXPONENT_BOUNDS[0]).all()
    assert fit.errors_at(X)[1] == pytest.approx(0.1, abs=0.002)


def test_heavier_points_are_met_more_closely():
    errors = np.array([[0.2, 0.15, 0.16, 0.12, 0.12]])
    plain, heavy = fit_power_law(X, errors, EVEN), fit_power_law(X, errors, np.array([1, 1, 100, 1, 1.0]))
    assert abs(heavy.errors_at(X)[0, 2] - 0.16) < abs(plain.errors_at(X)[0, 2] - 0.16)


def test_where_turns_at_around():
    fit = fit_power_law(X, (0.05 + 0.07 * X**-0.5)[None], EVEN)
    assert fit.solve_x(fit.errors_at(np.array([3.7]))[:, 0])[0] == pytest.approx(3.7)
    assert fit.solve_x(np.array([0.049]))[0] == np.inf
