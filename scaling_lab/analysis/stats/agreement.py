"""How far two noisy rankings of the same rules agree in truth.

Two rankings by noisy means agree less than the true ones do, and drawing the noise once more makes it worse. So the
true means are inferred, with a model in which the rules of each setting are drawn from a normal distribution of unknown
spread, and the two settings have an unknown correlation:

    true a = mean_a + spread_a z,  true b = mean_b + spread_b (correlation z + sqrt(1 - correlation^2) w)

with standard normal z and w of each rule. Spreads and correlation are integrated over a grid, whose ends +1 and -1 are
the same and the opposite ranking; measured means differ from the true ones by noise with a known covariance.

Where the rules are unlike each other, such as one far above the others, which are alike, this says too much: the
model takes the leader's agreement for that of all. So an interval also includes that of means drawn around the measured
ones without a model. Its coverage is in docs/agreement.md.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import helmert
from scipy.special import logsumexp

from scaling_lab.analysis.arrays import FloatArray
from scaling_lab.analysis.stats.contrast import CONFIDENCE

DRAWS = 2000
MIN_RULES = 3
"""Rules that an interval needs."""
CORRELATIONS = np.linspace(-1, 1, 11)
SPREADS = np.geomspace(0.125, 8, 9)
"""Spreads of the rules, in multiples of the standard error of a mean."""


@dataclass(frozen=True, eq=False)
class RankingDraws:
    """Means of the rules in two settings, drawn at random; only differences between rules have a meaning.

    Attributes:
        modelled: True means as the model infers them, one array of shape (draws, rules) per setting.
        around: Measured means with their noise drawn once more.
        repeated: Means that would be measured if both settings had the same true ranking: true means of each setting
            alone, those of the second in the order of the first, with noise.
    """

    modelled: tuple[FloatArray, FloatArray]
    around: tuple[FloatArray, FloatArray]
    repeated: tuple[FloatArray, FloatArray]


def draw_rankings(
    first: FloatArray, second: FloatArray, covariance: FloatArray, count: int = DRAWS, seed: int = 0
) -> RankingDraws:
    """Draw means of at least three rules in two settings; the same arguments give the same draws.

    Args:
        first: Measured means in the first setting, shape (rules,).
        second: Those in the second setting.
        covariance: Covariance of their noise, first setting first, shape (2 rules, 2 rules).
        count: Number of draws.
        seed: Seed of the random generator.
    """
    rng, within = np.random.default_rng(seed), helmert(len(first))  # contrasts of the rules, without their mean
    contrasts = np.kron(np.eye(2), within)
    measured, noise = contrasts @ np.concatenate([first, second]), contrasts @ covariance @ contrasts.T
    priors = _list_priors(noise)
    log_weights = _log_likelihoods(measured, noise, priors)
    alone = np.where(priors[:, 0, 1] == 0, log_weights, -np.inf)

    def to_rules(values: FloatArray) -> tuple[FloatArray, FloatArray]:
        here, there = np.split(values, 2, axis=1)
        return here @ within, there @ within

    truths = to_rules(_draw_contrasts(measured, noise, priors, alone, count, rng))
    ranks = truths[0].argsort(axis=1).argsort(axis=1)
    same = (truths[0], np.take_along_axis(np.sort(truths[1], axis=1), ranks, axis=1))
    again = to_rules(_draw_noise(noise, count, rng))
    return RankingDraws(
        modelled=to_rules(_draw_contrasts(measured, noise, priors, log_weights, count, rng)),
        around=to_rules(measured + _draw_noise(noise, count, rng)),
        repeated=(same[0] + again[0], same[1] + again[1]),
    )


def pair_signs(means: FloatArray) -> NDArray[np.int8]:
    """Return the sign of the difference of each pair of rules, in the order of `combinations`.

    Args:
        means: Means of the rules, the last axis.
    """
    places = np.array(list(combinations(range(means.shape[-1]), 2))).reshape(-1, 2)
    signs: NDArray[np.int8] = np.sign(means[..., places[:, 0]] - means[..., places[:, 1]]).astype(np.int8)
    return signs


def share_of_same_signs(first: NDArray[np.int8], second: NDArray[np.int8]) -> FloatArray:
    """Return the share of pairs, the last axis, with the same sign."""
    share: FloatArray = (first == second).mean(axis=-1)
    return share


def cautious_interval(*draws: FloatArray, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the smallest interval that includes the central one of each array of draws; its ends are drawn values."""
    tail = (1 - confidence) / 2
    low = min(float(np.quantile(values, tail, method="lower")) for values in draws)
    return low, max(float(np.quantile(values, 1 - tail, method="higher")) for values in draws)


def _list_priors(noise: FloatArray) -> FloatArray:
    """Return the covariance of a rule's true means in the two settings for each spread, spread and correlation."""
    half = len(noise) // 2
    scales = [np.sqrt(np.trace(part) / half) for part in (noise[:half, :half], noise[half:, half:])]
    first, second, correlation = (
        axis.ravel() for axis in np.meshgrid(scales[0] * SPREADS, scales[1] * SPREADS, CORRELATIONS, indexing="ij")
    )
    shared = np.round(correlation, 12) * first * second
    priors: FloatArray = np.stack([first**2, shared, shared, second**2], axis=1).reshape(-1, 2, 2)
    return priors


def _log_likelihoods(measured: FloatArray, noise: FloatArray, priors: FloatArray) -> FloatArray:
    """Return the log density of the measured contrasts under each prior, up to a constant."""
    covariances = _expand(priors, noise) + noise
    _, log_determinants = np.linalg.slogdet(covariances)
    solved = np.linalg.solve(covariances, np.broadcast_to(measured[:, None], (len(priors), len(measured), 1)))
    likelihoods: FloatArray = -0.5 * (log_determinants + solved[:, :, 0] @ measured)
    return likelihoods


def _draw_contrasts(
    measured: FloatArray,
    noise: FloatArray,
    priors: FloatArray,
    log_weights: FloatArray,
    count: int,
    rng: np.random.Generator,
) -> FloatArray:
    """Return draws of the true contrasts: draws of prior and noise, corrected by what was measured."""
    weights = np.exp(log_weights - logsumexp(log_weights))
    chosen, place = np.unique(rng.choice(len(priors), count, p=weights / weights.sum()), return_inverse=True)
    prior, covariances = priors[chosen], _expand(priors[chosen], noise)
    slope = prior[:, 0, 1] / np.sqrt(prior[:, 0, 0])
    rest = np.sqrt(np.maximum(0.0, prior[:, 1, 1] - slope**2))
    shared, own = rng.standard_normal((2, count, len(noise) // 2))
    first = np.sqrt(prior[:, 0, 0])[place, None] * shared
    drawn = np.concatenate([first, slope[place, None] * shared + rest[place, None] * own], axis=1)
    gains = np.linalg.solve(covariances + noise, covariances)
    missing = measured - drawn - _draw_noise(noise, count, rng)
    corrected: FloatArray = drawn + np.einsum("di,dij->dj", missing, gains[place])
    return corrected


def _draw_noise(noise: FloatArray, count: int, rng: np.random.Generator) -> FloatArray:
    return rng.multivariate_normal(np.zeros(len(noise)), noise, count, method="eigh")


def _expand(priors: FloatArray, noise: FloatArray) -> FloatArray:
    """Return the covariances of all contrasts, which are independent of each other and equal."""
    covariances: FloatArray = np.kron(priors, np.eye(len(noise) // 2)).astype(np.float64)
    return covariances
