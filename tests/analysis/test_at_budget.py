"""Networks that miss the budget are moved to it along their rule's slope."""

from math import log

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from scaling_lab.analysis.at_budget import move_to_budget
from scaling_lab.analysis.compare import compare_rules
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.stats.contrast import main_cells
from scaling_lab.analysis.synthetic import make_cells, make_study_table
from scaling_lab.analysis.synthetic_answers import ProbitNoise
from scaling_lab.analysis.verdict_options import VerdictOptions

GAIN = 0.042
"""Accuracy per doubling, as on CIFAR-10."""


@pytest.fixture
def rng():
    return np.random.default_rng(2019)


@pytest.fixture
def networks(rng):
    """A network at each of some FLOPs, in times the baseline's."""

    def made(*times, seeds=3):
        cells = make_cells({str(got): 0.8 for got in times}, seeds, 200, rng)
        for got, cell in zip(times, cells.values(), strict=True):
            cell.obtained["times_flops_got"] = got
        return list(cells.values())

    return made


def line(got):
    return 0.75 + GAIN * np.log2(got)


def study(rng, obtained, seeds=5, images=10_000, times=2.0, law=line, **more):
    """A study of rules whose accuracy follows one law of their obtained FLOPs."""
    got = {(rule, times): ratio * times for rule, ratio in obtained.items()}
    truth = {("a", 1.0): law(1.0)} | {key: law(flops) for key, flops in got.items()}
    return make_study_table(truth, seeds, images, rng, obtained=got, **more)


def compare(table):
    (comparison,) = compare_rules(collect_evidence(table))
    return comparison


def test_interpolation_where_the_budget_is_enclosed_and_extrapolation_where_not(networks):
    base, small, own, large, huge = networks(1.0, 1.5, 1.95, 3.8, 8.2)
    (first, share), (second, rest) = move_to_budget(own, 2.0, [base, small, large, huge])
    assert (first, second) == (own, large)
    assert rest == pytest.approx(log(2 / 1.95) / log(3.8 / 1.95))
    assert share + rest == pytest.approx(1)
    (first, share), (second, rest) = move_to_budget(own, 2.0, [base, small])
    assert (first, second) == (own, small)
    assert rest == pytest.approx(log(2 / 1.95) / log(1.5 / 1.95))
    assert rest < 0
    assert share > 1


def test_no_move_at_the_budget_and_none_without_a_usable_network(networks):
    base, own, exact, near = networks(1.0, 2.08, 2.001, 1.9)
    assert move_to_budget(exact, 2.0, [base]) == [(exact, 1.0)]
    assert move_to_budget(own, 2.0, []) is None
    assert move_to_budget(own, 2.0, [near, own]) is None
    (few,) = networks(1.0, seeds=2)
    assert move_to_budget(own, 2.0, [few]) is None


def test_the_moved_difference_is_that_of_the_line(rng):
    """Equal rules at 0.95 and 1.05 of the budget differ by 0.6 points before, and by nothing after."""
    table = study(rng, {"a": 0.95, "b": 1.05}, seeds=20, noise=ProbitNoise(seed=0.0, rule=0.0))
    means = table.groupby(["rule", "times_flops"])["test_accuracy"].mean()
    assert means["b", 2.0] - means["a", 2.0] == pytest.approx(GAIN * np.log2(1.05 / 0.95), abs=0.002)
    (pair,) = (comparison := compare(table)).pairs
    assert pair.difference == pytest.approx(0, abs=0.002)
    assert (dict(comparison.flops_ratios), comparison.not_moved) == (pytest.approx({"a": 0.95, "b": 1.05}), ())


def test_slopes_from_two_budgets_are_named_until_there_is_a_third(rng):
    two = study(rng, {"a": 0.97, "b": 1.0})
    assert compare(two).moved_by_two == ("a",)
    third = study(rng, {"a": 1.0}, times=4.0)
    both = pd.concat([two, third[third["times_flops"] == 4]])
    assert [comparison.moved_by_two for comparison in compare_rules(collect_evidence(both))] == [(), ()]


def test_seeds_are_those_of_the_rules_own_networks():
    table = study(np.random.default_rng(7), {"a": 0.95, "b": 1.05}, seeds=6)
    few = table[(table["times_flops"] != 1) | (table["seed"] < 3)]
    (pair,) = compare(few).pairs
    assert pair.seeds == (6, 6)
    assert len(pair.estimate.observed_seeds) == 3
    required = [
        compare_rules(collect_evidence(rows), VerdictOptions(delta=0.004))[0].pairs[0].required_seeds
        for rows in (table, few)
    ]
    assert [estimate.seconds for estimate in required] == [2 * 24, 2 * 24]
    assert required[1].apart.low == pytest.approx(required[0].apart.low, rel=0.3)
    cells = [arm.cell for arm in collect_evidence(few).arms]
    assert main_cells([(cells[1], 1.05), (cells[2], -0.97), (cells[0], -0.08)]) == cells[1:]


def test_rules_with_one_network_stay_the_same_network(rng):
    """Even if each has another network at another budget."""
    table = study(rng, {"a": 1.04, "b": 1.04})
    own = table[table["rule"] == "a"]
    more = study(rng, {"a": 1.0, "b": 1.0}, times=4.0)
    more = more[more["times_flops"] == 4]
    both = pd.concat([own, own[own["times_flops"] == 2].assign(rule="b"), more])
    at_two = next(comparison for comparison in compare_rules(collect_evidence(both)) if comparison.level == 2)
    (pair,) = at_two.pairs
    assert pair.is_same_network
    assert pair.difference == 0


def test_without_a_baseline_nothing_is_moved(rng):
    table = study(rng, {"a": 0.95, "b": 1.05, "c": 1.0})
    comparison = compare(table[table["times_flops"] != 1])
    assert comparison.not_moved == ("a", "b")
    assert set(comparison.flops_ratios) == {"a", "b"}
    plain = table[table["times_flops"] == 2].groupby("rule")["test_accuracy"].mean()
    for pair in comparison.pairs:
        assert pair.difference == pytest.approx(plain[pair.first] - plain[pair.second])


def test_equal_rules_that_miss_the_budget_are_seldom_told_apart(rng):
    """Half of these studies had a verdict before."""
    false = sum(compare(study(rng, {"a": 0.95, "b": 1.05})).pairs[0].is_significant for _ in range(60))
    assert false <= binom.ppf(0.9999, 60, 0.05)
