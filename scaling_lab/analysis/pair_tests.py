"""Test the difference of two rules at every look at it, with the seed noise of the comparison that it is part of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from scaling_lab.analysis.stats.contrast import (
    RELIABLE_SEEDS,
    Estimate,
    VarianceTerm,
    WeightedCells,
    estimate_contrast,
    main_cells,
    merge_cells,
)
from scaling_lab.analysis.stats.looks import CorrectedTest, LookedAt, PairTest, correct_for_looks, pair_data
from scaling_lab.analysis.stats.seed_correlation import SeedCorrelation, correlate_seeds, pool_seed_variance


@dataclass(frozen=True)
class SeedNoise:
    """The noise of seeds in a comparison.

    Attributes:
        correlation: Correlation of the seeds between networks; None with too few networks or seeds.
        pooled: Variance of a seed's accuracy pooled over the networks; None if no network has two seeds.
    """

    correlation: SeedCorrelation | None
    pooled: VarianceTerm | None

    @property
    def is_paired(self) -> bool:
        """Whether networks are compared seed by seed."""
        return self.correlation is not None and self.correlation.is_significant


def measure_seed_noise(candidates: Mapping[str, WeightedCells]) -> SeedNoise:
    """Return the noise of seeds over all networks of a comparison."""
    cells = [cell for weights in candidates.values() for cell in main_cells(weights)]
    correlation = correlate_seeds(cells)
    if correlation and correlation.is_significant:
        return SeedNoise(correlation, correlation.residual)
    return SeedNoise(correlation, pool_seed_variance(cells))


def subtract(a: WeightedCells, b: WeightedCells) -> WeightedCells:
    """Return the difference of two weighted sums."""
    return [*a, *((cell, -weight) for cell, weight in b)]


def cautious_estimates(weights: WeightedCells, noise: SeedNoise, known: Estimate | None = None) -> list[Estimate]:
    """Return the estimates of a difference that all have to be significant; none if there is no interval.

    With fewer than `RELIABLE_SEEDS` seeds the difference must also be significant with the seed variance pooled over
    the rules: few seeds of one network agree by chance, which Satterthwaite's degrees of freedom do not account for.
    Without this, one in fourteen comparisons of five equal rules with three seeds would have a winner.

    Args:
        weights: The difference.
        noise: Seed noise of the comparison.
        known: The first of the estimates, where it has been made.
    """
    estimate = known or estimate_contrast(weights, noise.is_paired)
    if estimate is None:
        return []
    merged = merge_cells(weights)
    if noise.pooled is None or min(len(cell.seeds) for cell in main_cells(merged)) >= RELIABLE_SEEDS:
        return [estimate]
    part = sum(weight**2 / len(cell.seeds) for cell, weight in merged)
    return [estimate, replace(estimate, seeds=(noise.pooled.times(part),))]


def run_at_looks(
    first: str,
    second: str,
    looks: Sequence[tuple[LookedAt, SeedNoise]],
    delta: float | None = None,
    known: Estimate | None = None,
) -> tuple[CorrectedTest, CorrectedTest | None]:
    """Test whether two candidates differ, and whether they differ by less than `delta`.

    Args:
        first: Name of a candidate.
        second: Name of the other one.
        looks: The candidates at each look with their seed noise, oldest first, the last one of the present.
        delta: Smallest difference that matters, 0 to 1; None if not given.
        known: The estimate of the present difference, where it has been made.

    Returns:
        Both tests, corrected for looks; the second is None without a delta.
    """
    apart, alike = list[PairTest](), list[PairTest]()
    for looked_at, noise in looks:
        if not {first, second} <= looked_at.candidates.keys():
            continue
        weights = subtract(looked_at.candidates[first], looked_at.candidates[second])
        if estimates := cautious_estimates(weights, noise, known if looked_at is looks[-1][0] else None):
            data, share = pair_data(weights), looked_at.share(first, second)
            p_value = max(estimate.p for estimate in estimates)
            apart.append(PairTest(data, estimates[0].value, p_value, share))
            if delta is not None:
                alike.append(PairTest(data, 0.0, max(estimate.p_alike(delta) for estimate in estimates), share))
    return correct_for_looks(apart), correct_for_looks(alike) if alike else None
