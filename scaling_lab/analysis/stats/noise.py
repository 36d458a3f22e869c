"""How far networks' mean accuracies lie from the truth, drawn for all of a setting together.

Another set of seeds moves each network by itself: its mean is drawn from Student's t with the seeds it has, less one.
Other test pictures move all networks together, because all answer the same ones: their means are drawn jointly, with
the covariance of the networks' answers by picture less what seeds add to it (the terms of `contrast`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scaling_lab.analysis.evidence import Cell
from scaling_lab.analysis.stats.contrast import MIN_SEEDS

Array = NDArray[np.float64]

NOISE_DRAWS = 2000
PRIOR_FREEDOM = 4
"""Degrees of freedom with which the pooled variance of seeds enters a network's own."""


@dataclass(frozen=True, eq=False)
class NoiseDraws:
    """Deviations of the mean accuracies of `cells` (columns), a draw a row: by other seeds and by other pictures."""

    cells: tuple[Cell, ...]
    by_seeds: Array
    by_images: Array

    @property
    def common_image_shift(self) -> Array:
        """What other pictures do to the mean of all cells, by draw."""
        found: Array = self.by_images.mean(axis=1)
        return found

    def select_cells(self, cells: Sequence[Cell]) -> Array:
        """Both deviations together, of some of the cells in the order asked."""
        at = [self.cells.index(cell) for cell in cells]
        found: Array = (self.by_seeds + self.by_images)[:, at]
        return found


def explain_unknown_noise(cells: Sequence[Cell]) -> str | None:
    """Why the noise of these cells is not known, in words; None where it is."""
    fewest = min((len(cell.seeds) for cell in cells), default=0)
    if not cells:
        return "there is no network"
    if fewest < MIN_SEEDS:
        return f"a network has {fewest} {'seed' if fewest == 1 else 'seeds'}; an interval needs {MIN_SEEDS} of each"
    if not any(cell.variance_components.variance for cell in cells):
        return "no seed differs from another"
    return None


def draw_noise(cells: Sequence[Cell], count: int = NOISE_DRAWS, seed: int = 0) -> NoiseDraws | None:
    """Draws for those of different cells that have three seeds, the same ones every time.

    None where no cell has, or no seed differs from another.
    """
    cells = [cell for cell in cells if len(cell.seeds) >= MIN_SEEDS]
    if explain_unknown_noise(cells):
        return None
    rng = np.random.default_rng(seed)
    spreads = [cell.variance_components for cell in cells]
    errors = np.array([np.sqrt(each.variance / each.seeds) for each in spreads])
    by_seed = rng.standard_t([each.seeds - 1 for each in spreads], (count, len(cells))) * errors
    covariance = np.atleast_2d(np.cov(np.stack([each.by_image for each in spreads]), ddof=1))
    covariance = covariance - np.diag([each.interaction / each.seeds for each in spreads])
    values, vectors = np.linalg.eigh(covariance / cells[0].test_images)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    by_picture = rng.standard_normal((count, len(cells))) @ root.T
    return NoiseDraws(tuple(cells), by_seed, by_picture)


def compute_fit_weights(cells: Sequence[Cell]) -> Array:
    """What each mean counts in a fit: one over its variance by seeds, the mean weight being 1.

    Variances of few seeds are wild, so each is averaged with the pooled one, which counts as four degrees of freedom.
    Without two seeds anywhere, or where no seed differs, a mean counts by its number of seeds.
    """
    sizes = np.array([len(cell.seeds) for cell in cells], dtype=float)
    squares = np.array(
        [(len(c.seeds) - 1) * c.variance_components.variance if len(c.seeds) > 1 else 0.0 for c in cells]
    )
    pooled = squares.sum() / max(1.0, (sizes - 1).sum())
    variances = (squares + PRIOR_FREEDOM * pooled) / (sizes - 1 + PRIOR_FREEDOM) if pooled else np.ones(len(cells))
    found: Array = sizes / variances
    return found / found.mean()
