"""Statistical power: how many more seeds, or test images, would make a difference of the observed size significant."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import TypeVar

import numpy as np
from scipy.special import stdtrit

from scaling_lab.analysis.stats.contrast import (
    MIN_SEEDS,
    RELIABLE_SEEDS,
    VarianceTerm,
    WeightedCells,
    merge_cells,
    restrict_to_common_seeds,
    satterthwaite_freedom,
    weighted_sum,
)

Candidate = TypeVar("Candidate")

POWER = 0.8
"""Probability with which a true difference of the observed size would be significant."""
MAX_EXTRA_SEEDS = 200
"""Largest number of extra seeds per rule that is considered."""


@dataclass(frozen=True)
class RequiredSample:
    """Sample size at which a true difference of the observed size is significant in four of five repetitions.

    Attributes:
        extra_seeds: Extra seeds of each rule; None if more than 200 are needed.
        seconds: Time that they take on one worker, estimated from the finished points; None if unknown.
        test_images: Test images needed with the present seeds; None if no number suffices, and with fewer than five
            seeds, whose variance is not known well enough.
    """

    extra_seeds: int | None
    seconds: float | None
    test_images: int | None


@dataclass(frozen=True)
class _Design:
    """Variance components of a weighted sum; the first three have one entry per network, or one if paired."""

    seed_variances: list[float]
    interactions: list[float]
    sizes: list[int]
    image_variance: float

    def standard_error(self, seeds: Sequence[int], images: float) -> tuple[float, float]:
        """Return the standard error with other numbers of seeds and images, and its degrees of freedom."""
        parts = zip(self.seed_variances, self.interactions, seeds, strict=True)
        terms = [VarianceTerm((a + i / images) / n, n - 1) for a, i, n in parts]
        terms.append(VarianceTerm(self.image_variance / images, images - 1))
        return sqrt(sum(term.variance for term in terms)), satterthwaite_freedom(terms)


def estimate_required_sample(weights: WeightedCells, alpha: float, paired: bool = False) -> RequiredSample | None:
    """Estimate the sample size that would make a weighted sum of accuracies significant.

    Args:
        weights: Networks with their weights.
        alpha: Level of significance.
        paired: Whether seeds are compared seed by seed, as in `contrast.estimate_contrast`.

    Returns:
        The sample size; None if a network has fewer than three seeds, or if nothing is left to compare.
    """
    weights = restrict_to_common_seeds(merge_cells(weights)) if paired else merge_cells(weights)
    if not weights or any(len(cell.seeds) < MIN_SEEDS for cell, _ in weights):
        return None
    value = abs(sum(weight * float(cell.accuracy.mean()) for cell, weight in weights))
    images = weights[0][0].test_images
    design = _measure_design(weights, paired)
    sizes = design.sizes

    def is_enough(seeds: list[int], images: float) -> bool:
        error, freedom = design.standard_error(seeds, images)
        quantiles = float(stdtrit(freedom, 1 - alpha / 2) + stdtrit(freedom, POWER))
        return value >= quantiles * error

    extra = _find_first(range(1, MAX_EXTRA_SEEDS + 1), lambda n: is_enough([size + n for size in sizes], images))
    image_counts = [images * 2 ** (step / 4) for step in range(1, 41)] if min(sizes) >= RELIABLE_SEEDS else []
    needed = _find_first(image_counts, lambda count: is_enough(sizes, count))
    seconds = sum(cell.point_seconds for cell, _ in weights) * extra if extra else None
    return RequiredSample(
        extra_seeds=extra,
        seconds=seconds if seconds is None or np.isfinite(seconds) else None,
        test_images=ceil(needed / 1000) * 1000 if needed else None,
    )


def _measure_design(weights: WeightedCells, paired: bool) -> _Design:
    images = weights[0][0].test_images
    interactions = [weight**2 * cell.variance_components.interaction for cell, weight in weights]
    sizes = [len(cell.seeds) for cell, _ in weights]
    if paired:
        by_seed = weighted_sum((cell.accuracy, weight) for cell, weight in weights)
        variances = [max(0.0, float(np.var(by_seed, ddof=1)) - sum(interactions) / images)]
        interactions, sizes = [sum(interactions)], sizes[:1]
    else:
        components = [(cell.variance_components, weight) for cell, weight in weights]
        variances = [w**2 * max(0.0, part.variance - part.interaction / images) for part, w in components]
    by_image = weighted_sum((cell.variance_components.by_image, weight) for cell, weight in weights)
    within = sum(part / size for part, size in zip(interactions, sizes, strict=True))
    return _Design(variances, interactions, sizes, max(0.0, float(np.var(by_image, ddof=1)) - within))


def _find_first(candidates: Sequence[Candidate], is_enough: Callable[[Candidate], bool]) -> Candidate | None:
    """Return the first candidate that is enough, if all later ones are enough too (binary search)."""
    place = bisect_left(candidates, True, key=is_enough)
    return candidates[place] if place < len(candidates) else None
