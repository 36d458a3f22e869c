"""Settling: seeds trained until every pair has a verdict, against a fixed design that settles as many studies."""

import numpy as np

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.rule_pairs import RulePair, compare_pairs
from scaling_lab.analysis.settle import is_settled, plan_rounds, share_of_look
from scaling_lab.analysis.stats.contrast import WeightedCells, select_seeds
from scaling_lab.analysis.stats.looks import Look
from scaling_lab.analysis.synthetic import make_cells
from scaling_lab.analysis.verdict_options import VerdictOptions
from sections.noises import NOISES

TITLE = "Settling"
STUDIES = 40
HEAD = [
    "accuracies",
    "looks",
    "seeds trained",
    "all pairs settled",
    "false verdict",
    "fixed design",
    "ratio",
]
CASES = [
    ("88, 88",),
    ("88, 87.5",),
    ("88, 87, 86, 84",),
    ("88, 88, 87, 87, 86, 85",),
    ("88, 87.75, 87.5, 87, 86, 84",),
    ("88, 88, 88, 88, 88, 88",),
]
IMAGES, DELTA, FIRST, MOST, STEP = 10_000, 0.005, 5, 40, 5


def measure_row(studies: int, rng: np.random.Generator, accuracies: str) -> list[str]:
    """Return means over studies; the fixed design has the same number of seeds of each rule and one look."""
    truth = {chr(97 + place): float(value) / 100 for place, value in enumerate(accuracies.split(", "))}
    fixed = np.zeros(MOST + 1)
    rows = []
    for _ in range(studies):
        cells = make_cells(truth, MOST, IMAGES, rng, NOISES["usual"])
        trained, looks, pairs = _settle(cells)
        rows.append((looks, trained, all(map(is_settled, pairs)), any(_is_false(pair, truth) for pair in pairs)))
        for count in range(FIRST, MOST + 1, STEP):
            fixed[count] += all(map(is_settled, _compare(cells, dict.fromkeys(cells, count), [])))
    looks, trained, settled, false = np.mean(np.array(rows, dtype=float), axis=0)
    enough = np.flatnonzero(fixed / studies >= settled)
    needed = len(truth) * int(enough[0]) if enough.size else None
    return [
        accuracies,
        f"{looks:.1f}",
        f"{trained:.0f}",
        f"{100 * settled:.0f}",
        f"{100 * false:.1f}",
        f"over {len(truth) * MOST}" if needed is None else str(needed),
        f"{trained / (needed or len(truth) * MOST):.2f}",
    ]


def _settle(cells: dict[str, Cell]) -> tuple[int, int, list[RulePair]]:
    """Return the number of trained seeds, of looks, and the pairs at the end."""
    counts, looks, seeds = plan_rounds(FIRST, MOST), list[Look](), dict.fromkeys(cells, FIRST)
    for place in range(len(counts)):
        finished = frozenset(key for rule, cell in cells.items() for key in cell.keys[: seeds[rule]])
        looks.append(Look(finished, share=share_of_look(counts, place)))
        pairs = _compare(cells, seeds, looks)
        open_rules = {rule for pair in pairs if not is_settled(pair) for rule in (pair.first, pair.second)}
        if not open_rules:
            break
        if place + 1 < len(counts):
            seeds |= dict.fromkeys(open_rules, counts[place + 1])
    return sum(seeds.values()), len(looks), pairs


def _compare(cells: dict[str, Cell], seeds: dict[str, int], looks: list[Look]) -> list[RulePair]:
    candidates: dict[str, WeightedCells] = {
        rule: [(select_seeds(cell, cell.seeds[: seeds[rule]]), 1.0)] for rule, cell in cells.items()
    }
    return list(compare_pairs(candidates, VerdictOptions(delta=DELTA), looks)[0])


def _is_false(pair: RulePair, truth: dict[str, float]) -> bool:
    difference = truth[pair.first] - truth[pair.second]
    return (pair.is_significant and difference <= 0) or (pair.is_alike and abs(difference) >= DELTA - 1e-9)
