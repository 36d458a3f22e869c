"""The sequential design: rounds, shares of the error rate, and what is trained next."""

from itertools import accumulate

import numpy as np
import pytest

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.compare import RuleComparison
from scaling_lab.analysis.rule_pairs import compare_pairs
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.settle import SPENT_IN_ALL, count_open_pairs, list_open_rules, plan_rounds, share_of_look
from scaling_lab.analysis.stats.contrast import WeightedCells, select_seeds
from scaling_lab.analysis.stats.looks import Look, divide_error_rate
from scaling_lab.analysis.synthetic import make_cells
from scaling_lab.analysis.verdict_options import VerdictOptions

TRUTH = {"a": 0.88, "b": 0.88, "c": 0.84, "d": 0.86}
OPTIONS = VerdictOptions(delta=0.006)
FIXED = 30


def test_rounds_grow_by_half_up_to_the_largest_number() -> None:
    assert plan_rounds(5, 40) == (5, 8, 12, 18, 27, 40)
    assert plan_rounds(3, 3) == (3,)
    assert plan_rounds(3, 4) == (3, 4)


@pytest.mark.parametrize("counts", [(5,), (3, 5, 8, 12, 18, 27, 40), (5, 8, 12)])
def test_the_looks_spend_what_was_planned_and_later_ones_more(counts: tuple[int, ...]) -> None:
    parts = divide_error_rate([share_of_look(counts, place) for place in range(len(counts))])
    assert sum(parts) == pytest.approx(SPENT_IN_ALL)
    assert list(accumulate(parts)) == pytest.approx([SPENT_IN_ALL * (n / counts[-1]) ** 1.5 for n in counts])


def compare(cells: dict[str, Cell], looks: list[Look]) -> RuleComparison:
    candidates: dict[str, WeightedCells] = {rule: [(cell, 1.0)] for rule, cell in cells.items()}
    candidates["twin of a"] = candidates["a"]
    pairs, _ = compare_pairs(candidates, OPTIONS, looks)
    return RuleComparison(Setting("f", "d", "r", "fitted", 1.0), "flops", 2.0, tuple(candidates), pairs)


def test_only_networks_of_open_pairs_get_seeds() -> None:
    cells = make_cells(TRUTH, 5, 5000, np.random.default_rng(0))
    comparison = compare(cells, [])
    assert list_open_rules(comparison) == ("a", "b", "twin of a")
    assert count_open_pairs([comparison]) == 1


def settle(cells: dict[str, Cell]) -> tuple[int, int]:
    """Return the number of trained seeds, and of pairs without a verdict at the end."""
    counts, looks = plan_rounds(5, FIXED), list[Look]()
    seeds = dict.fromkeys(cells, counts[0])
    for place in range(len(counts)):
        at = {rule: select_seeds(cell, cell.seeds[: seeds[rule]]) for rule, cell in cells.items()}
        finished = frozenset(key for cell in at.values() for key in cell.keys)
        looks.append(Look(finished, share=share_of_look(counts, place)))
        comparison = compare(at, looks)
        for rule in set(list_open_rules(comparison)) & seeds.keys() if place + 1 < len(counts) else ():
            seeds[rule] = counts[place + 1]
    return sum(seeds.values()), count_open_pairs([comparison])


def test_settling_takes_half_of_the_seeds_of_a_fixed_design() -> None:
    """The fixed design has as many seeds of each network as the sequential one has at most."""
    rng = np.random.default_rng(1)
    studies = [settle(make_cells(TRUTH, FIXED, 5000, rng)) for _ in range(6)]
    assert np.mean([seeds for seeds, _ in studies]) < FIXED * len(TRUTH) / 2
    assert np.mean([left for _, left in studies]) < 0.5
