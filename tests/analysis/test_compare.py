"""Comparisons at equal FLOPs: pairs, Holm, seeds that go together, and all that is not there."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

from scaling_lab.analysis.compare import compare_rules
from scaling_lab.analysis.equal_cost import compare_at_equal_cost
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.rule_pairs import compare_pairs
from scaling_lab.analysis.stats.holm import adjust_p_values
from scaling_lab.analysis.stats.looks import FIRST_SHARE
from scaling_lab.analysis.synthetic import ProbitNoise, make_cells
from scaling_lab.analysis.verdict_options import VerdictOptions

MEANS = {"depth": 0.850, "width": 0.850, "resolution": 0.855, "compound": 0.890}


def accuracy(entry):
    question = entry.question
    return MEANS[question.rule] + 0.002 * ((7 * question.seed + len(question.rule)) % 4)


def compared(table):
    return compare_rules(collect_evidence(table))


@pytest.fixture(scope="module")
def five(make_study):
    """Five seeds of four rules, without the baseline, so that no rule is moved to the budget."""
    table = make_study(families=["resnet_small"], seeds=range(5), accuracy=accuracy).table()
    return table[table["times_flops"] == 2]


@pytest.fixture
def rng():
    return np.random.default_rng(2019)


def test_differences_and_welch_are_scipys(five):
    (comparison,) = compared(five)
    assert len(comparison.pairs) == 6
    for pair in comparison.pairs:
        x, y = (
            five.loc[(five["rule"] == rule) & (five["times_flops"] == 2), "test_accuracy"].astype(float)
            for rule in (pair.first, pair.second)
        )
        expected = ttest_ind(x, y, equal_var=False).confidence_interval(0.95)
        assert pair.estimate.welch_interval() == pytest.approx((expected.low, expected.high))
        assert pair.difference == pytest.approx(x.mean() - y.mean())
        assert pair.difference >= 0
        assert pair.estimate.value == pytest.approx(pair.difference)
        better = np.mean([(a > b) + (a == b) / 2 for a in x for b in y])
        assert pair.improvement == pytest.approx(better)
        assert pair.spread == pytest.approx(max(np.ptp(x), np.ptp(y)))


def test_verdicts_are_by_holm(five):
    pairs = compared(five)[0].pairs
    expected = adjust_p_values([pair.estimate.p / FIRST_SHARE for pair in pairs])
    assert [pair.p for pair in pairs] == expected
    assert {(pair.first, pair.second) for pair in pairs if pair.is_significant} >= {("compound", "depth")}
    assert not any(pair.is_significant for pair in pairs if {pair.first, pair.second} == {"depth", "width"})


def test_fewer_than_three_seeds_have_no_verdict(quick):
    for comparison in compared(quick.table()):
        for pair in comparison.pairs:
            assert (pair.estimate, pair.p, pair.required_seeds, pair.is_significant, pair.seeds) == (
                None,
                None,
                None,
                False,
                (2, 2),
            )
            assert pair.spread is not None


def test_seeds_that_do_not_differ_have_no_verdict(make_study):
    (comparison,) = compared(make_study(families=["resnet_small"], seeds=range(3), accuracy=lambda _: 0.9).table())
    assert all(pair.estimate is None and not pair.is_significant for pair in comparison.pairs)


def test_noise_of_pictures(make_study):
    (comparison,) = compared(make_study(families=["resnet_small"], accuracy=lambda _: 0.8).table())
    assert (comparison.test_images, comparison.sampling_error) == (2000, pytest.approx((0.8 * 0.2 / 2000) ** 0.5))


@pytest.mark.parametrize(
    ("rule", "off", "is_on_budget"),
    [("width", 1.019, True), ("width", 1.03, False), ("depth", 1.04, True), ("depth", 1.06, False)],
)
def test_rows_off_the_budget_are_left_out(quick, rule, off, is_on_budget):
    table = quick.table()
    table.loc[(table["rule"] == rule) & (table["times_flops"] == 2), "times_flops_got"] = 2 * off
    for comparison in compared(table):
        assert (rule in comparison.rules) == is_on_budget
        assert (rule in comparison.off_budget) != is_on_budget


def test_what_is_not_there_is_no_error(make_study):
    table = make_study(families=["resnet_small"], rules=["depth", "width"]).table()
    (empty,) = compared(table.assign(test_accuracy=float("nan")))
    assert (empty.rules, empty.pairs, empty.sampling_error, empty.without_result) == ((), (), None, ("depth", "width"))
    assert compared(table.iloc[:0]) == []
    assert compared(table.assign(times_flops=None)) == []


def test_explicit_multipliers_and_baselines_are_not_compared(quick):
    table = quick.table()
    explicit = table.assign(rule="multipliers", times_flops=float("nan"))
    assert compared(pd.concat([table, explicit])) == compared(table)
    assert {comparison.level for comparison in compared(table)} == {2}


def test_the_same_networks_are_known_and_not_tested(make_study):
    table = make_study(families=["resnet_small"], seeds=range(5)).table()
    copied = ["key", "test_accuracy", "test_correct", "held_out_accuracy"]
    table.loc[table["rule"] == "width", copied] = table.loc[table["rule"] == "depth", copied].to_numpy()
    (comparison,) = compared(table)
    (same,) = [pair for pair in comparison.pairs if pair.is_same_network]
    assert {same.first, same.second} == {"depth", "width"}
    assert (same.difference, same.p, same.is_significant) == (0, None, False)
    tested = [pair for pair in comparison.pairs if not pair.is_same_network]
    assert [pair.p for pair in tested] == adjust_p_values([pair.estimate.p / FIRST_SHARE for pair in tested])


def test_seeds_are_advised_for_a_given_difference_only_and_for_holms_level(make_cell):
    rng = np.random.default_rng(3)
    made = {name: make_cell(rng.random((4, 2000)) < 0.85, name) for name in "abcd"}
    candidates = {rule: [(cell, 1.0)] for rule, cell in made.items()}
    assert all(pair.required_seeds is None for pair in compare_pairs(candidates)[0])
    every, _ = compare_pairs(candidates, VerdictOptions(delta=0.01))
    advised = [pair for pair in every if pair.required_seeds]
    assert len(advised) == sum(not pair.is_significant and not pair.is_alike for pair in every) > 2
    for pair in advised:
        options = VerdictOptions(((pair.first, pair.second),), 0.01)
        alone = next(planned for planned in compare_pairs(candidates, options)[0] if planned.is_planned).required_seeds
        if alone:
            assert pair.required_seeds.apart.high > alone.apart.high
            assert pair.required_seeds.alike.high > alone.alike.high


def test_a_network_off_its_shares_is_off_its_rule(synthetic_curves, set_shares):
    laws = {"compound": (0.1, 0.06, 0.5), "width": (0.1, 0.06, 0.4)}
    table = synthetic_curves(laws, times=(1, 4), seeds=3, pictures=200)
    assert compared(table)[0].shares == {}
    table = set_shares(table, "compound", (0.28, 0.29, 0.43), (0.25, 0.16, 0.59))
    evidence = collect_evidence(set_shares(table, "width", (0, 1, 0), (0.0, 1.0, 0.0)))
    assert {arm.is_off_rule for arm in evidence.arms if arm.rule == "compound"} == {False, True}
    (comparison,) = compare_rules(evidence)
    assert comparison.off_rule == ("compound",)
    assert comparison.shares["compound"].requested == pytest.approx((0.28, 0.29, 0.43))
    assert comparison.shares["width"].obtained == (0, 1, 0)
    for equal in compare_at_equal_cost(evidence, "params"):
        assert {c.off_rule for c in equal.comparisons} == {("compound",)}


def test_alike_is_two_one_sided_tests_of_scipy(five):
    delta = 0.01
    (comparison,) = compare_rules(collect_evidence(five), VerdictOptions(delta=delta))
    by_hand = []
    for pair in comparison.pairs:
        x, y = (
            five.loc[(five["rule"] == rule) & (five["times_flops"] == 2), "test_accuracy"].astype(float)
            for rule in (pair.first, pair.second)
        )
        if pair.estimate.images.variance == 0:  # then the test of the pair is Welch's
            below = ttest_ind(x - delta, y, equal_var=False, alternative="less").pvalue
            above = ttest_ind(x + delta, y, equal_var=False, alternative="greater").pvalue
            assert pair.estimate.p_alike(delta) == pytest.approx(max(below, above))
        by_hand.append(pair.estimate.p_alike(delta) / FIRST_SHARE)
    assert [pair.p_alike for pair in comparison.pairs] == adjust_p_values(by_hand)
    assert [pair.p for pair in comparison.pairs] == [pair.p for pair in compared(five)[0].pairs]
    assert {(pair.is_significant, pair.is_alike) for pair in comparison.pairs} == {(True, False), (False, True)}


def test_alike_and_apart_can_both_be_significant_and_few_seeds_prove_nothing(rng):
    cells = make_cells({"a": 0.9, "b": 0.897}, 20, 10_000, rng, ProbitNoise(seed=0.002, rule=0.01))
    candidates = {rule: [(cell, 1.0)] for rule, cell in cells.items()}
    ((pair,), _) = compare_pairs(candidates, VerdictOptions(delta=0.005))
    assert (pair.is_significant, pair.is_alike, pair.delta) == (True, True, 0.005)
    ((pair,), _) = compare_pairs(candidates, VerdictOptions(delta=0.0001))
    assert not pair.is_alike
    few = make_cells({"a": 0.9, "b": 0.9}, 2, 10_000, rng)
    ((pair,), _) = compare_pairs({rule: [(cell, 1.0)] for rule, cell in few.items()}, VerdictOptions(delta=0.5))
    assert (pair.p_alike, pair.is_alike) == (None, False)


def test_planned_contrasts_are_corrected_among_themselves(five):
    options = VerdictOptions((("compound", "width"), ("depth", "width")))
    (comparison,) = compare_rules(collect_evidence(five), options)
    tested = [pair for pair in comparison.pairs if pair.p is not None]
    assert {frozenset((pair.first, pair.second)) for pair in tested} == set(map(frozenset, options.contrasts))
    p_values = [pair.estimate.p / FIRST_SHARE for pair in tested]
    assert [pair.p for pair in tested] == adjust_p_values(p_values)
    others = [pair for pair in comparison.pairs if pair.p is None]
    assert len(others) == 4
    assert all(pair.estimate and not pair.is_planned and not pair.is_significant for pair in others)


def test_a_network_of_two_rules_is_planned_by_either_name(rng):
    cells = make_cells({"a": 0.9, "b": 0.88}, 5, 2000, rng)
    candidates = {"uniform": [(cells["a"], 1.0)], "compound": [(cells["a"], 1.0)], "width": [(cells["b"], 1.0)]}
    pairs, _ = compare_pairs(candidates, VerdictOptions((("compound", "width"),)))
    assert [(pair.first, pair.second, pair.is_same_network) for pair in pairs] == [
        ("compound", "width", False),
        ("compound", "uniform", True),
    ]
    assert pairs[0].is_planned
    assert pairs[0].p == pairs[0].estimate.p / FIRST_SHARE
