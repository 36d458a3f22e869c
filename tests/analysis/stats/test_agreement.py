"""Draws of two rankings: the model's densities and posterior against scipy and theory, intervals, ties."""

from itertools import combinations

import numpy as np
import pytest
from scipy.linalg import helmert
from scipy.stats import kendalltau, multivariate_normal

from scaling_lab.analysis.stats import agreement
from scaling_lab.analysis.stats.agreement import (
    CORRELATIONS,
    SPREADS,
    cautious_interval,
    draw_rankings,
    pair_signs,
    share_of_same_signs,
)


def shares(pair):
    return share_of_same_signs(*map(pair_signs, pair))


def test_shares_are_those_of_kendalls_tau():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 7))
    tau = kendalltau(a, b).statistic
    assert 2 * shares((a, b)) - 1 == pytest.approx(tau)
    assert list(pair_signs(np.array([1.0, 3.0, 2.0]))) == [-1, -1, 1]
    assert pair_signs(np.zeros((4, 3))).shape == (4, len(list(combinations(range(3), 2))))


def test_measured_contrasts_have_the_density_of_each_prior():
    rng = np.random.default_rng(1)
    root = rng.normal(size=(8, 8))
    contrasts = np.kron(np.eye(2), helmert(4))
    noise = contrasts @ (root @ root.T) @ contrasts.T
    measured = rng.normal(size=6)
    priors = agreement._list_priors(noise)
    assert len(priors) == len(SPREADS) ** 2 * len(CORRELATIONS)
    log_likelihoods = agreement._log_likelihoods(measured, noise, priors)
    expected = [
        multivariate_normal.logpdf(measured, np.zeros(6), np.kron(prior, np.eye(3)) + noise)
        for prior in priors[:: len(priors) // 7]
    ]
    differences = log_likelihoods[:: len(priors) // 7] - expected
    assert differences == pytest.approx(differences[0])


def test_draws_have_the_posterior_of_theory(monkeypatch):
    """With one spread and no correlation, means shrink by 1 / (1 + 1 / spread^2) and have that variance."""
    monkeypatch.setattr(agreement, "SPREADS", np.array([2.0]))
    monkeypatch.setattr(agreement, "CORRELATIONS", np.array([0.0]))
    a, b = np.array([3.0, 0.0, -3.0]), np.array([1.0, -2.0, 1.0])
    first, second = draw_rankings(a, b, np.eye(6), count=40_000).modelled
    assert first.mean(axis=0) == pytest.approx(0.8 * a, abs=0.03)
    assert second.mean(axis=0) == pytest.approx(0.8 * b, abs=0.03)
    assert np.var(first @ helmert(3).T, axis=0) == pytest.approx([0.8, 0.8], abs=0.03)


def test_rankings_without_noise_are_known():
    a, b = np.arange(5.0), np.array([0.0, 2.0, 1.0, 3.0, 4.0])
    draws = draw_rankings(a, b, 1e-8 * np.eye(10), count=200)
    for pair in (draws.modelled, draws.around):
        assert shares(pair) == pytest.approx(np.full(200, 0.9))
    assert shares(draws.repeated) == pytest.approx(np.ones(200))
    again = draw_rankings(a, b, 1e-8 * np.eye(10), count=200)
    assert np.array_equal(again.modelled[1], draws.modelled[1])


def test_common_noise_does_not_disturb_an_order():
    """Noise that all rules and both places share, as of test images, moves no difference."""
    a = np.array([0.0, 1.0, 2.0])
    shared = np.full((6, 6), 100.0) + 1e-4 * np.eye(6)
    draws = draw_rankings(a, a, shared, count=200)
    assert shares(draws.around) == pytest.approx(np.ones(200))


@pytest.mark.parametrize("spread", [0.5, 3.0])
def test_the_interval_includes_a_ranking_that_noise_has_disturbed(spread):
    """Drawing the noise once more alone would exclude it: the same ranking of ten rules has intervals below 1."""
    rng, cautious, naive = np.random.default_rng(2), 0, 0
    for _ in range(10):
        truth = spread * rng.normal(size=10)
        a, b = truth + rng.normal(size=(2, 10))
        draws = draw_rankings(a, b, np.eye(20), count=300)
        cautious += cautious_interval(shares(draws.modelled), shares(draws.around))[1] >= 0.95
        naive += cautious_interval(shares(draws.around))[1] >= 0.95
    assert cautious >= 9
    assert naive <= 5


def test_intervals_are_drawn_values_and_include_both():
    assert cautious_interval(np.array([0.25] * 10), np.array([0.5, 0.75] * 10)) == (0.25, 0.75)
