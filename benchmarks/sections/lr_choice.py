"""Verdicts with each rule at its best learning rate: tested with the seeds that chose it, cross-fitted, or both."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.rates.cross_fit import TunedWeights, compare_tuned, tune
from scaling_lab.analysis.rule_pairs import RulePair, compare_pairs
from scaling_lab.analysis.synthetic import make_cells
from sections.noises import NOISES

PAGE = "learning-rates.md"
TITLE = "Error rates of verdicts at the best rates"
STUDIES = 200
PARTS = ("verdicts", "bias", "coverage")
WAYS = ("same seeds", "cross-fitted", "as analysed")
HEAD = ["optima", "noise", "rates", "seeds", *(f"{way}: {part}" for way in WAYS for part in PARTS)]
HELD_OUT, TEST = 2000, 4000
RULES, BEST = "abc", 0.85
DROPS: Mapping[str, tuple[float, float]] = {
    "all flat": (0.0, 0.0),
    "one flat, others sharp": (0.0, 0.05),
    "one flat, others shallow": (0.0, 0.003),
    "all shallow": (0.003, 0.003),
    "one flat and better by 2 points": (0.0, 0.05),
}
"""Loss of accuracy one step from the best rate, of the first rule and of the others; it grows with the square."""
CASES = [
    (optima, noise, rates, seeds)
    for optima in DROPS
    for noise, rates, seeds in (("usual", 5, 5), ("loud seeds", 3, 3), ("loud seeds", 5, 3), ("loud seeds", 5, 5))
]


def measure_row(studies: int, rng: np.random.Generator, optima: str, noise: str, rates: int, seeds: int) -> list[str]:
    """Return the percentage of studies with a verdict, the bias of the first rule's lead over the second in points, and
    the coverage of its interval in percent, for each way to choose."""
    better = 0.02 if "better" in optima else 0.0
    truth = {
        (rule, rate): BEST + better * (rule == "a") - DROPS[optima][rule != "a"] * (rate - rates // 2) ** 2
        for rule in RULES
        for rate in range(rates)
    }
    names = {f"{rule}{rate}": accuracy for (rule, rate), accuracy in truth.items()}
    rows = []
    for _ in range(studies):
        cells = _split_images(make_cells(names, seeds, HELD_OUT + TEST, rng, NOISES[noise]))
        grids = {rule: {float(rate): cells[f"{rule}{rate}"] for rate in range(rates)} for rule in RULES}
        tuned = {rule: made for rule, grid in grids.items() if (made := tune(grid))}
        same = {rule: [(made.at_best, 1.0)] for rule, made in tuned.items()}
        fitted = {rule: [(made.cross_fitted, 1.0)] for rule, made in tuned.items()}
        both = compare_tuned({rule: TunedWeights(same[rule], fitted[rule]) for rule in RULES})
        rows.append([_judge(pairs, better) for pairs in (compare_pairs(same)[0], compare_pairs(fitted)[0], both)])
    verdicts, bias, covered = np.mean(rows, axis=0).T
    return [
        *(optima, noise, str(rates), str(seeds)),
        *(
            text
            for way in range(len(WAYS))
            for text in (f"{100 * verdicts[way]:.1f}", f"{100 * bias[way]:+.2f}", f"{100 * covered[way]:.1f}")
        ),
    ]


def _judge(pairs: Sequence[RulePair], better: float) -> list[float]:
    """Return whether there is any verdict, and the error and the coverage of the first rule's lead over the second."""
    pair = next(pair for pair in pairs if {pair.first, pair.second} == {"a", "b"})
    sign = 1 if pair.first == "a" else -1
    low, high = pair.estimate.interval() if pair.estimate else (-np.inf, np.inf)
    decided = any(pair.is_significant for pair in pairs)
    return [float(decided), sign * pair.difference - better, float(low <= sign * better <= high)]


def _split_images(cells: Mapping[str, Cell]) -> dict[str, Cell]:
    """Return networks whose first images are held out and whose others are test images."""
    made = {}
    for name, cell in cells.items():
        answers: NDArray[np.uint8] = np.unpackbits(cell.packed, axis=1, count=cell.test_images)
        made[name] = replace(
            cell,
            test_images=TEST,
            packed=np.packbits(answers[:, HELD_OUT:], axis=1),
            held_out_accuracy=answers[:, :HELD_OUT].mean(axis=1),
        )
    return made
