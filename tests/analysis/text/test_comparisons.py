"""Sentences claim no more than seeds and test pictures allow."""

from dataclasses import replace

import numpy as np
import pytest

from scaling_lab.analysis.compare import compare_rules
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.stats.power import RequiredSample
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.analysis.text.comparisons import describe_comparison, format_title, summarize_comparison
from scaling_lab.analysis.text.pairs import describe_pair, describe_required_sample, format_difference

TIMES = "\N{MULTIPLICATION SIGN}"


def first(table):
    return compare_rules(collect_evidence(table))[0]


def rules(by, seeds):
    """Accuracies by rule, with seeds this far apart."""
    return lambda entry: by[entry.question.rule] + seeds * entry.question.seed


def planted(truth, seeds=5):
    return first(
        make_study_table(
            {(rule, 2.0): accuracy for rule, accuracy in truth.items()}, seeds, 4000, np.random.default_rng(7)
        )
    )


def test_two_seeds_name_no_winner(make_study):
    for seeds, words in (
        (0.01, "lies within what seeds of one rule alone differ by (1.0 points)"),
        (0.001, "three seeds are needed for a verdict"),
    ):
        made = make_study(["resnet_small"], ["depth", "width"], accuracy=rules({"depth": 0.85, "width": 0.855}, seeds))
        found = first(made.table())
        detail = " ".join(describe_comparison(found))
        assert summarize_comparison(found).startswith("No winner can be named: with 2 seeds, and fewer than 3")
        assert "width is 0.5 points above depth (2 seeds): no interval can be given" in detail
        assert words in detail
        assert "beats" not in summarize_comparison(found) + detail


def test_a_planted_winner_beats_and_a_tie_is_not_told_apart():
    found = planted({"compound": 0.92, "width": 0.88, "depth": 0.88})
    assert summarize_comparison(found).startswith("compound beats every other rule: ")
    said = describe_comparison(found)
    assert said[0].startswith("compound beats ")
    assert said[0].endswith(" points (p < 0.001).")
    assert "are not told apart" in said[2]
    assert "a verdict needs p < 0.05 after Holm's correction for 3 pairs" in " ".join(said)
    low, high = found.pairs[0].estimate.interval()
    assert low < 0.04 < high


def test_a_leader_that_beats_some_says_whom_it_does_not():
    found = planted({"compound": 0.90, "width": 0.899, "depth": 0.86})
    leader, other = (found.pairs[0].first, found.pairs[0].second)
    assert summarize_comparison(found).startswith(f"{leader} has the highest mean and beats depth by ")
    assert summarize_comparison(found).endswith(f"; {other} is not told apart from it.")


def test_nobody_is_told_apart():
    assert summarize_comparison(planted({"compound": 0.88, "width": 0.88}, seeds=3)) == (
        "No two of compound and width are told apart."
    )


def test_the_same_network_is_said_and_wins_nothing(make_study):
    table = make_study(["resnet_small"], ["depth", "width", "compound"], seeds=range(3)).table()
    scaled = table["times_flops"] == 2
    for name in ("key", "test_accuracy", "test_correct"):
        table.loc[scaled & (table["rule"] == "width"), name] = table.loc[
            scaled & (table["rule"] == "depth"), name
        ].to_numpy()
    said = " ".join(describe_comparison(first(table)))
    assert "depth and width came to the same network: there is no difference to speak of." in said
    assert "depth (= width)" in summarize_comparison(first(table))


def test_what_would_settle_it():
    assert describe_required_sample(None) == ""
    assert (
        describe_required_sample(RequiredSample(1, 30.0, 100))
        == "about 1 more seed of each would tell a difference of that size (30 s on one worker)"
    )
    assert describe_required_sample(RequiredSample(6, 720.0, 100)).endswith(
        "about 6 more seeds of each would tell a difference of that size (12 min on one worker)"
    )
    assert describe_required_sample(RequiredSample(6, None, 100)).endswith("of that size")
    assert describe_required_sample(RequiredSample(None, None, 40000)) == (
        "200 more seeds would not tell a difference of that size, about 40,000 test pictures would"
    )
    assert (
        describe_required_sample(RequiredSample(None, None, None))
        == "200 more seeds would not tell a difference of that size"
    )


