"""Equal cost other than FLOPs: between neighbouring points of a curve, and never beyond it."""

import re

import numpy as np
import pandas as pd
import pytest

from scaling_lab.analysis.equal_cost import (
    compare_at_equal_cost,
    interpolate_cells,
)
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.analysis.text.equal_cost import describe_equal_cost, explain_no_comparison
from scaling_lab.analysis.text.headlines import summarize_comparison
from scaling_lab.analysis.verdict_table import make_verdict_table
from scaling_lab.errors import UserError

TRUTH = {
    ("a", 1.0): 0.80,
    ("b", 1.0): 0.80,
    ("a", 2.0): 0.84,
    ("b", 2.0): 0.86,
    ("a", 4.0): 0.92,
    ("b", 4.0): 0.88,
}


def synthetic(truth=TRUTH, seeds=4, pictures=3000):
    return make_study_table(truth, seeds, pictures, np.random.default_rng(3))


def test_the_middle_between_two_networks_is_half_of_each():
    cells = {arm.times_flops: arm.cell for arm in collect_evidence(synthetic()).arms if arm.rule == "a"}
    curve = [cells[1.0], cells[2.0], cells[4.0]]
    for level, weights in {2**0.5: {1.0: 0.5, 2.0: 0.5}, 2.0: {2.0: 1.0}, 4.0: {4.0: 1.0}}.items():
        interpolation = {
            times: w
            for cell, w in interpolate_cells(curve, "params", 5e4 * level)
            for times in cells
            if cells[times] is cell
        }
        assert interpolation == pytest.approx(weights)
    assert interpolate_cells(curve, "params", 5e4 * 4.1) is None
    assert interpolate_cells(curve, "params", 5e4 * 0.9) is None


def test_comparison_at_the_end_of_each_curve_and_who_leads_where():
    (along,) = compare_at_equal_cost(collect_evidence(synthetic()), "activations")
    assert [round(comparison.level) for comparison in along.comparisons] == [120_000]
    (pair,) = along.comparisons[0].pairs
    assert (pair.first, pair.second, pair.is_significant) == ("a", "b", True)
    assert [lead.rule for lead in along.leads] == ["b", "a"]
    change = along.leads[0].last / 3e4
    assert 2.2 < change < 3.2  # the true curves cross where 0.84 + 0.08 x = 0.86 + 0.02 x, at 2 * 2 ** (1 / 3) = 2.5
    assert "then a up to 120 thousand activations" in describe_equal_cost(along)[0]


def test_a_rule_that_was_trained_less_far_is_not_extrapolated():
    truth = {question: accuracy for question, accuracy in TRUTH.items() if question != ("b", 4.0)}
    (along,) = compare_at_equal_cost(collect_evidence(synthetic(truth)), "params")
    assert [round(comparison.level) for comparison in along.comparisons] == [100_000]
    assert along.leads[-1].last == pytest.approx(1e5, rel=0.01)


def test_an_interpolated_difference_is_the_weighted_one():
    table = synthetic({**TRUTH, ("b", 4.0): 0.9})
    table.loc[(table["rule"] == "b") & (table["times_flops"] == 4), "params"] = 5e4 * 3
    (along,) = compare_at_equal_cost(collect_evidence(table), "params")
    mean = table.groupby(["rule", "times_flops"])["test_accuracy"].mean()
    share = np.log(3 / 2) / np.log(2)
    at_three = (1 - share) * mean["a", 2.0] + share * mean["a", 4.0]
    (pair,) = along.comparisons[0].pairs
    assert pair.difference == pytest.approx(abs(at_three - mean["b", 4.0]))
    low, high = pair.estimate.interval()
    assert low < pair.difference < high


def test_what_has_no_curve_is_left_out_with_its_reason():
    table = synthetic()
    table.loc[table["rule"] == "a", "params"] = 5e4
    table["latency_seconds"] = np.where(table["times_flops"] == 4, np.nan, 0.001)
    (params,) = compare_at_equal_cost(collect_evidence(table), "params")
    assert [rule for rule, _ in params.left_out] == ["a"]
    (sentence,) = describe_equal_cost(params)
    assert re.fullmatch(r"Left out \(.* 2 % in parameters\): a\.", sentence)
    (latency,) = compare_at_equal_cost(collect_evidence(table), "latency")
    assert "(1 of 3 networks without measured latency): a and b." in describe_equal_cost(latency)[0]
    assert latency.comparisons == ()


