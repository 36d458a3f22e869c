"""Intervals of one pair on test images in clusters, taken as independent and with the clusters given."""

from dataclasses import replace

import numpy as np

from scaling_lab.analysis.stats.contrast import estimate_contrast
from scaling_lab.analysis.synthetic import make_cells
from scaling_lab.analysis.synthetic_answers import BetaNoise, ProbitNoise
from sections.floor import format_coverage

TITLE = "Clusters of test images"
STUDIES = 500
HEAD = ["noise", "clusters of", "seeds", "images taken as independent", "clusters given"]
NOISES = {
    "usual": lambda size: ProbitNoise(cluster=size),
    "rules apart": lambda size: ProbitNoise(rule=0.7, cluster=size),
    "beta, rules apart": lambda size: BetaNoise(rule=0.05, cluster=size),
}
CASES = [(name, size, seeds) for name in NOISES for size in (1, 2, 5, 20) for seeds in (3, 5, 10)]
IMAGES = 10_000
TRUTH = {"a": 0.86, "b": 0.85}


def measure_row(studies: int, rng: np.random.Generator, name: str, size: int, seeds: int) -> list[str]:
    """Return coverage (percent) and mean width (points) without and with the clusters."""
    clusters = np.arange(IMAGES) // size
    intervals: list[list[tuple[float, float]]] = [[], []]
    for _ in range(studies):
        pair = make_cells(TRUTH, seeds, IMAGES, rng, NOISES[name](size))
        for limits, given in zip(intervals, (None, clusters), strict=True):
            a, b = (replace(pair[rule], clusters=given) for rule in "ab")
            if estimate := estimate_contrast([(a, 1.0), (b, -1.0)]):
                limits.append(estimate.interval())
    return [name, str(size), str(seeds), *(format_coverage(limits, TRUTH["a"] - TRUTH["b"]) for limits in intervals)]
