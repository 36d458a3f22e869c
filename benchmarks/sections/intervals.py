"""Intervals of one pair: this package's, Welch's t over seeds, and two forms of the bootstrap."""

import numpy as np

from scaling_lab.analysis.stats.contrast import ALPHA, estimate_contrast
from scaling_lab.analysis.synthetic import make_cells
from sections import bootstrap
from sections.noises import ACCURACIES, ACCURACY, NOISES

TITLE = "Why not Welch alone, and not the bootstrap"
STUDIES = 1000
METHODS = ("crossed", "Welch over seeds", "bootstrap, percentiles", "bootstrap, error times t")
HEAD = ["noise", "images", "seeds", *METHODS, "told apart"]
CASES = [
    (name, images, seeds)
    for name in ("quiet seeds", "usual", "loud seeds", "rules apart", "seeds correlated 0.8", "CIFAR-10")
    for images in (2000, 10_000)
    for seeds in (3, 5, 10)
]
APART = 0.01


def measure_row(studies: int, rng: np.random.Generator, name: str, images: int, seeds: int) -> list[str]:
    """Return coverage (percent) and mean width (points) of each method, and the share of significant verdicts."""
    rows = [_run_study(seeds, images, name, rng, study % 8 == 0) for study in range(studies)]
    intervals_by_method = [[row[method] for row in rows if row[method]] for method in METHODS]
    significant = f"{100 * np.mean([row['told apart'] for row in rows]):.1f}"
    return [name, f"{images:,}", str(seeds), *map(format_coverage, intervals_by_method), significant]


def format_coverage(intervals: list[tuple[float, float]]) -> str:
    """Return the percentage of intervals that cover the truth, and their mean width in points."""
    ends = np.array(intervals)
    share = np.mean((ends[:, 0] <= APART) & (ends[:, 1] >= APART))
    return f"{100 * share:.1f} ({100 * np.mean(ends[:, 1] - ends[:, 0]):.2f})"


def _run_study(seeds: int, images: int, name: str, rng: np.random.Generator, with_bootstrap: bool) -> dict[str, object]:
    accuracy = ACCURACIES.get(name, ACCURACY)
    pair = make_cells({"a": accuracy + APART, "b": accuracy}, seeds, images, rng, NOISES[name])
    estimate = estimate_contrast([(pair["a"], 1.0), (pair["b"], -1.0)])
    if estimate is None:
        raise ValueError("all seeds agree; the noise is too low to study coverage")
    drawn = bootstrap.intervals(pair["a"], pair["b"], estimate.freedom, rng) if with_bootstrap else ((), ())
    intervals = dict(zip(METHODS, (estimate.interval(), estimate.welch_interval(), *drawn), strict=True))
    return intervals | {"told apart": estimate.p < ALPHA and estimate.value > 0}
