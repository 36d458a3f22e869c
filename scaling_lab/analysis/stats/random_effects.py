"""Random-effects summary of estimates whose errors may be correlated.

The estimates y are drawn around a common mean: y = mean + u + e, where u has the variance tau^2 for each setting, and e
the covariance matrix V that is known from each setting's own data. The mean is weighted by generalised least squares.
Paule and Mandel (1982) choose tau^2 such that the weighted sum of squares Q(tau^2) is its expectation k - 1. The
standard error is that of Hartung and Knapp (2001) and Sidik and Jonkman (2002), with Student's t and k - 1 degrees of
freedom; an interval is never narrower, and a p value never smaller, than without differences between settings.
docs/pooling.md compares this choice with others.
"""

from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtrc, fdtrc, ndtr, ndtri, stdtr, stdtrit

from scaling_lab.analysis.arrays import FloatArray
from scaling_lab.analysis.stats.contrast import CONFIDENCE

MIN_PREDICTED = 3
"""Estimates that a prediction interval needs."""


@dataclass(frozen=True)
class RandomEffects:
    """The mean of estimates from different settings, and how much the settings differ.

    Attributes:
        value: The mean.
        count: Number of estimates.
        tau: Standard deviation of the true values between settings.
        q: Cochran's Q, the weighted sum of squares without differences between settings.
        error: Standard error of Hartung, Knapp, Sidik and Jonkman, with `count` - 1 degrees of freedom.
        least_error: Standard error of the mean if the settings did not differ.
        q_freedom: Degrees of freedom of the errors in `q`, as in Welch's (1951) test; infinite if they are known.
    """

    value: float
    count: int
    tau: float
    q: float
    error: float
    least_error: float
    q_freedom: float = inf

    @property
    def q_p(self) -> float:
        """P value of the hypothesis that all settings have the same true value."""
        if self.q_freedom == inf:
            return float(chdtrc(self.count - 1, self.q))
        return float(fdtrc(self.count - 1, self.q_freedom, self.q / (self.count - 1)))

    @property
    def i_squared(self) -> float:
        """Share of the variation between the estimates that their own errors do not explain (Higgins 2002), 0 to 1."""
        return max(0.0, 1 - (self.count - 1) / self.q) if self.q else 0.0

    @property
    def p(self) -> float:
        """Two-sided p value of the hypothesis that the mean is 0."""
        return 2 * self._tail(-abs(self.value))

    def p_alike(self, delta: float) -> float:
        """Return the p value of the hypothesis that the mean is `delta` or more away from 0 (two one-sided tests)."""
        return self._tail(abs(self.value) - delta)

    def interval(self, confidence: float = CONFIDENCE) -> tuple[float, float]:
        """Return the confidence interval of the mean over all settings of which these are a sample."""
        least = float(ndtri((1 + confidence) / 2)) * self.least_error
        half_width = max(self._quantile(confidence) * self.error, least)
        return self.value - half_width, self.value + half_width

    def prediction(self, confidence: float = CONFIDENCE) -> tuple[float, float] | None:
        """Return the interval for the true value of a new setting; None for fewer than three estimates."""
        if self.count < MIN_PREDICTED:
            return None
        spread = sqrt(self.tau**2 + max(self.error, self.least_error) ** 2)
        half_width = self._quantile(confidence) * spread
        return self.value - half_width, self.value + half_width

    def _quantile(self, confidence: float) -> float:
        return float(stdtrit(self.count - 1, (1 + confidence) / 2))

    def _tail(self, distance: float) -> float:
        """Return the probability below a distance from the mean, with the larger of both errors."""
        tails = [float(ndtr(distance / self.least_error))]
        if self.error:
            tails.append(float(stdtr(self.count - 1, distance / self.error)))
        return max(tails)


def fit_random_effects(values: FloatArray, covariance: FloatArray, freedoms: FloatArray | None = None) -> RandomEffects:
    """Fit the mean and the spread between settings of at least two estimates.

    Args:
        values: The estimates, shape (k,).
        covariance: Covariance of their errors, positive definite, shape (k, k).
        freedoms: Degrees of freedom of the variances of the errors, shape (k,); None if these are known.
    """
    freedom = len(values) - 1
    _, least_variance, q = _weigh(values, covariance, 0.0)
    tau_squared = _find_tau_squared(values, covariance) if q > freedom else 0.0
    value, variance, squares = _weigh(values, covariance, tau_squared)
    error = sqrt(variance * squares / freedom)
    q_freedom = inf if freedoms is None else _welch_freedom(np.diag(covariance), freedoms)
    return RandomEffects(value, len(values), sqrt(tau_squared), q, error, sqrt(least_variance), q_freedom)


def _welch_freedom(variances: FloatArray, freedoms: FloatArray) -> float:
    """Return the second degrees of freedom of Welch's test of equal means."""
    shares = (1 / variances) / (1 / variances).sum()
    return float((len(variances) ** 2 - 1) / (3 * ((1 - shares) ** 2 / freedoms).sum()))


def _find_tau_squared(values: FloatArray, covariance: FloatArray) -> float:
    """Return the tau^2 at which Q is its expectation; Q falls with tau^2."""

    def excess(tau_squared: float) -> float:
        return _weigh(values, covariance, tau_squared)[2] - (len(values) - 1)

    upper = float(np.var(values, ddof=1))
    while excess(upper) > 0:
        upper *= 2
    return float(brentq(excess, 0.0, upper, xtol=1e-12 * upper, rtol=1e-12))


def _weigh(values: FloatArray, covariance: FloatArray, tau_squared: float) -> tuple[float, float, float]:
    """Return the weighted mean, its variance, and the weighted sum of squares Q, for a given tau^2."""
    precision = np.linalg.inv(covariance + tau_squared * np.eye(len(values)))
    weights = precision.sum(axis=0)
    mean = float(weights @ values / weights.sum())
    deviations = values - mean
    return mean, float(1 / weights.sum()), float(deviations @ precision @ deviations)
