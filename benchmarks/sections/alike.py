"""False and true verdicts of alike within delta, for rules that differ by exactly delta and for equal ones."""

import numpy as np

from scaling_lab.analysis.rule_pairs import RulePair, compare_pairs
from scaling_lab.analysis.synthetic import make_cells
from scaling_lab.analysis.verdict_options import VerdictOptions
from sections.noises import NOISES

TITLE = "Alike within delta"
STUDIES = 400
HEAD = ["noise", "rules", "seeds", "any false alike", "equal pairs alike", "any told apart wrongly"]
CASES = [
    (name, rules, seeds)
    for name in ("usual", "loud seeds", "beta, heavy-tailed seeds")
    for rules in (2, 5)
    for seeds in (3, 5, 10)
]
DELTA = 0.01
IMAGES = 10_000


def measure_row(studies: int, rng: np.random.Generator, name: str, rules: int, seeds: int) -> list[str]:
    """Return error rates and power in percent.

    Half of the rules of the first studies are better than the others by delta, so that pairs across the halves must not
    be alike. The rules of the second studies are equal.
    """
    false = wrong = alike = 0.0
    for _ in range(studies):
        apart = _compare({f"{rule}": 0.85 + DELTA * (rule % 2) for rule in range(rules)}, seeds, name, rng)
        false += any(pair.is_alike for pair in apart if (int(pair.first) - int(pair.second)) % 2)
        equal = _compare({f"{rule}": 0.85 for rule in range(rules)}, seeds, name, rng)
        wrong += any(pair.is_significant for pair in equal)
        alike += np.mean([pair.is_alike for pair in equal])
    shares = (f"{100 * count / studies:.1f}" for count in (false, alike, wrong))
    return [name, str(rules), str(seeds), *shares]


def _compare(accuracies: dict[str, float], seeds: int, name: str, rng: np.random.Generator) -> tuple[RulePair, ...]:
    cells = make_cells(accuracies, seeds, IMAGES, rng, NOISES[name])
    pairs, _ = compare_pairs({rule: [(cell, 1.0)] for rule, cell in cells.items()}, VerdictOptions(delta=DELTA))
    return pairs
