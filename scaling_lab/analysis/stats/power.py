"""How many more seeds, or test pictures, would settle a difference of the size seen, and what the seeds cost."""

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
)

T = TypeVar("T")

POWER = 0.8
MAX_EXTRA_SEEDS = 200
"""Seeds of a rule beyond which nobody would go."""


@dataclass(frozen=True)
class RequiredSample:
    """What would tell a true difference of the size seen from none, in four of five repetitions.

    seeds: more of each rule; None where more than 200 would not do. seconds: of one worker for these, from the points
    so far; None where not known. pictures: test pictures, at the present seeds; None where no number does, and with
    fewer than five seeds, whose own part is then too little known to say.
    """

    extra_seeds: int | None
    seconds: float | None
    test_images: int | None


def estimate_required_sample(weights: WeightedCells, alpha: float, paired: bool = False) -> RequiredSample | None:
    """What would settle a weighted sum at a level of significance; None with fewer than three seeds or no difference.

    paired: as in `contrast`, by the seeds that all cells have.
    """
    weights = restrict_to_common_seeds(merge_cells(weights)) if paired else merge_cells(weights)
    if not weights or any(len(cell.seeds) < MIN_SEEDS for cell, _ in weights):
        return None
    value = abs(sum(weight * float(cell.accuracy.mean()) for cell, weight in weights))
    count = weights[0][0].test_images
    own, mixed, sizes = _parts(weights, paired)
    by_picture = sum(weight * cell.variance_components.by_image for cell, weight in weights)
    beside = sum(part / size for part, size in zip(mixed, sizes, strict=True))
    pictures = max(0.0, float(np.var(by_picture, ddof=1)) - beside)

    def settled(seeds: list[int], shown: float) -> bool:
        parts = zip(own, mixed, seeds, strict=True)
        terms = [VarianceTerm((a + i / shown) / n, n - 1) for a, i, n in parts] + [
            VarianceTerm(pictures / shown, shown - 1)
        ]
        freedom = satterthwaite_freedom(terms)
        reach = float(stdtrit(freedom, 1 - alpha / 2) + stdtrit(freedom, POWER))
        return value >= reach * sqrt(sum(term.variance for term in terms))

    added = _first(range(1, MAX_EXTRA_SEEDS + 1), lambda n: settled([size + n for size in sizes], count))
    known = min(sizes) >= RELIABLE_SEEDS
    shown = known and _first([count * 2 ** (step / 4) for step in range(1, 41)], lambda p: settled(sizes, p))
    cost = sum(cell.point_seconds for cell, _ in weights) * added if added else None
    more_pictures = ceil(shown / 1000) * 1000 if shown else None
    return RequiredSample(added, cost if cost is None or np.isfinite(cost) else None, more_pictures)


def _parts(weights: WeightedCells, paired: bool) -> tuple[list[float], list[float], list[int]]:
    """Variances between seeds, of seed with picture, and numbers of seeds: a network each, or of all, paired."""
    count = weights[0][0].test_images
    mixed = [weight**2 * cell.variance_components.interaction for cell, weight in weights]
    sizes = [len(cell.seeds) for cell, _ in weights]
    if paired:
        by_seed = sum(weight * cell.accuracy for cell, weight in weights)
        return [max(0.0, float(np.var(by_seed, ddof=1)) - sum(mixed) / count)], [sum(mixed)], sizes[:1]
    own = [
        weight**2 * max(0.0, cell.variance_components.variance - cell.variance_components.interaction / count)
        for cell, weight in weights
    ]
    return own, mixed, sizes


def _first(among: Sequence[T], enough: Callable[[T], bool]) -> T | None:
    """The first that is enough, where all after it are enough too."""
    at = bisect_left(among, True, key=enough)
    return among[at] if at < len(among) else None
