"""Repeated looks: rates of verdicts under several corrections, for equal rules (false ones) and for different rules."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.pair_tests import cautious_estimates, measure_seed_noise, subtract
from scaling_lab.analysis.rule_pairs import compare_pairs
from scaling_lab.analysis.stats.contrast import ALPHA, WeightedCells, select_seeds
from scaling_lab.analysis.stats.holm import adjust_p_values
from scaling_lab.analysis.stats.looks import Look, divide_error_rate
from scaling_lab.analysis.synthetic import make_cells
from scaling_lab.analysis.verdict_options import VerdictOptions
from sections.noises import NOISES

TITLE = "Repeated looks"
STUDIES = 300
HEAD = [
    "rules",
    "points apart",
    "images",
    "looks at",
    "first look alone",
    "all looks, uncorrected",
    "as shared out here",
    "Pocock, 5 looks",
    "mixture",
    "last look alone",
]
BY_ONE = tuple(range(3, 21))
CASES = [
    (2, 0.0, 10_000, (5,)),
    (2, 0.0, 10_000, (5, 10)),
    (2, 0.0, 10_000, (5, 8, 13, 20)),
    (2, 0.0, 10_000, BY_ONE),
    (2, 0.0, 10_000, "advice"),
    (5, 0.0, 2000, (5, 8, 13, 20)),
    (5, 0.0, 2000, BY_ONE),
    (6, 0.0, 10_000, (5, 8, 13, 20)),
    (6, 0.0, 10_000, BY_ONE),
    (6, 0.0, 10_000, "advice"),
    (2, 0.4, 10_000, (5,)),
    (2, 0.4, 10_000, (5, 10)),
    (2, 0.4, 10_000, (5, 8, 13, 20)),
    (2, 0.4, 10_000, "advice"),
]
START, MAX_LOOKS, MAX_SEEDS = 5, 5, 40
DELTA = 0.005
POCOCK = 0.0158
"""Level of each of five looks, for 5 % in all (Pocock 1977)."""

PValues = NDArray[np.float64]


def measure_row(
    studies: int, rng: np.random.Generator, rules: int, apart: float, images: int, design: object
) -> list[str]:
    """Return how often any pair is told apart, in percent of studies. `design` is seeds at each look, or "advice"."""
    truth = {chr(97 + place): 0.86 + apart / 100 * place for place in range(rules)}
    counts = design if isinstance(design, tuple) else None
    decided = np.zeros(6)
    for _ in range(studies):
        cells = make_cells(truth, max(counts or (MAX_SEEDS,)), images, rng, NOISES["usual"])
        decided += _count_verdicts(np.array([_p_values(cells, count) for count in counts or _follow_advice(cells)]))
    shown = design if isinstance(design, str) else "3 to 20" if counts == BY_ONE else ", ".join(map(str, counts or ()))
    return [str(rules), f"{apart:g}", f"{images:,}", str(shown), *(f"{100 * share:.1f}" for share in decided / studies)]


def _count_verdicts(p: PValues) -> NDArray[np.bool_]:
    """Return whether any pair is told apart, by correction; `p` has the shape (looks, pairs)."""
    parts = np.array(divide_error_rate([None] * len(p)))[:, None]
    ways = [p[:1], p, p / parts, p * ALPHA / POCOCK, _mixture(p), p[-1:]]
    return np.array([_is_decided(way) for way in ways])


def _is_decided(corrected: PValues) -> bool:
    return min(adjust_p_values([float(column.min()) for column in corrected.T])) < ALPHA


def _mixture(p: PValues) -> PValues:
    """Return p values that hold at any time (Robbins 1970), from a normal mixture of four times the first variance."""
    z = ndtri(np.clip(p, 1e-300, 1 - 1e-12) / 2)
    growth = 4 * np.arange(1, len(p) + 1)[:, None]
    return np.minimum(1, np.sqrt(1 + growth) * np.exp(-(z**2) * growth / (1 + growth) / 2))


def _p_values(cells: Mapping[str, Cell], count: int) -> list[float]:
    """Return the uncorrected p value of each pair with the first seeds."""
    candidates = _candidates(cells, count)
    noise = measure_seed_noise(candidates)
    return [
        max((estimate.p for estimate in cautious_estimates(subtract(candidates[a], candidates[b]), noise)), default=1.0)
        for a, b in combinations(candidates, 2)
    ]


def _follow_advice(cells: Mapping[str, Cell]) -> list[int]:
    """Return the seeds at each look of a user who follows the cheapest advice on extra seeds, four times at most."""
    counts, looks = [START], list[Look]()
    while len(counts) < MAX_LOOKS:
        candidates = _candidates(cells, counts[-1])
        pairs, _ = compare_pairs(candidates, VerdictOptions(delta=DELTA), looks)
        advice = [pair.required_seeds.apart.high for pair in pairs if pair.required_seeds]
        extra = min((seeds for seeds in advice if seeds), default=None)
        if extra is None or counts[-1] + extra > MAX_SEEDS:
            break
        looks.append(
            Look(frozenset(key for weights in candidates.values() for cell, _ in weights for key in cell.keys))
        )
        counts.append(counts[-1] + extra)
    return counts


def _candidates(cells: Mapping[str, Cell], count: int) -> dict[str, WeightedCells]:
    return {rule: [(select_seeds(cell, cell.seeds[:count]), 1.0)] for rule, cell in cells.items()}
