"""Owen's pigeonhole bootstrap of a difference of two networks: seeds and test images are resampled independently.

Owen (2007), The pigeonhole bootstrap, Annals of Applied Statistics 1. Only for `benchmarks/coverage.py`, which shows
why the analysis does not use it.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from scaling_lab.analysis.cells import Cell

DRAWS = 500


def intervals(a: Cell, b: Cell, freedom: float, rng: np.random.Generator) -> tuple[tuple[float, float], ...]:
    """Return two 95 % intervals of a's accuracy minus b's: percentiles, and the draws' deviation times t."""
    drawn = _mean(a, rng) - _mean(b, rng)
    low, high = np.quantile(drawn, [0.025, 0.975])
    value = float(a.accuracy.mean() - b.accuracy.mean())
    reach = float(drawn.std(ddof=1)) * float(stdtrit(freedom, 0.975))
    return (float(low), float(high)), (value - reach, value + reach)


def _mean(cell: Cell, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the accuracy of each draw; both networks get the same images in the same draw."""
    by_seed = _pictures(cell.test_images) @ cell.correct.astype(np.float32).T / cell.test_images
    seeds = len(cell.seeds)
    times = rng.multinomial(seeds, np.full(seeds, 1 / seeds), DRAWS)
    means: NDArray[np.float64] = (times * by_seed).sum(axis=1) / seeds
    return means


@cache
def _pictures(count: int) -> NDArray[np.float32]:
    """Return how often each draw has each image; the draws are the same in every study, whose images differ."""
    rng = np.random.default_rng(count)
    return rng.multinomial(count, np.full(count, 1 / count), DRAWS).astype(np.float32)
