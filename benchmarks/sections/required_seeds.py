"""The required seeds: studies of equal rules get the advice, and new studies of that size are decided."""

import numpy as np

from scaling_lab.analysis.rule_pairs import RulePair, compare_pairs
from scaling_lab.analysis.stats.power import SeedRange
from scaling_lab.analysis.synthetic import make_cells
from scaling_lab.analysis.synthetic_answers import AnswerNoise
from scaling_lab.analysis.verdict_options import VerdictOptions
from sections.noises import NOISES

TITLE = "Statistical power"
STUDIES = 300
HEAD = [
    "noise",
    "images",
    "seeds",
    "advised",
    "extra seeds (apart)",
    "then told apart",
    "extra seeds (alike)",
    "then alike",
]
CASES = [
    (name, images, seeds)
    for name, images in (("usual", 2000), ("usual", 10_000), ("loud seeds", 10_000), ("seeds correlated 0.8", 2000))
    for seeds in (3, 5, 10)
]
DELTA = 0.007
MAX_SEEDS = 100  # extra seeds of a repeated study; more take long and are left out


def measure_row(studies: int, rng: np.random.Generator, name: str, images: int, seeds: int) -> list[str]:
    """Return how often there is advice, its median ends, and how often studies of either end have the verdict.

    The rules of the first studies are equal. Those of the repeated ones differ by delta, or are equal.
    """
    noise = NOISES[name]
    pilots = [compare(0.0, seeds, images, noise, rng) for _ in range(studies)]
    advice = [pilot.required_seeds for pilot in pilots if pilot.required_seeds]

    def repeat(ranges: list[SeedRange], difference: float, verdict: str) -> list[str]:
        shares = []
        for end in ("low", "high"):
            extras = [extra for seed_range in ranges if (extra := getattr(seed_range, end)) and extra <= MAX_SEEDS]
            pairs = [compare(difference, seeds + extra, images, noise, rng) for extra in extras]
            shares.append(f"{100 * np.mean([getattr(pair, verdict) for pair in pairs]):.0f}" if pairs else "-")
        medians = [
            np.median([getattr(seed_range, end) or np.inf for seed_range in ranges] or [np.nan])
            for end in ("low", "high")
        ]
        return [" to ".join(f"{median:.0f}" for median in medians), " and ".join(shares)]

    apart = repeat([required.apart for required in advice], DELTA, "is_significant")
    alike = repeat([required.alike for required in advice], 0.0, "is_alike")
    return [name, f"{images:,}", str(seeds), f"{100 * len(advice) / studies:.0f}", *apart, *alike]


def compare(
    difference: float,
    seeds: int,
    images: int,
    noise: AnswerNoise,
    rng: np.random.Generator,
    delta: float | None = DELTA,
) -> RulePair:
    """Return the comparison of two rules of a new study; the better one is a."""
    cells = make_cells({"a": 0.85 + difference, "b": 0.85}, seeds, images, rng, noise)
    (pair,), _ = compare_pairs({rule: [(cell, 1.0)] for rule, cell in cells.items()}, VerdictOptions(delta=delta))
    return pair


def find_winner(difference: float, seeds: int, images: int, noise: AnswerNoise, rng: np.random.Generator) -> str | None:
    """Return the rule that a new study finds significantly better, if any; the true one is a."""
    pair = compare(difference, seeds, images, noise, rng, delta=None)
    return pair.first if pair.is_significant else None
