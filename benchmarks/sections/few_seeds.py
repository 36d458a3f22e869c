"""Any false verdict among equal rules with three to five seeds, by the seed variance that a verdict is based on."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.rule_pairs import compare_pairs
from scaling_lab.analysis.stats.contrast import ALPHA, VarianceTerm, estimate_contrast
from scaling_lab.analysis.stats.holm import adjust_p_values
from scaling_lab.analysis.synthetic import make_cells
from sections.noises import ACCURACIES, ACCURACY, NOISES

TITLE = "Fewer than five seeds"
STUDIES = 500
HEAD = [
    "noise",
    "rules",
    "seeds",
    "false: own variance",
    "pooled over all",
    "as analysed",
    "told apart: own variance",
    "pooled over all",
    "as analysed",
]
CASES = [
    (name, rules, seeds)
    for name in (
        "usual",
        "loud seeds",
        "rules apart",
        "beta, heavy-tailed seeds",
        "one loud rule",
        "all rules collapse",
        "one rule collapses",
        "CIFAR-10",
    )
    for rules in (3, 6)
    for seeds in (3, 4)
]
IMAGES = 10_000
BETTER = 0.02
"""How much better the last rule is in the second half of the table."""


def measure_row(studies: int, rng: np.random.Generator, name: str, rules: int, seeds: int) -> list[str]:
    """Return the percentages of studies with a false verdict, and of the best rule's pairs that are told apart.

    Pairs of a rule of which only that rule's seeds collapse are left out: they have true differences.
    """
    names = "abcdefg"[:rules]
    compared = names[1:] if name == "one rule collapses" else names
    shares, usual = [], ACCURACIES.get(name, ACCURACY)
    for gain in (0.0, BETTER):
        truth = dict.fromkeys(names[:-1], usual) | {names[-1]: usual + gain}
        rows = []
        for _ in range(studies):
            verdicts = _list_verdicts(make_cells(truth, seeds, IMAGES, rng, NOISES[name]))
            pairs = [pair for pair in combinations(compared, 2) if not gain or names[-1] in pair]
            decided = np.array([[pair in own for pair in pairs] for own in verdicts])
            rows.append(decided.mean(axis=1) if gain else decided.any(axis=1))
        shares += [f"{100 * share:.1f}" for share in np.mean(rows, axis=0)]
    return [name, str(rules), str(seeds), *shares]


def _list_verdicts(cells: dict[str, Cell]) -> Sequence[set[tuple[str, ...]]]:
    """Return the pairs that are told apart with each network's own variance, with the pooled one, and as analysed."""
    pairs = list(combinations(cells, 2))
    freedom = sum(len(cell.seeds) - 1 for cell in cells.values())
    variance = float(np.mean([cell.variance_components.variance for cell in cells.values()]))
    own, pooled = [], []
    for first, second in pairs:
        estimate = estimate_contrast([(cells[first], 1.0), (cells[second], -1.0)])
        shared = VarianceTerm(variance * sum(1 / len(cells[rule].seeds) for rule in (first, second)), freedom)
        own.append(estimate.p if estimate else 1.0)
        pooled.append(max(estimate.p, replace(estimate, seeds=(shared,)).p) if estimate else 1.0)
    comparisons, _ = compare_pairs({rule: [(cell, 1.0)] for rule, cell in cells.items()})
    verdicts = [
        {pair for pair, p in zip(pairs, adjust_p_values(values), strict=True) if p < ALPHA} for values in (own, pooled)
    ]
    return [*verdicts, {tuple(sorted((pair.first, pair.second))) for pair in comparisons if pair.is_significant}]
