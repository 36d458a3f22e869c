"""Random effects against published numbers, against numbers of R's metafor, and against formulas for special cases."""

import numpy as np
import pytest
from scipy.stats import norm, t, ttest_ind

from scaling_lab.analysis.stats.random_effects import fit_random_effects

# Tuberculosis in 13 trials of the BCG vaccine (Colditz et al. 1994): cases and others, vaccinated and not.
BCG = np.array(
    [
        (4, 119, 11, 128),
        (6, 300, 29, 274),
        (3, 228, 11, 209),
        (62, 13536, 248, 12619),
        (33, 5036, 47, 5761),
        (180, 1361, 372, 1079),
        (8, 2537, 10, 619),
        (505, 87886, 499, 87892),
        (29, 7470, 45, 7232),
        (17, 1699, 65, 1600),
        (186, 50448, 141, 27197),
        (5, 2493, 3, 2338),
        (27, 16886, 29, 17825),
    ]
)
# The designs equal_k5 and unequal_k5 of PyMARE's tests, with metafor's Q, its p value and the common-effect error.
DESIGNS = {
    "equal": (
        [-0.375707, 0.087667, 3.101687, -0.06849, 0.31128],
        [0.8, 0.929221, 0.970525, 1.094569, 1.2],
        (8.3983359150613381, 0.078029419298244626, 0.44265664589063253),
    ),
    "unequal": (
        [-0.073207, -0.415375, 5.226533, -0.785429, -2.088512],
        [0.02, 0.050569, 2.721731, 0.041877, 5.0],
        (20.315605412654854, 0.00043261444283937314, 0.10302063701048204),
    ),
}


def test_the_trials_of_bcg_have_the_published_numbers():
    a, b, c, d = BCG.T
    ratios = np.log(a / (a + b)) - np.log(c / (c + d))
    fitted = fit_random_effects(ratios, np.diag(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)))
    assert fitted.q == pytest.approx(152.2330, abs=5e-5)
    assert fitted.tau**2 == pytest.approx(0.3181, abs=5e-5)  # metafor's EB, which is the estimator of Paule and Mandel
    assert fitted.least_error == pytest.approx(0.0405, abs=5e-5)
    assert fitted.i_squared == pytest.approx(0.9212, abs=5e-5)


@pytest.mark.parametrize("name", DESIGNS)
def test_q_and_errors_are_those_of_metafor(name):
    values, variances, (q, q_p, error) = DESIGNS[name]
    fitted = fit_random_effects(np.array(values), np.diag(variances))
    assert (fitted.q, fitted.q_p, fitted.least_error) == pytest.approx((q, q_p, error), rel=1e-12)


@pytest.mark.parametrize("name", DESIGNS)
def test_independent_estimates_follow_the_formulas_of_the_papers(name):
    values, variances = (np.array(column) for column in DESIGNS[name][:2])
    fitted = fit_random_effects(values, np.diag(variances))
    weights = 1 / (variances + fitted.tau**2)
    mean = weights @ values / weights.sum()
    squares = weights @ (values - mean) ** 2
    assert squares == pytest.approx(4)  # Paule and Mandel
    assert fitted.value == pytest.approx(mean)
    assert fitted.error == pytest.approx(np.sqrt(squares / 4 / weights.sum()))  # Hartung, Knapp, Sidik, Jonkman
    low, high = fitted.interval()
    assert (low, high) == pytest.approx(t.interval(0.95, 4, mean, fitted.error))
    assert fitted.p == pytest.approx(2 * t.sf(abs(mean) / fitted.error, 4))
    assert fitted.prediction() == pytest.approx(t.interval(0.95, 4, mean, np.hypot(fitted.tau, fitted.error)))


def test_two_estimates_of_equal_precision_are_a_paired_t_test():
    fitted = fit_random_effects(np.array([1.0, 3.0]), np.diag([0.5, 0.5]))
    assert (fitted.value, fitted.tau**2) == pytest.approx((2, 2 - 0.5))
    assert fitted.interval() == pytest.approx(t.interval(0.95, 1, 2, 1))
    assert fitted.prediction() is None


def test_errors_that_all_settings_share_add_to_the_variance_of_the_mean():
    values, variances = (np.array(column) for column in DESIGNS["unequal"][:2])
    apart, shared = (fit_random_effects(values, np.diag(variances) + common) for common in (0.0, 0.03))
    assert (shared.value, shared.tau, shared.q) == pytest.approx((apart.value, apart.tau, apart.q), rel=1e-6)
    assert shared.least_error**2 == pytest.approx(apart.least_error**2 + 0.03)
    assert shared.error**2 == pytest.approx(apart.error**2 + 0.03, rel=1e-6)


def test_estimates_that_agree_by_chance_have_no_narrower_interval_than_their_errors_allow():
    fitted = fit_random_effects(np.array([1.0, 1.0, 1.0]), np.diag([0.3, 0.3, 0.3]))
    assert (fitted.tau, fitted.error, fitted.i_squared) == (0, 0, 0)
    assert fitted.interval() == pytest.approx(norm.interval(0.95, 1, np.sqrt(0.1)))
    assert fitted.p == pytest.approx(2 * norm.sf(1 / np.sqrt(0.1)))


@pytest.mark.parametrize("values", [[1.0, 1.2, 0.9], [0.2, 1.9, 0.9], [1.0, 1.0, 1.0]])
def test_p_values_agree_with_intervals(values):
    fitted = fit_random_effects(np.array(values), np.diag([0.1, 0.2, 0.3]))
    for confidence in (0.5, 0.8, 0.95, 0.99):
        low, high = fitted.interval(confidence)
        assert (fitted.p < 1 - confidence) == (low > 0 or high < 0)
        inner_low, inner_high = fitted.interval(2 * confidence - 1) if confidence > 0.5 else (fitted.value,) * 2
        assert (fitted.p_alike(1.5) < 1 - confidence) == (inner_low > -1.5 and inner_high < 1.5)


def test_q_of_two_estimates_with_estimated_errors_is_the_test_of_welch():
    rng = np.random.default_rng(0)
    samples = rng.normal(0, 1, 4), rng.normal(1, 3, 7)
    variances = np.array([sample.var(ddof=1) / len(sample) for sample in samples])
    means = np.array([sample.mean() for sample in samples])
    fitted = fit_random_effects(means, np.diag(variances), np.array([3.0, 6.0]))
    assert fitted.q_p == pytest.approx(ttest_ind(*samples, equal_var=False).pvalue)
    assert fitted.q_p > fit_random_effects(means, np.diag(variances)).q_p


@pytest.mark.parametrize(("count", "tau"), [(3, 0.0), (3, 1.0), (6, 0.5)])
def test_coverage_of_correlated_estimates_of_unequal_precision(count, tau):
    rng = np.random.default_rng([count, int(10 * tau)])
    errors = np.linspace(0.3, 0.6, count)
    covariance = np.outer(errors, errors) * np.where(np.eye(count), 1.0, 0.3)
    draws = rng.multivariate_normal(np.zeros(count), covariance, 500) + rng.normal(0, tau, (500, count))
    fits = [fit_random_effects(values, covariance) for values in draws]
    covered = np.mean([fitted.interval()[0] <= 0 <= fitted.interval()[1] for fitted in fits])
    assert 0.94 <= covered <= 1
    assert covered == pytest.approx(np.mean([fitted.p >= 0.05 for fitted in fits]))
    if tau == 0:
        assert np.mean([fitted.q_p < 0.05 for fitted in fits]) == pytest.approx(0.05, abs=0.03)
