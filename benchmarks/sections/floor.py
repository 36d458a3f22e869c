"""Intervals of one pair with and without the lower bound of the seed variance, for several shapes of noise."""

from dataclasses import replace

import numpy as np

from scaling_lab.analysis.stats.contrast import estimate_contrast
from scaling_lab.analysis.synthetic import make_cells
from scaling_lab.analysis.synthetic_answers import CollapsingSeeds
from sections.noises import NOISES

TITLE = "Chance is a lower bound"
STUDIES = 1000
HEAD = ["noise", "images", "seeds", "without the bound", "with it", "without an interval"]
CASES = [
    (name, images, seeds)
    for name in ("no seed effect", "usual", "loud seeds", "beta", "beta, heavy-tailed seeds", "all rules collapse")
    for images in (2000, 10_000)
    for seeds in (3, 5, 10)
]
TRUTH = {"a": 0.86, "b": 0.85}


def measure_row(studies: int, rng: np.random.Generator, name: str, images: int, seeds: int) -> list[str]:
    """Return coverage (percent) and mean width (points) without and with the bound."""
    noise = NOISES[name]
    learned = 1 - noise.rate if isinstance(noise, CollapsingSeeds) else 1.0
    truth = learned * (TRUTH["a"] - TRUTH["b"])
    intervals: list[list[tuple[float, float]]] = [[], []]
    for _ in range(studies):
        pair = make_cells(TRUTH, seeds, images, rng, noise)
        if estimate := estimate_contrast([(pair["a"], 1.0), (pair["b"], -1.0)]):
            intervals[0].append(replace(estimate, seeds=estimate.observed_seeds).interval())
            intervals[1].append(estimate.interval())
    return [
        name,
        f"{images:,}",
        str(seeds),
        *(format_coverage(limits, truth) for limits in intervals),
        str(studies - len(intervals[1])),
    ]


def format_coverage(intervals: list[tuple[float, float]], truth: float) -> str:
    """Return the percentage of intervals that cover the truth, and their mean width in points."""
    if not intervals:
        return "-"
    low, high = np.array(intervals).T
    return f"{100 * np.mean((low <= truth) & (truth <= high)):.1f} ({100 * np.nanmean(high - low):.2f})"
