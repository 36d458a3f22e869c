"""False verdicts among five equal rules (ten pairs), and the pre-test for pairing seeds."""

import numpy as np

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.rule_pairs import compare_pairs
from scaling_lab.analysis.stats.contrast import estimate_contrast
from scaling_lab.analysis.synthetic import make_cells
from sections.noises import NOISES

TITLE = "Correlated seeds"
STUDIES = 1000
HEAD = ["noise", "seeds", "any false verdict", "paired by the test", "coverage", "never paired", "always paired"]
CASES = [
    (name, seeds)
    for name in ("usual", "loud seeds", "seeds correlated 0.3", "seeds correlated 0.8")
    for seeds in (3, 5, 10)
]
EQUAL = dict.fromkeys("abcde", 0.85)
IMAGES = 2000


def measure_row(studies: int, rng: np.random.Generator, name: str, seeds: int) -> list[str]:
    """Return rates of false verdicts and of pairing, and the coverage of two pairs, in percent."""
    rows = [_test_equal_rules(make_cells(EQUAL, seeds, IMAGES, rng, NOISES[name])) for _ in range(studies)]
    return [name, str(seeds), *(f"{100 * share:.1f}" for share in np.mean(rows, axis=0))]


def _test_equal_rules(rules: dict[str, Cell]) -> tuple[float, float, float, float, float]:
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