def test_an_unknown_cost_is_refused_with_the_near_name():
    with pytest.raises(UserError, match="unknown cost 'flop'; did you mean flops"):
        compare_at_equal_cost(collect_evidence(synthetic()), "flop")


def test_other_learning_rates_are_kept_out_of_the_comparisons_unless_there_is_nothing_else():
    usual, other = synthetic(), synthetic()
    other["lr_times"], other["key"] = 2.0, "lr2-" + other["key"]
    both = collect_evidence(pd.concat([usual, other], ignore_index=True))
    assert {comparison.setting.lr_times for comparison in compare_at_equal_cost(both, "flops")} == {1.0}
    assert {comparison.setting.lr_times for comparison in compare_at_equal_cost(collect_evidence(other), "flops")} == {
        2.0
    }
    assert {setting.lr_times for setting in both.settings} == {1.0, 2.0}


def test_networks_within_two_percent_are_one_point_and_the_dearest_stays():
    table = synthetic()
    for times, params in ((1.0, 100.0), (2.0, 200.0), (4.0, 202.0)):
        table.loc[table["times_flops"] == times, "params"] = params
    (along,) = compare_at_equal_cost(collect_evidence(table), "params")
    (comparison,) = along.comparisons
    assert comparison.level == 202.0
    mean = table.groupby(["rule", "times_flops"])["test_accuracy"].mean()
    assert comparison.pairs[0].difference == pytest.approx(abs(mean["a", 4.0] - mean["b", 4.0]))


def test_a_chain_of_small_steps_is_no_single_point():
    truth = {("a", 1.0 + step): 0.8 + step / 50 for step in range(4)} | {("b", 1.0): 0.8, ("b", 4.0): 0.85}
    table = synthetic(truth)
    table["params"] = 100 * 1.015 ** (table["times_flops"] - 1)
    (along,) = compare_at_equal_cost(collect_evidence(table), "params")
    assert along.comparisons[0].rules == ("a", "b")


def test_times_that_differ_from_seed_to_seed_give_no_verdict():
    table = synthetic()
    table.loc[table["seed"] == 0, "latency_seconds"] *= 1.5
    (along,) = compare_at_equal_cost(collect_evidence(table), "latency")
    (comparison,) = along.comparisons
    assert comparison.cost_ratio == pytest.approx(1.5)
    assert all(pair.p is None and pair.estimate for pair in comparison.pairs)
    assert re.match("No verdict: .* 1.5\N{MULTIPLICATION SIGN} in seconds per image", summarize_comparison(comparison))
    rows = make_verdict_table([comparison])
    assert set(rows["verdict"]) == {"no verdict"}
    assert list(rows["unrest"]) == pytest.approx([1.5] * len(rows))
    table.loc[table["seed"] == 0, "latency_seconds"] /= 1.5 / 1.1
    assert compare_at_equal_cost(collect_evidence(table), "latency")[0].comparisons[0].pairs[0].is_significant


def test_a_time_is_the_median_of_the_seeds():
    table = synthetic()
    table.loc[table["seed"] == 0, "latency_seconds"] *= 100
    cell = collect_evidence(table).arms[0].cell
    assert cell.costs["latency"] == pytest.approx(0.001)
    assert cell.cost_ratios["latency"] == pytest.approx(100)


def test_a_missing_baseline_is_reported():
    truth = {question: accuracy for question, accuracy in TRUTH.items() if question[1] == 2.0}
    (along,) = compare_at_equal_cost(collect_evidence(synthetic(truth)), "params")
    assert [rule for rule, _ in along.left_out] == ["a", "b"]
    assert re.fullmatch(r"Left out \(.*baseline.*\): a and b\.", describe_equal_cost(along)[0])


def test_why_nothing_is_compared():
    table = synthetic()
    assert explain_no_comparison(collect_evidence(table.assign(times_flops=float("nan"))), "flops").startswith(
        "Nothing to compare: explicit"
    )
    assert "no budget other than the baseline's" in explain_no_comparison(
        collect_evidence(table[table["times_flops"] == 1]), "flops"
    )
    assert explain_no_comparison(collect_evidence(table), "params").endswith(
        "fewer than two rules have a curve along parameters."
    )
