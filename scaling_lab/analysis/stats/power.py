"""Statistical power: how many more seeds would decide about a difference of a given size.

The size is one that the user cares about, never the one observed: planning for the observed difference asks for too few
seeds when it is too large by chance, and asks for many when there is none.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri, stdtrit

from scaling_lab.analysis.arrays import FloatArray
from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.stats.contrast import (
    RELIABLE_SEEDS,
    Estimate,
    VarianceTerm,
    WeightedCells,
    main_cells,
    merge_cells,
    satterthwaite_freedom,
    split_by_seed,
    weighted_sum,
)

POWER = 0.8
"""Probability of the verdict with the required number of seeds."""
RANGE_CONFIDENCE = 0.8
"""Confidence with which the noise lies in the range that the numbers of seeds are given for."""
RANGE_QUANTILE = 1.2815515655446004
"""Quantile of the normal distribution that leaves out half of 1 - RANGE_CONFIDENCE."""
MAX_EXTRA_SEEDS = 200
"""Largest number of extra seeds per rule that is considered."""


@dataclass(frozen=True)
class SeedRange:
    """Extra seeds of each rule, with noise as low and as high as the results allow; None above `MAX_EXTRA_SEEDS`."""

    low: int | None
    high: int | None


@dataclass(frozen=True)
class RequiredSeeds:
    """Numbers of extra seeds that decide about a pair in four of five repetitions.

    Attributes:
        apart: To tell the rules apart if they differ by exactly delta.
        alike: To find them alike within delta if they do not differ.
        seconds: Time that one more seed of each rule takes on one worker, from the finished points; None if unknown.
    """

    apart: SeedRange
    alike: SeedRange
    seconds: float | None


@dataclass(frozen=True)
class _Noise:
    """Variances of a weighted sum with the present seeds.

    Attributes:
        seeds: One term per network, or one if paired.
        sizes: Number of seeds of each term.
        grows: Whether each term gets the extra seeds; not those of networks that only move others to equal cost.
        images: Variance due to test images.
        image_count: Number of test images.
        pooled: Seed variance pooled over the networks of the comparison, which also counts with few seeds.
    """

    seeds: tuple[VarianceTerm, ...]
    sizes: tuple[int, ...]
    grows: tuple[bool, ...]
    images: float
    image_count: int
    pooled: VarianceTerm | None

    def standard_errors(self) -> list[tuple[FloatArray, FloatArray]]:
        """Return standard errors and degrees of freedom with 1 to `MAX_EXTRA_SEEDS` extra seeds.

        There is one pair of arrays for each way to estimate them; the errors of all ways have to be small enough.
        """
        extra, before = np.arange(1, MAX_EXTRA_SEEDS + 1), np.array(self.sizes, dtype=float)[:, None]
        grows = np.array(self.grows)
        sizes = before + extra * grows[:, None]
        variances = np.array([term.variance for term in self.seeds])[:, None] * before / sizes
        ways = [self._add_images(variances, sizes - 1)]
        growing = before[grows]
        few = growing.min() + extra < RELIABLE_SEEDS
        if self.pooled is not None and few.any():
            variance = self.pooled.variance * (growing / (growing + extra)).max(axis=0)
            freedom = self.pooled.freedom * ((growing + extra - 1) / (growing - 1)).min(axis=0)
            error, freedom = self._add_images(variance[None], freedom[None])
            ways.append((np.where(few, error, 0.0), freedom))
        return ways

    def _add_images(self, variances: FloatArray, freedoms: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the standard error of seeds and test images, with its degrees of freedom (Satterthwaite 1946)."""
        total = variances.sum(axis=0) + self.images
        parts = (variances**2 / freedoms).sum(axis=0) + self.images**2 / (self.image_count - 1)
        return np.sqrt(total), total**2 / parts


