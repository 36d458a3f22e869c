"""Gains over the baseline: the tests of pairs, signs, doublings of measured FLOPs, and studies of one rule."""

import re
from math import log2

import numpy as np
import pandas as pd
import pytest

from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.gains import compare_with_baseline
from scaling_lab.analysis.stats.contrast import estimate_contrast
from scaling_lab.analysis.stats.holm import adjust_p_values
from scaling_lab.analysis.stats.looks import FIRST_SHARE
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.analysis.tables import BASELINE_COLUMNS, make_baseline_table
from scaling_lab.analysis.text.gains import describe_gain_method, summarize_gains
from scaling_lab.analysis.verdict_options import VerdictOptions

TRUTH = {
    ("good", 1.0): 0.85,
    ("good", 2.0): 0.88,
    ("good", 4.0): 0.90,
    ("bad", 1.0): 0.85,
    ("bad", 2.0): 0.82,
    ("same", 1.0): 0.85,
    ("same", 2.0): 0.85,
}


@pytest.fixture(scope="module")
def table():
    return make_study_table(TRUTH, 5, 4000, np.random.default_rng(11))


def test_each_rule_is_tested_against_the_baseline_at_each_budget(table):
    evidence = collect_evidence(table)
    cells = {(arm.rule, arm.times_flops): arm.cell for arm in evidence.arms}
    twice, four = compare_with_baseline(evidence)
    assert (twice.times_flops, four.times_flops) == (2, 4)
    assert [gain.rules for gain in twice.gains] == [("good",), ("same",), ("bad",)]
    expected = [
        estimate_contrast([(cells[gain.rules[0], 2.0], 1.0), (cells["good", 1.0], -1.0)]) for gain in twice.gains
    ]
    for gain, estimate in zip(twice.gains, expected, strict=True):
        assert gain.value == pytest.approx(estimate.value)
        assert gain.interval == pytest.approx(estimate.interval())
    assert [gain.pair.p for gain in twice.gains] == pytest.approx(
        adjust_p_values([estimate.p / FIRST_SHARE for estimate in expected])
    )
    assert [(gain.is_gain, gain.is_loss) for gain in twice.gains] == [(True, False), (False, False), (False, True)]
    (gain,) = four.gains
    value, low, high = gain.per_doubling
    assert (value, low, high) == pytest.approx((gain.value / 2, gain.interval[0] / 2, gain.interval[1] / 2))


def test_doublings_are_of_measured_flops_and_smaller_networks_have_negative_ones(table):
    table = table.copy()
    table.loc[table["times_flops"] == 4, "flops"] = 3e6
    (gain,) = compare_with_baseline(collect_evidence(table))[1].gains
    assert gain.per_doubling[0] == pytest.approx(gain.value / log2(3))
    table.loc[table["times_flops"] == 4, "flops"] = 0.5e6
    (gain,) = compare_with_baseline(collect_evidence(table))[1].gains
    value, low, high = gain.per_doubling
    assert value == pytest.approx(-gain.value)
    assert low < value < high


def test_a_study_of_one_rule_and_one_without_a_baseline(table):
    alone = table[table["rule"] == "good"]
    first, second = compare_with_baseline(collect_evidence(alone))
    assert first.gains[0].is_gain
    assert second.gains[0].is_gain
    assert summarize_gains(first).startswith("good is better than the baseline, by ")
    assert compare_with_baseline(collect_evidence(alone[alone["times_flops"] != 1])) == []


def test_few_seeds_give_gains_without_a_verdict(make_study):
    table = make_study(["resnet_small"], seeds=[0]).table()
    (gains,) = compare_with_baseline(collect_evidence(table))
    assert all(gain.interval is None and gain.pair.p is None and not gain.is_gain for gain in gains.gains)
    assert "without a verdict" in summarize_gains(gains).lower()
    assert "3 seeds" in describe_gain_method(gains)
    rows = make_baseline_table([gains])
    assert set(rows["verdict"]) == {"no verdict"}
    assert rows[["gain_low", "p", "p_alike", "delta", "per_doubling"]].isna().all(axis=None)


def test_rules_with_one_network_count_once(make_study):
    table = make_study(["resnet_small"], ["depth", "width", "compound"], seeds=range(3)).table()
    scaled = table["times_flops"] == 2
    for name in ("key", "test_accuracy", "test_correct"):
        of_depth = table.loc[scaled & (table["rule"] == "depth"), name].to_numpy()
        table.loc[scaled & (table["rule"] == "width"), name] = of_depth
    (gains,) = compare_with_baseline(collect_evidence(table))
    assert sorted(gain.rules for gain in gains.gains) == [("compound",), ("depth", "width")]
    assert re.search(r"depth.*= width", summarize_gains(gains))


def test_the_table_has_signs_deltas_and_verdicts(table):
    rows = make_baseline_table(compare_with_baseline(collect_evidence(table), VerdictOptions((("a", "b"),), 0.02)))
    assert list(rows.columns)[5:] == list(BASELINE_COLUMNS)
    assert list(rows["verdict"]) == ["better", "alike", "worse", "better"]
    assert list(rows["delta"].unique()) == [2.0]
    bad = rows.iloc[2]
    assert bad["gain_low"] < bad["gain"] < bad["gain_high"] < 0
    assert (bad["seeds"], bad["seeds_baseline"]) == (5, 5)
    assert pd.api.types.is_float_dtype(rows["per_doubling"])
