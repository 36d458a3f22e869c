"""Comparisons at equal FLOPs against scipy's own test, and all that is not there."""

import pandas as pd
import pytest
from scipy.stats import ttest_ind

from scaling_lab.analysis.compare import compare

MEANS = {"depth": 0.850, "width": 0.850, "resolution": 0.855, "compound": 0.870}


def accuracy(entry):
    question = entry.question
    return MEANS[question.rule] + 0.002 * ((7 * question.seed + len(question.rule)) % 4)


@pytest.fixture(scope="module")
def five(make_study):
    return make_study(families=["resnet_small"], seeds=range(5), accuracy=accuracy).table()


def test_interval_is_welch_shared_among_all_pairs(five):
    (comparison,) = compare(five)
    assert len(comparison.pairs) == 6
    for pair in comparison.pairs:
        x, y = (
            100 * five.loc[(five["rule"] == rule) & (five["times_flops"] == 2), "test_accuracy"].astype(float)
            for rule in (pair.first, pair.second)
        )
        expected = ttest_ind(x, y, equal_var=False).confidence_interval(1 - 0.05 / 6)
        assert pair.interval == pytest.approx((expected.low, expected.high))
        assert pair.difference == pytest.approx(x.mean() - y.mean())
        assert pair.difference >= 0


def test_told_apart_only_where_the_interval_leaves_zero_out(five):
    apart = {(pair.first, pair.second) for pair in compare(five)[0].pairs if pair.told_apart}
    assert ("compound", "depth") in apart
    assert not {("depth", "width"), ("width", "depth")} & apart


def test_fewer_than_three_seeds_have_no_interval(quick):
    for comparison in compare(quick.table()):
        assert all(
            pair.interval is None and pair.spread is not None and not pair.told_apart for pair in comparison.pairs
        )


def test_noise_of_pictures(make_study):
    (comparison,) = compare(make_study(families=["resnet_small"], accuracy=lambda _: 0.8).table())
    assert comparison.test_pictures == 2000
    assert comparison.sampling == pytest.approx(100 * (0.8 * 0.2 / 2000) ** 0.5)


@pytest.mark.parametrize(
    ("rule", "off", "kept"),
    [("width", 1.019, True), ("width", 1.03, False), ("depth", 1.04, True), ("depth", 1.06, False)],
)
def test_rows_off_the_budget_are_left_out(quick, rule, off, kept):
    table = quick.table()
    scaled = (table["rule"] == rule) & (table["times_flops"] == 2)
    table.loc[scaled, "times_flops_got"] = 2 * off
    for comparison in compare(table):
        assert (rule in comparison.rules) == kept
        assert (rule in comparison.off_budget) != kept


def test_what_is_not_there_is_no_error(make_study):
    table = make_study(families=["resnet_small"], rules=["depth", "width"]).table()
    table.loc[(table["rule"] == "width"), "test_accuracy"] = float("nan")
    (comparison,) = compare(table)
    assert (comparison.rules, comparison.pairs, comparison.without_result) == (("depth",), (), ("width",))
    (empty,) = compare(table.assign(test_accuracy=float("nan")))
    assert (empty.rules, empty.sampling) == ((), None)
    assert compare(table.iloc[:0]) == []
    assert compare(table.assign(times_flops=None)) == []


def test_explicit_multipliers_and_baselines_are_not_compared(quick):
    table = quick.table()
    explicit = table.assign(rule="multipliers", times_flops=float("nan"))
    assert compare(pd.concat([table, explicit])) == compare(table)
    assert {comparison.times_flops for comparison in compare(table)} == {2}


def test_seeds_that_do_not_differ_give_no_interval(make_study):
    (comparison,) = compare(make_study(families=["resnet_small"], seeds=range(3), accuracy=lambda _: 0.9).table())
    assert all(pair.interval is None for pair in comparison.pairs)


def test_the_same_networks_are_known(quick):
    table = quick.table()
    table.loc[table["rule"] == "width", "key"] = table.loc[table["rule"] == "depth", "key"].to_numpy()
    same = [(pair.first, pair.second) for pair in compare(table)[0].pairs if pair.same]
    assert [set(pair) for pair in same] == [{"depth", "width"}]
