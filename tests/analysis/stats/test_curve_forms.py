"""Forms of curves: what they recover exactly, and the fits of numpy and scipy."""

import numpy as np
import pytest
from scipy.optimize import curve_fit
from scipy.stats import chi2

from scaling_lab.analysis.stats.curve_forms import FORMS, compute_fit_p, weights_of_points

X = np.array([1, 1.5625, 2.25, 3.0625, 4, 8.0])
WEIGHTS = np.array([0.5, 1.2, 0.8, 1.5, 1.0, 1.0])
BY_NAME = {form.name: form for form in FORMS}
LAWS = {
    "line": lambda x: 0.45 - 0.03 * np.log(x),
    "power": lambda x: 0.4 * x**-0.3,
    "offset": lambda x: 0.1 + 0.3 * x**-0.7,
    "quadratic": lambda x: 0.45 - 0.08 * np.log(x) + 0.02 * np.log(x) ** 2,
    "broken": lambda x: 0.4 * np.where(x < 2.25, x**-0.4, 2.25**-0.4 * (x / 2.25) ** -0.05),
}


@pytest.mark.parametrize("name", LAWS)
def test_a_form_recovers_its_own_law_beyond_the_points(name):
    law = LAWS[name]
    errors = np.stack([law(X[:5]), 0.9 * law(X[:5])])
    fit = BY_NAME[name].fit(X[:5], errors, WEIGHTS[:5])
    assert fit.residual_squares == pytest.approx(0, abs=1e-8)
    assert fit.errors_at(np.array([3.0, 8.0])) == pytest.approx(
        np.array([[1.0], [0.9]]) * law(np.array([3.0, 8.0])), abs=2e-4
    )


@pytest.mark.parametrize(("name", "degree"), [("line", 1), ("quadratic", 2)])
def test_polynomials_are_those_of_numpy(name, degree):
    errors = np.random.default_rng(3).uniform(0.3, 0.5, (1, 6))
    fit = BY_NAME[name].fit(X, errors, WEIGHTS)
    expected = np.polyval(np.polyfit(np.log(X), errors[0], degree, w=np.sqrt(WEIGHTS)), np.log([1.0, 16.0]))
    assert fit.errors_at(np.array([1.0, 16.0]))[0] == pytest.approx(expected)
    shares = weights_of_points(BY_NAME[name].linear_basis, X, WEIGHTS, np.array([16.0]))
    assert shares @ errors[0] == pytest.approx(expected[1:])
    assert shares.sum() == pytest.approx(1)


def test_the_power_law_is_near_the_one_that_scipy_fits():
    errors = LAWS["power"](X) + np.array([2, -3, 1, 2, -2, 1]) * 1e-3
    fit = BY_NAME["power"].fit(X, errors[None], WEIGHTS)
    (b, c), _ = curve_fit(lambda x, b, c: b * x**-c, X, errors, (0.4, 0.3), sigma=WEIGHTS**-0.5)
    assert fit.errors_at(np.array([16.0]))[0, 0] == pytest.approx(b * 16**-c, abs=1e-4)
    best = float(((errors - b * X**-c) ** 2) @ WEIGHTS)
    assert best <= fit.residual_squares[0] <= 1.001 * best


def test_each_set_has_its_own_break():
    early, late = (0.4 * np.where(at > X, X**-0.4, at**-0.4 * (X / at) ** -0.05) for at in (1.5625, 3.0625))
    fit = BY_NAME["broken"].fit(X, np.stack([early, late]), np.ones(6))
    assert fit.errors_at(X) == pytest.approx(np.stack([early, late]), abs=1e-9)


def test_the_p_value_is_that_of_chi_square():
    """For a line and normal noise of known variance, residuals follow chi-square with four degrees of freedom."""
    rng = np.random.default_rng(1)
    line, errors = BY_NAME["line"], LAWS["line"](X) + 0.004 * np.array([1, -1, 1, 0, -1, 0.5])

    def fit(values):
        return line.fit(X, values, np.ones(6))

    observed = fit(errors[None])
    p = compute_fit_p(fit, observed, X, rng.normal(0, 0.004, (20_000, 6)))
    design = np.stack([np.ones(6), np.log(X)], axis=1)
    residuals = errors - design @ np.linalg.lstsq(design, errors, rcond=None)[0]
    assert p == pytest.approx(chi2.sf((residuals**2).sum() / 0.004**2, 4), abs=0.015)
