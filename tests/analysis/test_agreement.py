"""Agreement of rankings between budgets, lengths and studies: counts, tau, intervals, ties, what is left out."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kendalltau

from scaling_lab.analysis.agreement import measure_agreements
from scaling_lab.analysis.agreement_table import AGREEMENT_COLUMNS, make_agreement_table
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.place_noise import measure_covariance
from scaling_lab.analysis.places import list_places, pair_places, parse_axes
from scaling_lab.analysis.stats.contrast import estimate_contrast
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.analysis.text.agreement import describe_agreement, format_agreement_title
from scaling_lab.errors import UserError

RULES = "abcde"
TRUTH = {2: (0.80, 0.82, 0.84, 0.86, 0.88), 4: (0.80, 0.84, 0.87, 0.90, 0.93), 8: (0.95, 0.93, 0.90, 0.87, 0.84)}


def synthetic(truth=None, seeds=5, images=2000, rng=5, **more):
    accuracies = {
        (rule, float(times)): accuracy
        for times, by in (truth or TRUTH).items()
        for rule, accuracy in zip(RULES, by, strict=False)
    }
    return make_study_table(accuracies, seeds, images, np.random.default_rng(rng), **more)


@pytest.fixture(scope="module")
def table():
    return synthetic()


@pytest.fixture(scope="module")
def places(table):
    return list_places("study", collect_evidence(table))


@pytest.fixture(scope="module")
def agreements(places):
    return measure_agreements(places)


def test_tau_and_counts_are_those_of_scipy(places, agreements):
    assert [(agreement.first.times_flops, agreement.second.times_flops) for agreement in agreements] == [
        (2, 4),
        (2, 8),
        (4, 8),
    ]
    means = {place.times_flops: [place.candidates[rule][0][0].accuracy.mean() for rule in RULES] for place in places}
    for agreement in agreements:
        a, b = means[agreement.first.times_flops], means[agreement.second.times_flops]
        assert agreement.tau == pytest.approx(kendalltau(a, b).statistic)
        assert agreement.every.pairs == 10
        assert agreement.axis == "budget"
        assert agreement.rules == tuple(RULES)
    same, opposite, _ = agreements
    assert (same.every.same, opposite.every.same) == (10, 0)
    assert same.apart_at_both.pairs >= 8
    assert same.apart_at_both.same == same.apart_at_both.pairs
    assert (same.leaders, opposite.leaders) == (("e", "e"), ("e", "a"))
    assert same.regret == 0
    assert opposite.regret == pytest.approx(means[8][0] - means[8][4])


def test_intervals_hold_the_truth_and_noise_explains_no_reversal(agreements):
    same, opposite, _ = agreements
    assert same.every.interval[1] == 1
    assert same.every.interval[0] > 0.6
    assert same.tau_interval == pytest.approx([2 * end - 1 for end in same.every.interval])
    assert same.every.p_same > 0.1
    assert opposite.every.interval[0] == 0
    assert opposite.every.interval[1] < 0.4
    assert opposite.every.p_same < 0.01
    assert opposite.every.expected > 0.8
    low, high = opposite.regret_interval
    assert low < opposite.regret < high


def test_equal_rules_leave_everything_open():
    flat = dict.fromkeys((2, 4), (0.85,) * 5)
    (agreement,) = measure_agreements(list_places("flat", collect_evidence(synthetic(flat, seeds=3, rng=1))))
    assert agreement.apart_at_both.pairs == 0
    assert agreement.apart_at_both.share is None
    assert agreement.every.interval[1] - agreement.every.interval[0] > 0.7
    assert agreement.every.expected < 0.75


def test_noise_is_that_of_the_contrasts(places):
    first, second, _ = places
    here, there = ([place.candidates[rule] for rule in RULES] for place in (first, second))
    covariance = measure_covariance(here, there, same_images=True)
    for i, j in [(0, 1), (0, 5), (2, 8)]:
        cells = [*here, *there]
        estimate = estimate_contrast([*cells[i], (cells[j][0][0], -1.0)])
        direction = np.zeros(10)
        direction[[i, j]] = 1, -1
        assert np.sqrt(direction @ covariance @ direction) == pytest.approx(estimate.standard_error, rel=0.35)
    apart = measure_covariance(here, there, same_images=False)
    assert not apart[:5, 5:].any()
    assert np.abs(covariance[:5, 5:]).max() > 0
    assert apart[:5, :5] == pytest.approx(covariance[:5, :5], abs=1e-6)


def test_images_are_shared_by_fingerprint(table):
    first = list_places("one", collect_evidence(table))[0]
    second = list_places("two", collect_evidence(table))[1]
    assert not measure_agreements([first, second])[0].has_same_images
    known = table.assign(dataset_fingerprint="f" * 12)
    places = [list_places(name, collect_evidence(known))[at] for at, name in enumerate(("one", "two"))]
    assert measure_agreements(places)[0].has_same_images
    other = list_places("two", collect_evidence(table.assign(dataset_fingerprint="g" * 12)))[1]
    assert not measure_agreements([places[0], other])[0].has_same_images


def test_places_differ_in_one_axis_or_in_those_allowed(places):
    first, second, _ = places
    setting = replace(second.setting, dataset="other", recipe="synthetic(epochs=8)")
    moved = replace(first, setting=setting)
    longer = replace(first, setting=replace(first.setting, recipe="synthetic(epochs=8)"), epochs=8)
    assert [axis for axis, *_ in pair_places([first, second])] == ["budget"]
    assert [axis for axis, *_ in pair_places([first, longer])] == ["length"]
    assert list(pair_places([first, moved])) == []
    assert [axis for axis, *_ in pair_places([first, moved], ("dataset", "length", "recipe"))] == ["length+dataset"]
    assert list(pair_places([first, moved], ("dataset",))) == []
    again = replace(first, study="again")
    assert [axis for axis, *_ in pair_places([first, again])] == ["study"]
    assert next(pair_places([second, first]))[1:] == (first, second)


def test_rules_of_one_network_and_rules_that_are_missing(table):
    table = table.copy()
    for times, a, b in ((2, "a", "b"), (2, "c", "d"), (4, "c", "d")):
        rows = table["times_flops"] == times
        for name in ("key", "test_accuracy", "test_correct"):
            table.loc[rows & (table["rule"] == b), name] = table.loc[rows & (table["rule"] == a), name].array
    table = table[(table["times_flops"] != 8) & ~((table["times_flops"] == 4) & (table["rule"] == "e"))]
    (agreement,) = measure_agreements(list_places("study", collect_evidence(table)))
    assert agreement.rules == ("a", "b", "c = d")
    assert agreement.left_out == ("e",)
    assert agreement.every.pairs == 2  # a and b are one network at 2x
    cells = {place.times_flops: place.candidates for place in (agreement.first, agreement.second)}
    means = [[cells[times][rule][0][0].accuracy.mean() for rule in "abc"] for times in (2, 4)]
    assert agreement.tau == pytest.approx(kendalltau(*means).statistic)


@pytest.mark.parametrize(("rules", "seeds", "reason"), [("ab", 5, "3 rules"), ("abcd", 2, "3 seeds")])
def test_too_few_rules_or_seeds_give_counts_alone(table, rules, seeds, reason):
    few = table[table["rule"].isin(list(rules)) & (table["seed"] < seeds)]
    agreement = measure_agreements(list_places("study", collect_evidence(few)))[0]
    assert agreement.every.pairs == len(rules) * (len(rules) - 1) / 2
    assert agreement.every.interval is None
    assert agreement.tau_interval is None
    assert reason in agreement.no_interval
    assert any(reason in sentence for sentence in describe_agreement(agreement))
    rows = make_agreement_table([agreement])
    assert rows[["share_low", "tau_low", "expected", "p_same"]].isna().all(axis=None)


def test_one_rule_in_common_is_no_ranking(table):
    alone = table[(table["rule"] == "a") | (table["times_flops"] == 2)]
    assert measure_agreements(list_places("study", collect_evidence(alone))) == []


def test_the_table_has_a_row_per_subset_of_pairs(agreements):
    rows = make_agreement_table(agreements)
    assert list(rows.columns) == list(AGREEMENT_COLUMNS)
    assert list(rows["subset"].unique()) == ["all", "told apart at first", "told apart at second", "told apart at both"]
    assert len(rows) == 4 * len(agreements)
    first = rows.iloc[0]
    assert (first["pairs"], first["same"], first["share"]) == (10, 10, 1)
    assert (first["times_flops_first"], first["times_flops_second"]) == (2, 4)
    assert first["tau_low"] == pytest.approx(2 * first["share_low"] - 1)
    assert rows.loc[1, ["tau", "regret"]].isna().all()


def test_sentences_have_the_numbers(agreements):
    same, opposite, _ = agreements
    text = " ".join(describe_agreement(same))
    assert "10 of 10 pairs" in text
    assert "2\N{MULTIPLICATION SIGN}" in format_agreement_title(same)
    assert "4\N{MULTIPLICATION SIGN}" in format_agreement_title(same)
    text = " ".join(describe_agreement(opposite))
    assert "0 of 10 pairs" in text
    assert "\N{MINUS SIGN}1.0" in text


def test_axes_are_checked():
    assert parse_axes("--across", "dataset, recipe") == ("dataset", "recipe")
    with pytest.raises(UserError, match="did you mean dataset"):
        parse_axes("--across", "datset")
    with pytest.raises(UserError, match="--across is empty"):
        parse_axes("--across", ",")
