"""The best learning rate of each network by its accuracy on the held-out images, with the noise of seeds.

Between the rates that were tried, the best one is the vertex of the parabola through the best rate and its two
neighbours, accuracy against the logarithm of the rate. The interval and the shares repeat the choice in resamples:
means drawn from t distributions with the seed variance of each rate. They do not count that the accuracy may be no
parabola: where it falls off faster on one side, the vertex is up to half a step off. `peak` holds for any shape with
one peak.

A rate is at the edge of the grid if no lower, or no higher, rate was tried; then the best one may lie outside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from scaling_lab.analysis.arrays import FloatArray
from scaling_lab.analysis.rates.grids import RateGrid
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.stats.contrast import ALPHA, RELIABLE_SEEDS, VarianceTerm, satterthwaite_freedom

RESAMPLES = 4000
SEED = 17
MIN_FREEDOM = 2
"""Degrees of freedom of a variance that resamples need."""

Variances = Mapping[float, VarianceTerm]
"""Variance of one seed's accuracy on the held-out images, by factor."""


@dataclass(frozen=True, eq=False)
class BestRate:
    """The best learning rate of a network. Rates are in times the recipe's.

    Attributes:
        grid: The network.
        best: The best rate that was tried.
        means: Mean accuracy on the held-out images by rate, 0 to 1.
        edge: -1 if the best rate is the lowest that was tried, 1 if it is the highest, else 0.
        vertex: Best rate between those that were tried; None at an edge, and with two rates.
        shares: Share of resamples in which each rate is best; empty without an interval.
        interval: 95 % interval of the vertex, which counts the seeds alone, not the shape of the accuracy; an end is
            None if it is beyond the edge of the grid. None with too few seeds.
        peak: Rates between which the best one lies if the accuracy has one peak, of any shape: the neighbours of
            `may_be_best`. Ends as in `interval`.
        may_be_best: Rates that are not significantly worse than the best; all of them with too few seeds.
        resamples: Logarithm to base 2 of the best rate in each resample, beyond an edge minus or plus infinity.
    """

    grid: RateGrid
    best: float
    means: Mapping[float, float]
    edge: int
    vertex: float | None
    shares: Mapping[float, float]
    interval: tuple[float | None, float | None] | None
    peak: tuple[float | None, float | None] | None
    may_be_best: tuple[float, ...]
    resamples: FloatArray

    @property
    def value(self) -> float:
        """The vertex, or the best rate that was tried where there is no vertex."""
        return self.best if self.vertex is None else self.vertex


def find_best_rates(grids: Sequence[RateGrid], resamples: int = RESAMPLES) -> list[BestRate]:
    """Return the best rate of each network that can be trained at two rates or more without divergence."""
    rng = np.random.default_rng(SEED)
    pooled = _pool_variances(grids)
    return [
        _find_best(grid, _noise_of(grid, pooled[grid.setting]), resamples, rng)
        for grid in grids
        if len(grid.factors) > 1
    ]


def _find_best(grid: RateGrid, noise: Variances, resamples: int, rng: np.random.Generator) -> BestRate:
    means = {factor: float(grid.held_out(factor).mean()) for factor in grid.factors}
    logs = np.log2(grid.factors)
    row = np.array([list(means.values())])
    place, at = int(row.argmax()), float(_locate(logs, row)[0])
    best = grid.factors[place]
    is_known = all(term.freedom >= MIN_FREEDOM and term.variance > 0 for term in noise.values())
    drawn = _draw_means(grid, means, noise, resamples, rng) if is_known else np.empty((0, len(logs)))
    located = _locate(logs, drawn)
    equals = _list_equals(grid, means, best, noise) if is_known else grid.factors
    wins = np.bincount(drawn.argmax(axis=1), minlength=len(logs)) / max(1, len(drawn))
    return BestRate(
        grid=grid,
        best=best,
        means=means,
        edge=(place == len(logs) - 1) - (place == 0),
        vertex=float(2**at) if np.isfinite(at) else None,
        shares=dict(zip(grid.factors, map(float, wins), strict=True)) if is_known else {},
        interval=_interval(located) if is_known else None,
        peak=_enclose(grid.factors, equals) if is_known else None,
        may_be_best=equals,
        resamples=located,
    )


