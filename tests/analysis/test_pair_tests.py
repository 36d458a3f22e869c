"""Pairs of rules over several looks."""

from dataclasses import replace

import numpy as np
import pytest

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.rule_pairs import RulePair, compare_pairs
from scaling_lab.analysis.stats.contrast import estimate_contrast, select_seeds
from scaling_lab.analysis.stats.looks import Look
from scaling_lab.analysis.synthetic import make_cells
from scaling_lab.analysis.verdict_options import VerdictOptions

RULES = {"a": 0.86, "b": 0.853, "c": 0.84}


@pytest.fixture(scope="module")
def cells() -> dict[str, Cell]:
    """Three rules with twelve seeds."""
    return make_cells(RULES, 12, 5000, np.random.default_rng(3))


def first(cells: dict[str, Cell], count: int) -> dict[str, Cell]:
    return {name: select_seeds(cell, cell.seeds[:count]) for name, cell in cells.items()}


def look(cells: dict[str, Cell], count: int) -> Look:
    return Look(frozenset(key for cell in first(cells, count).values() for key in cell.keys))


def compare(cells: dict[str, Cell], *looks: Look, delta: float | None = None) -> dict[str, RulePair]:
    pairs, _ = compare_pairs(
        {name: [(cell, 1.0)] for name, cell in cells.items()}, VerdictOptions(delta=delta), looks=looks
    )
    return {f"{min(pair.first, pair.second)}{max(pair.first, pair.second)}": pair for pair in pairs}


def test_one_look_spends_four_fifths(cells: dict[str, Cell]) -> None:
    two = {"a": cells["a"], "b": cells["b"]}
    estimate = estimate_contrast([(cells["a"], 1.0), (cells["b"], -1.0)])
    assert estimate
    pair = compare(two)["ab"]
    assert (pair.p, pair.looks) == (pytest.approx(estimate.p / 0.8), 1)
    assert compare(two, look(two, 12)) == compare(two)  # the present data


def test_p_is_the_smallest_over_the_looks(cells: dict[str, Cell]) -> None:
    two = {"a": cells["a"], "b": cells["b"]}
    p_values = [compare(first(two, count))["ab"].p for count in (5, 8, 12)]
    assert all(p is not None for p in p_values)
    parts = (0.8, 0.1, 0.1 / 3)
    expected = min(0.8 * p / part for p, part in zip(p_values, parts, strict=True) if p is not None)
    pair = compare(two, look(two, 5), look(two, 8))["ab"]
    assert (pair.p, pair.looks) == (pytest.approx(min(1.0, expected)), 3)


def test_a_verdict_stays_with_more_seeds(cells: dict[str, Cell]) -> None:
    alone = compare(first(cells, 5))["ac"]
    assert alone.is_significant
    later = compare(cells, look(cells, 5))["ac"]
    assert later.p is not None
    assert alone.p is not None
    assert later.p <= alone.p


def test_only_looks_at_its_own_data_count_for_a_pair(cells: dict[str, Cell]) -> None:
    grown = first(cells, 5) | {"c": cells["c"]}
    pairs = compare(grown, look(cells, 5))
    assert {name: pair.looks for name, pair in pairs.items()} == {"ab": 1, "ac": 2, "bc": 2}


def test_alike_is_corrected_too(cells: dict[str, Cell]) -> None:
    two = {"a": cells["a"], "b": cells["b"]}
    once, again = (compare(two, *looks, delta=0.02)["ab"].p_alike for looks in ([], [look(two, 5)]))
    assert once is not None
    assert again is not None
    assert once < again <= 8.001 * once


def test_more_seeds_are_needed_after_more_looks(cells: dict[str, Cell]) -> None:
    few = first(cells, 5)
    needed = [compare(few, *looks, delta=0.01)["ab"].required_seeds for looks in ([], [look(few, 3), look(few, 4)])]
    once, later = (seeds.apart.high for seeds in needed if seeds)
    assert once is not None
    assert once < (later or 1000)


def test_a_pair_with_waiting_points_is_judged_strictly(cells: dict[str, Cell]) -> None:
    two = {"a": cells["a"], "b": cells["b"]}
    waiting = {"a": replace(cells["a"], waiting=frozenset("x")), "b": cells["b"]}
    usual, interim = compare(two)["ab"].p, compare(waiting)["ab"].p
    assert usual is not None
    assert interim == pytest.approx(min(1.0, 16 * usual))
    assert (compare(waiting)["ab"].is_interim, compare(two)["ab"].is_interim) == (True, False)


def error_rate(counts: list[int], studies: int, rules: int) -> float:
    """Return how often equal rules are told apart after the last of several looks, corrected for all of them."""
    rng, false = np.random.default_rng(0), 0
    for _ in range(studies):
        cells = make_cells(dict.fromkeys("abcdef"[:rules], 0.85), counts[-1], 1000, rng)
        looks = [look(cells, count) for count in counts[:-1]]
        false += any(pair.is_significant for pair in compare(cells, *looks).values())
    return false / studies


@pytest.mark.parametrize("rules", [pytest.param(2, marks=pytest.mark.slow), 4])
def test_error_rate_of_looking_after_each_seed(rules: int) -> None:
    """Without the correction it is near 20 %."""
    assert error_rate(list(range(3, 15)), 60, rules) <= 0.12  # 5 % and more than two standard errors
