"""The required sample size: studies without a verdict are repeated with it, the observed difference being the truth."""

import numpy as np

from scaling_lab.analysis.rule_pairs import compare_pairs
from scaling_lab.analysis.stats.power import RequiredSample
from scaling_lab.analysis.synthetic import make_cells
from scaling_lab.analysis.synthetic_answers import AnswerNoise
from sections.noises import NOISES

TITLE = "Statistical power"
STUDIES = 500
HEAD = [
    "noise",
    "images",
    "seeds",
    "without a verdict",
    "advised more seeds",
    "median",
    "then told apart",
    "median images",
    "then told apart",
]
CASES = [
    (name, images, seeds)
    for name, images in (("usual", 2000), ("usual", 10_000), ("loud seeds", 10_000), ("seeds correlated 0.8", 2000))
    for seeds in (3, 5, 10)
]
MAX_IMAGES = 40_000
DIFFERENCE = 0.007


def measure_row(studies: int, rng: np.random.Generator, name: str, images: int, seeds: int) -> list[str]:
    """Return how often the first study has no verdict, the advice, and how often the repeated study has the right one.

    The rules of the first studies are 0.7 points apart.
    """
    noise = NOISES[name]
    pilots = [_pilot(seeds, images, noise, rng) for _ in range(studies)]
    advice = [pilot for pilot in pilots if pilot]
    longer = [
        (each.extra_seeds, find_winner(seen, seeds + each.extra_seeds, images, noise, rng))
        for seen, each in advice
        if each.extra_seeds
    ]
    wider = [
        (each.test_images, find_winner(seen, seeds, each.test_images, noise, rng))
        for seen, each in advice
        if each.test_images and each.test_images <= MAX_IMAGES
    ]
    shares = (f"{100 * len(advice) / studies:.0f}", f"{100 * len(longer) / max(1, len(advice)):.0f}")
    return [name, f"{images:,}", str(seeds), *shares, *_summarize(longer), *_summarize(wider)]


def find_winner(difference: float, seeds: int, images: int, noise: AnswerNoise, rng: np.random.Generator) -> str | None:
    """Return the rule that a new study finds significantly better, if any; the true one is a."""
    cells = make_cells({"a": 0.85 + difference, "b": 0.85}, seeds, images, rng, noise)
    (pair,), _ = compare_pairs({rule: [(cell, 1.0)] for rule, cell in cells.items()})
    return pair.first if pair.is_significant else None


def _pilot(
    seeds: int, images: int, noise: AnswerNoise, rng: np.random.Generator
) -> tuple[float, RequiredSample] | None:
    """Return the observed difference and the required sample; None if the first study has a verdict."""
    cells = make_cells({"a": 0.85 + DIFFERENCE, "b": 0.85}, seeds, images, rng, noise)
    (pair,), _ = compare_pairs({rule: [(cell, 1.0)] for rule, cell in cells.items()})
    return (pair.difference, pair.required_sample) if pair.required_sample else None


def _summarize(repeated: list[tuple[int, str | None]]) -> list[str]:
    if not repeated:
        return ["-", "-"]
    correct = np.mean([winner == "a" for _, winner in repeated])
    return [f"{np.median([added for added, _ in repeated]):,.0f}", f"{100 * correct:.0f}"]
