"""Draw how far the mean accuracies of a setting's networks may lie from the truth, for all networks jointly.

Another set of seeds moves each network on its own: its deviation is drawn from Student's t with the variance and the
degrees of freedom of `contrast.seed_variance`. Other test images move all networks together, because all answer the
same ones: these deviations are drawn jointly, with the covariance of the networks' answers by image less the part due
to seeds (see `contrast`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.stats.contrast import MIN_SEEDS, ZERO_VARIANCE, seed_variance
from scaling_lab.formatting import pluralize

NOISE_DRAWS = 2000
MIN_FIT_P = 0.2
"""Smallest p value of the residuals at which a fitted curve or surface is not rejected."""
PRIOR_FREEDOM = 4
"""Degrees of freedom given to the pooled seed variance when it is averaged with a network's own."""


@dataclass(frozen=True, eq=False)
class NoiseDraws:
    """Deviations of the networks' mean accuracies, drawn at random.

    Attributes:
        cells: The networks.
        by_seeds: Deviations due to other seeds, shape (draws, networks).
        by_images: Deviations due to other test images, shape (draws, networks).
    """

    cells: tuple[Cell, ...]
    by_seeds: NDArray[np.float64]
    by_images: NDArray[np.float64]

    @property
    def common_image_shift(self) -> NDArray[np.float64]:
        """Mean deviation of all networks due to other test images, shape (draws,)."""
        shift: NDArray[np.float64] = self.by_images.mean(axis=1)
        return shift

    def select_cells(self, cells: Sequence[Cell]) -> NDArray[np.float64]:
        """Return the total deviations of some of the networks, shape (draws, networks), in the given order."""
        places = [self.cells.index(cell) for cell in cells]
        total: NDArray[np.float64] = (self.by_seeds + self.by_images)[:, places]
        return total


def explain_unknown_noise(cells: Sequence[Cell]) -> str | None:
    """Return the reason why the noise of these networks is unknown, as a clause; None if it is known."""
    fewest = min((len(cell.seeds) for cell in cells), default=0)
    if not cells:
        return "there is no network"
    if fewest < MIN_SEEDS:
        return f"an interval needs {MIN_SEEDS} seeds of each network, and one has only {pluralize(fewest, 'seed')}"
    if sum(seed_variance(cell.variance_components).variance for cell in cells) < ZERO_VARIANCE:
        return "all seeds answer alike"
    return None


def draw_noise(cells: Sequence[Cell], count: int = NOISE_DRAWS, seed: int = 0) -> NoiseDraws | None:
    """Draw deviations of different networks; the same arguments give the same draws.

    Args:
        cells: Networks; those with fewer than three seeds are left out.
        count: Number of draws.
        seed: Seed of the random generator.

    Returns:
        The draws; None if no network has three seeds, or if all seeds answer alike.
    """
    cells = [cell for cell in cells if len(cell.seeds) >= MIN_SEEDS]
    if explain_unknown_noise(cells):
        return None
    rng = np.random.default_rng(seed)
    components = [cell.variance_components for cell in cells]
    terms = [seed_variance(part).times(1 / part.seed_count) for part in components]
    errors = np.sqrt([term.variance for term in terms])
    by_seeds = rng.standard_t([term.freedom for term in terms], (count, len(cells))) * errors
    by_images = rng.standard_normal((count, len(cells))) @ _root_of_image_covariance(cells).T
    return NoiseDraws(tuple(cells), by_seeds, by_images)


def measure_image_covariance(cells: Sequence[Cell]) -> NDArray[np.float64]:
    """Return the covariance of mean accuracies due to test images, of networks that are tested on the same ones.

    Each needs two seeds. The matrix is positive semidefinite.
    """
    root = _root_of_image_covariance(cells)
    covariance: NDArray[np.float64] = root @ root.T
    return covariance


def smooth_seed_variances(cells: Sequence[Cell]) -> NDArray[np.float64]:
    """Return the variance of a seed's accuracy of each network, averaged with the pooled one.

    Variances of few seeds are unreliable, so the pooled one counts as four degrees of freedom. No variance is below
    that of chance. All are 0 if no network has two seeds, or all seeds agree.
    """
    sizes = np.array([len(cell.seeds) for cell in cells], dtype=float)
    squares = np.array([_sum_of_squares(cell) for cell in cells])
    pooled = squares.sum() / max(1.0, (sizes - 1).sum())
    chance = np.array([cell.variance_components.chance if len(cell.seeds) > 1 else 0.0 for cell in cells])
    variances: NDArray[np.float64] = np.maximum(
        chance, (squares + PRIOR_FREEDOM * pooled) / (sizes - 1 + PRIOR_FREEDOM)
    )
    return variances


def compute_fit_weights(cells: Sequence[Cell]) -> NDArray[np.float64]:
    """Return the weights of the networks' mean accuracies in a fit: one over the variance due to seeds, with mean 1.

    The variances are those of `smooth_seed_variances`; if one is 0, the weights are the numbers of seeds.
    """
    sizes, variances = np.array([len(cell.seeds) for cell in cells], dtype=float), smooth_seed_variances(cells)
    variances = variances if variances.all() else np.ones(len(cells))
    weights: NDArray[np.float64] = sizes / variances
    normalized: NDArray[np.float64] = weights / weights.mean()
    return normalized


def _sum_of_squares(cell: Cell) -> float:
    return (len(cell.seeds) - 1) * cell.variance_components.variance if len(cell.seeds) > 1 else 0.0


def _root_of_image_covariance(cells: Sequence[Cell]) -> NDArray[np.float64]:
    """Return a matrix whose product with its transpose is the covariance due to test images."""
    components = [cell.variance_components for cell in cells]
    covariance = np.atleast_2d(np.cov(np.stack([part.by_image for part in components]), ddof=1))
    covariance = covariance - np.diag([part.interaction / part.seed_count for part in components])
    values, vectors = np.linalg.eigh(covariance / len(components[0].by_image))
    root: NDArray[np.float64] = vectors * np.sqrt(np.maximum(values, 0.0))
    return root
