"""Verdicts on planted studies: false ones among equal rules, pairing by the pre-test, and what `power.more` promises.

Parts of `benchmarks/coverage.py`.
"""

from collections.abc import Iterable

import numpy as np

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.rule_pairs import compare_pairs
from scaling_lab.analysis.stats.contrast import estimate_contrast
from scaling_lab.analysis.stats.power import RequiredSample
from scaling_lab.analysis.synthetic import ProbitNoise, make_cells

NULL = ["noise", "seeds", "any false verdict", "paired by the test", "coverage so", "never paired", "always paired"]
DIRECTION = ["noise", "pictures", "seeds", "the better told apart", "the worse told apart"]
FOLLOWED = [
    "noise",
    "pictures",
    "seeds",
    "without a verdict",
    "advised more seeds",
    "median",
    "then told apart",
    "median pictures",
    "then told apart",
]
EQUAL = dict.fromkeys("abcde", 0.85)
NOISES = {
    "usual": ProbitNoise(),
    "loud seeds": ProbitNoise(seed=0.08),
    "loud seeds, together 0.3": ProbitNoise(seed=0.08, correlation=0.3),
    "loud seeds, together 0.8": ProbitNoise(seed=0.08, correlation=0.8),
}
FOLLOWED_IN = (("usual", 2000), ("usual", 10_000), ("loud seeds", 10_000), ("loud seeds, together 0.8", 2000))
MOST_PICTURES = 40_000


def null(studies: int) -> Iterable[list[str]]:
    """Five equal rules on 2,000 pictures, ten pairs with Holm; coverage of two of them, in percent."""
    for name, noise in NOISES.items():
        for seeds in (3, 5, 10):
            rng = np.random.default_rng([seeds, list(NOISES).index(name)])
            found = [_equal(make_cells(EQUAL, seeds, 2000, rng, noise)) for _ in range(studies)]
            yield [name, str(seeds), *(f"{100 * np.mean([row[i] for row in found]):.1f}" for i in range(5))]


def _equal(rules: dict[str, Cell]) -> tuple[bool, bool, float, float, float]:
    """Whether there is a false verdict, whether seeds are paired; coverage of two separate pairs in three ways."""
    found, pairing = compare_pairs({rule: [(cell, 1.0)] for rule, cell in rules.items()})
    chosen = pairing is not None and pairing.is_significant
    ways = {}
    for paired in (False, True):
        estimates = [
            estimate_contrast([(rules[first], 1.0), (rules[second], -1.0)], paired) for first, second in ("ab", "cd")
        ]
        reached = [estimate.interval() for estimate in estimates if estimate]
        ways[paired] = float(np.mean([low <= 0 <= high for low, high in reached]))
    return any(pair.is_significant for pair in found), chosen, ways[chosen], ways[False], ways[True]


def direction(studies: int) -> Iterable[list[str]]:
    """Two rules 0.2 points apart: verdicts for the better and for the worse, in percent."""
    for name in ("usual", "loud seeds"):
        for pictures in (2000, 10_000):
            for seeds in (3, 5, 10):
                rng = np.random.default_rng([seeds, pictures, list(NOISES).index(name)])
                found = [_verdict(0.002, seeds, pictures, NOISES[name], rng) for _ in range(studies)]
                told = (f"{100 * np.mean([verdict == rule for verdict in found]):.2f}" for rule in "ab")
                yield [name, f"{pictures:,}", str(seeds), *told]


def followed(studies: int) -> Iterable[list[str]]:
    """Rules 0.7 points apart: studies without a verdict are done again as advised, what was seen being the truth."""
    for name, pictures in FOLLOWED_IN:
        for seeds in (3, 5, 10):
            noise = NOISES[name]
            rng = np.random.default_rng([seeds, pictures, list(NOISES).index(name)])
            pilots = [_pilot(seeds, pictures, noise, rng) for _ in range(studies)]
            advice = [pilot for pilot in pilots if pilot]
            longer = [
                (each.extra_seeds, _verdict(seen, seeds + each.extra_seeds, pictures, noise, rng))
                for seen, each in advice
                if each.extra_seeds
            ]
            wider = [
                (each.test_images, _verdict(seen, seeds, each.test_images, noise, rng))
                for seen, each in advice
                if each.test_images and each.test_images <= MOST_PICTURES
            ]
            shares = (f"{100 * len(advice) / studies:.0f}", f"{100 * len(longer) / max(1, len(advice)):.0f}")
            yield [name, f"{pictures:,}", str(seeds), *shares, *_share(longer), *_share(wider)]


def _pilot(
    seeds: int, pictures: int, noise: ProbitNoise, rng: np.random.Generator
) -> tuple[float, RequiredSample] | None:
    """The difference seen and the advice; None where the first study has a verdict."""
    found = make_cells({"a": 0.857, "b": 0.85}, seeds, pictures, rng, noise)
    (pair,), _ = compare_pairs({rule: [(cell, 1.0)] for rule, cell in found.items()})
    return (pair.difference, pair.required_sample) if pair.required_sample else None


def _verdict(difference: float, seeds: int, pictures: int, noise: ProbitNoise, rng: np.random.Generator) -> str | None:
    """The rule that a new study calls better; a is, by the difference."""
    found = make_cells({"a": 0.85 + difference, "b": 0.85}, seeds, pictures, rng, noise)
    (pair,), _ = compare_pairs({rule: [(cell, 1.0)] for rule, cell in found.items()})
    return pair.first if pair.is_significant else None


def _share(followed: list[tuple[int, str | None]]) -> list[str]:
    if not followed:
        return ["-", "-"]
    told = np.mean([verdict == "a" for _, verdict in followed])
    return [f"{np.median([added for added, _ in followed]):,.0f}", f"{100 * told:.0f}"]
