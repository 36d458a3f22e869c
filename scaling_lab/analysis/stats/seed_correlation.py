"""What the seeds of several networks say together: whether they rise and fall together, and how much they differ."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import f as fisher

from scaling_lab.analysis.evidence import Cell
from scaling_lab.analysis.stats.contrast import VarianceTerm

PAIRING_ALPHA = 0.01
"""p below which seeds of different networks are taken to go together."""


@dataclass(frozen=True)
class SeedCorrelation:
    """Whether seeds of different networks go together: their correlation, and the p of there being none.

    rest: variance of a seed's accuracy beside what the network and the seed explain.
    """

    correlation: float
    p: float
    residual: VarianceTerm

    @property
    def is_significant(self) -> bool:
        """Whether pairs are taken seed by seed."""
        return self.p < PAIRING_ALPHA


def correlate_seeds(cells: Sequence[Cell]) -> SeedCorrelation | None:
    """Intraclass correlation of seeds across different networks, and p of its F test (two-way analysis of variance).

    None with fewer than two networks, or with fewer than three seeds that all of them have.
    """
    different = list({cell.keys: cell for cell in cells}.values())
    shared = sorted(set.intersection(*(set(cell.seeds) for cell in different))) if different else []
    rows, columns = len(different), len(shared)
    if rows < 2 or columns < 3:
        return None
    grid = np.array([[cell.accuracy[cell.seeds.index(seed)] for seed in shared] for cell in different])
    rest = grid - grid.mean(axis=1, keepdims=True)
    by_seed = rows * float(np.var(rest.mean(axis=0), ddof=1))
    rest = rest - rest.mean(axis=0, keepdims=True)
    left = float((rest**2).sum()) / ((rows - 1) * (columns - 1))
    if by_seed + (rows - 1) * left == 0:
        return None
    correlation = (by_seed - left) / (by_seed + (rows - 1) * left)
    p = float(fisher.sf(by_seed / left, columns - 1, (rows - 1) * (columns - 1))) if left else 0.0
    return SeedCorrelation(correlation, p, VarianceTerm(left, (rows - 1) * (columns - 1)))


def pool_seed_variance(cells: Sequence[Cell]) -> VarianceTerm | None:
    """Variance of a seed's accuracy in all networks together; None without a network of two seeds."""
    different = [cell for cell in {cell.keys: cell for cell in cells}.values() if len(cell.seeds) > 1]
    freedom = sum(len(cell.seeds) - 1 for cell in different)
    if not freedom:
        return None
    return VarianceTerm(
        sum((len(cell.seeds) - 1) * cell.variance_components.variance for cell in different) / freedom, freedom
    )
