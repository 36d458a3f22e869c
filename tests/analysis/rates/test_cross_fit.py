"""Tuned networks: each seed at the rate of the others, and verdicts that hold in both ways."""

import numpy as np
import pytest

from scaling_lab.analysis.rates.cross_fit import TunedWeights, compare_tuned, tune
from scaling_lab.analysis.rule_pairs import compare_pairs
from scaling_lab.analysis.synthetic import make_cells


def test_each_seed_is_tested_at_the_rate_of_the_others(make_grid):
    """Seed 2 alone makes 2 the best rate: without it the others choose 1."""
    grid = make_grid({1.0: [0.80, 0.80, 0.80], 2.0: [0.79, 0.79, 0.90]})
    tuned = tune(grid.cells)
    assert tuned.best == 2.0
    assert tuned.by_seed == {0: 2.0, 1: 2.0, 2: 1.0}
    assert tuned.at_best.keys == grid.cells[2.0].keys
    assert tuned.cross_fitted.keys == ("width-2.0-0", "width-2.0-1", "width-1.0-2")
    assert tuned.cross_fitted.packed.ravel().tolist() == [1, 1, 0]
    assert tuned.cross_fitted.held_out_accuracy.tolist() == [0.79, 0.79, 0.80]


def test_only_seeds_of_all_rates_count(make_grid):
    tuned = tune(make_grid({1.0: [0.7, 0.7], 2.0: [0.8, 0.8, 0.1, 0.1]}).cells)
    assert (tuned.best, tuned.by_seed) == (2.0, {0: 2.0, 1: 2.0})
    assert tuned.at_best.seeds == (0, 1)
    assert tune(make_grid({1.0: [], 2.0: [0.8]}).cells) is None


def test_one_seed_is_tested_at_its_own_rate(make_grid):
    tuned = tune(make_grid({1.0: [0.7], 2.0: [0.8]}).cells)
    assert tuned.by_seed == {0: 2.0}
    assert tuned.cross_fitted.keys == tuned.at_best.keys


@pytest.fixture(scope="module")
def cells():
    truth = {"a": 0.85, "b": 0.85, "better": 0.90}
    return {name: [(cell, 1.0)] for name, cell in make_cells(truth, 4, 3000, np.random.default_rng(3)).items()}


def test_a_verdict_holds_in_both_ways(cells):
    a, b, better = (cells[name] for name in ("a", "b", "better"))
    both, swapped = (
        compare_tuned({"x": TunedWeights(better, better), "y": TunedWeights(*ways)}) for ways in ((a, b), (b, a))
    )
    assert both[0].first == "x"
    assert both[0].is_significant
    usual, other = (compare_pairs({"x": better, "y": weights})[0][0] for weights in (b, a))
    assert both[0].difference == usual.difference
    assert both[0].p == swapped[0].p == max(usual.p, other.p)
    assert usual.p != other.p
    assert both[0].estimate.standard_error == max(usual.estimate.standard_error, other.estimate.standard_error)


def test_other_winners_are_no_verdict(cells):
    a, better = cells["a"], cells["better"]
    (pair,) = compare_tuned({"x": TunedWeights(better, a), "y": TunedWeights(a, better)})
    assert pair.p == 1.0
    assert not pair.is_significant
