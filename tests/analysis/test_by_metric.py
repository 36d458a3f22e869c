"""Comparisons by loss and top-5 accuracy: Welch over seeds, signs, units, and results that lack them."""

import numpy as np
import pytest
from scipy.stats import ttest_ind

from scaling_lab.analysis.by_metric import score_evidence
from scaling_lab.analysis.compare import compare_rules
from scaling_lab.analysis.curves.fit import fit_curves
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.gains import compare_with_baseline
from scaling_lab.analysis.metrics import ACCURACY, LOSS, METRICS, TOP5, find_metric
from scaling_lab.analysis.stats.looks import FIRST_SHARE
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.analysis.tables import make_baseline_table
from scaling_lab.analysis.text.comparisons import describe_comparison, format_title
from scaling_lab.analysis.text.gains import summarize_gains
from scaling_lab.analysis.text.headlines import summarize_comparison
from scaling_lab.analysis.verdict_options import VerdictOptions
from scaling_lab.analysis.verdict_table import make_verdict_table
from scaling_lab.cli import main
from scaling_lab.errors import UserError

MEANS = {("low", 1.0): 0.5, ("low", 2.0): 0.4, ("high", 1.0): 0.5, ("high", 2.0): 0.6}


@pytest.fixture(scope="module")
def table():
    """Equal accuracies; the loss of `low` is lower by 0.2, its top-5 accuracy higher by 0.02."""
    rng = np.random.default_rng(3)
    table = make_study_table(dict.fromkeys(MEANS, 0.85), 5, 2000, rng)
    losses = {
        key: MEANS[rule, times] + rng.normal(0, 0.02)
        for key, rule, times in zip(table["key"], table["rule"], table["times_flops"], strict=True)
    }
    loss = table["key"].map(losses)
    return table.assign(test_loss=loss, test_top5=1.02 - loss / 10)


def compared(table, metric, options=None):
    (comparison,) = compare_rules(score_evidence(collect_evidence(table), table, metric), options or VerdictOptions())
    return comparison


@pytest.mark.parametrize(("metric", "sign"), [(LOSS, -1), (TOP5, 1)])
def test_a_pair_is_welchs_test_over_seeds(table, metric, sign):
    comparison = compared(table, metric)
    (pair,) = comparison.pairs
    x, y = (
        sign * table.loc[(table["rule"] == rule) & (table["times_flops"] == 2), metric.column].astype(float)
        for rule in ("low", "high")
    )
    expected = ttest_ind(x, y, equal_var=False)
    assert (pair.first, pair.second) == ("low", "high")
    assert pair.p == pytest.approx(expected.pvalue / FIRST_SHARE)
    assert pair.estimate.interval() == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert pair.difference == pytest.approx(x.mean() - y.mean())
    assert comparison.sampling_error is None
    assert comparison.metric is metric


def test_lower_losses_are_better_in_words_and_tables(table):
    comparison = compared(table, LOSS)
    assert format_title(comparison).endswith("; test loss")
    assert summarize_comparison(comparison).startswith("low beats high by 0.198 (")
    text = " ".join(describe_comparison(comparison))
    assert " nats (p < 0.001)" in text
    assert "same test images" in text
    assert "points" not in text
    row = make_verdict_table([comparison]).iloc[0]
    assert row["metric"] == "loss"
    assert 0.1 < row["low"] < row["difference"] < row["high"] < 0.3
    assert make_verdict_table([compared(table, TOP5)]).iloc[0]["difference"] == pytest.approx(10 * row["difference"])


def test_a_delta_is_in_the_unit_of_the_metric(table):
    comparison = compared(table, LOSS, VerdictOptions(delta=0.5))
    assert comparison.pairs[0].is_alike
    assert summarize_comparison(comparison) == "No two of low and high differ by more than 0.5 nats."
    comparison = compared(table, LOSS, VerdictOptions(delta=0.02))
    assert "0.02 nats" in " ".join(describe_comparison(comparison))
    assert make_verdict_table([comparison]).iloc[0]["delta"] == pytest.approx(0.02)


def test_gains_over_the_baseline_by_loss(table):
    evidence = score_evidence(collect_evidence(table), table, LOSS)
    (gains,) = compare_with_baseline(evidence)
    assert [(gain.rules, gain.is_gain, gain.is_loss) for gain in gains.gains] == [
        (("low",), True, False),
        (("high",), False, True),
    ]
    assert "nats" in summarize_gains(gains)
    rows = make_baseline_table([gains])
    assert rows["gain"].tolist() == pytest.approx([0.1, -0.1], abs=0.03)
    assert set(rows["metric"]) == {"loss"}


def test_the_error_of_a_curve_is_the_loss():
    truth = {("a", times): 0.8 for times in (1.0, 2.0, 4.0, 8.0, 16.0)}
    table = make_study_table(truth, 4, 500, np.random.default_rng(2))
    rng = np.random.default_rng(4)
    table["test_loss"] = 0.3 + 0.5 * table["times_flops"].astype(float) ** -0.5 + rng.normal(0, 0.001, len(table))
    (curve,) = fit_curves(score_evidence(collect_evidence(table), table, LOSS))
    assert curve.a == pytest.approx(0.3, abs=0.02)
    assert curve.c == pytest.approx(0.5, abs=0.05)


def test_results_without_the_metric_are_left_out_and_counted(table):
    some = table.copy()
    some.loc[some["seed"] < 2, "test_loss"] = np.nan
    evidence = score_evidence(collect_evidence(some), some, LOSS)
    assert {arm.cell.seeds for arm in evidence.arms} == {(2, 3, 4)}
    assert evidence.notes[-1].startswith("6 results have no test loss")
    none = table.drop(columns="test_loss")
    assert compared(none, LOSS).rules == ()
    assert all(arm.cell is None for arm in score_evidence(collect_evidence(none), none, LOSS).arms)


def test_accuracy_is_the_evidence_itself(table):
    evidence = collect_evidence(table)
    assert score_evidence(evidence, table, ACCURACY) is evidence
    assert [find_metric(name) for name in METRICS] == [ACCURACY, LOSS, TOP5]
    with pytest.raises(UserError, match="did you mean loss"):
        find_metric("los")


def test_seeds_that_agree_in_loss_have_no_interval(table):
    equal = table.assign(test_loss=table["rule"].map({"low": 0.4, "high": 0.5}))
    (pair,) = compared(equal, LOSS).pairs
    assert pair.estimate is None
    assert "all seeds agree" in describe_comparison(compared(equal, LOSS))[0]


def test_a_study_of_results_without_loss_is_refused(make_study, tmp_path, capsys):
    folder = make_study(["resnet_small"], seeds=range(3)).written(tmp_path / "results")
    assert main(["compare", str(folder), "--metric", "loss"]) == 2
    assert "has a test loss" in capsys.readouterr().err
    assert main(["compare", str(folder), "--metric", "los"]) == 2
    assert "did you mean loss" in capsys.readouterr().err