def estimate_required_seeds(
    weights: WeightedCells,
    estimate: Estimate,
    delta: float,
    alpha: float,
    paired: bool = False,
    pooled: VarianceTerm | None = None,
) -> RequiredSeeds:
    """Estimate the numbers of seeds that would decide about a weighted sum of networks.

    Args:
        weights: Networks with their weights, each with at least three seeds.
        estimate: The estimate of the sum by `contrast.estimate_contrast`.
        delta: Smallest difference that matters, 0 to 1.
        alpha: Level of significance of the next test.
        paired: Whether seeds are compared seed by seed.
        pooled: Variance of one seed's accuracy pooled over the comparison, which also counts with few seeds.
    """
    apart_cells, together = split_by_seed(weights) if paired else (merge_cells(weights), [])
    main = main_cells(weights)
    noises = _noise_range(apart_cells, together, main, estimate, pooled)
    low, high = (noise.standard_errors() for noise in noises)
    apart = float(1 - alpha / 2), POWER
    alike = float(1 - alpha), (1 + POWER) / 2  # both one-sided tests have to succeed
    seconds = sum(cell.point_seconds for cell in main)
    return RequiredSeeds(
        apart=SeedRange(*(_find_seeds(errors, delta, *apart) for errors in (low, high))),
        alike=SeedRange(*(_find_seeds(errors, delta, *alike) for errors in (low, high))),
        seconds=float(seconds) if np.isfinite(seconds) else None,
    )


def _noise_range(
    apart: WeightedCells,
    together: WeightedCells,
    main: Sequence[Cell],
    estimate: Estimate,
    pooled: VarianceTerm | None,
) -> tuple[_Noise, _Noise]:
    """Return the lowest and the highest noise that the results allow; networks `together` are compared by seed."""
    cells = [*apart, *together]
    sizes = [len(cell.seeds) for cell, _ in (*apart, *together[:1])]
    total, freedom = sum(term.variance for term in estimate.seeds), satterthwaite_freedom(estimate.seeds)
    chance = estimate.interaction / estimate.image_count
    by_image = weighted_sum((cell.variance_components.by_image, weight) for cell, weight in cells)
    deviations = np.square(by_image - by_image.mean())
    image_error = RANGE_QUANTILE * float(np.std(deviations)) / len(by_image) ** 1.5
    part = sum(weight**2 / len(cell.seeds) for cell, weight in cells)
    low, high = (
        _Noise(
            seeds=tuple(term.times(max(chance / total, factor)) for term in estimate.seeds),
            sizes=tuple(sizes),
            grows=(*(cell in main for cell, _ in apart), *(True for _ in together[:1])),
            images=max(0.0, estimate.images.variance + sign * image_error),
            image_count=estimate.image_count,
            pooled=pooled.times(part * _range_factors(pooled.freedom)[sign > 0]) if pooled else None,
        )
        for sign, factor in zip((-1, 1), _range_factors(freedom), strict=True)
    )
    return low, high


def _range_factors(freedom: float) -> tuple[float, float]:
    """Return the ends of the range of a variance, over its estimate with these degrees of freedom."""
    tail = (1 - RANGE_CONFIDENCE) / 2
    return freedom / float(chdtri(freedom, tail)), freedom / float(chdtri(freedom, 1 - tail))


def _find_seeds(ways: Sequence[tuple[FloatArray, FloatArray]], delta: float, level: float, power: float) -> int | None:
    """Return the smallest number of extra seeds with which delta exceeds all errors by both quantiles of t.

    It is found by binary search, because with more seeds delta exceeds them all the more.
    """

    def is_enough(extra: int) -> bool:
        at = [(float(errors[extra - 1]), float(freedoms[extra - 1])) for errors, freedoms in ways]
        return all(delta >= float(stdtrit(freedom, level) + stdtrit(freedom, power)) * error for error, freedom in at)

    candidates = range(1, MAX_EXTRA_SEEDS + 1)
    place = bisect_left(candidates, True, key=is_enough)
    return candidates[place] if place < len(candidates) else None
