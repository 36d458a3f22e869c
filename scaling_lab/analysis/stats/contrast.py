"""Differences of networks in accuracy with their uncertainty: of seeds, and of test pictures.

A seed's answers to the test pictures are a table of two crossed factors: some seeds are better on all pictures, some
pictures are harder for all seeds, and the rest is chance. With A the variance of the first, B of the second (of the
weighted sum of networks, because all answer the same pictures) and I of the rest, the weighted sum of n seeds each on P
pictures has the variance  sum w^2 (A + I/P) / n + B/P.  The first term is seen in the seeds' accuracies; B is the
variance over pictures less the share of I in it. Degrees of freedom by Satterthwaite (1946), interval by Student's t.

Leaving B out, as Welch's t over seeds does, covers the truth in three quarters of cases at ten quiet seeds and 2,000
pictures; resampling seeds and pictures covers it in 98 of 100, because I is counted almost three times
(docs/statistics.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from scipy.special import stdtr, stdtrit

from scaling_lab.analysis.evidence import Cell

MIN_SEEDS = 3
RELIABLE_SEEDS = 5
"""Seeds from which on the variance of a network's seeds is known well enough to rely on alone."""
CONFIDENCE = 0.95
ZERO_VARIANCE = 1e-24
"""Variance of equal accuracies as floats have it."""

WeightedCells = Sequence[tuple[Cell, float]]


@dataclass(frozen=True)
class VarianceTerm:
    """A part of a variance and the degrees of freedom behind it."""

    variance: float
    freedom: float


@dataclass(frozen=True)
class Estimate:
    """A weighted sum of accuracies, 0 to 1. seeds: a term a network (or one for all, paired); pictures: theirs.

    interaction: of seed and picture, sum w^2 I / n, contained in the seeds' terms divided by the number of pictures.
    """

    value: float
    seeds: tuple[VarianceTerm, ...]
    images: VarianceTerm
    interaction: float
    count: int

    @property
    def standard_error(self) -> float:
        """Standard error."""
        return sqrt(sum(term.variance for term in self._terms))

    @property
    def freedom(self) -> float:
        """Degrees of freedom of the standard error."""
        return satterthwaite_freedom(self._terms)

    @property
    def p(self) -> float:
        """Two-sided p of no difference."""
        return float(2 * stdtr(self.freedom, -abs(self.value) / self.standard_error)) if self.standard_error else 1.0

    def p_with_seed_variance(self, seeds: VarianceTerm) -> float:
        """The same with another idea of the seeds' part of the variance."""
        return replace(self, seeds=(seeds,)).p

    def interval(self, confidence: float = CONFIDENCE) -> tuple[float, float]:
        """Where the truth lies, for other seeds and other pictures."""
        return self._around(self._terms, confidence)

    def welch_interval(self, confidence: float = CONFIDENCE) -> tuple[float, float]:
        """The same for other seeds and the same pictures: Welch's t."""
        return self._around(self.seeds, confidence)

    @property
    def _terms(self) -> tuple[VarianceTerm, ...]:
        return (*self.seeds, self.images)

    def _around(self, terms: Sequence[VarianceTerm], confidence: float) -> tuple[float, float]:
        reach = sqrt(sum(t.variance for t in terms)) * float(
            stdtrit(satterthwaite_freedom(terms), (1 + confidence) / 2)
        )
        return self.value - reach, self.value + reach


def estimate_contrast(weights: WeightedCells, paired: bool = False) -> Estimate | None:
    """The weighted sum of cells' accuracies; None where a cell has fewer than three seeds, or when no seed differs.

    paired: by seed, of the seeds that all cells have; only where seeds of different networks go together.
    """
    cells = merge_cells(weights)
    if paired:
        cells = restrict_to_common_seeds(cells)
    if not cells or any(len(cell.seeds) < MIN_SEEDS for cell, _ in cells):
        return None
    spreads = [(cell.variance_components, weight) for cell, weight in cells]
    count = cells[0][0].test_images
    by_picture = sum(weight * each.by_image for each, weight in spreads)
    interaction = sum(weight**2 * each.interaction / each.seeds for each, weight in spreads)
    pictures = VarianceTerm(max(0.0, float(np.var(by_picture, ddof=1)) - interaction) / count, count - 1)
    seeds = (
        _paired(cells) if paired else tuple(VarianceTerm(w**2 * s.variance / s.seeds, s.seeds - 1) for s, w in spreads)
    )
    if sum(term.variance for term in seeds) < ZERO_VARIANCE:
        return None
    return Estimate(float(np.mean(by_picture)), seeds, pictures, interaction, count)


def weighted_accuracy(weights: WeightedCells) -> float:
    """The weighted sum of mean accuracies."""
    return float(sum(weight * cell.accuracy.mean() for cell, weight in weights))


def satterthwaite_freedom(terms: Sequence[VarianceTerm]) -> float:
    """Degrees of freedom of a sum of variances."""
    total = sum(term.variance for term in terms)
    return total**2 / sum(term.variance**2 / term.freedom for term in terms) if total else 1.0


def merge_cells(weights: WeightedCells) -> list[tuple[Cell, float]]:
    """Each cell once: a network that answers both sides of a difference takes no part in it."""
    found: dict[Cell, float] = {}
    for cell, weight in weights:
        found[cell] = found.get(cell, 0.0) + weight
    return [(cell, weight) for cell, weight in found.items() if abs(weight) > 1e-12]


def restrict_to_common_seeds(cells: list[tuple[Cell, float]]) -> list[tuple[Cell, float]]:
    """The cells with the seeds that all of them have."""
    shared = set.intersection(*(set(cell.seeds) for cell, _ in cells)) if cells else set()
    return [(select_seeds(cell, tuple(sorted(shared))), weight) for cell, weight in cells]


def select_seeds(cell: Cell, seeds: tuple[int, ...]) -> Cell:
    """The cell with some of its seeds, in their order."""
    at = [cell.seeds.index(seed) for seed in seeds]
    keys = tuple(cell.keys[place] for place in at)
    return replace(cell, keys=keys, seeds=seeds, packed=cell.packed[at], held_out_accuracy=cell.held_out_accuracy[at])


def _paired(cells: list[tuple[Cell, float]]) -> tuple[VarianceTerm, ...]:
    by_seed = sum(weight * cell.accuracy for cell, weight in cells)
    return (VarianceTerm(float(np.var(by_seed, ddof=1)) / len(by_seed), len(by_seed) - 1),)
