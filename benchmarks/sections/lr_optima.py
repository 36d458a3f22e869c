"""The best learning rate of a network and its slope along the width: how often they hold the truth."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.obtained_scaling import OBTAINED_COLUMNS
from scaling_lab.analysis.rates.best import find_best_rates
from scaling_lab.analysis.rates.grids import RateGrid
from scaling_lab.analysis.rates.slopes import fit_trends
from scaling_lab.analysis.setting import Setting

PAGE = "learning-rates.md"
TITLE = "How often the best rate is found"
STUDIES = 100
HEAD = [
    *("accuracy around the optimum", "slope", "rates", "seeds", "rates that may be best: hold it", "how many"),
    *("parabola: holds it", "both ends known", "one peak: holds it", "slope: holds it", "median half width"),
]
DEVIATION = 0.004
"""Standard deviation of a seed's accuracy on the held-out images."""
WIDTHS = (1.0, 1.25, 1.5, 2.0, 3.0)
SETTING = Setting("synthetic", "synthetic", "synthetic", "fitted", 1.0)


def _cliff(steps: float) -> float:
    return 0.004 * steps**2 if steps < 0 else 0.03 * steps**2


SHAPES: Mapping[str, Callable[[float], float]] = {
    "sharp": lambda steps: 0.02 * steps**2,
    "flat": lambda steps: 0.002 * steps**2,
    "falls off above": _cliff,
}
"""Loss of accuracy at some doublings of the rate from the best."""
CASES = [
    (shape, slope, rates, seeds)
    for shape in SHAPES
    for slope in (0.0, -1.0)
    for rates, seeds in ((3, 3), (4, 3), (5, 3), (5, 5))
]


def measure_row(studies: int, rng: np.random.Generator, shape: str, slope: float, rates: int, seeds: int) -> list[str]:
    """Return the percentages of networks and studies in which the truth is held, and how much is known."""
    factors = 2.0 ** (np.arange(rates) - rates // 2)
    best = {width: 0.3 + slope * (np.log2(width) - 0.8) for width in WIDTHS}
    hits, sizes, covered, closed, peaks, slopes, widths = [], [], [], [], [], [], []
    for _ in range(studies):
        grids = [_make_grid(width, best[width], factors, shape, seeds, rng) for width in WIDTHS]
        rates_found = find_best_rates(grids, 500)
        for width, optimum in zip(WIDTHS, rates_found, strict=True):
            losses = {factor: SHAPES[shape](np.log2(factor) - best[width]) for factor in factors}
            hits.append(min(losses, key=lambda factor: losses[factor]) in optimum.may_be_best)
            sizes.append(len(optimum.may_be_best))
            covered.append(_holds(optimum.interval, best[width]))
            peaks.append(_holds(optimum.peak, best[width]))
            closed.append(None not in (optimum.interval or ()))
        fitted = next(trend for trend in fit_trends(rates_found)[0].slopes if trend.along == "width").interval
        if fitted:
            slopes.append(fitted[0] <= slope <= fitted[1])
            widths.append((fitted[1] - fitted[0]) / 2)
    shares = [f"{100 * np.mean(flags):.1f}" for flags in (hits, covered, closed, peaks, slopes)]
    return [
        *(shape, f"{slope:g}", str(rates), str(seeds), shares[0], f"{np.mean(sizes):.1f}"),
        *(*shares[1:], f"{np.median(widths):.2f}"),
    ]


def _holds(ends: tuple[float | None, float | None] | None, best: float) -> bool:
    low, high = ends or (None, None)
    return (low is None or float(np.log2(low)) <= best) and (high is None or best <= float(np.log2(high)))


def _make_grid(
    width: float, best: float, factors: NDArray[np.float64], shape: str, seeds: int, rng: np.random.Generator
) -> RateGrid:
    obtained = dict.fromkeys(OBTAINED_COLUMNS, 1.0) | {"w_got": width, "times_flops_got": width**2}
    cells = {}
    for factor in map(float, factors):
        accuracy = 0.85 - SHAPES[shape](np.log2(factor) - best) + DEVIATION * rng.standard_normal(seeds)
        cells[factor] = Cell((), tuple(range(seeds)), 0, np.empty(0, np.uint8), accuracy, {}, obtained, 1.0)
    return RateGrid(SETTING, ("width",), width**2, cells)
