"""Verdicts for the better and for the worse of two rules 0.2 points apart."""

import numpy as np

from sections.noises import NOISES
from sections.required_seeds import find_winner

TITLE = "Verdicts in the wrong direction"
STUDIES = 1000
HEAD = ["noise", "images", "seeds", "the better told apart", "the worse told apart"]
CASES = [
    (name, images, seeds)
    for name in ("usual", "rules apart", "loud seeds")
    for images in (2000, 10_000)
    for seeds in (3, 5, 10)
]
DIFFERENCE = 0.002


def measure_row(studies: int, rng: np.random.Generator, name: str, images: int, seeds: int) -> list[str]:
    """Return the percentages of verdicts for the better rule and for the worse one."""
    winners = [find_winner(DIFFERENCE, seeds, images, NOISES[name], rng) for _ in range(studies)]
    shares = (f"{100 * np.mean([winner == rule for winner in winners]):.2f}" for rule in "ab")
    return [name, f"{images:,}", str(seeds), *shares]
