"""Weighted sums of networks' accuracies, such as differences, with their uncertainty due to seeds and test images.

A seed's answers to the test images are a table of two crossed factors: some seeds are better on all images, some images
are harder for all seeds, and the rest is chance. Let A be the variance of the first, B that of the second (for the
weighted sum of networks, because all answer the same images) and I that of the rest. Then the weighted sum of n seeds
each on P images has the variance

    sum w^2 (A + I/P) / n + B/P

The first term is estimated from the seeds' accuracies, but not below I/P, which is known from all images; B is the
variance over images less the share of I in it. Degrees of freedom follow Satterthwaite (1946), intervals use Student's
t.

Welch's t test over seeds leaves out B, and resampling seeds and images counts I almost three times
(docs/statistics.md).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from scaling_lab.analysis.cells import Cell, VarianceComponents, measure_variance

MIN_SEEDS = 3
"""Seeds of each network that an interval needs."""
RELIABLE_SEEDS = 5
"""Seeds from which on the seed variance of a single network is reliable."""
MINOR_WEIGHT = 0.25
"""Part of the largest weight below which a network only moves others to equal cost."""
CONFIDENCE = 0.95
ALPHA = 1 - CONFIDENCE
ZERO_VARIANCE = 1e-24
"""Variance below which accuracies are equal except for floating-point rounding."""

WeightedCells = Sequence[tuple[Cell, float]]


@dataclass(frozen=True)
class VarianceTerm:
    """A part of a variance and its degrees of freedom."""

    variance: float
    freedom: float

    def times(self, factor: float) -> "VarianceTerm":
        """Return the variance times a factor, with the same degrees of freedom."""
        return VarianceTerm(factor * self.variance, self.freedom)


@dataclass(frozen=True)
class Estimate:
    """A weighted sum of accuracies with its uncertainty.

    Attributes:
        value: The weighted sum, 0 to 1.
        seeds: Variance due to seeds, at least that of chance: one term per network, or one in all if compared seed by
            seed.
        observed_seeds: The same as the seeds' accuracies have it, which may be below chance.
        images: Variance due to test images.
        interaction: Interaction of seed and image, sum w^2 I / n. Divided by the number of images, it is part of the
            variance due to seeds.
        image_count: Number of test images, or of clusters of them.
    """

    value: float
    seeds: tuple[VarianceTerm, ...]
    observed_seeds: tuple[VarianceTerm, ...]
    images: VarianceTerm
    interaction: float
    image_count: int

    @property
    def standard_error(self) -> float:
        """Standard error for other seeds and other test images."""
        return sqrt(sum(term.variance for term in self._terms))

    @property
    def freedom(self) -> float:
        """Degrees of freedom of the standard error."""
        return satterthwaite_freedom(self._terms)

    @property
    def p(self) -> float:
        """Two-sided p value of the hypothesis that the sum is 0."""
        error = self.standard_error
        return float(2 * stdtr(self.freedom, -abs(self.value) / error)) if error else 1.0

    def p_alike(self, delta: float) -> float:
        """Return the p value of the hypothesis that the sum is `delta` or more away from 0 (two one-sided tests)."""
        return float(stdtr(self.freedom, (abs(self.value) - delta) / self.standard_error))

    def interval(self, confidence: float = CONFIDENCE) -> tuple[float, float]:
        """Return the confidence interval for other seeds and other test images."""
        return self._interval(self._terms, confidence)

    def welch_interval(self, confidence: float = CONFIDENCE) -> tuple[float, float]:
        """Return the confidence interval for other seeds and the same test images (Welch's t); NaN if seeds agree."""
        return self._interval(self.observed_seeds, confidence)

    @property
    def _terms(self) -> tuple[VarianceTerm, ...]:
        return (*self.seeds, self.images)

    def _interval(self, terms: Sequence[VarianceTerm], confidence: float) -> tuple[float, float]:
        quantile = float(stdtrit(satterthwaite_freedom(terms), (1 + confidence) / 2))
        half_width = sqrt(sum(term.variance for term in terms)) * quantile or float("nan")
        return self.value - half_width, self.value + half_width


def estimate_contrast(weights: WeightedCells, paired: bool = False) -> Estimate | None:
    """Estimate a weighted sum of networks' accuracies.

    Args:
        weights: Networks with their weights, for example 1 and -1 for a difference.
        paired: Whether to compare seed by seed, over the seeds that the main networks share; networks with small
            weights that lack some of them have a variance of their own. Only valid if the seeds of different networks
            are correlated (see `seed_correlation`).

    Returns:
        The estimate; None if a network has fewer than three seeds, or if no answer differs between seeds.
    """
    cells, together = split_by_seed(weights) if paired else (merge_cells(weights), [])
    if (not cells and not together) or any(len(cell.seeds) < MIN_SEEDS for cell, _ in (*cells, *together)):
        return None
    parts = [(cell.variance_components, weight) for cell, weight in cells]
    if together:
        parts.append((measure_variance(weighted_sum((cell.answers, weight) for cell, weight in together)), 1.0))
    by_image = weighted_sum((part.by_image, weight) for part, weight in parts)
    interaction = sum(weight**2 * part.interaction / part.seed_count for part, weight in parts)
    count = len(by_image)
    images = VarianceTerm(max(0.0, float(np.var(by_image, ddof=1)) - interaction) / count, count - 1)
    seeds = tuple(seed_variance(part).times(weight**2 / part.seed_count) for part, weight in parts)
    if sum(term.variance for term in seeds) < ZERO_VARIANCE:
        return None
    observed = tuple(
        VarianceTerm(weight**2 * part.variance / part.seed_count, part.seed_count - 1) for part, weight in parts
    )
    return Estimate(float(np.mean(by_image)), seeds, observed, images, interaction, count)


def seed_variance(part: VarianceComponents) -> VarianceTerm:
    """Return the variance of a seed's accuracy, at least that of chance.

    Its expectation is not below I/P. Few seeds may agree by chance, but I is known from (n-1)(P-1) degrees of freedom.
    """
    return at_least_chance(VarianceTerm(part.variance, part.seed_count - 1), part.chance, len(part.by_image))


def at_least_chance(seeds: VarianceTerm, chance: float, images: int) -> VarianceTerm:
    """Return a variance due to seeds, or that of chance (I/P, times the same factor) if that is larger."""
    return seeds if seeds.variance >= chance else VarianceTerm(chance, seeds.freedom * (images - 1))


def weighted_accuracy(weights: WeightedCells) -> float:
    """Return the weighted sum of the networks' mean accuracies."""
    return float(sum(weight * cell.accuracy.mean() for cell, weight in weights))


def weighted_sum(terms: Iterable[tuple[NDArray[Any], float]]) -> NDArray[np.float64]:
    """Return the sum of arrays of one shape, each times its weight."""
    return np.asarray(sum(weight * values for values, weight in terms))


def satterthwaite_freedom(terms: Sequence[VarianceTerm]) -> float:
    """Return the degrees of freedom of a sum of variances (Satterthwaite 1946)."""
    total = sum(term.variance for term in terms)
    return total**2 / sum(term.variance**2 / term.freedom for term in terms) if total else 1.0


def merge_cells(weights: WeightedCells) -> list[tuple[Cell, float]]:
    """Return each network once with its total weight; a network on both sides of a difference cancels out."""
    totals: dict[Cell, float] = {}
    for cell, weight in weights:
        totals[cell] = totals.get(cell, 0.0) + weight
    return [(cell, weight) for cell, weight in totals.items() if abs(weight) > 1e-12]


def main_cells(weights: WeightedCells) -> list[Cell]:
    """Return the networks that a weighted sum is about, without those that only move them to equal cost."""
    cells = merge_cells(weights)
    largest = max((abs(weight) for _, weight in cells), default=0.0)
    return [cell for cell, weight in cells if abs(weight) >= MINOR_WEIGHT * largest]


def split_by_seed(weights: WeightedCells) -> tuple[list[tuple[Cell, float]], list[tuple[Cell, float]]]:
    """Return the networks that lack seeds of the main ones, and the others with only the seeds that these share."""
    main, cells = main_cells(weights), merge_cells(weights)
    shared = set.intersection(*(set(cell.seeds) for cell in main)) if main else set()
    apart = [(cell, weight) for cell, weight in cells if cell not in main and not shared <= set(cell.seeds)]
    seeds = tuple(sorted(shared))
    return apart, [(select_seeds(cell, seeds), weight) for cell, weight in cells if (cell, weight) not in apart]


def select_seeds(cell: Cell, seeds: tuple[int, ...]) -> Cell:
    """Return the network with only some of its seeds, in the given order."""
    places = [cell.seeds.index(seed) for seed in seeds]
    return replace(
        cell,
        keys=tuple(cell.keys[place] for place in places),
        seeds=seeds,
        packed=cell.packed[places],
        held_out_accuracy=cell.held_out_accuracy[places],
        scores=None if cell.scores is None else cell.scores[places],
    )
