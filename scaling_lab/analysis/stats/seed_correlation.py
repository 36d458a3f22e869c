"""Correlation of the same seeds between different networks, and the seed variance pooled over networks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2
from scipy.stats import f as f_distribution

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.stats.contrast import VarianceTerm

PAIRING_ALPHA = 0.01
"""p value below which networks are compared seed by seed."""
OUTLIER_ALPHA = 0.1
"""p value below which a network's seed variance is left out of the pooled one."""


@dataclass(frozen=True)
class SeedCorrelation:
    """Correlation of the same seeds between different networks.

    Attributes:
        correlation: Intraclass correlation.
        p: p value of the hypothesis that there is none.
        residual: Variance of a seed's accuracy that neither the network nor the seed explains.
    """

    correlation: float
    p: float
    residual: VarianceTerm

    @property
    def is_significant(self) -> bool:
        """Whether networks are compared seed by seed."""
        return self.p < PAIRING_ALPHA


def correlate_seeds(cells: Sequence[Cell]) -> SeedCorrelation | None:
    """Return the intraclass correlation of seeds between networks, with the p value of its F test (two-way ANOVA).

    None with fewer than two different networks, or with fewer than three seeds that all of them share.
    """
    different = list({cell.keys: cell for cell in cells}.values())
    shared = sorted(set.intersection(*(set(cell.seeds) for cell in different))) if different else []
    rows, columns = len(different), len(shared)
    if rows < 2 or columns < 3:
        return None
    grid = np.array([[cell.accuracy[cell.seeds.index(seed)] for seed in shared] for cell in different])
    centered = grid - grid.mean(axis=1, keepdims=True)
    by_seed = rows * float(np.var(centered.mean(axis=0), ddof=1))
    residuals = centered - centered.mean(axis=0, keepdims=True)
    freedom = (rows - 1) * (columns - 1)
    residual = float((residuals**2).sum()) / freedom
    if by_seed + (rows - 1) * residual == 0:
        return None
    correlation = (by_seed - residual) / (by_seed + (rows - 1) * residual)
    p = float(f_distribution.sf(by_seed / residual, columns - 1, freedom)) if residual else 0.0
    return SeedCorrelation(correlation, p, VarianceTerm(residual, freedom))


def pool_seed_variance(cells: Sequence[Cell]) -> VarianceTerm | None:
    """Return the variance of a seed's accuracy pooled over the networks; None if no network has two seeds.

    Networks whose variance is much larger than the median (F test, p < `OUTLIER_ALPHA`) are left out, so that one
    collapsed seed does not decide about pairs of other networks.
    """
    different = [cell for cell in {cell.keys: cell for cell in cells}.values() if len(cell.seeds) > 1]
    if not different:
        return None
    variances = np.array([cell.variance_components.variance for cell in different])
    freedom = np.array([len(cell.seeds) - 1.0 for cell in different])
    typical = float(np.median(variances * freedom / chi2.ppf(0.5, freedom)))
    usual = variances <= typical * f_distribution.isf(OUTLIER_ALPHA, freedom, freedom.sum() / 2)
    usual |= variances <= np.median(variances)  # some are left if most have no variance
    total = float(freedom[usual].sum())
    return VarianceTerm(float((freedom * variances)[usual].sum()) / total, total)