def test_seeds_that_do_not_differ_give_no_interval(make_study):
    made = make_study(
        ["resnet_small"], ["depth", "width"], seeds=range(3), accuracy=rules({"depth": 0.8, "width": 0.81}, 0)
    )
    found = first(made.table())
    assert (
        summarize_comparison(found) == "No seed differs from another: no interval can be given, and no winner be named."
    )
    assert describe_pair(found.pairs[0]) == ("width and depth differ by 1.0 points; no seed differs: no interval.")


def test_one_seed_says_nothing_of_noise(make_study):
    found = first(make_study(seeds=[3]).table())
    assert "one seed says nothing about how much seeds differ" in " ".join(describe_comparison(found))
    assert summarize_comparison(found).startswith("No winner can be named: with 1 seed, and fewer than 3")


def test_noise_of_pictures_is_told(quick):
    assert "2,000 test pictures has a standard error of 0.8 points" in " ".join(
        describe_comparison(first(quick.table()))
    )


def test_what_was_left_out_is_told(quick):
    table = quick.table()
    scaled = table["times_flops"] == 2
    table.loc[scaled & (table["rule"] == "width"), "times_flops_got"] = 3
    table.loc[scaled & (table["rule"] == "depth"), "test_accuracy"] = float("nan")
    detail = " ".join(describe_comparison(first(table)))
    assert "off the budget by more than 2 % (5 % for a rule without width): width." in detail
    assert "Without a finished result: depth." in detail


@pytest.mark.parametrize("left", [0, 1])
def test_nothing_to_compare_is_told(make_study, left):
    table = make_study(["resnet_small"], ["depth", "width"]).table()
    table.loc[table["rule"] != "depth", "test_accuracy"] = float("nan")
    if not left:
        table["test_accuracy"] = float("nan")
    words = "Only depth has a finished result" if left else "No rule has a finished result"
    assert summarize_comparison(first(table)).startswith(words)
    assert not any(said.startswith(words) for said in describe_comparison(first(table)))


def test_title_says_where(quick):
    assert format_title(first(quick.table())) == (
        f"mobilenet_v1_small at 2{TIMES} the baseline's FLOPs (multiply-adds); "
        "fashion_mnist, recipe quick, rounding fitted"
    )
    found = first(quick.table())
    other = replace(found, cost="latency", level=0.00123, setting=replace(found.setting, lr_times=0.5))
    assert format_title(other) == (
        "mobilenet_v1_small at 1.23 ms a picture; fashion_mnist, recipe quick, learning rate times 0.5, rounding fitted"
    )


def test_fewer_seeds_than_asked_are_said(make_study):
    table = make_study(["resnet_small"], ["depth", "width"], seeds=range(4)).table()
    last = (table["rule"] == "width") & (table["seed"] == 3) & (table["times_flops"] == 2)
    table.loc[last, "test_accuracy"] = float("nan")
    assert "Fewer seeds have finished than were asked: width 3 of 4." in describe_comparison(first(table))


def test_a_rule_that_could_not_be_tested_is_not_called_level():
    table = make_study_table({("a", 2.0): 0.92, ("b", 2.0): 0.88, ("c", 2.0): 0.90}, 4, 4000, np.random.default_rng(7))
    said = summarize_comparison(first(table[(table["rule"] != "c") | (table["seed"] < 2)]))
    assert said.startswith("a has the highest mean and beats b by ")
    assert said.endswith("; c is not tested.")


def test_an_interval_that_ends_near_zero_shows_on_which_side():
    found = first(make_study_table({("a", 2.0): 0.88, ("b", 2.0): 0.88}, 3, 4000, np.random.default_rng(7)))
    pair = found.pairs[0]
    estimate = replace(pair.estimate, value=0.003, seeds=(), images=replace(pair.estimate.images, variance=0.00000221))
    assert (
        format_difference(replace(pair, difference=0.003, estimate=estimate))
        == "0.30 (0.01 \N{HORIZONTAL ELLIPSIS} 0.59)"
    )
