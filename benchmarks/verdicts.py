"""Verdicts on synthetic studies: false ones among equal rules, the pre-test for pairing, and the required sample size.

Part of `benchmarks/coverage.py`.
"""

from collections.abc import Iterable

import numpy as np

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.rule_pairs import compare_pairs
from scaling_lab.analysis.stats.contrast import estimate_contrast
from scaling_lab.analysis.stats.power import RequiredSample
from scaling_lab.analysis.synthetic import ProbitNoise, make_cells

FALSE_VERDICT_HEAD = [
    "noise",
    "seeds",
    "any false verdict",
    "paired by the test",
    "coverage so",
    "never paired",
    "always paired",
]
DIRECTION_HEAD = ["noise", "images", "seeds", "the better told apart", "the worse told apart"]
FOLLOW_UP_HEAD = [
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
EQUAL = dict.fromkeys("abcde", 0.85)
NOISES = {
    "usual": ProbitNoise(),
    "loud seeds": ProbitNoise(seed=0.08),
    "loud seeds, together 0.3": ProbitNoise(seed=0.08, correlation=0.3),
    "loud seeds, together 0.8": ProbitNoise(seed=0.08, correlation=0.8),
}
FOLLOW_UP_CASES = (("usual", 2000), ("usual", 10_000), ("loud seeds", 10_000), ("loud seeds, together 0.8", 2000))
MAX_IMAGES = 40_000


def measure_false_verdicts(studies: int) -> Iterable[list[str]]:
    """Yield rates of false verdicts among five equal rules (ten pairs) and the coverage of two pairs, in percent.

    The rules are tested on 2,000 images.
    """
    for name, noise in NOISES.items():
        for seeds in (3, 5, 10):
            rng = np.random.default_rng([seeds, list(NOISES).index(name)])
            rows = [_test_equal_rules(make_cells(EQUAL, seeds, 2000, rng, noise)) for _ in range(studies)]
            yield [name, str(seeds), *(f"{100 * np.mean([row[i] for row in rows]):.1f}" for i in range(5))]


def _test_equal_rules(rules: dict[str, Cell]) -> tuple[bool, bool, float, float, float]:
    """Return whether a verdict is false, whether seeds are paired, and coverages: by the pre-test, unpaired, paired."""
    pairs, correlation = compare_pairs({rule: [(cell, 1.0)] for rule, cell in rules.items()})
    chosen = correlation is not None and correlation.is_significant
    ways = {}
    for paired in (False, True):
        estimates = [
            estimate_contrast([(rules[first], 1.0), (rules[second], -1.0)], paired) for first, second in ("ab", "cd")
        ]
        reached = [estimate.interval() for estimate in estimates if estimate]
        ways[paired] = float(np.mean([low <= 0 <= high for low, high in reached]))
    return any(pair.is_significant for pair in pairs), chosen, ways[chosen], ways[False], ways[True]


def measure_direction(studies: int) -> Iterable[list[str]]:
    """Yield the percentages of verdicts for the better and for the worse of two rules 0.2 points apart."""
    for name in ("usual", "loud seeds"):
        for images in (2000, 10_000):
            for seeds in (3, 5, 10):
                rng = np.random.default_rng([seeds, images, list(NOISES).index(name)])
                winners = [_find_winner(0.002, seeds, images, NOISES[name], rng) for _ in range(studies)]
                shares = (f"{100 * np.mean([winner == rule for winner in winners]):.2f}" for rule in "ab")
                yield [name, f"{images:,}", str(seeds), *shares]


def measure_follow_ups(studies: int) -> Iterable[list[str]]:
    """Repeat studies without a verdict with the estimated sample size, the observed difference being the true one.

    The rules of the first studies are 0.7 points apart.
    """
    for name, images in FOLLOW_UP_CASES:
        for seeds in (3, 5, 10):
            noise = NOISES[name]
            rng = np.random.default_rng([seeds, images, list(NOISES).index(name)])
            pilots = [_pilot(seeds, images, noise, rng) for _ in range(studies)]
            advice = [pilot for pilot in pilots if pilot]
            longer = [
                (each.extra_seeds, _find_winner(seen, seeds + each.extra_seeds, images, noise, rng))
                for seen, each in advice
                if each.extra_seeds
            ]
            wider = [
                (each.test_images, _find_winner(seen, seeds, each.test_images, noise, rng))
                for seen, each in advice
                if each.test_images and each.test_images <= MAX_IMAGES
            ]
            shares = (f"{100 * len(advice) / studies:.0f}", f"{100 * len(longer) / max(1, len(advice)):.0f}")
            yield [name, f"{images:,}", str(seeds), *shares, *_summarize(longer), *_summarize(wider)]


def _pilot(
    seeds: int, images: int, noise: ProbitNoise, rng: np.random.Generator
) -> tuple[float, RequiredSample] | None:
    """Return the observed difference and the required sample; None if the first study has a verdict."""
    cells = make_cells({"a": 0.857, "b": 0.85}, seeds, images, rng, noise)
    (pair,), _ = compare_pairs({rule: [(cell, 1.0)] for rule, cell in cells.items()})
    return (pair.difference, pair.required_sample) if pair.required_sample else None


def _find_winner(
    difference: float, seeds: int, images: int, noise: ProbitNoise, rng: np.random.Generator
) -> str | None:
    """Return the rule that a new study finds significantly better, if any; the true one is a."""
    cells = make_cells({"a": 0.85 + difference, "b": 0.85}, seeds, images, rng, noise)
    (pair,), _ = compare_pairs({rule: [(cell, 1.0)] for rule, cell in cells.items()})
    return pair.first if pair.is_significant else None


def _summarize(repeated: list[tuple[int, str | None]]) -> list[str]:
    if not repeated:
        return ["-", "-"]
    correct = np.mean([winner == "a" for _, winner in repeated])
    return [f"{np.median([added for added, _ in repeated]):,.0f}", f"{100 * correct:.0f}"]