def _locate(logs: FloatArray, means: FloatArray) -> FloatArray:
    """Return the logarithm of the best rate of each row of means, minus or plus infinity at an edge."""
    place = means.argmax(axis=1)
    inner = np.clip(place, 1, len(logs) - 2) if len(logs) > 2 else np.zeros_like(place)
    rows = np.arange(len(means))
    at = np.where(place == 0, -np.inf, np.inf)
    if len(logs) > 2:
        left, right = logs[inner] - logs[inner - 1], logs[inner + 1] - logs[inner]
        above_left = means[rows, inner] - means[rows, inner - 1]
        above_right = means[rows, inner] - means[rows, inner + 1]
        slope = left * above_right + right * above_left
        move = 0.5 * (right**2 * above_left - left**2 * above_right) / np.where(slope > 0, slope, 1)
        at = np.where((place > 0) & (place < len(logs) - 1), logs[inner] + np.where(slope > 0, move, 0), at)
    return np.asarray(at)


def _draw_means(
    grid: RateGrid, means: Mapping[float, float], noise: Variances, resamples: int, rng: np.random.Generator
) -> FloatArray:
    columns = []
    for factor, mean in means.items():
        term = noise[factor]
        error = (term.variance / len(grid.held_out(factor))) ** 0.5
        columns.append(mean + error * rng.standard_t(term.freedom, resamples))
    return np.stack(columns, axis=1)


def _interval(located: FloatArray) -> tuple[float | None, float | None]:
    rising, beyond = np.sort(located), int(ALPHA / 2 * len(located))
    low, high = (float(2**end) if np.isfinite(end) else None for end in (rising[beyond], rising[-1 - beyond]))
    return low, high


def _enclose(factors: tuple[float, ...], inner: tuple[float, ...]) -> tuple[float | None, float | None]:
    """Return the rates next to the lowest and the highest of some rates; None where there is none."""
    low, high = factors.index(inner[0]) - 1, factors.index(inner[-1]) + 1
    return factors[low] if low >= 0 else None, factors[high] if high < len(factors) else None


def _list_equals(grid: RateGrid, means: Mapping[float, float], best: float, noise: Variances) -> tuple[float, ...]:
    """Return the rates that are not worse than the best by one-sided t tests, adjusted for their number."""
    equal = []
    for factor in grid.factors:
        terms = [noise[rate].times(1 / len(grid.held_out(rate))) for rate in (best, factor)]
        quantile = float(stdtrit(satterthwaite_freedom(terms), 1 - ALPHA / max(1, len(means) - 1)))
        error = sum(term.variance for term in terms) ** 0.5
        if factor == best or means[best] - means[factor] <= quantile * error:
            equal.append(factor)
    return tuple(equal)


def _pool_variances(grids: Sequence[RateGrid]) -> dict[Setting, dict[float, VarianceTerm]]:
    """Return the variance of a seed over all networks of a setting, by factor."""
    parts: dict[Setting, dict[float, list[FloatArray]]] = {}
    for grid in grids:
        for factor in grid.factors:
            parts.setdefault(grid.setting, {}).setdefault(factor, []).append(grid.held_out(factor))
    return {
        setting: {factor: _pool(values) for factor, values in by_factor.items()} for setting, by_factor in parts.items()
    }


def _pool(values: Sequence[FloatArray]) -> VarianceTerm:
    freedom = sum(len(cell) - 1 for cell in values)
    squares = sum(float(((cell - cell.mean()) ** 2).sum()) for cell in values)
    return VarianceTerm(squares / freedom if freedom else 0.0, freedom)


def _noise_of(grid: RateGrid, pooled: Variances) -> Variances:
    """Return the seed variance of each rate: the network's own from five seeds on, otherwise the larger of its own and
    the pooled one, because few seeds agree by chance."""
    noise = {}
    for factor in grid.factors:
        own, common = _pool([grid.held_out(factor)]), pooled[factor]
        is_own = own.freedom >= RELIABLE_SEEDS - 1 or (own.freedom >= MIN_FREEDOM and own.variance > common.variance)
        noise[factor] = own if is_own and own.variance > 0 else common
    return noise
